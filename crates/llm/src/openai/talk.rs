//! The model in a conversation: words as they come, and tools.

use std::sync::atomic::Ordering;

use async_openai::types::chat::{
    ChatCompletionMessageToolCall, ChatCompletionMessageToolCalls, ChatCompletionRequestAssistantMessage,
    ChatCompletionRequestAssistantMessageContent, ChatCompletionRequestMessage, ChatCompletionRequestToolMessage,
    ChatCompletionRequestToolMessageContent, ChatCompletionStreamOptions, ChatCompletionTool, ChatCompletionTools,
    CreateChatCompletionRequest, FunctionCall, FunctionObject,
};
use async_trait::async_trait;
use futures::StreamExt;
use patchcord_domain::redaction::Redacted;
use reqwest::Response;
use serde::Deserialize;

use super::wire::{self, Refusal, ReplyUsage};
use super::{OpenAi, broken, sse};
use crate::ModelError;
use crate::talk::{Entry, Said, Talk, Talker, ToolCall, ToolSpec, Words};

#[async_trait]
impl Talker for OpenAi {
    fn provider(&self) -> &'static str {
        "openai"
    }

    fn name(&self) -> &str {
        &self.options.model
    }

    async fn talk(&self, talk: &Redacted<Talk>, words: &mut (dyn Words + '_)) -> Result<Said, ModelError> {
        let talk = talk.get();
        let mut said = self.guarded(self.say(talk, words)).await?;
        let place = talk.history.len();
        for (index, call) in said.calls.iter_mut().enumerate() {
            // Some servers give no ids; results go back under one all the same.
            if call.id.is_empty() {
                call.id = format!("call-{place}-{index}");
            }
        }
        Ok(said)
    }
}

impl OpenAi {
    /// Asks for a stream, or for a whole answer where the server cannot stream.
    async fn say(&self, talk: &Talk, words: &mut (dyn Words + '_)) -> Result<Said, ModelError> {
        let mut streaming = !self.whole.load(Ordering::Relaxed);
        loop {
            let request = request(&self.options.model, talk, streaming);
            match self.post_talk(&request, streaming, words).await {
                Err(Refusal::NoStreaming) if streaming => streaming = false,
                Err(refusal) => return Err(refusal.into_error()),
                Ok(said) => {
                    if !streaming && !self.whole.swap(true, Ordering::Relaxed) {
                        tracing::info!("the model's server does not stream; whole answers are asked for from now on");
                    }
                    return Ok(said);
                }
            }
        }
    }

    async fn post_talk(
        &self,
        request: &CreateChatCompletionRequest,
        streaming: bool,
        words: &mut (dyn Words + '_),
    ) -> Result<Said, Refusal> {
        let response = self.client.post(self.url("chat/completions")).json(request).send().await;
        let response = response.map_err(|error| broken(&error))?;
        if !response.status().is_success() {
            return Err(self.refusal(response, streaming).await);
        }
        if streaming && sse::is_stream(response.headers()) {
            return Ok(self.listen(response, words).await?);
        }
        let said = whole(&self.read(response).await?, &self.options.model)?;
        if !said.text.is_empty() {
            words.word(&said.text);
        }
        Ok(said)
    }

    /// Passes words on as they come.
    async fn listen(&self, response: Response, words: &mut (dyn Words + '_)) -> Result<Said, ModelError> {
        let mut answer = sse::Answer::new(self.options.max_answer_bytes);
        let mut chunks = response.bytes_stream();
        let mut passed = 0;
        while let Some(chunk) = chunks.next().await {
            if answer.take(&chunk.map_err(|error| broken(&error))?)? {
                words.word(&answer.text()[passed..]);
                passed = answer.text().len();
            }
            if answer.is_done() {
                break;
            }
        }
        let calls = answer.take_calls();
        let completion = answer.finish(&self.options.model)?;
        if completion.text.len() > passed {
            words.word(&completion.text[passed..]);
        }
        Ok(Said { text: completion.text, calls, model: completion.model, usage: completion.usage })
    }
}

fn request(model: &str, talk: &Talk, streaming: bool) -> CreateChatCompletionRequest {
    let tools: Vec<ChatCompletionTools> = talk.tools.iter().map(tool).collect();
    CreateChatCompletionRequest {
        model: model.to_owned(),
        messages: messages(talk),
        // An empty list is refused.
        tools: (!tools.is_empty()).then_some(tools),
        stream: streaming.then_some(true),
        stream_options: streaming
            .then_some(ChatCompletionStreamOptions { include_usage: Some(true), include_obfuscation: None }),
        ..CreateChatCompletionRequest::default()
    }
}

fn tool(spec: &ToolSpec) -> ChatCompletionTools {
    ChatCompletionTools::Function(ChatCompletionTool {
        function: FunctionObject {
            name: spec.name.clone(),
            description: Some(spec.description.clone()),
            parameters: Some(spec.parameters.clone()),
            strict: None,
        },
    })
}

fn messages(talk: &Talk) -> Vec<ChatCompletionRequestMessage> {
    let mut messages = vec![wire::system(talk.instructions.clone())];
    let mut entries = talk.history.iter().peekable();
    while let Some(entry) = entries.next() {
        messages.push(match entry {
            Entry::Caller(text) => wire::user(text.clone()),
            Entry::Desk(text) => wire::system(text.clone()),
            Entry::Agent(text) => match entries.next_if(|next| matches!(next, Entry::Called(_))) {
                // What was said along with a call is one message with it.
                Some(Entry::Called(calls)) => called(Some(text), calls),
                _ => wire::assistant(text),
            },
            Entry::Called(calls) => called(None, calls),
            Entry::Result { id, content } => ChatCompletionRequestToolMessage {
                content: ChatCompletionRequestToolMessageContent::Text(content.clone()),
                tool_call_id: id.clone(),
            }
            .into(),
        });
    }
    messages
}

fn called(text: Option<&String>, calls: &[ToolCall]) -> ChatCompletionRequestMessage {
    let call = |call: &ToolCall| {
        ChatCompletionMessageToolCalls::Function(ChatCompletionMessageToolCall {
            id: call.id.clone(),
            function: FunctionCall { name: call.name.clone(), arguments: call.arguments.clone() },
        })
    };
    ChatCompletionRequestAssistantMessage {
        content: text.map(|text| ChatCompletionRequestAssistantMessageContent::Text(text.clone())),
        tool_calls: Some(calls.iter().map(call).collect()),
        ..ChatCompletionRequestAssistantMessage::default()
    }
    .into()
}

/// Reads an answer that came in one piece.
fn whole(body: &[u8], asked_model: &str) -> Result<Said, ModelError> {
    let reply: Reply = serde_json::from_slice(body)
        .map_err(|_| ModelError::Unavailable("what it sent is not a chat completion".into()))?;
    let message = reply.choices.into_iter().next().map(|choice| choice.message).unwrap_or_default();
    let calls = message.tool_calls.unwrap_or_default().into_iter().map(|call| ToolCall {
        id: call.id.unwrap_or_default(),
        name: call.function.name,
        arguments: call.function.arguments.unwrap_or_default(),
    });
    Ok(Said {
        text: message.content.or(message.refusal).unwrap_or_default(),
        calls: calls.collect(),
        model: wire::named(reply.model.as_deref().unwrap_or(asked_model)),
        usage: wire::used(reply.usage),
    })
}

#[derive(Deserialize)]
struct Reply {
    model: Option<String>,
    choices: Vec<Choice>,
    usage: Option<ReplyUsage>,
}

#[derive(Deserialize)]
struct Choice {
    message: Message,
}

#[derive(Deserialize, Default)]
struct Message {
    content: Option<String>,
    refusal: Option<String>,
    tool_calls: Option<Vec<Call>>,
}

#[derive(Deserialize)]
struct Call {
    id: Option<String>,
    function: Function,
}

#[derive(Deserialize)]
struct Function {
    name: String,
    arguments: Option<String>,
}
