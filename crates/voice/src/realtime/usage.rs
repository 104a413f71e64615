//! What the server counted, in the desk's own words.

use patchcord_domain::call::SpokenUsage;
use serde::Deserialize;

use crate::text::Text;

/// Tokens of an answer. Any of them may be missing.
#[derive(Deserialize, Default)]
pub(super) struct WireUsage<'a> {
    #[serde(borrow, default)]
    input_tokens: Text<'a>,
    #[serde(borrow, default)]
    output_tokens: Text<'a>,
    #[serde(borrow, default, alias = "input_tokens_details")]
    input_token_details: Option<WireInput<'a>>,
    #[serde(borrow, default, alias = "output_tokens_details")]
    output_token_details: Option<WireModes<'a>>,
    /// Of a transcription that is counted by time.
    #[serde(borrow, default)]
    seconds: Text<'a>,
}

#[derive(Deserialize)]
struct WireInput<'a> {
    #[serde(borrow, default)]
    text_tokens: Text<'a>,
    #[serde(borrow, default)]
    audio_tokens: Text<'a>,
    #[serde(borrow, default)]
    image_tokens: Text<'a>,
    #[serde(borrow, default)]
    cached_tokens: Text<'a>,
    #[serde(borrow, default)]
    cached_tokens_details: Option<WireModes<'a>>,
}

#[derive(Deserialize)]
struct WireModes<'a> {
    #[serde(borrow, default)]
    text_tokens: Text<'a>,
    #[serde(borrow, default)]
    audio_tokens: Text<'a>,
    #[serde(borrow, default)]
    image_tokens: Text<'a>,
}

fn count(text: &Text<'_>) -> u32 {
    text.number().and_then(|number| u32::try_from(number.max(0)).ok()).unwrap_or(0)
}

fn known(text: &Text<'_>) -> Option<u32> {
    text.number().map(|_| count(text))
}

impl WireUsage<'_> {
    /// What is missing is worked out from the sums; what cannot be is nothing. Pictures count as text: we send none.
    pub(super) fn spoken(&self) -> SpokenUsage {
        let (mut text, mut audio, mut cached_text, mut cached_audio) = (None, None, 0, 0);
        if let Some(input) = &self.input_token_details {
            audio = known(&input.audio_tokens);
            text = known(&input.text_tokens).map(|text| text.saturating_add(count(&input.image_tokens)));
            match &input.cached_tokens_details {
                Some(details) => {
                    cached_text = count(&details.text_tokens).saturating_add(count(&details.image_tokens));
                    cached_audio = count(&details.audio_tokens);
                }
                // Instructions and tools stand first, so what is cached is text before it is sound.
                None => {
                    let cached = count(&input.cached_tokens);
                    cached_text = text.map_or(cached, |text| cached.min(text));
                    cached_audio = cached - cached_text;
                }
            }
        }
        let (text, audio) = split(known(&self.input_tokens), text, audio);
        let modes = self.output_token_details.as_ref();
        let (text_out, audio_out) = split(
            known(&self.output_tokens),
            modes.and_then(|modes| known(&modes.text_tokens)),
            modes.and_then(|modes| known(&modes.audio_tokens)),
        );
        SpokenUsage {
            input_tokens: text,
            cached_input_tokens: cached_text.min(text),
            output_tokens: text_out,
            audio_input_tokens: audio,
            cached_audio_input_tokens: cached_audio.min(audio),
            audio_output_tokens: audio_out,
        }
    }

    pub(super) fn transcription(&self) -> Transcription {
        match self.seconds.some() {
            Some(seconds) => {
                Transcription::Seconds(seconds.parse::<f64>().ok().filter(|s| s.is_finite()).unwrap_or(0.0))
            }
            None => Transcription::Tokens(self.spoken()),
        }
    }
}

/// Text and audio of a sum of which one or both parts may be unknown.
fn split(sum: Option<u32>, text: Option<u32>, audio: Option<u32>) -> (u32, u32) {
    match (text, audio, sum) {
        (Some(text), Some(audio), _) => (text, audio),
        (Some(text), None, sum) => (text, sum.unwrap_or(text).saturating_sub(text)),
        (None, Some(audio), sum) => (sum.unwrap_or(audio).saturating_sub(audio), audio),
        (None, None, sum) => (sum.unwrap_or(0), 0),
    }
}

/// What the writing down of the caller's words used.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Transcription {
    /// Counted in tokens.
    Tokens(SpokenUsage),
    /// Counted in seconds of sound.
    Seconds(f64),
}

impl Transcription {
    /// In tokens; a second of a caller's sound is ten of them.
    pub fn tokens(self) -> SpokenUsage {
        match self {
            Transcription::Tokens(usage) => usage,
            Transcription::Seconds(seconds) => SpokenUsage {
                audio_input_tokens: (seconds.clamp(0.0, 86_400.0) * 10.0).ceil() as u32,
                ..SpokenUsage::default()
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spoken(json: &str) -> SpokenUsage {
        serde_json::from_str::<WireUsage<'_>>(json).unwrap().spoken()
    }

    /// Dollars for a million tokens: text in, cached, out; audio in, cached, out.
    fn cost(usage: SpokenUsage, prices: [f64; 6]) -> f64 {
        let [text, cached, out, audio, cached_audio, audio_out] = prices;
        let count = f64::from;
        (count(usage.input_tokens - usage.cached_input_tokens) * text
            + count(usage.cached_input_tokens) * cached
            + count(usage.output_tokens) * out
            + count(usage.audio_input_tokens - usage.cached_audio_input_tokens) * audio
            + count(usage.cached_audio_input_tokens) * cached_audio
            + count(usage.audio_output_tokens) * audio_out)
            / 1e6
    }

    #[test]
    fn the_usage_of_the_contract_and_what_it_costs() {
        let usage = spoken(
            r#"{"total_tokens":253,"input_tokens":132,"output_tokens":121,
            "input_token_details":{"text_tokens":119,"audio_tokens":13,"image_tokens":0,"cached_tokens":64,
            "cached_tokens_details":{"text_tokens":64,"audio_tokens":0,"image_tokens":0}},
            "output_token_details":{"text_tokens":30,"audio_tokens":91}}"#,
        );
        assert_eq!(
            usage,
            SpokenUsage {
                input_tokens: 119,
                cached_input_tokens: 64,
                output_tokens: 30,
                audio_input_tokens: 13,
                cached_audio_input_tokens: 0,
                audio_output_tokens: 91,
            }
        );
        let (big, mini) = ([4.0, 0.4, 24.0, 32.0, 0.4, 64.0], [0.6, 0.06, 2.4, 10.0, 0.3, 20.0]);
        assert!((cost(usage, big) - 0.007_205_6).abs() < 1e-12, "{}", cost(usage, big));
        assert!((cost(usage, mini) - 0.002_058_84).abs() < 1e-12, "{}", cost(usage, mini));
    }

    #[test]
    fn anything_may_be_missing() {
        for (json, expect) in [
            ("{}", [0; 6]),
            (r#"{"total_tokens":0}"#, [0; 6]),
            (r#"{"input_tokens":10,"output_tokens":4}"#, [10, 0, 4, 0, 0, 0]),
            (r#"{"input_tokens":10,"input_token_details":{"audio_tokens":3}}"#, [7, 0, 0, 3, 0, 0]),
            (r#"{"input_tokens":10,"input_token_details":{"text_tokens":4,"cached_tokens":6}}"#, [4, 4, 0, 6, 2, 0]),
            (r#"{"output_tokens":9,"output_token_details":{"audio_tokens":9}}"#, [0, 0, 0, 0, 0, 9]),
            (r#"{"input_tokens":-4,"output_tokens":"x","input_token_details":null}"#, [0; 6]),
        ] {
            let usage = spoken(json);
            let got = [
                usage.input_tokens,
                usage.cached_input_tokens,
                usage.output_tokens,
                usage.audio_input_tokens,
                usage.cached_audio_input_tokens,
                usage.audio_output_tokens,
            ];
            assert_eq!(got, expect, "{json}");
        }
    }

    #[test]
    fn transcriptions_by_tokens_and_by_time() {
        let read = |json: &str| serde_json::from_str::<WireUsage<'_>>(json).unwrap().transcription();
        let tokens = read(
            r#"{"type":"tokens","total_tokens":22,"input_tokens":13,"input_token_details":{"text_tokens":0,"audio_tokens":13},"output_tokens":9}"#,
        );
        let expect = SpokenUsage { audio_input_tokens: 13, output_tokens: 9, ..SpokenUsage::default() };
        assert_eq!(tokens, Transcription::Tokens(expect));
        let time = read(r#"{"type":"duration","seconds":2.35}"#);
        assert_eq!(time, Transcription::Seconds(2.35));
        assert_eq!(time.tokens().audio_input_tokens, 24);
    }
}
