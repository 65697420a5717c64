//! Times of a report: UTC, with their precision, and the book's own calendar beside it.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use moneytrail_model::{Instant, Precision};
use serde::{Deserialize, Serialize};

/// When something happened.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct When {
    /// UTC as ISO text, as far as it is known: `2024-05-04`, `2024-05-12 11:42:09`.
    pub utc: String,
    /// `second`, `minute`, `day`, `month` or `unknown`.
    pub precision: String,
    /// First second of the interval since 1970 UTC; `None` if unknown.
    pub seconds: Option<i64>,
    /// The same in the calendar of the book: `15 Sawr 1403`.
    pub calendar: Option<String>,
    /// Place in the chain: `height 845 517`.
    pub position: Option<String>,
}

impl When {
    /// The time of a transfer.
    pub fn new(instant: Instant) -> Self {
        Self {
            utc: instant.to_string(),
            precision: instant.precision().as_str().to_owned(),
            seconds: instant.seconds(),
            calendar: None,
            position: None,
        }
    }

    /// With the date as the book's calendar has it.
    #[must_use]
    pub fn in_calendar(mut self, calendar: &str) -> Self {
        self.calendar = Some(calendar.to_owned());
        self
    }

    /// With the place in its chain.
    #[must_use]
    pub fn at_position(mut self, position: &str) -> Self {
        self.position = Some(position.to_owned());
        self
    }

    /// `4 May 2024`, `May 2024` or `time unknown`.
    pub fn day(&self) -> String {
        let Some(civil) = self.civil() else {
            return self.unreadable();
        };
        match Precision::from_word(&self.precision) {
            Some(Precision::Month) => civil.strftime("%B %Y").to_string(),
            _ => civil.strftime("%-d %B %Y").to_string(),
        }
    }

    /// `4 May`, without a year.
    pub fn short_day(&self) -> String {
        let Some(civil) = self.civil() else {
            return self.unreadable();
        };
        match Precision::from_word(&self.precision) {
            Some(Precision::Month) => civil.strftime("%B").to_string(),
            _ => civil.strftime("%-d %B").to_string(),
        }
    }

    /// `11:42:09 UTC`, `11:42 UTC`, or the word of the precision.
    pub fn hour(&self) -> String {
        match (self.civil(), Precision::from_word(&self.precision)) {
            (Some(civil), Some(Precision::Second)) => civil.strftime("%H:%M:%S UTC").to_string(),
            (Some(civil), Some(Precision::Minute)) => civil.strftime("%H:%M UTC").to_string(),
            _ => self.precision.clone(),
        }
    }

    fn civil(&self) -> Option<DateTime> {
        let precision = Precision::from_word(&self.precision)?;
        civil(Instant::new(self.seconds?, precision).named_second())
    }

    fn unreadable(&self) -> String {
        if self.seconds.is_some() {
            self.utc.clone()
        } else {
            "time unknown".to_owned()
        }
    }
}

/// The UTC date and hour of a second, where the calendar has one.
pub(crate) fn civil(seconds: i64) -> Option<DateTime> {
    let timestamp = Timestamp::from_second(seconds).ok()?;
    Some(TimeZone::UTC.to_datetime(timestamp))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_no_more_than_is_known() {
        let at = |precision| When::new(Instant::new(1_714_780_800, precision));
        assert_eq!(at(Precision::Day).day(), "4 May 2024");
        assert_eq!(at(Precision::Day).hour(), "day");
        assert_eq!(at(Precision::Month).day(), "May 2024");
        assert_eq!(at(Precision::Second).hour(), "00:00:00 UTC");
        assert_eq!(When::new(Instant::UNKNOWN).day(), "time unknown");
        let far = When::new(Instant::at(i64::MAX));
        assert_eq!(far.day(), far.utc);
    }
}
