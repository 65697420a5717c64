//! Partitions and searches over arrays: entities, components, breadth-first search, arrival in time.

use super::{Kernel, as_bytes, i64s, transfers, u32s, u64s};
use crate::Error;
use moneytrail_analysis::components::{weak_components, weak_components_of};
use moneytrail_analysis::entity::union_find::join_groups;
use moneytrail_analysis::temporal::{NEVER_ARRIVES, Timed, Timetable, earliest_arrival};
use moneytrail_analysis::topology::{Topology, bfs, bfs_over_index};
use moneytrail_model::NodeIdx;
use moneytrail_store::graph::Graph;
use std::path::Path;

/// Accounts that were spent together, as one partition.
#[derive(Debug)]
pub struct Entities {
    n: u32,
    offsets: Vec<u64>,
    members: Vec<u32>,
    labels: Vec<u32>,
}

impl Entities {
    pub(super) fn open(inputs: &Path) -> Result<Self, Error> {
        let members = u32s(&inputs.join("members.u32"))?;
        Ok(Self {
            n: count(inputs, "co_spending.json", "ids")?,
            offsets: u64s(&inputs.join("offsets.u64"))?,
            members,
            labels: Vec::new(),
        })
    }
}

impl Kernel for Entities {
    fn run(&mut self) -> Result<(), Error> {
        self.labels = join_groups(self.n, &self.offsets, &self.members);
        Ok(())
    }

    fn answer(&self) -> Vec<u8> {
        as_bytes(&self.labels)
    }
}

/// Weak components of a transfer graph.
#[derive(Debug)]
pub struct Components {
    n: u32,
    from: Vec<u32>,
    to: Vec<u32>,
    labels: Vec<u32>,
}

impl Components {
    pub(super) fn open(inputs: &Path) -> Result<Self, Error> {
        Ok(Self {
            n: count(inputs, "rmat.json", "nodes")?,
            from: u32s(&inputs.join("from.u32"))?,
            to: u32s(&inputs.join("to.u32"))?,
            labels: Vec::new(),
        })
    }
}

impl Kernel for Components {
    fn run(&mut self) -> Result<(), Error> {
        self.labels = weak_components(self.n, &self.from, &self.to);
        Ok(())
    }

    fn answer(&self) -> Vec<u8> {
        as_bytes(&self.labels)
    }
}

/// Weak components over neighbours that stand inline, projected before the clock runs.
#[derive(Debug)]
pub struct ProjectedComponents {
    topology: Topology,
    labels: Vec<u32>,
}

impl ProjectedComponents {
    pub(super) fn open(inputs: &Path) -> Result<Self, Error> {
        let n = count(inputs, "rmat.json", "nodes")?;
        let (from, to) = ends(inputs)?;
        Ok(Self {
            topology: Topology::from_edges(n, &from, &to),
            labels: Vec::new(),
        })
    }
}

impl Kernel for ProjectedComponents {
    fn run(&mut self) -> Result<(), Error> {
        self.labels = weak_components_of(&self.topology);
        Ok(())
    }

    fn answer(&self) -> Vec<u8> {
        as_bytes(&self.labels)
    }
}

/// Breadth-first search over neighbours that stand inline, projected before the clock runs.
#[derive(Debug)]
pub struct Search {
    topology: Topology,
    source: u32,
    depths: Vec<u32>,
}

impl Search {
    pub(super) fn open(inputs: &Path) -> Result<Self, Error> {
        let n = count(inputs, "rmat.json", "nodes")?;
        let (from, to) = ends(inputs)?;
        Ok(Self {
            topology: Topology::from_edges(n, &from, &to),
            source: count(inputs, "rmat.json", "source")?,
            depths: Vec::new(),
        })
    }
}

impl Kernel for Search {
    fn run(&mut self) -> Result<(), Error> {
        self.depths = bfs(&self.topology, &[self.source]).depths;
        Ok(())
    }

    fn answer(&self) -> Vec<u8> {
        as_bytes(&self.depths)
    }
}

/// The projection of edges to neighbours: what a search over it costs once.
#[derive(Debug)]
pub struct Projection {
    n: u32,
    from: Vec<u32>,
    to: Vec<u32>,
    n_pairs: usize,
}

impl Projection {
    pub(super) fn open(inputs: &Path) -> Result<Self, Error> {
        let (from, to) = ends(inputs)?;
        Ok(Self {
            n: count(inputs, "rmat.json", "nodes")?,
            from,
            to,
            n_pairs: 0,
        })
    }
}

impl Kernel for Projection {
    fn run(&mut self) -> Result<(), Error> {
        self.n_pairs = Topology::from_edges(self.n, &self.from, &self.to).n_pairs();
        Ok(())
    }

    fn answer(&self) -> Vec<u8> {
        (self.n_pairs as u64).to_le_bytes().to_vec()
    }
}

/// Earliest arrival from one source, whose own is the second before the first.
#[derive(Debug)]
pub struct Arrival {
    n: u32,
    from: Vec<u32>,
    to: Vec<u32>,
    seconds: Vec<i64>,
    source: u32,
    arrivals: Timetable,
}

impl Arrival {
    pub(super) fn open(inputs: &Path) -> Result<Self, Error> {
        let (from, to) = ends(inputs)?;
        Ok(Self {
            n: count(inputs, "rmat.json", "nodes")?,
            from,
            to,
            seconds: i64s(&inputs.join("time.i64"))?,
            source: count(inputs, "rmat.json", "source")?,
            arrivals: Timetable::default(),
        })
    }
}

impl Kernel for Arrival {
    fn run(&mut self) -> Result<(), Error> {
        let record = Timed {
            n_nodes: self.n,
            from: &self.from,
            to: &self.to,
            earliest: &self.seconds,
            latest: &self.seconds,
        };
        self.arrivals = earliest_arrival(&record, &[self.source], -1);
        Ok(())
    }

    fn answer(&self) -> Vec<u8> {
        let words = self.arrivals.by_node(self.n as usize, NEVER_ARRIVES);
        words.into_iter().flat_map(i64::to_le_bytes).collect()
    }
}

/// Ends of the edges of a directory.
fn ends(inputs: &Path) -> Result<(Vec<u32>, Vec<u32>), Error> {
    Ok((
        u32s(&inputs.join("from.u32"))?,
        u32s(&inputs.join("to.u32"))?,
    ))
}

/// Breadth-first search over the index of a case.
#[derive(Debug)]
pub struct IndexSearch {
    graph: Graph,
    /// Node of each id, if a transfer names it.
    nodes: Vec<Option<NodeIdx>>,
    source: NodeIdx,
    depths: Vec<u32>,
}

impl IndexSearch {
    pub(super) fn open(inputs: &Path) -> Result<Self, Error> {
        let source = count(inputs, "rmat.json", "source")?;
        let n = count(inputs, "rmat.json", "nodes")?;
        let (from, to) = (
            u32s(&inputs.join("from.u32"))?,
            u32s(&inputs.join("to.u32"))?,
        );
        let graph = transfers::graph(&from, &to)?;
        let nodes: Vec<_> = (0..n)
            .map(|id| graph.node_of(&transfers::account(id)))
            .collect();
        let source = nodes.get(source as usize).copied().flatten();
        Ok(Self {
            graph,
            nodes,
            source: source.ok_or("the source has no transfer")?,
            depths: Vec::new(),
        })
    }
}

impl Kernel for IndexSearch {
    fn run(&mut self) -> Result<(), Error> {
        self.depths = bfs_over_index(&self.graph, &[self.source]).depths;
        Ok(())
    }

    fn answer(&self) -> Vec<u8> {
        let depth = |node: &Option<NodeIdx>| node.map_or(u32::MAX, |node| self.depths[node.idx()]);
        as_bytes(&self.nodes.iter().map(depth).collect::<Vec<_>>())
    }
}

/// A count that stands in the description of the inputs.
fn count(inputs: &Path, file: &str, name: &str) -> Result<u32, Error> {
    let facts: serde_json::Value = serde_json::from_slice(&fs_err::read(inputs.join(file))?)?;
    let n = facts[name]
        .as_u64()
        .ok_or("the inputs have no such count")?;
    Ok(u32::try_from(n)?)
}
