//! How commands name accounts, amounts and records in lines and in JSON.
//!
//! Law: a customer of a book is a numbered person, the same number throughout one answer; everybody else stands as the
//! evidence names him. What a tag says is said to be a tag's.

use crate::cite::Records;
use crate::error::Error;
use crate::follow::Evidence;
use moneytrail_model::tag::Tag;
use moneytrail_model::{
    AccountKey, Amount, Asset, AssetIdx, EventIdx, NodeIdx, Part, TransferIdx, money,
};
use moneytrail_report::document::{AssetRef, Money};
use moneytrail_store::graph::Graph;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Names of one answer.
pub(crate) struct Names<'a> {
    evidence: &'a Evidence,
    records: Records<'a>,
    persons: BTreeMap<NodeIdx, usize>,
    /// The tag with most confidence of each account that has one; ties in the order of tags.
    tags: BTreeMap<NodeIdx, &'a Tag>,
}

impl<'a> Names<'a> {
    pub(crate) fn new(evidence: &'a Evidence) -> Self {
        Self {
            evidence,
            records: Records::new(&evidence.case, &evidence.graph),
            persons: BTreeMap::new(),
            tags: best_tags(&evidence.graph, &evidence.tags),
        }
    }

    /// Reads what stands behind these events, all at once.
    pub(crate) fn fetch(
        &mut self,
        events: impl IntoIterator<Item = EventIdx>,
    ) -> Result<(), Error> {
        self.records.fetch(events)
    }

    /// The best tag of an account.
    pub(crate) fn tag_of(&self, node: NodeIdx) -> Option<&'a Tag> {
        self.tags.get(&node).copied()
    }

    /// An account or transaction in a line.
    pub(crate) fn node(&mut self, node: NodeIdx) -> Result<String, Error> {
        let graph = &self.evidence.graph;
        let Some(key) = graph.account(node) else {
            let name = match graph.junction_event(node) {
                Some(event) => self.event(event)?,
                None => None,
            };
            return Ok(format!("transaction {}", name.unwrap_or_default()));
        };
        if matches!(key, AccountKey::Customer(..)) {
            return Ok(self.person(node));
        }
        let name = as_named(&key).unwrap_or_else(|| key.to_string());
        Ok(match self.tag_of(node) {
            Some(tag) => format!("{name} (tag: {})", tag.label),
            None => name,
        })
    }

    /// An account or transaction as JSON.
    pub(crate) fn node_json(&mut self, node: NodeIdx) -> Result<Value, Error> {
        let shown = self.node(node)?;
        let account = match self.evidence.graph.account(node) {
            None | Some(AccountKey::Customer(..)) => None,
            Some(key) => Some(key.to_string()),
        };
        let tag = self.tag_of(node).map(|tag| {
            json!({ "label": &*tag.label, "category": &*tag.category, "source": &*tag.source, "confidence": tag.confidence })
        });
        Ok(json!({ "name": shown, "account": account, "tag": tag }))
    }

    fn person(&mut self, node: NodeIdx) -> String {
        let next = self.persons.len() + 1;
        let number = *self.persons.entry(node).or_insert(next);
        format!("person P-{number:02}")
    }

    /// Where a transfer stands: exhibit, and transaction id or place.
    pub(crate) fn record(&mut self, transfer: TransferIdx) -> Result<Option<String>, Error> {
        let graph = &self.evidence.graph;
        let event = graph.event_of(transfer);
        let Some(citation) = graph.citations_of(transfer).next() else {
            return Ok(None);
        };
        let cited = self.records.cited(Some(event), citation)?;
        let place = cited.locator.to_string();
        Ok(Some(match cited.txid {
            // A row of a table is what a person looks up; a place in block files is not.
            Some(txid) if place.contains('!') && cited.height.is_none() => {
                format!("X{} {place}, {txid}", cited.exhibit)
            }
            Some(txid) => format!("X{} {txid}", cited.exhibit),
            None => format!("X{} {place}", cited.exhibit),
        }))
    }

    /// How a person can find an event again.
    fn event(&mut self, event: EventIdx) -> Result<Option<String>, Error> {
        let Some(citation) = self.evidence.graph.citations(event).next() else {
            return Ok(None);
        };
        let cited = self.records.cited(Some(event), citation)?;
        let place = format!("X{} {}", cited.exhibit, cited.locator);
        Ok(Some(cited.txid.unwrap_or(place)))
    }

    fn asset(&self, asset: AssetIdx) -> &'a Asset {
        self.evidence.graph.asset(asset)
    }

    /// An amount of an asset of the case.
    pub(crate) fn money(&self, asset: AssetIdx, units: u128) -> Result<Money, Error> {
        money_of(self.asset(asset), units)
    }

    /// What one asset was worth in another, as two amounts imply it: the dearer one in the other, to eight figures.
    pub(crate) fn ratio(&self, given: (AssetIdx, u128), got: (AssetIdx, u128)) -> Option<String> {
        let sides = [given, got].map(|(asset, units)| (self.asset(asset), units));
        let forward = decimal_ratio(
            sides[0].1,
            sides[0].0.decimals(),
            sides[1].1,
            sides[1].0.decimals(),
        )?;
        if forward.1 {
            return Some(format!(
                "{} {} for 1 {}",
                forward.0,
                sides[0].0.symbol(),
                sides[1].0.symbol()
            ));
        }
        let back = decimal_ratio(
            sides[1].1,
            sides[1].0.decimals(),
            sides[0].1,
            sides[0].0.decimals(),
        )?;
        Some(format!(
            "{} {} for 1 {}",
            back.0,
            sides[1].0.symbol(),
            sides[0].0.symbol()
        ))
    }
}

/// What people call an account, where its key is no address: as a book, a list or a custodian names it.
pub(crate) fn as_named(key: &AccountKey) -> Option<String> {
    Some(match key {
        AccountKey::Customer(_, name)
        | AccountKey::Hawaladar(name, Part::Position)
        | AccountKey::Listed(name) => name.to_string(),
        AccountKey::Hawaladar(name, Part::Cash) => format!("cash of {name}"),
        AccountKey::Hawaladar(name, Part::Pending) => format!("orders pending at {name}"),
        AccountKey::Custodial(custodian, account) => {
            format!("{custodian} {account}").trim_end().to_owned()
        }
        _ => return None,
    })
}

/// The tag with most confidence of each account that has one; ties in the order of tags.
pub(crate) fn best_tags<'a>(graph: &Graph, tags: &'a [Tag]) -> BTreeMap<NodeIdx, &'a Tag> {
    let mut best: BTreeMap<NodeIdx, &Tag> = BTreeMap::new();
    for tag in tags {
        if let Some(node) = graph.node_of(&tag.account) {
            let known = best.entry(node).or_insert(tag);
            if known.confidence < tag.confidence {
                *known = tag;
            }
        }
    }
    best
}

/// An amount as JSON: text in smallest units.
pub(crate) fn money_json(money: &Money) -> Value {
    json!({ "units": money.units().to_string(), "decimals": money.asset.decimals, "asset": money.asset.symbol, "asset_key": money.asset.key })
}

/// An amount of an asset.
pub(crate) fn money_of(asset: &Asset, units: u128) -> Result<Money, Error> {
    let amount = i128::try_from(units)
        .ok()
        .and_then(|units| Amount::new(units).ok());
    let amount = amount.ok_or_else(|| Error::internal("a sum is beyond 38 digits"))?;
    Ok(AssetRef::new(&asset.key().to_string(), asset.symbol(), asset.decimals()).amount(amount))
}

/// a ÷ b with the decimals of both, rounded down to eight figures, and whether it is at least one.
fn decimal_ratio(a: u128, a_decimals: u8, b: u128, b_decimals: u8) -> Option<(String, bool)> {
    const FIGURES: usize = 8;
    // a/10^da ÷ (b/10^db) = a·10^db / (b·10^da); as many more decimals as fit.
    let a = money::mul_div_rem(a, 10_u128.checked_pow(u32::from(b_decimals))?, 1)
        .map(|whole| whole.0)?;
    let (mut quotient, mut decimals) = (None, 0);
    for more in (0..=18_u8).rev() {
        if let Some(found) = money::mul_div_rem(a, 10_u128.pow(u32::from(more)), b) {
            (quotient, decimals) = (Some(found.0), usize::from(a_decimals) + usize::from(more));
            break;
        }
    }
    let digits = quotient?.to_string();
    let digits = format!("{digits:0>width$}", width = decimals + 1);
    let (whole, fraction) = digits.split_at(digits.len() - decimals);
    let kept = FIGURES.saturating_sub(whole.len()).min(fraction.len());
    let fraction = fraction[..kept].trim_end_matches('0');
    let text = if fraction.is_empty() {
        whole.to_owned()
    } else {
        format!("{whole}.{fraction}")
    };
    Some((text, whole != "0"))
}

#[cfg(test)]
mod tests {
    use super::decimal_ratio;

    #[test]
    fn ratios_have_the_decimals_of_both_sides() {
        let ratio = |a, da, b, db| decimal_ratio(a, da, b, db);
        // 7,280.00 for 0.11708541: 62,176.83...
        let found = ratio(728_000, 2, 11_708_541, 8);
        assert_eq!(found, Some(("62176.833".to_owned(), true)));
        assert_eq!(ratio(100, 2, 200, 2), Some(("0.5".to_owned(), false)));
        assert_eq!(ratio(5, 0, 0, 2), None);
        assert_eq!(
            ratio(10_u128.pow(24), 18, 10_u128.pow(9), 6),
            Some(("1000".to_owned(), true))
        );
    }
}
