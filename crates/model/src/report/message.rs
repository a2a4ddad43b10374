//! The message of a finding, and which parts of it are facts.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A sentence with the positions of the facts in it, so that they can be replaced without guessing.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Message {
    text: String,
    facts: Vec<MessageFact>,
}

/// The text of a fact in a message.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MessageFact {
    /// The path of the fact in rules, such as `user.name`.
    pub fact: String,
    /// The start of its text in the message, in bytes of UTF-8.
    pub start: usize,
    /// The end of its text.
    pub end: usize,
}

/// A part of a message.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum MessagePart<'m> {
    /// Words of a rule or of Portcullis, numbers and dates.
    Words(&'m str),
    /// The path of a fact, and its text.
    Fact(&'m str, &'m str),
}

impl Message {
    /// Creates a message as stored in a report; none if its facts overlap or are out of order.
    pub fn new(text: String, facts: Vec<MessageFact>) -> Option<Message> {
        let mut end = 0;
        for fact in &facts {
            if fact.start < end || text.get(fact.start..fact.end).is_none() {
                return None;
            }
            end = fact.end;
        }
        Some(Message { text, facts })
    }

    /// Returns the sentence and its facts.
    pub fn into_parts(mut self) -> (String, Vec<MessageFact>) {
        // A large account has tens of thousands of messages. The text is copied, since shrinking it
        // in place may keep its memory.
        self.facts.shrink_to_fit();
        (self.text.as_str().to_owned(), self.facts)
    }

    /// Returns the parts in order.
    pub fn parts(&self) -> Vec<MessagePart<'_>> {
        let mut parts = Vec::new();
        let mut at = 0;
        for MessageFact { fact, start, end } in &self.facts {
            parts.push(MessagePart::Words(&self.text[at..*start]));
            parts.push(MessagePart::Fact(fact, &self.text[*start..*end]));
            at = *end;
        }
        parts.push(MessagePart::Words(&self.text[at..]));
        parts.retain(|part| *part != MessagePart::Words(""));
        parts
    }

    /// Adds words, a number or a date.
    pub fn push(&mut self, words: &str) {
        self.text.push_str(words);
    }

    /// Adds the text of a fact.
    pub fn push_fact(&mut self, fact: &str, text: &str) {
        let start = self.text.len();
        self.text.push_str(text);
        self.facts
            .push(MessageFact { fact: fact.to_owned(), start, end: self.text.len() });
    }

    /// Adds another message.
    pub fn append(&mut self, other: Message) {
        let offset = self.text.len();
        self.text.push_str(&other.text);
        for MessageFact { fact, start, end } in other.facts {
            self.facts
                .push(MessageFact { fact, start: offset + start, end: offset + end });
        }
    }
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl From<&str> for Message {
    /// Creates a sentence without facts.
    fn from(words: &str) -> Message {
        Message { text: words.to_owned(), facts: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_its_parts() {
        let mut message = Message::from("größer: ");
        message.push_fact("user.name", "ann");
        message.push(" is ");
        let mut more = Message::default();
        more.push_fact("key.id", "AKIA");
        message.append(more);
        let parts = [
            MessagePart::Words("größer: "),
            MessagePart::Fact("user.name", "ann"),
            MessagePart::Words(" is "),
            MessagePart::Fact("key.id", "AKIA"),
        ];
        assert_eq!(message.parts(), parts);
        let (text, facts) = message.clone().into_parts();
        assert_eq!((text.as_str(), facts[0].start, facts[0].end), ("größer: ann is AKIA", 10, 13));
        assert_eq!(Message::new(text, facts), Some(message));
    }

    #[test]
    fn facts_that_do_not_fit_are_refused() {
        let fact = |start, end| MessageFact { fact: "user.name".to_owned(), start, end };
        for facts in
            [vec![fact(0, 9)], vec![fact(1, 3)], vec![fact(3, 2)], vec![fact(2, 4), fact(3, 5)]]
        {
            assert_eq!(Message::new("öxyz".to_owned(), facts.clone()), None, "{facts:?}");
        }
    }
}
