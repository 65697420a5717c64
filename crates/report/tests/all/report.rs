//! The sample report says what it should.

use moneytrail_report::document::{Disclosure, Document, Fate, Role, SCHEMA};
use moneytrail_report::{ReportError, to_html, to_json};

/// Text of the page without tags; narrow spaces as spaces.
fn words(page: &str) -> String {
    let mut words = String::new();
    let mut is_tag = false;
    for letter in page.chars() {
        match letter {
            '<' => is_tag = true,
            '>' => is_tag = false,
            '\u{202f}' | '\u{a0}' if !is_tag => words.push(' '),
            '\u{2068}' | '\u{2069}' => {}
            _ if !is_tag => words.push(letter),
            _ => {}
        }
    }
    words
}

#[test]
fn the_answer_stands_first_and_adds_up() {
    let page = to_html(&crate::story::document()).unwrap();
    crate::page::check(&page);
    let words = words(&page);
    let expected = [
        "Of the 7 400.00 EUR, 6 400.00 were paid out in Belgrade in two parts, 852.00 rest in \
         B/pending, and 148.00 stayed with A.",
        "inference 0.994 The weakest claim it needs: A’s row 41 and B’s row 17 are one order (C1).",
        "Without it, the deposit ends at A and the payouts have no known payer.",
        "Of the 7 400.00 EUR, 7 300.00 became 7 811.000000 USDT at dealer D and 100.00 rest in \
         A/cash.",
        "assumption: fifo 7 of 7 end points differ under another listed policy",
        "invariant 3 500.00 under every listed policy",
        "not computed",
        "or 3 231.000000",
        "C1: order-match@5",
        "STOP: tagged service",
        "0.0000156 BTC in fees",
        "852.00 EUR rests at B/pending",
        "traced: 7 300.00",
        "Without it: two entities.",
        "14 orders, 10 matched, 2 altered, 2 missing.",
        "3 905 418 = 3 904 117 + 1 301 + 0 + 0",
        "16 balances checked to the smallest unit",
        "1 migrant, 1 role unknown. To read the names:",
    ];
    for expected in expected {
        assert!(words.contains(expected), "{expected}");
    }
}

#[test]
fn the_same_bytes_every_time() {
    let document = crate::story::document();
    assert_eq!(to_html(&document), to_html(&document.clone()));
    let json = to_json(&document).unwrap();
    let read: Document = serde_json::from_str(&json).unwrap();
    assert_eq!(read, document.masked());
    assert_eq!(to_json(&read).unwrap(), json);
    assert_eq!(to_html(&read), to_html(&document));
}

#[test]
fn sums_that_do_not_hold_are_refused() {
    let refused = |change: fn(&mut Document)| {
        let mut document = crate::story::document();
        change(&mut document);
        assert_eq!(to_json(&document).err(), to_html(&document).err());
        to_html(&document).expect_err("refused")
    };
    assert!(matches!(
        refused(|document| document.head.answers[1].parts[0].amount = crate::story::eur("7300.01")),
        ReportError::AnswerDoesNotAddUp { .. }
    ));
    assert!(matches!(
        refused(|document| document.traces[0].balance[0].resting = crate::story::eur("7252.01")),
        ReportError::DoesNotBalance { .. }
    ));
    assert!(matches!(
        refused(|document| document.traces[1].steps[1].pieces[0].amount = crate::story::eur("1")),
        ReportError::StepDoesNotAddUp { number: 6 }
    ));
    assert!(matches!(
        refused(|document| document.traces[1].steps[1].number = 1),
        ReportError::NumberTwice { number: 1 }
    ));
    assert!(matches!(
        refused(|document| document.schema = format!("{SCHEMA}0")),
        ReportError::Schema { .. }
    ));
}

#[test]
fn a_masked_name_is_in_no_format() {
    let mut document = crate::story::document();
    document.exhibits[0].quarantined[0].raw = "۱۸ ثور | عبدالله مثال | کابل".to_owned();
    for text in [to_html(&document).unwrap(), to_json(&document).unwrap()] {
        for name in ["عبدالله", "Petar", "Primer"] {
            assert!(!text.contains(name), "{name}");
        }
        assert!(text.contains("Person P-03"));
        assert!(text.contains("حاجی فرضی"), "a suspect is not masked");
    }
    document.disclosure = Some(Disclosure {
        operator: "Operator 7".to_owned(),
        purpose: "interview".to_owned(),
    });
    let page = to_html(&document).unwrap();
    assert!(page.contains("عبدالله") && page.contains("Operator 7"));
    let step = &mut document.traces[0].steps[0];
    step.from.mask = Some(Role::Minor);
    let page = to_html(&document).unwrap();
    assert!(page.contains("masked: minor"), "a mask that was set stays");
}

#[test]
fn the_policy_allows_this_style_and_nothing_else() {
    use sha2::{Digest, Sha256};
    let page = to_html(&crate::story::document()).unwrap();
    let style = page.split("<style>").nth(1).unwrap();
    let style = style.split("</style>").next().unwrap();
    let policy = page.split("style-src &#39;sha256-").nth(1).unwrap();
    let hash = policy.split("&#39;").next().unwrap();
    let digest = Sha256::digest(style);
    // Compared bit by bit, so that the test does not share the program's base64.
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digits = hash.trim_end_matches('=').chars();
    let bits: Vec<bool> = digits
        .map(|digit| alphabet.find(digit).unwrap())
        .flat_map(|digit| (0..6).rev().map(move |bit| digit >> bit & 1 == 1))
        .collect();
    let expected: Vec<bool> = digest
        .iter()
        .flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1 == 1))
        .collect();
    assert!(bits.starts_with(&expected));
    assert!(!page.contains("<script") && !page.contains(" style="));
}

#[test]
fn empty_sections_say_none() {
    let page = to_html(&crate::story::plain(&[])).unwrap();
    crate::page::check(&page);
    let words = words(&page);
    for expected in [
        "Nothing to draw: no step has a time.",
        "None: no policy with amounts was applied.",
        "None: no transfer carries traced money.",
        "None: no two accounts of this report are held to be one owner’s.",
        "None computed: this version runs no rules for patterns.",
        "None compared: this version lists no books side by side.",
        "Nothing is open that another record would settle.",
    ] {
        assert!(words.contains(expected), "{expected}");
    }
}

#[test]
fn few_policies_claim_little() {
    let mut document = crate::story::document();
    for trace in &mut document.traces {
        trace.policies = vec!["fifo".to_owned()];
        for group in &mut trace.end_points {
            for point in &mut group.points {
                point.figures.truncate(1);
                (point.min, point.max) = (None, None);
                assert_eq!(point.invariant(), None, "one policy proves no invariance");
                assert_ne!(point.fate, Fate::Kept);
            }
        }
    }
    let words = words(&to_html(&document).unwrap());
    assert!(words.contains("Other policies were not applied"));
    assert!(words.contains("Policy-free minimum and maximum were not computed"));
}
