//! `doctor`: whether an audit can work from here, and what to fix first.

mod domains;
mod permissions;
mod text;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use portcullis_collector::{CollectError, Findings, Progress};
use portcullis_evidence::{Bundle, Declarations};
use portcullis_model::{Arn, Gap, Source, Sources};
use portcullis_report::write_json;
use portcullis_rules::Evidence;
use serde::Serialize;

use self::domains::Domain;
use self::permissions::{Access, Permission};
pub(crate) use self::text::describe_looks;
use crate::args::{DoctorArgs, View};
use crate::config::Config;
use crate::failure::Failure;
use crate::{evidence, rule_files, terminal};

/// The exit status where something is to be fixed.
const TO_FIX: u8 = 1;
/// The exit status where AWS could not be asked at all.
const NO_ACCESS: u8 = 2;
/// AWS refuses a request that is off by more than five minutes; long before, something is wrong.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html>
const CLOCK_TOLERANCE: i64 = 60;

/// What was found, for people and for programs.
#[derive(Serialize)]
struct Examination {
    /// The version of Portcullis.
    version: &'static str,
    /// How AWS was reached, or why not.
    #[serde(flatten)]
    findings: Findings,
    /// Who the caller is, where AWS says so.
    caller: Option<CallerFacts>,
    /// Each service that is asked.
    services: Vec<Service>,
    /// Each domain that people sign in at, by a look-up of its name alone.
    sign_in_domains: Vec<Domain>,
    /// Each IAM action that an audit by the chosen rules needs.
    permissions: Vec<Permission>,
    /// What to do, the most urgent first.
    fixes: Vec<String>,
}

#[derive(Serialize)]
struct CallerFacts {
    arn: String,
    account: String,
    alias: Option<String>,
    partition: String,
}

/// A service, and whether anything answers in its place.
#[derive(Serialize)]
struct Service {
    name: &'static str,
    answers: bool,
    /// Why not.
    reason: Option<String>,
}

/// Remembers which operations were called.
#[derive(Debug, Default)]
struct Recorder(Mutex<BTreeSet<String>>);

impl Progress for Recorder {
    fn starts(&self, operation: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(operation.to_owned());
    }

    fn ends(&self, _: &str) {}

    fn throttled(&self, _: &str, _: u32) {}
}

pub(crate) fn run(args: &DoctorArgs, config: &Config) -> Result<u8, Failure> {
    let (rules, _) = config.load_rules(&args.rules.directories)?;
    let rules = rules.select(&args.rules.selection(Evidence::Account))?;
    let sources = rule_files::sources(&rules).without(Source::RootCredentials);
    let mut options = evidence::options(&args.live, sources);
    let diagnosis = options.diagnosis.clone();
    let recorder = Arc::new(Recorder::default());
    options.progress = recorder.clone();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (outcome, sign_in_domains) = runtime.block_on(async {
        let outcome = portcullis_collector::collect(&options).await;
        (outcome, domains::look_up(&diagnosis.findings()).await)
    });
    // A look-up that still hangs must not hold up the end.
    runtime.shutdown_background();
    let called = recorder.0.lock().unwrap_or_else(PoisonError::into_inner);
    let needed = sources.needed(args.live.quick);
    let examination =
        Examination::new(diagnosis.findings(), &outcome, sign_in_domains, needed, &called);
    match args.output {
        View::Text => terminal::print_page(|page| text::write(&examination, page))?,
        View::Json => terminal::print(|out| write_json(&examination, out))?,
    }
    Ok(match outcome {
        Err(_) => NO_ACCESS,
        Ok(_) if !examination.fixes.is_empty() => TO_FIX,
        Ok(_) => 0,
    })
}

impl Examination {
    fn new(
        findings: Findings,
        outcome: &Result<Bundle, CollectError>,
        sign_in_domains: Vec<Domain>,
        needed: Sources,
        called: &BTreeSet<String>,
    ) -> Examination {
        let bundle = outcome.as_ref().ok();
        let permissions = permissions::judge(bundle, needed, called);
        let mut examination = Examination {
            version: env!("CARGO_PKG_VERSION"),
            caller: bundle.and_then(CallerFacts::new),
            services: bundle.map_or(Vec::new(), |bundle| services(bundle, needed)),
            findings,
            sign_in_domains,
            permissions,
            fixes: Vec::new(),
        };
        examination.fixes = examination.fixes(outcome.as_ref().err());
        examination
    }

    /// What to do: first what stops everything.
    fn fixes(&self, error: Option<&CollectError>) -> Vec<String> {
        let mut fixes = Vec::new();
        if let Some(error) = error {
            fixes.push(format!("{error}: {}", error.help()));
        }
        if let Some(ahead) = self.findings.clock_ahead.filter(|a| a.abs() > CLOCK_TOLERANCE) {
            let way = if ahead > 0 { "ahead of" } else { "behind" };
            let seconds = ahead.abs();
            fixes.push(format!(
                "set this machine's clock: it is {seconds} seconds {way} AWS's, which refuses signatures from 300 on"
            ));
        }
        for service in self.services.iter().filter(|service| !service.answers) {
            let reason = service.reason.as_deref().unwrap_or_default();
            fixes.push(format!(
                "let this machine reach {}, directly or through HTTPS_PROXY: {reason}",
                service.name
            ));
        }
        for (reason, actions) in permissions::denied_by_reason(&self.permissions) {
            fixes.push(format!("allow {}: {reason}", actions.join(", ")));
        }
        fixes
    }

    fn count(&self, access: Access) -> usize {
        self.permissions.iter().filter(|permission| permission.access == access).count()
    }
}

impl CallerFacts {
    fn new(bundle: &Bundle) -> Option<CallerFacts> {
        let manifest = bundle.manifest.as_ref()?;
        let arn = manifest.caller.clone()?;
        let partition = Arn::parse(&arn)?.partition.to_owned();
        let facts = bundle.snapshot(Timestamp::now(), &Declarations::default()).ok()?;
        let alias = facts.account.alias.known().flatten();
        Some(CallerFacts { account: manifest.account.clone()?, alias, partition, arn })
    }
}

/// Whether each service answers: with whatever, so long as it is an answer.
fn services(bundle: &Bundle, needed: Sources) -> Vec<Service> {
    let names: BTreeSet<&str> = needed.iter().map(portcullis_model::Source::service).collect();
    let is_silence = |gap: &&Gap| ["ConnectionError", "Timeout"].contains(&gap.code.as_str());
    let service = |name: &'static str| {
        let mut gaps = bundle.gaps.iter().filter(|gap| gap.source.service() == name);
        let answered = bundle.documents.keys().any(|source| source.service() == name);
        let silence = gaps.find(is_silence).filter(|_| !answered);
        let reason = silence.map(|gap| format!("{}: {}", gap.code, gap.message));
        Service { name, answers: silence.is_none(), reason }
    };
    names.into_iter().map(service).collect()
}
