//! The carrier's own voice: it speaks a text word by word, as fast as people do.

use tokio::time::Instant;

use super::leg::{Leg, Stop};
use super::line::{Act, Heard};
use crate::modem::{word_ms, words};

impl Leg {
    /// Says something to the end.
    pub(crate) async fn say(&mut self, text: &str) -> Result<(), Stop> {
        for word in words(text) {
            self.pass(word_ms(word)).await?;
            self.line.hear(Heard::Words(word.to_owned()));
        }
        self.line.hear(Heard::Pause);
        Ok(())
    }

    /// Says something until the person does something that counts; what that is.
    pub(crate) async fn say_until(&mut self, text: &str, counts: impl Fn(&Act) -> bool) -> Result<Option<Act>, Stop> {
        for word in words(text) {
            if let Some(act) = self.wait(word_ms(word), &counts).await? {
                self.line.hear(Heard::Pause);
                return Ok(Some(act));
            }
            self.line.hear(Heard::Words(word.to_owned()));
        }
        self.line.hear(Heard::Pause);
        Ok(None)
    }

    /// Waits until the person does something that counts; nothing when they did not in time.
    pub(crate) async fn wait(&mut self, ms: u64, counts: impl Fn(&Act) -> bool) -> Result<Option<Act>, Stop> {
        let end = Instant::now() + self.shared.options.pace.real(ms);
        loop {
            tokio::select! {
                act = self.act() => {
                    let act = act?;
                    if counts(&act) {
                        return Ok(Some(act));
                    }
                }
                () = tokio::time::sleep_until(end) => return Ok(None),
            }
        }
    }
}
