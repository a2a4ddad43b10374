//! The facts about TLS certificates stored in IAM.

use portcullis_model::{Fact, ServerCertificate, Source};

use super::answers::Answers;
use super::gaps::Gaps;
use super::time::days;

const SOURCE: Source = Source::ServerCertificates;

/// Returns the certificates, sorted by ARN.
pub(super) fn server_certificates(
    answers: &Answers,
    gaps: &mut Gaps,
) -> Fact<Vec<ServerCertificate>> {
    answers.server_certificates.as_ref().map(|listed| {
        let mut certificates = Vec::new();
        for certificate in listed {
            let arn = &certificate.arn;
            let expires = gaps.require(certificate.expiration, SOURCE, arn, "lacks Expiration");
            certificates.push(ServerCertificate {
                arn: arn.clone(),
                name: certificate.server_certificate_name.clone(),
                expires,
                days_left: expires.map(|expires| days(answers.as_of, expires)),
            });
        }
        certificates.sort_by(|a, b| a.arn.cmp(&b.arn));
        certificates
    })
}
