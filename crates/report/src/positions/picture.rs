//! The picture of a course: a line of steps over linear time, what the first owes above zero, what the second owes below.

use super::{Course, shown};
use crate::untrusted::Markup;
use moneytrail_model::money::mul_div_rem;
use moneytrail_model::{Amount, Instant, Precision};

/// Sizes in hundredths of a pixel.
const WIDTH: i64 = 95_200;
const LEFT: i64 = 1_000;
const RIGHT: i64 = 94_200;
const TOP: i64 = 3_000;
const BOTTOM: i64 = 17_000;
const HEIGHT: i64 = 20_500;

const DAY_SECONDS: i64 = 86_400;

/// The days that all pictures of a page share.
#[derive(Clone, Copy, Debug)]
pub(super) struct Axis {
    first: i64,
    last: i64,
}

impl Axis {
    /// From the first day to the last; `None` of no days.
    pub(super) fn over(days: impl Iterator<Item = i64> + Clone) -> Option<Self> {
        Some(Self {
            first: days.clone().min()?,
            last: days.max()?,
        })
    }

    /// Where a day stands. A day of one alone stands at the left.
    fn x(self, day: i64) -> i64 {
        let (past, whole) = (day.abs_diff(self.first), self.last.abs_diff(self.first));
        LEFT + scaled(past.into(), whole.into(), RIGHT - LEFT)
    }
}

/// A part of a whole on a length.
fn scaled(part: u128, whole: u128, length: i64) -> i64 {
    let length = u128::from(length.unsigned_abs());
    let found = mul_div_rem(part, length, whole).and_then(|of| i64::try_from(of.0).ok());
    found.unwrap_or(0)
}

/// Amounts on a height; zero is always on it.
#[derive(Clone, Copy)]
struct Scale {
    most: Amount,
    least: Amount,
}

impl Scale {
    fn of(course: &Course) -> Self {
        let positions = || course.steps.iter().map(|step| step.position);
        Self {
            most: positions().max().unwrap_or_default().max(Amount::ZERO),
            least: positions().min().unwrap_or_default().min(Amount::ZERO),
        }
    }

    fn y(self, amount: Amount) -> i64 {
        let below = self.most.units().abs_diff(amount.units());
        let whole = self.most.units().abs_diff(self.least.units());
        TOP + scaled(below, whole, BOTTOM - TOP)
    }
}

pub(super) fn write(page: &mut Markup, nth: u32, course: &Course, axis: Axis) {
    let scale = Scale::of(course);
    let label = "What the two owe each other over time; the table below says the same";
    page.raw("<figure class=\"flow\"><svg role=\"img\"")
        .attribute("aria-label", label);
    page.attribute("viewBox", &format!("0 0 {} {}", WIDTH / 100, HEIGHT / 100));
    page.raw(" preserveAspectRatio=\"xMidYMid meet\"><title>")
        .words(label)
        .raw("</title>\n");
    let zero = scale.y(Amount::ZERO);
    line(page, "gr", [LEFT, TOP, LEFT, BOTTOM]);
    line(page, "tk", [LEFT, zero, RIGHT, zero]);
    path(page, nth, course, axis, scale);
    for (amount, y, owes, owed) in [
        (scale.most, TOP, &course.first, &course.second),
        (scale.least, BOTTOM, &course.second, &course.first),
    ] {
        if amount == Amount::ZERO {
            continue;
        }
        line(page, "gr", [LEFT, y, RIGHT, y]);
        let above = if y == TOP { y - 800 } else { y + 1_500 };
        page.raw("<text class=\"mu\"")
            .length("x", LEFT + 400)
            .length("y", above)
            .raw(">");
        page.svg_evidence(owes).raw(" owes ").svg_evidence(owed);
        page.raw(" up to ")
            .words(&shown(super::magnitude(amount), course.decimals));
        page.raw(" ").svg_evidence(&course.asset).raw("</text>\n");
    }
    for (day, x, anchor) in [(axis.first, LEFT, "start"), (axis.last, RIGHT, "end")] {
        page.raw("<text class=\"mu\"")
            .length("x", x)
            .length("y", HEIGHT - 300);
        page.attribute("text-anchor", anchor).raw(">");
        let date = Instant::new(day.saturating_mul(DAY_SECONDS), Precision::Day);
        page.words(&date.to_string()).raw("</text>\n");
    }
    page.raw("</svg></figure>\n");
    let n_undated = course
        .steps
        .iter()
        .filter(|step| step.day.is_none())
        .count();
    if n_undated > 0 {
        page.raw("<p class=\"fn\">");
        page.number(i64::try_from(n_undated).unwrap_or(i64::MAX));
        page.raw(" steps have no date: they stand behind all others, at the right edge.</p>\n");
    }
}

fn line(page: &mut Markup, class: &'static str, [x1, y1, x2, y2]: [i64; 4]) {
    page.raw("<line").attribute("class", class);
    page.length("x1", x1).length("y1", y1);
    page.length("x2", x2).length("y2", y2).raw("/>\n");
}

/// The steps: along the day, then to what is owed then.
fn path(page: &mut Markup, nth: u32, course: &Course, axis: Axis, scale: Scale) {
    page.raw("<path class=\"x\" id=\"p")
        .number(nth)
        .raw("\" d=\"M");
    page.hundredths(LEFT).raw(" ");
    page.hundredths(scale.y(Amount::ZERO));
    for step in &course.steps {
        let x = step.day.map_or(RIGHT, |day| axis.x(day));
        page.raw("H").hundredths(x).raw("V");
        page.hundredths(scale.y(step.position));
    }
    page.raw("H").hundredths(RIGHT).raw("\"/>\n");
}
