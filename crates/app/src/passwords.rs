//! Passwords and other secrets that people or browsers carry: hashed, compared, judged.

use std::sync::Arc;

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use aws_lc_rs::digest;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use patchcord_domain::FieldError;
use patchcord_domain::audit::hex;
use patchcord_domain::id::Entropy;
use patchcord_domain::text::length;
use patchcord_domain::user::{PASSWORD_MAX, PASSWORD_MIN};
use tokio::sync::Semaphore;

use crate::AppError;

/// Passwords that are tried first by whoever guesses, of twelve characters or more.
const COMMON: &[&str] = &[
    "password1234",
    "password12345",
    "password123456",
    "passwordpassword",
    "passw0rd1234",
    "p@ssw0rd1234",
    "123456789012",
    "1234567890123",
    "12345678901234",
    "123456123456",
    "111111111111",
    "000000000000",
    "qwertyuiop12",
    "qwertyuiop123",
    "qwertyuiopasdf",
    "qwerty123456",
    "1q2w3e4r5t6y",
    "1qaz2wsx3edc",
    "abcdefghijkl",
    "abcd12345678",
    "iloveyou1234",
    "iloveyouforever",
    "letmein12345",
    "welcome12345",
    "welcome123456",
    "administrator",
    "adminadmin12",
    "admin1234567",
    "changeme1234",
    "changeme12345",
    "football1234",
    "baseball1234",
    "princess1234",
    "sunshine1234",
    "superman1234",
    "trustno1trustno1",
    "correcthorsebatterystaple",
    "asdfghjkl123",
    "zxcvbnm12345",
    "monkey123456",
    "dragon123456",
    "master123456",
    "summer202612",
    "winter202612",
    "patchcord1234",
    "patchcordpatchcord",
    "unknownunknown",
];

/// What hashing costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes over it.
    pub passes: u32,
}

impl Default for Cost {
    /// The first choice of the OWASP password storage cheat sheet for Argon2id: 19 MiB, two passes, one lane.
    fn default() -> Self {
        Self { memory_kib: 19 * 1024, passes: 2 }
    }
}

/// Hashes and checks passwords, two at a time and off the threads that serve requests.
#[derive(Clone)]
pub struct Passwords {
    argon2: Argon2<'static>,
    places: Arc<Semaphore>,
    /// The hash of nothing that anybody knows: compared when there is no user, so that both answers take as long.
    nobody: Arc<str>,
}

impl Passwords {
    /// Prepares hashing at a cost.
    ///
    /// # Errors
    /// When the cost is not one that Argon2 allows.
    pub fn new(cost: Cost, entropy: &dyn Entropy) -> Result<Self, AppError> {
        let params = Params::new(cost.memory_kib, cost.passes, 1, None).map_err(internal)?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let nobody = hash(&argon2, &new_token(entropy), entropy)?;
        Ok(Self { argon2, places: Arc::new(Semaphore::new(2)), nobody: nobody.into() })
    }

    /// The hash to store, in PHC form.
    ///
    /// # Errors
    /// When hashing fails, which it does only when memory is out.
    pub async fn hash(&self, password: &str, entropy: Arc<dyn Entropy>) -> Result<String, AppError> {
        let (argon2, password) = (self.argon2.clone(), password.to_owned());
        self.aside(move || hash(&argon2, &password, &*entropy)).await?
    }

    /// Whether the password is the one behind the hash. Without a hash the answer is no, and takes as long.
    ///
    /// # Errors
    /// As for [`Passwords::hash`].
    pub async fn verify(&self, password: &str, hash: Option<&str>) -> Result<bool, AppError> {
        let known = hash.is_some();
        let hash = hash.unwrap_or(&self.nobody).to_owned();
        let password = password.to_owned();
        let is_right = self
            .aside(move || {
                let parsed = PasswordHash::new(&hash).map_err(internal)?;
                Ok::<bool, AppError>(fits(&password, &parsed))
            })
            .await??;
        Ok(is_right && known)
    }

    async fn aside<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, AppError> {
        let _place = self.places.acquire().await.map_err(internal)?;
        tokio::task::spawn_blocking(work).await.map_err(internal)
    }
}

fn hash(argon2: &Argon2<'_>, password: &str, entropy: &dyn Entropy) -> Result<String, AppError> {
    let mut salt = [0_u8; 16];
    entropy.fill(&mut salt);
    let mut output = [0_u8; Params::DEFAULT_OUTPUT_LEN];
    fill(argon2, password, &salt, &mut output).map_err(internal)?;
    let hash = PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(argon2.params()).map_err(internal)?,
        salt: Some(Salt::new(&salt).map_err(internal)?),
        hash: Some(Output::new(&output).map_err(internal)?),
    };
    Ok(hash.to_string())
}

/// Whether the password is the one behind the hash, computed as the hash says. Outputs are compared in constant time.
fn fits(password: &str, stored: &PasswordHash) -> bool {
    let (Some(salt), Some(expected)) = (&stored.salt, &stored.hash) else { return false };
    let Ok(params) = Params::try_from(stored) else { return false };
    let known = (Algorithm::Argon2id.ident(), Some(Version::V0x13.into()));
    if (stored.algorithm, stored.version) != known {
        return false;
    }
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let mut output = vec![0_u8; expected.len()];
    fill(&argon2, password, salt, &mut output).is_ok() && Output::new(&output).is_ok_and(|output| output == *expected)
}

/// Hashes in memory that goes back to the system at once. The allocator of glibc keeps what is smaller than 32 MiB for
/// later; the blocks behind those that are used are never touched, so that they cost nothing.
fn fill(argon2: &Argon2<'_>, password: &str, salt: &[u8], output: &mut [u8]) -> Result<(), argon2::Error> {
    const ROOM: usize = 40 * 1024 * 1024 / Block::SIZE;
    let blocks = argon2.params().block_count();
    let mut memory = Vec::with_capacity(blocks.max(ROOM));
    memory.resize(blocks, Block::new());
    argon2.hash_password_into_with_memory(password.as_bytes(), salt, output, &mut memory)
}

fn internal(error: impl std::fmt::Display) -> AppError {
    AppError::Internal(format!("hashing a password: {error}"))
}

/// What is wrong with a new password, if anything.
pub fn check_password(field: &str, password: &str, email: &str, name: &str) -> Option<FieldError> {
    let count = length(password);
    if !(PASSWORD_MIN..=PASSWORD_MAX).contains(&count) {
        let message = format!("must have {PASSWORD_MIN} to {PASSWORD_MAX} characters; it has {count}");
        return Some(FieldError::new(field, message));
    }
    let lower = password.to_lowercase();
    let repeated = lower.chars().collect::<std::collections::HashSet<_>>().len() < 4;
    if COMMON.contains(&lower.as_str()) || repeated {
        return Some(FieldError::new(field, "is one of the first that anybody would guess; choose another"));
    }
    let own = [email, name, email.split('@').next().unwrap_or_default()];
    if own.iter().any(|own| length(own) >= 6 && lower == own.to_lowercase()) {
        return Some(FieldError::new(field, "must not be your name or e-mail address"));
    }
    None
}

/// A new secret of 256 random bits, in Base64 that fits into an address.
pub fn new_token(entropy: &dyn Entropy) -> String {
    let mut bytes = [0_u8; 32];
    entropy.fill(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// What is stored of a token: SHA-256 in hexadecimal. A token has 256 random bits, so that no salt is needed.
pub fn token_hash(token: &str) -> String {
    hex(digest::digest(&digest::SHA256, token.as_bytes()).as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_fits_its_password_alone() {
        struct Sevens;
        impl Entropy for Sevens {
            fn fill(&self, buffer: &mut [u8]) {
                buffer.fill(7);
            }
        }
        // Made by `hash_password_with_salt` of the argon2 crate, with memory of its own.
        let known = "$argon2id$v=19$m=19456,t=2,p=1$yWKqjiGlEMwrjaK1GJzRVw$IJsY4qwYRJFJ64evJUiLPXDu38a4ubsvcLnO/KkR43Y";
        let known = PasswordHash::new(known).unwrap();
        assert!(fits("a long enough secret", &known) && !fits("a long enough secreu", &known));
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(64, 2, 1, None).unwrap());
        let text = hash(&argon2, "a long enough secret", &Sevens).unwrap();
        assert!(text.starts_with("$argon2id$v=19$m=64,t=2,p=1$"), "{text}");
        let own = PasswordHash::new(&text).unwrap();
        assert!(fits("a long enough secret", &own) && !fits("another", &own));
        for wrong in [text.replace("t=2", "t=3"), text.replace("argon2id", "argon2i"), text.replace("v=19", "v=16")] {
            assert!(!fits("a long enough secret", &PasswordHash::new(&wrong).unwrap()), "{wrong}");
        }
    }

    #[test]
    fn judged() {
        for (password, fits) in [
            ("short", false),
            ("elevenchars", false),
            ("twelve chars", true),
            ("Password1234", false),
            ("aaaaaaaaaaaaaaaa", false),
            ("mara.lindqvist@example.test", false),
            ("Mara Lindqvist", false),
            ("correct horse battery", true),
        ] {
            let wrong = check_password("password", password, "mara.lindqvist@example.test", "Mara Lindqvist");
            assert_eq!(wrong.is_none(), fits, "{password}");
        }
        assert!(check_password("password", &"ab".repeat(101), "", "").is_some());
    }
}
