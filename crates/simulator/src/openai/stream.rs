//! An answer as server-sent events: a first chunk with the role, pieces of the text, the reason why it stopped, what was
//! used when that was asked for, and the mark of the end.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Reply, Request, completion};
use crate::http::Connection;

/// Characters of a piece, about a token.
const PIECE: usize = 5;

/// How the stream goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Manner {
    Whole,
    Slowly(u64),
    Cut,
    Garbage,
    Error,
    Hang,
}

/// Whether the client asked to stream.
pub(super) fn is_asked(request: &Request) -> bool {
    request.json()["stream"] == Value::Bool(true)
}

/// Streams an answer. Returns the connection if it can take another request.
pub(super) async fn send(
    mut connection: Connection,
    request: &Request,
    reply: &Reply,
    manner: Manner,
) -> std::io::Result<Option<Connection>> {
    let whole = completion(request, reply);
    let include_usage = request.json()["stream_options"]["include_usage"] == Value::Bool(true);
    let key = if reply.content.is_some() { "content" } else { "refusal" };
    let text: Vec<char> =
        reply.content.as_ref().or(reply.refusal.as_ref()).into_iter().flat_map(|t| t.chars()).collect();
    let pieces: Vec<String> = text.chunks(PIECE).map(|piece| piece.iter().collect()).collect();
    let chunk = |choices: Value, usage: Value| {
        let mut chunk = json!({
            "id": whole["id"], "object": "chat.completion.chunk", "created": whole["created"], "model": whole["model"],
            "choices": choices, "system_fingerprint": "fp_scripted", "obfuscation": "x7Kq",
        });
        if include_usage {
            chunk["usage"] = usage;
        }
        format!("data: {chunk}\n\n")
    };
    let delta = |delta: Value, reason: Value| {
        chunk(json!([{"index": 0, "delta": delta, "logprobs": null, "finish_reason": reason}]), Value::Null)
    };
    connection.begin(200, &[("content-type", "text/event-stream; charset=utf-8".to_owned())]).await?;
    connection.piece(delta(json!({"role": "assistant", "content": ""}), Value::Null).as_bytes()).await?;
    for (index, piece) in pieces.iter().enumerate() {
        if index * 2 >= pieces.len() {
            match manner {
                Manner::Whole | Manner::Slowly(_) => {}
                Manner::Cut => {
                    connection.cut().await?;
                    return Ok(None);
                }
                Manner::Garbage => {
                    connection.piece(b"data: {\"choices\": [<html>\n\n").await?;
                    connection.end().await?;
                    return Ok(Some(connection));
                }
                Manner::Error => {
                    let error = json!({"error": {"message": "The server had an error.", "type": "server_error"}});
                    connection.piece(format!("data: {error}\n\n").as_bytes()).await?;
                    connection.end().await?;
                    return Ok(Some(connection));
                }
                Manner::Hang => {
                    connection.hang().await?;
                    return Ok(None);
                }
            }
        }
        if let Manner::Slowly(pause) = manner {
            tokio::time::sleep(Duration::from_millis(pause)).await;
        }
        connection.piece(delta(json!({key: piece}), Value::Null).as_bytes()).await?;
    }
    for (index, [id, name, arguments]) in reply.calls.iter().enumerate() {
        let function = json!({"name": name, "arguments": ""});
        let begin = json!({"tool_calls": [{"index": index, "id": id, "type": "function", "function": function}]});
        connection.piece(delta(begin, Value::Null).as_bytes()).await?;
        let letters: Vec<char> = arguments.chars().collect();
        for piece in letters.chunks(PIECE) {
            let piece: String = piece.iter().collect();
            let more = json!({"tool_calls": [{"index": index, "function": {"arguments": piece}}]});
            connection.piece(delta(more, Value::Null).as_bytes()).await?;
        }
    }
    let reason = whole["choices"][0]["finish_reason"].clone();
    connection.piece(delta(json!({}), reason).as_bytes()).await?;
    if include_usage {
        connection.piece(chunk(json!([]), whole["usage"].clone()).as_bytes()).await?;
    }
    connection.piece(b"data: [DONE]\n\n").await?;
    connection.end().await?;
    Ok(Some(connection))
}
