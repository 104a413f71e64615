//! Passwords and other secrets that people or browsers carry: hashed, compared, judged.

use std::sync::Arc;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
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
        let (argon2, password) = (self.argon2.clone(), password.to_owned());
        let fits = self
            .aside(move || {
                let parsed = PasswordHash::new(&hash).map_err(internal)?;
                Ok::<bool, AppError>(argon2.verify_password(password.as_bytes(), &parsed).is_ok())
            })
            .await??;
        Ok(fits && known)
    }

    async fn aside<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, AppError> {
        let _place = self.places.acquire().await.map_err(internal)?;
        tokio::task::spawn_blocking(work).await.map_err(internal)
    }
}

fn hash(argon2: &Argon2<'_>, password: &str, entropy: &dyn Entropy) -> Result<String, AppError> {
    let mut salt = [0_u8; 16];
    entropy.fill(&mut salt);
    Ok(argon2.hash_password_with_salt(password.as_bytes(), &salt).map_err(internal)?.to_string())
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
