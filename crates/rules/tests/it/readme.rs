//! `rules/README.md` is made of the rules and the schema; `tests/regenerate` writes it anew.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use portcullis_model::{ControlKind, RecordType, Source, Sources, Type};
use portcullis_rules::{
    Framework, RuleSet, SCOPES, Scope, Settings, SharedText, embedded, embedded_frameworks,
    explain, shared_texts, type_name,
};

use crate::committed::assert_committed;

const README: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../rules/README.md");

/// The text of the page.
fn readme() -> String {
    let mut page = String::from(
        "# Rules\n\n\
         Generated from the rule files by `tests/regenerate`.\n\
         `portcullis rules explain ID` shows all of a rule. CONTRIBUTING.md says how to add one.\n\n",
    );
    let rules = RuleSet::load(&embedded(), &Settings::default()).unwrap();
    let rules = rules.with_frameworks(&embedded_frameworks()).unwrap();
    write_rules(&rules, &mut page);
    write_shared_texts(&mut page);
    write_frameworks(&rules, &mut page);
    write_scopes(&mut page);
    write_records(&mut page);
    page
}

fn write_rules(rules: &RuleSet, page: &mut String) {
    let mut families: Vec<_> = rules
        .rules()
        .iter()
        .map(|rule| rule.family.as_str())
        .collect();
    families.sort_unstable();
    families.dedup();
    for family in families {
        write!(page, "## {family}\n\n").unwrap();
        page.push_str(
            "| rule | problem | severity | set | scope | parameters | needs |\n|---|---|---|---|---|---|---|\n",
        );
        for rule in rules.rules().iter().filter(|rule| rule.family == family) {
            let explanation = explain(rule);
            let also = explanation
                .severities
                .iter()
                .map(|other| other.severity.word());
            let severities: Vec<_> = [rule.severity.word()].into_iter().chain(also).collect();
            let params: Vec<_> = explanation
                .params
                .keys()
                .map(|name| format!("`{name} = {}`", rule.info().params[name]))
                .collect();
            writeln!(
                page,
                "| [{id}]({family}/{id}.toml) | {} | {} | {} | {} | {} | {} |",
                rule.title,
                severities.join(" or "),
                rule.rule_set,
                rule.scope(),
                params.join(", "),
                names(rule.sources()),
                id = rule.id,
            )
            .unwrap();
        }
        page.push('\n');
    }
}

fn write_shared_texts(page: &mut String) {
    page.push_str(
        "## Shared texts\n\nWhat the line `{include NAME}` in a remediation stands for, and the scopes whose rules can \
         include it, your own too.\n\n| text | what it does | scopes |\n|---|---|---|\n",
    );
    for text in shared_texts() {
        let SharedText { name, about, .. } = &text;
        let scopes = SCOPES.iter().filter(|scope| text.serves(scope));
        let scopes: Vec<_> = scopes.map(|scope| scope.name).collect();
        writeln!(page, "| [{name}](remediation/{name}.txt) | {about} | {} |", scopes.join(", "))
            .unwrap();
    }
    page.push('\n');
}

fn write_frameworks(rules: &RuleSet, page: &mut String) {
    page.push_str(
        "## Frameworks\n\nThe frameworks that `audit --framework ID` reports on, control by control, and the number of rules that each uses.\n\n\
         | framework | | version | controls | of these manual | rules |\n|---|---|---|---|---|---|\n",
    );
    for framework in rules.frameworks() {
        let Framework { id, title, version, controls, .. } = framework;
        let manual = controls
            .iter()
            .filter(|control| control.kind == ControlKind::Manual)
            .count();
        let (controls, tested_by) = (controls.len(), framework.rules().len());
        writeln!(
            page,
            "| [{id}](frameworks/{id}.toml) | {title} | {version} | {controls} | {manual} | {tested_by} |"
        )
        .unwrap();
    }
    page.push('\n');
}

fn names(sources: Sources) -> String {
    sources
        .iter()
        .map(Source::name)
        .collect::<Vec<_>>()
        .join(", ")
}

fn write_scopes(page: &mut String) {
    page.push_str(
        "## Scopes\n\nWhat rules judge, and the names that their expressions can use besides `params`. \
         A rule on several of user, group and role calls the resource `principal`.\n\n",
    );
    page.push_str("| scope | judges | names |\n|---|---|---|\n");
    for Scope { name, doc, variables, .. } in &SCOPES {
        let names: Vec<_> = variables
            .iter()
            .map(|variable| format!("`{}` ({})", variable.name, type_name(variable.ty)))
            .collect();
        writeln!(page, "| {name} | {doc} | {} |", names.join(", ")).unwrap();
    }
    page.push('\n');
}

fn write_records(page: &mut String) {
    page.push_str("## Facts\n\nAny fact may also be missing; a verdict that depends on it is then `unknown`.\n");
    let mut records = BTreeMap::new();
    for variable in SCOPES.iter().flat_map(|scope| scope.variables) {
        collect(variable.ty, &mut records);
    }
    for (name, record) in records {
        write!(page, "\n### {name}\n\n| field | type | |\n|---|---|---|\n").unwrap();
        for field in record.fields {
            let ty = type_name(field.ty);
            writeln!(page, "| `{}` | {ty} | {} |", field.name, field.doc).unwrap();
        }
    }
}

fn collect(ty: Type, records: &mut BTreeMap<&str, &'static RecordType>) {
    match ty {
        Type::Record(record) => {
            records.insert(record.name, record);
            record
                .fields
                .iter()
                .for_each(|field| collect(field.ty, records));
        }
        Type::Optional(ty) | Type::List(ty) => collect(*ty, records),
        _ => {}
    }
}

#[test]
fn the_committed_page_is_that_of_the_rules() {
    assert_committed(README, &readme());
}
