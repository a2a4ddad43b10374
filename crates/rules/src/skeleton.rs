//! Templates for new rules.

use crate::scope::Scope;
use crate::{FactDoc, facts_in_reach, shared_texts};

/// The additional keys of a rule on activity.
const ACTIVITY_KEYS: &str = r#"

# The regions that must have been read for it to pass: those that record the activity.
regions = ["us-east-1", "us-east-2", "us-west-2", "eu-north-1", "ap-southeast-2"]"#;

/// The additional keys of a rule on windows.
const WINDOW_KEYS: &str = r#"

# What attempts have in common, how soon one follows another, which count (by default all), such as
# "signin.outcome == 'failure'", and whether a window ends where the person gets in.
group_by = ["user"]
within   = "10m"
# where  = ""
# until_success = true"#;

/// Returns a rule file for a new rule on this kind of resource, with comments on what to fill in
/// and on the facts it may read. The file loads once its blanks are filled in.
pub fn skeleton(id: &str, scope: &Scope) -> String {
    let resource = scope
        .given()
        .next()
        .map_or(scope.name, |variable| variable.name);
    let mut keys = if scope.is_activity() {
        ACTIVITY_KEYS.to_owned()
    } else {
        String::new()
    };
    let mut example = "{}";
    if scope.made_of.is_some() {
        keys.push_str(WINDOW_KEYS);
        example = "[{}]";
    }
    let mut lines = vec![
        include_str!("skeleton.toml")
            .replace("@id@", id)
            .replace("@scope@", scope.name)
            .replace("@keys@", &keys)
            .replace("@texts@", &texts(scope))
            .replace("@resource@ = {}", &format!("{resource} = {example}"))
            .replace("@resource@", resource),
    ];
    for FactDoc { path, ty, doc, .. } in facts_in_reach(scope) {
        lines.push(format!("# {path} ({ty}): {doc}\n"));
    }
    lines.concat()
}

/// Returns a comment on the texts that the remediation can include; empty if there is none.
fn texts(scope: &Scope) -> String {
    let mut lines = Vec::new();
    for text in shared_texts().iter().filter(|text| text.serves(scope)) {
        lines.push(format!("\n#   {{include {}}}: {}", text.name, text.about));
    }
    if !lines.is_empty() {
        lines
            .insert(0, "\n# A line with one of these includes a text that rules share:".to_owned());
    }
    lines.concat()
}

/// Whether a rule may have this id: words of lowercase letters and digits, joined by `-`.
pub fn is_rule_id(id: &str) -> bool {
    id.split('-').all(|word| {
        !word.is_empty()
            && word
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
    })
}
