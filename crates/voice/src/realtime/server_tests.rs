//! Events of the contract, and events that nobody foresaw.

use std::borrow::Cow;

use proptest::prelude::*;
use serde_json::json;

use super::*;

fn read(text: &str) -> ServerEvent<'_> {
    ServerEvent::read(text).unwrap_or_else(|_| panic!("cannot read {text}"))
}

#[test]
fn events_of_the_contract() {
    let item = read(
        r#"{"type":"response.output_item.done","event_id":"event_1","response_id":"resp_2","output_index":0,"item":{"id":"item_3","object":"realtime.item","type":"function_call","status":"completed","call_id":"call_4","name":"create_ticket","arguments":"{\"title\":\"VPN down\"}"}}"#,
    );
    let call = ItemKind::FunctionCall {
        call_id: "call_4".into(),
        name: "create_ticket".into(),
        arguments: r#"{"title":"VPN down"}"#.into(),
    };
    let expect = ServerItem { id: "item_3".into(), kind: call, is_completed: true };
    assert_eq!(item, ServerEvent::OutputItemDone { response_id: "resp_2".into(), item: expect });

    let heard = read(
        r#"{"type":"conversation.item.input_audio_transcription.completed","event_id":"event_5","item_id":"item_6","content_index":0,"transcript":"My laptop will not start","usage":{"type":"tokens","total_tokens":22,"input_tokens":13,"input_token_details":{"text_tokens":0,"audio_tokens":13},"output_tokens":9}}"#,
    );
    let used = SpokenUsage { audio_input_tokens: 13, output_tokens: 9, ..SpokenUsage::default() };
    assert_eq!(
        heard,
        ServerEvent::Transcribed {
            item_id: "item_6".into(),
            transcript: "My laptop will not start".into(),
            usage: Some(Transcription::Tokens(used)),
        }
    );

    let done = read(
        r#"{"type":"response.done","event_id":"event_8","response":{"id":"resp_2","object":"realtime.response","status":"cancelled","status_details":{"type":"cancelled","reason":"turn_detected"},"output":[],"conversation_id":"conv_1","output_modalities":["audio"],"metadata":null,"usage":{"total_tokens":0}}}"#,
    );
    assert_eq!(
        done,
        ServerEvent::ResponseDone(Box::new(ServerResponse {
            id: "resp_2".into(),
            status: ResponseStatus::Cancelled,
            create: None,
            reason: Some("turn_detected".into()),
            usage: Some(SpokenUsage::default()),
        }))
    );

    let ServerEvent::Error(fault) = read(
        r#"{"type":"error","event_id":"event_9","error":{"type":"invalid_request_error","code":"conversation_already_has_active_response","message":"...","param":null,"event_id":"rc_7"}}"#,
    ) else {
        panic!("no fault")
    };
    assert!(fault.is_busy() && !fault.is_fatal() && !fault.is_harmless());
    assert_eq!((fault.event_id.as_deref(), fault.param), (Some("rc_7"), None));

    let limits = read(
        r#"{"type":"rate_limits.updated","event_id":"event_10","rate_limits":[{"name":"tokens","limit":50000,"remaining":49950,"reset_seconds":60}]}"#,
    );
    let expect = RateLimit { name: "tokens".into(), remaining: 49_950, reset_seconds: 60.0 };
    assert_eq!(limits, ServerEvent::RateLimits(vec![expect]));
}

#[test]
fn sound_is_borrowed() {
    let frame = r#"{"type":"response.output_audio.delta","event_id":"e","response_id":"r","item_id":"i","output_index":0,"content_index":0,"delta":"//8A","obfuscation":"x"}"#;
    let ServerEvent::AudioDelta { response_id, item_id, content_index: 0, delta } = read(frame) else {
        panic!("no sound")
    };
    for text in [response_id, item_id, delta] {
        assert!(matches!(text.0, Cow::Borrowed(_)));
    }
    assert!(ServerEvent::read(r#"{"type":"response.output_audio.delta","item_id":"i","delta":"\"}"}"#).is_err());
}

#[test]
fn the_other_events() {
    for (text, expect) in [
        (
            r#"{"type":"session.created","session":{"type":"realtime","id":"sess_1","model":"gpt-realtime-2.1","expires_at":1764003600,"audio":{},"tools":[]}}"#,
            ServerEvent::SessionCreated {
                id: "sess_1".into(),
                model: "gpt-realtime-2.1".into(),
                expires_at: Some(1_764_003_600),
            },
        ),
        (r#"{"type":"session.updated","session":{"id":"sess_1"}}"#, ServerEvent::SessionUpdated),
        (
            r#"{"type":"input_audio_buffer.speech_started","audio_start_ms":640,"item_id":"i"}"#,
            ServerEvent::SpeechStarted { audio_start_ms: 640, item_id: "i".into() },
        ),
        (
            r#"{"type":"input_audio_buffer.speech_stopped","audio_end_ms":2048,"item_id":"i"}"#,
            ServerEvent::SpeechStopped { audio_end_ms: 2048, item_id: "i".into() },
        ),
        (
            r#"{"type":"input_audio_buffer.committed","previous_item_id":null,"item_id":"i"}"#,
            ServerEvent::Committed { previous_item_id: None, item_id: "i".into() },
        ),
        (
            r#"{"type":"conversation.item.added","previous_item_id":"h","item":{"id":"i","type":"message","role":"assistant","status":"in_progress","content":[]}}"#,
            ServerEvent::ItemAdded {
                previous_item_id: Some("h".into()),
                item: ServerItem {
                    id: "i".into(),
                    kind: ItemKind::Message { role: "assistant".into() },
                    is_completed: false,
                },
            },
        ),
        (
            r#"{"type":"response.created","response":{"id":"r","status":"in_progress","metadata":{"create":"rc_7"}}}"#,
            ServerEvent::ResponseCreated(ServerResponse {
                id: "r".into(),
                status: ResponseStatus::InProgress,
                create: Some("rc_7".into()),
                reason: None,
                usage: None,
            }),
        ),
        (
            r#"{"type":"response.done","response":{"id":"r","status":"failed","status_details":{"type":"failed","error":{"type":"x","code":"inference_rate_limit_exceeded"}}}}"#,
            ServerEvent::ResponseDone(Box::new(ServerResponse {
                id: "r".into(),
                status: ResponseStatus::Failed,
                create: None,
                reason: Some("inference_rate_limit_exceeded".into()),
                usage: None,
            })),
        ),
        (
            r#"{"type":"response.output_audio.done","response_id":"r","item_id":"i"}"#,
            ServerEvent::AudioDone { response_id: "r".into(), item_id: "i".into() },
        ),
        (
            r#"{"type":"response.output_audio_transcript.done","response_id":"r","item_id":"i","transcript":"Hello"}"#,
            ServerEvent::TranscriptDone { response_id: "r".into(), item_id: "i".into(), transcript: "Hello".into() },
        ),
        (
            r#"{"type":"conversation.item.truncated","item_id":"i","content_index":0,"audio_end_ms":1500}"#,
            ServerEvent::ItemTruncated { item_id: "i".into(), audio_end_ms: 1500 },
        ),
        (
            r#"{"type":"conversation.item.input_audio_transcription.failed","item_id":"i","error":{"code":"audio_unintelligible"}}"#,
            ServerEvent::TranscriptionFailed { item_id: "i".into(), code: "audio_unintelligible".into() },
        ),
        (r#"{"type":"response.function_call_arguments.done","arguments":"{}","call_id":"c"}"#, ServerEvent::Ignored),
        (r#"{"type":"response.new","response":[1],"item":5,"usage":"x"}"#, ServerEvent::Ignored),
        (r#"{"type":"mcp_list_tools.completed","item_id":"i"}"#, ServerEvent::Ignored),
    ] {
        assert_eq!(read(text), expect, "{text}");
    }
    for text in [
        "",
        "[]",
        "{}",
        r#"{"type":"response.done"}"#,
        r#"{"type":"response.done","response":{}}"#,
        r#"{"type":"response.created","response":7}"#,
    ] {
        assert_eq!(ServerEvent::read(text), Err(Malformed), "{text}");
    }
}

#[test]
fn faults_are_told_apart() {
    let fault = |code: &str, message: &str| Fault { code: code.into(), message: message.into(), ..Fault::default() };
    assert!(fault("response_cancel_not_active", "").is_harmless());
    assert!(fault("", "Cancellation failed: no active response found").is_harmless());
    assert!(fault("invalid_value", "Audio content of 1200 ms is already shorter than 1300 ms").is_harmless());
    assert!(fault("input_audio_buffer_commit_empty", "").is_harmless());
    assert!(!fault("invalid_value", "").is_harmless());
    assert!(fault("session_expired", "").is_expiry());
    for code in ["insufficient_quota", "invalid_api_key", "account_deactivated", "billing_hard_limit_reached"] {
        assert!(fault(code, "").is_fatal());
    }
    for code in [1001, 1005, 1006, 1011, 1012, 1013, 1015] {
        assert!(is_recoverable_close(Some(code)));
    }
    assert!(is_recoverable_close(None));
    assert!(!is_recoverable_close(Some(1008)) && !is_recoverable_close(Some(1000)));
}

proptest! {
    #[test]
    fn any_text_is_read_without_harm(text in any::<String>()) {
        let _ = ServerEvent::read(&text);
    }

    #[test]
    fn any_shape_is_read_without_harm(
        kind in proptest::sample::select(vec![
            "session.created", "error", "response.done", "response.created", "response.output_item.done",
            "response.output_audio.delta", "conversation.item.added", "rate_limits.updated", "x",
            "conversation.item.input_audio_transcription.completed",
        ]),
        field in proptest::sample::select(vec!["session", "error", "response", "item", "delta", "usage", "rate_limits"]),
        value in proptest::sample::select(vec![
            json!(null), json!(1), json!("x"), json!([1]), json!({}), json!({"id": {"a": 1}}), json!({"id": 5}),
            json!({"usage": []}), json!({"metadata": 5, "id": "r"}), json!([{"name": []}]),
        ]),
    ) {
        let _ = ServerEvent::read(&json!({"type": kind, field: value}).to_string());
    }
}
