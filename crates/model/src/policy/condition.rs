//! When a statement applies.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>

/// One condition: an operator, a key of the request, and the values it is compared with, of which
/// one that fits is enough. All conditions of a statement must be met.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Condition {
    /// `ForAllValues` or `ForAnyValue`, for keys with several values.
    pub qualifier: Option<Qualifier>,
    /// The operator in lower case, without qualifier and `IfExists`: `stringequals`.
    pub operator: String,
    /// Whether it is met too if the request lacks the key.
    pub if_exists: bool,
    /// The key in lower case, since IAM ignores its case: `aws:sourceip`.
    pub key: String,
    /// The values as text.
    pub values: Vec<String>,
}

/// How the values of a request with several are compared.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html>
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Qualifier {
    /// Each must fit; met too if there is none.
    ForAllValues,
    /// One must fit.
    ForAnyValue,
}

/// Operators that a request meets only if it has one of the values; the others compare sizes, or
/// are met by anything else than the values.
const POSITIVE: [&str; 9] = [
    "arnequals",
    "arnlike",
    "binaryequals",
    "bool",
    "ipaddress",
    "numericequals",
    "stringequals",
    "stringequalsignorecase",
    "stringlike",
];

/// Operators that a request meets only if it has none of the values.
const NEGATED: [&str; 6] = [
    "arnnotequals",
    "arnnotlike",
    "notipaddress",
    "stringnotequals",
    "stringnotequalsignorecase",
    "stringnotlike",
];

impl Condition {
    /// Reads a line of a condition block; the name of the operator is `ForAnyValue:StringLikeIfExists` at most.
    #[must_use]
    pub fn new(operator: &str, key: &str, values: Vec<String>) -> Condition {
        let lower = operator.to_ascii_lowercase();
        let (qualifier, name) = match lower.split_once(':') {
            Some(("forallvalues", name)) => (Some(Qualifier::ForAllValues), name),
            Some(("foranyvalue", name)) => (Some(Qualifier::ForAnyValue), name),
            _ => (None, lower.as_str()),
        };
        let bare = name.strip_suffix("ifexists");
        Condition {
            qualifier,
            operator: bare.unwrap_or(name).to_owned(),
            if_exists: bare.is_some(),
            key: key.to_ascii_lowercase(),
            values,
        }
    }

    /// Whether a request must have the key, with one of the values, to meet it.
    #[must_use]
    pub fn demands_a_value(&self) -> bool {
        let absent_passes = self.if_exists || self.qualifier == Some(Qualifier::ForAllValues);
        !absent_passes && POSITIVE.contains(&self.operator.as_str())
    }

    /// Whether every request meets it but those that have the key with one of the values.
    #[must_use]
    pub fn spares_only_values(&self) -> bool {
        self.qualifier.is_none() && NEGATED.contains(&self.operator.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn condition(operator: &str) -> Condition {
        Condition::new(operator, "aws:PrincipalOrgID", vec!["o-example".to_owned()])
    }

    #[test]
    fn operators_have_qualifiers_and_suffixes_in_any_case() {
        let full = condition("ForAnyValue:StringLikeIfExists");
        assert_eq!(full.qualifier, Some(Qualifier::ForAnyValue));
        assert_eq!((full.operator.as_str(), full.if_exists), ("stringlike", true));
        assert_eq!(full.key, "aws:principalorgid");
        assert_eq!(condition("forallvalues:STRINGEQUALS").qualifier, Some(Qualifier::ForAllValues));
        assert_eq!(condition("StringEquals").qualifier, None);
    }

    #[test]
    fn absent_keys_pass_some_operators() {
        for demanding in ["StringEquals", "stringlike", "ForAnyValue:StringLike", "ArnLike"] {
            assert!(condition(demanding).demands_a_value(), "{demanding}");
        }
        for lenient in [
            "StringEqualsIfExists",
            "ForAllValues:StringEquals",
            "StringNotEquals",
            "Null",
            "NotIpAddress",
            "NumericLessThan",
            "NoSuchOperator",
        ] {
            assert!(!condition(lenient).demands_a_value(), "{lenient}");
        }
    }

    #[test]
    fn negated_operators_spare_only_the_values() {
        assert!(condition("StringNotEquals").spares_only_values());
        assert!(condition("StringNotEqualsIfExists").spares_only_values());
        assert!(!condition("ForAnyValue:StringNotEquals").spares_only_values());
        assert!(!condition("StringEquals").spares_only_values());
    }
}
