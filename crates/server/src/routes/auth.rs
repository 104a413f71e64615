//! Signing in, staying signed in, signing out.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};
use patchcord_app::AppError;
use patchcord_app::sessions::{REFRESH_LIVES, SignedIn};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::Desk;
use crate::address::From;
use crate::error::ApiError;
use crate::extract::{Body, Signed};
use crate::shape::{Me, Session};

/// The cookie with the refresh token.
const COOKIE: &str = "patchcord_refresh";

/// Credentials.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Credentials {
    #[schema(example = "agent@demo.test")]
    email: String,
    #[schema(example = "patchcord-demo")]
    password: String,
}

/// Signs in with e-mail address and password. The refresh token comes as a cookie that scripts cannot read.
#[utoipa::path(post, path = "/api/auth/login", tag = "auth", security(()), request_body = Credentials,
    responses((status = 200, description = "Signed in", body = Session)))]
pub(crate) async fn login(
    State(desk): State<Desk>,
    From(client): From,
    jar: CookieJar,
    Body { value, .. }: Body<Credentials>,
) -> Result<(CookieJar, Json<Session>), ApiError> {
    let signed_in = desk.app.login(&value.email, &value.password, client).await?;
    Ok(session(&desk, jar, &signed_in))
}

/// Goes on with the session of the cookie: a new access token, and a new refresh token in place of the old one.
#[utoipa::path(post, path = "/api/auth/refresh", tag = "auth", security(()),
    responses((status = 200, description = "Goes on", body = Session)))]
pub(crate) async fn refresh(
    State(desk): State<Desk>,
    From(client): From,
    jar: CookieJar,
) -> Result<(CookieJar, Json<Session>), ApiError> {
    let missing = AppError::Unauthenticated("session_missing", "there is no session to go on with; sign in");
    let token = jar.get(COOKIE).map(|cookie| cookie.value().to_owned()).ok_or(missing)?;
    let signed_in = desk.app.refresh(&token, client).await?;
    Ok(session(&desk, jar, &signed_in))
}

/// Ends the session of the cookie and takes the cookie away.
#[utoipa::path(post, path = "/api/auth/logout", tag = "auth", security(()),
    responses((status = 204, description = "Signed out")))]
pub(crate) async fn logout(State(desk): State<Desk>, jar: CookieJar) -> Result<(CookieJar, StatusCode), ApiError> {
    if let Some(cookie) = jar.get(COOKIE) {
        desk.app.logout(cookie.value()).await?;
    }
    Ok((jar.remove(Cookie::build(COOKIE).path("/api/auth").build()), StatusCode::NO_CONTENT))
}

/// Who is signed in.
#[utoipa::path(get, path = "/api/auth/me", tag = "auth", responses((status = 200, description = "The user", body = Me)))]
pub(crate) async fn me(State(desk): State<Desk>, Signed(caller): Signed) -> Result<Json<Me>, ApiError> {
    let (user, workspace) = desk.app.me(&caller.actor).await?;
    Ok(Json(Me::of(&user, &workspace)))
}

/// A change of the own password.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct PasswordChange {
    current_password: String,
    /// 12 to 200 characters, not a common one.
    new_password: String,
}

/// Changes the own password; every other session of the user ends.
#[utoipa::path(post, path = "/api/auth/password", tag = "auth", request_body = PasswordChange,
    responses((status = 204, description = "Changed")))]
pub(crate) async fn change_password(
    State(desk): State<Desk>,
    Signed(caller): Signed,
    Body { value, .. }: Body<PasswordChange>,
) -> Result<StatusCode, ApiError> {
    desk.app.change_password(&caller, &value.current_password, &value.new_password).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// An invitation and the password that was chosen.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Acceptance {
    token: String,
    /// 12 to 200 characters, not a common one.
    password: String,
}

/// Chooses the first password with the token of an invitation, and signs in.
#[utoipa::path(post, path = "/api/auth/invitations/accept", tag = "auth", security(()), request_body = Acceptance,
    responses((status = 200, description = "Signed in", body = Session)))]
pub(crate) async fn accept_invitation(
    State(desk): State<Desk>,
    From(client): From,
    jar: CookieJar,
    Body { value, .. }: Body<Acceptance>,
) -> Result<(CookieJar, Json<Session>), ApiError> {
    let signed_in = desk.app.accept_invitation(&value.token, &value.password, client).await?;
    Ok(session(&desk, jar, &signed_in))
}

fn session(desk: &Desk, jar: CookieJar, signed_in: &SignedIn) -> (CookieJar, Json<Session>) {
    (jar.add(refresh_cookie(desk, signed_in)), Json(Session::from(signed_in)))
}

/// The cookie that carries a session over a reload.
pub(super) fn refresh_cookie(desk: &Desk, signed_in: &SignedIn) -> Cookie<'static> {
    Cookie::build((COOKIE, signed_in.refresh_token.clone()))
        .path("/api/auth")
        .http_only(true)
        .same_site(SameSite::Strict)
        .secure(desk.options.secure_cookies)
        .max_age(cookie::time::Duration::milliseconds(REFRESH_LIVES))
        .build()
}
