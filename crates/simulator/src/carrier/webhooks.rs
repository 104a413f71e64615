//! The requests that the carrier makes of the server: their parameters, their signature, and what comes after a failure.

use super::post::{self, Request, Response};
use super::signature::sign;
use super::{Shared, lock};
use crate::pace::Pace;

/// Pairs of a form.
pub(crate) type Params = Vec<(String, String)>;

/// Twilio's error of an answer that cannot be had.
pub(crate) const RETRIEVAL_FAILED: &str = "11200";
/// Twilio's error of a document that cannot be read.
pub(crate) const NOT_TWIML: &str = "12100";

/// A parameter.
pub(crate) fn param(name: &str, value: impl Into<String>) -> (String, String) {
    (name.to_owned(), value.into())
}

impl Shared {
    /// The parameters of every webhook about a call.
    pub(crate) fn base(&self, sid: &str, stir: Option<&str>) -> Params {
        let calls = lock(&self.calls);
        let Some(record) = calls.get(sid) else { return Vec::new() };
        let mut params = vec![
            param("CallSid", sid),
            param("AccountSid", &self.options.account),
            param("From", &record.from),
            param("To", &record.to),
            param("Caller", &record.from),
            param("Called", &record.to),
            param("CallStatus", record.status),
            param("ApiVersion", "2010-04-01"),
            param("Direction", record.direction),
            param("FromCity", "BALTIMORE"),
            param("FromState", "MD"),
            param("FromZip", "21201"),
            param("FromCountry", "US"),
            param("CallerCity", "BALTIMORE"),
            param("CallerCountry", "US"),
            param("ToCountry", "US"),
            param("CalledCountry", "US"),
            param("SomethingNew", "1"),
        ];
        if self.options.pace != Pace::REAL {
            // No carrier's; a server that knows it lets its calls pass as fast.
            params.push(param("SimulatedSpeed", self.options.pace.factor().to_string()));
        }
        params.extend(record.parent.as_ref().map(|parent| param("ParentCallSid", parent)));
        params.extend(stir.map(|verdict| param("StirVerstat", verdict)));
        params
    }

    /// Sends a webhook, signed; to the next node when one cannot be reached.
    pub(crate) async fn post(&self, sid: &str, method: &str, url: &str, params: &Params) -> Result<Response, String> {
        let times = 1 + usize::from(self.options.twice);
        let mut last = Err("nobody was asked".to_owned());
        for _ in 0..times {
            last = self.post_once(sid, method, url, params).await;
        }
        last
    }

    async fn post_once(&self, sid: &str, method: &str, url: &str, params: &Params) -> Result<Response, String> {
        let get = method.eq_ignore_ascii_case("GET");
        let form = post::form(params);
        let asked = match get {
            true if url.contains('?') => format!("{url}&{form}"),
            true => format!("{url}?{form}"),
            false => url.to_owned(),
        };
        let signature = sign(&self.options.token, &asked, if get { &[] } else { params });
        let mut answer = Err("nobody was asked".to_owned());
        for url in self.reached(&asked) {
            let request = Request {
                method: if get { "GET" } else { "POST" }.to_owned(),
                url,
                headers: vec![
                    ("content-type".to_owned(), "application/x-www-form-urlencoded; charset=UTF-8".to_owned()),
                    ("x-twilio-signature".to_owned(), signature.clone()),
                    ("user-agent".to_owned(), "TwilioProxy/1.1".to_owned()),
                    ("i-twilio-idempotency-token".to_owned(), super::sid("")),
                ],
                body: if get { String::new() } else { form.clone() },
            };
            answer = post::send(&request).await;
            if answer.is_ok() {
                break;
            }
        }
        let path = url.strip_prefix(&self.options.public_url).unwrap_or(url);
        let told = match &answer {
            Ok(answer) => answer.status.to_string(),
            Err(error) => error.clone(),
        };
        self.note(sid, "webhook", format!("{path} → {told}"));
        answer
    }

    /// Asks for a document; what it says, or Twilio's error.
    pub(crate) async fn document(
        &self,
        sid: &str,
        method: &str,
        url: &str,
        params: &Params,
    ) -> Result<super::twiml::Document, &'static str> {
        let answer = self.post(sid, method, url, params).await.map_err(|_| RETRIEVAL_FAILED)?;
        if !(200..300).contains(&answer.status) {
            return Err(RETRIEVAL_FAILED);
        }
        if answer.body.trim().is_empty() {
            return Ok(super::twiml::Document::default());
        }
        let kind = answer.content_type.split(';').next().unwrap_or_default().trim().to_lowercase();
        if kind != "text/xml" && kind != "application/xml" {
            self.note(sid, "warning", format!("12300: {url} answers {kind:?} instead of text/xml"));
            return Err(NOT_TWIML);
        }
        self.read(sid, &answer.body)
    }

    /// Reads a document and notes what is wrong with it.
    pub(crate) fn read(&self, sid: &str, text: &str) -> Result<super::twiml::Document, &'static str> {
        match super::twiml::read(text) {
            Ok(document) => {
                let verbs: Vec<&str> = document.verbs.iter().map(|verb| verb.name.as_str()).collect();
                self.note(sid, "twiml", verbs.join(", "));
                for warning in &document.warnings {
                    self.note(sid, "warning", warning);
                }
                Ok(document)
            }
            Err(error) => {
                self.note(sid, "warning", format!("12100: {error}"));
                Err(NOT_TWIML)
            }
        }
    }
}
