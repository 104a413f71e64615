//! The configured identity provider: what it is trusted for, and what it says of itself.

use std::sync::{Arc, PoisonError, RwLock};

use patchcord_domain::time::{Clock, HOUR, Millis, SECOND};
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::Mutex;

use super::fetch::{Fetch, FetchError};
use super::is_safe_address;
use super::key_set::KeySet;
use super::token::{Claims, For, read_header, signed_claims};
use crate::AppError;

/// How long what the provider says of itself is kept.
const DISCOVERY_LIVES: Millis = HOUR;
/// The pause after it could not be read.
const PAUSE: Millis = 5 * SECOND;

/// What an operator sets about the provider.
#[derive(Clone)]
pub struct Options {
    /// `iss` of its tokens; its discovery document lies below.
    pub issuer: String,
    /// Where its keys are; the discovery document says so when absent.
    pub jwks_url: Option<String>,
    /// `aud` that tokens must have, one of them.
    pub audiences: Vec<String>,
    /// `azp` that tokens must have, one of them.
    pub authorized_parties: Vec<String>,
    /// With which people sign in at the provider; none when they cannot.
    pub client: Option<ClientCredentials>,
    /// How long one request to the provider may take, in milliseconds.
    pub timeout_ms: u64,
    /// Largest answer that is read, in bytes.
    pub max_answer_bytes: usize,
}

impl Options {
    /// The defaults for an issuer.
    pub fn new(issuer: impl Into<String>) -> Self {
        Self {
            issuer: issuer.into(),
            jwks_url: None,
            audiences: Vec::new(),
            authorized_parties: Vec::new(),
            client: None,
            timeout_ms: 5_000,
            max_answer_bytes: 256 * 1024,
        }
    }
}

/// What we are at the provider.
#[derive(Clone)]
pub struct ClientCredentials {
    /// The client's id.
    pub id: String,
    /// Its secret; public clients have none.
    pub secret: Option<String>,
}

/// Why a provider cannot be used as it is configured.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct IdentityError(String);

/// The identity provider. Clones share what was read from it.
#[derive(Clone)]
pub struct Identity(Arc<Inner>);

struct Inner {
    options: Options,
    fetch: Fetch,
    clock: Arc<dyn Clock>,
    keys: KeySet,
    discovered: RwLock<Option<(Arc<Discovery>, Millis)>>,
    /// When it could not be read last; held while it is read.
    failed_at: Mutex<Option<Millis>>,
}

/// What is read of the discovery document (OpenID Connect Discovery 1.0, 3).
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Discovery {
    issuer: String,
    pub(super) authorization_endpoint: String,
    pub(super) token_endpoint: String,
    jwks_uri: String,
    #[serde(default)]
    token_endpoint_auth_methods_supported: Vec<String>,
}

impl Discovery {
    /// Whether the client's secret goes into the form instead of the header.
    pub(super) fn secret_in_form(&self) -> bool {
        let known = |method: &str| self.token_endpoint_auth_methods_supported.iter().any(|known| known == method);
        known("client_secret_post") && !known("client_secret_basic")
    }
}

const BAD: AppError = AppError::Unauthenticated("invalid_token", "the token of the identity provider is not valid");

impl Identity {
    /// Prepares the provider; nothing is read from it before the first use.
    ///
    /// # Errors
    /// When an address is not safe, or neither an audience nor an authorized party is set: tokens that the provider made
    /// for anybody else would be taken.
    pub fn new(options: Options, clock: Arc<dyn Clock>) -> Result<Self, IdentityError> {
        let addresses = std::iter::once(&options.issuer).chain(&options.jwks_url);
        if let Some(unsafe_one) = addresses.into_iter().find(|address| !is_safe_address(address)) {
            return Err(IdentityError(format!("{unsafe_one} is not an address that begins with https://")));
        }
        if options.audiences.is_empty() && options.authorized_parties.is_empty() {
            return Err(IdentityError("an issuer needs an audience or authorized parties".into()));
        }
        let fetch = Fetch::new(options.timeout_ms, options.max_answer_bytes)
            .map_err(|error| IdentityError(format!("the client cannot be set up: {error}")))?;
        Ok(Self(Arc::new(Inner {
            options,
            fetch,
            clock,
            keys: KeySet::default(),
            discovered: RwLock::default(),
            failed_at: Mutex::default(),
        })))
    }

    /// Whether people can sign in at the provider.
    pub fn has_sign_in(&self) -> bool {
        self.0.options.client.is_some()
    }

    pub(super) fn options(&self) -> &Options {
        &self.0.options
    }

    /// The claims of a token that was made for this API.
    pub(super) async fn check_api_token(&self, token: &str) -> Result<Claims, AppError> {
        let Options { audiences, authorized_parties, .. } = &self.0.options;
        self.check(token, &For::Api { audiences, parties: authorized_parties }).await
    }

    /// The claims of a token that was made for one sign-in.
    pub(super) async fn check_id_token(&self, token: &str, client_id: &str, nonce: &str) -> Result<Claims, AppError> {
        self.check(token, &For::SignIn { client_id, nonce }).await
    }

    async fn check(&self, token: &str, whom: &For<'_>) -> Result<Claims, AppError> {
        let header = read_header(token).ok_or(BAD)?;
        let now = self.0.clock.now();
        let read_keys = async || match &self.0.options.jwks_url {
            Some(url) => self.0.fetch.get(url).await,
            None => self.0.fetch.get(&self.discovery().await?.jwks_uri).await,
        };
        let key = self.0.keys.find(header.kid.as_deref(), header.alg, now, read_keys).await;
        let key = key.map_err(unavailable)?.ok_or(BAD)?;
        let claims = signed_claims(token, &key).ok_or(BAD)?;
        if claims.are_for(&self.0.options.issuer, whom, now) { Ok(claims) } else { Err(BAD) }
    }

    /// What the provider says of itself.
    pub(super) async fn discovery(&self) -> Result<Arc<Discovery>, FetchError> {
        let now = self.0.clock.now();
        if let Some(known) = self.discovered(now) {
            return Ok(known);
        }
        let mut failed_at = self.0.failed_at.lock().await;
        if let Some(known) = self.discovered(now) {
            return Ok(known);
        }
        if failed_at.is_some_and(|at| now - at < PAUSE) {
            return Err(FetchError::Unreachable);
        }
        // Whoever stops waiting in the middle counts as a failure.
        *failed_at = Some(now);
        let issuer = &self.0.options.issuer;
        let url = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
        let document = self.0.fetch.get(&url).await?;
        let found = Discovery::deserialize(&document).map_err(|_| FetchError::NotJson)?;
        let addresses = [&found.authorization_endpoint, &found.token_endpoint, &found.jwks_uri];
        if found.issuer != *issuer || !addresses.into_iter().all(|address| is_safe_address(address)) {
            tracing::warn!(
                issuer = found.issuer,
                "the discovery document is of another issuer, or names unsafe addresses"
            );
            return Err(FetchError::NotJson);
        }
        *failed_at = None;
        let found = Arc::new(found);
        *self.0.discovered.write().unwrap_or_else(PoisonError::into_inner) = Some((found.clone(), now));
        Ok(found)
    }

    fn discovered(&self, now: Millis) -> Option<Arc<Discovery>> {
        let known = self.0.discovered.read().unwrap_or_else(PoisonError::into_inner);
        known.as_ref().filter(|(_, at)| now - at < DISCOVERY_LIVES).map(|(found, _)| found.clone())
    }

    /// Trades a code for tokens.
    pub(super) async fn post(
        &self,
        url: &str,
        fields: &[(&str, &str)],
        basic: Option<(&str, &str)>,
    ) -> Result<Value, FetchError> {
        self.0.fetch.post(url, fields, basic).await
    }
}

pub(super) fn unavailable(error: FetchError) -> AppError {
    tracing::warn!(%error, "the identity provider cannot be asked");
    AppError::Unavailable("the identity provider cannot be asked right now; try again in a moment".into())
}
