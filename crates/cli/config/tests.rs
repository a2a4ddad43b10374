#[path = "../../../tests/support/committed.rs"]
mod committed;
mod schema;

use super::*;

fn parse(text: &str) -> Result<Config, Failure> {
    let file = RuleFile { path: "p.toml".into(), text: text.to_owned() };
    let options = layers::choosable(&layers::command());
    Config::parse(file, &options).checked()
}

fn config(text: &str) -> Config {
    parse(text).unwrap()
}

#[test]
fn the_policys_change_is_a_date_or_a_time() {
    for (text, utc) in [
        ("2026-01-31", "2026-01-31T00:00:00Z"),
        ("2026-01-31T10:00:00+02:00", "2026-01-31T08:00:00Z"),
        ("'2026-01-31'", "2026-01-31T00:00:00Z"),
    ] {
        let declared = config(&format!("password_policy_changed = {text}")).declarations();
        assert_eq!(declared.password_policy_changed, Some(utc.parse().unwrap()), "{text}");
    }
    for text in ["2026-01-31T10:00:00", "10:00:00", "20260131", "'soon'", "[]"] {
        let text = format!("password_policy_changed = {text}");
        assert!(parse(&text).is_err(), "{text}");
    }
    assert_eq!(config("").declarations().password_policy_changed, None);
}
