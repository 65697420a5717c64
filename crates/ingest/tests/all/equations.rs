//! Equations of a book besides its running balances: what they share, repair and name, and what they leave alone.
#![expect(clippy::unwrap_used, reason = "a test")]

use moneytrail_ingest::table::{self, Inspection};
use moneytrail_ingest::{Evidence, EvidenceFile, Format, Options};
use moneytrail_model::BookId;
use proptest::prelude::*;
use std::fmt::Write;

fn inspect(text: &str) -> Inspection {
    inspect_with(text, None)
}

fn inspect_with(text: &str, profile: Option<&str>) -> Inspection {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("Haji Test.csv");
    fs_err::write(&path, text).unwrap();
    let evidence = Evidence {
        files: vec![EvidenceFile::at(&path)],
        book: BookId([1; 8]),
    };
    let options = Options {
        profile: profile.map(str::to_owned),
        ..Options::default()
    };
    table::inspect(Format::Table, &evidence, &options).unwrap()
}

/// Cell, value and slip of each repair.
fn repaired(inspection: &Inspection) -> Vec<(&str, &str, &str)> {
    let repairs = inspection.repairs.iter();
    repairs
        .map(|one| {
            let (_, cell) = one.cell.rsplit_once('!').unwrap();
            (cell, &*one.value, one.slip)
        })
        .collect()
}

/// A list of converted orders without balances: dollars in, dirhams out, both whole.
fn converted(amounts: &[u32]) -> Vec<[String; 3]> {
    let mut rows = Vec::new();
    for (index, &amount) in amounts.iter().enumerate() {
        let permille = 3_660 + u32::try_from(index % 5).unwrap();
        let out = (u64::from(amount) * u64::from(permille) + 500) / 1000;
        rows.push([
            amount.to_string(),
            format!("{}.{:03}", permille / 1000, permille % 1000),
            out.to_string(),
        ]);
    }
    rows
}

fn book(rows: &[[String; 3]], days: &[u32]) -> String {
    let mut text = String::from(
        "Code;Date;Type;Sender;Beneficiary;Agent;Amount;Currency;Rate;Payout amount;Payout currency\n",
    );
    for (index, [amount, rate, out]) in rows.iter().enumerate() {
        let day = days.get(index).copied().unwrap_or(1);
        let day = format!("{:02}.{:02}.2022", 1 + day % 28, 5 + day / 28);
        writeln!(
            text,
            "K{index}x;{day};send;Ali;Zahra;Karim;{amount};USD;{rate};{out};AED"
        )
        .unwrap();
    }
    text
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn a_book_whose_figures_agree_is_left_alone(amounts in prop::collection::vec(500_u32..9000, 8..14)) {
        let days: Vec<u32> = (0..14).collect();
        let inspection = inspect(&book(&converted(&amounts), &days));
        prop_assert_eq!(repaired(&inspection), []);
        prop_assert_eq!(&inspection.breaks, &[]);
        prop_assert!(inspection.equations.iter().all(|one| one.n == one.n_hold), "{:?}", inspection.equations);
    }

    /// One wrong figure: what is proposed, if anything is, is the truth; else its row is named, or the wrong figure agrees too.
    #[test]
    fn a_wrong_figure_is_put_right_or_named(
        amounts in prop::collection::vec(500_u32..9000, 10..14),
        at in 0_usize..10,
        field in 0_usize..3,
        by in 0_usize..40,
    ) {
        let mut rows = converted(&amounts);
        let truth = rows[at][field].clone();
        let mut bytes = truth.clone().into_bytes();
        let digit = by % bytes.len();
        prop_assume!(bytes[digit].is_ascii_digit());
        // 3 and 8 look alike; so do 1 and 7.
        bytes[digit] = match bytes[digit] { b'3' => b'8', b'8' => b'3', b'1' => b'7', b'7' => b'1', other => other };
        rows[at][field] = String::from_utf8(bytes).unwrap();
        prop_assume!(rows[at][field] != truth);
        let days: Vec<u32> = (0..14).collect();
        let inspection = inspect(&book(&rows, &days));
        let row = format!("R{}", at + 2);
        let truth = if truth.contains('.') { truth.trim_end_matches('0') } else { &*truth };
        match repaired(&inspection).as_slice() {
            [] => {
                let is_named = inspection.breaks.iter().any(|one| one.row.ends_with(&format!("!{row}")));
                let holds = inspection.equations.iter().all(|one| one.n == one.n_hold);
                prop_assert!(is_named || holds, "{:?}", inspection.breaks);
            }
            [(cell, value, slip)] => {
                let cell_of = [7, 9, 10][field];
                // Another slip of the row may fit as well by its rounding only if the truth does not.
                prop_assert_eq!((*cell, *value), (&*format!("{row}C{cell_of}"), truth));
                prop_assert_eq!(*slip, "look-alike digit");
            }
            several => prop_assert!(false, "{several:?}"),
        }
    }
}

#[test]
fn dates_out_of_order_are_named_where_a_slip_or_the_order_says_so() {
    let rows = converted(&[1000; 14]);
    let mut days: Vec<u32> = (0..14).map(|index| index / 2).collect();
    assert_eq!(repaired(&inspect(&book(&rows, &days))), []);
    // The fourth stands a month later between rows of its own day.
    days[4] = 2 + 28;
    let inspection = inspect(&book(&rows, &days));
    assert_eq!(inspection.repairs.len(), 1, "{:?}", inspection.breaks);
    assert_eq!(
        repaired(&inspection),
        [("R6C2", "2022-05-03", "another month")]
    );
    // Taken in, the order holds; the cell stays.
    let profile = inspection.profile.unwrap();
    let corrected = format!("{profile}\n[corrections]\n\"-!R6C2\" = \"2022-05-03\"\n");
    let again = inspect_with(&book(&rows, &days), Some(&corrected));
    assert_eq!(repaired(&again), []);
    assert!(
        again
            .assumptions
            .iter()
            .any(|one| one.contains("it says `03.06.2022`")),
        "{:?}",
        again.assumptions
    );
    // A late entry is none: a few days back, and no slip leads there.
    let mut days: Vec<u32> = (0..14).collect();
    days[9] = 4;
    let late = inspect(&book(&rows, &days));
    assert_eq!(
        (repaired(&late), late.breaks.len()),
        (vec![], 0),
        "{:?}",
        late.breaks
    );
}

#[test]
fn totals_and_balances_together_say_which_figure_is_wrong() {
    let mut text = String::from(
        "No;Date;Type;Sender;In;Out;Currency;Balance\n;01.05.2022;Opening balance;;;;USD;10000\n",
    );
    let mut balance = 10_000;
    for page in 0..6 {
        let mut sum = 0;
        for line in 0..4 {
            let amount = 500 + 10 * (page * 4 + line);
            balance += amount;
            sum += amount;
            let number = page * 4 + line + 1;
            // In the third page 590 is written 950, and everything else reckoned from the truth.
            let written = if amount == 590 { 950 } else { amount };
            writeln!(
                text,
                "{number};0{}.05.2022;deposit;Ali;{written};;USD;{balance}",
                page + 1
            )
            .unwrap();
        }
        writeln!(text, ";;Total;;{sum};;USD;").unwrap();
    }
    let inspection = inspect(&text);
    assert_eq!(repaired(&inspection), [("R14C5", "590", "digits swapped")]);
    assert_eq!(
        inspection.repairs[0].equations.len(),
        2,
        "{:?}",
        inspection.repairs
    );
    let total = inspection
        .equations
        .iter()
        .find(|one| one.equation.starts_with("a total of"));
    assert_eq!(
        total.map(|one| (one.n, one.n_hold, one.is_habit)),
        Some((6, 5, true))
    );
}

/// A table of totals upon totals, of which some are wrong: each is the sum of half of the table. It is read in memory and time that grow
/// with its length, and what is not sought is told.
#[test]
fn totals_upon_totals_are_read_and_the_limit_is_told() {
    const N: u32 = 2_000;
    let mut text = String::from("No;Date;Type;Sender;In;Out;Currency\n");
    for number in 1..=N {
        writeln!(
            text,
            "{number};01.05.2022;deposit;Ali;{};;USD",
            100 + number % 7
        )
        .unwrap();
    }
    let sum: u32 = (1..=N).map(|number| 100 + number % 7).sum();
    for nth in 0..N {
        let wrong = if nth % 10 == 0 {
            sum + 12_345 + nth
        } else {
            sum
        };
        writeln!(text, ";;Total;;{wrong};;USD").unwrap();
    }
    let inspection = inspect(&text);
    assert_eq!(repaired(&inspection), []);
    let total = inspection
        .equations
        .iter()
        .find(|one| one.equation.starts_with("a total of"));
    assert_eq!(
        total.map(|one| (one.n, one.n_hold)),
        Some((u64::from(N), u64::from(N - N / 10)))
    );
    assert_eq!(inspection.breaks.len(), (N / 10) as usize);
    let first = &inspection.breaks[0].equation;
    assert!(
        first.starts_with("the sum of 2000 figures above it is not "),
        "{first}"
    );
    assert!(
        first.ends_with("sought no further: too many equations do not hold"),
        "{first}"
    );
}
