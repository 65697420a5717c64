//! Orders: taken and owed, owed and paid out, sent on.
//!
//! Law: what the hawaladar keeps of an order is implied commission and stays with him; a due and its
//! payment are linked within the row.

use super::escrow::Kept;
use super::{At, Booked, Normaliser, Outcome};
use crate::table::ledger::{LedgerRecord, Money};
use crate::table::lexicon::{EntryType, State};
use moneytrail_model::{AccountKey, Amount, Basis, Layers, Part, TransferKind};
use moneytrail_store::schema::Side;

impl Normaliser {
    pub(super) fn send(&mut self, at: &At, record: &LedgerRecord) -> Outcome {
        let hawaladar = self.counterpart(at, record);
        let cash = taken_in(record).filter(|_| record.payment != Some(State::Unpaid));
        let due = record
            .amount_out
            .as_ref()
            .or(record.amount_in.as_ref())
            .or(record.credit.as_ref())
            .ok_or("no amount")?;
        let paid_here = record.credit.is_some() || record.commission.is_some();
        let resting = if paid_here {
            None
        } else {
            self.drawn(record, due)
        };
        let event = self.event(at, record.time);
        let payer = self.pending(&hawaladar);
        if let Some((index, rule, consumed)) = resting {
            let from = self.owners(Part::Pending);
            let leg = self.transfer(event, from, payer, due, TransferKind::Due, Layers::VALUE);
            self.draw(index, rule, leg, consumed, due.amount);
            self.token(leg, record, Side::Issued, &hawaladar);
            return Ok(Booked::Transferred);
        }
        let position = self.owners(Part::Position);
        let cash_box = self.owners(Part::Cash);
        let mut paid = None;
        if let Some(cash) = cash {
            let sender = self.customer(at, &record.sender, "sender");
            self.transfer(
                event,
                sender.clone(),
                cash_box.clone(),
                cash,
                TransferKind::OrderPaid,
                Layers::CUSTODY,
            );
            let leg = self.transfer(
                event,
                sender.clone(),
                position.clone(),
                cash,
                TransferKind::OrderPaid,
                Layers::VALUE,
            );
            paid = Some((leg, cash));
            if let (Some(commission), true) = (&record.commission, record.commission_on_top) {
                self.transfer(
                    event,
                    sender.clone(),
                    cash_box,
                    commission,
                    TransferKind::Commission,
                    Layers::CUSTODY,
                );
                self.transfer(
                    event,
                    sender,
                    position.clone(),
                    commission,
                    TransferKind::Commission,
                    Layers::VALUE,
                );
            }
        }
        let leg = self.transfer(
            event,
            position,
            payer,
            due,
            TransferKind::Due,
            Layers::VALUE,
        );
        if let Some((earlier, cash)) = paid {
            let (consumed, paid) = shares(cash, due, record);
            self.link(earlier, leg, consumed, paid, Basis::Fact);
        }
        self.token(leg, record, Side::Issued, &hawaladar);
        Ok(Booked::Transferred)
    }

    pub(super) fn receive(&mut self, at: &At, record: &LedgerRecord, sent_on: bool) -> Outcome {
        let hawaladar = self.counterpart(at, record);
        let payout = match (&record.debit, record.has_cash_columns) {
            (Some(debit), _) => Some(debit),
            (None, true) => None,
            (None, false) => record.amount_out.as_ref().or(record.amount_in.as_ref()),
        };
        let due = record
            .amount_out
            .as_ref()
            .or(payout)
            .or(record.amount_in.as_ref())
            .ok_or("no amount")?;
        let held = sent_on
            || record.delivery == Some(State::NotDelivered)
            || record.approval == Some(State::Pending)
            || record.payment == Some(State::Unpaid) && record.delivery != Some(State::Delivered);
        let payout = payout.filter(|_| !held);
        let event = self.event(at, record.time);
        let issuer = AccountKey::Hawaladar(hawaladar.clone(), Part::Position);
        let pending = self.owners(Part::Pending);
        let owed = self.transfer(
            event,
            issuer,
            pending.clone(),
            due,
            TransferKind::Due,
            Layers::VALUE,
        );
        match payout {
            Some(payout) => {
                let beneficiary = self.customer(at, &record.beneficiary, "beneficiary");
                let leg = self.transfer(
                    event,
                    pending,
                    beneficiary.clone(),
                    payout,
                    TransferKind::Payout,
                    Layers::VALUE,
                );
                let cash_box = self.owners(Part::Cash);
                self.transfer(
                    event,
                    cash_box,
                    beneficiary,
                    payout,
                    TransferKind::Payout,
                    Layers::CUSTODY,
                );
                let (consumed, paid) = if due.asset == payout.asset {
                    let shared = due.amount.min(payout.amount);
                    (shared, shared)
                } else {
                    (due.amount, payout.amount)
                };
                self.link(owed, leg, consumed, paid, Basis::Fact);
            }
            None => self.rest(record, owed, due, Kept::Due),
        }
        self.token(owed, record, Side::Received, &hawaladar);
        Ok(Booked::Transferred)
    }
}

/// Cash that an order brought in.
fn taken_in(record: &LedgerRecord) -> Option<&Money> {
    if record.has_cash_columns {
        record.credit.as_ref()
    } else {
        record.amount_in.as_ref()
    }
}

/// How much of what the customer paid the due consumes, and how much of the due it pays. What is left
/// is the commission that the hawaladar keeps.
fn shares(cash: &Money, due: &Money, record: &LedgerRecord) -> (Amount, Amount) {
    if cash.asset == due.asset {
        let shared = cash.amount.min(due.amount);
        return (shared, shared);
    }
    let commission = record
        .commission
        .as_ref()
        .filter(|commission| commission.asset == cash.asset && !record.commission_on_top);
    let net = commission
        .and_then(|commission| cash.amount.checked_sub(commission.amount))
        .filter(|net| *net > Amount::ZERO);
    match net {
        Some(net) if !is_rated_whole(cash, net, due, record) => (net, due.amount),
        _ => (cash.amount, due.amount),
    }
}

/// Whether the stated rate turns all of the cash into the due rather than the cash less commission.
fn is_rated_whole(cash: &Money, net: Amount, due: &Money, record: &LedgerRecord) -> bool {
    let Some(rate) = record.rate else {
        return false;
    };
    // Compared in products, so that nothing is divided; figures too large for that decide nothing.
    let gap = |amount: Amount| {
        let scaled = |amount: Amount, decimals: u8| {
            amount
                .units()
                .checked_mul(10_i128.checked_pow(18_u32.checked_sub(u32::from(decimals))?)?)
        };
        let (a, b) = (
            scaled(amount, cash.asset.decimals())?,
            scaled(due.amount, due.asset.decimals())?,
        );
        let mantissa = i128::try_from(rate.mantissa()).ok()?;
        let scale = 10_i128.checked_pow(u32::from(rate.scale()))?;
        let times = a
            .checked_mul(mantissa)?
            .checked_sub(b.checked_mul(scale)?)?
            .checked_abs()?
            / mantissa.max(1);
        let over = a
            .checked_mul(scale)?
            .checked_sub(b.checked_mul(mantissa)?)?
            .checked_abs()?
            / scale;
        Some(times.min(over))
    };
    matches!((gap(cash.amount), gap(net)), (Some(whole), Some(less)) if whole < less)
}

/// Whether the next row sends on the order that this one received.
pub(super) fn is_sent_on(record: &LedgerRecord, next: Option<&LedgerRecord>) -> bool {
    next.is_some_and(|next| {
        next.entry == EntryType::Send
            && record.token.is_some()
            && next.token == record.token
            && next.credit.is_none()
            && next.amount_out == record.amount_out
            && record.debit.is_none()
    })
}
