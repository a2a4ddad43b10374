//! New rules.

use crate::scope::Scope;
use crate::{FactDoc, facts_in_reach};

/// What a rule on windows says beside its scope.
const WINDOW_KEYS: &str = r#"

# What attempts have in common, how soon one follows the other, which count (by default all), such as
# "signin.outcome == 'failure'", and whether a window ends where the person gets in.
group_by = ["user"]
within   = "10m"
# where  = ""
# until_success = true"#;

/// A rule file for a new rule on that kind of resource, with comments on what to fill in and the facts
/// in reach; it loads once its blanks are filled.
#[must_use]
pub fn skeleton(id: &str, scope: &Scope) -> String {
    let resource = scope.given().next().map_or(scope.name, |variable| variable.name);
    let (keys, example) = match scope.made_of {
        Some(_) => (WINDOW_KEYS, "[{}]"),
        None => ("", "{}"),
    };
    let mut lines = vec![
        include_str!("skeleton.toml")
            .replace("@id@", id)
            .replace("@scope@", scope.name)
            .replace("@keys@", keys)
            .replace("@resource@ = {}", &format!("{resource} = {example}"))
            .replace("@resource@", resource),
    ];
    for FactDoc { path, ty, doc, .. } in facts_in_reach(scope) {
        lines.push(format!("# {path} ({ty}): {doc}\n"));
    }
    lines.concat()
}

/// Whether a rule may have this id: words of lowercase letters and digits, joined by `-`.
#[must_use]
pub fn is_rule_id(id: &str) -> bool {
    id.split('-').all(|word| {
        !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
    })
}
