//! Head, people, findings, limits, books, exhibits and commands of the sample.

use super::{custody, value};
use moneytrail_model::{Instant, Precision, RecordCounts};
use moneytrail_report::document::*;

pub fn eur(text: &str) -> Money {
    AssetRef::new("EUR", "EUR", 2).parse(text).unwrap()
}

pub fn usdt(text: &str) -> Money {
    AssetRef::new("tron:TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t", "USDT", 6)
        .parse(text)
        .unwrap()
}

pub fn btc(text: &str) -> Money {
    AssetRef::new("bitcoin", "BTC", 8).parse(text).unwrap()
}

pub fn phrase(words: &str) -> Phrase {
    Phrase::words(words)
}

/// The parties of the story, by a short word.
pub fn party(word: &str) -> Party {
    let account = |id, name: &str| Party::account(id, name).named(name);
    match word {
        "P-03" => Party::account("P-03", "عبدالله مثال").person(Role::Migrant, "Person P-03"),
        "P-07" => Party::account("P-07", "Petar Primer")
            .named("Petar P. Primer, Belgrade")
            .person(Role::Unknown, "Person P-07"),
        "payee" => {
            let mut payee = Party::account("a9", "حاجی فرضی").named("حاجی فرضی");
            payee.role = Some(Role::Suspect);
            payee
        }
        "A" => account("a1", "A"),
        "B/pending" => account("a2", "B/pending"),
        "A/cash" => account("a3", "A/cash"),
        "A/TRON" => Party::account("a4", "TSAMPLEAxxxxxxxxxxxxxxxxxxxxxxxxxx").named("A/TRON"),
        "B/TRON" => Party::account("a5", "TSAMPLEBxxxxxxxxxxxxxxxxxxxxxxxxxx").named("B/TRON"),
        "B/BTC" => {
            Party::account("a6", "bc1qsampleb0000000000000000000000000000000").named("B/BTC")
        }
        "output 0" => account("a7", "output 0"),
        "landlord" => account("a8", "landlord of A"),
        "D" => account("a10", "dealer D"),
        "swap" => account("a11", "swap service"),
        "exchange" => Party::account("a12", "TSAMPLEXxxxxxxxxxxxxxxxxxxxxxxxxxx")
            .named("Exchange Alpha, deposit address"),
        "coinjoin" => Party::special(PartyKind::Junction, "a13", "CoinJoin transaction"),
        "fees" => Party::special(PartyKind::Fees, "fees", "fees"),
        "B/cash" => account("a14", "B/cash"),
        other => panic!("nobody is called {other}"),
    }
}

pub fn day(seconds: i64, calendar: &str) -> When {
    When::new(Instant::new(seconds, Precision::Day)).in_calendar(calendar)
}

pub fn second(seconds: i64) -> When {
    When::new(Instant::at(seconds))
}

pub fn inference(rule: &str, permille: u16, claim: Option<&str>) -> Inference {
    Inference {
        rule: rule.to_owned(),
        confidence_permille: Some(permille),
        parameters: String::new(),
        claim: claim.map(str::to_owned),
    }
}

/// One sixth of the size of a real one: a hash that anybody can see is invented.
pub fn hash(digit: char) -> String {
    format!("29d3dcff482f1ab93d234ff6e77c76dca178f9ed315637e54c2bca03d3c35bf{digit}")
}

fn part(amount: Money, fate: Fate, at: Option<Party>) -> Part {
    Part {
        amount,
        fate,
        at,
        place: None,
        n_transfers: 1,
        into: None,
    }
}

fn answers() -> Vec<Answer> {
    let value = Answer {
        layer: LayerWord::Value,
        whole: Whole::Seeded,
        total: eur("7400"),
        parts: vec![
            Part {
                place: Some(phrase("in Belgrade")),
                n_transfers: 2,
                ..part(eur("6400"), Fate::PaidOut, None)
            },
            part(eur("852"), Fate::Rests, Some(party("B/pending"))),
            part(eur("148"), Fate::Kept, Some(party("A"))),
        ],
        weakest: Some(Weakest {
            inference: inference("order-match@5", 994, Some("C1")),
            says: phrase("A’s row 41 and B’s row 17 are one order"),
            without: phrase("the deposit ends at A and the payouts have no known payer"),
        }),
    };
    let notes = Answer {
        layer: LayerWord::Custody,
        whole: Whole::Seeded,
        total: eur("7400"),
        parts: vec![
            Part {
                into: Some(usdt("7811")),
                ..part(eur("7300"), Fate::Converted, Some(party("D")))
            },
            part(eur("100"), Fate::Rests, Some(party("A/cash"))),
        ],
        weakest: Some(Weakest {
            inference: inference("crypto-mirror@3", 970, Some("C2")),
            says: phrase("the notes bought the tokens of step 8"),
            without: phrase("the trace of the notes ends at dealer D"),
        }),
    };
    let coins = Answer {
        layer: LayerWord::Custody,
        whole: Whole::Arrived,
        total: usdt("7811"),
        parts: vec![
            part(usdt("3881"), Fate::Service, Some(party("exchange"))),
            Part {
                into: Some(btc("0.061308")),
                ..part(usdt("3930"), Fate::Converted, Some(party("swap")))
            },
        ],
        weakest: Some(Weakest {
            inference: inference("tag-list@1", 950, None),
            says: phrase("the deposit address belongs to Exchange Alpha"),
            without: phrase("the tokens rest at an unnamed address"),
        }),
    };
    vec![value, notes, coins]
}

pub fn document() -> Document {
    Document {
        schema: SCHEMA.to_owned(),
        head: Head {
            case_id: "S-2024-014".to_owned(),
            case_name: "Sample case".to_owned(),
            notice: Some(phrase(
                "Sample. Every name, number, address, hash and probability on this page is invented.",
            )),
            question: phrase("Where did the deposit of ")
                .amount(&eur("7400"))
                .then(" written in book ")
                .code("kabul.xlsx!Sheet1!R41")
                .then(" go?"),
            seeds: vec!["kabul.xlsx!Sheet1!R41".to_owned()],
            answers: answers(),
            nothing: None,
            evidence_until: Some(When::new(Instant::new(1_719_705_600, Precision::Day))),
        },
        traces: vec![value::trace(), custody::trace()],
        people: people(),
        findings: Some(findings()),
        books: Some(vec![books()]),
        limits: limits(),
        exhibits: exhibits(),
        repeat: Repeat {
            commands: vec![
                "moneytrail verify S-2024-014".to_owned(),
                "moneytrail trace S-2024-014 --from 'kabul.xlsx!Sheet1!R41' --layer value --policy all"
                    .to_owned(),
                "moneytrail trace S-2024-014 --from 'kabul.xlsx!Sheet1!R41' --layer custody --policy all"
                    .to_owned(),
                "moneytrail report S-2024-014 -o report.html".to_owned(),
            ],
            program: "moneytrail 0.1.0".to_owned(),
            rules: ["order-match@5", "crypto-mirror@3", "coinjoin@4"]
                .map(str::to_owned)
                .into(),
            case_content: hash('0'),
            run_manifest: hash('1'),
            audit_head: hash('2'),
        },
        disclosure: None,
    }
}

fn people() -> People {
    let account = |word: &str, note: &str, exhibit: Option<&str>| EntityAccount {
        party: party(word),
        exhibit: exhibit.map(str::to_owned),
        note: Some(note.to_owned()),
    };
    let link = |basis: Basis, says: &str| ChainLink {
        basis,
        says: phrase(says),
    };
    let mut a = Party::account("e1", "صرافی نمونه").named("A, hawaladar");
    a.role = Some(Role::Suspect);
    People {
        entities: vec![
            Entity {
                party: a,
                accounts: vec![
                    account("A", "book", Some("X1")),
                    account("A/cash", "box", Some("X1")),
                    account("A/TRON", "address", Some("X3")),
                ],
                chain: vec![
                    link(Basis::FACT, "A and A/cash stand in one book"),
                    link(
                        Basis::Inference(inference("crypto-mirror@3", 970, Some("C2"))),
                        "9 000.00 EUR × 1.07 bought 9 630 USDT",
                    ),
                ],
                without: Some(phrase("two entities")),
                note: None,
            },
            Entity {
                party: party("P-03"),
                accounts: Vec::new(),
                chain: Vec::new(),
                without: None,
                note: Some(phrase("Depositor of order 318. Not a suspect.")),
            },
        ],
        claims: vec![ClaimView {
            id: "C1".to_owned(),
            inference: Inference {
                parameters: "window 3 days, amounts within 3 %".to_owned(),
                ..inference("order-match@5", 994, Some("C1"))
            },
            says: phrase("two rows describe one order"),
            evidence: vec![
                Citation {
                    exhibit: "X1".to_owned(),
                    locator: "kabul.xlsx!Sheet1!R41".to_owned(),
                    ..Citation::default()
                },
                Citation {
                    exhibit: "X2".to_owned(),
                    locator: "beograd.csv!-!R17".to_owned(),
                    ..Citation::default()
                },
            ],
            why: Some(phrase(
                "Weights in bits: same token +6.1, same day +3.4, amounts within 3 % +4.0, place +1.9, \
                 prior −8.0; sum +7.4.",
            )),
        }],
        held_back: vec![
            Phrase::default()
                .party(&party("payee"))
                .then(" of X2 R23 and ")
                .evidence("حاجي فرضى")
                .then(" of X1 R12: name alike, no phone (0.71)."),
        ],
    }
}

fn findings() -> Findings {
    Findings {
        found: vec![Finding {
            id: "F1".to_owned(),
            title: phrase("The USDT transfer settles three orders"),
            inference: inference("crypto-mirror@3", 970, None),
            found: phrase("Dues of A to B for orders 317, 318 and 319: ")
                .amount(&eur("9604"))
                .then(" × 1.07; on chain ")
                .amount(&usdt("10280"))
                .then("."),
            by_chance: Some(phrase(
                "0.004 such matches expected with the dates permuted.",
            )),
            innocent: vec![
                phrase("Hawaladars who send lawful remittances settle in the same way."),
                phrase("A trade payment of like size."),
            ],
            refuted_by: phrase(
                "A row in either book that settles orders 317 to 319 in another way.",
            ),
            error_rate: None,
            steps: vec![9],
        }],
        silent: vec![SilentRule {
            rule: "cycle@2".to_owned(),
            why: Some(phrase("no money came back to the seed")),
        }],
    }
}

fn books() -> BookPair {
    let order = |token: u32| BookOrder {
        token: token.to_string(),
        state: match token {
            314 => OrderState::MissingInFirst,
            315 | 320 => OrderState::Altered,
            325 => OrderState::MissingInSecond,
            _ => OrderState::Matched,
        },
        of_this_trace: token == 318,
        in_first: (token != 314).then(|| phrase("R37 ").evidence("۱.۲۰۰").then(" USD")),
        in_second: (token != 325).then(|| phrase("R14 ").evidence("1.020,00").then(" USD")),
        differs: Some(match token {
            314 => phrase("Missing in A. X1 skips from R35 to R37: row 36 is hidden and empty."),
            325 => phrase("X2 ends on 30 May: the book’s end, not a removed page."),
            320 => Phrase::default()
                .party(&party("P-07"))
                .then(" in one book only."),
            _ => phrase("180.00: neighbouring digits swapped."),
        }),
    };
    BookPair {
        first: "X1".to_owned(),
        second: "X2".to_owned(),
        scope: phrase("orders A to B, tokens 312 to 325, 28 April to 31 May"),
        inference: inference("order-match@5", 994, None),
        orders: (312..=325).map(order).collect(),
    }
}

fn limits() -> Limits {
    let coverage = |word: &str, all: Money, read: Money, assumed: Money, open: Money| Coverage {
        party: party(word),
        came_in: all,
        read,
        assumed,
        unexplained: open,
        note: None,
    };
    Limits {
        assumptions: vec![
            Assumption {
                what: phrase("Policies: fifo, haircut, poison."),
                chosen_by: Some("--policy all".to_owned()),
            },
            Assumption {
                what: phrase("Opening balance of A/cash, ")
                    .amount(&eur("600"))
                    .then(", as R38 carries it forward."),
                chosen_by: None,
            },
        ],
        cut_off: vec![
            CutOff {
                rule: StopRule::Floor,
                note: Some(phrase("floor of ").amount(&eur("200"))),
                layer: LayerWord::Value,
                amount: eur("148"),
            },
            CutOff {
                rule: StopRule::Service,
                note: Some(phrase("Exchange Alpha")),
                layer: LayerWord::Custody,
                amount: usdt("3881"),
            },
            CutOff {
                rule: StopRule::Coinjoin,
                note: Some(phrase("16 candidate outputs")),
                layer: LayerWord::Custody,
                amount: btc("0.05"),
            },
        ],
        coverage: vec![
            coverage("A/cash", eur("10400"), eur("9800"), eur("600"), eur("0")),
            coverage(
                "A/TRON",
                usdt("10280"),
                usdt("9630"),
                usdt("0"),
                usdt("650"),
            ),
            coverage("B/cash", eur("6400"), eur("0"), eur("0"), eur("6400")),
        ],
        contradictions: vec![phrase("X1 and X2 differ on the amount of order 315.")],
        unjoined: vec![Unjoined {
            exhibit: "X2".to_owned(),
            locator: "book_b.csv!-!R9".to_owned(),
            txid: "77".repeat(32),
            why: "that no exhibit describes".to_owned(),
        }],
        ask_next: vec![
            phrase("B’s cash book (")
                .amount(&eur("6400"))
                .then(" unexplained)."),
            phrase("The exchange’s account data for ")
                .push(Span::Step(10))
                .then("."),
        ],
    }
}

fn exhibits() -> Vec<Exhibit> {
    let exhibit =
        |number: &str, authority: &str, file: &str, what: &str, counts: [u64; 4]| Exhibit {
            number: number.to_owned(),
            authority_no: Some(authority.to_owned()),
            file: file.to_owned(),
            description: phrase(what),
            obtained: Some("3 July 2024, from the shop of A; laptop 2".to_owned()),
            records: RecordCounts {
                transferred: counts[0],
                contextual: counts[1],
                set_aside: counts[2],
                quarantined: counts[3],
            },
            sha256: hash(number.chars().last().unwrap_or('0')),
            sha1: Some("29d3dcff482f1ab93d234ff6e77c76dca178f9ed".to_owned()),
            quarantined: Vec::new(),
            set_aside: Vec::new(),
        };
    let mut all = vec![
        exhibit(
            "X1",
            "Kabul-07/12",
            "kabul.xlsx",
            "day-book of A, 1 sheet, right to left",
            [47, 9, 2, 3],
        ),
        exhibit(
            "X2",
            "Bg-114",
            "beograd.csv",
            "book of B, semicolons, Windows-1250",
            [29, 2, 1, 1],
        ),
        exhibit(
            "X3",
            "P-2",
            "tron-usdt.json",
            "node answers, 2 addresses",
            [212, 0, 0, 0],
        ),
        exhibit(
            "X4",
            "P-3",
            "btc-blocks.dat",
            "raw blocks 844 900 to 846 200",
            [3_904_117, 1_301, 0, 0],
        ),
        exhibit(
            "X5",
            "Prod-9",
            "swap-orders.csv",
            "answer of the swap service",
            [4, 1, 0, 0],
        ),
    ];
    all[0].quarantined = vec![
        RecordNote {
            locator: "kabul.xlsx!Sheet1!R19".to_owned(),
            reason: "amount: not a decimal number".to_owned(),
            raw: "۱۸ ثور | ۳۰۱ | نمونه | کابل | یورو | ؟؟".to_owned(),
        },
        RecordNote {
            locator: "kabul.xlsx!Sheet1!R58".to_owned(),
            reason: "date outside every reading".to_owned(),
            raw: "۳۹ حمل".to_owned(),
        },
    ];
    all[1].set_aside = vec![RecordNote {
        locator: "beograd.csv!-!R11".to_owned(),
        reason: "duplicate of R10".to_owned(),
        raw: "316;02.05.2024;Kabul;400,00;EUR;primljeno".to_owned(),
    }];
    all
}
