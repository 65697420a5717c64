//! The value layer: links decide every step.

use super::frame::{day, eur, inference, party, phrase};
use moneytrail_report::document::*;

/// 4 May 2024.
const DAY: i64 = 1_714_780_800;

pub fn trace() -> TraceView {
    TraceView {
        layer: LayerWord::Value,
        direction: DirectionWord::Forward,
        policies: ["fifo", "haircut", "poison"].map(str::to_owned).into(),
        policy: "fifo".to_owned(),
        placement: "latest".to_owned(),
        links_decide: true,
        steps: steps(),
        ends: vec![
            end("payee", Fate::PaidOut, "3500"),
            end("P-07", Fate::PaidOut, "2900"),
            end("B/pending", Fate::Rests, "852"),
            end("A", Fate::Floor, "148"),
        ],
        end_points: vec![EndGroup {
            asset: eur("0").asset,
            scale: eur("7400"),
            note: phrase("7 400.00 seeded"),
            points: vec![
                point("payee", Fate::PaidOut, "3500", "paid 14 May"),
                point("P-07", Fate::PaidOut, "2900", "paid 27 May"),
                point("B/pending", Fate::Rests, "852", "rests"),
                point(
                    "A",
                    Fate::Floor,
                    "148",
                    "implied commission; cut off: floor",
                ),
            ],
        }],
        otherwise: Some(otherwise()),
        balance: vec![Balance {
            seeded: eur("7400"),
            arrived: eur("0"),
            resting: eur("7252"),
            fees: eur("0"),
            returned: eur("0"),
            taken_over: eur("0"),
            cut_off: eur("148"),
            converted: eur("0"),
            burned: eur("0"),
            reached: eur("0"),
            elsewhere: eur("0"),
        }],
        n_balances_checked: 4,
        unexplained: Vec::new(),
        marked: Vec::new(),
    }
}

/// Without the match of the two books the payouts are nobody's order, and the dues stay where they are.
fn otherwise() -> Vec<Otherwise> {
    let both = |with, without| WithAndWithout::new(eur(with), eur(without));
    let figure = |policy: &str, with, without| OtherwiseFigure {
        policy: policy.to_owned(),
        latest: both(with, without),
        earliest: both(with, without),
        marked: None,
    };
    let point = |word, fate, with, without| OtherwisePoint {
        asset: eur("0").asset,
        party: party(word),
        fate,
        figures: vec![
            figure("fifo", with, without),
            figure("haircut", with, without),
            OtherwiseFigure {
                policy: "poison".to_owned(),
                latest: None,
                earliest: None,
                marked: Some([with != "0", without != "0"]),
            },
        ],
    };
    let of = |left_out: &str, form, infers: &str, points| Otherwise {
        left_out: left_out.to_owned(),
        form,
        n: 2,
        infers: infers.to_owned(),
        is_seed_gone: false,
        points,
        not_computed: None,
    };
    vec![
        of(
            "token-match@1",
            InferenceForm::Claim,
            "two books describe one order",
            vec![
                point("payee", Fate::PaidOut, "3500", "0"),
                point("P-07", Fate::PaidOut, "2900", "0"),
                point("B/pending", Fate::Rests, "852", "7252"),
            ],
        ),
        of(
            "exchange-pair@1",
            InferenceForm::Link,
            "two rows are the two sides of one exchange",
            Vec::new(),
        ),
        Otherwise {
            not_computed: Some("the case has 4000000 transfers".to_owned()),
            ..of(
                "X2",
                InferenceForm::Correction,
                "cells were corrected",
                Vec::new(),
            )
        },
    ]
}

fn end(word: &str, fate: Fate, amount: &str) -> End {
    End {
        party: party(word),
        fate,
        amount: eur(amount),
        into: None,
    }
}

fn point(word: &str, fate: Fate, amount: &str, note: &str) -> EndPoint {
    let figure = |policy: &str| Figure {
        policy: policy.to_owned(),
        latest: Some(eur(amount)),
        earliest: Some(eur(amount)),
        marked: None,
    };
    EndPoint {
        party: party(word),
        fate,
        note: phrase(note),
        figures: vec![
            figure("fifo"),
            figure("haircut"),
            Figure {
                policy: "poison".to_owned(),
                latest: None,
                earliest: None,
                marked: Some(true),
            },
        ],
        min: Some(eur(amount)),
        max: Some(eur(amount)),
        no_bounds: None,
    }
}

fn step(number: u32, when: When, from: &str, to: &str, amount: &str, kind: &str) -> Step {
    Step {
        worth: None,
        number,
        when,
        order_open: false,
        transfer_kind: kind.to_owned(),
        from: party(from),
        to: party(to),
        amount: eur(amount),
        traced: eur(amount),
        certain: Some(eur(amount)),
        pieces: vec![Piece {
            label: PieceLabel::Traced,
            amount: eur(amount),
        }],
        basis: Basis::FACT,
        evidence: Vec::new(),
        stop: None,
        links: Vec::new(),
        note: None,
    }
}

fn link(step: u32, kind: &str, consumed: &str, paid: &str) -> Link {
    Link {
        step,
        kind: kind.to_owned(),
        consumed: eur(consumed),
        paid: eur(paid),
    }
}

fn steps() -> Vec<Step> {
    let mut deposit = step(
        1,
        day(DAY, "15 Sawr 1403"),
        "P-03",
        "A",
        "7400",
        "order paid",
    );
    deposit.evidence = vec![Citation {
        exhibit: "X1".to_owned(),
        locator: "kabul.xlsx!Sheet1!R41".to_owned(),
        direction: SheetDirection::Rtl,
        cells: vec![
            Cell::new(2, "۱۵ ثور ۱۴۰۳").headed("تاریخ"),
            Cell::new(4, "۳۱۸").headed("نمبر"),
            Cell::new(5, "عبدالله مثال").headed("نام"),
            Cell::new(6, "مثال، بلگراد").headed("مقصد"),
            Cell::new(7, "یورو"),
            Cell::new(8, "۷.۴۰۰").headed("رسید"),
            Cell::new(10, "۹.۵۰۰").headed("بیلانس"),
        ],
        as_read: Some(
            phrase("order 318, for payment by ")
                .evidence("Mesal")
                .then(", Belgrade; ")
                .amount(&eur("7400"))
                .then("; 15 Sawr 1403 = 4 May 2024."),
        ),
        alternatives: vec![phrase(
            "7.4 EUR, the full stop as a decimal point. Rejected: the balance grows by 7 400.",
        )],
        ..Citation::default()
    }];
    let mut due = step(2, day(DAY, "15 Sawr 1403"), "A", "B/pending", "7252", "due");
    due.basis = Basis::Inference(inference("order-match@5", 994, Some("C1")));
    due.note = Some(phrase("A kept ").figure(&eur("148")).then(", implied"));
    due.links = vec![link(1, "order", "7400", "7252")];
    due.evidence = vec![Citation {
        exhibit: "X2".to_owned(),
        locator: "beograd.csv!-!R17".to_owned(),
        cells: vec![
            Cell::new(1, "318").headed("nalog"),
            Cell::new(2, "04.05.2024").headed("datum"),
            Cell::new(3, "Kabul"),
            Cell::new(4, "7.252,00").headed("iznos"),
            Cell::new(5, "EUR"),
            Cell::new(6, "primljeno"),
        ],
        as_read: Some(phrase("order 318 accepted by B (“primljeno”: received).")),
        ..Citation::default()
    }];
    let mut first = step(
        3,
        day(DAY + 10 * 86_400, "25 Sawr 1403"),
        "B/pending",
        "payee",
        "3500",
        "payout",
    );
    first.links = vec![link(2, "order", "3500", "3500")];
    first.evidence = vec![payout(
        "beograd.csv!-!R23",
        "318/1",
        "حاجی فرضی",
        "3.500,00",
    )];
    let mut second = step(
        4,
        day(DAY + 23 * 86_400, "7 Jawza 1403"),
        "B/pending",
        "P-07",
        "2900",
        "payout",
    );
    second.links = vec![link(2, "order", "2900", "2900")];
    second.evidence = vec![payout(
        "beograd.csv!-!R29",
        "318/2",
        "Petar Primer",
        "2.900,00",
    )];
    vec![deposit, due, first, second]
}

fn payout(locator: &str, token: &str, name: &str, amount: &str) -> Citation {
    Citation {
        exhibit: "X2".to_owned(),
        locator: locator.to_owned(),
        cells: vec![
            Cell::new(1, token).headed("nalog"),
            Cell::new(3, "isplata"),
            Cell::new(4, name).headed("ime"),
            Cell::new(5, amount).headed("iznos"),
            Cell::new(6, "EUR"),
        ],
        as_read: Some(phrase("payout on order 318.")),
        ..Citation::default()
    }
}
