//! Every planted bug has a line that names the test which must catch it.

use events::planted::Bug;

use super::{file, holds};

#[test]
fn every_planted_bug_has_a_test_that_must_catch_it() {
    let missing = without_test(&file("tests/planted/bugs.tsv").text);
    let missing = missing.into_iter().map(|bug| format!("{bug} has no test")).collect();
    holds(missing, "add a line to tests/planted/bugs.tsv that names the test which catches it");
}

#[test]
fn a_bug_without_a_test_is_noticed() {
    let lines = "chain_not_checked\tannals-events lib\ta::test\tsays this\n";
    assert_eq!(without_test(lines).len(), Bug::ALL.len() - 1);
    let unfinished = "chain_not_checked\tannals-events lib\n";
    assert_eq!(without_test(unfinished).len(), Bug::ALL.len());
}

fn without_test(lines: &str) -> Vec<&'static str> {
    let fields = lines.lines().map(|line| line.split('\t').collect::<Vec<_>>());
    let named: Vec<&str> = fields.filter(|line| line.len() == 4).map(|line| line[0]).collect();
    Bug::ALL.map(Bug::name).into_iter().filter(|bug| !named.contains(bug)).collect()
}
