//! A small disk of our own: a file system in memory, seen only from inside a mount namespace. It
//! needs no rights beyond those of whoever runs the tests.

use std::io::{BufRead, BufReader};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::program::spawn;

const MOUNT: &str = r#"mount -t tmpfs -o size="$2" tmpfs "$1" && echo ready && exec cat"#;

/// The disk, and the process that keeps it in being.
#[derive(Debug)]
pub(super) struct Room {
    keeper: Child,
    folder: PathBuf,
    own_users: bool,
}

impl Room {
    /// Mounts a disk of `size` on `folder`.
    pub(super) fn open(folder: &Path, size: &str) -> Self {
        // Root needs no users of its own, and in some places may not have any.
        let own_users = std::fs::metadata("/proc/self").expect("Linux").uid() != 0;
        let mut command = Command::new("unshare");
        command.args(if own_users { &["--user", "--map-root-user"][..] } else { &[] });
        command.args(["--mount", "sh", "-c", MOUNT, "sh"]).arg(folder).arg(size);
        let mut keeper = spawn(command.stdin(Stdio::piped()).stdout(Stdio::piped()));
        let mut ready = String::new();
        let stdout = keeper.stdout.take().expect("it is a pipe");
        BufReader::new(stdout).read_line(&mut ready).expect("the keeper speaks");
        assert_eq!(
            ready, "ready\n",
            "a private mount was refused; these tests need user namespaces, or root"
        );
        Self { keeper, folder: folder.into(), own_users }
    }

    /// The same program, run where the disk is seen.
    pub(super) fn inside(&self, program: &Command) -> Command {
        let mut command = Command::new("nsenter");
        command.arg("--target").arg(self.keeper.id().to_string()).arg("--mount");
        command.args(if self.own_users { &["--user", "--preserve-credentials"][..] } else { &[] });
        command.arg("--").arg(program.get_program()).args(program.get_args());
        command
    }

    /// Where a file of the disk is found from outside.
    pub(super) fn outside(&self, name: &str) -> PathBuf {
        let root = PathBuf::from(format!("/proc/{}/root", self.keeper.id()));
        let inside = self.folder.strip_prefix("/").expect("a whole path");
        root.join(inside).join(name)
    }

    /// Copies every file of the disk to `folder`.
    pub(super) fn copy_to(&self, folder: &Path) {
        for entry in std::fs::read_dir(self.outside("")).expect("the disk reads") {
            let entry = entry.expect("a file");
            std::fs::copy(entry.path(), folder.join(entry.file_name())).expect("copied");
        }
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        let _ = self.keeper.kill();
        let _ = self.keeper.wait();
    }
}
