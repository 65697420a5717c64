//! How well patterns are found that `AMLSim` injected.
//!
//! What is true follows from the sample's own labels, and from nothing that a rule looks at: `nodes.csv` flags accounts
//! and gives the step at which each takes part. A *labelled transfer* goes between flagged accounts at the payer's step.
//! A *true centre* of a fan-in is paid by at least two distinct accounts in labelled transfers. A *true ring* is a
//! directed cycle of three to six labelled transfers of one amount. A finding is *right* if it is about a true centre
//! (fan-in), or about the accounts of a true ring (cycle). A step is a day.
#![expect(clippy::print_stdout, reason = "rates for people")]

use crate::Error;
use crate::rates::Share;
use moneytrail_analysis::patterns::movements::Role;
use moneytrail_analysis::patterns::{Movements, Options, Rule, find, peers};
use moneytrail_model::Amount;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

const DAY: i64 = 86_400;

struct Sample {
    movements: Movements,
    /// Step of each flagged account; `None` if it states none.
    flagged: BTreeMap<u32, Option<i64>>,
}

/// Unpacks a sample with `tar`, and reads it.
fn read(shared: &Path, name: &str) -> Result<Sample, Error> {
    let scratch = tempfile::tempdir()?;
    let archive = shared.join(format!("data/amlsim/amlsim_{name}.tgz"));
    let mut tar = Command::new("tar");
    let status = tar
        .arg("-xzf")
        .arg(&archive)
        .arg("-C")
        .arg(scratch.path())
        .status()?;
    if !status.success() {
        return Err(format!("{}: tar failed", archive.display()).into());
    }
    let mut movements = Movements {
        asset_names: vec![("USD".into(), 2)],
        is_currency: vec![true],
        ..Movements::default()
    };
    let directory = scratch.path().join(name);
    let mut flagged = BTreeMap::new();
    for line in fs_err::read_to_string(directory.join("nodes.csv"))?
        .lines()
        .skip(1)
    {
        let fields: Vec<&str> = line.split(',').collect();
        let [node, is_flagged, _, step] = fields[..] else {
            return Err(format!("`{line}` is no node").into());
        };
        movements.roles.push(Role::Listed);
        if is_flagged == "1" {
            flagged.insert(
                node.parse()?,
                step.parse().ok().filter(|&step: &i64| step >= 0),
            );
        }
    }
    let mut rows = Vec::new();
    for line in fs_err::read_to_string(directory.join("transactions.csv"))?
        .lines()
        .skip(1)
    {
        let fields: Vec<&str> = line.split(',').collect();
        let [from, to, amount, step] = fields[..] else {
            return Err(format!("`{line}` is no transfer").into());
        };
        let units = Amount::parse_decimal(amount, 2)?.non_negative();
        let step: i64 = step.parse()?;
        rows.push((
            step * DAY,
            from.parse()?,
            to.parse()?,
            units.ok_or("below nothing")?,
        ));
    }
    rows.sort_by_key(|row| row.0);
    for (position, (second, from, to, units)) in (0..).zip(rows) {
        movements.seconds.push(second);
        movements.from.push(from);
        movements.to.push(to);
        movements.units.push(units);
        movements.assets.push(0);
        movements.transfers.push(position);
    }
    Ok(Sample { movements, flagged })
}

impl Sample {
    /// Positions of labelled transfers.
    fn labelled(&self) -> impl Iterator<Item = usize> + '_ {
        let movements = &self.movements;
        (0..movements.len()).filter(move |&at| {
            let step = self.flagged.get(&movements.from[at]).copied().flatten();
            step.is_some_and(|step| step * DAY == movements.seconds[at])
                && self.flagged.contains_key(&movements.to[at])
        })
    }

    fn centres(&self) -> BTreeSet<u32> {
        let mut payers: BTreeMap<u32, BTreeSet<u32>> = BTreeMap::new();
        for at in self.labelled() {
            let (from, to) = (self.movements.from[at], self.movements.to[at]);
            payers.entry(to).or_default().insert(from);
        }
        let several = payers.into_iter().filter(|of| of.1.len() >= 2);
        several.map(|of| of.0).collect()
    }

    /// Accounts of true rings, each in ascending order.
    fn rings(&self) -> BTreeSet<Vec<u32>> {
        let mut onward: BTreeMap<(u128, u32), BTreeSet<u32>> = BTreeMap::new();
        for at in self.labelled() {
            let key = (self.movements.units[at], self.movements.from[at]);
            onward.entry(key).or_default().insert(self.movements.to[at]);
        }
        let mut rings = BTreeSet::new();
        for &(units, first) in onward.keys() {
            let mut paths = vec![vec![first]];
            while let Some(path) = paths.pop() {
                let next = path.last().and_then(|&last| onward.get(&(units, last)));
                for &node in next.into_iter().flatten() {
                    if node == first && path.len() >= 3 {
                        let mut ring = path.clone();
                        ring.sort_unstable();
                        rings.insert(ring);
                    } else if !path.contains(&node) && path.len() < 6 {
                        paths.push([&path[..], &[node]].concat());
                    }
                }
            }
        }
        rings
    }
}

fn shown(share: Share) -> String {
    let rate = share.rate();
    let rate = rate.map_or_else(
        || "–".to_owned(),
        |rate| format!("{:.3} ({:.3}–{:.3})", rate.value, rate.low, rate.high),
    );
    format!("{} of {}: {rate}", share.n, share.of)
}

/// Measures, and prints a row for each rule and set of parameters.
///
/// # Errors
/// If a sample cannot be read.
pub fn measure(shared: &Path) -> Result<(), Error> {
    println!("| sample | rule and parameters | findings | recall | precision |");
    println!("| --- | --- | --- | --- | --- |");
    let fans = read(shared, "20K_fanin200")?;
    let centres = fans.centres();
    let wide = Options {
        fan_n_min: 2,
        fan_seconds: 111 * DAY,
        peers_permille: 1,
        ..Options::default()
    };
    for options in [Options::default(), wide] {
        let peers = peers(&fans.movements, Rule::FanIn, &options);
        let found = find(&fans.movements, Rule::FanIn, &options, &peers).patterns;
        let about: BTreeSet<u32> = found.iter().map(|pattern| pattern.accounts[0]).collect();
        let right = about.intersection(&centres).count() as u64;
        row(
            "20K_fanin200",
            Rule::FanIn,
            &options,
            found.len(),
            (right, centres.len(), about.len()),
        );
    }
    let cycles = read(shared, "20K_cycle200")?;
    let rings = cycles.rings();
    let long = Options {
        cycle_seconds: 150 * DAY,
        ..Options::default()
    };
    for options in [Options::default(), long] {
        let peers = peers(&cycles.movements, Rule::Cycle, &options);
        let found = find(&cycles.movements, Rule::Cycle, &options, &peers).patterns;
        let about: BTreeSet<Vec<u32>> = found
            .iter()
            .map(|pattern| {
                let mut accounts = pattern.accounts.clone();
                accounts.sort_unstable();
                accounts
            })
            .collect();
        let right = about.intersection(&rings).count() as u64;
        row(
            "20K_cycle200",
            Rule::Cycle,
            &options,
            found.len(),
            (right, rings.len(), about.len()),
        );
    }
    Ok(())
}

fn row(
    sample: &str,
    rule: Rule,
    options: &Options,
    n_found: usize,
    (right, n_true, n_about): (u64, usize, usize),
) {
    let share = |of: usize| {
        shown(Share {
            n: right,
            of: of as u64,
        })
    };
    println!(
        "| {sample} | {}: {} | {n_found} | {} | {} |",
        rule.id(),
        rule.parameters(options),
        share(n_true),
        share(n_about)
    );
}
