//! The data types of Portcullis: facts about an account, and findings.
//!
//! This crate does not use AWS calls, files, the clock or the environment. A [`Snapshot`] contains
//! typed facts, each [known or missing](Fact), an [`Activity`] the events in CloudTrail, and a
//! [`Report`] the verdicts on them.

#![warn(clippy::disallowed_methods)]

mod activity;
mod fact;
mod fingerprint;
mod gap;
mod names;
mod parallel;
mod record;
mod report;
mod shell;
mod snapshot;
mod source;
mod text;

pub use activity::{
    Absent, Activity, ActivitySummary, Actor, ActorKind, Attempt, Coverage, Diagnosis, Event,
    EventCall, EventId, Factor, FactorState, Form, InputGap, LeftOut, Likelihood, LockedOut, Mfa,
    Outcome, PasswordLimits, Pattern, Period, Person, Purpose, Records, RegionCoverage, RootCall,
    SignedIn,
};
pub use fact::Fact;
pub use fingerprint::{Fingerprint, digest};
pub use gap::Gap;
pub use names::{
    AccountId, Arn, DEFAULT_REGIONS, ROOT_SIGN_IN_REGIONS, SIGN_IN_REGIONS, global_region,
    has_root_console, has_root_user, is_partition, is_region, known_regions, partition_of,
    regions_of, without_session_names,
};
pub use parallel::each_on;
pub use record::{Field, List, Record, RecordType, Resource, Shown, Type, Typed, Value};
pub use report::{
    AccountRef, AccountStatus, AppliedWaiver, AuditedAccount, Baseline, BaselineState, Border,
    BorderPrincipal, BorderRank, ControlCounts, ControlKind, ControlOutcome, ControlStatus,
    Evidence, Extent, Finding, FrameworkOutcome, Gate, HomeStep, Loosening, LooseningChange,
    Message, MessageFact, MessagePart, Report, ResourceRef, RuleInfo, Run, RunOptions, SCHEMA,
    Severity, Share, Status, Tally, Tool, Verdict, Waiver, WaiverOutcome,
};
pub use shell::shell_word;
pub use snapshot::*;
pub use source::{Source, Sources};
pub use text::{SharedText, hex, minute};
