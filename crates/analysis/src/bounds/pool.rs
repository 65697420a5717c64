//! A pool over time: what it can have held between the transfers that matter.

use crate::Error;
use crate::between::{Moment, Moments, PoolAt};
use crate::trace::opening::{Gap, free_inflow, free_outflow, gaps};
use crate::trace::view::{LinkFacts, View};
use moneytrail_model::{TransferIdx, money};
use moneytrail_store::graph::LinkId;
use rustc_hash::FxHashMap;
use std::cell::RefCell;

/// What changes a pool, in the order in which it does.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Change {
    /// A link reserved more of an inflow than its later transfer needed; it is free again.
    Leftover(TransferIdx),
    /// An inflow, by what of it is free.
    In(TransferIdx),
    /// An outflow.
    Out(TransferIdx),
}

/// A change with its moment and the units that it adds or takes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    pub(super) change: Change,
    pub(super) units: u128,
    /// Of an outflow: what the pool lacked for it in spite of its opening.
    pub(super) missing: u128,
    /// What the pool holds after it.
    pub(super) balance: u128,
}

/// The history of a pool.
#[derive(Debug)]
pub(super) struct History {
    /// The least opening balance.
    pub(super) opening: u128,
    pub(super) steps: Vec<Step>,
    /// What an input of unknown value brought into a junction.
    pub(super) gap: Option<Gap>,
}

/// What links reserve, each inflow looked at once.
#[derive(Debug)]
pub(super) struct Links<'v, 'a> {
    pub(super) view: &'v View<'a>,
    reserved: RefCell<FxHashMap<LinkId, u128>>,
}

impl<'v, 'a> Links<'v, 'a> {
    pub(super) fn new(view: &'v View<'a>) -> Self {
        Self {
            view,
            reserved: RefCell::default(),
        }
    }

    /// Units that the link reserves when its earlier transfer arrives: links are served in the order of the later ones.
    fn reserved(&self, link: &LinkFacts) -> Result<u128, Error> {
        if let Some(&units) = self.reserved.borrow().get(&link.id) {
            return Ok(units);
        }
        let mut left = self.view.amount(link.earlier)?.unwrap_or(0);
        let mut found = 0;
        for other in self.view.links_spent_by(link.earlier) {
            let other = other?;
            let units = other.consumed.min(left);
            left -= units;
            self.reserved.borrow_mut().insert(other.id, units);
            if other.id == link.id {
                found = units;
            }
        }
        Ok(found)
    }

    /// The links that pay a transfer, in the order of the earlier ones.
    pub(super) fn paying(&self, later: TransferIdx) -> Result<Vec<Paying>, Error> {
        let mut rest = self.view.amount(later)?.unwrap_or(0);
        let mut found = Vec::new();
        for link in self.view.links_spending(later) {
            let link = link?;
            let units = self.reserved(&link)?;
            let paid_max = link.paid.min(rest);
            let paid = if link.one_asset {
                units.min(paid_max)
            } else {
                let scaled = money::mul_div_rem(units, link.paid, link.consumed);
                scaled.map_or(paid_max, |scaled| scaled.0.min(paid_max))
            };
            rest -= paid;
            let leftover = if link.one_asset { units - paid } else { 0 };
            found.push(Paying {
                link,
                paid,
                leftover,
            });
        }
        Ok(found)
    }
}

/// A link that pays a transfer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Paying {
    pub(super) link: LinkFacts,
    /// Units that it pays of the later transfer.
    pub(super) paid: u128,
    /// Units that the later transfer did not need, of those reserved in the same asset.
    pub(super) leftover: u128,
}

impl History {
    /// Goes through a pool. O(d log d) in the degree of its node; linear by the order of the record.
    pub(super) fn of(
        links: &Links<'_, '_>,
        moments: &Moments<'_>,
        pool: PoolAt,
    ) -> Result<Self, Error> {
        let view = links.view;
        let (node, asset) = pool;
        let graph = view.graph;
        let gap = if graph.is_junction(node) {
            gaps(view, node)?.into_iter().find(|gap| gap.asset == asset)
        } else {
            None
        };
        let too_large = || Error::TooLarge(node);
        // The opening: outflows as early and inflows as late as they can have been.
        let mut adverse: Vec<(Moment, bool, u128)> = Vec::new();
        let mut changes: Vec<(Moment, Change, u128)> = Vec::new();
        for transfer in graph.transfers_in(node) {
            if !view.exists(transfer) || graph.asset_of(transfer) != asset {
                continue;
            }
            let mut units = free_inflow(view, transfer)?;
            if let Some(gap) = gap.filter(|gap| gap.place == transfer) {
                units = units.checked_add(gap.amount).ok_or_else(too_large)?;
            }
            adverse.push((moments.last_arrival(transfer), false, units));
            changes.push((moments.arrival(transfer), Change::In(transfer), units));
        }
        for transfer in graph.transfers_out(node) {
            if !view.exists(transfer) || graph.asset_of(transfer) != asset {
                continue;
            }
            let mut units = view.amount(transfer)?.unwrap_or(0);
            let mut leftover = 0_u128;
            for paying in links.paying(transfer)? {
                if !view.pays_units(&paying.link) {
                    units -= paying.paid;
                }
                if paying.link.one_pool {
                    leftover = leftover
                        .checked_add(paying.leftover)
                        .ok_or_else(too_large)?;
                }
            }
            // In the order of the record the opening is that of a trace; in any order, what links leave is paid in time too.
            let leaving = if moments.is_order() {
                free_outflow(view, transfer)?
            } else {
                units
            };
            adverse.push((moments.first_departure(transfer), true, leaving));
            let departure = moments.departure(transfer);
            if leftover > 0 {
                // With stated times, from when on it was reserved.
                let since = if moments.is_order() {
                    departure
                } else {
                    (i64::MIN, 0)
                };
                changes.push((since, Change::Leftover(transfer), leftover));
            }
            changes.push((departure, Change::Out(transfer), units));
        }
        let opening = opening(adverse, moments.is_order()).ok_or_else(too_large)?;
        changes.sort_by_key(|&(moment, change, _)| (moment, change));
        let mut balance = opening;
        let mut steps = Vec::with_capacity(changes.len());
        for (_, change, units) in changes {
            let mut missing = 0;
            if matches!(change, Change::Out(_)) {
                missing = units.saturating_sub(balance);
                balance -= units - missing;
            } else {
                balance = balance.checked_add(units).ok_or_else(too_large)?;
            }
            steps.push(Step {
                change,
                units,
                missing,
                balance,
            });
        }
        Ok(Self {
            opening,
            steps,
            gap,
        })
    }
}

/// The least opening balance with which the pool never goes below zero. At one moment outflows come first, but for the order of the record, which has no two.
fn opening(mut adverse: Vec<(Moment, bool, u128)>, is_order: bool) -> Option<u128> {
    if is_order {
        adverse.sort_by_key(|entry| entry.0);
    } else {
        adverse.sort_by_key(|&(moment, leaves, _)| (moment.0, !leaves));
    }
    let (mut balance, mut need) = (0_u128, 0_u128);
    for (_, leaves, units) in adverse {
        if leaves {
            let missing = units.saturating_sub(balance);
            balance -= units - missing;
            need = need.checked_add(missing)?;
        } else {
            balance = balance.checked_add(units)?;
        }
    }
    Some(need)
}
