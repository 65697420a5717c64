//! Attribution lists of our own: CSV with the columns account, label, category, source, confidence, and if it is there actor.
//!
//! Law: a row that does not read is refused with its number and reason; none is dropped silently.

use super::{ListFormat, TagList, confidence, network};
use crate::Error;
use moneytrail_model::tag::Assertion;
use moneytrail_model::{AccountKey, Network};

/// Columns that a list has.
const COLUMNS: [&str; 5] = ["account", "label", "category", "source", "confidence"];

/// Whether the first line names the columns of a list.
pub(super) fn is_one(bytes: &[u8]) -> bool {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let line = bytes.split(|&byte| byte == b'\n').next().unwrap_or(bytes);
    let line = String::from_utf8_lossy(&line[..line.len().min(4096)]);
    let cells: Vec<String> = line
        .split(',')
        .map(|cell| cell.trim().trim_matches('"').to_lowercase())
        .collect();
    COLUMNS
        .iter()
        .all(|&column| cells.iter().any(|cell| cell == column))
}

/// Reads a list.
///
/// # Errors
/// If the header lacks a column or the text is no CSV.
pub(super) fn read(bytes: &[u8]) -> Result<TagList, Error> {
    let mut reader = ::csv::ReaderBuilder::new()
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
    let mut list = TagList::new(ListFormat::Csv);
    for record in reader.records() {
        let record = record.map_err(|error| failed(error.to_string()))?;
        let row = record.position().map_or(0, ::csv::Position::line);
        let cell = |position: usize| record.get(columns[position]).unwrap_or("");
        let confidence = confidence::of(cell(4));
        match (AccountKey::parse(cell(0), Network::Bitcoin), confidence) {
            (None, _) => list
                .refused
                .push((row, format!("`{}` is no account", cell(0)))),
            (_, None) => list
                .refused
                .push((row, format!("`{}` is no confidence", cell(4)))),
            (Some(account), Some(confidence)) => list.tags.push(Assertion {
                level: confidence::word(cell(4)).into(),
                category: cell(2).to_lowercase().into(),
                actor: actor.and_then(|at| record.get(at)).unwrap_or("").into(),
                ..Assertion::new(
                    network::open(cell(0), account),
                    cell(1),
                    cell(3),
                    confidence,
                )
            }),
        }
    }
    list.remark_on_concepts();
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
        assert!(list.tags[1].tags(&[])[0].is_service() && list.tags[1].confidence == 70);
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
