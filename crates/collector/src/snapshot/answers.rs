//! All answers of a bundle, read and checked to be of one account.

mod account;
mod federation;

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use portcullis_model::{Fact, Gap, PasswordPolicy, Source};

pub(super) use self::account::AccountAnswers;
pub(super) use self::federation::FederationAnswers;
use super::arn::{Arn, is_account_id};
use super::credential_report::{self, Report};
use super::documents::{self, Pages, Problem};
use super::gaps::Gaps;
use super::lists::Lists;
use super::{name_key, password_policy};
use crate::bundle::{Bundle, Document, Manifest};
use crate::shapes;

/// The answers of a bundle. What is missing has a gap.
pub(super) struct Answers {
    pub(super) identity: Identity,
    pub(super) caller: Fact<shapes::CallerIdentity>,
    pub(super) aliases: Fact<Vec<String>>,
    pub(super) report: Fact<Report>,
    pub(super) summary: Fact<Dated<BTreeMap<String, i64>>>,
    pub(super) password_policy: Fact<PasswordPolicy>,
    pub(super) virtual_devices: Fact<Dated<Vec<shapes::VirtualMfaDevice>>>,
    pub(super) details: Fact<Dated<shapes::AuthorizationDetails>>,
    pub(super) lists: Lists,
    pub(super) access_keys: Fact<Dated<PerUser<shapes::AccessKeyMetadata>>>,
    pub(super) mfa_devices: Fact<Dated<PerUser<shapes::MfaDevice>>>,
    pub(super) federation: FederationAnswers,
    pub(super) account: AccountAnswers,
}

/// An answer, and when it arrived, where the manifest says.
pub(super) struct Dated<T> {
    pub(super) content: T,
    pub(super) at: Option<Timestamp>,
}

/// Answers about single users, by user.
pub(super) struct PerUser<T>(HashMap<String, Vec<T>>);

impl<T> PerUser<T> {
    fn new(asked: &[String], items: Vec<T>, owner: impl Fn(&T) -> &str) -> PerUser<T> {
        let mut users: HashMap<String, Vec<T>> =
            asked.iter().map(|name| (name_key(name), Vec::new())).collect();
        for item in items {
            users.entry(name_key(owner(&item))).or_default().push(item);
        }
        PerUser(users)
    }

    /// What was answered about a user; none: nobody asked.
    pub(super) fn of(&self, user: &str) -> Option<&[T]> {
        self.0.get(&name_key(user)).map(Vec::as_slice)
    }
}

/// The account that a bundle is of; `unknown` where nothing tells.
pub(super) struct Identity {
    pub(super) account: String,
    pub(super) partition: String,
}

impl Identity {
    /// From the caller, else the manifest, else the first ARN of an account in the answers.
    fn new(
        caller: Option<Arn<'_>>,
        manifest: Option<&Manifest>,
        others: Option<Arn<'_>>,
    ) -> Identity {
        let known = |part: fn(&Arn<'_>) -> String, manifest: Option<&String>| {
            let first = caller.as_ref().map(part).or_else(|| manifest.cloned());
            first.or_else(|| others.as_ref().map(part)).unwrap_or_else(|| "unknown".to_owned())
        };
        let account = manifest.and_then(|manifest| manifest.account.as_ref());
        Identity {
            account: known(|arn| arn.account.to_owned(), account.filter(|id| is_account_id(id))),
            partition: known(
                |arn| arn.partition.to_owned(),
                manifest.and_then(|manifest| manifest.partition.as_ref()),
            ),
        }
    }

    pub(super) fn root_arn(&self) -> String {
        format!("arn:{}:iam::{}:root", self.partition, self.account)
    }
}

impl Answers {
    pub(super) fn read(bundle: &Bundle, gaps: &mut Gaps) -> Answers {
        let mut answers = Answers::parse(bundle, gaps);
        let caller = answers.caller.as_ref().known();
        let caller = caller.and_then(|caller| Arn::parse(&caller.arn)).filter(has_account);
        let others = answers.arns().into_iter().filter_map(Arn::parse).find(has_account);
        answers.identity = Identity::new(caller, bundle.manifest.as_ref(), others);
        answers.drop_foreign(gaps);
        answers.lists = Lists::compare(&answers, gaps);
        answers
    }

    fn parse(bundle: &Bundle, gaps: &mut Gaps) -> Answers {
        Answers {
            identity: Identity::new(None, None, None),
            caller: documents::read(bundle, Source::CallerIdentity, gaps, documents::one),
            aliases: documents::read(bundle, Source::AccountAliases, gaps, aliases),
            report: report(bundle, gaps),
            summary: dated(bundle, Source::AccountSummary, gaps, summary),
            password_policy: documents::read(
                bundle,
                Source::AccountPasswordPolicy,
                gaps,
                password_policy::read,
            ),
            virtual_devices: dated(bundle, Source::VirtualMfaDevices, gaps, virtual_devices),
            details: dated(bundle, Source::AccountAuthorizationDetails, gaps, details),
            lists: Lists::WHOLE,
            access_keys: dated(bundle, Source::AccessKeys, gaps, access_keys),
            mfa_devices: dated(bundle, Source::MfaDevices, gaps, mfa_devices),
            federation: FederationAnswers::parse(bundle, gaps),
            account: AccountAnswers::parse(bundle, gaps),
        }
    }

    /// Whether a live answer of that time is newer than the credential report; where either time
    /// is not known, a live answer is taken to be, as the report is asked for first.
    pub(super) fn outranks_report(&self, live: Option<Timestamp>) -> bool {
        let report = self.report.as_ref().known().and_then(|report| report.generated_at);
        live.zip(report).is_none_or(|(live, report)| live >= report)
    }

    /// How many of a kind the account summary counts.
    pub(super) fn counted(&self, key: &str) -> Option<usize> {
        let summary = self.summary.as_ref().known()?;
        usize::try_from(*summary.content.get(key)?).ok()
    }

    fn arns(&self) -> Vec<&str> {
        let report = self.report.as_ref().known().map(report_arns);
        let details = self.details.as_ref().known().map(details_arns);
        let devices = self.virtual_devices.as_ref().known().map(device_arns);
        [report, details, devices].into_iter().flatten().flatten().collect()
    }

    /// Two accounts mixed in one directory would vouch for each other.
    fn drop_foreign(&mut self, gaps: &mut Gaps) {
        let account = self.identity.account.as_str();
        keep_own(&mut self.report, Source::CredentialReport, account, report_arns, gaps);
        keep_own(
            &mut self.details,
            Source::AccountAuthorizationDetails,
            account,
            details_arns,
            gaps,
        );
        keep_own(&mut self.virtual_devices, Source::VirtualMfaDevices, account, device_arns, gaps);
        keep_own(&mut self.mfa_devices, Source::MfaDevices, account, serials, gaps);
        let FederationAnswers { saml_providers, oidc_providers, server_certificates, .. } =
            &mut self.federation;
        keep_own(saml_providers, Source::SamlProviders, account, saml_arns, gaps);
        keep_own(oidc_providers, Source::OpenIdConnectProviders, account, oidc_arns, gaps);
        keep_own(
            server_certificates,
            Source::ServerCertificates,
            account,
            |all| all.iter().map(|certificate| certificate.arn.as_str()).collect(),
            gaps,
        );
    }
}

fn keep_own<T>(
    answer: &mut Fact<T>,
    source: Source,
    account: &str,
    arns: impl Fn(&T) -> Vec<&str>,
    gaps: &mut Gaps,
) {
    let Fact::Known(content) = answer else { return };
    let mut owned = arns(content).into_iter().filter_map(Arn::parse).filter(has_account);
    if let Some(foreign) = owned.find(|arn| arn.account != account) {
        let message =
            format!("is of account {}, not of {account}; it is not used", foreign.account);
        gaps.push(Gap::new(source, "WrongAccount", message));
        *answer = Fact::missing(source);
    }
}

fn has_account(arn: &Arn<'_>) -> bool {
    is_account_id(arn.account)
}

fn report_arns(report: &Report) -> Vec<&str> {
    report.root.iter().chain(&report.users).map(|row| row.arn.as_str()).collect()
}

fn details_arns(details: &Dated<shapes::AuthorizationDetails>) -> Vec<&str> {
    let details = &details.content;
    let users = details.user_detail_list.iter().map(|user| &user.arn);
    let groups = details.group_detail_list.iter().map(|group| &group.arn);
    let roles = details.role_detail_list.iter().map(|role| &role.arn);
    let policies = details.policies.iter().map(|policy| &policy.arn);
    users.chain(groups).chain(roles).chain(policies).map(String::as_str).collect()
}

fn device_arns(devices: &Dated<Vec<shapes::VirtualMfaDevice>>) -> Vec<&str> {
    devices.content.iter().map(|device| device.serial_number.as_str()).collect()
}

fn serials(devices: &Dated<PerUser<shapes::MfaDevice>>) -> Vec<&str> {
    devices.content.0.values().flatten().map(|device| device.serial_number.as_str()).collect()
}

fn saml_arns(providers: &shapes::SamlProviders) -> Vec<&str> {
    providers.list.iter().flatten().map(|entry| entry.arn.as_str()).collect()
}

fn oidc_arns(providers: &shapes::OidcProviders) -> Vec<&str> {
    providers.list.iter().flatten().map(|entry| entry.arn.as_str()).collect()
}

fn report(bundle: &Bundle, gaps: &mut Gaps) -> Fact<Report> {
    // Its rows have gaps of their own, which count only if the report as a whole is read.
    let mut of_rows = Gaps::default();
    let parse = |document: &Document| credential_report::parse(document, &mut of_rows);
    let report = documents::read(bundle, Source::CredentialReport, gaps, parse);
    gaps.extend(of_rows);
    report
}

fn dated<T>(
    bundle: &Bundle,
    source: Source,
    gaps: &mut Gaps,
    read: impl FnOnce(&Document) -> Result<T, Problem>,
) -> Fact<Dated<T>> {
    let at = documents::collected_at(bundle, source);
    documents::read(bundle, source, gaps, read).map(|content| Dated { content, at })
}

fn aliases(document: &Document) -> Result<Vec<String>, Problem> {
    let pages: Vec<shapes::AccountAliases> = documents::all(document, Pages::OneListing)?;
    Ok(pages.into_iter().flat_map(|page| page.account_aliases).collect())
}

fn summary(document: &Document) -> Result<BTreeMap<String, i64>, Problem> {
    documents::one(document).map(|answer: shapes::AccountSummary| answer.summary_map)
}

fn virtual_devices(document: &Document) -> Result<Vec<shapes::VirtualMfaDevice>, Problem> {
    let pages: Vec<shapes::VirtualMfaDevices> = documents::all(document, Pages::OneListing)?;
    Ok(pages.into_iter().flat_map(|page| page.virtual_mfa_devices).collect())
}

fn details(document: &Document) -> Result<shapes::AuthorizationDetails, Problem> {
    let pages: Vec<shapes::AuthorizationDetails> = documents::all(document, Pages::OneListing)?;
    let mut pages = pages.into_iter();
    let first = pages.next().ok_or_else(|| Problem::malformed("holds nothing"))?;
    Ok(pages.fold(first, |mut all, page| {
        all.user_detail_list.extend(page.user_detail_list);
        all.group_detail_list.extend(page.group_detail_list);
        all.role_detail_list.extend(page.role_detail_list);
        all.policies.extend(page.policies);
        all
    }))
}

fn access_keys(document: &Document) -> Result<PerUser<shapes::AccessKeyMetadata>, Problem> {
    let pages: Vec<shapes::AccessKeys> = documents::all(document, Pages::ListingPerUser)?;
    let (mut asked, mut keys) = (Vec::new(), Vec::new());
    for page in pages {
        asked.extend(page.users.unwrap_or_default());
        keys.extend(page.access_key_metadata);
    }
    Ok(PerUser::new(&asked, keys, |key| &key.user_name))
}

fn mfa_devices(document: &Document) -> Result<PerUser<shapes::MfaDevice>, Problem> {
    let pages: Vec<shapes::MfaDevices> = documents::all(document, Pages::ListingPerUser)?;
    let (mut asked, mut devices) = (Vec::new(), Vec::new());
    for page in pages {
        asked.extend(page.users.unwrap_or_default());
        devices.extend(page.mfa_devices);
    }
    Ok(PerUser::new(&asked, devices, |device| &device.user_name))
}
