//! Identifiers in CUID2 form and the randomness they are made from.

/// A source of random bytes. The program passes the operating system's; tests pass a seeded one.
pub trait Entropy: Send + Sync {
    /// Fills the whole buffer with random bytes.
    fn fill(&self, buffer: &mut [u8]);
}

/// Length of every identifier in characters.
pub const ID_LENGTH: usize = 24;

const FIRST: &[u8; 26] = b"abcdefghijklmnopqrstuvwxyz";
const REST: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";

/// Makes an identifier: 24 characters, a letter first, lower-case letters and digits after (CUID2 form,
/// about 123 random bits).
pub fn new_id(entropy: &dyn Entropy) -> String {
    let mut id = String::with_capacity(ID_LENGTH);
    let mut bytes = [0_u8; 32];
    while id.len() < ID_LENGTH {
        entropy.fill(&mut bytes);
        for byte in bytes {
            // Values above the largest multiple of the alphabet are thrown away: no letter is likelier than another.
            let alphabet: &[u8] = if id.is_empty() { FIRST } else { REST };
            let limit = 256 / alphabet.len() * alphabet.len();
            if usize::from(byte) < limit {
                id.push(char::from(alphabet[usize::from(byte) % alphabet.len()]));
                if id.len() == ID_LENGTH {
                    break;
                }
            }
        }
    }
    id
}

/// Whether the text has the form of an identifier. It says nothing of whether such a thing exists.
pub fn is_id(text: &str) -> bool {
    text.len() == ID_LENGTH
        && text.as_bytes()[0].is_ascii_lowercase()
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
}

/// The tenant that a handle, an actor or a row belongs to. It comes from a session, a token or a job row, never from a request's body.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct WorkspaceId(String);

impl WorkspaceId {
    /// Takes an id that came from our own rows.
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for WorkspaceId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU8, Ordering};

    struct Counting(AtomicU8);

    impl Entropy for Counting {
        fn fill(&self, buffer: &mut [u8]) {
            for byte in buffer {
                *byte = self.0.fetch_add(7, Ordering::Relaxed);
            }
        }
    }

    #[test]
    fn ids_have_the_form_and_differ() {
        let entropy = Counting(AtomicU8::new(0));
        let first = new_id(&entropy);
        let second = new_id(&entropy);
        assert!(is_id(&first) && is_id(&second), "{first} {second}");
        assert_ne!(first, second);
    }

    #[test]
    fn other_texts_are_not_ids() {
        for text in [
            "",
            "42",
            "TKT-0042",
            "1bcdefghijklmnopqrstuvwx",
            "abcdefghijklmnopqrstuvwX",
            "abcdefghijklmnopqrstuvwxy",
            "äbcdefghijklmnopqrstuvw",
        ] {
            assert!(!is_id(text), "{text}");
        }
    }
}
