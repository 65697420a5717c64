//! What explorers and their APIs give of an account: CSV files and JSON answers.
//!
//! Laws: see `entries`; the network comes from the content where that says it, else from `--network`, else it is
//! an assumption.
//!
//! Reading order: `header`, `csv`, `elements`, `json`, `entries`.

mod csv;
mod elements;
mod entries;
mod header;
mod json;

use super::emit::Emitter;
use super::movement::{Place, clip};
use super::network::{Says, network_of};
use super::tokens::Tokens;
use crate::table::list::line::line_at;
use crate::{Error, Evidence, Format, Options, Outcome, Progress};
use entries::Entries;
use header::Head;
use memchr::memmem::find;
use memmap2::Mmap;
use moneytrail_store::schema::Sink;
use serde_json::value::RawValue;

/// Names that the fields of an answer of TronGrid (transfers, events), Tronscan and Etherscan have.
const JSON: [(Format, &[&[u8]]); 4] = [
    (
        Format::TronGridJson,
        &[
            b"\"transaction_id\"",
            b"\"token_info\"",
            b"\"block_timestamp\"",
        ],
    ),
    (
        Format::TronGridJson,
        &[
            b"\"transaction_id\"",
            b"\"event_name\"",
            b"\"contract_address\"",
            b"\"block_timestamp\"",
        ],
    ),
    (
        Format::TronscanJson,
        &[b"\"transaction_id\"", b"\"block_ts\"", b"\"quant\""],
    ),
    (
        Format::EtherscanJson,
        &[
            b"\"blockNumber\"",
            b"\"timeStamp\"",
            b"\"from\"",
            b"\"value\"",
        ],
    ),
];

/// The format of a file that begins so.
pub(super) fn sniff(head: &[u8]) -> Option<Format> {
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    let first = text.iter().find(|byte| !byte.is_ascii_whitespace())?;
    if matches!(first, b'{' | b'[') {
        let has = |names: &[&[u8]]| names.iter().all(|name| find(text, name).is_some());
        return JSON
            .iter()
            .find(|(_, names)| has(names))
            .map(|found| found.0);
    }
    let listing = Head::of(head)?.listing;
    Some(if listing.is_blockscout() {
        Format::BlockscoutCsv
    } else {
        Format::EtherscanCsv
    })
}

const fn is_csv(format: Format) -> bool {
    matches!(format, Format::EtherscanCsv | Format::BlockscoutCsv)
}

/// Reads an exhibit.
pub(super) fn read(
    format: Format,
    evidence: &Evidence,
    options: &Options,
    sink: &mut dyn Sink,
    progress: &dyn Progress,
) -> Result<Outcome, Error> {
    let mut maps: Vec<Mmap> = Vec::with_capacity(evidence.files.len());
    for file in &evidence.files {
        let path = file.name.clone();
        maps.push(file.map()?.ok_or(Error::Empty { path })?);
    }
    let heads = heads(format, evidence, &maps)?;
    let says = match (format, heads.iter().find_map(|head| head.coin.as_deref())) {
        (Format::TronGridJson | Format::TronscanJson, _) => Says::Tron,
        (_, Some(coin)) => Says::Coin(coin),
        (_, None) => Says::Evm,
    };
    let (network, assumed) = network_of(&evidence.files[0].name, says, options)?;
    let mut tokens = Tokens::of(network);
    let mut entries = Entries::default();
    for (file, map) in (0..).zip(&maps) {
        match heads.get(file as usize) {
            Some(head) => csv::read(head, map, (file, network), &mut tokens, &mut entries),
            None => json::read(format, map, (file, network), &mut tokens, &mut entries),
        }
        progress.advance(map.len() as u64);
    }
    let sheet = is_csv(format).then_some("-");
    let mut emitter = Emitter::new(sink, &evidence.files, sheet, tokens, network);
    let raw = |place: Place| raw_of(format, &maps, place);
    entries.emit(&mut emitter, network, &raw)?;
    let mut assumptions: Vec<String> = assumed.into_iter().collect();
    assumptions.extend(of_listing(format));
    Ok(emitter.outcome(format, assumptions, Vec::new()))
}

/// Headers of CSV files; none for JSON.
fn heads(format: Format, evidence: &Evidence, maps: &[Mmap]) -> Result<Vec<Head>, Error> {
    if !is_csv(format) {
        return Ok(Vec::new());
    }
    let head = |(map, file): (&Mmap, &crate::EvidenceFile)| {
        Head::of(map).ok_or_else(|| Error::UnknownFormat {
            path: file.name.clone(),
            seen: "its header is none that an explorer writes".to_owned(),
        })
    };
    maps.iter().zip(&evidence.files).map(head).collect()
}

/// What the form leaves open.
fn of_listing(format: Format) -> Vec<String> {
    let mut assumptions = Vec::new();
    if is_csv(format) {
        assumptions.push(
            "transactions of one block stand in the order of the file, which does not number them"
                .to_owned(),
        );
    }
    assumptions
}

/// The cells of a row, or the text of an element.
fn raw_of(format: Format, maps: &[Mmap], place: Place) -> Vec<Box<str>> {
    let at = usize::try_from(place.at).unwrap_or(usize::MAX);
    let Some(rest) = maps.get(place.file as usize).and_then(|map| map.get(at..)) else {
        return Vec::new();
    };
    if is_csv(format) {
        return csv::raw_cells(line_at(rest, 0).0);
    }
    let mut values = serde_json::Deserializer::from_slice(rest).into_iter::<&RawValue>();
    let text = values.next().and_then(Result::ok);
    vec![clip(text.map_or("", |text| text.get()))]
}
