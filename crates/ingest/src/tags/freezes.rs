//! Lists of what issuers froze, released and destroyed: CSV with the columns account, asset, state, time, source.
//!
//! Law: a row that does not read is refused with its number and reason. A list is an assertion of whoever wrote it; what a
//! contract's log in an exhibit says is a fact and stands in a segment.

use super::{ListFormat, TagList, network};
use crate::Error;
use crate::table::civil;
use moneytrail_model::freeze::{Asserted, Change};
use moneytrail_model::{AccountKey, AssetKey, Instant, Network};

/// Columns that a list has.
const COLUMNS: [&str; 5] = ["account", "asset", "state", "time", "source"];

fn places(header: &::csv::StringRecord) -> Option<[usize; COLUMNS.len()]> {
    let place = |name: &str| {
        let is_it = |cell: &str| {
            let cell = cell.trim_start_matches('\u{feff}').trim();
            cell.eq_ignore_ascii_case(name)
        };
        header.iter().position(is_it)
    };
    let mut places = [0; COLUMNS.len()];
    for (found, name) in places.iter_mut().zip(COLUMNS) {
        *found = place(name)?;
    }
    Some(places)
}

/// Whether the first line names the columns of such a list.
pub(super) fn is_one(bytes: &[u8]) -> bool {
    let line = bytes.split(|&byte| byte == b'\n').next().unwrap_or(bytes);
    let mut reader = reader(&line[..line.len().min(4096)]);
    reader
        .headers()
        .is_ok_and(|header| places(header).is_some())
}

fn reader(bytes: &[u8]) -> ::csv::Reader<&[u8]> {
    ::csv::ReaderBuilder::new()
        .flexible(true)
        .trim(::csv::Trim::All)
        .from_reader(bytes)
}

/// Reads a list.
///
/// # Errors
/// If the text is no CSV.
pub(super) fn read(bytes: &[u8]) -> Result<TagList, Error> {
    let failed = |why: String| Error::Container {
        path: "list of frozen accounts".to_owned(),
        why,
    };
    let mut reader = reader(bytes);
    let header = reader
        .headers()
        .map_err(|error| failed(error.to_string()))?;
    let columns = places(header).ok_or_else(|| {
        failed("expected the columns account, asset, state, time, source".to_owned())
    })?;
    let mut list = TagList::new(ListFormat::Freezes);
    for record in reader.records() {
        let record = record.map_err(|error| failed(error.to_string()))?;
        let line = record.position().map_or(0, ::csv::Position::line);
        let cells = columns.map(|at| record.get(at).unwrap_or(""));
        match row(cells) {
            Ok(entry) => list.freezes.push(entry),
            Err(why) => list.refused.push((line, why)),
        }
    }
    Ok(list)
}

fn row([account, asset, state, time, source]: [&str; COLUMNS.len()]) -> Result<Asserted, String> {
    let quoted = |text: &str| format!("`{}`", network::shortened(text));
    let key = AccountKey::parse(account, Network::Ethereum)
        .filter(|key| matches!(key, AccountKey::Evm(..) | AccountKey::Tron(_)));
    let key = key.ok_or_else(|| {
        format!(
            "{} is no account of an issuer's token: EVM or TRON",
            quoted(account)
        )
    })?;
    let is_known = match asset.parse() {
        Ok(AssetKey::Token(of, _)) => Some(of) == key.network(),
        Ok(_) => false,
        Err(_) => is_symbol(asset),
    };
    if !is_known {
        return Err(format!(
            "{} is no token of the account's network: write its symbol (USDT), or network:contract",
            quoted(asset)
        ));
    }
    let change = Change::from_word(&state.to_lowercase()).ok_or_else(|| {
        format!(
            "{} is no state: frozen, unfrozen or destroyed",
            quoted(state)
        )
    })?;
    let when = match time {
        "" => Instant::UNKNOWN,
        text => civil::parse_iso(text).ok_or_else(|| {
            format!(
                "{} is no time: 2024-06-30, or 2024-06-30T12:00:00Z",
                quoted(text)
            )
        })?,
    };
    if source.is_empty() {
        return Err("it does not say who says so".to_owned());
    }
    Ok(Asserted {
        subject: network::open(account, key),
        asset: asset.into(),
        change,
        time: when,
        source: source.into(),
    })
}

/// Whether a text can be the symbol of a known token.
fn is_symbol(text: &str) -> bool {
    let known = |network: Network| AssetKey::contracts_of(network, text).next().is_some();
    Network::ALL.into_iter().any(known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_can_and_says_what_it_cannot() {
        let text = b"account,asset,state,time,source\n\
            TDy2r6LnrvAvn8GMgfe9PaSbDLmTkG4uJF,USDT,frozen,2024-05-04T12:00:00Z,issuer's answer\n\
            TDy2r6LnrvAvn8GMgfe9PaSbDLmTkG4uJF,tron:TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t,Unfrozen,2024-06-01,issuer's answer\n\
            0xdac17f958d2ee523a2206206994597c13d831ec7,USDC,frozen,,me\n\
            1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa,USDT,frozen,,me\n\
            TDy2r6LnrvAvn8GMgfe9PaSbDLmTkG4uJF,EUR,frozen,,me\n\
            TDy2r6LnrvAvn8GMgfe9PaSbDLmTkG4uJF,USDT,cold,,me\n\
            TDy2r6LnrvAvn8GMgfe9PaSbDLmTkG4uJF,USDT,frozen,soon,me\n\
            TDy2r6LnrvAvn8GMgfe9PaSbDLmTkG4uJF,USDT,frozen,,\n";
        assert!(is_one(text));
        let list = read(text).unwrap();
        assert_eq!(list.freezes.len(), 3);
        assert_eq!(list.freezes[0].time.to_string(), "2024-05-04 12:00:00");
        assert_eq!(list.freezes[1].time.to_string(), "2024-06-01");
        assert_eq!(list.freezes[1].change, Change::Unfrozen);
        assert_eq!(list.freezes[2].time, Instant::UNKNOWN);
        let lines: Vec<u64> = list.refused.iter().map(|refused| refused.0).collect();
        assert_eq!(lines, [5, 6, 7, 8, 9]);
        assert!(!is_one(b"account,label,category,source,confidence\n"));
        assert!(!is_one(b""));
    }
}
