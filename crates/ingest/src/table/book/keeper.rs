//! Whose book it is.
//!
//! Law: every place that names a keeper is a candidate with a score; the best is taken and the others are told. A
//! city beside a name is no part of it.

use crate::table::lexicon::{lexicon, words};
use crate::table::list_name;
use crate::table::profile::Profile;
use crate::table::propose::{self, SheetMap};
use crate::table::sheet::Sheet;
use crate::table::text::fold;

/// Somebody who may keep the book.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Keeper {
    pub(crate) name: String,
    /// 0 to 1000.
    pub(crate) score: u32,
    /// What names him.
    pub(crate) by: &'static str,
}

/// Who keeps the book, and who else may.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Keepers {
    pub(crate) best: Keeper,
    /// The best first.
    pub(crate) others: Vec<Keeper>,
}

/// Rows from which on a column that says one name says whose the book is.
const OWN_COLUMN_MIN: usize = 3;
/// What a second place that says the same adds to a score.
const AGREEMENT: u32 = 50;

/// Who keeps a book, by its profile, a column of its own, its title, its folder or the name of its file.
pub(super) fn keepers(
    path: &str,
    sheets: &[Sheet],
    maps: &[SheetMap],
    profile: &mut Profile,
    assumptions: &mut Vec<String>,
) -> Keepers {
    let is_list = maps.iter().any(|map| map.entry.is_some());
    let mut found: Vec<Keeper> = Vec::new();
    let mut add = |name: Option<String>, score, by| {
        if let Some(name) = name.filter(|name| !name.is_empty()) {
            found.push(Keeper { name, score, by });
        }
    };
    add(profile.book.owner.clone(), 1000, "its profile");
    add(own_column(sheets, maps), 950, "a column of its own");
    let title = sheets
        .iter()
        .zip(maps)
        .find_map(|(sheet, map)| propose::owner_in_title(sheet, map.header?));
    add(title, 900, "its title");
    let places = places(sheets, maps);
    let folder = list_name::read_name(path).owner;
    let folder_score = if is_list { 800 } else { 400 };
    let folder = folder.map(|name| without_place(&name, &places));
    add(folder, folder_score, "the name of its folder");
    // The file of a list is named after the other hawaladar.
    let file = propose::owner_in_file_name(path).filter(|_| !is_list);
    let file = file.map(|name| without_place(&name, &places));
    add(file, 600, "the name of its file");
    found.sort_by_key(|one| std::cmp::Reverse(one.score));
    let mut all: Vec<Keeper> = Vec::new();
    for one in found {
        match all
            .iter_mut()
            .find(|known| fold(&known.name) == fold(&one.name))
        {
            Some(known) => known.score = (known.score + AGREEMENT).min(1000),
            None => all.push(one),
        }
    }
    if all.is_empty() {
        assumptions.push(
            "nothing says who keeps the list: its keeper stands under the name of its file; owner in a profile names him"
                .to_owned(),
        );
        let base = path.rsplit('/').next().unwrap_or(path);
        let best = Keeper {
            name: format!("keeper of {base}"),
            score: 0,
            by: "nothing",
        };
        return Keepers {
            best,
            others: Vec::new(),
        };
    }
    let best = all.remove(0);
    if profile.book.owner.is_none() {
        let said = if is_list {
            format!("the list is kept by {}, by {}", best.name, best.by)
        } else {
            format!("the book is {}'s, by {}", best.name, best.by)
        };
        let others: Vec<String> = all
            .iter()
            .map(|other| format!("{} by {}", other.name, other.by))
            .collect();
        assumptions.push(match others.as_slice() {
            [] => said,
            others => format!("{said}; else {}", others.join(", ")),
        });
        profile.book.owner = Some(best.name.clone());
    }
    Keepers { best, others: all }
}

/// The one name in a column whose header says that it is the keeper's.
fn own_column(sheets: &[Sheet], maps: &[SheetMap]) -> Option<String> {
    for (sheet, map) in sheets.iter().zip(maps) {
        for (index, column) in map.columns.iter().enumerate() {
            if column.field.is_some() || lexicon().owners.exact(&column.header).is_none() {
                continue;
            }
            let cells = propose::cells_below(sheet, map.header, index);
            let (first, rest) = cells.split_first()?;
            let name = first.trimmed();
            let is_same = rest.iter().all(|cell| fold(cell.trimmed()) == fold(name));
            if cells.len() >= OWN_COLUMN_MIN && is_same && propose::is_name(name) {
                return Some(name.to_owned());
            }
        }
    }
    None
}

/// Places that the rows of a book name, folded.
fn places(sheets: &[Sheet], maps: &[SheetMap]) -> Vec<String> {
    let mut places: Vec<String> = Vec::new();
    for (sheet, map) in sheets.iter().zip(maps) {
        for field in [
            crate::table::field::Field::Place,
            crate::table::field::Field::PlaceFrom,
            crate::table::field::Field::PlaceTo,
        ] {
            for column in map.of(field) {
                let cells = propose::cells_below(sheet, map.header, column);
                places.extend(cells.iter().map(|cell| fold(cell.trimmed())));
            }
        }
    }
    places.sort_unstable();
    places.dedup();
    places
}

/// A name without a city at its end or beginning; a city alone stays.
fn without_place(name: &str, places: &[String]) -> String {
    let mut parts: Vec<&str> = name.split_whitespace().collect();
    let is_known = |text: &str| {
        let key = words(text);
        !lexicon().places.all(&key).is_empty()
    };
    let is_place = |text: &str| is_known(text) || places.binary_search(&fold(text)).is_ok();
    for n in [3, 2, 1] {
        if parts.len() > n && is_place(&parts[parts.len() - n..].join(" ")) {
            parts.truncate(parts.len() - n);
            return parts.join(" ");
        }
    }
    for n in [2, 1] {
        // Places of the book stand behind names; before them only what is a city anywhere.
        if parts.len() > n && is_known(&parts[..n].join(" ")) {
            parts.drain(..n);
            return parts.join(" ");
        }
    }
    parts.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_city_is_no_part_of_a_name() {
        let places = vec![fold("Zeytinburnu")];
        for (name, expected) in [
            ("Haji Karam Dubai", "Haji Karam"),
            ("Dubai Haji Karam", "Haji Karam"),
            ("Haji Aziz Zeytinburnu", "Haji Aziz"),
            ("حاجی کریم کابل", "حاجی کریم"),
            ("Mirza Novi Sad", "Mirza"),
            ("Kabul", "Kabul"),
            ("Haji Hasan Akbari", "Haji Hasan Akbari"),
        ] {
            assert_eq!(without_place(name, &places), expected);
        }
    }
}
