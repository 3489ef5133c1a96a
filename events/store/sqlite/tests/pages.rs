//! Where in the file of a log its rows stand.

use std::collections::HashSet;

use rusqlite::Connection;

/// The bytes of a page of the file.
const PAGE: usize = 4096;
/// How far from the beginning of a cell the columns begin that are looked for.
const CELL_HEAD_MAX: usize = 160;
/// Those in which one wrong bit does the most harm.
const CROWDED: [&str; 3] = ["events", "outcomes", "heads"];

/// Where what stands in a file.
pub(super) struct Places {
    rows: HashSet<usize>,
    crowded: Vec<bool>,
    inside: Vec<bool>,
}

impl Places {
    /// Looks at a file, which `connection` reads.
    pub(super) fn of(connection: &Connection, whole: &[u8]) -> Self {
        let pages = |names: &[String]| -> HashSet<usize> {
            names.iter().flat_map(|name| pages(connection, whole, name)).collect()
        };
        let (rows, crowded) = (pages(&names(connection)), pages(&CROWDED.map(String::from)));
        let inside = inside(connection, whole, &crowded);
        let crowded = crowded_bytes(whole, &crowded, &inside);
        Self { rows, crowded, inside }
    }

    /// Whether this byte is on a page of rows, which is read anew whenever it is needed.
    pub(super) fn is_on_a_page_of_rows(&self, at: usize) -> bool {
        self.rows.contains(&(at / PAGE))
    }

    /// Whether this byte says where what stands, on a page of events, outcomes or heads.
    pub(super) fn is_crowded(&self, at: usize) -> bool {
        self.crowded[at]
    }

    /// Whether this byte is inside a long column of an event or an outcome.
    pub(super) fn is_inside_a_row(&self, at: usize) -> bool {
        self.inside[at]
    }
}

/// Every table and index of the log; the migrations are looked at only when it is opened.
fn names(connection: &Connection) -> Vec<String> {
    let select = "SELECT name FROM sqlite_schema
                  WHERE rootpage > 0 AND tbl_name <> '_sqlx_migrations'";
    let mut select = connection.prepare(select).expect("prepared");
    let names = select.query_map([], |row| row.get(0)).expect("rows");
    names.collect::<Result<_, _>>().expect("read")
}

/// The pages of a table or index. Where there are pages above pages, a flip can lead a lookup astray.
fn pages(connection: &Connection, whole: &[u8], name: &str) -> Vec<usize> {
    let select = "SELECT rootpage FROM sqlite_schema WHERE name = ?";
    let root: i64 = connection.query_row(select, [name], |row| row.get(0)).expect("it is there");
    let pages = pages_below(whole, root as usize - 1);
    assert!(pages.len() > 2 || matches!(name, "heads") || !CROWDED.contains(&name));
    pages
}

fn pages_below(whole: &[u8], page: usize) -> Vec<usize> {
    let mut pages = vec![page];
    if has_pages_below(whole, page) {
        let below = cells(whole, page).chain([page * PAGE + 8]).map(|at| number(whole, at, 4) - 1);
        pages.extend(below.flat_map(|page| pages_below(whole, page)));
    }
    pages
}

fn has_pages_below(whole: &[u8], page: usize) -> bool {
    matches!(whole[page * PAGE], 2 | 5)
}

/// Where the cells of a page begin.
fn cells(whole: &[u8], page: usize) -> impl Iterator<Item = usize> {
    let begin = page * PAGE;
    let head = head(whole, page);
    let cells = number(whole, begin + 3, 2);
    (0..cells).map(move |cell| begin + number(whole, begin + head + 2 * cell, 2))
}

/// How long the fixed part of a page is.
fn head(whole: &[u8], page: usize) -> usize {
    if has_pages_below(whole, page) { 12 } else { 8 }
}

fn number(whole: &[u8], at: usize, length: usize) -> usize {
    whole[at..at + length].iter().fold(0, |number, byte| number << 8 | usize::from(*byte))
}

/// Which bytes of these pages are neither inside a long column nor in the room that nobody uses.
fn crowded_bytes(whole: &[u8], pages: &HashSet<usize>, inside: &[bool]) -> Vec<bool> {
    let mut crowded = vec![false; whole.len()];
    for page in pages {
        let begin = page * PAGE;
        let pointers = head(whole, *page) + 2 * cells(whole, *page).count();
        let content = number(whole, begin + 5, 2);
        crowded[begin..begin + pointers].fill(true);
        crowded[begin + content..begin + PAGE].fill(true);
    }
    crowded.iter().zip(inside).map(|(crowded, inside)| *crowded && !inside).collect()
}

/// Which bytes are inside a long column of an event or an outcome. Copies of rows are left behind
/// where they once stood: only what stands at the beginning of a cell counts.
fn inside(connection: &Connection, whole: &[u8], pages: &HashSet<usize>) -> Vec<bool> {
    let columns = "SELECT CAST(hash || header || payload AS BLOB) FROM events
                   UNION ALL SELECT CAST(command || request AS BLOB) FROM outcomes
                   UNION ALL SELECT CAST(message AS BLOB) FROM outcomes WHERE message <> ''";
    let mut select = connection.prepare(columns).expect("prepared");
    let rows = select.query_map([], |row| row.get::<_, Vec<u8>>(0)).expect("rows");
    let rows: HashSet<Vec<u8>> = rows.map(|row| row.expect("read")).collect();
    let lengths: HashSet<usize> = rows.iter().map(Vec::len).collect();
    let (mut inside, mut found) = (vec![false; whole.len()], 0);
    for cell in pages.iter().flat_map(|page| cells(whole, *page)) {
        let places = (cell..cell + CELL_HEAD_MAX)
            .flat_map(|at| lengths.iter().map(move |length| at..at + length));
        for place in places {
            if whole.get(place.clone()).is_some_and(|bytes| rows.contains(bytes)) {
                inside[place].fill(true);
                found += 1;
            }
        }
    }
    assert!(found >= rows.len(), "{found} of {} columns were found in the file", rows.len());
    inside
}
