//! Signatures of deliveries, by the Standard Webhooks scheme (symmetric, `v1`).
//!
//! What is signed is `id.timestamp.body`, with HMAC-SHA-256; the key is what follows `whsec_`, decoded from base64. While a
//! secret is being replaced there are two signatures, separated by a space: one of them fits whichever secret is known.

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use patchcord_domain::id::Entropy;

/// What every secret begins with, so that scanners for leaked secrets know it.
pub const PREFIX: &str = "whsec_";

/// A new secret of 256 random bits.
pub(super) fn new_secret(entropy: &dyn Entropy) -> String {
    let mut key = [0_u8; 32];
    entropy.fill(&mut key);
    format!("{PREFIX}{}", STANDARD.encode(key))
}

/// The key of a secret; `None` when it does not have the form of one: `whsec_` and 24 to 64 bytes in base64.
pub fn key_of(secret: &str) -> Option<Vec<u8>> {
    let key = STANDARD.decode(secret.strip_prefix(PREFIX)?).ok()?;
    (24..=64).contains(&key.len()).then_some(key)
}

/// The header `webhook-signature`: one signature for each key.
pub(super) fn signatures(keys: &[Vec<u8>], id: &str, timestamp_s: i64, body: &str) -> String {
    let signed = format!("{id}.{timestamp_s}.{body}");
    let sign = |key: &Vec<u8>| {
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), signed.as_bytes());
        format!("v1,{}", STANDARD.encode(tag))
    };
    keys.iter().map(sign).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vector of the scheme's own libraries.
    #[test]
    fn the_known_vector() {
        let key = key_of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let signed = signatures(&[key], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, r#"{"test": 2432232314}"#);
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn two_keys_are_two_signatures() {
        let (old, new) = (vec![1; 32], vec![2; 32]);
        let both = signatures(&[new.clone(), old.clone()], "a", 1, "{}");
        let each = [signatures(&[new], "a", 1, "{}"), signatures(&[old], "a", 1, "{}")];
        assert_eq!(both, each.join(" "));
    }

    #[test]
    fn secrets_have_a_form() {
        struct Ones;
        impl Entropy for Ones {
            fn fill(&self, buffer: &mut [u8]) {
                buffer.fill(1);
            }
        }
        assert_eq!(key_of(&new_secret(&Ones)).unwrap(), [1; 32]);
        let short = format!("{PREFIX}{}", STANDARD.encode([1; 23]));
        let long = format!("{PREFIX}{}", STANDARD.encode([1; 65]));
        for wrong in ["", "whsec_", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_not base64!", &short, &long] {
            assert_eq!(key_of(wrong), None, "{wrong}");
        }
    }
}
