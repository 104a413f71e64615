//! JWTs of an identity provider (RFC 7515, 7519): read by a library, taken by three algorithms only, judged by our clock.

use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation, decode, decode_header};
use patchcord_domain::time::{Millis, SECOND};
use patchcord_domain::user::{is_email, normalize_email};
use serde::Deserialize;
use serde_json::Value;

/// By how much clocks may differ.
pub(super) const LEEWAY: Millis = 60 * SECOND;
/// Longest subject (OpenID Connect Core 1.0, 2).
const SUBJECT_MAX: usize = 255;
/// The algorithms that are taken. A token that names another one, `none` and HS256 above all, is no token.
const ALGORITHMS: [Algorithm; 3] = [Algorithm::RS256, Algorithm::ES256, Algorithm::EdDSA];

/// A public key and the one algorithm that it is for, which follows from the key alone, never from the token.
pub(super) struct PublicKey {
    pub(super) algorithm: Algorithm,
    pub(super) key: DecodingKey,
}

/// The header of a token that may be a provider's; nothing of it was checked yet. Keys and addresses of keys that a token
/// brings along (`jwk`, `jku`, `x5c`, `x5u`) are never used.
pub(super) fn read_header(token: &str) -> Option<Header> {
    let header = decode_header(token).ok()?;
    // `crit` names extensions that must be understood; none is.
    (header.crit.is_none() && ALGORITHMS.contains(&header.alg)).then_some(header)
}

/// The claims of a token, when the key signed it. RSA keys below 2048 bits sign nothing.
pub(super) fn signed_claims(token: &str, key: &PublicKey) -> Option<Claims> {
    let mut validation = Validation::new(key.algorithm);
    // The library's clock is the machine's, and it takes tokens without an audience; `Claims::are_for` judges instead.
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_aud = false;
    Some(decode(token, &key.key, &validation).ok()?.claims)
}

/// Whether a token says that it was signed with one of the provider's algorithms; ours are signed with another one.
pub(crate) fn is_signed_by_a_provider(token: &str) -> bool {
    read_header(token).is_some()
}

/// What is read of the claims; a role or a workspace is not.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(crate) struct Claims {
    pub(super) iss: String,
    pub(super) sub: String,
    aud: Option<OneOrMany>,
    azp: Option<String>,
    exp: f64,
    nbf: Option<f64>,
    iat: Option<f64>,
    nonce: Option<String>,
    email: Option<String>,
    email_verified: Option<Value>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

/// For whom a token must have been made.
pub(super) enum For<'a> {
    /// The API: at least one of the audiences where there are any, and one of the parties where there are any.
    Api { audiences: &'a [String], parties: &'a [String] },
    /// The sign-in that this browser began.
    SignIn { client_id: &'a str, nonce: &'a str },
}

impl Claims {
    /// Whether the token is from the issuer, for us, and good at this moment.
    pub(super) fn are_for(&self, issuer: &str, whom: &For<'_>, now: Millis) -> bool {
        let millis = |seconds: f64| seconds * SECOND as f64;
        let (now, leeway) = (now as f64, LEEWAY as f64);
        let in_time = millis(self.exp) + leeway > now
            && self.nbf.is_none_or(|at| millis(at) <= now + leeway)
            && self.iat.is_none_or(|at| millis(at) <= now + leeway);
        let subject = !self.sub.is_empty() && self.sub.len() <= SUBJECT_MAX;
        self.iss == issuer && subject && in_time && self.name(whom)
    }

    fn name(&self, whom: &For<'_>) -> bool {
        match whom {
            For::Api { audiences, parties } => {
                let of_audience = audiences.is_empty() || audiences.iter().any(|audience| self.has_audience(audience));
                let of_party = parties.is_empty() || self.azp.as_ref().is_some_and(|azp| parties.contains(azp));
                of_audience && of_party && !(audiences.is_empty() && parties.is_empty())
            }
            For::SignIn { client_id, nonce } => {
                let several = matches!(&self.aud, Some(OneOrMany::Many(all)) if all.len() > 1);
                let of_party = match &self.azp {
                    Some(azp) => azp == client_id,
                    None => !several,
                };
                self.has_audience(client_id) && of_party && self.nonce.as_deref() == Some(*nonce)
            }
        }
    }

    fn has_audience(&self, wanted: &str) -> bool {
        match &self.aud {
            Some(OneOrMany::One(one)) => one == wanted,
            Some(OneOrMany::Many(all)) => all.iter().any(|one| one == wanted),
            None => false,
        }
    }

    /// When the token ends for us.
    pub(super) fn expires_at(&self) -> Millis {
        // A number too large for a moment is cut to the largest one.
        ((self.exp * SECOND as f64) as Millis).saturating_add(LEEWAY)
    }

    /// The e-mail address, when the provider says with the boolean `true` that it was verified.
    pub(super) fn verified_email(&self) -> Option<String> {
        let email = self.email.as_deref().map(normalize_email).filter(|email| is_email(email))?;
        (self.email_verified == Some(Value::Bool(true))).then_some(email)
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::signature::{RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY, RsaPublicKeyComponents};
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use serde_json::json;

    use super::*;

    const NOW: Millis = 1_000_000_000;

    fn good(change: Value, whom: &For<'_>) -> bool {
        let mut claims = json!({
            "iss": "https://id.test", "sub": "s1", "aud": "desk", "azp": "page", "exp": 1_000_100, "nonce": "n1",
        });
        for (name, value) in change.as_object().unwrap() {
            if value.is_null() {
                claims.as_object_mut().unwrap().remove(name);
            } else {
                claims[name] = value.clone();
            }
        }
        serde_json::from_value::<Claims>(claims).is_ok_and(|claims| claims.are_for("https://id.test", whom, NOW))
    }

    #[test]
    fn times_audiences_and_parties() {
        let list = |name: &str| vec![name.to_owned()];
        let (desk, page) = (list("desk"), list("page"));
        let api = For::Api { audiences: &desk, parties: &[] };
        for (change, expect) in [
            (json!({}), true),
            (json!({"exp": 999_941}), true),
            (json!({"exp": 999_940}), false),
            (json!({"exp": null}), false),
            (json!({"exp": "1000100"}), false),
            (json!({"nbf": 1_000_060}), true),
            (json!({"nbf": 1_000_061}), false),
            (json!({"iat": 1_000_061}), false),
            (json!({"iss": "https://id.test/"}), false),
            (json!({"iss": null}), false),
            (json!({"sub": ""}), false),
            (json!({"sub": "x".repeat(256)}), false),
            (json!({"aud": ["other", "desk"]}), true),
            (json!({"aud": ["other"]}), false),
            (json!({"aud": null}), false),
            (json!({"azp": null}), true),
        ] {
            assert_eq!(good(change.clone(), &api), expect, "{change}");
        }
        let parties = For::Api { audiences: &[], parties: &page };
        assert!(good(json!({"aud": null}), &parties));
        assert!(!good(json!({"azp": "elsewhere"}), &parties) && !good(json!({"azp": null}), &parties));
        let both = For::Api { audiences: &desk, parties: &page };
        assert!(good(json!({}), &both) && !good(json!({"aud": "x"}), &both) && !good(json!({"azp": "x"}), &both));
        assert!(!good(json!({}), &For::Api { audiences: &[], parties: &[] }));
        let sign_in = For::SignIn { client_id: "desk", nonce: "n1" };
        for (change, expect) in [
            (json!({"azp": null}), true),
            (json!({"azp": "desk"}), true),
            (json!({}), false),
            (json!({"azp": null, "aud": ["desk", "other"]}), false),
            (json!({"azp": "desk", "aud": ["desk", "other"]}), true),
            (json!({"azp": null, "nonce": "n2"}), false),
            (json!({"azp": null, "nonce": null}), false),
        ] {
            assert_eq!(good(change.clone(), &sign_in), expect, "{change}");
        }
    }

    #[test]
    fn a_moment_beyond_all_numbers_is_the_last_one() {
        let ends = |exp: f64| {
            let claims = json!({"iss": "i", "sub": "s", "exp": exp});
            serde_json::from_value::<Claims>(claims).unwrap().expires_at()
        };
        assert_eq!((ends(1.5), ends(1e300)), (61_500, Millis::MAX));
    }

    #[test]
    fn only_the_boolean_true_verifies() {
        let email = |verified: Value| {
            let claims = json!({"iss": "i", "sub": "s", "exp": 1, "email": " A@B.test", "email_verified": verified});
            serde_json::from_value::<Claims>(claims).unwrap().verified_email()
        };
        assert_eq!(email(json!(true)).as_deref(), Some("a@b.test"));
        for not in [json!(false), json!("true"), json!(1), json!(null)] {
            assert_eq!(email(not), None);
        }
    }

    #[test]
    fn other_algorithms_are_no_tokens() {
        let token = |header: Value| format!("{}.e30.c2ln", URL_SAFE_NO_PAD.encode(header.to_string()));
        assert!(is_signed_by_a_provider(&token(json!({"alg": "RS256", "kid": "k"}))));
        for header in [
            json!({"alg": "none"}),
            json!({"alg": "HS256"}),
            json!({"alg": "RS512"}),
            json!({"alg": "rs256"}),
            json!({"kid": "k"}),
            json!({"alg": "RS256", "crit": ["b64"], "b64": false}),
        ] {
            assert!(!is_signed_by_a_provider(&token(header.clone())), "{header}");
        }
        for text in ["", "a.b", "a.b.c.d", "..", "e30=.e30.e30"] {
            assert!(!is_signed_by_a_provider(text), "{text}");
        }
    }

    #[test]
    fn short_rsa_keys_sign_nothing() {
        let n = "3Ip0bVTDgIT_3tbBIt53bR_dMyjBQ0GKaX7RbHeLT80kYvtuIFHbYzB9Lrh2O43JzNjDoxm3USUzT5FxtrhFEc\
            uolrYTx2Y7WeITTDDHAqMRkFJREIaC7aOPb6a3XxhCY5OLu8JCFtUUdGWpZvL66g12zpdOaVc9fLOhJHFcEZM";
        let signed = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJpIiwic3ViIjoicyIsImV4cCI6MX0";
        let signature = "awY-iMi_CbhAX7VfSTLSwAaPRqq0QjPZBnb49R6XtdD0wJeAuOUqzYC8fCVg2IoLDmnPZUGjAwyu4-xfiUmnR9\
            VCtE9jC3-WbqaBShE1vBRhdwtaHQdz--LVw3_Y6TtxrnB0eQoZOCPoX-XQI7Qqw5-90jIyBFnJejPTVLqSD2k";
        let decode = |text: &str| URL_SAFE_NO_PAD.decode(text).unwrap();
        // The signature is a good one, of a key of 1024 bits.
        RsaPublicKeyComponents { n: decode(n), e: decode("AQAB") }
            .verify(&RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY, signed.as_bytes(), &decode(signature))
            .unwrap();
        let key = DecodingKey::from_rsa_components(n, "AQAB").unwrap();
        let key = PublicKey { algorithm: Algorithm::RS256, key };
        assert_eq!(signed_claims(&format!("{signed}.{signature}"), &key), None);
    }
}
