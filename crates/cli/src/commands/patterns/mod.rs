//! `patterns`: shapes of transfers that a rule describes, and how often chance would give them.

mod args;
mod books;
mod fees;
mod parameters;
mod say;
mod say_books;

pub(crate) use args::PatternsArgs;

use crate::commands::repairs::{Corrected, corrected};
use crate::error::{Error, Verdict};
use crate::follow::Evidence;
use crate::progress::Total;
use crate::shell::Shell;
use books::{Asked, Told, tell};
use moneytrail_analysis::patterns::books::BookRule;
use moneytrail_analysis::patterns::chance::{Chance, chance_watched};
use moneytrail_analysis::patterns::{Found, Movements, Rule, find_watched, peers_watched};
use moneytrail_analysis::peel::{PEEL_CHAIN, PeelChain, peel_chains};
use moneytrail_model::{Layer, Stop, Watch};
use parameters::Parameters;

/// Longest peel chain that is followed as one.
const N_HOPS_MAX: usize = 10_000;

/// What was asked, and what was found.
struct Run<'a> {
    evidence: &'a Evidence,
    args: &'a PatternsArgs,
    parameters: Parameters,
    movements: Movements,
    layer: Layer,
    rules: Vec<(Rule, Found, Chance)>,
    /// Peel chains, if they were asked for.
    chains: Option<Vec<PeelChain>>,
    books: Vec<Told>,
    /// Rows that are read as a decision says.
    corrected: Corrected,
}

/// Rules by what they are asked of.
#[derive(Debug, Default)]
struct Rules {
    of_movements: Vec<Rule>,
    with_chains: bool,
    of_books: Vec<BookRule>,
}

pub(crate) fn patterns(args: &PatternsArgs, shell: &Shell) -> Result<Verdict, Error> {
    let parameters = parameters::read(args.parameters.as_deref())?;
    let asked = asked(args)?;
    let evidence = Evidence::open(&args.case, shell)?;
    let layer = args.layer.into();
    // Each rule is asked of the record, and of each of its shuffles.
    let n_asked = (asked.of_movements.len() as u64).saturating_mul(u64::from(args.shuffles) + 1);
    let bar = shell.work("look for patterns", Total::Things(n_asked));
    let movements = Movements::of(&evidence.graph, layer);
    let options = &parameters.movements;
    let draws = (args.shuffles, args.seed);
    let rules = asked.of_movements.into_iter().map(|rule| {
        bar.turn_to(rule.id().name);
        let peers = peers_watched(&movements, rule, options, &bar)?;
        let found = find_watched(&movements, rule, options, &peers, &bar)?;
        let chance = chance_watched(&movements, rule, options, &peers, draws, &bar)?;
        Ok((rule, found, chance))
    });
    let rules = rules.collect::<Result<_, Stop>>()?;
    bar.check()?;
    let chains = asked.with_chains.then(|| {
        let mut chains = peel_chains(&evidence.graph, N_HOPS_MAX);
        // The longest first, then in the order of the record.
        chains.sort_by_key(|chain| std::cmp::Reverse(chain.hops.len()));
        chains
    });
    drop(bar);
    let of_books = Asked {
        evidence: &evidence,
        options: &parameters.books,
        fees: &parameters.fees,
        categories: books::categories(&evidence.tags),
        draws,
    };
    let books = tell(&asked.of_books, &of_books, shell)?;
    let run = Run {
        evidence: &evidence,
        args,
        books,
        corrected: corrected(&evidence.case)?,
        parameters,
        layer,
        rules,
        chains,
        movements,
    };
    say::say(&run, shell)?;
    Ok(Verdict::Done)
}

/// The rules that are asked for.
fn asked(args: &PatternsArgs) -> Result<Rules, Error> {
    if args.rule.is_empty() {
        return Ok(Rules {
            of_movements: Rule::ALL.to_vec(),
            with_chains: true,
            of_books: BookRule::ALL.to_vec(),
        });
    }
    let mut rules = Rules::default();
    for name in &args.rule {
        if name == PEEL_CHAIN.name {
            rules.with_chains = true;
        } else if let Some(rule) = Rule::named(name) {
            if !rules.of_movements.contains(&rule) {
                rules.of_movements.push(rule);
            }
        } else if let Some(rule) = BookRule::named(name) {
            if !rules.of_books.contains(&rule) {
                rules.of_books.push(rule);
            }
        } else {
            let names = Rule::ALL.map(|rule| rule.id().name);
            let of_books = BookRule::ALL.map(|rule| rule.id().name);
            return Err(
                Error::usage(format!("there is no rule `{name}`")).hint(format!(
                    "one of: {}, {}, {}",
                    names.join(", "),
                    PEEL_CHAIN.name,
                    of_books.join(", ")
                )),
            );
        }
    }
    Ok(rules)
}
