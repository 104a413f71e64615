//! Scripted callers on a line to a tiny server.

use patchcord_simulator::caller::{Evidence, Who, play, read};
use patchcord_simulator::carrier::{Carrier, Incoming};
use patchcord_simulator::pace::Pace;
use serde_json::json;

use crate::carrier::fast;
use crate::desk::Desk;

const SCENARIO: &str = r#"
name = "small"
about = "Says a thing, confirms it, says goodbye."
[caller]
name = "Mara Lindqvist"
phone = "+14105550111"
ue_code = "4471"
[[line]]
free = true
say = ["My printer does not work.", "The printer has stopped working."]
[[line]]
say = ["Then goodbye."]
[expect]
said = ["how can i help", "printer & right"]
not_said = ["exception"]
ended_by = "desk"
call = { verification = "VERIFIED", "organization.name" = "halden" }
"#;

#[tokio::test]
async fn a_caller_listens_and_answers() {
    let scenario = read(SCENARIO).unwrap();
    for seed in 0..4 {
        let desk = Desk::start().await;
        desk.answer(
            "voice",
            "<Connect action='BASE/twilio/action'><ConversationRelay url='SOCKET/twilio/relay'/></Connect>",
        );
        desk.answer("action", "<Hangup/>");
        let carrier = Carrier::start(fast(&desk)).await.unwrap();
        let incoming = Incoming { from: scenario.caller.phone.clone(), to: "+12025550100".into(), stir: None };
        let call = carrier.call(incoming);
        let mut seen = 0;
        let played = play(&scenario, call.phone, Pace::TENFOLD, seed, |_| seen += 1).await;
        assert_eq!(seen, played.spoken.len());
        let said: Vec<(Who, &str)> = played.spoken.iter().map(|s| (s.who, s.text.as_str())).collect();
        assert_eq!(said[0], (Who::Desk, "Hello, how can I help you today?"), "{said:#?}");
        assert!(said[1].0 == Who::Caller && said[1].1.to_lowercase().contains("printer"), "{said:#?}");
        assert!(said[2].0 == Who::Desk && said[2].1.contains("Is that right?"), "{said:#?}");
        assert_eq!(said[3].0, Who::Caller);
        let mut evidence = Evidence {
            call: json!({"verification": "VERIFIED", "organization": {"name": "Halden Logistics"}}),
            carrier_status: "completed".into(),
            ..Evidence::default()
        };
        assert_eq!(scenario.unmet(&played, &evidence, true), [""; 0], "{said:#?}");
        evidence.call["verification"] = json!("NONE");
        evidence.warnings.push("64107".into());
        assert_eq!(scenario.unmet(&played, &evidence, true).len(), 2);
        assert!(played.response_ms.len() >= 2 && !played.gave_up);
    }
}
