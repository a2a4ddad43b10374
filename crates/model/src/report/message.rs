//! What a finding says, and what that was made of.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A sentence in parts, so that whoever replaces the facts in it need not guess where they stand.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Message(Vec<MessagePart>);

/// A part of a [`Message`].
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum MessagePart {
    /// Words of a rule or of Portcullis, numbers and dates.
    Words(String),
    /// The text of a fact.
    Fact {
        /// The path of the fact in rules, such as `user.name`.
        fact: String,
        /// Its text, as the message shows it.
        text: String,
    },
}

impl Message {
    /// The parts, in the order in which they are read.
    #[must_use]
    pub fn parts(&self) -> &[MessagePart] {
        &self.0
    }

    /// Adds words, a number or a date.
    pub fn push(&mut self, words: &str) {
        match self.0.last_mut() {
            _ if words.is_empty() => {}
            Some(MessagePart::Words(last)) => last.push_str(words),
            _ => self.0.push(MessagePart::Words(words.to_owned())),
        }
    }

    /// Adds the text of a fact.
    pub fn push_fact(&mut self, fact: &str, text: &str) {
        self.0.push(MessagePart::Fact { fact: fact.to_owned(), text: text.to_owned() });
    }

    /// Adds another message.
    pub fn append(&mut self, other: Message) {
        for part in other.0 {
            match part {
                MessagePart::Words(words) => self.push(&words),
                fact @ MessagePart::Fact { .. } => self.0.push(fact),
            }
        }
    }
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in &self.0 {
            let (MessagePart::Words(text) | MessagePart::Fact { text, .. }) = part;
            f.write_str(text)?;
        }
        Ok(())
    }
}

impl From<&str> for Message {
    /// A sentence of words alone.
    fn from(words: &str) -> Message {
        let mut message = Message::default();
        message.push(words);
        message
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_message_is_its_parts() {
        let mut message = Message::from("user ");
        message.push_fact("user.name", "ann");
        message.push(" is ");
        message.push("91");
        message.push("");
        assert_eq!(message.to_string(), "user ann is 91");
        let parts = json!(["user ", { "fact": "user.name", "text": "ann" }, " is 91"]);
        assert_eq!(serde_json::to_value(&message).unwrap(), parts);
        assert_eq!(serde_json::from_value::<Message>(parts).unwrap(), message);
    }
}
