//! Reads one line of the report as facts.

use jiff::Timestamp;
use portcullis_model::{Fact, Source};

use super::ROOT;
use super::cells::Cells;
use super::table::{Columns, Entry};
use crate::snapshot::facts::{any, if_complete};
use crate::snapshot::gaps::Gaps;

/// What the report says about one user or root.
#[derive(Debug)]
pub(crate) struct ReportRow {
    pub(crate) name: String,
    pub(crate) arn: String,
    pub(crate) created: Fact<Timestamp>,
    /// None for root in older reports and in GovCloud, which do not say.
    pub(crate) password_enabled: Fact<Option<bool>>,
    pub(crate) password_last_used: Fact<Option<Timestamp>>,
    pub(crate) password_last_changed: Fact<Option<Timestamp>>,
    pub(crate) mfa_active: Fact<bool>,
    pub(crate) keys: [KeySlot; 2],
    pub(crate) certificates: [CertificateSlot; 2],
    /// Whether the user has more keys or certificates than the slots show.
    pub(crate) has_more_credentials: bool,
}

impl ReportRow {
    /// Whether a flag is true for either slot; missing if it may be true for a key or certificate
    /// that the report does not show.
    pub(crate) fn any(&self, slots: [Fact<bool>; 2]) -> Fact<bool> {
        let others = if_complete(false, !self.has_more_credentials, Source::CredentialReport);
        any(slots).or(others)
    }

    /// Returns the newest date in the row, which the report cannot be older than.
    pub(crate) fn newest(&self) -> Option<Timestamp> {
        let mut dates = vec![self.password_last_used, self.password_last_changed];
        for key in &self.keys {
            dates.extend([key.last_rotated, key.last_used]);
        }
        let known = dates.into_iter().filter_map(|date| date.known().flatten());
        known.chain(self.created.known()).max()
    }

    /// Returns a known fact if every cell about a credential or MFA could be read.
    pub(crate) fn all_read(&self) -> Fact<()> {
        let mut flags = vec![self.mfa_active];
        for slot in &self.keys {
            flags.extend([slot.active, slot.filled]);
        }
        for slot in &self.certificates {
            flags.extend([slot.active, slot.filled]);
        }
        for flag in flags {
            if let Fact::Missing(sources) = flag {
                return Fact::Missing(sources);
            }
        }
        self.password_enabled.map(drop)
    }
}

/// One of the two slots for access keys. Its number does not indicate the key's age.
#[derive(Debug)]
pub(crate) struct KeySlot {
    /// Whether there is a key in the slot, active or not.
    pub(crate) filled: Fact<bool>,
    pub(crate) active: Fact<bool>,
    pub(crate) last_rotated: Fact<Option<Timestamp>>,
    pub(crate) last_used: Fact<Option<Timestamp>>,
    pub(crate) last_used_region: Fact<Option<String>>,
    pub(crate) last_used_service: Fact<Option<String>>,
}

/// One of the two slots for X.509 signing certificates.
#[derive(Debug)]
pub(crate) struct CertificateSlot {
    /// Whether there is a certificate in the slot, active or not.
    pub(crate) filled: Fact<bool>,
    pub(crate) active: Fact<bool>,
    pub(crate) last_rotated: Fact<Option<Timestamp>>,
}

/// The columns of a slot for access keys.
struct KeyColumns {
    active: &'static str,
    last_rotated: &'static str,
    last_used_date: &'static str,
    last_used_region: &'static str,
    last_used_service: &'static str,
}

const KEYS: [KeyColumns; 2] = [
    KeyColumns {
        active: "access_key_1_active",
        last_rotated: "access_key_1_last_rotated",
        last_used_date: "access_key_1_last_used_date",
        last_used_region: "access_key_1_last_used_region",
        last_used_service: "access_key_1_last_used_service",
    },
    KeyColumns {
        active: "access_key_2_active",
        last_rotated: "access_key_2_last_rotated",
        last_used_date: "access_key_2_last_used_date",
        last_used_region: "access_key_2_last_used_region",
        last_used_service: "access_key_2_last_used_service",
    },
];

const CERTIFICATES: [[&str; 2]; 2] =
    [["cert_1_active", "cert_1_last_rotated"], ["cert_2_active", "cert_2_last_rotated"]];

/// Reads a line. Facts from absent columns are missing.
pub(super) fn parse(
    entry: &Entry,
    columns: &Columns,
    latest: Option<Timestamp>,
    gaps: &mut Gaps,
) -> ReportRow {
    let mut cells = Cells { entry, columns, latest, gaps };
    let password_enabled = password_enabled(&mut cells);
    ReportRow {
        name: entry.name.clone(),
        arn: entry.arn.clone(),
        created: cells
            .date("user_creation_time")
            .and_then(|date| cells.required(date, "user_creation_time", "is not a date")),
        password_last_used: cells.last_use("password_last_used"),
        password_last_changed: password_last_changed(&mut cells, password_enabled),
        password_enabled,
        mfa_active: cells.flag("mfa_active"),
        keys: KEYS.map(|columns| key(&mut cells, &columns)),
        certificates: CERTIFICATES.map(|columns| certificate(&mut cells, columns)),
        has_more_credentials: has_more_credentials(&mut cells),
    }
}

fn password_enabled(cells: &mut Cells<'_>) -> Fact<Option<bool>> {
    match cells.entry.name.as_str() {
        ROOT => cells.optional_flag("password_enabled"),
        _ => cells
            .flag("password_enabled")
            .and_then(|enabled| match date_of_password(cells) {
                Some(column) if !enabled => {
                    cells.bad("password_enabled", &format!("is false, though {column} is a date"))
                }
                _ => Fact::Known(Some(enabled)),
            }),
    }
}

/// Returns the column with a date that proves a password. `password_last_used` does not, since AWS
/// remembers the last use of a deleted password. Nor does `password_last_changed` from emulators,
/// which date it without a password, and are recognised by not supporting the last use.
fn date_of_password(cells: &Cells<'_>) -> Option<&'static str> {
    let has_date = |column: &str| {
        cells
            .text(column)
            .known()
            .flatten()
            .is_some_and(|text| text.parse::<Timestamp>().is_ok())
    };
    if has_date("password_next_rotation") {
        return Some("password_next_rotation");
    }
    let is_emulated = cells.cell("password_last_used") == Some("not_supported");
    (!is_emulated && has_date("password_last_changed")).then_some("password_last_changed")
}

fn password_last_changed(
    cells: &mut Cells<'_>,
    enabled: Fact<Option<bool>>,
) -> Fact<Option<Timestamp>> {
    let column = "password_last_changed";
    let date = cells.date(column);
    // Root's was `not_supported` in older reports.
    if enabled != Fact::Known(Some(true)) || cells.entry.name == ROOT {
        return date;
    }
    let problem = "has no date, though the password is enabled";
    date.and_then(|date| cells.required(date, column, problem).map(Some))
}

fn key(cells: &mut Cells<'_>, columns: &KeyColumns) -> KeySlot {
    let active = cells.flag(columns.active);
    let rotated = cells.date(columns.last_rotated);
    KeySlot {
        filled: filled(active, rotated),
        active,
        last_rotated: match (active, rotated) {
            (Fact::Known(true), Fact::Known(None)) => {
                cells.required(None, columns.last_rotated, "has no date, though the key is active")
            }
            (_, rotated) => rotated,
        },
        last_used: last_used(cells, columns.last_used_date, columns.last_used_service),
        last_used_region: cells.word(columns.last_used_region),
        last_used_service: cells.word(columns.last_used_service),
    }
}

/// Reads the date of a key's last use. If there is one, AWS also knows the service.
fn last_used(
    cells: &mut Cells<'_>,
    date_column: &str,
    service_column: &str,
) -> Fact<Option<Timestamp>> {
    let service = cells.text(service_column).known().flatten();
    let is_none = cells.cell(service_column) == Some("N/A");
    cells.last_use(date_column).and_then(|date| match date {
        Some(_) if is_none => {
            cells.bad(date_column, &format!("is a date, though {service_column} is N/A"))
        }
        None if service.is_some_and(|service| !service.is_empty()) => {
            cells.bad(date_column, &format!("is not a date, though {service_column} is a service"))
        }
        _ => Fact::Known(date),
    })
}

/// Reads a certificate from the columns that say whether it is active, and when it was last rotated.
fn certificate(cells: &mut Cells<'_>, [active, last_rotated]: [&str; 2]) -> CertificateSlot {
    let (active, last_rotated) = (cells.flag(active), cells.date(last_rotated));
    CertificateSlot { filled: filled(active, last_rotated), active, last_rotated }
}

/// Whether a slot is filled. AWS keeps the date of an inactive key, so an inactive slot without a
/// date is empty.
fn filled(active: Fact<bool>, rotated: Fact<Option<Timestamp>>) -> Fact<bool> {
    active.or(rotated.map(|date| date.is_some()))
}

/// Whether the user has more credentials than the slots show. The column contains a number and the
/// calls that list the rest; only a text for "none", an empty text and 0 surely mean that there are
/// no more.
fn has_more_credentials(cells: &mut Cells<'_>) -> bool {
    let text = cells.text("additional_credentials_info").known().flatten();
    let more = text.is_some_and(|text| !matches!(text, "" | "0"));
    if more {
        let message = "the user has keys or certificates beyond those that the report shows";
        let (source, user) = (Source::CredentialReport, &cells.entry.name);
        cells.gaps.note(source, user, "Incomplete", message);
    }
    more
}
