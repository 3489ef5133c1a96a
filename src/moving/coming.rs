//! What comes, from a file or from a log: read and proven on a thread or a task of its own, part by
//! part, ahead of whoever takes it.

use std::io::{BufReader, Read};
use std::ops::RangeInclusive;
use std::sync::Arc;

use events::store::LogReader;
use events::store::moving::check::{Check, Checked, Totals};
use events::store::moving::file::{Begin, Decoder, NotRead};
use events::store::moving::parts;
use events::store::moving::standing::Standings;
use events::store::{self, Damage};
use events::stream::Position;
use tokio::sync::{mpsc, oneshot};

use super::{Error, PARTS_MAX};

/// How much of a file is read at once.
const READ_BYTES: usize = 1024 * 1024;

/// A log, or a range of it, that comes.
pub struct Coming {
    begin: Begin,
    parts: mpsc::Receiver<Result<Came, Error>>,
}

/// One piece of it.
pub enum Came {
    /// A part.
    Part(Checked),
    /// Everything has come.
    End(Ending),
}

/// What comes last.
pub struct Ending {
    /// How much it was.
    pub totals: Totals,
    /// The digest of a file.
    pub digest: Option<[u8; 32]>,
    /// Where the consumers of the log stand.
    pub consumers: Standings,
}

impl Coming {
    /// Begins to read a file.
    pub async fn from_file(input: impl Read + Send + 'static) -> Result<Self, Error> {
        let (begun, begin) = oneshot::channel();
        let (send, parts) = mpsc::channel(PARTS_MAX);
        // It ends with the file, or with whoever takes the parts.
        drop(tokio::task::spawn_blocking(move || {
            let input = BufReader::with_capacity(READ_BYTES, input);
            let mut decoder = match Decoder::open(input) {
                Ok(decoder) => decoder,
                Err(error) => return drop(begun.send(Err(error))),
            };
            let begin = decoder.begin().clone();
            let mut check = Check::new(begin.log_id, begin.first, begin.last);
            if begun.send(Ok(begin)).is_err() {
                return;
            }
            loop {
                let came = read(&mut decoder, &mut check).map_err(Error::Read);
                let last = !matches!(came, Ok(Came::Part(_)));
                if send.blocking_send(came).is_err() || last {
                    return;
                }
            }
        }));
        let begin = begin.await.unwrap_or_else(|_| Err(gone().into()))?;
        Ok(Self { begin, parts })
    }

    /// Begins to read a range of a log, as it stands now.
    pub async fn from_log(
        reader: &Arc<dyn LogReader>,
        range: RangeInclusive<Position>,
    ) -> Result<Self, Error> {
        let (begin, mut all) = parts::open(reader, range).await?;
        let consumers = all.consumers().clone();
        let ending = |totals| Came::End(Ending { totals, digest: None, consumers });
        let (send, parts) = mpsc::channel(PARTS_MAX);
        let mut check = Check::new(begin.log_id, begin.first, begin.last);
        #[expect(
            clippy::disallowed_methods,
            reason = "it ends with the log, or with whoever takes the parts"
        )]
        tokio::spawn(async move {
            loop {
                let came = match all.next().await {
                    Ok(Some(part)) => check.part(part).map(Came::Part).map_err(damaged),
                    Ok(None) => {
                        let end = check.end().map(ending).map_err(damaged);
                        return drop(send.send(end).await);
                    }
                    Err(error) => Err(error.into()),
                };
                let last = !matches!(came, Ok(Came::Part(_)));
                if send.send(came).await.is_err() || last {
                    return;
                }
            }
        });
        Ok(Self { begin, parts })
    }

    /// What it begins with.
    #[must_use]
    pub fn begin(&self) -> &Begin {
        &self.begin
    }

    /// What comes next; after the end nothing does.
    pub async fn next(&mut self) -> Result<Came, Error> {
        let came = self.parts.recv().await;
        came.unwrap_or_else(|| Err(Error::Read(gone().into())))
    }
}

fn read<R: std::io::BufRead>(decoder: &mut Decoder<R>, check: &mut Check) -> Result<Came, NotRead> {
    let place = decoder.place();
    let wrong = |damage: Damage| NotRead::Damaged { place, what: damage.to_string() };
    match decoder.part()? {
        Some(part) => check.part(part).map(Came::Part).map_err(wrong),
        None => {
            let totals = check.end().map_err(wrong)?;
            let (digest, consumers) = (decoder.end().map(|end| end.digest), decoder.consumers());
            Ok(Came::End(Ending { totals, digest, consumers }))
        }
    }
}

fn damaged(damage: Damage) -> Error {
    store::Error::Damaged(damage).into()
}

fn gone() -> std::io::Error {
    std::io::Error::other("the one who reads is gone")
}
