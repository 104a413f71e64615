//! What the caller said while a session broke: it is lost, and they are asked for it.

use super::*;

/// A conversation that asks again for what was lost, as the desk's own does.
fn asks(input: &Input) -> Vec<Output> {
    match input {
        Input::Started { .. } => vec![Output::Respond],
        _ => Vec::new(),
    }
}

fn was_lost(told: &Inputs) -> bool {
    told.all().contains(&Input::Unheard)
}

impl Connection {
    async fn greets(&mut self) {
        let create = self.next().await;
        self.created("r1", &create).await;
        self.done("r1", &create, "completed").await;
    }

    async fn hears(&mut self, events: &[&str]) {
        for event in events {
            self.send(json!({"type": format!("input_audio_buffer.{event}"), "item_id": "u1"})).await;
        }
    }

    /// The sentence that bridges the break is said, and nothing else is asked for.
    async fn bridges(&mut self) {
        let bridge = self.next().await;
        assert!(bridge["response"]["instructions"].as_str().unwrap().ends_with("I am here again."), "{bridge}");
        self.created("r2", &bridge).await;
        self.done("r2", &bridge, "completed").await;
        self.silent(200).await;
    }
}

#[tokio::test]
async fn words_that_were_being_said_are_lost() {
    for events in [
        &["speech_started"][..],
        &["speech_started", "speech_stopped"],
        &["speech_started", "speech_stopped", "committed"],
    ] {
        let call = call(asks).await;
        let mut model = call.server.session().await;
        model.greets().await;
        model.hears(events).await;
        // The server has begun to answer what the desk does not know the words of.
        model.send(json!({"type": "response.created", "response": {"id": "own"}})).await;
        let last = *events.last().unwrap();
        call.told
            .until(last, |input| match last {
                "speech_started" => *input == Input::SpeechStarted,
                _ => *input == Input::SpeechStopped,
            })
            .await;
        tokio::time::sleep(Duration::from_millis(50)).await;
        drop(model);
        let mut model = call.server.session().await;
        model.bridges().await;
        assert!(was_lost(&call.told), "{events:?}");
    }
}

#[tokio::test]
async fn words_that_are_known_are_not_lost() {
    let call = call(asks).await;
    let mut model = call.server.session().await;
    model.greets().await;
    model.hears(&["speech_started", "speech_stopped", "committed"]).await;
    model
        .send(json!({
            "type": "conversation.item.input_audio_transcription.completed", "item_id": "u1", "content_index": 0,
            "transcript": "My printer is jammed.",
        }))
        .await;
    call.told.until("the words", |input| matches!(input, Input::Heard { .. })).await;
    drop(model);
    let mut model = call.server.session().await;
    let bridge = model.next().await;
    model.created("r2", &bridge).await;
    model.done("r2", &bridge, "completed").await;
    // The answer that broke off is given.
    assert_eq!(model.next().await["type"], "response.create");
    assert!(!was_lost(&call.told));
}

#[tokio::test]
async fn speech_that_no_model_was_there_for_is_lost() {
    let call = call(asks).await;
    let mut model = call.server.session().await;
    model.greets().await;
    call.told.until("quiet", |input| *input == Input::Quiet).await;
    drop(model);
    let mut model = call.server.accept().await;
    for frame in 0..50 {
        call.carrier.send(&media(frame * 20, &STANDARD.encode([0x9f; 160])));
    }
    tokio::time::sleep(Duration::from_millis(50)).await;
    // It gets what was kept, which is all of it.
    model.send(json!({"type": "session.updated", "session": {}})).await;
    model.bridges().await;
    assert_eq!(model.sound.concat().len(), 50 * 160);
    assert!(!was_lost(&call.told));

    drop(model);
    let mut accepted = call.server.accept().await;
    for frame in 50..200 {
        call.carrier.send(&media(frame * 20, &STANDARD.encode([0x9f; 160])));
    }
    tokio::time::sleep(Duration::from_millis(50)).await;
    accepted.send(json!({"type": "session.updated", "session": {}})).await;
    accepted.bridges().await;
    assert!(was_lost(&call.told), "more was said than is kept");
}

#[tokio::test]
async fn speech_that_no_model_will_hear_is_lost() {
    let call = call(asks).await;
    let mut model = call.server.session().await;
    model.greets().await;
    drop(model);
    drop(call.server.accept().await);
    for frame in 0..20 {
        call.carrier.send(&media(frame * 20, &STANDARD.encode([0x9f; 160])));
    }
    for _ in 1..REOPENED_MAX {
        drop(call.server.accept().await);
    }
    assert!(matches!(tokio::time::timeout(SOON, call.ended).await.unwrap().unwrap(), Ending::Failed { .. }));
    let told = call.told.all();
    let lost = told.iter().position(|input| *input == Input::Unheard);
    let ended = told.iter().position(|input| matches!(input, Input::End(_)));
    assert!(lost.is_some() && lost < ended, "{told:?}");
}
