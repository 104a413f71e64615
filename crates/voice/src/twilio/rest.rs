//! Twilio's interface for calls: hang up, redirect, place, price. Every wait and every answer has a limit.

use std::time::Duration;

use async_trait::async_trait;
use patchcord_agents::{Carrier, CarrierError, Instructions, Order, Price};
use patchcord_domain::call::CallStatus;
use serde::Deserialize;

use super::webhook::call_status;

/// Where the interface is when nothing else is said; the version belongs to it.
pub const BASE_URL: &str = "https://api.twilio.com/2010-04-01";

/// The code of a call that is not there.
const NOT_FOUND: u32 = 20404;
/// Codes of calls that are over, or not yet in the state that is asked for.
const NOT_IN_PROGRESS: [u32; 2] = [21220, 21218];
/// Longest answer that is read, in bytes.
const ANSWER_MAX: usize = 256 * 1024;
/// The longest recording, in bytes: four hours of two channels as they come.
const SOUND_MAX: usize = 512 * 1024 * 1024;
/// How long the sound of a recording may take to be fetched.
const SOUND_LIMIT: Duration = Duration::from_secs(300);
const CONNECT_LIMIT: Duration = Duration::from_secs(3);
const LIMIT: Duration = Duration::from_secs(10);

/// The account with which the interface is used.
#[derive(Clone)]
pub struct Account {
    /// `AC` and 32 more characters.
    pub sid: String,
    /// The name that is sent: the account's own, or that of an API key.
    pub user: String,
    /// The secret that belongs to it.
    pub secret: String,
}

/// Twilio, as something that does things with calls.
pub struct Rest {
    client: reqwest::Client,
    base_url: String,
    account: Account,
}

impl Rest {
    /// A client of the interface at `base_url`, which ends in its version.
    ///
    /// # Errors
    /// When no client of HTTP can be made on this machine.
    pub fn new(base_url: &str, account: Account) -> Result<Self, reqwest::Error> {
        let client = reqwest::Client::builder()
            .connect_timeout(CONNECT_LIMIT)
            .timeout(LIMIT)
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        Ok(Self { client, base_url: base_url.trim_end_matches('/').to_owned(), account })
    }

    fn calls(&self) -> String {
        format!("{}/Accounts/{}/Calls", self.base_url, segment(&self.account.sid))
    }

    fn sound(&self, recording: &str, ending: &str) -> String {
        format!("{}/Accounts/{}/Recordings/{}{ending}", self.base_url, segment(&self.account.sid), segment(recording))
    }

    fn call(&self, call: &str) -> String {
        format!("{}/{}.json", self.calls(), segment(call))
    }

    async fn post(&self, address: &str, fields: &[(&str, &str)]) -> Result<CallAnswer, CarrierError> {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = self.client.post(address).header("content-type", "application/x-www-form-urlencoded").body(body);
        self.send(request).await
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Result<CallAnswer, CarrierError> {
        let body = self.fetch(request, ANSWER_MAX).await?;
        serde_json::from_slice(&body).map_err(|_| CarrierError::Unavailable("its answer was no JSON"))
    }

    /// The body of a good answer, up to so many bytes.
    async fn fetch(&self, request: reqwest::RequestBuilder, most: usize) -> Result<Vec<u8>, CarrierError> {
        let sent = request.basic_auth(&self.account.user, Some(&self.account.secret)).send().await;
        let mut response = sent.map_err(|error| unreachable(&error))?;
        let status = response.status();
        let mut body = Vec::new();
        while let Some(piece) = response.chunk().await.map_err(|error| unreachable(&error))? {
            if body.len() + piece.len() > most {
                return Err(CarrierError::Unavailable("its answer was too long"));
            }
            body.extend_from_slice(&piece);
        }
        if status.is_success() {
            return Ok(body);
        }
        let code = serde_json::from_slice::<Fault>(&body).ok().and_then(|fault| fault.code);
        Err(match (status.as_u16(), code) {
            (_, Some(NOT_FOUND)) | (404, _) => CarrierError::Gone,
            (_, Some(code)) if NOT_IN_PROGRESS.contains(&code) => CarrierError::Gone,
            (401 | 403, _) => CarrierError::Unauthorized,
            (429, _) => CarrierError::RateLimited,
            (500.., _) => CarrierError::Unavailable("it had a fault of its own"),
            (status, code) => CarrierError::Refused { code: code.unwrap_or(u32::from(status)) },
        })
    }

    async fn update(&self, call: &str, fields: &[(&str, &str)]) -> Result<(), CarrierError> {
        self.post(&self.call(call), fields).await.map(drop)
    }

    /// Gives up a call that nobody has answered yet. One that is gone already is a success.
    ///
    /// # Errors
    /// As for [`Carrier::hang_up`].
    pub async fn give_up(&self, call: &str) -> Result<(), CarrierError> {
        gone_is_fine(self.update(call, &[("Status", "canceled")]).await)
    }
}

/// The account as the interface shows it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct AccountAnswer {
    /// `active`, `suspended` or `closed`.
    pub status: Option<String>,
}

/// A number of the account, and whom the carrier asks when it rings.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct IncomingNumber {
    /// The number, in E.164.
    #[serde(default)]
    pub phone_number: String,
    /// The address that is asked when it rings.
    #[serde(default)]
    pub voice_url: Option<String>,
    /// The address that is asked when that fails.
    #[serde(default)]
    pub voice_fallback_url: Option<String>,
    /// The address that is told what becomes of a call.
    #[serde(default)]
    pub status_callback: Option<String>,
}

#[derive(Deserialize)]
struct Numbers {
    incoming_phone_numbers: Vec<IncomingNumber>,
}

impl Rest {
    /// The account, for a check of its settings.
    ///
    /// # Errors
    /// As for [`Carrier::hang_up`].
    pub async fn account(&self) -> Result<AccountAnswer, CarrierError> {
        let address = format!("{}/Accounts/{}.json", self.base_url, segment(&self.account.sid));
        self.read(&address).await
    }

    /// The account's numbers, the first hundred.
    ///
    /// # Errors
    /// As for [`Carrier::hang_up`].
    pub async fn numbers(&self) -> Result<Vec<IncomingNumber>, CarrierError> {
        let account = segment(&self.account.sid);
        let address = format!("{}/Accounts/{account}/IncomingPhoneNumbers.json?PageSize=100", self.base_url);
        self.read::<Numbers>(&address).await.map(|numbers| numbers.incoming_phone_numbers)
    }

    async fn read<T: serde::de::DeserializeOwned>(&self, address: &str) -> Result<T, CarrierError> {
        let body = self.fetch(self.client.get(address), ANSWER_MAX).await?;
        serde_json::from_slice(&body).map_err(|_| CarrierError::Unavailable("its answer was no JSON"))
    }
}

#[async_trait]
impl Carrier for Rest {
    async fn hang_up(&self, call: &str) -> Result<(), CarrierError> {
        gone_is_fine(self.update(call, &[("Status", "completed")]).await)
    }

    async fn redirect(&self, call: &str, instructions: &Instructions) -> Result<(), CarrierError> {
        match instructions {
            Instructions::Address(address) => self.update(call, &[("Url", address), ("Method", "POST")]).await,
            Instructions::Document(document) => self.update(call, &[("Twiml", document)]).await,
        }
    }

    async fn place(&self, order: &Order) -> Result<String, CarrierError> {
        let ring = order.ring_seconds.to_string();
        let mut fields = vec![("To", order.to.as_str()), ("From", order.from.as_str()), ("Timeout", &ring)];
        match &order.instructions {
            Instructions::Address(address) => fields.extend([("Url", address.as_str()), ("Method", "POST")]),
            Instructions::Document(document) => fields.push(("Twiml", document)),
        }
        if let Some(address) = &order.status_address {
            fields.extend([("StatusCallback", address.as_str()), ("StatusCallbackMethod", "POST")]);
            fields
                .extend(["initiated", "ringing", "answered", "completed"].map(|event| ("StatusCallbackEvent", event)));
        }
        let placed = self.post(&format!("{}.json", self.calls()), &fields).await?;
        placed.sid.ok_or(CarrierError::Unavailable("its answer names no call"))
    }

    async fn price(&self, call: &str) -> Result<Option<Price>, CarrierError> {
        let call = self.send(self.client.get(self.call(call))).await?;
        let Some(micros) = call.price.as_deref().and_then(micros) else { return Ok(None) };
        Ok(Some(Price {
            micros,
            currency: call.price_unit.unwrap_or_else(|| "USD".to_owned()).to_uppercase(),
            seconds: call.duration.and_then(|text| text.parse().ok()).unwrap_or(0),
        }))
    }

    async fn status(&self, call: &str) -> Result<Option<CallStatus>, CarrierError> {
        let call = self.send(self.client.get(self.call(call))).await?;
        Ok(call.status.as_deref().and_then(call_status))
    }

    async fn record(&self, call: &str, status_address: &str) -> Result<(), CarrierError> {
        let address = format!("{}/{}/Recordings.json", self.calls(), segment(call));
        let fields = [
            ("RecordingChannels", "dual"),
            ("RecordingStatusCallback", status_address),
            ("RecordingStatusCallbackMethod", "POST"),
            ("RecordingStatusCallbackEvent", "completed"),
        ];
        self.post(&address, &fields).await.map(drop)
    }

    async fn recording(&self, recording: &str) -> Result<Vec<u8>, CarrierError> {
        let request = self.client.get(self.sound(recording, ".wav")).timeout(SOUND_LIMIT);
        self.fetch(request, SOUND_MAX).await
    }

    async fn forget_recording(&self, recording: &str) -> Result<(), CarrierError> {
        let request = self.client.delete(self.sound(recording, ".json"));
        gone_is_fine(self.fetch(request, ANSWER_MAX).await.map(drop))
    }
}

/// A call as the interface shows it; everything may be missing.
#[derive(Deserialize)]
struct CallAnswer {
    sid: Option<String>,
    status: Option<String>,
    price: Option<String>,
    price_unit: Option<String>,
    duration: Option<String>,
}

#[derive(Deserialize)]
struct Fault {
    code: Option<u32>,
}

fn gone_is_fine(result: Result<(), CarrierError>) -> Result<(), CarrierError> {
    match result {
        Err(CarrierError::Gone) => Ok(()),
        other => other,
    }
}

fn unreachable(error: &reqwest::Error) -> CarrierError {
    CarrierError::Unavailable(if error.is_timeout() { "it did not answer in time" } else { "no connection" })
}

/// Only what ids are made of goes into an address.
fn segment(id: &str) -> String {
    id.chars().filter(char::is_ascii_alphanumeric).collect()
}

/// A price such as `-0.0085` in millionths, without its sign: the carrier shows what it takes as negative.
fn micros(text: &str) -> Option<i64> {
    let text = text.trim().trim_start_matches(['-', '+']);
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if whole.len() > 9 || !(whole.bytes().chain(fraction.bytes())).all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let digits: String = fraction.chars().chain(std::iter::repeat('0')).take(6).collect();
    let whole: i64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    Some(whole * 1_000_000 + digits.parse::<i64>().ok()?)
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    #[test]
    fn prices_are_read_exactly() {
        for (text, expect) in [
            ("-0.0085", Some(8_500)),
            ("-0.00850", Some(8_500)),
            ("-1", Some(1_000_000)),
            ("0.0000009", Some(0)),
            (".5", Some(500_000)),
            ("abc", None),
            ("1e5", None),
            ("99999999999", None),
        ] {
            assert_eq!(micros(text), expect, "{text}");
        }
    }

    /// Answers requests one after the other with these, and gives back what it was asked.
    async fn carrier(answers: Vec<(u16, &'static str)>) -> (Rest, tokio::task::JoinHandle<Vec<String>>) {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let base = format!("http://{}/2010-04-01", listener.local_addr().unwrap());
        let tasks = tokio_util::task::TaskTracker::new();
        let asked = tasks.spawn(async move {
            let mut asked = Vec::new();
            for (status, body) in answers {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut text = String::new();
                let mut buffer = [0; 4096];
                loop {
                    let read = stream.read(&mut buffer).await.unwrap();
                    text.push_str(&String::from_utf8_lossy(&buffer[..read]));
                    let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
                    let length = head
                        .lines()
                        .find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse::<usize>().ok());
                    if body.len() >= length.unwrap_or(0) {
                        break;
                    }
                }
                asked.push(text);
                let answer =
                    format!("HTTP/1.1 {status} x\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len());
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
            asked
        });
        let account = Account { sid: "AC1".into(), user: "AC1".into(), secret: "secret".into() };
        (Rest::new(&base, account).unwrap(), asked)
    }

    #[tokio::test]
    async fn a_call_is_asked_for() {
        let (rest, asked) = carrier(vec![
            (200, r#"{"sid":"CA1","status":"in-progress"}"#),
            (200, r#"{"sid":"CA1","status":"no-answer"}"#),
            (200, r#"{"sid":"CA1","status":"on the moon"}"#),
            (404, r#"{"code":20404}"#),
        ])
        .await;
        assert_eq!(rest.status("CA1").await, Ok(Some(CallStatus::InProgress)));
        assert_eq!(rest.status("CA1").await, Ok(Some(CallStatus::NoAnswer)));
        assert_eq!(rest.status("CA1").await, Ok(None));
        assert_eq!(rest.status("CA1").await, Err(CarrierError::Gone));
        assert!(asked.await.unwrap()[0].starts_with("GET /2010-04-01/Accounts/AC1/Calls/CA1.json "));
    }

    #[tokio::test]
    async fn a_live_call_is_ended_and_redirected() {
        let (rest, asked) = carrier(vec![
            (200, r#"{"sid":"CA1","status":"completed"}"#),
            (404, r#"{"code":20404,"message":"not found"}"#),
            (200, r#"{"sid":"CA1"}"#),
            (400, r#"{"code":21220}"#),
            (200, r#"{"sid":"CA1"}"#),
        ])
        .await;
        rest.hang_up("CA1").await.unwrap();
        rest.hang_up("CA1").await.unwrap();
        rest.redirect("CA1", &Instructions::Address("https://x.test/twilio/action?a=1&b=2".into())).await.unwrap();
        let gone = rest.redirect("CA1", &Instructions::Document("<Response/>".into())).await;
        assert_eq!(gone, Err(CarrierError::Gone));
        rest.give_up("CA1").await.unwrap();
        let asked = asked.await.unwrap();
        assert!(asked[0].starts_with("POST /2010-04-01/Accounts/AC1/Calls/CA1.json "), "{}", asked[0]);
        assert!(asked[0].ends_with("Status=completed"));
        // AC1:secret
        assert!(asked[0].to_lowercase().contains("authorization: basic qumxonnly3jlda=="), "{}", asked[0]);
        assert!(asked[2].ends_with("Url=https%3A%2F%2Fx.test%2Ftwilio%2Faction%3Fa%3D1%26b%3D2&Method=POST"));
        assert!(asked[3].ends_with("Twiml=%3CResponse%2F%3E"));
        assert!(asked[4].ends_with("Status=canceled"));
    }

    #[tokio::test]
    async fn calls_are_placed_and_priced() {
        let (rest, asked) = carrier(vec![
            (201, r#"{"sid":"CA9","status":"queued"}"#),
            (200, r#"{"sid":"CA9","price":null,"price_unit":"USD","duration":"61"}"#),
            (200, r#"{"sid":"CA9","price":"-0.0170","price_unit":"usd","duration":"61"}"#),
            (200, "{}"),
        ])
        .await;
        let order = Order {
            to: "+12025550143".into(),
            from: "+12025550100".into(),
            instructions: Instructions::Document("<Response/>".into()),
            status_address: Some("https://x.test/twilio/status".into()),
            ring_seconds: 25,
        };
        assert_eq!(rest.place(&order).await.unwrap(), "CA9");
        assert_eq!(rest.price("CA9").await.unwrap(), None);
        let price = rest.price("CA9").await.unwrap().unwrap();
        assert_eq!(price, Price { micros: 17_000, currency: "USD".into(), seconds: 61 });
        assert!(rest.place(&order).await.unwrap_err().is_transient());
        let asked = asked.await.unwrap();
        assert!(asked[0].starts_with("POST /2010-04-01/Accounts/AC1/Calls.json "));
        assert!(asked[0].contains("To=%2B12025550143&From=%2B12025550100&Timeout=25&Twiml="), "{}", asked[0]);
        assert!(asked[0].contains("StatusCallbackEvent=initiated&StatusCallbackEvent=ringing"));
        assert!(asked[1].starts_with("GET /2010-04-01/Accounts/AC1/Calls/CA9.json "));
    }

    #[tokio::test]
    async fn recordings_are_begun_fetched_and_deleted() {
        let (rest, asked) = carrier(vec![
            (201, r#"{"sid":"RE1","status":"in-progress"}"#),
            (200, "RIFF"),
            (204, ""),
            (404, r#"{"code":20404}"#),
            (404, r#"{"code":20404}"#),
        ])
        .await;
        rest.record("CA1", "https://x.test/twilio/recording").await.unwrap();
        assert_eq!(rest.recording("RE1").await.unwrap(), b"RIFF");
        rest.forget_recording("RE1").await.unwrap();
        rest.forget_recording("RE1").await.unwrap();
        assert_eq!(rest.recording("RE1").await, Err(CarrierError::Gone));
        let asked = asked.await.unwrap();
        assert!(asked[0].starts_with("POST /2010-04-01/Accounts/AC1/Calls/CA1/Recordings.json "), "{}", asked[0]);
        assert!(
            asked[0].contains("RecordingChannels=dual&RecordingStatusCallback=https%3A%2F%2Fx.test"),
            "{}",
            asked[0]
        );
        assert!(asked[1].starts_with("GET /2010-04-01/Accounts/AC1/Recordings/RE1.wav "), "{}", asked[1]);
        assert!(asked[2].starts_with("DELETE /2010-04-01/Accounts/AC1/Recordings/RE1.json "), "{}", asked[2]);
    }

    #[tokio::test]
    async fn faults_are_told_apart_and_bounded() {
        let long: &'static str = Box::leak(format!("\"{}\"", "x".repeat(ANSWER_MAX)).into_boxed_str());
        let (rest, _asked) = carrier(vec![
            (401, r#"{"code":20003}"#),
            (429, "{}"),
            (503, "no JSON"),
            (400, r#"{"code":21211}"#),
            (418, "?"),
            (200, "?"),
            (200, long),
        ])
        .await;
        let mut faults = Vec::new();
        for _ in 0..7 {
            faults.push(rest.hang_up("CA1").await.unwrap_err());
        }
        assert_eq!(
            faults,
            [
                CarrierError::Unauthorized,
                CarrierError::RateLimited,
                CarrierError::Unavailable("it had a fault of its own"),
                CarrierError::Refused { code: 21211 },
                CarrierError::Refused { code: 418 },
                CarrierError::Unavailable("its answer was no JSON"),
                CarrierError::Unavailable("its answer was too long"),
            ]
        );
        let account = Account { sid: "AC1".into(), user: "AC1".into(), secret: "secret".into() };
        let nobody = Rest::new("http://127.0.0.1:1/2010-04-01", account).unwrap();
        assert_eq!(nobody.hang_up("CA1").await, Err(CarrierError::Unavailable("no connection")));
    }
}
