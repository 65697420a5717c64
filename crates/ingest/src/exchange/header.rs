//! Which export of which exchange a file is, by the names of its columns.
//!
//! Law: names are compared without case, spaces and what stands in parentheses; order and further columns do not
//! count; the header may stand below a preamble.

use super::cells::number;
use crate::table::sheet::{Cell, Row, Sheet};
use rustc_hash::FxHashMap;

/// Rows above which a header is looked for.
const PREAMBLE_LEN: usize = 40;

/// An export that is known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Layout {
    BinanceDeposits,
    BinanceWithdrawals,
    BinanceStatement,
    Kraken,
    Coinbase,
    Okx,
}

/// What a cell of a row is, whatever its column is called.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Column {
    Time,
    Coin,
    Network,
    Amount,
    Fee,
    Address,
    From,
    Txid,
    Status,
    User,
    Account,
    Type,
    Subtype,
    Remark,
    Reference,
    Balance,
    Before,
    PriceCurrency,
    Subtotal,
    Total,
    Id,
}

use Column::{
    Account, Address, Amount, Balance, Before, Coin, Fee, From, Id, Network, PriceCurrency,
    Reference, Remark, Status, Subtotal, Subtype, Time, Total, Txid, Type, User,
};

/// Names of columns, folded. The first columns of each are those by which the export is known.
type Names = &'static [(Column, &'static [&'static str])];

const HISTORY: Names = &[
    (Time, &["date", "time", "utctime"]),
    (Coin, &["coin"]),
    (Amount, &["amount"]),
    (Address, &["address"]),
    (Txid, &["txid"]),
    (Status, &["status"]),
    (Network, &["network"]),
    (Fee, &["fee", "transactionfee"]),
    (From, &["sourceaddress"]),
    (User, &["userid"]),
];
const STATEMENT: Names = &[
    (Time, &["utctime", "time", "date"]),
    (Account, &["account"]),
    (Type, &["operation"]),
    (Coin, &["coin"]),
    (Amount, &["change"]),
    (User, &["userid"]),
    (Remark, &["remark"]),
];
const KRAKEN: Names = &[
    (Id, &["txid"]),
    (Reference, &["refid"]),
    (Time, &["time"]),
    (Type, &["type"]),
    (Coin, &["asset"]),
    (Amount, &["amount"]),
    (Fee, &["fee"]),
    (Balance, &["balance"]),
    (Subtype, &["subtype"]),
    (Account, &["wallet"]),
];
const COINBASE: Names = &[
    (Time, &["timestamp"]),
    (Type, &["transactiontype"]),
    (Coin, &["asset"]),
    (Amount, &["quantitytransacted"]),
    (PriceCurrency, &["pricecurrency", "spotpricecurrency"]),
    (Subtotal, &["subtotal"]),
    (Total, &["total"]),
    (Fee, &["feesandorspread", "fees"]),
    (Remark, &["notes"]),
    (Id, &["id"]),
];
const OKX: Names = &[
    (Time, &["time"]),
    (Type, &["type"]),
    (Amount, &["amount"]),
    (Before, &["beforebalance"]),
    (Balance, &["afterbalance"]),
    (Fee, &["fee"]),
    (Coin, &["symbol"]),
    (Id, &["id"]),
];

impl Layout {
    const ALL: [(Self, Names, usize); 5] = [
        (Self::BinanceDeposits, HISTORY, 6),
        (Self::BinanceStatement, STATEMENT, 5),
        (Self::Kraken, KRAKEN, 8),
        (Self::Coinbase, COINBASE, 4),
        (Self::Okx, OKX, 7),
    ];

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::BinanceDeposits => "Binance's deposit history",
            Self::BinanceWithdrawals => "Binance's withdrawal history",
            Self::BinanceStatement => "Binance's account statement",
            Self::Kraken => "Kraken's ledgers",
            Self::Coinbase => "Coinbase's transaction report",
            Self::Okx => "OKX's account bills",
        }
    }

    pub(super) const fn exchange(self) -> &'static str {
        match self {
            Self::BinanceDeposits | Self::BinanceWithdrawals | Self::BinanceStatement => "Binance",
            Self::Kraken => "Kraken",
            Self::Coinbase => "Coinbase",
            Self::Okx => "OKX",
        }
    }

    /// What the form leaves open.
    pub(super) const fn assumptions(self) -> &'static [&'static str] {
        match self {
            Self::BinanceDeposits => &[],
            Self::BinanceWithdrawals => {
                &["the amount of a withdrawal is what arrives, its fee is taken beside it"]
            }
            Self::BinanceStatement => &[
                "trades of one second are one trade, and fees of that second are its fees",
                "what moves between the wallets of the account (spot, funding, earn) moves nothing",
            ],
            Self::Kraken => &[
                "the ledger's ids are Kraken's own and name no transaction of a chain",
                "what moves between the wallets of the account moves nothing",
            ],
            Self::Coinbase => &["a purchase is paid from the account, whatever it was paid with"],
            Self::Okx => &[
                "trades of one second are one trade",
                "what moves between the accounts of the user (funding, trading) moves nothing",
            ],
        }
    }
}

/// A header that was found.
#[derive(Clone, Debug)]
pub(super) struct Head {
    pub(super) layout: Layout,
    /// Its row, from 1.
    pub(super) row: u32,
    columns: FxHashMap<Column, usize>,
    names: Vec<String>,
    /// As written: they may hold a time zone and a currency.
    pub(super) written: Vec<String>,
    /// The customer's number that the preamble states, and his name.
    pub(super) user: Option<String>,
    pub(super) name: Option<String>,
    /// Text of the preamble.
    pub(super) preamble: String,
}

/// Whether a text can begin with a header, cheaply: each has one of these words.
pub(super) fn may_begin(head: &str) -> bool {
    let lower: String = head
        .chars()
        .take(16 * 1024)
        .collect::<String>()
        .to_lowercase();
    [
        "txid",
        "operation",
        "refid",
        "quantity transacted",
        "before balance",
        "before_balance",
        "beforebalance",
    ]
    .iter()
    .any(|word| lower.contains(word))
}

/// Letters and digits of a name, lower case, without what stands in parentheses.
fn folded(name: &str) -> String {
    let name = name.split('(').next().unwrap_or_default();
    let signs = name.chars().filter(|sign| sign.is_alphanumeric());
    signs.flat_map(char::to_lowercase).collect()
}

fn names_of(row: &Row) -> Vec<String> {
    row.cells
        .iter()
        .map(|cell| folded(cell.trimmed()))
        .collect()
}

impl Head {
    /// The header of a sheet, if it has one that is known.
    pub(super) fn of(sheet: &Sheet) -> Option<Self> {
        let (at, row) = sheet
            .rows
            .iter()
            .take(PREAMBLE_LEN)
            .enumerate()
            .find(|(_, row)| find(&names_of(row)).is_some())?;
        let names = names_of(row);
        let (layout, columns) = find(&names)?;
        let mut head = Self {
            layout,
            row: row.number,
            columns,
            names,
            written: row
                .cells
                .iter()
                .map(|cell| cell.trimmed().to_owned())
                .collect(),
            user: None,
            name: None,
            preamble: String::new(),
        };
        for row in &sheet.rows[..at] {
            head.take_preamble(row);
        }
        Some(head)
    }

    /// `User,Jane Doe,5f1c…` (Coinbase), `UID: 1234` or `UID,1234`.
    fn take_preamble(&mut self, row: &Row) {
        let cells: Vec<&str> = row
            .cells
            .iter()
            .map(Cell::trimmed)
            .filter(|cell| !cell.is_empty())
            .collect();
        for cell in &cells {
            self.preamble.push_str(cell);
            self.preamble.push('\n');
        }
        let Some(first) = cells.first() else { return };
        match &cells[1..] {
            [name, number] if folded(first) == "user" => {
                self.name = Some((*name).to_owned());
                self.user = Some((*number).to_owned());
            }
            [number, ..] if matches!(&*folded(first), "uid" | "userid") => {
                self.user = Some((*number).to_owned());
            }
            _ => {
                let number = first
                    .split_once(':')
                    .filter(|(word, _)| folded(word) == "uid");
                if let Some((_, number)) = number {
                    self.user = Some(number.trim().to_owned());
                }
            }
        }
    }

    pub(super) fn column(&self, column: Column) -> Option<usize> {
        self.columns.get(&column).copied()
    }

    /// The header, or that of a file that was put behind another.
    pub(super) fn is_header(&self, row: &Row) -> bool {
        names_of(row) == self.names
    }

    /// Binance's histories of deposits and withdrawals once had one header: fees tell them apart.
    pub(super) fn told_apart(
        &self,
        sheet: &Sheet,
        decimal: char,
        assumptions: &mut Vec<String>,
    ) -> Layout {
        let Some(fee) = self
            .column(Fee)
            .filter(|_| self.layout == Layout::BinanceDeposits)
        else {
            return self.layout;
        };
        if self.names[fee] == "fee" {
            return Layout::BinanceWithdrawals;
        }
        let is_charged = |row: &Row| {
            let text = row.cell(fee).map(|cell| cell.trimmed().to_owned());
            let fee = text.and_then(|text| number(&text, decimal, &[]).ok());
            fee.is_some_and(|fee| !fee.is_zero())
        };
        if sheet.rows.iter().any(is_charged) {
            return Layout::BinanceWithdrawals;
        }
        assumptions.push(
            "its header is that of deposits and of withdrawals; as no row has a fee, they are taken to be deposits"
                .to_owned(),
        );
        Layout::BinanceDeposits
    }
}

fn find(names: &[String]) -> Option<(Layout, FxHashMap<Column, usize>)> {
    Layout::ALL
        .into_iter()
        .find_map(|(layout, known, n_needed)| {
            let place = |wanted: &&'static str| names.iter().position(|name| name == wanted);
            let mut columns = FxHashMap::default();
            for (index, (column, wanted)) in known.iter().enumerate() {
                let mut found = wanted.iter().find_map(place);
                if found.is_none() && *column == Subtotal {
                    // `EUR Subtotal`.
                    found = names.iter().position(|name| name.ends_with("subtotal"));
                }
                match found {
                    Some(place) => {
                        columns.insert(*column, place);
                    }
                    None if index < n_needed => return None,
                    None => {}
                }
            }
            Some((layout, columns))
        })
}
