//! YAML as lists use it.
//!
//! Laws. Depth, aliases and what they unfold to are bounded, so that a small file cannot become a large one in memory:
//! what is held grows with the bytes of the file only. Scalars are taken as they are written: `007` stays `007`.

use super::ListFormat;
use crate::Error;
use serde::de::{DeserializeOwned, Deserializer, IgnoredAny, SeqAccess, Visitor};
use serde_saphyr::{Options, alias_limits, budget, options};
use std::fmt;

/// Deepest nesting: a list of maps with lists in them has four levels.
const DEPTH_MAX: usize = 24;
/// Events that aliases may unfold to.
const REPLAYED_MAX: usize = 100_000;
/// Aliases and anchors.
const ALIASES_MAX: usize = 10_000;

/// The form of a list by its top-level keys. A key of the top level begins a line, and a pack begins with one.
pub(super) fn sniff(bytes: &[u8]) -> Option<ListFormat> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut is_first = true;
    let (mut has_title, mut found) = (false, None);
    for line in bytes.split(|&byte| byte == b'\n') {
        let is_passed = line.first().is_none_or(|byte| b"#-%\r ".contains(byte));
        if is_passed {
            continue;
        }
        let key = line.split(|&byte| byte == b':').next().unwrap_or(line);
        let is_key = key.len() < line.len()
            && key
                .iter()
                .all(|byte| byte.is_ascii_alphanumeric() || b"_ \"'".contains(byte));
        if is_first && !is_key {
            return None;
        }
        is_first = false;
        let word = key.trim_ascii();
        let word = word.strip_prefix(b"\"").unwrap_or(word);
        match word.strip_suffix(b"\"").unwrap_or(word) {
            b"title" | b"creator" => has_title = true,
            b"tags" if is_key => found = Some(ListFormat::TagPack),
            b"actors" if is_key => found = Some(ListFormat::ActorPack),
            _ => {}
        }
    }
    found.filter(|_| has_title)
}

/// Reads a document.
///
/// # Errors
/// If it is no UTF-8, no YAML, of another shape, or beyond a bound.
pub(super) fn read<T: DeserializeOwned>(bytes: &[u8], what: &str) -> Result<T, Error> {
    let failed = |why: String| Error::Container {
        path: what.to_owned(),
        why,
    };
    let text = std::str::from_utf8(bytes).map_err(|error| {
        failed(format!(
            "it is no UTF-8 from byte {} on",
            error.valid_up_to()
        ))
    })?;
    serde_saphyr::from_str_with_options(text, bounds(text.len())).map_err(|error| {
        let text = error.without_snippet().to_string();
        failed(text.lines().next().unwrap_or("no YAML").to_owned())
    })
}

/// Bounds for a file of this length: every event but a replayed one takes a byte at least.
fn bounds(len: usize) -> Options {
    options! {
        budget: budget! {
            max_events: len + REPLAYED_MAX,
            max_nodes: len + REPLAYED_MAX,
            max_depth: DEPTH_MAX,
            flow_nesting_limit: DEPTH_MAX,
            max_documents: 1,
            max_aliases: ALIASES_MAX,
            max_anchors: ALIASES_MAX,
            max_merge_keys: ALIASES_MAX,
            max_recorded_anchor_events: REPLAYED_MAX,
            max_total_scalar_bytes: 4 * len + REPLAYED_MAX,
        },
        alias_limits: alias_limits! {
            max_total_replayed_events: REPLAYED_MAX,
            max_replay_stack_depth: DEPTH_MAX,
        },
    }
}

/// A list of texts, or one text.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Words(pub(super) Vec<Box<str>>);

impl<'de> serde::Deserialize<'de> for Words {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(WordsVisitor)
    }
}

struct WordsVisitor;

impl<'de> Visitor<'de> for WordsVisitor {
    type Value = Words;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of texts, or one")
    }

    fn visit_str<E>(self, text: &str) -> Result<Words, E> {
        Ok(Words(vec![text.into()]))
    }

    fn visit_unit<E>(self) -> Result<Words, E> {
        Ok(Words::default())
    }

    fn visit_none<E>(self) -> Result<Words, E> {
        Ok(Words::default())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Words, A::Error> {
        let mut words = Vec::new();
        while let Some(word) = list.next_element::<Option<String>>()? {
            words.extend(word.map(String::into_boxed_str));
        }
        Ok(Words(words))
    }
}

/// A text, or another value as JSON: what lists call context has either form.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct AnyText(pub(super) Box<str>);

impl<'de> serde::Deserialize<'de> for AnyText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = serde_json::Value::deserialize(deserializer)?;
        Ok(Self(match value {
            serde_json::Value::String(text) => text.into(),
            serde_json::Value::Null => "".into(),
            other => other.to_string().into(),
        }))
    }
}

/// Passes a value over.
pub(super) type Passed = IgnoredAny;
