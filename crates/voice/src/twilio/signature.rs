//! Signatures of Twilio's webhooks and sockets: HMAC-SHA1 over the address and the sorted parameters.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::{digest, hmac};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// The header that carries the signature; sockets send it in lower case as well.
pub const HEADER: &str = "x-twilio-signature";

/// The query parameter that carries the digest of a body that is no form.
const BODY_DIGEST: &str = "bodySHA256";

/// Parameters of a form, in any order, repeated ones as often as they came.
pub type Parameters = [(String, String)];

/// The signature of a request, as Twilio makes it. Sockets and requests without a form have no parameters.
pub fn sign(token: &str, url: &str, parameters: &Parameters) -> String {
    let key = key(token);
    encode(&key, url.as_bytes(), &tail(parameters))
}

/// Whether a form, or a request with no body at all, was signed with this token. In constant time for each candidate.
///
/// `url` is the address as the carrier knows it: from our own settings, never from headers. Twilio's signer is not
/// consistent about ports and about the apostrophe, so the forms that its own libraries try are tried.
pub fn is_valid(token: &str, url: &str, parameters: &Parameters, signature: &str) -> bool {
    let key = key(token);
    let tail = tail(parameters);
    // No early end: how long it takes tells nothing of which form it was.
    candidates(url).iter().fold(false, |valid, url| {
        let expected = encode(&key, url.as_bytes(), &tail);
        let same = verify_slices_are_equal(expected.as_bytes(), signature.as_bytes()).is_ok();
        valid | same
    })
}

/// Whether a request with a body that is no form was signed with this token: the address carries the body's digest.
pub fn is_valid_body(token: &str, url: &str, body: &[u8], signature: &str) -> bool {
    let Some(claimed) = query(url).and_then(|query| {
        query.split('&').filter_map(|pair| pair.split_once('=')).find(|(name, _)| *name == BODY_DIGEST)
    }) else {
        return false;
    };
    let actual = hex(digest::digest(&digest::SHA256, body).as_ref());
    let body_is_it = verify_slices_are_equal(actual.as_bytes(), claimed.1.as_bytes()).is_ok();
    is_valid(token, url, &[], signature) && body_is_it
}

fn key(token: &str) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, token.as_bytes())
}

fn encode(key: &hmac::Key, url: &[u8], tail: &[u8]) -> String {
    let mut context = hmac::Context::with_key(key);
    context.update(url);
    context.update(tail);
    STANDARD.encode(context.sign().as_ref())
}

/// Names and values, sorted by name and then by value, each pair once.
fn tail(parameters: &Parameters) -> Vec<u8> {
    let mut pairs: Vec<(&str, &str)> = parameters.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    pairs.sort_unstable();
    pairs.dedup();
    let mut tail = Vec::with_capacity(pairs.iter().map(|(name, value)| name.len() + value.len()).sum());
    for (name, value) in pairs {
        tail.extend_from_slice(name.as_bytes());
        tail.extend_from_slice(value.as_bytes());
    }
    tail
}

/// The address as it is, with and without a port, and each with an apostrophe in the query escaped.
fn candidates(url: &str) -> Vec<String> {
    let mut forms = vec![url.to_owned()];
    forms.extend(other_port(url));
    for at in 0..forms.len() {
        forms.extend(escaped_apostrophe(&forms[at]));
    }
    forms
}

fn other_port(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let host_at = authority.rfind('@').map_or(0, |at| at + 1);
    let host = &authority[host_at..];
    // The colons of an IPv6 address are inside its brackets.
    let port_at = host.rfind(':').filter(|colon| host.rfind(']').is_none_or(|bracket| bracket < *colon));
    match port_at {
        Some(colon) => Some(format!("{scheme}://{}{path}", &authority[..host_at + colon])),
        None => {
            let port = if matches!(scheme, "https" | "wss") { 443 } else { 80 };
            Some(format!("{scheme}://{authority}:{port}{path}"))
        }
    }
}

fn escaped_apostrophe(url: &str) -> Option<String> {
    let (address, query) = url.split_once('?')?;
    query.contains('\'').then(|| format!("{address}?{}", query.replace('\'', "%27")))
}

fn query(url: &str) -> Option<&str> {
    let (_, query) = url.split_once('?')?;
    Some(query.split_once('#').map_or(query, |(query, _)| query))
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing into a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TOKEN: &str = "12345";
    const U: &str = "https://mycompany.com/myapp.php?foo=1&bar=2";
    const BODY: &[u8] = br#"{"property": "value", "boolean": true}"#;
    const DIGEST: &str = "0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620";

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    fn p() -> Vec<(String, String)> {
        pairs(&[
            ("CallSid", "CA1234567890ABCDE"),
            ("Caller", "+14158675309"),
            ("Digits", "1234"),
            ("From", "+14158675309"),
            ("To", "+18005551212"),
        ])
    }

    fn accepts(url: &str, parameters: &Parameters, signature: &str) -> bool {
        is_valid(TOKEN, url, parameters, signature)
    }

    #[test]
    fn published_vectors_of_forms() {
        let p = p();
        let http = "http://mycompany.com/myapp.php?foo=1&bar=2";
        let with_port = "https://mycompany.com:443/myapp.php?foo=1&bar=2";
        let user = "https://user:pass@mycompany.com/myapp.php?foo=1&bar=2";
        let user_port = "https://user:pass@mycompany.com:443/myapp.php?foo=1&bar=2";
        let other_port = "http://mycompany.com:1234/myapp.php?foo=1&bar=2";
        let only_user = "https://user@mycompany.com/myapp.php?foo=1&bar=2";
        // What is signed as it stands.
        for (number, url, parameters, signature) in [
            (1, U, p.clone(), "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
            (2, with_port, p.clone(), "kvajT1Ptam85bY51eRf/AJRuM3w="),
            (3, "http://mycompany.com:80/myapp.php?foo=1&bar=2", p.clone(), "0ZXoZLH/DfblKGATFgpif+LLRf4="),
            (4, other_port, p.clone(), "Zmvh+3yNM1Phv2jhDCwEM3q5ebU="),
            (
                8,
                U,
                pairs(&[
                    ("Sid", "CA123"),
                    ("SidAccount", "AC123"),
                    ("Digits", "5678"),
                    ("Digits", "1234"),
                    ("Digits", "1234"),
                ]),
                "IK+Dwps556ElfBT0I3Rgjkr1wJU=",
            ),
            (
                9,
                U,
                pairs(&[("MessagingBinding.Address", "+1415xxxxxxx"), ("MessagingBinding.Address", "+1325xxxxxxx")]),
                "83O6e2vORAoJHUNzJjDWN1jz+BA=",
            ),
            (11, user, p.clone(), "CukzLTc1tT5dXEDIHm/tKBanW10="),
            (12, user_port, p.clone(), "ZQFR1PTIZXF2MXB8ZnKCvnnA+rI="),
            (13, only_user, p.clone(), "2YRLlVAflCqxaNicjMpJcSTgzSs="),
            (15, "wss://voice.example.com/media", Vec::new(), "jFDHVhI8XO69C49uXR3xmdZPylY="),
        ] {
            assert_eq!(sign(TOKEN, url, &parameters), signature, "vector {number}");
            assert!(accepts(url, &parameters, signature), "vector {number}");
        }
        // What must be accepted although it was signed in another form.
        assert!(accepts("https://mycompany.com:1234/myapp.php?foo=1&bar=2", &p, "RSOYDt4T1cUTdK1PDd93/VVr8B8="));
        assert!(accepts(U, &p, "kvajT1Ptam85bY51eRf/AJRuM3w="));
        assert!(accepts(http, &p, "0ZXoZLH/DfblKGATFgpif+LLRf4="));
        assert!(accepts(user, &p, "ZQFR1PTIZXF2MXB8ZnKCvnnA+rI="));
        assert!(accepts(&format!("{U}&Body=It's+amazing"), &p, "TfZzewPq8wqrGlMfyAud8+/IvJ0="), "vector 10");
        let stir = pairs(&[("CallSid", "CA1"), ("From", "+5511987654321"), ("StirVerstat", "TN-Validation-Passed-A")]);
        let address = "https://api.acme.com/twilio/voice";
        assert!(is_valid("token", address, &stir, "A8xudRcvIv+pFEwk/mgVzWhDutw="), "vector 14");
    }

    #[test]
    fn published_vectors_of_bodies() {
        for (number, url, body, signature) in [
            (5, format!("{U}&bodySHA256={DIGEST}"), BODY, "a9nBmqA0ju/hNViExpshrM61xv4="),
            (
                6,
                format!("{U}&bodySHA256=44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"),
                b"{}".as_slice(),
                "Ldidvp12m26NI7eqEvxnEpkd9Hc=",
            ),
            (7, format!("https://mycompany.com/myapp.php?bodySHA256={DIGEST}"), BODY, "y77kIzt2vzLz71DgmJGsen2scGs="),
        ] {
            assert!(is_valid_body(TOKEN, &url, body, signature), "vector {number}");
            assert!(!is_valid_body(TOKEN, &url, b"{ }", signature), "vector {number}, another body");
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let p = p();
        let good = "RSOYDt4T1cUTdK1PDd93/VVr8B8=";
        assert!(!accepts(U, &p, ""));
        assert!(!accepts(U, &p, "RSOYDt4T1cUTdK1PDd93/VVr8B9="));
        assert!(!accepts(&format!("{U}&more=1"), &p, good));
        assert!(!is_valid("12346", U, &p, good));
        let mut more = p.clone();
        more.push(("Extra".into(), String::new()));
        assert!(!accepts(U, &more, good));
        assert!(!is_valid_body(TOKEN, U, BODY, &sign(TOKEN, U, &[])), "a body without its digest in the address");
        assert!(!accepts("no address", &p, good));
    }

    proptest! {
        #[test]
        fn nothing_but_its_own_signature_is_accepted(
            url in "(https|wss|http)://[a-z.]{1,12}(:[0-9]{1,4})?/[a-z/]{0,8}(\\?[a-z'=&]{0,12})?",
            other in ".{0,40}",
            parameters in proptest::collection::vec((".{0,6}", ".{0,6}"), 0..6),
        ) {
            let signature = sign(TOKEN, &url, &parameters);
            prop_assert!(is_valid(TOKEN, &url, &parameters, &signature));
            let turned: Vec<_> = parameters.iter().rev().cloned().collect();
            prop_assert!(is_valid(TOKEN, &url, &turned, &signature));
            prop_assert!(!is_valid("other", &url, &parameters, &signature));
            let _ = is_valid(TOKEN, &other, &parameters, &signature);
            let _ = is_valid_body(TOKEN, &other, b"x", &signature);
        }
    }
}
