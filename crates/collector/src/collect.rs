//! Live collection: every call that the audit needs, as a bundle.

mod convert;
mod error;
mod failure;
mod iam;
mod per_user;
mod report_acquisition;
mod session;
mod whole;

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use portcullis_model::{Gap, Source};
use serde::Serialize;

use crate::bundle::{Bundle, Document, FileEntry, Manifest, file_name, sha256, to_json};
use crate::shapes;
use failure::Failure;
use iam::Iam;
use per_user::{Needs, ask_each};
use report_acquisition::{Terms, acquire};
use session::Session;

pub use error::CollectError;

/// What to collect, and as whom.
#[derive(Clone, Debug)]
pub struct Options {
    /// The AWS profile to use; none: whatever the SDK's default chain finds.
    pub profile: Option<String>,
    /// The region to call; none: the one that environment, profile or instance names.
    pub region: Option<String>,
    /// The ARN of a role to assume first.
    pub role_arn: Option<String>,
    /// The external id that the role asks for.
    pub external_id: Option<String>,
    /// Leaves out every call that is made per user.
    pub quick: bool,
    /// The tool's name and version, for the manifest.
    pub tool: String,
    /// How long to wait for a new credential report.
    pub report_deadline: Duration,
    /// The age up to which an existing credential report is good enough.
    pub max_report_age: Duration,
    /// What time it is.
    pub clock: fn() -> Timestamp,
}

/// Hears of every API call as it starts.
pub trait Progress: Sync {
    /// A call of that operation starts.
    fn call(&self, operation: &str);
}

/// Asks AWS for everything that the audit needs, reading only.
///
/// A call that fails becomes a gap; without a region, working credentials or an answer from AWS
/// there is an error after the first call at the latest, within five seconds.
pub async fn collect(options: &Options, progress: &dyn Progress) -> Result<Bundle, CollectError> {
    let from = (options.clock)();
    let session = Session::open(options, progress).await?;
    let iam = Iam::new(aws_sdk_iam::config::Builder::from(&session.config), progress);
    // Boxed: the futures of six calls at once are large.
    Ok(Box::pin(gather(&iam, session.caller, from, options)).await)
}

/// Makes every call but the first.
async fn gather(
    iam: &Iam<'_>,
    caller: Result<shapes::CallerIdentity, Failure>,
    from: Timestamp,
    options: &Options,
) -> Bundle {
    let clock = options.clock;
    let mut draft = Draft::new(options, from);
    draft.identify(caller);
    let terms =
        Terms { deadline: options.report_deadline, max_age: options.max_report_age, now: from };
    let (aliases, report, summary, policy, devices, details) = tokio::join!(
        Answer::of(iam.account_aliases(), clock),
        Answer::of(acquire(iam, &terms), clock),
        Answer::of(iam.account_summary(), clock),
        Answer::of(iam.password_policy(), clock),
        Answer::of(iam.virtual_mfa_devices(), clock),
        Answer::of(iam.authorization_details(), clock),
    );
    gather_per_user(iam, &mut draft, &report, &devices, options.quick).await;
    draft.add(Source::AccountAliases, aliases);
    draft.add(Source::CredentialReport, report);
    draft.add(Source::AccountSummary, summary);
    draft.add(Source::AccountPasswordPolicy, policy);
    draft.add(Source::VirtualMfaDevices, devices);
    draft.add(Source::AccountAuthorizationDetails, details);
    draft.finish()
}

async fn gather_per_user(
    iam: &Iam<'_>,
    draft: &mut Draft,
    report: &Answer<shapes::CredentialReport>,
    devices: &Answer<shapes::VirtualMfaDevices>,
    quick: bool,
) {
    let needs = match &report.result {
        _ if quick => Err(Failure::new(Gap::NOT_REQUESTED, "a quick run makes no call per user")),
        Ok(report) => Needs::of(report, devices.result.as_ref().ok()),
        Err(_) => {
            let message = "whom to ask is in the credential report, which is missing";
            Err(Failure::new("NoCredentialReport", message))
        }
    };
    let needs = match needs {
        Ok(needs) => needs,
        Err(failure) => {
            draft.add_failure(Source::AccessKeys, failure.clone());
            draft.add_failure(Source::MfaDevices, failure);
            return;
        }
    };
    let keys = ask_each(&needs.access_keys, |user| iam.access_keys(user)).await;
    draft.add_per_user(Source::AccessKeys, keys, shapes::AccessKeys::of);
    let devices = ask_each(&needs.mfa_devices, |user| iam.mfa_devices(user)).await;
    draft.add_per_user(Source::MfaDevices, devices, shapes::MfaDevices::of);
}

/// The outcome of a call, and when it came.
struct Answer<T> {
    result: Result<T, Failure>,
    at: Timestamp,
}

impl<T> Answer<T> {
    async fn of(
        call: impl Future<Output = Result<T, Failure>>,
        clock: fn() -> Timestamp,
    ) -> Answer<T> {
        let result = call.await;
        Answer { result, at: clock() }
    }
}

/// A bundle in the making.
struct Draft {
    manifest: Manifest,
    documents: BTreeMap<Source, Document>,
    clock: fn() -> Timestamp,
}

impl Draft {
    fn new(options: &Options, from: Timestamp) -> Draft {
        let clock = options.clock;
        let manifest = Manifest::new(&options.tool, from, clock());
        Draft { manifest, documents: BTreeMap::new(), clock }
    }

    fn identify(&mut self, caller: Result<shapes::CallerIdentity, Failure>) {
        if let Ok(caller) = &caller {
            self.manifest.account = Some(caller.account.clone());
            self.manifest.partition = caller.arn.split(':').nth(1).map(str::to_owned);
            self.manifest.caller = Some(caller.arn.clone());
        }
        self.add(Source::CallerIdentity, Answer { result: caller, at: (self.clock)() });
    }

    fn add<T: Serialize>(&mut self, source: Source, answer: Answer<T>) {
        let Answer { result, at } = answer;
        let json = result.and_then(|document| {
            to_json(&document).map_err(|error| Failure::malformed(&error.to_string()))
        });
        match json {
            Ok(bytes) => {
                let file = file_name(source);
                let entry = FileEntry { sha256: sha256(&bytes), collected_at: at };
                self.manifest.files.insert(file.clone(), entry);
                self.documents.insert(source, Document { file, bytes });
            }
            Err(failure) => self.manifest.gaps.push(failure.gap(source, at)),
        }
    }

    fn add_failure(&mut self, source: Source, failure: Failure) {
        let at = (self.clock)();
        self.manifest.gaps.push(failure.gap(source, at));
    }

    /// Adds what was answered about single users, with a gap for each other user; one gap for the
    /// source if nobody was answered. That a user no longer exists is an answer too.
    fn add_per_user<T, D: Serialize>(
        &mut self,
        source: Source,
        answers: Vec<(&str, Result<Vec<T>, Failure>)>,
        document: impl FnOnce(Vec<T>, Vec<String>) -> D,
    ) {
        let at = (self.clock)();
        let asked = answers.len();
        let (mut users, mut items, mut failures) = (Vec::new(), Vec::new(), Vec::new());
        for (user, answer) in answers {
            match answer {
                Ok(answer) => {
                    users.push(user.to_owned());
                    items.extend(answer);
                }
                Err(failure) => failures.push((user, failure)),
            }
        }
        let lasting = failures.iter().find(|(_, failure)| failure.code != "NoSuchEntity");
        if let (true, Some((_, failure))) = (users.is_empty(), lasting) {
            let failure = failure.clone().of_all(asked);
            return self.add_failure(source, failure);
        }
        let gaps = failures.into_iter().map(|(user, failure)| failure.gap(source, at).of(user));
        self.manifest.gaps.extend(gaps);
        self.add(source, Answer { result: Ok(document(items, users)), at });
    }

    fn finish(mut self) -> Bundle {
        self.manifest.collected_to = (self.clock)();
        self.manifest.gaps.sort();
        let gaps = self.manifest.gaps.clone();
        Bundle { manifest: Some(self.manifest), documents: self.documents, gaps }
    }
}

#[cfg(test)]
mod tests;
