//! Books made here: what each kind of row becomes, and that no table is lost or makes a reader panic.
#![expect(clippy::unwrap_used, reason = "a test")]

use moneytrail_ingest::{Evidence, EvidenceFile, Format, Options, Outcome, table};
use moneytrail_model::{AccountKey, Basis, BookId, Part, RecordBin, TransferKind};
use moneytrail_store::schema::{Batch, Endpoint, RecordPlace, Reference, Side};
use proptest::prelude::*;
use rust_xlsxwriter::{Format as CellFormat, Workbook};
use std::fmt::Write;

const BOOK: BookId = BookId([1; 8]);

pub(crate) fn read(
    name: &str,
    bytes: &[u8],
    profile: Option<&str>,
) -> Result<(Batch, Outcome), String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs_err::write(&path, bytes).unwrap();
    let evidence = Evidence {
        files: vec![EvidenceFile::at(&path)],
        book: BOOK,
    };
    let options = Options {
        profile: profile.map(str::to_owned),
        ..Options::default()
    };
    let mut batches: Vec<Batch> = Vec::new();
    let outcome = table::read(Format::Table, &evidence, &options, &mut batches, &())
        .map_err(|error| format!("{}: {error}", error.code()))?;
    assert_eq!(batches.len(), 1, "a book is one batch");
    Ok((batches.remove(0), outcome))
}

/// Transfers as `from -> to amount asset kind layers`.
pub(crate) fn printed(batch: &Batch) -> Vec<String> {
    let name = |end: &Endpoint| match end {
        Endpoint::Account(AccountKey::Customer(_, name) | AccountKey::Listed(name)) => {
            name.to_string()
        }
        Endpoint::Account(AccountKey::Hawaladar(name, Part::Cash)) => format!("{name}/cash"),
        Endpoint::Account(AccountKey::Hawaladar(name, Part::Pending)) => format!("{name}/pending"),
        Endpoint::Account(AccountKey::Hawaladar(name, Part::Position)) => {
            format!("{name}/position")
        }
        other => format!("{other:?}"),
    };
    batch
        .transfers
        .iter()
        .map(|transfer| {
            let asset = &batch.assets[transfer.asset as usize];
            let layer = match transfer.layers.bits() {
                1 => "custody",
                2 => "value",
                _ => "both",
            };
            format!(
                "{layer}: {} -> {} {} {} {}",
                name(&transfer.from),
                name(&transfer.to),
                transfer.amount.unwrap().display(asset.decimals()),
                asset.key(),
                transfer.kind,
            )
        })
        .collect()
}

const HEADER: &str = "No;Date;Code;Type;Sender;Beneficiary;Agent;In;Out;Currency;Payout amount;Payout currency;Rate;Commission;Balance;Status;Note\n";

fn book(rows: &str) -> (Batch, Outcome) {
    read("Haji Test.csv", format!("{HEADER}{rows}").as_bytes(), None).unwrap()
}

#[test]
fn a_send_is_paid_in_and_owed_and_keeps_the_commission() {
    let (batch, _) =
        book("1;16.05.2022;A7;send;Ali;Zahra;Karim;1010,00;;USD;1000,00;USD;;10,00;;;\n");
    assert_eq!(
        printed(&batch),
        [
            "custody: Ali -> Haji Test/cash 1010.00 USD order paid",
            "value: Ali -> Haji Test/position 1010.00 USD order paid",
            "value: Haji Test/position -> Karim/pending 1000.00 USD due",
        ]
    );
    let link = &batch.links[0];
    assert_eq!((link.earlier, link.later), (1, 2));
    assert_eq!(link.consumed.unwrap().units(), 100_000);
    assert_eq!(link.paid.unwrap().units(), 100_000);
    assert_eq!(link.basis, Basis::Fact);
    assert_eq!(
        batch.references[0].reference,
        Reference::Token {
            token: "A7".into(),
            side: Side::Issued,
            issuer: "Haji Test".into(),
            payer: "Karim".into(),
        }
    );
    assert!(
        batch
            .accounts
            .iter()
            .any(|row| row.value.contains("payout not in evidence")),
        "the beneficiary is named, not paid"
    );
}

#[test]
fn a_converted_send_consumes_what_its_rate_says() {
    let (batch, _) = book(
        "1;16.05.2022;A7;send;Ali;Zahra;Karim;1100,00;;USD;1000,00;EUR;1,1;10,00;;;\n\
         2;17.05.2022;A8;send;Ali;Zahra;Karim;1110,00;;USD;1000,00;EUR;1,1;10,00;;;\n",
    );
    let consumed: Vec<i128> = batch
        .links
        .iter()
        .map(|link| link.consumed.unwrap().units())
        .collect();
    assert_eq!(consumed, [110_000, 110_000]);
}

#[test]
fn a_payout_is_owed_first_and_linked() {
    let (batch, _) = book("1;16.05.2022;B1;paid out;Omar;Hassan;Karim;;500;USD;500;USD;;;;;\n");
    assert_eq!(
        printed(&batch),
        [
            "value: Karim/position -> Haji Test/pending 500.00 USD due",
            "value: Haji Test/pending -> Hassan 500.00 USD payout",
            "custody: Haji Test/cash -> Hassan 500.00 USD payout",
        ]
    );
    assert_eq!((batch.links[0].earlier, batch.links[0].later), (0, 1));
}

#[test]
fn states_hold_back_what_did_not_happen() {
    let (batch, outcome) = book(
        "1;16.05.2022;B1;paid out;Omar;Hassan;Karim;;500;USD;500;USD;;;;not delivered;\n\
         2;16.05.2022;B2;send;Omar;Hassan;Karim;500;;USD;500;USD;;;;cancelled;\n",
    );
    assert_eq!(
        printed(&batch),
        ["value: Karim/position -> Haji Test/pending 500.00 USD due"]
    );
    assert_eq!(outcome.counts.transferred, 1);
    assert_eq!(batch.records[2].reason.as_deref(), Some("cancelled"));
}

#[test]
fn escrow_is_drawn_on_by_its_code() {
    let (batch, outcome) = book(
        "1;16.05.2022;E5;deposit;Family;Migrant;;5000;;EUR;;;;;;;\n\
         2;17.05.2022;E5;deposit paid;;Payee;;;1500;EUR;;;;;;;\n\
         3;18.05.2022;E5/2;release;;Payee;;;1000;EUR;;;;;;;\n\
         4;19.05.2022;E5;send;Migrant;Boss;Karim;;;EUR;2000;EUR;;;;;\n\
         5;20.05.2022;E9;release;;Payee;;;10;EUR;;;;;;;\n",
    );
    assert_eq!(outcome.counts.quarantined, 0);
    let links: Vec<(u32, u32, i128)> = batch
        .links
        .iter()
        .map(|link| {
            assert_eq!(link.basis.word(), "inference");
            (link.earlier, link.later, link.consumed.unwrap().units())
        })
        .collect();
    assert_eq!(links, [(1, 2, 150_000), (1, 4, 100_000), (1, 6, 200_000)]);
    assert_eq!(
        printed(&batch)[6],
        "value: Haji Test/pending -> Karim/pending 2000.00 EUR due"
    );
}

#[test]
fn settlements_exchanges_and_the_rest() {
    let txid = "ab".repeat(32);
    let (batch, outcome) = book(&format!(
        "1;16.05.2022;;settlement;;;Karim;;300;USDT;;;;;;;tx {txid}\n\
         2;16.05.2022;;exchange;Ali;;;;110;USD;;;1,1;;;;\n\
         3;16.05.2022;;exchange;Ali;;;100;;EUR;;;1,1;;;;\n\
         4;16.05.2022;;expense;;;;;12,5;USD;;;;;;;rent\n\
         5;16.05.2022;;reversal;;;;;12,5;USD;;;;;;;\n"
    ));
    assert_eq!(
        printed(&batch),
        [
            "custody: Haji Test/cash -> Karim/cash 300.000000 as-written:USDT settlement",
            "custody: Haji Test/cash -> Ali 110.00 USD exchange",
            "custody: Ali -> Haji Test/cash 100.00 EUR exchange",
            "custody: Haji Test/cash -> expenses of Haji Test 12.50 USD expense",
            "value: Haji Test/position -> expenses of Haji Test 12.50 USD expense",
        ]
    );
    assert!(matches!(
        batch.references[0].reference,
        Reference::Transaction {
            txid: [0xab, ..],
            ..
        }
    ));
    assert_eq!(
        (batch.links[0].earlier, batch.links[0].later),
        (1, 2),
        "what the keeper gave became what he took"
    );
    assert_eq!(outcome.counts.contextual, 2, "header and reversal");
}

#[test]
fn an_order_sent_on_rests_nowhere_and_is_paid_by_nobody_here() {
    let (batch, _) = book(
        "1;16.05.2022;F1;receive;Omar;Hassan;Karim;;;USD;500;USD;;;;;\n\
         2;16.05.2022;F1;send;Omar;Hassan;Aziz;;;USD;500;USD;;;;;\n",
    );
    assert_eq!(
        printed(&batch),
        [
            "value: Karim/position -> Haji Test/pending 500.00 USD due",
            "value: Haji Test/pending -> Aziz/pending 500.00 USD due",
        ]
    );
    assert_eq!(batch.links[0].basis.word(), "inference");
}

#[test]
fn what_cannot_be_read_is_quarantined_with_its_reason() {
    let forty = "9".repeat(40);
    let (batch, outcome) = book(&format!(
        "1;31.02.2022;;expense;;;;;5;USD;;;;;;;\n\
         2;16.05.2022;;expense;;;;;{forty};USD;;;;;;;\n\
         3;16.05.2022;;expense;;;;;abc;USD;;;;;;;\n\
         4;16.05.2022;;expense;;;;;5;XQQ;;;;;;;\n\
         5;16.05.2022;;frobnicate;;;;;5;USD;;;;;;;\n\
         6;16.05.2022;;expense;;;;;1,005;USD;1,2345;;;;;;\n\
         7;16.05.2022;;expense;;;;;-5;USD;;;;;;;\n\
         8;16.05.2022;;settlement;;;Karim;;;USD;5;;;;;;\n\
         9;16.05.2022;;expense;;;;;;USD;;;;;;;\n"
    ));
    assert_eq!(outcome.counts.quarantined, 9);
    assert!(batch.transfers.is_empty());
    let reasons: Vec<&str> = batch
        .records
        .iter()
        .filter(|record| record.bin == RecordBin::Quarantined)
        .map(|record| record.reason.as_deref().unwrap())
        .collect();
    for (reason, part) in reasons.iter().zip([
        "date `31.02.2022`",
        "38 digits",
        "debit `abc`",
        "currency `XQQ`",
        "type `frobnicate`",
        "decimal places",
        "debit is negative",
        "which way",
        "no amount",
    ]) {
        assert!(reason.contains(part), "{reason} / {part}");
    }
}

#[test]
fn a_dari_workbook_with_everything_in_it() {
    let mut workbook = Workbook::new();
    let date = CellFormat::new().set_num_format("yyyy-mm-dd");
    for (name, first) in [("ثور", 1_u32), ("جوزا", 3)] {
        let sheet = workbook.add_worksheet().set_name(name).unwrap();
        sheet.set_right_to_left(true);
        sheet
            .merge_range(0, 0, 0, 4, "حاجی کریم - روزنامچه", &CellFormat::new())
            .unwrap();
        let headers = [
            "شماره",
            "تاریخ",
            "تفصیلات",
            "طرف",
            "ارز",
            "رسید",
            "برد",
            "بیلانس",
        ];
        for (column, header) in (0..).zip(headers) {
            sheet.write_string(1, column, header).unwrap();
        }
        sheet.write_string(2, 2, "بیلانس قبلی").unwrap();
        sheet.write_string(2, 4, "افغانی").unwrap();
        sheet
            .write_number(2, 7, if first == 1 { 1000.0 } else { 1400.5 })
            .unwrap();
        sheet.write_number(3, 0, f64::from(first)).unwrap();
        sheet
            .write_number_with_format(3, 1, 44_697.0, &date)
            .unwrap();
        sheet
            .write_string(3, 2, "حواله احمد به زهرا در هرات")
            .unwrap();
        sheet.write_string(3, 3, "حاجی عزیز").unwrap();
        sheet.write_string(3, 4, "افغانی").unwrap();
        sheet.write_string(3, 5, "۵۰۰٫۵").unwrap();
        sheet.write_string(4, 2, "مصرف برق").unwrap();
        sheet.write_string(4, 4, "〃").unwrap();
        sheet.write_number(4, 6, 100.0).unwrap();
        sheet.set_row_hidden(4).unwrap();
        sheet.write_string(5, 2, "جمع صفحه").unwrap();
        sheet.write_number(5, 5, 500.5).unwrap();
    }
    let bytes = workbook.save_to_buffer().unwrap();
    let (batch, outcome) = read("book.xlsx", &bytes, None).unwrap();
    assert_eq!(outcome.counts.total(), 12);
    assert_eq!(outcome.counts.quarantined, 0, "{:?}", batch.records);
    assert_eq!(
        printed(&batch)[..4],
        [
            "custody: opening balance of حاجی کریم -> حاجی کریم/cash 1000.00 AFN opening",
            "custody: احمد -> حاجی کریم/cash 500.50 AFN order paid",
            "value: احمد -> حاجی کریم/position 500.50 AFN order paid",
            "value: حاجی کریم/position -> حاجی عزیز/pending 500.50 AFN due",
        ]
    );
    assert_eq!(
        batch
            .transfers
            .iter()
            .filter(|t| t.kind == TransferKind::Opening)
            .count(),
        1,
        "the second sheet's opening repeats a balance"
    );
    assert!(batch.sources[0].right_to_left);
    assert!(
        batch
            .events
            .iter()
            .all(|event| event.time.to_string() == "2022-05-16" || event.row == Some(3))
    );
    assert!(
        outcome
            .remarks
            .iter()
            .any(|remark| remark.contains("hidden"))
    );
    assert!(
        outcome
            .remarks
            .iter()
            .any(|remark| remark.contains("merged"))
    );
}

#[test]
fn a_profile_reads_what_headers_do_not_say() {
    let text = "x;a;b;c;d\n1;2022-05-16;77,5;in;Ali\n2;2022-05-17;5;out;Omar\n";
    let refused = read("b.csv", text.as_bytes(), None).unwrap_err();
    assert!(refused.starts_with("ingest/needs-profile"), "{refused}");
    let profile = "[book]\nowner = \"Karim\"\nbase_currency = \"EUR\"\ntime_zone = \"Asia/Kabul\"\n\
        decimal_mark = \",\"\nheader_row = 1\n[columns]\na = \"date\"\nb = \"amount\"\n\"#4\" = \"type\"\n\
        d = \"sender\"\n[types]\nin = \"send\"\nout = \"expense\"\n";
    let (batch, outcome) = read("b.csv", text.as_bytes(), Some(profile)).unwrap();
    assert_eq!(outcome.counts.transferred, 2);
    assert_eq!(
        printed(&batch)[0],
        "custody: Ali -> Karim/cash 77.50 EUR order paid"
    );
    assert_eq!(
        batch.events[0].time.earliest(),
        1_652_659_200 - 16_200,
        "midnight in Kabul"
    );
}

#[test]
fn toman_are_ten_rials() {
    let (batch, _) = book("1;16.05.2022;A7;send;Ali;Zahra;Karim;1000;;تومان;;;;;;;\n");
    assert_eq!(
        printed(&batch)[0],
        "custody: Ali -> Haji Test/cash 10000.00 IRR order paid"
    );
}

#[test]
fn nameless_customers_are_never_one() {
    let (batch, _) = book(
        "1;16.05.2022;A1;send;;;Karim;10;;USD;;;;;;;\n2;16.05.2022;A2;send;;;Karim;10;;USD;;;;;;;\n",
    );
    assert_ne!(batch.transfers.from_key(0), batch.transfers.from_key(3));
}

fn cells() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        prop::sample::select(vec![
            "send",
            "receive",
            "exchange",
            "deposit",
            "release",
            "settlement",
            "expense",
            "total",
            "opening balance",
            "carried forward",
            "USD",
            "EUR",
            "تومان",
            "〃",
            "ditto",
            "cancelled",
            "16.05.2022",
            "1401/02/26",
            "1.200,50",
            "-5",
            "0",
            "E1",
            "Karim",
            "sold",
            "bought",
        ])
        .prop_map(str::to_owned),
        "[0-9.,/-]{0,12}",
        "[^\"]{0,8}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn every_row_is_in_one_bin(rows in prop::collection::vec(prop::collection::vec(cells(), 0..20), 0..25)) {
        let mut writer = csv::WriterBuilder::new().delimiter(b';').flexible(true).from_writer(Vec::new());
        writer.write_record(HEADER.trim().split(';')).unwrap();
        for row in &rows {
            writer.write_record(row).unwrap();
        }
        let bytes = writer.into_inner().unwrap();
        if let Ok((batch, outcome)) = read("Book.csv", &bytes, None) {
            prop_assert_eq!(outcome.counts.total(), batch.records.len() as u64);
            let with_events: std::collections::BTreeSet<u32> = batch.events.iter().map(|event| event.row.unwrap()).collect();
            prop_assert_eq!(with_events.len() as u64, outcome.counts.transferred);
            for record in &batch.records {
                let RecordPlace::Row(row) = record.place else { unreachable!() };
                prop_assert_eq!(record.bin == RecordBin::Transferred, with_events.contains(&row));
                prop_assert_eq!(record.bin == RecordBin::Transferred, record.reason.is_none());
            }
            for link in &batch.links {
                let of = |transfer: u32| batch.transfers.get(transfer as usize);
                prop_assert!(link.consumed.unwrap() <= of(link.earlier).amount.unwrap());
                prop_assert!(link.paid.unwrap() <= of(link.later).amount.unwrap());
            }
        }
    }

    #[test]
    fn garbage_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        let mut text = HEADER.as_bytes().to_vec();
        text.extend(&bytes);
        let _ = read("Book.csv", &text, None);
        let _ = read("Book.csv", &bytes, None);
    }
}

#[test]
fn sheets_may_be_accounts_currencies_or_continuations() {
    let mut workbook = Workbook::new();
    for (name, header) in [("Karim Dubai", true), ("EUR", true), ("May 2022", false)] {
        let sheet = workbook.add_worksheet().set_name(name).unwrap();
        let mut row = 0;
        if header {
            for (column, text) in (0..).zip(["Date", "Code", "Type", "Sender", "Amount"]) {
                sheet.write_string(0, column, text).unwrap();
            }
            row = 1;
        }
        for (column, text) in (0..).zip(["16.05.2022", "A1", "in", "Ali"]) {
            sheet.write_string(row, column, text).unwrap();
        }
        sheet.write_number(row, 4, 12.5).unwrap();
    }
    let bytes = workbook.save_to_buffer().unwrap();
    let profile = "[book]\nowner = \"Omar\"\nbase_currency = \"USD\"\n";
    let (batch, outcome) = read("book.xlsx", &bytes, Some(profile)).unwrap();
    assert_eq!(outcome.counts.transferred, 3, "{:?}", batch.records);
    let lines = printed(&batch);
    assert_eq!(
        lines[2],
        "value: Omar/position -> Karim Dubai/pending 12.50 USD due"
    );
    assert_eq!(lines[3], "custody: Ali -> Omar/cash 12.50 EUR order paid");
    assert!(
        outcome
            .assumptions
            .iter()
            .any(|said| said.contains("`May 2022`"))
    );
}

/// Seven payments in; the fifth has its digits swapped, and its balance is reckoned from what was meant.
fn book_with_a_slip() -> String {
    let mut text = HEADER.to_owned();
    let mut balance = 0;
    for (number, euros) in (1..).zip([1200, 850, 2300, 400, 1840, 990, 700]) {
        balance += euros;
        let written = if number == 5 { 1480 } else { euros };
        writeln!(
            text,
            "{number};{number:02}.05.2022;A{number};send;Ali;Zahra;Karim;{written},00;;EUR;;;;;{balance},00;;"
        )
        .unwrap();
    }
    text
}

#[test]
fn a_slip_is_proposed_with_its_proof_and_read_only_where_a_profile_says_so() {
    let text = book_with_a_slip();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("Haji Test.csv");
    fs_err::write(&path, &text).unwrap();
    let evidence = Evidence {
        files: vec![EvidenceFile::at(&path)],
        book: BOOK,
    };
    let inspection = table::inspect(Format::Table, &evidence, &Options::default()).unwrap();
    let [repair] = inspection.repairs.as_slice() else {
        panic!("{:?}", inspection.repairs)
    };
    assert_eq!(repair.rule, "balance-repair@1");
    assert_eq!(repair.cell, "Haji Test.csv!-!R6C8");
    assert_eq!((&*repair.written, &*repair.value), ("1480", "1840"));
    assert_eq!(repair.slip, "digits swapped");
    assert_eq!(
        repair.equations,
        ["4750 (Haji Test.csv!-!R5) + 1840 = 6590 (Haji Test.csv!-!R6)"]
    );
    let paid = |profile: Option<&str>| {
        let (batch, outcome) = read("Haji Test.csv", text.as_bytes(), profile).unwrap();
        let raw = batch.records[5].raw[7].to_string();
        (printed(&batch)[12].clone(), raw, outcome)
    };
    let (line, raw, outcome) = paid(None);
    assert_eq!(
        line,
        "custody: Ali -> Haji Test/cash 1480.00 EUR order paid"
    );
    assert_eq!(raw, "1480,00");
    assert!(
        outcome
            .remarks
            .iter()
            .any(|said| said.starts_with("balance-repair@1:")),
        "{:?}",
        outcome.remarks
    );
    let (line, raw, outcome) = paid(Some("[corrections]\n\"R6C8\" = \"1840\"\n"));
    assert_eq!(
        line,
        "custody: Ali -> Haji Test/cash 1840.00 EUR order paid"
    );
    assert_eq!(raw, "1480,00", "the raw cell stays");
    assert!(
        outcome
            .assumptions
            .iter()
            .any(|said| said.contains("R6C8 is read as 1840") && said.contains("`1480,00`")),
        "{:?}",
        outcome.assumptions
    );
    for place in ["R99C1", "R6C99", "Other!R6C8", "six"] {
        let profile = format!("[corrections]\n\"{place}\" = \"1\"\n");
        let error = read("Haji Test.csv", text.as_bytes(), Some(&profile)).unwrap_err();
        assert!(error.starts_with("ingest/profile"), "{error}");
    }
}

#[test]
fn a_list_without_a_header_is_of_whom_and_when_its_file_says() {
    let list = "1,812,Ali,Zahra,Graz,500,EUR\n2,K-90,Omer,Nur,Wien,1200.50,USD\n";
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("list");
    fs_err::write(&path, list).unwrap();
    let read_as = |name: &str, profile: Option<&str>| {
        let evidence = Evidence {
            files: vec![EvidenceFile::new(name.to_owned(), path.clone())],
            book: BOOK,
        };
        let options = Options {
            profile: profile.map(str::to_owned),
            ..Options::default()
        };
        let mut batches: Vec<Batch> = Vec::new();
        table::read(Format::Table, &evidence, &options, &mut batches, &())
            .map(|_| batches.remove(0))
            .map_err(|error| error.to_string())
    };
    let sent = read_as("Haji Omar/sent_Karim_2022.05.16.csv", None).unwrap();
    assert_eq!(
        printed(&sent),
        [
            "value: Haji Omar/position -> Karim/pending 500.00 EUR due",
            "value: Haji Omar/position -> Karim/pending 1200.50 USD due",
        ]
    );
    assert_eq!(sent.events[0].time.to_string(), "2022-05-16");
    let received = read_as("Haji Omar/rasid_Karim_2022.05.16.csv", None).unwrap();
    assert_eq!(
        printed(&received),
        [
            "value: Karim/position -> Haji Omar/pending 500.00 EUR due",
            "value: Karim/position -> Haji Omar/pending 1200.50 USD due",
        ],
        "that they were paid out is not in evidence"
    );
    let error = read_as("Haji Omar/Karim.csv", None).unwrap_err();
    assert!(error.contains("direction"), "{error}");
    let profile = "[book]\nowner = \"Omar\"\nentry = \"send\"\ncounterpart = \"Jan\"\ndate = \"2022-05-17\"\n";
    let given = read_as("Haji Omar/Karim.csv", Some(profile)).unwrap();
    assert_eq!(
        printed(&given)[0],
        "value: Omar/position -> Jan/pending 500.00 EUR due"
    );
    assert_eq!(given.events[0].time.to_string(), "2022-05-17");
}
