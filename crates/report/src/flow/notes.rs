//! What stands beside each beginning, end and gate, in words.

use super::course::{Course, Joint, RunEnd, RunKind, Side};
use super::label::{Label, Line, Look};
use super::place::Fixed;
use super::weave::{Ending, Load, Move, Plan};
use crate::document::{AssetRef, Document, Money, Party, TraceView, group};
use moneytrail_model::Amount;

/// What labels need to know.
#[derive(Clone, Copy, Debug)]
pub(super) struct Context<'d> {
    pub(super) document: &'d Document,
    pub(super) trace: &'d TraceView,
    pub(super) asset: &'d AssetRef,
    /// Widest label in front of the first source, and anywhere else.
    pub(super) width_source: i64,
    pub(super) width: i64,
    /// Rightmost position that a label may reach; labels wrap before it.
    pub(super) edge: Option<i64>,
}

impl Context<'_> {
    fn money(&self, units: u128) -> Option<Money> {
        let amount = Amount::new(i128::try_from(units).ok()?).ok()?;
        Some(self.asset.amount(amount))
    }

    fn figure(&self, units: u128) -> String {
        self.money(units)
            .map_or_else(|| group(&units.to_string()), |money| money.brief())
    }

    fn full(&self, line: Line, units: u128) -> Line {
        line.say(&self.figure(units)).evidence(&self.asset.symbol)
    }
}

/// Labels of all sources, tributaries and ends.
pub(super) fn fixed(context: &Context, plan: &Plan, course: &Course) -> Vec<Fixed> {
    let mut labels = Vec::new();
    for (number, run) in course.runs.iter().enumerate() {
        let middle_of = |high: i64| high / 2;
        match (run.kind, &run.joint, run.reaches.first()) {
            (RunKind::Source, _, Some(first)) => {
                let lines = source(context, plan, first.stay, run.load);
                let width = if first.x0 < 14_000 {
                    context.width_source
                } else {
                    context.width.min(16_000)
                };
                labels.push(Fixed {
                    run: number,
                    label: Label::wrapped(&lines, width),
                    x: first.x0 - 600,
                    middle: i64::midpoint(first.top, first.bottom),
                    is_before: true,
                    target: first.x0,
                });
            }
            (
                RunKind::Tributary,
                Some(Joint {
                    x_here,
                    top,
                    bottom,
                    ..
                }),
                _,
            ) if bottom - top >= 100 => {
                labels.push(Fixed {
                    run: number,
                    label: Label::wrapped(&tributary(context, run.load), context.width),
                    x: x_here - 400,
                    middle: middle_of(bottom - top),
                    is_before: true,
                    target: *x_here,
                });
            }
            _ => {}
        }
        if let Some(end) = &run.end {
            let lines = ending(context, plan, end);
            let x = end.x + 900;
            let width = context
                .edge
                .map_or(context.width, |edge| (edge - x).clamp(9_000, context.width));
            let label = Label::wrapped(&lines, width);
            let middle = match context
                .edge
                .and_then(|_| remainder_at(course, number, end.x))
            {
                Some(Side::Bottom) => end.bottom - label.height() / 2,
                Some(Side::Top) => end.top + label.height() / 2,
                None => i64::midpoint(end.top, end.bottom),
            };
            labels.push(Fixed {
                run: number,
                label,
                x,
                middle,
                is_before: false,
                target: end.x,
            });
        }
    }
    labels
}

/// The side by which something leaves just before the end of a run: its label keeps clear of it.
fn remainder_at(course: &Course, run: usize, end: i64) -> Option<Side> {
    let children = course.runs[run].children.iter();
    let joints = children.filter_map(|&child| course.runs[child].joint.as_ref());
    let mut near = joints.filter(|joint| joint.x_there <= joint.x_here && joint.x_here > end);
    near.next_back().map(|joint| joint.side)
}

fn masked(party: &Party) -> Line {
    party.mask.map_or(Line::new(Look::Muted), |role| {
        Line::new(Look::Muted).say(&format!("masked: {}", role.as_str()))
    })
}

fn source(context: &Context, plan: &Plan, stay: usize, load: Load) -> Vec<Line> {
    let known = &plan.stays[stay];
    let first = plan.moves.iter().find(|movement| movement.from == stay);
    let mut lines = vec![
        Line::new(Look::Strong).party(known.party, known.step),
        masked(known.party),
        context.full(Line::new(Look::Strong), load.total()),
    ];
    if let Some(first) = first {
        lines.push(Line::new(Look::Muted).say(&first.step.when.short_day()));
        if first
            .step
            .links
            .iter()
            .any(|link| link.consumed.asset.key != context.asset.key)
        {
            lines.push(Line::new(Look::Muted).say("converted"));
        }
    }
    lines
}

fn tributary(context: &Context, load: Load) -> Vec<Line> {
    let word = if load.unexplained > 0 {
        Line::new(Look::Strong)
            .say(&context.figure(load.total()))
            .say("unexplained")
    } else if load.traced() > 0 {
        Line::new(Look::Plain)
            .say(&context.figure(load.total()))
            .say("from steps not drawn")
    } else {
        Line::new(Look::Plain)
            .say(&context.figure(load.total()))
            .say("other money")
    };
    vec![word]
}

fn ending(context: &Context, plan: &Plan, end: &RunEnd) -> Vec<Line> {
    let stay = &plan.stays[end.stay];
    let movement = end.movement.map(|number| &plan.moves[number]);
    let step = movement.map_or(stay.step, |movement| movement.step.number);
    let name = |line: Line| line.party(stay.party, step);
    let amount = |look| context.full(Line::new(look), end.load.total());
    let muted = |words: &str| Line::new(Look::Muted).say(words);
    let day = movement.map_or_else(String::new, |movement| movement.step.when.short_day());
    let (mask, traced) = (masked(stay.party), of_it_traced(context, end.load));
    match stay.ending {
        Ending::Rests => {
            let line = name(amount(Look::Strong).say("rests at"));
            vec![line, traced, mask, muted(&until(context))]
        }
        Ending::Kept => vec![name(amount(Look::Strong).say("kept by")), traced, mask],
        Ending::Paid => {
            vec![
                name(amount(Look::Strong).say("paid to")),
                traced,
                mask,
                muted(&day),
            ]
        }
        Ending::Returned => {
            vec![
                name(amount(Look::Strong).say("back at")),
                traced,
                mask,
                muted(&day),
            ]
        }
        Ending::TakenOver => {
            let line = amount(Look::Strong).say("taken over by another seed");
            vec![line, traced, name(muted("at")), mask]
        }
        Ending::Fees => vec![amount(Look::Plain).say("in fees"), traced],
        Ending::Converted => {
            vec![
                became(context, stay.party, amount(Look::Strong)),
                traced,
                name(muted("at")),
                mask,
            ]
        }
        Ending::Stop(rule) => {
            let stop = muted(&format!("STOP: {}", rule.as_str()));
            vec![
                name(Line::new(Look::Strong)),
                mask,
                amount(Look::Plain),
                traced,
                stop,
            ]
        }
        Ending::Others(n_steps) => others(context, end, movement, n_steps),
        Ending::Seeps => Vec::new(),
    }
}

/// The traced part, if it is not all.
fn of_it_traced(context: &Context, load: Load) -> Line {
    let line = Line::new(Look::Plain);
    if load.traced() == load.total() {
        return line;
    }
    let line = line.say("of it traced");
    if load.certain == load.traced() {
        return line.say(&context.figure(load.traced()));
    }
    line.say(&context.figure(load.traced()))
        .say(&format!("({})", context.trace.policy))
}

fn until(context: &Context) -> String {
    let until = context.document.head.evidence_until.as_ref();
    until.map_or_else(
        || "end of the evidence".to_owned(),
        |until| format!("end of the evidence, {}", until.short_day()),
    )
}

/// What converted money became.
fn became(context: &Context, party: &Party, amount: Line) -> Line {
    let into = context
        .trace
        .ends
        .iter()
        .filter(|end| end.party.id == party.id && end.amount.asset.key == context.asset.key)
        .find_map(|end| end.into.as_ref());
    let line = amount.say("became");
    match into {
        Some(into) => line.evidence(&into.asset.symbol),
        None => line.say("another asset"),
    }
}

fn others(context: &Context, end: &RunEnd, movement: Option<&Move>, n_steps: usize) -> Vec<Line> {
    let line = Line::new(Look::Strong).say(&match n_steps {
        1 => "1 other:".to_owned(),
        _ => format!("{n_steps} others:"),
    });
    let mut lines = vec![context.full(line, end.load.total())];
    if let Some(movement) = movement {
        let (first, last) = (movement.step.number, movement.last);
        lines.push(Line::new(Look::Muted).say(&if first == last {
            format!("step {first} and later")
        } else {
            format!("steps {first} to {last} and later")
        }));
    }
    lines
}

/// What a gate says.
pub(super) fn gate(movement: &Move) -> Vec<Line> {
    let Some(inference) = movement.step.basis.inference() else {
        return Vec::new();
    };
    let mut lines = Vec::new();
    let mut title = Line::new(Look::Strong);
    if let Some(claim) = &inference.claim {
        title = title.evidence(&format!("{claim}:"));
    }
    lines.push(title.evidence(&inference.rule));
    lines.push(Line::new(Look::Muted).say(&inference.badge()));
    lines
}
