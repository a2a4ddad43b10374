//! The facts about TLS certificates kept in IAM.

use portcullis_model::{Fact, ServerCertificate, Source};

use super::answers::Answers;
use super::gaps::Gaps;
use super::time::days;

const SOURCE: Source = Source::ServerCertificates;

/// The certificates, sorted by ARN.
pub(super) fn server_certificates(
    answers: &Answers,
    gaps: &mut Gaps,
) -> Fact<Vec<ServerCertificate>> {
    answers.server_certificates.as_ref().map(|certificates| {
        let mut certificates: Vec<_> = certificates
            .iter()
            .map(|certificate| {
                let expires = certificate.expiration.map_or(Fact::missing(SOURCE), Fact::Known);
                if certificate.expiration.is_none() {
                    gaps.explain(SOURCE.into(), &certificate.arn, "NotTold", "lacks Expiration");
                }
                ServerCertificate {
                    arn: certificate.arn.clone(),
                    name: certificate.server_certificate_name.clone(),
                    expires,
                    days_left: expires.map(|expires| days(answers.as_of, expires)),
                }
            })
            .collect();
        certificates.sort_by(|a, b| a.arn.cmp(&b.arn));
        certificates
    })
}
