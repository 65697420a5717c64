//! How a report names nodes: the same id for the same node, persons masked by role.

use crate::error::Error;
use crate::names::{as_named, best_tags};
use moneytrail_model::tag::Tag;
use moneytrail_model::{AccountKey, NodeIdx};
use moneytrail_report::document::{Party, PartyKind, Role};
use moneytrail_store::graph::Graph;
use std::collections::BTreeMap;

/// Parties in the order in which the report meets them.
pub(super) struct Parties<'a> {
    graph: &'a Graph,
    /// The tag with most confidence of each account that has one.
    tags: BTreeMap<NodeIdx, &'a Tag>,
    met: BTreeMap<NodeIdx, Party>,
    /// Accounts that the graph does not have, because an inference says that they are others.
    absent: BTreeMap<AccountKey, Party>,
    /// In the order in which they were met.
    order: Vec<NodeIdx>,
    n_persons: usize,
    n_accounts: usize,
}

impl<'a> Parties<'a> {
    pub(super) fn new(graph: &'a Graph, tags: &'a [Tag]) -> Self {
        Self {
            graph,
            tags: best_tags(graph, tags),
            met: BTreeMap::new(),
            absent: BTreeMap::new(),
            order: Vec::new(),
            n_persons: 0,
            n_accounts: 0,
        }
    }

    /// The node as the report names it; a junction by what `transaction` says of it.
    pub(super) fn party(
        &mut self,
        node: NodeIdx,
        transaction: impl FnOnce() -> Result<(String, String), Error>,
    ) -> Result<Party, Error> {
        if let Some(party) = self.met.get(&node) {
            return Ok(party.clone());
        }
        let id = self.next_id();
        let party = match self.graph.account(node) {
            None => {
                let (name, txid) = transaction()?;
                Party::special(PartyKind::Junction, &id, &txid).named(&name)
            }
            Some(key) => self.account(&id, Some(node), &key),
        };
        self.met.insert(node, party.clone());
        self.order.push(node);
        Ok(party)
    }

    /// An account that the graph does not have.
    pub(super) fn absent(&mut self, key: &AccountKey) -> Party {
        if let Some(party) = self.absent.get(key) {
            return party.clone();
        }
        let id = self.next_id();
        let party = self.account(&id, None, key);
        self.absent.insert(key.clone(), party.clone());
        party
    }

    fn next_id(&self) -> String {
        format!("n{}", self.met.len() + self.absent.len() + 1)
    }

    /// Accounts met so far, in that order.
    pub(super) fn accounts_met(&self) -> Vec<(NodeIdx, Party)> {
        let accounts = self
            .order
            .iter()
            .filter(|&&node| !self.graph.is_junction(node) && !self.graph.is_boundary(node));
        accounts
            .filter_map(|&node| Some((node, self.met.get(&node)?.clone())))
            .collect()
    }

    fn account(&mut self, id: &str, node: Option<NodeIdx>, key: &AccountKey) -> Party {
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
            // An address in a sentence cannot be read: it gets a number, and stands in full in the
            // section on who is who.
            _ => {
                let party = Party::account(id, &text);
                if let Some(name) = as_named(key) {
                    return party.named(&name);
                }
                if let Some(tag) = node.and_then(|node| self.tag_of(node)) {
                    return party.named(&tag.label);
                }
                self.n_accounts += 1;
                party.named(&format!("account {}", self.n_accounts))
            }
        }
    }

    /// Best tag of a node.
    pub(super) fn tag_of(&self, node: NodeIdx) -> Option<&'a Tag> {
        self.tags.get(&node).copied()
    }
}
