//! Enums whose variants have names in settings and on the command line.

use inngest_grammar::suggest::nearest;

/// Defines an enum whose variants have names in reports, settings and arguments. The first literal is
/// the noun for a value in error messages.
macro_rules! named_enum {
    (
        $kind:literal
        $(#[$attribute:meta])*
        pub enum $enum:ident { $($(#[$about:meta])* $variant:ident = $name:literal,)* }
    ) => {
        $(#[$attribute])*
        pub enum $enum {
            $($(#[$about])* $variant,)*
        }

        impl $enum {
            /// All variants.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The name in reports, settings and arguments.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }
        }

        impl std::fmt::Display for $enum {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.name())
            }
        }

        impl std::str::FromStr for $enum {
            type Err = $crate::Error;

            /// Parses a name in any case, with `_` or `-`.
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let plain = |name: &str| name.to_ascii_lowercase().replace('-', "_");
                let known = Self::ALL.iter().find(|known| plain(known.name()) == plain(text));
                known.copied().ok_or_else(|| {
                    $crate::Error::unknown_name($kind, text, &[$($name),*])
                })
            }
        }

        impl serde::Serialize for $enum {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.name())
            }
        }
    };
}

pub(crate) use named_enum;

/// "did you mean `a`? the known ones are `a`, `b`"
pub(crate) fn suggestion(word: &str, known: &[&str]) -> String {
    let near = nearest(word, known.iter().copied());
    let near = near.map_or_else(String::new, |near| format!("did you mean `{near}`? "));
    format!("{near}the known ones are `{}`", known.join("`, `"))
}
