//! The demo shows what it says that it shows.

use crate::serve::system::annals;

#[test]
fn an_agent_dies_in_the_demo_and_the_run_comes_to_its_end() {
    let ended = annals(&["demo", "--pace-ms", "300"]).output().expect("it runs");
    let said = String::from_utf8([ended.stdout, ended.stderr].concat()).expect("text");
    assert!(ended.status.success(), "{said}");
    assert!(said.contains("is killed while it works on process"), "{said}");
    assert!(said.contains("attempts"), "what it had was done by another one: {said}");
    assert!(said.contains("Orders of today: 4 in all"), "{said}");
}
