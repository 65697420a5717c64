//! OFAC's list of sanctioned parties with features: `sdn_advanced.xml`.
//!
//! Source: `chains.md` §1 for feature types, parties and details. Element and attribute names of identities
//! (`Identity`, `Alias` with `Primary`, `DocumentedName`, `NamePartValue`), of the table of feature types and of
//! `DateOfIssue` follow the published schema as other readers of the list use it; no file of the publisher was at hand, so
//! that **these names are not verified**. What does not fit them shows: a party without a name is called by its id, and a
//! list without a table of feature types is refused.
//!
//! Laws. The file is read once, from front to back; what is held is one party and the tags so far. Neither a document
//! type nor an entity of its own is accepted, so that nothing unfolds.

use super::{ListFormat, TagList, confidence, network};
use crate::Error;
use memchr::memchr_iter;
use moneytrail_model::tag::{Actor, Assertion};
use quick_xml::Reader;
use quick_xml::events::{BytesRef, BytesStart, Event};
use std::collections::BTreeMap;

/// Begins the name of a feature type that is an address; the asset's code follows.
const ADDRESS_TYPE: &str = "Digital Currency Address";
/// Why a list without its table is refused.
const NO_TYPES: &str = "it has no table of feature types before its parties, and so does not say which features are addresses";
/// Deepest nesting of elements; the list has about ten.
const DEPTH_MAX: usize = 64;
/// Bytes of the longest text that is kept: names and addresses are far shorter.
const TEXT_LEN_MAX: usize = 4096;
/// Parts of a name, and features of a party, that are held at a time.
const PARTS_MAX: usize = 100_000;
/// Bytes in which the first element is looked for.
const HEAD_LEN: usize = 4096;

/// Whether the first element is that of such a list.
pub(super) fn is_one(bytes: &[u8]) -> bool {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(HEAD_LEN)]);
    if !head.trim_start().starts_with('<') {
        return false;
    }
    let names = head.split('<').skip(1).map(|element| {
        let name = element
            .split(|c: char| c.is_whitespace() || c == '>' || c == '/')
            .next();
        let name = name.unwrap_or("");
        name.split_once(':').map_or(name, |(_, local)| local)
    });
    let first = names.into_iter().find(|name| !name.starts_with(['?', '!']));
    first == Some("Sanctions")
}

/// A party, as far as it has been read.
#[derive(Debug, Default)]
struct Party {
    id: String,
    /// Parts of its primary name, else of the first name.
    name: Vec<String>,
    is_primary: bool,
    /// Asset's code, address and line.
    addresses: Vec<(String, String, u64)>,
}

/// Where the reader is.
#[derive(Debug, Default)]
struct State {
    /// Code of the asset by id of the feature type.
    types: BTreeMap<String, String>,
    has_types: bool,
    /// Year, month and day of issue.
    date: Vec<String>,
    is_dating: bool,
    party: Option<Party>,
    /// Of the alias at hand: whether it is the primary one.
    is_primary_alias: bool,
    /// Parts of the name at hand; of an alias, the first name counts.
    name: Option<Vec<String>>,
    n_names_of_alias: u64,
    /// Id of the feature type whose name is being read.
    type_id: Option<String>,
    /// Code of the feature at hand, if it is an address.
    code: Option<String>,
    /// Text of the element at hand.
    text: String,
    n_parties: u64,
}

/// Reads a list.
///
/// # Errors
/// If it is no XML, brings entities of its own, or has no table of feature types.
pub(super) fn read(bytes: &[u8]) -> Result<TagList, Error> {
    let failed = |why: String| Error::Container {
        path: "sanctions list".to_owned(),
        why,
    };
    let text = std::str::from_utf8(bytes).map_err(|error| {
        failed(format!(
            "it is no UTF-8 from byte {} on",
            error.valid_up_to()
        ))
    })?;
    let mut reader = Reader::from_str(text);
    let mut list = TagList::new(ListFormat::SdnAdvanced);
    let mut state = State::default();
    let mut place = Line { at: 0, line: 1 };
    let mut depth = 0_usize;
    loop {
        let at = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
        let line = place.of(bytes, at);
        let fail = |why: String| failed(format!("line {line}: {why}"));
        let event = reader
            .read_event()
            .map_err(|error| fail(error.to_string()))?;
        match event {
            Event::Eof => break,
            Event::DocType(_) => {
                return Err(fail(
                    "it brings a document type of its own, as a list that unfolds in memory would"
                        .to_owned(),
                ));
            }
            Event::Start(start) => {
                depth += 1;
                if depth > DEPTH_MAX {
                    return Err(fail(format!("it is nested deeper than {DEPTH_MAX}")));
                }
                state.begin(&start).map_err(fail)?;
            }
            Event::End(end) => {
                depth = depth.saturating_sub(1);
                let name = end.local_name();
                state.end(name.as_ref(), line, &mut list).map_err(fail)?;
            }
            Event::Empty(start) => {
                let name = start.local_name();
                state.begin(&start).map_err(fail)?;
                state.end(name.as_ref(), line, &mut list).map_err(fail)?;
            }
            Event::Text(part) => state.push(&part.xml10_content()).map_err(fail)?,
            Event::CData(part) => state.push(&part.xml10_content()).map_err(fail)?,
            Event::GeneralRef(reference) => {
                let letter = letter(&reference).map_err(fail)?;
                state.push(letter.encode_utf8(&mut [0; 4])).map_err(fail)?;
            }
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
        }
    }
    if depth != 0 {
        return Err(failed("it breaks off".to_owned()));
    }
    if !state.has_types {
        return Err(failed(NO_TYPES.to_owned()));
    }
    list.remarks.push(format!(
        "{} parties read; {} have addresses",
        state.n_parties,
        list.actors.len()
    ));
    Ok(list)
}

/// What a reference stands for.
fn letter(reference: &BytesRef<'_>) -> Result<char, String> {
    let resolved = reference
        .resolve_char_ref()
        .map_err(|error| error.to_string())?;
    if let Some(letter) = resolved {
        return Ok(letter);
    }
    match &**reference {
        "amp" => Ok('&'),
        "lt" => Ok('<'),
        "gt" => Ok('>'),
        "quot" => Ok('"'),
        "apos" => Ok('\''),
        other => Err(format!(
            "`&{};` stands for something that the list would have to define",
            network::shortened(other)
        )),
    }
}

/// Counts lines as the reader goes on.
#[derive(Debug)]
struct Line {
    at: usize,
    line: u64,
}

impl Line {
    fn of(&mut self, bytes: &[u8], at: usize) -> u64 {
        let at = at.clamp(self.at, bytes.len());
        self.line += memchr_iter(b'\n', &bytes[self.at..at]).count() as u64;
        self.at = at;
        self.line
    }
}

/// The value of an attribute; empty if it is not there.
fn attribute(start: &BytesStart<'_>, name: &str) -> Result<String, String> {
    let found = start
        .try_get_attribute(name)
        .map_err(|error| error.to_string())?;
    let Some(found) = found else {
        return Ok(String::new());
    };
    if found.value.len() > TEXT_LEN_MAX {
        return Err(format!(
            "attribute {name} is longer than {TEXT_LEN_MAX} bytes"
        ));
    }
    let value = found
        .normalized_value(quick_xml::XmlVersion::Implicit1_0)
        .map_err(|error| error.to_string())?;
    Ok(value.into_owned())
}

impl State {
    fn push(&mut self, text: &str) -> Result<(), String> {
        // Text that is not asked for may be of any length.
        if self.text.len() + text.len() > TEXT_LEN_MAX {
            if self.is_wanted() {
                return Err(format!("a text is longer than {TEXT_LEN_MAX} bytes"));
            }
            return Ok(());
        }
        self.text.push_str(text);
        Ok(())
    }

    const fn is_wanted(&self) -> bool {
        self.type_id.is_some() || self.name.is_some() || self.code.is_some()
    }

    fn begin(&mut self, start: &BytesStart<'_>) -> Result<(), String> {
        self.text.clear();
        match start.local_name().as_ref() {
            "FeatureType" => self.type_id = Some(attribute(start, "ID")?),
            "DateOfIssue" => self.is_dating = true,
            "DistinctParty" if !self.has_types => return Err(NO_TYPES.to_owned()),
            "DistinctParty" => {
                self.n_parties += 1;
                self.party = Some(Party {
                    id: attribute(start, "FixedRef")?,
                    ..Party::default()
                });
            }
            "Alias" => {
                self.is_primary_alias = attribute(start, "Primary")? == "true";
                self.n_names_of_alias = 0;
            }
            "DocumentedName" => {
                self.name = Some(Vec::new());
                self.n_names_of_alias += 1;
            }
            "Feature" => {
                let id = attribute(start, "FeatureTypeID")?;
                self.code = self.types.get(&id).cloned();
            }
            _ => {}
        }
        Ok(())
    }

    fn end(&mut self, name: &str, line: u64, list: &mut TagList) -> Result<(), String> {
        let text = std::mem::take(&mut self.text);
        let text = text.trim();
        match name {
            "FeatureTypeValues" => self.has_types = true,
            "FeatureType" => {
                let id = self.type_id.take().unwrap_or_default();
                if let Some(code) = text.strip_prefix(ADDRESS_TYPE) {
                    let code = code.trim_matches([' ', '-', '–']);
                    self.types.insert(id, code.to_owned());
                }
            }
            "DateOfIssue" => self.is_dating = false,
            "Year" | "Month" | "Day" if self.is_dating && self.date.len() < 3 => {
                self.date.push(text.to_owned());
            }
            "NamePartValue" => {
                let parts = self.name.as_mut().filter(|parts| parts.len() < PARTS_MAX);
                if let Some(parts) = parts
                    && !text.is_empty()
                {
                    parts.push(text.to_owned());
                }
            }
            "DocumentedName" => self.end_name(),
            "VersionDetail" => {
                if let (Some(code), Some(party)) = (&self.code, &mut self.party)
                    && !text.is_empty()
                {
                    if party.addresses.len() >= PARTS_MAX {
                        return Err(format!("a party has more than {PARTS_MAX} addresses"));
                    }
                    party.addresses.push((code.clone(), text.to_owned(), line));
                }
            }
            "Feature" => self.code = None,
            "DistinctParty" => {
                if let Some(party) = self.party.take() {
                    self.end_party(party, list);
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// The primary alias goes before others, and the first name of an alias before its names in other scripts.
    fn end_name(&mut self) {
        let (Some(name), Some(party)) = (self.name.take(), &mut self.party) else {
            return;
        };
        let is_first = party.name.is_empty();
        let is_better = self.is_primary_alias && !party.is_primary && self.n_names_of_alias == 1;
        if !name.is_empty() && (is_first || is_better) {
            party.name = name;
            party.is_primary = self.is_primary_alias;
        }
    }

    fn end_party(&self, party: Party, list: &mut TagList) {
        if party.addresses.is_empty() {
            return;
        }
        let name = if party.name.is_empty() {
            format!("OFAC party {}", party.id)
        } else {
            party.name.join(" ")
        };
        let date: Vec<String> = self.date.iter().map(|part| format!("{part:0>2}")).collect();
        let issued = if date.len() == 3 {
            format!(" of {}", date.join("-"))
        } else {
            String::new()
        };
        let source = format!(
            "OFAC list of specially designated nationals{issued}, party {}",
            party.id
        );
        let id = format!("ofac:{}", party.id);
        list.actors.push(Actor {
            id: id.clone().into(),
            label: format!("{name} (OFAC party {})", party.id).into(),
            uri: "".into(),
            categories: vec!["sanction".into()],
            jurisdictions: Vec::new(),
            aliases: Vec::new(),
            lastmod: date.join("-").into(),
            context: "".into(),
        });
        for (code, address, line) in party.addresses {
            match network::account(&address, "", &code) {
                Ok(subject) => list.tags.push(Assertion {
                    level: "authority_data".into(),
                    actor: id.clone().into(),
                    category: "sanction".into(),
                    currency: code.into(),
                    ..Assertion::new(
                        subject,
                        &name,
                        &source,
                        confidence::of("authority_data").unwrap_or_default(),
                    )
                }),
                Err(why) => {
                    let what = format!(
                        "{} of party {}: {why}",
                        network::shortened(&address),
                        party.id
                    );
                    list.refused.push((line, what));
                }
            }
        }
    }
}
