//! Rates, from taking them in to what stands beside an amount.
#![allow(clippy::unwrap_used, reason = "a test that cannot set up has failed")]

use crate::common::{done, fixtures, new_case, run};

const DEALER: &str = "TSsVpZAxp7RyaUwcbsGT5udeCiv52m7n9a";

#[test]
fn a_step_shows_what_it_was_worth_and_by_which_rate() {
    let directory = tempfile::tempdir().unwrap();
    let at = directory.path();
    new_case(at);
    let usdt = fixtures().join("story/usdt.csv");
    done(at, &["add", "case", usdt.to_str().unwrap()]);
    let trace = |more: &[&str]| done(at, &[&["trace", "case", "--from", DEALER], more].concat());
    let before = trace(&[]);
    assert!(
        !before.contains('≈') && !before.contains("no rate"),
        "{before}"
    );
    // Through `add`, whatever the file is called.
    let list = at.join("list");
    fs_err::copy(fixtures().join("rates/rates.csv"), &list).unwrap();
    let ran = run(at, &["add", "case", "list", "--strict"]);
    assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("list: 4 rates, taken in"), "{}", ran.out);
    assert!(
        ran.out
            .contains("line 8 quarantined: `Tether` names no asset"),
        "{}",
        ran.out
    );
    let traced = trace(&[]);
    // 8,000 × 0.93314 = 7,465.12.
    let worth = "≈ 7\u{202f}465.12 EUR at 0.93314 EUR for 1 USDT, 2024-05-02, invented bank; 1 other rate of that day [assumption]";
    assert!(traced.contains(worth), "{traced}");
    assert!(traced.contains("no rate: none of 2024-05-"), "{traced}");
    assert!(
        traced.contains("8\u{202f}000.000000 USDT"),
        "the exact amount stays: {traced}"
    );
    let wide = trace(&["--rate-days", "60"]);
    assert!(!wide.contains("no rate"), "{wide}");
    assert!(
        wide.contains("0.93314 EUR for 1 USDT, 2024-05-02, invented bank"),
        "{wide}"
    );
    done(
        at,
        &["report", "case", "--from", DEALER, "-o", "report.html"],
    );
    let page = fs_err::read_to_string(at.join("report.html")).unwrap();
    for text in [
        "0.93314 EUR for 1 USDT",
        "no rate: ",
        "rounded to the nearest smallest unit",
    ] {
        assert!(page.contains(text), "{text}");
    }
    let again = run(at, &["rates", "case", "list"]);
    assert!(
        again.out.contains("the case has this list already"),
        "{}",
        again.out
    );
}

#[test]
fn rates_are_watched_as_evidence_is() {
    let directory = tempfile::tempdir().unwrap();
    let at = directory.path();
    new_case(at);
    let list = fixtures().join("rates/rates.csv");
    assert_eq!(
        run(at, &["rates", "case", list.to_str().unwrap()]).code,
        1,
        "rows were refused"
    );
    assert!(done(at, &["verify", "case"]).contains("verified: no difference"));
    let stored = fs_err::read_dir(at.join("case/rates"))
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    fs_err::write(stored, "date,asset,currency,rate,source\n").unwrap();
    assert_eq!(run(at, &["verify", "case"]).code, 1);
}

/// Decision 15: an exchange owes what it calls BTC, so the rate of bitcoin is that of it; and of two rates of one source
/// and day none is chosen.
#[test]
fn what_an_exchange_holds_has_a_rate_and_a_contradiction_has_none() {
    let directory = tempfile::tempdir().unwrap();
    let at = directory.path();
    new_case(at);
    let statement = fixtures().join("exchange/binance-statement.csv");
    done(at, &["add", "case", statement.to_str().unwrap()]);
    let list = |name: &str, rows: &str| {
        let text = format!("date,asset,currency,rate,source\n{rows}");
        fs_err::write(at.join(name), text).unwrap();
    };
    list(
        "first.csv",
        "2023-11-14,BTC,EUR,33000,bank\n2023-11-14,USDT,EUR,0.92,bank\n",
    );
    done(at, &["rates", "case", "first.csv"]);
    let traced = || {
        let told = done(at, &["trace", "case", "--from", "at:Binance/35698871"]);
        told.replace(['\u{202f}', '\u{a0}'], " ")
    };
    let told = traced();
    assert!(
        told.contains("at 33000 EUR for 1 BTC, 2023-11-14, bank"),
        "{told}"
    );
    assert!(told.contains("at 0.92 EUR for 1 USDT"), "{told}");
    list("second.csv", "2023-11-14,bitcoin,EUR,34000,bank\n");
    let ran = run(at, &["rates", "case", "second.csv"]);
    assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
    let said = "line 2 quarantined: bank states different rates of one day:";
    assert!(ran.out.contains(said), "{}", ran.out);
    for place in ["33000 in rates/", "34000 in rates/"] {
        assert!(ran.out.contains(place), "{}", ran.out);
    }
    let told = traced();
    assert!(!told.contains("EUR for 1 BTC"), "{told}");
    assert!(
        told.contains("no rate: bank states different rates of one day"),
        "{told}"
    );
}
