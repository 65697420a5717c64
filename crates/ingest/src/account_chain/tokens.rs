//! Tokens of an exhibit: an asset is (network, contract), and a symbol is what its maker calls it.
//!
//! Laws: decimals are those that a source states, or those of a known contract; a token that calls itself as a
//! known one does and has another contract is another asset, and is marked wherever its symbol stands.

use super::field::{Address, address, contract};
use super::poisoning::Weight;
use moneytrail_model::{Asset, AssetKey, Network};
use rustc_hash::FxHashMap;
use unicode_normalization::UnicodeNormalization;

/// Decimal places to which amounts of a token are kept that an explorer writes in whole tokens without saying
/// how many places there are. Contracts rarely have more.
const PLACES_OF_WHOLE: u8 = 18;

/// Characters of a symbol that are kept.
const SYMBOL_LEN_MAX: usize = 24;

/// Letters of other scripts that look like Latin ones, and those.
const LOOK_ALIKES: [(char, char); 30] = [
    ('А', 'A'),
    ('В', 'B'),
    ('С', 'C'),
    ('Е', 'E'),
    ('Н', 'H'),
    ('І', 'I'),
    ('К', 'K'),
    ('М', 'M'),
    ('О', 'O'),
    ('Р', 'P'),
    ('Ѕ', 'S'),
    ('Т', 'T'),
    ('Х', 'X'),
    ('У', 'Y'),
    ('Α', 'A'),
    ('Β', 'B'),
    ('Ε', 'E'),
    ('Η', 'H'),
    ('Ι', 'I'),
    ('Κ', 'K'),
    ('Μ', 'M'),
    ('Ν', 'N'),
    ('Ο', 'O'),
    ('Ρ', 'P'),
    ('Τ', 'T'),
    ('Χ', 'X'),
    ('Υ', 'Y'),
    ('Ζ', 'Z'),
    ('Ꭰ', 'D'),
    ('Ս', 'U'),
];

/// What is known of a token.
#[derive(Clone, Debug)]
pub(super) struct Token {
    pub(super) asset: Asset,
    /// The symbol of a known asset that it calls itself by without being it.
    pub(super) imitates: Option<&'static str>,
    /// Whether its transfers move single items, whose numbers are no amounts.
    pub(super) is_item: bool,
    /// Whether nothing states its decimals, and a file writes whole tokens.
    are_places_assumed: bool,
}

/// Tokens by contract.
#[derive(Debug)]
pub(super) struct Tokens {
    network: Network,
    by_contract: FxHashMap<Address, Token>,
}

impl Tokens {
    /// The tokens that are known on a network.
    pub(super) fn of(network: Network) -> Self {
        let mut tokens = Self {
            network,
            by_contract: FxHashMap::default(),
        };
        for contract in AssetKey::contracts_on(network) {
            if let Ok(address) = address(contract, network) {
                let token = tokens.undescribed(address);
                tokens.by_contract.insert(address, token);
            }
        }
        tokens
    }

    /// What a movement of a token, or of the coin, is to the rule against poisoning.
    pub(super) fn weight(&self, token: Option<Address>) -> Weight {
        let token = token.and_then(|token| self.by_contract.get(&token));
        Weight {
            dollar_places: token
                .filter(|token| token.asset.key().is_dollar())
                .map(|token| token.asset.decimals()),
            is_imitation: token.is_some_and(|token| token.imitates.is_some()),
        }
    }

    /// Takes in what a source says of a token. What was said first stays, but for what it left out.
    pub(super) fn describe(&mut self, address: Address, symbol: &str, decimals: Option<u8>) {
        let known = self.by_contract.get(&address);
        if known.is_some_and(|known| {
            known.asset.key().is_known_token() || !known.asset.is_undescribed()
        }) {
            return;
        }
        let mut token = self.undescribed(address);
        let symbol = clean(symbol);
        if !token.asset.key().is_known_token() {
            token.imitates = self.imitated(&symbol);
            if let Some(decimals) = decimals {
                token.asset = token.asset.with_decimals(decimals);
                if token.imitates.is_some() {
                    token.asset = token
                        .asset
                        .with_symbol(&format!("{symbol} (other contract)"));
                } else if !symbol.is_empty() {
                    token.asset = token.asset.with_symbol(&symbol);
                }
            }
        }
        token.is_item = known.is_some_and(|known| known.is_item);
        self.by_contract.insert(address, token);
    }

    /// Takes in what a file says of a token that writes whole tokens and no decimals.
    pub(super) fn describe_whole(&mut self, address: Address, symbol: &str) {
        self.describe(address, symbol, Some(PLACES_OF_WHOLE));
        if let Some(token) = self.by_contract.get_mut(&address) {
            token.are_places_assumed = !token.asset.key().is_known_token();
        }
    }

    /// What is taken for granted of the tokens that were used.
    pub(super) fn assumption(&self, used: &[Address]) -> Option<String> {
        let is_assumed = |address: &&Address| {
            self.get(address)
                .is_some_and(|token| token.are_places_assumed)
        };
        let assumed: Vec<String> = used
            .iter()
            .filter(is_assumed)
            .map(|&address| contract(address, self.network))
            .collect();
        let first = assumed.first()?;
        let more = if assumed.len() > 1 { ", …" } else { "" };
        Some(format!(
            "{} tokens of contracts that are not known here ({first}{more}) are kept to {PLACES_OF_WHOLE} decimal places, as whole tokens: the file states no decimals, and their symbols are what their makers call them",
            assumed.len()
        ))
    }

    /// Marks a contract whose transfers move single items.
    pub(super) fn mark_items(&mut self, address: Address) {
        let token = self.undescribed(address);
        self.by_contract.entry(address).or_insert(token).is_item = true;
    }

    /// What is known of a contract.
    pub(super) fn get(&self, address: &Address) -> Option<&Token> {
        self.by_contract.get(address)
    }

    /// The token with this contract, described or not.
    pub(super) fn of_contract(&mut self, address: Address) -> &Token {
        let token = self.undescribed(address);
        self.by_contract.entry(address).or_insert(token)
    }

    fn undescribed(&self, address: Address) -> Token {
        let key = AssetKey::Token(self.network, contract(address, self.network).into());
        Token {
            asset: Asset::new(key),
            imitates: None,
            is_item: false,
            are_places_assumed: false,
        }
    }

    /// The known symbol that a symbol reads as.
    fn imitated(&self, symbol: &str) -> Option<&'static str> {
        let folded = folded(symbol);
        let coin = self.network.symbol();
        if folded == coin {
            return Some(coin);
        }
        ["USDT", "USDC", "DAI", "WETH"].into_iter().find(|known| {
            folded == *known && AssetKey::contracts_of(self.network, known).next().is_some()
        })
    }

    /// What a person should know of the tokens that were used, one sentence each, by contract.
    pub(super) fn remarks(&self, used: &[Address]) -> Vec<String> {
        let mut remarks = Vec::new();
        let mut undescribed = Vec::new();
        for used in used {
            let Some(token) = self.get(used) else {
                continue;
            };
            let contract = contract(*used, self.network);
            if let Some(symbol) = token.imitates {
                let known: Vec<&str> = AssetKey::contracts_of(self.network, symbol).collect();
                let known = match &known[..] {
                    [] => "the coin of the network, which has no contract".to_owned(),
                    known => known.join(" or "),
                };
                remarks.push(format!(
                    "token {contract} calls itself {symbol} and is not {known}: it is another asset"
                ));
            } else if token.asset.is_undescribed() {
                undescribed.push(contract);
            }
        }
        if let [first, ..] = &undescribed[..] {
            remarks.push(format!(
                "{} tokens of which nothing states the decimals ({first}{}): their amounts are in smallest units",
                undescribed.len(),
                if undescribed.len() > 1 { ", …" } else { "" }
            ));
        }
        remarks
    }
}

/// A symbol without what does not print, and not too long.
fn clean(symbol: &str) -> String {
    let printed = symbol.trim().chars().filter(|letter| !letter.is_control());
    printed.take(SYMBOL_LEN_MAX).collect()
}

/// A symbol as the eye reads it: compatibility forms, case, other scripts and marks folded.
fn folded(symbol: &str) -> String {
    let letters = symbol.nfkd().flat_map(char::to_uppercase);
    let latin = letters.map(|letter| {
        let like = LOOK_ALIKES.iter().find(|pair| pair.0 == letter);
        like.map_or(letter, |pair| pair.1)
    });
    latin
        .map(|letter| if letter == '₮' { 'T' } else { letter })
        .filter(char::is_ascii_alphanumeric)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(n: u8) -> Address {
        [n; 20]
    }

    #[test]
    fn a_name_makes_no_asset() {
        let mut tokens = Tokens::of(Network::Ethereum);
        let tether = address(
            "0xdac17f958d2ee523a2206206994597c13d831ec7",
            Network::Ethereum,
        )
        .unwrap();
        for (n, symbol) in (1..).zip([
            "USDT",
            " usdt ",
            "USDТ",
            "USD₮",
            "U.S.D.T",
            "ＵＳＤＴ",
            "ETH",
        ]) {
            tokens.describe(token(n), symbol, Some(6));
            assert!(
                tokens.get(&token(n)).unwrap().imitates.is_some(),
                "{symbol}"
            );
        }
        tokens.describe(tether, "a lie", Some(2));
        let known = tokens.get(&tether).unwrap();
        assert_eq!((known.asset.symbol(), known.asset.decimals()), ("USDT", 6));
        assert!(known.imitates.is_none());
        tokens.describe(token(9), "SHIB", Some(18));
        assert_eq!(tokens.get(&token(9)).unwrap().asset.symbol(), "SHIB");
        assert_eq!(tokens.remarks(&[token(1), token(9)]).len(), 1);
        assert!(
            tokens
                .get(&token(1))
                .unwrap()
                .asset
                .symbol()
                .contains("other contract")
        );
    }

    #[test]
    fn decimals_are_known_where_they_are_stated() {
        let mut tokens = Tokens::of(Network::Tron);
        tokens.describe(token(1), "ABC", None);
        assert!(tokens.get(&token(1)).unwrap().asset.is_undescribed());
        tokens.describe(token(1), "ABC", Some(8));
        assert_eq!(tokens.get(&token(1)).unwrap().asset.decimals(), 8);
        tokens.describe(token(1), "ABC", Some(2));
        assert_eq!(
            tokens.get(&token(1)).unwrap().asset.decimals(),
            8,
            "the first stays"
        );
    }
}
