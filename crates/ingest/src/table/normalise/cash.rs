//! What moves cash without an order: settlements, exchanges, expenses, openings.

use super::{At, Booked, EXCHANGE_PAIR, Normaliser, Outcome, joined, moved};
use crate::table::ledger::{LedgerRecord, Money};
use crate::table::lexicon::{Direction, EntryType};
use moneytrail_model::{AccountKey, Asset, Basis, Instant, Layers, Part, TransferKind};

impl Normaliser {
    pub(super) fn settle(&mut self, at: &At, record: &LedgerRecord) -> Outcome {
        let money = moved(record).ok_or("no amount")?;
        let direction = record
            .direction
            .ok_or("a settlement, but not which way it went")?;
        let hawaladar = self.counterpart(at, record);
        let (ours, theirs) = (
            self.owners(Part::Cash),
            AccountKey::Hawaladar(hawaladar, Part::Cash),
        );
        let (from, to) = match direction {
            Direction::Out => (ours, theirs),
            Direction::In => (theirs, ours),
        };
        let event = self.event(at, record.time);
        let leg = self.transfer(
            event,
            from,
            to,
            money,
            TransferKind::Settlement,
            Layers::CUSTODY,
        );
        self.on_chain(leg, record);
        Ok(Booked::Transferred)
    }

    pub(super) fn exchange(
        &mut self,
        at: &At,
        record: &LedgerRecord,
        next: Option<&LedgerRecord>,
    ) -> Outcome {
        let party = self.party(at, record);
        let cash_box = self.owners(Part::Cash);
        if self.exchange_in_one_row(at, record, &party) {
            self.open_leg = None;
            return Ok(Booked::Transferred);
        }
        let money = moved(record).ok_or("no amount")?;
        let direction = record
            .direction
            .ok_or("an exchange, but not what was given and what was taken")?;
        let event = self.event(at, record.time);
        let (from, to) = match direction {
            Direction::In => (party, cash_box),
            Direction::Out => (cash_box, party),
        };
        let leg = self.transfer(
            event,
            from,
            to,
            money,
            TransferKind::Exchange,
            Layers::CUSTODY,
        );
        if is_crypto(&money.asset) || record.txid.is_some() {
            self.on_chain(leg, record);
        }
        match self.open_leg.take() {
            Some((first, of)) if of != direction => {
                let (earlier, later) = if of == Direction::Out {
                    (first, leg)
                } else {
                    (leg, first)
                };
                let amount = |leg: u32| {
                    let amount = self.batch.transfers.amount(leg as usize);
                    amount.unwrap_or_default()
                };
                let (consumed, paid) = (amount(earlier), amount(later));
                self.link(
                    earlier,
                    later,
                    consumed,
                    paid,
                    Basis::Inference(EXCHANGE_PAIR),
                );
            }
            _ if next.is_some_and(|next| is_other_leg(record, next)) => {
                self.open_leg = Some((leg, direction));
            }
            _ => {}
        }
        Ok(Booked::Transferred)
    }

    /// An exchange of which the row states both sides. What the keeper gave became what he took: money
    /// that he held is followed into what replaced it.
    fn exchange_in_one_row(&mut self, at: &At, record: &LedgerRecord, party: &AccountKey) -> bool {
        let (given, taken) = match (&record.credit, &record.debit) {
            (Some(taken), Some(given)) => (given, taken),
            (None, Some(given)) => match &record.amount_out {
                Some(taken) => (given, taken),
                None => return false,
            },
            (Some(taken), None) => match &record.amount_out {
                Some(given) => (given, taken),
                None => return false,
            },
            (None, None) if record.has_cash_columns => return false,
            (None, None) => match (&record.amount_in, &record.amount_out) {
                (Some(taken), Some(given)) => (given, taken),
                _ => return false,
            },
        };
        if given.asset == taken.asset {
            return false;
        }
        let cash_box = self.owners(Part::Cash);
        let event = self.event(at, record.time);
        let (kind, layers) = (TransferKind::Exchange, Layers::CUSTODY);
        let earlier = self.transfer(event, cash_box.clone(), party.clone(), given, kind, layers);
        let later = self.transfer(event, party.clone(), cash_box, taken, kind, layers);
        self.link(earlier, later, given.amount, taken.amount, Basis::Fact);
        let leg = if is_crypto(&given.asset) {
            earlier
        } else {
            later
        };
        self.on_chain(leg, record);
        true
    }

    pub(super) fn expense(&mut self, at: &At, record: &LedgerRecord) -> Outcome {
        let money = moved(record)
            .or(record.commission.as_ref())
            .ok_or("no amount")?;
        let income =
            record.entry == EntryType::Commission && record.direction != Some(Direction::Out);
        let named = record.beneficiary.name.is_some()
            || record.sender.name.is_some()
            || record.counterpart.is_some();
        let other = if named {
            self.party(at, record)
        } else {
            let what = if income { "commissions" } else { "expenses" };
            AccountKey::Listed(format!("{what} of {}", self.owner).into())
        };
        let kind = if record.entry == EntryType::Commission {
            TransferKind::Commission
        } else {
            TransferKind::Expense
        };
        let event = self.event(at, record.time);
        for (part, layers) in [
            (Part::Cash, Layers::CUSTODY),
            (Part::Position, Layers::VALUE),
        ] {
            let ours = self.owners(part);
            let (from, to) = if income {
                (other.clone(), ours)
            } else {
                (ours, other.clone())
            };
            self.transfer(event, from, to, money, kind, layers);
        }
        Ok(Booked::Transferred)
    }

    pub(super) fn payment(&mut self, at: &At, record: &LedgerRecord) -> Outcome {
        let money = moved(record).ok_or("no amount")?;
        let direction = record.direction.ok_or("no direction is stated")?;
        let other = self.party(at, record);
        let event = self.event(at, record.time);
        for (part, layers) in [
            (Part::Cash, Layers::CUSTODY),
            (Part::Position, Layers::VALUE),
        ] {
            let ours = self.owners(part);
            let (from, to) = match direction {
                Direction::In => (other.clone(), ours),
                Direction::Out => (ours, other.clone()),
            };
            self.transfer(event, from, to, money, TransferKind::Payment, layers);
        }
        Ok(Booked::Transferred)
    }

    /// Books an opening balance: an assertion of the book, in custody only.
    pub(crate) fn opening(&mut self, at: &At, money: &Money, time: Instant) {
        let from = AccountKey::Listed(format!("opening balance of {}", self.owner).into());
        let to = self.owners(Part::Cash);
        let event = self.event(at, time);
        self.transfer(
            event,
            from,
            to,
            money,
            TransferKind::Opening,
            Layers::CUSTODY,
        );
        *self.figures.entry("opening balances").or_default() += 1;
    }
}

/// Whether the next row is the other leg of this exchange.
fn is_other_leg(record: &LedgerRecord, next: &LedgerRecord) -> bool {
    let asset = |record: &LedgerRecord| moved(record).map(|money| money.asset.clone());
    let party = |record: &LedgerRecord| {
        record
            .sender
            .name
            .as_deref()
            .or(record.beneficiary.name.as_deref())
            .or(record.counterpart.as_deref())
            .map(joined)
    };
    let opposite = match (record.direction, next.direction) {
        (Some(a), Some(b)) => a != b,
        _ => false,
    };
    let same_rate = record.rate_text.is_some() && record.rate_text == next.rate_text;
    let same_token = record.token.is_some() && record.token == next.token;
    let same_party = party(record) == party(next) && record.time == next.time;
    next.entry == EntryType::Exchange
        && opposite
        && asset(record) != asset(next)
        && (same_rate || same_token || same_party)
}

fn is_crypto(asset: &Asset) -> bool {
    !matches!(
        asset.key(),
        moneytrail_model::AssetKey::Currency(_) | moneytrail_model::AssetKey::Listed(_)
    )
}
