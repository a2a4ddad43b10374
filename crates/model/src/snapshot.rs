//! The typed facts about one account.
//!
//! Every age and time span is in exact fractions of the unit in its name (a day has 86,400
//! seconds), counted to [`Snapshot::as_of`].

mod account;
mod activity;
mod crossing;
mod federation;
mod permissions;
mod root;
mod user;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use account::*;
pub use activity::*;
pub use crossing::*;
pub use federation::*;
pub use permissions::*;
pub use root::*;
pub use user::*;

use crate::record::{RecordType, Shown};
use crate::{AccountStatus, Border, Fact, Gap};

/// All facts about one account, as rules see them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Snapshot {
    /// The time to which ages are counted.
    pub as_of: Timestamp,
    /// When collecting began, if the bundle says so.
    pub collected_from: Option<Timestamp>,
    /// When collecting ended, if the bundle says so.
    pub collected_to: Option<Timestamp>,
    /// The region of the session that collected, if the bundle says so.
    pub region: Option<String>,
    /// The account's name in its organization or in a list of accounts, if the bundle says so.
    pub name: Option<String>,
    /// Why nothing was collected from this account in a run over several, in which case it is not
    /// judged.
    pub unreached: Option<AccountStatus>,
    /// The one person that is judged, by name; null: everybody and everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<String>,
    /// The account as a whole.
    pub account: Account,
    /// The root user.
    pub root: Root,
    /// The IAM users, sorted by name.
    pub users: Fact<Vec<User>>,
    /// The account's virtual MFA devices, assigned or not, sorted by serial number.
    pub mfa_devices: Fact<Vec<MfaDevice>>,
    /// The IAM groups, sorted by name.
    pub groups: Fact<Vec<Group>>,
    /// The IAM roles, sorted by name.
    pub roles: Fact<Vec<Role>>,
    /// Customer-managed policies, AWS-managed policies in use, and inline policies, sorted by id.
    pub policies: Fact<Vec<Policy>>,
    /// The SAML providers, sorted by ARN.
    pub saml_providers: Fact<Vec<SamlProvider>>,
    /// The OIDC providers, sorted by ARN.
    pub oidc_providers: Fact<Vec<OidcProvider>>,
    /// The TLS certificates kept in IAM, sorted by ARN.
    pub server_certificates: Fact<Vec<ServerCertificate>>,
    /// The service-specific credentials of users, sorted by id.
    pub service_credentials: Fact<Vec<ServiceCredential>>,
    /// The regions in use, sorted by name.
    pub regions: Fact<Vec<Region>>,
    /// The users and roles that may assume roles in other accounts; empty until these are known.
    #[serde(default = "no_crossings", skip_serializing)]
    pub crossings: Fact<Vec<Crossing>>,
    /// What decides about crossings; none if it is not known.
    #[serde(skip)]
    pub border: Option<Border>,
    /// The other accounts of the same owner that roles trust, sorted.
    #[serde(skip)]
    pub trusted_own_accounts: Vec<String>,
    /// Which of these lists are incomplete.
    #[serde(default)]
    pub short_lists: ShortLists,
    /// The events in CloudTrail; none if no log was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activity: Option<AccountActivity>,
    /// Why facts are missing, sorted.
    pub gaps: Vec<Gap>,
}

impl Snapshot {
    /// Creates the snapshot of an account without users or other resources, in which nothing is
    /// missing.
    pub fn empty(as_of: Timestamp, account: Account, root: Root) -> Snapshot {
        Snapshot {
            as_of,
            collected_from: None,
            collected_to: None,
            region: None,
            name: None,
            unreached: None,
            person: None,
            account,
            root,
            users: Fact::Known(Vec::new()),
            mfa_devices: Fact::Known(Vec::new()),
            groups: Fact::Known(Vec::new()),
            roles: Fact::Known(Vec::new()),
            policies: Fact::Known(Vec::new()),
            saml_providers: Fact::Known(Vec::new()),
            oidc_providers: Fact::Known(Vec::new()),
            server_certificates: Fact::Known(Vec::new()),
            service_credentials: Fact::Known(Vec::new()),
            regions: Fact::Known(Vec::new()),
            crossings: no_crossings(),
            border: None,
            trusted_own_accounts: Vec::new(),
            short_lists: ShortLists::default(),
            activity: None,
            gaps: Vec::new(),
        }
    }
}

fn no_crossings() -> Fact<Vec<Crossing>> {
    Fact::Known(Vec::new())
}

/// Which lists are shorter than the account summary counts. GetAccountAuthorizationDetails would
/// contain the rest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShortLists {
    /// [`Snapshot::users`].
    pub users: bool,
    /// [`Snapshot::groups`].
    pub groups: bool,
    /// [`Snapshot::roles`].
    pub roles: bool,
    /// [`Snapshot::policies`].
    pub policies: bool,
}

/// The variables in rules, with the records that each may be.
const VARIABLES: [(&str, &[&RecordType]); 17] = [
    ("account", &[Account::RECORD_TYPE]),
    ("certificate", &[ServerCertificate::RECORD_TYPE, SigningCertificate::RECORD_TYPE]),
    ("crossing", &[Crossing::RECORD_TYPE]),
    ("credential", &[ServiceCredential::RECORD_TYPE]),
    ("device", &[MfaDevice::RECORD_TYPE]),
    ("event", &[CredentialEvent::RECORD_TYPE]),
    ("group", &[Group::RECORD_TYPE]),
    ("key", &[AccessKey::RECORD_TYPE]),
    ("policy", &[Policy::RECORD_TYPE]),
    ("principal", &[Group::RECORD_TYPE, Role::RECORD_TYPE, User::RECORD_TYPE]),
    ("provider", &[OidcProvider::RECORD_TYPE, SamlProvider::RECORD_TYPE]),
    ("region", &[Region::RECORD_TYPE]),
    ("role", &[Role::RECORD_TYPE]),
    ("root", &[Root::RECORD_TYPE]),
    ("signin", &[SignIn::RECORD_TYPE]),
    ("user", &[User::RECORD_TYPE]),
    ("window", &[Window::RECORD_TYPE]),
];

/// Returns the records that a variable in rules, such as `key`, may be; none if there is no such
/// variable.
pub fn records_of(variable: &str) -> &'static [&'static RecordType] {
    VARIABLES
        .iter()
        .find(|(name, _)| *name == variable)
        .map_or(&[], |(_, records)| records)
}

/// Returns what a redacted report shows of the texts of a fact, given by its path such as
/// `key.last_used_service`. A pseudonym if there is no such fact, or if the variable's records differ.
pub fn shown(path: &str) -> Shown {
    let Some((variable, path)) = path.split_once('.') else {
        return Shown::Pseudonym;
    };
    let mut shown = records_of(variable)
        .iter()
        .filter_map(|record| record.shown(path));
    match shown.next() {
        Some(first) if shown.all(|other| other == first) => first,
        _ => Shown::Pseudonym,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_follows_the_declaration() {
        assert_eq!(shown("key.last_used_service"), Shown::Text);
        assert_eq!(shown("key.age_source"), Shown::Text, "a word of a fixed set");
        assert_eq!(shown("principal.escalations.grants.statement"), Shown::Statement);
        assert_eq!(shown("policy.escalations.way"), Shown::Nothing);
        for name in ["region", "region.name.x", "user.name", "user.nothing", "params.service", ""] {
            assert_eq!(shown(name), Shown::Pseudonym, "{name}");
        }
        assert_eq!(shown("region.name"), Shown::Text);
    }
}
