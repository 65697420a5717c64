//! Text: its encoding, and its form for matching.
//!
//! Law: the form for matching ([`fold`]) is never shown and never stored; the raw text is.

use encoding_rs::{
    Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1250, WINDOWS_1251, WINDOWS_1252, WINDOWS_1254,
    WINDOWS_1256,
};
use unicode_normalization::UnicodeNormalization;

/// Bytes that are looked at to find an encoding.
const HEAD_BYTES: usize = 256 * 1024;

/// Code pages that books are written in.
const CODE_PAGES: [&Encoding; 5] = [
    WINDOWS_1256,
    WINDOWS_1250,
    WINDOWS_1251,
    WINDOWS_1252,
    WINDOWS_1254,
];

/// Whether the bytes are UTF-16: by their byte order mark, or by every other byte being zero.
pub(crate) fn is_utf16(bytes: &[u8]) -> bool {
    let encoding = encoding_of(bytes);
    encoding == UTF_16LE || encoding == UTF_16BE
}

/// The encoding of these bytes: by byte order mark, by zero bytes (UTF-16), by validity (UTF-8), else
/// the code page whose reading has the most lexicon words, and among equals the detector's guess.
pub(crate) fn encoding_of(bytes: &[u8]) -> &'static Encoding {
    let head = &bytes[..bytes.len().min(HEAD_BYTES)];
    if let Some((encoding, _)) = Encoding::for_bom(head) {
        return encoding;
    }
    if let Some(encoding) = utf16_without_mark(head) {
        return encoding;
    }
    let valid = match std::str::from_utf8(head) {
        Ok(_) => true,
        // A character cut in two at the end of the head is no error.
        Err(error) => error.error_len().is_none() && head.len() < bytes.len(),
    };
    if valid {
        return UTF_8;
    }
    let mut detector = chardetng::EncodingDetector::new(chardetng::Iso2022JpDetection::Deny);
    detector.feed(head, true);
    let guess = detector.guess(None, chardetng::Utf8Detection::Deny);
    let hits = |encoding: &'static Encoding| {
        let text = encoding.decode_without_bom_handling(head).0;
        super::lexicon::n_hits(&text)
    };
    let best = CODE_PAGES
        .into_iter()
        .map(|page| (hits(page), page == guess, page))
        .max_by_key(|&(hits, guessed, _)| (hits, guessed));
    match best {
        Some((hits, _, page)) if hits > 0 => page,
        _ => guess,
    }
}

fn utf16_without_mark(head: &[u8]) -> Option<&'static Encoding> {
    let pairs = head.chunks_exact(2).take(512);
    let n = pairs.len();
    if n < 8 {
        return None;
    }
    let zero_at = |odd: usize| pairs.clone().filter(|pair| pair[odd] == 0).count();
    let (even, odd) = (zero_at(0), zero_at(1));
    if odd * 10 > n && even * 50 < odd {
        Some(UTF_16LE)
    } else if even * 10 > n && odd * 50 < even {
        Some(UTF_16BE)
    } else {
        None
    }
}

/// The text of a file, and the name of its encoding.
pub(crate) fn decode(bytes: &[u8], encoding: &'static Encoding) -> String {
    encoding.decode(bytes).0.into_owned()
}

/// The form for matching: compatibility characters unified, lower case, Arabic and Persian variants of
/// a letter made one, marks and invisible characters dropped, Latin diacritics and Cyrillic made plain
/// Latin, digits ASCII, punctuation a single space.
///
/// ```text
/// "Šifra" → "sifra"   "كود الحوالة" → "کود الحواله"   "مبلغ تبدیل‌شده" → "مبلغ تبدیل شده"   "Износ" → "iznos"
/// ```
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for c in text.nfkd() {
        match c {
            // Marks: Latin diacritics set apart by the decomposition, tashkeel, bidi controls.
            '\u{300}'..='\u{36f}'
            | '\u{610}'..='\u{61a}'
            | '\u{64b}'..='\u{65f}'
            | '\u{670}'
            | '\u{640}'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}'
            | '\u{feff}'
            | '\u{ad}' => {}
            _ => push_folded(c, &mut folded),
        }
    }
    let mut out = String::with_capacity(folded.len());
    for word in folded.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}

fn push_folded(c: char, out: &mut String) {
    if let Some(digit) = digit(c) {
        out.push(digit);
        return;
    }
    for c in c.to_lowercase() {
        if let Some(latin) = cyrillic(c) {
            out.push_str(latin);
            continue;
        }
        match c {
            'ي' | 'ى' | 'ې' | 'ۍ' | 'ێ' => out.push('ی'),
            'ك' | 'ګ' => out.push('ک'),
            'أ' | 'إ' | 'آ' | 'ٱ' => out.push('ا'),
            'ة' | 'ۀ' | 'ە' | 'ہ' | 'ھ' => out.push('ه'),
            'ۆ' | 'ؤ' => out.push('و'),
            'ڵ' => out.push('ل'),
            'ڕ' => out.push('ر'),
            'đ' | 'ð' => out.push('d'),
            'ı' => out.push('i'),
            'ł' => out.push('l'),
            'ø' => out.push('o'),
            'ß' => out.push_str("ss"),
            'æ' => out.push_str("ae"),
            '#' => out.push_str(" # "),
            '\u{300}'..='\u{36f}' => {}
            c if c.is_alphanumeric() => out.push(c),
            // Joiners part words in headers («تبدیل‌شده») as a space does.
            _ => out.push(' '),
        }
    }
}

/// An ASCII digit for a digit of any script that books use.
pub(crate) fn digit(c: char) -> Option<char> {
    let zero = match c {
        '0'..='9' => return Some(c),
        '٠'..='٩' => '٠',
        '۰'..='۹' => '۰',
        '०'..='९' => '०',
        '０'..='９' => '０',
        _ => return None,
    };
    char::from_digit(u32::from(c) - u32::from(zero), 10)
}

/// Serbian, Macedonian, Bulgarian and Russian letters in the Latin form without diacritics. The
/// decomposition has parted й, ѓ and ќ from their marks already.
const fn cyrillic(c: char) -> Option<&'static str> {
    Some(match c {
        'а' | 'ъ' => "a",
        'б' => "b",
        'в' => "v",
        'г' => "g",
        'д' | 'ђ' => "d",
        'е' | 'э' => "e",
        'ж' | 'з' | 'ѕ' => "z",
        'и' | 'ы' => "i",
        'ј' => "j",
        'к' => "k",
        'л' => "l",
        'љ' => "lj",
        'м' => "m",
        'н' => "n",
        'њ' => "nj",
        'о' => "o",
        'п' => "p",
        'р' => "r",
        'с' | 'ш' => "s",
        'т' => "t",
        'ћ' | 'ц' | 'ч' => "c",
        'у' => "u",
        'ф' => "f",
        'х' => "h",
        'џ' => "dz",
        'щ' => "st",
        'ь' => "",
        'ю' => "ju",
        'я' => "ja",
        _ => return None,
    })
}

/// Whether most of the letters run from right to left.
pub(crate) fn is_right_to_left(text: &str) -> bool {
    let letters = text.chars().filter(|c| c.is_alphabetic());
    let (mut n, mut rtl) = (0_usize, 0_usize);
    for c in letters {
        n += 1;
        rtl += usize::from(matches!(c, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fefc}'));
    }
    rtl * 2 > n
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn folds_what_books_mix() {
        for (text, folded) in [
            ("Šifra", "sifra"),
            ("Đorđe  ŽIVKOVIĆ", "dorde zivkovic"),
            ("كود الحوالة", "کود الحواله"),
            ("مبلغ تبدیل\u{200c}شده", "مبلغ تبدیل شده"),
            ("محمّد", "محمد"),
            ("Износ", "iznos"),
            ("Datum/Zeit:", "datum zeit"),
            ("№ ۱۲", "no 12"),
            ("Gönderen ADI", "gonderen adi"),
            ("İŞLEM", "islem"),
        ] {
            assert_eq!(fold(text), folded, "{text}");
        }
    }

    #[test]
    fn finds_code_pages_by_the_words_they_give() {
        let arabic = "التاريخ,اسم المرسل,المبلغ,العملة\n2022/05/15,محمد,100,دولار\n";
        let serbian = "Datum;Šifra;Pošiljalac;Iznos;Valuta\n01.02.2022;12;Đuro;5,00;EUR\n";
        let cyrillic = "Датум;Шифра;Пошиљалац;Износ;Валута\n01.02.2022;12;Ђуро;5,00;EUR\n";
        for (text, encoding) in [
            (arabic, WINDOWS_1256),
            (serbian, WINDOWS_1250),
            (cyrillic, WINDOWS_1251),
        ] {
            let bytes = encoding.encode(text).0;
            assert_eq!(encoding_of(&bytes), encoding, "{text}");
            assert_eq!(decode(&bytes, encoding), text);
            assert_eq!(encoding_of(text.as_bytes()), UTF_8);
        }
        let utf16: Vec<u8> = serbian.encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(encoding_of(&utf16), UTF_16LE);
    }

    proptest! {
        #[test]
        fn any_bytes_decode(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = fold(&decode(&bytes, encoding_of(&bytes)));
        }

        #[test]
        fn folding_twice_is_folding_once(text in "\\PC{0,40}") {
            let once = fold(&text);
            prop_assert_eq!(fold(&once), once);
        }
    }
}
