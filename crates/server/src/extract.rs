//! Reading requests: who calls, the body, the query, and the key that makes a repetition harmless.

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use axum_extra::extract::Query;
use patchcord_app::sessions::Caller;
use patchcord_app::{AppError, Once};
use patchcord_domain::user::{Actor, Role};
use serde::de::DeserializeOwned;

use crate::Desk;
use crate::error::ApiError;

/// Deepest nesting of a body.
const DEPTH_MAX: usize = 32;

/// Longest token, in bytes; those of identity providers may carry long lists.
const TOKEN_MAX: usize = 8_192;

/// Somebody who is signed in, and their session.
pub(crate) struct Signed(pub(crate) Caller);

/// Somebody who may read.
pub(crate) struct AsViewer(pub(crate) Actor);

/// Somebody who may work tickets.
pub(crate) struct AsAgent(pub(crate) Actor);

/// Somebody who may administer the workspace.
pub(crate) struct AsAdmin(pub(crate) Actor);

impl FromRequestParts<Desk> for Signed {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, desk: &Desk) -> Result<Self, ApiError> {
        let token = bearer(&parts.headers).ok_or(ApiError::NoToken)?;
        match desk.app.authenticate(token).await {
            // Whose tickets come from another desk signs in there.
            Err(AppError::Unauthenticated(..)) if desk.app.crm.is_some() => {
                Ok(Self(desk.app.authenticate_at_crm(token).await?))
            }
            caller => Ok(Self(caller?)),
        }
    }
}

/// The caller's own token, for a desk elsewhere that must know it. It is never stored.
pub(crate) struct Bearer(pub(crate) Option<String>);

impl FromRequestParts<Desk> for Bearer {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &Desk) -> Result<Self, Self::Rejection> {
        Ok(Self(bearer(&parts.headers).map(str::to_owned)))
    }
}

/// The token of an `Authorization: Bearer` header.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then(|| token.trim())
        .filter(|token| !token.is_empty() && token.len() <= TOKEN_MAX)
}

macro_rules! role_extractor {
    ($name:ident, $role:expr) => {
        impl FromRequestParts<Desk> for $name {
            type Rejection = ApiError;

            async fn from_request_parts(parts: &mut Parts, desk: &Desk) -> Result<Self, ApiError> {
                let Signed(caller) = Signed::from_request_parts(parts, desk).await?;
                if caller.actor.may($role) {
                    Ok(Self(caller.actor))
                } else {
                    Err(ApiError::App(AppError::Forbidden($role)))
                }
            }
        }
    };
}

role_extractor!(AsViewer, Role::Viewer);
role_extractor!(AsAgent, Role::Agent);
role_extractor!(AsAdmin, Role::Admin);

/// A JSON body, and what makes the request repeatable: the key of its header together with its very bytes.
pub(crate) struct Body<T> {
    pub(crate) value: T,
    pub(crate) once: Option<Once>,
}

impl<T: DeserializeOwned> FromRequest<Desk> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, desk: &Desk) -> Result<Self, ApiError> {
        let (parts, body) = request.into_parts();
        let bytes = Bytes::from_request(Request::from_parts(parts.clone(), body), desk)
            .await
            .map_err(|_| ApiError::BodyTooLarge)?;
        if !bytes.is_empty() && !is_json(&parts.headers) {
            return Err(ApiError::WrongContentType);
        }
        let once = once(&parts, &bytes)?;
        // No body at all is the same as an empty object: some actions need nothing.
        let value = parse(if bytes.is_empty() { b"{}" } else { &bytes })?;
        Ok(Self { value, once })
    }
}

/// What makes a request repeatable, when its header asks for that.
pub(crate) fn once(parts: &Parts, body: &[u8]) -> Result<Option<Once>, ApiError> {
    let Some(key) = parts.headers.get("idempotency-key") else { return Ok(None) };
    let key = key.to_str().unwrap_or_default();
    Ok(Some(Once::new(key, parts.method.as_str(), parts.uri.path(), body)?))
}

fn is_json(headers: &HeaderMap) -> bool {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json"))
}

/// Reads JSON: the depth is bounded before anything is parsed, and faults are told by field.
fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    if depth(bytes) > DEPTH_MAX {
        return Err(ApiError::TooDeep);
    }
    let mut parser = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut parser).map_err(|error| {
        let path = error.path().to_string();
        let cause = error.into_inner();
        if cause.is_data() { ApiError::invalid(field(&path), data_fault(&cause)) } else { malformed(&cause) }
    })?;
    parser.end().map_err(|error| malformed(&error))?;
    Ok(value)
}

fn malformed(error: &serde_json::Error) -> ApiError {
    ApiError::Malformed(format!("the body is not JSON: line {}, column {}", error.line(), error.column()))
}

fn field(path: &str) -> &str {
    if path == "." || path.is_empty() { "body" } else { path }
}

/// serde's words without the place, which the field already tells.
fn data_fault(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.rsplit_once(" at line ").map_or(text.clone(), |(fault, _)| fault.to_owned())
}

/// The deepest nesting of brackets outside strings; a loop, so that no input can exhaust the stack.
fn depth(bytes: &[u8]) -> usize {
    let (mut depth, mut deepest, mut in_string, mut escaped) = (0_usize, 0, false, false);
    for byte in bytes {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'[' | b'{' if !in_string => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

/// The parameters behind the `?`; an unknown one is an error.
pub(crate) struct Params<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequestParts<Desk> for Params<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, desk: &Desk) -> Result<Self, ApiError> {
        let query = Query::<T>::from_request_parts(parts, desk).await;
        query.map(|Query(value)| Self(value)).map_err(|error| {
            let text = error.to_string();
            let fault = text.split_once(": ").map_or(text.as_str(), |(_, fault)| fault);
            ApiError::invalid("query", fault)
        })
    }
}

/// An id in the path. What cannot be an id of anything is not found.
pub(crate) struct Id(pub(crate) String);

impl FromRequestParts<Desk> for Id {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, desk: &Desk) -> Result<Self, ApiError> {
        let found = Path::<String>::from_request_parts(parts, desk).await;
        let id = found.map(|Path(id)| id).unwrap_or_default();
        if can_be_an_id(&id) { Ok(Self(id)) } else { Err(ApiError::App(AppError::NotFound("thing"))) }
    }
}

/// Two ids in the path.
pub(crate) struct TwoIds(pub(crate) String, pub(crate) String);

impl FromRequestParts<Desk> for TwoIds {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, desk: &Desk) -> Result<Self, ApiError> {
        let found = Path::<(String, String)>::from_request_parts(parts, desk).await;
        let (first, second) = found.map(|Path(ids)| ids).unwrap_or_default();
        let fits = can_be_an_id(&first) && can_be_an_id(&second);
        if fits { Ok(Self(first, second)) } else { Err(ApiError::App(AppError::NotFound("thing"))) }
    }
}

fn can_be_an_id(id: &str) -> bool {
    !id.is_empty() && id.len() <= 40 && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depth_is_counted_outside_strings() {
        for (text, expect) in [("{}", 1), ("[[]]", 2), ("\"[[[\"", 0), (r#"{"a\"[":[1]}"#, 2), ("]]]", 0), ("", 0)] {
            assert_eq!(depth(text.as_bytes()), expect, "{text}");
        }
        assert_eq!(depth("[".repeat(10_000).as_bytes()), 10_000);
    }

    #[test]
    fn faults_name_the_field() {
        #[derive(serde::Deserialize, Debug)]
        #[serde(deny_unknown_fields)]
        #[allow(dead_code)]
        struct Sample {
            tags: Vec<String>,
        }
        for (text, expect) in [(r#"{"tags":[1]}"#, "tags[0]"), (r#"{"tag":[]}"#, "tag"), (r"{}", "body")] {
            match parse::<Sample>(text.as_bytes()) {
                Err(ApiError::App(AppError::Invalid(errors))) => assert_eq!(errors[0].field, expect, "{errors:?}"),
                other => panic!("{text}: {other:?}"),
            }
        }
        assert!(matches!(parse::<Sample>(b"{\"tags\":["), Err(ApiError::Malformed(_))));
        assert!(matches!(parse::<Sample>(b"{\"tags\":[]} x"), Err(ApiError::Malformed(_))));
    }
}
