//! `permissions`: prints the least-privilege policy for the calls of an audit.

use std::collections::BTreeMap;
use std::io::{self, Write};

use portcullis_model::Source;
use portcullis_report::write_json;
use portcullis_rules::Evidence;
use serde::Serialize;
use serde_json::{Value as Json, json};

use crate::args::{PermissionsArgs, PolicyFormat};
use crate::config::Config;
use crate::failure::Failure;
use crate::{rule_files, terminal};

/// The name of the policy in formats that need one.
const NAME: &str = "portcullis";
const DESCRIPTION: &str = "Read-only calls of the Portcullis audit";
/// The condition key that limits root sessions to a task, and the task that only reads root's credentials.
///
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecuritytokenservice.html>
const TASK_KEY: &str = "sts:TaskPolicyArn";
const ROOT_TASK: &str = "arn:*:iam::aws:policy/root-task/IAMAuditRootUserCredentials";

pub(crate) fn run(args: &PermissionsArgs, config: &Config) -> Result<(), Failure> {
    let (rules, _) = config.load_rules(&args.rules.directories)?;
    let rules =
        rule_files::select(rules, &args.rules.selection(Evidence::Account), &[], &config.origins)?;
    let sources = rule_files::sources(&rules).without(Source::RootCredentials);
    let mut actions = sources.actions(args.quick);
    if args.signins {
        actions.extend(Source::CloudTrail.actions());
    }
    let policy = Policy::new(actions, args.assume_root);
    terminal::print(|out| match args.format {
        PolicyFormat::Json => write_json(&policy, out),
        PolicyFormat::Cloudformation => write_json(&Template::new(policy), out),
        PolicyFormat::Terraform => write_terraform(&policy, out),
    })
}

/// A policy document.
///
/// Most of these actions list a whole account, so AWS accepts no narrower resource for them.
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html>
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Policy {
    version: &'static str,
    statement: Vec<Statement>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Statement {
    effect: &'static str,
    action: Vec<&'static str>,
    resource: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    condition: Option<Json>,
}

impl Policy {
    fn new(action: Vec<&'static str>, assume_root: bool) -> Policy {
        let mut statement =
            vec![Statement { effect: "Allow", action, resource: "*", condition: None }];
        if assume_root {
            statement.push(Statement {
                effect: "Allow",
                action: vec![Source::RootCredentials.action()],
                resource: "arn:*:iam::*:root",
                condition: Some(json!({ "ArnLike": { TASK_KEY: ROOT_TASK } })),
            });
        }
        Policy { version: "2012-10-17", statement }
    }
}

/// A CloudFormation template, in JSON.
///
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-managedpolicy.html>
#[derive(Serialize)]
struct Template {
    #[serde(rename = "AWSTemplateFormatVersion")]
    version: &'static str,
    #[serde(rename = "Resources")]
    resources: BTreeMap<&'static str, ManagedPolicy>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct ManagedPolicy {
    r#type: &'static str,
    properties: Properties,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Properties {
    description: &'static str,
    policy_document: Policy,
}

impl Template {
    fn new(policy_document: Policy) -> Template {
        let properties = Properties { description: DESCRIPTION, policy_document };
        let policy = ManagedPolicy { r#type: "AWS::IAM::ManagedPolicy", properties };
        Template {
            version: "2010-09-09",
            resources: BTreeMap::from([("PortcullisPolicy", policy)]),
        }
    }
}

/// Writes Terraform configuration in the layout of `terraform fmt`.
fn write_terraform(policy: &Policy, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "data \"aws_iam_policy_document\" \"{NAME}\" {{")?;
    let mut between = "";
    for Statement { effect, action, resource, condition } in &policy.statement {
        writeln!(out, "{between}  statement {{\n    effect = \"{effect}\"\n\n    actions = [")?;
        for action in action {
            writeln!(out, "      \"{action}\",")?;
        }
        writeln!(out, "    ]\n\n    resources = [\"{resource}\"]")?;
        if condition.is_some() {
            writeln!(out, "\n    condition {{\n      test     = \"ArnLike\"")?;
            writeln!(out, "      variable = \"{TASK_KEY}\"")?;
            writeln!(out, "      values   = [\"{ROOT_TASK}\"]\n    }}")?;
        }
        writeln!(out, "  }}")?;
        between = "\n";
    }
    writeln!(out, "}}\n")?;
    writeln!(out, "resource \"aws_iam_policy\" \"{NAME}\" {{")?;
    writeln!(out, "  name        = \"{NAME}\"\n  description = \"{DESCRIPTION}\"")?;
    writeln!(out, "  policy      = data.aws_iam_policy_document.{NAME}.json\n}}")
}
