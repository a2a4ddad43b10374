//! Judges one resource by one rule.

use std::collections::{BTreeMap, HashMap};

use portcullis_model::{Evidence, Gap, Message, Severity, Source, Sources, Value, Verdict};

use crate::expr::{Env, MAX_VARIABLES, Template};
use crate::program::Program;
use crate::scope::{State, Subject};
use crate::show::Shown;

/// A rule's decision about a resource.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Decision {
    Pass,
    Fail,
    NotApplicable,
    Deleted,
    /// The missing sources; if there are none, the rule has a defect.
    Unknown(Sources),
}

/// A decision in words, with its evidence.
pub(crate) struct Judgement {
    pub verdict: Verdict,
    pub message: Message,
    pub evidence: Evidence,
    pub missing: Vec<Source>,
    pub remediation: String,
}

impl Decision {
    pub(crate) fn verdict(self) -> Verdict {
        match self {
            Decision::Pass => Verdict::Pass,
            Decision::Fail => Verdict::Fail,
            Decision::NotApplicable | Decision::Deleted => Verdict::NotApplicable,
            Decision::Unknown(_) => Verdict::Unknown,
        }
    }
}

/// Decides about a resource. Words and evidence, which only listed findings need, are left to
/// [`explain`].
pub(crate) fn decide(program: &Program, subject: &Subject<'_>) -> Decision {
    let variables = match &subject.state {
        State::Present(variables) => *variables,
        State::Missing(sources) => return Decision::Unknown(*sources),
        State::Deleted => return Decision::Deleted,
        State::Quiet(_) => return Decision::Pass,
        State::Absent(_) => return Decision::NotApplicable,
        State::Unread(_) => return Decision::Unknown(Source::CloudTrail.into()),
    };
    let mut env = Env::new(variables);
    let applies = program
        .when
        .as_ref()
        .map_or(Ok(true), |when| when.node.truth(&mut env));
    match applies {
        Err(sources) => Decision::Unknown(sources),
        Ok(false) => Decision::NotApplicable,
        Ok(true) => match program.assert.node.truth(&mut env) {
            Err(sources) => Decision::Unknown(sources),
            Ok(true) => Decision::Pass,
            Ok(false) => Decision::Fail,
        },
    }
}

/// Returns the severity of a finding: the most severe of those that may apply, if conditions are
/// unknown.
pub(crate) fn severity(program: &Program, otherwise: Severity, subject: &Subject<'_>) -> Severity {
    let State::Present(variables) = subject.state else {
        return most_severe(program.severities.iter().map(|(_, severity)| *severity), otherwise);
    };
    let mut env = Env::new(variables);
    let mut possible = Vec::new();
    for (when, severity) in &program.severities {
        match when.node.truth(&mut env) {
            Ok(true) => return most_severe(possible, *severity),
            Ok(false) => {}
            Err(_) => possible.push(*severity),
        }
    }
    most_severe(possible, otherwise)
}

fn most_severe(severities: impl IntoIterator<Item = Severity>, last: Severity) -> Severity {
    // The most severe one is the least in order.
    severities.into_iter().fold(last, Ord::min)
}

/// Puts a decision in words.
pub(crate) fn explain(
    program: &Program,
    subject: &Subject<'_>,
    decision: Decision,
    gaps: &Gaps<'_>,
) -> Judgement {
    let mut judgement = Judgement {
        verdict: decision.verdict(),
        message: Message::default(),
        evidence: Evidence::default(),
        missing: Vec::new(),
        remediation: String::new(),
    };
    if let Decision::Unknown(sources) = decision {
        judgement.missing = sources.iter().collect();
        (judgement.message, judgement.remediation) = unknown(sources, subject, gaps);
    }
    let variables = match &subject.state {
        State::Present(variables) => *variables,
        State::Missing(_) => return judgement,
        State::Deleted => {
            let message = "the user was deleted after the credential report was made";
            judgement.message = Message::from(message);
            return judgement;
        }
        State::Quiet(what) | State::Absent(what) => {
            judgement.message = Message::from(what.as_str());
            return judgement;
        }
        State::Unread(what) => {
            judgement.message = Message::from("not judged: ");
            judgement.message.append(what.clone());
            READ_MORE.clone_into(&mut judgement.remediation);
            return judgement;
        }
    };
    let mut env = Env::new(variables);
    let (own, otherwise) = match decision {
        Decision::Pass => (program.pass.as_ref(), "no problem found"),
        Decision::NotApplicable | Decision::Deleted => {
            // Why it does not apply may hang on what is missing.
            let reason = program.not_applicable.as_ref();
            let known = reason.filter(|reason| !reason.is_unknown(&mut env));
            (known, "the rule does not apply to this resource")
        }
        Decision::Fail => {
            let remediation = program.remediation.render_command(&mut env);
            remediation.trim().clone_into(&mut judgement.remediation);
            (Some(&program.message), "")
        }
        // The message already says what is missing.
        Decision::Unknown(_) => (None, ""),
    };
    if let Some(template) = own {
        judgement.message = template.render(&mut env);
    } else {
        judgement.message.push(otherwise);
    }
    if subject.is_cut {
        judgement.message.push(CUT);
    }
    if subject.is_cut_at_end {
        judgement.message.push(CUT_AT_END);
    }
    judgement.evidence = evidence(program, own, variables);
    judgement
}

/// Returns the facts that the rule shows and those in its message for this verdict.
fn evidence(
    program: &Program,
    own: Option<&Template>,
    variables: [Value<'_>; MAX_VARIABLES],
) -> Evidence {
    let mut env = Env::new(variables);
    let mut facts = BTreeMap::new();
    let read = own.into_iter().flat_map(Template::reads);
    for (path, read) in read.chain([&program.evidence]).flatten() {
        facts.insert(path, Shown(read.node.eval(&mut env)));
    }
    Evidence::new(&facts)
}

/// The addition to the message about a window that may have begun before the period.
const CUT: &str =
    "; the period read begins within this episode, so there may have been more before it";

/// The addition to the message about a window that may have ended after the last event read.
const CUT_AT_END: &str =
    "; the period read ends within this episode, so there may have been more after it";

/// The remediation for activity that was not read.
const READ_MORE: &str = "Read the trail's log files for the regions concerned and the whole period, with \
                         their digests, which prove that no file is missing.";

/// Returns why the verdict is unknown, and how to change that.
fn unknown(sources: Sources, subject: &Subject<'_>, gaps: &Gaps<'_>) -> (Message, String) {
    if sources.is_empty() {
        let message = "not judged: the rule reads a value that does not exist here (null); \
                       this is a defect in the rule";
        let remediation = "Have the rule compare the value with null before using it.";
        return (Message::from(message), remediation.to_owned());
    }
    let mut message = Message::default();
    let mut steps = Vec::new();
    for source in sources.iter() {
        message.push(if steps.is_empty() {
            "not judged: "
        } else {
            ", "
        });
        // An event that was read may lack a field.
        if source == Source::CloudTrail && matches!(subject.state, State::Present(_)) {
            message.push("the record of the event lacks what the rule needs");
        } else {
            message.push(&format!("{source} is missing"));
        }
        let gap = gaps.explaining(source, subject);
        if let Some(gap) = gap.filter(|gap| gap.code != Gap::ABSENT) {
            message.push(" (");
            message.push_fact("gap.reason", &gap.reason());
            message.push(")");
        }
        steps.push(gap.map_or_else(|| Gap::remedy_without_gap(source), Gap::remedy));
    }
    (message, steps.join(" "))
}

/// An index of gaps, since an account may have thousands of them and as many verdicts to explain.
pub(crate) struct Gaps<'g> {
    /// The first of each source and resource; without a resource, of the whole source.
    of_resource: HashMap<(Source, Option<&'g str>), &'g Gap>,
    /// The first of each source.
    of_source: HashMap<Source, &'g Gap>,
}

impl<'g> Gaps<'g> {
    pub(crate) fn new(gaps: &'g [Gap]) -> Gaps<'g> {
        let (mut of_resource, mut of_source) = (HashMap::new(), HashMap::new());
        for gap in gaps {
            of_resource
                .entry((gap.source, gap.resource.as_deref()))
                .or_insert(gap);
            of_source.entry(gap.source).or_insert(gap);
        }
        Gaps { of_resource, of_source }
    }

    /// Returns the gap that best explains why the source is missing: that of the resource or its
    /// user, or else that of the whole source. Facts about the account or root may lack any part of
    /// a source, so any of its gaps may explain them.
    fn explaining(&self, source: Source, subject: &Subject<'_>) -> Option<&'g Gap> {
        let own = [subject.user, Some(subject.name), Some(&subject.id)];
        for resource in own.into_iter().flatten() {
            if let Some(gap) = self.of_resource.get(&(source, Some(resource))) {
                return Some(gap);
            }
        }
        if let Some(gap) = self.of_resource.get(&(source, None)) {
            return Some(gap);
        }
        let may_miss_any_part = matches!(subject.kind, "account" | "root");
        self.of_source
            .get(&source)
            .copied()
            .filter(|_| may_miss_any_part)
    }
}
