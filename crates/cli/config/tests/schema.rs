//! The JSON schema of `portcullis.toml`, for editors: its keys are the options of the command line. It follows
//! draft 7, the newest that TOML editors read.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use clap::Arg;
use clap::builder::PossibleValue;
use portcullis_model::Severity;
use portcullis_rules::RuleFile;
use serde_json::{Map, Value as Json, json};
use toml::Value as Toml;

use crate::config::Config;
use crate::config::tests::committed::assert_committed;
use crate::layers::{self, Kind};

fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn options() -> Vec<Arg> {
    layers::choosable(&layers::command())
}

fn schema() -> Json {
    let mut properties = Map::new();
    for arg in options().iter().filter(|arg| layers::is_key(arg)) {
        properties.insert(layers::key(arg), option(arg));
    }
    let tables = json!({
        "password_policy_changed": {
            "type": "string",
            "description": "When the account's password policy was last changed: a date (its start in UTC) or a time.",
        },
        "classes": table(
            "Which users are not people; everybody else is human.",
            &json!({ "service": class("Programs."), "break-glass": class("For emergencies only.") }),
        ),
        "rules": {
            "type": "object",
            "description": "Other severities and parameters of rules, by id.",
            "additionalProperties": rule(),
        },
        "waiver": { "type": "array", "description": "Accepted risks.", "items": waiver() },
    });
    properties.extend(tables.as_object().unwrap().clone());
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "The configuration of Portcullis",
        "type": "object",
        "additionalProperties": false,
        "properties": properties,
    })
}

fn option(arg: &Arg) -> Json {
    let valid = arg.get_possible_values();
    let words: Vec<_> = valid.iter().map(PossibleValue::get_name).collect();
    let text = if words.is_empty() {
        json!({ "type": "string" })
    } else {
        json!({ "enum": words })
    };
    let mut schema = match layers::kind(arg) {
        Kind::Switch => json!({ "type": "boolean" }),
        Kind::Number => json!({ "type": "integer", "minimum": 0 }),
        Kind::Text => text,
        Kind::Texts => json!({ "type": "array", "items": text }),
    };
    let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
    // Lists are arrays in the file.
    let help = help
        .replace('\n', " ")
        .replace("; repeat the option, or separate with commas", "");
    schema["description"] = help.into();
    schema
}

fn table(description: &str, properties: &Json) -> Json {
    json!({
        "type": "object",
        "description": description,
        "additionalProperties": false,
        "properties": properties,
    })
}

fn texts(description: &str) -> Json {
    json!({ "type": "array", "items": { "type": "string" }, "description": description })
}

fn class(description: &str) -> Json {
    table(
        description,
        &json!({
            "names": texts("Patterns of user names, such as svc-*."),
            "paths": texts("Patterns of paths, such as /service/*."),
            "tags": {
                "type": "object",
                "description": "Tags, with their values.",
                "additionalProperties": { "type": "string" },
            },
        }),
    )
}

fn rule() -> Json {
    let value = json!({
        "anyOf": [
            { "type": ["number", "boolean", "string"] },
            { "type": "array", "items": { "type": "string" } },
        ],
    });
    table(
        "`portcullis rules explain ID` lists the parameters.",
        &json!({
            "severity": { "enum": Severity::ALL.map(Severity::word) },
            "params": { "type": "object", "additionalProperties": value },
        }),
    )
}

fn waiver() -> Json {
    let text =
        |description| json!({ "type": "string", "minLength": 1, "description": description });
    let mut schema = table(
        "A risk that somebody accepts; all fields are required.",
        &json!({
            "rule": text("The rule's id."),
            "resource": text("A name such as svc-*, or an ARN; `*:` stands for all of an ARN except its last field."),
            "account": {
                "type": "string",
                "pattern": r"^(\*|\d{12})$",
                "description": "The account's id, or * for all accounts.",
            },
            "reason": text("Why the risk is accepted."),
            "owner": text("Who is responsible for it."),
            "expires": {
                "type": "string",
                "pattern": r"^\d{4}-\d{2}-\d{2}$",
                "description": "The last day on which it holds, in UTC.",
            },
        }),
    );
    schema["required"] = keys(&schema).into_iter().collect();
    schema
}

fn keys(schema: &Json) -> BTreeSet<String> {
    schema["properties"]
        .as_object()
        .unwrap()
        .keys()
        .cloned()
        .collect()
}

/// The document as editors check it: dates are texts.
fn json_of(toml: Toml) -> Json {
    match toml {
        Toml::Datetime(date) => date.to_string().into(),
        Toml::Array(values) => values.into_iter().map(json_of).collect(),
        Toml::Table(table) => table
            .into_iter()
            .map(|(key, value)| (key, json_of(value)))
            .collect(),
        plain => serde_json::to_value(plain).unwrap(),
    }
}

fn errors(toml: &str) -> Vec<String> {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    let document = json_of(Toml::Table(toml.parse().unwrap()));
    validator
        .iter_errors(&document)
        .map(|error| error.to_string())
        .collect()
}

#[test]
fn the_committed_schema_is_that_of_the_options() {
    let schema = format!("{:#}\n", schema());
    assert_committed(repository("schemas/config-v1.schema.json"), &schema);
}

#[test]
fn the_examples_are_valid() {
    for path in ["examples/portcullis.toml", "examples/leaky/portcullis.toml"] {
        let text = fs::read_to_string(repository(path)).unwrap();
        assert_eq!(errors(&text), [""; 0], "{path}");
    }
}

#[test]
fn what_no_configuration_may_say_is_refused() {
    const WAIVER: &str = "[[waiver]]\nrule = 'r'\nresource = 'svc-*'\naccount = '*'\nreason = 'x'\nowner = 'y'\n\
        expires = 2027-03-31\n";
    for valid in [
        "",
        "fail_on = 'high'",
        "skip = ['a']",
        "deadline = 600",
        "redact = true",
        "password_policy_changed = 2026-01-31",
        "password_policy_changed = 2026-01-31T10:00:00Z",
        "[classes.break-glass]\nnames = ['x']\ntags = { kind = 'y' }",
        "[rules.r]\nseverity = 'low'\nparams = { days = 9, names = ['x'] }",
        WAIVER,
        &WAIVER.replace("2027-03-31", "'2027-03-31'"),
        &WAIVER.replace("account = '*'", "account = '111122223333'"),
    ] {
        assert_eq!(errors(valid), [""; 0], "{valid}");
    }
    for wrong in [
        "fial_on = 'high'",
        "fail_on = 'hihg'",
        "rule_set = 'strickt'",
        "skip = 'a'",
        "skip = [1]",
        "deadline = '600'",
        "deadline = 1.5",
        "redact = 'yes'",
        "config = 'x.toml'",
        "as_of = '2026-01-31'",
        "password_policy_changed = 1",
        "[classes.servic]\nnames = []",
        "[classes.service]\nname = []",
        "[rules.r]\nseverty = 'low'",
        "[rules.r]\nseverity = 'none'",
        "[rules.r]\nparams = { days = { at = 1 } }",
        "[waiver]\nrule = 'r'",
        &WAIVER.replace("owner", "owned"),
        &WAIVER.replace("reason = 'x'\n", ""),
        &WAIVER.replace("2027-03-31", "'soon'"),
        &WAIVER.replace("account = '*'", "account = '1111'"),
    ] {
        assert_ne!(errors(wrong), [""; 0], "{wrong}");
    }
}

/// The keys that are valid where the configuration has an unknown one.
fn keys_read(text: &str) -> BTreeSet<String> {
    let file = RuleFile { path: String::new(), text: text.to_owned() };
    let problems = Config::parse(file, &options()).problems;
    let unknown = problems
        .into_iter()
        .find(|problem| problem.message.starts_with("`unknown_key`"));
    let help = unknown.unwrap().help.unwrap();
    help.strip_prefix("valid: ")
        .unwrap()
        .split(", ")
        .map(str::to_owned)
        .collect()
}

#[test]
fn the_schema_has_the_keys_that_are_read() {
    let schema = schema();
    assert_eq!(keys(&schema), keys_read("unknown_key = 1"));
    let classes = &schema["properties"]["classes"];
    assert_eq!(keys(classes), keys_read("[classes]\nunknown_key = 1"));
    assert_eq!(
        keys(&classes["properties"]["service"]),
        keys_read("[classes.service]\nunknown_key = 1")
    );
    assert_eq!(keys(&rule()), keys_read("[rules.r]\nunknown_key = 1"));
    assert_eq!(keys(&waiver()), keys_read("[[waiver]]\nunknown_key = 1"));
}
