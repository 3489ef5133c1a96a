//! Clippy reads the `clippy.toml` nearest to a package and no other: each of them repeats what the
//! whole house does without, and adds its own.

use super::{file, holds};

/// The lines that ban something or set a limit.
fn rules(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with(['#', ']']))
}

/// The rules of the house that a room does not repeat.
fn forgotten(house: &str, room: &str, path: &str) -> Vec<String> {
    let missing = rules(house).filter(|rule| !rules(room).any(|own| own == *rule));
    missing.map(|rule| format!("{path} does not say: {rule}")).collect()
}

/// What a room without effects must do without.
fn unbanned(room: &str, path: &str) -> Vec<String> {
    let effects = [
        "std::fs::read",
        "std::fs::File",
        "std::net::TcpStream",
        "std::time::Instant::now",
        "std::time::SystemTime::now",
        "std::env::var",
        "std::thread::spawn",
        "std::thread::sleep",
    ];
    let missing = effects.iter().filter(|effect| !room.contains(&format!("path = \"{effect}\"")));
    missing.map(|effect| format!("{path} does not ban {effect}")).collect()
}

const ROOMS: [&str; 3] = ["events/clippy.toml", "actors/clippy.toml", "projections/clippy.toml"];

#[test]
fn every_room_repeats_the_bans_of_the_house() {
    let house = &file("clippy.toml").text;
    let found = ROOMS.iter().flat_map(|room| forgotten(house, &file(room).text, room)).collect();
    holds(found, "copy the line from the top `clippy.toml`");
}

#[test]
fn the_pure_rooms_ban_every_effect() {
    let found = ROOMS.iter().flat_map(|room| unbanned(&file(room).text, room)).collect();
    holds(found, "ban it there with a reason; a store lifts it in its own file by `#![expect]`");
}

#[test]
fn a_forgotten_ban_is_found() {
    let house = "# why\nlimit = 70\nbans = [\n    { path = \"a\" },\n]\n";
    assert_eq!(forgotten(house, "limit = 70\nbans = [\n]", "room").len(), 1);
    assert!(forgotten(house, house, "room").is_empty());
    assert_eq!(unbanned("", "room").len(), 8);
}
