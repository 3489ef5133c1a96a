//! strace as the harness uses it: it records what the program does to files, kills it at one call,
//! or makes one call fail. Here is how it is called and how its log is read.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::boundary::Boundary;

/// Everything that changes what is in a file, its place in a folder, what of it survives a loss of
/// power, or whether it is read from the disk. A question mark stands before what not every machine
/// has.
const CHANGES: &str = "write,pwrite64,writev,pwritev,pwritev2,fsync,fdatasync,sync_file_range,\
    ftruncate,?truncate,fallocate,?rename,?renameat,renameat2,?link,linkat,?unlink,unlinkat,\
    ?mkdir,mkdirat,?rmdir,openat,?open,?creat,?fadvise64";

/// More than is ever written at once.
const BYTES_MAX: usize = 1 << 26;

/// What is done to the traced program.
#[derive(Debug, Clone, Copy)]
pub(super) enum Fault<'a> {
    /// Nothing.
    None,
    /// The program is killed as it enters the call.
    Kill(&'a Boundary),
    /// The call is not made, and fails.
    Error(&'a Boundary),
}

/// One call of the program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Call {
    pub(super) thread: u32,
    pub(super) syscall: String,
    /// The file it is about.
    pub(super) path: PathBuf,
    /// Whether it may make a file.
    pub(super) creates: bool,
    /// Whether it failed, as far as the line tells.
    pub(super) failed: bool,
    /// Whether it was made to fail.
    pub(super) injected: bool,
}

/// Puts a program that works in `folder` under strace, which writes what it sees to `log`.
pub(super) fn strace(fault: Fault<'_>, folder: &Path, log: &Path, program: &Command) -> Command {
    let mut strace = watch(log, 0);
    let (boundary, effect) = match fault {
        Fault::None => (None, ""),
        Fault::Kill(boundary) => (Some(boundary), "signal=SIGKILL"),
        Fault::Error(boundary) => (Some(boundary), "error=EIO"),
    };
    if let Some(Boundary { syscall, place, beside, nth, .. }) = boundary {
        strace.args(["-e", &format!("inject={syscall}:{effect}:when={nth}")]);
        for path in std::iter::once(place).chain(beside) {
            strace.arg("-P").arg(folder.join(path));
        }
    }
    if boundary.is_none_or(|boundary| !boundary.first_thread) {
        strace.arg("-f");
    }
    strace.arg("--").arg(program.get_program()).args(program.get_args());
    strace
}

/// Puts a program under strace, which writes what it sees to `log`, with every byte of it, and may
/// kill it as a thread enters the `nth` call of this name.
pub(super) fn strace_with_bytes(
    log: &Path,
    program: &Command,
    kill_at: Option<(&str, usize)>,
) -> Command {
    let mut strace = watch(log, BYTES_MAX);
    if let Some((syscall, nth)) = kill_at {
        strace.args(["-e", &format!("inject={syscall}:signal=SIGKILL:when={nth}")]);
    }
    strace.args(["-f", "--"]).arg(program.get_program()).args(program.get_args());
    strace
}

/// strace, told what to look at, and how many bytes of what is written to tell.
fn watch(log: &Path, bytes: usize) -> Command {
    let mut strace = Command::new("strace");
    strace.args(["-y", "-q", "-e", "signal=none", "-e", &format!("trace={CHANGES}")]);
    strace.arg("-s").arg(bytes.to_string()).arg("-o").arg(log);
    strace
}

/// Reads strace's log. A call that other threads interrupt stands in two lines; where one thread is
/// watched alone, its number is left out.
pub(super) fn calls(log: &str) -> Vec<Call> {
    let mut calls: Vec<Call> = Vec::new();
    let mut latest: HashMap<u32, usize> = HashMap::new();
    for line in log.lines() {
        let rest = line.trim_start_matches(|c: char| c.is_ascii_digit());
        let thread = line[..line.len() - rest.len()].parse().unwrap_or(0);
        let rest = rest.trim_start();
        if let Some(call) = call(thread, rest) {
            latest.insert(thread, calls.len());
            calls.push(call);
        } else if rest.contains("resumed>")
            && rest.contains("(INJECTED)")
            && let Some(call) = latest.get(&thread)
        {
            calls[*call].injected = true;
        }
    }
    calls
}

fn call(thread: u32, text: &str) -> Option<Call> {
    let (syscall, arguments) = text.split_once('(')?;
    if syscall.is_empty() || !syscall.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
        return None;
    }
    let by_name = arguments.starts_with('"') || arguments.starts_with("AT_FDCWD");
    let path = if by_name { between(arguments, '"', '"') } else { between(arguments, '<', '>') };
    Some(Call {
        thread,
        syscall: syscall.into(),
        path: path?.trim_end_matches(" (deleted)").into(),
        creates: text.contains("O_CREAT"),
        failed: text.contains(" = -1 "),
        injected: text.contains("(INJECTED)"),
    })
}

fn between(text: &str, open: char, close: char) -> Option<&str> {
    let (_, rest) = text.split_once(open)?;
    rest.split_once(close).map(|(inner, _)| inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: &str = r#"
70 openat(AT_FDCWD</home>, "/t/a.log", O_RDWR|O_CREAT|O_CLOEXEC, 0666) = 3</t/a.log>
71 fdatasync(4</t/a.log-wal> <unfinished ...>
70 write(1</t/out>, ""..., 77)          = 77
71 <... fdatasync resumed>)             = -1 EIO (Input/output error) (INJECTED)
70 unlink("/t/a.log-journal")           = 0
70 +++ killed by SIGKILL +++
"#;

    #[test]
    fn a_log_is_read_call_by_call() {
        let found = calls(LOG);
        let told: Vec<_> =
            found.iter().map(|call| (call.thread, &*call.syscall, call.path.to_str())).collect();
        let expected = [
            (70, "openat", Some("/t/a.log")),
            (71, "fdatasync", Some("/t/a.log-wal")),
            (70, "write", Some("/t/out")),
            (70, "unlink", Some("/t/a.log-journal")),
        ];
        assert_eq!(told, expected);
        assert!(found[0].creates && !found[1].creates);
    }

    #[test]
    fn a_failure_is_found_where_the_call_resumes() {
        let injected: Vec<bool> = calls(LOG).iter().map(|call| call.injected).collect();
        assert_eq!(injected, [false, true, false, false]);
    }

    #[test]
    fn a_thread_that_is_watched_alone_has_no_number() {
        let found = calls("fsync(4</t/a>) = -1 EIO (Input/output error) (INJECTED)");
        assert_eq!((found[0].thread, found[0].injected), (0, true));
    }
}
