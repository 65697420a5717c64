//! Attribution lists: what somebody asserts about accounts and transactions.
//!
//! Laws. A list is told by its content, never by its name. An entry that does not read is refused with its line and
//! the reason; none is dropped silently. What an entry says and this program does not understand, such as a concept of
//! another taxonomy, is kept as written and named.

mod actor_pack;
mod concepts;
mod confidence;
mod csv;
mod freezes;
mod movements;
mod network;
mod plain;
mod sdn;
mod tag_pack;
mod wallets;
mod write;
mod yaml;

pub use concepts::is_known as is_known_concept;
pub use confidence::of as confidence;
pub use write::{actor_pack as write_actor_pack, tag_pack as write_tag_pack};

use crate::Error;
use moneytrail_model::freeze::Asserted;
use moneytrail_model::tag::{Actor, Assertion, Subject};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Forms of a list.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ListFormat {
    /// CSV of our own.
    Csv,
    /// CSV of our own, of what issuers froze.
    Freezes,
    /// `TagPack`, YAML.
    TagPack,
    /// `ActorPack`, YAML.
    ActorPack,
    /// OFAC's `sdn_advanced.xml`.
    SdnAdvanced,
    /// One address a line.
    Addresses,
    /// A table of addresses and whose they are.
    Wallets,
}

impl ListFormat {
    /// What people call it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Csv => "tags-csv",
            Self::Freezes => "freezes-csv",
            Self::TagPack => "tagpack",
            Self::ActorPack => "actorpack",
            Self::SdnAdvanced => "sdn-advanced",
            Self::Addresses => "addresses",
            Self::Wallets => "wallets-csv",
        }
    }

    /// How its file ends in a case.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Csv | Self::Freezes | Self::Wallets => "csv",
            Self::TagPack | Self::ActorPack => "yaml",
            Self::SdnAdvanced => "xml",
            Self::Addresses => "txt",
        }
    }

    /// Whether what a person says of a list counts where it is silent.
    pub const fn takes_words(self) -> bool {
        matches!(self, Self::Addresses | Self::Wallets)
    }
}

/// A list as read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TagList {
    /// Its form.
    pub format: ListFormat,
    /// Entries, in the order of the list.
    pub tags: Vec<Assertion>,
    /// Actors, in the order of the list.
    pub actors: Vec<Actor>,
    /// What issuers did to accounts, in the order of the list.
    pub freezes: Vec<Asserted>,
    /// Entries refused: line from 1, and why.
    pub refused: Vec<(u64, String)>,
    /// What a person should know of how it was read.
    pub remarks: Vec<String>,
}

impl TagList {
    const fn new(format: ListFormat) -> Self {
        Self {
            format,
            tags: Vec::new(),
            actors: Vec::new(),
            freezes: Vec::new(),
            refused: Vec::new(),
            remarks: Vec::new(),
        }
    }

    /// Names the concepts that are kept without being known.
    fn remark_on_concepts(&mut self) {
        let mut unknown: BTreeMap<&str, u64> = BTreeMap::new();
        let of_tags = self.tags.iter().flat_map(|tag| {
            let words = [&tag.category, &tag.abuse];
            words.into_iter().chain(&tag.concepts)
        });
        let of_actors = self.actors.iter().flat_map(|actor| &actor.categories);
        for word in of_tags.chain(of_actors) {
            if !word.is_empty() && !concepts::is_known(word) {
                *unknown.entry(word).or_default() += 1;
            }
        }
        if !unknown.is_empty() {
            let named: Vec<String> = unknown
                .iter()
                .map(|(word, n)| format!("`{word}` ({n})"))
                .collect();
            self.remarks.push(format!(
                "concepts that are not known here, kept as written: {}",
                named.join(", ")
            ));
        }
    }
}

/// What a person says of a list that does not say it itself. Kept beside the list.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Said {
    /// Name of the file.
    pub name: String,
    /// Whose the addresses are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// What kind of thing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// Who says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// A number up to 100, or a word of the scale.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<String>,
    /// Network of addresses that several networks write alike.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<String>,
}

/// The form of a list, if these bytes are one.
pub fn sniff(bytes: &[u8]) -> Option<ListFormat> {
    let is_csv = || csv::is_one(bytes).then_some(ListFormat::Csv);
    let is_freezes = || freezes::is_one(bytes).then_some(ListFormat::Freezes);
    let is_sdn = || sdn::is_one(bytes).then_some(ListFormat::SdnAdvanced);
    let is_wallets = || wallets::is_one(bytes).then_some(ListFormat::Wallets);
    let is_plain = || plain::is_one(bytes).then_some(ListFormat::Addresses);
    yaml::sniff(bytes)
        .or_else(is_csv)
        .or_else(is_freezes)
        .or_else(is_sdn)
        .or_else(is_wallets)
        .or_else(is_plain)
}

/// Reads a list that says everything itself: [`read_said`].
///
/// # Errors
/// If the list as a whole does not read.
pub fn read(bytes: &[u8]) -> Result<TagList, Error> {
    read_said(bytes, &Said::default())
}

/// Reads a list; bytes of no known form are taken for CSV, whose error says what is missing. What a person says counts
/// where the list is silent.
///
/// # Errors
/// If the list as a whole does not read.
pub fn read_said(bytes: &[u8], said: &Said) -> Result<TagList, Error> {
    let mut list = match sniff(bytes).unwrap_or(ListFormat::Csv) {
        ListFormat::Csv => csv::read(bytes),
        ListFormat::Freezes => freezes::read(bytes),
        ListFormat::TagPack => tag_pack::read(bytes),
        ListFormat::ActorPack => actor_pack::read(bytes),
        ListFormat::SdnAdvanced => sdn::read(bytes),
        ListFormat::Addresses => plain::read(bytes, said),
        ListFormat::Wallets => wallets::read(bytes, said),
    }?;
    let of_tags = list.tags.iter().map(|tag| &tag.subject);
    let of_freezes = list.freezes.iter().map(|entry| &entry.subject);
    let subjects: Vec<&Subject> = of_tags.chain(of_freezes).collect();
    let of_networks = network::remarks(&subjects);
    list.remarks.extend(of_networks);
    if !list.format.takes_words() && !said.is_silent() {
        list.remarks.push(format!(
            "a {} says itself what it says: --label, --category, --source, --confidence and --network are for plain lists of addresses, and nothing of them was taken",
            list.format.as_str()
        ));
    }
    Ok(list)
}

impl Said {
    /// Whether a person said nothing but the name of the file.
    pub fn is_silent(&self) -> bool {
        let words = [
            &self.label,
            &self.category,
            &self.source,
            &self.confidence,
            &self.network,
        ];
        words.into_iter().all(Option::is_none)
    }
}
