//! Maximum flow: Dinic's algorithm (Dinic, *Soviet Math. Doklady* 11, 1970), iterative, in 128 bits.
//!
//! petgraph has it too, and is the oracle of the test below; it clears an array of all vertices for each augmenting path, which is
//! quadratic in a long sub-graph.

use crate::trace::view::N_UNWATCHED;
use moneytrail_model::Watch;

/// No edge.
const NONE: u32 = u32::MAX;

/// A network; edges stand in pairs, an edge and its reverse.
#[derive(Clone, Debug, Default)]
pub(super) struct Flow {
    first: Vec<u32>,
    next: Vec<u32>,
    to: Vec<u32>,
    /// What still fits.
    left: Vec<u128>,
}

impl Flow {
    pub(super) fn new(n_vertices: usize) -> Self {
        Self {
            first: vec![NONE; n_vertices],
            ..Self::default()
        }
    }

    /// Adds an edge. Sums of capacities out of the source must fit 128 bits.
    pub(super) fn edge(&mut self, from: u32, to: u32, capacity: u128) {
        for (from, to, left) in [(from, to, capacity), (to, from, 0)] {
            let edge = u32::try_from(self.to.len()).expect("fewer edges than transfers");
            self.to.push(to);
            self.left.push(left);
            self.next.push(self.first[from as usize]);
            self.first[from as usize] = edge;
        }
    }

    /// Pushes as much as fits from `source` to `sink`. O(V² E), on networks of money mostly near-linear. Who waits may have it
    /// given up between two levels or paths; he has to be asked behind it.
    pub(super) fn push_all(&mut self, source: u32, sink: u32, watch: &dyn Watch) -> u128 {
        let mut flow = 0_u128;
        loop {
            if watch.check().is_err() {
                return flow;
            }
            let levels = self.levels(source, Some(sink));
            if levels[sink as usize] == NONE {
                return flow;
            }
            flow += self.block(&levels, source, sink, watch);
        }
    }

    /// Vertices that more could be pushed to, from the source.
    pub(super) fn source_side(&self, source: u32) -> Vec<bool> {
        self.levels(source, None)
            .into_iter()
            .map(|level| level != NONE)
            .collect()
    }

    fn levels(&self, source: u32, sink: Option<u32>) -> Vec<u32> {
        let mut levels = vec![NONE; self.first.len()];
        levels[source as usize] = 0;
        let mut queue = vec![source];
        let mut taken = 0;
        while let Some(&vertex) = queue.get(taken) {
            taken += 1;
            if sink.is_some_and(|sink| levels[sink as usize] <= levels[vertex as usize]) {
                break;
            }
            let mut edge = self.first[vertex as usize];
            while edge != NONE {
                let to = self.to[edge as usize];
                if self.left[edge as usize] > 0 && levels[to as usize] == NONE {
                    levels[to as usize] = levels[vertex as usize] + 1;
                    queue.push(to);
                }
                edge = self.next[edge as usize];
            }
        }
        levels
    }

    /// A blocking flow of the level graph: each edge is given up once, each path saturates one.
    fn block(&mut self, levels: &[u32], source: u32, sink: u32, watch: &dyn Watch) -> u128 {
        let mut current = self.first.clone();
        let mut path: Vec<u32> = Vec::new();
        let (mut flow, mut vertex) = (0_u128, source);
        let mut n_paths = 0_usize;
        loop {
            if vertex == sink {
                n_paths += 1;
                if n_paths.is_multiple_of(N_UNWATCHED) && watch.check().is_err() {
                    return flow;
                }
                let least = path.iter().map(|&edge| self.left[edge as usize]).min();
                let least = least.expect("source and sink differ");
                let mut kept = path.len();
                for (place, &edge) in path.iter().enumerate() {
                    self.left[edge as usize] -= least;
                    self.left[edge as usize ^ 1] += least;
                    if self.left[edge as usize] == 0 && kept == path.len() {
                        kept = place;
                    }
                }
                flow += least;
                vertex = self.to[path[kept] as usize ^ 1];
                path.truncate(kept);
                continue;
            }
            let edge = current[vertex as usize];
            if edge == NONE {
                let Some(back) = path.pop() else {
                    return flow;
                };
                vertex = self.to[back as usize ^ 1];
                current[vertex as usize] = self.next[current[vertex as usize] as usize];
                continue;
            }
            let to = self.to[edge as usize];
            let is_on = levels[to as usize] == levels[vertex as usize].saturating_add(1);
            if is_on && self.left[edge as usize] > 0 {
                path.push(edge);
                vertex = to;
            } else {
                current[vertex as usize] = self.next[edge as usize];
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use petgraph::graph::{DiGraph, NodeIndex};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn agrees_with_petgraph(edges in prop::collection::vec((0_u32..9, 0_u32..9, 0_u128..20), 0..40)) {
            let mut flow = Flow::new(9);
            let mut graph = DiGraph::<(), u128>::new();
            (0..9).for_each(|_| { graph.add_node(()); });
            for &(from, to, capacity) in edges.iter().filter(|edge| edge.0 != edge.1) {
                flow.edge(from, to, capacity);
                graph.add_edge(NodeIndex::new(from as usize), NodeIndex::new(to as usize), capacity);
            }
            let found = flow.push_all(0, 8, &());
            prop_assert_eq!(found, petgraph::algo::dinics(&graph, NodeIndex::new(0), NodeIndex::new(8)).0);
            let inside = flow.source_side(0);
            let cut = edges.iter().filter(|edge| inside[edge.0 as usize] && !inside[edge.1 as usize]);
            prop_assert_eq!(found, cut.map(|edge| edge.2).sum::<u128>());
        }
    }
}
