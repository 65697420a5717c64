//! JSON of nodes and of API servers.
//!
//! Laws: one element is in memory at a time; what is kept for the whole exhibit is a hash for each
//! block and, for answers of API servers, for each transaction, so that copies are seen. An element that does not
//! parse is one quarantined record.

mod core;
pub(crate) mod elements;
mod esplora;
mod etl;
mod fields;
mod lone;
mod network;

pub(super) use network::network_of_addresses;

use super::reading::push_record;
use super::rows::batch_of;
use super::tally::Tally;
use super::tree::unspendable_remark;
use crate::{Error, Evidence, Format, Options, Outcome, Progress, StaleBlock};
use elements::{Element, Elements, place_of};
use fields::Fields;
use lone::Filling;
use moneytrail_model::{Network, RecordBin};
use moneytrail_store::schema::{RecordPlace, Sink};
use rustc_hash::FxHashSet;

/// Characters of a record that quarantine shows.
const RAW_LEN_MAX: usize = 1_000;

/// What is kept from element to element.
struct Reader<'s> {
    sink: &'s mut dyn Sink,
    /// Path of the file within the exhibit.
    path: String,
    network: Network,
    tally: Tally,
    stale: Vec<StaleBlock>,
    seen_blocks: FxHashSet<[u8; 32]>,
    seen_transactions: FxHashSet<([u8; 32], [u8; 32])>,
    /// Transactions whose id could not be checked.
    n_unchecked: u64,
    /// Blocks whose hash or merkle root could not be checked.
    n_unproven_blocks: u64,
    remarks: Vec<String>,
}

impl Reader<'_> {
    /// One record in a batch of its own.
    fn quarantine(&mut self, place: (u64, u64), reason: &str, text: &str) -> Result<(), Error> {
        let mut batch = batch_of(&self.path, self.network);
        let place = RecordPlace::Bytes(place.0, place.1);
        push_record(
            &mut batch,
            place,
            RecordBin::Quarantined,
            reason,
            clip(text),
        );
        self.tally.counts.count(RecordBin::Quarantined);
        self.sink.push(batch)?;
        Ok(())
    }

    /// Refuses the exhibit if an address is of another network.
    fn check_addresses(&self, fields: &Fields<'_>) -> Result<(), Error> {
        let spent = fields
            .inputs
            .iter()
            .filter_map(|input| input.prevout.as_ref());
        let first = fields
            .outputs
            .iter()
            .chain(spent)
            .find_map(|output| output.address);
        first.map_or(Ok(()), |address| {
            core::mixed(&self.path, self.network, address)
        })
    }
}

/// The first characters of a record.
fn clip(text: &str) -> String {
    text.chars().take(RAW_LEN_MAX).collect()
}

/// Reads JSON of a format.
pub(super) fn read(
    format: Format,
    evidence: &Evidence,
    options: &Options,
    sink: &mut dyn Sink,
    progress: &dyn Progress,
) -> Result<Outcome, Error> {
    let mut options = options.clone();
    let mut assumptions = Vec::new();
    let mut reader = Reader {
        sink,
        path: String::new(),
        network: Network::Bitcoin,
        tally: Tally::default(),
        stale: Vec::new(),
        seen_blocks: FxHashSet::default(),
        seen_transactions: FxHashSet::default(),
        n_unchecked: 0,
        n_unproven_blocks: 0,
        remarks: Vec::new(),
    };
    for file in &evidence.files {
        let Some(map) = file.map()? else {
            return Err(Error::Empty {
                path: file.name.clone(),
            });
        };
        let (network, assumption) = network::network_of(&file.name, &map, &options)?;
        assumptions.extend(assumption);
        // One network for all files of the exhibit.
        options.network = Some(network);
        reader.path.clone_from(&file.name);
        reader.network = network;
        read_file(format, &mut reader, &map, progress)?;
    }
    Ok(outcome(format, reader, assumptions))
}

fn read_file(
    format: Format,
    reader: &mut Reader<'_>,
    bytes: &[u8],
    progress: &dyn Progress,
) -> Result<(), Error> {
    let mut elements = Elements::new(bytes);
    let mut filling = Filling::new(reader);
    let mut behind = 0;
    let mut row = 0_u32;
    while let Some(element) = elements.next() {
        row = row.saturating_add(1);
        match element {
            Element::Value(text) if format == Format::CoreJson => {
                core::read_element(reader, bytes, text)?;
            }
            Element::Value(text) => {
                let read = match format {
                    Format::BitcoinEtl => etl::read(text, row),
                    _ => esplora::read(text),
                };
                filling.take(reader, place_of(bytes, text), text, read)?;
            }
            Element::Broken {
                start,
                end,
                line_column: (line, column),
            } => {
                filling.flush(reader)?;
                let reason =
                    format!("no JSON: error in line {line}, column {column} of the stretch");
                let text = String::from_utf8_lossy(&bytes[start..end.min(start + RAW_LEN_MAX)]);
                reader.quarantine((start as u64, end as u64), &reason, &text)?;
            }
        }
        progress.advance((elements.at() - behind) as u64);
        behind = elements.at();
    }
    progress.advance((bytes.len() - behind) as u64);
    filling.flush(reader)?;
    if elements.is_open() {
        let remark = format!(
            "{}: a list does not close: its end may be missing",
            reader.path
        );
        reader.remarks.push(remark);
    }
    Ok(())
}

fn outcome(format: Format, reader: Reader<'_>, assumptions: Vec<String>) -> Outcome {
    let counts = reader.tally.counts;
    let (figures, missing) = reader.tally.figures();
    let mut remarks = reader.remarks;
    if reader.n_unchecked > 0 {
        remarks.push(format!(
            "{} transactions do not state all fields that their ids cover: they are taken as stated",
            reader.n_unchecked
        ));
    }
    if reader.n_unproven_blocks > 0 {
        remarks.push(format!(
            "{} blocks do not state all fields of their headers: hash and work are taken as stated",
            reader.n_unproven_blocks
        ));
    }
    if !reader.network.works_by_hash() && format == Format::CoreJson {
        remarks.push(format!(
            "the work of blocks of {} is over another function than their hash and was not checked",
            reader.network
        ));
    }
    remarks.extend(unspendable_remark(reader.network, |hash| {
        reader.seen_blocks.contains(hash)
    }));
    remarks.extend(missing);
    let mut stale = reader.stale;
    stale.sort_by(|a, b| (a.height, &a.hash).cmp(&(b.height, &b.hash)));
    Outcome {
        format,
        network: Some(reader.network),
        counts,
        figures,
        stale,
        assumptions,
        remarks,
        profile: None,
    }
}
