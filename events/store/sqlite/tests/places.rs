//! Where a rollback leaves the log: positions stay dense, whatever failed before.

use crate::store::conformance::given::append;
use crate::store::conformance::world::World;
use crate::store::sqlite::Options;
use crate::store::{Append, Decision, Error, NewEvent};

#[tokio::test]
async fn positions_stay_dense_after_a_batch_that_was_rolled_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let options = Options { pages_max: Some(200), ..Options::default() };
    let world = World::new(Box::new(super::InFile { folder, options })).await;
    world.appends(append("a", 1)).await;
    let payload = vec![b'1'; 200 * 1024];
    let huge = NewEvent { wire_type: "task.imagined".into(), schema: 1, payload };
    let too_much = Append { decision: Decision::Accepted(vec![huge; 10]), ..append("a", 2) };
    assert!(matches!(world.is_refused(too_much).await, Error::Full));
    let mut positions = Vec::new();
    for n in [3, 4] {
        let answer = world.appends(append("a", n)).await;
        positions.push(answer.outcome.recorded.expect("an event").position.0);
    }
    assert_eq!(positions, [2, 3], "a position was lost to the rollback");
    world.verifies().await;
}
