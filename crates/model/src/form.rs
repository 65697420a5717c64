//! How a transaction on a UTXO chain is made, beside whom it pays: version, lock time, sequence numbers.
//!
//! A wallet's program writes them in its own way, and what one wallet makes looks alike. They are no part of the
//! money; what is concluded from them is an inference.

/// What a transaction states of its own form; `None` where the evidence does not say.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct TransactionForm {
    /// Version, as signed by the network's rules.
    pub version: Option<i32>,
    /// Lock time: zero, a height, or from 500,000,000 on seconds since 1970.
    pub lock_time: Option<u32>,
    /// The least sequence number of its inputs.
    pub sequence: Option<u32>,
}

/// The version that a wallet writes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum VersionHabit {
    /// 1.
    One,
    /// 2, which relative lock times need (BIP68).
    Two,
    /// Another.
    Other,
}

/// The lock time that a wallet writes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum LockTimeHabit {
    /// Zero: none.
    Zero,
    /// A height: wallets that discourage fee sniping write that of the chain's end.
    Height,
    /// A time.
    Time,
}

/// The sequence numbers that a wallet writes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum SequenceHabit {
    /// All final.
    Final,
    /// One lets the lock time count, none asks to be replaceable.
    Locking,
    /// One says that the transaction may be replaced (BIP125).
    Replaceable,
}

/// What wallets have in common that make transactions of one form; `None` where the evidence does not say.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Habits {
    /// Version.
    pub version: Option<VersionHabit>,
    /// Lock time.
    pub lock_time: Option<LockTimeHabit>,
    /// Sequence numbers.
    pub sequence: Option<SequenceHabit>,
}

/// From here on a lock time is a time, and no height.
const LOCK_TIME_THRESHOLD: u32 = 500_000_000;
/// From here on a sequence number does not ask to be replaceable (BIP125).
const SEQUENCE_NOT_REPLACEABLE: u32 = 0xffff_fffe;

impl TransactionForm {
    /// The habits that it shows.
    pub fn habits(self) -> Habits {
        Habits {
            version: self.version.map(|version| match version {
                1 => VersionHabit::One,
                2 => VersionHabit::Two,
                _ => VersionHabit::Other,
            }),
            lock_time: self.lock_time.map(|lock_time| match lock_time {
                0 => LockTimeHabit::Zero,
                1..LOCK_TIME_THRESHOLD => LockTimeHabit::Height,
                LOCK_TIME_THRESHOLD.. => LockTimeHabit::Time,
            }),
            sequence: self.sequence.map(|sequence| match sequence {
                u32::MAX => SequenceHabit::Final,
                SEQUENCE_NOT_REPLACEABLE.. => SequenceHabit::Locking,
                _ => SequenceHabit::Replaceable,
            }),
        }
    }
}

impl Habits {
    const VERSIONS: [Option<VersionHabit>; 4] = [
        None,
        Some(VersionHabit::One),
        Some(VersionHabit::Two),
        Some(VersionHabit::Other),
    ];
    const LOCK_TIMES: [Option<LockTimeHabit>; 4] = [
        None,
        Some(LockTimeHabit::Zero),
        Some(LockTimeHabit::Height),
        Some(LockTimeHabit::Time),
    ];
    const SEQUENCES: [Option<SequenceHabit>; 4] = [
        None,
        Some(SequenceHabit::Final),
        Some(SequenceHabit::Locking),
        Some(SequenceHabit::Replaceable),
    ];

    /// In one byte, two bits each; zero where nothing is known.
    pub fn code(self) -> u8 {
        self.version.map_or(0, |habit| 1 + habit as u8)
            | self.lock_time.map_or(0, |habit| 1 + habit as u8) << 2
            | self.sequence.map_or(0, |habit| 1 + habit as u8) << 4
    }

    /// What [`Habits::code`] gave. The two highest bits say nothing.
    pub const fn from_code(code: u8) -> Self {
        Self {
            version: Self::VERSIONS[(code & 3) as usize],
            lock_time: Self::LOCK_TIMES[(code >> 2 & 3) as usize],
            sequence: Self::SEQUENCES[(code >> 4 & 3) as usize],
        }
    }

    /// Whether both may be of one wallet: nothing that both say differs.
    pub fn agree(self, other: Self) -> bool {
        agree(self.version, other.version)
            && agree(self.lock_time, other.lock_time)
            && agree(self.sequence, other.sequence)
    }
}

fn agree<T: PartialEq>(a: Option<T>, b: Option<T>) -> bool {
    a.zip(b).is_none_or(|(a, b)| a == b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn habits_survive_their_byte() {
        for code in 0..64 {
            assert_eq!(Habits::from_code(code).code(), code);
        }
    }

    #[test]
    fn habits_are_those_of_the_networks_rules() {
        let form = |version, lock_time, sequence| TransactionForm {
            version: Some(version),
            lock_time: Some(lock_time),
            sequence: Some(sequence),
        };
        let plain = form(1, 0, u32::MAX).habits();
        assert_eq!(plain.version, Some(VersionHabit::One));
        assert_eq!(plain.lock_time, Some(LockTimeHabit::Zero));
        assert_eq!(plain.sequence, Some(SequenceHabit::Final));
        let core = form(2, 499_999_999, 0xffff_fffd).habits();
        assert_eq!(core.version, Some(VersionHabit::Two));
        assert_eq!(core.lock_time, Some(LockTimeHabit::Height));
        assert_eq!(core.sequence, Some(SequenceHabit::Replaceable));
        let other = form(-1, 500_000_000, 0xffff_fffe).habits();
        assert_eq!(other.version, Some(VersionHabit::Other));
        assert_eq!(other.lock_time, Some(LockTimeHabit::Time));
        assert_eq!(other.sequence, Some(SequenceHabit::Locking));
        assert!(!plain.agree(core));
        assert!(plain.agree(Habits::default()));
    }
}
