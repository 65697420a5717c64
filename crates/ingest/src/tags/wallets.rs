//! Lists of wallets as investigators keep them: delimited text with a header, one column of addresses, and one that says whose they are.
//!
//! Laws. Told by content: one column whose cells are addresses with their checksums, and a header that names whose; a table that also
//! has sums, transactions or a second column of addresses is none, because movements are no list of wallets ([`movements`]). Told by the
//! whole text: the beginning can only say that it is none, so what is told reads. What no column is known to
//! say is kept as written, with its header. What the list does not say, a person says beside it; what nobody said is assumed and named.

use super::movements::{self, Column};
use super::plain::decoded;
use super::{ListFormat, Said, TagList, confidence, network};
use crate::Error;
use crate::table::fold;
use moneytrail_model::tag::Assertion;

/// Bytes that spare a look at the whole of what is plainly none.
const HEAD_LEN: usize = 1 << 16;
/// What parts cells.
const SEPARATORS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// Words of headers, folded: English, German, Serbian and its neighbours, Albanian, Turkish, French, Italian, Spanish, Russian, Dari and
/// Persian, Pashto, Arabic.
const LABELS: &str = "label|name|owner|holder|wallet owner|wallet name|wallet holder|belongs to|person|inhaber|besitzer|eigentumer|wem|vlasnik|ime|naziv|pronari|emri|sahibi|sahip|adi|ad|isim|proprietaire|titulaire|nom|proprietario|titolare|nome|titular|nombre|владелец|имя|vladelec|imja|imya|مالک|صاحب|دارنده|نام|خاوند|نوم|المالک|الاسم|اسم|صاحب المحفظه";
const SOURCES: &str = "source|found on|found at|found in|origin|evidence|quelle|fundort|fundstelle|izvor|burimi|kaynak|fonte|fuente|источник|istocnik|istochnik|منبع|ماخذ|سرچینه|المصدر|مصدر";
const CATEGORIES: &str = "category|type|kind|kategorie|art|kategorija|vrsta|kategoria|kategori|tur|categorie|categoria|tipo|категория|نوع|دسته|ډول|النوع|التصنیف|تصنیف";
const CONFIDENCES: &str = "confidence|certainty|vertrauen|sicherheit|pouzdanost|guven|confiance|confianza|fiducia|اعتماد|اطمینان|الثقه";
const NETWORKS: &str = "network|chain|blockchain|netzwerk|netz|kette|mreza|lanac|rrjeti|ag|zincir|reseau|rete|red|сеть|شبکه|الشبکه";

/// What columns say, by their positions.
struct Columns {
    separator: u8,
    headers: Vec<String>,
    address: usize,
    label: usize,
    source: Option<usize>,
    category: Option<usize>,
    confidence: Option<usize>,
    network: Option<usize>,
}

fn is_one_of(words: &str, header: &str) -> bool {
    let header = fold(header);
    !header.is_empty() && words.split('|').any(|word| fold(word) == header)
}

/// Whether a header names how far a row is to be trusted.
pub(super) fn is_confidence(header: &str) -> bool {
    is_one_of(CONFIDENCES, header)
}

/// Whether a header names what a list says, in words.
pub(super) fn is_said(header: &str) -> bool {
    let said = [LABELS, SOURCES, CATEGORIES, NETWORKS];
    said.into_iter().any(|words| is_one_of(words, header))
}

fn reader(text: &str, separator: u8) -> ::csv::Reader<&[u8]> {
    ::csv::ReaderBuilder::new()
        .delimiter(separator)
        .flexible(true)
        .trim(::csv::Trim::All)
        .from_reader(text.as_bytes())
}

/// What the cells below headers are; those beyond the last header count as one column more.
fn cells(reader: &mut ::csv::Reader<&[u8]>, n_headers: usize) -> Vec<Column> {
    let mut columns: Vec<Column> = Vec::new();
    columns.resize_with(n_headers + 1, Column::default);
    for record in reader.records().map_while(Result::ok) {
        for (at, cell) in record.iter().enumerate() {
            columns[at.min(n_headers)].take(cell);
        }
    }
    columns
}

impl Columns {
    /// What the columns of a text say, if it is such a list.
    fn of(text: &str) -> Option<Self> {
        let mut separators = SEPARATORS.into_iter();
        separators.find_map(|separator| Self::separated(text, separator))
    }

    fn separated(text: &str, separator: u8) -> Option<Self> {
        let mut reader = reader(text, separator);
        let headers = reader.headers().ok()?;
        let headers: Vec<String> = headers.iter().map(str::to_owned).collect();
        if headers.len() < 2 {
            return None;
        }
        let columns = cells(&mut reader, headers.len());
        let mut with_addresses = (0..columns.len()).filter(|&at| columns[at].has_addresses());
        let (Some(address), None) = (with_addresses.next(), with_addresses.next()) else {
            return None;
        };
        if address == headers.len()
            || !columns[address].is_of_addresses()
            || movements::are_headers_of(&headers, address)
            || movements::are_cells_of(&headers, &columns, address)
        {
            return None;
        }
        let column = |words: &str| {
            let mut columns = (0..headers.len()).filter(|&at| at != address);
            columns.find(|&at| is_one_of(words, &headers[at]))
        };
        Some(Self {
            separator,
            address,
            label: column(LABELS)?,
            source: column(SOURCES),
            category: column(CATEGORIES),
            confidence: column(CONFIDENCES),
            network: column(NETWORKS),
            headers,
        })
    }
}

/// Whether it is such a list: its beginning, and then the whole as [`read`] has it.
pub(super) fn is_one(bytes: &[u8]) -> bool {
    if bytes.len() > HEAD_LEN {
        let head = decoded(&bytes[..HEAD_LEN]);
        let end = head.rfind('\n').unwrap_or(head.len());
        if Columns::of(&head[..end]).is_none() {
            return false;
        }
    }
    Columns::of(&decoded(bytes)).is_some()
}

/// Reads a list.
///
/// # Errors
/// If it is none, or what a person says of it does not fit.
pub(super) fn read(bytes: &[u8], said: &Said) -> Result<TagList, Error> {
    let text = decoded(bytes);
    let columns = Columns::of(&text).ok_or_else(|| Error::Container {
        path: "list of wallets".to_owned(),
        why: "it has no one column of addresses beside one that says whose they are, or is a record of movements".to_owned(),
    })?;
    let mut list = TagList::new(ListFormat::Wallets);
    let otherwise = |said: &Option<String>| said.clone().unwrap_or_default();
    let level = said
        .confidence
        .clone()
        .unwrap_or_else(|| "unknown".to_owned());
    if confidence::of(&level).is_none() {
        return Err(Error::Contradiction {
            path: said.name.clone(),
            why: format!("`{level}` is no confidence: a number up to 100, or a word of the scale"),
        });
    }
    let named = [
        columns.source,
        columns.category,
        columns.confidence,
        columns.network,
    ];
    let known: Vec<usize> = [columns.address, columns.label]
        .into_iter()
        .chain(named.into_iter().flatten())
        .collect();
    let as_written: Vec<usize> = (0..columns.headers.len())
        .filter(|at| !known.contains(at))
        .collect();
    for record in reader(&text, columns.separator).records() {
        let record = record.map_err(|error| Error::Container {
            path: "list of wallets".to_owned(),
            why: error.to_string(),
        })?;
        let row = record.position().map_or(0, ::csv::Position::line);
        let cell = |at: usize| record.get(at).unwrap_or("");
        let or = |at: Option<usize>, otherwise: String| {
            let stated = at.map(cell).filter(|cell| !cell.is_empty());
            stated.map_or(otherwise, str::to_owned)
        };
        if record.iter().all(str::is_empty) {
            continue;
        }
        let code = or(columns.network, otherwise(&said.network));
        let level = or(columns.confidence, level.clone());
        let entry = network::account(cell(columns.address), &code, "").and_then(|subject| {
            let number =
                confidence::of(&level).ok_or_else(|| format!("`{level}` is no confidence"))?;
            let label = or(Some(columns.label), otherwise(&said.label));
            if label.is_empty() {
                return Err("nobody is named as the holder".to_owned());
            }
            let source = or(
                columns.source,
                said.source.clone().unwrap_or_else(|| said.name.clone()),
            );
            let context = as_written.iter().filter(|&&at| !cell(at).is_empty());
            let context: Vec<String> = context
                .map(|&at| format!("{}: {}", columns.headers[at], cell(at)))
                .collect();
            Ok(Assertion {
                level: confidence::word(&level).into(),
                category: or(columns.category, otherwise(&said.category))
                    .to_lowercase()
                    .into(),
                context: context.join("; ").into(),
                ..Assertion::new(subject, &label, &source, number)
            })
        });
        match entry {
            Ok(tag) => list.tags.push(tag),
            Err(why) => list.refused.push((row, why)),
        }
    }
    let header = |at: usize| format!("`{}`", columns.headers[at]);
    list.remarks.push(format!(
        "assumption: {} says which wallet, {} whose it is{}",
        header(columns.address),
        header(columns.label),
        columns
            .source
            .map_or(String::new(), |at| format!(", {} who says so", header(at)))
    ));
    if columns.confidence.is_none() && said.confidence.is_none() {
        list.remarks.push(format!(
            "assumption: the list does not say how far it is to be trusted: confidence {level}; --confidence says it"
        ));
    }
    list.remark_on_concepts();
    Ok(list)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fmt::Write;

    const WALLET: &str = "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t";

    #[test]
    fn a_list_is_told_by_its_cells_and_whose_by_the_header() {
        for text in [
            format!("address,holder,city,source\n{WALLET},Haji Karim,Kabul,seized telephone\n"),
            format!("Wallet;Inhaber;Ort;Quelle\n{WALLET};Haji Karim;Kabul;seized telephone\n"),
            format!(
                "\u{feff}\"آدرس\"\t\"مالك\"\t\"منبع\"\n{WALLET}\tHaji Karim\tseized telephone\n"
            ),
            format!("Izvor|Adresa|Vlasnik\nseized telephone|{WALLET}|Haji Karim\n"),
        ] {
            assert!(is_one(text.as_bytes()), "{text}");
            let list = read(text.as_bytes(), &Said::default()).unwrap();
            let tag = &list.tags[0];
            assert_eq!(
                (&*tag.label, &*tag.source, tag.confidence),
                ("Haji Karim", "seized telephone", 5),
                "{text}"
            );
        }
    }

    #[test]
    fn what_moves_money_or_names_nobody_is_none() {
        for text in [
            format!("address,holder,amount\n{WALLET},Haji Karim,5\n"),
            format!("from,to,name\n{WALLET},{WALLET},Haji Karim\n"),
            format!("address,city\n{WALLET},Kabul\n"),
            format!("Wallet;Name;Betrag EUR\n{WALLET};Haji Karim;\n"),
            format!("Wallet;Name;Bakiye (TL)\n{WALLET};Haji Karim;\n"),
            format!("Wallet;Name;€\n{WALLET};Haji Karim;\n"),
            format!("Wallet;Name;Ausbezahlt\n{WALLET};Haji Karim;1.200,50\n"),
            format!("Wallet;Name\n{WALLET};Haji Karim;1.200,50 EUR\n"),
            format!("Wallet;Name;Datum;Nr\n{WALLET};Haji Karim;15.05.2022;7\n"),
            format!(
                "Name;Wallet\n{}",
                format!("Haji Karim;{WALLET}\n").repeat(4)
            ),
            "address,holder\nno address,Haji Karim\n".to_owned(),
            format!("{WALLET}\n"),
            String::new(),
            "\"".to_owned(),
        ] {
            assert!(!is_one(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn numbers_that_are_no_sums_are_kept() {
        for text in [
            format!("Nr;Gefunden am;Inhaber;Wallet\n7;15.05.2022;Haji Karim;{WALLET}\n"),
            format!("holder,found in,USDT address,confidence\nHaji Karim,Herat,{WALLET},50\n"),
            format!("holder,phone,address,note\nHaji Karim,+93 700 123 456,{WALLET},x\n"),
            format!(",holder,address\n0,Haji Karim,{WALLET}\n1,Haji Karim,{WALLET}\n"),
        ] {
            assert!(is_one(text.as_bytes()), "{text}");
            let list = read(text.as_bytes(), &Said::default()).unwrap();
            assert_eq!(&*list.tags[0].label, "Haji Karim", "{text}");
        }
    }

    #[test]
    fn the_whole_text_decides() {
        let mut text = "holder,address,paid out\n".to_owned();
        while text.len() < HEAD_LEN {
            writeln!(text, "Haji Karim,{WALLET},").unwrap();
        }
        assert!(!is_one(text.as_bytes()), "it comes back to its wallet");
        let filler = "x".repeat(HEAD_LEN);
        let list = format!("holder,address,remark\nHaji Karim,{WALLET},\nHaji Aman,,{filler}\n");
        assert!(is_one(list.as_bytes()));
        let book = format!("{list}Haji Aman,,12.50\nHaji Aman,,12.50\n");
        assert!(!is_one(book.as_bytes()), "what follows is sums");
        assert!(read(book.as_bytes(), &Said::default()).is_err());
    }

    #[test]
    fn what_does_not_read_is_refused_and_what_is_not_known_is_kept() {
        let text = format!(
            "address,owner,city,seen\n{WALLET},A,Herat,May\nnobody,B,,\n{WALLET},,,\n\n{WALLET},C,,\n"
        );
        let said = Said {
            confidence: Some("forensic".to_owned()),
            category: Some("Hawala".to_owned()),
            name: "wallets.csv".to_owned(),
            ..Said::default()
        };
        let list = read(text.as_bytes(), &said).unwrap();
        assert_eq!((list.tags.len(), list.refused.len()), (2, 2));
        let tag = &list.tags[0];
        assert_eq!(
            (&*tag.context, &*tag.category, tag.confidence),
            ("city: Herat; seen: May", "hawala", 50)
        );
        assert_eq!((&*tag.source, list.refused[0].0), ("wallets.csv", 3));
    }
}
