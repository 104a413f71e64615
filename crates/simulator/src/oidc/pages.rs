//! What the provider answers: discovery, keys, the sign-in that sends browsers back, and the trade of codes for tokens.

use aws_lc_rs::digest;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::keys::strangers;
use super::{CLIENT_ID, CLIENT_SECRET, Person, Shared, Trouble, forge};
use crate::http::{Connection, header};

/// What a code stands for, until it is traded.
#[derive(Debug, Clone)]
pub(crate) struct Grant {
    person: Person,
    redirect_uri: String,
    nonce: String,
    challenge: String,
    used: bool,
}

/// An answer: status, headers, body.
type Answer = (u16, Vec<(&'static str, String)>, Value);

pub(crate) async fn serve(mut connection: Connection, shared: &Shared) -> std::io::Result<()> {
    while let Some((raw, body_at)) = connection.next().await? {
        let head = String::from_utf8_lossy(&raw[..body_at]).into_owned();
        let mut words = head.split(' ');
        let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let trouble = {
            let mut state = shared.lock();
            *state.counts.entry(path.to_owned()).or_default() += 1;
            state.troubles.get_mut(path).and_then(std::collections::VecDeque::pop_front)
        };
        let answer = match trouble {
            Some(Trouble::Hang) => return connection.hang().await,
            Some(Trouble::Long(bytes)) => {
                connection.send_long(200, &[("content-type", "application/json".to_owned())], bytes).await?;
                continue;
            }
            Some(Trouble::Garbage) => {
                connection.send(200, &[], b"<html>{\"keys\": [").await?;
                continue;
            }
            Some(Trouble::Redirect(to)) => (302, vec![("location", to)], Value::Null),
            Some(Trouble::Status(status)) => (status, Vec::new(), Value::Null),
            None => {
                let body = String::from_utf8_lossy(&raw[body_at..]).into_owned();
                let authorization = header(&raw[..body_at], "authorization").unwrap_or_default();
                answer(shared, method, path, query, &body, authorization)
            }
        };
        let (status, headers, body) = answer;
        connection.send(status, &headers, body.to_string().as_bytes()).await?;
    }
    Ok(())
}

fn answer(shared: &Shared, method: &str, path: &str, query: &str, body: &str, authorization: &str) -> Answer {
    match (method, path) {
        ("GET", "/.well-known/openid-configuration") => (200, Vec::new(), discovery(shared)),
        ("GET", "/keys") => {
            let keys: Vec<Value> = shared.lock().keys.iter().map(|key| key.jwk()).collect();
            // Real sets hold keys that a client does not know.
            let strange =
                [json!({"kty": "EC", "crv": "P-521", "kid": "large"}), json!({"kty": "oct", "k": "c2VjcmV0"})];
            (200, Vec::new(), json!({"keys": strange.into_iter().chain(keys).collect::<Vec<_>>()}))
        }
        ("GET", "/authorize") => authorize(shared, &Fields::read(query)).unwrap_or_else(|why| refuse(shared, why)),
        ("POST", "/token") => {
            trade(shared, &Fields::read(body), authorization).unwrap_or_else(|why| refuse(shared, why))
        }
        _ => (404, Vec::new(), Value::Null),
    }
}

fn refuse(shared: &Shared, why: &'static str) -> Answer {
    shared.lock().refusals.push(why.to_owned());
    (400, Vec::new(), json!({"error": "invalid_grant", "error_description": why}))
}

fn discovery(shared: &Shared) -> Value {
    let issuer = &shared.issuer;
    json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "jwks_uri": format!("{issuer}/keys"),
        "response_types_supported": ["code"],
        "id_token_signing_alg_values_supported": ["RS256", "ES256", "EdDSA"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "authorization_response_iss_parameter_supported": true,
    })
}

/// The sign-in page, at which nobody has to press anything.
fn authorize(shared: &Shared, fields: &Fields) -> Result<Answer, &'static str> {
    let state = fields.get("state").filter(|state| state.len() >= 22).ok_or("the state is missing or too short")?;
    let nonce = fields.get("nonce").filter(|nonce| nonce.len() >= 22).ok_or("the nonce is missing or too short")?;
    let challenge = fields.get("code_challenge").filter(|text| text.len() == 43).ok_or("there is no code_challenge")?;
    let redirect_uri = fields.get("redirect_uri").ok_or("there is no redirect_uri")?;
    if fields.get("response_type") != Some("code") || fields.get("client_id") != Some(CLIENT_ID) {
        return Err("response_type or client_id is wrong");
    }
    if fields.get("code_challenge_method") != Some("S256") {
        return Err("code_challenge_method is not S256");
    }
    if !fields.get("scope").unwrap_or_default().split(' ').any(|scope| scope == "openid") {
        return Err("the scope has no openid");
    }
    let back = |pairs: &[(&str, &str)]| {
        let pairs: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
        (302, vec![("location", format!("{redirect_uri}?{}", pairs.join("&")))], Value::Null)
    };
    let mut all = shared.lock();
    let Some(person) = all.person.clone() else {
        return Ok(back(&[("error", "access_denied"), ("state", state), ("iss", &shared.issuer)]));
    };
    let code = format!("code-{}-{}", all.codes.len(), nonce);
    let grant = Grant {
        person,
        redirect_uri: redirect_uri.to_owned(),
        nonce: nonce.to_owned(),
        challenge: challenge.to_owned(),
        used: false,
    };
    all.codes.insert(code.clone(), grant);
    drop(all);
    Ok(back(&[("code", &code), ("state", state), ("iss", &shared.issuer), ("session_state", "abc")]))
}

fn trade(shared: &Shared, fields: &Fields, authorization: &str) -> Result<Answer, &'static str> {
    let basic = STANDARD.encode(format!("{}:{}", encode(CLIENT_ID), encode(CLIENT_SECRET)));
    if authorization != format!("Basic {basic}") {
        return Err("the client is not the one that is known");
    }
    if fields.get("grant_type") != Some("authorization_code") {
        return Err("grant_type is wrong");
    }
    let (grant, twist, key) = {
        let mut state = shared.lock();
        let (twist, key) = (state.twist, state.key(state.kind));
        let grant = state.codes.get_mut(fields.get("code").unwrap_or_default()).ok_or("the code is unknown")?;
        if std::mem::replace(&mut grant.used, true) {
            return Err("the code was used before");
        }
        (grant.clone(), twist, key)
    };
    if fields.get("redirect_uri") != Some(grant.redirect_uri.as_str()) {
        return Err("redirect_uri is another one");
    }
    let verifier = fields.get("code_verifier").unwrap_or_default();
    let challenge = URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, verifier.as_bytes()));
    if verifier.len() < 43 || challenge != grant.challenge {
        return Err("code_verifier does not fit");
    }
    let mut claims = shared.claims(&grant.person, CLIENT_ID);
    claims["nonce"] = json!(grant.nonce);
    let id_token = match twist {
        Some(twist) => {
            let stranger = strangers(key.kind());
            forge::twisted(&key, stranger, &claims, twist, (shared.now)(), &format!("{}/elsewhere", shared.issuer))
        }
        None => forge::signed(&key, &forge::header(&key), &claims),
    };
    let answer = json!({"id_token": id_token, "access_token": "opaque", "token_type": "Bearer", "expires_in": 300});
    Ok((200, Vec::new(), answer))
}

/// Fields of a form or a query.
struct Fields(Vec<(String, String)>);

impl Fields {
    fn read(text: &str) -> Self {
        let pairs = text.split('&').filter(|pair| !pair.is_empty());
        Self(
            pairs.map(|pair| pair.split_once('=').unwrap_or((pair, ""))).map(|(k, v)| (decode(k), decode(v))).collect(),
        )
    }

    /// The value, when the field came exactly once.
    fn get(&self, name: &str) -> Option<&str> {
        let mut found = self.0.iter().filter(|(key, _)| key == name);
        found.next().filter(|_| found.next().is_none()).map(|(_, value)| value.as_str())
    }
}

fn decode(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digits: Vec<u8> = rest.by_ref().take(2).collect();
                let digits = std::str::from_utf8(&digits).unwrap_or_default();
                u8::from_str_radix(digits, 16).unwrap_or(b'%')
            }
            other => other,
        });
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn encode(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'*' => encoded.push(char::from(byte)),
            b' ' => encoded.push('+'),
            other => encoded.push_str(&format!("%{other:02X}")),
        }
    }
    encoded
}
