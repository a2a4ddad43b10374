//! The JSON schema of rule files, for editors: its words come from the tables that rules are checked
//! against. It follows draft 7, the newest that TOML editors read.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use portcullis_model::{RecordType, Severity, Source, Type, Verdict};
use serde_json::{Map, Value as Json, json};

use crate::example::VERDICTS;
use crate::scope::{PRINCIPAL, PRINCIPALS, SCOPES, Scope};
use crate::settings::{RULE_SETS, Settings};
use crate::shared::{SharedTexts, shared_texts};
use crate::tests::committed::assert_committed;
use crate::{LoadError, RuleFile, load};

pub(super) fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(path)
}

fn schema() -> Json {
    let mut definitions = definitions();
    definitions.insert("severity".into(), severity());
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "A rule of Portcullis",
        "type": "object",
        "additionalProperties": false,
        "required": ["id", "title", "severity", "scope", "risk", "remediation", "assert", "message", "example"],
        "properties": properties(),
        "definitions": definitions,
    })
}

pub(super) fn text(description: &str) -> Json {
    json!({ "type": "string", "minLength": 1, "description": description })
}

pub(super) fn texts(description: &str) -> Json {
    json!({ "type": "array", "items": { "type": "string" }, "description": description })
}

pub(super) fn one_or_several(item: &Json, description: &str) -> Json {
    let several = json!({ "type": "array", "items": item, "minItems": 1 });
    json!({ "anyOf": [item, several], "description": description })
}

pub(super) fn references() -> Json {
    json!({
        "type": "array",
        "items": { "type": "string", "pattern": "^https://\\S+$" },
        "description": "Pages to read.",
    })
}

fn severity() -> Json {
    json!({ "enum": Severity::ALL.map(Severity::word) })
}

fn properties() -> Json {
    let scopes = json!({ "enum": SCOPES.each_ref().map(|scope| scope.name) });
    json!({
        "id": {
            "type": "string",
            "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$",
            "description": "The file's name without `.toml`; it names the problem, such as `stale-access-key`.",
        },
        "title": text("The problem in a few words."),
        "severity": {
            "enum": Severity::ALL.map(Severity::word),
            "description": "How severe a finding is, unless one of `severities` applies.",
        },
        "severities": {
            "type": "array",
            "description": "Other severities under conditions; the first whose condition holds counts.",
            "items": {
                "type": "object",
                "additionalProperties": false,
                "required": ["when", "severity"],
                "properties": {
                    "when": text("The condition, an expression."),
                    "severity": { "$ref": "#/definitions/severity" },
                },
            },
        },
        "rule_set": {
            "enum": RULE_SETS,
            "description": "`strict` for a rule that well-run accounts may have good reasons to ignore: it is off unless chosen.",
        },
        "scope": one_or_several(&scopes, "The resources that the rule judges; several of user, group and role together."),
        "risk": text("Why the problem matters."),
        "remediation": text(&remediation()),
        "references": references(),
        "params": params("Thresholds with their defaults; portcullis.toml overrides them."),
        "when": text("Where the rule applies, an expression; elsewhere the verdict is not_applicable."),
        "assert": text("What must hold, an expression; where it does not, the verdict is fail."),
        "message": text("What a finding says, with {user.name} placeholders."),
        "pass": text("What is said where the rule passes."),
        "not_applicable": text("What is said where the rule does not apply."),
        "regions": one_or_several(&json!({ "type": "string" }), "On activity: the regions without which the rule cannot pass; identity_center: those in which Identity Center records sign-ins; root: those in which root's are recorded."),
        "read_only": { "type": "boolean", "description": "On activity: whether CloudTrail counts what the rule judges as read-only, which a trail may leave out." },
        "group_by": one_or_several(&json!({ "type": "string" }), "On windows: the facts that attempts have in common."),
        "within": text("On windows: how soon one attempt must follow another, such as 10m."),
        "where": text("On windows: which attempts count, an expression."),
        "until_success": { "type": "boolean", "description": "On windows: whether a success ends the window." },
        "evidence": texts("Facts to show besides those that the rule reads."),
        "false_positives": text("When the finding is not a problem."),
        "example": {
            "type": "array",
            "minItems": 2,
            "description": "The rule's tests and documentation: patches on a healthy sample, and the verdict.",
            "items": example(),
        },
    })
}

fn remediation() -> String {
    let names: Vec<_> = shared_texts().into_iter().map(|text| text.name).collect();
    format!(
        "What to do, with commands as templates, indented by two spaces. A line {{include NAME}} includes a shared text: {}.",
        names.join(", ")
    )
}

fn params(description: &str) -> Json {
    json!({
        "type": "object",
        "description": description,
        "propertyNames": { "pattern": "^[a-z0-9_]+$" },
        "additionalProperties": {
            "anyOf": [
                { "type": ["number", "boolean", "string"] },
                { "type": "array", "items": { "type": "string" } },
            ],
        },
    })
}

fn example() -> Json {
    let mut properties = Map::new();
    for (name, types) in patches() {
        properties.insert(name.into(), json!({ "anyOf": types }));
    }
    let fixed = json!({
        "expect": { "enum": VERDICTS.map(Verdict::word), "description": "The verdict." },
        "name": text("What the example is about."),
        "message": text("The exact message, if the example fixes it."),
        "params": params("Parameters that differ from their defaults."),
    });
    properties.extend(fixed.as_object().unwrap().clone());
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["expect", "name"],
        "properties": properties,
    })
}

/// What an example may patch, by name, with the types that the name stands for in one scope or another.
fn patches() -> BTreeMap<&'static str, Vec<Json>> {
    let mut patches: BTreeMap<_, Vec<Json>> = BTreeMap::new();
    let mut add = |name, ty| {
        let types = patches.entry(name).or_default();
        let schema = patch(ty);
        if !types.contains(&schema) {
            types.push(schema);
        }
    };
    for scope in &SCOPES {
        for variable in scope.given() {
            add(variable.name, variable.ty);
        }
        if PRINCIPALS.contains(&scope.name) {
            add(PRINCIPAL, scope.variables[0].ty);
        }
    }
    patches
}

/// What a patch may say of a fact of that type.
fn patch(ty: Type) -> Json {
    match ty {
        Type::Bool => json!({ "type": "boolean" }),
        Type::Number => json!({ "type": "number" }),
        Type::Text | Type::Time => json!({ "type": "string" }),
        Type::Word(words) => json!({ "enum": words }),
        Type::Optional(ty) => json!({ "anyOf": [patch(*ty), { "const": "null" }] }),
        Type::List(ty) => json!({ "type": "array", "items": patch(*ty) }),
        Type::Record(record) => json!({ "$ref": format!("#/definitions/{}", record.name) }),
    }
}

/// The records that examples may patch, by name.
fn definitions() -> Map<String, Json> {
    let mut definitions = Map::new();
    for variable in SCOPES.iter().flat_map(Scope::given) {
        define(variable.ty, &mut definitions);
    }
    let sources: Vec<_> = Source::every().map(Source::name).collect();
    let missing = json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["missing"],
        "properties": {
            "missing": { "type": "array", "items": { "enum": sources }, "minItems": 1 },
        },
    });
    definitions.insert("missing".into(), missing);
    definitions
}

fn define(ty: Type, definitions: &mut Map<String, Json>) {
    let Type::Record(record) = ty.element() else {
        return;
    };
    if definitions.contains_key(record.name) {
        return;
    }
    definitions.insert(record.name.into(), of_record(record));
    for field in record.fields {
        define(field.ty, definitions);
    }
}

fn of_record(record: &RecordType) -> Json {
    let mut properties = Map::new();
    for field in record.fields {
        let missing = json!({ "$ref": "#/definitions/missing" });
        let schema = json!({ "anyOf": [patch(field.ty), missing], "description": field.doc });
        properties.insert(field.name.into(), schema);
    }
    json!({ "type": "object", "additionalProperties": false, "properties": properties })
}

pub(super) fn json_of(toml: &str) -> Json {
    serde_json::to_value(toml.parse::<toml::Table>().unwrap()).unwrap()
}

fn is_valid(toml: &str) -> bool {
    jsonschema::is_valid(&schema(), &json_of(toml))
}

#[test]
fn the_committed_schema_is_that_of_the_tables() {
    let schema = format!("{:#}\n", schema());
    assert_committed(repository("schemas/rule-v1.schema.json"), &schema);
}

#[test]
fn every_rule_is_valid() {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    let own = fs::read_dir(repository("examples/rules"))
        .unwrap()
        .map(|entry| RuleFile {
            path: String::new(),
            text: fs::read_to_string(entry.unwrap().path()).unwrap(),
        });
    for file in crate::embedded().into_iter().chain(own) {
        let json = json_of(&file.text);
        let errors: Vec<_> = validator
            .iter_errors(&json)
            .map(|error| error.to_string())
            .collect();
        assert_eq!(errors, [""; 0], "{}", file.path);
    }
}

const RULE: &str = r#"
id          = "old-user"
title       = "User is old"
severity    = "low"
scope       = "user"
risk        = "Nobody knows."
remediation = "Ask."
params.max_days = 90
assert      = "user.age_days <= params.max_days"
message     = "{user.name} is old"
[[severities]]
when     = "user.mfa_active"
severity = "info"
[[example]]
expect = "pass"
name   = "young"
user   = { age_days = 90, last_activity = "null", mfa_active = { missing = ["credential-report"] } }
[[example]]
expect = "fail"
name   = "old"
user   = { age_days = 91 }
"#;

#[test]
fn what_no_rule_may_say_is_refused() {
    assert!(is_valid(RULE));
    for (right, wrong) in [
        ("title ", "heading "),
        (r#""User is old""#, "1"),
        (r#"title       = "User is old""#, ""),
        (r#""low""#, r#""hihg""#),
        (r#"scope       = "user""#, r#"scope = "usr""#),
        (r#""old-user""#, r#""Old user""#),
        ("max_days = 90", "max_days = [1]"),
        ("when     =", "if ="),
        (r#""info""#, r#""none""#),
        (r#""pass""#, r#""passes""#),
        ("name   =", "title ="),
        ("user   = { age_days = 90", "usr = { age_days = 90"),
        ("age_days = 90", "age = 90"),
        ("age_days = 90", r#"age_days = "90""#),
        (r#""credential-report""#, r#""report""#),
        (r#"last_activity = "null""#, "last_activity = 1"),
    ] {
        assert!(RULE.contains(right), "{right}");
        assert!(!is_valid(&RULE.replacen(right, wrong, 1)), "{wrong}");
    }
}

/// The keys that are valid where a rule with that text has an unknown one.
fn keys_read(text: &str) -> BTreeSet<String> {
    let file = RuleFile { path: String::new(), text: format!("id = 'a'\n{text}") };
    valid_keys(load::load(&file, &SharedTexts::new(&[]), &Settings::default()).unwrap_err())
}

/// The keys that are valid, as the error about `unknown_key` says.
pub(super) fn valid_keys(errors: Vec<LoadError>) -> BTreeSet<String> {
    let unknown = errors
        .into_iter()
        .find(|error| error.message.starts_with("`unknown_key`"));
    let help = unknown.unwrap().help.unwrap();
    help.strip_prefix("valid: ")
        .unwrap()
        .split(", ")
        .map(str::to_owned)
        .collect()
}

pub(super) fn keys(schema: &Json) -> BTreeSet<String> {
    schema["properties"]
        .as_object()
        .unwrap()
        .keys()
        .cloned()
        .collect()
}

#[test]
fn the_schema_has_the_keys_that_are_read() {
    let schema = schema();
    assert_eq!(keys(&schema), keys_read("scope = 'window'\nunknown_key = 1"));
    let severity = &schema["properties"]["severities"]["items"];
    assert_eq!(keys(severity), keys_read("[[severities]]\nunknown_key = 1"));
    let example = keys(&schema["properties"]["example"]["items"]);
    let mut read = BTreeSet::new();
    for scope in &SCOPES {
        let rule = format!("scope = '{}'\n[[example]]\nunknown_key = 1", scope.name);
        read.extend(keys_read(&rule));
    }
    read.extend(keys_read("scope = ['user', 'role']\n[[example]]\nunknown_key = 1"));
    assert_eq!(example, read);
}
