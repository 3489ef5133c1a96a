//! Definitions of pipelines that are wrong, each with its mistakes: where, under which code, and what
//! the remedy says. The first lines of each file in `definitions/wrong` say what is expected:
//! `# line:column path: code: words of the remedy`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::run::Place;

/// How many mistakes people are known to make, at least.
const FILES_MIN: usize = 48;

fn corpus() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/spec/cli/definitions/wrong");
    let files =
        std::fs::read_dir(folder).expect("a folder").map(|file| file.expect("a file").path());
    let mut files: Vec<PathBuf> = files.collect();
    files.sort();
    files
}

fn expected(file: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(file).expect("a text");
    text.lines().map_while(|line| line.strip_prefix("# ")).map(str::to_owned).collect()
}

#[test]
fn every_mistake_is_found_where_it_is_with_its_remedy() {
    let files = corpus();
    assert!(files.len() >= FILES_MIN, "there are {}", files.len());
    let names: Vec<&str> = files.iter().map(|file| file.to_str().expect("a name")).collect();
    let ended = Place::new().run(&[&["pipeline", "validate", "--json"][..], &names].concat());
    assert_eq!(ended.code, 1, "{}", ended.err);
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for mistake in ended.json() {
        let word = |field: &str| mistake[field].as_str().unwrap_or_default().to_owned();
        let place = format!("{}:{}", mistake["line"], mistake["column"]);
        let said = format!("{place} {}: {}: {}", word("path"), word("code"), word("remedy"));
        found.entry(word("file")).or_default().push(said);
    }
    let wrong: Vec<String> = names
        .iter()
        .filter(|name| found.get(**name) != Some(&expected(Path::new(name))))
        .map(|name| {
            format!("{name}:\n# {}", found.get(*name).cloned().unwrap_or_default().join("\n# "))
        })
        .collect();
    assert!(wrong.is_empty(), "found otherwise than expected:\n{}", wrong.join("\n"));
}

/// The definition that people are shown.
fn example() -> String {
    let document = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/pipelines.md");
    let text = std::fs::read_to_string(document).expect("a text");
    let block = text.split("```yaml\n").nth(1).and_then(|rest| rest.split("```").next());
    block.expect("an example").to_owned()
}

#[test]
fn the_definition_that_people_are_shown_is_right_and_can_be_drawn() {
    let place = Place::new();
    let said = place.fed(&["pipeline", "validate", "-"], example()).succeeded();
    assert_eq!((said.out.as_str(), said.err.as_str()), ("", "-: right; stages: 4\n"));
    let drawn = place.fed(&["pipeline", "graph", "-", "--as", "dot"], example()).succeeded().out;
    assert!(drawn.starts_with("digraph pipeline {") && drawn.contains("\"sign\" -> \"report\""));
    let drawn = place.fed(&["pipeline", "graph", "-"], example()).succeeded().out;
    assert!(drawn.starts_with("  1  ingest  task ingest\n"), "{drawn}");
}

#[test]
fn people_read_a_line_for_each_mistake() {
    let text = "stages:\n  - name: a\n    task: x\n    after: [b]\n    prio: 1\n";
    let said = Place::new().fed(&["pipeline", "validate", "-"], text);
    let expected = "-:4:13: stages[0].after[0]: there is no stage \"b\"; write the name of a stage [unknown_stage]
-:5:5: stages[0].prio: there is no field \"prio\" here; there is name, after, when, foreach, at_once, task, run, wait, approval, input, needs, priority, retry, timeouts, timeout_ms, output, on_failure, compensate [unknown_field]
";
    assert_eq!((said.code, said.out.as_str()), (1, expected));
}

#[test]
fn what_is_wrong_is_not_drawn() {
    let place = Place::new();
    place.fed(&["pipeline", "graph", "-"], "stages: []\n").failed(65, "definition_wrong");
    place.run(&["pipeline", "validate", "nowhere.yaml"]).failed(66, "input_missing");
}

#[test]
fn a_schema_is_written_for_editors() {
    let text = Place::new().run(&["schema", "pipeline"]).succeeded().out;
    let schema: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(schema["title"], "Pipeline");
    assert_eq!(schema["additionalProperties"], false);
}
