//! What a header says about its column.
//!
//! Method: a header is cut into phrases of the lexicon, longest first; the concepts that they name
//! together give the fields that it may mean, best first, each with a score between 0 and 1000.

use super::field::Field;
use super::lexicon::{Concept, lexicon, words};

/// A field that a header may mean.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Candidate {
    pub(crate) field: Field,
    /// 0 to 1000.
    pub(crate) score: u32,
}

/// What a header says.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct HeaderReading {
    /// Best first.
    pub(crate) candidates: Vec<Candidate>,
    /// A currency that the header names, as a code.
    pub(crate) currency: Option<Box<str>>,
}

/// Concepts of a header with the share of its words (per mille) that named them.
pub(crate) fn concepts_of(
    header: &str,
    language: Option<usize>,
) -> (Vec<Concept>, Option<Box<str>>, u32) {
    let lexicon = lexicon();
    let words = words(header);
    let (mut concepts, mut currency) = (Vec::new(), None);
    let (mut at, mut known) = (0, 0_u32);
    while at < words.len() {
        if let Some((meanings, n)) = lexicon.headers.longest_at(&words[at..]) {
            concepts.push(pick(meanings, language));
            known += 1000 * u32::try_from(n).unwrap_or(0);
            at += n;
            continue;
        }
        if let Some((code, n)) = lexicon
            .currencies
            .longest_at(&words[at..])
            .map(|(codes, n)| (codes[0].clone(), n))
        {
            currency = Some(code);
            known += 1000 * u32::try_from(n).unwrap_or(0);
            at += n;
            continue;
        }
        if let Some(parts) = compound(&words[at], language) {
            concepts.extend(parts);
            known += 1000;
        } else if let Some((concept, quality)) = near(&words[at], language) {
            concepts.push(concept);
            known += quality;
        } else if matches!(words[at].as_str(), "2" | "ii") {
            concepts.push(Concept::Second);
            known += 1000;
        } else if matches!(words[at].as_str(), "1" | "i") {
            known += 1000;
        }
        at += 1;
    }
    let n = u32::try_from(words.len()).unwrap_or(1).max(1);
    if concepts.is_empty() && header.contains('#') {
        return (vec![Concept::Serial], None, 1000);
    }
    (concepts, currency, known / n)
}

fn pick(meanings: &[(usize, Concept)], language: Option<usize>) -> Concept {
    meanings
        .iter()
        .find(|(of, _)| Some(*of) == language)
        .or(meanings.first())
        .map_or(Concept::Note, |&(_, concept)| concept)
}

/// Two lexicon words written as one, with up to two letters between: `Auszahlungswährung`.
fn compound(word: &str, language: Option<usize>) -> Option<[Concept; 2]> {
    if !word.is_ascii() || word.len() < 8 {
        return None;
    }
    let known = |part: &str| {
        let headers = &lexicon().headers;
        let meanings = headers.all(&[part.to_owned()]);
        (!meanings.is_empty()).then(|| pick(meanings, language))
    };
    (4..=word.len() - 4).rev().find_map(|end| {
        let first = known(&word[..end])?;
        let starts = end..=(end + 2).min(word.len() - 4);
        let second = starts.into_iter().find_map(|start| known(&word[start..]))?;
        Some([first, second])
    })
}

/// A word that differs from a lexicon word by its ending only, or abbreviates it.
fn near(word: &str, language: Option<usize>) -> Option<(Concept, u32)> {
    let n = word.chars().count();
    if n < 3 || word.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let mut abbreviated: Vec<Concept> = Vec::new();
    let mut best: Option<(usize, Concept)> = None;
    for (known, meanings) in &lexicon().header_words {
        let m = known.chars().count();
        let shared = word
            .chars()
            .zip(known.chars())
            .take_while(|(a, b)| a == b)
            .count();
        // Slavic and Albanian cases change an ending, Turkish ones add up to three letters.
        if shared >= 5 && (shared + 2 >= n.max(m) || shared == m && m + 3 >= n) {
            if best.is_none_or(|(longest, _)| shared > longest) {
                best = Some((shared, pick(meanings, language)));
            }
        } else if shared == n && m > n && word.is_ascii() {
            let concept = pick(meanings, language);
            if !abbreviated.contains(&concept) {
                abbreviated.push(concept);
            }
        }
    }
    match (best, abbreviated.as_slice()) {
        (Some((_, concept)), _) => Some((concept, 900)),
        (None, [concept]) => Some((*concept, 700)),
        // Paying out and what is paid out abbreviate to the same letters.
        (
            None,
            [
                Concept::Debit | Concept::Converted,
                Concept::Debit | Concept::Converted,
            ],
        ) => Some((Concept::Debit, 700)),
        _ => None,
    }
}

/// The language that most headers are known in.
pub(crate) fn language_of(headers: &[&str]) -> Option<usize> {
    let mut hits: Vec<usize> = Vec::new();
    for header in headers {
        let words = words(header);
        let mut seen: Vec<usize> = Vec::new();
        for start in 0..words.len() {
            if let Some((meanings, _)) = lexicon().headers.longest_at(&words[start..]) {
                seen.extend(meanings.iter().map(|(language, _)| *language));
            }
        }
        seen.sort_unstable();
        seen.dedup();
        for language in seen {
            if hits.len() <= language {
                hits.resize(language + 1, 0);
            }
            hits[language] += 1;
        }
    }
    (0..hits.len()).max_by_key(|&language| (hits[language], std::cmp::Reverse(language)))
}

/// Reads a header.
pub(crate) fn read_header(header: &str, language: Option<usize>) -> HeaderReading {
    let (concepts, currency, coverage) = concepts_of(header, language);
    let mut candidates = candidates(&concepts);
    if concepts.is_empty() && currency.is_some() {
        candidates = vec![(Field::Amount, 500), (Field::Balance, 300)];
    }
    let candidates = candidates
        .into_iter()
        .map(|(field, score)| Candidate {
            field,
            score: score * coverage.min(1000) / 1000,
        })
        .collect();
    HeaderReading {
        candidates,
        currency,
    }
}

type Scored = Vec<(Field, u32)>;

/// The concepts that a header names.
struct Said<'a>(&'a [Concept]);

impl Said<'_> {
    fn has(&self, concept: Concept) -> bool {
        self.0.contains(&concept)
    }

    fn any(&self, list: &[Concept]) -> bool {
        list.iter().any(|concept| self.0.contains(concept))
    }

    /// Whether it speaks of what is paid out.
    fn outward(&self) -> bool {
        use Concept as C;
        self.any(&[
            C::Converted,
            C::Second,
            C::Hawala,
            C::Beneficiary,
            C::Delivery,
        ])
    }

    /// Whether it speaks of what is paid in.
    fn inward(&self) -> bool {
        self.any(&[Concept::Original, Concept::Sender])
    }

    fn of_person(&self, sender: Field, beneficiary: Field, any: Field) -> Scored {
        if self.has(Concept::Beneficiary) {
            vec![(beneficiary, 1000)]
        } else if self.has(Concept::Sender) {
            vec![(sender, 1000)]
        } else if self.has(Concept::Second) {
            vec![(beneficiary, 900)]
        } else {
            vec![(any, 1000), (sender, 500), (beneficiary, 500)]
        }
    }
}

/// The fields that concepts together may mean, best first. The first group that knows one decides.
fn candidates(concepts: &[Concept]) -> Scored {
    let said = Said(concepts);
    about_fees_and_states(&said)
        .or_else(|| about_people_and_time(&said))
        .or_else(|| about_money_and_places(&said))
        .or_else(|| about_single_words(&said))
        .unwrap_or_default()
}

/// Chain, commission, the states of an order, and the balance.
fn about_fees_and_states(said: &Said<'_>) -> Option<Scored> {
    use Concept as C;
    if said.has(C::Txid) {
        return Some(vec![(Field::Txid, 1000)]);
    }
    if said.has(C::Wallet) {
        return Some(vec![(Field::Wallet, 1000)]);
    }
    if said.has(C::Commission) {
        return Some(
            match (said.has(C::Currency), said.inward() && !said.has(C::Amount)) {
                (true, _) => vec![(Field::CommissionCurrency, 1000)],
                (_, true) => vec![(Field::Commission, 800), (Field::CommissionPayer, 500)],
                _ => vec![(Field::Commission, 1000)],
            },
        );
    }
    if said.has(C::Status) && said.any(&[C::Approval, C::Payment, C::Delivery, C::Debit, C::Credit])
    {
        return Some(if said.has(C::Approval) {
            vec![(Field::Approval, 1000), (Field::Status, 600)]
        } else if said.has(C::Delivery) {
            vec![(Field::Delivery, 1000), (Field::Status, 600)]
        } else {
            vec![(Field::Payment, 1000), (Field::Status, 600)]
        });
    }
    if said.has(C::Balance) {
        return Some(if said.has(C::Status) {
            vec![(Field::Status, 900), (Field::Balance, 500)]
        } else {
            vec![(Field::Balance, 1000)]
        });
    }
    None
}

/// What belongs to a person, rates, dates, tokens and types.
fn about_people_and_time(said: &Said<'_>) -> Option<Scored> {
    use Concept as C;
    if said.has(C::Phone) {
        return Some(said.of_person(Field::SenderPhone, Field::BeneficiaryPhone, Field::Phone));
    }
    if said.has(C::Father) {
        return Some(said.of_person(Field::SenderFather, Field::BeneficiaryFather, Field::Father));
    }
    if said.has(C::IdNo) {
        return Some(said.of_person(Field::SenderId, Field::BeneficiaryId, Field::IdNo));
    }
    if said.has(C::Rate) {
        return Some(vec![(Field::Rate, 1000)]);
    }
    if said.has(C::Date) || said.any(&[C::Solar, C::Gregorian, C::Islamic]) {
        return Some(
            if said.any(&[C::Debit, C::Delivery, C::Payment, C::Converted]) {
                vec![
                    (Field::PaidAt, 950),
                    (Field::Date, 600),
                    (Field::DateAlt, 300),
                ]
            } else {
                vec![
                    (Field::Date, 1000),
                    (Field::DateAlt, 700),
                    (Field::PaidAt, 300),
                ]
            },
        );
    }
    if said.has(C::Clock) {
        return Some(vec![(Field::Time, 1000), (Field::Date, 600)]);
    }
    if said.has(C::Token) || (said.has(C::Hawala) && said.any(&[C::Number, C::Serial])) {
        return Some(vec![(Field::Token, 1000), (Field::Serial, 400)]);
    }
    if said.has(C::Type) {
        return Some(vec![
            (Field::Type, 1000),
            (Field::Detail, 400),
            (Field::Note, 300),
        ]);
    }
    None
}

/// Currencies, places, amounts and who takes part.
fn about_money_and_places(said: &Said<'_>) -> Option<Scored> {
    use Concept as C;
    if said.has(C::Currency) {
        return Some(if said.outward() || said.has(C::Debit) {
            vec![(Field::CurrencyOut, 1000), (Field::Currency, 500)]
        } else if said.inward() || said.has(C::Credit) {
            vec![(Field::CurrencyIn, 1000), (Field::Currency, 700)]
        } else {
            vec![
                (Field::Currency, 1000),
                (Field::CurrencyOut, 600),
                (Field::CurrencyIn, 400),
            ]
        });
    }
    if said.has(C::Place) || said.has(C::Origin) {
        return Some(
            if said.has(C::Origin) || said.has(C::Sender) || said.has(C::Original) {
                vec![(Field::PlaceFrom, 1000), (Field::Place, 500)]
            } else if said.has(C::Beneficiary) {
                vec![(Field::PlaceTo, 1000), (Field::Place, 700)]
            } else {
                vec![
                    (Field::Place, 1000),
                    (Field::PlaceTo, 700),
                    (Field::PlaceFrom, 400),
                ]
            },
        );
    }
    if said.has(C::Amount) {
        return Some(if said.has(C::Debit) {
            vec![
                (Field::AmountOut, 850),
                (Field::Debit, 800),
                (Field::Amount, 400),
            ]
        } else if said.outward() {
            vec![(Field::AmountOut, 1000), (Field::Amount, 500)]
        } else if said.has(C::Credit) {
            vec![
                (Field::Credit, 850),
                (Field::AmountIn, 800),
                (Field::Amount, 400),
            ]
        } else if said.inward() {
            vec![(Field::AmountIn, 1000), (Field::Amount, 700)]
        } else {
            vec![
                (Field::Amount, 1000),
                (Field::AmountIn, 700),
                (Field::AmountOut, 600),
            ]
        });
    }
    if said.has(C::Counterpart) {
        return Some(vec![(Field::Counterpart, 1000), (Field::Place, 300)]);
    }
    if said.has(C::Sender) {
        return Some(vec![(Field::Sender, 1000), (Field::PlaceFrom, 300)]);
    }
    if said.has(C::Beneficiary) {
        return Some(vec![(Field::Beneficiary, 1000), (Field::PlaceTo, 300)]);
    }
    None
}

/// Words that mean something alone, and less beside others.
fn about_single_words(said: &Said<'_>) -> Option<Scored> {
    use Concept as C;
    if said.has(C::Approval) {
        return Some(vec![(Field::Approval, 900), (Field::Status, 600)]);
    }
    if said.has(C::Converted) {
        return Some(vec![(Field::AmountOut, 950), (Field::Debit, 300)]);
    }
    if said.has(C::Delivery) {
        return Some(vec![
            (Field::Delivery, 900),
            (Field::Status, 600),
            (Field::PaidAt, 300),
        ]);
    }
    if said.has(C::Credit) {
        return Some(vec![
            (Field::Credit, 1000),
            (Field::AmountIn, 600),
            (Field::Amount, 300),
        ]);
    }
    if said.has(C::Debit) {
        return Some(vec![
            (Field::Debit, 1000),
            (Field::AmountOut, 600),
            (Field::Amount, 300),
        ]);
    }
    if said.has(C::Payment) {
        return Some(vec![
            (Field::Payment, 800),
            (Field::Debit, 500),
            (Field::Status, 500),
        ]);
    }
    if said.has(C::Status) {
        return Some(vec![
            (Field::Status, 1000),
            (Field::Delivery, 500),
            (Field::Payment, 400),
        ]);
    }
    if said.has(C::Name) {
        return Some(vec![
            (Field::Sender, 850),
            (Field::Beneficiary, 500),
            (Field::Detail, 200),
        ]);
    }
    if said.has(C::Note) {
        return Some(vec![(Field::Note, 1000), (Field::Detail, 700)]);
    }
    if said.has(C::Detail) {
        return Some(vec![(Field::Detail, 1000), (Field::Note, 800)]);
    }
    if said.has(C::Serial) || said.has(C::Number) {
        return Some(vec![(Field::Serial, 950), (Field::Token, 500)]);
    }
    if said.has(C::Hawala) {
        return Some(vec![
            (Field::Token, 500),
            (Field::AmountOut, 450),
            (Field::Detail, 300),
        ]);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(headers: &[(&str, &str)]) {
        let texts: Vec<&str> = headers.iter().map(|(header, _)| *header).collect();
        let language = language_of(&texts);
        for (header, field) in headers {
            let reading = read_header(header, language);
            let best = reading.candidates.first().map(|c| c.field.as_str());
            assert_eq!(best, Some(*field), "{header}: {reading:?}");
        }
    }

    #[test]
    fn headers_of_three_scripts_are_read() {
        check(&[
            ("ردیف", "serial"),
            ("تاریخ", "date"),
            ("کد رهگیری", "token"),
            ("نوع", "type"),
            ("فرستنده", "sender"),
            ("ولد", "father"),
            ("گیرنده", "beneficiary"),
            ("محل پرداخت", "place"),
            ("نماینده", "counterpart"),
            ("واحد پول", "currency"),
            ("دریافتی", "credit"),
            ("پرداختی", "debit"),
            ("مانده", "balance"),
            ("مبلغ حواله", "amount_out"),
            ("ارز حواله", "currency_out"),
            ("نرخ", "rate"),
            ("کارمزد", "commission"),
            ("ملاحظات", "note"),
            ("تفصیلات", "detail"),
            ("مبلغ اصلی", "amount_in"),
            ("مبلغ تبدیل\u{200c}شده", "amount_out"),
            ("ارز تبدیل", "currency_out"),
            ("شماره تماس گیرنده", "beneficiary_phone"),
        ]);
        check(&[
            ("الرقم المرجعي", "token"),
            ("التاريخ", "date"),
            ("هاتف المرسل", "sender_phone"),
            ("الوجهة", "place"),
            ("الوكيل", "counterpart"),
            ("المبلغ", "amount"),
            ("سعر الصرف", "rate"),
            ("المبلغ المسلم", "amount_out"),
            ("العملة المسلمة", "currency_out"),
            ("الأجور", "commission"),
            ("حالة الموافقة", "approval"),
            ("حالة الدفع", "payment"),
            ("حالة التسليم", "delivery"),
            ("نوع العملية", "type"),
        ]);
        check(&[
            ("R.br.", "serial"),
            ("Šifra", "token"),
            ("Vrsta", "type"),
            ("Uplata", "credit"),
            ("Isplata", "debit"),
            ("Iznos za isplatu", "amount_out"),
            ("Val. ispl.", "currency_out"),
            ("Provizija", "commission"),
            ("kod koga", "counterpart"),
            ("šta", "type"),
            ("ime", "sender"),
            ("prima", "beneficiary"),
            ("val2", "currency_out"),
            ("isplatiti", "amount_out"),
            ("stanje", "balance"),
            ("opis", "note"),
            ("br", "serial"),
            ("Телефон", "phone"),
            ("Износ", "amount"),
            ("Прималац", "beneficiary"),
        ]);
    }

    #[test]
    fn headers_in_latin_letters_are_read() {
        check(&[
            ("Sıra No", "serial"),
            ("İşlem Tarihi", "date"),
            ("Gönderen", "sender"),
            ("Alıcının Telefonu", "beneficiary_phone"),
            ("Tutar", "amount"),
            ("Döviz Cinsi", "currency"),
            ("Kur", "rate"),
            ("Komisyon", "commission"),
            ("Giriş", "credit"),
            ("Çıkış", "debit"),
            ("Bakiye", "balance"),
            ("Ödenecek Tutar", "amount_out"),
            ("İşlem Türü", "type"),
        ]);
        check(&[
            ("No.", "serial"),
            ("Value Date", "date"),
            ("Payout amount", "amount_out"),
            ("Payout currency", "currency_out"),
            ("Sender's phone", "sender_phone"),
            ("Paid on", "debit"),
            ("Father's name", "father"),
            ("Fee currency", "commission_currency"),
        ]);
        check(&[
            ("Lfd. Nr.", "serial"),
            ("Datum", "date"),
            ("Empfänger", "beneficiary"),
            ("Einnahme", "credit"),
            ("Ausgabe", "debit"),
            ("Saldo", "balance"),
            ("Währung", "currency"),
            ("Auszahlungsbetrag", "amount_out"),
            ("Auszahlungswährung", "currency_out"),
            ("Empfängername", "beneficiary"),
            ("Vorgang", "type"),
            ("Kennwort", "token"),
        ]);
        check(&[
            ("Nr. rendor", "serial"),
            ("Data", "date"),
            ("Dërguesi", "sender"),
            ("Marrësi", "beneficiary"),
            ("Shuma", "amount"),
            ("Hyrje", "credit"),
            ("Dalje", "debit"),
            ("Gjendja", "balance"),
        ]);
    }

    #[test]
    fn a_header_may_name_its_currency() {
        let reading = read_header("Cash In (USD)", None);
        assert_eq!(reading.candidates[0].field, Field::Credit);
        assert_eq!(reading.currency.as_deref(), Some("USD"));
        assert_eq!(read_header("کوچه", None).candidates, []);
    }
}
