//! What is acknowledged is on the disk: a kill cannot show that, for the cache survives it. So the
//! program is recorded with every byte that it writes and every sync, and the states are made that a
//! loss of power may leave at any moment. `docs/durability.md` says what is modelled, and what is not.

mod arguments;
mod batches;
mod contents;
mod disk;
mod keep;
mod look;
mod names;
mod recording;
mod repeat;
mod script;
mod sent;
mod states;
mod step;

use std::io::Write;
use std::time::Instant;

use super::chance::Chance;
use super::script::every::at_each;
use look::{Look, states_max};
use recording::Recording;
use repeat::{Archive, is_long, only};
use states::states;

/// How many states are drawn by chance for each moment; more in a long campaign.
const DRAWN: usize = 2;
const DRAWN_LONG: usize = 50;
/// Fewer states than this prove little.
const STATES_MIN: usize = 1000;
const STATES_MIN_MENDING: usize = 500;

#[test]
fn what_was_acknowledged_survives_a_loss_of_power_at_any_moment() {
    let (archive, mut chance) = Archive::open(script::run_all);
    let recording = Recording::of_script(archive.folder());
    look_at_each("the script", &recording, STATES_MIN, &mut chance);
}

#[test]
fn what_was_acknowledged_survives_a_second_loss_of_power_while_the_first_is_mended() {
    let (archive, mut chance) = Archive::open(script::run_all);
    let recording = Recording::of_script(archive.folder());
    // Neither so early that there is nothing to mend, nor so late that there is nothing to add.
    let third = recording.steps.len() / 3;
    let mut drawn = states(&recording, 1, &mut chance);
    drawn.retain(|state| state.is_drawn() && (third..2 * third).contains(&state.step));
    let first = &drawn[chance.below(drawn.len() as u64) as usize];
    let mut out = std::io::stderr();
    writeln!(out, "what is mended: {first}").expect("standard error is open");
    look_at_each("mending", &recording.of_mending(first), STATES_MIN_MENDING, &mut chance);
}

/// Looks at every state that a loss of power may leave at any moment of a recording.
fn look_at_each(what: &str, recording: &Recording, least: usize, chance: &mut Chance) {
    let began = Instant::now();
    let moments = recording.steps.len() + 1 - recording.before;
    // Two tests look at states side by side.
    let drawn = if is_long() { DRAWN_LONG.min(states_max() / 2 / moments) } else { DRAWN };
    let mut states = states(recording, drawn, chance);
    assert!(states.len() <= states_max() / 2, "a process may not have enough files open");
    assert!(states.len() >= least, "{} states are too few", states.len());
    if let Some(number) = only() {
        states.retain(|state| state.number == number);
    }
    let look = Look::into(recording);
    let done = at_each(&states, |state| look.at(state, recording));
    let (count, seconds) = (states.len(), began.elapsed().as_secs_f64());
    let mut out = std::io::stderr();
    writeln!(out, "{count} states at {moments} moments of {what}, {seconds:.0} s")
        .expect("standard error is open");
    assert_eq!(done, count, "every state was looked at");
}
