//! Sentences made of the rules' own words and of what was found.
//!
//! A sentence is told again only if every word of it is known: to be a name, which is replaced, or to
//! be none. Where a name is also a word of the rules ("user user has a password"), nothing tells the
//! two apart, and the sentence is not told at all.

use std::collections::{BTreeSet, HashSet};

use portcullis_model::{AuditedAccount, RuleInfo, Source};

use super::form;
use super::names::Names;

/// What stands around words.
const PUNCTUATION: &[char] =
    &['(', ')', '[', ']', '{', '}', '<', '>', '"', '\'', '`', ',', '.', ';', ':', '?', '!'];

/// Words that messages have and the rules' other texts need not have.
const COMMON: &str = "
    a about above account account's accounts action actions active address addresses after
    again age aged ago all allow allowed allows already also alternate although an and another
    any anyone are as asks assigned assume assumed at attached audit be because been before
    began begins being below between beyond binds blocks both built but by can cannot
    certificate changed characters codestar codestar's collect collected collects console
    contradict could count created credential credentials day days defect deleted denied deny
    depending different disabled does each either else enabled ends enough ever every exists
    expire expired expires fail failed fails false few find finish first for found from gives
    grants group group's groups had has have held here holds hour hours how identities if in
    inactive inline instance into is it its itself judged just keeps key key's keys lacks last
    later least less let like limit limited longer lost made makes manage managed manages many
    match matches maximum may member members mfa minimum minute minutes missing moment more
    most must name named names need needs neither never new newer no nobody none nor not
    nothing null number of off old older on once one only open opt-in or other others out over
    own partners password passwords past policies policy policy's principal principals problem
    project provider's read reads record recorded region regions remembers require requires
    resource resources rest restricts role role's roles root root's rule rules said same say
    saying says second seconds secret service services set several should since so some source
    sources statement statement's statements still take template than that the their them then
    there these they this those though three through time times to too true two under unknown
    unless until up uploaded upon use used user user's users uses value values version versions
    want warning was were what when where whether which while who whoever whole whom whose why
    will window with within without worker would yes yet you";

/// The words of a report that are known to be no names.
#[derive(Default)]
pub(super) struct Vocabulary(HashSet<String>);

impl Vocabulary {
    /// The words of the rules, of AWS's calls and of error codes, and common ones.
    pub(super) fn of(rules: &[RuleInfo], accounts: &[AuditedAccount]) -> Vocabulary {
        let mut words: HashSet<String> = COMMON.split_whitespace().map(str::to_owned).collect();
        let texts = rules.iter().flat_map(texts);
        words.extend(texts.flat_map(str::split_whitespace).map(word));
        let params = rules.iter().flat_map(|rule| rule.params.keys());
        words.extend(params.map(|name| format!("params.{name}")));
        for source in Source::ALL {
            words.extend([source.name().to_owned(), source.action().to_ascii_lowercase()]);
        }
        let gaps = accounts.iter().flat_map(|account| &account.gaps);
        words.extend(gaps.filter(|gap| form::is_code(&gap.code)).map(|gap| word(&gap.code)));
        Vocabulary(words)
    }

    fn holds(&self, text: &str) -> bool {
        let number = |c: char| c.is_ascii_digit() || ".,%-".contains(c);
        let text = text.trim_matches(PUNCTUATION);
        (text.len() < 10 && text.chars().all(number))
            || !text.contains(char::is_alphanumeric) && text.is_ascii()
            || form::is_time(text)
            || self.0.contains(&text.to_lowercase())
    }
}

fn texts(rule: &RuleInfo) -> [&str; 5] {
    [&rule.id, &rule.title, &rule.scope, &rule.risk, &rule.remediation].map(String::as_str)
}

fn word(text: &str) -> String {
    text.trim_matches(PUNCTUATION).to_lowercase()
}

/// The sentence with its names replaced; none if it is not certain where names stand in it.
pub(super) fn retell(sentence: &str, names: &Names<'_>, words: &Vocabulary) -> Option<String> {
    let terms = terms(names);
    let mut told = String::with_capacity(sentence.len());
    let mut rest = sentence;
    while !rest.is_empty() {
        let (skipped, word) = rest.split_at(gap(rest));
        told.push_str(skipped);
        if let Some(term) = terms.iter().find(|term| begins(word, term)) {
            told.push_str(pseudonym(term, names, words)?);
            rest = &word[term.len()..];
            continue;
        }
        let (word, after) = word.split_at(word.find(char::is_whitespace).unwrap_or(word.len()));
        if !word.is_empty() && !words.holds(word) {
            return None;
        }
        told.push_str(word);
        rest = after;
    }
    Some(told)
}

/// All texts to look for, those first that hold others.
fn terms<'n>(names: &'n Names<'_>) -> Vec<&'n str> {
    let all: BTreeSet<&String> = names.replaced.keys().chain(&names.kept).collect();
    let mut terms: Vec<&str> = all.into_iter().map(String::as_str).collect();
    terms.retain(|term| !term.is_empty());
    terms.sort_by_key(|term| std::cmp::Reverse(term.len()));
    terms
}

/// What is shown for a text; none if it may be a name or a word.
fn pseudonym<'t>(term: &'t str, names: &'t Names<'_>, words: &Vocabulary) -> Option<&'t str> {
    match names.replaced.get(term) {
        Some(_) if names.kept.contains(term) || words.holds(term) => None,
        Some(pseudonym) => Some(pseudonym),
        None => Some(term),
    }
}

/// The length of the white space and the opening marks before a word.
fn gap(text: &str) -> usize {
    text.find(|c: char| !c.is_whitespace() && !"([{<\"'`".contains(c)).unwrap_or(text.len())
}

/// Whether the text begins with the term, and with nothing that the term is only a part of.
fn begins(text: &str, term: &str) -> bool {
    let ends = |rest: &str| {
        let rest = rest.trim_start_matches(PUNCTUATION);
        rest.is_empty() || rest.starts_with(char::is_whitespace)
    };
    text.strip_prefix(term).is_some_and(ends)
}
