//! Users of an identity provider: its tokens are checked here, and people sign in at it. Who they are and what they may do
//! is in our own rows.

mod code_flow;
mod fetch;
mod key_set;
mod provider;
mod token;
mod users;

pub use code_flow::{COOKIE_LIVES, OidcAnswer, OidcStart};
pub use provider::{ClientCredentials, Identity, IdentityError, Options};

pub(crate) use token::is_signed_by_a_provider;

/// Whether an address may be asked: over TLS, or on this very machine.
pub fn is_safe_address(text: &str) -> bool {
    let Ok(url) = reqwest::Url::parse(text) else { return false };
    let plain = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    let here = url.host_str().is_some_and(|host| {
        let host = host.trim_start_matches('[').trim_end_matches(']');
        host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
    });
    plain && (url.scheme() == "https" || (url.scheme() == "http" && here))
}

#[cfg(test)]
mod tests {
    #[test]
    fn addresses() {
        for (text, fits) in [
            ("https://id.example.com/realms/desk", true),
            ("http://127.0.0.1:8080", true),
            ("http://localhost:8080/x", true),
            ("http://[::1]:8080/x", true),
            ("http://id.example.com", false),
            ("http://localhost.example.com", false),
            ("https://user:secret@id.example.com", false),
            ("https://id.example.com/#x", false),
            ("file:///etc/passwd", false),
            ("id.example.com", false),
        ] {
            assert_eq!(super::is_safe_address(text), fits, "{text}");
        }
    }
}
