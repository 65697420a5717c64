//! A profile for a table whose columns hold addresses.
//!
//! Law: two columns of addresses of one network, a time and an amount make a proposal; less makes none. What a header
//! says decides between columns that look alike.

use crate::table::field::Field;
use crate::table::profile::{ColumnProfile, Profile, TransferProfile};
use crate::table::sheet::Cell;
use crate::table::{Sheet, civil, date, lexicon, number};
use moneytrail_model::{AccountKey, Network};
use std::collections::BTreeMap;

/// Rows in which a header is looked for, and cells of a column that are looked at.
const HEADER_ROWS: usize = 40;
const SAMPLE: usize = 200;

/// Networks whose addresses are looked for; EVM networks share theirs.
const NETWORKS: [Network; 3] = [Network::Tron, Network::Ethereum, Network::Bitcoin];

/// Whether a column can be a field.
type Fits<'a> = &'a dyn Fn(&Look) -> bool;

/// What a column looks like.
struct Look {
    header: String,
    /// Folded.
    name: String,
    network: Option<Network>,
    is_hash: bool,
    is_time: bool,
    is_number: bool,
}

/// Proposes how to read a table of transfers.
pub(crate) fn propose(sheet: &Sheet) -> Option<Profile> {
    let header = sheet.rows.iter().take(HEADER_ROWS).position(|row| {
        let n_filled = row.cells.iter().filter(|cell| !cell.is_empty()).count();
        let is_word = |cell: &Cell| {
            cell.is_empty() || cell.text.len() < 40 && cell.text.chars().any(char::is_alphabetic)
        };
        n_filled >= 4 && row.cells.iter().all(is_word)
    })?;
    let looks: Vec<Look> = (0..sheet.rows[header].cells.len())
        .map(|column| look(sheet, header, column))
        .collect();
    let mut names: Vec<&str> = looks.iter().map(|look| look.header.as_str()).collect();
    names.sort_unstable();
    let key = |at: usize| {
        let header = &looks[at].header;
        let is_sole = names.iter().filter(|name| *name == header).count() == 1;
        if is_sole && !header.is_empty() && !header.starts_with('#') {
            header.clone()
        } else {
            format!("#{}", at + 1)
        }
    };
    let network = NETWORKS.into_iter().find(|&network| {
        looks
            .iter()
            .filter(|look| look.network == Some(network))
            .count()
            >= 2
    })?;
    let mut columns: BTreeMap<usize, Field> = BTreeMap::new();
    let named = |look: &Look, words: &[&str]| words.iter().any(|word| look.name.contains(word));
    let find = |columns: &BTreeMap<usize, Field>, fits: &dyn Fn(&Look) -> bool| {
        looks
            .iter()
            .enumerate()
            .position(|(at, look)| !columns.contains_key(&at) && fits(look))
    };
    let is_address = |look: &Look| look.network == Some(network);
    let wanted: [(Field, &[&str]); 2] = [
        (Field::From, &["from", "sender", "source", "payer"]),
        (Field::To, &["to", "receiver", "recipient", "dest", "payee"]),
    ];
    let is_contract = |look: &Look| is_address(look) && named(look, &["contract", "token"]);
    if let Some(at) = find(&columns, &is_contract) {
        columns.insert(at, Field::Currency);
    }
    for (field, words) in wanted {
        let by_name = find(&columns, &|look| {
            is_address(look) && words.iter().any(|word| look.name.starts_with(word))
        });
        let at = by_name.or_else(|| find(&columns, &is_address))?;
        columns.insert(at, field);
    }
    let date = find(&columns, &|look| {
        look.is_time && named(look, &["time", "date"])
    });
    columns.insert(
        date.or_else(|| find(&columns, &|look| look.is_time))?,
        Field::Date,
    );
    let is_amount = |look: &Look| look.is_number && named(look, &["amount", "quant", "value"]);
    columns.insert(find(&columns, &is_amount)?, Field::Amount);
    let others: [(Field, Fits<'_>); 4] = [
        (Field::Txid, &|look| look.is_hash),
        (Field::Fee, &|look| look.is_number && named(look, &["fee"])),
        (Field::Status, &|look| {
            matches!(&*look.name, "status" | "result" | "success" | "state")
        }),
        (Field::Currency, &|look| {
            !look.is_number
                && !look.is_time
                && look.network.is_none()
                && named(look, &["symbol", "token", "asset", "coin", "currency"])
        }),
    ];
    for (field, fits) in others {
        if field == Field::Currency && columns.values().any(|&known| known == field) {
            continue;
        }
        if let Some(at) = find(&columns, fits) {
            columns.insert(at, field);
        }
    }
    let has_asset = columns.values().any(|&field| field == Field::Currency);
    let fields = columns.iter();
    let columns =
        fields.map(|(&at, field)| (key(at), ColumnProfile::Field(field.as_str().to_owned())));
    Some(Profile {
        columns: columns.collect(),
        transfers: Some(TransferProfile {
            network: Some(network.to_string()),
            // Without a column of assets the coin is the least that a row can move; a person has to look.
            asset: (!has_asset).then(|| network.to_string()),
            ..TransferProfile::default()
        }),
        ..Profile::default()
    })
}

fn look(sheet: &Sheet, header: usize, column: usize) -> Look {
    let text = sheet.rows[header].cells[column].trimmed();
    let cells: Vec<&Cell> = sheet.rows[header + 1..]
        .iter()
        .filter_map(|row| row.cell(column))
        .take(SAMPLE)
        .collect();
    let most = |test: &dyn Fn(&&&Cell) -> bool| {
        let n = cells.iter().filter(|cell| test(cell)).count();
        !cells.is_empty() && n * 10 >= cells.len() * 8
    };
    let network = NETWORKS.into_iter().find(|&network| {
        most(&|cell| {
            let account = AccountKey::parse(cell.trimmed(), network);
            matches!(
                account,
                Some(AccountKey::Tron(_) | AccountKey::Evm(..) | AccountKey::Script(..))
            ) && account.and_then(|account| account.network()) == Some(network)
        })
    });
    let is_hash = most(&|cell| {
        let digits = cell.trimmed();
        let digits = digits.strip_prefix("0x").unwrap_or(digits);
        digits.len() == 64 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
    });
    let is_count = |text: &str| {
        matches!(text.len(), 10 | 13)
            && text.starts_with('1')
            && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    let dates = date::choose(&cells, lexicon::Calendar::Gregorian);
    let is_dated = dates.is_some_and(|choice| choice.n_read * 10 >= cells.len() * 8);
    let is_time =
        most(&|cell| is_count(cell.trimmed()) || civil::parse_iso(cell.trimmed()).is_some())
            || is_dated && most(&|cell| cell.text.contains([':', '/', '.', '-']));
    let is_number = most(&|cell| number::read(cell, number::NumberHabit::default()).is_some());
    Look {
        header: text.to_owned(),
        name: crate::table::text::fold(text),
        network,
        is_hash,
        is_time: is_time && network.is_none() && !is_hash,
        is_number: is_number && !is_hash,
    }
}
