//! One actor. What actix sends it is a wake-up and nothing else; what it does then, beginning with a
//! look into its inbox and ending with a look that finds nothing, is [`Core`], which knows no actix.

pub(crate) mod core;
mod deciding;
mod group;
pub(crate) mod panics;
mod work;

use std::sync::Weak;

use actix::dev::channel::{AddressReceiver, channel};
use actix::prelude::SendError;
use actix::{
    Actor, ActorContext, ActorFutureExt, Addr, AtomicResponse, Context, Handler, Message,
    WrapFuture,
};

use self::core::Core;
use super::inbox::{Bell, Inbox};
use super::registry::Registry;
use super::{Hosted, Place};

/// How many wake-ups wait for an actor: one is as good as many.
const WAKES_MAX: usize = 1;

/// The actor that actix knows.
pub(crate) struct Shell<D: Hosted> {
    /// None while it is at work.
    core: Option<Box<Core<D>>>,
    inbox: Weak<Inbox<D::Command>>,
    registry: Weak<Registry<D>>,
}

/// There is something in the inbox.
pub(crate) struct Wake;

impl Message for Wake {
    type Result = ();
}

/// Where an actor is rung at, before it lives.
pub(crate) struct Address<D: Hosted>(Addr<Shell<D>>);

/// Where it will hear it.
pub(crate) struct Ear<D: Hosted>(AddressReceiver<Shell<D>>);

pub(crate) fn address<D: Hosted>() -> (Address<D>, Ear<D>) {
    let (sender, receiver) = channel(WAKES_MAX);
    (Address(Addr::new(sender)), Ear(receiver))
}

impl<D: Hosted> Bell for Address<D> {
    fn ring(&self) -> bool {
        !matches!(self.0.try_send(Wake), Err(SendError::Closed(_)))
    }
}

impl<D: Hosted> Shell<D> {
    pub(crate) fn new(
        core: Core<D>,
        inbox: Weak<Inbox<D::Command>>,
        registry: Weak<Registry<D>>,
    ) -> Self {
        Self { core: Some(Box::new(core)), inbox, registry }
    }

    /// Begins to live on the thread this is called on.
    pub(crate) fn begin(self, ear: Ear<D>) {
        actix_rt::spawn(Context::with_receiver(ear.0).into_future(self));
    }

    fn goes(&self) {
        let (Some(core), Some(inbox)) = (&self.core, self.inbox.upgrade()) else { return };
        if let Some(registry) = self.registry.upgrade() {
            let place =
                Place { tenant: core.stream().tenant.clone(), key: core.stream().key.clone() };
            registry.vacate(&place, &inbox);
        }
    }
}

impl<D: Hosted> Unpin for Shell<D> {}

impl<D: Hosted> Actor for Shell<D> {
    type Context = Context<Self>;
}

impl<D: Hosted> Handler<Wake> for Shell<D> {
    type Result = AtomicResponse<Self, ()>;

    fn handle(&mut self, _: Wake, _: &mut Context<Self>) -> Self::Result {
        let (core, inbox) = (self.core.take(), self.inbox.upgrade());
        let work = async move {
            let (mut core, inbox) = (core?, inbox?);
            let stays = work::shift(&mut core, &inbox).await;
            Some((core, stays))
        };
        let end =
            |done: Option<(Box<Core<D>>, bool)>, shell: &mut Self, context: &mut Context<Self>| {
                let stays = done.as_ref().is_some_and(|(_, stays)| *stays);
                shell.core = done.map(|(core, _)| core);
                if !stays {
                    shell.goes();
                    context.stop();
                }
            };
        AtomicResponse::new(Box::pin(work.into_actor(self).map(end)))
    }
}
