//! Where a request really comes from: the socket, or what trusted proxies say.

use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap, header};
use patchcord_app::sessions::Client;

use crate::Desk;

/// A network in CIDR form, such as `10.0.0.0/8`; an address alone is a network of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    prefix: u8,
}

/// A text that is not a network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetworkError(String);

impl std::fmt::Display for NetworkError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} is not a network such as 10.0.0.0/8", self.0)
    }
}

impl std::error::Error for NetworkError {}

impl FromStr for Network {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, NetworkError> {
        let wrong = || NetworkError(text.to_owned());
        let (address, prefix) = text.split_once('/').map_or((text, None), |(address, prefix)| (address, Some(prefix)));
        let address: IpAddr = address.trim().parse().map_err(|_| wrong())?;
        let longest = if address.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            Some(prefix) => prefix.trim().parse().map_err(|_| wrong())?,
            None => longest,
        };
        if prefix > longest { Err(wrong()) } else { Ok(Self { address, prefix }) }
    }
}

impl Network {
    fn contains(&self, address: IpAddr) -> bool {
        let bits = |address: IpAddr| match address {
            IpAddr::V4(v4) => u128::from(u32::from(v4)) << 96,
            IpAddr::V6(v6) => u128::from(v6),
        };
        let address = address.to_canonical();
        let same_family = self.address.is_ipv4() == address.is_ipv4();
        let mask = u128::MAX.checked_shl(128 - u32::from(self.prefix)).unwrap_or(0);
        same_family && bits(self.address) & mask == bits(address) & mask
    }
}

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
        assert!("10.0.0.0/33".parse::<Network>().is_err() && "x".parse::<Network>().is_err());
        assert!("0.0.0.0/0".parse::<Network>().unwrap().contains([1, 2, 3, 4].into()));
    }
}
