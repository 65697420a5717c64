//! The network that a list means by the code of an asset.

use moneytrail_model::tag::Subject;
use moneytrail_model::{AccountKey, Network};
use std::collections::BTreeMap;

/// Codes of coins, as lists write them.
const CODES: [(&str, Network); 16] = [
    ("BTC", Network::Bitcoin),
    ("XBT", Network::Bitcoin),
    ("LTC", Network::Litecoin),
    ("BCH", Network::BitcoinCash),
    ("DOGE", Network::Dogecoin),
    ("ETH", Network::Ethereum),
    ("BSC", Network::Bsc),
    ("BNB", Network::Bsc),
    ("POL", Network::Polygon),
    ("MATIC", Network::Polygon),
    ("AVAX", Network::Avalanche),
    ("ARB", Network::Arbitrum),
    ("OP", Network::Optimism),
    ("BASE", Network::Base),
    ("TRX", Network::Tron),
    ("TRON", Network::Tron),
];

/// Tokens that stand on several networks: the address decides.
const TOKENS: [&str; 4] = ["USDT", "USDC", "DAI", "BUSD"];

/// What a code says of the network.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Said {
    /// This one.
    Is(Network),
    /// Nothing: there is no code, or it is a token's.
    Open,
    /// One that this program does not know.
    Unknown,
}

/// Reads a code or the name of a network.
pub(super) fn of(code: &str) -> Said {
    let upper = code.trim().to_uppercase();
    if upper.is_empty() || TOKENS.contains(&&*upper) {
        return Said::Open;
    }
    let known = CODES.iter().find(|known| known.0 == upper);
    known.map(|known| known.1).map_or_else(
        || {
            let name = code.trim().to_lowercase();
            name.parse().map_or(Said::Unknown, Said::Is)
        },
        Said::Is,
    )
}

/// The code by which a network is written into a list, which [`of`] reads back.
pub(super) fn code(network: Network) -> &'static str {
    let known = CODES.iter().find(|known| known.1 == network);
    known.map_or(network.as_str(), |known| known.0)
}

/// The account of an address in an entry of a network and an asset.
///
/// # Errors
/// A sentence, if the address does not read, or is not of the network that the entry names.
pub(super) fn account(address: &str, network: &str, currency: &str) -> Result<Subject, String> {
    let stated = match (of(network), of(currency)) {
        (Said::Open, other) | (other, _) => other,
    };
    let named = if network.trim().is_empty() {
        currency
    } else {
        network
    };
    let meant = match stated {
        Said::Is(network) => network,
        Said::Open => Network::Bitcoin,
        Said::Unknown => return Err(format!("`{named}` is no network that is known here")),
    };
    let address = address.trim();
    let Some(account) = AccountKey::parse(address, meant) else {
        return Err(format!(
            "`{}` is no address with a right checksum",
            shortened(address)
        ));
    };
    // The account has a network of its own if its address says so.
    let found = account.network().filter(|_| stated != Said::Open);
    match found {
        Some(found) if found != meant => Err(format!(
            "`{address}` is an address of {found}, and the list says {named}"
        )),
        _ if stated == Said::Open => Ok(open(address, account)),
        _ => Ok(Subject::Account(account)),
    }
}

/// What an address means where nobody says its network: an EVM address is the same on every EVM network, unless its
/// own prefix says on which.
pub(super) fn open(address: &str, account: AccountKey) -> Subject {
    match account {
        AccountKey::Evm(_, digits) if !address.contains(':') => Subject::EvmAddress(digits),
        account => Subject::Account(account),
    }
}

/// Says on which networks the EVM addresses of a list are tagged.
pub(super) fn remarks(subjects: &[&Subject]) -> Vec<String> {
    let is_open = |subject: &&&Subject| matches!(subject, Subject::EvmAddress(_));
    let n_open = subjects.iter().filter(is_open).count();
    let mut remarks = Vec::new();
    if n_open > 0 {
        let evm = Network::ALL.into_iter().filter(|network| network.is_evm());
        let names: Vec<&str> = evm.map(Network::as_str).collect();
        remarks.push(format!(
            "assumption: {n_open} EVM addresses whose network the list does not name are tagged on each of {}: one key signs for all of them; where a contract stands at the address, it can be another's on another network",
            names.join(", ")
        ));
    }
    let mut named: BTreeMap<&str, u64> = BTreeMap::new();
    for subject in subjects {
        if let Subject::Account(AccountKey::Evm(network, _)) = subject {
            *named.entry(network.as_str()).or_default() += 1;
        }
    }
    if !named.is_empty() {
        let named: Vec<String> = named
            .iter()
            .map(|(name, n)| format!("{name} ({n})"))
            .collect();
        remarks.push(format!(
            "EVM addresses are tagged on the network that the list names, and on no other: {}",
            named.join(", ")
        ));
    }
    remarks
}

/// Whether an EVM address is written in one case, so that nothing but its form can be checked.
pub(super) fn has_no_checksum(address: &str) -> bool {
    let Some(digits) = address.strip_prefix("0x") else {
        return false;
    };
    let has = |is: fn(&u8) -> bool| digits.as_bytes().iter().any(is);
    !(has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase))
}

/// The transaction of an entry.
///
/// # Errors
/// A sentence, if the id does not read, or the entry names no network.
pub(super) fn transaction(hash: &str, network: &str, currency: &str) -> Result<Subject, String> {
    let stated = match of(network) {
        Said::Open => of(currency),
        said => said,
    };
    let Said::Is(network) = stated else {
        return Err("a transaction needs a network that is known here".to_owned());
    };
    let digits = hash.trim();
    let digits = digits.strip_prefix("0x").unwrap_or(digits);
    let id = hex::decode(digits).ok().and_then(|id| id.try_into().ok());
    id.map(|id| Subject::Transaction(network, id))
        .ok_or_else(|| format!("`{}` is no transaction id of 64 digits", shortened(hash)))
}

/// Most characters of a raw value in a reason.
const RAW_LEN: usize = 120;

/// The beginning of a long text.
pub(super) fn shortened(text: &str) -> String {
    let mut letters = text.chars();
    let head: String = letters.by_ref().take(RAW_LEN).collect();
    if letters.next().is_some() {
        format!("{head}…")
    } else {
        head
    }
}
