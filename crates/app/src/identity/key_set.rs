//! The provider's public keys (RFC 7517): kept, and read again for a key that is not known, at most once a minute.

use std::sync::{Arc, PoisonError, RwLock};

use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use patchcord_domain::time::{DAY, MINUTE, Millis, SECOND};
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::Mutex;

use super::fetch::FetchError;
use super::token::PublicKey;

/// Most keys that are kept.
const KEYS_MAX: usize = 100;
/// After this long the keys are read again, so that a withdrawn one is not trusted for ever.
const FRESH: Millis = 10 * MINUTE;
/// Keys older than this are not used, even when the provider does not answer.
const STALE: Millis = DAY;
/// The pause between two readings.
const PAUSE: Millis = MINUTE;
/// The pause as long as nothing could be read at all.
const FIRST_PAUSE: Millis = 5 * SECOND;

/// A key that the provider publishes, when it is for signatures by one of our algorithms.
fn public_key(jwk: &Jwk) -> Option<PublicKey> {
    let (algorithm, length) = match &jwk.algorithm {
        AlgorithmParameters::RSA(_) => (Algorithm::RS256, None),
        AlgorithmParameters::EllipticCurve(ec) if ec.curve == EllipticCurve::P256 => (Algorithm::ES256, Some(65)),
        AlgorithmParameters::OctetKeyPair(okp) if okp.curve == EllipticCurve::Ed25519 => (Algorithm::EdDSA, Some(32)),
        _ => return None,
    };
    let key = DecodingKey::from_jwk(jwk).ok()?;
    // The library takes points of any length.
    let whole = length.is_none() || key.try_get_as_bytes().ok().map(<[u8]>::len) == length;
    let for_signatures = jwk.common.public_key_use.as_ref().is_none_or(|usage| *usage == PublicKeyUse::Signature);
    let fits = jwk.common.key_algorithm.is_none_or(|alg| alg == KeyAlgorithm::from(algorithm));
    (whole && for_signatures && fits).then_some(PublicKey { algorithm, key })
}

/// Keys as they were read at one moment.
struct Read {
    keys: Vec<(Option<String>, Arc<PublicKey>)>,
    at: Millis,
}

impl Read {
    fn parse(document: &Value, at: Millis) -> Option<Self> {
        let listed = document.get("keys")?.as_array()?.iter().take(KEYS_MAX);
        let keys = listed.filter_map(|value| {
            let jwk = Jwk::deserialize(value).ok()?;
            let key = Arc::new(public_key(&jwk)?);
            Some((jwk.common.key_id, key))
        });
        Some(Self { keys: keys.collect(), at })
    }

    /// The key of this name; without a name, the only one that there is for the algorithm.
    fn find(&self, kid: Option<&str>, algorithm: Algorithm) -> Option<Arc<PublicKey>> {
        let fitting = |(_, key): &&(Option<String>, Arc<PublicKey>)| key.algorithm == algorithm;
        let mut all = self.keys.iter().filter(fitting);
        match kid {
            Some(kid) => all.find(|(name, _)| name.as_deref() == Some(kid)).map(|(_, key)| key.clone()),
            None => all.next().filter(|_| all.next().is_none()).map(|(_, key)| key.clone()),
        }
    }
}

/// The keys, shared by all requests.
#[derive(Default)]
pub(super) struct KeySet {
    read: RwLock<Option<Arc<Read>>>,
    /// When the keys were asked for last; held while they are.
    asked_at: Mutex<Option<Millis>>,
}

impl KeySet {
    /// The key for a token; `None` when the provider has no such key. `fetch` is called when it has to be asked.
    pub(super) async fn find<F>(
        &self,
        kid: Option<&str>,
        algorithm: Algorithm,
        now: Millis,
        fetch: F,
    ) -> Result<Option<Arc<PublicKey>>, FetchError>
    where
        F: AsyncFnOnce() -> Result<Value, FetchError>,
    {
        let known = self.known(now);
        let found = known.as_ref().and_then(|read| read.find(kid, algorithm));
        let fresh = known.as_ref().is_some_and(|read| now - read.at < FRESH);
        if found.is_some() && fresh {
            return Ok(found);
        }
        let mut asked_at = match (&found, self.asked_at.try_lock()) {
            (_, Ok(gate)) => gate,
            // Somebody reads them again right now; the key at hand is good enough until then.
            (Some(_), Err(_)) => return Ok(found),
            (None, Err(_)) => self.asked_at.lock().await,
        };
        // Whoever was here before may have brought the key.
        let known = self.known(now);
        let found = known.as_ref().and_then(|read| read.find(kid, algorithm));
        if found.is_some() && known.as_ref().is_some_and(|read| now - read.at < FRESH) {
            return Ok(found);
        }
        let pause = if known.is_some() { PAUSE } else { FIRST_PAUSE };
        if asked_at.is_some_and(|at| now - at < pause) {
            return if known.is_some() { Ok(found) } else { Err(FetchError::Unreachable) };
        }
        *asked_at = Some(now);
        let read = match fetch().await {
            Ok(document) => Read::parse(&document, now).ok_or(FetchError::NotJson),
            Err(error) => Err(error),
        };
        match read {
            Ok(read) => {
                let found = read.find(kid, algorithm);
                *self.read.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(read));
                Ok(found)
            }
            Err(error) if known.is_some() => {
                tracing::warn!(%error, "the identity provider's keys cannot be read; the known ones are used");
                Ok(found)
            }
            Err(error) => Err(error),
        }
    }

    fn known(&self, now: Millis) -> Option<Arc<Read>> {
        let read = self.read.read().unwrap_or_else(PoisonError::into_inner).clone();
        read.filter(|read| now - read.at < STALE)
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use serde_json::json;

    use super::*;

    #[test]
    fn unfit_keys_are_left_out() {
        let x = URL_SAFE_NO_PAD.encode([7; 32]);
        let ed = |more: Value| {
            let mut key = json!({"kty": "OKP", "crv": "Ed25519", "x": x, "kid": "a"});
            key.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            Read::parse(&json!({"keys": [key]}), 0).unwrap().keys.len()
        };
        assert_eq!(ed(json!({})), 1);
        for unfit in [
            json!({"use": "enc"}),
            json!({"alg": "RS256"}),
            json!({"alg": "HS256"}),
            json!({"crv": "X25519"}),
            json!({"kty": "oct", "k": "c2VjcmV0"}),
            json!({"x": "c2hvcnQ"}),
            json!({"kid": 7}),
        ] {
            assert_eq!(ed(unfit.clone()), 0, "{unfit}");
        }
        assert!(Read::parse(&json!([]), 0).is_none());
    }

    #[test]
    fn a_token_without_a_name_needs_the_only_key() {
        let key = |kid: &str, fill: u8| json!({"kty": "OKP", "crv": "Ed25519", "x": URL_SAFE_NO_PAD.encode([fill; 32]), "kid": kid});
        let one = Read::parse(&json!({"keys": [key("a", 1)]}), 0).unwrap();
        let two = Read::parse(&json!({"keys": [key("a", 1), key("b", 2)]}), 0).unwrap();
        assert!(one.find(None, Algorithm::EdDSA).is_some() && two.find(None, Algorithm::EdDSA).is_none());
        assert!(one.find(None, Algorithm::RS256).is_none() && one.find(Some("b"), Algorithm::EdDSA).is_none());
        let b = two.find(Some("b"), Algorithm::EdDSA).unwrap();
        assert_eq!(b.key.try_get_as_bytes().unwrap(), [2; 32]);
    }
}
