//! A backup and a restore that break off between any two changes of a file, or because the disk
//! refuses a write or a sync: all of the copy is there or nothing, and the next one makes it.

use std::io::Write;
use std::os::unix::process::ExitStatusExt;

use super::super::boundary::{Boundary, boundaries, failures, table};
use super::super::script::every::at_each;
use super::super::trace::{Fault, calls};
use super::scene::{Left, Scene, Way, complaint};

/// The calls that fail.
const FAIL: [&str; 5] = ["write", "pwrite64", "ftruncate", "fsync", "fdatasync"];
const SIGKILL: i32 = 9;

fn kill_at_each(way: Way) {
    let first = Scene::new(way);
    let found = first.found(|calls, folder| boundaries(calls, folder).every_one());
    assert!(found.len() > 20, "a copy takes more changes than this: {found:?}");
    let done = at_each(&found, |boundary| {
        let scene = first.again();
        let (output, _) = scene.run(Fault::Kill(boundary));
        assert_eq!(output.status.signal(), Some(SIGKILL), "nothing struck");
        scene.is_completed(&scene.left());
    });
    tell(way, "kills", &found);
    assert_eq!(done, found.len(), "a kill at every boundary");
}

fn fail_at_each(way: Way) {
    let first = Scene::new(way);
    let found = first
        .found(|calls, folder| failures(calls, folder, &folder.join("none"), &FAIL).every_one());
    let done = at_each(&found, |boundary| {
        let scene = first.again();
        let (output, log) = scene.run(Fault::Error(boundary));
        assert!(log.contains("(INJECTED)"), "nothing struck");
        let code = complaint(&output);
        assert_eq!((output.status.code(), code.code()), (Some(74), Some("copy_failed")));
        assert_eq!(scene.left(), Left::Nothing, "something is left of what failed");
        scene.is_completed(&Left::Nothing);
    });
    tell(way, "errors of the disk", &found);
    assert_eq!(done, found.len(), "every call failed once");
}

/// The one call by which the copy gets its name fails, as where no file can have two.
fn without_links(way: Way) {
    let first = Scene::new(way);
    let found = first.found(|calls, folder| {
        failures(calls, folder, &folder.join("none"), &["link", "linkat"]).every_one()
    });
    assert_eq!(found.len(), 2, "the log and its keys: {found:?}");
    at_each(&found, |boundary| {
        let scene = first.again();
        let (output, log) = scene.run(Fault::Error(boundary));
        assert!(log.contains("(INJECTED)"), "nothing struck");
        assert!(output.status.success(), "it does without links: {output:?}");
        scene.is_completed(&scene.left());
    });
}

/// What is synced and what gets its name, in this order.
fn steps(way: Way) -> Vec<(String, String)> {
    let scene = Scene::new(way);
    let (output, log) = scene.run(Fault::None);
    assert!(output.status.success(), "{output:?}");
    let world = scene.path("world");
    let steps = calls(&log).into_iter().filter_map(|call| {
        let place = call.path.strip_prefix(&world).ok()?.display().to_string();
        ["fsync", "linkat"].contains(&&*call.syscall).then_some((call.syscall, place))
    });
    steps.collect()
}

fn tell(way: Way, what: &str, found: &[Boundary]) {
    let (count, table) = (found.len(), table(found));
    writeln!(std::io::stderr().lock(), "{count} {what} of a {way}:\n{table}")
        .expect("standard error is open");
}

#[test]
fn a_copy_gets_its_name_when_it_is_on_the_disk_and_its_keys_have_theirs() {
    let (log, keys) = ("copy.log.part/log", "copy.log.part/keys");
    let expected = [
        ("fsync", log),
        ("fsync", keys),
        ("linkat", keys),
        ("fsync", ""),
        ("linkat", log),
        ("fsync", ""),
    ];
    let expected = expected.map(|(syscall, place)| (syscall.to_owned(), place.to_owned()));
    assert_eq!(steps(Way::Backup), expected);
    assert_eq!(steps(Way::Restore), expected);
}

#[test]
fn a_backup_killed_between_any_two_changes_is_there_whole_or_not_at_all() {
    kill_at_each(Way::Backup);
}

#[test]
fn a_restore_killed_between_any_two_changes_is_there_whole_or_not_at_all() {
    kill_at_each(Way::Restore);
}

#[test]
fn a_backup_that_meets_an_error_of_the_disk_leaves_nothing() {
    fail_at_each(Way::Backup);
}

#[test]
fn a_restore_that_meets_an_error_of_the_disk_leaves_nothing() {
    fail_at_each(Way::Restore);
}

#[test]
fn a_file_system_without_links_is_no_obstacle() {
    without_links(Way::Backup);
    without_links(Way::Restore);
}
