//! What every bus promises, as one list. A bus's tests give a [`Fixture`](world::Fixture) and get a
//! test for each promise:
//!
//! ```text
//! events::bus_conformance!(MyFixture::new());
//! ```

pub mod asking;
pub mod ending;
pub mod groups;
pub mod limits;
pub mod sending;
pub mod world;

/// Makes one test of every promise, for the bus behind a fixture.
#[macro_export]
macro_rules! bus_conformance {
    ($fixture:expr) => {
        $crate::bus_conformance_tests!($fixture, sending:
            who_listens_gets_what_is_sent,
            a_star_stands_for_one_token,
            the_rest_is_one_token_or_more,
            nobody_gets_what_they_do_not_listen_to,
            who_listens_twice_gets_it_twice,
            messages_of_one_publisher_keep_their_order,
            headers_keep_their_case_and_all_their_values,
            a_message_may_be_empty,
            a_payload_may_have_any_bytes,
            a_subject_may_be_of_any_letters,
            where_an_answer_goes_may_be_given_by_hand,
            dozens_of_subscriptions_share_a_connection,
            a_connection_hears_itself_and_all_others,
            what_was_flushed_has_been_taken,
        );
        $crate::bus_conformance_tests!($fixture, groups:
            one_member_of_a_group_gets_each_message,
            every_member_of_a_group_gets_a_share,
            groups_and_others_do_not_take_from_each_other,
            a_group_goes_on_without_a_member_that_left,
            one_member_of_a_group_answers,
        );
        $crate::bus_conformance_tests!($fixture, asking:
            a_request_is_answered,
            a_question_has_its_headers_and_so_has_the_answer,
            many_requests_at_once_get_their_own_answers,
            where_nobody_listens_a_request_fails_at_once,
            a_reply_subject_is_told_that_nobody_listens,
            where_nobody_answers_a_request_times_out,
            an_answer_that_comes_late_harms_nobody,
            of_several_answers_the_first_one_counts,
        );
        $crate::bus_conformance_tests!($fixture, limits:
            a_message_may_be_as_large_as_the_limit,
            what_is_too_large_is_refused,
            headers_count,
            who_does_not_keep_up_misses_messages_and_is_told,
            who_does_not_keep_up_harms_nobody_else,
        );
        $crate::bus_conformance_tests!($fixture, ending:
            a_subscription_ends_after_as_many_as_it_wants,
            a_subscription_that_wants_one_gets_no_more,
            a_subscription_that_drains_gets_what_is_on_its_way,
            a_subscription_that_is_dropped_is_no_listener,
            a_connection_that_drains_gives_what_is_on_its_way,
            a_connection_that_drained_takes_nothing,
            who_watches_is_told_of_the_end,
        );
    };
}

/// Makes tests of the promises in one file of the suite.
#[doc(hidden)]
#[macro_export]
macro_rules! bus_conformance_tests {
    ($fixture:expr, $file:ident: $($promise:ident,)*) => {
        $(
            #[tokio::test]
            async fn $promise() {
                use $crate::bus::conformance::{$file, world::World};

                let world = World::new(Box::new($fixture), stringify!($promise));
                $file::$promise(world).await;
            }
        )*
    };
}
