//! Time, linear, for the whole report.

use crate::document::{Document, civil};
use jiff::Span;
use jiff::civil::{DateTime, Time};
use jiff::tz::TimeZone;

/// Ticks on the axis at most.
const N_TICKS_MAX: usize = 9;

/// The time that a drawing shows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Axis {
    first: i64,
    last: i64,
}

/// A mark on the axis.
#[derive(Clone, Debug)]
pub(super) struct Tick {
    pub(super) seconds: i64,
    pub(super) text: String,
}

impl Axis {
    /// The time of all steps of the report; `None` if no step has a time.
    pub(super) fn of(document: &Document) -> Option<Self> {
        let times = || {
            let steps = document.traces.iter().flat_map(|trace| &trace.steps);
            steps.filter_map(|step| step.when.seconds)
        };
        Some(Self {
            first: times().min()?,
            last: times().max()?,
        })
    }

    /// Whether all steps have one time.
    pub(super) const fn is_instant(self) -> bool {
        self.first == self.last
    }

    /// The year or years, for the start of the axis.
    pub(super) fn years(self) -> String {
        let year = |seconds| civil(seconds).map(DateTime::year);
        match (year(self.first), year(self.last)) {
            (Some(first), Some(last)) if first == last => first.to_string(),
            (Some(first), Some(last)) => format!("{first} to {last}"),
            _ => String::new(),
        }
    }

    /// Place of a second between `from` and `to`, in hundredths of a pixel.
    pub(super) fn place(self, seconds: i64, from: i64, to: i64) -> i64 {
        let whole = i128::from(self.last) - i128::from(self.first);
        if whole == 0 {
            return from;
        }
        let part = i128::from(seconds) - i128::from(self.first);
        let along = part * i128::from(to - from) / whole;
        from + i64::try_from(along).unwrap_or(0)
    }

    /// The longest time without a step, if it is more than half of a long trace.
    pub(super) fn idle(self, document: &Document) -> Option<(i64, i64)> {
        let steps = document.traces.iter().flat_map(|trace| &trace.steps);
        let mut times: Vec<i64> = steps.filter_map(|step| step.when.seconds).collect();
        times.sort_unstable();
        times.dedup();
        let gap = times
            .windows(2)
            .map(|pair| (pair[1].saturating_sub(pair[0]), pair[0], pair[1]))
            .max_by_key(|gap| (gap.0, std::cmp::Reverse(gap.1)))?;
        let whole = self.last.saturating_sub(self.first);
        (times.len() > 2 && gap.0 > whole / 2).then_some((gap.1, gap.2))
    }

    /// Round times, at most [`N_TICKS_MAX`].
    pub(super) fn ticks(self) -> Vec<Tick> {
        let (Some(first), Some(last)) = (civil(self.first), civil(self.last)) else {
            return Vec::new();
        };
        if self.is_instant() {
            return vec![Tick {
                seconds: self.first,
                text: first.strftime("%-d %B %H:%M:%S").to_string(),
            }];
        }
        for grain in GRAINS {
            if let Some(ticks) = grain.ticks(first, last) {
                return ticks;
            }
        }
        Vec::new()
    }
}

/// A distance between ticks.
#[derive(Clone, Copy, Debug)]
enum Grain {
    Seconds(i64),
    Days(i64),
    Months(i8),
    Years(i16),
}

const GRAINS: [Grain; 30] = [
    Grain::Seconds(1),
    Grain::Seconds(5),
    Grain::Seconds(15),
    Grain::Seconds(60),
    Grain::Seconds(300),
    Grain::Seconds(900),
    Grain::Seconds(1_800),
    Grain::Seconds(3_600),
    Grain::Seconds(10_800),
    Grain::Seconds(21_600),
    Grain::Seconds(43_200),
    Grain::Days(1),
    Grain::Days(2),
    Grain::Days(4),
    Grain::Days(7),
    Grain::Days(14),
    Grain::Months(1),
    Grain::Months(2),
    Grain::Months(3),
    Grain::Months(6),
    Grain::Years(1),
    Grain::Years(2),
    Grain::Years(5),
    Grain::Years(10),
    Grain::Years(20),
    Grain::Years(50),
    Grain::Years(100),
    Grain::Years(500),
    Grain::Years(1_000),
    Grain::Years(5_000),
];

impl Grain {
    /// Ticks from the first round time that is not before `first` to `last`; `None` if too many.
    fn ticks(self, first: DateTime, last: DateTime) -> Option<Vec<Tick>> {
        let mut at = self.floor(first)?;
        let mut ticks = Vec::new();
        let mut n_tries = 0;
        while at <= last {
            n_tries += 1;
            if at >= first {
                ticks.push(Tick {
                    seconds: seconds(at)?,
                    text: at.strftime(self.pattern(at)).to_string(),
                });
            }
            if ticks.len() > N_TICKS_MAX || n_tries > 2 * N_TICKS_MAX {
                return None;
            }
            at = at.checked_add(self.span()).ok()?;
        }
        Some(ticks)
    }

    fn floor(self, first: DateTime) -> Option<DateTime> {
        let midnight = DateTime::from_parts(first.date(), Time::midnight());
        match self {
            Self::Seconds(grain) => {
                let since = seconds(first)? - seconds(midnight)?;
                midnight
                    .checked_add(Span::new().seconds(since / grain * grain))
                    .ok()
            }
            Self::Days(_) => Some(midnight),
            Self::Months(n) => {
                let month = (midnight.month() - 1) / n * n + 1;
                midnight.with().month(month).day(1).build().ok()
            }
            Self::Years(n) => {
                let year = midnight.year().div_euclid(n) * n;
                midnight.with().year(year).month(1).day(1).build().ok()
            }
        }
    }

    fn span(self) -> Span {
        match self {
            Self::Seconds(n) => Span::new().seconds(n),
            Self::Days(n) => Span::new().days(n),
            Self::Months(n) => Span::new().months(n),
            Self::Years(n) => Span::new().years(n),
        }
    }

    /// Ticks stand close: the day is said once, at its midnight.
    fn pattern(self, at: DateTime) -> &'static str {
        match self {
            Self::Seconds(n) if n < 60 => "%H:%M:%S",
            Self::Seconds(n) if n < 10_800 || at.time() != Time::midnight() => "%H:%M",
            Self::Seconds(_) | Self::Days(_) => "%-d %b",
            Self::Months(_) => "%b %Y",
            Self::Years(_) => "%Y",
        }
    }
}

fn seconds(at: DateTime) -> Option<i64> {
    Some(TimeZone::UTC.to_timestamp(at).ok()?.as_second())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticks(first: i64, last: i64) -> Vec<String> {
        let ticks = Axis { first, last }.ticks();
        ticks.into_iter().map(|tick| tick.text).collect()
    }

    #[test]
    fn ticks_are_round_and_few() {
        assert_eq!(
            ticks(1_714_780_800, 1_717_243_200),
            [
                "4 May", "8 May", "12 May", "16 May", "20 May", "24 May", "28 May", "1 Jun"
            ]
        );
        assert_eq!(
            ticks(0, 3),
            ["00:00:00", "00:00:01", "00:00:02", "00:00:03"]
        );
        assert_eq!(
            ticks(1_700_000_000, 1_700_100_000),
            [
                "15 Nov", "03:00", "06:00", "09:00", "12:00", "15:00", "18:00", "21:00", "16 Nov"
            ]
        );
        assert_eq!(ticks(7, 7), ["1 January 00:00:07"]);
        for last in [
            1,
            100,
            10_000,
            1_000_000,
            100_000_000,
            1_000_000_000,
            3_000_000_000,
        ] {
            let n_ticks = ticks(0, last).len();
            assert!((1..=N_TICKS_MAX).contains(&n_ticks), "{last}: {n_ticks}");
        }
    }
}
