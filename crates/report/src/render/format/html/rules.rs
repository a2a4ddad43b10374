//! The catalogue of the rules that were judged.

use askama::Template;
use portcullis_model::{Report, RuleInfo, Tally};

use super::index::{Index, Rule as Indexed};
use super::link::WebLink;
use super::prose::{Instruction, instructions};
use super::text::Text;

#[derive(Template)]
#[template(path = "html/rules.html")]
pub(super) struct Rules<'a> {
    rules: Vec<Rule<'a>>,
}

struct Rule<'a> {
    indexed: &'a Indexed<'a>,
    tally: Tally,
    scope: Text<'a>,
    risk: Text<'a>,
    remediation: Vec<Instruction<'a>>,
    params: Vec<(Text<'a>, Text<'a>)>,
    frameworks: Vec<(Text<'a>, Text<'a>)>,
    references: Vec<WebLink<'a>>,
}

impl<'a> Rules<'a> {
    pub(super) fn new(report: &'a Report, index: &'a Index<'a>) -> Rules<'a> {
        let mut rules = Vec::new();
        for rule in &index.rules {
            rules.extend(rule.info.map(|info| Rule::new(rule, info, report.tally(&info.id))));
        }
        Rules { rules }
    }

    pub(super) fn count(&self) -> usize {
        self.rules.len()
    }
}

impl<'a> Rule<'a> {
    fn new(indexed: &'a Indexed<'a>, info: &'a RuleInfo, tally: Tally) -> Rule<'a> {
        let params = info.params.iter();
        let frameworks = info.frameworks.iter();
        Rule {
            indexed,
            tally,
            scope: (&info.scope).into(),
            risk: (&info.risk).into(),
            remediation: instructions(&info.remediation),
            params: params.map(|(name, value)| (name.into(), value.to_string().into())).collect(),
            frameworks: frameworks.map(|(id, c)| (id.into(), c.join(", ").into())).collect(),
            references: info.references.iter().map(|page| WebLink::new(page)).collect(),
        }
    }
}
