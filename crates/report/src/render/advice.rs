//! Says what to do about findings.

use std::borrow::Cow;
use std::collections::HashSet;
use std::io;

use portcullis_model::{Finding, Verdict};

use crate::defuse;
use crate::render::prose::is_command;

/// The beginning of a comment that names the account for the commands below it.
const COMMENT: &str = "  # in ";

/// What to do about a finding, without line breaks that a name smuggled in.
pub(crate) fn remediation(finding: &Finding) -> String {
    // A gap is explained in one line.
    if finding.verdict != Verdict::Fail {
        return defuse(&finding.remediation).into_owned();
    }
    let (mut safe, mut quoted, mut before) = (String::new(), false, ' ');
    for c in finding.remediation.chars() {
        match c {
            '\'' if quoted => quoted = false,
            // Within a word, this is an apostrophe.
            '\'' if !before.is_alphanumeric() => quoted = true,
            _ => {}
        }
        if c == '\n' && quoted {
            safe.push_str(&defuse("\n"));
        } else {
            safe.push(c);
        }
        before = c;
    }
    safe
}

/// Adds a line above each group of commands in the advice.
pub(crate) fn above_commands(advice: &str, note: &str) -> String {
    let mut lines = Vec::new();
    let mut was_command = false;
    for line in advice.lines() {
        let is_command = is_command(line);
        if is_command && !was_command {
            lines.push(note);
        }
        lines.push(line);
        was_command = is_command;
    }
    lines.join("\n")
}

/// What to do about all findings of a rule: common prose once, with the commands of at most `most` findings below it.
/// Commands for different accounts follow a comment that names the account, if the findings have one.
pub(crate) fn what_to_do<'a>(
    findings: impl Iterator<Item = io::Result<Cow<'a, Finding>>>,
    most: usize,
    account: impl Fn(&Finding) -> Option<String>,
) -> io::Result<String> {
    let mut seen = HashSet::new();
    let mut shown = Vec::new();
    for finding in findings {
        let finding = finding?;
        let account = account(&finding);
        let is_new = seen.insert((account.clone(), finding.remediation.clone()));
        if is_new && shown.len() < most {
            let advice = remediation(&finding);
            shown.push(match account {
                Some(account) => above_commands(&advice, &format!("{COMMENT}{account}:")),
                None => advice,
            });
        }
    }
    let mut steps: Vec<Step<'_>> = Vec::new();
    for advice in &shown {
        merge(&mut steps, Step::split(advice));
    }
    let mut lines = Vec::new();
    for step in steps {
        lines.extend(step.prose);
        let mut account = None;
        for line in step.commands.into_iter().flatten() {
            let is_repeated = account == Some(line);
            if line.starts_with(COMMENT) {
                account = Some(line);
            }
            if !is_repeated {
                lines.push(line);
            }
        }
    }
    let more = seen.len() - shown.len();
    let note = format!(
        "The JSON and CSV reports also have the commands for the findings left out here ({more})."
    );
    if more > 0 {
        lines.push(&note);
    }
    Ok(lines.join("\n"))
}

/// Adds the steps of one finding to those of others. Steps with the same prose become one, but only
/// where each finding keeps the order of its steps: what is deleted last must not be deleted first.
fn merge<'a>(steps: &mut Vec<Step<'a>>, of_finding: Vec<Step<'a>>) {
    let mut next = 0;
    let mut waiting = Vec::new();
    for own in of_finding {
        let same = steps[next..]
            .iter()
            .position(|step| step.prose == own.prose);
        let Some(distance) = same else {
            waiting.push(own);
            continue;
        };
        let mut place = next + distance;
        let inserted = waiting.len();
        steps.splice(place..place, waiting.drain(..));
        place += inserted;
        if !steps[place].commands.contains(&own.commands[0]) {
            steps[place].commands.extend(own.commands);
        }
        next = place + 1;
    }
    steps.append(&mut waiting);
}

/// The advice up to its first command.
pub(crate) fn before_commands(advice: &str) -> &str {
    let first = advice.lines().find(|line| is_command(line));
    let end = first.and_then(|line| advice.find(line));
    advice[..end.unwrap_or(advice.len())].trim_end()
}

/// The commands in an advice. A command that continues after a backslash has several lines.
pub(crate) fn commands(advice: &str) -> Vec<String> {
    let mut commands: Vec<String> = Vec::new();
    for line in advice.lines().filter(|line| is_command(line)) {
        match commands
            .last_mut()
            .filter(|command| command.ends_with('\\'))
        {
            Some(command) => *command = format!("{command}\n{}", line.trim()),
            None => commands.push(line.trim().to_owned()),
        }
    }
    commands
}

/// Lines of prose, and the commands below them for one or several findings.
struct Step<'a> {
    prose: Vec<&'a str>,
    commands: Vec<Vec<&'a str>>,
}

impl<'a> Step<'a> {
    /// Splits an advice into steps.
    fn split(advice: &'a str) -> Vec<Step<'a>> {
        let mut steps: Vec<Step<'a>> = Vec::new();
        for line in advice.lines() {
            let is_command = is_command(line);
            match steps.last_mut() {
                Some(Step { commands, .. }) if is_command => commands[0].push(line),
                Some(Step { prose, commands }) if commands[0].is_empty() => prose.push(line),
                _ if is_command => steps.push(Step { prose: vec![], commands: vec![vec![line]] }),
                _ => steps.push(Step { prose: vec![line], commands: vec![Vec::new()] }),
            }
        }
        steps
    }
}

/// How to close the gaps that left a finding unknown, with a sentence for each source.
pub(crate) fn steps(unknown: &Finding) -> impl Iterator<Item = &str> {
    let sentences = unknown.remediation.split_inclusive(". ").map(str::trim);
    sentences.filter(|sentence| !sentence.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::finding;

    fn advised(remediation: &str) -> Finding {
        Finding { remediation: remediation.to_owned(), ..finding("rule", "id", None) }
    }

    /// What to do, with the commands of twenty findings.
    fn advice(findings: &[&Finding]) -> String {
        let findings = findings.iter().map(|finding| Ok(Cow::Borrowed(*finding)));
        what_to_do(findings, 20, |_| None).unwrap()
    }

    /// The same command stands below each account that it is for.
    #[test]
    fn commands_for_several_accounts_name_the_account() {
        let of = |account: &str, command: &str| {
            let account = account.to_owned();
            Finding { account, ..advised(&format!("Set it:\n  aws {command}\nThen:\n  aws z")) }
        };
        let findings = [of("1", "a"), of("1", "b"), of("2", "a")];
        let each = findings.iter().map(|finding| Ok(Cow::Borrowed(finding)));
        let account = |finding: &Finding| Some(format!("account {}", finding.account));
        let expected = "Set it:\n  # in account 1:\n  aws a\n  aws b\n  # in account 2:\n  aws a\n\
                        Then:\n  # in account 1:\n  aws z\n  # in account 2:\n  aws z";
        assert_eq!(what_to_do(each, 20, account).unwrap(), expected);
    }

    #[test]
    fn findings_of_a_rule_share_the_prose_and_have_commands_of_their_own() {
        let [anna, bilal, carla] = ["anna", "bilal", "carla"]
            .map(|name| advised(&format!("Delete it:\n  aws x {name} \\\n    --y\nThen rest.")));
        let other = advised("Keep it.\nThen rest.");
        let all = advice(&[&anna, &bilal, &anna, &other, &carla]);
        let expected = "Delete it:\n  aws x anna \\\n    --y\n  aws x bilal \\\n    --y\n  aws x carla \\\n    --y\n\
                        Then rest.\nKeep it.\nThen rest.";
        assert_eq!(all, expected);
        assert_eq!(advice(&[&anna]), anna.remediation);
    }

    /// A key is replaced and deactivated before it is deleted, whichever finding comes first:
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id-credentials-access-keys-update.html>
    #[test]
    fn each_finding_keeps_the_order_of_its_steps() {
        let unused = advised("Look:\n  look a\nLast:\n  delete a");
        let used = advised("Look:\n  look b\nFirst:\n  create b\n  disable b\nLast:\n  delete b");
        let merged = "Look:\n  look a\n  look b\nFirst:\n  create b\n  disable b\nLast:\n  delete a\n  delete b";
        assert_eq!(advice(&[&unused, &used]), merged);
        let reversed = advised("Last:\n  delete c\nLook:\n  look c");
        let repeated = format!("{merged}\n  delete c\nLook:\n  look c");
        assert_eq!(advice(&[&unused, &used, &reversed]), repeated);
    }

    #[test]
    fn the_commands_of_many_findings_are_counted() {
        let many: Vec<_> = (0..25)
            .map(|n| advised(&format!("Delete it:\n  aws x {n}")))
            .collect();
        let text = advice(&many.iter().collect::<Vec<_>>());
        assert_eq!(text.lines().count(), 22);
        assert!(text.ends_with("the findings left out here (5)."), "{text}");
    }
}
