//! How a line that pays out agrees with a deposit.

use super::line::{Kind, Line, Options};
use crate::dates::Course;
use crate::linkage::name::{Skeleton, bare};
use crate::reconcile::compare::is_slip;
use moneytrail_model::Amount;

/// Shortest code whose slips are told.
const SLIP_SIGNS_MIN: usize = 3;

/// How codes agree, best first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum CodeLevel {
    /// Equal, or one is a part of the other's number, such as `T12/2` of `T12`.
    Equal,
    /// One sign changed, lacking, or two neighbours swapped.
    Slip,
    /// One of the two states none.
    Silent,
    /// Another code.
    Differs,
}

/// How people agree, best first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum PersonLevel {
    /// A telephone, or the name, of who deposited or for whom.
    Named,
    /// One of the two names nobody.
    Silent,
    /// Others.
    Differs,
}

/// How the amount agrees with what is held, best first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum AmountLevel {
    /// All that is held, with the fee or without.
    All,
    /// Less.
    Part,
    /// One figure away from all that is held.
    Slip,
    /// More.
    More,
    /// None is stated in the asset that is held.
    OtherAsset,
}

/// The evidence that joins a line to a deposit.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Agreement {
    /// Codes.
    pub code: CodeLevel,
    /// People.
    pub person: PersonLevel,
    /// Amounts.
    pub amount: AmountLevel,
    /// Days from the deposit to the line, the fewest that their intervals allow; `None` if a day is not known.
    pub days: Option<i32>,
}

/// A line in its form for comparison.
#[derive(Debug)]
pub(super) struct Prepared<'a> {
    pub(super) line: &'a Line,
    /// Its days; of a date out of its place those between which its row stands.
    pub(super) days: Option<(i32, i32)>,
    /// The code, and the one that it is a part of.
    codes: Vec<String>,
    people: Vec<Skeleton>,
}

impl<'a> Prepared<'a> {
    pub(super) fn new(line: &'a Line, course: Option<&Course>) -> Self {
        let mut codes = Vec::new();
        if let Some(code) = &line.code {
            let base = code.split(['/', '\\']).next().unwrap_or(code);
            codes = vec![bare(code), bare(base)];
            codes.dedup();
            codes.retain(|code| !code.is_empty());
        }
        let people = line.people.iter().map(|name| Skeleton::of(name));
        let placed = course.filter(|_| line.kind != Kind::Received);
        let placed = placed.and_then(|course| course.placed(&line.seat));
        Self {
            line,
            days: placed.filter(|_| line.days.is_some()).or(line.days),
            codes,
            people: people.filter(|name| !name.is_empty()).collect(),
        }
    }

    /// The code as it is compared, if there is one.
    pub(super) fn bare_code(&self) -> Option<&str> {
        self.codes.first().map(String::as_str)
    }

    pub(super) fn code(&self, other: &Self) -> CodeLevel {
        let any = |is_alike: &dyn Fn(&str, &str) -> bool| {
            let mut pairs = self
                .codes
                .iter()
                .flat_map(|a| other.codes.iter().map(move |b| (a, b)));
            pairs.any(|(a, b)| is_alike(a, b))
        };
        if self.codes.is_empty() || other.codes.is_empty() {
            CodeLevel::Silent
        } else if any(&|a, b| a == b) {
            CodeLevel::Equal
        } else if any(&|a, b| {
            a.chars().count().min(b.chars().count()) >= SLIP_SIGNS_MIN && is_slip(a, b)
        }) {
            CodeLevel::Slip
        } else {
            CodeLevel::Differs
        }
    }

    pub(super) fn person(&self, other: &Self, options: &Options) -> PersonLevel {
        let mut phones = self.line.phones.iter();
        if phones.any(|phone| other.line.phones.contains(phone)) {
            return PersonLevel::Named;
        }
        if self.people.is_empty() || other.people.is_empty() {
            return PersonLevel::Silent;
        }
        let is_one = |a: &Skeleton, b: &Skeleton| {
            a.is_part_of(b) || a.similarity_permille(b) >= options.name_similarity_permille
        };
        let mut pairs = self
            .people
            .iter()
            .flat_map(|a| other.people.iter().map(move |b| (a, b)));
        if pairs.any(|(a, b)| is_one(a, b)) {
            PersonLevel::Named
        } else {
            PersonLevel::Differs
        }
    }

    /// Fewest days from a deposit to this line, below zero if it can only be before.
    pub(super) fn days_after(&self, deposit: &Self) -> Option<i32> {
        let (first, last) = (deposit.days?, self.days?);
        Some(if last.0 > first.1 {
            last.0.saturating_sub(first.1)
        } else if last.1 < first.0 {
            last.1.saturating_sub(first.0)
        } else {
            0
        })
    }

    /// Whether its row stands behind the deposit's in the same sheet.
    pub(super) fn stands_behind(&self, deposit: &Self) -> bool {
        let (a, b) = (deposit.line.seat, self.line.seat);
        (a.0, a.1) == (b.0, b.1) && a.2 < b.2
    }

    /// What the line moves in an asset.
    pub(super) fn amount(&self, asset: &str) -> Option<Amount> {
        let mut sums = self.line.sums.iter();
        sums.find(|sum| *sum.asset == *asset)
            .map(|sum| sum.amount)
            .filter(|amount| *amount > Amount::ZERO)
    }
}

/// Which lines a pass takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Pass {
    Code,
    CodeAndRow,
    Slip,
    NoCode,
}

impl Pass {
    /// The passes behind the first.
    pub(super) const LATER: [Self; 3] = [Self::CodeAndRow, Self::Slip, Self::NoCode];

    pub(super) const fn code(self) -> CodeLevel {
        match self {
            Self::Code | Self::CodeAndRow => CodeLevel::Equal,
            Self::Slip => CodeLevel::Slip,
            Self::NoCode => CodeLevel::Silent,
        }
    }

    /// Whether several chains that a line agrees with are one too many.
    pub(super) fn asks_for_one(self) -> bool {
        matches!(self, Self::Slip | Self::NoCode)
    }

    /// Whether the evidence beside the code is enough.
    pub(super) fn takes(self, line: &Line, deposit: &Line, of: &Agreement) -> bool {
        let is_named = of.person == PersonLevel::Named;
        match (self, line.kind) {
            (_, Kind::Deposit | Kind::Received) => false,
            (Self::Code | Self::CodeAndRow, Kind::Release | Kind::Refund) => true,
            // Another order may bear a number that is a deposit's code: its own sender pays for it.
            (Self::Code | Self::CodeAndRow, Kind::Order) => {
                is_named || !line.took_cash && of.person == PersonLevel::Silent
            }
            (Self::Slip, Kind::Release | Kind::Refund) => is_named || of.amount == AmountLevel::All,
            (Self::Slip, Kind::Order) => is_named && !line.took_cash,
            (Self::NoCode, Kind::Release | Kind::Refund) => {
                of.person != PersonLevel::Differs && (is_named || of.amount == AmountLevel::All)
            }
            (Self::NoCode, Kind::Order) => is_named && !line.took_cash && deposit.code.is_none(),
        }
    }
}
