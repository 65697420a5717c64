//! `changes`: what one exhibit changed: the case with it against the case as if it were not there.
//!
//! Law: both are built the same way from the same segments, and what is told is what differs between the two. Entities are
//! those of the case with it, with what only this exhibit's transactions join taken back (`entities --merged-by`).

mod say;

use super::entities::{Merges, merges};
use crate::error::{Error, Verdict};
use crate::follow::Evidence;
use crate::shell::Shell;
use clap::Args;
use moneytrail_model::{Amount, Asset, AssetIdx, AssetKey, ExhibitNo, Layer, TransferIdx};
use moneytrail_store::graph::Graph;
use moneytrail_store::{BuildNotes, JoinNote, UnmatchedTransaction, Without};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

#[derive(Debug, Args)]
pub(crate) struct ChangesArgs {
    /// The case
    pub(crate) case: PathBuf,
    /// The exhibit: X3
    exhibit: String,
    /// Most lines of each list that are shown to people; the JSON has all
    #[arg(long, value_name = "N", default_value_t = 10)]
    list: usize,
}

/// Sizes of a graph.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Size {
    accounts: usize,
    events: usize,
    transfers: usize,
}

/// What arrived at accounts, of one asset on one layer.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Arrived {
    n_transfers: u64,
    /// `None` beyond 38 digits.
    units: Option<i128>,
    /// Transfers whose amount the record does not say.
    n_unknown: u64,
}

type Totals = BTreeMap<(AssetKey, Layer), Arrived>;

/// What is there with the exhibit and not without it, and the other way round.
#[derive(Debug)]
struct Differs<T> {
    new: Vec<T>,
    gone: Vec<T>,
}

impl<T: Ord + Clone> Differs<T> {
    fn between(before: &[T], after: &[T]) -> Self {
        let [old, now] = [before, after].map(|list| list.iter().collect::<BTreeSet<&T>>());
        Self {
            new: now.difference(&old).map(|of| (*of).clone()).collect(),
            gone: old.difference(&now).map(|of| (*of).clone()).collect(),
        }
    }
}

/// The difference that an exhibit makes.
struct Found<'a> {
    exhibit: u32,
    name: &'a str,
    evidence: &'a Evidence,
    sizes: [Size; 2],
    totals: [Totals; 2],
    /// Assets by key, for decimals and symbols.
    assets: BTreeMap<AssetKey, Asset>,
    /// Claims that join records: one order in two books, a book's row and a transaction, two files of a custodian.
    claims: Differs<JoinNote>,
    /// What exhibits say differently, and what was left out.
    remarks: Differs<String>,
    unjoined: Differs<UnmatchedTransaction>,
    notes: [&'a BuildNotes; 2],
    merges: Merges,
}

pub(crate) fn changes(args: &ChangesArgs, shell: &Shell) -> Result<Verdict, Error> {
    let evidence = Evidence::open(&args.case, shell)?;
    let exhibits = evidence.case.exhibits()?;
    let number = ExhibitNo::parse(&args.exhibit).map(ExhibitNo::get);
    let exhibit = exhibits
        .iter()
        .find(|exhibit| Some(exhibit.number) == number)
        .ok_or_else(|| {
            let names: Vec<String> = exhibits
                .iter()
                .map(|of| format!("X{}", of.number))
                .collect();
            Error::usage(format!("`{}` is no exhibit of this case", args.exhibit))
                .hint(format!("one of: {}", names.join(", ")))
        })?;
    let bar = shell.spinner("build the case without it");
    let (without, notes) = evidence.case.graph_without(&Without {
        exhibits: vec![exhibit.number],
        ..Without::default()
    })?;
    drop(bar);
    let graph = &evidence.graph;
    let bar = shell.spinner("join accounts");
    let merges = merges(&evidence, evidence.entity_options()?, exhibit.number)?;
    drop(bar);
    let mut assets = BTreeMap::new();
    for asset in without.assets().iter().chain(graph.assets()) {
        assets.insert(asset.key().clone(), asset.clone());
    }
    let found = Found {
        exhibit: exhibit.number,
        name: &exhibit.name,
        evidence: &evidence,
        sizes: [size(&without), size(graph)],
        totals: [totals(&without), totals(graph)],
        assets,
        claims: Differs::between(&notes.claims, &evidence.notes.claims),
        remarks: Differs::between(&notes.remarks, &evidence.notes.remarks),
        unjoined: Differs::between(
            &notes.unmatched_transactions,
            &evidence.notes.unmatched_transactions,
        ),
        notes: [&notes, &evidence.notes],
        merges,
    };
    found.table(args.list, shell)?;
    shell.json(&found.json()?)?;
    Ok(Verdict::Done)
}

fn size(graph: &Graph) -> Size {
    Size {
        accounts: graph.n_accounts(),
        events: graph.n_events(),
        transfers: graph.n_transfers(),
    }
}

/// What arrived at accounts, by asset and layer: what goes into a transaction is counted where it comes out. O(transfers).
fn totals(graph: &Graph) -> Totals {
    let mut by_asset: BTreeMap<(AssetIdx, Layer), Arrived> = BTreeMap::new();
    for transfer in (0..graph.n_transfers()).map(TransferIdx::new) {
        let to = graph.to(transfer);
        if graph.is_junction(to) || graph.is_boundary(to) {
            continue;
        }
        let amount = graph.amount(transfer).map(Amount::units);
        for layer in [Layer::Custody, Layer::Value] {
            if !graph.in_layer(transfer, layer) {
                continue;
            }
            let place = (graph.asset_of(transfer), layer);
            let arrived = by_asset.entry(place).or_insert(Arrived {
                units: Some(0),
                ..Arrived::default()
            });
            arrived.n_transfers += 1;
            match amount {
                Some(units) => {
                    arrived.units = arrived.units.and_then(|sum| sum.checked_add(units));
                }
                None => arrived.n_unknown += 1,
            }
        }
    }
    let by_key = by_asset.into_iter();
    by_key
        .map(|((asset, layer), arrived)| ((graph.asset(asset).key().clone(), layer), arrived))
        .collect()
}
