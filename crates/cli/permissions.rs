//! `permissions`: the least policy for the calls that an audit makes.

use std::io::{self, Write};

use portcullis_model::Source;
use portcullis_report::write_json;
use portcullis_rules::Evidence;
use serde::Serialize;

use crate::args::{PermissionsArgs, PolicyFormat};
use crate::config::Config;
use crate::failure::Failure;
use crate::{rule_files, terminal};

/// What the policy is called where a format wants a name or a description.
const NAME: &str = "portcullis";
const DESCRIPTION: &str = "Read-only calls of the Portcullis audit";

pub(crate) fn run(args: &PermissionsArgs) -> Result<(), Failure> {
    let config = Config::read(&args.config)?;
    let rules = rule_files::load(&args.rules.directories, &config.settings())?;
    let rules = rules.select(&config.selection(&args.rules, Evidence::Account))?;
    let mut actions = rule_files::sources(&rules).actions(args.quick);
    if args.signins {
        actions.extend(Source::CloudTrail.actions());
    }
    terminal::print(|out| match args.format {
        PolicyFormat::Json => write_json(&Policy::allowing(&actions), out),
        PolicyFormat::Cloudformation => write_json(&Template::allowing(&actions), out),
        PolicyFormat::Terraform => write_terraform(&actions, out),
    })
}

/// A policy document.
///
/// Most of these actions list a whole account, so that AWS takes no narrower resource for them.
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html>
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Policy<'a> {
    version: &'static str,
    statement: [Statement<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Statement<'a> {
    effect: &'static str,
    action: &'a [&'static str],
    resource: &'static str,
}

impl Policy<'_> {
    fn allowing<'a>(action: &'a [&'static str]) -> Policy<'a> {
        let statement = Statement { effect: "Allow", action, resource: "*" };
        Policy { version: "2012-10-17", statement: [statement] }
    }
}

/// A CloudFormation template, in JSON.
///
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-managedpolicy.html>
#[derive(Serialize)]
struct Template<'a> {
    #[serde(rename = "AWSTemplateFormatVersion")]
    version: &'static str,
    #[serde(rename = "Resources")]
    resources: Resources<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Resources<'a> {
    portcullis_policy: ManagedPolicy<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct ManagedPolicy<'a> {
    r#type: &'static str,
    properties: Properties<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Properties<'a> {
    description: &'static str,
    policy_document: Policy<'a>,
}

impl Template<'_> {
    fn allowing<'a>(actions: &'a [&'static str]) -> Template<'a> {
        let policy_document = Policy::allowing(actions);
        let properties = Properties { description: DESCRIPTION, policy_document };
        let portcullis_policy = ManagedPolicy { r#type: "AWS::IAM::ManagedPolicy", properties };
        Template { version: "2010-09-09", resources: Resources { portcullis_policy } }
    }
}

/// Laid out as `terraform fmt` does.
fn write_terraform(actions: &[&str], out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "data \"aws_iam_policy_document\" \"{NAME}\" {{\n  statement {{")?;
    writeln!(out, "    effect = \"Allow\"\n\n    actions = [")?;
    for action in actions {
        writeln!(out, "      \"{action}\",")?;
    }
    writeln!(out, "    ]\n\n    resources = [\"*\"]\n  }}\n}}\n")?;
    writeln!(out, "resource \"aws_iam_policy\" \"{NAME}\" {{")?;
    writeln!(out, "  name        = \"{NAME}\"\n  description = \"{DESCRIPTION}\"")?;
    writeln!(out, "  policy      = data.aws_iam_policy_document.{NAME}.json\n}}")
}
