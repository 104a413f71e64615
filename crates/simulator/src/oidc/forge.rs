//! Making tokens: good ones, and ones that are wrong in exactly one way.

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::keys::Key;

/// How a token is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Twist {
    /// `iss` is another provider.
    Issuer,
    /// `aud` and `azp` are somebody else.
    Audience,
    /// `nonce` is another one.
    Nonce,
    /// `exp` is two minutes ago.
    Expired,
    /// `nbf` is in two minutes.
    NotYet,
    /// `alg` is `none`, without a signature.
    AlgNone,
    /// `alg` is `HS256`, and the provider's public key is the secret.
    PublicKeyAsSecret,
    /// The name of the key is not one of the provider's.
    UnknownKid,
    /// Signed by somebody else, under the name of the provider's key.
    WrongKey,
    /// Signed by somebody else, whose key the header brings along as `jwk`, with an address in `jku` and `x5u`.
    OwnKeyInHeader,
    /// A claim was changed after signing.
    Tampered,
    /// The name of an algorithm that the key is not for.
    OtherAlgorithm,
    /// A header that says that an unknown extension must be understood.
    Critical,
}

impl Twist {
    /// Every way that matters for tokens of the API.
    pub const OF_API_TOKENS: [Twist; 12] = [
        Twist::Issuer,
        Twist::Audience,
        Twist::Expired,
        Twist::NotYet,
        Twist::AlgNone,
        Twist::PublicKeyAsSecret,
        Twist::UnknownKid,
        Twist::WrongKey,
        Twist::OwnKeyInHeader,
        Twist::Tampered,
        Twist::OtherAlgorithm,
        Twist::Critical,
    ];
}

/// A token that the key signs.
pub(super) fn signed(key: &Key, header: &Value, claims: &Value) -> String {
    with_signature(header, claims, |message| key.sign(message))
}

/// The header that goes with a key.
pub(super) fn header(key: &Key) -> Value {
    json!({"alg": key.kind().name(), "kid": key.kid, "typ": "JWT"})
}

/// The token of these claims, wrong in that way. `stranger` is a key of the same kind that is not the provider's.
pub(super) fn twisted(key: &Key, stranger: &Key, claims: &Value, twist: Twist, now: i64, elsewhere: &str) -> String {
    let (mut header, mut claims) = (header(key), claims.clone());
    match twist {
        Twist::Issuer => claims["iss"] = json!("https://other.test"),
        Twist::Audience => {
            claims["aud"] = json!("somebody-else");
            claims["azp"] = json!("somebody-else");
        }
        Twist::Nonce => claims["nonce"] = json!("another-nonce"),
        Twist::Expired => claims["exp"] = json!(now - 120),
        Twist::NotYet => claims["nbf"] = json!(now + 120),
        Twist::UnknownKid => header["kid"] = json!("nobody-knows-this-one"),
        Twist::Critical => {
            header["crit"] = json!(["urn:test:extension"]);
            header["urn:test:extension"] = json!(true);
        }
        Twist::OtherAlgorithm => header["alg"] = json!(if header["alg"] == "RS256" { "ES256" } else { "RS256" }),
        Twist::AlgNone => {
            header["alg"] = json!("none");
            return with_signature(&header, &claims, |_| Vec::new());
        }
        Twist::PublicKeyAsSecret => {
            header["alg"] = json!("HS256");
            let secret = hmac::Key::new(hmac::HMAC_SHA256, &key.public_bytes());
            return with_signature(&header, &claims, |message| hmac::sign(&secret, message).as_ref().to_vec());
        }
        Twist::WrongKey => return signed(stranger, &header, &claims),
        Twist::OwnKeyInHeader => {
            header["kid"] = json!(stranger.kid);
            header["jwk"] = stranger.jwk();
            header["jku"] = json!(elsewhere);
            header["x5u"] = json!(elsewhere);
            return signed(stranger, &header, &claims);
        }
        Twist::Tampered => {
            let token = signed(key, &header, &claims);
            claims["sub"] = json!("the-administrator");
            let signature = token.rsplit('.').next().unwrap_or_default();
            return format!("{}.{}.{signature}", part(&header), part(&claims));
        }
    }
    signed(key, &header, &claims)
}

fn with_signature(header: &Value, claims: &Value, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> String {
    let message = format!("{}.{}", part(header), part(claims));
    let signature = URL_SAFE_NO_PAD.encode(sign(message.as_bytes()));
    format!("{message}.{signature}")
}

fn part(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}
