//! Measured error rates of the rules, compiled in from the table that `moneytrail-bench rates` writes.
//!
//! Law: a rate is of one version of one rule; a rule whose figures changed has none until it is measured again.
//! Generated chains are not the world: the rates say how a rule does on them, and nothing of how often people there
//! behave as generated ones do.

use moneytrail_model::RuleId;
use std::sync::LazyLock;

/// Of what a rule says, how much is true, and of what is true, how much it says; on generated chains.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rate {
    /// `whirlpool@2`.
    pub rule: String,
    /// `precision` or `recall`.
    pub measure: String,
    /// In thousandths, rounded as in the tables of METHODS.md.
    pub permille: u16,
    /// 95 % interval, in thousandths, rounded outwards.
    pub interval: [u16; 2],
    /// What was counted: transactions, or pairs of accounts.
    pub n: u64,
}

static RATES: LazyLock<Vec<Rate>> = LazyLock::new(|| {
    let lines = include_str!("rates.csv").lines().skip(1);
    lines
        .map(|line| read(line).expect("written by the command"))
        .collect()
});

fn read(line: &str) -> Option<Rate> {
    let [rule, measure, permille, low, high, n] =
        line.split(',').collect::<Vec<_>>().try_into().ok()?;
    Some(Rate {
        rule: rule.to_owned(),
        measure: measure.to_owned(),
        permille: permille.parse().ok()?,
        interval: [low.parse().ok()?, high.parse().ok()?],
        n: n.parse().ok()?,
    })
}

/// The measured precision of this version of a rule, if it was measured.
pub fn precision(rule: RuleId) -> Option<&'static Rate> {
    let rule = rule.to_string();
    let mut of = RATES.iter();
    of.find(|rate| rate.rule == rule && rate.measure == "precision")
}

impl Rate {
    /// `precision 0.994 (95 %: 0.991 to 0.996) of 1200 conclusions on generated chains, which are not the world`.
    pub fn sentence(&self) -> String {
        let decimal = |permille: u16| format!("{}.{:03}", permille / 1000, permille % 1000);
        format!(
            "{} {} (95 %: {} to {}) of {} conclusions on generated chains, which are not the world",
            self.measure,
            decimal(self.permille),
            decimal(self.interval[0]),
            decimal(self.interval[1]),
            self.n
        )
    }
}
