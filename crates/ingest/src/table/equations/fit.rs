//! Which equations a book keeps: what was left open is fitted to it, and the share that holds decides.

use super::Equation;
use super::build::Draft;
use super::store::{CellId, Span, Store};
use super::values::{Instead, Values};
use std::collections::BTreeMap;

/// Of an equation's instances so many hold, per cent, or the book does not keep it.
const HOLD_MIN_PERCENT: u64 = 90;
/// And of the totals of pages, of which there are few and each can be broken by any of its rows.
const SUMS_HOLD_MIN_PERCENT: u64 = 80;
/// Instances below which a book shows no habit.
const INSTANCES_MIN: u64 = 5;
/// Instances of a pair of currencies from which on its rate has a direction.
const PAIR_MIN: u64 = 3;
/// A conversion whose rounding is more than this part of its amount measures nothing.
const ROUNDING_PART_MIN: i128 = 50;

/// An equation between numbers of a book, with nothing left open.
pub(super) enum Kept {
    /// The numbers, each times its factor, sum to nothing.
    Linear {
        terms: Vec<(CellId, i128)>,
        is_balance: bool,
    },
    /// A total is the sum of what stands above it.
    Sum { total: CellId, of: Span },
    /// `x` (less or plus a fee) and `y` at a rate: `y = x · rate`, or `x = y · rate`, to the units that each is rounded to.
    Conversion {
        x: CellId,
        y: CellId,
        rate: CellId,
        fee: Option<(CellId, i128)>,
        is_product: bool,
        quanta: [i128; 2],
        /// 2 if they are rounded to the nearest, 1 if up or down.
        divisor: i128,
    },
    /// The fee is so many hundredths of a per cent, to the unit that it is rounded to.
    Fee {
        fee: CellId,
        of: CellId,
        share: i128,
        quantum: i128,
    },
}

impl Kept {
    /// Its numbers; what it says of stands first.
    pub(super) fn cells(&self, store: &Store) -> Vec<CellId> {
        match self {
            Self::Linear { terms, .. } => terms.iter().map(|term| term.0).collect(),
            Self::Sum { total, of } => {
                let mut cells = vec![*total];
                cells.extend_from_slice(store.span(*of));
                cells
            }
            Self::Conversion {
                x, y, rate, fee, ..
            } => {
                let mut cells = vec![*x, *y, *rate];
                cells.extend(fee.map(|fee| fee.0));
                cells
            }
            Self::Fee { fee, of, .. } => vec![*fee, *of],
        }
    }

    /// How many they are.
    pub(super) fn n_cells(&self) -> usize {
        match self {
            Self::Linear { terms, .. } => terms.len(),
            Self::Sum { of, .. } => of.len() + 1,
            Self::Conversion { fee, .. } => 3 + usize::from(fee.is_some()),
            Self::Fee { .. } => 2,
        }
    }

    /// The number that it says of.
    pub(super) fn first(&self) -> CellId {
        match self {
            Self::Linear { terms, .. } => terms[0].0,
            Self::Sum { total, .. } => *total,
            Self::Conversion { x, .. } => *x,
            Self::Fee { fee, .. } => *fee,
        }
    }

    /// Whether it holds; what overflows does not. O(log n) for a sum of n numbers.
    pub(super) fn holds(&self, values: &Values<'_>, trial: Option<Instead>) -> bool {
        self.try_holds(values, trial).unwrap_or(false)
    }

    fn try_holds(&self, values: &Values<'_>, trial: Option<Instead>) -> Option<bool> {
        let store = values.store;
        let value = |cell: CellId| values.get(cell, trial);
        match self {
            Self::Linear { .. } | Self::Sum { .. } => Some(self.residual(values, trial)? == 0),
            Self::Conversion {
                x,
                y,
                rate,
                fee,
                is_product,
                quanta,
                divisor,
            } => {
                let (base, ..) = value(*x);
                let base = match fee {
                    Some((fee, sign)) => base.checked_add(sign.checked_mul(value(*fee).0)?)?,
                    None => base,
                };
                let (rate, scale) = value(*rate);
                let a = (base, decimals(store, *x), quanta[0]);
                let b = (value(*y).0, decimals(store, *y), quanta[1]);
                let (from, to) = if *is_product { (a, b) } else { (b, a) };
                converts(from, to, (rate, scale), *divisor)
            }
            Self::Fee {
                fee,
                of,
                share,
                quantum,
            } => {
                let reckoned = value(*of).0.checked_mul(*share)?;
                let stated = value(*fee).0.checked_mul(10_000)?;
                Some(stated.checked_sub(reckoned)?.checked_abs()? <= quantum.checked_mul(10_000)?)
            }
        }
    }

    /// What a linear equation is off by.
    pub(super) fn residual(&self, values: &Values<'_>, trial: Option<Instead>) -> Option<i128> {
        match self {
            Self::Linear { terms, .. } => terms.iter().try_fold(0_i128, |sum, &(cell, factor)| {
                sum.checked_add(factor.checked_mul(values.get(cell, trial).0)?)
            }),
            Self::Sum { total, of } => {
                let sum = values.sum(*of, trial)?;
                values.get(*total, trial).0.checked_sub(sum)
            }
            _ => None,
        }
    }

    /// By how much what it is off by grows with a number of it.
    pub(super) fn factor(&self, cell: CellId) -> Option<i128> {
        match self {
            Self::Linear { terms, .. } => {
                let mut terms = terms.iter();
                terms.find(|term| term.0 == cell).map(|term| term.1)
            }
            Self::Sum { total, .. } => Some(if *total == cell { 1 } else { -1 }),
            _ => None,
        }
    }

    /// As a sentence, with what it is and what it is not.
    pub(super) fn said(&self, values: &Values<'_>, trial: Option<Instead>) -> String {
        let is = if self.holds(values, trial) {
            "="
        } else {
            "is not"
        };
        let store = values.store;
        let value = |cell: CellId| values.get(cell, trial);
        let named = |cell: CellId| store.named(cell, value(cell).0);
        match self {
            Self::Sum { total, of } => {
                let sum = if of.len() > TERMS_NAMED {
                    format!("the sum of {} figures above it", of.len())
                } else {
                    let cells = store.span(*of).iter().map(|&cell| named(cell));
                    cells.collect::<Vec<String>>().join(" + ")
                };
                format!("{sum} {is} {}", named(*total))
            }
            Self::Linear { terms, .. } => {
                let [(result, _), rest @ ..] = terms.as_slice() else {
                    return String::new();
                };
                let mut sum = String::new();
                let of_result = terms[0].1;
                if rest.len() > TERMS_NAMED {
                    let sides = rest.iter().filter(|term| term.1 == -of_result);
                    sum = format!("the sum of {} figures above it", sides.count());
                } else {
                    for &(cell, factor) in rest {
                        let sign = if factor == of_result { "-" } else { "+" };
                        if sum.is_empty() && sign == "+" {
                            sum = named(cell);
                        } else {
                            sum = format!("{sum} {sign} {}", named(cell));
                        }
                    }
                }
                format!("{sum} {is} {}", named(*result))
            }
            Self::Conversion {
                x,
                y,
                rate,
                fee,
                is_product,
                ..
            } => {
                let mut base = named(*x);
                if let Some((fee, sign)) = fee {
                    let operator = if *sign < 0 { '-' } else { '+' };
                    base = format!("({base} {operator} {})", named(*fee));
                }
                let operator = if *is_product { '·' } else { '/' };
                let rate = store.bare(*rate, value(*rate).0);
                let about = if is == "=" { "≈" } else { is };
                format!("{base} {operator} {rate} {about} {}", named(*y))
            }
            Self::Fee { fee, of, share, .. } => format!(
                "{}.{:02} % of {} {is} {}",
                share / 100,
                share % 100,
                named(*of),
                named(*fee)
            ),
        }
    }
}

/// Terms of a sum that are named one by one.
const TERMS_NAMED: usize = 4;

fn decimals(store: &Store, cell: CellId) -> u32 {
    let asset = store.numbers[cell].asset();
    asset.map_or(0, |asset| u32::from(asset.decimals()))
}

/// Whether `to = from · rate`, to the rounding of either. Amounts are units, decimals and the unit of rounding; a rate is
/// digits and decimals.
fn converts(
    from: (i128, u32, i128),
    to: (i128, u32, i128),
    rate: (i128, u32),
    divisor: i128,
) -> Option<bool> {
    let of_to = 10_i128.checked_pow(from.1.checked_add(rate.1)?)?;
    let of_from = rate.0.checked_mul(10_i128.checked_pow(to.1)?)?;
    let stated = to.0.checked_mul(of_to)?;
    let reckoned = from.0.checked_mul(of_from)?;
    let off = stated.checked_sub(reckoned)?.checked_abs()?;
    let rounding = to.2.checked_mul(of_to)?.max(from.2.checked_mul(of_from)?);
    Some(off.checked_mul(divisor)? <= rounding)
}

/// The equations that the drafts give, and of those that are kept each instance.
pub(super) fn kept(drafts: &[Draft], values: &Values<'_>) -> (Vec<Equation>, Vec<Kept>) {
    let (mut equations, mut all) = (Vec::new(), Vec::new());
    conversions(drafts, values, &mut equations, &mut all);
    same(drafts, values, &mut equations, &mut all);
    fees(drafts, values, &mut equations, &mut all);
    sums(drafts, values, &mut equations, &mut all);
    for what in ["carried forward", "brought forward"] {
        let instances = drafts.iter().filter_map(|draft| match draft {
            Draft::Carried {
                what: of,
                cell,
                of: balance,
            } if *of == what => Some(Kept::Linear {
                terms: vec![(*cell, 1), (*balance, -1)],
                is_balance: false,
            }),
            _ => None,
        });
        let name = format!("{what} is the balance above");
        take(
            name,
            instances.collect(),
            HOLD_MIN_PERCENT,
            values,
            &mut equations,
            &mut all,
        );
    }
    for draft in drafts {
        if let Draft::Balance {
            before,
            after,
            comes,
            goes,
            sign,
        } = draft
        {
            let mut terms = vec![(*after, 1), (*before, -1)];
            terms.extend(comes.iter().map(|&cell| (cell, -sign)));
            terms.extend(goes.iter().map(|&cell| (cell, *sign)));
            all.push(Kept::Linear {
                terms,
                is_balance: true,
            });
        }
    }
    (equations, all)
}

/// States an equation, and keeps its instances if it is a habit.
fn take(
    equation: String,
    instances: Vec<Kept>,
    percent: u64,
    values: &Values<'_>,
    equations: &mut Vec<Equation>,
    all: &mut Vec<Kept>,
) {
    let n = instances.len() as u64;
    let n_hold = count(&instances, values);
    if n == 0 {
        return;
    }
    let is_habit = n >= INSTANCES_MIN && n_hold * 100 >= n * percent;
    equations.push(Equation {
        equation,
        n,
        n_hold,
        is_habit,
    });
    if is_habit {
        all.extend(instances);
    }
}

fn count(instances: &[Kept], values: &Values<'_>) -> u64 {
    let holds = |one: &&Kept| one.holds(values, None);
    instances.iter().filter(holds).count() as u64
}

/// Without the commission, less it, or with it on top.
const FEES: [(i128, &str); 3] = [
    (0, ""),
    (-1, " less the commission"),
    (1, " and the commission"),
];

fn conversions(
    drafts: &[Draft],
    values: &Values<'_>,
    equations: &mut Vec<Equation>,
    all: &mut Vec<Kept>,
) {
    type Conversion = (CellId, CellId, CellId, Option<CellId>);
    let found: Vec<Conversion> = drafts
        .iter()
        .filter_map(|draft| match draft {
            Draft::Conversion { x, y, rate, fee } => Some((*x, *y, *rate, *fee)),
            _ => None,
        })
        .collect();
    let store = values.store;
    let asset = |cell: CellId| {
        let asset = store.numbers[cell].asset();
        asset
            .map(|asset| asset.key().to_string())
            .unwrap_or_default()
    };
    let mut amounts: BTreeMap<String, Vec<i128>> = BTreeMap::new();
    for &(x, y, ..) in &found {
        for cell in [x, y] {
            amounts
                .entry(asset(cell))
                .or_default()
                .push(store.numbers[cell].value);
        }
    }
    let quanta: BTreeMap<String, i128> = amounts
        .into_iter()
        .map(|(asset, amounts)| (asset, quantum(&amounts)))
        .collect();
    let instance =
        |&(x, y, rate, fee): &Conversion, is_product, sign: i128, divisor| Kept::Conversion {
            x,
            y,
            rate,
            fee: fee.filter(|_| sign != 0).map(|fee| (fee, sign)),
            is_product,
            quanta: [quanta[&asset(x)], quanta[&asset(y)]],
            divisor,
        };
    let mut best: Option<(u64, Vec<Kept>, String)> = None;
    for divisor in [2, 1] {
        for (sign, with) in FEES {
            let mut pairs: BTreeMap<(String, String), [u64; 2]> = BTreeMap::new();
            let pair = |one: &Conversion| {
                let (a, b) = (asset(one.0), asset(one.1));
                // Whichever way money goes, a rate says how much of one currency one of the other is.
                if a <= b {
                    ((a, b), true)
                } else {
                    ((b, a), false)
                }
            };
            for one in &found {
                let (key, is_forward) = pair(one);
                let counts = pairs.entry(key).or_default();
                for (index, is_product) in [is_forward, !is_forward].into_iter().enumerate() {
                    let holds = instance(one, is_product, sign, divisor).holds(values, None);
                    counts[index] += u64::from(holds);
                }
            }
            let instances: Vec<Kept> = found
                .iter()
                .filter_map(|one| {
                    let (key, is_forward) = pair(one);
                    let [forward, backward] = pairs[&key];
                    if forward.max(backward) < PAIR_MIN {
                        return None;
                    }
                    let is_product = is_forward == (forward >= backward);
                    Some(instance(one, is_product, sign, divisor))
                })
                .collect();
            let n_hold = count(&instances, values);
            // Rounding to the nearest says more; it is left only for what holds much more often.
            let enough = n_hold * 100 >= instances.len() as u64 * HOLD_MIN_PERCENT;
            let better = best.as_ref().is_none_or(|(most, before, _)| {
                n_hold > *most
                    && (divisor == 2
                        || *most * 100 < before.len() as u64 * HOLD_MIN_PERCENT && enough)
            });
            if better {
                best = Some((
                    n_hold,
                    instances,
                    format!("amount{with} and rate give the other amount"),
                ));
            }
        }
    }
    if let Some((_, instances, name)) = best {
        let at = all.len();
        take(name, instances, HOLD_MIN_PERCENT, values, equations, all);
        let mut index = 0;
        all.retain(|one| {
            index += 1;
            index <= at || is_decisive(one, store)
        });
    }
}

/// Whether the rounding of a conversion is small beside its amounts.
fn is_decisive(one: &Kept, store: &Store) -> bool {
    let Kept::Conversion { x, y, quanta, .. } = one else {
        return true;
    };
    [(*x, quanta[0]), (*y, quanta[1])]
        .into_iter()
        .all(|(cell, quantum)| {
            let value = store.numbers[cell].value.saturating_abs();
            value >= quantum.saturating_mul(ROUNDING_PART_MIN)
        })
}

/// The largest of 1, 5, 10, 50, 100 … that nine tenths of the amounts are multiples of.
fn quantum(amounts: &[i128]) -> i128 {
    let mut quantum = 1;
    let mut next = 5;
    while next <= 1_000_000_000_000 {
        let n = amounts.iter().filter(|&&amount| amount % next == 0).count();
        if n * 10 < amounts.len() * 9 {
            break;
        }
        quantum = next;
        next = if next.to_string().starts_with('5') {
            next * 2
        } else {
            next * 5
        };
    }
    quantum
}

/// Two amounts, and the commission beside them.
type Pair = (CellId, CellId, Option<CellId>);

fn same(drafts: &[Draft], values: &Values<'_>, equations: &mut Vec<Equation>, all: &mut Vec<Kept>) {
    let mut groups: BTreeMap<&str, Vec<Pair>> = BTreeMap::new();
    for draft in drafts {
        if let Draft::Same { what, a, b, fee } = draft {
            groups.entry(what).or_default().push((*a, *b, *fee));
        }
    }
    for (what, found) in groups {
        let fitted = FEES.map(|(sign, with)| {
            let instances: Vec<Kept> = found
                .iter()
                .map(|&(a, b, fee)| {
                    let mut terms = vec![(b, 1), (a, -1)];
                    if let Some(fee) = fee.filter(|_| sign != 0) {
                        terms.push((fee, -sign));
                    }
                    Kept::Linear {
                        terms,
                        is_balance: false,
                    }
                })
                .collect();
            (
                count(&instances, values),
                instances,
                format!("{what}{with}"),
            )
        });
        let best = fitted
            .into_iter()
            .reduce(|best, next| if next.0 > best.0 { next } else { best });
        if let Some((_, instances, name)) = best {
            take(name, instances, HOLD_MIN_PERCENT, values, equations, all);
        }
    }
}

fn fees(drafts: &[Draft], values: &Values<'_>, equations: &mut Vec<Equation>, all: &mut Vec<Kept>) {
    let found: Vec<(CellId, CellId)> = drafts
        .iter()
        .filter_map(|draft| match draft {
            Draft::Fee { fee, of } => Some((*fee, *of)),
            _ => None,
        })
        .collect();
    let value = |cell: CellId| values.store.numbers[cell].value;
    let shares = found.iter().filter_map(|&(fee, of)| {
        let (fee, of) = (value(fee).checked_mul(20_000)?, value(of));
        (of > 0 && fee > 0).then(|| (fee / of + 1) / 2)
    });
    let mut counts: BTreeMap<i128, usize> = BTreeMap::new();
    shares.for_each(|share| *counts.entry(share).or_default() += 1);
    let most = counts
        .into_iter()
        .max_by_key(|&(share, n)| (n, std::cmp::Reverse(share)));
    let Some((share, n)) = most.filter(|most| most.0 > 0) else {
        return;
    };
    // One share among many is no habit, and not worth a line.
    if n * 2 < found.len() {
        return;
    }
    let written: Vec<i128> = found.iter().map(|&(fee, _)| value(fee)).collect();
    let quantum = quantum(&written);
    let instances = found.into_iter().map(|(fee, of)| Kept::Fee {
        fee,
        of,
        share,
        quantum,
    });
    let name = format!(
        "the commission is {}.{:02} % of the amount",
        share / 100,
        share % 100
    );
    take(
        name,
        instances.collect(),
        HOLD_MIN_PERCENT,
        values,
        equations,
        all,
    );
}

fn sums(drafts: &[Draft], values: &Values<'_>, equations: &mut Vec<Equation>, all: &mut Vec<Kept>) {
    let mut groups: BTreeMap<&str, [Vec<Kept>; 2]> = BTreeMap::new();
    for draft in drafts {
        if let Draft::Sum {
            what,
            total,
            page,
            all,
        } = draft
        {
            let of = |of: Span| Kept::Sum { total: *total, of };
            let group = groups.entry(what).or_default();
            group[0].push(of(*page));
            group[1].push(of(*all));
        }
    }
    for (what, [page, since]) in groups {
        let (instances, from) = if count(&page, values) >= count(&since, values) {
            (page, "the total before")
        } else {
            (since, "the beginning")
        };
        let name = format!("a total of {what} is the sum since {from}");
        take(
            name,
            instances,
            SUMS_HOLD_MIN_PERCENT,
            values,
            equations,
            all,
        );
    }
}
