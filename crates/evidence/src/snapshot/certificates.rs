//! X.509 signing certificates, which only the report shows.

use portcullis_model::{Fact, SigningCertificate, Source};

use super::credential_report::ReportRow;
use super::resource_ids::ResourceIds;

/// The signing certificates of a user; missing where there may be more than the report shows.
pub(super) fn of_user(row: &ReportRow, user_arn: &str) -> Fact<Vec<SigningCertificate>> {
    let doubtful = row.certificates.iter().any(|slot| matches!(slot.filled, Fact::Missing(_)));
    if doubtful || row.has_more_credentials {
        return Fact::missing(Source::CredentialReport);
    }
    let mut ids = ResourceIds::new(user_arn, "signing-certificate");
    let filled = (1..).zip(&row.certificates).filter(|(_, slot)| slot.filled == Fact::Known(true));
    let certificates = filled.map(|(number, slot)| SigningCertificate {
        resource_id: ids.next(slot.last_rotated.known().flatten()),
        name: format!("certificate {number}"),
        active: slot.active,
        last_rotated: slot.last_rotated,
    });
    Fact::Known(certificates.collect())
}
