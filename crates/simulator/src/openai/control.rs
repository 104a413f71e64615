//! A scripted model that other processes steer over HTTP, such as tests in a browser.
//!
//! | request | does |
//! |---|---|
//! | `POST /script` | adds the steps of a JSON list to the end of the script |
//! | `POST /release` | lets every step go on that is held, the ones under way and the ones in the script |
//! | `GET /requests` | tells how many chat completions were asked for |
//!
//! A step is `{"json": {…}}` (an answer), `{"status": 500}` or `{"noSuchModel": true}`. With `"held": true` it waits for
//! `/release`, with `"slowlyMs": 40` an answer streams with so much time before each piece.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use super::{Reply, ScriptedModel, Step, lock};
use crate::http::Connection;

/// Steers `model` for whoever connects to `listener`, until this future is dropped. What comes when the script is at its end
/// gets the plainest answer.
///
/// # Errors
/// When the listener fails.
pub async fn steer(model: ScriptedModel, listener: TcpListener) -> std::io::Result<()> {
    model.respond(|_| Step::Plainest);
    let gates = Mutex::default();
    loop {
        let (socket, _) = listener.accept().await?;
        // One after the other: there is one test at a time, and its requests are small.
        let _ = serve(Connection::new(socket), &model, &gates).await;
    }
}

type Gates = Mutex<Vec<Arc<Semaphore>>>;

async fn serve(mut connection: Connection, model: &ScriptedModel, gates: &Gates) -> std::io::Result<()> {
    let Some((raw, body_at)) = connection.next().await? else { return Ok(()) };
    let request = super::Request { raw, body_at };
    let (status, answer) = match request.target().as_str() {
        "POST /script" => match steps(&request.json(), gates) {
            Ok(steps) => {
                steps.into_iter().for_each(|step| model.push(step));
                (200, json!({"ok": true}))
            }
            Err(fault) => (400, json!({"error": fault})),
        },
        "POST /release" => {
            let held = std::mem::take(&mut *lock(gates));
            held.iter().for_each(|gate| gate.add_permits(1));
            (200, json!({"released": held.len()}))
        }
        "GET /requests" => {
            let chats = model.requests().iter().filter(|request| request.target().ends_with("/completions")).count();
            (200, json!({"chats": chats}))
        }
        _ => (404, json!({"error": "there are POST /script, POST /release and GET /requests"})),
    };
    let headers = [("content-type", "application/json".to_owned()), ("connection", "close".to_owned())];
    connection.send(status, &headers, answer.to_string().as_bytes()).await?;
    connection.cut().await
}

fn steps(script: &Value, gates: &Gates) -> Result<Vec<Step>, String> {
    let list = script.as_array().ok_or("a script is a list of steps")?;
    list.iter().map(|step| one(step, gates)).collect()
}

fn one(step: &Value, gates: &Gates) -> Result<Step, String> {
    let made = if step["json"].is_object() {
        let reply = Reply::json(step["json"].clone());
        step["slowlyMs"].as_u64().map_or_else(|| Step::Reply(reply.clone()), |pause| Step::Slowly(pause, reply.clone()))
    } else if let Some(status) = step["status"].as_u64().and_then(|status| u16::try_from(status).ok()) {
        Step::Status(status)
    } else if step["noSuchModel"] == true {
        Step::NoSuchModel
    } else {
        return Err(format!("not a step: {step}"));
    };
    if step["held"] != true {
        return Ok(made);
    }
    let gate = Arc::new(Semaphore::new(0));
    lock(gates).push(Arc::clone(&gate));
    Ok(Step::Held(gate, Box::new(made)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts() {
        let gates = Gates::default();
        let script = json!([{"json": {"a": 1}, "held": true}, {"status": 503}, {"json": {}, "slowlyMs": 5}]);
        let made = steps(&script, &gates).unwrap();
        assert!(matches!(made.as_slice(), [Step::Held(..), Step::Status(503), Step::Slowly(5, _)]), "{made:?}");
        assert_eq!(lock(&gates).len(), 1);
        for wrong in [json!({}), json!([{}]), json!([{"status": "x"}])] {
            assert!(steps(&wrong, &gates).is_err(), "{wrong}");
        }
    }
}
