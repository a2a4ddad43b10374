//! Facts as rules see them: records with named, typed, documented fields.
//!
//! [`record!`] declares a struct once. It generates the Rust type, its JSON form, the schema for
//! checking rules, and the access for evaluating them.

use std::borrow::Cow;

use jiff::Timestamp;

use crate::{Fact, SharedText, Source, Sources};

/// The type of a fact, for checking rules.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Type {
    /// True or false.
    Bool,
    /// An integer or a fraction; counts and days.
    Number,
    /// Free text.
    Text,
    /// One of a fixed set of words.
    Word(&'static [&'static str]),
    /// A moment in time.
    Time,
    /// A value that may be `null`, which means "there is none".
    Optional(&'static Type),
    /// Values of one type.
    List(&'static Type),
    /// A record with fields.
    Record(&'static RecordType),
}

/// The schema of a record.
#[derive(Debug)]
pub struct RecordType {
    /// The name of the Rust struct.
    pub name: &'static str,
    /// The fields, in the order of [`Record::field`].
    pub fields: &'static [Field],
    /// The sources of those fields that do not declare their own.
    pub sources: &'static [Source],
}

impl RecordType {
    /// Returns the sources of a field.
    pub fn sources(&self, index: usize) -> Sources {
        let own = self.fields[index].sources;
        if own.is_empty() { self.sources } else { own }
            .iter()
            .copied()
            .collect()
    }
}

impl Field {
    /// Returns what a redacted report shows of its texts; words of a fixed set are not private.
    fn shown(&self) -> Shown {
        match self.ty.element() {
            Type::Word(_) => Shown::Text,
            _ => self.shown,
        }
    }
}

impl Type {
    /// Returns the innermost type of lists and nullable types, or else the type itself.
    #[must_use]
    pub fn element(self) -> Type {
        match self {
            Type::List(inner) | Type::Optional(inner) => inner.element(),
            ty => ty,
        }
    }
}

impl RecordType {
    /// Returns what a redacted report shows of the field at a path such as `escalations.title`;
    /// none if there is no such field.
    pub(crate) fn shown(&self, path: &str) -> Option<Shown> {
        let (name, rest) = path
            .split_once('.')
            .map_or((path, None), |(name, rest)| (name, Some(rest)));
        let field = self.fields.iter().find(|field| field.name == name)?;
        match (rest, field.ty.element()) {
            (None, _) => Some(field.shown()),
            (Some(rest), Type::Record(record)) => record.shown(rest),
            (Some(_), _) => None,
        }
    }
}

impl PartialEq for RecordType {
    fn eq(&self, other: &RecordType) -> bool {
        self.name == other.name
    }
}

/// What a redacted report shows of the texts of a field.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Shown {
    /// A pseudonym, since they are names, ids or ARNs.
    Pseudonym,
    /// The texts, since they are AWS's or Portcullis's own words.
    Text,
    /// The number of a statement, and a pseudonym for its Sid.
    Statement,
    /// Nothing, since they are phrases that contain names.
    Nothing,
}

/// One field of a record.
#[derive(Debug)]
pub struct Field {
    /// The name in rules and in JSON.
    pub name: &'static str,
    /// The type of a known value.
    pub ty: Type,
    /// The description, for authors of rules.
    pub doc: &'static str,
    /// The sources; if empty, those of the record.
    pub sources: &'static [Source],
    /// What a redacted report shows of its texts.
    pub shown: Shown,
}

/// A value of a fact, borrowed from the snapshot.
#[derive(Clone, Copy)]
pub enum Value<'a> {
    /// Known to be absent.
    Null,
    /// True or false.
    Bool(bool),
    /// A number.
    Number(f64),
    /// Text or a word.
    Text(&'a str),
    /// A moment in time.
    Time(Timestamp),
    /// A list.
    List(&'a dyn List),
    /// A record.
    Record(&'a dyn Record),
}

/// A record that rules can read.
pub trait Record: Sync {
    /// Returns the value of the field at an index of [`RecordType::fields`], or the missing
    /// sources.
    fn field(&self, index: usize) -> Result<Value<'_>, Sources>;

    /// Returns the schema.
    fn record_type(&self) -> &'static RecordType;
}

/// A record that rules judge and findings name.
pub trait Resource: Record {
    /// Returns the ARN, or an ARN-shaped id if AWS has none.
    fn id(&self) -> Cow<'_, str>;

    /// Returns the name.
    fn name(&self) -> &str;

    /// Returns the region, if the resource is in one.
    fn region(&self) -> Option<&str> {
        None
    }

    /// Returns the name of the user that owns it, if there is one.
    fn user_name(&self) -> Option<&str> {
        None
    }
}

/// A list that rules can read.
pub trait List: Sync {
    /// Returns the number of elements.
    fn size(&self) -> usize;

    /// Returns the element at an index, which must be below [`size`](List::size).
    fn element(&self, index: usize) -> Result<Value<'_>, Sources>;
}

/// A Rust type that can be a fact.
pub trait Typed: Sync {
    /// Its type in rules.
    const TYPE: Type;

    /// Returns its value in rules, or the missing sources.
    fn value(&self) -> Result<Value<'_>, Sources>;
}

impl<T: Typed> Typed for Fact<T> {
    const TYPE: Type = T::TYPE;
    fn value(&self) -> Result<Value<'_>, Sources> {
        self.as_ref().into_result()?.value()
    }
}

impl<T: Typed> Typed for Option<T> {
    const TYPE: Type = Type::Optional(&T::TYPE);
    fn value(&self) -> Result<Value<'_>, Sources> {
        self.as_ref().map_or(Ok(Value::Null), Typed::value)
    }
}

impl<T: Typed> Typed for Vec<T> {
    const TYPE: Type = Type::List(&T::TYPE);
    fn value(&self) -> Result<Value<'_>, Sources> {
        Ok(Value::List(self))
    }
}

impl<T: Typed> List for Vec<T> {
    fn size(&self) -> usize {
        self.len()
    }
    fn element(&self, index: usize) -> Result<Value<'_>, Sources> {
        self[index].value()
    }
}

/// Declares types whose values are copied or borrowed unchanged.
macro_rules! typed {
    ($($ty:ty: $kind:ident = |$value:ident| $read:expr;)*) => {
        $(impl Typed for $ty {
            const TYPE: Type = Type::$kind;
            fn value(&self) -> Result<Value<'_>, Sources> {
                let $value = self;
                Ok(Value::$kind($read))
            }
        })*
    };
}

typed! {
    bool: Bool = |flag| *flag;
    f64: Number = |number| *number;
    u32: Number = |number| f64::from(*number);
    String: Text = |text| text;
    SharedText: Text = |text| text;
    Timestamp: Time = |time| *time;
}

/// Declares a record: a struct whose fields are facts that rules can read. `#[from(…)]` gives their
/// sources, `#[shown(…)]` what a redacted report shows instead of a pseudonym, and `#[resource(…)]`
/// which fields identify it, if rules judge it.
macro_rules! record {
    (
        $(#[doc = $about:literal])+
        #[from($($origin:ident),*)]
        $(#[resource(
            id = $id:ident, name = $label:ident $(, region = $region:ident)? $(, user_name = $user:ident)?
        )])?
        pub struct $name:ident {
            $(
                $(#[doc = $doc:literal])+
                $(#[from($($source:ident),+)])?
                $(#[shown($shown:ident)])?
                pub $field:ident : $ty:ty,
            )*
        }
    ) => {
        $(#[doc = $about])+
        #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            $( $(#[doc = $doc])+ pub $field: $ty, )*
        }

        impl $crate::Record for $name {
            fn field(&self, index: usize) -> Result<$crate::Value<'_>, $crate::Sources> {
                let fields: &[fn(&$name) -> Result<$crate::Value<'_>, $crate::Sources>] =
                    &[$( |record| $crate::Typed::value(&record.$field), )*];
                fields[index](self)
            }

            fn record_type(&self) -> &'static $crate::RecordType {
                $name::RECORD_TYPE
            }
        }

        impl $name {
            pub(crate) const RECORD_TYPE: &$crate::RecordType = &$crate::RecordType {
                name: stringify!($name),
                fields: &[$( $crate::Field {
                    name: stringify!($field),
                    ty: <$ty as $crate::Typed>::TYPE,
                    doc: concat!($( $doc, )+).trim_ascii_start(),
                    sources: &[$( $( $crate::Source::$source, )+ )?],
                    shown: [$( $crate::Shown::$shown, )? $crate::Shown::Pseudonym][0],
                }, )*],
                sources: &[$( $crate::Source::$origin, )*],
            };
        }

        impl $crate::Typed for $name {
            const TYPE: $crate::Type = $crate::Type::Record($name::RECORD_TYPE);
            fn value(&self) -> Result<$crate::Value<'_>, $crate::Sources> {
                Ok($crate::Value::Record(self))
            }
        }

        $(impl $crate::Resource for $name {
            fn id(&self) -> std::borrow::Cow<'_, str> {
                std::borrow::Cow::Borrowed(&self.$id)
            }
            #[allow(clippy::misnamed_getters, reason = "an event is called by who acted")]
            fn name(&self) -> &str {
                &self.$label
            }
            $(fn region(&self) -> Option<&str> {
                Some(&self.$region)
            })?
            $(fn user_name(&self) -> Option<&str> {
                Some(&self.$user)
            })?
        })?
    };
}

/// Declares a fixed set of words, which rules can compare with.
macro_rules! words {
    (
        $(#[doc = $about:literal])+
        pub enum $name:ident {
            $( $(#[doc = $doc:literal])+ $variant:ident = $word:literal, )*
        }
    ) => {
        $(#[doc = $about])+
        #[derive(
            Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, serde::Serialize,
            serde::Deserialize, schemars::JsonSchema,
        )]
        pub enum $name {
            $( $(#[doc = $doc])+ #[serde(rename = $word)] $variant, )*
        }

        impl $name {
            /// All of them, in the order of declaration.
            pub const ALL: [$name; [$( $word, )*].len()] = [$( $name::$variant, )*];

            /// Returns the word in rules and in JSON.
            pub fn word(self) -> &'static str {
                match self { $( $name::$variant => $word, )* }
            }
        }

        impl $crate::Typed for $name {
            const TYPE: $crate::Type = $crate::Type::Word(&[$( $word, )*]);
            fn value(&self) -> Result<$crate::Value<'_>, $crate::Sources> {
                Ok($crate::Value::Text(self.word()))
            }
        }
    };
}

pub(crate) use {record, words};

#[cfg(test)]
#[expect(unreachable_pub, reason = "the macro declares public records")]
mod tests {
    use super::*;
    use crate::{MfaKind, Source};

    record! {
        /// A record for the tests.
        #[from(CredentialReport)]
        pub struct Sample {
            /// A name,
            /// on two lines.
            pub name: String,
            /// A fact that may be none.
            #[from(AccessKeys, MfaDevices)]
            pub count: Fact<Option<u32>>,
            /// Words.
            pub kinds: Vec<MfaKind>,
        }
    }

    fn sample(count: Fact<Option<u32>>) -> Sample {
        Sample { name: "s".to_owned(), count, kinds: vec![MfaKind::Sms] }
    }

    #[test]
    fn the_schema_follows_the_declaration() {
        let fields = sample(Fact::Known(None)).record_type().fields;
        let names: Vec<_> = fields.iter().map(|field| field.name).collect();
        assert_eq!(names, ["name", "count", "kinds"]);
        assert_eq!(fields[0].doc, "A name, on two lines.");
        assert_eq!(fields[1].ty, Type::Optional(&Type::Number));
        let sources = |index| sample(Fact::Known(None)).record_type().sources(index);
        assert_eq!(sources(0), Source::CredentialReport.into());
        assert_eq!(sources(1), Sources::from_iter([Source::AccessKeys, Source::MfaDevices]));
        assert!(matches!(fields[2].ty, Type::List(Type::Word(words)) if words.contains(&"sms")));
    }

    #[test]
    fn a_field_is_a_value_a_null_or_missing() {
        let value = |count| match sample(count).field(1) {
            Ok(Value::Number(number)) => number.to_string(),
            Ok(Value::Null) => "null".to_owned(),
            Ok(_) => "another value".to_owned(),
            Err(sources) => format!("missing {sources:?}"),
        };
        assert_eq!(value(Fact::Known(Some(3))), "3");
        assert_eq!(value(Fact::Known(None)), "null");
        assert_eq!(value(Fact::missing(Source::MfaDevices)), "missing {MfaDevices}");
    }
}
