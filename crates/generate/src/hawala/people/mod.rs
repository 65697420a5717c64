//! Names of customers, as the hand of a book writes them.
//!
//! Laws: who a person is follows from the seed and his number alone; so do the habits of a hand with him. Nothing is kept of anybody.
//! A name is as common as 1 / (its rank + 2): the first are many people's, so that a name alone tells nobody apart.
//!
//! Habits, as seized books show them: a hand spells a person as it began to in nine of ten rows; it leaves the family out in one row of three,
//! names the father in one of five, and leaves titles out altogether or not; one row of fifty has a letter too few.

mod lists;

use crate::names;
use crate::random::Dice;

/// Of a hundred rows so many keep to the hand's spelling.
const KEEPS_PERCENT: u64 = 90;
/// Of a hundred people so many have a family name in any book.
const HAS_FAMILY_PERCENT: u64 = 75;
/// And so many a title.
const HAS_TITLE_PERCENT: u64 = 16;
/// And so many are women.
const WOMEN_PERCENT: u64 = 22;
/// Of a hundred men so many have two given names.
const TWO_NAMES_PERCENT: u64 = 12;
/// Of a hundred hands so many write a person's title.
const TITLED_PERCENT: u64 = 67;
/// Of a hundred rows so many have the family name.
const FAMILY_PERCENT: u64 = 67;
/// And so many the father's.
const FATHER_PERCENT: u64 = 20;
/// Rows of which one has a letter too few.
const SLIP_ONE_IN: u64 = 50;
/// Of a hundred rows of a book with telephones so many have that of whoever stands at the counter.
const PHONE_PERCENT: u64 = 60;

/// A name in the six languages; several spellings are parted by commas.
type Name = [&'static str; 6];

/// How a book writes names: where its language stands in the lists, and how it names a father.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Hand {
    Persian,
    Arabic,
    English,
    Serbian,
    Turkish,
    German,
}

impl Hand {
    const fn father(self) -> &'static str {
        match self {
            Self::Persian => "ولد",
            Self::Arabic => "بن",
            Self::English => "s/o",
            Self::Serbian => "sin",
            Self::Turkish => "oğlu",
            Self::German => "Sohn des",
        }
    }

    const fn daughter(self) -> &'static str {
        match self {
            Self::Persian | Self::Arabic => "بنت",
            Self::English => "d/o",
            Self::Serbian => "kći",
            Self::Turkish => "kızı",
            Self::German => "Tochter des",
        }
    }
}

/// All names, and the draws of rows.
#[derive(Debug)]
pub(super) struct People {
    seed: u64,
    men: Vec<Name>,
    women: Vec<Name>,
    families: Vec<Name>,
    titles: Vec<Name>,
    rows: Dice,
}

/// Who somebody is.
struct Person {
    given: Name,
    /// A second given name.
    second: Option<Name>,
    father: Name,
    family: Option<Name>,
    title: Option<Name>,
    is_woman: bool,
}

fn list(text: &'static str) -> Vec<Name> {
    let lines = text.trim().lines();
    lines
        .map(|line| {
            let mut spellings = line.split('|');
            std::array::from_fn(|_| spellings.next().unwrap_or_default())
        })
        .collect()
}

/// Draws a name by its rank.
fn draw(names: &[Name], dice: &mut Dice) -> Name {
    const WHOLE: u64 = 1 << 20;
    let weight = |rank: usize| WHOLE / (rank as u64 + 2);
    let mut left = dice.below((0..names.len()).map(weight).sum());
    for (rank, name) in names.iter().enumerate() {
        match left.checked_sub(weight(rank)) {
            Some(rest) => left = rest,
            None => return *name,
        }
    }
    names[0]
}

impl People {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            seed,
            men: list(lists::MEN),
            women: list(lists::WOMEN),
            families: list(lists::FAMILIES),
            titles: list(lists::TITLES),
            // A stream of its own: what happens in a network does not hang on how names are written.
            rows: Dice::new(seed, 1),
        }
    }

    /// Draws that follow from these numbers alone.
    fn dice(&self, what: &str, number: u64) -> Dice {
        let id = names::id(self.seed, what, number);
        let mut bits = [0; 8];
        bits.copy_from_slice(&id[..8]);
        Dice::new(u64::from_le_bytes(bits), number)
    }

    fn person(&self, number: u32) -> Person {
        let mut dice = self.dice("person", number.into());
        let is_woman = dice.percent(WOMEN_PERCENT);
        let given = draw(if is_woman { &self.women } else { &self.men }, &mut dice);
        let second = draw(&self.men, &mut dice);
        let has_second = !is_woman && dice.percent(TWO_NAMES_PERCENT) && second != given;
        let family = draw(&self.families, &mut dice);
        let title = draw(&self.titles, &mut dice);
        Person {
            given,
            second: has_second.then_some(second),
            father: draw(&self.men, &mut dice),
            family: dice.percent(HAS_FAMILY_PERCENT).then_some(family),
            title: (!is_woman && dice.percent(HAS_TITLE_PERCENT)).then_some(title),
            is_woman,
        }
    }

    /// Writes a person's name in the book of a keeper.
    pub(super) fn write(&mut self, number: u32, keeper: usize, hand: Hand) -> String {
        let person = self.person(number);
        let mut habits = self.dice("hand", (u64::from(number) << 16) ^ keeper as u64);
        let rows = &mut self.rows;
        let mut spell = |name: Name| {
            let all: Vec<&str> = name[hand as usize].split(',').collect();
            let habit = all[habits.index(all.len())];
            let keeps = rows.percent(KEEPS_PERCENT);
            let other = all[rows.index(all.len())];
            if keeps { habit } else { other }
        };
        let (given, second) = (spell(person.given), person.second.map(&mut spell));
        let (father, family) = (spell(person.father), person.family.map(&mut spell));
        let title = person.title.map(&mut spell);
        let is_titled = habits.percent(TITLED_PERCENT);
        let mut words = Vec::new();
        words.extend(title.filter(|_| is_titled));
        words.push(given);
        words.extend(second);
        words.extend(family.filter(|_| rows.percent(FAMILY_PERCENT)));
        if rows.percent(FATHER_PERCENT) {
            let child = if person.is_woman {
                hand.daughter()
            } else {
                hand.father()
            };
            match hand {
                // `Mehmet oğlu Ali`.
                Hand::Turkish => {
                    words.insert(0, child);
                    words.insert(0, father);
                }
                _ => words.extend([child, father]),
            }
        }
        let mut text = words.join(" ");
        if rows.one_in(SLIP_ONE_IN) {
            let letters: Vec<(usize, char)> = text.char_indices().skip(1).collect();
            if let Some((at, _)) = letters.get(rows.index(letters.len())) {
                text.remove(*at);
            }
        }
        text
    }

    /// The telephone of a person, or nothing where the row has none.
    pub(super) fn phone(&mut self, number: u32) -> String {
        let digits = self.dice("phone", number.into()).below(100_000_000);
        let has_phone = self.rows.percent(PHONE_PERCENT);
        if has_phone {
            format!("7{digits:08}")
        } else {
            String::new()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    const HANDS: [Hand; 6] = [
        Hand::Persian,
        Hand::Arabic,
        Hand::English,
        Hand::Serbian,
        Hand::Turkish,
        Hand::German,
    ];

    #[test]
    fn every_name_is_spelled_in_every_language() {
        for text in [lists::MEN, lists::WOMEN, lists::FAMILIES, lists::TITLES] {
            for line in text.trim().lines() {
                let spellings: Vec<&str> = line.split('|').collect();
                assert_eq!(spellings.len(), HANDS.len(), "{line}");
                let all = spellings.iter().flat_map(|of| of.split(','));
                assert!(
                    all.into_iter().all(|of| of.trim() == of && !of.is_empty()),
                    "{line}"
                );
            }
        }
    }

    #[test]
    fn names_hang_on_seed_and_number_and_the_first_are_common() {
        let mut people = People::new(7);
        let mut given: BTreeMap<&str, u32> = BTreeMap::new();
        for number in 0..4_000 {
            let person = people.person(number);
            *given.entry(person.given[2]).or_default() += 1;
            assert_eq!(person.given, People::new(7).person(number).given);
        }
        let most = given.iter().max_by_key(|of| of.1).unwrap();
        assert!(
            most.0.starts_with("Mohammad") || most.0.starts_with("Fatima"),
            "{most:?}"
        );
        assert!(given.len() > 70, "{}", given.len());
        let written: Vec<String> = (0..50).map(|_| people.write(5, 0, Hand::English)).collect();
        let mut again = People::new(7);
        for number in 0..4_000 {
            again.person(number);
        }
        let same: Vec<String> = (0..50).map(|_| again.write(5, 0, Hand::English)).collect();
        assert_eq!(written, same);
        let mut distinct = written;
        distinct.sort();
        distinct.dedup();
        assert!(distinct.len() > 3, "{distinct:?}");
    }
}
