//! Slips of a pen: what a person may have meant who wrote a number.
//!
//! Law: a slip changes one thing: neighbours are swapped, a zero is dropped or added, or a digit is one that looks like
//! it in Latin, Arabic or Persian hands.

/// Plain decimal text without zeros that say nothing.
pub(crate) fn shortened(text: &str) -> String {
    let text = if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.')
    } else {
        text
    };
    let bare = text.trim_start_matches('0');
    match bare.chars().next() {
        None => "0".to_owned(),
        Some('.') => format!("0{bare}"),
        Some(_) => bare.to_owned(),
    }
}

/// Digits that are taken for each other, in Latin, Arabic or Persian hands.
const LOOK_ALIKES: [(u8, u8); 14] = [
    (b'0', b'5'),
    (b'0', b'6'),
    (b'0', b'8'),
    (b'1', b'7'),
    (b'2', b'3'),
    (b'2', b'7'),
    (b'3', b'8'),
    (b'4', b'9'),
    (b'5', b'6'),
    (b'5', b'8'),
    (b'6', b'8'),
    (b'6', b'9'),
    (b'7', b'8'),
    (b'1', b'9'),
];

/// What a pen did to write one number for the other; `None` if that is no usual slip.
pub(crate) fn slip(written: &str, truth: &str) -> Option<&'static str> {
    let (written, truth) = (shortened(written), shortened(truth));
    let (a, b) = (written.as_bytes(), truth.as_bytes());
    if a == b {
        return None;
    }
    if a.len() + 1 == b.len() && without_a_zero(b, a) {
        return Some("zero dropped");
    }
    if b.len() + 1 == a.len() && without_a_zero(a, b) {
        return Some("zero added");
    }
    if a.len() != b.len() {
        return None;
    }
    let differ: Vec<usize> = (0..a.len()).filter(|&index| a[index] != b[index]).collect();
    match differ.as_slice() {
        [one] => {
            let pair = (a[*one].min(b[*one]), a[*one].max(b[*one]));
            LOOK_ALIKES.contains(&pair).then_some("look-alike digit")
        }
        [first, second]
            if first + 1 == *second && a[*first] == b[*second] && a[*second] == b[*first] =>
        {
            Some("digits swapped")
        }
        _ => None,
    }
}

/// Whether the shorter number is the longer one without one of its zeros.
fn without_a_zero(longer: &[u8], shorter: &[u8]) -> bool {
    (0..longer.len()).any(|skipped| {
        longer[skipped] == b'0'
            && longer[..skipped] == shorter[..skipped]
            && longer[skipped + 1..] == shorter[skipped..]
    })
}

/// The numbers that a person may have meant who wrote this one by a usual slip, in plain figures, each once.
pub(crate) fn meant(written: &str) -> Vec<String> {
    let written = shortened(written);
    let bytes = written.as_bytes();
    let digits: Vec<usize> = (0..bytes.len())
        .filter(|&at| bytes[at].is_ascii_digit())
        .collect();
    if digits.len() > DIGITS_MAX {
        return Vec::new();
    }
    let mut all: Vec<Vec<u8>> = Vec::new();
    for &at in &digits {
        if bytes[at] == b'0' {
            let mut shorter = bytes.to_vec();
            shorter.remove(at);
            all.push(shorter);
        }
        let mut longer = bytes.to_vec();
        longer.insert(at + 1, b'0');
        all.push(longer);
        if digits.contains(&(at + 1)) {
            let mut swapped = bytes.to_vec();
            swapped.swap(at, at + 1);
            all.push(swapped);
        }
        for (a, b) in LOOK_ALIKES {
            for (from, to) in [(a, b), (b, a)] {
                if bytes[at] == from {
                    let mut other = bytes.to_vec();
                    other[at] = to;
                    all.push(other);
                }
            }
        }
    }
    let mut meant: Vec<String> = all
        .into_iter()
        .filter_map(|bytes| String::from_utf8(bytes).ok())
        .map(|text| shortened(&text))
        .filter(|text| slip(&written, text).is_some())
        .collect();
    meant.sort_unstable();
    meant.dedup();
    meant
}

/// Digits beyond which a number is none that a pen wrote.
const DIGITS_MAX: usize = 18;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn slips_of_a_pen_are_told_from_other_figures() {
        for (written, truth, expected) in [
            ("600", "500", Some("look-alike digit")),
            ("1480", "1840.00", Some("digits swapped")),
            ("92.5", "920.50", Some("zero dropped")),
            ("90", "900", Some("zero dropped")),
            ("9000", "900", Some("zero added")),
            ("500", "500.00", None),
            ("510", "500", None),
            ("1234", "4321", None),
        ] {
            assert_eq!(slip(written, truth), expected, "{written} for {truth}");
        }
    }

    proptest! {
        #[test]
        fn what_may_be_meant_is_a_slip_away_and_all_of_it_is_listed(written in 1_u32..100_000, other in 1_u32..100_000) {
            let (written, other) = (written.to_string(), other.to_string());
            let meant = meant(&written);
            prop_assert!(meant.iter().all(|text| slip(&written, text).is_some()));
            prop_assert_eq!(slip(&written, &other).is_some(), meant.contains(&other), "{} for {}", written, other);
        }

        #[test]
        fn garbage_never_panics(text in "[0-9.]{0,24}") {
            let _ = meant(&text);
        }
    }
}
