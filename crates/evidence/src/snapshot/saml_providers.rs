//! The facts about SAML providers.

mod metadata;

use jiff::Timestamp;
use portcullis_model::{Fact, SamlProvider, Source};

use super::answers::Answers;
use super::gaps::Gaps;
use super::time::days;
use crate::shapes;

const SOURCE: Source = Source::SamlProviders;

/// The SAML providers, sorted by ARN.
pub(super) fn saml_providers(answers: &Answers, gaps: &mut Gaps) -> Fact<Vec<SamlProvider>> {
    answers.saml_providers.as_ref().map(|all| {
        let mut providers = Vec::new();
        for entry in &all.list {
            providers.push(provider(entry, all.answers.get(&entry.arn), answers.as_of, gaps));
        }
        providers.sort_by(|a, b| a.arn.cmp(&b.arn));
        providers
    })
}

fn provider(
    entry: &shapes::SamlProviderEntry,
    detail: Option<&shapes::SamlProvider>,
    as_of: Timestamp,
    gaps: &mut Gaps,
) -> SamlProvider {
    let valid_until = valid_until(entry, detail, gaps);
    let certificate_expires = certificate_expires(&entry.arn, detail, gaps);
    let days_left = |end: Option<Timestamp>| end.map(|end| days(as_of, end));
    let (_, name) = entry.arn.rsplit_once('/').unwrap_or(("", &entry.arn));
    SamlProvider {
        arn: entry.arn.clone(),
        name: name.to_owned(),
        valid_until,
        valid_days_left: valid_until.map(days_left),
        certificate_expires,
        certificate_days_left: certificate_expires.map(days_left),
    }
}

/// When the metadata expires; missing if the list and the provider's own answer differ.
fn valid_until(
    entry: &shapes::SamlProviderEntry,
    detail: Option<&shapes::SamlProvider>,
    gaps: &mut Gaps,
) -> Fact<Option<Timestamp>> {
    let own = detail.and_then(|detail| detail.valid_until);
    if let (Some(listed), Some(own)) = (entry.valid_until, own)
        && listed != own
    {
        let message = format!("is valid until {listed} in the list, but until {own} by itself");
        return gaps.missing(SOURCE, &entry.arn, "Contradictory", message);
    }
    Fact::Known(entry.valid_until.or(own))
}

fn certificate_expires(
    arn: &str,
    detail: Option<&shapes::SamlProvider>,
    gaps: &mut Gaps,
) -> Fact<Option<Timestamp>> {
    let detail = gaps.require(detail, SOURCE, arn, "its metadata was not asked for");
    detail.and_then(|detail| match metadata::signing_certificates_end(&detail.metadata) {
        Ok(end) => Fact::Known(end),
        Err(error) => gaps.missing(SOURCE, arn, "Malformed", format!("its metadata {error}")),
    })
}
