//! Whoever asks is answered: once, in order, and by what is on record.

use std::sync::{Arc, Mutex};

use events::store::Verdict;
use tokio::time::Instant;

use super::till::TillCommand::{Fill, Look, Open, Panic, Put, Rob, Stamp, Take, Tell};
use super::till::TillEvent;
use super::world::{World, asked, on_stage, said, stream, told};
use crate::runtime::inbox::INBOX_MAX;
use crate::runtime::{Done, Incident, NewCommand, Refused};

/// Answers as they arrive, with the number of the command.
#[derive(Clone, Default)]
struct Answers(Arc<Mutex<Vec<Numbered>>>);

type Numbered = (u128, Result<Done, Refused>);

impl Answers {
    fn of(&self, n: u128) -> crate::runtime::Reply {
        let answers = self.clone();
        Box::new(move |answer| answers.0.lock().expect("held").push((n, answer)))
    }

    fn numbers(&self) -> Vec<u128> {
        self.0.lock().expect("held").iter().map(|(n, _)| *n).collect()
    }

    fn count(&self, is_one: impl Fn(&Result<Done, Refused>) -> bool) -> usize {
        self.0.lock().expect("held").iter().filter(|(_, answer)| is_one(answer)).count()
    }
}

#[tokio::test(start_paused = true)]
async fn answers_leave_in_the_order_of_the_commands() {
    on_stage(async {
        let world = World::new();
        let answers = Answers::default();
        for n in 1..=200 {
            let command = if n % 3 == 0 { Take(1_000) } else { Put(1) };
            world.sends("a", asked(n, command), answers.of(n));
        }
        world.tells("a", 999).await;
        assert_eq!(answers.numbers(), (1..=200).collect::<Vec<u128>>());
        assert_eq!(world.tells("a", 1_000).await, told(&world.truth("a").await));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn each_command_is_decided_on_what_the_ones_before_it_leave() {
    on_stage(async {
        let world = World::new();
        let answers = Answers::default();
        for (n, command) in [(1, Open(5)), (2, Take(4)), (3, Take(4)), (4, Put(3)), (5, Take(4))] {
            world.sends("a", asked(n, command), answers.of(n));
        }
        assert_eq!(world.tells("a", 6).await, "0 after 4");
        assert_eq!(answers.count(said_no), 1, "the second of them takes too much");
    })
    .await;
}

fn said_no(answer: &Result<Done, Refused>) -> bool {
    matches!(answer, Ok(Done { outcome, .. }) if matches!(outcome.verdict, Verdict::Rejected { .. }))
}

#[tokio::test(start_paused = true)]
async fn a_command_that_comes_again_has_its_first_answer() {
    on_stage(async {
        let world = World::new();
        let first = world.asks("a", 1, Open(5)).await.expect("done");
        world.asks("a", 2, Put(1)).await.expect("done");
        for world in [&world, &world.restarted().await] {
            let again = world.asks("a", 1, Open(5)).await.expect("done");
            assert_eq!((again.known, &again.outcome), (true, &first.outcome));
            let again = world.asks("a", 2, Put(1)).await.expect("done");
            assert!(again.known, "a put is not done twice");
        }
        assert_eq!(world.tells("a", 3).await, "6 after 2");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn known_commands_between_new_ones_are_passed_over() {
    on_stage(async {
        let world = World::new();
        for n in 1..=20 {
            world.asks("a", n, Put(1)).await.expect("done");
        }
        let answers = Answers::default();
        for n in 10..=40 {
            world.sends("a", asked(n, Put(1)), answers.of(n));
        }
        assert_eq!(world.tells("a", 99).await, "40 after 40");
        assert_eq!(answers.numbers(), (10..=40).collect::<Vec<u128>>());
        assert_eq!(answers.count(|it| it.as_ref().is_ok_and(|done| done.known)), 11);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn an_id_used_for_something_else_is_refused_and_costs_no_one_else() {
    on_stage(async {
        let world = World::new();
        world.asks("a", 1, Open(5)).await.expect("done");
        let request = events::store::RequestHash([99; 32]);
        let other = NewCommand { request, ..asked(1, Put(7)) };
        let answers = Answers::default();
        world.sends("a", other, answers.of(1));
        world.sends("a", asked(2, Take(5)), answers.of(2));
        assert_eq!(world.tells("a", 3).await, "0 after 2");
        assert_eq!(answers.count(|it| matches!(it, Err(Refused::Reused))), 1);
        assert_eq!(answers.numbers(), [1, 2]);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn what_another_writer_appends_is_decided_upon() {
    on_stage(async {
        let world = World::new();
        world.asks("a", 1, Open(5)).await.expect("done");
        world.changes_behind_its_back("a", 2, -5).await;
        let done = world.asks("a", 3, Take(5)).await.expect("done");
        assert_eq!(said(&done), "it holds 0");
        assert_eq!(world.tells("a", 4).await, "0 after 2");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn nothing_is_answered_on_a_state_that_is_not_the_newest() {
    on_stage(async {
        let world = World::new();
        world.asks("a", 1, Open(5)).await.expect("done");
        world.changes_behind_its_back("a", 2, 2).await;
        assert_eq!(world.tells("a", 3).await, "7 after 2", "an answer on a stale state");
        world.changes_behind_its_back("b", 4, 1).await;
        world.asks("b", 5, Open(1)).await.expect("done");
        assert_eq!(world.tells("b", 6).await, "1 after 1", "it was open already");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn for_an_actor_time_does_not_go_back() {
    on_stage(async {
        let world = World::new();
        let noon = 1_790_000_000_000_000;
        world.clock.set(noon);
        world.asks("a", 1, Stamp).await.expect("done");
        world.clock.set(noon - 1_000_000);
        world.asks("a", 2, Stamp).await.expect("done");
        // The clock of another start is earlier still.
        world.restarted().await.asks("a", 3, Stamp).await.expect("done");
        let stamp = TillEvent::Changed { by: 0, note: noon.to_string() };
        assert_eq!(world.history("a").await, [stamp.clone(), stamp.clone(), stamp]);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn whoever_lost_an_actor_to_another_node_records_nothing_more() {
    on_stage(async {
        let before = World::new().taken_over().await;
        before.asks("a", 1, Open(5)).await.expect("done");
        let after = before.taken_over().await;
        let answers = Answers::default();
        for n in 2..=9 {
            before.sends("a", asked(n, Put(1)), answers.of(n));
        }
        let refused = before.asks("a", 10, Look).await.expect_err("refused");
        assert!(matches!(refused, Refused::Moved), "{refused:?}");
        assert_eq!(answers.count(|it| matches!(it, Err(Refused::Moved))), 8);
        assert_eq!(before.incidents(), [Incident::Moved { stream: stream("a") }]);
        tokio::task::yield_now().await;
        assert_eq!(before.registry.live(), 0, "it is not kept where it does not belong");
        assert_eq!(after.tells("a", 11).await, "5 after 1");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn what_comes_too_late_leaves_no_outcome() {
    on_stage(async {
        let world = World::new();
        world.asks("a", 1, Open(5)).await.expect("done");
        let late = NewCommand { deadline: Instant::now(), ..asked(2, Put(1)) };
        let refused = world.asks_for("a", late).await.expect_err("refused");
        assert!(matches!(refused, Refused::Late), "{refused:?}");
        let done = world.asks("a", 2, Put(1)).await.expect("done");
        assert!(!done.known, "nothing is on record of what came too late");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn ten_times_more_than_fits_is_refused_at_once_and_nobody_is_forgotten() {
    on_stage(async {
        let world = World::new();
        let answers = Answers::default();
        let sent = 10 * u128::from(INBOX_MAX);
        for n in 1..=sent {
            world.sends("a", asked(n, Put(1)), answers.of(n));
        }
        let refused = |it: &Result<Done, Refused>| matches!(it, Err(Refused::Busy { .. }));
        assert_eq!(answers.count(refused), sent as usize - INBOX_MAX as usize);
        while answers.numbers().len() < sent as usize {
            tokio::task::yield_now().await;
        }
        assert_eq!(answers.count(Result::is_ok), INBOX_MAX as usize);
        assert_eq!(world.tells("a", 0).await, "256 after 256", "there is room again");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn what_does_not_fit_into_one_transaction_goes_into_the_next() {
    on_stage(async {
        let world = World::new();
        let answers = Answers::default();
        for n in 1..=9 {
            world.sends("a", asked(n, Fill(15, 200_000)), answers.of(n));
        }
        world.sends("a", asked(10, Fill(2_000, 1)), answers.of(10));
        world.sends("a", asked(11, Rob), answers.of(11));
        world.sends("a", asked(12, Look), answers.of(12));
        assert_eq!(world.tells("a", 13).await, "135 after 136");
        assert_eq!(answers.numbers(), (1..=12).collect::<Vec<u128>>());
        assert_eq!(answers.count(|it| matches!(it, Err(Refused::Log(_)))), 1, "one is too large");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_reply_that_panics_concerns_nobody_else() {
    on_stage(async {
        let world = World::new();
        world.sends("a", asked(1, Open(1)), Box::new(|_| panic!("who asked is gone")));
        world.sends("a", asked(2, Panic), Box::new(|_| panic!("who asked is gone")));
        world.asks("a", 3, Tell).await.expect("done");
        assert_eq!(world.tells("a", 4).await, "1 after 1");
    })
    .await;
}
