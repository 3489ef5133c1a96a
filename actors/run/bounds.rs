//! How much of everything a run may have.

use crate::expression::STEPS_MAX;

/// How many events one decision leads to before it leaves the rest to the next one.
pub const DECISION_EVENTS_MAX: usize = 512;
/// How many bytes they have before that.
pub const DECISION_BYTES_MAX: usize = 2 * 1024 * 1024;
/// How many steps the conditions that are looked at for one decision take, and how many all else that is
/// filled in for it, before it leaves the rest to the next one. Whatever is being filled in by then is done
/// first, so each decision gets somewhere.
pub const DECISION_STEPS_MAX: u64 = 2 * STEPS_MAX as u64;
/// How many steps the inputs take that someone is asked about, all together: they are asked about at once.
pub const ASKED_STEPS_MAX: u64 = 20 * STEPS_MAX as u64;
/// How many tasks and runs are under way at once in one run.
pub const OPEN_MAX: usize = 10_000;
/// How many items begin, or are undone, with one event.
pub const ITEMS_BEGIN_MAX: usize = 64;
/// How many bytes they have, unless one alone has more.
pub const ITEMS_BYTES_MAX: usize = 128 * 1024;
/// How many tasks and runs are called off, paused or resumed with one event.
pub const CALLED_OFF_MAX: usize = 1_000;
/// How many bytes of what stages bring a run keeps for those that come after.
pub const KEPT_BYTES_MAX: usize = 2 * 1024 * 1024;
/// How many bytes of it one event has after a fork, unless one stage alone has more.
pub const KEPT_EVENT_BYTES_MAX: usize = 128 * 1024;
/// How many names of signals are kept for stages that may ask for them.
pub const SIGNAL_NAMES_MAX: usize = 100;
/// How many signals of one name are kept.
pub const SIGNALS_MAX: usize = 16;
/// How many bytes they have, all together.
pub const SIGNAL_BYTES_MAX: usize = 1024 * 1024;
/// How often a stage begins.
pub const TURNS_MAX: u16 = 100;
/// How many runs may be inside each other.
pub const DEPTH_MAX: u8 = 8;
/// The largest that is kept beside the log and passed on whole: a worker is told of nothing larger.
pub const WHOLE_BYTES_MAX: u64 = 1024 * 1024 - 192;
/// How many bytes of the inputs that are asked about are shown; the hash is about all of them.
pub const SHOWN_BYTES_MAX: usize = 32 * 1024;
/// How many of them are shown where not all of them are.
pub const SHOWN_ITEMS_MAX: usize = 20;
