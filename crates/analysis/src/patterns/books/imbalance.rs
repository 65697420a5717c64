//! What two owe each other, against the pair's own history.
//!
//! Laws. A corridor is one-way by nature: that one owes the other, and more and more, is no finding. A *break* is a change of level of what
//! orders add to the balance week by week, with as long a history on either side as is asked; settlements are no part of it. A *loose end* is
//! a balance that is large for the pair, after whose last row the books at hand go on for longer than is asked without an order or a settlement of the
//! pair: it vanishes without a visible settlement, or is open still.

use super::BookOptions;
use super::change::{Change, N_PLACES_MAX, change};

/// A row of a pair in one asset.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Dealing {
    /// Days since 1970.
    pub day: i32,
    /// Above nothing: the first owes the second more.
    pub change: i128,
    /// What is owed then.
    pub balance: i128,
    /// Whether it is an order, and no payment.
    pub is_order: bool,
}

/// What is found of a pair.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Imbalance {
    /// What orders add changes its level.
    Break {
        /// The first day of the new level.
        day: i32,
        /// How rare that is.
        change: Change,
        /// Mean of a week before, and from there on.
        before: i128,
        /// Mean of a week from there on.
        after: i128,
    },
    /// It ends with a balance that nothing settles.
    Loose {
        /// The balance.
        balance: i128,
        /// The largest that the pair had, either way.
        largest: u128,
        /// Days that the books go on.
        n_days: i32,
    },
}

/// Asks a pair, its rows in the order of days. `last_day` is the last of the books at hand of either. O(rows + weeks · draws).
pub fn imbalances(
    dealings: &[Dealing],
    last_day: Option<i32>,
    options: &BookOptions,
) -> Vec<Imbalance> {
    let mut found = Vec::new();
    found.extend(broken(dealings, options));
    let (Some(last), Some(last_day)) = (dealings.last(), last_day) else {
        return found;
    };
    let largest = dealings
        .iter()
        .map(|of| of.balance.unsigned_abs())
        .max()
        .unwrap_or(0);
    let n_days = last_day.saturating_sub(last.day);
    let is_large = crate::patterns::cycles::is_share(
        last.balance.unsigned_abs(),
        largest,
        options.imbalance_permille,
    );
    if last.balance != 0
        && is_large
        && n_days > options.imbalance_days
        && dealings.len() >= options.imbalance_n_min as usize
    {
        found.push(Imbalance::Loose {
            balance: last.balance,
            largest,
            n_days,
        });
    }
    found
}

fn broken(dealings: &[Dealing], options: &BookOptions) -> Option<Imbalance> {
    let orders = || dealings.iter().filter(|of| of.is_order);
    let (first, last) = (orders().next()?.day, orders().next_back()?.day);
    let n_weeks = usize::try_from((last.checked_sub(first)?) / 7 + 1).ok()?;
    if n_weeks > N_PLACES_MAX {
        return None;
    }
    let mut weeks = vec![0_i128; n_weeks];
    for of in orders() {
        let week = weeks.get_mut(usize::try_from((of.day - first) / 7).ok()?)?;
        *week = week.checked_add(of.change)?;
    }
    // So many weeks are longer than so many days.
    let n_side = usize::try_from(options.imbalance_days / 7 + 1).ok()?;
    let change = change(&weeks, n_side, options.draws)?;
    let mean = |weeks: &[i128]| {
        let sum = weeks
            .iter()
            .try_fold(0_i128, |sum, &of| sum.checked_add(of))?;
        sum.checked_div(i128::try_from(weeks.len()).ok()?)
    };
    change.is_rare(options.change_permille).then_some(())?;
    Some(Imbalance::Break {
        day: first.checked_add(i32::try_from(change.at).ok()?.checked_mul(7)?)?,
        change,
        before: mean(&weeks[..change.at])?,
        after: mean(&weeks[change.at..])?,
    })
}
