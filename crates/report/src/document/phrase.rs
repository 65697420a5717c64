//! Sentences in pieces. Law: the program's words and the text of the evidence are different pieces,
//! so that a name can never pass for a word of the report.

use super::money::Money;
use super::party::Party;
use serde::{Deserialize, Serialize};

/// A sentence or part of one.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Phrase(pub Vec<Span>);

/// A piece of a sentence.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Span {
    /// Words of the program.
    Words(String),
    /// Text of the evidence, as written.
    Evidence(String),
    /// A locator, a transaction id, a command.
    Code(String),
    /// An amount with its symbol.
    Amount(Money),
    /// An amount without its symbol, where the sentence has named it.
    Figure(Money),
    /// A person or an account, masked where it has to be.
    Party(Party),
    /// A step of this report.
    Step(u32),
    /// A claim of this report: `C1`.
    Claim(String),
    /// A finding of this report: `F1`.
    Finding(String),
    /// An exhibit of this report: `X1`.
    Exhibit(String),
}

impl Phrase {
    /// A phrase of the program's words alone.
    pub fn words(words: &str) -> Self {
        Self::default().then(words)
    }

    /// Goes on with the program's words.
    #[must_use]
    pub fn then(self, words: &str) -> Self {
        self.push(Span::Words(words.to_owned()))
    }

    /// Goes on with text of the evidence.
    #[must_use]
    pub fn evidence(self, text: &str) -> Self {
        self.push(Span::Evidence(text.to_owned()))
    }

    /// Goes on with a locator, a transaction id or a command.
    #[must_use]
    pub fn code(self, text: &str) -> Self {
        self.push(Span::Code(text.to_owned()))
    }

    /// Goes on with an amount and its symbol.
    #[must_use]
    pub fn amount(self, amount: &Money) -> Self {
        self.push(Span::Amount(amount.clone()))
    }

    /// Goes on with an amount, without its symbol.
    #[must_use]
    pub fn figure(self, amount: &Money) -> Self {
        self.push(Span::Figure(amount.clone()))
    }

    /// Goes on with a person or an account.
    #[must_use]
    pub fn party(self, party: &Party) -> Self {
        self.push(Span::Party(party.clone()))
    }

    /// Goes on with any piece.
    #[must_use]
    pub fn push(mut self, span: Span) -> Self {
        self.0.push(span);
        self
    }

    /// Goes on with another phrase.
    #[must_use]
    pub fn join(mut self, other: &Self) -> Self {
        self.0.extend_from_slice(&other.0);
        self
    }

    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The sentence as plain text, masked names as `masked: role`. Not escaped, not isolated.
    pub fn plain(&self) -> String {
        let mut text = String::new();
        for span in &self.0 {
            match span {
                Span::Words(part)
                | Span::Evidence(part)
                | Span::Code(part)
                | Span::Claim(part)
                | Span::Finding(part)
                | Span::Exhibit(part) => text.push_str(part),
                Span::Amount(amount) => text.push_str(&amount.full()),
                Span::Figure(amount) => text.push_str(&amount.figure()),
                Span::Party(party) => text.push_str(&party.plain()),
                Span::Step(number) => {
                    text.push_str("step ");
                    text.push_str(&number.to_string());
                }
            }
        }
        text
    }
}
