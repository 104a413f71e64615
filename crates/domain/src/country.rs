//! Countries by their two letters, and how one is guessed from a time zone or a telephone number.

use std::fmt;

/// Time zones of the IANA database and the country of each, from its file `zone.tab` and its older names (public domain).
const ZONES: &str = include_str!("zone_countries.txt");

/// A country by its two letters (ISO 3166-1 alpha-2), in upper case.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Country([u8; 2]);

impl Country {
    /// Reads two letters in any case; `None` when there is no such country.
    pub fn parse(text: &str) -> Option<Self> {
        let letters: [u8; 2] = text.as_bytes().try_into().ok()?;
        let country = Self(letters.map(|letter| letter.to_ascii_uppercase()));
        let code = std::str::from_utf8(&country.0).ok()?;
        let is_known = code.parse::<phonenumber::country::Id>().is_ok() || zones().any(|(_, of)| of == code);
        is_known.then_some(country)
    }

    /// The two letters.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("a country is made of two ASCII letters")
    }

    /// The country of a time zone such as `Europe/Berlin`; `None` for zones that are no country's, such as `UTC`.
    pub fn of_zone(zone: &str) -> Option<Self> {
        zones().find(|(name, _)| *name == zone).and_then(|(_, code)| Self::parse(code))
    }

    /// The country of a number in E.164. Where several share a code, the one that the number belongs to, or else the
    /// main one: for the numbers of the others are written in the same way.
    pub fn of_phone(number: &str) -> Option<Self> {
        let number = phonenumber::parse(None, number).ok()?;
        if let Some(id) = number.country().id() {
            return Self::parse(id.as_ref());
        }
        let all = phonenumber::metadata::DATABASE.by_code(&number.country().code())?;
        let main = all.iter().find(|meta| meta.is_main_country_for_code()).or(all.first())?;
        Self::parse(main.id())
    }

    /// The country of a workspace: that of the number its callers are transferred to, or else that of its time zone.
    pub fn of_workspace(transfer_number: Option<&str>, timezone: &str) -> Option<Self> {
        transfer_number.and_then(Self::of_phone).or_else(|| Self::of_zone(timezone))
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

fn zones() -> impl Iterator<Item = (&'static str, &'static str)> {
    ZONES.lines().filter_map(|line| line.split_once(' '))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_letters() {
        for (text, code) in [("DE", Some("DE")), ("us", Some("US")), ("Aq", Some("AQ")), ("xk", Some("XK"))] {
            assert_eq!(Country::parse(text).map(|c| c.to_string()).as_deref(), code, "{text}");
        }
        for text in ["", "D", "ZZ", "DEU", "Germany", "ö", "1A"] {
            assert_eq!(Country::parse(text), None, "{text}");
        }
    }

    #[test]
    fn countries_of_zones() {
        for (zone, code) in [
            ("Europe/Berlin", Some("DE")),
            ("America/New_York", Some("US")),
            ("US/Pacific", Some("US")),
            ("Asia/Calcutta", Some("IN")),
            ("Europe/Kyiv", Some("UA")),
            ("UTC", None),
            ("nowhere", None),
        ] {
            assert_eq!(Country::of_zone(zone).map(|c| c.to_string()).as_deref(), code, "{zone}");
        }
    }

    /// Every zone that a workspace may choose belongs to a country, but for those that are none's.
    #[test]
    fn no_zone_of_a_place_is_missing() {
        let places =
            ["Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific"];
        let missing: Vec<&str> = chrono_tz::TZ_VARIANTS
            .iter()
            .map(|zone| zone.name())
            .filter(|name| name.split_once('/').is_some_and(|(place, _)| places.contains(&place)))
            .filter(|name| Country::of_zone(name).is_none())
            .collect();
        assert_eq!(missing, Vec::<&str>::new());
    }

    #[test]
    fn countries_of_numbers_and_workspaces() {
        for (number, code) in
            [("+12025550143", "US"), ("+15145140000", "CA"), ("+442079460018", "GB"), ("+493012345678", "DE")]
        {
            assert_eq!(Country::of_phone(number).unwrap().as_str(), code, "{number}");
        }
        // Nobody has this number; it is written as those of the main country are.
        assert_eq!(Country::of_phone("+15550000000").unwrap().as_str(), "US");
        let of = |number, zone| Country::of_workspace(number, zone).map(|c| c.to_string());
        assert_eq!(of(Some("+41446681800"), "Europe/Berlin").as_deref(), Some("CH"));
        assert_eq!(of(None, "Europe/Berlin").as_deref(), Some("DE"));
        assert_eq!(of(None, "UTC"), None);
    }
}
