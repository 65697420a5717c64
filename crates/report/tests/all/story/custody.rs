//! The custody layer: one cash box, one conversion, one shortfall, one fork, one swap, one CoinJoin.

use super::frame::{btc, day, eur, inference, party, phrase, second, usdt};
use moneytrail_report::document::*;

const DAY: i64 = 1_714_780_800;

pub fn trace() -> TraceView {
    TraceView {
        layer: LayerWord::Custody,
        direction: DirectionWord::Forward,
        policies: ["fifo", "haircut", "poison"].map(str::to_owned).into(),
        policy: "fifo".to_owned(),
        placement: "latest".to_owned(),
        links_decide: false,
        steps: steps(),
        ends: ends(),
        end_points: end_points(),
        otherwise: None,
        balance: balance(),
        n_balances_checked: 12,
        unexplained: vec![Unexplained {
            party: party("A/TRON"),
            amount: usdt("650"),
        }],
        marked: vec![Mark {
            party: party("B/BTC"),
            marked: btc("0.0123844"),
            pool: btc("0.0123844"),
        }],
    }
}

struct Draft<'a> {
    number: u32,
    when: When,
    from: &'a str,
    to: &'a str,
    kind: &'a str,
    traced: Money,
    certain: Money,
    clean: Money,
    unexplained: Money,
}

fn step(draft: Draft) -> Step {
    let mut pieces = Vec::new();
    for (label, amount) in [
        (PieceLabel::Clean, &draft.clean),
        (PieceLabel::Traced, &draft.traced),
        (PieceLabel::Unexplained, &draft.unexplained),
    ] {
        if amount.units() > 0 {
            pieces.push(Piece {
                label,
                amount: amount.clone(),
            });
        }
    }
    let amount = pieces
        .iter()
        .try_fold(draft.traced.asset.zero(), |sum, piece| {
            sum.checked_add(&piece.amount)
        })
        .unwrap();
    Step {
        worth: None,
        number: draft.number,
        when: draft.when,
        order_open: false,
        transfer_kind: draft.kind.to_owned(),
        from: party(draft.from),
        to: party(draft.to),
        amount,
        traced: draft.traced,
        certain: Some(draft.certain),
        pieces,
        basis: Basis::FACT,
        evidence: Vec::new(),
        stop: None,
        links: Vec::new(),
        note: None,
    }
}

fn chain(number: u32, exhibit: &str, height: u64, position: &str) -> Citation {
    Citation {
        exhibit: exhibit.to_owned(),
        locator: format!("chain.dat!height {height}!tx {number}"),
        txid: Some(format!(
            "932a691ae2b8079975080246da078eff38f1c65afd78fc8c4a46f3931924f2{number:02}"
        )),
        height: Some(height),
        position: Some(position.to_owned()),
        ..Citation::default()
    }
}

fn book(row: u32, cells: &[(u32, &str)], reading: &str) -> Citation {
    Citation {
        exhibit: "X1".to_owned(),
        locator: format!("kabul.xlsx!Sheet1!R{row}"),
        direction: SheetDirection::Rtl,
        cells: cells
            .iter()
            .map(|(column, text)| Cell::new(*column, text))
            .collect(),
        as_read: Some(phrase(reading)),
        ..Citation::default()
    }
}

fn steps() -> Vec<Step> {
    let mut steps = euro_steps();
    steps.extend(token_steps());
    steps.extend(coin_steps());
    steps
}

fn euro_steps() -> Vec<Step> {
    let draft = |number, day: When, from, to, kind, traced: &str, certain: &str, clean: &str| {
        step(Draft {
            number,
            when: day,
            from,
            to,
            kind,
            traced: eur(traced),
            certain: eur(certain),
            clean: eur(clean),
            unexplained: eur("0"),
        })
    };
    let mut notes = draft(
        5,
        day(DAY, "15 Sawr 1403"),
        "P-03",
        "A/cash",
        "order paid",
        "7400",
        "7400",
        "0",
    );
    notes.evidence = vec![book(
        41,
        &[],
        "cash received into the box, as the running balance shows.",
    )];
    let mut rent = draft(
        6,
        day(DAY + 5 * 86_400, "20 Sawr 1403"),
        "A/cash",
        "landlord",
        "expense",
        "0",
        "0",
        "400",
    );
    rent.evidence = vec![book(
        44,
        &[(2, "۲۰ ثور ۱۴۰۳"), (5, "کرایه دکان"), (9, "۴۰۰")],
        "shop rent.",
    )];
    let mut purchase = draft(
        7,
        day(DAY + 8 * 86_400, "23 Sawr 1403"),
        "A/cash",
        "D",
        "exchange",
        "7300",
        "6000",
        "1700",
    );
    purchase.order_open = true;
    purchase.evidence = vec![book(
        46,
        &[
            (2, "۳/۲/۲۳"),
            (5, "خرید تتر"),
            (9, "۹.۰۰۰"),
            (11, "۱٫۰۷"),
            (12, "۹۶۳۰"),
        ],
        "purchase of USDT at 1.07; 9 000 × 1.07 = 9 630.",
    )];
    vec![notes, rent, purchase]
}

fn token_steps() -> Vec<Step> {
    let draft = |number, seconds, from, to, kind, money: [&str; 4]| {
        step(Draft {
            number,
            when: second(seconds),
            from,
            to,
            kind,
            traced: usdt(money[0]),
            certain: usdt(money[1]),
            clean: usdt(money[2]),
            unexplained: usdt(money[3]),
        })
    };
    let mut bought = draft(
        8,
        1_715_514_129,
        "D",
        "A/TRON",
        "exchange",
        ["7811", "6420", "1819", "0"],
    );
    bought.basis = Basis::Inference(inference("crypto-mirror@3", 970, Some("C2")));
    bought.links = vec![Link {
        step: 7,
        kind: "exchange".to_owned(),
        consumed: eur("9000"),
        paid: usdt("9630"),
    }];
    bought.evidence = vec![chain(8, "X3", 61_603_118, "log 0")];
    let mut settled = draft(
        9,
        1_715_847_351,
        "A/TRON",
        "B/TRON",
        "settlement",
        ["7811", "6420", "1819", "650"],
    );
    settled.evidence = vec![
        chain(9, "X3", 61_717_840, "log 0"),
        book(
            47,
            &[(2, "۲۷ ثور ۱۴۰۳"), (5, "ارسال تتر به بلگراد"), (9, "۱۰۲۸۰")],
            "settlement.",
        ),
    ];
    let mut exchange = draft(
        10,
        1_716_224_607,
        "B/TRON",
        "exchange",
        "payment",
        ["3881", "1840", "3319", "0"],
    );
    exchange.stop = Some(Stop {
        rule: StopRule::Service,
        note: Some(phrase(
            "Whom to serve: Exchange Alpha, compliance desk, with this txid.",
        )),
    });
    exchange.evidence = vec![chain(10, "X3", 61_832_566, "log 2")];
    let mut swapped = draft(
        11,
        1_716_542_414,
        "B/TRON",
        "swap",
        "exchange",
        ["3930", "0", "0", "70"],
    );
    swapped.evidence = vec![chain(11, "X3", 61_930_000, "log 1")];
    vec![bought, settled, exchange, swapped]
}

fn coin_steps() -> Vec<Step> {
    let draft = |number, seconds, from, to, kind, money: [&str; 2]| {
        step(Draft {
            number,
            when: second(seconds).at_position("height 845 517"),
            from,
            to,
            kind,
            traced: btc(money[0]),
            certain: btc("0"),
            clean: btc("0"),
            unexplained: btc(money[1]),
        })
    };
    let mut bought = draft(
        12,
        1_716_542_414,
        "swap",
        "B/BTC",
        "exchange",
        ["0.061308", "0.001092"],
    );
    bought.links = vec![Link {
        step: 11,
        kind: "exchange".to_owned(),
        consumed: usdt("4000"),
        paid: btc("0.0624"),
    }];
    bought.evidence = vec![chain(12, "X5", 844_961, "order SWP-0042")];
    let mut kept = draft(
        13,
        1_716_880_000,
        "B/BTC",
        "output 0",
        "output",
        ["0.05", "0"],
    );
    kept.evidence = vec![chain(13, "X4", 845_517, "index 1204, output 0")];
    let rest = draft(
        14,
        1_716_880_000,
        "B/BTC",
        "B/BTC",
        "output",
        ["0.011308", "0.0010764"],
    );
    let mut rest = rest;
    rest.to = Party::account("a15", "bc1qsamplec0000000000000000000000000000000").named("output 1");
    rest.evidence = vec![chain(13, "X4", 845_517, "index 1204, output 1")];
    let mut fee = draft(
        15,
        1_716_880_000,
        "B/BTC",
        "fees",
        "fee",
        ["0", "0.0000156"],
    );
    fee.evidence = vec![chain(13, "X4", 845_517, "index 1204")];
    let mut mixed = draft(
        16,
        1_717_236_000,
        "output 0",
        "coinjoin",
        "input",
        ["0.05", "0"],
    );
    mixed.evidence = vec![chain(16, "X4", 846_093, "index 388")];
    mixed.stop = Some(Stop {
        rule: StopRule::Coinjoin,
        note: Some(phrase(
            "Candidate set: outputs 0 to 13, and outputs 17 and 22 as change.",
        )),
    });
    vec![bought, kept, rest, fee, mixed]
}

fn ends() -> Vec<End> {
    let end = |party: Party, fate, amount: Money| End {
        party,
        fate,
        amount,
        into: None,
    };
    let output =
        Party::account("a15", "bc1qsamplec0000000000000000000000000000000").named("output 1");
    vec![
        end(party("A/cash"), Fate::Rests, eur("100")),
        end(party("landlord"), Fate::PaidOut, eur("0")),
        End {
            into: Some(usdt("7811")),
            ..end(party("D"), Fate::Converted, eur("7300"))
        },
        end(party("exchange"), Fate::Service, usdt("3881")),
        End {
            into: Some(btc("0.061308")),
            ..end(party("swap"), Fate::Converted, usdt("3930"))
        },
        end(party("coinjoin"), Fate::Coinjoin, btc("0.05")),
        end(output, Fate::Rests, btc("0.011308")),
    ]
}

type Row<'a> = (&'a str, Fate, &'a str, [&'a str; 2], [&'a str; 2]);

fn end_points() -> Vec<EndGroup> {
    let group = |money: fn(&str) -> Money, scale: &str, note: &str, rows: &[Row]| EndGroup {
        asset: money("0").asset,
        scale: money(scale),
        note: phrase(note),
        points: rows
            .iter()
            .map(|(word, fate, note, [fifo, haircut], [min, max])| {
                let (fifo, or) = fifo.split_once('|').unwrap_or((fifo, fifo));
                let figure = |policy: &str, latest: &str, earliest: &str| Figure {
                    policy: policy.to_owned(),
                    latest: Some(money(latest)),
                    earliest: Some(money(earliest)),
                    marked: None,
                };
                EndPoint {
                    party: party(word),
                    fate: *fate,
                    note: phrase(note),
                    figures: vec![
                        figure("fifo", fifo, or),
                        figure("haircut", haircut, haircut),
                        Figure {
                            policy: "poison".to_owned(),
                            latest: None,
                            earliest: None,
                            marked: Some(true),
                        },
                    ],
                    min: (!min.is_empty()).then(|| money(min)),
                    max: (!max.is_empty()).then(|| money(max)),
                    no_bounds: None,
                }
            })
            .collect(),
    };
    vec![
        group(
            eur,
            "7400",
            "7 400.00 seeded",
            &[
                (
                    "D",
                    Fate::Converted,
                    "9 000.00 went; converted",
                    ["7300", "6403.84"],
                    ["6000", "7400"],
                ),
                (
                    "A/cash",
                    Fate::Rests,
                    "1 000.00 rest",
                    ["100", "711.54"],
                    ["0", "1000"],
                ),
                (
                    "landlord",
                    Fate::PaidOut,
                    "400.00 paid",
                    ["0", "284.62"],
                    ["0", "400"],
                ),
            ],
        ),
        group(
            usdt,
            "7918",
            "6 420 to 7 918 arrive",
            &[
                (
                    "exchange",
                    Fate::Service,
                    "7 200 went; stop: service",
                    ["3881|3231", "4188.046126"],
                    ["1840", "7200"],
                ),
                (
                    "swap",
                    Fate::Converted,
                    "4 000 went; converted",
                    ["3930|4000", "2326.692292"],
                    ["0", "4000"],
                ),
                (
                    "B/TRON",
                    Fate::Rests,
                    "580 rest",
                    ["0|580", "337.370382"],
                    ["0", "580"],
                ),
            ],
        ),
        group(
            btc,
            "0.0624",
            "0 to 0.06240000 arrive",
            &[(
                "coinjoin",
                Fate::Coinjoin,
                "0.05 went; stop: mixed",
                ["0.05", "0.02908364"],
                ["", ""],
            )],
        ),
    ]
}

fn balance() -> Vec<Balance> {
    let line = |money: fn(&str) -> Money, figures: [&str; 8]| Balance {
        seeded: money(figures[0]),
        arrived: money(figures[1]),
        resting: money(figures[2]),
        fees: money(figures[3]),
        returned: money(figures[4]),
        taken_over: money(figures[5]),
        cut_off: money(figures[6]),
        converted: money(figures[7]),
        burned: money("0"),
        reached: money("0"),
        elsewhere: money("0"),
    };
    vec![
        line(eur, ["7400", "0", "100", "0", "0", "0", "0", "7300"]),
        line(usdt, ["0", "7811", "0", "0", "0", "0", "3881", "3930"]),
        line(
            btc,
            ["0", "0.061308", "0.011308", "0", "0", "0", "0.05", "0"],
        ),
    ]
}
