//! `patterns`: shapes of transfers that a rule describes, and how often chance would give them.

mod args;
mod parameters;
mod say;

pub(crate) use args::PatternsArgs;

use crate::error::{Error, Verdict};
use crate::follow::Evidence;
use crate::shell::Shell;
use moneytrail_analysis::patterns::chance::{Chance, chance};
use moneytrail_analysis::patterns::{Found, Movements, Rule, find, peers};
use moneytrail_analysis::peel::{PEEL_CHAIN, PeelChain, peel_chains};
use moneytrail_model::Layer;

/// Longest peel chain that is followed as one.
const N_HOPS_MAX: usize = 10_000;

/// What was asked, and what was found.
struct Run<'a> {
    evidence: &'a Evidence,
    args: &'a PatternsArgs,
    options: moneytrail_analysis::patterns::Options,
    movements: Movements,
    layer: Layer,
    rules: Vec<(Rule, Found, Chance)>,
    /// Peel chains, if they were asked for.
    chains: Option<Vec<PeelChain>>,
}

pub(crate) fn patterns(args: &PatternsArgs, shell: &Shell) -> Result<Verdict, Error> {
    let options = parameters::read(args.parameters.as_deref())?;
    let (rules, with_chains) = asked(args)?;
    let evidence = Evidence::open(&args.case, shell)?;
    let layer = args.layer.into();
    let bar = shell.bar("look for patterns", 0);
    let movements = Movements::of(&evidence.graph, layer);
    let rules = rules.into_iter().map(|rule| {
        let peers = peers(&movements, rule, &options);
        let found = find(&movements, rule, &options, &peers);
        let draws = (args.shuffles, args.seed);
        let chance = chance(&movements, rule, &options, &peers, draws);
        (rule, found, chance)
    });
    let rules = rules.collect();
    let chains = with_chains.then(|| {
        let mut chains = peel_chains(&evidence.graph, N_HOPS_MAX);
        // The longest first, then in the order of the record.
        chains.sort_by_key(|chain| std::cmp::Reverse(chain.hops.len()));
        chains
    });
    drop(bar);
    let run = Run {
        evidence: &evidence,
        args,
        options,
        layer,
        rules,
        chains,
        movements,
    };
    say::say(&run, shell)?;
    Ok(Verdict::Done)
}

/// The rules that are asked for, and whether peel chains are.
fn asked(args: &PatternsArgs) -> Result<(Vec<Rule>, bool), Error> {
    if args.rule.is_empty() {
        return Ok((Rule::ALL.to_vec(), true));
    }
    let mut rules = Vec::new();
    let mut with_chains = false;
    for name in &args.rule {
        if name == PEEL_CHAIN.name {
            with_chains = true;
            continue;
        }
        let rule = Rule::named(name).ok_or_else(|| {
            let names = Rule::ALL.map(|rule| rule.id().name).join(", ");
            Error::usage(format!("there is no rule `{name}`"))
                .hint(format!("one of: {names}, {}", PEEL_CHAIN.name))
        })?;
        if !rules.contains(&rule) {
            rules.push(rule);
        }
    }
    Ok((rules, with_chains))
}
