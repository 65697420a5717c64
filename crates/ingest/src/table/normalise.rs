//! Ledger records become events, transfers, links and references.
//!
//! Laws (DESIGN §2): only recorded legs are transfers; a beneficiary who is named but not recorded as
//! paid is "ordered for R, payout not in evidence"; custody and value are told apart on every leg; a
//! link within one row is a fact, a link between rows is an inference with its rule.

use super::ledger::{LedgerRecord, Money, Party, plain_token};
use super::lexicon::{Direction, EntryType, State};
use super::list::position;
use super::text::fold;
use moneytrail_model::{
    AccountKey, Amount, Asset, Basis, BookId, EventKind, Instant, Layers, Part, RuleId,
    TransferKind,
};
use moneytrail_store::schema::{
    AccountRow, Batch, Endpoint, EventRow, LinkRow, Reference, ReferenceRow, Side, TransferRow,
};
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;

/// A release and the deposit with its code, where exactly one open deposit of the book has it.
pub(crate) const ESCROW_CODE: RuleId = RuleId {
    name: "escrow-code",
    version: 1,
};
/// An order received and sent on under one number.
pub(crate) const FORWARD_TOKEN: RuleId = RuleId {
    name: "forward-token",
    version: 1,
};
/// Two rows that stand together and exchange one asset for another.
pub(crate) const EXCHANGE_PAIR: RuleId = RuleId {
    name: "exchange-pair",
    version: 1,
};

/// What became of a record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Booked {
    /// At least one transfer.
    Transferred,
    /// Nothing moved, for this reason.
    Context(String),
}

/// Value that rests until a later row draws on it.
#[derive(Clone, Debug)]
struct Resting {
    token: String,
    transfer: u32,
    asset: u32,
    left: Amount,
}

/// Where a row stands.
#[derive(Clone, Debug)]
pub(crate) struct At {
    pub(crate) source: u32,
    pub(crate) row: u32,
    /// Its locator, for accounts that no name tells apart.
    pub(crate) locator: String,
}

/// Turns the records of one book into the rows of one batch.
pub(crate) struct Normaliser {
    book: BookId,
    owner: Box<str>,
    pub(crate) batch: Batch,
    assets: FxHashMap<Asset, u32>,
    /// Hawaladars by folded name.
    names: FxHashMap<String, Box<str>>,
    deposits: Vec<Resting>,
    dues: Vec<Resting>,
    /// A leg of an exchange whose other leg stands in the next row.
    open_leg: Option<(u32, Direction)>,
    pub(crate) figures: BTreeMap<&'static str, u64>,
}

type Outcome = Result<Booked, String>;

impl Normaliser {
    pub(crate) fn new(book: BookId, owner: &str, aliases: &BTreeMap<String, String>) -> Self {
        let mut names: FxHashMap<String, Box<str>> = FxHashMap::default();
        for (alias, name) in aliases {
            names.insert(joined(alias), name.as_str().into());
        }
        let owner = names
            .get(&joined(owner))
            .cloned()
            .unwrap_or_else(|| owner.into());
        Self {
            book,
            owner,
            batch: Batch::default(),
            assets: FxHashMap::default(),
            names,
            deposits: Vec::new(),
            dues: Vec::new(),
            open_leg: None,
            figures: BTreeMap::new(),
        }
    }

    /// Books a record. `next` is the next entry of the book, where it stands right behind.
    pub(crate) fn book(
        &mut self,
        at: &At,
        record: &LedgerRecord,
        next: Option<&LedgerRecord>,
    ) -> Outcome {
        if record.entry != EntryType::Exchange {
            self.open_leg = None;
        }
        match record.approval {
            Some(State::Cancelled) => return Ok(Booked::Context("cancelled".to_owned())),
            Some(State::Reversed) => return Ok(Booked::Context("reversed".to_owned())),
            _ => {}
        }
        let booked = match record.entry {
            EntryType::Send => self.send(at, record),
            EntryType::Receive => self.receive(at, record, is_sent_on(record, next)),
            EntryType::Settle => self.settle(at, record),
            EntryType::Exchange => self.exchange(at, record, next),
            EntryType::Deposit => self.deposit(at, record),
            EntryType::Release | EntryType::Refund | EntryType::Withdraw => {
                self.release(at, record)
            }
            EntryType::Commission | EntryType::Expense => self.expense(at, record),
            EntryType::Payment => self.payment(at, record),
            EntryType::Reversal => Ok(Booked::Context(
                "reversal: not applied to the row that it takes back".to_owned(),
            )),
            EntryType::Opening => Ok(Booked::Context("opening".to_owned())),
        }?;
        if booked == Booked::Transferred {
            *self.figures.entry(figure(record.entry)).or_default() += 1;
            self.describe(at, record);
        }
        Ok(booked)
    }

    fn send(&mut self, at: &At, record: &LedgerRecord) -> Outcome {
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

    fn receive(&mut self, at: &At, record: &LedgerRecord, sent_on: bool) -> Outcome {
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

    fn settle(&mut self, at: &At, record: &LedgerRecord) -> Outcome {
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

    fn exchange(&mut self, at: &At, record: &LedgerRecord, next: Option<&LedgerRecord>) -> Outcome {
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
                    self.batch.transfers[leg as usize]
                        .amount
                        .unwrap_or_default()
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

    fn deposit(&mut self, at: &At, record: &LedgerRecord) -> Outcome {
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

    fn release(&mut self, at: &At, record: &LedgerRecord) -> Outcome {
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

    fn expense(&mut self, at: &At, record: &LedgerRecord) -> Outcome {
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

    fn payment(&mut self, at: &At, record: &LedgerRecord) -> Outcome {
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

    fn event(&mut self, at: &At, time: Instant) -> u32 {
        self.batch.events.push(EventRow {
            kind: EventKind::LedgerLine,
            transaction: None,
            block: None,
            tx_index: None,
            time,
            source: at.source,
            row: Some(at.row),
            stale: false,
        });
        position(self.batch.events.len() - 1)
    }

    fn transfer(
        &mut self,
        event: u32,
        from: AccountKey,
        to: AccountKey,
        money: &Money,
        kind: TransferKind,
        layers: Layers,
    ) -> u32 {
        let asset = self.asset(&money.asset);
        self.batch.transfers.push(TransferRow {
            event,
            from: Endpoint::Account(from),
            to: Endpoint::Account(to),
            asset,
            amount: Some(money.amount),
            kind,
            layers,
        });
        position(self.batch.transfers.len() - 1)
    }

    fn link(&mut self, earlier: u32, later: u32, consumed: Amount, paid: Amount, basis: Basis) {
        self.batch.links.push(LinkRow {
            earlier,
            later,
            consumed: Some(consumed),
            paid: Some(paid),
            basis,
        });
    }

    fn asset(&mut self, asset: &Asset) -> u32 {
        if let Some(&index) = self.assets.get(asset) {
            return index;
        }
        let index = position(self.batch.assets.len());
        self.batch.assets.push(asset.clone());
        self.assets.insert(asset.clone(), index);
        index
    }

    fn token(&mut self, transfer: u32, record: &LedgerRecord, side: Side, other: &str) {
        let Some(token) = &record.token else { return };
        let (issuer, payer) = match side {
            Side::Issued => (self.owner.clone(), other.into()),
            Side::Received => (other.into(), self.owner.clone()),
        };
        self.batch.references.push(ReferenceRow {
            transfer,
            reference: Reference::Token {
                token: token.as_str().into(),
                side,
                issuer,
                payer,
            },
        });
    }

    fn on_chain(&mut self, transfer: u32, record: &LedgerRecord) {
        if let Some(txid) = record.txid {
            self.batch.references.push(ReferenceRow {
                transfer,
                reference: Reference::Transaction {
                    txid,
                    account: record.wallet.clone(),
                },
            });
        }
    }

    fn owners(&self, part: Part) -> AccountKey {
        AccountKey::Hawaladar(self.owner.clone(), part)
    }

    #[expect(clippy::unused_self, reason = "reads as the owner's own accounts do")]
    fn pending(&self, hawaladar: &str) -> AccountKey {
        AccountKey::Hawaladar(hawaladar.into(), Part::Pending)
    }

    /// The other hawaladar: by alias, by the first spelling that folds alike, else nobody's name.
    fn counterpart(&mut self, at: &At, record: &LedgerRecord) -> Box<str> {
        match &record.counterpart {
            Some(name) => self
                .names
                .entry(joined(name))
                .or_insert_with(|| name.as_str().into())
                .clone(),
            None => format!("(unnamed) {}", at.locator).into(),
        }
    }

    /// A customer as named; one without a name is told apart by his row.
    fn customer(&self, at: &At, party: &Party, role: &str) -> AccountKey {
        let name = match &party.name {
            Some(name) => name.as_str().into(),
            None => format!("(unnamed {role}) {}", at.locator).into(),
        };
        AccountKey::Customer(self.book, name)
    }

    /// Who stands on the other side of cash that no order moves.
    fn party(&mut self, at: &At, record: &LedgerRecord) -> AccountKey {
        for party in [&record.sender, &record.beneficiary] {
            if party.name.is_some() {
                return self.customer(at, party, "party");
            }
        }
        if record.counterpart.is_some() {
            return AccountKey::Hawaladar(self.counterpart(at, record), Part::Cash);
        }
        self.customer(at, &Party::default(), "party")
    }

    fn rest(&mut self, record: &LedgerRecord, transfer: u32, money: &Money, kept: Kept) {
        let Some(token) = &record.token else { return };
        let resting = Resting {
            token: code(token),
            transfer,
            asset: self.asset(&money.asset),
            left: money.amount,
        };
        match kept {
            Kept::Deposit => self.deposits.push(resting),
            Kept::Due => self.dues.push(resting),
        }
    }

    /// The only open deposit with this code and asset; `T12/2` is a part of `T12`.
    fn open_deposit(&self, token: &str, asset: u32) -> Option<usize> {
        let token = plain_token(token);
        let base = token.split(['/', '\\']).next().unwrap_or(&token).to_owned();
        [token, base].into_iter().find_map(|token| {
            let token = code(&token);
            let mut open = self.deposits.iter().enumerate().filter(|(_, deposit)| {
                deposit.token == token && deposit.asset == asset && deposit.left > Amount::ZERO
            });
            match (open.next(), open.next()) {
                (Some((index, _)), None) => Some(index),
                _ => None,
            }
        })
    }

    /// What an order without money of its own draws on: an open deposit with its code, or a due that
    /// was received under its number.
    fn drawn(&mut self, record: &LedgerRecord, due: &Money) -> Option<(Drawn, RuleId, Amount)> {
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
        let token = code(token);
        let index = self.dues.iter().rposition(|resting| {
            resting.token == token && resting.asset == asset && resting.left >= due.amount
        })?;
        Some((Drawn::Due(index), FORWARD_TOKEN, due.amount))
    }

    fn draw(&mut self, drawn: Drawn, rule: RuleId, later: u32, consumed: Amount, paid: Amount) {
        let resting = match drawn {
            Drawn::Deposit(index) => &mut self.deposits[index],
            Drawn::Due(index) => &mut self.dues[index],
        };
        let earlier = resting.transfer;
        resting.left = resting.left.checked_sub(consumed).unwrap_or(Amount::ZERO);
        self.link(earlier, later, consumed, paid, Basis::Inference(rule));
    }

    /// Keeps what the row says of the people in it.
    fn describe(&mut self, at: &At, record: &LedgerRecord) {
        for (party, is_beneficiary) in [(&record.sender, false), (&record.beneficiary, true)] {
            let Some(name) = &party.name else { continue };
            let account = AccountKey::Customer(self.book, name.as_str().into());
            let ordered = is_beneficiary && record.entry == EntryType::Send;
            let place = if is_beneficiary {
                record.place.as_deref()
            } else {
                None
            };
            let said = [
                ("father", party.father.as_deref()),
                ("phone", party.phone.as_deref()),
                ("id_no", party.id_no.as_deref()),
                ("place", place),
                (
                    "order",
                    ordered.then_some("ordered for this beneficiary, payout not in evidence"),
                ),
            ];
            for (field, value) in said {
                if let Some(value) = value {
                    self.batch.accounts.push(AccountRow {
                        account: account.clone(),
                        field: field.into(),
                        value: value.into(),
                        source: at.source,
                        row: Some(at.row),
                    });
                }
            }
        }
        if let Some(name) = &record.counterpart {
            let known = self.counterpart(at, record);
            if *known != **name {
                self.batch.accounts.push(AccountRow {
                    account: AccountKey::Hawaladar(known, Part::Position),
                    field: "name".into(),
                    value: name.as_str().into(),
                    source: at.source,
                    row: Some(at.row),
                });
            }
        }
    }
}

#[derive(Clone, Copy)]
enum Kept {
    Deposit,
    Due,
}

#[derive(Clone, Copy)]
enum Drawn {
    Deposit(usize),
    Due(usize),
}

/// Cash that an order brought in.
fn taken_in(record: &LedgerRecord) -> Option<&Money> {
    if record.has_cash_columns {
        record.credit.as_ref()
    } else {
        record.amount_in.as_ref()
    }
}

/// The one amount of an entry that moves cash one way.
fn moved(record: &LedgerRecord) -> Option<&Money> {
    record
        .credit
        .as_ref()
        .or(record.debit.as_ref())
        .or(record.amount_in.as_ref())
        .or(record.amount_out.as_ref())
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
fn is_sent_on(record: &LedgerRecord, next: Option<&LedgerRecord>) -> bool {
    next.is_some_and(|next| {
        next.entry == EntryType::Send
            && record.token.is_some()
            && next.token == record.token
            && next.credit.is_none()
            && next.amount_out == record.amount_out
            && record.debit.is_none()
    })
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

/// A name without case, spaces and variants of letters.
pub(crate) fn joined(name: &str) -> String {
    fold(name).replace(' ', "")
}

/// A code for comparing: folded, without leading zeros and separators.
fn code(token: &str) -> String {
    joined(token).trim_start_matches('0').to_owned()
}

/// What an entry counts as in the summary.
const fn figure(entry: EntryType) -> &'static str {
    match entry {
        EntryType::Send => "orders sent",
        EntryType::Receive => "orders received",
        EntryType::Settle => "settlements",
        EntryType::Exchange => "exchanges",
        EntryType::Deposit => "deposits",
        EntryType::Release | EntryType::Withdraw => "releases",
        EntryType::Refund => "refunds",
        EntryType::Commission => "commissions",
        EntryType::Expense => "expenses",
        EntryType::Opening => "opening balances",
        EntryType::Reversal => "reversals",
        EntryType::Payment => "payments",
    }
}
