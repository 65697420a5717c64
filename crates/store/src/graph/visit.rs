//! petgraph reads the graph without a copy: every algorithm that asks for these traits runs on it.

use super::{Graph, TransferIter};
use moneytrail_model::{NodeIdx, TransferIdx};
use petgraph::visit::{
    Data, EdgeCount, EdgeRef, GraphBase, GraphProp, IntoEdgeReferences, IntoEdges,
    IntoEdgesDirected, IntoNeighbors, IntoNeighborsDirected, IntoNodeIdentifiers,
    IntoNodeReferences, NodeCompactIndexable, NodeCount, NodeIndexable, NodeRef, Visitable,
};
use petgraph::{Directed, Direction};

/// A transfer as an edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TransferEdge {
    id: TransferIdx,
    from: NodeIdx,
    to: NodeIdx,
}

impl EdgeRef for TransferEdge {
    type NodeId = NodeIdx;
    type EdgeId = TransferIdx;
    type Weight = TransferIdx;

    fn source(&self) -> NodeIdx {
        self.from
    }

    fn target(&self) -> NodeIdx {
        self.to
    }

    fn weight(&self) -> &TransferIdx {
        &self.id
    }

    fn id(&self) -> TransferIdx {
        self.id
    }
}

/// A node as petgraph refers to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Node(NodeIdx);

impl NodeRef for Node {
    type NodeId = NodeIdx;
    type Weight = NodeIdx;

    fn id(&self) -> NodeIdx {
        self.0
    }

    fn weight(&self) -> &NodeIdx {
        &self.0
    }
}

impl Graph {
    fn edge(&self, id: TransferIdx) -> TransferEdge {
        TransferEdge {
            id,
            from: self.from(id),
            to: self.to(id),
        }
    }
}

impl GraphBase for Graph {
    type NodeId = NodeIdx;
    type EdgeId = TransferIdx;
}

impl Data for Graph {
    type NodeWeight = NodeIdx;
    type EdgeWeight = TransferIdx;
}

impl GraphProp for Graph {
    type EdgeType = Directed;
}

impl NodeCount for Graph {
    fn node_count(&self) -> usize {
        self.n_nodes()
    }
}

impl EdgeCount for Graph {
    fn edge_count(&self) -> usize {
        self.n_transfers()
    }
}

impl NodeIndexable for Graph {
    fn node_bound(&self) -> usize {
        self.n_nodes()
    }

    fn to_index(&self, node: NodeIdx) -> usize {
        node.idx()
    }

    fn from_index(&self, idx: usize) -> NodeIdx {
        NodeIdx::new(idx)
    }
}

impl NodeCompactIndexable for Graph {}

impl Visitable for Graph {
    type Map = std::collections::HashSet<NodeIdx>;

    fn visit_map(&self) -> Self::Map {
        Self::Map::default()
    }

    fn reset_map(&self, map: &mut Self::Map) {
        map.clear();
    }
}

impl IntoNodeIdentifiers for &Graph {
    type NodeIdentifiers = std::iter::Map<std::ops::Range<usize>, fn(usize) -> NodeIdx>;

    fn node_identifiers(self) -> Self::NodeIdentifiers {
        (0..self.n_nodes()).map(NodeIdx::new)
    }
}

impl IntoNodeReferences for &Graph {
    type NodeRef = Node;
    type NodeReferences = std::iter::Map<std::ops::Range<usize>, fn(usize) -> Node>;

    fn node_references(self) -> Self::NodeReferences {
        (0..self.n_nodes()).map(|idx| Node(NodeIdx::new(idx)))
    }
}

/// Neighbours of a node, one per transfer.
#[derive(Clone, Debug)]
pub struct Neighbors<'a> {
    graph: &'a Graph,
    transfers: TransferIter<'a>,
    direction: Direction,
}

impl Iterator for Neighbors<'_> {
    type Item = NodeIdx;

    fn next(&mut self) -> Option<NodeIdx> {
        let transfer = self.transfers.next()?;
        Some(match self.direction {
            Direction::Outgoing => self.graph.to(transfer),
            Direction::Incoming => self.graph.from(transfer),
        })
    }
}

/// Transfers of a node as edges.
#[derive(Clone, Debug)]
pub struct Edges<'a> {
    graph: &'a Graph,
    transfers: TransferIter<'a>,
}

impl Iterator for Edges<'_> {
    type Item = TransferEdge;

    fn next(&mut self) -> Option<TransferEdge> {
        let transfer = self.transfers.next()?;
        Some(self.graph.edge(transfer))
    }
}

impl<'a> IntoNeighbors for &'a Graph {
    type Neighbors = Neighbors<'a>;

    fn neighbors(self, node: NodeIdx) -> Neighbors<'a> {
        self.neighbors_directed(node, Direction::Outgoing)
    }
}

impl<'a> IntoNeighborsDirected for &'a Graph {
    type NeighborsDirected = Neighbors<'a>;

    fn neighbors_directed(self, node: NodeIdx, direction: Direction) -> Neighbors<'a> {
        let transfers = match direction {
            Direction::Outgoing => self.transfers_out(node),
            Direction::Incoming => self.transfers_in(node),
        };
        Neighbors {
            graph: self,
            transfers: transfers.iter(),
            direction,
        }
    }
}

impl<'a> IntoEdgeReferences for &'a Graph {
    type EdgeRef = TransferEdge;
    type EdgeReferences = AllEdges<'a>;

    fn edge_references(self) -> AllEdges<'a> {
        AllEdges {
            graph: self,
            next: 0,
        }
    }
}

/// All transfers as edges, in the order of the record.
#[derive(Clone, Debug)]
pub struct AllEdges<'a> {
    graph: &'a Graph,
    next: usize,
}

impl Iterator for AllEdges<'_> {
    type Item = TransferEdge;

    fn next(&mut self) -> Option<TransferEdge> {
        (self.next < self.graph.n_transfers()).then(|| {
            self.next += 1;
            self.graph.edge(TransferIdx::new(self.next - 1))
        })
    }
}

impl<'a> IntoEdges for &'a Graph {
    type Edges = Edges<'a>;

    fn edges(self, node: NodeIdx) -> Edges<'a> {
        Edges {
            graph: self,
            transfers: self.transfers_out(node).iter(),
        }
    }
}

impl<'a> IntoEdgesDirected for &'a Graph {
    type EdgesDirected = Edges<'a>;

    fn edges_directed(self, node: NodeIdx, direction: Direction) -> Edges<'a> {
        let transfers = match direction {
            Direction::Outgoing => self.transfers_out(node),
            Direction::Incoming => self.transfers_in(node),
        };
        Edges {
            graph: self,
            transfers: transfers.iter(),
        }
    }
}
