//! What is true of the books. Rows are cited as `Keeper babax.csv!-!R12`.

use super::book::file;
use super::style::{Currency, RowKind};
use super::{Escrow, Order};
use crate::table::Table;
use crate::{Error, Listed};
use std::path::Path;

/// The tables.
#[derive(Debug)]
pub(super) struct Truth {
    orders: Table,
    people: Table,
    escrows: Table,
    settlements: Table,
}

/// How a row is cited.
fn place(keeper: usize, row: u64) -> String {
    format!("{}!-!R{row}", file(keeper))
}

impl Truth {
    pub(super) fn create(out: &Path) -> Result<Self, Error> {
        Ok(Self {
            orders: Table::create(
                out,
                "truth/orders.csv",
                "order,token,issuer,payer,sender,beneficiary,cents,currency,commission_cents,issued_day,paid_day,issued,paid",
            )?,
            people: Table::create(out, "truth/people.csv", "person,row,field,cell,spelling")?,
            escrows: Table::create(
                out,
                "truth/escrows.csv",
                "escrow,code,holder,kind,cents,currency,depositor,payee,row,day",
            )?,
            settlements: Table::create(
                out,
                "truth/settlements.csv",
                "debtor,creditor,cents,currency,txid,paid,taken",
            )?,
        })
    }

    /// An order, and day and row of its payout.
    pub(super) fn order(&mut self, order: &Order, paid: Option<(u32, u64)>) -> Result<(), Error> {
        let issued = place(order.issuer, order.row);
        let (paid_day, paid) = paid.map_or_else(Default::default, |(day, row)| {
            (day.to_string(), place(order.payer, row))
        });
        self.orders.row(format_args!(
            "{},{},{},{},{},{},{},{},{},{},{paid_day},{issued},{paid}",
            order.number,
            order.token,
            order.issuer,
            order.payer,
            order.sender,
            order.beneficiary,
            order.cents,
            order.currency.code(),
            order.commission_cents,
            order.day,
        ))
    }

    /// A person is named in a line: which row of it, counted from 0, and column (from 1), and how.
    pub(super) fn mention(
        &mut self,
        (keeper, row): (usize, u64),
        (below, column): (u64, usize),
        field: &str,
        (person, spelling): (u32, &str),
    ) -> Result<(), Error> {
        let line = place(keeper, row);
        let cell = format!("{}C{column}", place(keeper, row + below));
        self.people
            .row(format_args!("{person},{line},{field},{cell},{spelling}"))
    }

    /// A deposit, release or refund.
    pub(super) fn escrow(
        &mut self,
        escrow: &Escrow,
        kind: RowKind,
        (row, day): (u64, u32),
        cents: i64,
    ) -> Result<(), Error> {
        let word = match kind {
            RowKind::Deposit => "deposit",
            RowKind::Refund => "refund",
            _ => "release",
        };
        self.escrows.row(format_args!(
            "{},{},{},{word},{cents},{},{},{},{},{day}",
            escrow.number,
            escrow.code(),
            escrow.holder,
            escrow.currency.code(),
            escrow.depositor,
            escrow.payee,
            place(escrow.holder, row),
        ))
    }

    /// A settlement in the books of debtor and creditor; `txid` is empty for cash.
    pub(super) fn settlement(
        &mut self,
        [(debtor, paid), (creditor, taken)]: [(usize, u64); 2],
        cents: i64,
        currency: Currency,
        txid: &str,
    ) -> Result<(), Error> {
        let (paid, taken) = (place(debtor, paid), place(creditor, taken));
        let currency = currency.code();
        self.settlements.row(format_args!(
            "{debtor},{creditor},{cents},{currency},{txid},{paid},{taken}"
        ))
    }

    pub(super) fn finish(self) -> Result<Vec<Listed>, Error> {
        [self.orders, self.people, self.escrows, self.settlements]
            .into_iter()
            .map(Table::finish)
            .collect()
    }
}
