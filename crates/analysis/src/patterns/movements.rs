//! Who paid whom: a graph's transfers between accounts, as columns.
//!
//! Laws. Movements are in the order of the record. A movement is a transfer of a layer between two different accounts,
//! none of them a boundary, of a known amount above nothing, not before the first known time of the record; one without a time behind it has that of
//! the one before. A UTXO transaction whose inputs are all of one account is
//! that account paying each of its outputs; one with several payers names none of them, and is left out and counted.

use moneytrail_model::{
    AccountKey, AssetIdx, AssetKey, EventIdx, Layer, NodeIdx, Part, TransferIdx,
};
use moneytrail_store::graph::Graph;

/// What an account is, as far as its key says: accounts are compared with those of their role.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Role {
    /// An address or script of a chain.
    Chain,
    /// A customer of a book.
    Customer,
    /// A hawaladar, in whatever part.
    Hawaladar,
    /// A hawaladar's pending orders and deposits.
    Pending,
    /// A hawaladar's cash.
    Cash,
    /// A bank account.
    Bank,
    /// A name of a plain list.
    Listed,
    /// An account with a custodian.
    Custodial,
    /// Boundary or placeholder: in no movement.
    Other,
}

impl Role {
    /// In words.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Chain => "address",
            Self::Customer => "customer",
            Self::Hawaladar => "hawaladar",
            Self::Pending => "pending orders",
            Self::Cash => "cash",
            Self::Bank => "bank account",
            Self::Listed => "listed account",
            Self::Custodial => "custodial account",
            Self::Other => "other",
        }
    }

    /// Of an account.
    pub fn of(key: &AccountKey) -> Self {
        match key {
            AccountKey::Script(..) | AccountKey::Evm(..) | AccountKey::Tron(_) => Self::Chain,
            AccountKey::Customer(..) => Self::Customer,
            AccountKey::Hawaladar(_, Part::Position) => Self::Hawaladar,
            AccountKey::Hawaladar(_, Part::Pending) => Self::Pending,
            AccountKey::Hawaladar(_, Part::Cash) => Self::Cash,
            AccountKey::Bank(_) => Self::Bank,
            AccountKey::Listed(_) => Self::Listed,
            AccountKey::Custodial(..) => Self::Custodial,
            AccountKey::Outpoint(..)
            | AccountKey::Issuance(_)
            | AccountKey::Fees(_)
            | AccountKey::Burned(_) => Self::Other,
        }
    }
}

/// Columns of equal length, in the order of the record, which ascends in `seconds`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Movements {
    /// Who pays.
    pub from: Vec<u32>,
    /// Who is paid.
    pub to: Vec<u32>,
    /// Earliest second.
    pub seconds: Vec<i64>,
    /// In the smallest units of the asset.
    pub units: Vec<u128>,
    /// Position of the asset.
    pub assets: Vec<u32>,
    /// What each is in the graph or list that it comes from.
    pub transfers: Vec<u32>,
    /// By account.
    pub roles: Vec<Role>,
    /// Symbol and decimals, by asset.
    pub asset_names: Vec<(String, u8)>,
    /// Whether it is the currency of a state, by asset: a token that calls itself so is none.
    pub is_currency: Vec<bool>,
    /// Transactions of several payers, which are left out.
    pub n_many_payers: u64,
    /// Transfers of no known amount, which are left out.
    pub n_unknown_amounts: u64,
    /// Transfers before any known time, which are left out.
    pub n_unknown_times: u64,
}

impl Movements {
    /// How many.
    pub fn len(&self) -> usize {
        self.from.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.from.is_empty()
    }

    /// Of a graph, on a layer. O(transfers).
    pub fn of(graph: &Graph, layer: Layer) -> Self {
        let mut movements = Self {
            roles: (0..graph.n_accounts())
                .map(|node| {
                    let key = graph.account(NodeIdx::new(node));
                    key.map_or(Role::Other, |key| Role::of(&key))
                })
                .collect(),
            asset_names: graph
                .assets()
                .iter()
                .map(|asset| (asset.symbol().to_owned(), asset.decimals()))
                .collect(),
            is_currency: graph
                .assets()
                .iter()
                .map(|asset| matches!(asset.key(), AssetKey::Currency(_)))
                .collect(),
            ..Self::default()
        };
        let mut latest = i64::MIN;
        for event in (0..graph.n_events()).map(EventIdx::new) {
            // The order of the record ascends in effective times (`temporal::InGraph`).
            latest = latest.max(graph.time(event).earliest());
            let payer = movements.payer(graph, event, layer);
            for transfer in graph.transfers_of(event) {
                if graph.in_layer(transfer, layer) {
                    movements.take(graph, transfer, payer, latest);
                }
            }
        }
        movements
    }

    /// The one account whose money goes into the junction of an event, if it is one.
    fn payer(&mut self, graph: &Graph, event: EventIdx, layer: Layer) -> Option<NodeIdx> {
        let junction = graph.junction_of(event)?;
        let inputs = graph.transfers_in(junction);
        let mut payers = inputs
            .iter()
            .filter(|&transfer| graph.in_layer(transfer, layer))
            .map(|transfer| graph.from(transfer));
        let first = payers.next()?;
        if payers.all(|payer| payer == first) {
            Some(first)
        } else {
            self.n_many_payers += 1;
            None
        }
    }

    fn take(&mut self, graph: &Graph, transfer: TransferIdx, payer: Option<NodeIdx>, second: i64) {
        let (from, to) = (graph.from(transfer), graph.to(transfer));
        let from = if graph.is_junction(from) {
            let Some(payer) = payer else { return };
            payer
        } else {
            from
        };
        let is_movement = !graph.is_junction(to)
            && from != to
            && !graph.is_boundary(from)
            && !graph.is_boundary(to);
        if !is_movement {
            return;
        }
        let amount = graph
            .amount(transfer)
            .and_then(moneytrail_model::Amount::non_negative);
        match amount {
            None => self.n_unknown_amounts += 1,
            Some(0) => {}
            // Nothing in the record says when.
            Some(_) if second == i64::MIN => self.n_unknown_times += 1,
            Some(units) => {
                self.from.push(from.raw());
                self.to.push(to.raw());
                self.seconds.push(second);
                self.units.push(units);
                self.assets.push(graph.asset_of(transfer).raw());
                self.transfers.push(transfer.raw());
            }
        }
    }

    /// All that moved of each asset; as much as fits where it does not.
    pub(super) fn totals(&self) -> Vec<u128> {
        let mut totals = vec![0_u128; self.asset_names.len()];
        for (&asset, &units) in self.assets.iter().zip(&self.units) {
            let total = &mut totals[asset as usize];
            *total = total.saturating_add(units);
        }
        totals
    }

    /// The graph's transfer of a movement.
    pub fn transfer(&self, movement: u32) -> TransferIdx {
        TransferIdx::new(self.transfers[movement as usize] as usize)
    }

    /// The asset of a movement.
    pub fn asset(&self, movement: u32) -> AssetIdx {
        AssetIdx::new(self.assets[movement as usize] as usize)
    }
}

/// Positions of movements by a key, each row in the order of the record.
#[derive(Clone, Debug)]
pub(super) struct Rows {
    starts: Vec<u32>,
    positions: Vec<u32>,
}

impl Rows {
    /// O(keys + movements).
    pub(super) fn by(n_keys: usize, keys: &[u32]) -> Self {
        let mut starts = vec![0_u32; n_keys + 1];
        for &key in keys {
            starts[key as usize + 1] += 1;
        }
        for key in 0..n_keys {
            starts[key + 1] += starts[key];
        }
        let mut next = starts.clone();
        let mut positions = vec![0; keys.len()];
        for (position, &key) in (0..).zip(keys) {
            let at = &mut next[key as usize];
            positions[*at as usize] = position;
            *at += 1;
        }
        Self { starts, positions }
    }

    pub(super) fn row(&self, key: u32) -> &[u32] {
        let key = key as usize;
        &self.positions[self.starts[key] as usize..self.starts[key + 1] as usize]
    }
}

/// What accounts hold of one asset each, numbered in order of account and asset.
#[derive(Clone, Debug)]
pub(super) struct Holdings {
    /// Account and asset.
    pub(super) list: Vec<(u32, u32)>,
    /// Movements into each.
    pub(super) into: Rows,
    /// Movements out of each.
    pub(super) out: Rows,
    /// The payee's holding, by movement.
    pub(super) of_payee: Vec<u32>,
}

impl Holdings {
    /// O(n + accounts · assets) where that product is of the order of the movements, else O(n log n).
    pub(super) fn of(movements: &Movements) -> Self {
        let n_assets = movements.asset_names.len().max(1);
        let n_keys = movements.roles.len().saturating_mul(n_assets);
        if n_keys <= 8 * movements.len() + 1024 {
            Self::by_table(movements, n_assets, n_keys)
        } else {
            Self::by_sorting(movements)
        }
    }

    /// Numbers by a table of all accounts and assets.
    fn by_table(movements: &Movements, n_assets: usize, n_keys: usize) -> Self {
        let key = |account: u32, asset: u32| account as usize * n_assets + asset as usize;
        let mut numbers = vec![u32::MAX; n_keys];
        for at in 0..movements.len() {
            let asset = movements.assets[at];
            numbers[key(movements.from[at], asset)] = 0;
            numbers[key(movements.to[at], asset)] = 0;
        }
        let mut list = Vec::new();
        for (key, number) in numbers.iter_mut().enumerate() {
            if *number == 0 {
                *number = u32::try_from(list.len()).expect("fewer than twice the transfers");
                let of = |part: usize| u32::try_from(part).expect("numbered by u32");
                list.push((of(key / n_assets), of(key % n_assets)));
            }
        }
        let numbered = |accounts: &[u32]| -> Vec<u32> {
            let ends = accounts.iter().zip(&movements.assets);
            ends.map(|(&account, &asset)| numbers[key(account, asset)])
                .collect()
        };
        Self::numbered(list, &numbered(&movements.from), numbered(&movements.to))
    }

    fn by_sorting(movements: &Movements) -> Self {
        let ends = |accounts: &[u32]| -> Vec<(u32, u32)> {
            let assets = movements.assets.iter().copied();
            accounts.iter().copied().zip(assets).collect()
        };
        let (from, to) = (ends(&movements.from), ends(&movements.to));
        let mut list: Vec<(u32, u32)> = from.iter().chain(&to).copied().collect();
        list.sort_unstable();
        list.dedup();
        let numbered = |ends: &[(u32, u32)]| -> Vec<u32> {
            let number = |end| list.partition_point(|known| known < end);
            ends.iter()
                .map(|end| u32::try_from(number(end)).expect("fewer than twice the transfers"))
                .collect()
        };
        let (from, to) = (numbered(&from), numbered(&to));
        Self::numbered(list, &from, to)
    }

    fn numbered(list: Vec<(u32, u32)>, from: &[u32], to: Vec<u32>) -> Self {
        Self {
            into: Rows::by(list.len(), &to),
            out: Rows::by(list.len(), from),
            of_payee: to,
            list,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn holdings_are_the_same_by_a_table_and_by_sorting(rows in prop::collection::vec((0_u32..7, 0_u32..7, 0_u32..3), 0..40)) {
            let column = |of: fn(&(u32, u32, u32)) -> u32| rows.iter().map(of).collect::<Vec<u32>>();
            let movements = Movements {
                from: column(|row| row.0),
                to: column(|row| row.1),
                assets: column(|row| row.2),
                roles: vec![Role::Listed; 7],
                asset_names: vec![(String::new(), 0); 3],
                ..Movements::default()
            };
            let (table, sorted) = (Holdings::by_table(&movements, 3, 21), Holdings::by_sorting(&movements));
            prop_assert_eq!(&table.list, &sorted.list);
            prop_assert_eq!(&table.of_payee, &sorted.of_payee);
            for holding in 0..u32::try_from(table.list.len()).unwrap_or(0) {
                prop_assert_eq!(table.into.row(holding), sorted.into.row(holding));
                prop_assert_eq!(table.out.row(holding), sorted.out.row(holding));
            }
        }
    }
}
