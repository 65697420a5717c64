//! A name looked for in texts, across scripts and hands.
//!
//! Law: a hit names how well it agrees; none is an identity. A text is told from the name by its consonants first, so that most texts
//! cost no more than those.

use super::name::{Likeness, Name, skeleton};
use crate::linkage::name::jaro_winkler_permille;

/// Words of one name are similar from this Jaro–Winkler similarity on, in thousandths.
const SIMILAR_PERMILLE: u32 = 930;
/// Names of fewer consonants share them with too many others to be told by them alone.
const N_CONSONANTS_MIN: usize = 3;
/// Words that a hand may add to a name, by parting one or by a title.
const N_WORDS_MORE: usize = 2;

/// How well a text has a name, best first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum NameHit {
    /// The same letters.
    Same,
    /// One name in two spellings or scripts.
    Spelling,
    /// Some words of the name.
    Part,
    /// The same consonants with other vowels: Karim and Karam.
    OtherVowels,
    /// Similar consonants: a slip, or another name.
    Similar,
}

impl NameHit {
    /// For people.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Same => "the same letters",
            Self::Spelling => "one name in two spellings",
            Self::Part => "part of the name",
            Self::OtherVowels => "the same consonants, other vowels",
            Self::Similar => "similar consonants",
        }
    }
}

/// A name that is looked for.
#[derive(Clone, Debug)]
pub struct NameQuery {
    name: Name,
    n_words: usize,
}

impl NameQuery {
    /// Of a name, folded for matching; `None` if there is no name in it.
    pub fn new(folded: &str) -> Option<Self> {
        let is_name =
            folded.chars().any(char::is_alphabetic) && !folded.chars().any(|c| c.is_ascii_digit());
        let name = Name::parse(folded).filter(|_| is_name)?;
        Some(Self {
            name,
            n_words: folded.split_whitespace().count(),
        })
    }

    /// How well a text, folded, has the name. O(words of the text · words of the name).
    pub fn look(&self, folded: &str) -> Option<NameHit> {
        let words: Vec<&str> = folded.split_whitespace().collect();
        let skeletons: Vec<String> = words.iter().map(|word| skeleton(word)).collect();
        if !self.may_be_in(&skeletons) {
            return None;
        }
        let longest = (self.n_words + N_WORDS_MORE).min(words.len());
        let windows = (1..=longest).flat_map(|n| words.windows(n));
        windows
            .filter_map(|window| self.hit(&window.join(" ")))
            .min()
    }

    fn may_be_in(&self, skeletons: &[String]) -> bool {
        let of = |skeleton: &str| -> bool {
            let has =
                |word: &str| skeleton == word || skeleton.replace('j', "") == word.replace('j', "");
            self.name.words.iter().any(|word| has(&word.skeleton))
        };
        let run = skeletons.concat();
        skeletons.iter().any(|skeleton| of(skeleton))
            || run.contains(self.name.run())
            || run
                .replace('j', "")
                .contains(&self.name.run().replace('j', ""))
            || skeletons.iter().any(|skeleton| {
                jaro_winkler_permille(skeleton.as_bytes(), self.name.run().as_bytes())
                    >= SIMILAR_PERMILLE
            })
    }

    fn hit(&self, window: &str) -> Option<NameHit> {
        let found = Name::parse(window)?;
        let is_long = self.name.run().chars().count() >= N_CONSONANTS_MIN;
        match self.name.likeness(&found, SIMILAR_PERMILLE) {
            Likeness::Same => Some(NameHit::Same),
            Likeness::Spelling => Some(NameHit::Spelling),
            Likeness::Beginning | Likeness::Part if found.words.len() < self.name.words.len() => {
                Some(NameHit::Part)
            }
            Likeness::OtherVowels if is_long && found.words.len() == self.name.words.len() => {
                Some(NameHit::OtherVowels)
            }
            Likeness::Similar if is_long => Some(NameHit::Similar),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_in_sentences_and_other_scripts() {
        let query = NameQuery::new("rahmatullah").unwrap();
        for (text, hit) in [
            ("rahmatullah", Some(NameHit::Same)),
            ("حواله رحمت الله به زهرا در هرات", Some(NameHit::Spelling)),
            ("isplata rahmat ullah od zahra", Some(NameHit::Same)),
            ("zahra", None),
            ("", None),
        ] {
            assert_eq!(query.look(text), hit, "{text}");
        }
        let query = NameQuery::new("amin karimi").unwrap();
        assert_eq!(query.look("امین"), Some(NameHit::Part));
        assert_eq!(
            query.look("حواله امین کریمی به زهرا"),
            Some(NameHit::Spelling)
        );
        assert_eq!(
            NameQuery::new("کریم").unwrap().look("karam"),
            Some(NameHit::OtherVowels)
        );
        assert!(NameQuery::new("du-004").is_none());
    }
}
