//! When two reports were judged by the same rule.

use portcullis_model::RuleInfo;
use portcullis_rules::{RuleSet, Settings};

use crate::support::{RULE, changed, file, load, settings as with_settings};

fn info(text: &str) -> RuleInfo {
    let rules = load(text).unwrap_or_else(|errors| panic!("{errors}"));
    rules.rule("test-rule").unwrap().info()
}

/// The hash with a part of the rule put in the place of another.
fn hash(old: &str, new: &str) -> String {
    info(&changed(old, new)).hash
}

#[test]
fn a_hash_is_16_hexadecimal_digits() {
    let hash = info(RULE).hash;
    assert_eq!(hash.len(), 16);
    assert!(
        hash.bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')),
        "{hash}"
    );
}

#[test]
fn words_and_severities_do_not_matter() {
    let same = info(RULE).hash;
    for (old, new) in [
        ("\"Test\"", "\"Another title\""),
        ("\"None.\"", "\"Another risk.\""),
        ("delete-user", "get-user"),
        ("introduction.html", "id_users.html"),
        ("user {user.name} is", "{user.name} was made"),
        ("half a day late", "late"),
        ("severity    = \"medium\"", "severity = \"critical\""),
        (
            "when        =",
            "severities = [{ when = \"user.mfa_active\", severity = \"low\" }]\nwhen =",
        ),
        ("scope       =", "rule_set = \"strict\"\nscope ="),
        ("id          =", "# A comment.\nid ="),
    ] {
        assert_eq!(hash(old, new), same, "{new}");
    }
}

#[test]
fn conditions_and_parameters_matter() {
    let hashes = [
        info(RULE).hash,
        hash("max_age_days = 90", "max_age_days = 91"),
        hash("user.age_days <=", "user.age_days <"),
        hash("\"user.password_enabled\"", "\"!user.password_enabled\""),
        hash("when        = \"user.password_enabled\"\n", ""),
    ];
    for (index, hash) in hashes.iter().enumerate() {
        assert!(!hashes[..index].contains(hash), "{index}");
    }
}

/// The hash of the rule as a configuration changes it.
fn configured(settings: &str) -> String {
    let rules =
        RuleSet::load(&[file(RULE)], &with_settings(settings)).unwrap_or_else(|e| panic!("{e}"));
    rules.rule("test-rule").unwrap().info().hash
}

#[test]
fn a_configuration_changes_it_by_parameters_alone() {
    let severity = "[rules.test-rule]\nseverity = \"low\"";
    assert_eq!(configured(severity), info(RULE).hash);
    let params = "[rules.test-rule.params]\nmax_age_days = 91";
    assert_eq!(configured(params), hash("max_age_days = 90", "max_age_days = 91"));
}

/// Who is a service, and when the password policy was changed, no source tells.
#[test]
fn what_is_declared_matters_to_rules_that_read_it() {
    let of = |rule: &str, declared: &str| {
        let settings = Settings { declared: declared.to_owned(), ..Settings::default() };
        let rules = RuleSet::load(&[file(rule)], &settings).unwrap_or_else(|e| panic!("{e}"));
        rules.rule("test-rule").unwrap().info().hash
    };
    assert_eq!(of(RULE, "a"), of(RULE, "b"));
    for reads in ["user.class != 'service'", "account.password_policy.changed != null"] {
        let rule = changed("\"user.password_enabled\"", &format!("\"{reads}\""));
        assert_eq!(of(&rule, "a"), of(&rule, "a"));
        assert_ne!(of(&rule, "a"), of(&rule, "b"), "{reads}");
    }
}

#[test]
fn a_family_is_the_directory() {
    assert_eq!(info(RULE).family, "test");
}
