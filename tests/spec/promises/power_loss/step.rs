//! What the traced program did to the files of its store, step by step, in the order in which its
//! calls began; and what it acknowledged between them.

use std::collections::{HashMap, HashSet};
use std::ffi::OsStr;
use std::fmt;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::arguments::Words;

/// One call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) deed: Deed,
    /// How many steps had begun when it ended: the next one after its own, if nothing came between.
    pub(super) ended: usize,
}

/// What a call does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Deed {
    /// A file that was not there is made.
    Make(PathBuf),
    /// A folder is made.
    MakeFolder(PathBuf),
    /// A file loses its name.
    Remove(PathBuf),
    /// Bytes go into a file.
    Write { path: PathBuf, at: usize, bytes: Vec<u8> },
    /// A file gets this length.
    Cut { path: PathBuf, length: usize },
    /// A file or a folder is synced.
    Sync(PathBuf),
    /// Lines of acknowledgement leave the program.
    Say(String),
}

impl fmt::Display for Deed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Make(path) => write!(f, "{} is made", path.display()),
            Self::MakeFolder(path) => write!(f, "the folder {} is made", path.display()),
            Self::Remove(path) => write!(f, "{} is removed", path.display()),
            Self::Write { path, at, bytes } => {
                write!(f, "{} bytes go to {at} of {}", bytes.len(), path.display())
            }
            Self::Cut { path, length } => write!(f, "{} is cut to {length}", path.display()),
            Self::Sync(path) => write!(f, "{} is synced", path.display()),
            Self::Say(lines) => write!(f, "{} acknowledgements leave", lines.lines().count()),
        }
    }
}

/// Reads the logs of several runs on one store, one after the other.
#[derive(Debug)]
pub(super) struct StepReader<'a> {
    /// The folder whose files count.
    world: &'a Path,
    /// The file that acknowledgements go to.
    said: &'a Path,
    there: HashSet<PathBuf>,
    pub(super) steps: Vec<Step>,
}

/// Where each file that is written without a place stands, by its number.
type Places = HashMap<String, usize>;

/// A call as strace tells of it, perhaps in two lines.
struct Told {
    text: String,
    /// How many calls had begun when it ended.
    ended: usize,
}

impl<'a> StepReader<'a> {
    pub(super) fn new(world: &'a Path, said: &'a Path) -> Self {
        Self { world, said, there: HashSet::new(), steps: Vec::new() }
    }

    /// Notes what was done, and over, before the next run.
    pub(super) fn begin_with(&mut self, deed: Deed) {
        if let Deed::Make(path) = &deed {
            self.there.insert(path.clone());
        }
        self.steps.push(Step { deed, ended: self.steps.len() + 1 });
    }

    /// Reads strace's log of one more run.
    pub(super) fn read(&mut self, log: &str) {
        let told = told(log);
        let mut places = Places::new();
        let mut begun = Vec::with_capacity(told.len());
        let first = self.steps.len();
        for call in &told {
            begun.push(self.steps.len());
            let words = Words::read(&call.text).filter(|words| words.returned != Some(-1));
            let Some(words) = words else { continue };
            // A call that the end of its process cut short may have done what it does, and never ended.
            let ended = words.returned.map_or(usize::MAX, |_| call.ended);
            if let Some(deed) = self.deed(&words, &mut places) {
                self.steps.push(Step { deed, ended });
            }
        }
        begun.push(self.steps.len());
        for step in &mut self.steps[first..] {
            step.ended = begun.get(step.ended).copied().unwrap_or(usize::MAX);
        }
    }

    fn deed(&mut self, words: &Words<'_>, places: &mut Places) -> Option<Deed> {
        let path = self.path(words)?;
        if path == self.said {
            return said(words);
        }
        if !path.starts_with(self.world) {
            return None;
        }
        // The index of the journal is written through memory, of which strace sees nothing.
        if is_index(&path) && words.name != "openat" {
            return None;
        }
        match words.name {
            "openat" => self.open(path, words, places),
            "mkdir" => Some(Deed::MakeFolder(path)),
            "unlink" => {
                self.there.remove(&path);
                Some(Deed::Remove(path))
            }
            "pwrite64" => {
                let at = words.number(3).expect("it has a place") as usize;
                Some(Deed::Write { path, at, bytes: written(words) })
            }
            "write" => {
                let (place, bytes) = (places.entry(number(words)).or_default(), written(words));
                let at = std::mem::replace(place, *place + bytes.len());
                Some(Deed::Write { path, at, bytes })
            }
            "ftruncate" => {
                let length = words.number(1).expect("it has a length") as usize;
                Some(Deed::Cut { path, length })
            }
            "fsync" | "fdatasync" => Some(Deed::Sync(path)),
            "fadvise64" => None,
            other => panic!("nobody knows what {other} of {} means to a disk", path.display()),
        }
    }

    fn open(&mut self, path: PathBuf, words: &Words<'_>, places: &mut Places) -> Option<Deed> {
        let flags = words.plain(2).expect("a file is opened in some way");
        assert!(!flags.contains("O_TRUNC") && !flags.contains("O_APPEND"), "{}", path.display());
        places.insert(words.returned.unwrap_or_default().to_string(), 0);
        let made = flags.contains("O_CREAT") && self.there.insert(path.clone());
        made.then_some(Deed::Make(path))
    }

    /// The file that a call is about: one it names, or one that is open.
    fn path(&self, words: &Words<'_>) -> Option<PathBuf> {
        let named = || {
            let names = (0..words.arguments.len()).filter_map(|nth| words.bytes(nth));
            let mut paths = names.map(|name| Path::new(OsStr::from_bytes(name)));
            paths.find(|path| path.starts_with(self.world)).map(Path::to_owned)
        };
        let named = if words.name.contains("write") { None } else { named() };
        named.or_else(|| words.open_file().map(Path::to_owned))
    }
}

/// Whether a file is the index of a journal, in which anything may stand after a loss of power.
pub(super) fn is_index(path: &Path) -> bool {
    path.as_os_str().as_encoded_bytes().ends_with(b"-shm")
}

/// The lines of acknowledgement that leave in these steps.
pub(super) fn acknowledged(steps: &[Step]) -> String {
    let said = steps.iter().filter_map(|step| match &step.deed {
        Deed::Say(lines) => Some(lines.as_str()),
        _ => None,
    });
    said.collect()
}

/// The number under which the file of a call is open.
fn number(words: &Words<'_>) -> String {
    let first = words.plain(0).unwrap_or_default();
    first.split('<').next().unwrap_or_default().into()
}

/// Everything that a call was given to write, and wrote.
fn written(words: &Words<'_>) -> Vec<u8> {
    let bytes = words.bytes(1).expect("it has bytes");
    let length = words.number(2).expect("it has a length");
    assert_eq!(bytes.len() as u64, length, "strace cut a write off");
    assert!(words.returned.is_none_or(|wrote| wrote as u64 == length), "not all was written");
    bytes.to_vec()
}

fn said(words: &Words<'_>) -> Option<Deed> {
    let writes = words.name == "write";
    writes.then(|| Deed::Say(String::from_utf8(written(words)).expect("answers are text")))
}

/// The calls of a log in the order in which they began. One that others interrupt stands in two lines.
fn told(log: &str) -> Vec<Told> {
    let mut calls: Vec<Told> = Vec::new();
    let mut under_way: HashMap<&str, usize> = HashMap::new();
    for line in log.lines() {
        let rest = line.trim_start_matches(|c: char| c.is_ascii_digit());
        let thread = &line[..line.len() - rest.len()];
        let rest = rest.trim_start();
        let now = calls.len();
        if let Some(resumed) = rest.strip_prefix("<... ") {
            let (_, end) = resumed.split_once(" resumed>").expect("strace says what goes on");
            let call = &mut calls[under_way.remove(thread).expect("it began")];
            call.text.push_str(end);
            call.ended = now;
        } else if let Some(begin) = rest.strip_suffix(" <unfinished ...>") {
            under_way.insert(thread, now);
            calls.push(Told { text: begin.into(), ended: usize::MAX });
        } else {
            calls.push(Told { text: rest.into(), ended: now + 1 });
        }
    }
    calls
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: &str = r#"
70 openat(AT_FDCWD</w>, "/w/a", O_RDWR|O_CREAT|O_CLOEXEC, 0666) = 3</w/a>
70 write(3</w/a>, "one", 3)             = 3
71 fsync(3</w/a> <unfinished ...>
70 write(3</w/a>, "two", 3)             = 3
71 <... fsync resumed>)                 = 0
70 write(1</out>, "{}\n", 3)            = 3
70 unlink("/w/b")                       = -1 ENOENT (No such file or directory)
70 openat(AT_FDCWD</w>, "/w/a", O_RDWR|O_CREAT|O_CLOEXEC, 0666) = 4</w/a>
70 pwrite64(4</w/a>, "\0", 1, 9 <unfinished ...>
71 fsync(4</w/a>)                       = ?
71 +++ killed by SIGKILL +++
"#;

    fn read(logs: &[&str]) -> Vec<Step> {
        let mut reader = StepReader::new(Path::new("/w"), Path::new("/out"));
        logs.iter().for_each(|log| reader.read(log));
        reader.steps
    }

    #[test]
    fn a_log_is_read_step_by_step() {
        let steps = read(&[LOG]);
        let told: Vec<String> = steps.iter().map(|step| step.deed.to_string()).collect();
        let expected = [
            "/w/a is made",
            "3 bytes go to 0 of /w/a",
            "/w/a is synced",
            "3 bytes go to 3 of /w/a",
            "1 acknowledgements leave",
            "1 bytes go to 9 of /w/a",
            "/w/a is synced",
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn it_is_known_what_had_begun_when_a_call_ended() {
        let ended: Vec<usize> = read(&[LOG]).iter().map(|step| step.ended).collect();
        assert_eq!(ended, [1, 2, 4, 4, 5, usize::MAX, usize::MAX]);
    }

    #[test]
    fn what_one_run_made_is_there_for_the_next_one() {
        let again = r#"70 openat(AT_FDCWD</w>, "/w/a", O_RDWR|O_CREAT, 0666) = 3</w/a>
70 fdatasync(3</w/a>)                   = 0"#;
        let steps = read(&[LOG, again]);
        assert_eq!(steps.last(), Some(&Step { deed: Deed::Sync("/w/a".into()), ended: 8 }));
        assert_eq!(steps.len(), 8);
    }

    #[test]
    #[should_panic(expected = "nobody knows what rename of /w/b means")]
    fn a_call_that_is_not_modelled_is_noticed() {
        read(&[r#"70 rename("/elsewhere", "/w/b") = 0"#]);
    }
}
