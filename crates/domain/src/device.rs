//! Devices: their types and states, and the one form in which addresses, serial numbers and dates are kept.

use std::net::IpAddr;

use crate::text::clean;
use crate::ticket_input::Faults;
use crate::time::{DAY, Millis, from_rfc3339};

/// Longest host name (RFC 1035, 2.3.4), in characters.
pub const HOST_NAME_MAX: usize = 253;
/// Longest part of a host name between two dots (RFC 1035, 2.3.4), in characters.
const LABEL_MAX: usize = 63;
/// Longest serial number, in characters.
pub const SERIAL_MAX: usize = 100;
/// Longest asset tag, in characters.
pub const ASSET_TAG_MAX: usize = 100;
/// Longest name of a manufacturer, a model or an operating system, in characters.
pub const CATALOGUE_NAME_MAX: usize = 120;
/// Longest version of an operating system, in characters.
pub const OS_VERSION_MAX: usize = 60;
/// Longest notes, in characters.
pub const NOTES_MAX: usize = 5_000;
/// First moment that a warranty may end: 1980-01-01T00:00:00Z.
const WARRANTY_FROM: Millis = 315_532_800_000;
/// First moment that is too late for a warranty to end: 2100-01-01T00:00:00Z.
const WARRANTY_TO: Millis = 4_102_444_800_000;

/// What kind of endpoint a device is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DeviceType {
    /// A desktop computer.
    Workstation,
    /// A server, real or virtual.
    Server,
    /// A laptop.
    Laptop,
    /// A printer, scanner or both.
    Printer,
    /// A desk phone.
    Phone,
    /// A switch, router, firewall or access point.
    Network,
    /// A smartphone or tablet.
    Mobile,
    /// Anything else with a plug or a battery.
    Other,
}

impl DeviceType {
    /// Every type, in the order of the data model.
    pub const ALL: [DeviceType; 8] = [
        DeviceType::Workstation,
        DeviceType::Server,
        DeviceType::Laptop,
        DeviceType::Printer,
        DeviceType::Phone,
        DeviceType::Network,
        DeviceType::Mobile,
        DeviceType::Other,
    ];
    /// Every value with its name, for messages.
    pub const ALLOWED: &'static str = "WORKSTATION, SERVER, LAPTOP, PRINTER, PHONE, NETWORK, MOBILE, OTHER";

    /// As it is stored and shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            DeviceType::Workstation => "WORKSTATION",
            DeviceType::Server => "SERVER",
            DeviceType::Laptop => "LAPTOP",
            DeviceType::Printer => "PRINTER",
            DeviceType::Phone => "PHONE",
            DeviceType::Network => "NETWORK",
            DeviceType::Mobile => "MOBILE",
            DeviceType::Other => "OTHER",
        }
    }

    /// Reads a value in any case.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|value| value.as_str().eq_ignore_ascii_case(text))
    }
}

/// Whether a device can be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DeviceStatus {
    /// It answers.
    Online,
    /// It does not answer.
    Offline,
    /// Nobody looked.
    Unknown,
    /// It is out of use.
    Retired,
}

impl DeviceStatus {
    /// Every state.
    pub const ALL: [DeviceStatus; 4] =
        [DeviceStatus::Online, DeviceStatus::Offline, DeviceStatus::Unknown, DeviceStatus::Retired];
    /// Every value with its name, for messages.
    pub const ALLOWED: &'static str = "ONLINE, OFFLINE, UNKNOWN, RETIRED";

    /// As it is stored and shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            DeviceStatus::Online => "ONLINE",
            DeviceStatus::Offline => "OFFLINE",
            DeviceStatus::Unknown => "UNKNOWN",
            DeviceStatus::Retired => "RETIRED",
        }
    }

    /// Reads a value in any case.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|value| value.as_str().eq_ignore_ascii_case(text))
    }
}

/// Whether a text is a host name: parts of letters, digits, hyphens and underscores with dots between them (RFC 1123, 2.1, and
/// the underscore that Windows allows).
pub fn is_host_name(text: &str) -> bool {
    text.len() <= HOST_NAME_MAX && text.split('.').all(is_label)
}

fn is_label(label: &str) -> bool {
    !label.is_empty()
        && label.len() <= LABEL_MAX
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

/// An IP address in its one form: version 4 with dots, version 6 as RFC 5952 has it, version 4 in the clothes of version 6 as
/// version 4. Addresses of nobody or of many (unspecified, broadcast, multicast) are no address of a device.
pub fn normalize_ip(text: &str) -> Option<String> {
    let address = text.trim().parse::<IpAddr>().ok()?.to_canonical();
    let of_one =
        !address.is_unspecified() && !address.is_multicast() && !matches!(address, IpAddr::V4(v4) if v4.is_broadcast());
    of_one.then(|| address.to_string())
}

/// A hardware address (EUI-48) in its one form, `00:00:5E:00:53:01`. It is read with colons, hyphens, in groups of four as Cisco
/// writes it, or without anything between the digits. All zeros and all ones are no address of a device.
pub fn normalize_mac(text: &str) -> Option<String> {
    let text = text.trim();
    let group = match text.bytes().find(|b| matches!(b, b':' | b'-' | b'.')) {
        None => 12,
        Some(b'.') => 4,
        Some(_) => 2,
    };
    let separator = text.chars().find(|c| matches!(c, ':' | '-' | '.'));
    let groups: Vec<&str> = match separator {
        Some(separator) => text.split(separator).collect(),
        None => vec![text],
    };
    let is_whole = groups.len() * group == 12
        && groups.iter().all(|digits| digits.len() == group && digits.bytes().all(|b| b.is_ascii_hexdigit()));
    if !is_whole {
        return None;
    }
    let digits = groups.concat().to_ascii_uppercase();
    if digits.bytes().all(|b| b == b'0') || digits.bytes().all(|b| b == b'F') {
        return None;
    }
    let pairs: Vec<&str> = (0..6).map(|index| &digits[2 * index..2 * index + 2]).collect();
    Some(pairs.join(":"))
}

/// The form in which host names, serial numbers, asset tags and names of catalogue entries are compared: without regard to the
/// case of the letters A to Z. Both databases have the very same function for their indexes.
pub fn matched(text: &str) -> String {
    text.trim().to_ascii_lowercase()
}

impl Faults {
    /// A host name, in the case in which it was written.
    pub fn host_name(&mut self, field: &str, text: &str) -> String {
        let text = text.trim();
        if !is_host_name(text) {
            let rule = "letters, digits, hyphens and underscores, with dots between parts of 1 to 63 characters";
            self.add(field, format!("must be a host name of at most {HOST_NAME_MAX} characters: {rule}"));
        }
        text.to_owned()
    }

    /// A serial number, on one line.
    pub fn serial_number(&mut self, field: &str, text: &str) -> String {
        self.line(field, text, SERIAL_MAX)
    }

    /// An asset tag, on one line.
    pub fn asset_tag(&mut self, field: &str, text: &str) -> String {
        self.line(field, text, ASSET_TAG_MAX)
    }

    /// The name of a catalogue entry, on one line.
    pub fn catalogue_name(&mut self, field: &str, text: &str) -> String {
        self.line(field, text, CATALOGUE_NAME_MAX)
    }

    /// The version of an operating system; may be empty.
    pub fn os_version(&mut self, field: &str, text: &str) -> String {
        self.text(field, &one_line(text), 0, OS_VERSION_MAX)
    }

    /// An IP address in its one form.
    pub fn ip_address(&mut self, field: &str, text: &str) -> String {
        normalize_ip(text).unwrap_or_else(|| {
            self.add(field, "must be the IPv4 or IPv6 address of one device, such as 192.0.2.7 or 2001:db8::7");
            String::new()
        })
    }

    /// A hardware address in its one form.
    pub fn mac_address(&mut self, field: &str, text: &str) -> String {
        normalize_mac(text).unwrap_or_else(|| {
            self.add(field, "must be the hardware address of one device, such as 00:00:5E:00:53:01");
            String::new()
        })
    }

    /// When a warranty ends: a date, or a moment in RFC 3339.
    pub fn warranty_until(&mut self, field: &str, text: &str) -> Millis {
        match from_rfc3339(text.trim()) {
            Some(at) if (WARRANTY_FROM..WARRANTY_TO).contains(&at) => at,
            _ => {
                self.add(field, "must be a date from 1980 to 2099, such as 2028-06-30");
                0
            }
        }
    }

    /// When a device was seen last: a moment in RFC 3339, not in the future. Clocks may differ by a day.
    pub fn last_seen_at(&mut self, field: &str, text: &str, now: Millis) -> Millis {
        match from_rfc3339(text.trim()) {
            Some(at) if (0..=now + DAY).contains(&at) => at,
            _ => {
                self.add(field, "must be a past moment in RFC 3339, such as 2026-11-24T09:30:00Z");
                0
            }
        }
    }

    /// A text of 1 to `max` characters on one line.
    fn line(&mut self, field: &str, text: &str, max: usize) -> String {
        self.text(field, &one_line(text), 1, max)
    }
}

/// On one line, with single spaces.
fn one_line(text: &str) -> String {
    clean(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn enumerations_are_read_in_any_case() {
        for value in DeviceType::ALL {
            assert_eq!(DeviceType::parse(&value.as_str().to_lowercase()), Some(value));
            assert!(DeviceType::ALLOWED.split(", ").any(|name| name == value.as_str()));
        }
        for value in DeviceStatus::ALL {
            assert_eq!(DeviceStatus::parse(&value.as_str().to_lowercase()), Some(value));
            assert!(DeviceStatus::ALLOWED.split(", ").any(|name| name == value.as_str()));
        }
        assert_eq!(DeviceType::parse("toaster"), None);
        assert_eq!(DeviceStatus::parse("asleep"), None);
    }

    #[test]
    fn addresses_have_one_form() {
        for (text, expect) in [
            (" 192.0.2.7 ", Some("192.0.2.7")),
            ("::ffff:192.0.2.7", Some("192.0.2.7")),
            ("2001:DB8:0:0:0:0:0:7", Some("2001:db8::7")),
            ("2001:0db8::0007", Some("2001:db8::7")),
            ("fe80::1", Some("fe80::1")),
            ("127.0.0.1", Some("127.0.0.1")),
            ("fe80::1%eth0", None),
            ("192.0.2.07", None),
            ("192.0.2", None),
            ("192.0.2.256", None),
            ("192.0.2.7/24", None),
            ("0.0.0.0", None),
            ("::", None),
            ("255.255.255.255", None),
            ("224.0.0.1", None),
            ("ff02::1", None),
            ("localhost", None),
            ("", None),
        ] {
            assert_eq!(normalize_ip(text).as_deref(), expect, "{text}");
        }
    }

    #[test]
    fn hardware_addresses_have_one_form() {
        for text in ["00:00:5E:00:53:01", " 00-00-5e-00-53-01", "0000.5e00.5301", "00005E005301"] {
            assert_eq!(normalize_mac(text).as_deref(), Some("00:00:5E:00:53:01"), "{text}");
        }
        for text in [
            "",
            "00:00:5E:00:53",
            "00:00:5E:00:53:01:02",
            "00:00-5E:00:53:01",
            "0:0:5E:0:53:1",
            "00005E00530G",
            "00:00:00:00:00:00",
            "FF:FF:FF:FF:FF:FF",
            "0000:5e00:5301",
            "00.00.5E.00.53.01",
            "٠٠:00:5E:00:53:01",
        ] {
            assert_eq!(normalize_mac(text), None, "{text}");
        }
    }

    #[test]
    fn host_names() {
        let (long, longest) = ("a".repeat(64), ["a".repeat(63).as_str(); 4].join("."));
        for text in ["HAL-LT-014", "a", "db_1.corp.example", "7", &longest[..253]] {
            assert!(is_host_name(text), "{text}");
        }
        for text in ["", "-a", "a-", "a..b", ".a", "a.", "a b", "größe", "a/b", &long, &longest] {
            assert!(!is_host_name(text), "{text}");
        }
    }

    fn told(check: impl FnOnce(&mut Faults)) -> Vec<String> {
        let mut faults = Faults::default();
        check(&mut faults);
        faults.into_result(()).err().unwrap_or_default().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn every_fault_is_told() {
        let now = 1_795_510_800_000;
        let faults = told(|f| {
            f.host_name("name", "two words");
            f.serial_number("serialNumber", " ");
            f.asset_tag("assetTag", &"x".repeat(101));
            f.ip_address("ipAddress", "300.1.1.1");
            f.mac_address("macAddress", "none");
            f.warranty_until("warrantyUntil", "2100-01-01");
            f.last_seen_at("lastSeenAt", "2030-01-01", now);
            f.catalogue_name("manufacturer", "");
            f.os_version("version", &"1".repeat(61));
        });
        let fields: Vec<&str> = faults.iter().map(|fault| fault.split(':').next().unwrap()).collect();
        assert_eq!(
            fields,
            [
                "name",
                "serialNumber",
                "assetTag",
                "ipAddress",
                "macAddress",
                "warrantyUntil",
                "lastSeenAt",
                "manufacturer",
                "version"
            ]
        );
        assert_eq!(faults[2], "assetTag: must have 1 to 100 characters; it has 101");
    }

    #[test]
    fn dates_of_warranties() {
        for (text, fits) in [
            ("1980-01-01", true),
            ("2099-12-31", true),
            ("2028-06-30T12:00:00+02:00", true),
            ("1979-12-31", false),
            ("2100-01-01", false),
            ("2027-02-29", false),
            ("30.06.2028", false),
            ("soon", false),
        ] {
            assert_eq!(told(|f| _ = f.warranty_until("warrantyUntil", text)).is_empty(), fits, "{text}");
        }
        assert_eq!(Faults::default().warranty_until("warrantyUntil", "1980-01-01"), WARRANTY_FROM);
    }

    #[test]
    fn lines_have_single_spaces() {
        assert_eq!(Faults::default().catalogue_name("name", "  Latitude \n 5440\u{a0}X\0 "), "Latitude 5440 X");
        assert_eq!(matched(" NB-1207 Ä "), "nb-1207 Ä");
    }

    proptest! {
        #[test]
        fn any_ip_is_a_fixed_point(bytes in any::<[u8; 16]>(), v4 in any::<bool>()) {
            let address = if v4 { IpAddr::from([bytes[0], bytes[1], bytes[2], bytes[3]]) } else { IpAddr::from(bytes) };
            if let Some(form) = normalize_ip(&address.to_string()) {
                prop_assert_eq!(form.parse::<IpAddr>().unwrap(), address.to_canonical());
                prop_assert_eq!(normalize_ip(&form), Some(form.clone()));
                // Spelled out in full it is the same address.
                if let IpAddr::V6(v6) = address {
                    let full: Vec<String> = v6.segments().iter().map(|part| format!("{part:04X}")).collect();
                    prop_assert_eq!(normalize_ip(&full.join(":")), Some(form));
                }
            } else {
                prop_assert!(address.is_multicast() || address.is_unspecified() || address.to_canonical().is_multicast()
                    || matches!(address.to_canonical(), IpAddr::V4(v4) if v4.is_broadcast() || v4.is_unspecified()));
            }
        }

        #[test]
        fn any_mac_is_read_in_every_notation(bytes in any::<[u8; 6]>()) {
            let pairs: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            let plain = pairs.concat();
            let expect = normalize_mac(&plain);
            for text in [
                pairs.join(":"),
                pairs.join("-").to_uppercase(),
                format!("{}.{}.{}", &plain[..4], &plain[4..8], &plain[8..]),
                format!("\t{plain} "),
            ] {
                prop_assert_eq!(normalize_mac(&text), expect.clone());
            }
            if let Some(form) = expect {
                prop_assert_eq!(form.len(), 17);
                prop_assert_eq!(normalize_mac(&form), Some(form));
            }
        }

        #[test]
        fn no_text_is_a_crash(text in "\\PC{0,300}", now in 0_i64..4_000_000_000_000) {
            let mut faults = Faults::default();
            let name = faults.host_name("name", &text);
            let serial = faults.serial_number("serialNumber", &text);
            faults.ip_address("ipAddress", &text);
            faults.mac_address("macAddress", &text);
            faults.warranty_until("warrantyUntil", &text);
            faults.last_seen_at("lastSeenAt", &text, now);
            prop_assert!(!serial.contains(['\n', '\t', '\r', '\0']));
            prop_assert_eq!(matched(&matched(&name)), matched(&name));
        }

        #[test]
        fn what_was_checked_is_taken_again(text in "[ -~äÖ日\t\n]{0,120}") {
            let mut faults = Faults::default();
            let serial = faults.serial_number("serialNumber", &text);
            let os = faults.os_version("version", &text);
            if faults.into_result(()).is_ok() {
                let mut again = Faults::default();
                prop_assert_eq!(again.serial_number("serialNumber", &serial), serial);
                prop_assert_eq!(again.os_version("version", &os), os);
                prop_assert!(again.into_result(()).is_ok());
            }
        }
    }
}
