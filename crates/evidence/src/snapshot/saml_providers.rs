//! The facts about SAML providers.

mod metadata;

use jiff::Timestamp;
use portcullis_model::{Fact, Gap, SamlProvider, Source};

use self::metadata::Validity;
use super::answers::Answers;
use super::facts::any;
use super::gaps::Gaps;
use super::time::days;
use crate::shapes;

const SOURCE: Source = Source::SamlProviders;

/// Returns the SAML providers, sorted by ARN.
pub(super) fn saml_providers(answers: &Answers, gaps: &mut Gaps) -> Fact<Vec<SamlProvider>> {
    answers.saml_providers.as_ref().map(|found| {
        let mut providers = Vec::new();
        for entry in &found.list {
            providers.push(provider(entry, found.answers.get(&entry.arn), answers.as_of, gaps));
        }
        providers.sort_by(|a, b| a.arn.cmp(&b.arn));
        providers
    })
}

/// Whether users can sign in through any provider, that is, its metadata has not expired.
pub(super) fn federate(providers: &Fact<Vec<SamlProvider>>) -> Fact<bool> {
    let is_valid = |days_left: Option<f64>| days_left.is_none_or(|days| days > 0.0);
    providers.as_ref().and_then(|providers| {
        any(providers
            .iter()
            .map(|provider| provider.valid_days_left.map(is_valid)))
    })
}

fn provider(
    entry: &shapes::SamlProviderEntry,
    detail: Option<&shapes::SamlProvider>,
    as_of: Timestamp,
    gaps: &mut Gaps,
) -> SamlProvider {
    let metadata = metadata(&entry.arn, detail, as_of, gaps);
    let valid_until = valid_until(entry, detail, metadata, gaps);
    let certificate_expires = metadata.map(|metadata| metadata.certificates);
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

/// Returns when the metadata expires: the earlier of AWS's date and the document's own; missing if
/// AWS's list and the provider's answer differ. If the document cannot be read, AWS's date counts.
fn valid_until(
    entry: &shapes::SamlProviderEntry,
    detail: Option<&shapes::SamlProvider>,
    metadata: Fact<Validity>,
    gaps: &mut Gaps,
) -> Fact<Option<Timestamp>> {
    let own = detail.and_then(|detail| detail.valid_until);
    if let (Some(listed), Some(own)) = (entry.valid_until, own)
        && listed != own
    {
        let message = format!(
            "is valid until {listed} according to the list, but until {own} according to its own answer"
        );
        return gaps.missing(SOURCE, &entry.arn, "Contradictory", message);
    }
    let by_aws = entry.valid_until.or(own);
    match metadata {
        Fact::Known(metadata) => Fact::Known(by_aws.into_iter().chain(metadata.metadata).min()),
        Fact::Missing(_) if by_aws.is_some() => Fact::Known(by_aws),
        Fact::Missing(sources) => Fact::Missing(sources),
    }
}

/// Returns the validity in the provider's metadata.
fn metadata(
    arn: &str,
    detail: Option<&shapes::SamlProvider>,
    as_of: Timestamp,
    gaps: &mut Gaps,
) -> Fact<Validity> {
    let detail = gaps.require(detail, SOURCE, arn, "its metadata was not requested");
    detail.and_then(|detail| match metadata::read(&detail.metadata, as_of) {
        Ok(validity) => Fact::Known(validity),
        Err(error) => {
            let is_early = error == metadata::NOT_YET;
            let code = if is_early { Gap::FUTURE } else { "Malformed" };
            gaps.missing(SOURCE, arn, code, format!("its metadata {error}"))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expired_provider_lets_nobody_in() {
        let provider = |valid_days_left| SamlProvider {
            arn: String::new(),
            name: String::new(),
            valid_until: Fact::Known(None),
            valid_days_left,
            certificate_expires: Fact::Known(None),
            certificate_days_left: Fact::Known(None),
        };
        let (left, over) = (Fact::Known(Some(0.1)), Fact::Known(Some(-0.1)));
        for (days_left, expected) in [
            (left, Fact::Known(true)),
            (Fact::Known(None), Fact::Known(true)),
            (over, Fact::Known(false)),
            (Fact::missing(SOURCE), Fact::missing(SOURCE)),
        ] {
            assert_eq!(federate(&Fact::Known(vec![provider(days_left)])), expected);
            let two = vec![provider(days_left), provider(left)];
            assert_eq!(federate(&Fact::Known(two)), Fact::Known(true));
        }
        assert_eq!(federate(&Fact::Known(vec![])), Fact::Known(false));
        assert_eq!(federate(&Fact::missing(SOURCE)), Fact::missing(SOURCE));
    }
}
