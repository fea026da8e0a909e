//! Colors text for terminals.

use anstyle::{AnsiColor, Style};

/// Whether text is colored.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Paint {
    pub(crate) color: bool,
}

impl Paint {
    pub(crate) const PLAIN: Self = Self { color: false };

    pub(crate) fn bad(self, text: &str) -> String {
        self.style(AnsiColor::Red.on_default().bold(), text)
    }

    pub(crate) fn doubtful(self, text: &str) -> String {
        self.style(AnsiColor::Yellow.on_default().bold(), text)
    }

    pub(crate) fn good(self, text: &str) -> String {
        self.style(AnsiColor::Green.on_default().bold(), text)
    }

    pub(crate) fn quiet(self, text: &str) -> String {
        self.style(Style::new().dimmed(), text)
    }

    /// The line of a report that points at the source of a type.
    pub(crate) fn source(self, file: Option<&str>, line: Option<u32>) -> Option<String> {
        Some(self.quiet(&format!("  --> {}:{}", file?, line?)))
    }

    fn style(self, style: Style, text: &str) -> String {
        if self.color {
            format!("{style}{text}{style:#}")
        } else {
            text.to_owned()
        }
    }
}
