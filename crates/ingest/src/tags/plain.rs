//! Plain lists of addresses: one a line; blank lines and comments (`#`, `;`, `//`) are passed over.
//!
//! Law: such a list says nothing but the addresses. Who is meant, what for, and how far it is to be trusted, a person
//! says beside it, and what nobody said is assumed and named.

use super::{ListFormat, Said, TagList, confidence, network};
use crate::Error;
use moneytrail_model::tag::Assertion;
use moneytrail_model::{AccountKey, Network};
use std::borrow::Cow;

/// Bytes that decide whether a file is such a list.
const HEAD_LEN: usize = 1 << 16;
/// Bytes of the longest address that is thought possible.
const ADDRESS_LEN_MAX: usize = 128;

/// The text, by its byte order mark; else UTF-8.
pub(super) fn decoded(bytes: &[u8]) -> Cow<'_, str> {
    match encoding_rs::Encoding::for_bom(bytes) {
        Some((encoding, len)) => encoding.decode_without_bom_handling(&bytes[len..]).0,
        None => String::from_utf8_lossy(bytes),
    }
}

/// Where a `;` begins a comment: at the beginning or behind a blank; before a blank if it is the only one. Elsewhere it parts the cells
/// of a table, which is no plain list.
fn comment(line: &str) -> Option<usize> {
    let is_blank = |c: Option<char>| c.is_none_or(char::is_whitespace);
    let at = line.find(';')?;
    let is_only = !line[at + 1..].contains(';');
    let begins = is_blank(line[..at].chars().next_back())
        || is_only && is_blank(line[at + 1..].chars().next());
    begins.then_some(at)
}

/// What a line says, without its comment; `None` if that is nothing.
fn said(line: &str) -> Option<&str> {
    let end = line
        .find('#')
        .or_else(|| line.find("//"))
        .into_iter()
        .chain(comment(line))
        .min()
        .unwrap_or(line.len());
    let said = line[..end].trim().trim_matches(['"', '\'', ',']);
    (!said.is_empty()).then_some(said)
}

/// Whether each line is one word, and half of them at least are addresses.
pub(super) fn is_one(bytes: &[u8]) -> bool {
    let is_whole = bytes.len() <= HEAD_LEN;
    let text = decoded(&bytes[..bytes.len().min(HEAD_LEN)]);
    let mut lines: Vec<&str> = text.lines().collect();
    if !is_whole {
        lines.pop();
    }
    let (mut n_addresses, mut n_others) = (0, 0);
    for word in lines.into_iter().filter_map(said) {
        if word.len() > ADDRESS_LEN_MAX
            || word.contains(|c: char| c.is_whitespace() || c.is_control())
        {
            return false;
        }
        if is_address(word) {
            n_addresses += 1;
        } else {
            n_others += 1;
        }
    }
    n_addresses > 0 && n_addresses >= n_others
}

/// The account of a word, if the word is an address.
pub(super) fn address_of(word: &str) -> Option<AccountKey> {
    AccountKey::parse(word, Network::Bitcoin).filter(|key| {
        matches!(
            key,
            AccountKey::Script(..) | AccountKey::Evm(..) | AccountKey::Tron(_)
        )
    })
}

fn is_address(word: &str) -> bool {
    address_of(word).is_some()
}

/// Reads a list.
///
/// # Errors
/// If what a person says of it does not fit.
pub(super) fn read(bytes: &[u8], said_of_it: &Said) -> Result<TagList, Error> {
    let mut list = TagList::new(ListFormat::Addresses);
    let or = |said: &Option<String>, otherwise: &str| {
        said.clone().unwrap_or_else(|| otherwise.to_owned())
    };
    let stem = said_of_it
        .name
        .rsplit_once('.')
        .map_or(&*said_of_it.name, |(stem, _)| stem);
    let label = or(&said_of_it.label, stem);
    let source = or(&said_of_it.source, &said_of_it.name);
    let level = or(&said_of_it.confidence, "unknown");
    let Some(number) = confidence::of(&level) else {
        return Err(Error::Contradiction {
            path: said_of_it.name.clone(),
            why: format!("`{level}` is no confidence: a number up to 100, or a word of the scale"),
        });
    };
    let category = or(&said_of_it.category, "").to_lowercase();
    let code = or(&said_of_it.network, "");
    if said_of_it.label.is_none() || said_of_it.confidence.is_none() {
        list.remarks.push(format!(
            "assumption: the list does not say whose the addresses are: label `{label}`, source `{source}`, confidence {level}"
        ));
    }
    let mut n_without_checksum = 0_u64;
    for (line, text) in (1..).zip(decoded(bytes).lines()) {
        let Some(word) = said(text) else { continue };
        match network::account(word, "", &code) {
            Ok(subject) => {
                n_without_checksum += u64::from(network::has_no_checksum(word));
                list.tags.push(Assertion {
                    level: confidence::word(&level).into(),
                    category: category.clone().into(),
                    ..Assertion::new(subject, &label, &source, number)
                });
            }
            Err(why) => list.refused.push((line, why)),
        }
    }
    if n_without_checksum > 0 {
        list.remarks.push(format!(
            "{n_without_checksum} addresses are written in one case, which has no checksum: their form was checked only"
        ));
    }
    list.remark_on_concepts();
    Ok(list)
}
