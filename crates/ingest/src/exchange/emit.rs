//! Lines become events: accounts, assets, legs, links, references.
//!
//! Laws: rows of one group are one event, which stands in the row of its first; a leg that other rows state cites
//! them. A trade is linked if one asset went out and one came in. Every line is a record of one bin.

use super::cells::{Number, PLACES_MAX};
use super::line::{Change, Group, Line, What};
use crate::chain::batch_of_file;
use crate::table::list::position;
use crate::table::{EXCHANGE_PAIR, Row, Sheet};
use moneytrail_model::{
    AccountKey, Amount, Asset, AssetKey, Basis, BookId, EventKind, Layers, Network, RecordBin,
    TransferKind,
};
use moneytrail_store::schema::{
    AccountRow, Batch, Endpoint, EventRow, LinkRow, RecordPlace, RecordRow, Reference,
    ReferenceRow, TransferRow,
};
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;

/// Characters of a customer's number.
const NUMBER_LEN_MAX: usize = 80;

/// Currencies of states in which exchanges keep accounts.
const CURRENCIES: [&str; 36] = [
    "AED", "ARS", "AUD", "BGN", "BRL", "CAD", "CHF", "COP", "CZK", "DKK", "EUR", "GBP", "HKD",
    "HUF", "IDR", "INR", "JPY", "KES", "KRW", "KZT", "MXN", "NGN", "NOK", "NZD", "PEN", "PHP",
    "PLN", "RON", "RUB", "SEK", "SGD", "THB", "TRY", "UAH", "USD", "ZAR",
];

/// A line with its amounts, which are above zero; what they are of, and which way they went.
struct Booked {
    line: Line,
    amounts: Vec<Amount>,
}

/// One side of a trade in one asset.
struct Side {
    asset: Box<str>,
    amount: Amount,
    rows: Vec<u32>,
}

pub(super) struct Emitter<'a> {
    exchange: &'a str,
    /// The customer's number where a row states none.
    user: String,
    name: Option<&'a str>,
    path: &'a str,
    batch: Batch,
    /// Positions of assets in the batch.
    assets: FxHashMap<Asset, u32>,
    /// Decimal places of symbols.
    places: FxHashMap<Box<str>, u8>,
    figures: BTreeMap<&'static str, u64>,
    doubts: BTreeMap<&'static str, u64>,
    described: Vec<AccountKey>,
}

impl<'a> Emitter<'a> {
    pub(super) fn new(
        sheet: &'a Sheet,
        exchange: &'a str,
        (user, name): (Option<&str>, Option<&'a str>),
        book: BookId,
    ) -> Self {
        let mut batch = batch_of_file(&sheet.path);
        batch.sources = vec![sheet.source()];
        let user = user.map_or_else(|| format!("exhibit {}", hex::encode(book.0)), clipped);
        Self {
            exchange,
            user,
            name,
            path: &sheet.path,
            batch,
            assets: FxHashMap::default(),
            places: FxHashMap::default(),
            figures: BTreeMap::new(),
            doubts: BTreeMap::new(),
            described: Vec::new(),
        }
    }

    /// Keeps a row as a record.
    pub(super) fn keep(&mut self, row: &Row, bin: RecordBin, reason: Option<&str>) {
        self.batch.records.push(RecordRow {
            source: 0,
            place: RecordPlace::Row(row.number),
            bin,
            reason: reason.map(Box::from),
            raw: row.raw(),
        });
    }

    /// Takes all lines, in the order of time.
    pub(super) fn take(&mut self, lines: Vec<Line>, sheet: &Sheet) {
        let rows: FxHashMap<u32, &Row> = sheet.rows.iter().map(|row| (row.number, row)).collect();
        for change in lines.iter().flat_map(|line| &line.changes) {
            let n = change.number.n_places().min(PLACES_MAX);
            let own = asset_of(&change.asset).decimals();
            let places = self.places.entry(change.asset.clone()).or_insert(own);
            *places = (*places).max(u8::try_from(n).unwrap_or(u8::MAX));
        }
        let mut events: Vec<Vec<Booked>> = Vec::new();
        let mut by_group: FxHashMap<(Group, Option<String>), usize> = FxHashMap::default();
        for line in lines {
            let row = rows[&line.row];
            if line.changes.is_empty() {
                self.keep(row, RecordBin::Contextual, line.why);
                continue;
            }
            let amounts = line
                .changes
                .iter()
                .map(|change| self.amount(change))
                .collect();
            let amounts: Vec<Amount> = match amounts {
                Ok(amounts) => amounts,
                Err(why) => {
                    let why: String = why;
                    self.keep(row, RecordBin::Quarantined, Some(&why));
                    continue;
                }
            };
            self.keep(row, RecordBin::Transferred, None);
            if let Some(doubt) = line.doubt {
                *self.doubts.entry(doubt).or_default() += 1;
            }
            let booked = Booked { line, amounts };
            let Some(group) = booked.line.group.clone() else {
                events.push(vec![booked]);
                continue;
            };
            let at = *by_group
                .entry((group, booked.line.user.clone()))
                .or_insert(events.len());
            if at == events.len() {
                events.push(Vec::new());
            }
            events[at].push(booked);
        }
        for event in events {
            self.event(&event);
        }
    }

    fn amount(&self, change: &Change) -> Result<Amount, String> {
        let places = self.places[&change.asset];
        Amount::parse_decimal(&change.number.text, places)
            .map_err(|error| format!("{} {}: {error}", change.number.text, change.asset))
    }

    pub(super) fn finish(mut self) -> (Batch, Vec<(String, u64)>, Vec<String>) {
        let place = |record: &RecordRow| match record.place {
            RecordPlace::Row(row) => row,
            RecordPlace::Bytes(..) => 0,
        };
        self.batch.records.sort_by_key(place);
        let figures = self
            .figures
            .into_iter()
            .map(|(name, n)| (name.to_owned(), n));
        let doubts = self
            .doubts
            .into_iter()
            .map(|(doubt, n)| format!("{doubt} ({n} rows)"));
        (self.batch, figures.collect(), doubts.collect())
    }

    fn exchange(&self) -> AccountKey {
        AccountKey::Custodial(self.exchange.into(), "".into())
    }

    fn customer(&mut self, line: &Line) -> AccountKey {
        let user = line
            .user
            .as_deref()
            .map_or_else(|| self.user.clone(), clipped);
        let account = AccountKey::Custodial(self.exchange.into(), user.into());
        if let Some(name) = self.name.filter(|_| !self.described.contains(&account)) {
            self.described.push(account.clone());
            self.batch.accounts.push(AccountRow {
                account: account.clone(),
                field: "name".into(),
                value: name.into(),
                source: 0,
                row: None,
            });
        }
        account
    }

    /// Somebody whom a row does not name: told apart by the row.
    fn outside(&self, row: u32) -> AccountKey {
        let exchange = self.exchange;
        AccountKey::Listed(format!("outside {exchange}: {}!-!R{row}", self.path).into())
    }

    fn event(&mut self, booked: &[Booked]) {
        let first = &booked[0].line;
        let event = self.event_row(first);
        let others: FxHashMap<u32, u32> = booked[1..]
            .iter()
            .map(|booked| (booked.line.row, self.event_row(&booked.line)))
            .collect();
        let customer = self.customer(first);
        let n_before = self.batch.transfers.len();
        self.trade(event, booked, &customer, &others);
        for Booked { line, amounts } in booked {
            for (change, &amount) in line.changes.iter().zip(amounts) {
                if change.what != What::Trade {
                    let at = self.batch.transfers.len();
                    self.change(event, line, (change, amount), &customer);
                    for leg in at..self.batch.transfers.len() {
                        self.cite(leg, &[line.row], &others);
                    }
                }
            }
        }
        let mut own = n_before..self.batch.transfers.len();
        let key = customer.encode();
        let is_own = |&leg: &usize| {
            let transfers = &self.batch.transfers;
            [transfers.from_key(leg), transfers.to_key(leg)].contains(&Some(&key[..]))
        };
        if let Some(leg) = own.find(is_own) {
            self.batch.references.push(ReferenceRow {
                transfer: position(leg),
                reference: Reference::Booking { account: customer },
            });
        }
    }

    fn event_row(&mut self, line: &Line) -> u32 {
        self.batch.events.push(EventRow {
            kind: EventKind::Payment,
            transaction: None,
            block: None,
            tx_index: None,
            time: line.time,
            source: 0,
            row: Some(line.row),
            stale: false,
        });
        position(self.batch.events.len() - 1)
    }

    /// Lets a leg cite the rows that state it beside the row of its event.
    fn cite(&mut self, leg: usize, rows: &[u32], others: &FxHashMap<u32, u32>) {
        for row in rows {
            if let Some(&event) = others.get(row) {
                self.batch.references.push(ReferenceRow {
                    transfer: position(leg),
                    reference: Reference::Row { event },
                });
            }
        }
    }

    fn leg(
        &mut self,
        event: u32,
        (from, to): (AccountKey, AccountKey),
        (asset, amount): (&Asset, Amount),
        kind: TransferKind,
    ) -> u32 {
        let next = position(self.batch.assets.len());
        let at = *self.assets.entry(asset.clone()).or_insert(next);
        if at == next {
            self.batch.assets.push(asset.clone());
        }
        self.batch.transfers.push(&TransferRow {
            event,
            from: Endpoint::Account(from),
            to: Endpoint::Account(to),
            asset: at,
            amount: Some(amount),
            kind,
            layers: Layers::BOTH,
        });
        position(self.batch.transfers.len() - 1)
    }

    fn link(&mut self, earlier: u32, later: u32, basis: Basis) {
        self.batch.links.push(LinkRow {
            earlier,
            later,
            consumed: None,
            paid: None,
            basis,
        });
    }

    /// The asset as the exchange counts it.
    fn held(&self, symbol: &str) -> Asset {
        let asset = asset_of(symbol);
        let own = asset.decimals();
        asset.with_decimals(self.places.get(symbol).copied().unwrap_or(own))
    }

    fn trade(
        &mut self,
        event: u32,
        booked: &[Booked],
        customer: &AccountKey,
        others: &FxHashMap<u32, u32>,
    ) {
        let mut sides: [Vec<Side>; 2] = [Vec::new(), Vec::new()];
        for Booked { line, amounts } in booked {
            for (change, &amount) in line.changes.iter().zip(amounts) {
                if change.what != What::Trade || amount == Amount::ZERO {
                    continue;
                }
                let side = &mut sides[usize::from(!change.number.negative)];
                let known = side.iter_mut().find(|known| known.asset == change.asset);
                let sum = known.and_then(|known| {
                    known.amount = known.amount.checked_add(amount)?;
                    known.rows.push(line.row);
                    Some(())
                });
                if sum.is_none() {
                    side.push(Side {
                        asset: change.asset.clone(),
                        amount,
                        rows: vec![line.row],
                    });
                }
            }
        }
        let counts = sides.each_ref().map(Vec::len);
        if counts == [0, 0] {
            return;
        }
        let exchange = self.exchange();
        let mut legs = Vec::new();
        for (side, is_in) in sides.iter().zip([false, true]) {
            for side in side {
                let ends = if is_in {
                    (exchange.clone(), customer.clone())
                } else {
                    (customer.clone(), exchange.clone())
                };
                let asset = self.held(&side.asset);
                let leg = self.leg(event, ends, (&asset, side.amount), TransferKind::Exchange);
                self.cite(leg as usize, &side.rows, others);
                legs.push(leg);
            }
        }
        *self.figures.entry("trades").or_default() += 1;
        let doubt = match counts {
            [1, 1] => {
                let is_stated = matches!(booked[0].line.group, None | Some(Group::Stated(_)));
                let basis = if is_stated {
                    Basis::Fact
                } else {
                    Basis::Inference(EXCHANGE_PAIR)
                };
                self.link(legs[0], legs[1], basis);
                return;
            }
            [0, _] | [_, 0] => "trades of which only one side stands here: nothing is linked",
            _ => {
                "trades of several assets at once: nothing says which paid which, and nothing is linked"
            }
        };
        *self.doubts.entry(doubt).or_default() += booked.len() as u64;
    }

    fn change(
        &mut self,
        event: u32,
        line: &Line,
        (change, amount): (&Change, Amount),
        customer: &AccountKey,
    ) {
        if amount == Amount::ZERO {
            return;
        }
        let (exchange, is_out) = (self.exchange(), change.number.negative);
        let (other, kind, figure) = match change.what {
            What::Deposit => {
                self.deposit(event, line, change, amount, customer);
                return;
            }
            What::Withdrawal => {
                self.withdrawal(event, line, change, amount, customer);
                return;
            }
            What::Fee if is_out => (exchange, TransferKind::Fee, "fees"),
            What::Fee | What::Commission => (exchange, TransferKind::Commission, "commissions"),
            What::Interest => (exchange, TransferKind::Interest, "interest"),
            What::Reward => (exchange, TransferKind::Reward, "rewards"),
            What::Settled => (exchange, TransferKind::Payment, "settled results"),
            What::Trade | What::Payment => {
                let other = match &line.other.within {
                    Some(platform) => Self::platform(platform, customer),
                    None => self.outside(line.row),
                };
                (other, TransferKind::Payment, "payments")
            }
        };
        let ends = if is_out {
            (customer.clone(), other)
        } else {
            (other, customer.clone())
        };
        let asset = self.held(&change.asset);
        self.leg(event, ends, (&asset, amount), kind);
        *self.figures.entry(figure).or_default() += 1;
    }

    /// The same customer's account at another platform of the house.
    fn platform(platform: &str, customer: &AccountKey) -> AccountKey {
        match customer {
            AccountKey::Custodial(_, number) => {
                AccountKey::Custodial(platform.into(), number.clone())
            }
            other => other.clone(),
        }
    }

    fn within(&self, within: &str) -> AccountKey {
        AccountKey::Custodial(self.exchange.into(), clipped(within).into())
    }

    fn deposit(
        &mut self,
        event: u32,
        line: &Line,
        change: &Change,
        amount: Amount,
        customer: &AccountKey,
    ) {
        *self.figures.entry("deposits").or_default() += 1;
        let held = self.held(&change.asset);
        let Some(txid) = line.other.txid else {
            let from = match &line.other.within {
                Some(within) => self.within(within),
                None => self.outside(line.row),
            };
            let ends = (from, customer.clone());
            self.leg(event, ends, (&held, amount), TransferKind::Deposit);
            return;
        };
        let network = network_of(line, &change.asset);
        let from = on_chain(network, &line.other, &line.other.from);
        let from = from.map_or_else(
            || AccountKey::Listed(format!("sender of {}", hex::encode(txid)).into()),
            |from| from.0,
        );
        let to = on_chain(network, &line.other, &line.other.address);
        let (to, account) = to.unwrap_or_else(|| {
            let to = AccountKey::Listed(format!("receiver of {}", hex::encode(txid)).into());
            (to, None)
        });
        let moved = self.moved(network, change, amount);
        let earlier = self.leg(
            event,
            (from, to),
            (&moved.0, moved.1),
            TransferKind::Payment,
        );
        self.names(earlier, txid, account);
        let ends = (self.exchange(), customer.clone());
        let later = self.leg(event, ends, (&held, amount), TransferKind::Deposit);
        self.link(earlier, later, Basis::Fact);
    }

    fn withdrawal(
        &mut self,
        event: u32,
        line: &Line,
        change: &Change,
        amount: Amount,
        customer: &AccountKey,
    ) {
        *self.figures.entry("withdrawals").or_default() += 1;
        let held = self.held(&change.asset);
        let network = network_of(line, &change.asset);
        let to = on_chain(network, &line.other, &line.other.address);
        let direct = match (&line.other.within, &to, line.other.txid) {
            (Some(within), ..) => Some(self.within(within)),
            (None, None, None) => Some(self.outside(line.row)),
            _ => None,
        };
        if let Some(direct) = direct {
            let ends = (customer.clone(), direct);
            self.leg(event, ends, (&held, amount), TransferKind::Release);
            return;
        }
        let ends = (customer.clone(), self.exchange());
        let earlier = self.leg(event, ends, (&held, amount), TransferKind::Release);
        let (to, account) = to.unwrap_or_else(|| (self.outside(line.row), None));
        let moved = self.moved(network, change, amount);
        let ends = (self.exchange(), to);
        let later = self.leg(event, ends, (&moved.0, moved.1), TransferKind::Payment);
        if let Some(txid) = line.other.txid {
            self.names(later, txid, account);
        }
        self.link(earlier, later, Basis::Fact);
    }

    fn names(&mut self, transfer: u32, txid: [u8; 32], account: Option<AccountKey>) {
        *self.figures.entry("named transactions").or_default() += 1;
        self.batch.references.push(ReferenceRow {
            transfer,
            reference: Reference::Transaction { txid, account },
        });
    }

    /// What moves on the chain: its own asset where the network says which that is.
    fn moved(&self, network: Option<Network>, change: &Change, amount: Amount) -> (Asset, Amount) {
        let own = network.and_then(|network| asset_on(network, &change.asset));
        let exact = |asset: &Asset| {
            let Number { text, .. } = &change.number;
            Amount::parse_decimal(text, asset.decimals()).ok()
        };
        own.and_then(|asset| exact(&asset).map(|amount| (asset, amount)))
            .unwrap_or_else(|| (self.held(&change.asset), amount))
    }
}

fn clipped(number: &str) -> String {
    let printed = number.trim().chars().filter(|sign| !sign.is_control());
    printed.take(NUMBER_LEN_MAX).collect()
}

/// A symbol as an exchange holds it: a currency, or what it calls so, which is no asset of a chain.
pub(super) fn asset_of(symbol: &str) -> Asset {
    let currency = CURRENCIES
        .contains(&symbol)
        .then(|| AssetKey::currency(symbol));
    Asset::new(
        currency
            .flatten()
            .unwrap_or_else(|| AssetKey::AsWritten(symbol.into())),
    )
}

/// The asset that a symbol means on a network, if there is one and no other.
pub(super) fn asset_on(network: Network, symbol: &str) -> Option<Asset> {
    if symbol == network.symbol() || symbol == "MATIC" && network == Network::Polygon {
        return Some(Asset::new(AssetKey::Native(network)));
    }
    let mut contracts = AssetKey::contracts_of(network, symbol);
    let contract = contracts.next().filter(|_| contracts.next().is_none())?;
    Some(Asset::new(AssetKey::Token(network, contract.into())))
}

/// The network that a row names, or that its asset or address can only be of.
fn network_of(line: &Line, symbol: &str) -> Option<Network> {
    let stated = &*line.other.network;
    if let Some(network) = network_named(stated) {
        return Some(network);
    }
    // A coin of its own network; ether is on many.
    let own = network_named(symbol).filter(|network| stated.is_empty() && !network.is_evm());
    own.or_else(|| {
        let account = AccountKey::parse(&line.other.address, Network::Tron)?;
        (account.network() == Some(Network::Tron)).then_some(Network::Tron)
    })
}

/// The network that exchanges call so.
pub(super) fn network_named(word: &str) -> Option<Network> {
    let bare = word.split('(').next().unwrap_or_default().trim();
    Some(match &*bare.to_ascii_uppercase() {
        "BTC" | "SEGWITBTC" | "BITCOIN" => Network::Bitcoin,
        "LTC" | "LITECOIN" => Network::Litecoin,
        "BCH" => Network::BitcoinCash,
        "DOGE" | "DOGECOIN" => Network::Dogecoin,
        "TRX" | "TRC20" | "TRON" => Network::Tron,
        "ETH" | "ERC20" | "ETHEREUM" => Network::Ethereum,
        "BSC" | "BEP20" => Network::Bsc,
        "MATIC" | "POL" | "POLYGON" => Network::Polygon,
        "AVAXC" | "AVAX C-CHAIN" => Network::Avalanche,
        "ARBITRUM" | "ARBITRUMONE" | "ARBITRUM ONE" => Network::Arbitrum,
        "OPTIMISM" => Network::Optimism,
        "BASE" => Network::Base,
        _ => return bare.parse().ok(),
    })
}

/// The account of an address, and again if it is one of a chain that is known; `None` without an address.
fn on_chain(
    network: Option<Network>,
    other: &super::line::Other,
    address: &str,
) -> Option<(AccountKey, Option<AccountKey>)> {
    if address.is_empty() {
        return None;
    }
    let parsed = network.and_then(|network| {
        let account = AccountKey::parse(address, network)?;
        (account.network() == Some(network)).then_some(account)
    });
    let known = parsed.map(|account| (account.clone(), Some(account)));
    Some(known.unwrap_or_else(|| {
        let name = format!("{} {address}", other.network);
        (AccountKey::Listed(name.trim().into()), None)
    }))
}
