//! The catalogue of the rules that were judged.

use askama::Template;
use portcullis_model::{Report, RuleInfo, Tally};

use super::index::{Index, Rule as Indexed};
use super::prose::{Instruction, instructions};

#[derive(Template)]
#[template(path = "html/rules.html")]
pub(super) struct Rules<'a> {
    pub(super) rules: Vec<Rule<'a>>,
}

pub(super) struct Rule<'a> {
    indexed: &'a Indexed<'a>,
    info: &'a RuleInfo,
    tally: Tally,
    remediation: Vec<Instruction>,
}

impl<'a> Rules<'a> {
    pub(super) fn new(report: &Report, index: &'a Index<'a>) -> Rules<'a> {
        let mut rules = Vec::new();
        for indexed in &index.rules {
            if let Some(info) = indexed.info {
                let tally = report.tally(&info.id);
                let remediation = instructions(&info.remediation);
                rules.push(Rule { indexed, info, tally, remediation });
            }
        }
        Rules { rules }
    }
}
