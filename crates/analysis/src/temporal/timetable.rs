//! Nodes with a second each.

/// The nodes that are reached, each with its second, in the order in which a pass reached them. 12 bytes
/// per node that is reached, none for the others: a small part of a large record has a small timetable.
#[derive(Clone, Debug, Default)]
pub struct Timetable {
    nodes: Vec<u32>,
    seconds: Vec<i64>,
}

impl Timetable {
    pub(super) fn push(&mut self, node: u32, second: i64) {
        self.nodes.push(node);
        self.seconds.push(second);
    }

    /// The same nodes with other seconds.
    pub(super) fn map(mut self, second: impl Fn(i64) -> i64) -> Self {
        for word in &mut self.seconds {
            *word = second(*word);
        }
        self
    }

    /// The nodes alone.
    pub(super) fn into_nodes(self) -> Vec<u32> {
        self.nodes
    }

    /// Nodes that are reached.
    pub const fn n_nodes(&self) -> usize {
        self.nodes.len()
    }

    /// Each node that is reached, with its second: arrivals ascend, departures descend. Nodes of one
    /// second stand as the record has them.
    pub fn iter(&self) -> impl Iterator<Item = (u32, i64)> + '_ {
        let seconds = self.seconds.iter().copied();
        self.nodes.iter().copied().zip(seconds)
    }

    /// The seconds of all of `n_nodes` nodes; `never` for those not reached. O(n).
    ///
    /// # Panics
    /// If a node is out of range.
    pub fn by_node(&self, n_nodes: usize, never: i64) -> Vec<i64> {
        let mut seconds = vec![never; n_nodes];
        for (node, second) in self.iter() {
            seconds[node as usize] = second;
        }
        seconds
    }
}
