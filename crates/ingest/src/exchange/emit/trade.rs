//! The two sides of a trade.
//!
//! Law: a trade is linked if one asset went out and one came in; else nothing says what paid for what.

use super::{Booked, Emitter, Group, What};
use crate::table::EXCHANGE_PAIR;
use moneytrail_model::{AccountKey, Amount, Basis, TransferKind};
use rustc_hash::FxHashMap;

/// One side of a trade in one asset.
struct Side {
    asset: Box<str>,
    amount: Amount,
    rows: Vec<u32>,
}

impl Emitter<'_> {
    pub(super) fn trade(
        &mut self,
        event: u32,
        booked: &[Booked],
        customer: &AccountKey,
        others: &FxHashMap<u32, u32>,
    ) {
        let mut sides: [Vec<Side>; 2] = [Vec::new(), Vec::new()];
        for Booked { line, amounts } in booked {
            for (change, &amount) in line.changes.iter().zip(amounts) {
                if change.what != What::Trade || amount == Amount::ZERO {
                    continue;
                }
                let side = &mut sides[usize::from(!change.number.negative)];
                let known = side.iter_mut().find(|known| known.asset == change.asset);
                let sum = known.and_then(|known| {
                    known.amount = known.amount.checked_add(amount)?;
                    known.rows.push(line.row);
                    Some(())
                });
                if sum.is_none() {
                    side.push(Side {
                        asset: change.asset.clone(),
                        amount,
                        rows: vec![line.row],
                    });
                }
            }
        }
        let counts = sides.each_ref().map(Vec::len);
        if counts == [0, 0] {
            return;
        }
        let exchange = self.exchange();
        let mut legs = Vec::new();
        for (side, is_in) in sides.iter().zip([false, true]) {
            for side in side {
                let ends = if is_in {
                    (exchange.clone(), customer.clone())
                } else {
                    (customer.clone(), exchange.clone())
                };
                let asset = self.held(&side.asset);
                let leg = self.leg(event, ends, (&asset, side.amount), TransferKind::Exchange);
                self.cite(leg as usize, &side.rows, others);
                legs.push(leg);
            }
        }
        *self.figures.entry("trades").or_default() += 1;
        let doubt = match counts {
            [1, 1] => {
                let is_stated = matches!(booked[0].line.group, None | Some(Group::Stated(_)));
                let basis = if is_stated {
                    Basis::Fact
                } else {
                    Basis::Inference(EXCHANGE_PAIR)
                };
                self.link(legs[0], legs[1], basis);
                return;
            }
            [0, _] | [_, 0] => "trades of which only one side stands here: nothing is linked",
            _ => {
                "trades of several assets at once: nothing says which paid which, and nothing is linked"
            }
        };
        *self.doubts.entry(doubt).or_default() += booked.len() as u64;
    }
}
