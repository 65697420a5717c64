//! `timeline`: what happened before and after a moment, on all layers, in the order of the record.
//!
//! Laws. A time is an interval: an event is before the moment if all of its interval is, and where the record leaves it
//! open, that is said. What may lie in the window is listed, and what has no time is counted apart, for it could lie anywhere.

mod args;
mod say;

pub(crate) use args::TimelineArgs;

use crate::compose::Composer;
use crate::error::{Error, Verdict};
use crate::follow::Evidence;
use crate::seed::{self, Found};
use crate::shell::Shell;
use moneytrail_model::{EventIdx, Instant, NodeIdx};
use moneytrail_store::graph::Graph;
use rayon::prelude::*;

/// Where an event lies beside the moment.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Side {
    Before,
    /// Within the moment, which may be a day.
    At,
    /// The record leaves open whether it was before, at or after.
    Open,
    After,
}

impl Side {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Before => "before",
            Self::At => "at",
            Self::Open => "open",
            Self::After => "after",
        }
    }

    fn of(time: Instant, moment: Instant) -> Self {
        if !moment.may_precede(time) {
            Self::Before
        } else if !time.may_precede(moment) {
            Self::After
        } else if moment.earliest() <= time.earliest() && time.latest() <= moment.latest() {
            Self::At
        } else {
            Self::Open
        }
    }
}

/// The window, as first and last second.
#[derive(Clone, Copy, Debug)]
struct Window {
    first: i64,
    last: i64,
}

impl Window {
    const fn may_hold(self, time: Instant) -> bool {
        time.earliest() <= self.last && self.first <= time.latest()
    }

    const fn holds(self, time: Instant) -> bool {
        self.first <= time.earliest() && time.latest() <= self.last
    }
}

/// What was found.
struct Selected {
    /// Events that may lie in the window, in the order of the record.
    events: Vec<(EventIdx, Side)>,
    /// Events without a time.
    n_untimed: usize,
}

pub(crate) fn timeline(args: &TimelineArgs, shell: &Shell) -> Result<Verdict, Error> {
    let evidence = Evidence::open(&args.case, shell)?;
    let moment = args::around(&evidence, &args.around)?;
    let nodes = nodes(&evidence, &args.accounts)?;
    let window = Window {
        first: moment.earliest().saturating_sub(args.within),
        last: moment.latest().saturating_add(args.within),
    };
    let bar = shell.spinner("look for events");
    let found = found(&evidence.graph, &nodes, moment, window);
    drop(bar);
    let mut composer = Composer::new(&evidence, 0, shell);
    let mut run = say::Run {
        args,
        moment,
        window,
        nodes: &nodes,
        graph: &evidence.graph,
        composer: &mut composer,
    };
    if shell.is_json() {
        let json = run.json(&found.events, found.n_untimed)?;
        shell.json(&json)?;
    } else {
        run.table(&found.events, found.n_untimed, shell)?;
    }
    Ok(Verdict::Done)
}

/// The accounts that are asked for, ascending.
fn nodes(evidence: &Evidence, accounts: &[String]) -> Result<Vec<NodeIdx>, Error> {
    let mut nodes = Vec::new();
    for text in accounts {
        let called = seed::all_called(&evidence.graph, &evidence.tags, text);
        if !called.is_empty() {
            nodes.extend(called);
            continue;
        }
        for place in seed::find(&evidence.case, &evidence.graph, &evidence.tags, text)? {
            match place {
                Found::Account(node) => nodes.push(node),
                Found::Event(..) => {
                    return Err(Error::usage(format!("`{text}` is no account"))
                        .hint("a transaction or a locator goes with --around"));
                }
            }
        }
    }
    nodes.sort_unstable();
    nodes.dedup();
    Ok(nodes)
}

/// Events of the accounts, or all, that may lie in the window. O(transfers of the accounts), or O(events).
fn found(graph: &Graph, nodes: &[NodeIdx], moment: Instant, window: Window) -> Selected {
    let side = |event: EventIdx| {
        let time = graph.time(event);
        (time != Instant::UNKNOWN && window.may_hold(time)).then(|| (event, Side::of(time, moment)))
    };
    let is_untimed = |event: &EventIdx| graph.time(*event) == Instant::UNKNOWN;
    if nodes.is_empty() {
        let all = || (0..graph.n_events()).into_par_iter().map(EventIdx::new);
        return Selected {
            events: all().filter_map(side).collect(),
            n_untimed: all().filter(is_untimed).count(),
        };
    }
    let sides = nodes.iter().flat_map(|&node| {
        graph
            .transfers_in(node)
            .iter()
            .chain(graph.transfers_out(node))
    });
    let mut events: Vec<EventIdx> = sides.map(|transfer| graph.event_of(transfer)).collect();
    events.sort_unstable();
    events.dedup();
    Selected {
        n_untimed: events.iter().filter(|event| is_untimed(event)).count(),
        events: events.into_iter().filter_map(side).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Side, Window};
    use moneytrail_model::{Instant, Precision};

    /// Instants of every precision whose intervals touch, overlap and hold each other in every way.
    fn instants() -> Vec<Instant> {
        const PRECISIONS: [Precision; 4] = [
            Precision::Second,
            Precision::Minute,
            Precision::Day,
            Precision::Month,
        ];
        let seconds = [-86_400, -60, -1, 0, 1, 59, 60, 86_399, 86_400, 2_700_000];
        let of = |precision| seconds.map(|second| Instant::new(second, precision));
        PRECISIONS.into_iter().flat_map(of).collect()
    }

    /// A side is what holds for every second that the event and the moment can have been at; open is what holds for some.
    #[test]
    fn a_side_holds_for_every_second() {
        for time in instants() {
            for moment in instants() {
                let event = (time.earliest(), time.latest());
                let at = (moment.earliest(), moment.latest());
                let side = Side::of(time, moment);
                assert_eq!(side == Side::Before, event.1 < at.0);
                assert_eq!(side == Side::After, event.0 > at.1);
                assert_eq!(side == Side::At, at.0 <= event.0 && event.1 <= at.1);
            }
        }
    }

    #[test]
    fn a_window_holds_what_has_no_second_outside() {
        for time in instants() {
            for moment in instants() {
                for within in [0, 1, 86_400] {
                    let window = Window {
                        first: moment.earliest() - within,
                        last: moment.latest() + within,
                    };
                    let seconds = window.first..=window.last;
                    let ends = [time.earliest(), time.latest()];
                    let is_inside = ends.iter().all(|second| seconds.contains(second));
                    assert_eq!(window.holds(time), is_inside);
                    assert!(window.may_hold(time) || !is_inside);
                }
            }
        }
    }
}
