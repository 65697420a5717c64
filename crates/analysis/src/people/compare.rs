//! What two mentions are compared by, in levels of agreement.
//!
//! Law: a level is a function of the two values alone; what one of the two does not say gives no level and no weight. Nothing is
//! compared that tells a people or a creed: a name counts by its spelling and its rarity in the case.
#![expect(
    clippy::float_arithmetic,
    clippy::cast_precision_loss,
    reason = "logarithms of shares; no money"
)]

use super::Options;
use super::mention::{Prepared, Values};
use super::name::{Likeness, Name, Title};
use crate::linkage::rarity::Counts;
use crate::linkage::shares::SILENT;
use rayon::prelude::*;
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::Bound;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

/// What is compared.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Comparison {
    /// Name.
    Name,
    /// Title.
    Title,
    /// Father's name.
    Father,
    /// Telephones.
    Phone,
    /// Number of a document.
    IdNo,
    /// Who deals with the person face to face.
    Home,
    /// The other party of the order.
    Partner,
}

/// How many comparisons there are.
pub(super) const N: usize = 7;

/// A level for each comparison.
pub(super) type Levels = [u8; N];

impl Comparison {
    /// All, in the order of their levels.
    pub const ALL: [Self; N] = [
        Self::Name,
        Self::Title,
        Self::Father,
        Self::Phone,
        Self::IdNo,
        Self::Home,
        Self::Partner,
    ];

    /// What its levels mean, best first.
    pub const fn levels(self) -> &'static [&'static str] {
        match self {
            Self::Name => &[
                "the same letters",
                "one name in two spellings",
                "the beginning of the other",
                "part of the other",
                "the same consonants, other vowels",
                "similar",
                "a word in common",
                "different",
            ],
            Self::Father => &["equal", "similar", "different"],
            Self::Title | Self::Phone | Self::IdNo | Self::Home | Self::Partner => {
                &["equal", "different"]
            }
        }
    }

    /// Whether agreement at this level is worth what the agreed value is rare.
    pub(super) const fn is_by_value(self, level: u8) -> bool {
        match self {
            Self::Name => level <= Likeness::Part as u8,
            _ => level == 0,
        }
    }

    /// Whether two mentions of one order agree on it because it is one order.
    pub(super) const fn is_of_order(self) -> bool {
        matches!(self, Self::Home | Self::Partner)
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Name => "name",
            Self::Title => "title",
            Self::Father => "father",
            Self::Phone => "phone",
            Self::IdNo => "id_no",
            Self::Home => "home",
            Self::Partner => "partner",
        })
    }
}

/// How rare values are among people. One who is named often is not thereby common: a value counts once for each of those who bear it and
/// are seen to be several, by home and father.
///
/// A pair that agrees on a value may itself be all that bears it: of those that do, one is left out. What is left of a name that
/// nobody else bears are its words, as if people were given them by lot.
#[derive(Debug, Default)]
pub(super) struct Frequencies<'a> {
    wholes: Counts<&'a str>,
    words: Counts<&'a str>,
    titles: Counts<Title>,
    fathers: Counts<&'a str>,
    phones: Counts<u32>,
    homes: Counts<u32>,
    partners: Counts<&'a str>,
    /// By name: people whose name has all its words.
    n_with: Vec<u32>,
    likenesses: Likenesses,
}

/// How names are alike, as far as it was asked lately: a table of places, each of which keeps the last two names that fell on it. What it keeps is a
/// function of the two names, so that it changes nothing who asks when.
#[derive(Debug, Default)]
struct Likenesses {
    /// Two names' numbers in 30 bits each, and their likeness in three; 0 where none was asked.
    places: Box<[AtomicU64]>,
}

impl Likenesses {
    /// Places for each name, and the most in all: 64 MiB.
    const OF_A_NAME: usize = 256;
    const N_MAX: usize = 1 << 23;

    fn new(n_names: usize) -> Self {
        // A number that 30 bits do not hold is looked at each time.
        let n = if n_names >> 30 == 0 {
            let n = n_names.saturating_mul(Self::OF_A_NAME);
            n.min(Self::N_MAX).next_power_of_two()
        } else {
            0
        };
        Self {
            places: (0..n).map(|_| AtomicU64::new(0)).collect(),
        }
    }

    /// Of two different names, the smaller first.
    fn of(&self, names: (u32, u32), look: impl FnOnce() -> Likeness) -> Likeness {
        let asked = (u64::from(names.0) << 30 | u64::from(names.1)) << 3;
        // Multiplicative hashing (Knuth 1998, 6.4).
        let hash = asked.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
        let Some(place) = usize::try_from(hash)
            .ok()
            .and_then(|hash| self.places.get(hash & self.places.len().saturating_sub(1)))
        else {
            return look();
        };
        let kept = place.load(Relaxed);
        if kept & !7 == asked {
            return Likeness::ALL[(kept & 7) as usize];
        }
        let found = look();
        place.store(asked | found as u64, Relaxed);
        found
    }
}

/// Who a mention is, as far as it is seen without comparing.
type Who = u32;

/// Name, home and father.
type Seen<'a> = (Option<&'a str>, Option<u32>, Option<&'a str>);

/// Numbers those who are seen to be several: whoever is named without a father is one of those of his name and home who are
/// named with one, if there are any; without a home, likewise.
fn numbered<'a>(seen: &[Seen<'a>]) -> Vec<Who> {
    let all: BTreeSet<Seen<'a>> = seen.iter().copied().collect();
    let mut numbers: BTreeMap<Seen<'a>, Who> = BTreeMap::new();
    let next = |name, home, father| {
        let mut later = all.range((Bound::Excluded((name, home, father)), Bound::Unbounded));
        later.next().copied()
    };
    let mut number = |of: Seen<'a>| {
        let (name, mut home, mut father) = of;
        // `None` comes before every value.
        if home.is_none()
            && let Some(with) = next(name, None, Some("\u{10ffff}")).filter(|with| with.0 == name)
        {
            home = with.1;
        }
        if father.is_none()
            && let Some(with) =
                next(name, home, None).filter(|with| (with.0, with.1) == (name, home))
        {
            father = with.2;
        }
        let n = u32::try_from(numbers.len()).unwrap_or(Who::MAX);
        *numbers.entry((name, home, father)).or_insert(n)
    };
    seen.iter().map(|&of| number(of)).collect()
}

impl<'a> Frequencies<'a> {
    pub(super) fn of(mentions: &[Prepared], values: &'a Values) -> Self {
        let whole = |name: u32| &*values.names[name as usize].whole;
        let own = |mention: &Prepared| mention.names.first().map(|&name| whole(name));
        let seen = mentions
            .iter()
            .map(|mention| (own(mention), mention.home, mention.father.map(whole)));
        let who = numbered(&seen.collect::<Vec<Seen<'_>>>());
        let mut names: BTreeSet<(&str, Who, u32)> = BTreeSet::new();
        let (mut partners, mut fathers, mut phones) =
            (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        let mut all = Self {
            likenesses: Likenesses::new(values.names.len()),
            ..Self::default()
        };
        for (mention, &who) in mentions.iter().zip(&who) {
            names.extend(mention.names.iter().map(|&name| (whole(name), who, name)));
            partners.extend(mention.partner.map(|partner| (whole(partner), who)));
            fathers.extend(mention.father.map(|father| (whole(father), who)));
            phones.extend(mention.phones.iter().map(|&phone| (phone, who)));
            all.homes.add(mention.home);
        }
        let mut bearers: BTreeMap<&str, BTreeSet<Who>> = BTreeMap::new();
        let titles = names
            .iter()
            .map(|of| (of.1, values.names[of.2 as usize].title));
        let titles: BTreeSet<(Who, Option<Title>)> = titles.collect();
        for of in &titles {
            all.titles.add(of.1);
        }
        let mut last = None;
        for &(whole, who, name) in &names {
            for word in &values.names[name as usize].words {
                bearers.entry(&word.skeleton).or_default().insert(who);
            }
            // Spellings of one name of one person are one.
            if last != Some((whole, who)) {
                last = Some((whole, who));
                all.wholes.add([whole]);
            }
        }
        let n_people = names.iter().map(|of| of.1).collect::<BTreeSet<Who>>().len();
        all.words.n = u32::try_from(n_people).unwrap_or(u32::MAX);
        all.words.of = bearers
            .iter()
            .map(|(&word, who)| (word, u32::try_from(who.len()).unwrap_or(u32::MAX)))
            .collect();
        let n_with = values.names.par_iter().map(|name| n_with(name, &bearers));
        all.n_with = n_with.collect();
        for of in &partners {
            all.partners.add([of.0]);
        }
        for of in &fathers {
            all.fathers.add([of.0]);
        }
        for of in &phones {
            all.phones.add([of.0]);
        }
        all
    }

    pub(super) fn home(&self, home: u32) -> f32 {
        self.homes.rarity(&home)
    }

    pub(super) fn phone(&self, phone: u32) -> f32 {
        self.phones.rarity(&phone)
    }

    pub(super) fn title(&self, title: Title) -> f32 {
        self.titles.rarity(&title)
    }

    pub(super) fn partner(&self, partner: &str) -> f32 {
        self.partners.rarity(&partner)
    }

    /// How rare what two names share is.
    fn name(&self, likeness: Likeness, a: (u32, &Name), b: (u32, &Name)) -> f32 {
        match likeness {
            // Two spellings of one name may have other consonants: a `j`.
            Likeness::Same | Likeness::Spelling => self.whole(a.1).min(self.whole(b.1)),
            Likeness::Beginning | Likeness::Part => {
                let n_with = |of: u32| self.n_with[of as usize];
                let n = match a.1.words.len().cmp(&b.1.words.len()) {
                    Ordering::Less => n_with(a.0),
                    Ordering::Equal => n_with(a.0).max(n_with(b.0)),
                    Ordering::Greater => n_with(b.0),
                };
                share(n, self.words.n, HALF)
            }
            _ => 0.0,
        }
    }

    fn whole(&self, name: &Name) -> f32 {
        let n = self.wholes.of.get(&&*name.whole).copied().unwrap_or(1);
        let words = name.words.iter().map(|word| {
            let n = self.words.of.get(&&*word.skeleton).copied().unwrap_or(1);
            n as f32 / self.words.n.max(1) as f32
        });
        let by_lot = words.product::<f32>() * self.wholes.n as f32;
        share(n, self.wholes.n, by_lot.clamp(LEAST, HALF))
    }
}

/// −log2 of the share of others among whom so many bear a value; `least` of none.
fn share(n: u32, of: u32, least: f32) -> f32 {
    let others = n.saturating_sub(1) as f32;
    (of.max(1) as f32 / others.max(least)).log2().max(0.0)
}

/// People that bear a value which nobody else is seen to bear.
const HALF: f32 = 0.5;
/// Names are no rarer than that, however rare their words.
const LEAST: f32 = 1.0 / 64.0;

/// How many have all words of a name.
fn n_with(name: &Name, bearers: &BTreeMap<&str, BTreeSet<Who>>) -> u32 {
    let mut sets: Vec<&BTreeSet<Who>> = Vec::new();
    for word in &name.words {
        match bearers.get(&*word.skeleton) {
            Some(set) => sets.push(set),
            None => return 0,
        }
    }
    sets.sort_by_key(|set| set.len());
    let Some((few, rest)) = sets.split_first() else {
        return 0;
    };
    let n = few
        .iter()
        .filter(|who| rest.iter().all(|set| set.contains(who)))
        .count();
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// A level and how rare the agreed value is.
pub(super) type Found = (u8, f32);

/// What names are compared by.
#[derive(Clone, Copy, Debug)]
pub(super) struct Judge<'a> {
    pub(super) values: &'a Values,
    pub(super) frequencies: &'a Frequencies<'a>,
    pub(super) options: &'a Options,
}

impl Judge<'_> {
    /// How two names are alike: asked of all who bear them, and looked at once.
    fn likeness(&self, a: u32, b: u32) -> Likeness {
        if a == b {
            return Likeness::Same;
        }
        let (a, b) = (a.min(b), a.max(b));
        let look = || {
            self.values
                .likeness(a, b, self.options.name_similarity_permille)
        };
        self.frequencies.likenesses.of((a, b), look)
    }

    /// How two names agree.
    pub(super) fn names(&self, a: u32, b: u32) -> Found {
        let names = &self.values.names;
        let (x, y) = (&names[a as usize], &names[b as usize]);
        let likeness = self.likeness(a, b);
        (
            likeness as u8,
            self.frequencies.name(likeness, (a, x), (b, y)),
        )
    }

    /// Whether two titles are one.
    pub(super) fn titles(&self, a: Title, b: Title) -> Found {
        if a == b {
            (0, self.frequencies.title(a))
        } else {
            (1, 0.0)
        }
    }

    /// How two fathers' names agree.
    pub(super) fn fathers(&self, a: u32, b: u32) -> Found {
        let names = &self.values.names;
        let likeness = self.likeness(a, b);
        let (a, b) = (&names[a as usize], &names[b as usize]);
        match likeness {
            Likeness::Same | Likeness::Spelling | Likeness::Beginning | Likeness::Part => {
                let rarity = &self.frequencies.fathers;
                (0, rarity.rarity(&&*a.whole).min(rarity.rarity(&&*b.whole)))
            }
            Likeness::OtherVowels | Likeness::Similar | Likeness::WordInCommon => (1, 0.0),
            Likeness::Different => (2, 0.0),
        }
    }

    /// Whether two names of partners mean one.
    pub(super) fn partners(&self, a: u32, b: u32) -> Found {
        let names = &self.values.names;
        let (x, y) = (&names[a as usize], &names[b as usize]);
        let is_same = self.values.may_be_one(a, b) && self.likeness(a, b) <= Likeness::Part;
        if is_same {
            let rarity = |name: &Name| self.frequencies.partner(&name.whole);
            (0, rarity(x).min(rarity(y)))
        } else {
            (1, 0.0)
        }
    }

    /// The levels of a pair, and how rare what it agrees on is.
    pub(super) fn compare(&self, a: &Prepared, b: &Prepared) -> (Levels, [f32; N]) {
        let (mut levels, mut rarity) = ([SILENT; N], [0.0; N]);
        let mut put = |comparison: Comparison, found: Option<Found>| {
            if let Some((level, bits)) = found {
                levels[comparison as usize] = level;
                rarity[comparison as usize] = bits;
            }
        };
        let names = a
            .names
            .iter()
            .flat_map(|&x| b.names.iter().map(move |&y| (x, y)));
        let best = names
            .map(|(x, y)| self.names(x, y))
            .reduce(|best, next| if next.0 < best.0 { next } else { best });
        put(Comparison::Name, best);
        put(
            Comparison::Title,
            a.title.zip(b.title).map(|(x, y)| self.titles(x, y)),
        );
        put(
            Comparison::Father,
            a.father.zip(b.father).map(|(x, y)| self.fathers(x, y)),
        );
        put(
            Comparison::Phone,
            shared(
                !a.phones.is_empty() && !b.phones.is_empty(),
                a.phones.iter().filter(|phone| b.phones.contains(phone)),
                |phone| self.frequencies.phone(phone),
            ),
        );
        put(
            Comparison::IdNo,
            a.id_no
                .zip(b.id_no)
                .map(|(x, y)| if x == y { (0, 20.0) } else { (1, 0.0) }),
        );
        put(
            Comparison::Home,
            a.home.zip(b.home).map(|(x, y)| {
                if x == y {
                    (0, self.frequencies.home(x))
                } else {
                    (1, 0.0)
                }
            }),
        );
        put(
            Comparison::Partner,
            a.partner.zip(b.partner).map(|(x, y)| self.partners(x, y)),
        );
        (levels, rarity)
    }
}

/// Whether two that both state values share one, and how rare the rarest of those in both is.
pub(super) fn shared<'v>(
    are_stated: bool,
    both: impl Iterator<Item = &'v u32>,
    rarity: impl Fn(u32) -> f32,
) -> Option<Found> {
    are_stated.then(|| {
        let rarest = both.map(|&value| rarity(value)).reduce(f32::max);
        rarest.map_or((1, 0.0), |bits| (0, bits))
    })
}
