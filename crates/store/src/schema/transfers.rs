//! Transfers of a batch, as columns.
//!
//! Law: what was pushed is what [`Transfers::get`] gives back. A row costs 30 bytes and the keys of
//! its accounts; nothing is allocated per row.

use super::rows::{Endpoint, TransferRow};
use moneytrail_model::{AccountKey, Amount, Layers, TransferKind};

/// Stored for an amount that the evidence does not say.
const UNKNOWN: i128 = i128::MIN;

/// Account keys one behind another, in their byte form; an empty one stands for none.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Keys {
    /// Where each key begins, and behind the last. `i32`, as Arrow wants it.
    offsets: Vec<i32>,
    bytes: Vec<u8>,
}

impl Default for Keys {
    fn default() -> Self {
        Self {
            offsets: vec![0],
            bytes: Vec::new(),
        }
    }
}

impl Keys {
    /// Room for this many keys without another allocation.
    pub fn reserve(&mut self, n_keys: usize, n_bytes: usize) {
        self.offsets.reserve(n_keys);
        self.bytes.reserve(n_bytes);
    }

    /// Keys, none among them.
    pub fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    /// Whether there is no key.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Appends a key that `write` appends to the bytes it is given; nothing appended is no key.
    #[inline]
    pub fn push_with(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        write(&mut self.bytes);
        let end = i32::try_from(self.bytes.len()).expect("a batch has less than 2 GiB of keys");
        self.offsets.push(end);
    }

    /// The key at a position.
    #[inline]
    pub fn get(&self, position: usize) -> Option<&[u8]> {
        let range = self.offsets[position]..self.offsets[position + 1];
        let key = &self.bytes[idx(range.start)..idx(range.end)];
        (!key.is_empty()).then_some(key)
    }

    /// The key at a position, to be changed in place.
    #[inline]
    pub fn get_mut(&mut self, position: usize) -> Option<&mut [u8]> {
        let range = self.offsets[position]..self.offsets[position + 1];
        let key = &mut self.bytes[idx(range.start)..idx(range.end)];
        (!key.is_empty()).then_some(key)
    }

    /// Forgets all but the first `len`.
    pub fn truncate(&mut self, len: usize) {
        if len < self.len() {
            self.offsets.truncate(len + 1);
            self.bytes.truncate(idx(self.offsets[len]));
        }
    }

    /// Offsets and bytes, as an Arrow array of binary values has them.
    pub(crate) fn parts(&self) -> (&[i32], &[u8]) {
        (&self.offsets, &self.bytes)
    }
}

fn idx(offset: i32) -> usize {
    usize::try_from(offset).expect("offsets ascend from zero")
}

/// One end of a transfer, its account in byte form.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum EndRef<'a> {
    /// An account: [`AccountKey::encode`].
    Key(&'a [u8]),
    /// The junction of the transfer's event.
    Junction,
}

/// Movements inside events. Within an event they stand in the order of the record: inputs, outputs,
/// fee; legs of a book's line in the order in which they happen. Positions ascend with events.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Transfers {
    events: Vec<u32>,
    from: Keys,
    to: Keys,
    assets: Vec<u32>,
    amounts: Vec<i128>,
    kinds: Vec<TransferKind>,
    layers: Vec<Layers>,
}

impl Transfers {
    /// No transfers, with room for `n_transfers`.
    pub fn with_capacity(n_transfers: usize) -> Self {
        let mut transfers = Self::default();
        transfers.reserve(n_transfers);
        transfers
    }

    /// Makes room for `n_transfers` more.
    pub fn reserve(&mut self, n_transfers: usize) {
        self.events.reserve(n_transfers);
        self.from.reserve(n_transfers, n_transfers * 24);
        self.to.reserve(n_transfers, n_transfers * 24);
        self.assets.reserve(n_transfers);
        self.amounts.reserve(n_transfers);
        self.kinds.reserve(n_transfers);
        self.layers.reserve(n_transfers);
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.events.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// Appends one; `event` and `asset` are positions in the batch.
    pub fn push(&mut self, row: &TransferRow) {
        let key = |end: &Endpoint, bytes: &mut Vec<u8>| {
            if let Endpoint::Account(account) = end {
                account.encode_into(bytes);
            }
        };
        self.from.push_with(|bytes| key(&row.from, bytes));
        self.to.push_with(|bytes| key(&row.to, bytes));
        self.push_figures(row.event, row.asset, row.amount, row.kind, row.layers);
    }

    /// Appends one whose accounts are in byte form already: the fast way.
    #[inline]
    #[expect(clippy::too_many_arguments, reason = "one per column")]
    pub fn push_ends(
        &mut self,
        event: u32,
        from: EndRef<'_>,
        to: EndRef<'_>,
        asset: u32,
        amount: Option<Amount>,
        kind: TransferKind,
        layers: Layers,
    ) {
        let key = |end: EndRef<'_>, bytes: &mut Vec<u8>| {
            if let EndRef::Key(key) = end {
                bytes.extend_from_slice(key);
            }
        };
        let from = |bytes: &mut Vec<u8>| key(from, bytes);
        let to = |bytes: &mut Vec<u8>| key(to, bytes);
        self.push_with(event, from, to, asset, amount, kind, layers);
    }

    /// As [`Transfers::push_ends`], with keys that are appended to the bytes they are given.
    #[inline]
    #[expect(clippy::too_many_arguments, reason = "one per column")]
    pub fn push_with(
        &mut self,
        event: u32,
        from: impl FnOnce(&mut Vec<u8>),
        to: impl FnOnce(&mut Vec<u8>),
        asset: u32,
        amount: Option<Amount>,
        kind: TransferKind,
        layers: Layers,
    ) {
        self.from.push_with(from);
        self.to.push_with(to);
        self.push_figures(event, asset, amount, kind, layers);
    }

    #[inline]
    fn push_figures(
        &mut self,
        event: u32,
        asset: u32,
        amount: Option<Amount>,
        kind: TransferKind,
        layers: Layers,
    ) {
        self.events.push(event);
        self.assets.push(asset);
        self.amounts.push(amount.map_or(UNKNOWN, Amount::units));
        self.kinds.push(kind);
        self.layers.push(layers);
    }

    /// The transfer at a position, its keys read.
    pub fn get(&self, position: usize) -> TransferRow {
        let end = |key: Option<&[u8]>| {
            key.map_or(Endpoint::Junction, |key| {
                let account = AccountKey::decode(key);
                Endpoint::Account(account.expect("a reader pushes the byte form of keys"))
            })
        };
        TransferRow {
            event: self.event(position),
            from: end(self.from_key(position)),
            to: end(self.to_key(position)),
            asset: self.assets[position],
            amount: self.amount(position),
            kind: self.kinds[position],
            layers: self.layers[position],
        }
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = TransferRow> + DoubleEndedIterator + '_ {
        (0..self.len()).map(|position| self.get(position))
    }

    /// Forgets all but the first `len`.
    pub fn truncate(&mut self, len: usize) {
        self.events.truncate(len);
        self.from.truncate(len);
        self.to.truncate(len);
        self.assets.truncate(len);
        self.amounts.truncate(len);
        self.kinds.truncate(len);
        self.layers.truncate(len);
    }

    /// Position of its event in the batch.
    #[inline]
    pub fn event(&self, position: usize) -> u32 {
        self.events[position]
    }

    /// Key of the account that it comes from; `None` for the junction of its event.
    #[inline]
    pub fn from_key(&self, position: usize) -> Option<&[u8]> {
        self.from.get(position)
    }

    /// As [`Transfers::from_key`], to be changed in place: a reader may push a key of the right
    /// length and hash its payload later, together with others.
    #[inline]
    pub fn from_key_mut(&mut self, position: usize) -> Option<&mut [u8]> {
        self.from.get_mut(position)
    }

    /// Key of the account that it goes to; `None` for the junction of its event.
    #[inline]
    pub fn to_key(&self, position: usize) -> Option<&[u8]> {
        self.to.get(position)
    }

    /// Its amount; `None` if the evidence does not say.
    #[inline]
    pub fn amount(&self, position: usize) -> Option<Amount> {
        let units = Some(self.amounts[position]).filter(|&units| units != UNKNOWN);
        units.map(|units| Amount::new(units).expect("an amount was pushed"))
    }

    /// What it is.
    #[inline]
    pub fn kind(&self, position: usize) -> TransferKind {
        self.kinds[position]
    }

    /// Positions of events, assets, kinds and layers, one per transfer.
    pub(crate) fn figures(&self) -> (&[u32], &[u32], &[TransferKind], &[Layers]) {
        (&self.events, &self.assets, &self.kinds, &self.layers)
    }

    /// Keys of both ends.
    pub(crate) const fn keys(&self) -> (&Keys, &Keys) {
        (&self.from, &self.to)
    }

    /// Units of the amounts; `i128::MIN` where the evidence does not say.
    pub(crate) fn units(&self) -> &[i128] {
        &self.amounts
    }
}

impl FromIterator<TransferRow> for Transfers {
    fn from_iter<I: IntoIterator<Item = TransferRow>>(rows: I) -> Self {
        let mut transfers = Self::default();
        rows.into_iter().for_each(|row| transfers.push(&row));
        transfers
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use moneytrail_model::Network;

    #[test]
    fn what_was_pushed_comes_back_by_either_way() {
        let fees = AccountKey::Fees(Network::Bitcoin);
        let rows = [
            (Endpoint::Account(fees.clone()), Endpoint::Junction, None),
            (
                Endpoint::Junction,
                Endpoint::Account(AccountKey::Listed("a".into())),
                Some(7),
            ),
        ]
        .map(|(from, to, units)| TransferRow {
            event: 3,
            from,
            to,
            asset: 1,
            amount: units.map(Amount::from_u64),
            kind: TransferKind::Input,
            layers: Layers::BOTH,
        });
        let mut transfers: Transfers = rows.iter().cloned().collect();
        assert_eq!(transfers.iter().collect::<Vec<_>>(), rows);
        let mut same = Transfers::default();
        for row in &rows {
            let key = |end: &Endpoint| match end {
                Endpoint::Account(account) => Some(account.encode()),
                Endpoint::Junction => None,
            };
            let (from, to) = (key(&row.from), key(&row.to));
            same.push_ends(
                row.event,
                from.as_deref().map_or(EndRef::Junction, EndRef::Key),
                to.as_deref().map_or(EndRef::Junction, EndRef::Key),
                row.asset,
                row.amount,
                row.kind,
                row.layers,
            );
        }
        assert_eq!(same, transfers);
        let key = AccountKey::Issuance(Network::Bitcoin).encode();
        transfers.from_key_mut(0).unwrap().copy_from_slice(&key);
        assert_eq!(transfers.from_key(0), Some(&key[..]));
        assert_eq!(transfers.from_key_mut(1), None);
        transfers.clone_from(&same);
        transfers.truncate(1);
        assert_eq!(transfers.iter().collect::<Vec<_>>(), rows[..1]);
    }
}
