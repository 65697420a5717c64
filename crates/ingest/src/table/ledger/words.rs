//! The words, dates and numbers of one book, as its profile and its habits say.

use crate::Error;
use crate::table::date::{DateHabit, DateReading};
use crate::table::lexicon::{EntryType, lexicon};
use crate::table::number::NumberHabit;
use crate::table::profile::{Profile, Unit, currency};
use crate::table::sheet::trim;
use crate::table::text::fold;
use jiff::tz::TimeZone;
use moneytrail_model::{Instant, Precision};
use rustc_hash::FxHashMap;

const DAY_SECONDS: i64 = 86_400;

/// Words of a book by their folded form.
pub(crate) struct Words {
    types: FxHashMap<String, EntryType>,
    units: FxHashMap<String, Unit>,
    pub(super) base: Unit,
    zone: TimeZone,
    pub(super) date: DateHabit,
    pub(super) number: NumberHabit,
}

impl Words {
    pub(crate) fn of(
        profile: &Profile,
        base: Unit,
        date: DateHabit,
        number: NumberHabit,
    ) -> Result<Self, Error> {
        let types = profile
            .types
            .iter()
            .filter_map(|(word, entry)| Some((fold(word), EntryType::from_word(entry)?)))
            .collect();
        let mut units = FxHashMap::default();
        for (word, code) in &profile.currencies {
            units.insert(key(word), currency(code)?);
        }
        Ok(Self {
            types,
            units,
            base,
            zone: profile.time_zone()?,
            date,
            number,
        })
    }

    pub(crate) const fn date_habit(&self) -> DateHabit {
        self.date
    }

    pub(super) fn has_type(&self, text: &str) -> bool {
        self.types.contains_key(&fold(text))
    }

    pub(crate) fn entry(&self, text: &str) -> Option<EntryType> {
        let words = crate::table::lexicon::words(text);
        self.types
            .get(&fold(text))
            .copied()
            .or_else(|| lexicon().types.of_cell(text))
            .or_else(|| lexicon().types.longest_in(&words).map(|(entry, ..)| entry))
    }

    pub(crate) fn unit(&self, text: &str) -> Option<Unit> {
        self.units.get(&key(text)).cloned().or_else(|| {
            let code = lexicon().currencies.exact(text)?;
            currency(&code).ok()
        })
    }

    pub(crate) fn instant(&self, date: DateReading) -> Instant {
        let midnight = date.days.saturating_mul(DAY_SECONDS);
        let (local, precision) = match date.clock {
            Some((seconds, precision)) => (midnight + seconds, precision),
            None => (midnight, Precision::Day),
        };
        Instant::new(local - self.offset(local), precision)
    }

    /// Seconds east of Greenwich at a local time.
    fn offset(&self, local: i64) -> i64 {
        jiff::Timestamp::from_second(local).map_or(0, |at| {
            let naive = jiff::tz::TimeZone::UTC.to_datetime(at);
            naive
                .to_zoned(self.zone.clone())
                .map_or(0, |zoned| i64::from(zoned.offset().seconds()))
        })
    }
}

/// A symbol folds to nothing, so it stands for itself.
fn key(word: &str) -> String {
    let folded = fold(word);
    if folded.is_empty() {
        trim(word).to_lowercase()
    } else {
        folded
    }
}
