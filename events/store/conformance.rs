//! What every store promises, as one list. A store's tests give a [`Fixture`](world::Fixture) and
//! get a test for each promise:
//!
//! ```text
//! events::conformance!(MyFixture::new());
//! ```

pub mod another;
pub mod appends;
pub mod commands;
pub mod consumers;
pub mod given;
pub mod groups;
pub mod imports;
pub mod keys;
pub mod reads;
pub mod world;

/// Makes one test of every promise, for the store behind a fixture.
#[macro_export]
macro_rules! conformance {
    ($fixture:expr) => {
        $crate::conformance_tests!($fixture, appends:
            events_come_back_as_they_were_written,
            positions_are_dense_and_in_commit_order,
            an_append_at_the_wrong_version_is_a_conflict,
            of_two_appends_at_one_version_one_is_refused,
            an_append_to_a_stream_that_must_be_empty_is_refused_when_it_is_not,
            appends_behind_a_refused_one_are_chained_anew,
            a_thousand_events_are_one_append_and_more_are_refused,
            what_is_too_large_is_refused_and_leaves_nothing,
            an_append_with_an_old_epoch_is_refused,
            recorded_at_never_decreases_though_the_clock_does,
            a_batch_stamped_before_the_head_comes_back_with_its_time,
            blobs_are_kept_with_their_events_and_for_one_tenant,
            concurrent_appenders_share_transactions_and_lose_nothing,
        );
        $crate::conformance_tests!($fixture, commands:
            a_command_has_one_outcome_however_often_it_comes,
            another_request_under_the_same_id_is_refused,
            the_first_outcome_of_a_derived_command_stands,
            a_publisher_cannot_occupy_a_derived_id,
            a_rejected_command_stays_rejected,
            a_command_with_nothing_to_do_stays_so,
            a_rejection_may_record_an_event,
            the_same_id_of_two_tenants_is_two_commands,
            a_known_command_is_known_before_its_version_is_looked_at,
            commands_in_any_order_and_number_have_one_effect,
        );
        $crate::conformance_tests!($fixture, consumers:
            what_a_consumer_saved_is_kept,
            consumers_do_not_know_of_each_other,
            parked_events_are_kept_until_they_are_settled,
            a_cursor_never_goes_back,
            a_save_of_an_old_owner_is_refused,
            nothing_stands_behind_the_end_of_the_log,
            a_save_comes_behind_the_appends_of_its_batch,
            saves_that_wait_are_one,
            what_a_save_says_has_a_limit,
            a_batch_stamped_too_early_saves_nothing,
            all_partitions_are_claimed_at_once,
        );
        $crate::conformance_tests!($fixture, groups:
            a_group_is_recorded_in_order_and_every_answer_says_where_its_stream_stands,
            a_group_that_comes_again_is_known_as_a_whole,
            behind_a_conflict_the_rest_of_a_group_comes_back,
            behind_a_known_command_that_had_events_the_rest_of_a_group_comes_back,
            behind_a_known_command_that_changed_nothing_a_group_goes_on,
            a_group_is_chained_anew_when_what_it_stood_behind_came_back,
            a_group_with_an_old_epoch_is_refused_as_a_whole,
            what_is_not_one_group_is_refused,
        );
        $crate::conformance_tests!($fixture, imports:
            an_empty_log_becomes_a_copy_of_the_one_that_comes,
            a_copy_of_a_copy_is_the_log,
            consumers_go_along_with_a_copy_alone,
            a_copy_of_an_empty_log_has_its_id,
            what_came_before_is_recognised_when_it_comes_again,
            a_copy_goes_on_with_what_came_later,
            what_comes_into_a_log_with_a_history_stands_behind_it,
            where_events_came_from_is_remembered,
            a_stream_that_both_logs_have_is_refused,
            a_stream_whose_beginning_is_missing_is_refused,
            a_command_that_both_logs_know_differently_is_refused,
            a_copy_that_went_its_own_way_is_refused,
            what_comes_too_late_is_refused,
            the_time_of_another_log_is_not_the_time_of_this_one,
            appends_go_on_beside_an_import,
            who_acts_beside_an_import_knows_what_is_not_its_to_do,
            lists_of_what_is_kept_go_on_where_they_stopped,
        );
        $crate::conformance_tests!($fixture, reads:
            an_empty_log_has_nothing,
            a_stream_is_read_in_both_directions_from_anywhere,
            the_log_is_read_in_pages_to_its_end,
            a_filter_lets_through_what_it_names,
            events_are_found_by_their_positions,
            a_follower_misses_nothing_and_sees_nothing_twice,
            a_whole_log_verifies,
            everything_is_there_after_a_restart,
        );
    };
}

/// Makes tests of the promises in one file of the suite.
#[doc(hidden)]
#[macro_export]
macro_rules! conformance_tests {
    ($fixture:expr, $file:ident: $($promise:ident,)*) => {
        $(
            #[tokio::test]
            async fn $promise() {
                let world = $crate::store::conformance::world::World::new(Box::new($fixture)).await;
                $crate::store::conformance::$file::$promise(world).await;
            }
        )*
    };
}
