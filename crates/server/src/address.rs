//! Where a request really comes from: the socket, or what trusted proxies say.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap, header};
use patchcord_app::sessions::Client;

use crate::Desk;

pub use patchcord_domain::network::Network;

/// Walks `X-Forwarded-For` from the right: each hop is believed as long as the one before it is a trusted proxy.
fn client_address(socket: IpAddr, forwarded: Option<&str>, trusted: &[Network]) -> IpAddr {
    let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(address));
    let mut address = socket.to_canonical();
    for hop in forwarded.unwrap_or_default().rsplit(',').take(20) {
        if !is_trusted(address) {
            break;
        }
        match hop.trim().parse::<IpAddr>() {
            Ok(next) => address = next.to_canonical(),
            Err(_) => break,
        }
    }
    address
}

/// Extracts where a request comes from.
pub(crate) struct From(pub(crate) Client);

impl FromRequestParts<Desk> for From {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, desk: &Desk) -> Result<Self, Self::Rejection> {
        let address = of(&parts.headers, &parts.extensions, &desk.options.trusted_proxies);
        let user_agent = parts.headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).map(str::to_owned);
        Ok(Self(Client { address: address.to_string(), user_agent }))
    }
}

/// The address that a request comes from.
pub(crate) fn of(headers: &HeaderMap, extensions: &Extensions, trusted: &[Network]) -> IpAddr {
    let socket = extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    let socket = socket.unwrap_or(IpAddr::from([0, 0, 0, 0]));
    let forwarded = headers.get("x-forwarded-for").and_then(|value| value.to_str().ok());
    client_address(socket, forwarded, trusted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proxies_are_believed_from_the_right() {
        let trusted: Vec<Network> = ["10.0.0.0/8", "fd00::/8"].map(|text| text.parse().unwrap()).to_vec();
        for (socket, forwarded, address) in [
            ("203.0.113.5", Some("1.1.1.1"), "203.0.113.5"),
            ("10.0.0.1", None, "10.0.0.1"),
            ("10.0.0.1", Some("198.51.100.7"), "198.51.100.7"),
            ("10.0.0.1", Some("1.1.1.1, 198.51.100.7"), "198.51.100.7"),
            ("10.0.0.1", Some("198.51.100.7, 10.0.0.2"), "198.51.100.7"),
            ("10.0.0.1", Some("nonsense"), "10.0.0.1"),
            ("::ffff:10.0.0.1", Some("2001:db8::1"), "2001:db8::1"),
        ] {
            let found = client_address(socket.parse().unwrap(), forwarded, &trusted);
            assert_eq!(found, address.parse::<IpAddr>().unwrap(), "{socket} {forwarded:?}");
        }
    }
}
