//! The facts about SAML providers.

mod metadata;

use jiff::Timestamp;
use portcullis_model::{Fact, SamlProvider, Source};

use self::metadata::Validity;
use super::answers::Answers;
use super::facts::any;
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

/// Whether people can come in through one of them: its metadata has not expired.
pub(super) fn federate(providers: &Fact<Vec<SamlProvider>>) -> Fact<bool> {
    providers.as_ref().and_then(|providers| {
        any(providers.iter().map(|provider| {
            provider.valid_days_left.map(|left| left.is_none_or(|left| left > 0.0))
        }))
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

/// When the metadata expires: the earliest date that AWS or the document itself gives; missing if AWS's list and the
/// provider's own answer differ. If the document could not be read, AWS's date counts.
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
        let message = format!("is valid until {listed} in the list, but until {own} by itself");
        return gaps.missing(SOURCE, &entry.arn, "Contradictory", message);
    }
    let by_aws = entry.valid_until.or(own);
    match metadata {
        Fact::Known(metadata) => Fact::Known(by_aws.into_iter().chain(metadata.metadata).min()),
        Fact::Missing(_) if by_aws.is_some() => Fact::Known(by_aws),
        Fact::Missing(sources) => Fact::Missing(sources),
    }
}

/// What the provider's metadata says.
fn metadata(
    arn: &str,
    detail: Option<&shapes::SamlProvider>,
    as_of: Timestamp,
    gaps: &mut Gaps,
) -> Fact<Validity> {
    let detail = gaps.require(detail, SOURCE, arn, "its metadata was not asked for");
    detail.and_then(|detail| match metadata::read(&detail.metadata, as_of) {
        Ok(validity) => Fact::Known(validity),
        Err(error) => gaps.missing(SOURCE, arn, "Malformed", format!("its metadata {error}")),
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
