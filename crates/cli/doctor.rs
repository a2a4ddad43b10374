//! `doctor`: shows whether an audit can work from here, and what to fix first.

mod domains;
mod permissions;
mod text;

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use futures::future::join;
use jiff::Timestamp;
use portcullis_collector::{Call, CollectError, Endpoint, Findings, Options, Progress};
use portcullis_evidence::{Bundle, Declarations};
use portcullis_model::{Arn, Source, Sources};
use portcullis_report::write_json;
use portcullis_rules::Evidence;
use serde::Serialize;
use tokio::runtime::{Builder, Runtime};

use self::domains::Domain;
use self::permissions::{Access, Permission};
pub(crate) use self::text::write;
use crate::args::{DoctorArgs, View};
use crate::config::Config;
use crate::failure::{Failure, did_you_mean};
use crate::{evidence, rule_files, terminal};

/// The exit status if something needs fixing.
const TO_FIX: u8 = 1;
/// The exit status if AWS could not be asked at all.
const NO_ACCESS: u8 = 2;
/// How many seconds a clock may be off. AWS refuses requests at five minutes, but less is a sign of trouble.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html>
const CLOCK_TOLERANCE: i64 = 60;
/// How long to wait for services and resolvers. Slower ones would also keep people from working.
const PATIENCE: Duration = Duration::from_millis(4_500);
/// How soon somebody without working credentials learns why.
const AT_ONCE: Duration = Duration::from_secs(5);
/// The least time for services and resolvers, if the credentials took long.
const SHORT: Duration = Duration::from_millis(500);

/// What was found, for people and for programs.
#[derive(Debug, Serialize)]
pub(crate) struct Examination {
    /// The version of Portcullis.
    version: &'static str,
    /// How AWS was reached, or why not.
    #[serde(flatten)]
    findings: Findings,
    /// The caller, if AWS identified them.
    caller: Option<CallerFacts>,
    /// The services that are asked.
    services: Vec<Service>,
    /// The domains of sign-in pages, which are only looked up by name.
    sign_in_domains: Vec<Domain>,
    /// The IAM actions that an audit with the chosen rules needs.
    permissions: Vec<Permission>,
    /// The calls, with the request ids that AWS gave them.
    calls: Vec<Called>,
    /// The operations of the calls that began.
    #[serde(skip)]
    begun: BTreeSet<String>,
    /// Why the caller is not known although AWS was reached.
    #[serde(skip)]
    unidentified: Option<String>,
    /// What to do, the most urgent first.
    fixes: Vec<String>,
}

#[derive(Debug, Serialize)]
struct CallerFacts {
    arn: String,
    account: String,
    alias: Option<String>,
    partition: String,
}

/// A service, and whether it answers.
#[derive(Debug, Serialize)]
struct Service {
    #[serde(flatten)]
    endpoint: Endpoint,
    answers: bool,
}

/// A call, and when it ended.
#[derive(Debug, Serialize)]
struct Called {
    at: Timestamp,
    #[serde(flatten)]
    call: Call,
}

/// The calls of a run.
#[derive(Debug, Default)]
struct Calls {
    /// The operations of the calls that began, of which some may not have ended.
    begun: BTreeSet<String>,
    ended: Vec<Called>,
}

/// Records the calls of a run.
#[derive(Debug, Default)]
struct Recorder(Mutex<Calls>);

impl Recorder {
    fn lock(&self) -> MutexGuard<'_, Calls> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Progress for Recorder {
    fn starts(&self, operation: &str) {
        self.lock().begun.insert(operation.to_owned());
    }

    fn called(&self, call: Call) {
        let called = Called { at: Timestamp::now(), call };
        self.lock().ended.push(called);
    }
}

pub(crate) fn run(args: &DoctorArgs, config: &Config) -> Result<u8, Failure> {
    let (rules, _) = config.load_rules(&args.rules.directories)?;
    let rules =
        rule_files::select(rules, &args.rules.selection(Evidence::Account), &[], &config.origins)?;
    let sources = rule_files::sources(&rules).without(Source::RootCredentials);
    let mut options = evidence::options(&args.live, sources)?;
    let recorder = Arc::new(Recorder::default());
    options.progress = recorder.clone();
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let (outcome, examination) = runtime.block_on(async {
        let outcome = portcullis_collector::collect(&options).await;
        let calls = std::mem::take(&mut *recorder.lock());
        let examination = examine(&options, &outcome, calls, PATIENCE).await;
        (outcome, examination)
    });
    // A name lookup that still hangs must not delay the exit.
    runtime.shutdown_background();
    match args.output {
        View::Text => terminal::print_page(|page| write(&examination, page))?,
        View::Json => terminal::print(|out| write_json(&examination, out))?,
    }
    Ok(match outcome {
        Err(_) => NO_ACCESS,
        Ok(_) if !examination.fixes.is_empty() => TO_FIX,
        Ok(_) => 0,
    })
}

/// The failure of a command that has been trying to reach AWS since that moment, with what `doctor` prints.
pub(crate) fn failure(
    runtime: Runtime,
    options: &Options,
    error: CollectError,
    since: Instant,
) -> Failure {
    if let CollectError::NoProfile { name, others } = &error {
        let mut help =
            format!("{}; `portcullis doctor` shows what else needs fixing", error.help());
        if let Some(meant) = did_you_mean(name, others.iter().map(String::as_str)) {
            help = format!("{meant} {help}");
        }
        runtime.shutdown_background();
        return Failure::with_help(error.to_string(), help);
    }
    let failure = Failure::from(describe(&error));
    let left = AT_ONCE.saturating_sub(since.elapsed());
    let limit = left.clamp(SHORT, PATIENCE);
    let outcome = Err(error);
    let examination = runtime.block_on(examine(options, &outcome, Calls::default(), limit));
    runtime.shutdown_background();
    failure.examined(examination)
}

/// Examines a run with this outcome.
async fn examine(
    options: &Options,
    outcome: &Result<Bundle, CollectError>,
    calls: Calls,
    limit: Duration,
) -> Examination {
    let known = options.diagnosis.findings();
    // Finding the region again may take a second.
    let options = Options { region: known.region.clone(), ..options.clone() };
    let reach = portcullis_collector::reach(&options, limit);
    let (endpoints, sign_in_domains) = join(reach, domains::look_up(&known, limit)).await;
    let needed = options.sources.needed(options.quick);
    let bundle = outcome.as_ref().ok();
    let called = calls
        .ended
        .iter()
        .map(|called| called.call.operation.as_str())
        .collect();
    let permissions = permissions::judge(bundle, needed, &called);
    let mut examination = Examination {
        version: env!("CARGO_PKG_VERSION"),
        findings: options.diagnosis.findings(),
        caller: bundle.and_then(CallerFacts::new),
        services: services(endpoints, bundle, needed),
        sign_in_domains,
        permissions,
        calls: calls.ended,
        begun: calls.begun,
        unidentified: bundle.and_then(unidentified),
        fixes: Vec::new(),
    };
    examination.fixes = examination.fixes(outcome.as_ref().err());
    examination
}

impl Examination {
    /// What to do, beginning with what stops everything.
    fn fixes(&self, error: Option<&CollectError>) -> Vec<String> {
        let unreached = self.unreached();
        let clock = self
            .findings
            .clock_ahead
            .filter(|ahead| ahead.abs() > CLOCK_TOLERANCE);
        let mut fixes = Vec::new();
        match error {
            // What to do about these is said below.
            Some(CollectError::WrongClock(_)) if clock.is_some() => {}
            Some(CollectError::Unreachable { .. } | CollectError::Late { .. })
                if !unreached.is_empty() => {}
            Some(error) => fixes.push(first_fix(error)),
            None => {}
        }
        fixes.extend(clock.map(clock_fix));
        for (reason, hosts) in unreached {
            let hosts = hosts.join(", ");
            fixes.push(format!(
                "let this machine reach {hosts}, directly or through HTTPS_PROXY: {reason}"
            ));
        }
        let aws_says_so = matches!(error, Some(CollectError::Expired { .. }));
        let is_unreached = error.is_some() || self.unidentified.is_some();
        // With a wrong clock, it is not known whether credentials have expired.
        if is_unreached && !aws_says_so && clock.is_none() {
            fixes.extend(self.findings.expiry_fix(Timestamp::now()));
        }
        if let Some(reason) = &self.unidentified {
            fixes.push(format!(
                "AWS does not say whose credentials these are: {reason}; try again, and if that does \
                 not help, check the network, AWS_ENDPOINT_URL and any proxy"
            ));
        }
        for (reason, actions) in permissions::by_reason(&self.permissions, Access::Denied) {
            fixes.push(format!("grant {} to the caller: {reason}", actions.join(", ")));
        }
        for (reason, mut actions) in permissions::in_vain(&self.permissions) {
            actions.retain(|action| self.is_worth_another_try(action));
            if !actions.is_empty() {
                fixes.push(format!("try {} again: {reason}", actions.join(", ")));
            }
        }
        if error.is_none() && self.resolves_no_domain() {
            fixes.push(
                "let this machine resolve the sign-in domains, without which people cannot sign in from here: \
                 none was found"
                    .to_owned(),
            );
        }
        fixes
    }

    /// Whether no sign-in domain was found, of those that were looked up.
    fn resolves_no_domain(&self) -> bool {
        let mut domains = self.sign_in_domains.iter();
        !self.sign_in_domains.is_empty() && domains.all(|domain| !domain.resolves)
    }

    /// Whether the action was called, and its service answers.
    fn is_worth_another_try(&self, action: &str) -> bool {
        let Some((prefix, operation)) = action.split_once(':') else {
            return false;
        };
        let mut services = self.services.iter();
        self.begun.contains(operation)
            && services.any(|service| service.endpoint.service == prefix && service.answers)
    }

    /// The services that do not answer, by reason.
    fn unreached(&self) -> BTreeMap<&str, Vec<String>> {
        let mut hosts: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for Service { endpoint, .. } in &self.services {
            if let Some(reason) = &endpoint.reason {
                let url = endpoint.url.as_deref().unwrap_or("no host");
                let host = format!("{} ({url})", endpoint.service);
                hosts.entry(reason).or_default().push(host);
            }
        }
        hosts
    }

    fn count(&self, access: Access) -> usize {
        self.permissions
            .iter()
            .filter(|permission| permission.access == access)
            .count()
    }
}

impl CallerFacts {
    fn new(bundle: &Bundle) -> Option<CallerFacts> {
        let manifest = bundle.manifest.as_ref()?;
        let arn = manifest.caller.clone()?;
        let partition = Arn::parse(&arn)?.partition.to_owned();
        let facts = bundle
            .snapshot(Timestamp::now(), &Declarations::default())
            .ok()?;
        let alias = facts.account.alias.known().flatten();
        Some(CallerFacts { account: manifest.account.clone()?, alias, partition, arn })
    }
}

/// Why AWS's answer does not identify the caller; none if it does, or if AWS denied the call.
fn unidentified(bundle: &Bundle) -> Option<String> {
    let mut gaps = bundle.gaps.iter();
    let gap = gaps.find(|gap| gap.source == Source::CallerIdentity && gap.is_failure())?;
    (!gap.is_denied()).then(|| gap.explanation())
}

/// What to do about a clock that is so many seconds ahead of AWS's.
fn clock_fix(ahead: i64) -> String {
    let way = if ahead > 0 { "ahead of" } else { "behind" };
    let seconds = ahead.abs();
    format!(
        "set this machine's clock: it is {seconds} seconds {way} AWS's, and at 300 or more AWS refuses signatures"
    )
}

/// What to do about the error that stops everything, and why.
fn first_fix(error: &CollectError) -> String {
    format!("{}; {}", describe(error).trim_end_matches('.'), error.help())
}

/// Describes the error. Without credentials, it also says if the environment has only a part of them.
fn describe(error: &CollectError) -> String {
    let words = error.to_string();
    if !matches!(error, CollectError::NoCredentials(_) | CollectError::CredentialsFailed(_)) {
        return words;
    }
    let [id, secret] = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];
    let is_set = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
    let (set, unset) = match (is_set(id), is_set(secret)) {
        (true, false) => (id, secret),
        (false, true) => (secret, id),
        _ => return words,
    };
    format!("{}; {set} is set, but {unset} is not", words.trim_end_matches('.'))
}

/// The needed services, and whether each gives any answer.
fn services(endpoints: Vec<Endpoint>, bundle: Option<&Bundle>, needed: Sources) -> Vec<Service> {
    let mut services = Vec::new();
    for mut endpoint in endpoints {
        let mut needed = needed.iter();
        if needed.any(|source| source.service() == endpoint.service) {
            let silence = bundle.and_then(|bundle| silence(bundle, endpoint.service));
            endpoint.reason = endpoint.reason.or(silence);
            services.push(Service { answers: endpoint.reason.is_none(), endpoint });
        }
    }
    services
}

/// Why no call to a service was answered; none if one was answered, or if none was made.
fn silence(bundle: &Bundle, service: &str) -> Option<String> {
    let mut answered = bundle.documents.keys();
    if answered.any(|source| source.service() == service) {
        return None;
    }
    let gap = bundle.gaps.iter().find(|gap| {
        gap.source.service() == service && ["ConnectionError", "Timeout"].contains(&&*gap.code)
    })?;
    Some(gap.explanation())
}
