//! What is refused before an actor decides, and what that leaves behind.

use actors::runtime::{Stage, Tools};
use actors::task::{Order, TaskCommand};
use actors::work::BESIDE_BYTES_MAX;
use events::bus::Router;
use events::content::{Content, Json};
use events::id::{CommandId, LogId, Principal, Tenant};
use events::store::keys::{KeyStore as _, MemoryKeys};
use events::store::memory::Memory;
use events::store::snapshot::MemorySnapshots;
use events::store::{EventStore, LogReader as _, Writer};
use events::subject::Target;
use events::time::Clock;
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::task::LocalSet;
use uuid::Uuid;

use super::*;
use crate::app::background::AT_ONCE_MAX;
use crate::app::who::Who;
use crate::clock::SystemClock;

/// Everyone who can be asked, over a log and keys in memory, as long as all of it has no more than this.
async fn dispatch(kib: usize) -> (Arc<Dispatch>, Arc<MemoryKeys>) {
    let store = Arc::new(Memory::new(LogId(Uuid::nil())));
    let (head, reader) = (store.head().await.expect("a head"), store.reader());
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let (writer, _task) = Writer::start(store, Arc::clone(&clock), head);
    let snapshots = Arc::<MemorySnapshots>::default();
    let tools = Arc::new(Tools::new(writer, reader, snapshots, clock, Handle::current()));
    let keys = Arc::<MemoryKeys>::default();
    let (kept, bus) = (Arc::clone(&keys) as _, Arc::new(Router::new(1)) as _);
    let means = Arc::new(Means::new(&Stage::here(), tools, kept, bus, Box::new(|_| {})));
    let background = Background::on(Handle::current(), AT_ONCE_MAX);
    let all = Dispatch::new(&means, Keys::new(Arc::clone(&keys) as _), background);
    (Arc::new(Dispatch { kib: Arc::new(Semaphore::new(kib)), ..all }), keys)
}

/// Says this about someone; the answer comes.
fn says(dispatch: &Arc<Dispatch>, target: Target, body: &str) -> oneshot::Receiver<Answered> {
    let tenant: Tenant = "main".parse().expect("a token");
    let principal = Principal::new("ada").expect("a word");
    let asking = Asking {
        who: Who { tenant: tenant.clone(), principal },
        tenant,
        id: CommandId::publisher(&format!("{} {} {}", target.id, target.word, body.len())),
        target,
        body: Bytes::copy_from_slice(body.as_bytes()),
        context: Context { data_subject: Some("person-7".into()), ..Context::default() },
    };
    let (tell, told) = oneshot::channel();
    dispatch.dispatch(asking, Box::new(|answered| drop(tell.send(answered))));
    told
}

async fn said(dispatch: &Arc<Dispatch>, target: Target, body: &str) -> Answered {
    says(dispatch, target, body).await.expect("it is answered")
}

fn target(category: &str, id: &str, verb: &str) -> Target {
    let word = |text: &str| text.parse().expect("a word");
    Target {
        category: category.parse().expect("a word"),
        id: id.parse().expect("a token"),
        word: word(verb),
    }
}

#[tokio::test]
async fn what_says_nothing_makes_no_keys() {
    let story = async {
        let (dispatch, keys) = dispatch(ASKED_KIB_MAX).await;
        let task = Uuid::from_u128(1).to_string();
        let large = format!(r#"{{"kind":"k","input":"{}"}}"#, "x".repeat(1 << 20));
        for (target, body, code) in [
            (target("task", &task, "submit"), r#"{"kind":7}"#, "malformed"),
            (target("task", &task, "submit"), large.as_str(), "too_large"),
            (target("agent", "ada", "register"), r#"{"contact":"a@b"}"#, "malformed"),
            (target("shop", "ada", "register"), "{}", "unknown_request"),
        ] {
            let refusal = said(&dispatch, target, body).await.expect_err("it is refused");
            assert_eq!(refusal.code(), code, "{refusal}");
            let ring = keys.ring().await.expect("they are there");
            assert_eq!((ring.tenants.len(), ring.subjects.len()), (0, 0), "{refusal}");
        }
        let register =
            r#"{"kind":"person","capabilities":["x"],"slots":1,"contact":"ada@example.org"}"#;
        let done = said(&dispatch, target("agent", "ada", "register"), register).await;
        assert!(done.is_ok(), "{done:?}");
        assert_eq!(keys.ring().await.expect("they are there").subjects.len(), 1);
    };
    LocalSet::new().run_until(story).await;
}

#[tokio::test]
async fn no_more_is_taken_than_there_is_memory_for() {
    let story = async {
        let (dispatch, _) = dispatch(100).await;
        let large = format!(r#"{{"kind":"k","input":"{}"}}"#, "x".repeat(9 * 1024));
        for _ in 0..3 {
            let all: Vec<_> = (0..20)
                .map(|n| {
                    let task = Uuid::from_u128(n).to_string();
                    says(&dispatch, target("task", &task, "submit"), &large)
                })
                .collect();
            let mut busy = 0;
            for told in all {
                let answered = told.await.expect("it is answered");
                busy += usize::from(matches!(answered, Err(Refusal::Busy(_))));
            }
            assert_eq!(busy, 10, "as much is taken again when that is answered");
        }
    };
    LocalSet::new().run_until(story).await;
}

#[test]
fn a_task_is_taken_only_if_a_worker_can_be_told_of_it() {
    let submit = |bytes: usize| {
        let json = Json::parse(&format!("\"{}\"", "x".repeat(bytes - 2))).expect("JSON");
        TaskCommand::Submit(Box::new(Order::new("k", Content::Inline(json))))
    };
    let most = 1000 - BESIDE_BYTES_MAX - "\"k\"".len();
    assert!(carried(&submit(most), 1000).is_ok());
    let refusal = carried(&submit(most + 1), 1000).expect_err("it is too large");
    assert_eq!(refusal.code(), "too_large");
    assert!(carried(&TaskCommand::Note { text: "x".repeat(2000) }, 1000).is_ok());
}
