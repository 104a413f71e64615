//! What a response costs, in tokens: a tenth of a second of the caller's speech, a twentieth of the model's, or four
//! characters of text are one. The whole conversation counts again with every response.

use serde_json::{Value, json};

/// What goes into a response and what comes out of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counted {
    pub(crate) text_in: u64,
    pub(crate) audio_in_ms: u64,
    pub(crate) text_out: u64,
    pub(crate) audio_out_ms: u64,
    pub(crate) cached: u64,
}

/// Tokens of a text.
pub(crate) fn text(text: &str) -> u64 {
    (text.len() as u64).div_ceil(4)
}

impl Counted {
    /// The object of `response.done`.
    pub(crate) fn object(self) -> Value {
        let (audio_in, audio_out) = (self.audio_in_ms.div_ceil(100), self.audio_out_ms.div_ceil(50));
        let (input, output) = (self.text_in + audio_in, self.text_out + audio_out);
        let cached = self.cached.min(self.text_in);
        json!({
            "total_tokens": input + output, "input_tokens": input, "output_tokens": output,
            "input_token_details": {
                "text_tokens": self.text_in, "audio_tokens": audio_in, "image_tokens": 0, "cached_tokens": cached,
                "cached_tokens_details": {"text_tokens": cached, "audio_tokens": 0, "image_tokens": 0},
            },
            "output_token_details": {"text_tokens": self.text_out, "audio_tokens": audio_out},
        })
    }
}
