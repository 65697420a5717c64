//! Attribution that somebody asserts.

use crate::account::AccountKey;

/// A label that a source gives an account.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Tag {
    /// The account.
    pub account: AccountKey,
    /// Who or what it is said to be.
    pub label: Box<str>,
    /// What kind of thing: `exchange`, `hawaladar`, …
    pub category: Box<str>,
    /// Who says so.
    pub source: Box<str>,
    /// From 0 to 100, on the scale of `chains.md` §1 (TagPack).
    pub confidence: u8,
    /// The actor that owns it, where the source states one; else empty.
    pub actor: Box<str>,
}

/// Categories inside which money is not followed, because it is pooled with that of others.
const SERVICES: [&str; 6] = [
    "exchange",
    "service",
    "mixer",
    "payment processor",
    "gambling",
    "custodian",
];

impl Tag {
    /// Whether a trace stops at an account with this tag (DESIGN §4, stop rules).
    pub fn is_service(&self) -> bool {
        SERVICES.contains(&&*self.category)
    }

    /// Whose the account is said to be, in the form in which two tags are compared; `None` if the tag names nobody.
    /// The actor, where one is stated; else the label, and of a service without the number of the wallet at its
    /// end: `Binance 2` is Binance's, but `Suspect 2` is not `Suspect 1`. Case and white space do not count.
    pub fn owner(&self) -> Option<String> {
        let is_stated = !self.actor.trim().is_empty();
        let said = if is_stated { &self.actor } else { &self.label };
        let words: Vec<&str> = said.split_whitespace().collect();
        let name = words.join(" ").to_lowercase();
        let mut owner = &*name;
        if !is_stated && self.is_service() {
            let is_of_number = |c: char| c.is_ascii_digit() || " #:.-_".contains(c);
            let trimmed = name.trim_end_matches(is_of_number);
            owner = if trimmed.is_empty() { &name } else { trimmed };
        }
        (!owner.is_empty()).then(|| owner.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::{AccountKey, ScriptKey};
    use crate::network::Network;

    #[test]
    fn wallets_of_a_service_have_one_owner_and_people_have_not() {
        let owner = |label: &str, category: &str, actor: &str| {
            let tag = Tag {
                account: AccountKey::Script(Network::Bitcoin, ScriptKey::P2pkh([1; 20])),
                label: label.into(),
                category: category.into(),
                source: "".into(),
                confidence: 50,
                actor: actor.into(),
            };
            tag.owner().unwrap_or_default()
        };
        for label in ["Binance 1", "BINANCE  #2", "binance", "Binance: 14"] {
            assert_eq!(owner(label, "exchange", ""), "binance");
        }
        assert_eq!(owner("Binance", "", ""), "binance");
        assert_eq!(owner("Hot wallet 3", "exchange", "Binance"), "binance");
        assert_eq!(owner("Suspect 2", "person", ""), "suspect 2");
        assert_eq!(owner("888", "gambling", ""), "888");
        assert_eq!(owner(" ", "exchange", ""), "");
    }
}
