//! How a run was set up, if that makes its result less reliable.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::Severity;
use crate::{AccountId, UserClass};

/// How a run was set up.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Run {
    /// The configuration files that were read; several only if reports were joined.
    pub configuration: Vec<String>,
    /// What makes the run less strict than the defaults, or its evidence less reliable, sorted and
    /// without duplicates.
    pub loosened: Vec<Loosening>,
    /// The shares of the accounts that it covers, sorted; empty if it covers all accounts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shares: Vec<Share>,
}

/// One of several shares of the accounts, such as `2/5`.
#[derive(
    Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize, Deserialize, JsonSchema,
)]
pub struct Share {
    /// The number of shares.
    pub count: u64,
    /// The number of this share, from 1.
    pub index: u64,
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.count)
    }
}

impl FromStr for Share {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Share, &'static str> {
        if let Some((index, count)) = text.split_once('/')
            && let (Ok(index), Ok(count)) = (index.parse(), count.parse())
            && (1..=count).contains(&index)
        {
            return Ok(Share { count, index });
        }
        Err("expected a share such as 2/5: the second of five")
    }
}

impl Share {
    /// Whether the account is in this share, which depends only on the account's id.
    pub fn holds(self, account: AccountId) -> bool {
        let number: u64 = account.as_str().parse().unwrap_or_default();
        number % self.count == self.index - 1
    }
}

/// Something that makes a run less strict, or its evidence less reliable.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Loosening {
    /// Where it was chosen: an option, an environment variable, or the configuration file. None if
    /// it follows from the evidence.
    pub origin: Option<String>,
    /// What it is.
    #[serde(flatten)]
    pub change: LooseningChange,
}

/// What makes a run less strict, or its evidence less reliable.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum LooseningChange {
    /// Only chosen rules are judged.
    Only {
        /// Their ids.
        rules: Vec<String>,
    },
    /// Only the rules of chosen frameworks are judged.
    Frameworks {
        /// Their ids.
        frameworks: Vec<String>,
    },
    /// A rule is left out.
    Skip {
        /// The rule's id.
        rule: String,
    },
    /// Findings of a rule are less severe than its file says.
    Severity {
        /// The rule's id.
        rule: String,
        /// The highest severity that the file names.
        default: Severity,
        /// The severity of this run.
        value: Severity,
    },
    /// A parameter of a rule differs from its file, whether that is laxer or not.
    Parameter {
        /// The rule's id.
        rule: String,
        /// The parameter's name.
        name: String,
        /// The value in the file.
        default: Json,
        /// The value of this run.
        value: Json,
    },
    /// Users are declared to be of a class, for which rules may be less strict.
    Class {
        /// The class.
        class: UserClass,
        /// The patterns that the users match, such as `names "svc-*"`.
        patterns: Vec<String>,
    },
    /// The configuration declares when the password policy was changed.
    PasswordPolicyChanged {
        /// The time.
        value: jiff::Timestamp,
    },
    /// A rule may stay unknown.
    AllowUnknown {
        /// The rule's id.
        rule: String,
        /// The number of its unknown verdicts.
        unknown: u32,
    },
    /// Less severe findings do not count.
    FailOn {
        /// The lowest severity that counts.
        value: Severity,
    },
    /// The exit status is always 0.
    ExitZero,
    /// Only findings that a baseline does not contain count.
    Baseline,
    /// Accounts of the organization or the list are left out.
    FewerAccounts {
        /// Their ids.
        exclude: Vec<String>,
        /// The only organizational units whose accounts are included; empty if not limited.
        units: Vec<String>,
    },
    /// The accounts in a file count as one's own.
    OwnAccounts,
    /// Reports were joined that lack what is needed to judge ways between their accounts.
    SeparateReports,
    /// Reports of shares were joined, and some shares were missing.
    MissingShares {
        /// The first missing shares.
        shares: Vec<Share>,
    },
    /// Reports of shares were joined whose CloudTrail events cover different periods.
    DifferentPeriods,
    /// An endpoint other than AWS's own answered.
    Endpoint {
        /// The account's id, or `unknown`.
        account: String,
        /// Scheme and host.
        url: String,
    },
    /// The bundle has no manifest, so it is not known whether its files are AWS's answers.
    Unverified {
        /// The account's id, or `unknown`.
        account: String,
    },
    /// Ages are measured at the date of the credential report, since neither a manifest nor
    /// `--as-of` gives a time.
    ReportDate {
        /// The account's id, or `unknown`.
        account: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_one_of_several() {
        assert_eq!("2/5".parse(), Ok(Share { index: 2, count: 5 }));
        for text in ["", "2", "0/5", "6/5", "1/0", "a/b", "-1/5"] {
            assert!(text.parse::<Share>().is_err(), "{text}");
        }
    }

    #[test]
    fn every_account_is_in_one_share() {
        for number in [0, 1, 111_122_223_333_u64, 999_999_999_999] {
            let id = AccountId::parse(&format!("{number:012}")).unwrap();
            let holding = (1..=7).filter(|&index| Share { index, count: 7 }.holds(id));
            assert_eq!(holding.collect::<Vec<_>>(), [number % 7 + 1]);
        }
    }
}
