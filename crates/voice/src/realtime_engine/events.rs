//! What the model's server sends, and what follows from it.

use patchcord_agents::{Input, Output};
use patchcord_domain::call::{CallEvent, Speaker, SpokenUsage};
use patchcord_llm::talk::ToolCall;

use super::link::{Lost, word};
use super::{Bridge, By, FAILED_MAX, FAILED_PAUSE_MS};
use crate::frames::FrameSocket;
use crate::media_streams::decoded_len;
use crate::playback::Sound;
use crate::realtime::{Fault, ItemKind, ResponseStatus, ServerEvent, ServerItem, ServerResponse};

impl<S: FrameSocket> Bridge<S> {
    pub(super) async fn event(&mut self, text: &str) {
        let Ok(event) = ServerEvent::read(text) else { return self.malformed() };
        self.malformed = 0;
        match event {
            ServerEvent::AudioDelta { response_id, item_id, content_index, delta } => {
                self.sound(response_id.as_str(), item_id.as_str(), content_index, delta.as_str()).await;
            }
            ServerEvent::TranscriptDelta { response_id, item_id, delta } => {
                let now_ms = self.desk.now_ms();
                self.playback.words(now_ms, response_id.as_str(), item_id.as_str(), delta.as_str());
                let text = self.playback.text_of(item_id.as_str());
                if !text.is_empty() {
                    let text = text.to_owned();
                    self.desk.show(Speaker::Agent, &text);
                }
            }
            ServerEvent::TranscriptDone { response_id, item_id, transcript } => {
                if !self.playback.is_discarded(&response_id) {
                    self.tell(Input::Said { text: transcript.clone(), item_id: Some(item_id.clone()) }).await;
                    let heard = self.playback.words_done(&item_id, &transcript);
                    self.spoke(heard).await;
                }
            }
            ServerEvent::AudioDone { item_id, .. } => {
                if let Some(mark) = self.playback.audio_done(&item_id) {
                    let frame = self.writer.mark(&mark);
                    self.feed_carrier(frame).await;
                }
            }
            ServerEvent::SpeechStarted { item_id, .. } => {
                // First of all, so that nothing more is heard.
                self.cut(By::Speech).await;
                let now_ms = self.desk.now_ms();
                self.sequencer.speech_started(now_ms);
                self.line.speaks(true);
                self.transcripts.began(&item_id);
                self.tell(Input::SpeechStarted).await;
            }
            ServerEvent::SpeechStopped { .. } => {
                let now_ms = self.desk.now_ms();
                self.sequencer.speech_stopped(now_ms);
                self.line.speaks(false);
                self.asked_at_ms = Some(now_ms);
                self.tell(Input::SpeechStopped).await;
            }
            ServerEvent::Committed { item_id, .. } => {
                let now_ms = self.desk.now_ms();
                self.transcripts.said(now_ms, &item_id);
            }
            ServerEvent::TranscriptionDelta { item_id, delta } => {
                let shown = self.transcripts.piece(&item_id, delta.as_str()).map(str::to_owned);
                if let Some(shown) = shown {
                    self.desk.show(Speaker::Caller, &shown);
                }
            }
            ServerEvent::Transcribed { item_id, transcript, usage } => {
                if let Some(usage) = usage {
                    self.used(self.options.transcription_model.clone(), "transcription", usage.tokens(), 0, None);
                }
                let now_ms = self.desk.now_ms();
                self.transcripts.words(now_ms, &item_id, transcript);
                self.words_of_caller().await;
            }
            ServerEvent::TranscriptionFailed { item_id, code } => {
                let model = self.options.transcription_model.clone();
                self.used(model, "transcription", SpokenUsage::default(), 0, Some(word(&code)));
                let now_ms = self.desk.now_ms();
                self.transcripts.words(now_ms, &item_id, String::new());
                self.words_of_caller().await;
            }
            ServerEvent::ItemAdded { item, .. } => {
                if item.id.starts_with("pc_") {
                    self.sequencer.item_seen();
                }
            }
            ServerEvent::ResponseCreated(response) => {
                self.was_loud = true;
                self.latency_ms = None;
                if self.sequencer.created(&response.id, response.create.as_deref()) {
                    self.drop_answer().await;
                }
            }
            ServerEvent::OutputItemDone { response_id, item } => self.item_done(response_id, item),
            ServerEvent::ResponseDone(response) => self.response_done(*response).await,
            ServerEvent::SessionUpdated => {
                self.updates = self.updates.saturating_sub(1);
                if self.updates == 0 {
                    self.sequencer.release();
                }
            }
            ServerEvent::Error(fault) => self.fault(fault).await,
            // The conversation asks silent callers by itself; limits are the vendor's affair until an answer fails.
            ServerEvent::SessionCreated { .. }
            | ServerEvent::TimeoutTriggered
            | ServerEvent::ItemTruncated { .. }
            | ServerEvent::RateLimits(_)
            | ServerEvent::Ignored => {}
        }
    }

    async fn sound(&mut self, response_id: &str, item_id: &str, content_index: u32, delta: &str) {
        let now_ms = self.desk.now_ms();
        match self.playback.audio(now_ms, response_id, item_id, content_index, decoded_len(delta)) {
            Sound::Drop => {}
            Sound::Play(mark) => {
                if self.latency_ms.is_none() {
                    self.latency_ms = Some(self.asked_at_ms.map_or(0, |asked| now_ms - asked));
                    self.desk.sounds();
                }
                self.echo.sent(delta);
                let frame = self.writer.media(delta);
                self.feed_carrier(frame).await;
                if let Some(mark) = mark {
                    let frame = self.writer.mark(&mark);
                    self.feed_carrier(frame).await;
                }
            }
        }
    }

    /// Tools run from here only: arguments that are complete elsewhere may belong to an answer that was cut.
    fn item_done(&mut self, response_id: String, item: ServerItem) {
        if let ItemKind::FunctionCall { call_id, name, arguments } = item.kind
            && item.is_completed
            && self.calls.len() < 32
        {
            self.calls.push((response_id, item.id, ToolCall { id: call_id, name, arguments }));
        }
    }

    async fn response_done(&mut self, response: ServerResponse) {
        self.sequencer.done(&response.id, response.create.as_deref());
        let (marks, heard) = self.playback.response_done(&response.id);
        for mark in marks {
            let frame = self.writer.mark(&mark);
            self.feed_carrier(frame).await;
        }
        self.spoke(heard).await;
        let latency_ms = self.latency_ms.take().unwrap_or(0);
        let has_failed = response.status == ResponseStatus::Failed;
        let error = has_failed.then(|| word(response.reason.as_deref().unwrap_or_default()));
        if response.usage.is_some() || error.is_some() {
            let usage = response.usage.unwrap_or_default();
            self.used(self.options.model.clone(), "speech", usage, latency_ms, error);
        }
        let (calls, others): (Vec<_>, _) =
            std::mem::take(&mut self.calls).into_iter().partition(|(answer, ..)| *answer == response.id);
        self.calls = others;
        if self.withdrawn.as_deref() == Some(response.id.as_str()) {
            // What was complete before the server heard that it should stop.
            self.unsay(calls).await;
        } else {
            self.run_calls(calls.into_iter().map(|(_, _, call)| call).collect()).await;
        }
        if !has_failed {
            self.failed = 0;
            return;
        }
        self.failed += 1;
        if self.failed > FAILED_MAX {
            return Box::pin(self.lost(Lost::ForGood("the speech model fails to answer".to_owned()))).await;
        }
        // A limit that was reached passes; so does a fault of the server.
        self.again_at_ms = Some(self.desk.now_ms() + FAILED_PAUSE_MS);
    }

    pub(super) async fn words_of_caller(&mut self) {
        let now_ms = self.desk.now_ms();
        while let Some((item_id, text)) = self.transcripts.next(now_ms) {
            let mut outputs = self.desk.take(Input::Heard { text, item_id: Some(item_id) });
            // The server answers the caller by itself.
            outputs.retain(|output| *output != Output::Respond);
            self.carry_out(outputs).await;
        }
    }

    async fn fault(&mut self, fault: Fault) {
        if fault.is_fatal() {
            let reason = format!("the speech model's account is not usable ({})", word(&fault.code));
            return Box::pin(self.lost(Lost::ForGood(reason))).await;
        }
        if fault.is_expiry() {
            return Box::pin(self.lost(Lost::Broken("the session of the speech model has expired"))).await;
        }
        let event_id = fault.event_id.as_deref().unwrap_or_default();
        let now_ms = self.desk.now_ms();
        if event_id.starts_with("su_") {
            self.updates = self.updates.saturating_sub(1);
            if self.updates == 0 {
                self.sequencer.release();
            }
        }
        let lost = self.sequencer.refused(now_ms, event_id, fault.is_busy());
        if !fault.is_harmless() && !fault.is_busy() {
            // Never the message: it may quote what was said.
            tracing::warn!(
                call_id = self.desk.call_id(),
                code = word(&fault.code),
                "the speech model refuses an event"
            );
        }
        if let Some(want) = lost {
            // Once more as it was would be refused again; the model finds words of its own.
            self.failed += 1;
            if self.failed <= FAILED_MAX {
                self.again_at_ms = Some(now_ms + FAILED_PAUSE_MS);
            }
            tracing::warn!(
                call_id = self.desk.call_id(),
                is_sentence = want != crate::sequencing::Want::Next,
                "an answer is refused"
            );
        }
    }

    fn used(&mut self, model: String, purpose: &str, usage: SpokenUsage, latency_ms: i64, error: Option<String>) {
        let (provider, purpose) = ("openai".to_owned(), purpose.to_owned());
        self.desk.record(CallEvent::Used { provider, model, purpose, usage, latency_ms, error });
    }
}
