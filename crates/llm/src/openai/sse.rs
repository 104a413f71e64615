//! An answer that comes as server-sent events (<https://html.spec.whatwg.org/multipage/server-sent-events.html>), in the
//! chunks of OpenAI's streaming chat completions.

use reqwest::header::{CONTENT_TYPE, HeaderMap};
use serde::Deserialize;

use super::wire::{self, ReplyUsage};
use crate::talk::ToolCall;
use crate::{Completion, ModelError};

/// How many bytes of events there may be for each byte of an answer: each token comes in an object of its own.
const OVERHEAD: usize = 16;

/// Tools that one answer may call.
const CALLS_MAX: usize = 32;

/// Whether an answer is a stream of events.
pub(super) fn is_stream(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    kind.trim_start().to_ascii_lowercase().starts_with("text/event-stream")
}

/// An answer while it comes in.
pub(super) struct Answer {
    max: usize,
    taken: usize,
    /// Bytes of a line whose end has not come yet.
    line: Vec<u8>,
    text: String,
    /// Tools that are called; they come in pieces as well.
    calls: Vec<ToolCall>,
    /// Bytes of the calls.
    called: usize,
    model: Option<String>,
    usage: Option<ReplyUsage>,
    /// The model said why it stopped: the text is complete.
    is_complete: bool,
    is_done: bool,
}

impl Answer {
    /// An answer of at most so many bytes.
    pub(super) fn new(max: usize) -> Self {
        Self {
            max,
            taken: 0,
            line: Vec::new(),
            text: String::new(),
            calls: Vec::new(),
            called: 0,
            model: None,
            usage: None,
            is_complete: false,
            is_done: false,
        }
    }

    /// What was written so far.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Whether the server said that nothing comes any more.
    pub(super) fn is_done(&self) -> bool {
        self.is_done
    }

    /// Takes bytes as they come, cut anywhere; says whether the text has grown.
    pub(super) fn take(&mut self, bytes: &[u8]) -> Result<bool, ModelError> {
        self.taken += bytes.len();
        if self.taken > self.max.saturating_mul(OVERHEAD) {
            return Err(ModelError::TooLarge);
        }
        let before = self.text.len();
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.line.extend_from_slice(piece);
            if piece.ends_with(b"\n") {
                let line = std::mem::take(&mut self.line);
                self.read(&line)?;
            }
        }
        Ok(self.text.len() > before)
    }

    /// Lines that carry no data (comments that keep the connection alive, names of events) say nothing.
    fn read(&mut self, line: &[u8]) -> Result<(), ModelError> {
        let Some(data) = line.trim_ascii().strip_prefix(b"data:").map(<[u8]>::trim_ascii) else { return Ok(()) };
        if data.is_empty() || self.is_done {
            return Ok(());
        }
        if data == b"[DONE]" {
            self.is_done = true;
            return Ok(());
        }
        let chunk: Chunk = serde_json::from_slice(data)
            .map_err(|_| ModelError::Unavailable("what it sent is not a chat completion".into()))?;
        if chunk.error.is_some() {
            return Err(ModelError::Unavailable("it broke off with an error in the middle of its answer".into()));
        }
        self.model = chunk.model.or(self.model.take());
        self.usage = chunk.usage.or(self.usage.take());
        let Some(choice) = chunk.choices.into_iter().next() else { return Ok(()) };
        let delta = choice.delta.unwrap_or_default();
        // One that declines is an answer that does not fit, as in a whole answer.
        self.text.push_str(&delta.content.or(delta.refusal).unwrap_or_default());
        for piece in delta.tool_calls.unwrap_or_default() {
            self.take_call(piece)?;
        }
        self.is_complete |= choice.finish_reason.is_some();
        if self.text.len() + self.called > self.max { Err(ModelError::TooLarge) } else { Ok(()) }
    }

    /// The first piece of a call has its id and name, the others more of the arguments.
    fn take_call(&mut self, piece: CallPiece) -> Result<(), ModelError> {
        // Some servers do not number them and send each in one piece.
        let place = piece.index.unwrap_or(self.calls.len());
        if place > self.calls.len() || place >= CALLS_MAX {
            return Err(ModelError::Unavailable("what it sent is not a chat completion".into()));
        }
        if place == self.calls.len() {
            self.calls.push(ToolCall { id: String::new(), name: String::new(), arguments: String::new() });
        }
        let call = &mut self.calls[place];
        let function = piece.function.unwrap_or_default();
        for (part, more) in
            [(&mut call.id, piece.id), (&mut call.name, function.name), (&mut call.arguments, function.arguments)]
        {
            let more = more.unwrap_or_default();
            self.called += more.len();
            part.push_str(&more);
        }
        Ok(())
    }

    /// The tools that were called, taken out.
    pub(super) fn take_calls(&mut self) -> Vec<ToolCall> {
        std::mem::take(&mut self.calls)
    }

    /// The whole answer, when the stream came to its end and did not just stop.
    pub(super) fn finish(mut self, asked_model: &str) -> Result<Completion, ModelError> {
        let rest = std::mem::take(&mut self.line);
        self.read(&rest)?;
        if !self.is_done && !self.is_complete {
            return Err(ModelError::Unavailable("the connection broke".into()));
        }
        let model = wire::named(self.model.as_deref().unwrap_or(asked_model));
        Ok(Completion { text: self.text, model, usage: wire::used(self.usage) })
    }
}

#[derive(Deserialize)]
struct Chunk {
    model: Option<String>,
    #[serde(default)]
    choices: Vec<Choice>,
    usage: Option<ReplyUsage>,
    error: Option<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
struct Choice {
    delta: Option<Delta>,
    finish_reason: Option<String>,
}

#[derive(Deserialize, Default)]
struct Delta {
    content: Option<String>,
    refusal: Option<String>,
    tool_calls: Option<Vec<CallPiece>>,
}

#[derive(Deserialize)]
struct CallPiece {
    index: Option<usize>,
    id: Option<String>,
    function: Option<FunctionPiece>,
}

#[derive(Deserialize, Default)]
struct FunctionPiece {
    name: Option<String>,
    arguments: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    const STREAM: &str = ": keep-alive\r\n\r\nevent: message\r\ndata: {\"model\": \"m-1\", \"choices\": \
        [{\"delta\": {\"role\": \"assistant\", \"content\": \"\"}, \"finish_reason\": null}], \"usage\": null}\r\n\r\n\
        data: {\"choices\": [{\"delta\": {\"content\": \"Größe\"}}]}\n\n\
        data:{\"choices\": [{\"delta\": {\"content\": \" 😀\"}, \"finish_reason\": \"stop\"}]}\n\n\
        data: {\"choices\": [], \"usage\": {\"prompt_tokens\": 5, \"completion_tokens\": 2}}\n\ndata: [DONE]\n\n";

    fn read(bytes: &[u8], piece: usize) -> Result<Completion, ModelError> {
        let mut answer = Answer::new(1_000);
        for part in bytes.chunks(piece) {
            answer.take(part)?;
        }
        answer.finish("asked")
    }

    #[test]
    fn bytes_may_be_cut_anywhere() {
        for piece in 1..STREAM.len() {
            let told = read(STREAM.as_bytes(), piece).unwrap();
            assert_eq!((told.text.as_str(), told.model.as_str()), ("Größe 😀", "m-1"), "{piece}");
            assert_eq!((told.usage.input_tokens, told.usage.output_tokens), (5, 2));
        }
    }

    #[test]
    fn a_stream_that_stops_is_no_answer() {
        let unfinished = STREAM.split(" 😀").next().unwrap();
        for (bytes, part) in [
            (unfinished, "not a chat completion"),
            ("", "the connection broke"),
            ("data: {\"choices\": [{\"delta\": {\"content\": \"Hel\"}}]}\n\n", "the connection broke"),
            ("data: <html>\n", "not a chat completion"),
            ("data: {\"error\": {\"message\": \"secret\"}}\n", "with an error"),
        ] {
            let error = read(bytes.as_bytes(), 7).unwrap_err();
            assert!(error.is_transient() && error.to_string().contains(part), "{bytes}: {error}");
        }
        let without_mark = STREAM.replace("data: [DONE]\n\n", "");
        assert_eq!(read(without_mark.as_bytes(), 7).unwrap().text, "Größe 😀", "some servers leave the mark out");
    }

    #[test]
    fn it_is_bounded() {
        let long = format!("data: {{\"choices\": [{{\"delta\": {{\"content\": \"{}\"}}}}]}}\n", "x".repeat(1_001));
        assert_eq!(read(long.as_bytes(), 100), Err(ModelError::TooLarge));
        assert_eq!(read(&b": nothing but comments\n".repeat(10_000), 100), Err(ModelError::TooLarge));
        assert_eq!(read(&[b'x'; 50_000], 100), Err(ModelError::TooLarge), "a line that never ends");
    }
}
