//! Deposits and what draws on them.
//!
//! Law: a release draws on a deposit only where exactly one open deposit of the book has its code; the
//! link is an inference.

use super::{At, Booked, ESCROW_CODE, FORWARD_TOKEN, Normaliser, Outcome, Resting, joined, moved};
use crate::table::ledger::{LedgerRecord, Money, plain_token};
use crate::table::lexicon::{EntryType, State};
use moneytrail_model::{Amount, Basis, Layers, Part, RuleId, TransferKind};
use moneytrail_store::schema::AccountRow;

#[derive(Clone, Copy)]
pub(super) enum Kept {
    Deposit,
    Due,
}

#[derive(Clone, Copy)]
pub(super) enum Drawn {
    Deposit(usize),
    Due(usize),
}

impl Normaliser {
    pub(super) fn deposit(&mut self, at: &At, record: &LedgerRecord) -> Outcome {
        if record.payment == Some(State::Unpaid) {
            return Ok(Booked::Context("deposit not paid in".to_owned()));
        }
        let money = moved(record).ok_or("no amount")?;
        let depositor = self.customer(at, &record.sender, "depositor");
        let event = self.event(at, record.time);
        let (cash_box, pending) = (self.owners(Part::Cash), self.owners(Part::Pending));
        self.transfer(
            event,
            depositor.clone(),
            cash_box,
            money,
            TransferKind::Deposit,
            Layers::CUSTODY,
        );
        let leg = self.transfer(
            event,
            depositor,
            pending,
            money,
            TransferKind::Deposit,
            Layers::VALUE,
        );
        self.rest(record, leg, money, Kept::Deposit);
        Ok(Booked::Transferred)
    }

    pub(super) fn release(&mut self, at: &At, record: &LedgerRecord) -> Outcome {
        if record.delivery == Some(State::NotDelivered) {
            return Ok(Booked::Context("release not delivered".to_owned()));
        }
        let money = moved(record).ok_or("no amount")?;
        let who = if record.beneficiary.name.is_some() {
            &record.beneficiary
        } else {
            &record.sender
        };
        let payee = self.customer(at, who, "payee");
        let event = self.event(at, record.time);
        let (cash_box, pending) = (self.owners(Part::Cash), self.owners(Part::Pending));
        let leg = self.transfer(
            event,
            pending,
            payee.clone(),
            money,
            TransferKind::Release,
            Layers::VALUE,
        );
        self.transfer(
            event,
            cash_box,
            payee,
            money,
            TransferKind::Release,
            Layers::CUSTODY,
        );
        let asset = self.asset(&money.asset);
        let open = record
            .token
            .as_deref()
            .and_then(|token| self.open_deposit(token, asset));
        if let Some(index) = open {
            let shared = self.deposits[index].left.min(money.amount);
            if shared > Amount::ZERO {
                self.draw(Drawn::Deposit(index), ESCROW_CODE, leg, shared, shared);
            }
        }
        Ok(Booked::Transferred)
    }

    /// Keeps what a row says of money that is held: what it books, its code, and the fee that it takes out of a deposit.
    pub(super) fn describe_kept(&mut self, at: &At, record: &LedgerRecord) {
        if !matches!(
            record.entry,
            EntryType::Deposit | EntryType::Release | EntryType::Refund | EntryType::Withdraw
        ) {
            return;
        }
        let of_deposit =
            |_: &&Money| record.entry == EntryType::Deposit && !record.commission_on_top;
        let fee = record.commission.as_ref().filter(of_deposit).map(|fee| {
            format!(
                "{} {}",
                fee.amount.display(fee.asset.decimals()),
                fee.asset.key()
            )
        });
        let said = [
            ("entry", Some(record.entry.as_str())),
            ("code", record.token.as_deref()),
            ("fee", fee.as_deref()),
        ];
        for (field, value) in said {
            if let Some(value) = value {
                self.batch.accounts.push(AccountRow {
                    account: self.owners(Part::Pending),
                    field: field.into(),
                    value: value.into(),
                    source: at.source,
                    row: Some(at.row),
                    column: None,
                    ordinal: None,
                });
            }
        }
    }

    pub(super) fn rest(&mut self, record: &LedgerRecord, transfer: u32, money: &Money, kept: Kept) {
        let Some(token) = &record.token else { return };
        let key = (code(token), self.asset(&money.asset));
        let resting = Resting {
            transfer,
            left: money.amount,
        };
        let (all, by_code) = match kept {
            Kept::Deposit => (&mut self.deposits, &mut self.deposits_by_code),
            Kept::Due => (&mut self.dues, &mut self.dues_by_code),
        };
        by_code.entry(key).or_default().push(all.len());
        all.push(resting);
    }

    /// The only open deposit with this code and asset; `T12/2` is a part of `T12`.
    pub(super) fn open_deposit(&self, token: &str, asset: u32) -> Option<usize> {
        let token = plain_token(token);
        let base = token.split(['/', '\\']).next().unwrap_or(&token).to_owned();
        [token, base].into_iter().find_map(|token| {
            let known = self.deposits_by_code.get(&(code(&token), asset))?;
            let mut open = known
                .iter()
                .filter(|&&index| self.deposits[index].left > Amount::ZERO);
            match (open.next(), open.next()) {
                (Some(&index), None) => Some(index),
                _ => None,
            }
        })
    }

    /// What an order without money of its own draws on: an open deposit with its code, or a due that
    /// was received under its number.
    pub(super) fn drawn(
        &mut self,
        record: &LedgerRecord,
        due: &Money,
    ) -> Option<(Drawn, RuleId, Amount)> {
        let token = record.token.as_deref()?;
        for money in [Some(due), record.amount_in.as_ref()].into_iter().flatten() {
            let asset = self.asset(&money.asset);
            if let Some(index) = self.open_deposit(token, asset)
                && self.deposits[index].left >= money.amount
            {
                return Some((Drawn::Deposit(index), ESCROW_CODE, money.amount));
            }
        }
        let asset = self.asset(&due.asset);
        let known = self.dues_by_code.get(&(code(token), asset))?;
        let fits = |index: &&usize| self.dues[**index].left >= due.amount;
        let index = *known.iter().rfind(fits)?;
        Some((Drawn::Due(index), FORWARD_TOKEN, due.amount))
    }

    pub(super) fn draw(
        &mut self,
        drawn: Drawn,
        rule: RuleId,
        later: u32,
        consumed: Amount,
        paid: Amount,
    ) {
        let resting = match drawn {
            Drawn::Deposit(index) => &mut self.deposits[index],
            Drawn::Due(index) => &mut self.dues[index],
        };
        let earlier = resting.transfer;
        resting.left = resting.left.checked_sub(consumed).unwrap_or(Amount::ZERO);
        self.link(earlier, later, consumed, paid, Basis::Inference(rule));
    }
}

/// A code for comparing: folded, without leading zeros and separators.
fn code(token: &str) -> String {
    joined(token).trim_start_matches('0').to_owned()
}
