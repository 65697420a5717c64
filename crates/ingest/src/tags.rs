//! Attribution lists of our own: CSV with the columns account, label, category, source, confidence, and if it is there actor.
//!
//! Law: a row that does not read is refused with its number and reason; none is dropped silently.

use crate::Error;
use moneytrail_model::tag::Tag;
use moneytrail_model::{AccountKey, Network};

/// Confidence of the words that TagPacks use (`chains.md` §1).
const CONFIDENCE: [(&str, u8); 14] = [
    ("override", 100),
    ("ownership", 100),
    ("ledger_immanent", 100),
    ("manual_transaction", 90),
    ("service_api", 70),
    ("forensic_investigation", 70),
    ("authority_data", 60),
    ("trusted_provider", 50),
    ("service_data", 50),
    ("forensic", 50),
    ("untrusted_transaction", 40),
    ("web_crawl", 20),
    ("heuristic", 10),
    ("unknown", 5),
];

/// A list as read.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct TagList {
    /// Tags, in the order of the list.
    pub tags: Vec<Tag>,
    /// Rows refused: number from 1, and why.
    pub refused: Vec<(u64, String)>,
}

/// Reads a list.
///
/// # Errors
/// If the header lacks a column or the text is no CSV.
pub fn read(bytes: &[u8]) -> Result<TagList, Error> {
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(bytes);
    let failed = |why: String| Error::Container {
        path: "tag list".to_owned(),
        why,
    };
    let headers = reader
        .headers()
        .map_err(|error| failed(error.to_string()))?
        .clone();
    let column = |name: &str| {
        let found = headers.iter().position(|header| {
            header
                .trim_start_matches('\u{feff}')
                .eq_ignore_ascii_case(name)
        });
        found.ok_or_else(|| {
            failed(format!(
                "column `{name}` is missing; expected account, label, category, source, confidence"
            ))
        })
    };
    let actor = headers
        .iter()
        .position(|header| header.eq_ignore_ascii_case("actor"));
    let columns = [
        column("account")?,
        column("label")?,
        column("category")?,
        column("source")?,
        column("confidence")?,
    ];
    let mut list = TagList::default();
    for record in reader.records() {
        let record = record.map_err(|error| failed(error.to_string()))?;
        let row = record.position().map_or(0, csv::Position::line);
        let cell = |position: usize| record.get(columns[position]).unwrap_or("");
        let confidence = CONFIDENCE
            .iter()
            .find(|word| word.0 == cell(4))
            .map(|word| word.1);
        let confidence =
            confidence.or_else(|| cell(4).parse().ok().filter(|&number| number <= 100));
        match (AccountKey::parse(cell(0), Network::Bitcoin), confidence) {
            (None, _) => list
                .refused
                .push((row, format!("`{}` is no account", cell(0)))),
            (_, None) => list
                .refused
                .push((row, format!("`{}` is no confidence", cell(4)))),
            (Some(account), Some(confidence)) => list.tags.push(Tag {
                account,
                label: cell(1).into(),
                category: cell(2).to_lowercase().into(),
                source: cell(3).into(),
                confidence,
                actor: actor.and_then(|at| record.get(at)).unwrap_or("").into(),
            }),
        }
    }
    Ok(list)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_can_and_says_what_it_cannot() {
        let list = read(
            b"account,label,category,source,confidence\n\
              1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa,Genesis,person,me,ownership\n\
              TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t,Shop,Exchange,me,70\n\
              nobody,x,y,z,5\n\
              1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa,x,y,z,maybe\n",
        )
        .unwrap();
        assert_eq!((list.tags.len(), list.refused.len()), (2, 2));
        assert!(list.tags[1].is_service() && list.tags[1].confidence == 70);
        assert_eq!(list.refused[0], (4, "`nobody` is no account".to_owned()));
        assert!(read(b"address,label\n").is_err());
        let list = read(
            b"account,label,category,actor,source,confidence\n\
              TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t,Hot wallet 3,exchange,shop,me,70\n",
        )
        .unwrap();
        assert_eq!(
            (&*list.tags[0].actor, &*list.tags[0].source),
            ("shop", "me")
        );
    }
}
