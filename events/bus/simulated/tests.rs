//! What a bad day does, and that it is the same one for the same seed.

use tokio::time::advance;

use super::*;
use crate::bus::conformance::world::{Fixture, next, numbers, text, to_its_end};
use crate::bus::{Name, Pattern};

/// How many messages are sent on a day.
const SENT: usize = 400;

/// A good day is as good as any bus.
struct GoodDay(Router);

#[async_trait]
impl Fixture for GoodDay {
    async fn connect(&self) -> Arc<dyn Bus> {
        Arc::new(Simulated::over(self.0.clone(), Rules::default(), 1))
    }
}

mod promises {
    use super::GoodDay;
    use crate::bus::router::Router;

    crate::bus_conformance!(GoodDay(Router::new(1)));
}

fn name(text: &str) -> Name {
    text.parse().expect("a name")
}

/// A day on which one message is sent each millisecond: what came, and when.
async fn day(rules: Rules, seed: u64) -> (Vec<(Duration, String)>, Faults) {
    let bus = Simulated::over(Router::new(1), rules, seed);
    let begins = Instant::now();
    let mut heard = bus.subscribe(Subscribe::to(name("a"))).await.expect("it listens");
    let sends = async {
        for n in 0..SENT {
            bus.publish(Message::new(name("a"), n.to_string())).await.expect("taken");
            advance(Duration::from_millis(1)).await;
        }
        bus.drain().await.expect("it drains");
    };
    let hears = async {
        let mut came = Vec::new();
        while let Some(message) = heard.next().await {
            came.push((begins.elapsed(), text(&message)));
        }
        came
    };
    let ((), came) = tokio::join!(sends, hears);
    (came, bus.faults())
}

fn texts(came: &[(Duration, String)]) -> Vec<&str> {
    came.iter().map(|(_, text)| text.as_str()).collect()
}

/// A day with a little of everything.
fn bad() -> Rules {
    let delay_max = Duration::from_millis(30);
    Rules { lost: 100, doubled: 100, overtaken: 100, delay_max }
}

#[tokio::test(start_paused = true)]
async fn the_same_seed_is_the_same_day() {
    let (first, again) = (day(bad(), 7).await, day(bad(), 7).await);
    assert_eq!(first, again);
    let other = day(bad(), 8).await;
    assert_ne!(first.0, other.0);
}

#[tokio::test(start_paused = true)]
async fn without_faults_everything_comes_at_once() {
    let (came, faults) = day(Rules::default(), 1).await;
    assert_eq!(
        (texts(&came), faults),
        (numbers(SENT).iter().map(|n| &n[..]).collect(), Faults::default())
    );
    // Who hears it takes turns with the clock.
    let turn = Duration::from_millis(2);
    assert!(
        (0..).zip(&came).all(|(n, (at, _))| *at <= Duration::from_millis(n) + turn),
        "{came:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn some_are_lost() {
    let (came, faults) = day(Rules { lost: 250, ..Rules::default() }, 1).await;
    assert!((SENT / 8..SENT / 2).contains(&(SENT - came.len())), "{} came", came.len());
    assert_eq!(faults, Faults { lost: (SENT - came.len()) as u64, ..Faults::default() });
}

#[tokio::test(start_paused = true)]
async fn where_everything_is_lost_nothing_comes() {
    let rules = Rules { lost: 1000, ..bad() };
    let (came, faults) = day(rules, 1).await;
    assert_eq!((came, faults), (vec![], Faults { lost: SENT as u64, ..Faults::default() }));
    let router = Router::new(1);
    let bus = Simulated::over(router.clone(), rules, 1);
    let _silent = router.subscribe(Subscribe::to(name("a"))).await.expect("it listens");
    let patience = Duration::from_secs(60);
    let asked = bus.request(Message::new(name("a"), "?"), patience).await;
    assert_eq!(asked, Err(Error::TimedOut(name("a"), patience)));
}

#[tokio::test(start_paused = true)]
async fn some_come_twice() {
    let (came, faults) = day(Rules { doubled: 250, ..Rules::default() }, 1).await;
    let mut once = texts(&came);
    once.dedup();
    assert_eq!(once, numbers(SENT));
    assert_eq!(faults, Faults { doubled: (came.len() - SENT) as u64, ..Faults::default() });
    assert!(faults.doubled > SENT as u64 / 8);
}

#[tokio::test(start_paused = true)]
async fn some_come_late_and_keep_their_order() {
    let delay_max = Duration::from_millis(50);
    let (came, faults) = day(Rules { delay_max, ..Rules::default() }, 1).await;
    assert_eq!(texts(&came), numbers(SENT));
    let late = (0..).zip(&came).map(|(n, (at, _))| at.saturating_sub(Duration::from_millis(n)));
    let latest = late.max().expect("some came");
    assert!(latest > delay_max / 2 && latest <= delay_max + Duration::from_millis(2), "{latest:?}");
    assert!(faults.delayed > SENT as u64 / 2);
}

#[tokio::test(start_paused = true)]
async fn some_are_overtaken() {
    let delay_max = Duration::from_millis(20);
    let (came, faults) = day(Rules { overtaken: 250, delay_max, ..Rules::default() }, 1).await;
    let order: Vec<usize> = texts(&came).iter().map(|n| n.parse().expect("a number")).collect();
    let back = order.windows(2).filter(|two| two[0] > two[1]).count();
    assert!(back > SENT / 16, "{order:?}");
    let mut all = order;
    all.sort_unstable();
    assert_eq!(all, (0..SENT).collect::<Vec<_>>(), "nothing is lost, and nothing comes twice");
    assert!(faults.overtaken as usize > SENT / 8);
}

#[tokio::test(start_paused = true)]
async fn a_flush_waits_for_what_is_on_its_way() {
    let router = Router::new(1);
    let rules = Rules { delay_max: Duration::from_secs(3600), ..Rules::default() };
    let bus = Simulated::over(router.clone(), rules, 1);
    let mut heard = router.subscribe(Subscribe::to(name("a"))).await.expect("it listens");
    for n in 0..10 {
        bus.publish(Message::new(name("a"), n.to_string())).await.expect("taken");
    }
    bus.flush().await.expect("it has come");
    heard.drain();
    let came: Vec<String> = to_its_end(&mut heard).await.iter().map(text).collect();
    assert_eq!(came, numbers(10));
}

#[tokio::test(start_paused = true)]
async fn answers_take_the_same_way() {
    let router = Router::new(1);
    let rules = Rules { delay_max: Duration::from_secs(2), ..Rules::default() };
    let asks = Simulated::over(router.clone(), rules, 3);
    let answers = Simulated::over(router, rules, 4);
    let all: Pattern = "ask.*".parse().expect("a pattern");
    let mut asked = answers.subscribe(Subscribe::to(all)).await.expect("it listens");
    let begins = Instant::now();
    let answering = async {
        let reply = next(&mut asked).await.reply.expect("an answer is wanted");
        answers.publish(Message::new(reply, "!")).await.expect("taken");
    };
    let question = asks.request(Message::new(name("ask.me"), "?"), Duration::from_secs(9));
    let (answer, ()) = tokio::join!(question, answering);
    assert_eq!(text(&answer.expect("an answer")), "!");
    assert!(begins.elapsed() > Duration::from_millis(10), "it took its time");
}
