//! `patchcord call --persona`: a model plays the caller.

use patchcord_simulator::openai::{KEY, Reply, ScriptedModel, Step};
use serde_json::Value;

use crate::harness::{Program, patchcord, ran};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_model_plays_the_caller() {
    let folder = tempfile::tempdir().unwrap();
    let desk = Program::serve(folder.path(), &["--demo"], &[]).await;
    let port = desk.port.to_string();
    let call = async |environment: &[(&str, &str)]| {
        let words = "impatient; the mouse has no battery";
        let mut command =
            patchcord(folder.path(), &["call", "--persona", words, "--speed", "10", "--json", "--rest-port", "0"]);
        command.env("PORT", &port).envs(environment.iter().copied());
        ran(command).await
    };
    let (code, _, err) = call(&[]).await;
    assert!(code != 0 && err.contains("set OPENAI_API_KEY"), "{err}");

    let says = |text: &str| Step::Reply(Reply { content: Some(text.into()), ..Reply::default() });
    let goodbye = Step::Reply(Reply::calls(Some("That is all, goodbye."), &[["c1", "hang_up", "{}"]]));
    let model =
        ScriptedModel::start([says("It is 7 3 0 5 5."), says("The mouse of my computer has no battery."), goodbye])
            .await;
    let url = model.base_url();
    let (code, out, err) = call(&[("OPENAI_BASE_URL", url.as_str()), ("OPENAI_API_KEY", KEY)]).await;
    assert_eq!(code, 0, "{out}{err}");
    let told: Value = serde_json::from_str(&out).unwrap();
    let caller: Vec<&str> = told["played"]["spoken"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|spoken| spoken["who"] == "caller")
        .filter_map(|spoken| spoken["text"].as_str())
        .collect();
    assert_eq!(caller, ["It is 7 3 0 5 5.", "The mouse of my computer has no battery.", "That is all, goodbye."]);
    // Both say goodbye; whoever is quicker hangs up.
    assert!(["caller", "desk"].contains(&told["played"]["endedBy"].as_str().unwrap()), "{told}");
    let asked = model.requests();
    let instructions = asked[0].message(0);
    for part in ["Owen McAllister", "Arbor Legal LLP", "73055", "impatient; the mouse has no battery"] {
        assert!(instructions.contains(part), "{part}: {instructions}");
    }
    assert!(asked[1].message(1).contains("U-E code"), "it hears the desk");
    desk.stop().await;
}
