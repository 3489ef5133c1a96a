//! Requests inside the process, without a socket.

use std::sync::Arc;
use std::time::{Duration, Instant};

use events::bus::router::Router;
use events::bus::{Bus, Message, Name, Subscribe};

use crate::bench::log::{per_second, runtime};
use crate::bench::{Better, Common, Measure};

/// How many requests are under way at once.
const FLYING: u64 = 256;
/// How many are made in one run, for each event that a run appends.
const PER_EVENT: u64 = 10;
/// How many requests are answered in one go.
const MANY: usize = 256;
/// How long one may take.
const PATIENCE: Duration = Duration::from_secs(10);

pub(super) fn requests(common: &Common) -> anyhow::Result<Measure> {
    let count = common.events * PER_EVENT;
    let rates = (0..common.runs).map(|_| runtime()?.block_on(rate(count)));
    let rates = rates.collect::<anyhow::Result<Vec<f64>>>()?;
    let measure = Measure::of("bus.router.request", "1/s", rates);
    Ok(measure.must_be(Better::Higher, 1_000_000.0))
}

async fn rate(count: u64) -> anyhow::Result<f64> {
    let bus: Arc<dyn Bus> = Arc::new(Router::new(1));
    let name: Name = "bench.request".parse()?;
    let mut asked = bus.subscribe(Subscribe::to(name.clone())).await?;
    let answers = Arc::clone(&bus);
    #[expect(clippy::disallowed_methods, reason = "it is stopped below")]
    let answering = tokio::spawn(async move {
        let mut questions = Vec::with_capacity(MANY);
        while asked.next_many(&mut questions, MANY).await > 0 {
            for question in questions.drain(..) {
                if let Some(reply) = question.reply {
                    let _ = answers.publish(Message::new(reply, question.payload)).await;
                }
            }
        }
    });
    let begun = Instant::now();
    let each = count / FLYING;
    let asking: Vec<_> = (0..FLYING)
        .map(|_| {
            let (bus, name) = (Arc::clone(&bus), name.clone());
            #[expect(clippy::disallowed_methods, reason = "each is waited for below")]
            tokio::spawn(async move {
                for _ in 0..each {
                    bus.request(Message::new(name.clone(), "sixteen bytes!!!"), PATIENCE).await?;
                }
                anyhow::Ok(())
            })
        })
        .collect();
    for done in asking {
        done.await??;
    }
    let rate = per_second(each * FLYING, begun);
    answering.abort();
    Ok(rate)
}
