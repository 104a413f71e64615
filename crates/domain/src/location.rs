//! Locations: sites of organizations.

use crate::country::Country;
use crate::ticket_input::Faults;

/// Longest name, in characters.
pub const NAME_MAX: usize = 200;
/// Longest address, in characters.
pub const ADDRESS_MAX: usize = 500;
/// Longest name of a city, in characters.
pub const CITY_MAX: usize = 200;

/// A country by its two letters. Numbers of the location and of its contacts may be written as they are dialled there.
pub fn country(faults: &mut Faults, field: &str, text: &str) -> Option<Country> {
    let country = Country::parse(text.trim());
    if country.is_none() {
        faults.add(field, "must be the two letters of a country, such as US or DE");
    }
    country
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn countries() {
        let mut faults = Faults::default();
        assert_eq!(country(&mut faults, "country", " de ").map(|c| c.to_string()).as_deref(), Some("DE"));
        assert_eq!(country(&mut faults, "country", "Germany"), None);
        let told = faults.into_result(()).unwrap_err();
        assert_eq!(told[0].to_string(), "country: must be the two letters of a country, such as US or DE");
    }
}
