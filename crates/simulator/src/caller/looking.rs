//! What a call left at the desk, looked up over the desk's own interface.

use serde_json::Value;

use super::evidence::Evidence;
use super::play::{Mouth, Played, Spoken, improvise, play};
use super::scenario::Scenario;
use crate::carrier::{Broken, Carrier, Incoming, Options, Phone, Request, send};
use crate::pace::Pace;

/// Somebody who may read calls and tickets.
#[derive(Debug, Clone)]
pub struct Looking {
    url: String,
    token: String,
}

/// How a call was played, and what the carrier has of it.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The carrier's id of the call.
    pub sid: String,
    /// What was said.
    pub played: Played,
    /// What it left behind, as far as somebody looked.
    pub evidence: Evidence,
}

impl Looking {
    /// Reads with this token.
    pub fn with_token(url: &str, token: &str) -> Self {
        Self { url: url.trim_end_matches('/').to_owned(), token: token.to_owned() }
    }

    /// Signs in.
    ///
    /// # Errors
    /// In words, when the desk does not let them in.
    pub async fn sign_in(url: &str, email: &str, password: &str) -> Result<Self, String> {
        let body = serde_json::json!({"email": email, "password": password}).to_string();
        let request = Request {
            method: "POST".to_owned(),
            url: format!("{}/api/auth/login", url.trim_end_matches('/')),
            headers: vec![("content-type".to_owned(), "application/json".to_owned())],
            body,
        };
        let answer = send(&request).await?;
        let session: Value = serde_json::from_str(&answer.body).unwrap_or_default();
        match session["accessToken"].as_str() {
            Some(token) => Ok(Self::with_token(url, token)),
            None => Err(format!("signing in as {email} is answered with {}", answer.status)),
        }
    }

    /// Reads something; null when it is not there.
    ///
    /// # Errors
    /// In words, when there is no answer.
    pub async fn get(&self, path: &str) -> Result<Value, String> {
        let request = Request {
            method: "GET".to_owned(),
            url: format!("{}{path}", self.url),
            headers: vec![("authorization".to_owned(), format!("Bearer {}", self.token))],
            body: String::new(),
        };
        let answer = send(&request).await?;
        match answer.status {
            200 => serde_json::from_str(&answer.body).map_err(|error| format!("{path}: {error}")),
            404 => Ok(Value::Null),
            status => Err(format!("{path} is answered with {status}")),
        }
    }

    /// The call and its ticket, once the call is complete or that many tries were made; a quarter of a second lies between
    /// two. A call in which nobody said a word gets no summary, so its end is enough when it still has no words a second later.
    ///
    /// # Errors
    /// In words, when there is no answer.
    pub async fn look(&self, sid: &str, tries: u32) -> Result<(Value, Value), String> {
        let (mut call, mut ticket) = (Value::Null, Value::Null);
        let mut silent = 0;
        for attempt in 0..tries.max(1) {
            if attempt > 0 {
                tokio::time::sleep(std::time::Duration::from_millis(250)).await;
            }
            let page = self.get("/api/calls?limit=100").await?;
            let found = page["items"].as_array().into_iter().flatten().find(|call| call["providerCallSid"] == sid);
            let Some(id) = found.and_then(|call| call["id"].as_str()) else { continue };
            call = self.get(&format!("/api/calls/{id}")).await?;
            if let Some(ticket_id) = call["ticket"]["id"].as_str() {
                ticket = self.get(&format!("/api/tickets/{ticket_id}")).await?;
            }
            if call["endedAt"].is_null() {
                continue;
            }
            let mut turns = call["turns"].as_array().into_iter().flatten();
            silent += u32::from(!turns.any(|turn| turn["speaker"] == "CALLER"));
            if silent > 4 || !(call["summary"].is_null() || call["sentiment"].is_null()) {
                break;
            }
        }
        Ok((call, ticket))
    }
}

impl Scenario {
    /// A carrier as the scenario wants it.
    pub fn carrier(&self, mut options: Options, people: &[&str]) -> Options {
        options.twice |= self.carrier.twice;
        options.out_of_order |= self.carrier.out_of_order;
        if self.carrier.asks_nobody {
            options.broken = Broken::AsksNobody;
        }
        options.people.extend(people.iter().map(|number| self.person(number)));
        options
    }

    /// Plays the scenario once over a carrier; what the carrier has of it is in the evidence.
    pub async fn run(&self, carrier: &Carrier, to: &str, pace: Pace, seed: u64, watch: impl FnMut(&Spoken)) -> Outcome {
        self.run_with(carrier, to, async |phone| play(self, phone, pace, seed, watch).await).await
    }

    /// The same by somebody who finds words of their own.
    pub async fn run_by(
        &self,
        mouth: &dyn Mouth,
        carrier: &Carrier,
        to: &str,
        pace: Pace,
        watch: impl FnMut(&Spoken),
    ) -> Outcome {
        self.run_with(carrier, to, async |phone| improvise(self, mouth, phone, pace, watch).await).await
    }

    async fn run_with(&self, carrier: &Carrier, to: &str, play: impl AsyncFnOnce(Phone) -> Played) -> Outcome {
        let to = self.carrier.to.as_deref().unwrap_or(to);
        let incoming = Incoming { from: self.caller.phone.clone(), to: to.to_owned(), stir: self.carrier.stir.clone() };
        let call = carrier.call(incoming);
        let played = play(call.phone).await;
        let sid = call.sid;
        let dialled = carrier.dialled(&sid);
        let evidence = Evidence {
            overheard: dialled.iter().flat_map(|number| carrier.overheard(number)).collect(),
            dialled,
            carrier_status: carrier.status(&sid).unwrap_or_default().to_owned(),
            warnings: carrier
                .notes(&sid)
                .into_iter()
                .filter(|note| matches!(note.kind, "warning" | "fault"))
                .map(|note| note.text)
                .collect(),
            ..Evidence::default()
        };
        Outcome { sid, played, evidence }
    }
}
