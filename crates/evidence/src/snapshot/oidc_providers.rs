//! The facts about OIDC providers.

use portcullis_model::{Arn, Fact, OidcProvider, Source};

use super::answers::Answers;
use super::gaps::Gaps;
use crate::shapes;

const SOURCE: Source = Source::OpenIdConnectProviders;

/// Returns the OIDC providers, sorted by ARN.
pub(super) fn oidc_providers(answers: &Answers, gaps: &mut Gaps) -> Fact<Vec<OidcProvider>> {
    answers.oidc_providers.as_ref().map(|found| {
        let mut providers = Vec::new();
        for entry in &found.list {
            let arn = &entry.arn;
            let mut answer = found.answers.get(arn);
            if let Some(other) = answer.filter(|answer| !is_url_of(&answer.url, arn)) {
                let message = format!("the answer about it names {:?} instead", other.url);
                gaps.note(SOURCE, arn, "Contradictory", message);
                answer = None;
            }
            let answer = gaps.require(answer, SOURCE, arn, "what it accepts was not requested");
            providers.push(OidcProvider {
                arn: arn.clone(),
                url: url(arn).to_owned(),
                client_ids: answer.map(client_ids),
            });
        }
        providers.sort_by(|a, b| a.arn.cmp(&b.arn));
        providers
    })
}

fn client_ids(provider: &shapes::OidcProvider) -> Vec<String> {
    let mut ids = provider.client_ids.clone();
    ids.sort();
    ids
}

/// Whether an answer's URL is that of the provider; emulators prefix the scheme.
fn is_url_of(answered: &str, arn: &str) -> bool {
    answered
        .trim_start_matches("https://")
        .trim_end_matches('/')
        == url(arn).trim_end_matches('/')
}

/// Returns the URL of an OIDC provider, which is the end of its ARN and so known from the list
/// alone.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html>
fn url(arn: &str) -> &str {
    let resource = Arn::parse(arn).map_or(arn, |arn| arn.resource);
    resource.strip_prefix("oidc-provider/").unwrap_or(resource)
}
