//! Who holds money that rests, and who can be told to stop it.
//!
//! Laws. Whom to serve follows from what the account is and what a tag says of it, and says which. Money that is held for
//! somebody else stands apart from what can be taken from who holds it. An account of which no tag says that it is a
//! service's has nobody to serve: keys move it.

use moneytrail_model::tag::{Actor, Tag};
use moneytrail_model::{AccountKey, Asset, Part};

/// Tokens whose issuer can freeze what an account holds, and the issuer. Sources: the events of these contracts (`chains.md` §1)
/// and the names under which their issuers publish them; what stands for a token on another network is another's.
const ISSUERS: [(&str, &str); 3] = [
    ("tron:TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t", "Tether"),
    (
        "ethereum:0xdac17f958d2ee523a2206206994597c13d831ec7",
        "Tether",
    ),
    (
        "ethereum:0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48",
        "Circle",
    ),
];

/// The issuer who can freeze a token, where one is known here.
pub(super) fn issuer(asset: &Asset) -> Option<&'static str> {
    let key = asset.key().to_string();
    let known = ISSUERS
        .iter()
        .find(|known| known.0.eq_ignore_ascii_case(&key));
    known.map(|known| known.1)
}

/// What kind of place money rests in, in the order in which they are told.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Section {
    /// Somebody holds it for somebody else.
    ForOthers,
    /// With a service that keeps money for customers.
    Service,
    /// In a box, with a bank, kept by a hawaladar.
    InHands,
    /// At an address of which nobody says that it is a service's.
    Unserved,
    /// With somebody whom a book or a list names.
    PaidOut,
}

impl Section {
    pub(super) const ALL: [Self; 5] = [
        Self::ForOthers,
        Self::Service,
        Self::InHands,
        Self::Unserved,
        Self::PaidOut,
    ];

    /// The word in JSON.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::ForOthers => "held-for-others",
            Self::Service => "service",
            Self::InHands => "in-hands",
            Self::Unserved => "nobody-to-serve",
            Self::PaidOut => "paid-out",
        }
    }

    pub(super) const fn heading(self) -> &'static str {
        match self {
            Self::ForOthers => {
                "held for others, depositors or beneficiaries: their property, no proceeds of who holds it"
            }
            Self::Service => "at services, which can be served",
            Self::InHands => "in boxes, with banks, kept by hawaladars",
            Self::Unserved => "at addresses with nobody known to serve",
            Self::PaidOut => "paid out to people",
        }
    }
}

/// A tag, and what connects it with the account.
#[derive(Clone, Debug)]
pub(super) struct Tagged<'a> {
    pub(super) tag: &'a Tag,
    /// The rule by which the tagged account and this one have one owner; `None`: the tag is of this one.
    pub(super) by: Option<String>,
    pub(super) actor: Option<&'a Actor>,
}

impl<'a> Tagged<'a> {
    pub(super) fn new(tag: &'a Tag, by: Option<String>, actors: &'a [Actor]) -> Self {
        let owner = tag.owner().unwrap_or_default();
        let names = [&*tag.actor, &*tag.label, &*owner];
        let actor = names
            .into_iter()
            .find_map(|name| Actor::named(actors, name));
        Self { tag, by, actor }
    }

    /// The actor's name, else the label.
    pub(super) fn name(&self) -> &str {
        match (self.actor, &*self.tag.actor) {
            (Some(actor), _) => &actor.label,
            (None, "") => &self.tag.label,
            (None, actor) => actor,
        }
    }
}

/// The place that an account is, and what to do there.
pub(super) fn place(key: &AccountKey, tagged: Option<&Tagged<'_>>) -> (Section, String) {
    match key {
        AccountKey::Hawaladar(name, Part::Pending) => (
            Section::ForOthers,
            format!(
                "{name} holds it until it is paid out or given back: tell {name} not to pay, and hold it for who is entitled"
            ),
        ),
        AccountKey::Hawaladar(name, Part::Cash) => {
            (Section::InHands, format!("{name}: the cash box"))
        }
        AccountKey::Hawaladar(name, Part::Position) => {
            (Section::InHands, format!("{name}, who kept it"))
        }
        AccountKey::Bank(account) => (
            Section::InHands,
            format!("the bank of account {account}, which is not tagged by this program"),
        ),
        AccountKey::Custodial(custodian, number) if number.is_empty() => (
            Section::Service,
            format!("{custodian}, in whose own wallets it is: ask whose account was credited"),
        ),
        AccountKey::Custodial(custodian, number) => {
            (Section::Service, format!("{custodian}, account {number}"))
        }
        AccountKey::Customer(..) => (
            Section::PaidOut,
            "nobody: a person whom the book names has it".to_owned(),
        ),
        _ => match tagged.filter(|tagged| tagged.tag.is_service()) {
            Some(service) => (
                Section::Service,
                format!(
                    "{}: ask whose account was credited, and that it be held",
                    service.name()
                ),
            ),
            None if matches!(key, AccountKey::Listed(_)) => (
                Section::PaidOut,
                "nobody: whose account it is, the list does not say".to_owned(),
            ),
            None => {
                let holder = match tagged.filter(|tagged| tagged.by.is_none()) {
                    Some(tagged) => format!("{}, if the tag is right", tagged.name()),
                    None => "who has its keys".to_owned(),
                };
                (
                    Section::Unserved,
                    format!("nobody known: {holder} moves it; seize keys, devices, seed phrases"),
                )
            }
        },
    }
}
