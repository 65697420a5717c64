//! `corridor` and `commission-outlier`.

use super::rows::{Money, Row, month, month_name};
use super::{Asked, Finding, Party, Told};
use crate::shelf::Shelf;
use moneytrail_analysis::patterns::books::BookRule;
use moneytrail_analysis::patterns::books::corridor::{Corridor, Flow, corridors};
use moneytrail_analysis::patterns::books::price::{Outlier, Priced, outliers, price, repriced};
use moneytrail_analysis::patterns::chance::Chance;
use moneytrail_model::money::mul_div_rem;
use moneytrail_model::{Amount, Asset};
use rayon::prelude::*;
use serde_json::json;
use std::collections::BTreeMap;

/// Most corridors of a book and asset that are listed.
const N_LISTED: usize = 10;

/// Numbers of what is met, in the order in which it is.
#[derive(Debug)]
struct Numbers<T> {
    of: BTreeMap<T, u32>,
    all: Vec<T>,
}

impl<T: Ord + Clone> Numbers<T> {
    const fn new() -> Self {
        Self {
            of: BTreeMap::new(),
            all: Vec::new(),
        }
    }

    fn number(&mut self, what: T) -> u32 {
        if let Some(&known) = self.of.get(&what) {
            return known;
        }
        let number = u32::try_from(self.all.len()).unwrap_or(u32::MAX);
        self.all.push(what.clone());
        self.of.insert(what, number);
        number
    }
}

fn shown(units: u128, asset: &Asset) -> String {
    let amount = i128::try_from(units)
        .ok()
        .and_then(|units| Amount::new(units).ok());
    amount.map_or_else(
        || format!("{units} units"),
        |amount| format!("{} {}", amount.display(asset.decimals()), asset.symbol()),
    )
}

/// How much goes from where to where.
pub(super) fn flows(asked: &Asked<'_>, shelf: &Shelf, rows: &[Row]) -> Told {
    let mut told = Told::of(BookRule::Corridor);
    let (mut assets, mut ways) = (Numbers::new(), Numbers::new());
    let (mut n_without, mut flows, mut of_flow) = (0, Vec::new(), Vec::new());
    for row in rows {
        let month = row.days.and_then(month);
        let [from, to] = &row.way;
        let (Some(month), Some(Money { asset, units }), Some(from), Some(to)) =
            (month, &row.due, from, to)
        else {
            n_without += 1;
            continue;
        };
        flows.push(Flow {
            book: row.book,
            asset: assets.number(asset.clone()),
            places: ways.number((from.clone(), to.clone())),
            month,
            units: *units,
        });
        of_flow.push(row);
    }
    told.left_out.push((
        "orders without a month, an amount or two ends".to_owned(),
        n_without,
    ));
    let found = corridors(&flows, asked.options);
    let n_asked = found.iter().filter(|of| of.change.is_some()).count();
    told.by_chance = Some(format!(
        "months are dealt anew within each corridor: at most {} of {n_asked} asked would change their level so much",
        at_most(n_asked, asked.options.change_permille)
    ));
    for corridor in &found {
        let asset = &assets.all[corridor.asset as usize];
        let (from, to) = &ways.all[corridor.places as usize];
        let keeper = &shelf.keepers[corridor.book as usize];
        let parts = mul_div_rem(corridor.share.part, 1000, corridor.share.whole.max(1))
            .map_or(0, |of| of.0);
        if corridor.rank <= N_LISTED {
            let line = format!(
                "book of {keeper}: {from} → {to}: rank {}, {} in {} orders, {parts} thousandths of its {}",
                corridor.rank,
                shown(corridor.share.part, asset),
                corridor.flows.len(),
                asset.symbol()
            );
            let value = json!({
                "book": keeper, "from": from, "to": to, "asset": asset.key().to_string(), "decimals": asset.decimals(), "rank": corridor.rank,
                "units": corridor.share.part.to_string(), "orders": corridor.flows.len(), "first_month": month_name(corridor.first_month),
                "months_units": corridor.months.iter().map(ToString::to_string).collect::<Vec<_>>(),
                "change": corridor.change.map(|change| json!({
                    "month": month_of(corridor, change.at), "as_large_of_drawn": [change.n_as_large, change.n_drawn],
                })),
            });
            told.listed.push((line, value));
        }
        let Some(change) = corridor
            .change
            .filter(|of| of.is_rare(asked.options.change_permille))
        else {
            continue;
        };
        let mean = |months: &[u128]| {
            let sum = months
                .iter()
                .fold(0_u128, |sum, &of| sum.saturating_add(of));
            shown(sum / (months.len() as u128).max(1), asset)
        };
        let mut finding = Finding::new(BookRule::Corridor, change.statistic.into());
        finding.parties = vec![
            Party::Named(format!("book of {keeper}")),
            Party::Named(format!("{from} → {to}")),
        ];
        finding.because("changes its level in", month_of(corridor, change.at), None);
        finding.because("a month before", mean(&corridor.months[..change.at]), None);
        finding.because(
            "a month from there on",
            mean(&corridor.months[change.at..]),
            None,
        );
        finding.because(
            "as large a change in orders drawn",
            format!("{} of {}", change.n_as_large, change.n_drawn),
            None,
        );
        finding.because("rank", corridor.rank, None);
        finding.rows = corridor
            .flows
            .iter()
            .map(|&at| of_flow[at].record())
            .collect();
        told.findings.push(finding);
    }
    told.findings
        .sort_by_key(|of| std::cmp::Reverse(of.strength));
    told
}

fn month_of(corridor: &Corridor, at: usize) -> String {
    month_name(
        corridor
            .first_month
            .saturating_add(i32::try_from(at).unwrap_or(0)),
    )
}

/// So many times a part, to a hundredth.
pub(super) fn at_most(n: usize, permille: u32) -> String {
    let hundredths = (n as u64 * u64::from(permille)).div_ceil(10);
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

/// Orders that cost more than others of their corridor and month.
pub(super) fn prices(asked: &Asked<'_>, shelf: &Shelf, rows: &[Row]) -> Told {
    let mut told = Told::of(BookRule::CommissionOutlier);
    let mut corridors = Numbers::new();
    let (mut n_without, mut priced, mut of_price) = (0, Vec::new(), Vec::new());
    for row in rows {
        let month = row.days.and_then(month);
        let [from, to] = &row.way;
        // Who sends is paid for what he owes; who receives is owed what he pays out.
        let (paid, out) = if row.is_sent {
            (&row.cash, &row.due)
        } else {
            (&row.due, &row.cash)
        };
        let price = paid
            .as_ref()
            .zip(out.as_ref())
            .and_then(|(paid, out)| price(paid.units, out.units));
        let (Some(month), Some(price), Some(from), Some(to)) = (month, price, from, to) else {
            n_without += 1;
            continue;
        };
        let assets = [paid, out].map(|money| money.as_ref().map(|money| money.asset.clone()));
        priced.push(Priced {
            corridor: corridors.number((row.book, row.is_sent, from.clone(), to.clone(), assets)),
            month,
            price,
        });
        of_price.push(row);
    }
    told.left_out.push((
        "orders without a month, two ends, or both what was paid and what is paid out".to_owned(),
        n_without,
    ));
    let found = outliers(&priced, asked.options);
    let (n_shuffled, seed) = asked.draws;
    let strengths = (0..n_shuffled).into_par_iter().map(|nth| {
        let found = outliers(&repriced(&priced, seed, nth), asked.options);
        found.iter().map(|of| of.excess_millionths).collect()
    });
    told.chance = Chance {
        strengths: strengths.collect(),
    };
    let percent =
        |millionths: u128| format!("{}.{:02} %", millionths / 10_000, millionths / 100 % 100);
    for Outlier {
        order,
        median,
        excess_millionths,
        n_others,
        ..
    } in found
    {
        let (row, of) = (of_price[order], priced[order]);
        let (book, _, from, to, _) = &corridors.all[of.corridor as usize];
        let mut finding = Finding::new(BookRule::CommissionOutlier, excess_millionths);
        finding.parties = vec![
            Party::Named(format!("book of {}", shelf.keepers[*book as usize])),
            Party::Named(format!("{from} → {to}, {}", month_name(of.month))),
        ];
        finding
            .parties
            .extend(row.sender.clone().map(Party::Customer));
        let asked_excess = u128::from(asked.options.price_excess_permille) * 1000;
        finding.because(
            "above the median of the others",
            percent(excess_millionths),
            Some(percent(asked_excess)),
        );
        finding.because(
            "paid for a million paid out, smallest units",
            of.price,
            None,
        );
        finding.because("median of the others", median, None);
        finding.because(
            "others",
            n_others,
            Some(asked.options.price_n_min.to_string()),
        );
        finding.rows = vec![row.record()];
        told.findings.push(finding);
    }
    told
}
