//! Describes gaps for people.

use std::collections::{BTreeMap, BTreeSet};

use portcullis_model::{Gap, Report, Source};

use crate::decide::redact::WITHHELD;
use crate::words::{Shared, counted, few, shorten};

/// Room for AWS's sentence on who may not do what on which ARN.
const MESSAGE_CHARS: usize = 300;
/// How many sources that are missing for one reason are named.
pub(crate) const SOURCES: usize = 3;
/// How many resources of gaps of one kind are named.
const NAMED: usize = 3;

/// Gaps of an account with a common reason, and how to close them.
pub(crate) struct Cause {
    /// What is missing and why, without a full stop.
    pub says: String,
    /// What to do, in whole sentences.
    pub remedy: String,
    /// The sources that are fully or partly missing.
    pub sources: BTreeSet<Source>,
    /// Whether the gaps were chosen.
    pub by_choice: bool,
}

/// What gaps of one cause have in common.
#[derive(Eq, Ord, PartialEq, PartialOrd)]
enum Kind<'a> {
    /// AWS denied the calls, possibly with an explicit deny in this kind of policy.
    Denied(Option<&'a str>),
    /// The bundle lacks the sources, possibly because it is only a credential report.
    Absent { bare_report: bool },
    /// The calls were deliberately not made, for this reason.
    NotRequested(&'a str),
    /// Another cause: the source, the operation, the code, and whether only single resources are missing.
    Other(Source, &'a str, &'a str, bool),
}

impl<'a> Kind<'a> {
    fn new(gap: &'a Gap) -> Kind<'a> {
        let Gap { source, operation, code, message, resource, .. } = gap;
        if gap.is_denied() {
            return Kind::Denied(message.find("explicit deny").map(|at| &message[at..]));
        }
        match code.as_str() {
            Gap::ABSENT => Kind::Absent { bare_report: message.ends_with(Gap::BARE_REPORT) },
            Gap::NOT_REQUESTED => Kind::NotRequested(message),
            _ => Kind::Other(*source, operation, code, resource.is_some()),
        }
    }
}

/// The causes of the gaps of an account, naming at most `most` sources or actions.
pub(crate) fn causes<'a>(gaps: impl IntoIterator<Item = &'a Gap>, most: usize) -> Vec<Cause> {
    let mut kinds: BTreeMap<Kind<'a>, Vec<&'a Gap>> = BTreeMap::new();
    for gap in gaps {
        kinds.entry(Kind::new(gap)).or_default().push(gap);
    }
    let mut causes: Vec<Cause> = Vec::new();
    for (kind, gaps) in kinds {
        let cause = Cause::new(&kind, &gaps, most);
        let mut known = causes.iter_mut();
        match known.find(|known| known.is_about_the_same(&cause)) {
            Some(known) => known.add(&cause),
            None => causes.push(cause),
        }
    }
    causes
}

impl Cause {
    /// What is missing and why, and what to do.
    pub(crate) fn sentences(&self) -> String {
        format!("{}. {}", self.says, self.remedy)
    }

    /// Whether both leave the same rules unjudged.
    fn is_about_the_same(&self, other: &Cause) -> bool {
        self.sources == other.sources && !self.by_choice && !other.by_choice
    }

    /// Adds another reason why the same is missing.
    fn add(&mut self, other: &Cause) {
        let same = self.says.split_inclusive(')').next().unwrap_or_default();
        let says = other.says.strip_prefix(same).unwrap_or(&other.says);
        self.says = format!("{}; {}", self.says, says.trim_start_matches([':', ' ']));
        if !self.remedy.contains(&other.remedy) {
            self.remedy = format!("{} {}", self.remedy, other.remedy);
        }
    }

    fn new(kind: &Kind<'_>, gaps: &[&Gap], most: usize) -> Cause {
        let (what, are) = subject(gaps, most);
        let says = match kind {
            Kind::Denied(None) => format!("AWS denied access to {what}"),
            Kind::Denied(Some(why)) => {
                format!("AWS denied access to {what} ({})", shorten(why, MESSAGE_CHARS))
            }
            Kind::Absent { bare_report: false } => format!("{what} {are} absent from the bundle"),
            Kind::Absent { bare_report: true } => {
                format!("{what} {are} absent: {}", Gap::BARE_REPORT)
            }
            Kind::NotRequested(why) => format!("{what}: {}", shorten(why, MESSAGE_CHARS)),
            Kind::Other(..) => describe(gaps),
        };
        Cause {
            says,
            remedy: remedy(kind, gaps, most),
            sources: gaps.iter().map(|gap| gap.source).collect(),
            by_choice: matches!(kind, Kind::NotRequested(_)),
        }
    }
}

/// What is missing, with `is` or `are`.
fn subject(gaps: &[&Gap], most: usize) -> (String, &'static str) {
    let mut sources: BTreeMap<Source, Vec<&str>> = BTreeMap::new();
    for gap in gaps {
        sources
            .entry(gap.source)
            .or_default()
            .extend(gap.resource.as_deref());
    }
    if sources.len() > most {
        return (format!("{} sources", sources.len()), "are");
    }
    let are = if sources.len() == 1 { "is" } else { "are" };
    let mut names = Vec::new();
    for (source, resources) in &sources {
        names.push(format!("{source}{}", for_resources(few(resources, NAMED))));
    }
    (names.join(", "), are)
}

/// How to close the gaps.
fn remedy(kind: &Kind<'_>, gaps: &[&Gap], most: usize) -> String {
    match kind {
        Kind::Denied(None) => {
            let actions: BTreeSet<&str> = gaps.iter().map(|gap| gap.action.as_str()).collect();
            let actions = few(&actions, most);
            format!(
                "Grant {actions} to the auditing identity and collect again; \
                 `portcullis permissions` prints the policy."
            )
        }
        Kind::Denied(Some(_)) => {
            "Exempt the auditing identity from that deny and collect again.".to_owned()
        }
        Kind::Absent { .. } => {
            "Collect the account with `portcullis collect`, or with examples/collect-with-aws-cli.sh, \
             which needs only the AWS CLI."
                .to_owned()
        }
        Kind::NotRequested(_) | Kind::Other(..) => {
            let steps: BTreeSet<String> = gaps.iter().map(|gap| gap.remedy()).collect();
            steps.into_iter().collect::<Vec<_>>().join(" ")
        }
    }
}

/// Describes some of the gaps in a sentence each, after the accounts if the report has several.
pub(crate) fn descriptions(report: &Report, is_it: impl Fn(&Gap) -> bool) -> Vec<String> {
    let mut sentences = Shared::default();
    for account in &report.accounts {
        let gaps: Vec<&Gap> = account.gaps.iter().filter(|gap| is_it(gap)).collect();
        for sentence in folded(&gaps) {
            sentences.add(sentence, Some(&account.id));
        }
    }
    sentences.led(report)
}

/// Describes gaps in a sentence for all that differ only in the resource.
pub(crate) fn folded(gaps: &[&Gap]) -> Vec<String> {
    let mut kinds: BTreeMap<_, Vec<&Gap>> = BTreeMap::new();
    for &gap in gaps {
        let kind = (gap.source, &gap.operation, &gap.code, gap.resource.is_some());
        kinds.entry(kind).or_default().push(gap);
    }
    kinds.values().map(|same| describe(same)).collect()
}

/// Describes gaps of one source and reason, with the message of the first.
fn describe(same: &[&Gap]) -> String {
    let Some(first) = same.iter().min_by_key(|gap| line_number(&gap.message)) else {
        return String::new();
    };
    let resources: BTreeSet<&str> = same
        .iter()
        .filter_map(|gap| gap.resource.as_deref())
        .collect();
    let Gap { source, operation, message, .. } = first;
    if first.code == Gap::UNREADABLE_FILE {
        return describe_files(same);
    }
    let says = format!(
        "{source} ({operation}){}: {}",
        for_resources(few(&resources, NAMED)),
        first.reason()
    );
    if message == WITHHELD {
        return says;
    }
    let more = match same.len() {
        count @ 2.. if line_number(message).is_some() => {
            format!(", and {}", counted(count - 1, "more value"))
        }
        _ => String::new(),
    };
    format!("{says}: {}{more}", shorten(message, MESSAGE_CHARS))
}

/// The line of a file that a message is about: `line 3: …`.
fn line_number(message: &str) -> Option<usize> {
    message
        .strip_prefix("line ")?
        .split(':')
        .next()?
        .parse()
        .ok()
}

/// Describes files that could not be read, with the cause for each.
fn describe_files(same: &[&Gap]) -> String {
    let mut files = Vec::new();
    for gap in same {
        let file = gap.resource.as_deref().unwrap_or_default();
        files.push(match &*gap.message {
            WITHHELD => file.to_owned(),
            cause => format!("{file} ({})", shorten(cause, MESSAGE_CHARS)),
        });
    }
    format!("logs that could not be read: {}", few(&files, NAMED))
}

/// ` for ann, bob, cid and 2 more`; nothing if the source is missing for all.
fn for_resources(names: String) -> String {
    if names.is_empty() {
        names
    } else {
        format!(" for {names}")
    }
}
