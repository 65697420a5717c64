//! The page of positions, whatever the books say.

use moneytrail_model::Amount;
use moneytrail_report::document::Phrase;
use moneytrail_report::positions::{Course, PositionsPage, Step, positions_to_html};
use proptest::prelude::*;

fn page(name: &str, positions: &[(Option<i64>, i128)]) -> PositionsPage {
    let mut before = Amount::ZERO;
    let steps = positions.iter().map(|&(day, units)| {
        let position = Amount::new(units).unwrap_or_default();
        let change = position.checked_sub(before).unwrap_or_default();
        before = position;
        Step {
            day,
            date: "2024-05-04".to_owned(),
            what: "order".to_owned(),
            change,
            position,
            is_inferred: false,
            seen: "one book".to_owned(),
            rows: vec![format!("{name}!-!R2")],
        }
    });
    PositionsPage {
        case_id: name.to_owned(),
        courses: vec![Course {
            first: name.to_owned(),
            second: "haji aziz".to_owned(),
            asset: "EUR".to_owned(),
            decimals: 2,
            steps: steps.collect(),
            notes: vec![Phrase::words("Stated: ").evidence(name)],
        }],
        ..PositionsPage::default()
    }
}

/// Numbers of the path: where its steps end.
fn heights(html: &str) -> Vec<f64> {
    let path = html
        .split("<path class=\"x\"")
        .nth(1)
        .and_then(|rest| rest.split(" d=\"").nth(1));
    let path = path
        .and_then(|rest| rest.split('"').next())
        .unwrap_or_default();
    let ends = path.split('V').skip(1);
    ends.filter_map(|end| end.split('H').next()?.parse().ok())
        .collect()
}

proptest! {
    #[test]
    fn a_higher_position_is_drawn_higher(positions in prop::collection::vec((prop::option::of(-40_000..40_000_i64), -1_000_000..1_000_000_i128), 1..40)) {
        let html = positions_to_html(&page("a", &positions));
        let heights = heights(&html);
        if positions.iter().all(|of| of.0.is_none()) {
            prop_assert!(heights.is_empty() && html.contains("nothing to draw"));
            return Ok(());
        }
        prop_assert_eq!(heights.len(), positions.len());
        for (a, y_a) in positions.iter().zip(&heights) {
            for (b, y_b) in positions.iter().zip(&heights) {
                prop_assert!(a.1 <= b.1 || y_a <= y_b, "{} at {y_a}, {} at {y_b}", a.1, b.1);
            }
        }
    }

    #[test]
    fn names_never_become_markup(name in "\\PC{0,40}") {
        let plain = positions_to_html(&page("a", &[(Some(1), 5), (Some(2), -5)]));
        let html = positions_to_html(&page(&format!("<script>\"&{name}"), &[(Some(1), 5), (Some(2), -5)]));
        prop_assert_eq!(html.matches('<').count(), plain.matches('<').count());
        prop_assert!(!html.contains("<script"));
    }
}

#[test]
fn the_largest_amounts_are_drawn_without_overflow() {
    let most = 10_i128.pow(38) - 1;
    let html = positions_to_html(&page(
        "a",
        &[(Some(i64::MIN), most), (Some(i64::MAX), -most), (None, 0)],
    ));
    assert_eq!(heights(&html), [30.0, 170.0, 100.0]);
    assert!(html.contains("1 steps have no date"));
}

#[test]
fn nothing_owed_is_an_answer() {
    let html = positions_to_html(&PositionsPage::default());
    assert!(html.contains("None: no row of a book makes anybody owe anything."));
    assert!(html.contains("Nothing is left out."));
}
