//! The door on a server of NATS: what is sent to the subjects of Annals comes by subscriptions that
//! all nodes share, and answers go back in the order they are given.

use std::sync::Arc;

use events::bus::nats::Nats;
use events::bus::{Bus, Error, Message, Pattern, Subscribe, Subscription};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use super::listening::SUBJECTS;
use super::offered::GROUP;
use super::{NatsDoor, Outlet, intake};

/// How many answers wait to be sent. Who does not get one asks again under the same id.
const ANSWERS_MAX: usize = 8192;
/// How many messages wait for the door, of each kind.
const WAITING_MAX: usize = 8192;
/// How many are taken at once.
const MANY: usize = 256;

/// Answers on their way to the server.
pub struct FarOutlet {
    answers: mpsc::Sender<Message>,
    bus: Arc<dyn Bus>,
}

/// What listens to the server, and what sends to it.
pub struct FarDoor {
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
}

impl FarOutlet {
    /// An outlet, and what comes through it.
    #[must_use]
    pub fn to(bus: Arc<dyn Bus>) -> (Self, mpsc::Receiver<Message>) {
        let (answers, come) = mpsc::channel(ANSWERS_MAX);
        (Self { answers, bus }, come)
    }
}

impl Outlet for FarOutlet {
    fn send(&self, message: Message) {
        if self.answers.try_send(message).is_err() {
            tracing::warn!("an answer is lost: the server takes them too slowly");
        }
    }

    fn bytes_max(&self) -> usize {
        self.bus.message_bytes_max()
    }
}

impl FarDoor {
    /// Lets the door hear what is sent to it.
    pub async fn open(
        door: &Arc<NatsDoor>,
        bus: &Arc<dyn Bus>,
        answers: mpsc::Receiver<Message>,
        keeper: Option<Arc<Nats>>,
    ) -> Result<Self, Error> {
        let (stop, stopped) = watch::channel(false);
        let mut tasks = JoinSet::new();
        let is_kept = |subjects: &&str| keeper.is_some() && intake::SUBJECTS.contains(subjects);
        for subjects in SUBJECTS.iter().filter(|subjects| !is_kept(subjects)) {
            let pattern: Pattern = subjects.parse().expect("it is a pattern");
            let wanted = Subscribe { waiting_max: WAITING_MAX, ..Subscribe::to(pattern) };
            let heard = bus.subscribe(wanted.in_group(GROUP)).await?;
            tasks.spawn(hear(Arc::clone(door), heard, stopped.clone()));
        }
        bus.flush().await?;
        tasks.spawn(send(Arc::clone(bus), answers));
        if let Some(nats) = keeper {
            let (settle, settled) = intake::channel();
            let taken = intake::open(&nats).await?;
            tasks.spawn(intake::take(Arc::clone(door), nats, taken, settle, stopped));
            tasks.spawn(intake::settle(settled));
        }
        Ok(Self { stop, tasks })
    }

    /// Hears nothing more; returns when every answer is sent, for which the door must be gone.
    pub async fn close(mut self) {
        self.stop.send_replace(true);
        while self.tasks.join_next().await.is_some() {}
    }
}

async fn hear(door: Arc<NatsDoor>, mut heard: Subscription, mut stopped: watch::Receiver<bool>) {
    let mut messages = Vec::with_capacity(MANY);
    loop {
        let came = tokio::select! {
            came = heard.next_many(&mut messages, MANY) => came,
            _ = stopped.wait_for(|stopped| *stopped) => return,
        };
        if came == 0 {
            return;
        }
        messages.drain(..).for_each(|message| door.take(&message.view()));
    }
}

async fn send(bus: Arc<dyn Bus>, mut answers: mpsc::Receiver<Message>) {
    while let Some(answer) = answers.recv().await {
        match bus.publish(answer).await {
            Ok(()) => {}
            Err(Error::Closed) => return,
            Err(error) => tracing::warn!(%error, "an answer is not sent"),
        }
    }
}
