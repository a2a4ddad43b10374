//! What holds for every document and account, on small universes.

mod decisions;
mod escalations;
mod oracle;
mod trust;

use proptest::prelude::*;
use proptest::test_runner::contextualize_config;
use serde_json::Value as Json;

/// That many cases, unless `PROPTEST_CASES` says otherwise, and no files of failures.
pub(crate) fn config(cases: u32) -> ProptestConfig {
    let config = ProptestConfig { cases, ..ProptestConfig::default() };
    ProptestConfig { failure_persistence: None, ..contextualize_config(config) }
}

fn one_of(texts: &'static [&'static str]) -> impl Strategy<Value = &'static str> + Clone {
    prop::sample::select(texts)
}

/// All that makes a statement of a list weaker or stronger, as the list would be then.
fn changes(statements: &[Json], change: impl Fn(&Json) -> Vec<Json>) -> Vec<Vec<Json>> {
    let mut all = Vec::new();
    for (place, statement) in statements.iter().enumerate() {
        for changed in change(statement) {
            let mut statements = statements.to_vec();
            if changed.is_null() {
                statements.remove(place);
            } else {
                statements[place] = changed;
            }
            all.push(statements);
        }
    }
    all
}

/// The statement as it would allow more, or deny less; null: without it.
fn weaker(statement: &Json) -> Vec<Json> {
    if statement["Effect"] == "Deny" {
        return vec![Json::Null];
    }
    let mut all = Vec::new();
    for (removed, put) in [
        (vec!["Condition"], None),
        (vec!["Action", "NotAction"], Some("Action")),
        (vec!["Resource", "NotResource"], Some("Resource")),
        (vec!["Principal", "NotPrincipal"], Some("Principal")),
    ] {
        // Users of a service or a provider are others than those of AWS.
        let of_others = ["Service", "Federated"];
        if put == Some("Principal")
            && of_others
                .iter()
                .any(|kind| statement["Principal"].get(kind).is_some())
        {
            continue;
        }
        let mut changed = statement.clone();
        let fields = changed.as_object_mut().unwrap();
        let had = removed
            .iter()
            .filter(|field| fields.remove(**field).is_some())
            .count();
        if let Some(field) = put {
            fields.insert(field.to_owned(), Json::from("*"));
        }
        if had > 0 {
            all.push(changed);
        }
    }
    all
}
