//! Made cases: exhibits that describe parts of one world, each in its own way, with errors.

use crate::common::{add, listed, new_case};
use moneytrail_model::{
    AccountKey, Amount, Asset, AssetKey, Basis, EventKind, Instant, Layers, Network, Precision,
    TransactionForm, TransferKind,
};
use moneytrail_store::CaseWriter;
use moneytrail_store::schema::{
    Batch, BlockRow, Endpoint, EventRow, LinkRow, OutpointRow, Reference, ReferenceRow, Side,
    SourceRow, TransferRow,
};
use proptest::collection::vec;
use proptest::option::weighted;
use proptest::prelude::*;
use std::ops::Range;
use std::path::Path;

/// What happened, and who tells it.
#[derive(Clone, Debug)]
pub(crate) struct World {
    transactions: Vec<Transaction>,
    blocks: Vec<Block>,
    exhibits: Vec<Exhibit>,
}

/// Outputs spent, by transaction and place, and outputs made: account and units. None spent: coinbase.
#[derive(Clone, Debug)]
struct Transaction {
    inputs: Vec<(u32, u32)>,
    outputs: Vec<(u32, Option<i128>)>,
}

#[derive(Clone, Debug)]
struct Block {
    /// How many blocks before this one the previous stands; none for a first one.
    back: Option<u32>,
    time: i64,
    bits: u32,
}

#[derive(Clone, Debug)]
struct Exhibit {
    rank: u8,
    salt: u32,
    decimals: u8,
    parts: Vec<Part>,
}

#[derive(Clone, Debug)]
enum Part {
    Block {
        number: u32,
        knows: (bool, bool, bool),
        stale: bool,
        told: Vec<Told>,
    },
    /// Transactions without a block.
    Loose {
        main: bool,
        time: Instant,
        told: Vec<Told>,
    },
    /// Rows of a plain list.
    List { sheet: bool, rows: Vec<ListRow> },
    /// Rows of a book, and links between its movements.
    Book {
        sheet: bool,
        rows: Vec<(Instant, Vec<Movement>, Option<Named>)>,
        links: Vec<Spent>,
    },
}

/// How an exhibit tells a transaction.
#[derive(Clone, Debug)]
struct Told {
    id: u32,
    /// Whether inputs are told with values, and whether with accounts.
    inputs: (bool, bool),
    /// A place whose amount it gets wrong.
    wrong: Option<u32>,
    lacks_one: bool,
}

/// Network and id of a transaction, time, whether it is numbered, movements.
type ListRow = (Option<(bool, u32)>, Instant, bool, Vec<Movement>);

/// From, to, units, asset.
type Movement = (u32, u32, Option<i128>, u32);

/// Earlier, later, consumed, paid, basis.
type Spent = (u32, u32, Option<i128>, Option<i128>, u32);

#[derive(Clone, Debug)]
enum Named {
    Token {
        token: usize,
        issued: bool,
        pair: bool,
    },
    Transaction {
        tron: bool,
        id: u32,
        account: Option<u32>,
    },
}

fn amount() -> impl Strategy<Value = Option<i128>> + Clone {
    const WIDE: i128 = (1 << 64) + 1;
    const NEARLY_TOO_LARGE: i128 = 10_i128.pow(37) * 5;
    weighted(
        0.9,
        prop_oneof![4 => Just(5), 4 => Just(10), 2 => 0..60_i128, 1 => Just(WIDE), 1 => Just(NEARLY_TOO_LARGE)],
    )
}

fn instant() -> impl Strategy<Value = Instant> + Clone {
    let precision = prop_oneof![3 => Just(Precision::Second), 3 => Just(Precision::Day), 1 => Just(Precision::Unknown)];
    ((0..5_i64), precision)
        .prop_map(|(step, precision)| Instant::new(step * 20 * 86_400, precision))
}

/// A case with so many transactions, at most so many rows in each part of an exhibit, and so many of both.
pub(crate) fn world(n: u32, rows: usize, parts: Range<usize>) -> impl Strategy<Value = World> {
    let accounts = 2 + n / 2;
    let transaction = (
        vec((0..n + n / 4, 0..2_u32), 0..3),
        vec((0..accounts, amount()), 1..4),
    );
    let transaction = transaction.prop_map(|(inputs, outputs)| Transaction { inputs, outputs });
    let bits = prop_oneof![Just(0x207f_ffff), Just(0x1f7f_ffff)];
    let block = (weighted(0.9, 1..3_u32), 0..5_i64, bits).prop_map(|(back, step, bits)| Block {
        back,
        time: step * 20 * 86_400,
        bits,
    });
    (
        vec(transaction, n as usize),
        vec(block, 6),
        vec(exhibit(n, accounts, rows, parts.clone()), parts),
    )
        .prop_map(|(transactions, blocks, exhibits)| World {
            transactions,
            blocks,
            exhibits,
        })
}

fn exhibit(
    n: u32,
    accounts: u32,
    rows: usize,
    parts: Range<usize>,
) -> impl Strategy<Value = Exhibit> {
    let wrong = weighted(0.15, 0..4_u32);
    let told = (
        0..n,
        any::<(bool, bool)>(),
        wrong,
        prop::bool::weighted(0.1),
    );
    let told = told.prop_map(|(id, inputs, wrong, lacks_one)| Told {
        id,
        inputs,
        wrong,
        lacks_one,
    });
    let told = vec(told, 0..rows + 1);
    let asset = prop_oneof![6 => Just(0), 2 => Just(2), 1 => Just(1), 1 => Just(3_u32)];
    let movement = (0..accounts, 0..accounts, amount(), asset);
    let movements = vec(movement, 1..3);
    let knows = (prop::bool::weighted(0.9), any::<bool>(), any::<bool>());
    let block = (0..6_u32, knows, prop::bool::weighted(0.2), told.clone());
    let block = block.prop_map(|(number, knows, stale, told)| Part::Block {
        number,
        knows,
        stale,
        told,
    });
    let loose = (any::<bool>(), instant(), told).prop_map(|(main, time, told)| Part::Loose {
        main,
        time,
        told,
    });
    let id = weighted(0.6, (any::<bool>(), 0..n));
    let list = (
        any::<bool>(),
        vec(
            (id, instant(), any::<bool>(), movements.clone()),
            1..rows + 2,
        ),
    );
    let list = list.prop_map(|(sheet, rows)| Part::List { sheet, rows });
    let token = prop_oneof![3 => Just(0), 3 => Just(1), 1 => Just(2), 1 => Just(3_usize)];
    let named = prop_oneof![
        (token, any::<bool>(), prop::bool::weighted(0.9)).prop_map(|(token, issued, pair)| {
            Named::Token {
                token,
                issued,
                pair,
            }
        }),
        (any::<bool>(), 0..n, weighted(0.2, 0..accounts))
            .prop_map(|(tron, id, account)| Named::Transaction { tron, id, account }),
    ];
    let places = u32::try_from(rows).unwrap() + 2;
    let link = (0..places, 0..places, amount(), amount(), 0..3_u32);
    let book = (
        any::<bool>(),
        vec((instant(), movements, weighted(0.7, named)), 1..rows + 2),
        vec(link, 0..rows + 1),
    );
    let book = book.prop_map(|(sheet, rows, links)| Part::Book { sheet, rows, links });
    let part = prop_oneof![4 => block, 2 => loose, 2 => list, 3 => book];
    (0..4_u8, any::<u32>(), 0..3_u8, vec(part, parts)).prop_map(|(rank, salt, decimals, parts)| {
        Exhibit {
            rank,
            salt,
            decimals,
            parts,
        }
    })
}

fn account(number: u32) -> Endpoint {
    Endpoint::Account(listed(&format!("account {number}")))
}

fn id(number: u32, what: u8) -> [u8; 32] {
    let mut id = [what; 32];
    id[..4].copy_from_slice(&number.wrapping_mul(0x9e37_79b9).to_le_bytes());
    id
}

fn units(units: Option<i128>) -> Option<Amount> {
    units.map(|units| Amount::new(units).unwrap())
}

fn small(n: usize) -> u32 {
    u32::try_from(n).unwrap()
}

impl World {
    /// Writes the case below a directory.
    pub(crate) fn write(&self, directory: &Path) -> CaseWriter {
        let writer = new_case(directory);
        for exhibit in &self.exhibits {
            let batches = exhibit.parts.iter().map(|part| self.batch(exhibit, part));
            let content = exhibit.salt.to_string();
            add(&writer, &content, exhibit.rank, batches.collect());
        }
        writer
    }

    fn batch(&self, exhibit: &Exhibit, part: &Part) -> Batch {
        let source = |sheet: &str| SourceRow {
            path: "evidence".into(),
            sheet: Some(sheet.into()),
            right_to_left: false,
        };
        let assets = |network| {
            vec![
                Asset::new(AssetKey::Native(network)),
                Asset::new(AssetKey::Listed("unit".into())).with_decimals(exhibit.decimals),
                Asset::new(AssetKey::AsWritten("BTC".into())),
                Asset::new(AssetKey::AsWritten("TRX".into())).with_decimals(5 + exhibit.decimals),
            ]
        };
        let mut batch = Batch {
            sources: vec![source("1"), source("2")],
            assets: assets(Network::Regtest),
            ..Batch::default()
        };
        match part {
            Part::Block {
                number,
                knows,
                stale,
                told,
            } => {
                let network = if *number < 4 {
                    Network::Regtest
                } else {
                    Network::Bitcoin
                };
                batch.assets = assets(network);
                batch.blocks.push(self.block(*number, *knows, *stale));
                let time = Instant::at(batch.blocks[0].time);
                for (tx_index, told) in (0..).zip(told) {
                    self.tell(&mut batch, network, told, time, Some(tx_index), *stale);
                }
            }
            Part::Loose { main, time, told } => {
                let network = if *main {
                    Network::Bitcoin
                } else {
                    Network::Regtest
                };
                batch.assets = assets(network);
                for told in told {
                    self.tell(&mut batch, network, told, *time, None, false);
                }
            }
            Part::List { sheet, rows } => {
                for (row, (transaction, time, numbered, movements)) in (1..).zip(rows) {
                    let network = |tron| {
                        if tron {
                            Network::Tron
                        } else {
                            Network::Regtest
                        }
                    };
                    let transaction =
                        transaction.map(|(tron, number)| (network(tron), id(number, 1)));
                    batch.assets[0] = Asset::new(AssetKey::Native(Network::Tron));
                    let row = (EventKind::Payment, numbered.then_some(row));
                    push_row(
                        &mut batch,
                        row,
                        transaction,
                        *time,
                        u32::from(*sheet),
                        movements,
                    );
                }
            }
            Part::Book { sheet, rows, links } => {
                for (row, (time, movements, named)) in (1..).zip(rows) {
                    let row = (EventKind::LedgerLine, Some(row));
                    let transfer = small(batch.transfers.len());
                    push_row(&mut batch, row, None, *time, u32::from(*sheet), movements);
                    let reference = named.as_ref().map(Named::reference);
                    batch
                        .references
                        .extend(reference.map(|reference| ReferenceRow {
                            transfer,
                            reference,
                        }));
                }
                for &(earlier, later, consumed, paid, basis) in links {
                    let n = small(batch.transfers.len());
                    let basis =
                        ["fact", "inference exchange-pair@1", "assumption so"][basis as usize];
                    batch.links.push(LinkRow {
                        earlier: earlier % n,
                        later: later % n,
                        consumed: units(consumed),
                        paid: units(paid),
                        basis: Basis::parse(basis).unwrap(),
                    });
                }
                batch.links.retain(|link| link.earlier != link.later);
            }
        }
        batch
    }

    fn previous(&self, number: u32) -> Option<u32> {
        number.checked_sub(self.blocks[number as usize].back?)
    }

    fn block(
        &self,
        number: u32,
        (previous, height, bits): (bool, bool, bool),
        stale: bool,
    ) -> BlockRow {
        let block = &self.blocks[number as usize];
        let before = std::iter::successors(Some(number), |&number| self.previous(number));
        BlockRow {
            network: if number < 4 {
                Network::Regtest
            } else {
                Network::Bitcoin
            },
            hash: id(number, 2),
            previous: self
                .previous(number)
                .filter(|_| previous)
                .map(|number| id(number, 2)),
            height: height.then(|| small(before.count())),
            time: block.time,
            bits: bits.then_some(block.bits),
            n_transactions: 0,
            n_inputs: 0,
            n_outputs: 0,
            source: 0,
            bytes: (0, 1),
            stale,
        }
    }

    fn tell(
        &self,
        batch: &mut Batch,
        network: Network,
        told: &Told,
        time: Instant,
        tx_index: Option<u32>,
        stale: bool,
    ) {
        let transaction = &self.transactions[told.id as usize];
        let is_coinbase = transaction.inputs.is_empty();
        let event = small(batch.events.len());
        batch.events.push(EventRow {
            kind: if is_coinbase {
                EventKind::Coinbase
            } else {
                EventKind::Transaction
            },
            transaction: Some((network, id(told.id, 1))),
            block: tx_index.map(|_| 0),
            tx_index,
            time,
            source: 0,
            row: None,
            stale,
            form: TransactionForm::default(),
        });
        let mut rows = Vec::new();
        if is_coinbase {
            let issuance = Endpoint::Account(AccountKey::Issuance(network));
            rows.push((
                issuance,
                Endpoint::Junction,
                Some(50),
                TransferKind::Subsidy,
            ));
        }
        for &(spent, vout) in &transaction.inputs {
            let output = self
                .transactions
                .get(spent as usize)
                .and_then(|of| of.outputs.get(vout as usize));
            let &(owner, value) = output.unwrap_or(&(0, Some(5)));
            let placeholder = Endpoint::Account(AccountKey::Outpoint(network, id(spent, 1), vout));
            let from = if told.inputs.1 {
                account(owner)
            } else {
                placeholder
            };
            let value = value.filter(|_| told.inputs.0);
            let transfer = small(batch.transfers.len() + rows.len());
            batch.outpoints.push(OutpointRow {
                transfer,
                txid: id(spent, 1),
                vout,
            });
            rows.push((from, Endpoint::Junction, value, TransferKind::Input));
        }
        for &(owner, value) in &transaction.outputs {
            rows.push((
                Endpoint::Junction,
                account(owner),
                value,
                TransferKind::Output,
            ));
        }
        if let Some(row) = told.wrong.and_then(|place| rows.get_mut(place as usize)) {
            row.2 = row.2.map(|_| 7);
        }
        if told.lacks_one {
            rows.pop();
        }
        for (from, to, value, kind) in rows {
            let (asset, amount, layers) = (0, units(value), Layers::BOTH);
            batch.transfers.push(&TransferRow {
                event,
                from,
                to,
                asset,
                amount,
                kind,
                layers,
            });
        }
    }
}

impl Named {
    fn reference(&self) -> Reference {
        match *self {
            Self::Token {
                token,
                issued,
                pair,
            } => Reference::Token {
                token: ["7", "007", "KA-7", "-"][token].into(),
                side: if issued { Side::Issued } else { Side::Received },
                issuer: if pair { "A" } else { "b" }.into(),
                payer: "B".into(),
            },
            Self::Transaction {
                tron,
                id: number,
                account: to,
            } => {
                let mut txid = id(number, 1);
                if !tron {
                    txid.reverse();
                }
                let account = to.map(|number| listed(&format!("account {number}")));
                Reference::Transaction { txid, account }
            }
        }
    }
}

fn push_row(
    batch: &mut Batch,
    (kind, row): (EventKind, Option<u32>),
    transaction: Option<(Network, [u8; 32])>,
    time: Instant,
    source: u32,
    movements: &[Movement],
) {
    let event = small(batch.events.len());
    batch.events.push(EventRow {
        kind,
        transaction,
        block: None,
        tx_index: None,
        time,
        source,
        row,
        stale: false,
        form: TransactionForm::default(),
    });
    for &(from, to, value, asset) in movements {
        batch.transfers.push(&TransferRow {
            event,
            from: account(from),
            to: account(to),
            asset,
            amount: units(value),
            kind: TransferKind::Payment,
            layers: if asset == 1 {
                Layers::VALUE
            } else {
                Layers::CUSTODY
            },
        });
    }
}
