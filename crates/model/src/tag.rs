//! Attribution that somebody asserts.

use crate::account::AccountKey;
use crate::network::Network;

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
/// The last four as TagPacks write them.
const SERVICES: [&str; 10] = [
    "exchange",
    "service",
    "mixer",
    "payment processor",
    "gambling",
    "custodian",
    "mixing_service",
    "wallet_service",
    "hosted_wallet",
    "payment_processor",
];

/// What a list says something of.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Subject {
    /// An account.
    Account(AccountKey),
    /// An EVM address of which nobody says the network. Whoever has its key signs for it on every EVM network; a
    /// contract at it can be another's on another network.
    EvmAddress([u8; 20]),
    /// A transaction, its id as people write it.
    Transaction(Network, [u8; 32]),
}

/// One entry of an attribution list, with all that the list says. What it does not say is empty.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Assertion {
    /// What it is about.
    pub subject: Subject,
    /// Who or what it is said to be.
    pub label: Box<str>,
    /// Who says so.
    pub source: Box<str>,
    /// From 0 to 100.
    pub confidence: u8,
    /// The word that stood for it, if it was a word.
    pub level: Box<str>,
    /// Id of the actor that owns it.
    pub actor: Box<str>,
    /// What kind of thing.
    pub category: Box<str>,
    /// What crime it is said to serve.
    pub abuse: Box<str>,
    /// Concepts of a taxonomy, in the order of the list, known here or not.
    pub concepts: Vec<Box<str>>,
    /// When it was last changed, as written.
    pub lastmod: Box<str>,
    /// Whether it is meant to hold for all accounts of the same owner.
    pub is_cluster_definer: Option<bool>,
    /// More about it, as written.
    pub context: Box<str>,
    /// Asset that it is about, as written.
    pub currency: Box<str>,
    /// Kind of tag, as written: `actor`, `event`, …
    pub tag_type: Box<str>,
}

/// Somebody who owns accounts, as a list of actors describes him.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Actor {
    /// What tags call him.
    pub id: Box<str>,
    /// What people call him.
    pub label: Box<str>,
    /// Where he is found.
    pub uri: Box<str>,
    /// What kind of thing.
    pub categories: Vec<Box<str>>,
    /// Whose law he is under: country codes.
    pub jurisdictions: Vec<Box<str>>,
    /// Other names and ids.
    pub aliases: Vec<Box<str>>,
    /// When it was last changed, as written.
    pub lastmod: Box<str>,
    /// More about it, as written.
    pub context: Box<str>,
}

impl Subject {
    /// The accounts that are meant, by network; none of a transaction.
    pub fn accounts(&self) -> Vec<AccountKey> {
        match self {
            Self::Account(account) => vec![account.clone()],
            Self::EvmAddress(address) => {
                let networks = Network::ALL.into_iter().filter(|network| network.is_evm());
                networks
                    .map(|network| AccountKey::Evm(network, *address))
                    .collect()
            }
            Self::Transaction(..) => Vec::new(),
        }
    }
}

impl Assertion {
    /// An entry that says only this much.
    pub fn new(subject: Subject, label: &str, source: &str, confidence: u8) -> Self {
        Self {
            subject,
            label: label.into(),
            source: source.into(),
            confidence,
            level: "".into(),
            actor: "".into(),
            category: "".into(),
            abuse: "".into(),
            concepts: Vec::new(),
            lastmod: "".into(),
            is_cluster_definer: None,
            context: "".into(),
            currency: "".into(),
            tag_type: "".into(),
        }
    }

    /// The tag of each account that is meant; none for what is said of a transaction. `actors` are all that the case knows: the
    /// actor that the entry names by id, or by an alias that no other has, gives its label to the tag. The category is
    /// the one stated, else a concept that is a service, else the first concept, else the actor's first category, else
    /// the abuse.
    pub fn tags(&self, actors: &[Actor]) -> Vec<Tag> {
        let actor = Actor::named(actors, &self.actor);
        let service = self.concepts.iter().find(|concept| is_service(concept));
        let of_actor = actor.and_then(|actor| actor.categories.first());
        let candidates = [
            Some(&self.category),
            service,
            self.concepts.first(),
            of_actor,
            Some(&self.abuse),
        ];
        let category = candidates
            .into_iter()
            .flatten()
            .find(|word| !word.is_empty());
        let category: Box<str> =
            category.map_or_else(|| "".into(), |word| word.to_lowercase().into());
        let accounts = self.subject.accounts().into_iter();
        let tag = |account| Tag {
            account,
            label: self.label.clone(),
            category: category.clone(),
            source: self.source.clone(),
            confidence: self.confidence,
            actor: actor.map_or(&self.actor, |actor| &actor.label).clone(),
        };
        accounts.map(tag).collect()
    }
}

impl Actor {
    /// The actor with this id, else the only one with this label or alias; case does not count.
    pub fn named<'a>(actors: &'a [Self], name: &str) -> Option<&'a Self> {
        if name.trim().is_empty() {
            return None;
        }
        let name = name.trim().to_lowercase();
        let is_it = |text: &str| text.trim().to_lowercase() == name;
        let mut ids = actors.iter().filter(|actor| is_it(&actor.id));
        if let Some(first) = ids.next() {
            // Two lists may describe one actor; what they call him must agree.
            return ids.all(|other| other.label == first.label).then_some(first);
        }
        let is_called =
            |actor: &&Self| is_it(&actor.label) || actor.aliases.iter().any(|alias| is_it(alias));
        let mut called = actors.iter().filter(is_called);
        let first = called.next()?;
        called.all(|other| other.id == first.id).then_some(first)
    }
}

fn is_service(category: &str) -> bool {
    SERVICES.contains(&category)
}

impl Tag {
    /// Whether a trace stops at an account with this tag (DESIGN §4, stop rules).
    pub fn is_service(&self) -> bool {
        is_service(&self.category)
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

    fn actor(id: &str, label: &str, aliases: &[&str]) -> Actor {
        let boxed = |words: &[&str]| words.iter().map(|&word| word.into()).collect();
        Actor {
            id: id.into(),
            label: label.into(),
            uri: "".into(),
            categories: boxed(&["exchange"]),
            jurisdictions: boxed(&["US"]),
            aliases: boxed(aliases),
            lastmod: "".into(),
            context: "".into(),
        }
    }

    #[test]
    fn a_tag_has_the_label_and_the_category_of_its_actor() {
        let key = AccountKey::Script(Network::Bitcoin, ScriptKey::P2pkh([1; 20]));
        let mut said = Assertion::new(Subject::Account(key), "hot wallet 3", "me", 50);
        let actors = [
            actor("lapis", "Lapis", &["LPS", "both"]),
            actor("opal", "Opal", &["both"]),
        ];
        for (named, expected) in [
            ("lapis", "Lapis"),
            ("LPS", "Lapis"),
            ("opal", "Opal"),
            ("both", "both"),
            ("nobody", "nobody"),
            ("", ""),
        ] {
            said.actor = named.into();
            assert_eq!(&*said.tags(&actors)[0].actor, expected, "{named}");
        }
        said.actor = "lapis".into();
        said.abuse = "scam".into();
        assert!(said.tags(&actors)[0].is_service());
        said.concepts = vec!["hot_wallet".into(), "mixing_service".into()];
        assert_eq!(&*said.tags(&actors)[0].category, "mixing_service");
        said.category = "Shop".into();
        assert_eq!(&*said.tags(&actors)[0].category, "shop");
        said.subject = Subject::Transaction(Network::Bitcoin, [1; 32]);
        assert!(said.tags(&actors).is_empty());
        said.subject = Subject::EvmAddress([1; 20]);
        let on: Vec<_> = said
            .tags(&actors)
            .iter()
            .map(|tag| tag.account.network())
            .collect();
        assert!(
            on.len() > 5 && on.contains(&Some(Network::Bsc)) && !on.contains(&Some(Network::Tron))
        );
    }

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
