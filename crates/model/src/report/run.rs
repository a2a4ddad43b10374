//! How a run was set up, where that makes it say less than it could.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::Severity;
use crate::UserClass;

/// How a run was set up.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Run {
    /// The configuration files that were read; several only where reports were joined.
    pub configuration: Vec<String>,
    /// What makes the run laxer than Portcullis and its rules are by default, or its evidence less
    /// sure, each once and sorted.
    pub loosened: Vec<Loosening>,
    /// The shares of the accounts that it is about, sorted; empty: it is about all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shares: Vec<Share>,
}

/// One of several shares of the accounts, such as `2/5`.
#[derive(
    Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize, Deserialize, JsonSchema,
)]
pub struct Share {
    /// How many there are.
    pub count: u64,
    /// Which of them it is, from 1.
    pub index: u64,
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.count)
    }
}

/// Something that makes a run less strict, or its evidence less reliable.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Loosening {
    /// Where it was chosen: an option, a variable of the environment, or the configuration file.
    /// None: it shows in the evidence.
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
    /// Users are declared to be of a class, from which rules may ask less.
    Class {
        /// The class.
        class: UserClass,
        /// What the users match, such as `names "svc-*"`.
        patterns: Vec<String>,
    },
    /// When the password policy was changed is declared.
    PasswordPolicyChanged {
        /// The moment.
        value: jiff::Timestamp,
    },
    /// A rule may stay unknown.
    AllowUnknown {
        /// The rule's id.
        rule: String,
        /// How many of its verdicts are unknown.
        unknown: u32,
    },
    /// Less severe findings than usual fail, and do not count.
    FailOn {
        /// The least severity that counts.
        value: Severity,
    },
    /// The exit status is 0 whatever was found.
    ExitZero,
    /// Only findings that a baseline does not hold count.
    Baseline,
    /// Accounts of the organization or the list are left out.
    FewerAccounts {
        /// Their ids.
        exclude: Vec<String>,
        /// The organizational units outside which all are left out; empty: none.
        units: Vec<String>,
    },
    /// The accounts that a file lists count as one's own.
    OwnAccounts,
    /// Reports were joined that do not show enough of their accounts to judge ways from one into another.
    SeparateReports,
    /// Reports of shares were joined, and these were not among them.
    MissingShares {
        /// The first of them.
        shares: Vec<Share>,
    },
    /// Reports of shares were joined that say of different periods what CloudTrail recorded.
    DifferentPeriods,
    /// Something other than AWS's own endpoint answered.
    Endpoint {
        /// The account's id, or `unknown`.
        account: String,
        /// Scheme and host.
        url: String,
    },
    /// The bundle has no manifest, so that nobody knows whether its files are what AWS answered.
    Unverified {
        /// The account's id, or `unknown`.
        account: String,
    },
    /// Ages count to the date of the credential report, since neither a manifest nor `--as-of` names a moment.
    ReportDate {
        /// The account's id, or `unknown`.
        account: String,
    },
}
