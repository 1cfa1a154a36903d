//! The log of a container's run before, read once because a person wants it.
//!
//! Owns that reading. Must not follow anything.

use super::cursor::{Gate, Taken};
use super::follow::Shared;
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
    let mut tries = 0;
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
            Ok(mut log) => loop {
                match log.next().await {
                    Err(trouble) => break trouble,
                    Ok(Some(bytes)) => {
                        if let Taken::From(at) = gate.take(&bytes) {
                            sink.feed(&bytes[at..]);
                            sink.flush().await?;
                        }
                    }
                    Ok(None) => {
                        sink.finish().await?;
                        let ended = run
                            .end
                            .as_ref()
                            .map_or_else(|| "ended".to_owned(), |exit| format!("ended: {}", runs::words(exit)));
                        return sink.note(&format!("{} {ended}", text::safe_line(label.as_bytes()))).await;
                    }
                }
            },
        };
        sink.broke().await?;
        tries += 1;
        let is_final = matches!(
            trouble.kind,
            super::health::Kind::Refused | super::health::Kind::Missing | super::health::Kind::Forbidden
        );
        if tries > TRIES || is_final {
            let _ = back.send(Back::Cannot(format!("{label}: {}", trouble.words))).await;
            return Ok(());
        }
        gate.resume();
        shared.link.pause(tries, Duration::from_millis(200), Duration::from_secs(4)).await;
    }
}
