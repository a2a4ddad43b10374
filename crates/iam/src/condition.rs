//! Conditions: when a statement applies.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>

mod together;

pub(crate) use together::{contradict, values_under};

use std::cmp::Ordering::{self, Equal, Greater, Less};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::context::Request;
use crate::pattern::{Pattern, Syntax};
use crate::policy::Effect;
use crate::truth::Truth;
use crate::value::{Value, may_be};

/// One condition: an operator, a condition key, and the values to compare it with. It holds if one
/// value matches. All conditions of a statement must hold.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Condition {
    /// The key in lower case, since IAM ignores its case: `aws:sourceip`.
    pub key: String,
    /// The key as the document spells it.
    pub name: String,
    /// What the condition compares.
    pub operator: Operator,
    /// Whether it holds if no value matches: `StringNotEquals`.
    pub negated: bool,
    /// How a key with several values is compared.
    pub quantifier: Quantifier,
    /// Whether it holds for a request that lacks the key.
    pub when_absent: bool,
    /// The values.
    pub values: Vec<Pattern>,
}

/// What a condition compares.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Operator {
    /// Text, or binary data as text.
    Equals,
    /// Text, regardless of case.
    EqualsIgnoreCase,
    /// Text with wildcards.
    Like,
    /// ARNs field by field, with wildcards.
    Arn,
    /// Addresses and ranges of addresses.
    Ip,
    /// `true` or `false`.
    Bool,
    /// Numbers or points in time whose order relative to the value is one of these.
    Compare(&'static [Ordering]),
    /// Whether the key is absent.
    Null,
    /// An operator that IAM does not know.
    Unknown,
}

/// How a key with several values in the request is compared.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html>
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Quantifier {
    /// The key has one value.
    One,
    /// `ForAllValues`: each must match.
    All,
    /// `ForAnyValue`: one must match.
    Any,
}

/// Each operator by name, and whether it negates the comparison. Of two names for the same
/// operator, the first is used for writing.
pub(crate) const OPERATORS: [(&str, Operator, bool); 27] = [
    ("StringEquals", Operator::Equals, false),
    ("StringNotEquals", Operator::Equals, true),
    ("StringEqualsIgnoreCase", Operator::EqualsIgnoreCase, false),
    ("StringNotEqualsIgnoreCase", Operator::EqualsIgnoreCase, true),
    ("StringLike", Operator::Like, false),
    ("StringNotLike", Operator::Like, true),
    ("ArnLike", Operator::Arn, false),
    ("ArnNotLike", Operator::Arn, true),
    ("IpAddress", Operator::Ip, false),
    ("NotIpAddress", Operator::Ip, true),
    ("Bool", Operator::Bool, false),
    ("NumericEquals", Operator::Compare(&[Equal]), false),
    ("NumericNotEquals", Operator::Compare(&[Equal]), true),
    ("NumericLessThan", Operator::Compare(&[Less]), false),
    ("NumericLessThanEquals", Operator::Compare(&[Less, Equal]), false),
    ("NumericGreaterThan", Operator::Compare(&[Greater]), false),
    ("NumericGreaterThanEquals", Operator::Compare(&[Greater, Equal]), false),
    ("Null", Operator::Null, false),
    ("ArnEquals", Operator::Arn, false),
    ("ArnNotEquals", Operator::Arn, true),
    ("BinaryEquals", Operator::Equals, false),
    ("DateEquals", Operator::Compare(&[Equal]), false),
    ("DateNotEquals", Operator::Compare(&[Equal]), true),
    ("DateLessThan", Operator::Compare(&[Less]), false),
    ("DateLessThanEquals", Operator::Compare(&[Less, Equal]), false),
    ("DateGreaterThan", Operator::Compare(&[Greater]), false),
    ("DateGreaterThanEquals", Operator::Compare(&[Greater, Equal]), false),
];

impl Quantifier {
    /// Whether a condition without `IfExists` holds for a request that lacks the key.
    pub(crate) fn holds_when_absent(self, negated: bool) -> bool {
        match self {
            Quantifier::One => negated,
            Quantifier::All => true,
            Quantifier::Any => false,
        }
    }
}

/// The condition keys for addresses. Compared as text, an address never equals a range, which needs
/// the operators for addresses.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_IPAddress>
const OF_ADDRESSES: [&str; 2] = ["aws:sourceip", "aws:vpcsourceip"];

impl Operator {
    /// Whether it compares texts.
    fn is_of_text(self) -> bool {
        matches!(self, Operator::Equals | Operator::EqualsIgnoreCase | Operator::Like)
    }
}

impl Condition {
    /// Reads one entry of a condition block. The operator may be as long as
    /// `ForAnyValue:StringLikeIfExists`.
    pub fn new(operator: &str, key: &str, values: &[String], variables: bool) -> Condition {
        let lower = operator.to_ascii_lowercase();
        let (quantifier, name) = match lower.split_once(':') {
            Some(("forallvalues", name)) => (Quantifier::All, name),
            Some(("foranyvalue", name)) => (Quantifier::Any, name),
            _ => (Quantifier::One, lower.as_str()),
        };
        let bare = name.strip_suffix("ifexists");
        let name = bare.unwrap_or(name);
        let known = OPERATORS
            .iter()
            .find(|(known, ..)| known.eq_ignore_ascii_case(name));
        let (_, operator, negated) = *known.unwrap_or(&("", Operator::Unknown, false));
        let when_absent = bare.is_some() || quantifier.holds_when_absent(negated);
        let wildcards = matches!(operator, Operator::Like | Operator::Arn);
        let mut patterns = Vec::with_capacity(values.len());
        for value in values {
            let pattern = Pattern::new(value, Syntax { wildcards, variables });
            patterns.push(match operator {
                Operator::EqualsIgnoreCase | Operator::Bool | Operator::Null => {
                    Pattern::new(&value.to_lowercase(), Syntax { wildcards, variables })
                }
                _ => pattern,
            });
        }
        let name = key.to_owned();
        let key = key.to_ascii_lowercase();
        if OF_ADDRESSES.contains(&key.as_str()) && operator.is_of_text() {
            patterns.retain(|pattern| !pattern.as_str().contains('/'));
        }
        Condition { key, name, operator, negated, quantifier, when_absent, values: patterns }
    }

    /// The opposite condition, which holds where this one does not.
    pub(crate) fn negate(&self) -> Condition {
        Condition {
            negated: !self.negated,
            when_absent: !self.when_absent,
            quantifier: match self.quantifier {
                Quantifier::One => Quantifier::One,
                Quantifier::All => Quantifier::Any,
                Quantifier::Any => Quantifier::All,
            },
            ..self.clone()
        }
    }

    /// Whether the request must have the key, with one of the values.
    pub(crate) fn demands_value(&self) -> bool {
        let names_value = match self.operator {
            Operator::Null => false,
            Operator::Compare(orders) => orders == [Equal],
            _ => true,
        };
        names_value && !self.negated && !self.when_absent
    }

    /// Whether the request must have the key, with one of the values, all of which are of that kind.
    pub(crate) fn demands_only(&self, is_of_kind: impl Fn(&Pattern) -> bool) -> bool {
        self.demands_value() && self.values.iter().all(is_of_kind)
    }

    /// Whether every value that the key can have matches the pattern, such as that of the key itself.
    fn fits_every_value(&self, pattern: &Pattern) -> bool {
        let (is_of_text, is_of_arns) = (self.operator.is_of_text(), self.operator == Operator::Arn);
        let is_itself = pattern.variable() == Some(self.key.as_str());
        let prefix = pattern.prefix();
        pattern.is_everything()
            || is_itself && (is_of_text || is_of_arns)
            || prefix.is_some_and(|prefix| beginning_of(&self.key).starts_with(prefix))
    }

    /// Whether it holds, if every value gives the same result as the lack of the key.
    fn holds_regardless(&self) -> Option<Truth> {
        let fits = self.values.iter().any(|it| self.fits_every_value(it));
        let is_same_for_all = fits || self.values.is_empty();
        let with_value = fits != self.negated;
        (is_same_for_all && with_value == self.when_absent).then_some(with_value.into())
    }

    /// Whether it holds for a request, in a statement of the given effect.
    pub(crate) fn holds(&self, request: &Request<'_>, effect: Effect) -> Truth {
        match request.value(&self.key) {
            Value::Directly(direct) => {
                let value = direct.map_or(Value::Absent, Value::one);
                let holds = self.holds_for(request, value, effect);
                let serves_caller = holds == Truth::from(effect == Effect::Allow);
                if serves_caller {
                    holds
                } else {
                    Truth::depends_on(&self.name)
                }
            }
            value => self.holds_for(request, value, effect),
        }
    }

    fn holds_for(&self, request: &Request<'_>, value: Value<'_>, effect: Effect) -> Truth {
        if self.operator == Operator::Null {
            return self.holds_for_presence(&value, effect);
        }
        match value {
            Value::Absent => self.when_absent.into(),
            Value::Many(texts) => self.holds_for_several(request, &texts),
            Value::Chosen { optional } => self.holds_by_choice(request, effect, optional),
            Value::ChosenIn(service) => {
                let of_service = Truth::any(&self.values, |pattern| {
                    pattern.truth_in(request, |bound| is_own_arn(bound, service, request))
                });
                if effect == Effect::Deny && of_service == Truth::Yes {
                    return self.holds_by_choice(request, effect, true);
                }
                if self.negated {
                    !of_service
                } else {
                    of_service
                }
            }
            Value::MaybeFrom(now) => {
                let holds = self.holds_for_one(request, &Value::From(now));
                let is_decided = holds == Truth::from(self.when_absent);
                if is_decided {
                    holds
                } else {
                    Truth::depends_on(&self.name)
                }
            }
            Value::Open => self
                .holds_regardless()
                .unwrap_or_else(|| Truth::depends_on(&self.name)),
            Value::Lacking(lack) => self
                .holds_regardless()
                .unwrap_or_else(|| Truth::lacking(lack)),
            value => self.holds_for_one(request, &value),
        }
    }

    fn holds_for_presence(&self, value: &Value<'_>, effect: Effect) -> Truth {
        let absent = match value {
            // The caller may leave the key out, whichever serves better.
            Value::Chosen { optional: true } => {
                return Truth::from(effect == Effect::Allow && !self.values.is_empty());
            }
            Value::Absent => Truth::Yes,
            Value::Open | Value::MaybeFrom(_) => Truth::depends_on(&self.name),
            Value::Lacking(lack) => Truth::lacking(*lack),
            _ => Truth::No,
        };
        let fits = Truth::any(&self.values, |value| match value.as_str() {
            "true" => absent.clone(),
            _ => !absent.clone(),
        });
        if self.negated { !fits } else { fits }
    }

    fn holds_for_several(&self, request: &Request<'_>, texts: &[String]) -> Truth {
        let holds = |text: &String| self.holds_for_one(request, &Value::one(text.as_str()));
        match self.quantifier {
            Quantifier::All => !Truth::any(texts, |text| !holds(text)),
            Quantifier::Any | Quantifier::One => Truth::any(texts, holds),
        }
    }

    /// Whether it holds where the caller chooses the value, so that an Allow applies and a Deny
    /// does not. A variable that the request lacks matches nothing.
    fn holds_by_choice(&self, request: &Request<'_>, effect: Effect, is_optional: bool) -> Truth {
        let fits_something = self.values.iter().any(|pattern| {
            let is_possible = !pattern.is_literal() || may_be(&self.key, &pattern.example(""));
            is_possible && pattern.truth_in(request, |_| Truth::Yes).is_possible()
        });
        let fits_everything = self.values.iter().any(|it| self.fits_every_value(it));
        let (may_hold, may_fail) = if self.negated {
            (!fits_everything, fits_something)
        } else {
            (fits_something, !fits_everything)
        };
        Truth::from(match effect {
            Effect::Allow => may_hold || is_optional && self.when_absent,
            Effect::Deny => !(may_fail || is_optional && !self.when_absent),
        })
    }

    fn holds_for_one(&self, request: &Request<'_>, value: &Value<'_>) -> Truth {
        let fits = Truth::any(&self.values, |pattern| self.fits(request, value, pattern));
        if self.negated { !fits } else { fits }
    }

    fn fits(&self, request: &Request<'_>, value: &Value<'_>, pattern: &Pattern) -> Truth {
        match value {
            Value::One(text) => self.fits_text(request, text, pattern),
            _ if self.fits_every_value(pattern) => Truth::Yes,
            Value::Beginning(start) => pattern.truth_in(request, |bound| {
                let (bound, start) = match self.operator {
                    Operator::EqualsIgnoreCase => (&bound.to_lowercase(), &start.to_lowercase()),
                    _ => (bound, start),
                };
                let plain = bound.literal_prefix();
                // Session names and organization paths never contain `*`, but a user agent may.
                let goes_on = plain.len() > start.len()
                    && plain.starts_with(start.as_str())
                    && (!plain.contains('*') || self.key == "aws:useragent");
                let is_shorter = start.starts_with(plain) && !bound.is_literal();
                // Of texts with any beginning, only the conditions above select all.
                let selects_all = !start.is_empty() && bound.matches(&format!("{start}/"));
                if is_shorter && selects_all {
                    Truth::Yes
                } else if is_shorter || goes_on {
                    Truth::depends_on(&self.name)
                } else {
                    Truth::No
                }
            }),
            Value::From(now) => self.fits_from(*now, pattern),
            _ => Truth::depends_on(&self.name),
        }
    }

    fn fits_text(&self, request: &Request<'_>, text: &str, pattern: &Pattern) -> Truth {
        match self.operator {
            Operator::Equals | Operator::Like => pattern.matches_in(request, text),
            Operator::EqualsIgnoreCase | Operator::Bool => {
                let text = text.to_lowercase();
                pattern.truth_in(request, |bound| bound.to_lowercase().matches(&text).into())
            }
            Operator::Arn => pattern.truth_in(request, |bound| arn_matches(bound, text).into()),
            Operator::Compare(orders) => {
                let other = pattern.as_str();
                let numbers = number(text)
                    .zip(number(other))
                    .map(|(a, b)| a.total_cmp(&b));
                numbers
                    .or_else(|| Some(moment(text)?.cmp(&moment(other)?)))
                    .is_some_and(|order| orders.contains(&order))
                    .into()
            }
            Operator::Ip | Operator::Null | Operator::Unknown => Truth::depends_on(&self.name),
        }
    }

    /// Compares the present moment and all later ones. What can no longer change is decided: a time
    /// window in the past never opens again.
    fn fits_from(&self, now: Timestamp, pattern: &Pattern) -> Truth {
        let (Operator::Compare(orders), Some(moment)) = (self.operator, moment(pattern.as_str()))
        else {
            return Truth::depends_on(&self.name);
        };
        let to_come: &[Ordering] = match now.cmp(&moment) {
            Less => &[Less, Equal, Greater],
            Equal => &[Equal, Greater],
            Greater => &[Greater],
        };
        let fitting = to_come.iter().filter(|order| orders.contains(order));
        match fitting.count() {
            0 => Truth::No,
            count if count == to_come.len() => Truth::Yes,
            _ => Truth::depends_on(&self.name),
        }
    }
}

/// The text with which every value of a key begins.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>
fn beginning_of(key: &str) -> &'static str {
    match key.strip_prefix("aws:") {
        Some(key) if key.ends_with("orgid") || key.ends_with("orgpaths") => "o-",
        Some(key) if key.ends_with("arn") => "arn:",
        _ => "",
    }
}

/// Whether an ARN matches field by field. A lone `*` matches any ARN.
fn arn_matches(pattern: &Pattern, text: &str) -> bool {
    if pattern.is_everything() {
        return true;
    }
    let wanted = pattern.arn_fields();
    let found: Vec<&str> = text.splitn(wanted.len(), ':').collect();
    wanted.len() == found.len()
        && wanted
            .iter()
            .zip(found)
            .all(|(field, text)| field.matches(text))
}

fn number(text: &str) -> Option<f64> {
    text.trim().parse().ok()
}

/// Whether the pattern matches an ARN of the service whose account is this one or missing.
fn is_own_arn(pattern: &Pattern, service: &str, request: &Request<'_>) -> Truth {
    let fields = pattern.arn_fields();
    let fits = |place: usize, text| fields.get(place).is_none_or(|field| field.matches(text));
    Truth::from(fits(2, service) && (fits(4, request.context.account.id_text()) || fits(4, "")))
}

/// A date and time, a date, a year and month, a year, or seconds since 1970.
///
/// <https://www.w3.org/TR/NOTE-datetime>
pub(crate) fn moment(text: &str) -> Option<Timestamp> {
    let day = match text.len() {
        4 => format!("{text}-01-01"),
        7 => format!("{text}-01"),
        _ => text.to_owned(),
    };
    let seconds = text.parse().ok().filter(|_| text.len() != 4);
    if let Some(seconds) = seconds {
        return Timestamp::from_second(seconds).ok();
    }
    text.parse().ok().or_else(|| {
        let day: Date = day.parse().ok()?;
        Some(day.to_zoned(TimeZone::UTC).ok()?.timestamp())
    })
}
