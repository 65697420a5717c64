//! The flow drawing: rivers of value over linear time.
//!
//! Law: one scale per layer and asset, one time axis for the report; height shows value, and figures
//! of two layers or assets never share a river. Every end is named where it stands. At most fifteen
//! ends are drawn, what is joined is said. The drawing adds nothing to the list of steps, which is its
//! text alternative. Integers only, in hundredths of a pixel: the same bytes on every machine.
//!
//! Method: [`weave`] finds who held what between which moves, [`course`] turns that into straight
//! rivers along time, [`place`] finds room for each across, [`draw`] writes them, once with time to
//! the right and once, for narrow screens, with time down.

mod axis;
mod course;
mod draw;
mod label;
mod notes;
mod place;
mod weave;

use crate::document::{AssetRef, DirectionWord, Document, LayerWord, TraceView, civil};
use crate::untrusted::Markup;
use axis::Axis;
use course::Frame;
use draw::Drawing;
use label::{Anchor, Label, Line, Look};
use moneytrail_model::Amount;
use notes::Context;
use weave::{Load, Plan};

/// Along a wide drawing: where time begins, where the last step stands, where rivers end.
const WIDE: (i64, i64, i64) = (14_000, 62_000, 68_500);
/// Right edge of a wide drawing.
const WIDE_EDGE: i64 = 95_200;
/// Where time begins in a narrow drawing.
const NARROW_FROM: i64 = 5_600;
/// Highest scale bar.
const SCALE_MAX: i64 = 1_200;
/// Widest field of bands in a narrow drawing.
const NARROW_BANDS: i64 = 14_500;

/// Writes section 1.
pub(crate) fn write(page: &mut Markup, document: &Document) {
    let is_backward = document
        .traces
        .iter()
        .all(|trace| trace.direction == DirectionWord::Sources);
    page.raw("<section id=\"s1\">\n<h2><span>1</span> Flow</h2>\n<p class=\"sub\">");
    page.raw(if is_backward {
        "Where it came from, "
    } else {
        "Where it went, "
    });
    page.raw("when, and how much. Time is linear; height shows value, one scale to a row.</p>\n");
    let Some(axis) = Axis::of(document) else {
        page.raw("<p>Nothing to draw: no step has a time.</p>\n</section>\n");
        return;
    };
    page.raw("<figure class=\"flow\">\n");
    time_axis(page, axis);
    let n_blocks: usize = document
        .traces
        .iter()
        .map(|trace| assets(trace).len())
        .sum();
    let mut n_drawn = 0;
    for trace in &document.traces {
        n_drawn += layer(page, document, trace, axis, n_blocks);
    }
    if n_drawn == 0 {
        page.raw("<p>Nothing to draw: no step has an amount of traced money.</p>\n");
    }
    remarks(page, document, axis);
    key(page);
    page.raw("</figure>\n</section>\n");
}

fn time_axis(page: &mut Markup, axis: Axis) {
    page.raw("<svg class=\"fw\" viewBox=\"0 0 952 22\" aria-hidden=\"true\">");
    let label = Label::wrapped(&[Line::new(Look::Plain).say(&axis.years())], 12_000);
    label.write(page, 0, 0, Anchor::Start);
    for tick in axis.ticks() {
        let x = axis.place(tick.seconds, WIDE.0, WIDE.1);
        draw::line(page, "tk", (x, 1_600), (x, 2_200));
        let label = Label::wrapped(&[Line::new(Look::Plain).say(&tick.text)], 20_000);
        label.write(page, x - label.width() / 2, 0, Anchor::Start);
    }
    draw::line(page, "tk", (WIDE.0, 2_150), (WIDE.2, 2_150));
    page.raw("</svg>\n");
}

/// Assets of a trace, in the order of their first step.
fn assets(trace: &TraceView) -> Vec<&AssetRef> {
    let mut assets: Vec<&AssetRef> = Vec::new();
    for step in &trace.steps {
        if assets
            .iter()
            .all(|asset| asset.key != step.amount.asset.key)
        {
            assets.push(&step.amount.asset);
        }
    }
    assets
}

/// One layer; returns how many blocks were drawn.
fn layer(
    page: &mut Markup,
    document: &Document,
    trace: &TraceView,
    axis: Axis,
    n_blocks: usize,
) -> usize {
    page.raw("<div class=\"lay\"><h3>").raw(match trace.layer {
        LayerWord::Value => "Value layer",
        LayerWord::Custody => "Custody layer",
    });
    page.raw(" <small>").raw(trace.layer.meaning()).raw(". ");
    if trace.links_decide {
        page.raw("Links decide every step; no policy is needed.");
    } else {
        page.raw("Drawn under <b class=\"k ka\">assumption: ")
            .words(&trace.policy);
        page.raw("</b>");
    }
    page.raw("</small></h3>\n");
    let mut n_drawn = 0;
    if trace.policy != "poison" {
        for asset in assets(trace) {
            n_drawn += usize::from(block(page, document, trace, asset, axis, n_blocks));
        }
    }
    page.raw("</div>\n");
    n_drawn
}

/// One asset of one layer, wide and narrow.
fn block(
    page: &mut Markup,
    document: &Document,
    trace: &TraceView,
    asset: &AssetRef,
    axis: Axis,
    n_blocks: usize,
) -> bool {
    let plan = weave::weave(trace, &asset.key);
    if plan.moves.is_empty() {
        return false;
    }
    let height = match n_blocks {
        0..=2 => 7_400,
        3..=4 => 4_600,
        _ => 4_000,
    };
    let units = plan
        .stays
        .iter()
        .filter_map(|stay| stay.source.map(Load::total))
        .chain(plan.moves.iter().map(|movement| movement.load.total()))
        .max()
        .unwrap_or(1);
    let summary = summary(trace, asset, &plan);
    page.raw("<div class=\"blk\">");
    let wide = Frame {
        axis,
        from: WIDE.0,
        to: WIDE.1,
        end: WIDE.2,
        height,
        units,
    };
    let (scale, round) = scale(asset, &wide);
    let corner = Label::wrapped(
        &[
            Line::new(Look::Strong).evidence(&asset.symbol),
            Line::new(Look::Muted).say("bar: ").say(&round),
        ],
        9_000,
    );
    page.raw("<h4 class=\"kn\">")
        .evidence(&asset.symbol)
        .raw("</h4>");
    let context = Context {
        document,
        trace,
        asset,
        width_source: 11_200,
        width: 27_000,
        edge: Some(WIDE_EDGE),
    };
    let course = course::course(&plan, &wide);
    let fixed = notes::fixed(&context, &plan, &course);
    Drawing {
        plan: &plan,
        course: &course,
        frame: &wide,
        placed: place::place(&course, &fixed),
        fixed: &fixed,
        is_wide: true,
        corner,
        scale,
        summary: summary.clone(),
    }
    .write(page);
    let is_squeezed = course.is_squeezed;
    narrow(page, &plan, &context, &wide, summary);
    said(page, asset, &plan, is_squeezed);
    page.raw("</div>\n");
    true
}

fn narrow(page: &mut Markup, plan: &Plan, context: &Context, wide: &Frame, summary: String) {
    let n_ends = plan.stays.iter().filter(|stay| stay.is_end()).count();
    let along = 34_000.max(i64::try_from(n_ends).unwrap_or(0) * 6_400);
    let context = &Context {
        width_source: 14_800,
        width: 14_800,
        edge: None,
        ..*context
    };
    let mut frame = Frame {
        from: NARROW_FROM,
        to: NARROW_FROM + along,
        end: NARROW_FROM + along + 5_000,
        height: wide.height.min(5_600),
        ..*wide
    };
    let mut course = course::course(plan, &frame);
    let mut placed = place::place(&course, &[]);
    for _ in 0..3 {
        let (least, most) = placed.extent();
        if most - least <= NARROW_BANDS {
            break;
        }
        frame.height = (frame.height * NARROW_BANDS / (most - least)).max(800);
        course = course::course(plan, &frame);
        placed = place::place(&course, &[]);
    }
    let fixed = notes::fixed(context, plan, &course);
    Drawing {
        plan,
        course: &course,
        frame: &frame,
        placed,
        fixed: &fixed,
        is_wide: false,
        corner: Label::default(),
        scale: 0,
        summary,
    }
    .write(page);
}

/// The drawing in words.
fn summary(trace: &TraceView, asset: &AssetRef, plan: &Plan) -> String {
    use std::fmt::Write as _;
    let mut text = format!("{} layer, {}: ", trace.layer.as_str(), asset.symbol);
    let ends = plan.stays.iter().filter(|stay| stay.is_end());
    for (position, stay) in ends.enumerate() {
        let units = i128::try_from(stay.rest.total()).unwrap_or(i128::MAX);
        let figure = Amount::new(units).map_or_else(
            |_| units.to_string(),
            |amount| asset.amount(amount).figure(),
        );
        let name = stay.party.plain();
        let joint = if position == 0 { "" } else { "; " };
        let written = if name.chars().count() > 96 {
            write!(text, "{joint}{figure} at the party of step {}", stay.step)
        } else {
            write!(text, "{joint}{figure} at {name}")
        };
        written.expect("writing to a string cannot fail");
    }
    text.push_str(". The steps below say the same in words.");
    text
}

/// A round amount, and how high it is drawn.
fn scale(asset: &AssetRef, frame: &Frame) -> (i64, String) {
    let mut round = 1_u128;
    while frame.high(round.saturating_mul(10)) <= SCALE_MAX && round < u128::MAX / 10 {
        round *= 10;
    }
    let factor = [5, 2, 1]
        .into_iter()
        .find(|factor| frame.high(round.saturating_mul(*factor)) <= SCALE_MAX);
    round = round.saturating_mul(factor.unwrap_or(1));
    let amount = Amount::new(i128::try_from(round).unwrap_or(i128::MAX));
    let text = amount.map_or_else(|_| round.to_string(), |amount| asset.amount(amount).short());
    (frame.high(round).max(50), text)
}

fn said(page: &mut Markup, asset: &AssetRef, plan: &Plan, is_squeezed: bool) {
    if plan.is_other_left_out {
        page.raw("<p class=\"fn\">Other money in the same transfers is many times more than what ");
        page.raw("is traced, and is not drawn.</p>\n");
    }
    if plan.n_joined > 0 {
        page.raw("<p class=\"fn\">Joined into “others”: ");
        page.number(i64::try_from(plan.n_joined).unwrap_or(i64::MAX));
        page.raw(" steps, and what follows from them: see section 3.</p>\n");
    }
    if plan.n_seeped > 0 {
        page.raw("<p class=\"fn\">Too thin to draw: ");
        page.number(i64::try_from(plan.n_seeped).unwrap_or(i64::MAX));
        page.raw(" steps that carry ");
        match Amount::new(i128::try_from(plan.seeped).unwrap_or(i128::MAX)) {
            Ok(amount) => page.amount(&asset.amount(amount)),
            Err(_) => page.words("more than 38 digits"),
        };
        page.raw(" of traced money together; the river narrows where they leave.</p>\n");
    }
    if plan.n_left_out > 0 {
        page.raw("<p class=\"fn\">Not drawn: ")
            .number(i64::try_from(plan.n_left_out).unwrap_or(i64::MAX));
        page.raw(" starting transfers, and what follows from them: see section 3.</p>\n");
    }
    if is_squeezed {
        page.raw(
            "<p class=\"fn\">Many steps take no time: here the order is right and the time is ",
        );
        page.raw("not to scale.</p>\n");
    }
}

fn remarks(page: &mut Markup, document: &Document, axis: Axis) {
    if axis.is_instant() {
        page.raw("<p class=\"fn\">All steps have one time: the order drawn is that of the record.");
        page.raw("</p>\n");
    }
    if let Some((from, to)) = axis.idle(document)
        && let (Some(from), Some(to)) = (civil(from), civil(to))
    {
        page.raw("<p class=\"fn\">Time is linear: between ");
        page.words(&from.strftime("%-d %B %Y").to_string())
            .raw(" and ");
        page.words(&to.strftime("%-d %B %Y").to_string());
        page.raw(" no step of the trace took place.</p>\n");
    }
    let steps = || document.traces.iter().flat_map(|trace| &trace.steps);
    let n_timeless = steps().filter(|step| step.when.seconds.is_none()).count();
    if n_timeless > 0 {
        page.raw("<p class=\"fn\">Steps without a time, drawn where their order puts them: ");
        page.number(i64::try_from(n_timeless).unwrap_or(i64::MAX))
            .raw(".</p>\n");
    }
}

fn key(page: &mut Markup) {
    page.raw(concat!(
        "<figcaption><ul class=\"key\">\n",
        "<li><svg viewBox=\"0 0 26 14\" aria-hidden=\"true\"><rect class=\"fm\" width=\"26\" ",
        "height=\"14\"/></svg> traced, certain under every listed policy</li>\n",
        "<li><svg viewBox=\"0 0 26 14\" aria-hidden=\"true\"><rect class=\"fs\" x=\".5\" y=\".5\" ",
        "width=\"25\" height=\"13\"/></svg> traced, as the policy places it: the record does not fix it</li>\n",
        "<li><svg viewBox=\"0 0 26 14\" aria-hidden=\"true\"><rect class=\"fc\" width=\"26\" ",
        "height=\"14\"/><rect class=\"e\" x=\".4\" y=\".4\" width=\"25.2\" height=\"13.2\"/></svg> ",
        "other money</li>\n",
        "<li><svg viewBox=\"0 0 26 14\" aria-hidden=\"true\"><rect class=\"fh\" width=\"26\" ",
        "height=\"14\"/><rect class=\"eu\" x=\".5\" y=\".5\" width=\"25\" height=\"13\"/></svg> ",
        "unexplained</li>\n",
        "<li><svg viewBox=\"0 0 26 14\" aria-hidden=\"true\"><rect class=\"gate\" x=\"8\" y=\"1\" ",
        "width=\"10\" height=\"12\"/></svg> gate: here an inference joins two records</li>\n",
        "<li><svg viewBox=\"0 0 26 14\" aria-hidden=\"true\"><rect class=\"bar\" x=\"10\" width=\"5\" ",
        "height=\"14\"/></svg> stop: not followed further</li>\n",
        "<li><svg viewBox=\"0 0 26 14\" aria-hidden=\"true\"><path class=\"x\" d=\"M8 2h6v10h-6\"/>",
        "</svg> rests at the end of the evidence</li>\n",
        "</ul></figcaption>\n"
    ));
}
