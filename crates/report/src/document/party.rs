//! Persons and accounts. Law: a migrant, a victim, a minor, or a person of whom nobody has stated a
//! role, is masked for whoever has not asked, with a purpose, to see the name.

use serde::{Deserialize, Serialize};

/// What part a person plays in the case.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Suspected of an offence.
    Suspect,
    /// A service with many customers.
    Service,
    /// A public body or a frozen account.
    Authority,
    /// Moved by smugglers.
    Migrant,
    /// Harmed by the offence.
    Victim,
    /// Under age.
    Minor,
    /// Saw something.
    Witness,
    /// A person of whom nobody has stated a role.
    Unknown,
}

impl Role {
    /// The word in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Suspect => "suspect",
            Self::Service => "service",
            Self::Authority => "authority",
            Self::Migrant => "migrant",
            Self::Victim => "victim",
            Self::Minor => "minor",
            Self::Witness => "witness",
            Self::Unknown => "role unknown",
        }
    }

    /// Whether a person of this role is masked unless a purpose was stated.
    pub const fn is_masked_by_default(self) -> bool {
        matches!(
            self,
            Self::Migrant | Self::Victim | Self::Minor | Self::Witness | Self::Unknown
        )
    }
}

/// What a party is.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum PartyKind {
    /// Anything that holds value.
    #[default]
    Account,
    /// The inside of a transaction, in which inputs and outputs mix.
    Junction,
    /// Where fees go.
    Fees,
    /// Where new coins come from.
    Issuance,
    /// Where money of unknown origin comes from.
    Unexplained,
}

/// A person or an account, as a report names it.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Party {
    /// The same for the same account throughout the report; it says nothing about whose it is,
    /// because it is printed even where the name is masked.
    pub id: String,
    /// What it is.
    pub kind: PartyKind,
    /// Address, script, or name in a book, as the evidence has it. Empty if masked.
    pub account: String,
    /// What people call it: `A/cash`, a name, a tag. Empty if masked.
    pub name: Option<String>,
    /// What a report calls a masked person instead: `Person P-03`.
    pub pseudonym: Option<String>,
    /// Part in the case; `None` for what is no person.
    pub role: Option<Role>,
    /// Masked, as a person of this role.
    pub mask: Option<Role>,
}

impl Party {
    /// An account of no stated person.
    pub fn account(id: &str, account: &str) -> Self {
        Self {
            id: id.to_owned(),
            account: account.to_owned(),
            ..Self::default()
        }
    }

    /// A node that is no account.
    pub fn special(kind: PartyKind, id: &str, account: &str) -> Self {
        Self {
            kind,
            ..Self::account(id, account)
        }
    }

    /// With a display name.
    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        self.name = Some(name.to_owned());
        self
    }

    /// A person with a role, and what the report calls them if masked.
    #[must_use]
    pub fn person(mut self, role: Role, pseudonym: &str) -> Self {
        self.role = Some(role);
        self.pseudonym = Some(pseudonym.to_owned());
        self
    }

    /// The display name, else the account; `None` if masked without a pseudonym.
    pub fn shown(&self) -> Option<&str> {
        if self.mask.is_some() {
            return self.pseudonym.as_deref();
        }
        Some(self.name.as_deref().unwrap_or(&self.account))
    }

    /// The shown name as plain text.
    pub fn plain(&self) -> String {
        match (self.shown(), self.mask) {
            (Some(name), _) => name.to_owned(),
            (None, Some(role)) => format!("masked: {}", role.as_str()),
            (None, None) => String::new(),
        }
    }

    /// Masked if its role asks for that, without what the mask hides.
    #[must_use]
    pub fn masked(mut self) -> Self {
        self.mask_by_role();
        self.seal();
        self
    }

    /// Masks it if its role asks for that.
    pub(super) fn mask_by_role(&mut self) {
        if self.mask.is_none() {
            self.mask = self.role.filter(|role| role.is_masked_by_default());
        }
    }

    /// Forgets what a mask hides.
    pub(super) fn seal(&mut self) {
        if self.mask.is_some() {
            self.account.clear();
            self.name = None;
        }
    }
}
