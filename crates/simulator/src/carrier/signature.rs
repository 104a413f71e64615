//! How Twilio signs its requests (<https://www.twilio.com/docs/usage/webhooks/webhooks-security>): the address and the sorted
//! parameters, HMAC-SHA1 with the account's token, in base 64.

use aws_lc_rs::hmac;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;

/// The signature of a request with these parameters. A socket's handshake has none.
pub fn sign(token: &str, url: &str, params: &[(String, String)]) -> String {
    let mut sorted = params.to_vec();
    sorted.sort();
    sorted.dedup();
    let mut message = url.to_owned();
    for (name, value) in &sorted {
        message.push_str(name);
        message.push_str(value);
    }
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, token.as_bytes());
    BASE64_STANDARD.encode(hmac::sign(&key, message.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn params(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn published_vectors() {
        let call = params(&[
            ("To", "+18005551212"),
            ("CallSid", "CA1234567890ABCDE"),
            ("Caller", "+14158675309"),
            ("Digits", "1234"),
            ("From", "+14158675309"),
        ]);
        let url = "https://mycompany.com/myapp.php?foo=1&bar=2";
        assert_eq!(sign("12345", url, &call), "RSOYDt4T1cUTdK1PDd93/VVr8B8=");
        let other = "http://mycompany.com:1234/myapp.php?foo=1&bar=2";
        assert_eq!(sign("12345", other, &call), "Zmvh+3yNM1Phv2jhDCwEM3q5ebU=");
        let several = params(&[
            ("Sid", "CA123"),
            ("SidAccount", "AC123"),
            ("Digits", "5678"),
            ("Digits", "1234"),
            ("Digits", "1234"),
        ]);
        assert_eq!(sign("12345", url, &several), "IK+Dwps556ElfBT0I3Rgjkr1wJU=");
        let verstat =
            params(&[("CallSid", "CA1"), ("From", "+5511987654321"), ("StirVerstat", "TN-Validation-Passed-A")]);
        let url = "https://api.acme.com/twilio/voice";
        assert_eq!(sign("token", url, &verstat), "A8xudRcvIv+pFEwk/mgVzWhDutw=");
        assert_eq!(sign("12345", "wss://voice.example.com/media", &[]), "jFDHVhI8XO69C49uXR3xmdZPylY=");
    }
}
