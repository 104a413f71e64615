//! Twilio's webhooks. The signature is looked at before anything else; without a good one nothing is read and nothing kept.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use patchcord_app::calls::{
    Admission, Arrival, Callback, DialResult, Menu, MenuKeys, MenuThen, Next, Stream, Transfer, TransferAnswered,
};
use patchcord_domain::call::{CallStatus, Engine};
use patchcord_domain::calling::is_over;
use patchcord_voice::twilio::twiml::{Connect, Dial, DialTo, Document, Relay, Say, Verb};
use patchcord_voice::twilio::webhook::{
    Action, DialOutcome, Form, Incoming, Progress, Recorded, StreamEvent, StreamProgress,
};
use patchcord_voice::twilio::{signature, webhook};
use tracing::warn;

use crate::Desk;
use crate::error::ApiError;

/// Largest form, in bytes; those of Twilio have some thousand.
const FORM_MAX: usize = 64 * 1024;
/// How long a person's phone rings, in seconds.
const RING_SECONDS: u32 = 25;
/// The field of a webhook in which the simulated carrier says how fast its time passes, what it becomes on the stream, and the
/// most of it.
const SIMULATED_SPEED: &str = "SimulatedSpeed";
const SPEED: &str = "speed";
const SPEED_MAX: u32 = 100;
/// Says on the stream that the caller was told of the recording.
const RECORDED: &str = "recorded";
/// How long a menu waits for another key, in seconds.
const MENU_SECONDS: u32 = 10;
const UNKNOWN: &str = "Sorry, this number is not in service. Goodbye.";
const FULL: &str = "All of our lines are busy right now. I put you through to a colleague.";
const FULL_NOBODY: &str = "All of our lines are busy right now. Please call again in a few minutes. Goodbye.";
const TO_PERSON: &str = "One moment, I put you through.";
const SORRY: &str = "I am sorry, nobody can take your call right now. We have noted your call. Goodbye.";
const PRESS: &str = "Press any key to take the call.";

/// The account whose webhooks are taken.
#[derive(Clone)]
pub struct Account {
    /// The secret with which requests are signed.
    pub auth_token: String,
    /// The account's id; any when it is not set.
    pub sid: Option<String>,
}

/// A form that the carrier signed.
pub(crate) struct Signed {
    form: Form,
    /// What stood behind the `?`.
    query: Vec<(String, String)>,
}

impl Signed {
    fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }
}

impl FromRequest<Desk> for Signed {
    type Rejection = ApiError;

    async fn from_request(request: Request, desk: &Desk) -> Result<Self, ApiError> {
        let account = desk.options.twilio.as_ref().ok_or(ApiError::BadSignature)?;
        let (parts, body) = request.into_parts();
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        // From our own settings: what a proxy says of the address is not what was signed.
        let url = format!("{}{path}", desk.app.options.public_url);
        let sent = sent_signature(&parts.headers).ok_or(ApiError::BadSignature)?.to_owned();
        let body = axum::body::to_bytes(body, FORM_MAX).await.map_err(|_| ApiError::BodyTooLarge)?;
        let form = read_form(&body)?;
        if !signature::is_valid(&account.auth_token, &url, form.pairs(), &sent) {
            let names: Vec<&str> = form.names().take(60).collect();
            warn!(path = parts.uri.path(), ?names, "a webhook's signature does not fit");
            return Err(ApiError::BadSignature);
        }
        let is_ours = |sid: &str| account.sid.as_deref().is_none_or(|own| own == sid);
        if !form.get("AccountSid").is_some_and(is_ours) {
            return Err(ApiError::BadSignature);
        }
        let query = parts.uri.query().unwrap_or_default();
        let query = Form::parse(query.as_bytes()).map(|form| form.pairs().to_vec()).unwrap_or_default();
        Ok(Self { form, query })
    }
}

fn read_form(body: &Bytes) -> Result<Form, ApiError> {
    Form::parse(body).ok_or(ApiError::BadSignature)
}

fn sent_signature(headers: &HeaderMap) -> Option<&str> {
    headers.get(signature::HEADER)?.to_str().ok().filter(|sent| sent.len() <= 200)
}

/// Whether the opening of a socket was signed for its address.
pub(super) fn is_signed_socket(desk: &Desk, headers: &HeaderMap, path: &str) -> bool {
    let (Some(account), Some(sent)) = (&desk.options.twilio, sent_signature(headers)) else { return false };
    signature::is_valid(&account.auth_token, &socket_url(desk, path), &[], sent)
}

/// The address of a socket of ours.
fn socket_url(desk: &Desk, path: &str) -> String {
    let public = &desk.app.options.public_url;
    let public = public.strip_prefix("http").map_or_else(|| public.clone(), |rest| format!("ws{rest}"));
    format!("{public}{path}")
}

fn address(desk: &Desk, path: &str) -> String {
    format!("{}{path}", desk.app.options.public_url)
}

/// A document for the carrier.
fn answer(verbs: Vec<Verb>) -> Response {
    let kind = [(header::CONTENT_TYPE, HeaderValue::from_static("text/xml; charset=utf-8"))];
    (kind, Document::new(verbs).to_xml()).into_response()
}

fn say(text: &str) -> Verb {
    Verb::Say(Say::new(text))
}

/// Nothing more to say.
fn goodbye(text: &str) -> Response {
    answer(vec![say(text), Verb::Hangup])
}

/// What the carrier connects the call to.
fn connect(desk: &Desk, form: &Form, stream: Stream) -> Vec<Verb> {
    let mut parameters = vec![("token".to_owned(), stream.token), ("callId".to_owned(), stream.call_id)];
    let mut verbs = Vec::new();
    if stream.records {
        let text = desk.app.calls.agents.recording_notice(stream.language.as_deref()).to_owned();
        let language = Some(locale(stream.language.as_deref()).to_owned());
        verbs.push(Verb::Say(Say { language, ..Say::new(text) }));
        // Only a call whose caller was told is recorded.
        parameters.push((RECORDED.to_owned(), "1".to_owned()));
    }
    parameters.extend(form.get(SIMULATED_SPEED).map(|speed| (SPEED.to_owned(), speed.chars().take(4).collect())));
    let to = match stream.engine {
        Engine::Realtime => Connect::Stream {
            url: socket_url(desk, "/twilio/media"),
            status: Some(address(desk, "/twilio/status")),
            parameters,
        },
        Engine::Relay => Connect::Relay(Box::new(Relay {
            url: socket_url(desk, "/twilio/relay"),
            language: Some(locale(stream.language.as_deref()).to_owned()),
            parameters,
            ..Relay::default()
        })),
    };
    verbs.push(Verb::Connect { action: Some(address(desk, "/twilio/action")), to });
    verbs
}

/// Whether the caller was told that the call is recorded.
pub(super) fn is_recorded(opened: &patchcord_voice::session::Opened) -> bool {
    opened.parameters.contains_key(RECORDED)
}

/// How many times faster than on the wall the time of a simulated carrier passes, as it was written into the document.
pub(super) fn speed_of(opened: &patchcord_voice::session::Opened) -> u32 {
    let told = opened.parameters.get(SPEED).and_then(|speed| speed.parse::<u32>().ok());
    told.unwrap_or(1).clamp(1, SPEED_MAX)
}

/// The language in which the carrier hears and speaks.
fn locale(language: Option<&str>) -> &'static str {
    match language.map(|tag| tag.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase()).as_deref() {
        Some("de") => "de-DE",
        Some("fr") => "fr-FR",
        Some("es") => "es-ES",
        Some("it") => "it-IT",
        Some("nl") => "nl-NL",
        _ => "en-US",
    }
}

fn dial(desk: &Desk, sid: &str, transfer: Transfer, words: &str) -> Response {
    answer(vec![
        say(words),
        Verb::Dial(Dial {
            to: DialTo::Number {
                number: transfer.to,
                whisper: Some(address(desk, &format!("/twilio/whisper?call={sid}&mode=cold"))),
            },
            action: Some(address(desk, "/twilio/dial-result")),
            caller_id: Some(transfer.caller_id).filter(|number| number.starts_with('+')),
            ring_seconds: Some(RING_SECONDS),
            limit_seconds: None,
            record: false,
        }),
    ])
}

fn next(desk: &Desk, form: &Form, sid: &str, next: Next) -> Response {
    match next {
        Next::HangUp => answer(vec![Verb::Hangup]),
        Next::Stream(stream) => answer(connect(desk, form, stream)),
        Next::Menu(menu) => offer(desk, sid, menu),
        Next::Person(transfer) => dial(desk, sid, transfer, TO_PERSON),
        Next::Room(room) => {
            let to = DialTo::Conference { room, end_on_exit: true };
            answer(vec![Verb::Dial(Dial { to, ..Dial::default() })])
        }
        Next::Sorry => goodbye(SORRY),
    }
}

/// A step of the menu of keys.
fn offer(desk: &Desk, sid: &str, menu: Menu) -> Response {
    let language = Some(locale(menu.language.as_deref()).to_owned());
    let say: Vec<Say> = menu.say.into_iter().map(|text| Say { language: language.clone(), ..Say::new(text) }).collect();
    match menu.then {
        MenuThen::Keys(keys) => {
            let next = address(desk, &format!("/twilio/menu?keys={}", keys.as_str()));
            let digits = (keys == MenuKeys::Wish).then_some(1);
            let gather =
                Verb::Gather { action: next.clone(), input: "dtmf", digits, finish: '#', seconds: MENU_SECONDS, say };
            // Who presses nothing goes on as well.
            answer(vec![gather, Verb::Redirect(next)])
        }
        MenuThen::Person(transfer) => dial(desk, sid, transfer, TO_PERSON),
        MenuThen::HangUp => answer(say.into_iter().map(Verb::Say).chain([Verb::Hangup]).collect()),
    }
}

async fn arrive(desk: &Desk, form: &Form) -> Result<Response, ApiError> {
    let Some(call) = Incoming::read(form) else { return Err(ApiError::BadSignature) };
    // A leg of a call that we dialled ourselves is no call to the desk.
    if call.parent_call_sid.is_some() {
        return Ok(answer(vec![Verb::Hangup]));
    }
    let arrival = Arrival {
        sid: call.call_sid.clone(),
        account: call.account_sid,
        from: form.get("From").unwrap_or_default().to_owned(),
        caller: call.from,
        to: call.to,
        stir_verdict: form.get("StirVerstat").map(str::to_owned),
    };
    Ok(match desk.app.admit_call(arrival).await? {
        Admission::Unknown => goodbye(UNKNOWN),
        Admission::Over => answer(vec![Verb::Hangup]),
        Admission::Full { person: Some(to), caller_id } => dial(desk, &call.call_sid, Transfer { to, caller_id }, FULL),
        Admission::Full { person: None, .. } => goodbye(FULL_NOBODY),
        Admission::Stream(stream) => answer(connect(desk, form, stream)),
        Admission::Menu(menu) => offer(desk, &call.call_sid, menu),
    })
}

/// A call arrives. The answer is TwiML that connects it to the media stream or to the relay.
#[utoipa::path(post, path = "/twilio/voice", tag = "twilio", security(()),
    request_body(content = Object, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, description = "What the carrier does with the call", body = String, content_type = "text/xml"),
        (status = 403, description = "The signature does not fit", body = crate::error::Problem, content_type = "application/problem+json"),
        (status = 413, description = "The form is too large", body = crate::error::Problem, content_type = "application/problem+json")))]
pub(crate) async fn twilio_voice(State(desk): State<Desk>, signed: Signed) -> Result<Response, ApiError> {
    arrive(&desk, &signed.form).await
}

/// The first answer failed; this one does the same.
#[utoipa::path(post, path = "/twilio/fallback", tag = "twilio", security(()),
    request_body(content = Object, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, description = "What the carrier does with the call", body = String, content_type = "text/xml"),
        (status = 403, description = "The signature does not fit", body = crate::error::Problem, content_type = "application/problem+json"),
        (status = 413, description = "The form is too large", body = crate::error::Problem, content_type = "application/problem+json")))]
pub(crate) async fn twilio_fallback(State(desk): State<Desk>, signed: Signed) -> Result<Response, ApiError> {
    arrive(&desk, &signed.form).await
}

/// What became of a call or of its stream, in any order and more than once.
#[utoipa::path(post, path = "/twilio/status", tag = "twilio", security(()),
    request_body(content = Object, content_type = "application/x-www-form-urlencoded"),
    responses((status = 204, description = "Noted, or nothing to be noted"),
        (status = 403, description = "The signature does not fit", body = crate::error::Problem, content_type = "application/problem+json"),
        (status = 413, description = "The form is too large", body = crate::error::Problem, content_type = "application/problem+json")))]
pub(crate) async fn twilio_status(
    State(desk): State<Desk>,
    signed: Signed,
) -> Result<axum::http::StatusCode, ApiError> {
    if let Some(stream) = StreamProgress::read(&signed.form) {
        if stream.event == StreamEvent::Failed {
            warn!(call_sid = stream.call_sid, "the carrier could not open or keep a stream");
        }
    } else if let Some(told) = Progress::read(&signed.form) {
        let callback = Callback { sid: told.call_sid, status: told.status, seconds: told.seconds, at: told.at };
        desk.app.call_progress(callback).await?;
    }
    Ok(axum::http::StatusCode::NO_CONTENT)
}

/// The recording of a call is complete.
#[utoipa::path(post, path = "/twilio/recording", tag = "twilio", security(()),
    request_body(content = Object, content_type = "application/x-www-form-urlencoded"),
    responses((status = 204, description = "Noted, or nothing to be noted"),
        (status = 403, description = "The signature does not fit", body = crate::error::Problem, content_type = "application/problem+json"),
        (status = 413, description = "The form is too large", body = crate::error::Problem, content_type = "application/problem+json")))]
pub(crate) async fn twilio_recording(
    State(desk): State<Desk>,
    signed: Signed,
) -> Result<axum::http::StatusCode, ApiError> {
    if let Some(told) = Recorded::read(&signed.form) {
        desk.app.recording_is_there(&told.call_sid, &told.recording_sid).await?;
    }
    Ok(axum::http::StatusCode::NO_CONTENT)
}

/// A stream or a relay has ended: what the call does next.
#[utoipa::path(post, path = "/twilio/action", tag = "twilio", security(()),
    request_body(content = Object, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, description = "What the carrier does with the call", body = String, content_type = "text/xml"),
        (status = 403, description = "The signature does not fit", body = crate::error::Problem, content_type = "application/problem+json"),
        (status = 413, description = "The form is too large", body = crate::error::Problem, content_type = "application/problem+json")))]
pub(crate) async fn twilio_action(State(desk): State<Desk>, signed: Signed) -> Result<Response, ApiError> {
    let Some(action) = Action::read(&signed.form) else { return Err(ApiError::BadSignature) };
    let is_live = action.call.status.is_none_or(|status| !is_over(status));
    let sid = action.call.call_sid;
    let then = desk.app.call_action(&sid, is_live).await?;
    Ok(next(&desk, &signed.form, &sid, then))
}

/// Keys of a caller who has a menu, because no model is set up.
#[utoipa::path(post, path = "/twilio/menu", tag = "twilio", security(()),
    params(("keys" = Option<String>, Query, description = "What the keys are taken for: `code`, `wish` or `number`")),
    request_body(content = Object, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, description = "What the carrier does with the call", body = String, content_type = "text/xml"),
        (status = 403, description = "The signature does not fit", body = crate::error::Problem, content_type = "application/problem+json"),
        (status = 413, description = "The form is too large", body = crate::error::Problem, content_type = "application/problem+json")))]
pub(crate) async fn twilio_menu(State(desk): State<Desk>, signed: Signed) -> Result<Response, ApiError> {
    let keys = signed.query("keys").and_then(MenuKeys::parse).unwrap_or(MenuKeys::Code);
    let Some(sid) = signed.form.get("CallSid") else { return Err(ApiError::BadSignature) };
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).take(20).collect::<String>();
    let pressed = signed.form.get("Digits").map(digits).filter(|digits| !digits.is_empty());
    let menu = desk.app.menu_keys(sid, keys, pressed.as_deref()).await?;
    Ok(offer(&desk, sid, menu))
}

/// What became of the dialling of a person.
#[utoipa::path(post, path = "/twilio/dial-result", tag = "twilio", security(()),
    request_body(content = Object, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, description = "What the carrier does with the call", body = String, content_type = "text/xml"),
        (status = 403, description = "The signature does not fit", body = crate::error::Problem, content_type = "application/problem+json"),
        (status = 413, description = "The form is too large", body = crate::error::Problem, content_type = "application/problem+json")))]
pub(crate) async fn twilio_dial_result(State(desk): State<Desk>, signed: Signed) -> Result<Response, ApiError> {
    let Some(told) = webhook::DialResult::read(&signed.form) else { return Err(ApiError::BadSignature) };
    let result = match told.outcome {
        DialOutcome::Completed => DialResult::Talked,
        DialOutcome::Busy | DialOutcome::NoAnswer | DialOutcome::Failed | DialOutcome::Canceled => {
            DialResult::Unanswered
        }
    };
    // A caller who hung up while it rang is gone, whatever became of the person's phone.
    if told.call.status == Some(CallStatus::Completed) && result == DialResult::Unanswered {
        let callback = Callback { sid: told.call.call_sid, status: CallStatus::Completed, seconds: None, at: None };
        desk.app.call_progress(callback).await?;
        return Ok(answer(vec![Verb::Hangup]));
    }
    let sid = told.call.call_sid;
    let then = desk.app.dial_result(&sid, result).await?;
    Ok(next(&desk, &signed.form, &sid, then))
}

/// What a person hears who is called for a caller; for a warm transfer, with a key to take the call.
#[utoipa::path(post, path = "/twilio/whisper", tag = "twilio", security(()),
    params(("call" = Option<String>, Query, description = "The carrier's id of the caller's call"),
        ("mode" = Option<String>, Query, description = "`cold` when the caller is on the line already")),
    request_body(content = Object, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, description = "What the person hears", body = String, content_type = "text/xml"),
        (status = 403, description = "The signature does not fit", body = crate::error::Problem, content_type = "application/problem+json"),
        (status = 413, description = "The form is too large", body = crate::error::Problem, content_type = "application/problem+json")))]
pub(crate) async fn twilio_whisper(State(desk): State<Desk>, signed: Signed) -> Result<Response, ApiError> {
    let Some(sid) = signed.query("call").map(str::to_owned) else { return Ok(answer(vec![Verb::Hangup])) };
    let is_cold = signed.query("mode") == Some("cold");
    if signed.form.get("Digits").is_some() && !is_cold {
        let person = signed.form.get("To").unwrap_or_default();
        return Ok(match desk.app.accept_transfer(&sid, person).await? {
            TransferAnswered::Room(room) => {
                let to = DialTo::Conference { room, end_on_exit: true };
                answer(vec![Verb::Dial(Dial { to, ..Dial::default() })])
            }
            TransferAnswered::Nothing => goodbye("The caller is not there any more. Goodbye."),
        });
    }
    let Some(whisper) = desk.app.whisper_to_person(&sid).await? else { return Ok(answer(vec![Verb::Hangup])) };
    if is_cold {
        return Ok(answer(vec![say(&whisper.words)]));
    }
    Ok(answer(vec![
        Verb::Gather {
            action: address(&desk, &format!("/twilio/whisper?call={sid}")),
            input: "dtmf",
            digits: Some(1),
            finish: '#',
            seconds: 15,
            say: vec![Say::new(whisper.words), Say::new(PRESS)],
        },
        Verb::Hangup,
    ]))
}

#[cfg(test)]
mod tests {
    use super::locale;

    #[test]
    fn languages_of_the_carrier() {
        for (tag, expect) in [(None, "en-US"), (Some("de"), "de-DE"), (Some("de-AT"), "de-DE"), (Some("xx"), "en-US")] {
            assert_eq!(locale(tag), expect);
        }
    }
}
