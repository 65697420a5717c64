//! A sentence that books a row: «حواله S به R در P», "isplata R od S".
//!
//! Law: what a sentence does not say stays unknown; words that no joint introduces belong to the party
//! that the entry is about.

use super::lexicon::{Direction, EntryType, Joint, is_hawala, lexicon, words};

/// What a sentence says.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Detail {
    pub(crate) entry: Option<EntryType>,
    pub(crate) sender: Option<String>,
    pub(crate) beneficiary: Option<String>,
    pub(crate) counterpart: Option<String>,
    pub(crate) place: Option<String>,
    pub(crate) code: Option<String>,
    pub(crate) note: Option<String>,
}

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
    let mut segments: Vec<(Option<Joint>, Vec<&str>)> = vec![(None, Vec::new())];
    while at < keys.len() {
        let joint = lexicon
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
    let (main, to, from) = (of(None), of(Some(Joint::To)), of(Some(Joint::From)));
    let mut detail = Detail {
        entry,
        place: of(Some(Joint::In)),
        code: of(Some(Joint::Code)).map(|code| first_word(&code)),
        note: of(Some(Joint::Note)),
        ..Detail::default()
    };
    match entry {
        Some(EntryType::Receive | EntryType::Withdraw) => {
            detail.beneficiary = to.or(main);
            detail.sender = from;
        }
        Some(EntryType::Release | EntryType::Refund) => {
            detail.sender = from.or_else(|| to.as_ref().and(main.clone()));
            detail.beneficiary = to.or(main);
        }
        Some(EntryType::Deposit) => {
            detail.sender = from.or(main);
            detail.beneficiary = of(Some(Joint::For)).or(to);
        }
        Some(EntryType::Settle) => {
            detail.counterpart = of(Some(Joint::With)).or(to).or(from).or(main);
        }
        Some(EntryType::Expense | EntryType::Commission) => detail.note = main.or(detail.note),
        _ => {
            detail.sender = from.or(main);
            detail.beneficiary = to.or_else(|| of(Some(Joint::For)));
        }
    }
    detail
}

fn first_word(text: &str) -> String {
    text.split_whitespace().next().unwrap_or("").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_of_day_books_are_read() {
        let detail = read(
            "حواله سعید به محمد بهرام در هرات خراسان",
            Some(Direction::In),
        );
        assert_eq!(detail.entry, Some(EntryType::Send));
        assert_eq!(detail.sender.as_deref(), Some("سعید"));
        assert_eq!(detail.beneficiary.as_deref(), Some("محمد بهرام"));
        assert_eq!(detail.place.as_deref(), Some("هرات خراسان"));
        let detail = read("پرداخت حواله زهرا بنت دلشاد از طرف زهرا", None);
        assert_eq!(detail.entry, Some(EntryType::Receive));
        assert_eq!(detail.beneficiary.as_deref(), Some("زهرا بنت دلشاد"));
        assert_eq!(detail.sender.as_deref(), Some("زهرا"));
        let detail = read("اجرای امانت رمز 256727 به محمّد شفیق رسید به منزل", None);
        assert_eq!(detail.entry, Some(EntryType::Release));
        assert_eq!(detail.code.as_deref(), Some("256727"));
        assert_eq!(detail.beneficiary.as_deref(), Some("محمّد شفیق"));
        let detail = read("امانت امین کریمی بابت ملا ابراهيم", None);
        assert_eq!(detail.sender.as_deref(), Some("امین کریمی"));
        assert_eq!(detail.beneficiary.as_deref(), Some("ملا ابراهيم"));
        let detail = read("تصفیه با حسن اکبری بانک", None);
        assert_eq!(detail.counterpart.as_deref(), Some("حسن اکبری"));
        assert_eq!(
            read("Isplata Marku od Ivana", None).sender.as_deref(),
            Some("Ivana")
        );
        assert_eq!(read("", None), Detail::default());
    }
}
