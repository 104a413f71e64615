//! Networks of addresses, and which addresses of the internet are somebody's public server.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// A network in CIDR form, such as `10.0.0.0/8`; an address alone is a network of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    prefix: u8,
}

/// A text that is not a network.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a network such as 10.0.0.0/8")]
pub struct NetworkError(String);

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
    /// Whether an address lies in the network. An IPv4 address that is written as an IPv6 one (`::ffff:10.0.0.1`) counts as
    /// the IPv4 address that it is.
    pub fn contains(&self, address: IpAddr) -> bool {
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

/// IPv4 networks in which nobody on the internet has a server (IANA's special-purpose registry, RFC 6890 and later).
const SPECIAL_V4: [([u8; 4], u8); 16] = [
    ([0, 0, 0, 0], 8),       // this host
    ([10, 0, 0, 0], 8),      // private
    ([100, 64, 0, 0], 10),   // carriers' own (CGNAT)
    ([127, 0, 0, 0], 8),     // loopback
    ([169, 254, 0, 0], 16),  // link-local, and the metadata services of clouds
    ([172, 16, 0, 0], 12),   // private
    ([192, 0, 0, 0], 24),    // protocol assignments
    ([192, 0, 2, 0], 24),    // documentation
    ([192, 31, 196, 0], 24), // AS112
    ([192, 52, 193, 0], 24), // AMT
    ([192, 88, 99, 0], 24),  // 6to4 relays
    ([192, 168, 0, 0], 16),  // private
    ([192, 175, 48, 0], 24), // AS112
    ([198, 18, 0, 0], 15),   // benchmarks
    ([198, 51, 100, 0], 24), // documentation
    ([203, 0, 113, 0], 24),  // documentation
];

/// IPv6 networks inside 2000::/3 in which nobody on the internet has a server. All of 2000::/3 that is not here is public,
/// and nothing outside of it.
const SPECIAL_V6: [(u128, u8); 5] = [
    (0x2001_0000 << 96, 23), // protocol assignments, Teredo among them: it carries an IPv4 address
    (0x2001_0db8 << 96, 32), // documentation
    (0x2002 << 112, 16),     // 6to4: it carries an IPv4 address
    (0x2620_004f_8000 << 80, 48), // AS112
    (0x3fff_0000 << 96, 20), // documentation
];

/// Whether an address can be somebody's public server: not private, loopback, link-local, multicast, reserved or for
/// documentation, in whichever notation. IPv4 addresses inside IPv6 ones (mapped, compatible, NAT64, 6to4, Teredo) are no
/// way around: mapped ones are judged as what they are, the other forms are refused.
pub fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let special = |(first, prefix): &([u8; 4], u8)| {
        let network = Network { address: IpAddr::V4(Ipv4Addr::from(*first)), prefix: *prefix };
        network.contains(IpAddr::V4(address))
    };
    // From 224 on: multicast, reserved, broadcast.
    address.octets()[0] < 224 && !SPECIAL_V4.iter().any(special)
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let special = |(first, prefix): &(u128, u8)| {
        let network = Network { address: IpAddr::V6(Ipv6Addr::from(*first)), prefix: *prefix };
        network.contains(IpAddr::V6(address))
    };
    // 2000::/3 is all that is given out. Outside of it lie ::1, ::, 64:ff9b::/96, fc00::/7, fe80::/10 and ff00::/8.
    address.octets()[0] & 0xe0 == 0x20 && !SPECIAL_V6.iter().any(special)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks() {
        for (network, address, inside) in [
            ("10.0.0.0/8", "10.255.0.1", true),
            ("10.0.0.0/8", "11.0.0.1", false),
            ("10.0.0.0/8", "::ffff:10.0.0.1", true),
            ("192.168.1.4", "192.168.1.4", true),
            ("192.168.1.4", "192.168.1.5", false),
            ("0.0.0.0/0", "1.2.3.4", true),
            ("0.0.0.0/0", "2001::1", false),
            ("::/0", "2001::1", true),
            ("fd00::/8", "fd12::1", true),
            ("fd00::/8", "fe12::1", false),
            ("127.0.0.0/30", "127.0.0.3", true),
            ("127.0.0.0/30", "127.0.0.4", false),
        ] {
            let found = network.parse::<Network>().unwrap().contains(address.parse().unwrap());
            assert_eq!(found, inside, "{address} in {network}");
        }
        for wrong in ["10.0.0.0/33", "x", "", "10.0.0.0/", "::/129", "10.0.0.0/-1"] {
            assert!(wrong.parse::<Network>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn public_addresses() {
        for address in [
            "1.1.1.1",
            "8.8.8.8",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.1",
            "198.17.0.1",
            "198.20.0.0",
            "223.255.255.255",
            "2606:4700:4700::1111",
            "2a00:1450:4001::1",
            "::ffff:8.8.8.8",
            "2001:4860:4860::8888",
        ] {
            assert!(is_public(address.parse().unwrap()), "{address}");
        }
        for address in [
            // This host, loopback, private, carriers' own.
            "0.0.0.0",
            "0.1.2.3",
            "127.0.0.1",
            "127.255.255.254",
            "10.0.0.1",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.0.1",
            "100.64.0.1",
            "100.127.255.255",
            // Link-local and the metadata services of clouds.
            "169.254.0.1",
            "169.254.169.254",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "100.100.100.200",
            // Multicast, reserved, broadcast, documentation, benchmarks.
            "224.0.0.1",
            "239.1.1.1",
            "240.0.0.1",
            "255.255.255.255",
            "192.0.2.1",
            "198.51.100.1",
            "203.0.113.1",
            "198.18.0.1",
            "192.0.0.170",
            "192.88.99.1",
            "2001:db8::1",
            "3fff::1",
            "ff02::1",
            "100::1",
            "5f00::1",
            // IPv6's own of the same, and those that carry an IPv4 address.
            "::",
            "::1",
            "::127.0.0.1",
            "fc00::1",
            "fd12:3456::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::ffff:169.254.169.254",
            "64:ff9b::7f00:1",
            "64:ff9b::8.8.8.8",
            "64:ff9b:1::1",
            "2002:7f00:1::",
            "2002:a00:1::1",
            "2001:0:4136:e378::1",
            "2001:10::1",
            "2001:20::1",
        ] {
            assert!(!is_public(address.parse().unwrap()), "{address}");
        }
    }
}
