//! Real keys of the three kinds: they sign tokens and are published as a provider publishes them (RFC 7517).

use std::sync::OnceLock;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeySize, PublicKeyComponents};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

/// What a key signs with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// RSA with 2,048 bits, `RS256`.
    Rs256,
    /// P-256, `ES256`.
    Es256,
    /// Ed25519, `EdDSA`.
    EdDsa,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Kind; 3] = [Kind::Rs256, Kind::Es256, Kind::EdDsa];

    /// As headers name it.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Rs256 => "RS256",
            Kind::Es256 => "ES256",
            Kind::EdDsa => "EdDSA",
        }
    }
}

enum Pair {
    Rsa(Box<RsaKeyPair>),
    P256(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

/// The key of somebody who is not the provider; made once, since RSA takes long.
pub(super) fn strangers(kind: Kind) -> &'static Key {
    static KEYS: [OnceLock<Key>; 3] = [const { OnceLock::new() }; 3];
    KEYS[kind as usize].get_or_init(|| Key::generate(kind, "of-a-stranger"))
}

/// A key and its name.
pub struct Key {
    /// `kid`.
    pub kid: String,
    pair: Pair,
}

impl Key {
    /// Makes a key.
    ///
    /// # Panics
    /// When the machine cannot make keys.
    pub fn generate(kind: Kind, kid: &str) -> Self {
        let pair = match kind {
            Kind::Rs256 => Pair::Rsa(Box::new(RsaKeyPair::generate(KeySize::Rsa2048).expect("an RSA key"))),
            Kind::Es256 => {
                Pair::P256(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key on P-256"))
            }
            Kind::EdDsa => Pair::Ed25519(Ed25519KeyPair::generate().expect("an Ed25519 key")),
        };
        Self { kid: kid.to_owned(), pair }
    }

    /// What it signs with.
    pub fn kind(&self) -> Kind {
        match self.pair {
            Pair::Rsa(_) => Kind::Rs256,
            Pair::P256(_) => Kind::Es256,
            Pair::Ed25519(_) => Kind::EdDsa,
        }
    }

    /// Signs bytes as RFC 7518 and RFC 8037 say.
    ///
    /// # Panics
    /// When signing fails, which it does not.
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match &self.pair {
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature).expect("a signature");
                signature
            }
            Pair::P256(pair) => pair.sign(&random, message).expect("a signature").as_ref().to_vec(),
            Pair::Ed25519(pair) => pair.sign(message).as_ref().to_vec(),
        }
    }

    /// The public half as everybody can download it, in bytes: what somebody who confuses algorithms uses as a secret.
    pub fn public_bytes(&self) -> Vec<u8> {
        match &self.pair {
            Pair::Rsa(pair) => pair.public_key().as_ref().to_vec(),
            Pair::P256(pair) => pair.public_key().as_ref().to_vec(),
            Pair::Ed25519(pair) => pair.public_key().as_ref().to_vec(),
        }
    }

    /// The public half as a JWK.
    pub fn jwk(&self) -> Value {
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let (mut jwk, alg) = match &self.pair {
            Pair::Rsa(pair) => {
                let parts: PublicKeyComponents<Vec<u8>> = pair.public_key().into();
                (json!({"kty": "RSA", "n": text(&parts.n), "e": text(&parts.e)}), Kind::Rs256)
            }
            Pair::P256(pair) => {
                let point = pair.public_key().as_ref();
                (json!({"kty": "EC", "crv": "P-256", "x": text(&point[1..33]), "y": text(&point[33..])}), Kind::Es256)
            }
            Pair::Ed25519(pair) => {
                (json!({"kty": "OKP", "crv": "Ed25519", "x": text(pair.public_key().as_ref())}), Kind::EdDsa)
            }
        };
        jwk["kid"] = json!(self.kid);
        jwk["use"] = json!("sig");
        jwk["alg"] = json!(alg.name());
        jwk
    }
}
