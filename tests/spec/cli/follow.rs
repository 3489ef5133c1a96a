//! Following a log that another process writes to.

use super::run::{Place, Running, fact, facts, parsed};

fn follow(place: &Place, arguments: &[&str]) -> Running {
    let all: Vec<&str> = [&["log", "follow", "--json"], arguments].concat();
    Running::start(place.command(&all))
}

#[test]
fn what_another_process_appends_later_is_seen() {
    let place = Place::with(&facts(3));
    let following = follow(&place, &["--from", "3", "--limit", "3"]);
    assert_eq!(parsed(&following.line())["position"], 3);
    place.fed(&["log", "append"], fact("shop", "later")).succeeded();
    assert_eq!(parsed(&following.line())["payload"]["id"], "later");
    place.fed(&["log", "append"], fact("shop", "latest")).succeeded();
    assert_eq!(parsed(&following.line())["position"], 5);
    assert_eq!(following.ended(), (vec![], 0), "it ends at its limit");
}

#[test]
fn a_running_append_is_seen_while_it_runs() {
    let place = Place::with("");
    let mut appending = Running::start(place.command(&["log", "append", "--json"]));
    let following = follow(&place, &[]);
    appending.feed(&fact("shop", 1));
    assert_eq!(parsed(&following.line())["payload"]["id"], "1");
    appending.feed(&fact("shop", 2));
    assert_eq!(parsed(&following.line())["payload"]["id"], "2");
    assert_eq!(appending.end().1, 0);
    following.signal("-INT");
    assert_eq!(following.ended(), (vec![], 0));
}

#[test]
fn only_what_is_new_is_seen_when_asked() {
    let place = Place::with(&facts(3));
    let mut appending = Running::start(place.command(&["log", "append", "--json"]));
    appending.feed(&fact("shop", "before"));
    appending.line();
    let following = follow(&place, &["--new", "--stream", "fact-desk"]);
    // Feeding goes on until the follower, which began at some moment, has seen something.
    let seen = (0..2000).find_map(|n| {
        appending.feed(&fact(["shop", "desk"][n % 2], format!("after-{n}")));
        appending.line();
        following.said()
    });
    let event = parsed(&seen.expect("it is seen in the end"));
    assert_eq!(event["stream"], "main/fact-desk");
    assert!(event["payload"]["id"].as_str().unwrap().starts_with("after-"), "{event}");
}

#[test]
fn sigterm_ends_it_in_good_order() {
    let place = Place::with(&fact("shop", 1));
    let following = follow(&place, &[]);
    following.line();
    following.signal("-TERM");
    assert_eq!(following.ended(), (vec![], 0));
}

#[test]
fn a_log_that_is_taken_away_is_not_followed_for_ever() {
    let place = Place::with(&fact("shop", 1));
    let following = follow(&place, &[]);
    following.line();
    std::fs::rename(place.log(), place.folder.path().join("moved")).expect("it can be moved");
    assert_eq!(parsed(&following.complaint())["error"]["code"], "store_missing");
    assert_eq!(following.ended(), (vec![], 66));
}

/// What it has for itself; the pages of a program that was built for tests are no measure, and neither are
/// those that are only written to when it is loaded. The bench has all of it, of the one that people use.
#[test]
fn an_idle_follower_is_small() {
    let place = Place::with(&facts(2000));
    let following = follow(&place, &[]);
    (0..2000).for_each(|_| drop(following.line()));
    let maps = std::fs::read_to_string(format!("/proc/{}/smaps", following.id())).unwrap();
    let kib = own_kib(&maps);
    assert!(kib < 3 * 1024, "{kib} KiB are resident");
}

/// How many KiB are in memory that no file is behind: heap, stacks, and what was asked for in large pieces.
fn own_kib(maps: &str) -> u64 {
    let (mut is_own, mut kib) = (false, 0);
    for line in maps.lines() {
        let mut words = line.split_whitespace();
        match words.next() {
            Some("Anonymous:") if is_own => {
                let size = words.next().and_then(|size| size.parse::<u64>().ok());
                kib += size.expect("it is a number");
            }
            // A mapping: its addresses, four more words, and the file that is behind it.
            Some(range) if range.contains('-') => {
                is_own = words.nth(4).is_none_or(|path| !path.starts_with('/'));
            }
            _ => {}
        }
    }
    kib
}

#[test]
fn memory_behind_a_file_is_not_its_own() {
    let maps = "55d0-55e0 r--p 0000 fe:00 71 /usr/bin/annals\nAnonymous: 1884 kB\n\
                55e0-55f0 rw-p 0000 00:00 0 [heap]\nAnonymous: 1136 kB\n\
                7f00-7f10 rw-p 0000 00:00 0\nAnonymous: 852 kB\nVmFlags: rd\n";
    assert_eq!(own_kib(maps), 1136 + 852);
}
