//! What exchanges export: every leg, link, reference, bin and balance.
#![allow(clippy::unwrap_used, reason = "a test that cannot set up has failed")]

use moneytrail_ingest::{Evidence, EvidenceFile, Format, Options, Outcome, detect, read};
use moneytrail_model::{AccountKey, BookId, RecordBin};
use moneytrail_store::schema::{Batch, Reference};
use proptest::prelude::*;
use std::path::Path;

struct Told {
    outcome: Outcome,
    batch: Batch,
}

fn told_of(path: &Path, options: &Options) -> Told {
    let evidence = Evidence {
        files: vec![EvidenceFile::at(path)],
        book: BookId([7; 8]),
    };
    assert_eq!(detect(&evidence, options).unwrap(), Format::Exchange);
    let mut batches: Vec<Batch> = Vec::new();
    let outcome = read(Format::Exchange, &evidence, options, &mut batches, &()).unwrap();
    assert_eq!(batches.len(), 1);
    Told {
        outcome,
        batch: batches.remove(0),
    }
}

fn told(name: &str) -> Told {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/exchange");
    told_of(&path.join(name), &Options::default())
}

fn told_bytes(bytes: &[u8], options: &Options) -> Told {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs_err::write(file.path(), bytes).unwrap();
    told_of(file.path(), options)
}

impl Told {
    /// `R2,R4 time from→to amount symbol kind`, the rows being those that state the leg.
    fn legs(&self) -> Vec<String> {
        let batch = &self.batch;
        let name = |key: Option<&[u8]>| AccountKey::decode(key.unwrap()).unwrap().to_string();
        let row_of = |event: u32| batch.events[event as usize].row.unwrap();
        let mut told = Vec::new();
        for at in 0..batch.transfers.len() {
            let row = batch.transfers.get(at);
            let mut rows = vec![format!("R{}", row_of(row.event))];
            for reference in &batch.references {
                if let Reference::Row { event } = reference.reference
                    && reference.transfer as usize == at
                {
                    rows.push(format!("R{}", row_of(event)));
                }
            }
            let asset = &batch.assets[row.asset as usize];
            told.push(format!(
                "{} {} {}→{} {} {} {}",
                rows.join(","),
                batch.events[row.event as usize].time,
                name(batch.transfers.from_key(at)),
                name(batch.transfers.to_key(at)),
                row.amount.unwrap().display(asset.decimals()),
                asset.key(),
                row.kind,
            ));
        }
        told
    }

    fn links(&self) -> Vec<String> {
        let links = self.batch.links.iter();
        links
            .map(|link| format!("{}→{} {}", link.earlier, link.later, link.basis))
            .collect()
    }

    /// Leg, first and last digits of the transaction, account.
    fn transactions(&self) -> Vec<String> {
        let told = self.batch.references.iter().filter_map(|row| {
            let Reference::Transaction { txid, account } = &row.reference else {
                return None;
            };
            let txid = hex::encode(txid);
            let account = account.as_ref().map_or("?".to_owned(), ToString::to_string);
            Some(format!(
                "{} {}…{} {account}",
                row.transfer,
                &txid[..2],
                &txid[62..]
            ))
        });
        told.collect()
    }

    fn bookings(&self) -> Vec<u32> {
        let rows = self.batch.references.iter();
        rows.filter(|row| matches!(row.reference, Reference::Booking { .. }))
            .map(|row| row.transfer)
            .collect()
    }

    /// What moves nothing, but for blank rows and headers.
    fn kept(&self) -> Vec<String> {
        let records = self.batch.records.iter().filter(|record| {
            !matches!(
                record.reason.as_deref(),
                None | Some("header" | "blank" | "preamble")
            )
        });
        records
            .map(|record| {
                format!(
                    "{} {}: {}",
                    record.bin.as_str(),
                    self.batch
                        .record_locator(record)
                        .to_string()
                        .rsplit('!')
                        .next()
                        .unwrap(),
                    record.reason.as_deref().unwrap()
                )
            })
            .collect()
    }

    fn bins(&self) -> [u64; 4] {
        let counts = self.outcome.counts;
        [
            counts.transferred,
            counts.contextual,
            counts.set_aside,
            counts.quarantined,
        ]
    }
}

#[test]
fn binance_deposits_are_movements_on_the_chain_and_credits() {
    let told = told("binance-deposits.csv");
    let customer = "at:Binance/exhibit 0707070707070707";
    assert_eq!(
        told.legs(),
        [
            "R2 2023-11-14 22:15:10 name:sender of 5252525252525252525252525252525252525252525252525252525252525252→TDy2r6LnrvAvn8GMgfe9PaSbDLmTkG4uJF 1000.000000 tron:TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t payment".to_owned(),
            format!("R2 2023-11-14 22:15:10 at:Binance→{customer} 1000.000000 as-written:USDT deposit"),
            "R3 2023-11-15 08:00:00 name:sender of 00000000000000000000000000000000000000000000000000000000000000d1→bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4 0.25000000 bitcoin payment".to_owned(),
            format!("R3 2023-11-15 08:00:00 at:Binance→{customer} 0.25000000 as-written:BTC deposit"),
            format!("R5 2023-11-15 10:00:00 at:Binance/internal transfer 987654321→{customer} 20.000000 as-written:USDT deposit"),
            format!("R6 2023-11-15 11:00:00 name:outside Binance: binance-deposits.csv!-!R6→{customer} 3.123456789 as-written:SOL deposit"),
        ]
    );
    assert_eq!(told.links(), ["0→1 fact", "2→3 fact"]);
    assert_eq!(
        told.transactions(),
        [
            "0 52…52 TDy2r6LnrvAvn8GMgfe9PaSbDLmTkG4uJF",
            "2 00…d1 bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"
        ]
    );
    assert_eq!(told.bookings(), [1, 3, 4, 5]);
    assert_eq!(
        told.kept(),
        ["set aside R4: `Pending`: had not moved when this was exported"]
    );
    assert_eq!(told.bins(), [4, 1, 1, 0]);
    let said = "1 movements of USDT on a chain are taken for tron:TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t: Binance states network and symbol, no contract";
    assert!(
        told.outcome.assumptions.iter().any(|one| one == said),
        "{:?}",
        told.outcome.assumptions
    );
}

#[test]
fn binance_withdrawals_have_fee_and_address_apart() {
    let told = told("binance-withdrawals.csv");
    let customer = "at:Binance/exhibit 0707070707070707";
    assert_eq!(
        told.legs(),
        [
            format!("R4 2023-11-14 22:40:00 {customer}→at:Binance 0.01460000 as-written:BTC release"),
            "R4 2023-11-14 22:40:00 at:Binance→bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4 0.01460000 bitcoin payment".to_owned(),
            format!("R4 2023-11-14 22:40:00 {customer}→at:Binance 0.00040000 as-written:BTC fee"),
        ]
    );
    assert_eq!(told.links(), ["0→1 fact"]);
    assert_eq!(
        told.transactions(),
        ["1 00…a1 bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"]
    );
    assert_eq!(
        told.kept(),
        [
            "set aside R2: `Cancelled`: nothing moved",
            "quarantined R3: status `Somehow` is not known: nothing says whether it moved",
            "quarantined R5: the amount is not above zero",
        ]
    );
    assert_eq!(told.bins(), [1, 1, 1, 2]);
}

#[test]
fn a_binance_statement_gives_trades_interest_and_commission() {
    let told = told("binance-statement.csv");
    let (customer, house) = ("at:Binance/35698871", "at:Binance");
    assert_eq!(
        told.legs(),
        [
            format!(
                "R2 2023-11-14 22:15:12 name:outside Binance: binance-statement.csv!-!R2→{customer} 1000.00000000 as-written:USDT deposit"
            ),
            format!(
                "R3,R5 2023-11-14 22:20:00 {customer}→{house} 600.00000000 as-written:USDT exchange"
            ),
            format!(
                "R3,R4,R6 2023-11-14 22:20:00 {house}→{customer} 0.01600000 as-written:BTC exchange"
            ),
            format!("R3,R7 2023-11-14 22:20:00 {customer}→{house} 0.00001600 as-written:BTC fee"),
            format!(
                "R8 2023-11-14 22:40:05 {customer}→name:outside Binance: binance-statement.csv!-!R8 0.01500000 as-written:BTC release"
            ),
            format!(
                "R9 2023-11-15 00:00:00 {house}→{customer} 0.01234567 as-written:USDT interest"
            ),
            format!("R11 2023-11-15 02:00:00 {house}→{customer} 0.0001 as-written:BNB commission"),
        ]
    );
    assert_eq!(told.links(), ["1→2 inference exchange-pair@1"]);
    assert_eq!(
        told.kept(),
        [
            "contextual R10: moved between wallets of the same account",
            "quarantined R12: operation `Mystery Operation` is not known: nothing says what moved",
            "quarantined R13: `yesterday` is no time",
            "quarantined R14: the sign of the change contradicts `Withdraw`",
        ]
    );
    assert_eq!(told.bins(), [9, 2, 0, 3]);
}

#[test]
fn kraken_groups_by_its_reference_and_its_balances_are_added() {
    let told = told("kraken-ledgers.csv");
    let (customer, house) = ("at:Kraken/exhibit 0707070707070707", "at:Kraken");
    assert_eq!(
        told.legs(),
        [
            format!(
                "R3 2021-03-01 10:05:00 name:outside Kraken: kraken-ledgers.csv!-!R3→{customer} 1000.00 EUR deposit"
            ),
            format!("R4 2021-03-01 11:00:00 {customer}→{house} 500.00 EUR exchange"),
            format!(
                "R4,R5 2021-03-01 11:00:00 {house}→{customer} 0.0123456789 as-written:BTC exchange"
            ),
            format!("R4 2021-03-01 11:00:00 {customer}→{house} 0.80 EUR fee"),
            format!("R6 2021-03-02 00:00:00 {house}→{customer} 0.001 as-written:ETH2 interest"),
            format!(
                "R8 2021-03-04 00:00:00 {customer}→name:outside Kraken: kraken-ledgers.csv!-!R8 0.0100000000 as-written:BTC release"
            ),
            format!("R8 2021-03-04 00:00:00 {customer}→{house} 0.0001500000 as-written:BTC fee"),
        ]
    );
    assert_eq!(told.links(), ["1→2 fact"]);
    assert_eq!(
        told.kept(),
        [
            "set aside R2: no ledger id and no balance: pending, and booked in a row of its own once it moves",
            "contextual R7: moved between wallets of the same account",
            "quarantined R9: type `teleport ` is not known: nothing says what moved",
        ]
    );
    assert_eq!(
        told.outcome.remarks,
        [
            "row 8: the balance of XXBT is not the one before it and what the row changes: the first of 1 rows where balances stop adding up"
        ]
    );
    let figure = |name: &str| {
        told.outcome
            .figures
            .iter()
            .find(|figure| figure.0 == name)
            .unwrap()
            .1
    };
    assert_eq!(
        (figure("balances compared"), figure("balances that add up")),
        (3, 2)
    );
}

#[test]
fn coinbase_is_read_below_its_preamble() {
    let told = told("coinbase-report.csv");
    let (customer, house) = (
        "at:Coinbase/5f1c0000-1111-2222-3333-444455556666",
        "at:Coinbase",
    );
    assert_eq!(
        told.legs(),
        [
            format!(
                "R10 2023-04-01 10:00:00 name:outside Coinbase: coinbase-report.csv!-!R10→{customer} 2000.00 EUR deposit"
            ),
            format!("R9 2023-04-02 10:00:00 {customer}→{house} 1300.00 EUR exchange"),
            format!("R9 2023-04-02 10:00:00 {house}→{customer} 0.05000000 as-written:BTC exchange"),
            format!("R9 2023-04-02 10:00:00 {customer}→{house} 19.37 EUR fee"),
            format!("R8 2023-04-03 10:00:00 {customer}→{house} 0.02000000 as-written:BTC release"),
            format!(
                "R8 2023-04-03 10:00:00 {house}→bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4 0.02000000 bitcoin payment"
            ),
            format!(
                "R7 2023-04-04 10:00:00 {house}→{customer} 0.000012345678901234 as-written:ETH interest"
            ),
            format!(
                "R6 2023-04-05 10:00:00 {customer}→{house} 0.500000000000000000 as-written:ETH exchange"
            ),
            format!("R6 2023-04-05 10:00:00 {house}→{customer} 0.03000000 as-written:BTC exchange"),
        ]
    );
    assert_eq!(told.links(), ["1→2 fact", "4→5 fact", "7→8 fact"]);
    assert_eq!(
        told.kept(),
        ["quarantined R5: transaction type `Teleport` is not known: nothing says what moved"]
    );
    assert_eq!(told.bins(), [5, 4, 0, 1]);
    let said = &told.batch.accounts[0];
    assert_eq!((&*said.field, &*said.value), ("name", "Jane Roe"));
}

#[test]
fn okx_balances_say_which_way_and_whether_a_fee_is_apart() {
    let told = told("okx-bills.csv");
    let (customer, house) = ("at:OKX/4455667788", "at:OKX");
    assert_eq!(
        told.legs(),
        [
            format!(
                "R6 2023-06-01 00:00:00 name:outside OKX: okx-bills.csv!-!R6→{customer} 500.000000 as-written:USDT deposit"
            ),
            format!(
                "R5 2023-06-02 00:00:00 {customer}→{house} 100.000000 as-written:USDT exchange"
            ),
            format!(
                "R5,R4 2023-06-02 00:00:00 {house}→{customer} 0.00400000 as-written:BTC exchange"
            ),
            format!("R5 2023-06-02 00:00:00 {customer}→{house} 0.400000 as-written:USDT fee"),
            format!(
                "R3 2023-06-03 00:00:00 {customer}→name:outside OKX: okx-bills.csv!-!R3 50.000000 as-written:USDT release"
            ),
            format!("R3 2023-06-03 00:00:00 {customer}→{house} 0.200000 as-written:USDT fee"),
        ]
    );
    assert_eq!(told.links(), ["1→2 inference exchange-pair@1"]);
    assert_eq!(
        told.kept(),
        ["quarantined R7: type `Levitation` is not known: nothing says what moved",]
    );
    assert_eq!(
        told.outcome.remarks,
        [
            "row 3: the balance of USDT is not the one before it and what the row changes: the first of 1 rows where balances stop adding up"
        ]
    );
}

/// Encodings, order of columns, further columns and zones change nothing but what they say.
#[test]
fn the_same_rows_in_other_dress_say_the_same() {
    let plain = told("binance-deposits.csv");
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/exchange/binance-deposits.csv");
    let text = fs_err::read_to_string(path).unwrap();
    let name = |legs: Vec<String>| -> Vec<String> {
        // A file's name stands in the names of those whom its rows do not name.
        let legs = legs.into_iter();
        legs.map(|leg| leg.split("outside").next().unwrap().to_owned())
            .collect()
    };
    let utf16: Vec<u8> = std::iter::once(0xfeff)
        .chain(text.encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    let marked = [b"\xef\xbb\xbf", text.as_bytes()].concat();
    let turned: Vec<String> = text
        .lines()
        .map(|line| {
            let mut cells: Vec<String> = csv::ReaderBuilder::new()
                .has_headers(false)
                .from_reader(line.as_bytes())
                .records()
                .next()
                .unwrap()
                .unwrap()
                .iter()
                .map(str::to_owned)
                .collect();
            cells.reverse();
            format!("extra;{}\r\n", cells.join(";"))
        })
        .collect();
    for bytes in [utf16, marked, turned.concat().into_bytes()] {
        let told = told_bytes(&bytes, &Options::default());
        assert_eq!(name(told.legs()), name(plain.legs()));
        assert_eq!(told.bins(), plain.bins());
    }
    let east = text.replace("Date(UTC+0)", "Date(UTC+8)");
    let told = told_bytes(east.as_bytes(), &Options::default());
    assert!(
        told.legs()[0].starts_with("R2 2023-11-14 14:15:10 "),
        "{:?}",
        told.legs()[0]
    );
}

/// The older header is that of both histories.
#[test]
fn without_a_fee_the_older_history_is_taken_for_deposits_and_says_so() {
    let text = "Date(UTC),Coin,Network,Amount,TransactionFee,Address,TXID,SourceAddress,PaymentID,Status\n\
        2020-01-02 03:04:05,LTC,LTC,2,0,LTpYZG19YmfvY2bBDYtCKpunVRw7nVgRHW,00000000000000000000000000000000000000000000000000000000000000e1,,,Completed\n";
    let told = told_bytes(text.as_bytes(), &Options::default());
    assert_eq!(told.legs().len(), 2);
    assert!(
        told.legs()[1].ends_with("as-written:LTC deposit"),
        "{:?}",
        told.legs()
    );
    assert!(
        told.outcome
            .assumptions
            .iter()
            .any(|said| said.contains("taken to be deposits"))
    );
}

#[test]
fn a_profile_says_whose_account_it_is_and_in_which_zone() {
    let options = Options {
        profile: Some("[book]\nowner = \"35698871\"\ntime_zone = \"Europe/Vienna\"\n".to_owned()),
        ..Options::default()
    };
    let text = "Time,Coin,Network,Amount,Address,TXID,Status\n\
        2023-07-01 12:00:00,USDT,,5,,Internal transfer 1,Completed\n";
    let told = told_bytes(text.as_bytes(), &options);
    assert_eq!(
        told.legs(),
        [
            "R2 2023-07-01 10:00:00 at:Binance/internal transfer 1→at:Binance/35698871 5.000000 as-written:USDT deposit"
        ]
    );
}

proptest! {
    /// Whatever stands in the cells, rows in are rows out, and nothing panics.
    #[test]
    fn hostile_cells_are_quarantined(
        cells in prop::collection::vec(prop::collection::vec("[-0-9.,eE:TZ €a-z]{0,24}|9{60}|1e38|-1E-38|1e999|2021-01-01 00:00:00", 8), 1..12),
        layout in 0_usize..5,
    ) {
        let header = [
            "Date(UTC),Coin,Network,Amount,Fee,Address,TXID,Status",
            "User_ID,UTC_Time,Account,Operation,Coin,Change,Remark,x",
            "txid,refid,time,type,asset,amount,fee,balance",
            "Timestamp,Transaction Type,Asset,Quantity Transacted,Price Currency,Subtotal,Fees,Notes",
            "id,Time,Type,Amount,Before Balance,After Balance,Fee,Symbol",
        ][layout];
        let mut text = format!("{header}\n");
        for row in &cells {
            let quoted: Vec<String> = row.iter().map(|cell| format!("\"{cell}\"")).collect();
            text.push_str(&quoted.join(","));
            text.push('\n');
        }
        let told = told_bytes(text.as_bytes(), &Options::default());
        prop_assert_eq!(told.outcome.counts.total(), 1 + cells.len() as u64);
        prop_assert_eq!(told.batch.records.len(), 1 + cells.len());
        prop_assert!(told.batch.records.iter().all(|record| record.bin != RecordBin::SetAside || record.reason.is_some()));
    }
}
