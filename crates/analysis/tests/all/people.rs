//! Laws of `people`, and what it says of small books.
#![allow(clippy::unwrap_used, reason = "tests")]
#![expect(
    clippy::float_arithmetic,
    clippy::cast_possible_truncation,
    reason = "probabilities and small counts; no money"
)]

use moneytrail_analysis::people::{Decision, Mention, Options, Party, People, Tie, people};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

const NAMES: [&str; 9] = [
    "زهرا",
    "zahra",
    "karim",
    "کرم",
    "amin",
    "amin karimi",
    "amin ahmadi",
    "رحمت الله",
    "rahmatullah",
];
const FATHERS: [Option<&str>; 4] = [None, None, Some("شفیق"), Some("dilshad")];
const HOMES: [Option<&str>; 3] = [None, Some("kabul"), Some("wien")];
const PHONES: [Option<&str>; 3] = [None, Some("700123456"), Some("676111222")];
const DOCUMENTS: [Option<&str>; 4] = [None, None, Some("p1"), Some("p2")];

/// Places of the lists above.
type Drawn = (usize, usize, usize, usize, usize);

fn mentions(drawn: &[Drawn]) -> Vec<Mention> {
    let of = |(place, &(name, father, home, phone, document)): (usize, &Drawn)| {
        let party = if place % 2 == 0 {
            Party::Sender
        } else {
            Party::Beneficiary
        };
        let mut mention = Mention::new(
            format!("b.csv!-!R{place}C1"),
            (place / 2) as u64,
            party,
            NAMES[name],
        );
        mention.father = FATHERS[father].map(Into::into);
        mention.home = HOMES[home].map(Into::into);
        mention.phones = PHONES[phone].map(Into::into).into_iter().collect();
        mention.id_no = DOCUMENTS[document].map(Into::into);
        mention
    };
    drawn.iter().enumerate().map(of).collect()
}

/// Persons and merges by key, which no order of the input changes.
fn keyed(found: &People, mentions: &[Mention]) -> (Vec<Vec<String>>, Vec<String>) {
    let key = |place: &usize| mentions[*place].key.to_string();
    let persons = found
        .persons
        .iter()
        .map(|person| person.iter().map(key).collect());
    let merges = found.merges.iter().map(|merge| {
        format!(
            "{:?} {:?} {:?} {:?}",
            merge.mentions.map(|of| key(&of)),
            merge.sizes,
            merge.posterior,
            merge.terms
        )
    });
    (persons.collect(), merges.collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn persons_are_a_function_of_the_set_and_keep_apart_what_must_be(
        drawn in prop::collection::vec((0..9_usize, 0..4_usize, 0..3_usize, 0..3_usize, 0..4_usize), 2..24),
        tied in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), 0.3..1.0_f64), 0..4),
        said in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 0..3),
        turn in 0..24_usize,
    ) {
        let straight = mentions(&drawn);
        let n = straight.len();
        let ties: Vec<Tie> = tied.iter().map(|(a, b, posterior)| Tie { mentions: [a.index(n), b.index(n)], posterior: *posterior }).collect();
        let apart: Vec<Decision> = said.iter().map(|(a, b)| Decision { mentions: [a.index(n), b.index(n)], is_same: false }).collect();
        let options = Options { n_samples: 200, rounds_max: 10, ..Options::default() };
        let found = people(&straight, &ties, &apart, &options);

        let mut turned = straight.clone();
        turned.rotate_left(turn % n);
        let at = |place: usize| (place + n - turn % n) % n;
        let ties_turned: Vec<Tie> = ties.iter().rev().map(|tie| Tie { mentions: tie.mentions.map(at), ..*tie }).collect();
        let apart_turned: Vec<Decision> = apart.iter().rev().map(|of| Decision { mentions: of.mentions.map(at), ..*of }).collect();
        let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap();
        let again = pool.install(|| people(&turned, &ties_turned, &apart_turned, &options));
        prop_assert_eq!(keyed(&found, &straight), keyed(&again, &turned));

        let mut all: Vec<usize> = found.persons.iter().flatten().copied().collect();
        all.sort_unstable();
        prop_assert_eq!(all, (0..n).collect::<Vec<_>>());
        prop_assert_eq!(found.merges.len(), n - found.persons.len());
        let person: BTreeMap<usize, usize> = found.persons.iter().enumerate().flat_map(|(nth, person)| person.iter().map(move |&of| (of, nth))).collect();
        for persons in &found.persons {
            let documents: BTreeSet<_> = persons.iter().filter_map(|&of| straight[of].id_no.as_ref()).collect();
            prop_assert!(documents.len() <= 1);
            let records: BTreeSet<u64> = persons.iter().map(|&of| straight[of].record).collect();
            prop_assert!(records.iter().all(|&record| persons.iter().filter(|&&of| straight[of].record == record).count() == 1));
        }
        for decision in apart.iter().filter(|of| of.mentions[0] != of.mentions[1]) {
            prop_assert_ne!(person[&decision.mentions[0]], person[&decision.mentions[1]]);
        }
        for merge in &found.merges {
            let bits = merge.prior_bits + merge.order_bits + merge.rival_bits + merge.terms.iter().map(|term| term.bits).sum::<f64>();
            prop_assert!((merge.posterior - 1.0 / (1.0 + (-bits).exp2())).abs() < 1e-6);
            prop_assert!(merge.posterior >= options.merge_posterior - 1e-3 && merge.bar.is_none());
            prop_assert!(found.chain(merge.mentions[0], merge.mentions[1]).is_some_and(|chain| chain.len() == 1));
        }
    }
}

/// A book of strangers, each named three times, beside what is asked about.
fn among_strangers(asked: Vec<Mention>) -> (Vec<Mention>, usize) {
    let first = asked.len();
    let mut all = asked;
    let names = [
        "wali", "jamal", "sardar", "nabil", "tariq", "bashir", "fawad", "gulab", "hamid", "idris",
        "latif", "munir",
    ];
    for nth in 0..36_u64 {
        let name = names[nth as usize % names.len()];
        let mut mention = Mention::new(
            format!("s.csv!-!R{nth}C1"),
            1_000 + nth,
            Party::Sender,
            format!("{name} {name}i"),
        );
        mention.home = Some(if nth % 2 == 0 { "kabul" } else { "wien" }.into());
        mention.phones = vec![format!("7000000{:02}", nth as usize % names.len()).into()];
        all.push(mention);
    }
    (all, first)
}

fn together(found: &People, a: usize, b: usize) -> bool {
    found
        .persons
        .iter()
        .any(|person| person.contains(&a) && person.contains(&b))
}

fn mention(nth: u64, name: &str, home: &str) -> Mention {
    let mut mention = Mention::new(format!("a.csv!-!R{nth}C1"), nth, Party::Sender, name);
    mention.home = Some(home.into());
    mention
}

#[test]
fn a_telephone_and_a_name_in_two_scripts_are_one_person() {
    let [mut a, mut b] = [
        mention(1, "رحمت الله", "kabul"),
        mention(2, "rahmat ullah", "kabul"),
    ];
    a.phones = vec!["712345678".into()];
    b.phones = a.phones.clone();
    let (all, _) = among_strangers(vec![a, b]);
    assert!(together(&people(&all, &[], &[], &Options::default()), 0, 1));
}

#[test]
fn two_full_names_are_not_chained_by_a_part_of_both() {
    let asked = vec![
        mention(1, "amin karimi", "kabul"),
        mention(2, "amin", "kabul"),
        mention(3, "amin ahmadi", "kabul"),
    ];
    let (all, _) = among_strangers(asked);
    assert!(!together(
        &people(&all, &[], &[], &Options::default()),
        0,
        2
    ));
}

#[test]
fn fathers_and_decisions_keep_apart_and_decisions_join() {
    let asked = || {
        let [mut a, mut b] = [
            mention(1, "zahra noori", "kabul"),
            mention(2, "zahra noori", "kabul"),
        ];
        (a.phones, b.phones) = (vec!["712345678".into()], vec!["712345678".into()]);
        (a, b)
    };
    let decided = |is_same| {
        [Decision {
            mentions: [0, 1],
            is_same,
        }]
    };
    let (a, b) = asked();
    let (all, _) = among_strangers(vec![a, b]);
    assert!(together(&people(&all, &[], &[], &Options::default()), 0, 1));
    assert!(!together(
        &people(&all, &[], &decided(false), &Options::default()),
        0,
        1
    ));
    let (mut a, mut b) = asked();
    (a.father, b.father) = (Some("shafiq".into()), Some("دلشاد".into()));
    let (all, _) = among_strangers(vec![a, b]);
    let found = people(&all, &[], &[], &Options::default());
    assert!(!together(&found, 0, 1));
    assert!(
        found
            .held
            .iter()
            .any(|held| held.bar == Some(moneytrail_analysis::people::Bar::Fathers))
    );
    let found = people(&all, &[], &decided(true), &Options::default());
    assert!(together(&found, 0, 1));
    assert!(found.chain(0, 1).unwrap()[0].is_decided);
}

#[test]
fn matched_orders_join_whatever_the_spelling() {
    let (mut all, _) = among_strangers(Vec::new());
    let first = all.len();
    for nth in 0..4_u64 {
        for (book, name) in [(0, "sher"), (1, "mohammad farid")] {
            all.push(Mention::new(
                format!("t{book}.csv!-!R{nth}C1"),
                5_000 + 10 * nth + book,
                Party::Beneficiary,
                name,
            ));
        }
    }
    let ties: Vec<Tie> = (0..4)
        .map(|nth| Tie {
            mentions: [first + 2 * nth, first + 2 * nth + 1],
            posterior: 0.99,
        })
        .collect();
    let found = people(&all, &ties, &[], &Options::default());
    assert!(
        together(&found, first, first + 1),
        "{:?}",
        found.held.first()
    );
}
