//! The log of a container's run before, read once because a person wants it.
//!
//! Owns that reading. Must not follow anything.

use super::cursor::{Gate, Taken};
use super::follow::Shared;
use super::health::{Kind, Trouble};
use super::link::Log;
use super::runs;
use super::runs::Run;
use super::session::Back;
use super::sink::Sink;
use crate::model::pods::PodKey;
use crate::model::{OriginId, Timestamp};
use crate::parse::text;
use crate::sources::driver::Closed;
use kube::api::LogParams;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::Sender;

/// Tries, when the connection breaks.
const TRIES: u32 = 4;

/// Reads the run into the origin.
///
/// # Errors
/// The source has to stop.
pub async fn read(
    shared: Arc<Shared>,
    pod: PodKey,
    container: String,
    label: String,
    run: Run,
    origin: OriginId,
    back: Sender<Back>,
) -> Result<(), Closed> {
    let mut sink = Sink::new(origin, &shared.zone, &shared.out);
    let mut gate = Gate::default();
    gate.begin();
    let (mut run, mut tries) = (run, 0);
    loop {
        let since = gate.cursor().since().filter(|_| gate.is_seeking()).map(Timestamp::to_jiff);
        let params = LogParams {
            container: Some(container.clone()),
            timestamps: true,
            previous: true,
            since_time: since,
            ..LogParams::default()
        };
        let trouble = match shared.link.log(&pod.namespace, &pod.name, &params).await {
            Err(trouble) => trouble,
            Ok(mut log) => match log.first(Duration::MAX).await {
                Err(trouble) => trouble,
                Ok(_) => match another(&shared, &pod, &container, &run).await {
                    // It started again meanwhile. Which of the two this answer is of cannot be told, so it is asked again.
                    Some(now) if gate.cursor().is_empty() && tries < TRIES => {
                        run = now;
                        tries += 1;
                        continue;
                    }
                    _ => match deliver(&mut gate, &mut sink, &mut log).await? {
                        None => {
                            let how =
                                run.end.as_ref().map_or_else(String::new, |exit| format!(": {}", runs::words(exit)));
                            let label = text::safe_line(label.as_bytes());
                            return sink.note(&format!("{label} run {} ended{how}", run.number)).await;
                        }
                        Some(trouble) => trouble,
                    },
                },
            },
        };
        sink.broke().await?;
        tries += 1;
        if trouble.kind == Kind::Gone {
            let what = format!("the rest of run {} is gone: the container started again", run.number);
            return sink.note(&format!("{} {what}", text::safe_line(label.as_bytes()))).await;
        }
        if tries > TRIES || matches!(trouble.kind, Kind::Refused | Kind::Missing | Kind::Forbidden) {
            let _ = back.send(Back::Cannot(format!("{label}: {}", trouble.words))).await;
            return Ok(());
        }
        gate.resume();
        let (least, most) = trouble.pauses(Duration::from_millis(200), Duration::from_secs(4));
        shared.link.pause(tries, least, most).await;
    }
}

/// The run before as the server has it now, if it is another one than this.
async fn another(shared: &Shared, pod: &PodKey, container: &str, run: &Run) -> Option<Run> {
    let now = shared.link.pod(&pod.namespace, &pod.name).await.ok()?;
    runs::runs(&now, container).before.filter(|now| now.id != run.id)
}

/// Delivers an answer to its end, or until something is wrong with it.
async fn deliver(gate: &mut Gate, sink: &mut Sink, log: &mut Log) -> Result<Option<Trouble>, Closed> {
    loop {
        match log.next().await {
            Err(trouble) => return Ok(Some(trouble)),
            Ok(Some(bytes)) => match gate.take(&bytes) {
                Taken::From(at) => {
                    sink.feed(&bytes[at..]);
                    sink.flush().await?;
                }
                Taken::Nothing => {}
                Taken::Gone => return Ok(Some(Trouble::new(Kind::Gone, ""))),
            },
            Ok(None) => {
                if gate.end() == Taken::Gone {
                    return Ok(Some(Trouble::new(Kind::Gone, "")));
                }
                sink.finish().await?;
                return Ok(None);
            }
        }
    }
}
