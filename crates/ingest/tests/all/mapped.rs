//! Tables of transfers that only a profile reads.
#![allow(clippy::unwrap_used, reason = "a test that cannot set up has failed")]

use moneytrail_ingest::table::{self, Profile};
use moneytrail_ingest::{Evidence, EvidenceFile, Format, Options, Outcome, detect, read};
use moneytrail_model::{AccountKey, BookId};
use moneytrail_store::schema::{Batch, Reference};
use proptest::prelude::*;
use std::path::{Path, PathBuf};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../fixtures/mapped")
        .join(name)
}

fn options(profile: &str) -> Options {
    Options {
        profile: Some(profile.to_owned()),
        ..Options::default()
    }
}

fn evidence(path: &Path) -> Evidence {
    Evidence {
        files: vec![EvidenceFile::at(path)],
        book: BookId([7; 8]),
    }
}

fn told(path: &Path, profile: &str) -> (Outcome, Batch) {
    let (evidence, options) = (evidence(path), options(profile));
    assert_eq!(detect(&evidence, &options).unwrap(), Format::Table);
    let mut batches: Vec<Batch> = Vec::new();
    let outcome = read(Format::Table, &evidence, &options, &mut batches, &()).unwrap();
    (outcome, batches.remove(0))
}

fn of_fixture(name: &str) -> (Outcome, Batch) {
    let profile = fs_err::read_to_string(fixture(&format!("{name}.toml"))).unwrap();
    told(&fixture(&format!("{name}.csv")), &profile)
}

fn legs(batch: &Batch) -> Vec<String> {
    let name = |key: Option<&[u8]>| AccountKey::decode(key.unwrap()).unwrap().to_string();
    let one = |at: usize| {
        let row = batch.transfers.get(at);
        let event = &batch.events[row.event as usize];
        let asset = &batch.assets[row.asset as usize];
        let id = event.transaction.map_or(String::new(), |(network, id)| {
            format!(" {network} {}", hex::encode(&id[..1]))
        });
        format!(
            "R{} {}{id} {}→{} {} {} {}",
            event.row.unwrap(),
            event.time,
            name(batch.transfers.from_key(at)),
            name(batch.transfers.to_key(at)),
            row.amount.unwrap().display(asset.decimals()),
            asset.key(),
            row.kind,
        )
    };
    (0..batch.transfers.len()).map(one).collect()
}

fn kept(batch: &Batch) -> Vec<String> {
    let records = batch.records.iter();
    let kept = records.filter(|record| {
        !matches!(
            record.reason.as_deref(),
            None | Some("header" | "blank" | "title")
        )
    });
    kept.map(|record| {
        let locator = batch.record_locator(record).to_string();
        let (_, row) = locator.rsplit_once('!').unwrap();
        format!(
            "{} {row}: {}",
            record.bin.as_str(),
            record.reason.as_deref().unwrap()
        )
    })
    .collect()
}

#[test]
fn tronscans_own_file_is_read_by_a_profile() {
    let (outcome, batch) = of_fixture("tronscan");
    let (a, b, c) = (
        "TDy2r6LnrvAvn8GMgfe9PaSbDLmTkG4uJF",
        "TQQGkhxPTrcFrMEi1iNRXBnWeP5BmJib1o",
        "TRaC8Lo3mDyUQUSzQST7mtLTS9hBsoA9WT",
    );
    // Anybody can call his token so: the symbol makes an asset of its own.
    let usdt = "as-written:USDT (tron, contract not stated)";
    assert_eq!(
        legs(&batch),
        [
            format!("R6 2023-11-14 22:13:23 tron 52 {c}→{a} 1000.000000 {usdt} payment"),
            format!("R5 2023-11-14 22:17:00 tron 55 {a}→{b} 1200.500000 {usdt} payment"),
            format!("R5 2023-11-14 22:17:00 tron 55 {a}→fees:tron 13.700000 tron fee"),
            format!("R4 2023-11-14 22:18:00 tron 56 {a}→fees:tron 13.700000 tron fee"),
            format!("R3 2023-11-14 22:19:00 tron 57 {a}→{b} 2.500000 tron payment"),
        ]
    );
    assert_eq!(
        kept(&batch),
        ["quarantined R2: `TDy2r6LnrvAvn8GMgfe9PaSbDLmTkG4uJX` is no address of tron"]
    );
    let counts = outcome.counts;
    assert_eq!(
        (counts.transferred, counts.contextual, counts.quarantined),
        (4, 1, 1)
    );
    let said = &outcome.assumptions;
    assert!(
        said.iter().any(
            |said| said.starts_with("1 amounts are written TRX and taken for the coin of tron")
        ),
        "{said:?}"
    );
    assert!(
        said.iter().any(|said| said
            .starts_with("2 amounts are of `USDT`, a symbol that names no contract of tron")
            && said.contains("are not taken for tron:TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t")),
        "{said:?}"
    );
}

/// A person may say which contract a symbol is; then it is, and that he said so is said.
#[test]
fn a_profile_says_which_contract_a_symbol_is() {
    let profile = fs_err::read_to_string(fixture("tronscan.toml")).unwrap();
    let usdt = "tron:TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t";
    let profile = format!("{profile}\n[currencies]\nUSDT = \"{usdt}\"\n");
    let (outcome, batch) = told(&fixture("tronscan.csv"), &profile);
    let legs = legs(&batch);
    assert!(
        legs[0].ends_with(&format!("1000.000000 {usdt} payment")),
        "{legs:?}"
    );
    let said = format!("2 amounts are written `USDT` and taken for {usdt}, as the profile says");
    assert!(
        outcome.assumptions.contains(&said),
        "{:?}",
        outcome.assumptions
    );
}

/// One transaction pays three times: nothing of it is lost, its fee counts once, and each leg names its row.
#[test]
fn rows_of_one_transaction_are_one_event() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("batch.csv");
    let id = "52".repeat(32);
    let (a, b) = (
        "TDy2r6LnrvAvn8GMgfe9PaSbDLmTkG4uJF",
        "TQQGkhxPTrcFrMEi1iNRXBnWeP5BmJib1o",
    );
    let rows = ["100", "100", "30"]
        .map(|amount| format!("{id},2023-11-14 22:13:23,{a},{b},{amount},USDT,13.7,SUCCESS\n"));
    let header = "Txn Hash,Time(UTC),From,To,Amount,Token Symbol,Fee(TRX),Result\n";
    fs_err::write(&path, format!("{header}{}", rows.concat())).unwrap();
    let profile = fs_err::read_to_string(fixture("tronscan.toml")).unwrap();
    let (outcome, batch) = told(&path, &profile);
    assert_eq!(outcome.counts.transferred, 3);
    let amounts: Vec<String> = legs(&batch)
        .iter()
        .map(|leg| leg.split_whitespace().nth(6).unwrap().to_owned())
        .collect();
    assert_eq!(
        amounts,
        ["100.000000", "13.700000", "100.000000", "30.000000"]
    );
    let of = |event: u32| batch.events[event as usize].row.unwrap();
    assert!((0..4).all(|leg| batch.transfers.event(leg) == 0));
    let cited: Vec<(u32, u32)> = batch
        .references
        .iter()
        .map(|row| match row.reference {
            Reference::Row { event } => (row.transfer, of(event)),
            _ => panic!("only rows are referred to"),
        })
        .collect();
    assert_eq!(cited, [(2, 3), (3, 4)]);
}

/// A zone west of Greenwich is one, and a currency beside a number is not passed over.
#[test]
fn zones_and_currencies_in_cells_count() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("odd.csv");
    let (a, b) = (
        "TDy2r6LnrvAvn8GMgfe9PaSbDLmTkG4uJF",
        "TQQGkhxPTrcFrMEi1iNRXBnWeP5BmJib1o",
    );
    let row = |id: &str, time: &str, amount: &str| {
        format!("{},{time},{a},{b},{amount},USDT,,SUCCESS\n", id.repeat(32))
    };
    let rows = [
        "Txn Hash,Time(UTC),From,To,Amount,Token Symbol,Fee(TRX),Result\n".to_owned(),
        row("52", "2023-11-14T10:00:00-05:00", "1"),
        row("53", "2023-11-14 10:00:00", "7 EUR"),
        row("54", "2023-11-14 10:00:00", "8 USDT"),
    ];
    fs_err::write(&path, rows.concat()).unwrap();
    let profile = fs_err::read_to_string(fixture("tronscan.toml")).unwrap();
    let (_, batch) = told(&path, &profile);
    let told: Vec<String> = legs(&batch)
        .iter()
        .map(|leg| leg[..22].to_owned())
        .collect();
    assert_eq!(told, ["R4 2023-11-14 10:00:00", "R2 2023-11-14 15:00:00"]);
    assert_eq!(
        kept(&batch),
        ["quarantined R3: `7 EUR` is in EUR, which is not what the row names"]
    );
}

#[test]
fn addresses_in_columns_propose_a_profile_and_nothing_is_added_without_it() {
    let evidence = evidence(&fixture("tronscan.csv"));
    let format = detect(&evidence, &Options::default()).unwrap();
    let inspection = table::inspect(format, &evidence, &Options::default()).unwrap();
    let proposed = Profile::parse(&inspection.profile.unwrap()).unwrap();
    let by_hand = fs_err::read_to_string(fixture("tronscan.toml")).unwrap();
    assert_eq!(proposed, Profile::parse(&by_hand).unwrap());
    assert_eq!(inspection.counts.transferred, 4);
    assert_eq!(inspection.quarantined.len(), 1);
    let mut batches: Vec<Batch> = Vec::new();
    let error = read(format, &evidence, &Options::default(), &mut batches, &()).unwrap_err();
    assert_eq!(error.code(), "ingest/needs-profile");
    assert!(error.to_string().contains("--write-profile"), "{error}");
}

#[test]
fn another_exchange_is_read_by_a_profile() {
    let (outcome, batch) = of_fixture("exchange");
    let (customer, house) = ("at:Beispielbörse/4711", "at:Beispielbörse");
    assert_eq!(
        legs(&batch),
        [
            "R3 2023-05-02 12:00:00 name:sender of 5252525252525252525252525252525252525252525252525252525252525252→TDy2r6LnrvAvn8GMgfe9PaSbDLmTkG4uJF 1000.000000 tron:TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t payment".to_owned(),
            format!("R3 2023-05-02 12:00:00 {house}→{customer} 1000.000000 as-written:USDT deposit"),
            format!("R4 2023-05-02 13:00:00 {customer}→{house} 500.000000 as-written:USDT exchange"),
            format!("R4 2023-05-02 13:00:00 {house}→{customer} 0.01250000 as-written:BTC exchange"),
            format!("R4 2023-05-02 13:00:00 {customer}→{house} 0.500000 as-written:USDT fee"),
            format!("R6 2023-05-03 07:30:00 {customer}→{house} 0.01000000 as-written:BTC release"),
            format!("R6 2023-05-03 07:30:00 {house}→bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4 0.01000000 bitcoin payment"),
            format!("R6 2023-05-03 07:30:00 {customer}→{house} 0.00050000 as-written:BTC fee"),
        ]
    );
    assert_eq!(batch.links.len(), 3);
    let n_named = batch
        .references
        .iter()
        .filter(|row| matches!(row.reference, Reference::Transaction { .. }));
    assert_eq!(n_named.count(), 2);
    assert_eq!(
        kept(&batch),
        [
            "contextual R7: reversal: moves nothing",
            "quarantined R8: type `Zauberei` stands not under [types] of the profile",
        ]
    );
    assert!(outcome.remarks.is_empty(), "{:?}", outcome.remarks);
    let figure = |name: &str| {
        outcome
            .figures
            .iter()
            .find(|figure| figure.0 == name)
            .unwrap()
            .1
    };
    assert_eq!(
        (figure("balances compared"), figure("balances that add up")),
        (2, 2)
    );
}

/// A movement on a UTXO chain is no description of its transaction, which has inputs and outputs.
#[test]
fn rows_of_a_utxo_chain_refer_to_the_transaction() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let text = "h,t,a,b,v\n00000000000000000000000000000000000000000000000000000000000000a7,1700000000,bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4,bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4,150000\n";
    fs_err::write(file.path(), text).unwrap();
    let profile = "[columns]\nh = \"txid\"\nt = \"date\"\na = \"from\"\nb = \"to\"\nv = \"amount\"\n\
        [transfers]\nnetwork = \"bitcoin\"\nasset = \"bitcoin\"\nunit = \"smallest\"\n";
    let (_, batch) = told(file.path(), profile);
    assert_eq!(batch.events[0].transaction, None);
    assert_eq!(batch.references.len(), 1);
    assert!(
        legs(&batch)[0].ends_with("0.00150000 bitcoin payment"),
        "{:?}",
        legs(&batch)
    );
}

#[test]
fn a_profile_that_leaves_out_a_column_is_refused() {
    let profile = "[columns]\n\"Time(UTC)\" = \"date\"\n\"From\" = \"from\"\n[transfers]\nnetwork = \"tron\"\n";
    let mut batches: Vec<Batch> = Vec::new();
    let path = fixture("tronscan.csv");
    let error = read(
        Format::Table,
        &evidence(&path),
        &options(profile),
        &mut batches,
        &(),
    )
    .unwrap_err();
    assert!(
        error.to_string().contains("no column for to, amount"),
        "{error}"
    );
}

proptest! {
    #[test]
    fn hostile_cells_are_quarantined(
        cells in prop::collection::vec(prop::collection::vec("[-0-9.,eE:TZ €a-z]{0,24}|9{60}|1e38|-1E-38|2021-01-01 00:00:00|1700000000|SUCCESS", 6), 1..12),
        is_custodial in any::<bool>(),
    ) {
        let mut text = "a,b,c,d,e,f\n".to_owned();
        for row in &cells {
            let quoted: Vec<String> = row.iter().map(|cell| format!("\"{cell}\"")).collect();
            text.push_str(&quoted.join(","));
            text.push('\n');
        }
        let file = tempfile::NamedTempFile::new().unwrap();
        fs_err::write(file.path(), &text).unwrap();
        let profile = if is_custodial {
            "[columns]\na = \"date\"\nb = \"amount\"\nc = \"fee\"\nd = \"currency\"\ne = \"balance\"\nf = \"wallet\"\n[transfers]\ncustodian = \"a/b\"\n"
        } else {
            "[columns]\na = \"date\"\nb = \"amount\"\nc = \"fee\"\nd = \"from\"\ne = \"to\"\nf = \"currency\"\n[transfers]\nasset = \"EUR\"\n"
        };
        let (outcome, batch) = told(file.path(), profile);
        prop_assert_eq!(outcome.counts.total(), 1 + cells.len() as u64);
        prop_assert_eq!(batch.records.len(), 1 + cells.len());
    }
}
