//! Rows of calls with plain values.

use patchcord_store::rows::*;
use serde_json::json;

pub(crate) fn call(id: &str) -> Call {
    Call {
        workspace_id: "nobody".to_owned(),
        id: id.to_owned(),
        provider: "TWILIO".into(),
        provider_call_sid: format!("CA of {id}"),
        caller_phone: None,
        from_number: "+12025550143".into(),
        to_number: "+12025550100".into(),
        organization_id: None,
        contact_id: None,
        device_id: None,
        identified_by: "NONE".into(),
        verification: "NONE".into(),
        status: "COMPLETED".into(),
        engine: "RELAY".into(),
        model: None,
        current_agent: None,
        started_at: 1,
        answered_at: None,
        ended_at: None,
        duration_seconds: None,
        ai_resolution: "UNKNOWN".into(),
        was_escalated: false,
        transcript: None,
        call_summary: None,
        sentiment: None,
        ticket_id: None,
        recording_key: None,
        first_sound_ms: None,
        interruptions: 0,
        frames_late: 0,
        frames_lost: 0,
        bridge_added_ms: None,
        owner_node: None,
        lease_until: None,
        resume_count: 0,
        checkpoint: None,
        ending: None,
        stir_verdict: None,
        turn_count: 0,
        interaction_count: 0,
        wrong_codes: 0,
        last_turn_at: None,
        started_by_user_id: None,
        erased_at: None,
        version: 1,
        created_at: 1,
        updated_at: 1,
    }
}

pub(crate) fn call_turn(id: &str, call_id: &str) -> CallTurn {
    CallTurn {
        workspace_id: "nobody".to_owned(),
        id: id.to_owned(),
        call_id: call_id.to_owned(),
        seq: 1,
        speaker: "CALLER".into(),
        agent: None,
        text: "My printer is jammed.".into(),
        started_ms: 0,
        ended_ms: 900,
        response_ms: None,
        sentiment_score: None,
        interrupted: false,
        item_id: None,
        created_at: 1,
    }
}

pub(crate) fn interaction(id: &str, call_id: &str) -> Interaction {
    Interaction {
        workspace_id: "nobody".to_owned(),
        id: id.to_owned(),
        call_id: call_id.to_owned(),
        seq: 1,
        agent: "triage_agent".into(),
        entered_at: 1,
        left_at: None,
        handoff_from: None,
        handoff_reason: None,
        turns: 0,
        tool_calls: json!([]),
        outcome: None,
        created_at: 1,
        updated_at: 1,
    }
}

pub(crate) fn carrier_usage(id: &str, call_id: &str) -> CarrierUsage {
    CarrierUsage {
        workspace_id: "nobody".to_owned(),
        id: id.to_owned(),
        call_id: call_id.to_owned(),
        provider_call_sid: "CA".into(),
        kind: "inbound".into(),
        quantity: 1,
        unit: "minutes".into(),
        price_usd: 8_500,
        fetched_at: None,
        created_at: 1,
    }
}

pub(crate) fn call_analysis(id: &str, call_id: &str) -> Analysis {
    Analysis {
        workspace_id: "nobody".to_owned(),
        id: id.to_owned(),
        call_id: Some(call_id.to_owned()),
        ticket_id: None,
        sentiment: "neutral".into(),
        sentiment_score: 0,
        intent: "printer".into(),
        topics: json!([]),
        language: None,
        resolution: "UNKNOWN".into(),
        quality_flags: json!([]),
        model: "builtin".into(),
        created_at: 1,
    }
}
