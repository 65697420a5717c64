//! Kernels on small inputs: `cargo bench --package moneytrail-benches`.
//!
//! Figures say how a change moves a kernel; how it stands beside other programs, at sizes that do not
//! fit any cache, is measured by `benches/peers/run.py`.
#![expect(
    clippy::unwrap_used,
    reason = "a benchmark that cannot set up has failed"
)]

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use moneytrail_analysis::components::weak_components;
use moneytrail_analysis::entity::union_find::join_groups;
use moneytrail_analysis::temporal::{Timed, earliest_arrival};
use moneytrail_analysis::topology::{Topology, bfs, bfs_over_index};
use moneytrail_analysis::trace::trace;
use moneytrail_benches::kernels::{blocks, case, ledger, transfers};
use moneytrail_benches::synthetic;
use moneytrail_ingest::Format;
use moneytrail_model::trace::{Direction, Placement, Policy, Seed, StopRules, TraceSpec};
use moneytrail_model::{Layer, TransferIdx};
use std::hint::black_box;
use std::sync::Arc;

const N_TRANSACTIONS: u64 = 8 * 501;

/// A file of eight blocks with 501 transactions each.
fn chain(directory: &tempfile::TempDir) -> moneytrail_ingest::Evidence {
    let path = directory.path().join("blk00000.dat");
    fs_err::write(&path, synthetic::chain(8, 500)).unwrap();
    blocks::evidence(&path).unwrap()
}

fn chains(c: &mut Criterion) {
    let directory = tempfile::tempdir().unwrap();
    let evidence = chain(&directory);
    let mut group = c.benchmark_group("blocks");
    group.throughput(Throughput::Elements(N_TRANSACTIONS));
    group.bench_function("parse and txid", |b| {
        b.iter(|| blocks::txids(&evidence).unwrap());
    });
    group.bench_function("rows", |b| {
        b.iter(|| blocks::rows(&evidence, &mut blocks::Dropped).unwrap());
    });
    group.bench_function("outpoints and index", |b| {
        let case = case::of(Format::BlockFiles, &evidence).unwrap();
        b.iter_batched(
            || case.forget_index().unwrap(),
            |()| case.build_index().unwrap(),
            BatchSize::PerIteration,
        );
    });
    group.finish();
}

fn lists(c: &mut Criterion) {
    let edges = synthetic::rmat(14, 50_000);
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("ledger.csv");
    fs_err::write(&path, synthetic::ledger(&edges)).unwrap();
    let evidence = blocks::evidence(&path).unwrap();
    let mut group = c.benchmark_group("list");
    group.throughput(Throughput::Elements(edges.from.len() as u64));
    group.bench_function("rows", |b| {
        b.iter(|| ledger::rows(&evidence, &mut ledger::Sum::default()).unwrap());
    });
    group.finish();
}

fn partitions(c: &mut Criterion) {
    let (offsets, members) = synthetic::groups(100_000, 200_000);
    let edges = synthetic::rmat(16, 400_000);
    let mut group = c.benchmark_group("partition");
    group.throughput(Throughput::Elements(members.len() as u64));
    group.bench_function("union-find", |b| {
        b.iter(|| join_groups(200_000, black_box(&offsets), &members));
    });
    group.throughput(Throughput::Elements(edges.from.len() as u64));
    group.bench_function("weak components", |b| {
        b.iter(|| weak_components(edges.n_nodes, black_box(&edges.from), &edges.to));
    });
    group.finish();
}

fn searches(c: &mut Criterion) {
    let edges = synthetic::rmat(16, 400_000);
    let graph = transfers::graph(&edges.from, &edges.to).unwrap();
    let source = graph.node_of(&transfers::account(edges.from[0])).unwrap();
    let mut group = c.benchmark_group("search");
    group.throughput(Throughput::Elements(edges.from.len() as u64));
    let topology = Topology::from_edges(edges.n_nodes, &edges.from, &edges.to);
    let seconds: Vec<i64> = (0..).take(edges.from.len()).collect();
    let record = Timed {
        n_nodes: edges.n_nodes,
        from: &edges.from,
        to: &edges.to,
        earliest: &seconds,
        latest: &seconds,
    };
    group.bench_function("projection", |b| {
        b.iter(|| Topology::from_edges(edges.n_nodes, black_box(&edges.from), &edges.to));
    });
    group.bench_function("breadth first, projected", |b| {
        b.iter(|| bfs(&topology, black_box(&edges.from[..1])));
    });
    group.bench_function("breadth first, index", |b| {
        b.iter(|| bfs_over_index(&graph, black_box(&[source])));
    });
    group.bench_function("earliest arrival", |b| {
        b.iter(|| earliest_arrival(&record, black_box(&edges.from[..1]), -1));
    });
    group.finish();
}

fn traces(c: &mut Criterion) {
    let edges = synthetic::rmat(12, 20_000);
    let graph = transfers::graph(&edges.from, &edges.to).unwrap();
    let mut group = c.benchmark_group("trace");
    for policy in Policy::ALL {
        let spec = TraceSpec {
            direction: Direction::Forward,
            seeds: (0..8)
                .map(|n| Seed::Transfer(TransferIdx::new(2_000 * n)))
                .collect(),
            layer: Layer::Custody,
            policy,
            placement: Placement::Latest,
            stops: StopRules::default(),
            since: None,
            as_of: None,
            change: Arc::default(),
            without: Arc::default(),
        };
        group.bench_function(BenchmarkId::from_parameter(format!("{policy:?}")), |b| {
            b.iter(|| trace(&graph, black_box(&spec)).unwrap());
        });
    }
    group.finish();
}

criterion_group!(kernels, chains, lists, partitions, searches, traces);
criterion_main!(kernels);
