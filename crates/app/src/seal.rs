//! Sealing what must lie in the database and must not be read there: AES-256-GCM under a key of its own.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use patchcord_domain::id::Entropy;

/// A key for one purpose. What it seals can be opened only with the same key and in the same place.
#[derive(Clone)]
pub struct Seal([u8; 32]);

impl Seal {
    /// A seal of 256 secret bits.
    pub fn new(key: [u8; 32]) -> Self {
        Self(key)
    }

    /// Seals a text for a place. The nonce is random; with 96 bits of it one key is good for some four billion texts.
    pub fn close(&self, entropy: &dyn Entropy, place: &str, text: &str) -> String {
        let mut nonce = [0_u8; NONCE_LEN];
        entropy.fill(&mut nonce);
        let mut sealed = text.as_bytes().to_vec();
        self.key()
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(place), &mut sealed)
            .expect("a text is far shorter than the 64 GiB that the cipher takes");
        URL_SAFE_NO_PAD.encode([nonce.as_slice(), &sealed].concat())
    }

    /// The text that was sealed for this place; `None` when key or place are others, or a bit was changed.
    pub fn open(&self, place: &str, sealed: &str) -> Option<String> {
        let bytes = URL_SAFE_NO_PAD.decode(sealed).ok()?;
        let (nonce, sealed) = bytes.split_at_checked(NONCE_LEN)?;
        let mut sealed = sealed.to_vec();
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let text = self.key().open_in_place(nonce, Aad::from(place), &mut sealed).ok()?;
        String::from_utf8(text.to_vec()).ok()
    }

    fn key(&self) -> LessSafeKey {
        LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &self.0).expect("the key has the length of the cipher"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Counter(std::sync::atomic::AtomicU8);

    impl Entropy for Counter {
        fn fill(&self, buffer: &mut [u8]) {
            buffer.fill(self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed));
        }
    }

    #[test]
    fn only_the_same_key_and_place_open_it() {
        let entropy = Counter(1.into());
        let seal = Seal::new([1; 32]);
        let sealed = seal.close(&entropy, "row 1", "the link");
        assert!(!sealed.contains("link"));
        assert_ne!(sealed, seal.close(&entropy, "row 1", "the link"), "a nonce never comes twice");
        assert_eq!(seal.open("row 1", &sealed).as_deref(), Some("the link"));
        assert_eq!(seal.open("row 2", &sealed), None);
        assert_eq!(Seal::new([2; 32]).open("row 1", &sealed), None);
        for wrong in ["", "AAAA", "not base64 !", "{\"status\":201}"] {
            assert_eq!(seal.open("row 1", wrong), None, "{wrong}");
        }
        let mut bytes = URL_SAFE_NO_PAD.decode(&sealed).unwrap();
        for at in 0..bytes.len() {
            bytes[at] ^= 1;
            assert_eq!(seal.open("row 1", &URL_SAFE_NO_PAD.encode(&bytes)), None, "byte {at}");
            bytes[at] ^= 1;
        }
    }
}
