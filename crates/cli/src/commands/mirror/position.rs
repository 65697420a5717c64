//! What two keepers owe each other against transfers between their wallets that no book has a line of.

use super::read::Read;
use super::say::Run;
use crate::commands::counted;
use crate::commands::reconcile::Compared;
use crate::figures::{date, rounded};
use crate::shell::Shell;
use moneytrail_analysis::mirror::{
    Discharged, Mirrored, NET_MIRROR, Nets, Options, between, discharged,
};
use moneytrail_analysis::reconcile::{Options as Matching, owed};
use moneytrail_model::Watch;
use moneytrail_model::{Amount, Basis, Locator};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Most nets of a kind that are listed for people.
const N_LISTED: usize = 10;
/// What would refute one.
const REFUTED_BY: &str = "a line of either book, or of one that is not at hand, that states the payment; what else the transfer was for; another holder of one of the wallets";

/// Nets, and where the orders of them stand.
#[derive(Debug, Default)]
pub(super) struct Positions {
    nets: Nets,
    /// By order.
    places: Vec<Locator>,
    /// Settlements' lines of these pairs that have no worth in the unit.
    n_untold: usize,
}

/// Nets of pairs both of whom hold wallets between which transfers go that answer no line.
pub(super) fn of(
    compared: &Compared,
    read: &Read,
    found: &Mirrored,
    options: &Options,
    watch: &dyn Watch,
) -> Positions {
    let settlements = &compared.settlements;
    let units: Vec<(u16, u16)> = (0..)
        .zip(read.units.names())
        .filter_map(|(unit, name)| {
            let mut known = (0..).zip(settlements.units.names());
            known.find(|of| of.1 == name).map(|of| (of.0, unit))
        })
        .collect();
    let pairs = between(&read.transfers, &read.owners, found);
    let mut asked: BTreeSet<(u32, u32, u16)> = BTreeSet::new();
    for (pair, transfers) in &pairs {
        for &(theirs, unit) in &units {
            let has_value = |of: &(usize, bool)| {
                let values = &read.transfers[of.0].values;
                values.iter().any(|of| of.0 == unit)
            };
            if transfers.iter().any(has_value) {
                asked.insert((pair.0, pair.1, theirs));
            }
        }
    }
    let mut owed = owed(
        &compared.books.orders,
        &settlements.values,
        &settlements.lines,
        &compared.found,
        &asked,
        &Matching::default(),
    );
    for of in &mut owed {
        let known = units.iter().find(|unit| unit.0 == of.unit);
        of.unit = known.map_or(of.unit, |unit| unit.1);
    }
    Positions {
        n_untold: owed.iter().map(|of| of.n_untold).sum(),
        nets: discharged(&owed, &read.transfers, &read.owners, found, options, watch),
        places: compared.books.places.clone(),
    }
}

const fn state(of: &Discharged) -> &'static str {
    if of.is_claim { "claimed" } else { "review" }
}

fn decimal(value: i128) -> String {
    Amount::new(value)
        .unwrap_or_default()
        .display(6)
        .to_string()
}

impl Positions {
    fn orders(&self, of: &Discharged) -> Vec<String> {
        let orders = of.orders.iter();
        orders
            .map(|&order| self.places[order].to_string())
            .collect()
    }

    /// For people.
    pub(super) fn say(&self, run: &Run<'_>, shell: &Shell) {
        if self.nets.n_pairs == 0 {
            return;
        }
        let n_claims = self.nets.found.iter().filter(|of| of.is_claim).count();
        shell.say_apart(format!(
            "{} between the wallets of {} answer no line: {n_claims} nets by {NET_MIRROR}, which no book says were paid, and {} for review",
            counted(self.nets.n_transfers as u64, "transfers"),
            counted(self.nets.n_pairs as u64, "pairs"),
            self.nets.found.len() - n_claims
        ));
        if self.n_untold > 0 {
            shell.say(format!(
                "{} lines of settlements between them have no worth in these units: the nets are without them",
                self.n_untold
            ));
        }
        for is_claim in [true, false] {
            let of_kind = self.nets.found.iter().filter(|of| of.is_claim == is_claim);
            for of in of_kind.clone().take(N_LISTED) {
                Self::say_one(run, of, shell);
            }
            let n = of_kind.count();
            if n > N_LISTED {
                shell.say(format!("  and {} more, all in --json", n - N_LISTED));
            }
        }
        if !self.nets.found.is_empty() {
            shell.say("  assumption: before the first row nothing was owed");
            shell.say(format!("  refuted by {REFUTED_BY}"));
            shell.say("  none of these is carried into a trace, and none can be accepted");
        }
    }

    fn say_one(run: &Run<'_>, of: &Discharged, shell: &Shell) {
        let [debtor, creditor] = [of.pair.0, of.pair.1].map(|keeper| &run.keepers[keeper as usize]);
        let unit = &run.read.units.names()[usize::from(of.unit)];
        shell.say(format!(
            "  {}: {debtor} owed {creditor} {} {unit} from {} on ({} of orders, {} of it from before) = {}",
            state(of),
            decimal(of.owed),
            date(of.days.0.into()),
            counted(of.orders.len() as u64, "rows"),
            decimal(of.carried),
            run.txs(&of.transfers).join(" ")
        ));
        let told = if of.is_told {
            ""
        } else {
            "; the chain has too few transfers to tell"
        };
        shell.say(format!(
            "    net less chain {}; of other sums {:.4} fit as well by chance (p {:.3}), {} competing{told}",
            decimal(of.gap),
            of.by_chance,
            of.p,
            of.n_competing
        ));
    }

    /// As JSON.
    pub(super) fn json(&self, run: &Run<'_>) -> Value {
        let found = self.nets.found.iter().map(|of| {
            let [debtor, creditor] = [of.pair.0, of.pair.1].map(|keeper| &run.keepers[keeper as usize]);
            let orders = self.orders(of);
            let basis = Basis::Inference(NET_MIRROR).to_string();
            json!({
                "state": state(of), "debtor": debtor, "creditor": creditor, "unit": run.read.units.names()[usize::from(of.unit)],
                "owed": decimal(of.owed), "carried": decimal(of.carried), "net_less_chain": decimal(of.gap), "value_level": of.value,
                "from": date(of.days.0.into()), "to": (of.days.1 < i32::MAX).then(|| date(of.days.1.into())),
                "txs": run.txs(&of.transfers), "orders": orders,
                "claim": of.is_claim.then(|| json!({ "statement": "net-discharged-on-chain", "basis": basis, "evidence": orders })),
                "by_chance": rounded(of.by_chance), "p": rounded(of.p), "is_told": of.is_told, "competing": of.n_competing,
            })
        });
        json!({
            "rule": NET_MIRROR.to_string(), "pairs": self.nets.n_pairs, "transfers": self.nets.n_transfers, "untold_settlements": self.n_untold,
            "assumptions": ["before the first row nothing was owed"], "refuted_by": REFUTED_BY,
            "nets": found.collect::<Vec<_>>(),
        })
    }
}
