//! How a report names nodes: the same id for the same node, persons masked by role.

use moneytrail_model::tag::Tag;
use moneytrail_model::{AccountKey, NodeIdx, Part};
use moneytrail_report::document::{Party, PartyKind, Role};
use moneytrail_store::graph::Graph;
use std::collections::BTreeMap;

/// Parties in the order in which the report meets them.
pub(super) struct Parties<'a> {
    graph: &'a Graph,
    tags: &'a [Tag],
    met: BTreeMap<NodeIdx, Party>,
    n_persons: usize,
}

impl<'a> Parties<'a> {
    pub(super) const fn new(graph: &'a Graph, tags: &'a [Tag]) -> Self {
        Self {
            graph,
            tags,
            met: BTreeMap::new(),
            n_persons: 0,
        }
    }

    /// The node as the report names it.
    pub(super) fn party(&mut self, node: NodeIdx) -> Party {
        if let Some(party) = self.met.get(&node) {
            return party.clone();
        }
        let id = format!("n{}", self.met.len() + 1);
        let party = match self.graph.account(node) {
            None => Party::special(PartyKind::Junction, &id, "transaction"),
            Some(key) => self.account(&id, &key),
        };
        self.met.insert(node, party.clone());
        party
    }

    fn account(&mut self, id: &str, key: &AccountKey) -> Party {
        let text = key.to_string();
        match key {
            AccountKey::Issuance(_) => {
                Party::special(PartyKind::Issuance, id, &text).named("issuance")
            }
            AccountKey::Fees(_) => Party::special(PartyKind::Fees, id, &text).named("fees"),
            AccountKey::Customer(_, name) => {
                self.n_persons += 1;
                Party::account(id, &text)
                    .named(name)
                    .person(Role::Unknown, &format!("Person P-{:02}", self.n_persons))
            }
            AccountKey::Hawaladar(name, Part::Position) => Party::account(id, &text).named(name),
            AccountKey::Hawaladar(name, Part::Cash) => {
                Party::account(id, &text).named(&format!("{name}/cash"))
            }
            AccountKey::Hawaladar(name, Part::Pending) => {
                Party::account(id, &text).named(&format!("{name}/pending"))
            }
            _ => {
                let party = Party::account(id, &text);
                match self.tag(key) {
                    Some(tag) => party.named(&tag.label),
                    None => party,
                }
            }
        }
    }

    /// The tag with most confidence; ties in the order of tags.
    fn tag(&self, key: &AccountKey) -> Option<&'a Tag> {
        let mut tags: Vec<&Tag> = self.tags.iter().filter(|tag| tag.account == *key).collect();
        tags.sort_by_key(|tag| std::cmp::Reverse(tag.confidence));
        tags.first().copied()
    }

    /// Best tag of a node.
    pub(super) fn tag_of(&self, node: NodeIdx) -> Option<&'a Tag> {
        self.tag(&self.graph.account(node)?)
    }
}
