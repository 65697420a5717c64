//! `migrant-fee`: payments by many to one payee in orders and releases of a book.
//!
//! Laws. A payee is a customer of one book under one folded name; a payer is who sends an order, or the deposit that a release is paid of: one
//! deposit is one payer. Names alone tell who is who: one person under two spellings is two, and two of one name are one.

use super::rows::{Row, cells};
use super::{Asked, Finding, Party, Told};
use crate::commands::escrow::lines;
use crate::shelf::Shelf;
use moneytrail_analysis::escrow::{Options, escrows};
use moneytrail_analysis::patterns::books::BookRule;
use moneytrail_analysis::patterns::books::payee::{Fees, Payment, fees as found, redated};
use moneytrail_analysis::patterns::chance::Chance;
use moneytrail_ingest::table::fold;
use moneytrail_model::{AccountKey, Amount, TransferKind};
use rayon::prelude::*;
use std::collections::BTreeMap;

/// A payer: who sends, or a deposit.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Payer {
    Named(u32, String),
    Deposit(usize),
}

/// What is gathered of the books.
#[derive(Debug, Default)]
struct Gathered {
    payments: Vec<Payment>,
    records: Vec<String>,
    /// Book and folded name of each payee, and his account.
    payees: Vec<(u32, String)>,
    keys: Vec<AccountKey>,
    numbers: BTreeMap<(u32, String), u32>,
    payers: BTreeMap<Payer, u32>,
    n_other_currency: u64,
    n_unnamed: u64,
    n_known: u64,
}

/// What a payment is, but for who pays whom.
struct Of<'a> {
    book: u32,
    asset: &'a moneytrail_model::Asset,
    units: u128,
    day: Option<i32>,
    is_milestone: bool,
    has_word: bool,
    record: String,
}

impl Gathered {
    fn take(
        &mut self,
        asked: &Asked<'_>,
        payee: Option<&AccountKey>,
        payer: Option<Payer>,
        of: Of<'_>,
    ) {
        let (Some(key @ AccountKey::Customer(_, name)), Some(payer), Some(day)) =
            (payee, payer, of.day)
        else {
            self.n_unnamed += 1;
            return;
        };
        let name = fold(name);
        let is_unnamed = |name: &str| name.starts_with("unnamed");
        let payer_name = match &payer {
            Payer::Named(_, name) => name.as_str(),
            Payer::Deposit(_) => "",
        };
        if is_unnamed(&name) || is_unnamed(payer_name) {
            self.n_unnamed += 1;
            return;
        }
        if is_said(
            asked,
            key,
            &name,
            &asked.fees.known,
            &asked.fees.known_categories,
        ) || asked.fees.known.iter().any(|known| known == payer_name)
        {
            self.n_known += 1;
            return;
        }
        let currency = asked
            .fees
            .currencies
            .iter()
            .position(|known| *known == of.asset.symbol());
        let hundredths = match of.asset.decimals() {
            2 => Some(of.units),
            more => 10_u128
                .checked_pow(u32::from(more.abs_diff(2)))
                .and_then(|scale| {
                    if more > 2 {
                        Some(of.units / scale)
                    } else {
                        of.units.checked_mul(scale)
                    }
                }),
        };
        let (Some(currency), Some(hundredths)) = (currency, hundredths) else {
            self.n_other_currency += 1;
            return;
        };
        let n = u32::try_from(self.payees.len()).unwrap_or(u32::MAX);
        let payee = *self.numbers.entry((of.book, name.clone())).or_insert(n);
        if payee == n {
            self.payees.push((of.book, name));
            self.keys.push(key.clone());
        }
        let n = u32::try_from(self.payers.len()).unwrap_or(u32::MAX);
        let payer = *self.payers.entry(payer).or_insert(n);
        self.payments.push(Payment {
            payee,
            payer,
            currency: u32::try_from(currency).unwrap_or(u32::MAX),
            day,
            hundredths,
            is_milestone: of.is_milestone,
            has_word: of.has_word,
        });
        self.records.push(of.record);
    }
}

/// Whether a list or a tag says it of a customer.
fn is_said(
    asked: &Asked<'_>,
    key: &AccountKey,
    name: &str,
    names: &[String],
    categories: &[String],
) -> bool {
    let tagged = asked.categories.get(key).into_iter().flatten();
    names.iter().any(|known| known == name)
        || tagged
            .into_iter()
            .any(|category| categories.contains(category))
}

pub(super) fn fees(asked: &Asked<'_>, shelf: &Shelf, rows: &[Row]) -> Told {
    let mut told = Told::of(BookRule::MigrantFee);
    let has_word = |cells: &[String]| {
        let mut words = cells.iter().flat_map(|cell| cell.split(' '));
        words.any(|word| asked.fees.words.iter().any(|known| known == word))
    };
    let mut all = Gathered::default();
    for row in rows {
        // What the customer paid says what the fee was; else what is owed.
        let in_table = |money: &&super::rows::Money| {
            let symbol = money.asset.symbol();
            asked.fees.currencies.iter().any(|known| known == symbol)
        };
        let money = [&row.cash, &row.due]
            .into_iter()
            .flatten()
            .find(in_table)
            .or(row.due.as_ref());
        let Some(money) = money else { continue };
        let payer = row.sender.as_ref().and_then(|key| match key {
            AccountKey::Customer(_, name) => Some(Payer::Named(row.book, fold(name))),
            _ => None,
        });
        let of = Of {
            book: row.book,
            asset: &money.asset,
            units: money.units,
            day: row.days.map(|days| days.0),
            is_milestone: false,
            has_word: has_word(&row.cells),
            record: row.record(),
        };
        all.take(asked, row.beneficiary.as_ref(), payer, of);
    }
    releases(asked, shelf, has_word, &mut all);
    let identified: Vec<bool> = all
        .payees
        .iter()
        .zip(&all.keys)
        .map(|((_, name), key)| {
            is_said(
                asked,
                key,
                name,
                &asked.fees.identified,
                &asked.fees.identified_categories,
            )
        })
        .collect();
    let ask = |payments: &[Payment]| found(payments, &identified, &asked.fees.bands, asked.options);
    let (n_shuffled, seed) = asked.draws;
    let strengths = (0..n_shuffled).into_par_iter().map(|nth| {
        let found = ask(&redated(&all.payments, seed, nth));
        found.iter().map(|of| u128::from(of.n_payers)).collect()
    });
    told.chance = Chance {
        strengths: strengths.collect(),
    };
    for (what, n) in [
        (
            "payments that name no payer, no payee or no day",
            all.n_unnamed,
        ),
        (
            "payments in currencies that no band is in",
            all.n_other_currency,
        ),
        ("payments of known family and shops", all.n_known),
    ] {
        told.left_out.push((what.to_owned(), n));
    }
    told.findings = ask(&all.payments)
        .iter()
        .map(|of| finding(asked, of, &all, shelf))
        .collect();
    told
}

/// Releases of deposits, each paid by its deposit.
fn releases(
    asked: &Asked<'_>,
    shelf: &Shelf,
    has_word: impl Fn(&[String]) -> bool,
    all: &mut Gathered,
) {
    let options = Options::default();
    let lines = lines::of(shelf, options.lone_gap_days);
    let escrows = escrows(&lines.all, &lines.courses, &options);
    // Deposit, and whether it is released in several parts, by place.
    let mut of_place: BTreeMap<(u32, String), (usize, bool)> = BTreeMap::new();
    for chain in &escrows.chains {
        for joined in &chain.releases {
            let place = (
                lines.exhibits[joined.line],
                lines.places[joined.line].to_string(),
            );
            of_place.insert(place, (chain.deposit, chain.releases.len() >= 2));
        }
    }
    for book in &shelf.books {
        let (said, cells) = (book.said(), cells(book));
        for (event, legs) in book.lines() {
            let place = book.rows.event_locator(event);
            let (Some(row), Some(&(deposit, is_milestone))) =
                (event.row, of_place.get(&(book.exhibit, place.to_string())))
            else {
                continue;
            };
            let of_row = said
                .get(&(event.source, row))
                .map_or(&[][..], Vec::as_slice);
            let payee = of_row
                .iter()
                .find(|said| &*said.field == "role" && &*said.value == "payee");
            for leg in legs {
                let leg = book.rows.transfers.get(leg);
                let is_release = leg.kind == TransferKind::Release
                    && leg.layers.contains(moneytrail_model::Layer::Value);
                let asset = book.rows.assets.get(leg.asset as usize);
                let (true, Some(asset), Some(units)) =
                    (is_release, asset, leg.amount.and_then(Amount::non_negative))
                else {
                    continue;
                };
                let of = Of {
                    book: book.keeper,
                    asset,
                    units,
                    day: crate::shelf::days(event).map(|days| days.0),
                    is_milestone,
                    has_word: cells
                        .get(&(event.source, row))
                        .is_some_and(|cells| has_word(cells)),
                    record: format!("X{} {place}", book.exhibit),
                };
                all.take(
                    asked,
                    payee.map(|said| &said.account),
                    Some(Payer::Deposit(deposit)),
                    of,
                );
            }
        }
    }
}

fn finding(asked: &Asked<'_>, of: &Fees, all: &Gathered, shelf: &Shelf) -> Finding {
    let mut finding = Finding::new(BookRule::MigrantFee, of.n_payers.into());
    let payee = of.payee as usize;
    finding.parties = vec![
        Party::Customer(all.keys[payee].clone()),
        Party::Named(format!(
            "book of {}",
            shelf.keepers[all.payees[payee].0 as usize]
        )),
    ];
    let options = asked.options;
    let currency = all.payments[of.payments[0]].currency as usize;
    let mean = i128::try_from(of.mean)
        .ok()
        .and_then(|mean| Amount::new(mean).ok())
        .unwrap_or_default();
    finding.because(
        "distinct payers",
        of.n_payers,
        Some(options.fee_n_min.to_string()),
    );
    finding.because(
        "mean",
        format!("{} {}", mean.display(2), asked.fees.currencies[currency]),
        None,
    );
    finding.because(
        "spread ÷ mean in thousandths",
        of.cv_permille,
        Some(format!("at most {}", options.fee_cv_permille)),
    );
    finding.because(
        "releases of deposits in parts",
        of.evidence.n_milestones,
        Some(options.fee_evidence_min.to_string()),
    );
    finding.because(
        "rows with words of routes",
        of.evidence.n_words,
        Some(options.fee_evidence_min.to_string()),
    );
    finding.because(
        "payee identified otherwise",
        if of.evidence.is_identified {
            "yes"
        } else {
            "no"
        },
        None,
    );
    for &band in &of.bands {
        let band = &asked.fees.bands[band];
        finding.because(
            "band",
            format!(
                "{} {}–{} (as of: {})",
                band.route, band.from, band.to, band.as_of
            ),
            None,
        );
    }
    finding.rows = of
        .payments
        .iter()
        .map(|&at| all.records[at].clone())
        .collect();
    finding
}
