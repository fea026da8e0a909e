//! Prints the calendar dates of other crates in deduplication ids.

#[cfg(feature = "chrono")]
use chrono::Datelike as _;
use inngest_grammar::proof::Language;

use crate::event::id::part::IdPart;
use crate::event::id::writer::IdWriter;

macro_rules! calendar_date {
    ($feature:literal, $date:ty, $number:ty) => {
        #[cfg(feature = $feature)]
        impl IdPart for $date {
            const LANGUAGE: Language = Language::Fixed;
            const PATTERN: &'static str = "[0-9]{4}-[0-9]{2}-[0-9]{2}";
            fn write_id(&self, id: &mut IdWriter<'_>) {
                let month = <$number>::from(self.month());
                id.push_date(self.year().into(), month, self.day());
            }
        }
    };
}

calendar_date!("chrono", chrono::NaiveDate, u32);
calendar_date!("jiff", jiff::civil::Date, i8);
calendar_date!("time", time::Date, u8);
