//! Calls on the wire.

use patchcord_app::calls::{BrowserCall, CallDetail, Line, LiveCall};
use patchcord_app::rows::{Analysis, CallTurn, CarrierUsage, Interaction, UsageLog};
use patchcord_domain::ticket::label;
use patchcord_domain::time::to_rfc3339;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::{Ref, dollars, reference, time};

/// The ticket of a call.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CallTicket {
    id: String,
    number: i64,
    #[schema(example = "TKT-0042")]
    label: String,
    subject: String,
}

/// A call.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CallRow {
    pub(crate) id: String,
    #[schema(example = "TWILIO")]
    provider: String,
    /// The carrier's id of the call.
    provider_call_sid: String,
    /// The caller's number in E.164, when it is one.
    #[schema(required)]
    caller_phone: Option<String>,
    /// Who called, in the carrier's words.
    from_number: String,
    /// Who was called, in the carrier's words.
    to_number: String,
    #[schema(required)]
    organization: Option<Ref>,
    #[schema(required)]
    contact: Option<Ref>,
    #[schema(required)]
    device: Option<Ref>,
    /// U_E_CODE, PHONE, BOTH or NONE.
    identified_by: String,
    /// NONE, CLAIMED or VERIFIED.
    verification: String,
    #[schema(example = "COMPLETED")]
    status: String,
    /// REALTIME or RELAY.
    engine: String,
    #[schema(required)]
    model: Option<String>,
    /// The voice agent that has the call, or had it last.
    #[schema(required, example = "printer_agent")]
    current_agent: Option<String>,
    started_at: String,
    #[schema(required)]
    answered_at: Option<String>,
    #[schema(required)]
    ended_at: Option<String>,
    #[schema(required)]
    duration_seconds: Option<i64>,
    /// RESOLVED, TICKETED, ESCALATED, ABANDONED or UNKNOWN.
    ai_resolution: String,
    was_escalated: bool,
    #[schema(required)]
    summary: Option<String>,
    /// positive, neutral or negative; while the call lasts, so far.
    #[schema(required)]
    sentiment: Option<String>,
    #[schema(required)]
    ticket: Option<CallTicket>,
    has_recording: bool,
    /// How long it took until the caller heard something.
    #[schema(required)]
    first_sound_ms: Option<i64>,
    /// Times the caller interrupted.
    interruptions: i64,
    frames_late: i64,
    frames_lost: i64,
    /// What our bridge added, in milliseconds, at the worst of a hundred.
    #[schema(required)]
    bridge_added_ms: Option<i64>,
    /// How often another node, or the same one, took the call up again.
    resume_count: i64,
    turn_count: i64,
    /// Whether what was said was erased.
    is_erased: bool,
    /// Of a list that was searched: the line of the transcript that has most of the words.
    #[schema(required)]
    excerpt: Option<String>,
    version: i64,
    created_at: String,
    updated_at: String,
}

impl From<&Line> for CallRow {
    fn from(line: &Line) -> Self {
        let line = line.clone();
        let ticket = match (line.ticket_id, line.ticket_number) {
            (Some(id), Some(number)) => {
                Some(CallTicket { id, number, label: label(number), subject: line.ticket_subject.unwrap_or_default() })
            }
            _ => None,
        };
        Self {
            id: line.id,
            provider: line.provider,
            provider_call_sid: line.provider_call_sid,
            caller_phone: line.caller_phone,
            from_number: line.from_number,
            to_number: line.to_number,
            organization: reference(line.organization_id, line.organization_name),
            contact: reference(line.contact_id, line.contact_name),
            device: reference(line.device_id, line.device_name),
            identified_by: line.identified_by,
            verification: line.verification,
            status: line.status,
            engine: line.engine,
            model: line.model,
            current_agent: line.current_agent,
            started_at: to_rfc3339(line.started_at),
            answered_at: time(line.answered_at),
            ended_at: time(line.ended_at),
            duration_seconds: line.duration_seconds,
            ai_resolution: line.ai_resolution,
            was_escalated: line.was_escalated,
            summary: line.call_summary,
            sentiment: line.sentiment,
            ticket,
            has_recording: line.recording_key.is_some(),
            first_sound_ms: line.first_sound_ms,
            interruptions: line.interruptions,
            frames_late: line.frames_late,
            frames_lost: line.frames_lost,
            bridge_added_ms: line.bridge_added_ms,
            resume_count: line.resume_count,
            turn_count: line.turn_count,
            is_erased: line.erased_at.is_some(),
            excerpt: None,
            version: line.version,
            created_at: to_rfc3339(line.created_at),
            updated_at: to_rfc3339(line.updated_at),
        }
    }
}

impl CallRow {
    /// The same with what was found of the searched words.
    pub(crate) fn with(self, excerpt: Option<String>) -> Self {
        Self { excerpt, ..self }
    }
}

/// One utterance.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TurnRow {
    id: String,
    /// Its place in the call, from 1.
    seq: i64,
    /// CALLER, AGENT, SYSTEM or TOOL.
    speaker: String,
    #[schema(required)]
    agent: Option<String>,
    /// What was said; of a cut sentence, what was heard.
    text: String,
    /// Milliseconds since the call was answered.
    started_ms: i64,
    ended_ms: i64,
    /// From the end of the caller's speech to the first sound of the answer.
    #[schema(required)]
    response_ms: Option<i64>,
    /// -1000 to 1000.
    #[schema(required)]
    sentiment_score: Option<i64>,
    /// Whether the caller cut it short.
    interrupted: bool,
    created_at: String,
}

impl From<&CallTurn> for TurnRow {
    fn from(turn: &CallTurn) -> Self {
        Self {
            id: turn.id.clone(),
            seq: turn.seq,
            speaker: turn.speaker.clone(),
            agent: turn.agent.clone(),
            text: turn.text.clone(),
            started_ms: turn.started_ms,
            ended_ms: turn.ended_ms,
            response_ms: turn.response_ms,
            sentiment_score: turn.sentiment_score,
            interrupted: turn.interrupted,
            created_at: to_rfc3339(turn.created_at),
        }
    }
}

/// A call in progress.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LiveCallRow {
    #[serde(flatten)]
    call: CallRow,
    /// What caller and agents said last, oldest first: six turns at most, each cut at 400 characters.
    turns: Vec<TurnRow>,
}

impl From<&LiveCall> for LiveCallRow {
    fn from(live: &LiveCall) -> Self {
        Self { call: CallRow::from(&live.line), turns: live.turns.iter().map(TurnRow::from).collect() }
    }
}

/// A stay of the call with one voice agent.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct InteractionRow {
    id: String,
    seq: i64,
    agent: String,
    entered_at: String,
    #[schema(required)]
    left_at: Option<String>,
    #[schema(required)]
    handoff_from: Option<String>,
    #[schema(required)]
    handoff_reason: Option<String>,
    turns: i64,
    /// Each with agent, name, redacted arguments, outcome and ms.
    #[schema(value_type = Vec<Object>)]
    tool_calls: Value,
    #[schema(required)]
    outcome: Option<String>,
}

impl From<&Interaction> for InteractionRow {
    fn from(stay: &Interaction) -> Self {
        Self {
            id: stay.id.clone(),
            seq: stay.seq,
            agent: stay.agent.clone(),
            entered_at: to_rfc3339(stay.entered_at),
            left_at: time(stay.left_at),
            handoff_from: stay.handoff_from.clone(),
            handoff_reason: stay.handoff_reason.clone(),
            turns: stay.turns,
            tool_calls: stay.tool_calls.clone(),
            outcome: stay.outcome.clone(),
        }
    }
}

/// What a model used in one answer.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CallUsage {
    provider: String,
    model: String,
    purpose: String,
    input_tokens: i64,
    cached_input_tokens: i64,
    output_tokens: i64,
    audio_input_tokens: i64,
    audio_output_tokens: i64,
    cost_usd: f64,
    latency_ms: i64,
    #[schema(required)]
    error: Option<String>,
    created_at: String,
}

impl From<&UsageLog> for CallUsage {
    fn from(log: &UsageLog) -> Self {
        Self {
            provider: log.provider.clone(),
            model: log.model.clone(),
            purpose: log.purpose.clone(),
            input_tokens: log.input_tokens,
            cached_input_tokens: log.cached_input_tokens,
            output_tokens: log.output_tokens,
            audio_input_tokens: log.audio_input_tokens,
            audio_output_tokens: log.audio_output_tokens,
            cost_usd: dollars(log.cost_usd),
            latency_ms: log.latency_ms,
            error: log.error.clone(),
            created_at: to_rfc3339(log.created_at),
        }
    }
}

/// What the carrier charged.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CarrierCharge {
    /// inbound, media_stream, conversation_relay …
    kind: String,
    quantity: i64,
    unit: String,
    price_usd: f64,
    /// Whether it is an estimate, because the carrier has not told its price yet.
    is_estimate: bool,
}

impl From<&CarrierUsage> for CarrierCharge {
    fn from(row: &CarrierUsage) -> Self {
        Self {
            kind: row.kind.clone(),
            quantity: row.quantity,
            unit: row.unit.clone(),
            price_usd: dollars(row.price_usd),
            is_estimate: row.fetched_at.is_none(),
        }
    }
}

/// What was found out about a call afterwards.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CallAnalysis {
    sentiment: String,
    /// -1000 to 1000.
    sentiment_score: i64,
    intent: String,
    #[schema(value_type = Vec<String>)]
    topics: Value,
    #[schema(required)]
    language: Option<String>,
    resolution: String,
    #[schema(value_type = Vec<String>)]
    quality_flags: Value,
    model: String,
    created_at: String,
}

impl From<&Analysis> for CallAnalysis {
    fn from(row: &Analysis) -> Self {
        Self {
            sentiment: row.sentiment.clone(),
            sentiment_score: row.sentiment_score,
            intent: row.intent.clone(),
            topics: row.topics.clone(),
            language: row.language.clone(),
            resolution: row.resolution.clone(),
            quality_flags: row.quality_flags.clone(),
            model: row.model.clone(),
            created_at: to_rfc3339(row.created_at),
        }
    }
}

/// A call with everything that is kept of it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CallDetailRow {
    #[serde(flatten)]
    call: CallRow,
    /// The rendered text, once the call is over.
    #[schema(required)]
    transcript: Option<String>,
    turns: Vec<TurnRow>,
    interactions: Vec<InteractionRow>,
    usage: Vec<CallUsage>,
    carrier_charges: Vec<CarrierCharge>,
    /// What models cost.
    model_cost_usd: f64,
    /// What telephony cost.
    telephony_cost_usd: f64,
    #[schema(required)]
    analysis: Option<CallAnalysis>,
}

impl From<&CallDetail> for CallDetailRow {
    fn from(detail: &CallDetail) -> Self {
        Self {
            call: CallRow::from(&detail.line),
            transcript: detail.transcript.clone(),
            turns: detail.turns.iter().map(TurnRow::from).collect(),
            interactions: detail.interactions.iter().map(InteractionRow::from).collect(),
            usage: detail.usage.iter().map(CallUsage::from).collect(),
            carrier_charges: detail.carrier_usage.iter().map(CarrierCharge::from).collect(),
            model_cost_usd: dollars(detail.model_microusd()),
            telephony_cost_usd: dollars(detail.telephony_microusd()),
            analysis: detail.analysis.as_ref().map(CallAnalysis::from),
        }
    }
}

/// A call that is about to begin in a browser.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BrowserCallRow {
    call_id: String,
    /// Opens `/api/calls/{id}/stream` once, within a minute: as the subprotocol `token.<token>` beside `patchcord.call.v1`.
    token: String,
}

impl From<&BrowserCall> for BrowserCallRow {
    fn from(call: &BrowserCall) -> Self {
        Self { call_id: call.call_id.clone(), token: call.token.clone() }
    }
}
