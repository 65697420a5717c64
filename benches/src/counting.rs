//! One run of a kernel on a small input, in one thread, for an instruction counter to look at.
//!
//! Law: the instructions of [`counted_region`] are those of the kernel alone; they depend on the
//! compiler and on which instructions the machine says that it has, and on nothing else. Under
//! valgrind no machine says that it has SHA instructions, so hashing is counted in its portable form.

use crate::kernels::{blocks, ledger, transfers};
use crate::{Error, synthetic};
use moneytrail_analysis::components::{weak_components, weak_components_of};
use moneytrail_analysis::entity::union_find::join_groups;
use moneytrail_analysis::temporal::{Timed, earliest_arrival};
use moneytrail_analysis::topology::{Bfs, Topology, bfs};
use moneytrail_analysis::trace::trace;
use moneytrail_model::trace::{Direction, Placement, Policy, Seed, StopRules, TraceSpec};
use moneytrail_model::{Layer, TransferIdx};
use std::sync::Arc;

/// Kernels that are counted.
pub const KERNELS: [&str; 7] = [
    "blocks",
    "ledger",
    "entities",
    "components",
    "search",
    "arrival",
    "trace",
];

/// What a counter has to look for by name: everything else is preparation.
#[inline(never)]
pub fn counted_region<T>(kernel: impl FnOnce() -> T) -> T {
    std::hint::black_box(kernel())
}

/// Prepares a kernel's input and runs it once inside [`counted_region`]. How much it found, so that a
/// changed answer shows.
///
/// # Errors
/// If there is no such kernel, or it fails.
pub fn run(kernel: &str) -> Result<usize, Error> {
    let directory = tempfile::tempdir()?;
    match kernel {
        "blocks" => {
            let path = directory.path().join("blk00000.dat");
            fs_err::write(&path, synthetic::chain(4, 250))?;
            let evidence = blocks::evidence(&path)?;
            let outcome = counted_region(|| blocks::rows(&evidence, &mut blocks::Dropped))?;
            Ok(usize::try_from(outcome.counts.transferred)?)
        }
        "ledger" => {
            let path = directory.path().join("ledger.csv");
            fs_err::write(&path, synthetic::ledger(&synthetic::rmat(12, 20_000)))?;
            let evidence = blocks::evidence(&path)?;
            let mut sum = ledger::Sum::default();
            let n_rows = counted_region(|| ledger::rows(&evidence, &mut sum))?;
            Ok(usize::try_from(n_rows)?)
        }
        "entities" => {
            let (offsets, members) = synthetic::groups(100_000, 200_000);
            let labels = counted_region(|| join_groups(200_000, &offsets, &members));
            let alone = (0_u32..).zip(&labels).filter(|&(id, &label)| id == label);
            Ok(alone.count())
        }
        "components" => {
            let edges = synthetic::rmat(15, 200_000);
            let topology = Topology::from_edges(edges.n_nodes, &edges.from, &edges.to);
            let labels = counted_region(|| {
                (
                    weak_components(edges.n_nodes, &edges.from, &edges.to),
                    weak_components_of(&topology),
                )
            });
            let alone = (0_u32..).zip(&labels.0).filter(|&(id, &label)| id == label);
            Ok(alone.count())
        }
        "search" => {
            let edges = synthetic::rmat(15, 200_000);
            let topology = Topology::from_edges(edges.n_nodes, &edges.from, &edges.to);
            let depths = counted_region(|| bfs(&topology, &edges.from[..1])).depths;
            Ok(depths.iter().filter(|&&depth| depth != Bfs::NONE).count())
        }
        "arrival" => {
            let edges = synthetic::rmat(15, 200_000);
            let seconds: Vec<i64> = (0..).take(edges.from.len()).collect();
            let record = Timed {
                n_nodes: edges.n_nodes,
                from: &edges.from,
                to: &edges.to,
                earliest: &seconds,
                latest: &seconds,
            };
            let arrivals = counted_region(|| earliest_arrival(&record, &edges.from[..1], -1));
            Ok(arrivals.n_nodes())
        }
        "trace" => {
            let edges = synthetic::rmat(12, 20_000);
            let graph = transfers::graph(&edges.from, &edges.to)?;
            let spec = TraceSpec {
                direction: Direction::Forward,
                seeds: (0..8)
                    .map(|n| Seed::Transfer(TransferIdx::new(2_000 * n)))
                    .collect(),
                layer: Layer::Custody,
                policy: Policy::Fifo,
                placement: Placement::Latest,
                stops: StopRules::default(),
                since: None,
                as_of: None,
                change: Arc::default(),
                without: Arc::default(),
            };
            let trace = counted_region(|| trace(&graph, &spec))?;
            Ok(trace.ends.len())
        }
        other => Err(format!("`{other}` is none of {}", KERNELS.join(", ")).into()),
    }
}
