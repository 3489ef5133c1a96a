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
    /// The store cannot be reached just now.
    StoreUnavailable, "store_unavailable", 69,
        "see that you may read and write the log and its folder, and that no other program holds it locked, then try again";
    /// A newer program wrote the store.
    StoreNewer, "store_newer", 78,
        "use the newer program; the log was left as it is";
    /// An older program wrote the store.
    StoreOlder, "store_older", 78,
        "bring the log up to date with `annals migrate`";
    /// What is stored is not what was written.
    StoreDamaged, "store_damaged", 1,
        "see all of it with `annals log verify`, find out what happened to the file or its disk, and restore the log from a copy";
    /// The disk is full.
    StoreFull, "store_full", 73,
        "make room on the disk; everything that was acknowledged is safe, and an append that is running goes on by itself";
    /// A write or sync failed.
    StoreFailed, "store_failed", 74,
        "look at the disk and the system's messages before you start again; everything that was acknowledged is safe, the rest may be sent again";
    /// The store is not as safe as it must be.
    StoreUnsafe, "store_unsafe", 78,
        "keep the log as a file of its own on a local disk, and see `annals doctor`";
    /// The keys of a log with a history are gone.
    KeysMissing, "keys_missing", 78,
        "put the file back from a copy; if it is lost for good, make an empty one: facts that are sent again are then refused instead of recognised";
    /// The keys cannot be read.
    KeysUnusable, "keys_unusable", 78,
        "put the file back from a copy, and see that you may read and write it";
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
    /// A command's id was used for something else.
    CommandReused, "command_reused", 65,
        "give the new fact an id of its own; the first fact with this source and id stands for ever";
    /// There is no input.
    InputMissing, "input_missing", 66,
        "name a file that you may read, or `-` for standard input";
    /// The input broke off.
    InputFailed, "input_failed", 74,
        "look at where the input comes from, then send all of it again: what is recorded is known";
    /// The output broke off.
    OutputFailed, "output_failed", 74,
        "look at where the output goes to, the disk may be full; what was recorded stays recorded";
    /// The system refuses something every program needs.
    SystemFailed, "system_failed", 74,
        "look at the system's limits for processes, threads and open files";
    /// A bench could not be made.
    BenchFailed, "bench_failed", 74,
        "see that there is room for the logs it makes, and that what it compares with can be built here";
}
