//! Numbers as narrow as the greatest of them allows. The width stands in the file's directory.

use super::column::Column;
use super::file::{Sink, Source};
use crate::Error;

/// Numbers below 2³², in one, two or four bytes each.
#[derive(Clone, Debug)]
pub(super) enum Narrow {
    Byte(Column<u8>),
    Half(Column<u16>),
    Word(Column<u32>),
}

impl Narrow {
    /// The numbers, in order.
    pub(super) fn new(values: &[u32]) -> Self {
        let greatest = values.iter().copied().max().unwrap_or(0);
        let fits = "not above the greatest";
        if u8::try_from(greatest).is_ok() {
            let byte = |&value: &u32| u8::try_from(value).expect(fits);
            Self::Byte(values.iter().map(byte).collect::<Vec<_>>().into())
        } else if u16::try_from(greatest).is_ok() {
            let half = |&value: &u32| u16::try_from(value).expect(fits);
            Self::Half(values.iter().map(half).collect::<Vec<_>>().into())
        } else {
            Self::Word(values.to_vec().into())
        }
    }

    #[inline]
    pub(super) fn get(&self, idx: usize) -> u32 {
        match self {
            Self::Byte(values) => values[idx].into(),
            Self::Half(values) => values[idx].into(),
            Self::Word(values) => values[idx],
        }
    }

    pub(super) fn len(&self) -> usize {
        match self {
            Self::Byte(values) => values.len(),
            Self::Half(values) => values.len(),
            Self::Word(values) => values.len(),
        }
    }

    pub(super) fn save<'a>(&'a self, sink: &mut Sink<'a>, part: &'static str) {
        match self {
            Self::Byte(values) => sink.column(part, values),
            Self::Half(values) => sink.column(part, values),
            Self::Word(values) => sink.column(part, values),
        }
    }

    pub(super) fn open(source: &mut Source<'_>) -> Result<Self, Error> {
        Ok(match source.width()? {
            1 => Self::Byte(source.column()?),
            2 => Self::Half(source.column()?),
            _ => Self::Word(source.column()?),
        })
    }
}

/// Offsets into bytes: four bytes each below 4 GiB, else eight.
#[derive(Clone, Debug)]
pub(super) enum Offsets {
    Word(Column<u32>),
    Long(Column<u64>),
}

impl Offsets {
    /// Ascending offsets.
    pub(super) fn new(values: &[u64]) -> Self {
        let word = |&value: &u64| u32::try_from(value).ok();
        // Offsets ascend: if the last one fits, all do.
        if values.last().is_none_or(|last| word(last).is_some()) {
            return Self::Word(values.iter().filter_map(word).collect::<Vec<_>>().into());
        }
        Self::Long(values.to_vec().into())
    }

    #[inline]
    pub(super) fn get(&self, idx: usize) -> Option<usize> {
        match self {
            Self::Word(values) => values.get(idx).map(|&value| value as usize),
            Self::Long(values) => values.get(idx).and_then(|&v| usize::try_from(v).ok()),
        }
    }

    pub(super) fn len(&self) -> usize {
        match self {
            Self::Word(values) => values.len(),
            Self::Long(values) => values.len(),
        }
    }

    pub(super) fn save<'a>(&'a self, sink: &mut Sink<'a>, part: &'static str) {
        match self {
            Self::Word(values) => sink.column(part, values),
            Self::Long(values) => sink.column(part, values),
        }
    }

    pub(super) fn open(source: &mut Source<'_>) -> Result<Self, Error> {
        Ok(match source.width()? {
            4 => Self::Word(source.column()?),
            _ => Self::Long(source.column()?),
        })
    }
}

/// Seconds: four bytes above the least of them if they span less than 2³², else eight.
#[derive(Clone, Debug)]
pub(super) enum Seconds {
    Word { base: i64, above: Column<u32> },
    Long(Column<i64>),
}

impl Seconds {
    /// The seconds, in order.
    pub(super) fn new(values: &[i64]) -> Self {
        let base = values.iter().copied().min().unwrap_or(0);
        let above = |&value: &i64| value.checked_sub(base).and_then(|d| u32::try_from(d).ok());
        match values.iter().map(above).collect::<Option<Vec<u32>>>() {
            Some(above) => Self::Word {
                base,
                above: above.into(),
            },
            None => Self::Long(values.to_vec().into()),
        }
    }

    #[inline]
    pub(super) fn get(&self, idx: usize) -> i64 {
        match self {
            Self::Word { base, above } => base.wrapping_add(above[idx].into()),
            Self::Long(values) => values[idx],
        }
    }

    pub(super) fn len(&self) -> usize {
        match self {
            Self::Word { above, .. } => above.len(),
            Self::Long(values) => values.len(),
        }
    }

    pub(super) fn save<'a>(&'a self, sink: &mut Sink<'a>, part: &'static str) {
        match self {
            Self::Word { base, above } => {
                sink.number(base.cast_unsigned());
                sink.column(part, above);
            }
            Self::Long(values) => {
                sink.number(0);
                sink.column(part, values);
            }
        }
    }

    pub(super) fn open(source: &mut Source<'_>) -> Result<Self, Error> {
        let base = source.number()?.cast_signed();
        Ok(match source.width()? {
            4 => Self::Word {
                base,
                above: source.column()?,
            },
            _ => Self::Long(source.column()?),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_come_back_in_the_width_that_the_greatest_needs() {
        for (greatest, width) in [
            (0xff, 1),
            (0x100, 2),
            (0xffff, 2),
            (0x1_0000, 4),
            (u32::MAX, 4),
        ] {
            let values = [0, 7, greatest];
            let narrow = Narrow::new(&values);
            let found = match &narrow {
                Narrow::Byte(column) => column.bytes().len(),
                Narrow::Half(column) => column.bytes().len(),
                Narrow::Word(column) => column.bytes().len(),
            };
            assert_eq!(found, 3 * width);
            assert!((0..3).all(|idx| narrow.get(idx) == values[idx]));
        }
        for last in [0, u64::from(u32::MAX), 1 << 32] {
            let offsets = Offsets::new(&[0, last]);
            assert_eq!(
                matches!(offsets, Offsets::Long(_)),
                last > u64::from(u32::MAX)
            );
            assert_eq!(offsets.get(1), usize::try_from(last).ok());
            assert_eq!(offsets.get(2), None);
        }
        for values in [
            [5, 5 + i64::from(u32::MAX)],
            [5, 6 + i64::from(u32::MAX)],
            [i64::MIN, i64::MAX],
            [i64::MIN, i64::MIN],
        ] {
            let seconds = Seconds::new(&values);
            assert_eq!([seconds.get(0), seconds.get(1)], values);
        }
    }
}
