//! The statements of calls.

use sea_orm::ConnectionTrait;
use serde_json::json;

use crate::calls::Query;
use crate::rows::Call;
use crate::unscoped::calls as any_call;
use crate::{Reader, StoreError, Tenant, Tx, call_figures, call_records, calls};

/// Calls everything that reads.
pub(super) async fn read(t: Tenant<'_, Reader>) -> Result<(), StoreError> {
    let some = vec!["a".to_owned(), "b".to_owned()];
    let all = Query { offset: 5, limit: 5, ..Query::default() };
    let every = Query {
        statuses: vec!["COMPLETED", "FAILED"],
        engines: vec!["RELAY"],
        resolutions: vec!["RESOLVED"],
        sentiments: some.clone(),
        organizations: some.clone(),
        contacts: some.clone(),
        devices: some.clone(),
        tickets: some.clone(),
        agents: some.clone(),
        handed_on_by: some.clone(),
        was_escalated: Some(true),
        from: Some(1),
        to: Some(2),
        within: Some(vec![1..2, 3..4]),
        words: Some("two words".into()),
        ..all.clone()
    };
    for query in [
        Query { after: Some((5, "x".into())), ..all.clone() },
        Query { ascending: true, after: Some((5, "x".into())), ..all.clone() },
        Query { organizations: some.clone(), ..all.clone() },
        Query { contacts: some.clone(), ..all.clone() },
        Query { tickets: some.clone(), ..all.clone() },
        Query { devices: some.clone(), ..all.clone() },
        Query { within: Some(vec![1..2, 3..4]), ..all.clone() },
        Query { agents: some.clone(), ..all.clone() },
        Query { handed_on_by: some, ..all.clone() },
        Query { words: Some("w".into()), ..all.clone() },
        all,
        every,
    ] {
        calls::page(t, &query).await?;
        calls::count(t, &query).await?;
    }
    calls::live(t).await?;
    calls::live_count(t).await?;
    calls::line(t, "c").await?;
    call_records::transcripts(t, &["a".to_owned(), "b".to_owned()]).await?;
    call_figures::tallies(t, 1, 5).await?;
    call_figures::agents(t, 1, 5).await?;
    call_records::turns(t, "c", 0, 5).await?;
    call_records::newest_turns(t, "c", 5).await?;
    call_records::live_turns(t, 5).await?;
    call_records::interactions(t, "c").await?;
    call_records::last_interaction(t, "c").await?;
    call_records::usage(t, "c").await?;
    call_records::carrier_usage(t, "c").await?;
    call_records::analysis(t, "c").await?;
    call_records::effect(t, "c", "k").await?;
    call_records::wrong_codes(t, "+1", 5).await?;
    Ok(())
}

/// Calls everything that is not bound to one workspace.
pub(super) async fn read_unscoped<C: ConnectionTrait>(reader: &C) -> Result<(), StoreError> {
    any_call::by_sid(reader, "CA").await?;
    any_call::only_workspace(reader).await?;
    Ok(())
}

/// The same, for the reader alone.
pub(super) async fn read_all(reader: &Reader) -> Result<(), StoreError> {
    read_unscoped(reader).await?;
    any_call::expired(reader, 5, 5).await?;
    any_call::forgotten(reader, 5, None, 5).await?;
    Ok(())
}

/// Calls everything that writes; no row is there, so nothing is changed.
pub(super) async fn write(tx: &Tx, t: Tenant<'_, Tx>) -> Result<(), StoreError> {
    any_call::use_token(tx, "h", 5).await?;
    any_call::extend_leases(tx, "n", 5).await?;
    t.lock::<Call>("c").await?;
    call_records::erase(t, &call()).await
}

fn call() -> Call {
    Call {
        workspace_id: "w".into(),
        id: "c".into(),
        provider: "TWILIO".into(),
        provider_call_sid: "CA".into(),
        caller_phone: None,
        from_number: String::new(),
        to_number: String::new(),
        organization_id: None,
        contact_id: None,
        device_id: None,
        identified_by: "NONE".into(),
        verification: "NONE".into(),
        status: "RINGING".into(),
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
        checkpoint: Some(json!({})),
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
