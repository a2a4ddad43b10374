//! New rules, in every scope.

use portcullis_rules::{LoadErrors, SCOPES, skeleton};

use crate::support::load;

#[test]
fn a_new_rule_lacks_its_blanks_alone_and_loads_once_they_are_filled() {
    for scope in &SCOPES {
        let blank = skeleton("test-rule", scope);
        let offers_texts = blank.contains("\n#   {include replace-policy}: Replaces");
        assert_eq!(offers_texts, scope.name == "policy", "{}", scope.name);
        let errors = load(&blank).err().unwrap_or(LoadErrors(vec![]));
        let lacks: Vec<_> = errors
            .0
            .iter()
            .map(|error| error.message.as_str())
            .collect();
        let empty = ["title", "risk", "remediation", "assert", "message", "name", "name"];
        let empty = empty.map(|name| format!("`{name}` is empty"));
        assert_eq!(lacks, empty, "{}", scope.name);
        let given = match scope.name {
            "window" => "signins = [{}]".to_owned(),
            _ => format!("{} = {{}}", scope.variables[0].name),
        };
        // Of a way between accounts, nothing else is known of the account.
        let (record, field) = if scope.name == "crossing" {
            ("crossing", "name")
        } else {
            ("account", "id")
        };
        let filled = blank
            .replace("\nassert  = \"\"", &format!("\nassert = \"{record}.{field} == ''\""))
            .replace("= \"\"\n", "= \"x\"\n")
            .replacen(&format!("\n{given}"), &format!("\n{record} = {{ {field} = \"\" }}"), 1);
        let rules = load(&filled).unwrap_or_else(|errors| panic!("{errors}"));
        assert_eq!(rules.check_examples(), [], "{}", scope.name);
    }
}
