//! The log that grows, and the children that are killed over it.

use std::path::PathBuf;
use std::time::Instant;

use tempfile::TempDir;

use super::super::audit::Audit;
use super::super::fact::Fact;
use super::super::ledger::Ledger;
use super::super::program::{Appender, Heard, PATIENCE, append};
use super::moment::{Moment, Struck, phase};

/// One log, its ledger, and what is to be sent again.
#[derive(Debug)]
pub(super) struct Plant {
    folder: TempDir,
    ledger: Ledger,
    audit: Audit,
    /// Sent before the last kill, and not answered since.
    again: Vec<Fact>,
    /// The first fact sent since everything was checked.
    unchecked: Fact,
    recorded: u64,
}

impl Plant {
    pub(super) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().expect("a folder"),
            ledger: Ledger::default(),
            audit: Audit::default(),
            again: Vec::new(),
            unchecked: Fact(0),
            recorded: 0,
        }
    }

    /// How many events the log holds.
    pub(super) fn recorded(&self) -> u64 {
        self.recorded
    }

    /// Starts a child, keeps it busy, kills it at the moment, and compares what is left.
    pub(super) fn kill_at(&mut self, moment: Moment) -> Struck {
        let mut child = self.child(moment.window);
        let mut sent = Vec::new();
        let mut strike = (moment.answers == 0).then(|| Instant::now() + moment.then);
        loop {
            self.feed(&mut child, &moment, &mut sent);
            let deadline = strike.unwrap_or_else(|| Instant::now() + PATIENCE);
            match child.hear_until(deadline) {
                Some(Heard::Answer(answer)) => self.ledger.hear(&answer),
                Some(other) => child.astonish(&self.ledger.due(), &other),
                None if strike.is_some() => break,
                None => panic!("the program falls silent"),
            }
            if self.ledger.answered() >= moment.answers && strike.is_none() {
                strike = Some(Instant::now() + moment.then);
            }
        }
        child.kill().iter().for_each(|answer| self.ledger.hear(answer));
        let struck = self.struck();
        self.compare(sent);
        struck
    }

    /// Sends everything again since the last such check, and compares everything with everything.
    pub(super) fn check_whole(&mut self) {
        let mut child = self.child(64);
        for fact in self.ledger.facts().filter(|fact| *fact >= self.unchecked).collect::<Vec<_>>() {
            child.send(fact);
            self.ledger.sent(fact);
            while self.ledger.in_flight() > 64 {
                self.hear(&mut child);
            }
        }
        while self.ledger.in_flight() > 0 {
            self.hear(&mut child);
        }
        let (status, last_words) = child.end();
        assert!(status.success(), "it does not end well: {status}, {last_words:?}");
        self.recorded = self.audit.check_whole(&self.store(), &mut self.ledger);
        assert_eq!(self.recorded, self.ledger.facts().count() as u64, "each fact once");
        self.again.clear();
        self.unchecked = Fact(self.recorded);
    }

    fn hear(&mut self, child: &mut Appender) {
        match child.hear() {
            Heard::Answer(answer) => self.ledger.hear(&answer),
            other => child.astonish(&self.ledger.due(), &other),
        }
    }

    fn store(&self) -> PathBuf {
        self.folder.path().join("annals.log")
    }

    fn phase_file(&self) -> PathBuf {
        self.folder.path().join("phase")
    }

    fn child(&mut self, window: usize) -> Appender {
        // A phase of the child before must not be taken for this one's.
        std::fs::write(self.phase_file(), "").expect("written");
        let mut command = append(&self.store(), window);
        command.env(events::planted::PHASE_FILE, self.phase_file());
        self.ledger.begin();
        Appender::start(command)
    }

    /// Keeps the window full and two more waiting: what was sent before comes first.
    fn feed(&mut self, child: &mut Appender, moment: &Moment, sent: &mut Vec<Fact>) {
        let enough = |ledger: &Ledger| {
            let all = ledger.answered() + ledger.in_flight() as u64;
            ledger.in_flight() >= moment.window + 2 || (moment.idle && all >= moment.answers)
        };
        while !enough(&self.ledger) {
            let known = self.again.get(sent.len()).copied();
            let fact = known.unwrap_or_else(|| self.ledger.new_fact());
            child.send(fact);
            self.ledger.sent(fact);
            sent.push(fact);
        }
    }

    fn struck(&self) -> Struck {
        // A program that never answered may not have come as far as to read what was sent.
        let in_flight = self.ledger.in_flight() > 0 && self.ledger.answered() > 0;
        if cfg!(feature = "planted") {
            let noted = std::fs::read(self.phase_file()).expect("the phase is noted");
            return Struck { phase: phase(noted.first().copied()), in_flight };
        }
        let phase = match (self.ledger.answered(), in_flight) {
            (0, _) => "before any answer",
            (_, true) => "in flight",
            (_, false) => "idle",
        };
        Struck { phase, in_flight }
    }

    fn compare(&mut self, sent: Vec<Fact>) {
        let store = self.store();
        if self.recorded == 0 {
            self.audit.check_if_begun(&store, &mut self.ledger);
        } else {
            self.recorded = self.audit.check(&store, &mut self.ledger, &sent);
        }
        let left = self.again.split_off(sent.len().min(self.again.len()));
        let answered = self.ledger.answered() as usize;
        let resent = self.again.len();
        // What was sent again and answered is settled; what was new is asked about once more.
        let open = sent.into_iter().enumerate().filter(|(n, _)| *n >= answered.min(resent));
        self.again = open.map(|(_, fact)| fact).chain(left).collect();
    }
}
