//! Records of API answers: an array, an object that holds one (`result`, `data`, `token_transfers`), or several of
//! these behind each other, as pages are saved.
//!
//! Laws: records are numbered from 1 in the order of the file; a text that breaks off costs the record that it
//! breaks off in; numbers are kept as their text.

use crate::chain::json::elements::{Element, Elements, place_of};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Names of the list in an answer.
const LISTS: [&str; 3] = ["result", "data", "token_transfers"];
/// Bytes in which the beginning of a broken answer's list is looked for.
const LIST_WITHIN: usize = 4_096;

/// A record, or a stretch that is none.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Record<'a> {
    /// A list begins.
    Page,
    Object(&'a str),
    Broken(&'a str),
}

/// Calls `take` for each record with where it begins.
pub(super) fn each_record<'a>(bytes: &'a [u8], take: &mut dyn FnMut(u64, Record<'a>)) {
    let mut at = 0;
    while at < bytes.len() {
        let rest = &bytes[at..];
        let elements = Elements::new(rest);
        let mut resume = None;
        for element in elements {
            match element {
                Element::Value(text) => each_of_value(bytes, text, take),
                Element::Broken { start, end, .. } => {
                    if let Some(list) = list_within(&rest[start..end]) {
                        // The records before the place where it breaks off can be read.
                        resume = Some(at + start + list);
                        break;
                    }
                    let text = std::str::from_utf8(&rest[start..end]).unwrap_or("no UTF-8 text");
                    if !is_rest_of_answer(text) {
                        take((at + start) as u64, Record::Broken(text));
                    }
                }
            }
        }
        match resume {
            Some(next) => at = next,
            None => return,
        }
    }
}

/// What may stand behind the list of an answer whose beginning was passed over.
fn is_rest_of_answer(text: &str) -> bool {
    text.trim().trim_matches('}').is_empty()
}

fn each_of_value<'a>(bytes: &'a [u8], text: &'a str, take: &mut dyn FnMut(u64, Record<'a>)) {
    let lists: Option<BTreeMap<&str, &RawValue>> = serde_json::from_str(text).ok();
    let list = lists.and_then(|lists| LISTS.iter().find_map(|name| lists.get(name).copied()));
    let inner: Option<Vec<&RawValue>> = list.and_then(|list| serde_json::from_str(list.get()).ok());
    match inner {
        Some(records) => {
            take(place_of(bytes, text).0, Record::Page);
            for record in records {
                take(
                    place_of(bytes, record.get()).0,
                    Record::Object(record.get()),
                );
            }
        }
        None => take(place_of(bytes, text).0, Record::Object(text)),
    }
}

/// Where the list of a broken answer begins.
fn list_within(broken: &[u8]) -> Option<usize> {
    let head = &broken[..broken.len().min(LIST_WITHIN)];
    LISTS.iter().find_map(|name| {
        let at = memchr::memmem::find(head, format!("\"{name}\"").as_bytes())?;
        let rest = &head[at + name.len() + 2..];
        let colon = rest.iter().position(|byte| !byte.is_ascii_whitespace())?;
        let list = rest[colon..].strip_prefix(b":")?;
        let open = list.iter().position(|byte| !byte.is_ascii_whitespace())?;
        (list[open] == b'[').then_some(head.len() - list.len() + open)
    })
}

/// The fields of a record.
#[derive(Debug)]
pub(super) struct Fields<'a>(BTreeMap<Cow<'a, str>, &'a RawValue>);

impl<'a> Fields<'a> {
    /// The fields of an object.
    pub(super) fn of(text: &'a str) -> Result<Self, String> {
        serde_json::from_str(text)
            .map(Self)
            .map_err(|error| format!("no object with fields: {error}"))
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// The text of a field: of a string its content, of anything else its JSON; empty if it is null or not there.
    pub(super) fn text(&self, name: &str) -> Result<Cow<'a, str>, String> {
        let Some(value) = self.0.get(name) else {
            return Ok(Cow::Borrowed(""));
        };
        match value.get() {
            "null" => Ok(Cow::Borrowed("")),
            text if text.starts_with('"') => {
                serde_json::from_str(text).map_err(|error| format!("field {name}: {error}"))
            }
            text => Ok(Cow::Borrowed(text)),
        }
    }

    /// The object in a field.
    pub(super) fn object(&self, name: &str) -> Result<Self, String> {
        let value = self.0.get(name).ok_or_else(|| format!("no field {name}"))?;
        Self::of(value.get())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records(text: &str) -> Vec<(u64, String, bool)> {
        let mut all = Vec::new();
        each_record(text.as_bytes(), &mut |at, record| match record {
            Record::Page => {}
            Record::Object(text) => all.push((at, text.to_owned(), true)),
            Record::Broken(text) => all.push((at, text.to_owned(), false)),
        });
        all
    }

    #[test]
    fn records_are_found_in_every_wrapping() {
        for text in [
            "[{\"a\":1},{\"a\":2}]",
            "{\"status\":\"1\",\"result\":[{\"a\":1},{\"a\":2}]}",
            "{\"data\":[{\"a\":1}],\"meta\":{}}\n{\"data\":[{\"a\":2}]}",
            "{\"a\":1}\n{\"a\":2}\n",
        ] {
            let found = records(text);
            assert_eq!(found.len(), 2, "{text}: {found:?}");
            for (at, record, whole) in found {
                assert!(whole && text[usize::try_from(at).unwrap()..].starts_with(&record));
            }
        }
    }

    #[test]
    fn what_breaks_off_costs_its_own_record() {
        let found = records("{\"status\":\"1\", \"result\" : [{\"a\":1},{\"a\":2},{\"a");
        let whole: Vec<bool> = found.iter().map(|record| record.2).collect();
        assert_eq!(whole, [true, true, false], "{found:?}");
        assert_eq!(records("").len(), 0);
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(records(&deep).len(), 0);
        let deep = "{\"a\":".repeat(100_000);
        assert_eq!(records(&deep).len(), 1);
    }
}
