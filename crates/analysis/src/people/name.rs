//! A person's name as a hand wrote it: words by consonants and vowels, titles apart.
//!
//! Laws: two spellings are compared by what both scripts write; spacing, titles, doubled letters and the order of words do not count;
//! a vowel that only one of the two writes speaks neither for nor against.
//!
//! Consonants unite Karim and Karam, Hasan and Hussain, Jamil and Jamal: they propose. Vowels tell these apart, as far as they are
//! written: a Latin `a` is not the `ی` of کریم, and two words in Arabic script differ by their long vowels.

use crate::linkage::name::{consonants, jaro_winkler_permille};
use smallvec::SmallVec;

/// What a title says of its bearer: words of one class in all scripts, folded. They stay with a person longer than the courtesies below.
const TITLES: [(Title, &[&str]); 9] = [
    (
        Title::Haji,
        &[
            "حاجی",
            "حاج",
            "الحاج",
            "haji",
            "hadzi",
            "hadji",
            "hajji",
            "hacı",
            "haci",
            "hadschi",
        ],
    ),
    (Title::Mullah, &["ملا", "mullah", "mulla", "molla", "mula"]),
    (
        Title::Mawlawi,
        &["مولوی", "مولانا", "maulavi", "mawlawi", "mevlevi"],
    ),
    (
        Title::Sayed,
        &[
            "سید",
            "السید",
            "sayed",
            "sayyid",
            "sayid",
            "seyed",
            "seyyid",
            "sejid",
        ],
    ),
    (Title::Ustad, &["استاد", "ustad", "ustaz", "ostad"]),
    (
        Title::Engineer,
        &[
            "انجینر",
            "انجنیر",
            "مهندس",
            "eng",
            "engineer",
            "ing",
            "muhendis",
            "inzenjer",
            "inz",
        ],
    ),
    (
        Title::Doctor,
        &["داکتر", "دکتر", "دکتور", "dr", "doctor", "doktor"],
    ),
    (Title::Sheikh, &["شیخ", "sheikh", "sejh", "seyh", "shaikh"]),
    (Title::Qari, &["قاری", "qari", "kari"]),
];

/// Courtesies, folded: they tell nobody apart, unless they are all that is written.
const COURTESIES: [&str; 16] = [
    "خان", "جان", "صاحب", "آقای", "اقای", "آقا", "خانم", "khan", "kan", "han", "jan", "dzan",
    "can", "sahib", "bey", "beg",
];

/// How Latin hands shorten Mohammad.
const SHORT_MOHAMMAD: [&str; 6] = ["m", "moh", "mohd", "mhd", "md", "muh"];

/// What a title says of its bearer.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) enum Title {
    Haji,
    Mullah,
    Mawlawi,
    Sayed,
    Ustad,
    Engineer,
    Doctor,
    Sheikh,
    Qari,
}

fn title(word: &str) -> Option<Title> {
    TITLES.iter().find(|of| of.1.contains(&word)).map(|of| of.0)
}

/// Words that begin names of two words, by their consonants: عبد, Abdul.
const SERVANT: [&str; 2] = ["bd", "bdl"];
/// Words that end names of two words, folded: الله.
const OF_GOD: [&str; 9] = [
    "الله", "allah", "ullah", "ulla", "ulah", "ollah", "olah", "allah", "lah",
];
/// Articles that stand alone, folded.
const ARTICLES: [&str; 6] = ["ال", "al", "el", "ul", "ol", "as"];

/// Vowels that stand between two consonants.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct Gap(u8);

const A: u8 = 1;
const E: u8 = 2;
const I: u8 = 4;
const U: u8 = 8;
/// What is an `ی` in Arabic script: ee, ei, ai.
const LONG_I: u8 = 16;

impl Gap {
    /// Whether two gaps are of two names. `arabic`: in which script each stands.
    fn conflicts(self, other: Self, arabic: [bool; 2]) -> bool {
        let plain = |gap: Self| {
            if gap.0 & LONG_I != 0 {
                gap.0 & !(A | E)
            } else {
                gap.0
            }
        };
        let (a, b) = (plain(self), plain(other));
        if a == 0 || b == 0 {
            let (silent, written, of) = if a == 0 {
                (arabic[0], b, arabic[1])
            } else {
                (arabic[1], a, arabic[0])
            };
            // Only Arabic script says by silence that no long vowel stands there.
            return silent && written != 0 && (of || written & LONG_I != 0);
        }
        let widened = |of: u8| {
            let mut of = of;
            if of & E != 0 {
                of |= A | I | U;
            }
            if of & (I | LONG_I) != 0 {
                of |= I | LONG_I;
            }
            of
        };
        widened(a) & b == 0 && a & widened(b) == 0
    }
}

/// A word of a name.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) struct Word {
    /// Its consonants in one script.
    pub(super) skeleton: Box<str>,
    /// Vowels before each consonant, and behind the last.
    gaps: Box<[Gap]>,
    is_arabic: bool,
    /// Whether a Latin hand writes what another may write `j`.
    has_i: bool,
    /// The consonants with the last one voiced, by this hand and by others.
    voiced: Box<str>,
    hands: Box<[Box<str>]>,
}

impl Word {
    fn of(text: &str) -> Option<Self> {
        let is_arabic = is_arabic(text);
        let (mut skeleton, mut gaps) = spoken(text, is_arabic);
        if skeleton.is_empty() {
            return None;
        }
        // The l of the article sounds like what follows: Abdul Rashid, Abdurašid, عبدالرشید.
        if skeleton.starts_with("bdl") && skeleton.len() > 3 {
            skeleton.remove(2);
            let before = gaps.remove(2);
            gaps[2].0 |= before.0;
        }
        let word = Self {
            gaps: gaps.into(),
            skeleton: skeleton.into(),
            is_arabic,
            has_i: text.chars().any(|sign| matches!(sign, 'i' | 'y' | 'ı')),
            voiced: Box::default(),
            hands: Box::default(),
        };
        Some(word.heard())
    }

    /// The word, as its consonants have it voiced.
    fn heard(mut self) -> Self {
        self.voiced = voiced(&self.skeleton).into();
        self.hands = self.variants().map(|of| voiced(&of).into()).collect();
        self
    }

    /// Its consonants as a hand of the other script may have them: a `j` is a vowel to some (Lejla, Jusuf), غ is a `g` (Gulam) and خ an
    /// `h`, which is none of the classes (Halid).
    pub(super) fn variants(&self) -> impl Iterator<Item = String> {
        let varied = |from: char, to: &str| {
            let text = self.skeleton.replace(from, to);
            (text != *self.skeleton && !text.is_empty()).then_some(text)
        };
        let of = if self.is_arabic {
            [None, varied('x', "g"), varied('x', "")]
        } else {
            [varied('j', ""), varied('g', "j"), None]
        };
        of.into_iter().flatten()
    }

    /// What it shares one of with every word that has its consonants.
    pub(super) fn keys(&self) -> impl Iterator<Item = &str> {
        let all = std::iter::once(&self.voiced).chain(&self.hands);
        all.map(|key| &**key)
    }

    fn has_consonants_of(&self, other: &Self) -> bool {
        self.voiced == other.voiced || self.is_other_hand_of(other) || other.is_other_hand_of(self)
    }

    fn is_other_hand_of(&self, other: &Self) -> bool {
        (self.is_arabic != other.is_arabic || other.has_i && !self.is_arabic)
            && self.hands.contains(&other.voiced)
    }

    /// Whether the vowels that both write are of two names.
    fn conflicts(&self, other: &Self) -> bool {
        if self.gaps.len() != other.gaps.len() {
            return false;
        }
        let arabic = [self.is_arabic, other.is_arabic];
        let last = self.gaps.len() - 1;
        let mut pairs = self.gaps.iter().zip(other.gaps.iter()).enumerate();
        pairs.any(|(place, (a, b))| match place {
            // Whether there is a vowel at the end tells Jamil from Jamila; which one is a matter of spelling.
            _ if place == last => (a.0 == 0) != (b.0 == 0),
            // An alef that begins a word bears any vowel.
            0 if self.is_arabic || other.is_arabic => false,
            _ => a.conflicts(*b, arabic),
        })
    }
}

/// Consonants with the last one voiced: a Turkish hand writes Davut, Yakup.
fn voiced(skeleton: &str) -> String {
    let voice = |last: char| match last {
        't' => 'd',
        'p' => 'b',
        other => other,
    };
    let mut voiced = skeleton.to_owned();
    if let Some(last) = voiced.pop() {
        voiced.push(voice(last));
    }
    voiced
}

fn is_arabic(text: &str) -> bool {
    text.chars()
        .any(|sign| ('\u{600}'..='\u{6ff}').contains(&sign))
}

/// Consonants of a word, as names are compared by them.
pub(super) fn skeleton(word: &str) -> String {
    spoken(word, is_arabic(word)).0
}

/// Consonants, and the vowels before each and behind the last. A letter that is written twice is spoken once, but for one that Arabic
/// script writes twice: there a vowel stands between, unwritten (ممتاز); only ل is the article's and the word's.
fn spoken(text: &str, is_arabic: bool) -> (String, Vec<Gap>) {
    let (mut skeleton, mut gaps) = (String::with_capacity(text.len()), vec![Gap(0)]);
    // The consonant just before, with no sign between.
    let mut last: Option<char> = None;
    let signs: Vec<char> = text.chars().flat_map(char::to_lowercase).collect();
    let mut at = 0;
    while at < signs.len() {
        let (sign, next) = (signs[at], signs.get(at + 1).copied());
        let vowel = match sign {
            'a' => Some(if matches!(next, Some('i' | 'y')) {
                A | LONG_I
            } else {
                A
            }),
            'e' => Some(match next {
                Some('i' | 'y' | 'e') => LONG_I,
                _ => E,
            }),
            'i' | 'y' | 'ı' => Some(I),
            'o' | 'u' | 'w' | 'v' | 'و' => Some(U),
            // The article within a name bears the vowel of the case before it: Abdul, Abdel, Rahmatullah.
            'ا' if at > 0 && next == Some('ل') && signs.len() >= at + 4 => Some(0),
            'ا' | 'آ' => Some(A),
            'ی' | 'ي' | 'ى' => Some(I | LONG_I),
            'h' | 'ه' | 'ح' | 'ع' | 'ئ' | 'ء' | '\'' => Some(0),
            _ => None,
        };
        if let Some(vowel) = vowel {
            if let Some(gap) = gaps.last_mut() {
                gap.0 |= vowel;
                // A final ه is a vowel, whatever it stands for.
                if sign == 'ه' && at + 1 == signs.len() && is_arabic {
                    gap.0 |= E;
                }
            }
            last = None;
            at += 1;
            continue;
        }
        // As many signs as make one consonant.
        let n = if matches!(next, Some('h'))
            && matches!(sign, 'k' | 'g' | 's' | 'c' | 't' | 'd' | 'p')
            || sign == 'd' && matches!(next, Some('j' | 'z' | 'ž'))
        {
            2
        } else {
            1
        };
        // With what follows, which says whether the h of a `th` stands for itself.
        let from = if at == 0 { 0 } else { at - 1 };
        let own: String = signs[from..(at + n + 1).min(signs.len())].iter().collect();
        let class = class_at(&own, at - from, n);
        at += n;
        let Some(class) = class else { continue };
        if last != Some(class) || is_arabic && class != 'l' {
            skeleton.push(class);
            gaps.push(Gap(0));
        }
        last = Some(class);
    }
    if skeleton.is_empty() && text.chars().any(char::is_alphabetic) {
        // A word of vowels alone is its first letter.
        skeleton.push('a');
    }
    (skeleton, gaps)
}

/// The class of a consonant of `n` signs at a place of a few.
fn class_at(signs: &str, at: usize, n: usize) -> Option<char> {
    let own: String = signs.chars().skip(at).take(n).collect();
    let behind = signs.chars().nth(at + n);
    if own == "th" && at > 0 && matches!(behind, Some('u' | 'o' | 'i')) {
        return Some('t');
    }
    consonants(&own)
        .chars()
        .next()
        .filter(|&class| class != 'a')
}

/// A name in its parts.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) struct Name {
    pub(super) words: Vec<Word>,
    /// As written, without titles, father and spaces.
    pub(super) letters: Box<str>,
    /// Consonants of all words in one, whatever their spacing; words in the order of the alphabet.
    pub(super) whole: Box<str>,
    /// Consonants as they stand.
    run: Box<str>,
    /// The first of its titles.
    pub(super) title: Option<Title>,
}

/// How well two names agree, best first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) enum Likeness {
    Same,
    Spelling,
    /// The other goes on where the one ends.
    Beginning,
    Part,
    OtherVowels,
    Similar,
    WordInCommon,
    Different,
}

impl Likeness {
    /// All, in their order.
    pub(super) const ALL: [Self; 8] = [
        Self::Same,
        Self::Spelling,
        Self::Beginning,
        Self::Part,
        Self::OtherVowels,
        Self::Similar,
        Self::WordInCommon,
        Self::Different,
    ];
}

impl Name {
    /// The name, folded text given. `None` if no word of it is a name.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let words = text.split_whitespace();
        let words = words.map(|word| word.trim_matches(|sign: char| !sign.is_alphanumeric()));
        let words = words.filter(|word| !word.is_empty());
        let words = words.map(|word| {
            if SHORT_MOHAMMAD.contains(&word) {
                "mohammad"
            } else {
                word
            }
        });
        Self::of(&words.collect::<Vec<&str>>())
    }

    fn of(words: &[&str]) -> Option<Self> {
        let untitled: Vec<&str> = words
            .iter()
            .copied()
            .filter(|word| title(word).is_none() && !COURTESIES.contains(word))
            .collect();
        // A title alone is what a person is called by.
        let borne = words
            .iter()
            .find_map(|word| title(word))
            .filter(|_| !untitled.is_empty());
        let words = if untitled.is_empty() {
            words.to_vec()
        } else {
            untitled
        };
        let mut joined: Vec<String> = Vec::new();
        let mut is_open = false;
        for word in words {
            let is_of_god = OF_GOD.contains(&word);
            if is_open || is_of_god && !joined.is_empty() {
                if let Some(last) = joined.last_mut() {
                    last.push_str(word);
                }
                is_open = ARTICLES.contains(&word) && is_open;
                continue;
            }
            if ARTICLES.contains(&word) {
                continue;
            }
            is_open = SERVANT.contains(&&*skeleton(word));
            joined.push(without_article(word).to_owned());
        }
        let words: Vec<Word> = joined.iter().filter_map(|word| Word::of(word)).collect();
        if words.is_empty() {
            return None;
        }
        let mut sorted: Vec<&str> = words.iter().map(|word| &*word.skeleton).collect();
        let run: String = sorted.concat();
        sorted.sort_unstable();
        Some(Self {
            whole: sorted.concat().into(),
            run: run.into(),
            title: borne,
            letters: joined.concat().into(),
            words,
        })
    }

    /// Whether two names are one but for spaces, or by all their consonants as they stand.
    pub(super) fn is_alike(&self, other: &Self) -> bool {
        self.run == other.run || self.letters == other.letters
    }

    /// Consonants as they stand, whatever the spacing.
    pub(super) fn run(&self) -> &str {
        &self.run
    }

    /// What it is compared by, made once.
    pub(super) fn forms(&self) -> Forms {
        let digits = self.letters.chars().filter(char::is_ascii_digit);
        Forms {
            digits: digits.collect(),
            joined: (1..self.words.len())
                .map(|place| joined_at(&self.words, place))
                .collect(),
        }
    }

    /// How well two names agree.
    pub(super) fn likeness(&self, other: &Self, similar_permille: u32) -> Likeness {
        self.likeness_by(&self.forms(), (other, &other.forms()), similar_permille)
    }

    /// As [`Self::likeness`], with the forms of both.
    pub(super) fn likeness_by(
        &self,
        own: &Forms,
        (other, of_other): (&Self, &Forms),
        similar_permille: u32,
    ) -> Likeness {
        if self.letters == other.letters {
            return Likeness::Same;
        }
        // A number in a name tells people apart whose names are alike else.
        if own.digits != of_other.digits {
            return Likeness::Different;
        }
        // In one order, whoever asks.
        let (few, many) =
            if (self.words.len(), &self.letters) <= (other.words.len(), &other.letters) {
                ((self, own), (other, of_other))
            } else {
                ((other, of_other), (self, own))
            };
        let mut best = aligned(&few.0.words, &many.0.words);
        // A hand parts what another joins: each two neighbours in one.
        for joined in &many.1.joined {
            best = best.max(aligned(&few.0.words, joined));
        }
        for joined in &few.1.joined {
            best = best.max(aligned(joined, &many.0.words));
        }
        if best.all {
            return match (best.n_conflicts, best.is_whole) {
                (0, true) => Likeness::Spelling,
                (0, false) if best.begins => Likeness::Beginning,
                (0, false) => Likeness::Part,
                _ => Likeness::OtherVowels,
            };
        }
        match self.likeness_apart(other, similar_permille) {
            Likeness::Different if best.n_shared > best.n_conflicts => Likeness::WordInCommon,
            found => found,
        }
    }

    /// As [`Self::likeness`] where no word has the consonants of one of the other, nor are there digits.
    pub(super) fn likeness_apart(&self, other: &Self, similar_permille: u32) -> Likeness {
        // In one order, whoever asks.
        let (a, b) = if self.letters <= other.letters {
            (self, other)
        } else {
            (other, self)
        };
        let (a, b) = (a.run.as_bytes(), b.run.as_bytes());
        if self.letters == other.letters {
            Likeness::Same
        } else if a == b {
            Likeness::Spelling
        } else if jaro_winkler_permille(a, b) >= similar_permille {
            Likeness::Similar
        } else {
            Likeness::Different
        }
    }
}

/// What a name is compared by.
#[derive(Clone, Debug, Default)]
pub(super) struct Forms {
    digits: Box<str>,
    /// Its words, with each two neighbours joined.
    joined: Vec<Vec<Word>>,
}

impl Forms {
    pub(super) fn has_digits(&self) -> bool {
        !self.digits.is_empty()
    }

    /// What a name shares one of with every name that a word of it has the consonants of, or that is written with the same digits.
    pub(super) fn keys<'a>(&'a self, name: &'a Name) -> impl Iterator<Item = &'a str> {
        let words = self.joined.iter().flatten().chain(&name.words);
        let digits = Some(&*self.digits).filter(|digits| !digits.is_empty());
        words.flat_map(Word::keys).chain(digits)
    }
}

/// `ال` before a word is no part of it.
fn without_article(word: &str) -> &str {
    match word.strip_prefix("ال") {
        Some(rest) if rest.chars().count() >= 3 && !OF_GOD.contains(&word) => rest,
        _ => word,
    }
}

/// How the words of two names stand to each other; the greater is the better.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Alignment {
    /// Whether each word of the one with fewer is in the other.
    all: bool,
    /// Fewer conflicts are better.
    order: i32,
    is_whole: bool,
    /// Whether the words of the one with fewer are the first of the other.
    begins: bool,
    n_shared: usize,
    n_conflicts: usize,
}

/// Each word of one with its like in the other, in their order, each once.
fn aligned(few: &[Word], many: &[Word]) -> Alignment {
    let (few, many) = if few.len() <= many.len() {
        (few, many)
    } else {
        (many, few)
    };
    let mut is_taken: SmallVec<[bool; 8]> = SmallVec::from_elem(false, many.len());
    let (mut n_shared, mut n_conflicts) = (0, 0);
    for word in few {
        let free = |place: &usize| !is_taken[*place] && many[*place].has_consonants_of(word);
        let alike = (0..many.len())
            .filter(free)
            .min_by_key(|&place| many[place].conflicts(word));
        if let Some(place) = alike {
            is_taken[place] = true;
            n_shared += 1;
            n_conflicts += usize::from(many[place].conflicts(word));
        }
    }
    Alignment {
        all: n_shared == few.len(),
        order: -i32::try_from(n_conflicts).unwrap_or(0),
        is_whole: few.len() == many.len(),
        begins: is_taken.iter().take(n_shared).all(|&is_taken| is_taken),
        n_shared,
        n_conflicts,
    }
}

/// The words, with that at a place joined to the one before.
fn joined_at(words: &[Word], place: usize) -> Vec<Word> {
    let mut joined = words.to_vec();
    let next = joined.remove(place);
    let word = &mut joined[place - 1];
    let mut gaps = word.gaps.to_vec();
    let mut rest = next.gaps.iter().copied();
    if let (Some(last), Some(first)) = (gaps.last_mut(), rest.next()) {
        last.0 |= first.0;
    }
    // The same consonant on both sides of the seam is written once.
    let doubled = word.skeleton.chars().last() == next.skeleton.chars().next();
    let tail: String = next.skeleton.chars().skip(usize::from(doubled)).collect();
    gaps.extend(rest.skip(usize::from(doubled)));
    word.skeleton = format!("{}{tail}", word.skeleton).into();
    word.gaps = gaps.into();
    *word = word.clone().heard();
    joined
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn name(text: &str) -> Name {
        Name::parse(text).unwrap()
    }

    fn likeness(a: &str, b: &str) -> Likeness {
        let there = name(a).likeness(&name(b), 900);
        assert_eq!(there, name(b).likeness(&name(a), 900), "{a} {b}");
        there
    }

    #[test]
    fn one_name_in_several_scripts_and_hands() {
        for (a, b) in [
            ("محمد", "muhammed"),
            ("عبد الکریم", "abdul karim"),
            ("عبدالکریم", "abdelkarim"),
            ("رحمت الله", "rahmatullah"),
            ("رحمت الله", "rahmat ullah"),
            ("شیر محمد", "shermohammad"),
            ("گل اغا", "gulagha"),
            ("حاجی کرم", "karam"),
            ("لیلی", "leila"),
            ("لیلا", "lejla"),
            ("یوسف", "jusuf"),
            ("حسین", "husein"),
            ("الحلبی", "al halabi"),
            ("جمیل", "dzemil"),
            ("رضا", "riza"),
            ("عمر", "omer"),
            ("وحید", "waheed"),
        ] {
            assert!(
                likeness(a, b) <= Likeness::Spelling,
                "{a} {b}: {:?}",
                likeness(a, b)
            );
        }
    }

    #[test]
    fn vowels_tell_apart_what_consonants_unite() {
        for (a, b) in [
            ("karim", "karam"),
            ("کریم", "کرم"),
            ("کریم", "karam"),
            ("حسن", "حسین"),
            ("حسن", "hussain"),
            ("جمیل", "جمال"),
            ("jamil", "jamal"),
            ("jamil", "jamila"),
        ] {
            assert_eq!(likeness(a, b), Likeness::OtherVowels, "{a} {b}");
        }
    }

    #[test]
    fn parts_and_others() {
        assert_eq!(likeness("amin", "امین کریمی"), Likeness::Beginning);
        assert_eq!(likeness("karimi", "امین کریمی"), Likeness::Part);
        assert_eq!(
            likeness("amin karimi", "amin ahmadi"),
            Likeness::WordInCommon
        );
        assert_eq!(likeness("zubair", "maryam"), Likeness::Different);
        assert_eq!(likeness("nasim akbari", "nasm akbari"), Likeness::Spelling);
    }

    /// Names of few words that hands part, join and spell in several ways.
    fn names() -> impl Strategy<Value = String> {
        let words = [
            "karim", "karam", "kari", "rim", "کریم", "gul", "agha", "gulagha", "گل", "اغا",
            "jusuf", "usuf", "یوسف", "ali", "davut", "davud", "2",
        ];
        let word = prop::sample::select(words.to_vec());
        prop::collection::vec(word, 1..5).prop_map(|words| words.join(" "))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn likeness_is_symmetric_and_a_name_is_like_itself(a in names(), b in names()) {
            if let (Some(a), Some(b)) = (Name::parse(&a), Name::parse(&b)) {
                prop_assert_eq!(a.likeness(&b, 900), b.likeness(&a, 900));
                prop_assert_eq!(a.likeness(&a, 900), Likeness::Same);
            }
        }

        #[test]
        fn names_without_a_key_in_common_are_told_by_their_run(a in names(), b in names()) {
            if let (Some(a), Some(b)) = (Name::parse(&a), Name::parse(&b)) {
                let [of_a, of_b] = [a.forms(), b.forms()];
                let keys: Vec<&str> = of_a.keys(&a).collect();
                let found = a.likeness(&b, 900);
                if !of_b.keys(&b).any(|key| keys.contains(&key)) {
                    let apart = if of_a.digits == of_b.digits { a.likeness_apart(&b, 900) } else { Likeness::Different };
                    prop_assert_eq!(found, apart);
                }
            }
        }
    }
}
