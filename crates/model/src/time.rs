//! Time with its precision, and the one comparison.
//!
//! Law: an [`Instant`] is the closed interval `[earliest, latest]` of UTC seconds in which something
//! happened. "A may precede B" holds when A's earliest is not after B's latest. A path is feasible
//! only if the running maximum of the earliest instants never passes a later step's latest:
//! [`PathClock`] keeps that maximum.

use std::fmt;

/// How exactly a time is known.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Precision {
    /// To the second.
    Second,
    /// To the minute.
    Minute,
    /// To the day.
    Day,
    /// To the month, taken as 31 days: an interval too wide is safe, one too narrow is not.
    Month,
    /// Not at all.
    Unknown,
}

impl Precision {
    /// The stored word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Second => "second",
            Self::Minute => "minute",
            Self::Day => "day",
            Self::Month => "month",
            Self::Unknown => "unknown",
        }
    }

    /// The precision with this stored word.
    pub fn from_word(word: &str) -> Option<Self> {
        [
            Self::Second,
            Self::Minute,
            Self::Day,
            Self::Month,
            Self::Unknown,
        ]
        .into_iter()
        .find(|precision| precision.as_str() == word)
    }

    const fn width_secs(self) -> i64 {
        match self {
            Self::Second | Self::Unknown => 1,
            Self::Minute => 60,
            Self::Day => 86_400,
            Self::Month => 31 * 86_400,
        }
    }
}

/// When something happened: UTC seconds and a precision. `Ord` is a content order for sorting, not
/// the order of events: that is asked of [`Instant::may_precede`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Instant {
    seconds: i64,
    precision: Precision,
}

impl Instant {
    /// No time is stated.
    pub const UNKNOWN: Self = Self {
        seconds: 0,
        precision: Precision::Unknown,
    };

    /// The interval of this precision that begins at `seconds` since 1970 UTC.
    pub const fn new(seconds: i64, precision: Precision) -> Self {
        match precision {
            Precision::Unknown => Self::UNKNOWN,
            _ => Self { seconds, precision },
        }
    }

    /// To the second.
    pub const fn at(seconds: i64) -> Self {
        Self::new(seconds, Precision::Second)
    }

    /// First second of the interval; the least `i64` when unknown.
    pub const fn earliest(self) -> i64 {
        match self.precision {
            Precision::Unknown => i64::MIN,
            _ => self.seconds,
        }
    }

    /// Last second of the interval; the greatest `i64` when unknown.
    pub const fn latest(self) -> i64 {
        match self.precision {
            Precision::Unknown => i64::MAX,
            _ => self.seconds.saturating_add(self.precision.width_secs() - 1),
        }
    }

    /// How exactly it is known.
    pub const fn precision(self) -> Precision {
        self.precision
    }

    /// Start of the interval, `None` when unknown.
    pub const fn seconds(self) -> Option<i64> {
        match self.precision {
            Precision::Unknown => None,
            _ => Some(self.seconds),
        }
    }

    /// The second whose UTC date names the interval. A day of a book begins at midnight of its own
    /// zone; its noon falls on the same date in UTC, for zones from UTC−11 to UTC+12.
    pub const fn named_second(self) -> i64 {
        match self.precision {
            Precision::Day | Precision::Month => self.seconds.saturating_add(43_200),
            Precision::Second | Precision::Minute | Precision::Unknown => self.seconds,
        }
    }

    /// Whether this may have happened before, or together with, `other`.
    pub const fn may_precede(self, other: Self) -> bool {
        self.earliest() <= other.latest()
    }

    /// Whether the record leaves the order of the two open.
    pub const fn overlaps(self, other: Self) -> bool {
        self.may_precede(other) && other.may_precede(self)
    }
}

impl fmt::Display for Instant {
    /// `2024-05-04 09:12:30`, `2024-05-04 09:12`, `2024-05-04`, `2024-05` or `unknown time`, UTC.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pattern = match self.precision {
            Precision::Second => "%Y-%m-%d %H:%M:%S",
            Precision::Minute => "%Y-%m-%d %H:%M",
            Precision::Day => "%Y-%m-%d",
            Precision::Month => "%Y-%m",
            Precision::Unknown => return f.write_str("unknown time"),
        };
        match jiff::Timestamp::from_second(self.named_second()) {
            Ok(timestamp) => write!(f, "{}", timestamp.strftime(pattern)),
            Err(_) => write!(f, "{} s since 1970", self.seconds),
        }
    }
}

/// Feasibility of a path in time, step by step.
///
/// ```
/// use moneytrail_model::{Instant, PathClock, Precision};
/// let mut clock = PathClock::start();
/// assert!(clock.advance(Instant::at(200_000)));
/// assert!(clock.advance(Instant::new(172_800, Precision::Day)), "same day, order open");
/// assert!(!clock.advance(Instant::at(199_999)), "the first step is never forgotten");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PathClock {
    not_before: i64,
}

impl PathClock {
    /// Before the first step.
    pub const fn start() -> Self {
        Self {
            not_before: i64::MIN,
        }
    }

    /// Takes the next step if the path stays feasible, and says whether it does.
    pub fn advance(&mut self, step: Instant) -> bool {
        let feasible = self.not_before <= step.latest();
        if feasible {
            self.not_before = self.not_before.max(step.earliest());
        }
        feasible
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn instants() -> impl Strategy<Value = Instant> {
        let precisions = prop::sample::select(vec![
            Precision::Second,
            Precision::Minute,
            Precision::Day,
            Precision::Month,
            Precision::Unknown,
        ]);
        (-4_000_000_000_i64..8_000_000_000, precisions).prop_map(|(s, p)| Instant::new(s, p))
    }

    proptest! {
        #[test]
        fn something_may_always_precede(a in instants(), b in instants()) {
            prop_assert!(a.may_precede(b) || b.may_precede(a));
            prop_assert!(a.may_precede(a));
            prop_assert!(a.earliest() <= a.latest());
        }

        #[test]
        fn a_clock_agrees_with_choosing_seconds(steps in prop::collection::vec(instants(), 1..8)) {
            // A path is feasible exactly if each step can be given a second, never descending.
            let mut clock = PathClock::start();
            let feasible = steps.iter().all(|&step| clock.advance(step));
            let mut now = i64::MIN;
            let greedy = steps.iter().all(|step| {
                now = now.max(step.earliest());
                now <= step.latest()
            });
            prop_assert_eq!(feasible, greedy);
        }
    }

    #[test]
    fn prints_what_is_known() {
        let day = 1_714_780_800;
        assert_eq!(Instant::new(day, Precision::Day).to_string(), "2024-05-04");
        assert_eq!(Instant::new(day, Precision::Month).to_string(), "2024-05");
        for offset_hours in -11..=12 {
            let local_midnight = day - offset_hours * 3_600;
            assert_eq!(
                Instant::new(local_midnight, Precision::Day).to_string(),
                "2024-05-04"
            );
        }
        assert_eq!(Instant::at(day + 61).to_string(), "2024-05-04 00:01:01");
        assert_eq!(Instant::UNKNOWN.to_string(), "unknown time");
    }
}
