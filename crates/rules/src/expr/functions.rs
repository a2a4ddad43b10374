//! The functions of rule expressions, and the errors for CEL functions that are not supported.

use super::parse::{Binary, Kind, Name, Quantified, Quantifier, Syntax};
use crate::problem::Problem;

const FUNCTIONS: [&str; 9] =
    ["size", "startsWith", "endsWith", "contains", "exists", "all", "exists_one", "map", "filter"];

/// Resolves `name(args)` or `receiver.name(args)`.
pub(super) fn call(
    name: &Name,
    receiver: Option<Syntax>,
    args: Vec<Syntax>,
) -> Result<Kind, Problem> {
    let is_method = receiver.is_some();
    let mut operands = receiver.into_iter().chain(args);
    let mut next = || operands.next();
    let operands = (next(), next(), next(), next(), next());
    Ok(match (name.text.as_str(), is_method, operands) {
        ("size", _, (Some(counted), None, ..)) => Kind::Size(Box::new(counted)),
        ("startsWith", true, (Some(text), Some(start), None, ..)) => {
            Kind::Binary(Binary::StartsWith, Box::new([text, start]))
        }
        ("endsWith", true, (Some(text), Some(end), None, ..)) => {
            Kind::Binary(Binary::EndsWith, Box::new([text, end]))
        }
        ("contains", true, (Some(text), Some(part), None, ..)) => {
            Kind::Binary(Binary::Contains, Box::new([text, part]))
        }
        (_, true, (Some(list), Some(variable), Some(body), shown, None))
            if let Some(variable) = variable_name(&variable) =>
        {
            range_over(name, list, variable, body, shown)?
        }
        _ => return Err(unsupported(name)),
    })
}

/// Resolves a macro over the elements of a list.
fn range_over(
    name: &Name,
    list: Syntax,
    variable: String,
    body: Syntax,
    shown: Option<Syntax>,
) -> Result<Kind, Problem> {
    let element = Name { text: variable.clone(), at: name.at.clone() };
    let over_list = |body| Box::new(Quantified { list, variable, body });
    Ok(match (name.text.as_str(), shown) {
        ("exists", None) => Kind::Quantified(Quantifier::Exists, over_list(body)),
        ("all", None) => Kind::Quantified(Quantifier::All, over_list(body)),
        ("exists_one", None) => Kind::Quantified(Quantifier::ExistsOne, over_list(body)),
        ("map", None) => Kind::Map(over_list(body), None),
        ("map", Some(shown)) => Kind::Map(over_list(shown), Some(Box::new(body))),
        ("filter", None) => {
            let element = Syntax { at: name.at.clone(), kind: Kind::Path(vec![element]) };
            Kind::Map(over_list(element), Some(Box::new(body)))
        }
        _ => return Err(unsupported(name)),
    })
}

fn variable_name(syntax: &Syntax) -> Option<String> {
    match &syntax.kind {
        Kind::Path(names) if names.len() == 1 => Some(names[0].text.clone()),
        _ => None,
    }
}

/// Returns the problem with an unsupported function, and what to use instead.
fn unsupported(name: &Name) -> Problem {
    let at = name.at.clone();
    match name.text.as_str() {
        "has" => {
            Problem::new(at, "has() hides misspelt names").help("compare with null: `x != null`")
        }
        "matches" => Problem::new(at, "matches() is not supported")
            .help("use ==, startsWith(), endsWith() or contains()"),
        "timestamp" | "duration" | "getFullYear" | "getMonth" | "getDate" => {
            Problem::new(at, "rule expressions cannot calculate with times")
                .help("derive a fact such as age_days")
        }
        function if FUNCTIONS.contains(&function) => {
            Problem::new(at, format!("{function}() takes different arguments"))
                .help(usage(function))
        }
        function => Problem::new(at, format!("there is no function {function}()"))
            .valid(function, FUNCTIONS),
    }
}

fn usage(function: &str) -> &'static str {
    match function {
        "size" => "write size(list) or list.size()",
        "exists" | "all" | "exists_one" => "write list.exists(x, condition on x)",
        "map" => "write list.map(x, field of x), or list.map(x, condition on x, field of x)",
        "filter" => "write list.filter(x, condition on x)",
        _ => "write text.startsWith('start')",
    }
}
