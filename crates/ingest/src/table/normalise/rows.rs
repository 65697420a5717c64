//! Rows of the batch, and the accounts of a book.

use super::{At, Normaliser, joined};
use crate::table::ledger::{LedgerRecord, Money, Party};
use crate::table::lexicon::EntryType;
use crate::table::list::position;
use moneytrail_model::{
    AccountKey, Amount, Asset, Basis, EventKind, Instant, Layers, Part, TransactionForm,
    TransferKind,
};
use moneytrail_store::schema::{
    AccountRow, Endpoint, EventRow, LinkRow, Reference, ReferenceRow, Side, TransferRow,
};

impl Normaliser {
    pub(super) fn event(&mut self, at: &At, time: Instant) -> u32 {
        self.batch.events.push(EventRow {
            kind: EventKind::LedgerLine,
            transaction: None,
            block: None,
            tx_index: None,
            time,
            source: at.source,
            row: Some(at.row),
            stale: false,
            form: TransactionForm::default(),
        });
        position(self.batch.events.len() - 1)
    }

    pub(super) fn transfer(
        &mut self,
        event: u32,
        from: AccountKey,
        to: AccountKey,
        money: &Money,
        kind: TransferKind,
        layers: Layers,
    ) -> u32 {
        let asset = self.asset(&money.asset);
        self.batch.transfers.push(&TransferRow {
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

    pub(super) fn link(
        &mut self,
        earlier: u32,
        later: u32,
        consumed: Amount,
        paid: Amount,
        basis: Basis,
    ) {
        self.batch.links.push(LinkRow {
            earlier,
            later,
            consumed: Some(consumed),
            paid: Some(paid),
            basis,
        });
    }

    pub(super) fn asset(&mut self, asset: &Asset) -> u32 {
        if let Some(&index) = self.assets.get(asset) {
            return index;
        }
        let index = position(self.batch.assets.len());
        self.batch.assets.push(asset.clone());
        self.assets.insert(asset.clone(), index);
        index
    }

    pub(super) fn token(&mut self, transfer: u32, record: &LedgerRecord, side: Side, other: &str) {
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

    pub(super) fn on_chain(&mut self, transfer: u32, record: &LedgerRecord) {
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

    pub(super) fn owners(&self, part: Part) -> AccountKey {
        AccountKey::Hawaladar(self.owner.clone(), part)
    }

    #[expect(clippy::unused_self, reason = "reads as the owner's own accounts do")]
    pub(super) fn pending(&self, hawaladar: &str) -> AccountKey {
        AccountKey::Hawaladar(hawaladar.into(), Part::Pending)
    }

    /// The other hawaladar: by alias, by the first spelling that folds alike, else nobody's name.
    pub(super) fn counterpart(&mut self, at: &At, record: &LedgerRecord) -> Box<str> {
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
    pub(super) fn customer(&self, at: &At, party: &Party, role: &str) -> AccountKey {
        let name = match &party.name {
            Some(name) => name.as_str().into(),
            None => format!("(unnamed {role}) {}", at.locator).into(),
        };
        AccountKey::Customer(self.book, name)
    }

    /// Who stands on the other side of cash that no order moves.
    pub(super) fn party(&mut self, at: &At, record: &LedgerRecord) -> AccountKey {
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

    /// Keeps what the row says of the people in it.
    pub(super) fn describe(&mut self, at: &At, record: &LedgerRecord) {
        for (party, is_beneficiary) in [(&record.sender, false), (&record.beneficiary, true)] {
            let Some(name) = &party.name else { continue };
            let account = AccountKey::Customer(self.book, name.as_str().into());
            let place = if is_beneficiary {
                record.place.as_deref()
            } else {
                None
            };
            let place_from = if is_beneficiary {
                None
            } else {
                record.place_from.as_deref()
            };
            let at_of = party.columns;
            let said = [
                ("father", party.father.as_deref(), at_of.father),
                ("phone", party.phone.as_deref(), at_of.phone),
                ("id_no", party.id_no.as_deref(), at_of.id_no),
                ("place", place, None),
                ("place_from", place_from, None),
                ("role", Some(role(record.entry, is_beneficiary)), at_of.name),
            ];
            for (field, value, column) in said {
                if let Some(value) = value {
                    self.batch.accounts.push(AccountRow {
                        account: account.clone(),
                        field: field.into(),
                        value: value.into(),
                        source: at.source,
                        row: Some(at.row),
                        column,
                        ordinal: Some(party.ordinal),
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
                    column: None,
                    ordinal: None,
                });
            }
        }
    }
}

/// What a row says that a customer is in it; nobody is named without it.
const fn role(entry: EntryType, is_beneficiary: bool) -> &'static str {
    match (entry, is_beneficiary) {
        (EntryType::Send, true) => "ordered for, payout not in evidence",
        (EntryType::Send | EntryType::Receive, false) => "sender",
        (EntryType::Receive, true) => "beneficiary",
        (EntryType::Deposit, false) => "depositor",
        (EntryType::Deposit, true) => "deposited for",
        (EntryType::Release | EntryType::Refund | EntryType::Withdraw, false) => {
            "released on the word of"
        }
        (EntryType::Release | EntryType::Refund | EntryType::Withdraw, true) => "payee",
        (_, false) => "customer",
        (_, true) => "counterparty",
    }
}
