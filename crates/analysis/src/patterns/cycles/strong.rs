//! Strong components of a directed graph in compressed rows.

/// No component yet.
const NONE: u32 = u32::MAX;

/// The strong component of each node, numbered as they are completed. Row `n` is `heads[starts[n]..starts[n + 1]]`.
///
/// Tarjan, *Depth-first search and linear graph algorithms* (SIAM J. Comput. 1972), with a stack of its own, so that a
/// long chain needs no deep recursion. O(nodes + edges).
pub(super) fn strong_components(starts: &[u32], heads: &[u32]) -> Vec<u32> {
    let n_nodes = starts.len() - 1;
    // The order in which nodes are met, from 1; 0: not yet.
    let mut met = vec![0_u32; n_nodes];
    // The least such number that is reached from below.
    let mut low = vec![0_u32; n_nodes];
    let mut component = vec![NONE; n_nodes];
    let (mut n_met, mut n_components) = (0, 0);
    let mut open: Vec<u32> = Vec::new();
    let mut calls: Vec<(u32, u32)> = Vec::new();
    for first in (0_u32..).take(n_nodes) {
        if met[first as usize] != 0 {
            continue;
        }
        let mut enter = Some(first);
        loop {
            if let Some(node) = enter.take() {
                n_met += 1;
                met[node as usize] = n_met;
                low[node as usize] = n_met;
                open.push(node);
                calls.push((node, starts[node as usize]));
            }
            let Some((node, next)) = calls.last_mut() else {
                break;
            };
            let at = *node as usize;
            if *next < starts[at + 1] {
                let head = heads[*next as usize];
                *next += 1;
                if met[head as usize] == 0 {
                    enter = Some(head);
                } else if component[head as usize] == NONE {
                    low[at] = low[at].min(met[head as usize]);
                }
                continue;
            }
            calls.pop();
            if low[at] == met[at] {
                while let Some(member) = open.pop() {
                    component[member as usize] = n_components;
                    if member as usize == at {
                        break;
                    }
                }
                n_components += 1;
            }
            if let Some(&(above, _)) = calls.last() {
                low[above as usize] = low[above as usize].min(low[at]);
            }
        }
    }
    component
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn nodes_are_together_if_each_reaches_the_other(edges in prop::collection::vec((0_usize..8, 0_usize..8), 0..20)) {
            let mut starts = vec![0_u32];
            let mut heads = Vec::new();
            let mut reaches = [[false; 8]; 8];
            for (node, reached) in reaches.iter_mut().enumerate() {
                heads.extend(edges.iter().filter(|edge| edge.0 == node).map(|edge| u32::try_from(edge.1).unwrap()));
                starts.push(u32::try_from(heads.len()).unwrap());
                reached[node] = true;
            }
            for &(from, to) in &edges {
                reaches[from][to] = true;
            }
            for by in 0..8 {
                for from in 0..8 {
                    for to in 0..8 {
                        reaches[from][to] |= reaches[from][by] && reaches[by][to];
                    }
                }
            }
            let component = strong_components(&starts, &heads);
            for from in 0..8 {
                for to in 0..8 {
                    prop_assert_eq!(component[from] == component[to], reaches[from][to] && reaches[to][from]);
                }
            }
        }
    }

    #[test]
    fn a_ring_of_a_million_is_one_component() {
        let n = 1_000_000_u32;
        let starts: Vec<u32> = (0..=n).collect();
        let heads: Vec<u32> = (0..n).map(|node| (node + 1) % n).collect();
        assert!(
            strong_components(&starts, &heads)
                .iter()
                .all(|&component| component == 0)
        );
    }
}
