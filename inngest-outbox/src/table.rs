//! Checks and quotes the names of the outbox's tables.

use crate::error::OutboxError;

/// The name of the table of events if none is set.
pub(crate) const DEFAULT: &str = "inngest_outbox";

/// Postgres truncates names to 63 bytes, and the longest suffix has 18.
const MAX_BYTES: usize = 45;

/// The tables of one outbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tables {
    schema: Option<String>,
    name: String,
}

impl Tables {
    /// Reads `table` or `schema.table`.
    pub(crate) fn parse(table: &str) -> Result<Self, OutboxError> {
        let (schema, name) = match table.split_once('.') {
            Some((schema, name)) => (Some(schema), name),
            None => (None, table),
        };
        let is_name = |name: &str| {
            name.len() <= MAX_BYTES
                && name
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
                && name
                    .bytes()
                    .next()
                    .is_some_and(|first| !first.is_ascii_digit())
        };
        if !is_name(name) || !schema.is_none_or(is_name) {
            let table = table.to_owned();
            return Err(OutboxError::TableName { table });
        }
        Ok(Self {
            schema: schema.map(Into::into),
            name: name.into(),
        })
    }

    /// The schema, if the name has one.
    pub(crate) fn schema(&self) -> Option<&str> {
        self.schema.as_deref()
    }

    /// The name of the table of events, as a person writes it.
    pub(crate) fn display(&self) -> String {
        match &self.schema {
            Some(schema) => format!("{schema}.{}", self.name),
            None => self.name.clone(),
        }
    }

    /// The quoted name of the table with this suffix.
    fn quoted(&self, suffix: &str) -> String {
        format!("{}\"{}{suffix}\"", self.prefix(), self.name)
    }

    fn prefix(&self) -> String {
        let prefix = self.schema.as_ref().map(|schema| format!("\"{schema}\"."));
        prefix.unwrap_or_default()
    }

    /// Fills the names of tables and indexes into a statement.
    ///
    /// `{events}` is the table of pending events; `{requests}`, `{failed}`, `{uncertain}`, `{delivered}` and
    /// `{version}` are the other tables; `{name}` is the name without quotes and schema, and `{schema}` the
    /// schema with its `.`, for indexes.
    pub(crate) fn fill(&self, sql: &str) -> String {
        sql.replace("{events}", &self.quoted(""))
            .replace("{requests}", &self.quoted("_requests"))
            .replace("{failed}", &self.quoted("_failed"))
            .replace("{uncertain}", &self.quoted("_uncertain"))
            .replace("{delivered}", &self.quoted("_delivered"))
            .replace("{version}", &self.quoted("_version"))
            .replace("{name}", &self.name)
            .replace("{schema}", &self.prefix())
    }
}

impl Default for Tables {
    fn default() -> Self {
        Self {
            schema: None,
            name: DEFAULT.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_checked_and_quoted() {
        let tables = Tables::parse("shop.Outbox_2").unwrap();
        assert_eq!(
            tables.fill("{events} {failed} {name}"),
            r#""shop"."Outbox_2" "shop"."Outbox_2_failed" Outbox_2"#
        );
        assert_eq!(Tables::parse(DEFAULT).unwrap(), Tables::default());
        let long = "x".repeat(46);
        for name in [
            "", ".", "a.", ".a", "1a", "a b", "a.b.c", "a\"b", "a;", "ä", &long,
        ] {
            let error = Tables::parse(name).unwrap_err().to_string();
            assert!(error.starts_with(&format!("`{name}` cannot be")), "{error}");
        }
    }
}
