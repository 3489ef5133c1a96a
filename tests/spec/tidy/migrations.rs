//! Migrations are numbered from 1 without gaps, and both databases go through the same ones.

use std::collections::{BTreeMap, BTreeSet};

use super::{File, HOUSE, holds};

/// The names of the migrations in each folder: `sqlite/log` → `0001_log.sql`, …
fn by_folder(files: &[File]) -> BTreeMap<String, BTreeSet<String>> {
    let mut folders: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for file in files {
        let Some(place) = file.path.strip_prefix("migrations/") else { continue };
        let (folder, name) = place.rsplit_once('/').unwrap_or(("", place));
        folders.entry(folder.into()).or_default().insert(name.into());
    }
    folders
}

/// Migrations whose numbers are not 0001, 0002, ….
fn gaps(files: &[File]) -> Vec<String> {
    let mut found = Vec::new();
    for (folder, names) in by_folder(files) {
        for (number, name) in (1..).zip(names) {
            let wanted = format!("{number:04}_");
            if !name.starts_with(&wanted) || !name.ends_with(".sql") {
                found.push(format!("migrations/{folder}/{name} should be {wanted}….sql"));
            }
        }
    }
    found
}

/// Migrations that one database has and the other has not.
fn differences(files: &[File]) -> Vec<String> {
    let folders = by_folder(files);
    let mut found = Vec::new();
    for (folder, names) in &folders {
        let Some(kind) = folder.strip_prefix("postgres/") else { continue };
        let same = folders.get(&format!("sqlite/{kind}")).cloned().unwrap_or_default();
        let differing = names.symmetric_difference(&same);
        found.extend(differing.map(|name| format!("{kind}/{name} is not in both")));
    }
    found
}

#[test]
fn migrations_are_numbered_without_gaps() {
    holds(gaps(&HOUSE), "give it the next number of its folder, four digits and a name");
}

#[test]
fn both_databases_go_through_the_same_migrations() {
    holds(differences(&HOUSE), "write the migration for the other database too, under one name");
}

#[test]
fn a_gap_or_a_number_used_twice_is_found() {
    let migrations =
        |names: [&str; 2]| names.map(|name| File::of(&format!("migrations/sqlite/log/{name}"), ""));
    assert!(gaps(&migrations(["0001_log.sql", "0002_more.sql"])).is_empty());
    assert_eq!(gaps(&migrations(["0001_log.sql", "0003_more.sql"])).len(), 1);
    assert_eq!(gaps(&migrations(["0001_log.sql", "0001_more.sql"])).len(), 1);
    assert_eq!(gaps(&migrations(["0001_log.sql", "2_more.txt"])).len(), 1);
}

#[test]
fn a_migration_of_one_database_alone_is_found() {
    let one = File::of("migrations/sqlite/log/0001_log.sql", "");
    let other = File::of("migrations/postgres/log/0001_logs.sql", "");
    assert!(differences(std::slice::from_ref(&one)).is_empty());
    assert_eq!(differences(&[one, other]).len(), 2);
}
