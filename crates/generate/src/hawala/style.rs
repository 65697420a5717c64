//! How keepers write: language of headers and words, separators, digits and dates.

use super::people::Hand;
use icu_calendar::cal::{Iso, Persian};
use icu_calendar::types::RataDie;
use icu_calendar::{Calendar, Date};

/// What a row books.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum RowKind {
    Opening,
    Send,
    Payout,
    Settlement,
    Deposit,
    Release,
    Refund,
    Expense,
}

/// What is counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Currency {
    Usd,
    Eur,
    Usdt,
}

impl Currency {
    pub(super) const ALL: [Self; 3] = [Self::Usd, Self::Eur, Self::Usdt];

    pub(super) const fn code(self) -> &'static str {
        match self {
            Self::Usd => "USD",
            Self::Eur => "EUR",
            Self::Usdt => "USDT",
        }
    }
}

/// A way of writing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Style {
    pub(super) language: &'static str,
    pub(super) separator: char,
    /// Names of the columns, in the order of [`super::book::Entry`].
    pub(super) columns: [&'static str; 13],
    /// Words for each kind of row.
    words: [&'static str; 8],
    currencies: [&'static str; 3],
    /// How names are written.
    pub(super) hand: Hand,
    /// Name of a last column with the telephone of who stands at the counter, if the book has one.
    pub(super) phone: Option<&'static str>,
    numbers: Numbers,
    /// Whether a line takes two rows, under a header of two.
    pub(super) has_two_rows: bool,
}

/// How numbers and dates are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Numbers {
    /// `1234.50`, `2024-05-06`.
    Point,
    /// `1.234,50`, `06.05.2024`.
    Comma,
    /// `۱۲۳۴٫۵۰`, and Solar Hijri dates: `1403/02/17`.
    Persian,
}

pub(super) const STYLES: [Style; 6] = [
    Style {
        language: "en",
        separator: ',',
        columns: [
            "No",
            "Date",
            "Code",
            "Type",
            "Sender",
            "Beneficiary",
            "Agent",
            "In",
            "Out",
            "Currency",
            "Commission",
            "Balance",
            "Note",
        ],
        words: [
            "Opening balance",
            "send",
            "payout",
            "settlement",
            "deposit",
            "release",
            "refund",
            "expense",
        ],
        currencies: ["USD", "EUR", "USDT"],
        hand: Hand::English,
        phone: Some("Phone"),
        numbers: Numbers::Point,
        has_two_rows: false,
    },
    Style {
        language: "sr",
        separator: ';',
        columns: [
            "R.br.",
            "Datum",
            "Šifra",
            "Vrsta",
            "Pošiljalac",
            "Primalac",
            "Partner",
            "Uplata",
            "Isplata",
            "Valuta",
            "Provizija",
            "Saldo",
            "Napomena",
        ],
        words: [
            "Početno stanje",
            "Slanje",
            "Isplata",
            "Poravnanje",
            "Depozit",
            "Isplata depozita",
            "Povrat depozita",
            "Trošak",
        ],
        currencies: ["USD", "EUR", "USDT"],
        hand: Hand::Serbian,
        phone: None,
        numbers: Numbers::Comma,
        has_two_rows: false,
    },
    Style {
        language: "fa",
        separator: ',',
        columns: [
            "شماره",
            "تاریخ",
            "نمبر حواله",
            "نوع",
            "فرستنده",
            "گیرنده",
            "نماینده",
            "رسید",
            "برد",
            "ارز",
            "کمیشن",
            "بیلانس",
            "ملاحظات",
        ],
        words: [
            "بیلانس قبلی",
            "حواله رفته",
            "حواله آمده",
            "تصفیه",
            "امانت",
            "اجرای امانت",
            "واپس امانت",
            "مصرف",
        ],
        currencies: ["دالر", "یورو", "تتر"],
        hand: Hand::Persian,
        phone: None,
        numbers: Numbers::Persian,
        has_two_rows: false,
    },
    Style {
        language: "tr",
        separator: ';',
        columns: [
            "Sıra No",
            "Tarih",
            "Havale Kodu",
            "İşlem Türü",
            "Gönderen",
            "Alıcı",
            "Acente",
            "Giren",
            "Çıkan",
            "Para Birimi",
            "Komisyon",
            "Bakiye",
            "Açıklama",
        ],
        words: [
            "açılış bakiyesi",
            "giden havale",
            "havale ödeme",
            "mahsup",
            "emanet",
            "emanet ödeme",
            "emanet iade",
            "gider",
        ],
        currencies: ["USD", "EUR", "USDT"],
        hand: Hand::Turkish,
        phone: Some("Telefon"),
        numbers: Numbers::Comma,
        has_two_rows: false,
    },
    Style {
        language: "ar",
        separator: ',',
        columns: [
            "تسلسل",
            "التاريخ",
            "رقم الحوالة",
            "نوع العملية",
            "المرسل",
            "المستفيد",
            "الوكيل",
            "وارد",
            "صادر",
            "العملة",
            "العمولة",
            "الرصيد",
            "ملاحظات",
        ],
        words: [
            "رصيد افتتاحي",
            "حوالة صادرة",
            "تسليم حوالة",
            "تسوية",
            "أمانة",
            "صرف أمانة",
            "رد أمانة",
            "مصروف",
        ],
        currencies: ["دولار", "يورو", "تيثر"],
        hand: Hand::Arabic,
        phone: None,
        numbers: Numbers::Point,
        has_two_rows: true,
    },
    Style {
        language: "de",
        separator: ';',
        columns: [
            "Lfd. Nr.",
            "Datum",
            "Kennwort",
            "Vorgang",
            "Absender",
            "Empfänger",
            "Partner",
            "Eingang",
            "Ausgang",
            "Währung",
            "Provision",
            "Saldo",
            "Bemerkung",
        ],
        words: [
            "Anfangsbestand",
            "Versand",
            "Auszahlung",
            "Ausgleich",
            "Hinterlegung",
            "Auszahlung Hinterlegung",
            "Rückzahlung",
            "Kosten",
        ],
        currencies: ["USD", "EUR", "USDT"],
        hand: Hand::German,
        phone: None,
        numbers: Numbers::Comma,
        has_two_rows: true,
    },
];

/// Which of the columns stand in the first row of a line of two, and which below them.
const FIRST_ROW: [Option<usize>; 9] = [
    Some(0),
    Some(1),
    Some(2),
    Some(3),
    Some(4),
    Some(7),
    Some(8),
    Some(9),
    Some(11),
];
const SECOND_ROW: [Option<usize>; 9] = [
    None,
    None,
    None,
    None,
    Some(5),
    Some(10),
    None,
    Some(6),
    Some(12),
];

impl Style {
    /// The rows that a line takes, each in the order of the sheet; `phone` stands last where the book has such a column.
    pub(super) fn rows(&self, cells: &[&str; 13], phone: &str) -> Vec<String> {
        let separator = self.separator.to_string();
        if !self.has_two_rows {
            let mut row = cells.join(&separator);
            if self.phone.is_some() {
                row.push(self.separator);
                row.push_str(phone);
            }
            return vec![row];
        }
        let row = |places: [Option<usize>; 9]| {
            let texts = places.map(|place| place.map_or("", |place| cells[place]));
            texts.join(&separator)
        };
        vec![row(FIRST_ROW), row(SECOND_ROW)]
    }

    /// Which row of a line a column stands in, and which column of that row it is; both from 1.
    pub(super) fn place(&self, column: usize) -> (u64, usize) {
        let of_row = |row: &[Option<usize>]| row.iter().position(|place| *place == Some(column));
        match (self.has_two_rows, of_row(&FIRST_ROW), of_row(&SECOND_ROW)) {
            (true, Some(first), _) => (1, first + 1),
            (true, None, Some(second)) => (2, second + 1),
            _ => (1, column + 1),
        }
    }

    pub(super) const fn word(&self, kind: RowKind) -> &'static str {
        self.words[kind as usize]
    }

    pub(super) const fn currency(&self, currency: Currency) -> &'static str {
        self.currencies[currency as usize]
    }

    /// Hundredths as an amount.
    pub(super) fn amount(&self, cents: i64) -> String {
        let sign = if cents < 0 { "-" } else { "" };
        let (whole, part) = (cents.unsigned_abs() / 100, cents.unsigned_abs() % 100);
        match self.numbers {
            Numbers::Point => format!("{sign}{whole}.{part:02}"),
            Numbers::Comma => format!("{sign}{},{part:02}", grouped(whole)),
            Numbers::Persian => format!("{sign}{whole}٫{part:02}")
                .chars()
                .map(|digit| match digit.to_digit(10) {
                    Some(value) => char::from_u32(0x6f0 + value).unwrap_or(digit),
                    None => digit,
                })
                .collect(),
        }
    }

    pub(super) fn date(&self, day: u32) -> String {
        let day = rata_die(day);
        let (year, month, day) = match self.numbers {
            Numbers::Persian => parts(&Date::from_rata_die(day, Persian)),
            Numbers::Point | Numbers::Comma => parts(&Date::from_rata_die(day, Iso)),
        };
        match self.numbers {
            Numbers::Point => format!("{year}-{month:02}-{day:02}"),
            Numbers::Persian => format!("{year}/{month:02}/{day:02}"),
            Numbers::Comma => format!("{day:02}.{month:02}.{year}"),
        }
    }
}

/// Dots between groups of three digits.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push('.');
        }
        text.push(digit);
    }
    text
}

/// A day since 1970 as the proleptic day that calendars count in.
fn rata_die(day: u32) -> RataDie {
    const UNIX_EPOCH: i64 = 719_163;
    RataDie::new(UNIX_EPOCH + i64::from(day))
}

/// Year, month and day of a date in its calendar.
fn parts<C: Calendar>(date: &Date<C>) -> (i32, u8, u8) {
    let year = date.year().extended_year();
    (year, date.month().ordinal, date.day_of_month().0)
}

#[cfg(test)]
mod tests {
    use super::STYLES;

    #[test]
    fn days_and_amounts_are_written_as_people_do() {
        let written = STYLES.map(|style| style.amount(-123_456_705));
        assert_eq!(
            written,
            [
                "-1234567.05",
                "-1.234.567,05",
                "-۱۲۳۴۵۶۷٫۰۵",
                "-1.234.567,05",
                "-1234567.05",
                "-1.234.567,05"
            ]
        );
        let dates = STYLES.map(|style| style.date(19_782));
        assert_eq!(
            dates,
            [
                "2024-02-29",
                "29.02.2024",
                "1402/12/10",
                "29.02.2024",
                "2024-02-29",
                "29.02.2024"
            ]
        );
        assert_eq!(STYLES[1].amount(99_900), "999,00");
    }
}
