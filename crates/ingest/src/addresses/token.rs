//! Words of a text that are addresses or keys.

use bitcoin::base58;
use moneytrail_model::{AccountKey, Network};

/// Letters of the shortest and of the longest word that is looked at: the longest is an extended key.
const LEN_MIN: usize = 25;
const LEN_MAX: usize = 120;

/// What a word is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Kind {
    /// Its checksum is right.
    Address,
    /// An EVM address in one case: nothing but its form can be checked.
    FormOnly,
    /// A private key in the form that wallets import.
    PrivateKey,
    /// An extended private key, from which a wallet's keys follow.
    ExtendedPrivateKey,
}

/// An address or a key.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Token {
    /// What it is.
    pub kind: Kind,
    /// As written; of a key only its first letters.
    pub text: String,
    /// The accounts that it may be, one for each network that writes addresses so.
    pub accounts: Vec<AccountKey>,
}

/// All of a text, with the byte at which each begins.
pub(super) fn all(text: &str) -> impl Iterator<Item = (usize, Token)> + '_ {
    words(text).filter_map(|(offset, word)| {
        let token = of(word).or_else(|| {
            // Cash addresses are often written without their prefix.
            let is_cash = word.starts_with(['q', 'p', 'Q', 'P']) && word.len() == 42;
            let cash = is_cash.then(|| format!("bitcoincash:{}", word.to_lowercase()))?;
            of(&cash)
        });
        Some((offset, token?))
    })
}

/// Runs of letters and digits, in ASCII.
fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let bytes = text.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            let start = at + bytes[at..].iter().position(u8::is_ascii_alphanumeric)?;
            let len = bytes[start..]
                .iter()
                .position(|byte| !byte.is_ascii_alphanumeric());
            let end = len.map_or(bytes.len(), |len| start + len);
            at = end;
            if (LEN_MIN..=LEN_MAX).contains(&(end - start)) {
                return Some((start, &text[start..end]));
            }
        }
    })
}

fn of(word: &str) -> Option<Token> {
    if let Some(kind) = key(word) {
        return Some(Token {
            kind,
            text: format!("{}…", &word[..4]),
            accounts: Vec::new(),
        });
    }
    let mut accounts: Vec<AccountKey> = Network::ALL
        .into_iter()
        .filter_map(|network| {
            let account = AccountKey::parse(word, network)?;
            let is_address = matches!(
                account,
                AccountKey::Script(..) | AccountKey::Evm(..) | AccountKey::Tron(_)
            );
            is_address.then_some(account)
        })
        .collect();
    accounts.sort();
    accounts.dedup();
    accounts.first()?;
    let has = |is: fn(&u8) -> bool| word.as_bytes()[2..].iter().any(is);
    let is_cased = has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase);
    let kind = if word.starts_with("0x") && !is_cased {
        Kind::FormOnly
    } else {
        Kind::Address
    };
    Some(Token {
        kind,
        text: word.to_owned(),
        accounts,
    })
}

/// Whether a word is a private key, by its checksum, first byte and length (`chainparams.cpp` of the reference nodes; BIP32).
fn key(word: &str) -> Option<Kind> {
    let payload = base58::decode_check(word).ok()?;
    match (payload.len(), *payload.first()?) {
        (33 | 34, 0x80 | 0xef | 0xb0 | 0x9e) => Some(Kind::PrivateKey),
        // The key of an extended private key begins with a zero.
        (78, _) if payload[45] == 0 => Some(Kind::ExtendedPrivateKey),
        _ => None,
    }
}
