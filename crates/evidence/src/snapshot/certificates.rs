//! X.509 signing certificates of users, which only the credential report shows.

use portcullis_model::{Fact, SigningCertificate, Source};

use super::credential_report::ReportRow;
use super::resource_ids::ResourceIds;

/// Returns a user's signing certificates; missing if there may be more than the report shows.
pub(super) fn of_user(row: &ReportRow, user_arn: &str) -> Fact<Vec<SigningCertificate>> {
    if row.has_more_credentials {
        return Fact::missing(Source::CredentialReport);
    }
    let mut ids = ResourceIds::new(user_arn, "signing-certificate");
    let mut certificates = Vec::new();
    for (number, slot) in (1..).zip(&row.certificates) {
        match slot.filled {
            Fact::Missing(_) => return Fact::missing(Source::CredentialReport),
            Fact::Known(false) => {}
            Fact::Known(true) => certificates.push(SigningCertificate {
                resource_id: ids.next(slot.last_rotated.known().flatten()),
                name: format!("certificate {number}"),
                active: slot.active,
                last_rotated: slot.last_rotated,
            }),
        }
    }
    Fact::Known(certificates)
}
