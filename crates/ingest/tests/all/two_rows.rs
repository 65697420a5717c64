//! Books in which a line takes two rows of the sheet: they say the same as with one row for each line, and no other
//! book is taken for one.
#![expect(clippy::unwrap_used, reason = "a test")]

use crate::books::{printed, read};
use moneytrail_ingest::{Evidence, EvidenceFile, Format, Options, table};
use moneytrail_model::{BookId, RecordBin};
use moneytrail_store::schema::RecordPlace;
use proptest::prelude::*;
use rust_xlsxwriter::Workbook;
use std::fmt::Write;

/// An order, by who sends, who is paid, what and whether it was taken.
#[derive(Clone, Debug)]
struct Line {
    sender: usize,
    beneficiary: usize,
    whole: u32,
    is_sent: bool,
}

const NAMES: [&str; 6] = ["Ali", "Zahra", "Omar", "Hassan", "Leyla", "Yusuf"];
const AGENTS: [&str; 2] = ["Karim", "Nadir"];

fn lines() -> impl Strategy<Value = Vec<Line>> {
    let line = (0_usize..6, 0_usize..6, 1_u32..9000, any::<bool>()).prop_map(
        |(sender, beneficiary, whole, is_sent)| Line {
            sender,
            beneficiary,
            whole,
            is_sent,
        },
    );
    prop::collection::vec(line, 3..12)
}

/// How a book lays its lines out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Layout {
    OneRow,
    /// Two header rows above lines of two.
    TwoHeaders,
    /// One header row whose cells name both, parted by a stroke.
    OneHeader,
}

fn written(lines: &[Line], layout: Layout, total_every: usize) -> String {
    let mut text = String::from(match layout {
        Layout::OneRow => {
            "No;Date;Code;Type;Sender;In;Out;Currency;Balance;Beneficiary;Agent;Commission;Note\n"
        }
        Layout::TwoHeaders => {
            "No;Date;Code;Type;Sender;In;Out;Currency;Balance\n;;;;Beneficiary;;Commission;Agent;Note\n"
        }
        Layout::OneHeader => {
            "No;Date;Code;Type;Sender/Beneficiary;In;Out/Commission;Currency/Agent;Balance/Note\n"
        }
    });
    let mut balance = 1_000_000_i64;
    for (index, line) in lines.iter().enumerate() {
        let whole = i64::from(line.whole);
        balance += if line.is_sent { whole } else { -whole };
        let (kind, comes, goes) = if line.is_sent {
            ("send", line.whole.to_string(), String::new())
        } else {
            ("payout", String::new(), line.whole.to_string())
        };
        let (sender, beneficiary) = (NAMES[line.sender], NAMES[line.beneficiary]);
        let (day, agent) = (1 + index % 28, AGENTS[line.sender % 2]);
        let number = index + 1;
        let first = format!(
            "{number};{day:02}.05.2022;K{number}x;{kind};{sender};{comes};{goes};USD;{balance}"
        );
        match layout {
            Layout::OneRow => writeln!(text, "{first};{beneficiary};{agent};;"),
            _ => writeln!(text, "{first}\n;;;;{beneficiary};;;{agent};"),
        }
        .unwrap();
        if number % total_every == 0 {
            writeln!(text, ";;;Total;;{whole};;;").unwrap();
        }
    }
    text
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]
    #[test]
    fn a_book_says_the_same_in_one_row_a_line_and_in_two(lines in lines(), total_every in 2_usize..9) {
        let one = written(&lines, Layout::OneRow, total_every);
        let (expected, _) = read("Haji Test.csv", one.as_bytes(), None).unwrap();
        for layout in [Layout::TwoHeaders, Layout::OneHeader] {
            let text = written(&lines, layout, total_every);
            let (batch, outcome) = read("Haji Test.csv", text.as_bytes(), None).unwrap();
            prop_assert_eq!(printed(&batch), printed(&expected), "{}", text);
            // Every row of the file is one record.
            let rows: Vec<u32> = batch.records.iter().map(|record| match record.place {
                RecordPlace::Row(row) => row,
                RecordPlace::Bytes(..) => 0,
            }).collect();
            let n_lines = u32::try_from(text.lines().count()).unwrap();
            prop_assert_eq!(rows, (1..=n_lines).collect::<Vec<u32>>());
            prop_assert_eq!(outcome.counts.quarantined, 0);
            // What was proposed reads the book alike when it is given.
            let again = read("Haji Test.csv", text.as_bytes(), outcome.profile.as_deref()).unwrap();
            prop_assert_eq!(printed(&again.0), printed(&expected));
            prop_assert_eq!(again.0.records, batch.records);
        }
    }

    #[test]
    fn a_book_of_one_row_a_line_is_never_joined(lines in lines(), total_every in 2_usize..9) {
        let text = written(&lines, Layout::OneRow, total_every);
        let (_, outcome) = read("Haji Test.csv", text.as_bytes(), None).unwrap();
        prop_assert!(!outcome.profile.unwrap().contains("rows_per_record"));
    }
}

fn example(n: usize) -> String {
    let lines: Vec<Line> = (0..n)
        .map(|index| Line {
            sender: index % 6,
            beneficiary: (index + 2) % 6,
            whole: 100 + 10 * u32::try_from(index).unwrap(),
            is_sent: index % 3 != 0,
        })
        .collect();
    written(&lines, Layout::TwoHeaders, 100)
}

#[test]
fn a_second_row_names_its_first_and_one_without_its_first_is_quarantined() {
    let mut text = example(6);
    text.push_str(";;;;Nobody;;;Karim;\n");
    let (batch, _) = read("Haji Test.csv", text.as_bytes(), None).unwrap();
    let of = |row: u32| {
        let found = batch.records.iter();
        let mut found = found.filter(move |record| record.place == RecordPlace::Row(row));
        found.next().unwrap()
    };
    assert_eq!(
        (of(3).bin, of(3).reason.as_deref()),
        (RecordBin::Transferred, None)
    );
    assert_eq!(of(4).bin, RecordBin::Transferred);
    assert_eq!(table::second_of(of(4).reason.as_deref().unwrap()), Some(3));
    assert_eq!(
        of(4).raw,
        ["", "", "", "", "Omar", "", "", "Karim"].map(Box::from)
    );
    assert_eq!(of(15).bin, RecordBin::Quarantined);
    assert_eq!(
        of(15).reason.as_deref(),
        Some("a second row of a record whose first is missing")
    );
}

#[test]
fn inspecting_tells_columns_of_both_rows_and_repairs_name_the_cell_in_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("Haji Test.csv");
    let text = example(12).replace(";1000480\n", ";1000840\n");
    fs_err::write(&path, &text).unwrap();
    let evidence = Evidence {
        files: vec![EvidenceFile::at(&path)],
        book: BookId([1; 8]),
    };
    let inspection = table::inspect(Format::Table, &evidence, &Options::default()).unwrap();
    let columns = &inspection.sheets[0].columns;
    let named: Vec<(usize, u8, Option<&str>)> = columns
        .iter()
        .filter(|column| column.meaning.is_some())
        .map(|column| (column.number, column.record_row, column.meaning))
        .collect();
    assert!(named.contains(&(5, 1, Some("sender"))), "{named:?}");
    assert!(named.contains(&(5, 2, Some("beneficiary"))), "{named:?}");
    assert!(named.contains(&(8, 2, Some("counterpart"))), "{named:?}");
    let rows = inspection.properties.iter();
    let rows: Vec<&str> = rows
        .filter(|property| property.name == "rows_per_record")
        .map(|property| &*property.value)
        .collect();
    assert_eq!(rows, ["2"]);
    let repaired: Vec<(&str, &str)> = inspection
        .repairs
        .iter()
        .map(|one| (&*one.cell, &*one.value))
        .collect();
    assert_eq!(repaired, [("Haji Test.csv!-!R19C9", "1000480")]);
}

#[test]
fn a_book_is_read_again_as_it_was_although_a_short_sheet_does_not_show_two_rows() {
    let mut workbook = Workbook::new();
    for (name, n) in [("May", 12), ("June", 2)] {
        let sheet = workbook.add_worksheet().set_name(name).unwrap();
        for (row, line) in (0..).zip(example(n).lines()) {
            for (column, cell) in (0..).zip(line.split(';')) {
                sheet.write(row, column, cell).unwrap();
            }
        }
    }
    let book = workbook.save_to_buffer().unwrap();
    let (first, outcome) = read("Haji Test.xlsx", &book, None).unwrap();
    let profile = outcome.profile.unwrap();
    assert!(profile.contains("rows_per_record = 2"), "{profile}");
    let (again, _) = read("Haji Test.xlsx", &book, Some(&profile)).unwrap();
    assert_eq!(printed(&again), printed(&first));
    assert_eq!(again.records, first.records);
}
