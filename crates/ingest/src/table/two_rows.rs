//! Books in which a line takes two rows of the sheet.
//!
//! Laws: a cell goes to one place of one record, and its row and column in the file stay known; rows are joined only
//! where the content shows it, or a profile says it; titles, totals, balances brought forward and blank rows stay apart.
//!
//! Method: in such a book some column tells first rows from second ones: a number, a date or a name stands in every
//! other row only. The column that pairs the most rows is taken, if it pairs nine tenths of them (a first
//! row above a blank one counted, if six tenths stand in pairs), and if besides
//! either serial numbers count on from first row to first row, or some column holds one kind of thing in first rows and
//! another in second ones, and rows do not each bear a word for what they book. A joined row has the cells of the second
//! behind those of the first, so that all that is known of columns holds for it. O(cells).

use super::header;
use super::lexicon::{RowWord, lexicon};
use super::number::{self, NumberHabit};
use super::sheet::{Cell, CellKind, Row, Second, Sheet};
use super::text::{digit, fold};

/// Pairs below which rows show no habit.
const PAIRS_MIN: usize = 3;
/// Of the rows that are no title or total at least so many stand in pairs, per mille.
const PAIRED_MIN: usize = 900;
/// A column counts as filled from this share on, per mille.
const FILLED_MIN: usize = 600;
/// And as empty up to this one.
const EMPTY_MAX: usize = 100;
/// A header cell with a lower score is not counted as known.
const HEADER_SCORE_MIN: u32 = 500;

/// How the rows of a sheet were joined.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Joined {
    pub(crate) n_rows: usize,
    pub(crate) n_pairs: usize,
    /// Second rows whose first is missing.
    pub(crate) n_orphans: usize,
    /// Whether the content shows it; else a profile says it.
    pub(crate) is_shown: bool,
}

/// Whether a profile says how many rows a record takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Asked {
    /// It says nothing.
    Open,
    /// It says two.
    Two,
}

/// What stands in a cell.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Class {
    Empty,
    Number,
    Date,
    Currency,
    Code,
    Text,
}

const FILLED_CLASSES: [Class; 5] = [
    Class::Number,
    Class::Date,
    Class::Currency,
    Class::Code,
    Class::Text,
];

impl Class {
    fn of(cell: Option<&Cell>) -> Self {
        let Some(cell) = cell else {
            return Self::Empty;
        };
        let text = cell.trimmed();
        if matches!(cell.kind, CellKind::Date(_)) || looks_like_date(text) {
            Self::Date
        } else if number::read(cell, NumberHabit::default()).is_some() {
            Self::Number
        } else if lexicon().currencies.exact(text).is_some() {
            Self::Currency
        } else if !text.contains(char::is_whitespace) && text.chars().any(|c| digit(c).is_some()) {
            Self::Code
        } else {
            Self::Text
        }
    }
}

/// Three runs of digits parted by one kind of mark, with or without a clock behind them, or with a month in letters.
fn looks_like_date(text: &str) -> bool {
    let plain: String = text.chars().map(|c| digit(c).unwrap_or(c)).collect();
    let day = plain.split([' ', 'T']).next().unwrap_or("");
    let marks: Vec<char> = day.chars().filter(|c| !c.is_ascii_digit()).collect();
    let runs = day.split(|c: char| !c.is_ascii_digit());
    let n_runs = runs.filter(|run| matches!(run.len(), 1..=4)).count();
    let is_marked = marks.first().is_some_and(|&mark| {
        matches!(mark, '/' | '-' | '.') && marks.iter().all(|&other| other == mark)
    });
    if n_runs == 3 && is_marked && matches!(marks.len(), 2 | 3) {
        return true;
    }
    let words = super::lexicon::words(&plain);
    words.len() == 3 && lexicon().months.longest_in(&words).is_some()
}

/// What a row is for pairing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    /// Blank, a title, a total or the like.
    Apart,
    /// The first, or the second, of two header rows.
    Header(u8),
    Data,
}

/// The header of a sheet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Head {
    first: usize,
    second: Option<usize>,
}

/// Joins the rows of a sheet whose records take two. `header` is the row that is taken for its header. `width` is that of
/// the sheet before, where this one may go on with its columns.
pub(crate) fn join(
    sheet: &Sheet,
    header: Option<usize>,
    asked: Asked,
    width: Option<usize>,
) -> Option<(Sheet, Joined)> {
    let own = sheet.n_columns();
    let width = width.filter(|&width| width >= own).unwrap_or(own);
    if own == 0 {
        return None;
    }
    let head = header.map(|at| head(sheet, at));
    let kinds = kinds(sheet, head);
    let classes: Vec<Vec<Class>> = sheet
        .rows
        .iter()
        .map(|row| {
            let columns = 0..row.cells.len();
            columns.map(|column| Class::of(row.cell(column))).collect()
        })
        .collect();
    let shown = shown(sheet, &kinds, &classes, own);
    let is_shown = shown.is_some();
    let pairs = match (shown, asked) {
        (Some(pairs), _) => pairs,
        (None, Asked::Two) => Pairs::of(&kinds, None),
        (None, Asked::Open) => return None,
    };
    let joined = Joined {
        n_rows: kinds.iter().filter(|&&kind| kind == Kind::Data).count(),
        n_pairs: pairs.firsts.len(),
        n_orphans: pairs.orphans.len(),
        is_shown,
    };
    let rows = rows(sheet, &kinds, head, &pairs, &classes, width);
    let folded = Sheet {
        path: sheet.path.clone(),
        name: sheet.name.clone(),
        rows,
        folded: Some(width),
        ..*sheet
    };
    Some((folded, joined))
}

/// How many cells of a row are filled, and of them are known as headers or look like content.
fn known(row: &Row) -> (usize, usize, bool) {
    let cells: Vec<&Cell> = row.cells.iter().filter(|cell| !cell.is_empty()).collect();
    let texts: Vec<&str> = cells.iter().map(|cell| cell.trimmed()).collect();
    let language = header::language_of(&texts);
    let is_known = |text: &&&str| {
        let reading = header::read_header(text, language);
        let best = reading.candidates.first();
        best.is_some_and(|best| best.score >= HEADER_SCORE_MIN)
    };
    let n_known = texts.iter().filter(is_known).count();
    let is_content = |cell: &&Cell| matches!(Class::of(Some(cell)), Class::Number | Class::Date);
    (cells.len(), n_known, cells.iter().any(is_content))
}

/// The header with its second row, which stands below or above what was found.
fn head(sheet: &Sheet, at: usize) -> Head {
    let is_head = |index: usize| {
        sheet.rows.get(index).is_some_and(|row| {
            let (n_filled, n_known, has_content) = known(row);
            n_known >= 2 && n_known * 2 >= n_filled && !has_content
        })
    };
    if is_head(at + 1) {
        Head {
            first: at,
            second: Some(at + 1),
        }
    } else if at > 0 && is_head(at - 1) {
        Head {
            first: at - 1,
            second: Some(at),
        }
    } else {
        Head {
            first: at,
            second: None,
        }
    }
}

fn kinds(sheet: &Sheet, head: Option<Head>) -> Vec<Kind> {
    let texts = |index: usize| -> Vec<String> {
        let cells = &sheet.rows[index].cells;
        let mut texts: Vec<String> = cells.iter().map(|cell| fold(&cell.text)).collect();
        texts.truncate(
            texts
                .iter()
                .rposition(|text| !text.is_empty())
                .map_or(0, |at| at + 1),
        );
        texts
    };
    let heads: Vec<(u8, Vec<String>)> = head
        .into_iter()
        .flat_map(|head| [Some((1, head.first)), head.second.map(|second| (2, second))])
        .flatten()
        .map(|(part, index)| (part, texts(index)))
        .collect();
    let start = head.map_or(0, |head| head.first);
    let mut kinds = Vec::with_capacity(sheet.rows.len());
    for (index, row) in sheet.rows.iter().enumerate() {
        let text = texts(index);
        let repeated = heads.iter().find(|(_, head)| *head == text);
        kinds.push(match repeated {
            _ if index < start || row.is_blank() => Kind::Apart,
            Some(&(part, _)) if text.iter().filter(|text| !text.is_empty()).count() > 1 => {
                Kind::Header(part)
            }
            _ if is_apart(row) => Kind::Apart,
            _ => Kind::Data,
        });
    }
    kinds
}

/// Whether a row says that it is a total, a balance or the like.
fn is_apart(row: &Row) -> bool {
    let rows = &lexicon().rows;
    let mut filled = row.cells.iter().filter(|cell| !cell.is_empty());
    let says = |word: Option<RowWord>| word.is_some_and(|word| word != RowWord::Ditto);
    filled.clone().any(|cell| says(rows.exact(cell.trimmed())))
        || filled
            .find(|cell| Class::of(Some(cell)) == Class::Text)
            .is_some_and(|cell| says(rows.of_cell(cell.trimmed())))
}

/// Which rows are joined: positions of the first ones, and of second ones without a first.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
struct Pairs {
    firsts: Vec<usize>,
    orphans: Vec<usize>,
    /// First rows whose second is blank or left out before a title or total.
    n_without_second: usize,
}

impl Pairs {
    /// Walks the rows; `is_first` tells first rows from second ones, or where it is not known they alternate.
    fn of(kinds: &[Kind], is_first: Option<&dyn Fn(usize) -> bool>) -> Self {
        let mut pairs = Self::default();
        let mut at = 0;
        while at < kinds.len() {
            if kinds[at] != Kind::Data {
                at += 1;
                continue;
            }
            let is_next = kinds.get(at + 1) == Some(&Kind::Data);
            match is_first {
                Some(is_first) if !is_first(at) => pairs.orphans.push(at),
                Some(is_first) if is_next && !is_first(at + 1) => {
                    pairs.firsts.push(at);
                    at += 1;
                }
                None if is_next => {
                    pairs.firsts.push(at);
                    at += 1;
                }
                _ if !is_next => pairs.n_without_second += 1,
                _ => {}
            }
            at += 1;
        }
        pairs
    }
}

/// What a cell is; rows need not be as wide as their sheet.
fn class(classes: &[Vec<Class>], row: usize, column: usize) -> Class {
    let class = classes[row].get(column);
    class.copied().unwrap_or(Class::Empty)
}

/// The pairs that the content shows.
fn shown(sheet: &Sheet, kinds: &[Kind], classes: &[Vec<Class>], width: usize) -> Option<Pairs> {
    let n_data = kinds.iter().filter(|&&kind| kind == Kind::Data).count();
    if n_data < 2 * PAIRS_MIN {
        return None;
    }
    let mut n_filled = vec![0; width];
    for row in classes {
        for (column, class) in row.iter().enumerate() {
            n_filled[column] += usize::from(*class != Class::Empty);
        }
    }
    let mut best: Option<(usize, Pairs)> = None;
    for column in 0..width {
        // Too few cells to tell first rows by.
        if n_filled[column] < PAIRS_MIN {
            continue;
        }
        let filled = |row: usize| class(classes, row, column) != Class::Empty;
        let mut try_out = |is_first: &dyn Fn(usize) -> bool| {
            let pairs = Pairs::of(kinds, Some(is_first));
            let n_paired = 2 * pairs.firsts.len();
            let n_told = n_paired + pairs.n_without_second;
            if pairs.firsts.len() >= PAIRS_MIN
                && n_told * 1000 >= n_data * PAIRED_MIN
                && n_paired * 1000 >= n_data * FILLED_MIN
                && best.as_ref().is_none_or(|&(most, _)| n_paired > most)
                && is_evident(sheet, classes, &pairs, &n_filled)
            {
                best = Some((n_paired, pairs));
            }
        };
        try_out(&filled);
        for class in FILLED_CLASSES {
            try_out(&|row| self::class(classes, row, column) == class);
        }
    }
    best.map(|(_, pairs)| pairs)
}

/// Whether joined rows are parts of one record, and no lines that happen to alternate.
fn is_evident(sheet: &Sheet, classes: &[Vec<Class>], pairs: &Pairs, n_filled: &[usize]) -> bool {
    let n = pairs.firsts.len();
    let share = |test: &dyn Fn(usize) -> bool| {
        pairs.firsts.iter().filter(|&&first| test(first)).count() * 1000 / n
    };
    let mut is_counted = false;
    let mut is_of_two_kinds = false;
    for (column, &n_cells) in n_filled.iter().enumerate() {
        // Neither a counter nor of two kinds.
        if n_cells * 1000 < n * FILLED_MIN {
            continue;
        }
        let class = |row: usize| class(classes, row, column);
        let n_first = share(&|first| class(first) != Class::Empty);
        let n_second = share(&|first| class(first + 1) != Class::Empty);
        if n_first >= PAIRED_MIN && n_second * 20 <= 1000 {
            let numbers: Vec<i64> = pairs
                .firsts
                .iter()
                .filter_map(|&first| {
                    let number =
                        number::read(sheet.rows[first].cell(column)?, NumberHabit::default());
                    number?.text.parse().ok()
                })
                .collect();
            let n_steps = numbers
                .windows(2)
                .filter(|pair| pair[1] == pair[0] + 1)
                .count();
            is_counted |= n_steps * 10 >= (n - 1) * 8;
        }
        if n_first >= FILLED_MIN && n_second >= FILLED_MIN {
            let most = |row: usize| {
                FILLED_CLASSES
                    .into_iter()
                    .max_by_key(|&of| share(&|first| class(first + row) == of))
                    .filter(|&of| {
                        share(&|first| class(first + row) == of) * 10 >= n_first.min(n_second) * 8
                    })
            };
            is_of_two_kinds |= matches!((most(0), most(1)), (Some(a), Some(b)) if a != b);
            let books = |row: usize| {
                let text = sheet.rows[row].cell(column).map_or("", Cell::trimmed);
                lexicon().types.of_cell(text).is_some() || lexicon().sides.exact(text).is_some()
            };
            if share(&|first| books(first)) >= FILLED_MIN
                && share(&|first| books(first + 1)) >= FILLED_MIN
            {
                return false;
            }
        }
    }
    is_counted || is_of_two_kinds
}

/// The rows of the joined sheet.
fn rows(
    sheet: &Sheet,
    kinds: &[Kind],
    head: Option<Head>,
    pairs: &Pairs,
    classes: &[Vec<Class>],
    width: usize,
) -> Vec<Row> {
    let mut joined = Vec::with_capacity(sheet.rows.len());
    let wide = |first: &[Cell], second: &[Cell]| {
        let mut cells = first.to_vec();
        cells.resize(width, Cell::empty());
        cells.extend_from_slice(second);
        cells
    };
    let mut at = 0;
    while at < sheet.rows.len() {
        let row = &sheet.rows[at];
        let next = sheet.rows.get(at + 1);
        let second = |of: &Row| {
            Some(Second {
                number: of.number,
                at: width,
            })
        };
        let heads_two = kinds[at] == Kind::Header(1) && kinds.get(at + 1) == Some(&Kind::Header(2));
        if let Some(next) = next.filter(|_| heads_two || pairs.firsts.binary_search(&at).is_ok()) {
            joined.push(Row {
                number: row.number,
                cells: wide(&row.cells, &next.cells),
                second: second(next),
            });
            at += 2;
            continue;
        }
        let is_lone_header =
            matches!(kinds[at], Kind::Header(_)) && head.is_some_and(|head| head.second.is_none());
        joined.push(if is_lone_header {
            let (first, below) = parted(row, pairs, classes);
            Row::new(row.number, wide(&first, &below))
        } else if pairs.orphans.binary_search(&at).is_ok() {
            Row {
                number: row.number,
                cells: wide(&[], &row.cells),
                second: second(row),
            }
        } else {
            row.clone()
        });
        at += 1;
    }
    joined
}

/// A header of one row above records of two: what of it stands over the first rows, and over the second ones. A
/// cell with two names, parted by a stroke or a line, names both.
fn parted(row: &Row, pairs: &Pairs, classes: &[Vec<Class>]) -> (Vec<Cell>, Vec<Cell>) {
    let (mut first, mut below) = (Vec::new(), Vec::new());
    let n = pairs.firsts.len().max(1);
    for (column, cell) in row.cells.iter().enumerate() {
        let filled = |part: usize| {
            let rows = pairs.firsts.iter().map(|&first| first + part);
            rows.filter(|&row| class(classes, row, column) != Class::Empty)
                .count()
                * 1000
                / n
        };
        let (in_first, in_second) = (filled(0) > EMPTY_MAX, filled(1) > EMPTY_MAX);
        // Of a column that is empty in second rows a stroke parts two headers, or nothing.
        let halves = halves(cell).filter(|(a, b)| in_second || is_header(a) && is_header(b));
        let (a, b) = match halves {
            Some((a, b)) => (Cell::text(a), Cell::text(b)),
            None if !in_second => (cell.clone(), Cell::empty()),
            None if !in_first => (Cell::empty(), cell.clone()),
            None => (cell.clone(), cell.clone()),
        };
        first.push(a);
        below.push(b);
    }
    (first, below)
}

/// Whether a text alone is a header that is known.
fn is_header(text: &str) -> bool {
    let best = header::read_header(text, header::language_of(&[text]));
    let best = best.candidates.first();
    best.is_some_and(|best| best.score >= HEADER_SCORE_MIN)
}

/// The two names in a cell of a header.
fn halves(cell: &Cell) -> Option<(&str, &str)> {
    let parts: Vec<&str> = cell
        .trimmed()
        .split(['/', '\n', '|', '\\'])
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .collect();
    match parts.as_slice() {
        [a, b] => Some((*a, *b)),
        _ => None,
    }
}
