//! What leads from a chain into the account, and out of it onto one.
//!
//! Laws: a deposit that names its transaction is the movement on the chain, and a linked credit; a withdrawal is a
//! debit, and a linked movement (decision 15). What names no chain comes from outside, or goes there.

use super::super::cells::Number;
use super::super::line::{Change, Line};
use super::super::symbols::{asset_on, network_of, on_chain};
use super::{Emitter, clipped};
use moneytrail_model::{AccountKey, Amount, Asset, AssetKey, Basis, Network, TransferKind};
use moneytrail_store::schema::{Reference, ReferenceRow};

impl Emitter<'_> {
    fn within(&self, within: &str) -> AccountKey {
        AccountKey::Custodial(self.exchange.into(), clipped(within).into())
    }

    pub(super) fn deposit(
        &mut self,
        event: u32,
        line: &Line,
        change: &Change,
        amount: Amount,
        customer: &AccountKey,
    ) {
        *self.figures.entry("deposits").or_default() += 1;
        let held = self.held(&change.asset);
        let Some(txid) = line.other.txid else {
            let from = match &line.other.within {
                Some(within) => self.within(within),
                None => self.outside(line.row),
            };
            let ends = (from, customer.clone());
            self.leg(event, ends, (&held, amount), TransferKind::Deposit);
            return;
        };
        let network = network_of(line, &change.asset);
        let from = on_chain(network, &line.other, &line.other.from);
        let from = from.map_or_else(
            || AccountKey::Listed(format!("sender of {}", hex::encode(txid)).into()),
            |from| from.0,
        );
        let to = on_chain(network, &line.other, &line.other.address);
        let (to, account) = to.unwrap_or_else(|| {
            let to = AccountKey::Listed(format!("receiver of {}", hex::encode(txid)).into());
            (to, None)
        });
        let moved = self.moved(network, change, amount);
        let earlier = self.leg(
            event,
            (from, to),
            (&moved.0, moved.1),
            TransferKind::Payment,
        );
        self.names(earlier, txid, account);
        let ends = (self.exchange(), customer.clone());
        let later = self.leg(event, ends, (&held, amount), TransferKind::Deposit);
        self.link(earlier, later, Basis::Fact);
    }

    pub(super) fn withdrawal(
        &mut self,
        event: u32,
        line: &Line,
        change: &Change,
        amount: Amount,
        customer: &AccountKey,
    ) {
        *self.figures.entry("withdrawals").or_default() += 1;
        let held = self.held(&change.asset);
        let network = network_of(line, &change.asset);
        let to = on_chain(network, &line.other, &line.other.address);
        let direct = match (&line.other.within, &to, line.other.txid) {
            (Some(within), ..) => Some(self.within(within)),
            (None, None, None) => Some(self.outside(line.row)),
            _ => None,
        };
        if let Some(direct) = direct {
            let ends = (customer.clone(), direct);
            self.leg(event, ends, (&held, amount), TransferKind::Release);
            return;
        }
        let ends = (customer.clone(), self.exchange());
        let earlier = self.leg(event, ends, (&held, amount), TransferKind::Release);
        let (to, account) = to.unwrap_or_else(|| (self.outside(line.row), None));
        let moved = self.moved(network, change, amount);
        let ends = (self.exchange(), to);
        let later = self.leg(event, ends, (&moved.0, moved.1), TransferKind::Payment);
        if let Some(txid) = line.other.txid {
            self.names(later, txid, account);
        }
        self.link(earlier, later, Basis::Fact);
    }

    fn names(&mut self, transfer: u32, txid: [u8; 32], account: Option<AccountKey>) {
        *self.figures.entry("named transactions").or_default() += 1;
        self.batch.references.push(ReferenceRow {
            transfer,
            reference: Reference::Transaction { txid, account },
        });
    }

    /// What moves on the chain: its own asset where the network says which that is. A token is then taken for the known
    /// contract of its symbol: what an exchange lists under a symbol is that one and no imitation, but it does not say so.
    fn moved(
        &mut self,
        network: Option<Network>,
        change: &Change,
        amount: Amount,
    ) -> (Asset, Amount) {
        let own = network.and_then(|network| asset_on(network, &change.asset));
        let exact = |asset: &Asset| {
            let Number { text, .. } = &change.number;
            Amount::parse_decimal(text, asset.decimals()).ok()
        };
        let Some((amount, asset)) = own.and_then(|asset| Some((exact(&asset)?, asset))) else {
            return (self.held(&change.asset), amount);
        };
        if matches!(asset.key(), AssetKey::Token(..)) {
            let taken = (change.asset.clone(), asset.key().clone());
            *self.taken.entry(taken).or_default() += 1;
        }
        (asset, amount)
    }
}
