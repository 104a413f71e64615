//! The secrets of this installation, each made from the one master secret for one purpose only.

use aws_lc_rs::hkdf;
use patchcord_domain::audit::AuditKey;

use crate::seal::Seal;

/// Keys derived with HKDF-SHA-256 (RFC 5869) from the master secret, with the purpose as info.
#[derive(Clone)]
pub struct Keys {
    /// Signs access tokens (HS256).
    pub tokens: [u8; 32],
    /// Seals the audit trail.
    pub audit: AuditKey,
    /// Seals what a browser carries through a sign-in at an identity provider.
    pub sign_in: Seal,
    /// Seals answers that are kept for repeated requests.
    pub answers: Seal,
    /// Seals the secrets of webhooks.
    pub webhooks: Seal,
    /// Stands for callers with the vendors of models.
    pub callers: [u8; 32],
}

struct Length;

impl hkdf::KeyType for Length {
    fn len(&self) -> usize {
        32
    }
}

impl Keys {
    /// Derives the keys. The master secret should have 32 random bytes or more; all nodes must share it.
    pub fn derive(master: &[u8]) -> Self {
        let salt = hkdf::Salt::new(hkdf::HKDF_SHA256, b"patchcord keys, version 1");
        let secret = salt.extract(master);
        let derive = |purpose: &[u8]| {
            let mut key = [0_u8; 32];
            let info = [purpose];
            secret.expand(&info, Length).expect("32 bytes can be derived").fill(&mut key).expect("32 bytes fit");
            key
        };
        Self {
            tokens: derive(b"access tokens"),
            audit: AuditKey::new(&derive(b"audit trail")),
            answers: Seal::new(derive(b"kept answers")),
            webhooks: Seal::new(derive(b"secrets of webhooks")),
            callers: derive(b"callers"),
            sign_in: Seal::new(derive(b"sign-in at an identity provider")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_purpose_has_its_own_key() {
        let first = Keys::derive(&[1; 32]);
        let second = Keys::derive(&[2; 32]);
        assert_ne!(first.tokens, second.tokens);
        assert_ne!(first.audit.head("t", 1, "m"), second.audit.head("t", 1, "m"));
        assert_eq!(first.tokens, Keys::derive(&[1; 32]).tokens);
        assert_ne!(first.audit.head("t", 1, "m"), AuditKey::new(&first.tokens).head("t", 1, "m"));
    }
}
