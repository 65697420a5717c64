//! Simple cycles in time against an enumeration without any pruning, and against published counts.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "tests")]

use moneytrail_analysis::patterns::cycles::{Steps, count, fold, visit};
use proptest::prelude::*;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

const DAY: i64 = 86_400;

/// A transfer: from, to, second.
type Step = (u32, u32, i64);

#[derive(Debug, Default)]
struct Columns {
    from: Vec<u32>,
    to: Vec<u32>,
    seconds: Vec<i64>,
}

impl Columns {
    fn new(steps: &[Step]) -> Self {
        Self {
            from: steps.iter().map(|step| step.0).collect(),
            to: steps.iter().map(|step| step.1).collect(),
            seconds: steps.iter().map(|step| step.2).collect(),
        }
    }

    fn steps(&self) -> Steps<'_> {
        Steps {
            from: &self.from,
            to: &self.to,
            seconds: &self.seconds,
        }
    }
}

/// All cycles, each as positions in time order, sorted.
fn enumerate(steps: &[Step], window: i64) -> Vec<Vec<u32>> {
    fn extend(steps: &[Step], window: i64, path: &mut Vec<u32>, found: &mut Vec<Vec<u32>>) {
        let home = steps[path[0] as usize];
        let last = steps[*path.last().unwrap() as usize];
        for (position, step) in (0..).zip(steps) {
            let is_next = step.0 == last.1 && step.2 > last.2 && step.2 - home.2 <= window;
            let is_new = path.iter().all(|&at| steps[at as usize].1 != step.1);
            if is_next && is_new {
                path.push(position);
                if step.1 == home.0 {
                    found.push(path.clone());
                } else {
                    extend(steps, window, path, found);
                }
                path.pop();
            }
        }
    }
    let mut found = Vec::new();
    for (position, step) in (0..).zip(steps) {
        if step.0 != step.1 {
            extend(steps, window, &mut vec![position], &mut found);
        }
    }
    found.sort();
    found
}

fn listed(columns: &Columns, window: i64) -> Vec<Vec<u32>> {
    let lists = fold(&columns.steps(), window, Vec::new, |list, cycle: &[u32]| {
        list.push(cycle.to_vec());
    });
    lists.into_iter().flatten().collect()
}

fn in_threads<T: Send>(n_threads: usize, run: impl FnOnce() -> T + Send) -> T {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(n_threads)
        .build();
    pool.unwrap().install(run)
}

fn check(steps: &[Step], window: i64) -> Result<(), TestCaseError> {
    let columns = Columns::new(steps);
    let expected = enumerate(steps, window);
    let runs = [1, 2, 8].map(|n| in_threads(n, || listed(&columns, window)));
    prop_assert_eq!(&runs[0], &runs[1]);
    prop_assert_eq!(&runs[0], &runs[2]);
    let mut found = runs[0].clone();
    found.sort();
    prop_assert_eq!(&found, &expected);
    prop_assert_eq!(count(&columns.steps(), window), expected.len() as u64);
    let mut shown = Vec::new();
    visit(&columns.steps(), window, |cycle| {
        shown.push(cycle.to_vec());
        ControlFlow::Continue(())
    });
    let root = |cycle: &Vec<u32>| steps[cycle[0] as usize].2;
    prop_assert!(shown.is_sorted_by_key(root));
    shown.sort();
    prop_assert_eq!(shown, expected);
    Ok(())
}

fn steps(n_nodes: u32, n_steps: usize, seconds: i64) -> impl Strategy<Value = Vec<Step>> {
    prop::collection::vec((0..n_nodes, 0..n_nodes, 0..seconds), 0..n_steps)
}

proptest! {
    #[test]
    fn small_records_with_many_ties(steps in steps(4, 14, 8), window in 0_i64..9) {
        check(&steps, window)?;
    }

    #[test]
    fn records_in_which_paths_block_each_other(steps in steps(7, 26, 60), window in prop_oneof![20_i64..60, Just(i64::MAX)]) {
        check(&steps, window)?;
    }
}

/// A hub whose payers and payees are many is as cheap as they are: each has one cycle through it.
#[test]
fn a_hub_costs_what_its_neighbours_cost() {
    let n = 60_000;
    let mut steps: Vec<Step> = Vec::new();
    for node in 1..=n {
        steps.push((node, 0, i64::from(node)));
        steps.push((0, node, i64::from(2 * n + node)));
    }
    let columns = Columns::new(&steps);
    // A hub's payment comes last, so no root leaves it.
    assert_eq!(count(&columns.steps(), i64::MAX), u64::from(n));
    let mut first = Vec::new();
    visit(&columns.steps(), i64::MAX, |cycle| {
        first = cycle.to_vec();
        ControlFlow::Break(())
    });
    assert_eq!(first, [0, 1]);
}

/// Candidates of one root are many, so its branches are tasks of their own: layers of a complete graph.
#[test]
fn branches_of_a_large_root_are_apart() {
    let (n_layers, n_wide) = (4, 14);
    let node = |layer: u32, nth: u32| 1 + layer * n_wide + nth;
    let mut steps: Vec<Step> = Vec::new();
    steps.push((0, 1_000, 0));
    for nth in 0..n_wide {
        steps.push((1_000, node(0, nth), 1));
        steps.push((node(n_layers - 1, nth), 0, 100));
    }
    for layer in 1..n_layers {
        for from in 0..n_wide {
            let to = 0..n_wide;
            steps.extend(
                to.map(|to| (node(layer - 1, from), node(layer, to), 1 + i64::from(layer))),
            );
        }
    }
    let columns = Columns::new(&steps);
    let runs = [1, 2, 8].map(|n| in_threads(n, || listed(&columns, 100)));
    assert_eq!(runs[0].len() as u64, u64::from(n_wide).pow(n_layers));
    assert!(runs[0] == runs[1] && runs[1] == runs[2]);
    assert!(runs[0].is_sorted(), "in the order of the record");
}

#[test]
fn published_counts_of_bitcoin_otc() {
    let Some(shared) = shared() else { return };
    let text = fs_err::read_to_string(shared.join("temporal/bitcoin-otc.csv")).unwrap();
    let steps: Vec<Step> = text
        .lines()
        .map(|line| {
            let fields: Vec<i64> = line
                .split(',')
                .map(|field| field.parse().unwrap())
                .collect();
            let node = |at: usize| u32::try_from(fields[at]).unwrap();
            (node(0), node(1), fields[3])
        })
        .collect();
    let columns = Columns::new(&steps);
    assert_eq!(count(&columns.steps(), DAY), 11_770);
    assert_eq!(count(&columns.steps(), 7 * DAY), 16_979);
    assert_eq!(listed(&columns, 7 * DAY).len(), 16_979);
}

fn shared() -> Option<PathBuf> {
    let named = std::env::var_os("MONEYTRAIL_SHARED").map(PathBuf::from);
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let path = named.unwrap_or(beside);
    if path.is_dir() {
        return Some(path);
    }
    assert!(
        std::env::var_os("CI").is_none(),
        "CI runs with the shared data beside the repository"
    );
    println!("skipped: shared data absent");
    None
}
