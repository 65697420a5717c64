//! CSV files of Etherscan, its sister explorers, and Blockscout.
//!
//! Laws: Etherscan writes whole coins and tokens with a decimal point, Blockscout smallest units. A row that
//! failed moves its fee alone. A status that could mean either is quarantined.

use super::entries::{Entries, Entry, Kind};
use super::header::{Column, Head, Listing, line_of};
use crate::account_chain::field::{address, decimal, hash, small, time, units};
use crate::account_chain::movement::{Leg, Place, clip};
use crate::account_chain::tokens::Tokens;
use crate::table::list::line::{line_at, split};
use moneytrail_model::{Amount, Network, RecordBin};
use std::borrow::Cow;

/// Reads the rows of a file.
pub(super) fn read(
    head: &Head,
    bytes: &[u8],
    (file, network): (u32, Network),
    tokens: &mut Tokens,
    entries: &mut Entries,
) {
    let header = Place {
        file,
        row: 1,
        at: 0,
    };
    let cells = head.cells.iter().map(|cell| clip(cell)).collect();
    entries.keep(header, RecordBin::Contextual, "header", cells);
    entries.begin_page(file, 2);
    let header_line = line_of(bytes).0;
    let (mut at, mut row) = (head.body, 2);
    while at < bytes.len() {
        let (line, next) = line_at(bytes, at);
        let place = Place {
            file,
            row,
            at: at as u64,
        };
        if line.iter().all(u8::is_ascii_whitespace) {
            entries.n_contextual += 1;
        } else if line == header_line {
            // Files were put behind each other.
            entries.begin_page(file, row + 1);
            entries.keep(place, RecordBin::Contextual, "header", raw_cells(line));
        } else {
            match entry(head, line, place, network, tokens) {
                Ok(entry) => entries.read.push(entry),
                Err(reason) => {
                    entries.keep(place, RecordBin::Quarantined, &reason, raw_cells(line));
                }
            }
        }
        at = next;
        row += 1;
    }
}

/// The cells of a line as written.
pub(super) fn raw_cells(line: &[u8]) -> Vec<Box<str>> {
    let mut cells = Vec::new();
    match split(line, b',', &mut cells) {
        Ok(()) => cells
            .iter()
            .map(|cell| clip(&String::from_utf8_lossy(cell)))
            .collect(),
        Err(_) => vec![clip(&String::from_utf8_lossy(line))],
    }
}

fn entry(
    head: &Head,
    line: &[u8],
    place: Place,
    network: Network,
    tokens: &mut Tokens,
) -> Result<Entry, String> {
    if memchr::memchr(0, line).is_some() {
        return Err("the row holds NUL bytes".to_owned());
    }
    let mut cells = Vec::new();
    split(line, b',', &mut cells)?;
    if cells.len() != head.cells.len() {
        return Err(format!(
            "row has {} cells, the header has {}",
            cells.len(),
            head.cells.len()
        ));
    }
    let row = Row {
        head,
        cells: &cells,
        network,
    };
    let has_failed = row.has_failed()?;
    let (kind, legs) = match head.listing {
        Listing::Normal | Listing::BlockscoutNormal => (Kind::Own, row.own(has_failed, place)?),
        Listing::Internal => (Kind::Internal, row.internal(has_failed, place)?),
        Listing::Token | Listing::BlockscoutToken => {
            (Kind::Token, row.token(has_failed, place, tokens)?)
        }
    };
    let block = row.text(Column::Block)?;
    Ok(Entry {
        id: hash(row.text(Column::Hash)?)?,
        kind,
        height: match block {
            "" => None,
            text => Some(small(&text.replace(',', ""), "height of a block")?),
        },
        block_hash: None,
        tx_index: None,
        time: match row.text(Column::Unix)? {
            "" => time(row.text(Column::Date)?)?,
            text => time(text)?,
        },
        place,
        has_failed,
        legs,
        freeze: None,
    })
}

/// The cells of a row.
struct Row<'a> {
    head: &'a Head,
    cells: &'a [Cow<'a, [u8]>],
    network: Network,
}

impl Row<'_> {
    fn text(&self, column: Column) -> Result<&str, String> {
        self.head.text(self.cells, column)
    }

    /// Etherscan leaves the status of what succeeded empty, and numbers failures of internal calls from 1.
    fn has_failed(&self) -> Result<bool, String> {
        let status = self.text(Column::Status)?.to_lowercase();
        let error = self.text(Column::Error)?;
        let says_error = status.starts_with("error") || status.starts_with("fail");
        match (self.head.listing, &*status) {
            _ if says_error => Ok(true),
            (_, "ok" | "success") | (Listing::Internal, "0") => Ok(false),
            (Listing::Internal, "1") => Ok(true),
            (_, "") => Ok(!error.is_empty()),
            (_, other) => Err(format!(
                "status `{}` could mean success or failure",
                crate::account_chain::field::shown(other)
            )),
        }
    }

    fn coins(&self, column: Column) -> Result<Amount, String> {
        match self.text(column)? {
            "" => Ok(Amount::ZERO),
            text if self.head.listing.is_blockscout() => units(text),
            text => decimal(text, self.network.decimals()),
        }
    }

    /// What came in or went out: one of the two is zero, but for what an account pays to itself.
    fn value(&self) -> Result<Amount, String> {
        if self.head.listing.is_blockscout() {
            return self.coins(Column::Value);
        }
        match (self.coins(Column::ValueIn)?, self.coins(Column::ValueOut)?) {
            (Amount::ZERO, value) | (value, Amount::ZERO) => Ok(value),
            (value, same) if value == same => Ok(value),
            _ => Err("a value came in and another went out".to_owned()),
        }
    }

    /// The value's movement, if there is one.
    fn moved(&self, has_failed: bool, place: Place) -> Result<Vec<Leg>, String> {
        let value = self.value()?;
        let from = address(self.text(Column::From)?, self.network)?;
        if has_failed || value == Amount::ZERO {
            return Ok(Vec::new());
        }
        let to = match (self.text(Column::To)?, self.text(Column::Contract)?) {
            ("", "") => {
                return Err("it names no receiver and no contract that it creates".to_owned());
            }
            ("", contract) => contract,
            (to, _) => to,
        };
        let to = address(to, self.network)?;
        Ok(vec![Leg::between([from, to], None, value, place)])
    }

    fn own(&self, has_failed: bool, place: Place) -> Result<Vec<Leg>, String> {
        let mut legs = self.moved(has_failed, place)?;
        let from = address(self.text(Column::From)?, self.network)?;
        let fee = self.coins(Column::Fee)?;
        if fee > Amount::ZERO {
            legs.push(Leg::fee(from, fee, place));
        }
        Ok(legs)
    }

    fn internal(&self, has_failed: bool, place: Place) -> Result<Vec<Leg>, String> {
        self.moved(has_failed, place)
    }

    fn token(
        &self,
        has_failed: bool,
        place: Place,
        tokens: &mut Tokens,
    ) -> Result<Vec<Leg>, String> {
        let token = address(self.text(Column::Contract)?, self.network)?;
        let ends = [
            address(self.text(Column::From)?, self.network)?,
            address(self.text(Column::To)?, self.network)?,
        ];
        let symbol = self.text(Column::Symbol)?;
        let value = self.text(Column::Value)?;
        let amount = if self.head.listing.is_blockscout() {
            tokens.describe(token, symbol, None);
            units(value)?
        } else {
            tokens.describe_whole(token, symbol);
            let places = tokens.of_contract(token).asset.decimals();
            decimal(value, places)?
        };
        if has_failed {
            return Ok(Vec::new());
        }
        let leg = Leg::between(ends, Some(token), amount, place);
        Ok(vec![leg])
    }
}
