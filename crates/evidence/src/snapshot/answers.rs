//! The answers that several facts need, read and checked to be from one account. Answers that a
//! single fact needs are read where that fact is made.

mod details;
mod federation;
mod per_user;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::panic::resume_unwind;
use std::sync::Arc;
use std::thread::{self, Builder};

use jiff::Timestamp;
use portcullis_model::{
    AccountId, Arn, Fact, Gap, PasswordPolicy, Source, minute, without_session_names,
};

use self::details::{details, details_arns};
pub(super) use self::federation::Providers;
use self::federation::{OidcProviders, SamlProviders};
pub(super) use self::per_user::PerUser;
use self::per_user::{access_keys, mfa_devices};
use super::credential_report::{self, Report};
use super::documents::{self, Documents, Pages, Problem, each_once};
use super::gaps::Gaps;
use super::lists::{self, Lists};
use super::organization;
use super::owners;
use super::password_policy;
use super::time::{days, is_future, is_near};
use crate::bundle::{Bundle, Document, Manifest};
use crate::shapes;

/// The answers of a bundle. A missing one has a gap.
pub(super) struct Answers {
    /// The time to which ages are counted.
    pub(super) as_of: Timestamp,
    pub(super) identity: Identity,
    /// Accounts of the same owner.
    pub(super) own_accounts: Arc<BTreeSet<AccountId>>,
    pub(super) caller: Fact<shapes::CallerIdentity>,
    pub(super) report: Fact<Report>,
    pub(super) summary: Fact<BTreeMap<String, i64>>,
    pub(super) password_policy: Fact<PasswordPolicy>,
    pub(super) virtual_devices: Fact<Vec<shapes::VirtualMfaDevice>>,
    pub(super) details: Fact<shapes::AuthorizationDetails>,
    pub(super) lists: Lists,
    pub(super) access_keys: Fact<PerUser<shapes::AccessKeyMetadata>>,
    pub(super) mfa_devices: Fact<PerUser<shapes::MfaDevice>>,
    pub(super) saml_providers: Fact<SamlProviders>,
    pub(super) oidc_providers: Fact<OidcProviders>,
    pub(super) server_certificates: Fact<Vec<shapes::ServerCertificate>>,
    pub(super) service_credentials: Fact<Vec<shapes::ServiceCredential>>,
    /// The organization; none if the account belongs to none.
    pub(super) organization: Fact<Option<shapes::OrganizationDetail>>,
    /// The answers in a root session; none if no session was requested.
    pub(super) root_credentials: Fact<Option<shapes::RootCredentials>>,
    /// When the last answer of each source arrived, if the manifest says.
    collected: HashMap<Source, Timestamp>,
}

/// The bundle's account and partition; `unknown` if no answer names them.
#[derive(Default)]
pub(super) struct Identity {
    pub(super) account: String,
    pub(super) partition: String,
}

impl Identity {
    pub(super) fn root_arn(&self) -> String {
        format!("arn:{}:iam::{}:root", self.partition, self.account)
    }

    /// Checks that an answer with this ARN is about this account.
    pub(super) fn check(&self, text: &str) -> Result<(), Problem> {
        let Some(arn) = Arn::parse(text) else {
            return Err(no_resource(text));
        };
        if arn.is_aws_managed() {
            return Ok(());
        }
        if arn.account_id().is_none() {
            return Err(no_resource(text));
        }
        let (kind, found, own) = if arn.partition == self.partition {
            ("account", arn.account, &*self.account)
        } else {
            ("the partition", arn.partition, &*self.partition)
        };
        if found == own {
            return Ok(());
        }
        let message = format!("belongs to {kind} {found}, not {own}; it is not used");
        Err(Problem { code: "WrongAccount", message })
    }
}

fn no_resource(id: &str) -> Problem {
    Problem::malformed(format!("holds something with the id {id:?}"))
}

impl Answers {
    pub(super) fn read(documents: &mut Documents<'_>, as_of: Timestamp) -> Answers {
        let mut answers = Answers::parse(documents, as_of);
        let Documents { bundle, gaps } = documents;
        answers.identity = answers.identify(bundle.manifest.as_ref());
        answers.drop_foreign(gaps);
        answers.drop_earlier_session(gaps);
        lists::drop_contradicted_summary(&mut answers, gaps);
        lists::explain_lost_counts(&answers, gaps);
        lists::drop_miscounted(&mut answers, gaps);
        answers.lists = Lists::compare(&answers, gaps);
        owners::drop_ownerless(&mut answers, gaps);
        answers
    }

    /// Parses all answers; the credential report, which takes about as long as the others, on another thread.
    fn parse(documents: &mut Documents<'_>, as_of: Timestamp) -> Answers {
        let bundle = documents.bundle;
        let (mut answers, report) = thread::scope(|scope| {
            let report =
                || Some(report(bundle.documents.get(&Source::CredentialReport)?, bundle, as_of));
            let report = Builder::new().spawn_scoped(scope, report);
            let answers = Answers::parse_others(documents, as_of);
            let report = report.ok().and_then(|report| {
                report
                    .join()
                    .unwrap_or_else(|panicked| resume_unwind(panicked))
            });
            (answers, report)
        });
        let mut row_gaps = Gaps::default();
        answers.report = documents.read(Source::CredentialReport, |document| {
            // If no thread could be started, it is still to be parsed.
            let (parsed, gaps) = report.unwrap_or_else(|| self::report(document, bundle, as_of));
            row_gaps = gaps;
            parsed
        });
        documents.gaps.extend(row_gaps.gaps);
        answers
    }

    /// Parses all answers but the credential report.
    fn parse_others(documents: &mut Documents<'_>, as_of: Timestamp) -> Answers {
        Answers {
            as_of,
            identity: Identity::default(),
            own_accounts: Arc::default(),
            caller: documents.read(Source::CallerIdentity, caller),
            report: Fact::missing(Source::CredentialReport),
            summary: documents.read(Source::AccountSummary, summary),
            password_policy: documents.read(Source::AccountPasswordPolicy, password_policy::read),
            virtual_devices: documents.read(Source::VirtualMfaDevices, virtual_devices),
            details: documents.read(Source::AccountAuthorizationDetails, details),
            lists: Lists::WHOLE,
            access_keys: documents.read(Source::AccessKeys, access_keys),
            mfa_devices: documents.read(Source::MfaDevices, mfa_devices),
            saml_providers: documents.read(Source::SamlProviders, federation::saml_providers),
            oidc_providers: documents
                .read(Source::OpenIdConnectProviders, federation::oidc_providers),
            server_certificates: documents.read(Source::ServerCertificates, server_certificates),
            service_credentials: documents.list(
                Source::ServiceSpecificCredentials,
                |page: shapes::ServiceCredentials| page.service_specific_credentials,
                |credential| &credential.service_specific_credential_id,
            ),
            organization: documents.read(Source::Organization, organization::organization),
            root_credentials: root_credentials(documents),
            collected: documents.collected(),
        }
    }

    /// Returns when the last answer of a source arrived, if the manifest says.
    pub(super) fn collected_at(&self, source: Source) -> Option<Timestamp> {
        self.collected.get(&source).copied()
    }

    /// Returns the days since a date in the source's answer about the resource; missing if the date
    /// lies in the future.
    pub(super) fn days_since(
        &self,
        date: Timestamp,
        source: Source,
        resource: &str,
        gaps: &mut Gaps,
    ) -> Fact<f64> {
        if is_future(date, self.as_of) {
            let message = format!("the date {} is later than {}", minute(date), minute(self.as_of));
            return gaps.missing(source, resource, Gap::FUTURE, message);
        }
        Fact::Known(days(date, self.as_of))
    }

    /// Returns when AWS generated the credential report, if known.
    pub(super) fn report_made(&self) -> Option<Timestamp> {
        self.report.as_ref().known()?.generated_at
    }

    /// Whether the live answer of a source is newer than the credential report, where that is known: by
    /// the manifest, else by the newest date that the answer holds, since it is no older than that. The
    /// manifest's dates are of another clock than the report's.
    pub(super) fn is_newer(&self, source: Source, newest: Option<Timestamp>) -> Option<bool> {
        let report = self.report_made()?;
        if let Some(at) = self.collected_at(source) {
            let is_known = !is_future(at, self.as_of) && !is_near(at, report);
            return is_known.then_some(at >= report);
        }
        let newest = newest.filter(|newest| !is_future(*newest, self.as_of))?;
        (newest >= report).then_some(true)
    }

    /// Identifies the account by the manifest, or else by the caller, or else by the first ARN in
    /// the answers that names an account.
    fn identify(&self, manifest: Option<&Manifest>) -> Identity {
        let (mut account, mut partition) = ("unknown", "unknown");
        let mut arns = self.arns().into_iter().filter_map(Arn::parse);
        if let Some(arn) = arns.find(|arn| arn.account_id().is_some()) {
            (account, partition) = (arn.account, arn.partition);
        }
        let caller = self
            .caller
            .as_ref()
            .known()
            .and_then(|caller| Arn::parse(&caller.arn));
        if let Some(arn) = caller {
            (account, partition) = (arn.account, arn.partition);
        }
        if let Some(manifest) = manifest {
            let id = manifest
                .account
                .as_deref()
                .filter(|id| AccountId::parse(id).is_some());
            account = id.unwrap_or(account);
            partition = manifest.partition.as_deref().unwrap_or(partition);
        }
        Identity { account: account.to_owned(), partition: partition.to_owned() }
    }

    /// Returns a count of the account summary.
    pub(super) fn counted(&self, key: &str) -> Option<usize> {
        let summary = self.summary.as_ref().known()?;
        usize::try_from(*summary.get(key)?).ok()
    }

    fn arns(&self) -> Vec<&str> {
        let report = self.report.as_ref().map(report_arns).known();
        let details = self.details.as_ref().map(details_arns).known();
        let devices = self
            .virtual_devices
            .as_ref()
            .map(|devices| device_arns(devices))
            .known();
        [report, details, devices]
            .into_iter()
            .flatten()
            .flatten()
            .collect()
    }

    /// Drops answers of other accounts, since each of two accounts mixed in one directory would
    /// cover up what is missing of the other.
    fn drop_foreign(&mut self, gaps: &mut Gaps) {
        let mut own = Own { identity: &self.identity, gaps };
        own.keep(&mut self.caller, Source::CallerIdentity, |caller| vec![caller.arn.as_str()]);
        own.keep(&mut self.report, Source::CredentialReport, report_arns);
        own.keep(&mut self.details, Source::AccountAuthorizationDetails, details_arns);
        own.keep(&mut self.virtual_devices, Source::VirtualMfaDevices, |devices| {
            device_arns(devices)
        });
        own.keep(&mut self.mfa_devices, Source::MfaDevices, |devices| {
            devices
                .values()
                .flatten()
                .map(|device| device.serial_number.as_str())
                .collect()
        });
        own.keep(&mut self.saml_providers, Source::SamlProviders, |providers| {
            providers
                .list
                .iter()
                .map(|entry| entry.arn.as_str())
                .collect()
        });
        own.keep(&mut self.oidc_providers, Source::OpenIdConnectProviders, |providers| {
            providers
                .list
                .iter()
                .map(|entry| entry.arn.as_str())
                .collect()
        });
        own.keep(&mut self.service_credentials, Source::ServiceSpecificCredentials, |listed| {
            listed
                .iter()
                .map(|credential| &*credential.service_specific_credential_id)
                .collect()
        });
        own.keep(&mut self.root_credentials, Source::RootCredentials, |session| {
            session
                .iter()
                .flat_map(|session| &session.user)
                .map(|user| user.arn.as_str())
                .collect()
        });
        own.keep(&mut self.server_certificates, Source::ServerCertificates, |certificates| {
            certificates
                .iter()
                .map(|certificate| certificate.arn.as_str())
                .collect()
        });
    }

    /// Drops a root session that is older than the account summary. A run opens the session after
    /// it reads the summary, so an earlier session is from another run, and root may have changed
    /// since.
    fn drop_earlier_session(&mut self, gaps: &mut Gaps) {
        let source = Source::RootCredentials;
        let dates = self
            .collected_at(source)
            .zip(self.collected_at(Source::AccountSummary));
        if let Some((session, summary)) = dates.filter(|(session, summary)| session < summary) {
            let message =
                format!("was inspected at {session}, before the account summary of {summary}");
            gaps.push(Gap::new(source, "Contradictory", message));
            self.root_credentials = Fact::missing(source);
        }
    }
}

/// Drops answers of other accounts.
struct Own<'a> {
    identity: &'a Identity,
    gaps: &'a mut Gaps,
}

impl Own<'_> {
    fn keep<T>(&mut self, answer: &mut Fact<T>, source: Source, ids: fn(&T) -> Vec<&str>) {
        let Fact::Known(content) = answer else { return };
        // Hardware devices have only a serial number, and service-specific credentials only an id.
        let may_be_plain =
            matches!(source, Source::MfaDevices | Source::ServiceSpecificCredentials);
        for id in ids(content) {
            if may_be_plain && !id.is_empty() && Arn::parse(id).is_none() {
                continue;
            }
            if let Err(Problem { code, message }) = self.identity.check(id) {
                self.gaps.push(Gap::new(source, code, message));
                *answer = Fact::missing(source);
                return;
            }
        }
    }
}

fn report_arns(report: &Report) -> Vec<&str> {
    report.rows().map(|row| row.arn.as_str()).collect()
}

/// Returns the serial numbers of the devices and the ARNs of their owners.
fn device_arns(devices: &[shapes::VirtualMfaDevice]) -> Vec<&str> {
    let serials = devices.iter().map(|device| device.serial_number.as_str());
    let owners = devices.iter().filter_map(|device| device.user.as_ref());
    serials
        .chain(owners.map(|owner| owner.arn.as_str()))
        .collect()
}

/// Reads the caller, and checks that its ARN and account id agree.
fn caller(document: &Document) -> Result<shapes::CallerIdentity, Problem> {
    let mut caller: shapes::CallerIdentity = documents::one(document)?;
    caller.arn = without_session_names(&caller.arn);
    let account = Arn::parse(&caller.arn).and_then(Arn::account_id);
    if account.is_some_and(|account| account.as_str() == caller.account) {
        return Ok(caller);
    }
    let shapes::CallerIdentity { arn, account, .. } = caller;
    Err(Problem::malformed(format!(
        "contains the Arn {arn:?}, which does not belong to the Account {account:?}"
    )))
}

/// Reads the virtual devices, and checks that the names and ARNs of their owners agree.
fn virtual_devices(document: &Document) -> Result<Vec<shapes::VirtualMfaDevice>, Problem> {
    let mut devices = Vec::new();
    for page in documents::all::<shapes::VirtualMfaDevices>(document, Pages::OneListing)? {
        devices.extend(page.virtual_mfa_devices);
    }
    each_once(&mut devices, |device| &device.serial_number)?;
    let mut unassigned = devices.iter().filter(|device| device.user.is_none());
    if let Some(device) = unassigned.find(|device| device.enable_date.is_some()) {
        let message = format!("says when {} was enabled, but not for whom", device.serial_number);
        return Err(Problem { code: "Contradictory", message });
    }
    for owner in devices.iter().filter_map(|device| device.user.as_ref()) {
        let arn = Arn::parse(&owner.arn);
        let by_arn = arn.and_then(Arn::user).map(|(_, name)| name);
        if arn.is_some_and(|arn| by_arn.is_none() && !arn.is_root()) {
            let message = format!("assigns a device to {}, which is not a user", owner.arn);
            return Err(Problem::malformed(message));
        }
        if by_arn
            .zip(owner.user_name.as_deref())
            .is_some_and(|(by_arn, name)| by_arn != name)
        {
            let message = format!("gives {} a name that differs from its ARN", owner.arn);
            return Err(Problem::malformed(message));
        }
    }
    Ok(devices)
}

/// Reads the certificates, and checks that their names and ARNs agree.
fn server_certificates(document: &Document) -> Result<Vec<shapes::ServerCertificate>, Problem> {
    let mut certificates = Vec::new();
    for page in documents::all::<shapes::ServerCertificates>(document, Pages::OneListing)? {
        certificates.extend(page.server_certificate_metadata_list);
    }
    each_once(&mut certificates, |certificate| &certificate.arn)?;
    for certificate in &certificates {
        let (arn, name) = (&certificate.arn, &certificate.server_certificate_name);
        // Text that is not an ARN is refused later, as naming no account.
        let parts = Arn::parse(arn);
        let by_arn = parts.and_then(|arn| arn.path_and_name("server-certificate"));
        if parts.is_some() && by_arn.is_none_or(|(_, by_arn)| by_arn != name) {
            return Err(Problem::malformed(format!(
                "gives {arn} a kind or name that differs from its ARN"
            )));
        }
    }
    Ok(certificates)
}

/// Parses the credential report. The gaps are those of single rows.
fn report(
    document: &Document,
    bundle: &Bundle,
    as_of: Timestamp,
) -> (Result<Report, Problem>, Gaps) {
    let mut gaps = Gaps::default();
    let is_undated = bundle.manifest.is_none();
    (credential_report::parse(document, as_of, is_undated, &mut gaps), gaps)
}

/// Reads the answers in a root session; none if no session was requested.
fn root_credentials(documents: &mut Documents<'_>) -> Fact<Option<shapes::RootCredentials>> {
    let source = Source::RootCredentials;
    let exists = documents.bundle.documents.contains_key(&source);
    if !exists && !documents.gaps.has_failed(source) {
        return Fact::Known(None);
    }
    documents.read(source, |document| {
        let mut session: shapes::RootCredentials = documents::one(document)?;
        each_once(&mut session.access_keys, |key| &key.access_key_id)?;
        each_once(&mut session.mfa_devices, |device| &device.serial_number)?;
        each_once(&mut session.certificates, |certificate| &certificate.certificate_id)?;
        Ok(Some(session))
    })
}

/// The keys of the account summary that are 0 or 1; the others are counts.
///
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountSummary.html>
const FLAGS: [&str; 2] = ["AccountMFAEnabled", "AccountPasswordPresent"];

/// Reads the account summary, and checks that no value is negative and no flag is above 1.
fn summary(document: &Document) -> Result<BTreeMap<String, i64>, Problem> {
    let shapes::AccountSummary { summary_map } = documents::one(document)?;
    for (key, count) in &summary_map {
        if *count < 0 || FLAGS.contains(&key.as_str()) && *count > 1 {
            return Err(Problem::malformed(format!("{key} is {count}")));
        }
    }
    Ok(summary_map)
}
