//! Partitions and searches over arrays: entities, components, breadth-first search.

use super::{Kernel, as_bytes, transfers, u32s, u64s};
use crate::Error;
use moneytrail_analysis::entity::union_find::{SharedSets, join_groups};
use moneytrail_model::NodeIdx;
use moneytrail_store::graph::Graph;
use rayon::prelude::*;
use std::path::Path;

/// Weak components; each node's smallest companion.
pub fn weak_components(n: u32, from: &[u32], to: &[u32]) -> Vec<u32> {
    let sets = SharedSets::new(n);
    from.par_iter().zip(to).for_each(|(&a, &b)| sets.join(a, b));
    sets.into_roots()
}

/// Depth of each node from `source` along transfers of an index; `u32::MAX` if out of reach.
pub fn search_index(graph: &Graph, source: NodeIdx) -> Vec<u32> {
    let mut depths = vec![u32::MAX; graph.n_nodes()];
    depths[source.idx()] = 0;
    let (mut layer, mut depth) = (vec![source], 0);
    while !layer.is_empty() {
        depth += 1;
        let mut next = Vec::new();
        for node in layer {
            for &transfer in graph.transfers_out(node) {
                let to = graph.to(transfer);
                if depths[to.idx()] == u32::MAX {
                    depths[to.idx()] = depth;
                    next.push(to);
                }
            }
        }
        layer = next;
    }
    depths
}

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
        self.depths = search_index(&self.graph, self.source);
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
