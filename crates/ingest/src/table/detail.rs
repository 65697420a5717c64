//! A sentence that books a row: «حواله S به R در P», "isplata R od S".
//!
//! Law: what a sentence does not say stays unknown; words that no joint introduces belong to the party
//! that the entry is about.

use super::lexicon::{Direction, EntryType, Joint, is_hawala, lexicon, words};

/// What a sentence says.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Detail {
    pub(crate) entry: Option<EntryType>,
    pub(crate) sender: Option<Named>,
    pub(crate) beneficiary: Option<Named>,
    pub(crate) counterpart: Option<String>,
    pub(crate) place: Option<String>,
    pub(crate) code: Option<String>,
    pub(crate) note: Option<String>,
}

/// A customer whom a sentence names.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Named {
    pub(crate) name: String,
    /// Which of the customers in the sentence, from 1.
    pub(crate) ordinal: u32,
}

/// A customer, and where in the sentence the name begins.
type Placed = (String, usize);

/// Reads a sentence. `direction` is which way its cash went, where a column says so.
pub(crate) fn read(text: &str, direction: Option<Direction>) -> Detail {
    let lexicon = lexicon();
    let raw: Vec<&str> = text.split_whitespace().collect();
    let keys: Vec<String> = raw.iter().map(|word| words(word).join(" ")).collect();
    let (mut entry, mut at) = match lexicon.types.longest_at(&keys) {
        Some((entries, n)) => (Some(entries[0]), n),
        None => (None, 0),
    };
    let mut is_order = false;
    while at < keys.len() && is_hawala(&keys[at]) {
        is_order = true;
        at += 1;
    }
    let segments = segments(&raw[at..], &keys[at..]);
    let of = |joint: Option<Joint>| {
        segments
            .iter()
            .find(|(of, _)| *of == joint)
            .map(|(_, words)| words.join(" "))
            .filter(|text| !text.is_empty())
    };
    if entry.is_none() && is_order {
        entry = match (of(Some(Joint::To)), of(Some(Joint::From)), direction) {
            (_, _, Some(Direction::In)) | (Some(_), None, None) => Some(EntryType::Send),
            (_, _, Some(Direction::Out)) | (None, Some(_), None) => Some(EntryType::Receive),
            _ => None,
        };
    }
    let placed = |joint: Option<Joint>| -> Option<Placed> {
        let place = segments.iter().position(|(of, _)| *of == joint)?;
        Some((of(joint)?, place))
    };
    let (main, to, from) = (
        placed(None),
        placed(Some(Joint::To)),
        placed(Some(Joint::From)),
    );
    let text = |placed: Option<Placed>| placed.map(|placed| placed.0);
    let mut detail = Detail {
        entry,
        place: of(Some(Joint::In)),
        code: of(Some(Joint::Code)).map(|code| first_word(&code)),
        note: of(Some(Joint::Note)),
        ..Detail::default()
    };
    let (mut sender, mut beneficiary) = (None, None);
    match entry {
        Some(EntryType::Receive | EntryType::Withdraw) => {
            beneficiary = to.or(main);
            sender = from;
        }
        Some(EntryType::Release | EntryType::Refund) => {
            sender = from.or_else(|| to.as_ref().and(main.clone()));
            beneficiary = to.or(main);
        }
        Some(EntryType::Deposit) => {
            sender = from.or(main);
            beneficiary = placed(Some(Joint::For)).or(to);
        }
        Some(EntryType::Settle) => {
            detail.counterpart = text(placed(Some(Joint::With)).or(to).or(from).or(main));
        }
        Some(EntryType::Expense | EntryType::Commission) => {
            detail.note = text(main).or(detail.note);
        }
        _ => {
            sender = from.or(main);
            beneficiary = to.or_else(|| placed(Some(Joint::For)));
        }
    }
    let is_behind = |a: &Option<Placed>, b: &Option<Placed>| {
        let place = |of: &Option<Placed>| of.as_ref().map(|of| of.1);
        place(b).is_some_and(|b| place(a).is_some_and(|a| b < a))
    };
    let ordinals = [
        1 + u32::from(is_behind(&sender, &beneficiary)),
        1 + u32::from(is_behind(&beneficiary, &sender)),
    ];
    let named = |placed: Option<Placed>, ordinal| placed.map(|(name, _)| Named { name, ordinal });
    detail.sender = named(sender, ordinals[0]);
    detail.beneficiary = named(beneficiary, ordinals[1]);
    detail
}

/// What stands between joints, by the joint before it; the words before any have none.
fn segments<'a>(raw: &[&'a str], keys: &[String]) -> Vec<(Option<Joint>, Vec<&'a str>)> {
    let mut segments: Vec<(Option<Joint>, Vec<&'a str>)> = vec![(None, Vec::new())];
    let mut at = 0;
    while at < keys.len() {
        let joint = lexicon()
            .joints
            .longest_at(&keys[at..])
            .map(|(joints, n)| (joints[0], n))
            .filter(|(joint, _)| *joint != Joint::Father)
            .filter(|(joint, _)| !segments.iter().any(|(seen, _)| *seen == Some(*joint)))
            // Behind a note everything is note.
            .filter(|_| !segments.iter().any(|(seen, _)| *seen == Some(Joint::Note)));
        match joint {
            Some((Joint::Note, _)) => {
                segments.push((Some(Joint::Note), vec![raw[at]]));
                at += 1;
            }
            Some((joint, n)) => {
                segments.push((Some(joint), Vec::new()));
                at += n;
            }
            None => {
                if let Some((_, words)) = segments.last_mut() {
                    words.push(raw[at]);
                }
                at += 1;
            }
        }
    }
    segments
}

fn first_word(text: &str) -> String {
    text.split_whitespace().next().unwrap_or("").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_of_day_books_are_read() {
        let name = |named: &Option<Named>| {
            named
                .as_ref()
                .map(|named| (named.name.clone(), named.ordinal))
        };
        let is = |name: &str, ordinal: u32| Some((name.to_owned(), ordinal));
        let detail = read(
            "حواله سعید به محمد بهرام در هرات خراسان",
            Some(Direction::In),
        );
        assert_eq!(detail.entry, Some(EntryType::Send));
        assert_eq!(name(&detail.sender), is("سعید", 1));
        assert_eq!(name(&detail.beneficiary), is("محمد بهرام", 2));
        assert_eq!(detail.place.as_deref(), Some("هرات خراسان"));
        let detail = read("پرداخت حواله زهرا بنت دلشاد از طرف زهرا", None);
        assert_eq!(detail.entry, Some(EntryType::Receive));
        assert_eq!(name(&detail.beneficiary), is("زهرا بنت دلشاد", 1));
        assert_eq!(name(&detail.sender), is("زهرا", 2));
        let detail = read("اجرای امانت رمز 256727 به محمّد شفیق رسید به منزل", None);
        assert_eq!(detail.entry, Some(EntryType::Release));
        assert_eq!(detail.code.as_deref(), Some("256727"));
        assert_eq!(name(&detail.beneficiary), is("محمّد شفیق", 1));
        let detail = read("امانت امین کریمی بابت ملا ابراهيم", None);
        assert_eq!(name(&detail.sender), is("امین کریمی", 1));
        assert_eq!(name(&detail.beneficiary), is("ملا ابراهيم", 2));
        let detail = read("تصفیه با حسن اکبری بانک", None);
        assert_eq!(detail.counterpart.as_deref(), Some("حسن اکبری"));
        assert_eq!(
            name(&read("Isplata Marku od Ivana", None).sender),
            is("Ivana", 2)
        );
        assert_eq!(read("", None), Detail::default());
    }
}
