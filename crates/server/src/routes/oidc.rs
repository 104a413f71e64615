//! Signing in at an identity provider: the browser goes there and comes back.

use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};
use patchcord_app::identity::{COOKIE_LIVES, OidcAnswer};
use serde::Deserialize;
use utoipa::IntoParams;

use super::auth::refresh_cookie;
use crate::Desk;
use crate::address::From;
use crate::error::{ApiError, Problem};
use crate::extract::Params;

/// The cookie that binds a sign-in to the browser that began it.
const COOKIE: &str = "patchcord_oidc";
/// Only these two routes see it.
const COOKIE_PATH: &str = "/api/auth/oidc";

/// Where to go on afterwards.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct StartQuery {
    /// A path of this server; anything else is `/tickets`.
    next: Option<String>,
}

/// Sends the browser to the identity provider. There is no such address when none is configured.
#[utoipa::path(get, path = "/api/auth/oidc/start", tag = "auth", security(()), params(StartQuery),
    responses((status = 303, description = "To the identity provider"),
        (status = 404, description = "No identity provider is configured", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn oidc_start(
    State(desk): State<Desk>,
    headers: HeaderMap,
    jar: CookieJar,
    Params(query): Params<StartQuery>,
) -> Response {
    match desk.app.oidc_start(query.next.as_deref()).await {
        Ok(start) => {
            let cookie = Cookie::build((COOKIE, start.cookie))
                .path(COOKIE_PATH)
                .http_only(true)
                // The provider sends the browser back from another site, which Strict would not let pass.
                .same_site(SameSite::Lax)
                .secure(desk.options.secure_cookies)
                .max_age(cookie::time::Duration::milliseconds(COOKIE_LIVES));
            (jar.add(cookie), Redirect::to(&start.address)).into_response()
        }
        Err(error) => refused(&headers, error.into()),
    }
}

/// What the provider sends the browser back with. Providers add parameters of their own, so that unknown ones are let be.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct CallbackQuery {
    code: Option<String>,
    state: Option<String>,
    error: Option<String>,
    iss: Option<String>,
}

/// Ends the sign-in: the same cookie as after a sign-in with a password, and back to the page.
#[utoipa::path(get, path = "/api/auth/oidc/callback", tag = "auth", security(()), params(CallbackQuery),
    responses((status = 303, description = "Signed in, or back to the sign-in page with `problem`"),
        (status = 403, description = "The identity has no user here", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No identity provider is configured", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn oidc_callback(
    State(desk): State<Desk>,
    From(client): From,
    headers: HeaderMap,
    jar: CookieJar,
    Params(query): Params<CallbackQuery>,
) -> Response {
    let CallbackQuery { code, state, error, iss } = query;
    let cookie = jar.get(COOKIE).map(|cookie| cookie.value().to_owned());
    let finished = desk.app.oidc_finish(cookie.as_deref(), OidcAnswer { code, state, error, iss }, client).await;
    // Whatever came of it, this cookie is used up.
    let jar = jar.remove(Cookie::build(COOKIE).path(COOKIE_PATH).build());
    match finished {
        Ok((signed_in, next)) => (jar.add(refresh_cookie(&desk, &signed_in)), Redirect::to(&next)).into_response(),
        Err(error) => (jar, refused(&headers, error.into())).into_response(),
    }
}

/// People are led back to the sign-in page, which explains; programs get the problem.
fn refused(headers: &HeaderMap, error: ApiError) -> Response {
    let accepts = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !accepts.contains("text/html") || error.is_not_found() {
        return error.into_response();
    }
    Redirect::to(&format!("/sign-in?problem={}", error.code())).into_response()
}
