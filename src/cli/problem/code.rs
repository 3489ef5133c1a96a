//! Every code a command can fail with: what it is called, the exit code, and how to mend it. Other
//! programs depend on the names; they never change.

macro_rules! codes {
    ($($(#[doc = $doc:literal])* $variant:ident, $name:literal, $exit:literal, $remedy:literal;)*) => {
        /// The stable name of a problem.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Code {
            $($(#[doc = $doc])* $variant,)*
        }

        impl Code {
            /// Every code there is.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The name, as programs see it.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The exit code of a command that fails with it.
            #[must_use]
            pub fn exit(self) -> u8 {
                match self { $(Self::$variant => $exit,)* }
            }

            /// How to mend it.
            #[must_use]
            pub fn remedy(self) -> &'static str {
                match self { $(Self::$variant => $remedy,)* }
            }
        }
    };
}

codes! {
    /// The command line is not one.
    Usage, "usage", 2,
        "see `annals --help`, or `--help` after the command";
    /// This is a program for tests.
    HarnessOnly, "harness_only", 2,
        "use a program built without the feature `planted`; this one has bugs on purpose, and only a test harness may run it, with --harness";
    /// No log was named, and there is no folder to look for one in.
    StoreUnnamed, "store_unnamed", 78,
        "name the log with --store or ANNALS_STORE, or set HOME";
    /// There is no log.
    StoreMissing, "store_missing", 66,
        "name an existing log with --store or ANNALS_STORE; `annals log append` and `annals migrate` make a new one";
    /// There is something, but not a log.
    NotALog, "not_a_log", 66,
        "name a log with --store or ANNALS_STORE; this file was left as it is";
    /// Another process writes to the log.
    StoreLocked, "store_locked", 75,
        "stop that process or wait until it ends, then try again; reading, following and verifying go on beside it";
    /// Another system decides on the log.
    StoreServed, "store_served", 75,
        "stop that system, or, if it is gone for good or must not go on, take its log over with `annals serve --take-over`: whatever it still tries to append is refused then";
    /// The store cannot be reached just now.
    StoreUnavailable, "store_unavailable", 69,
        "see that you may read and write the log and its folder, or that the database's server runs and lets you in, and that no other program holds the log locked, then try again";
    /// The connection broke while something was being recorded.
    OutcomeUnknown, "outcome_unknown", 75,
        "send the same again under the same id: what was recorded is known, and nothing is recorded twice";
    /// A newer program wrote the store.
    StoreNewer, "store_newer", 78,
        "use the newer program; the log was left as it is";
    /// An older program wrote the store.
    StoreOlder, "store_older", 78,
        "bring the log up to date with `annals migrate`";
    /// What is stored is not what was written.
    StoreDamaged, "store_damaged", 1,
        "see all of it with `annals log verify`, find out what happened to the file or its disk, and put a backup in its place with `annals log restore`";
    /// The disk is full.
    StoreFull, "store_full", 73,
        "make room on the disk; everything that was acknowledged is safe, and an append that is running goes on by itself";
    /// A program that reads the log does not let go of it.
    JournalFull, "journal_full", 75,
        "end the program that holds the log open for reading, such as a database shell inside a transaction: `annals doctor` names it, and `fuser -v` on the log's file all that have it open; everything that was acknowledged is safe, and an append that is running goes on by itself";
    /// A write or sync failed.
    StoreFailed, "store_failed", 74,
        "look at the disk, the memory left and the system's messages before you start again; everything that was acknowledged is safe, the rest may be sent again";
    /// The store is not as safe as it must be.
    StoreUnsafe, "store_unsafe", 78,
        "keep the log as a file of its own on a local disk, or set up the database's server as the message says, and see `annals doctor`";
    /// The keys of a log with a history are gone.
    KeysMissing, "keys_missing", 78,
        "put the file back from a copy, or bring it with `annals log import --keys`; if it is lost for good, make an empty one: facts that are sent again are then refused instead of recognised";
    /// The keys cannot be read.
    KeysUnusable, "keys_unusable", 78,
        "put the file back from a copy, and see that you may read and write it";
    /// A log has other keys than those that come.
    KeysDiffer, "keys_differ", 78,
        "keep the two logs apart: facts are known again, and sealed values opened, only with the key they were recorded with; the keys were left as they are";
    /// What was asked can be done with a log in a file only.
    NotAFile, "not_a_file", 2,
        "back a database up with the means of its server, or move the log to a file with `annals log copy`";
    /// Something stands where a copy is to be put.
    FileExists, "file_exists", 73,
        "name another file: nothing is written over; to restore a log, first move the old one away, with every file whose name begins with its name";
    /// The disk of a copy is full.
    CopyFull, "copy_full", 73,
        "make room where the copy is to be, or name a file on another disk; what was made of it is removed, and nothing else was touched";
    /// A copy could not be written.
    CopyFailed, "copy_failed", 74,
        "see that its folder is there and that you may write to it, and look at the disk and the system's messages; what was made of the copy is removed, and nothing else was touched";
    /// A copy is not what was written to the log.
    CopyDamaged, "copy_damaged", 1,
        "run `annals log verify` on the log that was copied: if it is damaged, copy another; if it is whole, do not trust the disk of the copy; what was made of the copy is removed";
    /// There is something else than a backup, or nothing.
    NotABackup, "not_a_backup", 66,
        "name a file that `annals log backup` made, as you may read it; its keys stand beside it, in a file whose name ends in .keys";
    /// A file is something else than an export.
    NotAnExport, "not_an_export", 65,
        "name a file that `annals log export` wrote, unpacked; the log was left as it is";
    /// A newer program wrote an export.
    ExportNewer, "export_newer", 78,
        "use the newer program, or export the log with this one; the log was left as it is";
    /// An export has no end.
    ExportCut, "export_cut", 65,
        "see that the export ended well, and send all of it again: of a file nothing was imported, of standard input only parts that were whole";
    /// An export is not what was written.
    ExportDamaged, "export_damaged", 65,
        "compare the file with the one that was written, or export the log again: of a file nothing was imported, of standard input only parts that were whole";
    /// A stream is in both logs.
    StreamInBoth, "stream_in_both", 65,
        "import into another log: two histories of one stream cannot be told in one; nothing of a file was imported, of standard input only the parts before this one";
    /// A command is in both logs.
    CommandInBoth, "command_in_both", 65,
        "import into another log: one command has one outcome for ever; nothing of a file was imported, of standard input only the parts before this one";
    /// What comes goes on from something that is not there.
    ImportGap, "import_gap", 65,
        "first import what was recorded before it: `annals log export --from` one position after the end of the copy, or without --from";
    /// The log has the id of the one that comes, and another history.
    LogsDiverged, "logs_diverged", 65,
        "find out who appended to the copy: only one of two logs with one id may go on; put the right one in place, or import into an empty log";
    /// Later events of the same log are there.
    ImportTooLate, "import_too_late", 65,
        "import the exports of a log in their order, or all of it into another log";
    /// The log was filled by another process while it took something in.
    ImportDisturbed, "import_disturbed", 75,
        "run the same command again; see that nobody else writes to an empty log while another one is imported into it";
    /// A copy is not what was copied.
    CopyDiffers, "copy_differs", 1,
        "run `annals log verify` on both logs; if both are whole, the target had a history of its own: copy into an empty one";
    /// A line is not a CloudEvent.
    LineMalformed, "line_malformed", 65,
        "write each fact as one line of JSON such as {\"id\":\"1\",\"source\":\"shop\",\"type\":\"order.placed\"}; lines before this one are recorded and may be sent again";
    /// A line has no id.
    LineWithoutId, "line_without_id", 65,
        "give every line an `id` of its own, so that sending it twice records it once; --mint-ids makes ids up where that does not matter";
    /// A line has no source.
    LineWithoutSource, "line_without_source", 65,
        "give the line a `source`, or name one for all such lines with --source";
    /// A line is too long.
    LineTooLarge, "line_too_large", 65,
        "keep what is large elsewhere, and record its address and hash: a fact has at most 256 KiB";
    /// A line has too many lists and objects inside each other.
    LineTooDeep, "line_too_deep", 65,
        "nest it less deeply, or keep the deep part as a text: a fact has at most 100 lists and objects inside each other";
    /// A command's id was used for something else.
    CommandReused, "command_reused", 65,
        "give the new fact an id of its own; the first fact with this source and id stands for ever";
    /// There is no input.
    InputMissing, "input_missing", 66,
        "name a file that you may read, or `-` for standard input";
    /// A definition of a pipeline is wrong.
    DefinitionWrong, "definition_wrong", 65,
        "see all of its mistakes with `annals pipeline validate`, and what to do about each of them";
    /// The input broke off.
    InputFailed, "input_failed", 74,
        "look at where the input comes from, then send all of it again: what is recorded is known";
    /// The output broke off.
    OutputFailed, "output_failed", 74,
        "look at where the output goes to, the disk may be full; what was recorded stays recorded";
    /// The system refuses something every program needs.
    SystemFailed, "system_failed", 74,
        "look at the system's limits for processes, threads and open files";
    /// Nobody listens where a question went.
    NoResponders, "no_responders", 69,
        "see that whoever answers there runs and is connected to the same server, and that the subject is spelled as they have it";
    /// No answer came in time.
    NoAnswer, "no_answer", 75,
        "ask again, or wait longer with --patience-ms; whoever was asked may have done it";
    /// A message is too large.
    MessageTooLarge, "message_too_large", 65,
        "keep what is large elsewhere, and send its address and hash; or let the server take larger messages";
    /// The server does not allow it.
    BusNotAllowed, "bus_not_allowed", 77,
        "see that user, password, token or credentials are right, and that the server allows them this subject";
    /// The server cannot be reached.
    BusUnavailable, "bus_unavailable", 69,
        "see that the server runs there and can be reached, and with TLS that its certificate is for that name and --tls-ca names who signed it; `annals bus serve` starts a server on this machine";
    /// The file of those who may come in says something else.
    UsersUnusable, "users_unusable", 78,
        "write the file as `annals bus serve --help` shows; the bus lets nobody in by a file that it does not understand";
    /// Nobody can be talked to in secret with the files that were named.
    TlsUnusable, "tls_unusable", 78,
        "name a file with the certificate of the server first, and one with the key that belongs to it, both in PEM and the key without a password; `openssl x509 -in FILE -noout -text` shows what a certificate says";
    /// Nothing can be listened to there.
    NotListening, "not_listening", 69,
        "name with --listen an address that this machine has and a port that is free and from 1024 on; `ss -ltnp` shows who listens where";
    /// Another system has taken the log over.
    TakenOver, "taken_over", 75,
        "nothing is lost: the other system goes on with the log, and whoever was refused asks again there";
    /// A part of the system has ended by itself.
    PartEnded, "part_ended", 70,
        "start it again: everything that was acknowledged is safe, and it goes on where it was; if it ends again, this is a fault of the program: report it with what it says";
    /// Nobody answers where a system should.
    NotServed, "not_served", 69,
        "start a system with `annals serve`, or name the server that one uses with --server";
    /// A system answers in another way.
    AnswerUnreadable, "answer_unreadable", 65,
        "use a program as new as the system that runs, and see with `annals bus ping` what answers there";
    /// A system says no.
    Refused, "refused", 1,
        "the code says why, and `docs/publishing.md` what each of them means; nothing was changed";
    /// A system says no just now.
    RefusedForNow, "refused_for_now", 75,
        "send the same again a little later, under the same --command-id if it had one";
    /// A bench could not be made.
    BenchFailed, "bench_failed", 74,
        "see that there is room for the logs it makes, and that what it compares with can be built here";
}
