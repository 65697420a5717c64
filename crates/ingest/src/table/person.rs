//! A person's name as a book writes it, in its parts.
//!
//! Law: parts are words of the cell, folded for matching ([`fold`]); none is made up, and what no word parts stays with the name.

use super::lexicon::{Joint, lexicon};
use super::text::fold;

/// Words that stand behind a father's name and before the child's, folded: `Ahmet oğlu Mehmet`.
const CHILD_BEHIND: [&str; 2] = ["oglu", "kizi"];
/// Words that end `NAME د FATHER زوی`, folded.
const CHILD_AT_END: [&str; 2] = ["زوی", "لور"];
const OF: &str = "د";

/// A name in its parts, folded for matching.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PersonName {
    /// The name itself.
    pub name: String,
    /// Another name, in brackets: `Kaka (Qasim)`.
    pub alias: Option<String>,
    /// The father's name.
    pub father: Option<String>,
}

/// The parts of a name.
pub fn person_name(text: &str) -> PersonName {
    let is_bracket = |c: char| matches!(c, '(' | ')' | '[' | ']' | '{' | '}');
    let mut pieces = text
        .split(is_bracket)
        .map(fold)
        .filter(|piece| !piece.is_empty());
    let whole = pieces.next().unwrap_or_default();
    let alias = pieces.next();
    let words: Vec<String> = whole.split_whitespace().map(str::to_owned).collect();
    let (own, father) = apart(&words);
    PersonName {
        name: own.join(" "),
        father: father
            .filter(|father| !father.is_empty())
            .map(|father| father.join(" ")),
        alias,
    }
}

/// A person's own words and the father's.
fn apart(words: &[String]) -> (&[String], Option<&[String]>) {
    let joints = &lexicon().joints;
    for at in 1..words.len() {
        let rest = &words[at..];
        if CHILD_BEHIND.contains(&&*words[at]) {
            // Without a child's name behind it, it ends a family name.
            return if rest.len() > 1 {
                (&rest[1..], Some(&words[..at]))
            } else {
                (words, None)
            };
        }
        if words[at] == OF
            && rest.len() > 2
            && rest
                .last()
                .is_some_and(|last| CHILD_AT_END.contains(&&**last))
        {
            return (&words[..at], Some(&rest[1..rest.len() - 1]));
        }
        if let Some((found, n)) = joints.longest_at(rest)
            && found.contains(&Joint::Father)
            && n < rest.len()
        {
            return (&words[..at], Some(&rest[n..]));
        }
    }
    (words, None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn parts_of_names() {
        for (text, name, alias, father) in [
            ("امین ولد عبدالکریم", "امین", None, Some("عبدالکریم")),
            ("Fatma kći Muhamed", "fatma", None, Some("muhamed")),
            ("Ahmet oğlu Mehmet", "mehmet", None, Some("ahmet")),
            ("Ali s/o Omar", "ali", None, Some("omar")),
            ("احمد د محمود زوی", "احمد", None, Some("محمود")),
            ("Kaka (Qasim)", "kaka", Some("qasim"), None),
            ("بن لادن", "بن لادن", None, None),
            ("Mehmet Demiroğlu", "mehmet demiroglu", None, None),
            ("", "", None, None),
        ] {
            let found = person_name(text);
            assert_eq!(
                (
                    &*found.name,
                    found.alias.as_deref(),
                    found.father.as_deref()
                ),
                (name, alias, father),
                "{text}"
            );
        }
    }

    proptest! {
        #[test]
        fn no_word_is_made_up(text in "[a-zا-ی()\\[\\] ]{0,40}") {
            let found = person_name(&text);
            let words = [Some(found.name), found.alias, found.father].into_iter().flatten();
            let all = fold(&text);
            for word in words.flat_map(|part| part.split_whitespace().map(str::to_owned).collect::<Vec<_>>()) {
                prop_assert!(all.contains(&word));
            }
        }
    }
}
