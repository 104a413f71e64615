//! Sealing what must come back unread and unchanged: AES-256-GCM under a key made for one purpose.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use patchcord_domain::id::Entropy;

/// A key that seals and opens. What was sealed with another one does not open.
#[derive(Clone)]
pub struct Seal([u8; 32]);

impl Seal {
    /// Takes a key that nothing else uses.
    pub fn new(key: [u8; 32]) -> Self {
        Self(key)
    }

    /// Seals bytes under a fresh random nonce. Answers with Base64 that fits into a cookie.
    pub fn seal(&self, entropy: &dyn Entropy, plain: &[u8]) -> String {
        let mut nonce = [0_u8; NONCE_LEN];
        entropy.fill(&mut nonce);
        let mut sealed = plain.to_vec();
        self.key()
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::empty(), &mut sealed)
            .expect("a few kilobytes can be sealed");
        URL_SAFE_NO_PAD.encode([nonce.as_slice(), &sealed].concat())
    }

    /// What was sealed; `None` when it was not sealed with this key, or was changed.
    pub fn open(&self, text: &str) -> Option<Vec<u8>> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (nonce, sealed) = bytes.split_first_chunk::<NONCE_LEN>()?;
        let mut sealed = sealed.to_vec();
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let plain = self.key().open_in_place(nonce, Aad::empty(), &mut sealed).ok()?;
        Some(plain.to_vec())
    }

    fn key(&self) -> LessSafeKey {
        LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &self.0).expect("the key has 32 bytes"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Count(std::sync::atomic::AtomicU8);

    impl Entropy for Count {
        fn fill(&self, buffer: &mut [u8]) {
            buffer.fill(self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed));
        }
    }

    #[test]
    fn opens_only_what_it_sealed() {
        let (seal, other) = (Seal::new([1; 32]), Seal::new([2; 32]));
        let entropy = Count(0.into());
        let sealed = seal.seal(&entropy, b"a secret");
        assert_eq!(seal.open(&sealed).as_deref(), Some(b"a secret".as_slice()));
        assert_ne!(sealed, seal.seal(&entropy, b"a secret"));
        assert_eq!(other.open(&sealed), None);
        for at in 0..sealed.len() {
            let mut changed = sealed.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            assert_eq!(seal.open(&String::from_utf8(changed).unwrap()), None, "{at}");
        }
        for nothing in ["", "AAAA", "not base64!"] {
            assert_eq!(seal.open(nothing), None);
        }
    }
}
