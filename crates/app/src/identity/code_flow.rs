//! Signing in at the identity provider: authorization code with PKCE (RFC 7636). State and nonce are bound to the browser by
//! a sealed cookie.

use aws_lc_rs::{constant_time, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use patchcord_domain::time::{MINUTE, Millis};
use reqwest::Url;
use serde::{Deserialize, Serialize};

use super::fetch::FetchError;
use super::provider::{ClientCredentials, Discovery, Identity, unavailable};
use crate::passwords::new_token;
use crate::sessions::{Client, SignedIn};
use crate::{App, AppError};

/// How long a sign-in at the provider may take.
pub const COOKIE_LIVES: Millis = 10 * MINUTE;
/// Where the cookie's seal is good.
const BEGUN: &str = "oidc";
/// Where people go who did not say where to.
const HOME: &str = "/tickets";
/// Longest path to return to, in bytes.
const NEXT_MAX: usize = 1_000;
/// Longest code that is passed on, in bytes.
const CODE_MAX: usize = 4_096;

/// The beginning of a sign-in.
#[derive(Clone, PartialEq, Eq)]
pub struct OidcStart {
    /// Where the browser goes.
    pub address: String,
    /// What the browser must bring back.
    pub cookie: String,
}

/// What the provider sent the browser back with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OidcAnswer {
    /// To be traded for tokens.
    pub code: Option<String>,
    /// Must be the one that the cookie holds.
    pub state: Option<String>,
    /// Why there is no code.
    pub error: Option<String>,
    /// Who answers (RFC 9207), when the provider says so.
    pub iss: Option<String>,
}

/// What the cookie holds.
#[derive(Serialize, Deserialize)]
struct Begun {
    state: String,
    nonce: String,
    verifier: String,
    next: String,
    expires_at: Millis,
}

const EXPIRED: AppError =
    AppError::Unauthenticated("sign_in_expired", "this sign-in was not begun in this browser, or took too long");
const REFUSED: AppError = AppError::Unauthenticated("sign_in_refused", "the identity provider refused the sign-in");

impl App {
    /// Whether people can sign in at an identity provider.
    pub fn has_oidc(&self) -> bool {
        self.identity.as_ref().is_some_and(Identity::has_sign_in)
    }

    /// Begins a sign-in that ends at `next`, when that is a path of this server.
    ///
    /// # Errors
    /// [`AppError::NotFound`] when no provider is configured; [`AppError::Unavailable`] when it does not answer.
    pub async fn oidc_start(&self, next: Option<&str>) -> Result<OidcStart, AppError> {
        let (identity, client) = self.oidc()?;
        let discovery = identity.discovery().await.map_err(unavailable)?;
        let token = || new_token(&*self.entropy);
        let begun = Begun {
            state: token(),
            nonce: token(),
            verifier: token(),
            next: next.filter(|next| is_local(next)).unwrap_or(HOME).to_owned(),
            expires_at: self.clock.now() + COOKIE_LIVES,
        };
        let challenge = URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, begun.verifier.as_bytes()));
        let mut address =
            Url::parse(&discovery.authorization_endpoint).map_err(|_| unavailable(FetchError::NotJson))?;
        address.query_pairs_mut().extend_pairs([
            ("response_type", "code"),
            ("client_id", client.id.as_str()),
            ("redirect_uri", self.oidc_callback().as_str()),
            ("scope", "openid email profile"),
            ("state", begun.state.as_str()),
            ("nonce", begun.nonce.as_str()),
            ("code_challenge", challenge.as_str()),
            ("code_challenge_method", "S256"),
        ]);
        let begun = serde_json::to_string(&begun).map_err(|error| AppError::Internal(error.to_string()))?;
        Ok(OidcStart { address: address.into(), cookie: self.keys.sign_in.close(&*self.entropy, BEGUN, &begun) })
    }

    /// Ends a sign-in: a session, and the path to go on with.
    ///
    /// # Errors
    /// [`AppError::Unauthenticated`] when it was not begun in this browser, or the provider's answer does not hold;
    /// [`AppError::NotProvisioned`] when the identity has no user here.
    pub async fn oidc_finish(
        &self,
        cookie: Option<&str>,
        answer: OidcAnswer,
        client: Client,
    ) -> Result<(SignedIn, String), AppError> {
        let (identity, credentials) = self.oidc()?;
        let begun = self.begun(cookie).ok_or(EXPIRED)?;
        let state = answer.state.unwrap_or_default();
        if constant_time::verify_slices_are_equal(begun.state.as_bytes(), state.as_bytes()).is_err() {
            return Err(EXPIRED);
        }
        // A mix-up of providers: the answer is not from the one that was asked.
        if answer.iss.is_some_and(|iss| iss != identity.options().issuer) {
            return Err(REFUSED);
        }
        if let Some(error) = answer.error {
            tracing::info!(error = patchcord_domain::text::head(&error, 100), "the identity provider sent no code");
            return Err(REFUSED);
        }
        let code = answer.code.filter(|code| !code.is_empty() && code.len() <= CODE_MAX).ok_or(REFUSED)?;
        let discovery = identity.discovery().await.map_err(unavailable)?;
        let id_token = self.trade(identity, &discovery, credentials, &code, &begun.verifier).await?;
        let claims = identity.check_id_token(&id_token, &credentials.id, &begun.nonce).await?;
        let user = self.user_of_identity(claims).await?;
        let signed_in = self.begin_session(user, client, None).await?;
        Ok((signed_in, begun.next))
    }

    fn oidc(&self) -> Result<(&Identity, &ClientCredentials), AppError> {
        let identity = self.identity.as_ref().ok_or(AppError::NotFound("identity provider"))?;
        let client = identity.options().client.as_ref().ok_or(AppError::NotFound("identity provider"))?;
        Ok((identity, client))
    }

    fn oidc_callback(&self) -> String {
        format!("{}/api/auth/oidc/callback", self.options.public_url)
    }

    fn begun(&self, cookie: Option<&str>) -> Option<Begun> {
        let begun: Begun = serde_json::from_str(&self.keys.sign_in.open(BEGUN, cookie?)?).ok()?;
        (begun.expires_at > self.clock.now()).then_some(begun)
    }

    /// Trades the code for an id token (OpenID Connect Core 1.0, 3.1.3).
    async fn trade(
        &self,
        identity: &Identity,
        discovery: &Discovery,
        client: &ClientCredentials,
        code: &str,
        verifier: &str,
    ) -> Result<String, AppError> {
        let callback = self.oidc_callback();
        let mut fields = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &callback),
            ("code_verifier", verifier),
        ];
        let mut basic = None;
        match &client.secret {
            Some(secret) if !discovery.secret_in_form() => basic = Some((client.id.as_str(), secret.as_str())),
            Some(secret) => fields.extend([("client_id", client.id.as_str()), ("client_secret", secret)]),
            None => fields.push(("client_id", &client.id)),
        }
        match identity.post(&discovery.token_endpoint, &fields, basic).await {
            Ok(answer) => answer["id_token"].as_str().map(str::to_owned).ok_or(REFUSED),
            Err(FetchError::Status(status)) if (400..500).contains(&status) => {
                tracing::info!(status, "the identity provider did not take a code");
                Err(REFUSED)
            }
            Err(error) => Err(unavailable(error)),
        }
    }
}

/// Whether a text is a path of this server, for every browser's way of reading it.
fn is_local(next: &str) -> bool {
    next.len() <= NEXT_MAX
        && next.starts_with('/')
        && !next.starts_with("//")
        && next.bytes().all(|b| b.is_ascii_graphic() && b != b'\\')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_of_this_server() {
        for (next, local) in [
            ("/tickets/42?tab=copilot", true),
            ("/", true),
            ("", false),
            ("tickets", false),
            ("//evil.example", false),
            ("/\\evil.example", false),
            ("\\\\evil.example", false),
            ("/\t/evil.example", false),
            ("/ /evil.example", false),
            ("https://evil.example", false),
            ("javascript:alert(1)", false),
            ("/x\r\nset-cookie: a=b", false),
        ] {
            assert_eq!(is_local(next), local, "{next:?}");
        }
        assert!(!is_local(&format!("/{}", "a".repeat(NEXT_MAX))));
    }
}
