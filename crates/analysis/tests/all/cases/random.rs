//! Random graphs: few accounts, small amounts, everything that the rules speak of.

use super::{hawaladar, name, units};
use moneytrail_model::{
    AccountKey, Asset, AssetIdx, AssetKey, Basis, EventKind, Instant, Layers, Network, Part,
    Precision, TransferIdx, TransferKind,
};
use moneytrail_store::graph::{End, Graph, GraphBuilder};
use proptest::prelude::*;

/// A graph that prints as what happened.
pub struct Drawn(pub Graph);

impl std::ops::Deref for Drawn {
    type Target = Graph;

    fn deref(&self) -> &Graph {
        &self.0
    }
}

impl std::fmt::Debug for Drawn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let node = |node| match self.account(node) {
            Some(key) => format!("{key}#{}", node.raw()),
            None => format!("J{}", self.junction_event(node).unwrap().raw()),
        };
        for t in (0..self.n_transfers()).map(TransferIdx::new) {
            let amount = self.amount(t).map_or(-1, moneytrail_model::Amount::units);
            let (from, to) = (node(self.from(t)), node(self.to(t)));
            let (asset, layers) = (self.asset_of(t).raw(), self.layers(t).bits());
            writeln!(
                f,
                "t{} {from} -> {to}: {amount} of {asset}, layers {layers}",
                t.raw()
            )?;
        }
        for link in self.links() {
            let (x, y) = (link.consumed.units(), link.paid.units());
            writeln!(
                f,
                "link t{} -> t{}: {x} pays {y}",
                link.earlier.raw(),
                link.later.raw()
            )?;
        }
        Ok(())
    }
}

/// What a random graph may contain.
#[derive(Clone, Copy, Debug)]
pub struct Wildness {
    /// Accounts that pay and are paid.
    pub n_accounts: usize,
    /// Unknown amounts.
    pub unknown: bool,
    /// Links that reserve more than there is, or pay twice.
    pub contradictions: bool,
    /// A second asset, and so conversions.
    pub conversions: bool,
}

pub const WILD: Wildness = Wildness {
    n_accounts: 6,
    unknown: true,
    contradictions: true,
    conversions: true,
};

#[derive(Clone, Debug)]
enum Happening {
    Payment {
        from: usize,
        to: usize,
        asset: usize,
        amount: Option<u64>,
        layers: u8,
    },
    Transaction {
        ins: Vec<(usize, Option<u64>)>,
        outs: Vec<(usize, u64)>,
        fee: Option<u64>,
    },
}

#[derive(Clone, Debug)]
struct RandomLink {
    earlier: usize,
    later: usize,
    wanders: bool,
    consumed: u64,
    paid: u64,
}

fn amount(wild: Wildness) -> BoxedStrategy<Option<u64>> {
    if wild.unknown {
        prop_oneof![1 => Just(None), 9 => (0_u64..10).prop_map(Some)].boxed()
    } else {
        (0_u64..10).prop_map(Some).boxed()
    }
}

fn happening(wild: Wildness) -> impl Strategy<Value = Happening> {
    // Ends beyond the accounts are boundaries.
    let n = wild.n_accounts;
    let n_assets: usize = if wild.conversions { 2 } else { 1 };
    let payment = (0..n, 0..n + 2, 0..n_assets, amount(wild), 1_u8..=3).prop_map(
        |(from, to, asset, amount, layers)| Happening::Payment {
            from,
            to,
            asset,
            amount,
            layers,
        },
    );
    let ins = prop::collection::vec((0..n, amount(wild)), 1..4);
    let outs = prop::collection::vec((0..n + 2, 0_u64..10), 1..4);
    let transaction = (ins, outs, prop::option::of(0_u64..4))
        .prop_map(|(ins, outs, fee)| Happening::Transaction { ins, outs, fee });
    prop_oneof![3 => payment, 1 => transaction]
}

fn links() -> impl Strategy<Value = Vec<RandomLink>> {
    let link = (
        any::<usize>(),
        any::<usize>(),
        prop::bool::weighted(0.3),
        0_u64..10,
        0_u64..10,
    );
    let link = link.prop_map(|(earlier, later, wanders, consumed, paid)| RandomLink {
        earlier,
        later,
        wanders,
        consumed,
        paid,
    });
    prop::collection::vec(link, 0..12)
}

/// Random graphs of two accounts up to as many as `wild` says.
pub fn graphs(wild: Wildness) -> impl Strategy<Value = Drawn> {
    graphs_of(wild, 25)
}

/// Random graphs of fewer events than `n_events`.
pub fn graphs_of(wild: Wildness, n_events: usize) -> impl Strategy<Value = Drawn> {
    (2..=wild.n_accounts).prop_flat_map(move |n_accounts| {
        let wild = Wildness { n_accounts, ..wild };
        (prop::collection::vec(happening(wild), 1..n_events), links())
            .prop_map(move |(happenings, links)| Drawn(build(wild, &happenings, &links)))
    })
}

fn accounts(wild: Wildness) -> Vec<AccountKey> {
    let mut keys = vec![
        name("a"),
        name("b"),
        AccountKey::Bank("1".into()),
        hawaladar("H", Part::Cash),
        name("c"),
        name("d"),
    ];
    keys.truncate(wild.n_accounts);
    keys.push(AccountKey::Fees(Network::Bitcoin));
    keys.push(AccountKey::Burned(Network::Bitcoin));
    keys
}

struct Made {
    from: Option<usize>,
    to: Option<usize>,
    asset: AssetIdx,
    left_in: u64,
    left_out: u64,
    is_known: bool,
}

fn build(wild: Wildness, happenings: &[Happening], links: &[RandomLink]) -> Graph {
    let mut builder = GraphBuilder::default();
    let assets =
        ["EUR", "USD"].map(|code| builder.asset(Asset::new(AssetKey::currency(code).unwrap())));
    let keys = accounts(wild);
    let ends: Vec<End> = keys.iter().map(|key| builder.account(key)).collect();
    let mut made: Vec<Made> = Vec::new();
    for (second, happening) in (0_i64..).zip(happenings) {
        let time = if second % 5 == 0 {
            Instant::new(second, Precision::Minute)
        } else {
            Instant::at(second)
        };
        let mut add = |builder: &mut GraphBuilder,
                       from: Option<usize>,
                       to: Option<usize>,
                       asset,
                       amount: Option<u64>,
                       kind,
                       layers| {
            let end = |side: Option<usize>| side.map_or(End::Junction, |account| ends[account]);
            builder.transfer(end(from), end(to), asset, amount.map(units), kind, layers);
            let left = amount.unwrap_or(0);
            made.push(Made {
                from,
                to,
                asset,
                left_in: left,
                left_out: left,
                is_known: amount.is_some(),
            });
        };
        match happening {
            Happening::Payment {
                from,
                to,
                asset,
                amount,
                layers,
            } => {
                builder.event(EventKind::Payment, time);
                let layers = Layers::from_bits(*layers).unwrap();
                add(
                    &mut builder,
                    Some(*from),
                    Some(*to),
                    assets[*asset],
                    *amount,
                    TransferKind::Payment,
                    layers,
                );
            }
            Happening::Transaction { ins, outs, fee } => {
                builder.event(EventKind::Transaction, time);
                for &(from, amount) in ins {
                    add(
                        &mut builder,
                        Some(from),
                        None,
                        assets[0],
                        amount,
                        TransferKind::Input,
                        Layers::BOTH,
                    );
                }
                for &(to, amount) in outs {
                    add(
                        &mut builder,
                        None,
                        Some(to),
                        assets[0],
                        Some(amount),
                        TransferKind::Output,
                        Layers::BOTH,
                    );
                }
                if let Some(fee) = fee {
                    add(
                        &mut builder,
                        None,
                        Some(wild.n_accounts),
                        assets[0],
                        Some(*fee),
                        TransferKind::Fee,
                        Layers::BOTH,
                    );
                }
            }
        }
    }
    let mut known = std::collections::BTreeSet::new();
    for link in links {
        let earlier = link.earlier % made.len();
        let same = |later: &usize| {
            *later > earlier && made[*later].from.is_some() && made[*later].from == made[earlier].to
        };
        let candidates: Vec<usize> = if link.wanders {
            (0..made.len()).collect()
        } else {
            (0..made.len()).filter(same).collect()
        };
        if candidates.is_empty() {
            continue;
        }
        let later = candidates[link.later % candidates.len()];
        let one_asset = made[earlier].asset == made[later].asset;
        let (mut consumed, mut paid) = (link.consumed, link.paid);
        if !wild.contradictions {
            consumed = consumed.min(made[earlier].left_in);
            paid = paid.min(made[later].left_out);
            if one_asset {
                (consumed, paid) = (consumed.min(paid), consumed.min(paid));
            }
            let counts = earlier < later
                && made[earlier].is_known
                && made[later].is_known
                && paid > 0
                && consumed > 0;
            if !counts || !known.insert((earlier, later)) {
                continue;
            }
            made[earlier].left_in -= consumed;
            made[later].left_out -= paid;
        }
        builder.link(
            TransferIdx::new(earlier),
            TransferIdx::new(later),
            units(consumed),
            units(paid),
            Basis::Fact,
        );
    }
    builder.finish().unwrap()
}
