//! Resolves names: variables and their fields, parameters, and variables of macros.

use portcullis_model::Type;

use super::check::{Checked, Checker};
use super::node::{Node, Path};
use super::parse::{Name, joined};
use super::types::required;
use super::{MAX_VARIABLES, Read};
use crate::param;
use crate::problem::Problem;
use crate::show::type_name;

impl Checker<'_> {
    /// Resolves `variable.field.field` or `params.name`.
    pub(super) fn path(&mut self, names: &[Name]) -> Option<Checked> {
        let (Name { text: name, at }, fields) = names.split_first()?;
        if let Some(index) = self
            .macros
            .iter()
            .rposition(|(variable, _)| variable == name)
        {
            let ty = self.macros[index].1;
            let (checked, _) = self.fields(MAX_VARIABLES + index, ty, fields)?;
            return Some(self.narrowed(checked));
        }
        if name == "params" {
            return self.param(names);
        }
        let variables = self.names.variables;
        let Some(slot) = variables.iter().position(|variable| variable.name == name) else {
            let valid = variables
                .iter()
                .map(|variable| variable.name)
                .chain(["params"]);
            let problem = Problem::new(at.clone(), format!("there is no variable `{name}` here"));
            return self.refuse(problem.valid(name, valid));
        };
        let (checked, doc) = self.fields(slot, variables[slot].ty, fields)?;
        self.note(joined(names), &checked, doc);
        Some(self.narrowed(checked))
    }

    /// Removes "or null" from the type, if the fact has been tested.
    fn narrowed(&self, checked: Checked) -> Checked {
        if self.is_tested(&checked.node) {
            return Checked { ty: required(checked.ty), ..checked };
        }
        checked
    }

    fn note(&mut self, path: String, Checked { node, ty }: &Checked, doc: &'static str) {
        self.reads
            .insert(path, Read { node: node.clone(), ty: *ty, doc });
    }

    fn fields(
        &mut self,
        slot: usize,
        mut ty: Type,
        fields: &[Name],
    ) -> Option<(Checked, &'static str)> {
        let (mut indices, mut doc) = (Vec::new(), "");
        for Name { text: name, at } in fields {
            let record = match ty {
                Type::Record(record) => record,
                Type::List(_) => {
                    let problem = Problem::new(at.clone(), format!("a list has no field `{name}`"));
                    return self.refuse(problem.help("use exists(), all() or size()"));
                }
                ty => {
                    let message = format!("{} has no field `{name}`", type_name(ty));
                    return self.refuse(Problem::new(at.clone(), message));
                }
            };
            let Some(index) = record.fields.iter().position(|field| field.name == *name) else {
                let problem =
                    Problem::new(at.clone(), format!("{} has no field `{name}`", record.name));
                return self.refuse(problem.valid(name, record.fields.iter().map(|f| f.name)));
            };
            indices.push(index);
            self.sources |= record.sources(index);
            (ty, doc) = (record.fields[index].ty, record.fields[index].doc);
        }
        let path = Path { slot, fields: indices.into() };
        Some((Checked { node: Node::Path(path), ty }, doc))
    }

    fn param(&mut self, names: &[Name]) -> Option<Checked> {
        let [_, Name { text: name, at }] = names else {
            let problem = Problem::new(names[0].at.clone(), "params are read as params.NAME");
            return self.refuse(problem);
        };
        let params = self.names.params;
        let known = params
            .get(name)
            .and_then(|constant| Some((constant, constant.ty()?)));
        let Some((constant, ty)) = known else {
            return self.refuse(param::absent(name, at, params));
        };
        let checked = Checked { node: Node::Constant(constant.clone()), ty };
        self.note(format!("params.{name}"), &checked, "");
        Some(checked)
    }
}
