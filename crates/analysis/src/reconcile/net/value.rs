//! What orders are worth in one unit, by the rates that the orders themselves bear.

use super::Values;
use crate::reconcile::{Options, Order};
use std::collections::BTreeMap;

/// A rate is the median of so many orders of nearest days.
const N_NEAREST: usize = 9;
/// A rate holds for so many days.
const RATE_DAYS: u32 = 30;

/// A sum of what is stated in the unit, and of what is converted into it, in millionths.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Worth {
    pub(super) sum: i128,
    /// What has been converted, without signs.
    converted: i128,
}

impl Worth {
    pub(super) const fn exact(sum: i128) -> Self {
        Self { sum, converted: 0 }
    }

    /// The same, owed the other way.
    pub(super) const fn back(self) -> Self {
        Self {
            sum: self.sum.saturating_neg(),
            ..self
        }
    }

    pub(super) const fn plus(self, other: &Self) -> Self {
        Self {
            sum: self.sum.saturating_add(other.sum),
            converted: self.converted.saturating_add(other.converted),
        }
    }

    pub(super) const fn less(self, other: &Self) -> Self {
        self.plus(&other.back())
    }

    /// What estimated rates may be off by.
    pub(super) fn slack(&self, options: &Options) -> i128 {
        (self.converted / 1000).saturating_mul(options.rate_slack_permille.into())
    }
}

/// An order that states two units: its day, and the amounts.
type Quote = (i32, i128, i128);

/// Rates between units.
#[derive(Debug, Default)]
pub(super) struct Rates(BTreeMap<(u16, u16), Vec<Quote>>);

impl Rates {
    pub(super) fn of(orders: &[Order], values: &[Values]) -> Self {
        let mut rates = Self::default();
        for (order, values) in orders.iter().zip(values) {
            let Some((day, _)) = order.days else { continue };
            for &(from, x) in values.iter().filter(|of| of.1 > 0) {
                for &(to, y) in values.iter().filter(|of| of.0 != from && of.1 > 0) {
                    rates.0.entry((from, to)).or_default().push((day, x, y));
                }
            }
        }
        for quotes in rates.0.values_mut() {
            quotes.sort_unstable();
        }
        rates
    }

    /// What is worth in a unit what is said to be worth these: as stated, else converted, else by way of a third unit.
    pub(super) fn worth(&self, said: &[(u16, i128)], unit: u16, day: i32) -> Option<Worth> {
        if let Some(of) = said.iter().find(|of| of.0 == unit) {
            return Some(Worth::exact(of.1));
        }
        let direct = said.iter().find_map(|&of| self.converted(of, unit, day));
        let by_way = || {
            let mut thirds = said.iter().flat_map(|&(from, value)| {
                let known = self.0.range((from, 0)..=(from, u16::MAX));
                known.map(move |(&(_, third), _)| (from, value, third))
            });
            thirds.find_map(|(from, value, third)| {
                let value = self.converted((from, value), third, day)?;
                self.converted((third, value), unit, day)
            })
        };
        let sum = direct.or_else(by_way)?;
        Some(Worth {
            sum,
            converted: sum.saturating_abs(),
        })
    }

    /// By the median of the nearest orders' rates.
    fn converted(&self, (from, value): (u16, i128), to: u16, day: i32) -> Option<i128> {
        let quotes = self.0.get(&(from, to))?;
        let at = quotes.partition_point(|quote| quote.0 < day);
        let (mut low, mut high) = (at, at);
        let apart = |place: usize| quotes[place].0.abs_diff(day);
        while high - low < N_NEAREST {
            let is_lower = match (low.checked_sub(1), quotes.get(high)) {
                (Some(before), Some(_)) => apart(before) <= apart(high),
                (Some(_), None) => true,
                (None, Some(_)) => false,
                (None, None) => break,
            };
            if is_lower {
                low -= 1;
            } else {
                high += 1;
            }
        }
        let near = quotes[low..high]
            .iter()
            .filter(|quote| quote.0.abs_diff(day) <= RATE_DAYS);
        let mut converted: Vec<i128> = near
            .filter_map(|&(_, x, y)| Some(value.checked_mul(y)? / x))
            .collect();
        converted.sort_unstable();
        converted.get(converted.len().checked_sub(1)? / 2).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reconcile::Side;

    #[test]
    fn rates_are_those_of_the_nearest_orders_and_go_through_a_third_unit() {
        let order = |day: i32| {
            let mut order = Order::new(day.to_string(), 0, Side::Sent);
            order.days = Some((day, day));
            order
        };
        let orders = [order(10), order(11), order(12), order(90)];
        let values = [
            vec![(0, 110), (1, 100)],
            vec![(0, 112), (1, 100)],
            vec![(1, 100), (2, 7_000)],
            vec![(0, 900), (1, 100)],
        ];
        let rates = Rates::of(&orders, &values);
        assert_eq!(rates.worth(&[(0, 5)], 0, 10), Some(Worth::exact(5)));
        let worth = |said: (u16, i128), unit| rates.worth(&[said], unit, 12).map(|of| of.sum);
        assert_eq!(worth((1, 1_000), 0), Some(1_100));
        assert_eq!(worth((2, 70_000), 0), Some(1_100));
        assert_eq!(worth((3, 5), 0), None);
        assert_eq!(rates.worth(&[(1, 100)], 0, 200), None);
    }
}
