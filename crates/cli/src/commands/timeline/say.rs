//! Events with their times, layers, amounts and records, for people and as JSON.

use super::{Side, TimelineArgs, Window};
use crate::commands::counted;
use crate::compose::Composer;
use crate::error::Error;
use crate::shell::Shell;
use moneytrail_model::{Amount, EventIdx, Instant, Layer, NodeIdx, Precision, TransferIdx};
use moneytrail_report::document::{Citation, Money, When};
use moneytrail_store::graph::Graph;
use serde_json::{Value, json};

/// Transfers of one event that are listed for people; the JSON has all.
const N_TRANSFERS: usize = 8;

/// A result and what it is of.
pub(super) struct Run<'r, 'a> {
    pub(super) args: &'r TimelineArgs,
    pub(super) moment: Instant,
    pub(super) window: Window,
    /// Accounts that are asked for; empty: all.
    pub(super) nodes: &'r [NodeIdx],
    pub(super) graph: &'a Graph,
    pub(super) composer: &'r mut Composer<'a>,
}

/// `2024-05-04 09:12:30`, `2024-05-04 09:12 (to the minute)`, `2024-05-04 (a day)`; where a day does not begin at midnight in
/// UTC, when it begins.
fn shown(time: Instant) -> String {
    let width = match time.precision() {
        Precision::Second => return time.to_string(),
        Precision::Unknown => return "time unknown".to_owned(),
        Precision::Minute => "to the minute",
        Precision::Day => "a day",
        Precision::Month => "a month",
    };
    let begins = time.precision() != Precision::Minute && time.earliest().rem_euclid(86_400) != 0;
    if begins {
        let first = Instant::new(time.earliest(), Precision::Minute);
        format!("{time} ({width}, from {first} UTC)")
    } else {
        format!("{time} ({width})")
    }
}

impl Run<'_, '_> {
    /// Transfers of an event: of the accounts that are asked for, or all of a transaction in which money mixes.
    fn transfers(&self, event: EventIdx) -> Vec<TransferIdx> {
        let graph = self.graph;
        let all: Vec<TransferIdx> = graph.transfers_of(event).collect();
        if self.nodes.is_empty() || graph.event_kind(event).has_junction() {
            return all;
        }
        let is_asked = |node| self.nodes.binary_search(&node).is_ok();
        all.into_iter()
            .filter(|&t| is_asked(graph.from(t)) || is_asked(graph.to(t)))
            .collect()
    }

    fn layers(&self, transfer: TransferIdx) -> &'static str {
        let is_in = |layer| self.graph.in_layer(transfer, layer);
        match (is_in(Layer::Custody), is_in(Layer::Value)) {
            (true, true) => "both",
            (true, false) => "custody",
            (false, _) => "value",
        }
    }

    fn amount(&self, transfer: TransferIdx) -> Result<Option<Money>, Error> {
        let units = self.graph.amount(transfer).and_then(Amount::non_negative);
        let asset = self.graph.asset_of(transfer);
        units
            .map(|units| self.composer.money(asset, units))
            .transpose()
    }

    /// The records of some transfers of an event, each once, in the order in which they are cited.
    fn records(
        &mut self,
        event: EventIdx,
        transfers: &[TransferIdx],
    ) -> Result<Vec<Citation>, Error> {
        let mut records = Vec::new();
        for &transfer in transfers {
            for record in self.graph.citations_of(transfer) {
                if !records.contains(&record) {
                    records.push(record);
                }
            }
        }
        records
            .into_iter()
            .map(|record| self.composer.citation(Some(event), record))
            .collect()
    }

    /// Prints the events, the nearest of each side.
    pub(super) fn table(
        &mut self,
        events: &[(EventIdx, Side)],
        n_untimed: usize,
        shell: &Shell,
    ) -> Result<(), Error> {
        let of = |side: Side| events.iter().filter(move |event| event.1 == side).count();
        let [first, last] = [self.window.first, self.window.last].map(Instant::at);
        shell.say(format!(
            "around {}: {first} to {last} UTC: {}, {} before, {} at that time, {} after, {} of which the record leaves it open",
            shown(self.moment),
            counted(events.len() as u64, "events"),
            of(Side::Before),
            of(Side::At),
            of(Side::After),
            of(Side::Open),
        ));
        if !self.nodes.is_empty() {
            let mut names = Vec::with_capacity(self.nodes.len());
            for &node in self.nodes {
                names.push(self.composer.shown(node)?);
            }
            shell.say(format!(
                "of {}: {}",
                counted(names.len() as u64, "accounts"),
                some(&names)
            ));
        }
        if events.iter().any(|event| self.graph.order_is_open(event.0)) {
            shell.say(
                "order open: times overlap, and the place among its neighbours is a convention",
            );
        }
        if n_untimed > 0 {
            shell.say(format!(
                "{} without a time could lie anywhere and are not listed",
                counted(n_untimed as u64, "events")
            ));
        }
        for (side, heading) in [
            (Side::Before, "before:"),
            (Side::At, "at that time:"),
            (
                Side::Open,
                "before, at or after, which the record leaves open:",
            ),
            (Side::After, "after:"),
        ] {
            let all: Vec<EventIdx> = events
                .iter()
                .filter(|event| event.1 == side)
                .map(|event| event.0)
                .collect();
            if all.is_empty() {
                continue;
            }
            shell.say_apart(heading);
            let n_more = all.len().saturating_sub(self.args.list);
            let more = format!(
                "  … and {} {}, with a higher --list or in --json",
                counted(n_more as u64, "events"),
                if side == Side::Before {
                    "earlier"
                } else {
                    "more"
                }
            );
            // The nearest: the last before, and the first of the others.
            let nearest = match side {
                Side::Before => &all[n_more..],
                _ => &all[..all.len() - n_more],
            };
            if n_more > 0 && side == Side::Before {
                shell.say(&more);
            }
            self.composer.fetch(nearest.iter().copied())?;
            for &event in nearest {
                self.event(event, shell)?;
            }
            if n_more > 0 && side != Side::Before {
                shell.say(&more);
            }
        }
        Ok(())
    }

    fn event(&mut self, event: EventIdx, shell: &Shell) -> Result<(), Error> {
        let time = self.graph.time(event);
        let transfers = self.transfers(event);
        let outside = if self.window.holds(time) {
            ""
        } else {
            ", perhaps outside the window"
        };
        let open = if self.graph.order_is_open(event) {
            ", order open"
        } else {
            ""
        };
        let records = self.records(event, &transfers)?;
        let places: Vec<String> = records
            .iter()
            .map(|record| format!("{} {}", record.exhibit, record.locator))
            .collect();
        let txid = records.iter().find_map(|record| record.txid.as_deref());
        let txid = txid.map(|txid| format!(", {txid}")).unwrap_or_default();
        shell.say(format!(
            "  {}{outside}{open}: {}{txid}",
            shown(time),
            some(&places)
        ));
        // Outputs of nothing, which carry data, are in the JSON.
        let is_something = |t: &&TransferIdx| self.graph.amount(**t) != Some(Amount::ZERO);
        let transfers: Vec<TransferIdx> = transfers.iter().filter(is_something).copied().collect();
        for &transfer in transfers.iter().take(N_TRANSFERS) {
            let (from, to) = (self.graph.from(transfer), self.graph.to(transfer));
            let amount = if let Some(amount) = self.amount(transfer)? {
                amount.full()
            } else {
                let asset = self.graph.asset(self.graph.asset_of(transfer));
                format!("unknown amount of {}", asset.symbol())
            };
            shell.say(format!(
                "      {:<7}  {} -> {}  {amount}, {}",
                self.layers(transfer),
                self.end(from)?,
                self.end(to)?,
                self.graph.kind(transfer)
            ));
        }
        if transfers.len() > N_TRANSFERS {
            let n_more = transfers.len() - N_TRANSFERS;
            shell.say(format!(
                "      … and {}",
                counted(n_more as u64, "more transfers")
            ));
        }
        Ok(())
    }

    /// One end of a transfer: the inside of its own transaction needs no name.
    fn end(&mut self, node: NodeIdx) -> Result<String, Error> {
        if self.graph.is_junction(node) {
            return Ok("the transaction".to_owned());
        }
        self.composer.shown(node)
    }

    /// The result as JSON, `moneytrail-timeline/1`.
    pub(super) fn json(
        &mut self,
        events: &[(EventIdx, Side)],
        n_untimed: usize,
    ) -> Result<Value, Error> {
        self.composer.fetch(events.iter().map(|event| event.0))?;
        let mut accounts = Vec::with_capacity(self.nodes.len());
        for &node in self.nodes {
            accounts.push(self.composer.shown(node)?);
        }
        let mut items = Vec::with_capacity(events.len());
        for &(event, side) in events {
            let time = self.graph.time(event);
            let all = self.transfers(event);
            let mut transfers = Vec::with_capacity(all.len());
            for &transfer in &all {
                let (from, to) = (self.graph.from(transfer), self.graph.to(transfer));
                transfers.push(json!({
                    "from": self.end(from)?, "to": self.end(to)?, "amount": self.amount(transfer)?,
                    "asset": self.graph.asset(self.graph.asset_of(transfer)).key().to_string(),
                    "kind": self.graph.kind(transfer).as_str(), "layer": self.layers(transfer),
                }));
            }
            items.push(json!({
                "side": side.as_str(),
                "when": When::new(time), "earliest": time.earliest(), "latest": time.latest(),
                "within_window": self.window.holds(time),
                "order_open": self.graph.order_is_open(event),
                "kind": self.graph.event_kind(event).as_str(),
                "transfers": transfers,
                "evidence": self.records(event, &all)?,
            }));
        }
        Ok(json!({
            "schema": "moneytrail-timeline/1",
            "around": When::new(self.moment),
            "window": { "first": self.window.first, "last": self.window.last },
            "accounts": accounts,
            "untimed": n_untimed,
            "events": items,
        }))
    }
}

/// The first few, and how many more.
fn some(places: &[String]) -> String {
    const N: usize = 3;
    let few = places.iter().take(N).cloned();
    let mut few: Vec<String> = few.collect();
    if places.len() > N {
        few.push(format!("and {} more", places.len() - N));
    }
    few.join(", ")
}

#[cfg(test)]
mod tests {
    use super::shown;
    use moneytrail_model::{Instant, Precision};

    #[test]
    fn an_interval_is_shown_as_one() {
        for (seconds, precision, expected) in [
            (1_714_814_350, Precision::Second, "2024-05-04 09:19:10"),
            (
                1_714_814_340,
                Precision::Minute,
                "2024-05-04 09:19 (to the minute)",
            ),
            (1_714_780_800, Precision::Day, "2024-05-04 (a day)"),
            (
                1_714_764_600,
                Precision::Day,
                "2024-05-04 (a day, from 2024-05-03 19:30 UTC)",
            ),
            (1_714_521_600, Precision::Month, "2024-05 (a month)"),
            (0, Precision::Unknown, "time unknown"),
        ] {
            assert_eq!(shown(Instant::new(seconds, precision)), expected);
        }
    }
}
