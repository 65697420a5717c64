//! Fields of account chains as text: addresses, ids, amounts, times.
//!
//! Laws: what is no address, id or amount is an error that says why, never a zero; a mixed-case address that
//! fails its EIP-55 checksum is refused, because its writer or someone after him changed a letter; amounts are
//! read as text, and from 10³⁸ on refused, never wrapped.

use crate::table::civil;
use moneytrail_model::{AccountKey, Amount, AmountError, Instant, Network};
use std::borrow::Cow;

/// The twenty bytes of an address.
pub(super) type Address = [u8; 20];

/// A transaction id, as people write it.
pub(super) type TxId = [u8; 32];

/// The address that nobody holds: tokens are created from it and destroyed to it.
pub(super) const ZERO: Address = [0; 20];

/// Numbers from here on (year 5138 in seconds) are milliseconds.
const MILLISECONDS_FROM: i64 = 100_000_000_000;

/// Characters of a field that a reason shows.
const SHOWN_LEN: usize = 50;

/// The first characters of a field.
pub(super) fn shown(text: &str) -> String {
    text.chars().take(SHOWN_LEN).collect()
}

/// Reads an address of `network`: `0x…`; on TRON `T…`, or the hexadecimal form with or without its 41.
pub(super) fn address(text: &str, network: Network) -> Result<Address, String> {
    let wrong = || format!("`{}` is no address of {network}", shown(text));
    let digits = text.strip_prefix("0x");
    if network == Network::Tron {
        if text.starts_with('T') {
            return match AccountKey::parse(text, network) {
                Some(AccountKey::Tron(address)) => Ok(address),
                _ => Err(format!(
                    "`{}` is no TRON address: its checksum fails",
                    shown(text)
                )),
            };
        }
        let digits = digits.unwrap_or(text);
        let digits = match digits.len() {
            42 => digits.strip_prefix("41").ok_or_else(wrong)?,
            _ => digits,
        };
        return plain(digits).ok_or_else(wrong);
    }
    let digits = digits.ok_or_else(wrong)?;
    let address = plain(digits).ok_or_else(wrong)?;
    let has = |test: fn(&u8) -> bool| digits.as_bytes().iter().any(test);
    if has(u8::is_ascii_uppercase)
        && has(u8::is_ascii_lowercase)
        && AccountKey::parse(text, network).is_none()
    {
        return Err(format!(
            "`{}` fails its EIP-55 checksum: it was mistyped or altered",
            shown(text)
        ));
    }
    Ok(address)
}

fn plain(digits: &str) -> Option<Address> {
    let mut address = ZERO;
    hex::decode_to_slice(digits, &mut address).ok()?;
    Some(address)
}

/// The account of an address.
pub(super) const fn account(address: Address, network: Network) -> AccountKey {
    match network {
        Network::Tron => AccountKey::Tron(address),
        _ => AccountKey::Evm(network, address),
    }
}

/// A contract as an asset's key writes it: hexadecimal without capitals, on TRON as TRON writes it.
pub(super) fn contract(address: Address, network: Network) -> String {
    match network {
        Network::Tron => account(address, network).to_string(),
        _ => format!("0x{}", hex::encode(address)),
    }
}

/// Reads a transaction id or the hash of a block.
pub(super) fn hash(text: &str) -> Result<TxId, String> {
    let mut hash = [0; 32];
    hex::decode_to_slice(text.strip_prefix("0x").unwrap_or(text), &mut hash)
        .map_err(|_| format!("`{}` is no hash of 32 bytes", shown(text)))?;
    Ok(hash)
}

/// Reads whole units.
pub(super) fn units(text: &str) -> Result<Amount, String> {
    match text.as_bytes() {
        [] => Err("no amount".to_owned()),
        // The common case, in 64 bits.
        short if short.len() <= 19 && short.iter().all(u8::is_ascii_digit) => {
            let add = |sum: u64, byte: &u8| sum * 10 + u64::from(byte - b'0');
            Ok(Amount::from_u64(short.iter().fold(0, add)))
        }
        _ => parsed(text, text, 0),
    }
}

/// Reads a decimal number in an asset with `decimals` places: `1,234.5`, `0.00021`, `2.1E-05`. Commas part
/// groups of three digits or it is no number.
pub(super) fn decimal(text: &str, decimals: u8) -> Result<Amount, String> {
    if text.is_empty() {
        return Err("no amount".to_owned());
    }
    let ungrouped = without_groups(text)
        .ok_or_else(|| format!("`{}` is no number with groups of three", shown(text)))?;
    let (digits, exponent) = match ungrouped.split_once(['e', 'E']) {
        None => return parsed(text, &ungrouped, decimals),
        Some((digits, exponent)) => (digits, exponent.parse::<i8>()),
    };
    let exponent = exponent.map_err(|_| not_a_number(text))?;
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() && fraction.is_empty() {
        return Err(not_a_number(text));
    }
    let shifted = if exponent < 0 {
        let n = usize::from(exponent.unsigned_abs());
        let padded = format!("{whole:0>width$}", width = n + 1);
        let (whole, moved) = padded.split_at(padded.len() - n);
        format!("{whole}.{moved}{fraction}")
    } else {
        let n = usize::from(exponent.unsigned_abs());
        let padded = format!("{fraction:0<n$}");
        let (moved, fraction) = padded.split_at(n);
        format!("{whole}{moved}.{fraction}")
    };
    parsed(text, &shifted, decimals)
}

fn not_a_number(text: &str) -> String {
    format!("`{}` is no plain number", shown(text))
}

fn parsed(written: &str, text: &str, decimals: u8) -> Result<Amount, String> {
    let amount = Amount::parse_decimal(text, decimals).map_err(|error| match error {
        AmountError::TooLarge => "amount of 10³⁸ units or more".to_owned(),
        AmountError::NotANumber => not_a_number(written),
        other => other.to_string(),
    })?;
    if amount < Amount::ZERO {
        return Err("amount is negative".to_owned());
    }
    Ok(amount)
}

fn without_groups(text: &str) -> Option<Cow<'_, str>> {
    if !text.contains(',') {
        return Some(Cow::Borrowed(text));
    }
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let mut groups = whole.split(',');
    let first = groups.next()?;
    let is_group =
        |group: &str| group.len() == 3 && group.bytes().all(|byte| byte.is_ascii_digit());
    let is_grouped = (1..=3).contains(&first.len()) && groups.all(is_group);
    (is_grouped && !fraction.contains(',')).then(|| Cow::Owned(text.replace(',', "")))
}

/// Reads seconds or milliseconds since 1970, or a date with a time of day.
pub(super) fn time(text: &str) -> Result<Instant, String> {
    let text = text.strip_suffix(" UTC").unwrap_or(text);
    if text.is_empty() {
        return Err("no time".to_owned());
    }
    match text.parse::<i64>() {
        Ok(number) if (0..MILLISECONDS_FROM).contains(&number) => Ok(Instant::at(number)),
        Ok(number) if number > 0 && number / 1000 < MILLISECONDS_FROM => {
            Ok(Instant::at(number / 1000))
        }
        Ok(_) => Err(format!("`{}` is no time", shown(text))),
        Err(_) => civil::parse_iso(text).ok_or_else(|| format!("`{}` is no time", shown(text))),
    }
}

/// Reads a height, an index or another small number.
pub(super) fn small(text: &str, what: &str) -> Result<u32, String> {
    text.parse()
        .map_err(|_| format!("`{}` is no {what}", shown(text)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn addresses_are_checked() {
        let lower = "0xdac17f958d2ee523a2206206994597c13d831ec7";
        let checked = "0xdAC17F958D2ee523a2206206994597C13D831ec7";
        let address_of = |text: &str| address(text, Network::Ethereum);
        assert_eq!(address_of(lower), address_of(checked));
        assert!(address_of(&lower.to_uppercase().replace("0X", "0x")).is_ok());
        let altered = checked.replace("dAC", "DaC");
        assert!(address_of(&altered).unwrap_err().contains("EIP-55"));
        for wrong in [
            "",
            "0x",
            "0x12",
            lower.strip_prefix("0x").unwrap(),
            "0xgac17f958d2ee523a2206206994597c13d831ec7",
        ] {
            assert!(address_of(wrong).is_err(), "{wrong}");
        }
        let tron = "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t";
        let bytes = address(tron, Network::Tron).unwrap();
        for same in ["0x", "41", "0x41"] {
            let text = format!("{same}{}", hex::encode(bytes));
            assert_eq!(address(&text, Network::Tron), Ok(bytes), "{text}");
        }
        assert_eq!(contract(bytes, Network::Tron), tron);
        assert!(address(&tron.replace('j', "k"), Network::Tron).is_err());
        assert!(address_of(tron).is_err());
    }

    #[test]
    fn numbers_are_exact_or_refused() {
        assert_eq!(units("0").unwrap(), Amount::ZERO);
        assert!(units(&"9".repeat(38)).is_ok());
        assert!(units(&format!("1{}", "0".repeat(38))).is_err());
        assert!(units(&"9".repeat(80)).unwrap_err().contains("10³⁸"));
        for wrong in ["", "-1", "1.5", "1e3", "0x10", " 1", "١"] {
            assert!(units(wrong).is_err(), "{wrong}");
        }
        for (text, units) in [
            ("1,234.5", 1_234_500_000),
            ("0.000021", 21),
            ("2.1E-05", 21),
            ("1.5e3", 1_500_000_000),
            ("1,234,567", 1_234_567_000_000),
        ] {
            assert_eq!(decimal(text, 6).unwrap().units(), units, "{text}");
        }
        for wrong in [
            "",
            "1,23",
            "1,2345",
            ",123",
            "1.2,345",
            "1e99",
            "-5",
            "0.0000001",
            "e5",
            "NaN",
        ] {
            assert!(decimal(wrong, 6).is_err(), "{wrong}");
        }
    }

    #[test]
    fn times_are_seconds_milliseconds_or_dates() {
        let second = Instant::at(1_641_000_000);
        for text in [
            "1641000000",
            "1641000000000",
            "2022-01-01 01:20:00 UTC",
            "2022-01-01 01:20:00.000000Z",
        ] {
            assert_eq!(time(text), Ok(second), "{text}");
        }
        for wrong in ["", "-1", "99999999999999999", "yesterday"] {
            assert!(time(wrong).is_err(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn decimals_read_as_printed(n in 0_i128..10_i128.pow(37), decimals in 0_u8..=18) {
            let printed = Amount::new(n).unwrap().display(decimals).to_string();
            prop_assert_eq!(decimal(&printed, decimals).unwrap().units(), n);
            prop_assert_eq!(units(&n.to_string()).unwrap().units(), n);
        }

        #[test]
        fn nothing_panics(text in "\\PC{0,40}") {
            let _ = (units(&text), decimal(&text, 18), time(&text), hash(&text));
            let _ = (address(&text, Network::Ethereum), address(&text, Network::Tron));
        }
    }
}
