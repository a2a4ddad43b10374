//! The JSON schema of framework files, for editors; as that of rule files.

use portcullis_model::ControlKind;
use serde_json::{Value as Json, json};

use super::committed::assert_committed;
use super::schema::{json_of, keys, one_or_several, references, repository, text, valid_keys};
use crate::{LoadError, RuleFile, RuleSet, Settings, embedded, embedded_frameworks};

fn schema() -> Json {
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "A framework of Portcullis",
        "type": "object",
        "additionalProperties": false,
        "required": ["id", "title", "version"],
        "properties": {
            "id": text("The file's name without `.toml`, such as `cis-aws-7.0`."),
            "title": text("The framework's name."),
            "version": text("Its own version."),
            "note": text("What a pass does and does not say."),
            "references": references(),
            "control": {
                "type": "array",
                "description": "The controls, in the framework's order.",
                "items": control(),
            },
        },
    })
}

fn control() -> Json {
    let kinds = [ControlKind::Automated, ControlKind::Manual].map(ControlKind::word);
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["id", "title"],
        "properties": {
            "id": text("The framework's number for it."),
            "title": text("What it requires, in your own words."),
            "kind": { "enum": kinds, "description": "Whether rules decide it, as they do by default, or a person." },
            "reason": text("What a person has to look at, where no rule decides."),
            "rules": one_or_several(&json!({ "type": "string" }), "The ids of all rules without which a pass would be wrong."),
            "require": {
                "type": "object",
                "description": "What must hold of the parameters of a rule, by its id: an expression such as `params.max_age_days <= 90`.",
                "additionalProperties": { "type": "string", "minLength": 1 },
            },
        },
        "if": { "properties": { "kind": { "const": ControlKind::Manual.word() } }, "required": ["kind"] },
        "then": { "required": ["reason"], "properties": { "rules": false, "require": false } },
        "else": { "required": ["rules"], "properties": { "reason": false } },
    })
}

#[test]
fn the_committed_schema_is_that_of_what_is_read() {
    let schema = format!("{:#}\n", schema());
    assert_committed(repository("schemas/framework-v1.schema.json"), &schema);
}

#[test]
fn every_framework_is_valid() {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    for file in embedded_frameworks() {
        let json = json_of(&file.text);
        let errors: Vec<_> = validator
            .iter_errors(&json)
            .map(|error| error.to_string())
            .collect();
        assert_eq!(errors, [""; 0], "{}", file.path);
    }
}

const FRAMEWORK: &str = r#"
id      = "house"
title   = "House rules"
version = "1"
[[control]]
id    = "1"
title = "Keys are young"
rules = ["stale-access-key"]
require.stale-access-key = "params.max_age_days <= 90"
[[control]]
id     = "2"
title  = "Contacts are right"
kind   = "manual"
reason = "ask"
"#;

/// What the schema refuses, the loader refuses too.
#[test]
fn what_no_framework_may_say_is_refused() {
    assert!(jsonschema::is_valid(&schema(), &json_of(FRAMEWORK)));
    assert!(errors(FRAMEWORK).is_empty());
    for (right, wrong) in [
        ("version =", "edition ="),
        ("version = \"1\"", "version = 1"),
        ("version = \"1\"", ""),
        (r#"rules = ["stale-access-key"]"#, "rules = [1]"),
        ("require.", "demand."),
        ("reason = ", "rules = "),
        ("reason = \"ask\"", ""),
        ("\"manual\"", "\"by hand\""),
        ("kind   = \"manual\"\n", ""),
    ] {
        let text = FRAMEWORK.replacen(right, wrong, 1);
        assert_ne!(text, FRAMEWORK, "{right}");
        assert!(!jsonschema::is_valid(&schema(), &json_of(&text)), "{wrong}");
        assert!(!errors(&text).is_empty(), "{wrong}");
    }
}

fn errors(text: &str) -> Vec<LoadError> {
    let rules = RuleSet::load(&embedded(), &Settings::default()).unwrap();
    let file = RuleFile { path: "house.toml".into(), text: text.to_owned() };
    rules
        .with_frameworks(&[file])
        .err()
        .map_or_else(Vec::new, |errors| errors.0)
}

#[test]
fn the_schema_has_the_keys_that_are_read() {
    let schema = schema();
    assert_eq!(keys(&schema), valid_keys(errors("unknown_key = 1")));
    let mut read = valid_keys(errors("[[control]]\nid = 'a'\ntitle = 'b'\nunknown_key = 1"));
    read.extend(valid_keys(errors(
        "[[control]]\nid = 'a'\ntitle = 'b'\nkind = 'manual'\nunknown_key = 1",
    )));
    assert_eq!(keys(&schema["properties"]["control"]["items"]), read);
}
