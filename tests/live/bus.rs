//! The bus on real parts: a server of NATS, and clients in other languages.

pub(crate) mod clients;
mod command_line;
pub(crate) mod conversations;
mod faults;
mod listener;
pub(crate) mod nats;
pub(crate) mod program;
mod tls;

use std::path::PathBuf;

/// The variable that names the program of a NATS server.
const SERVER: &str = "ANNALS_TEST_NATS_SERVER";

/// The program of a NATS server.
#[expect(clippy::disallowed_methods, reason = "the tests are told where their server is")]
fn nats_server() -> PathBuf {
    let found = std::env::var_os(SERVER).map(PathBuf::from);
    found.unwrap_or_else(|| {
        panic!("{SERVER} is not set: run tests/run, or name a server of your own")
    })
}
