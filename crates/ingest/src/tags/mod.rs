//! Attribution lists: what somebody asserts about accounts and transactions.
//!
//! Laws. A list is told by its content, never by its name. An entry that does not read is refused with its line and
//! the reason; none is dropped silently. What an entry says and this program does not understand, such as a concept of
//! another taxonomy, is kept as written and named.

mod actor_pack;
mod concepts;
mod confidence;
mod csv;
mod network;
mod tag_pack;
mod write;
mod yaml;

pub use concepts::is_known as is_known_concept;
pub use confidence::of as confidence;
pub use write::{actor_pack as write_actor_pack, tag_pack as write_tag_pack};

use crate::Error;
use moneytrail_model::tag::{Actor, Assertion};
use std::collections::BTreeMap;

/// Forms of a list.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ListFormat {
    /// CSV of our own.
    Csv,
    /// `TagPack`, YAML.
    TagPack,
    /// `ActorPack`, YAML.
    ActorPack,
}

impl ListFormat {
    /// What people call it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Csv => "tags-csv",
            Self::TagPack => "tagpack",
            Self::ActorPack => "actorpack",
        }
    }

    /// How its file ends in a case.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::TagPack | Self::ActorPack => "yaml",
        }
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

/// The form of a list, if these bytes are one.
pub fn sniff(bytes: &[u8]) -> Option<ListFormat> {
    yaml::sniff(bytes).or_else(|| csv::is_one(bytes).then_some(ListFormat::Csv))
}

/// Reads a list; bytes of no known form are taken for CSV, whose error says what is missing.
///
/// # Errors
/// If the list as a whole does not read.
pub fn read(bytes: &[u8]) -> Result<TagList, Error> {
    match sniff(bytes).unwrap_or(ListFormat::Csv) {
        ListFormat::Csv => csv::read(bytes),
        ListFormat::TagPack => tag_pack::read(bytes),
        ListFormat::ActorPack => actor_pack::read(bytes),
    }
}
