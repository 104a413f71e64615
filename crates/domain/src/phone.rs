//! Telephone numbers: read from any common notation, kept in E.164 (`+12025550143`).
//!
//! A national notation is read as one of a country: the location's where there is one, else the workspace's (see
//! [`Country::of_workspace`]). A number is taken when its country code exists and its length is one that numbers there
//! have. Whether its range is in use is not asked: plans change sooner than programs do.

use phonenumber::metadata::{DATABASE, Descriptor, Metadata};
use unicode_normalization::UnicodeNormalization;

pub use crate::country::Country;
use crate::ticket_input::Faults;

/// Longest notation that is read, in characters.
pub const PHONE_MAX: usize = 60;
/// Most digits of a number with its country code (E.164, 6.1).
const DIGITS_MAX: usize = 15;
/// What people put between the digits.
const BETWEEN: &str = " -.()[]/~·\u{2010}\u{2011}\u{2012}\u{2013}\u{2014}\u{2015}\u{2212}\u{30fc}";
/// What nobody sees, but what comes along when a number is copied.
const INVISIBLE: &str = "\u{ad}\u{200b}\u{200c}\u{200d}\u{200e}\u{200f}\u{202a}\u{202b}\u{202c}\u{202d}\u{202e}\u{2060}\
                         \u{2066}\u{2067}\u{2068}\u{2069}\u{feff}";
/// How an extension begins, in lower case.
const EXTENSIONS: [&str; 8] = ["ext", ";ext", "x", "#", ",", "durchwahl", "poste", "dw"];

/// What keeps a text from being a telephone number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PhoneError {
    /// Nothing, or no digit.
    #[error("must have digits")]
    Empty,
    /// A whole text instead of a number.
    #[error("must have at most {PHONE_MAX} characters")]
    TooMuchText,
    /// Something that is neither a digit nor put between digits.
    #[error("has the character {0:?}, which is no part of a telephone number")]
    Character(char),
    /// A plus elsewhere than at the beginning.
    #[error("may have one + only, as its first character")]
    Plus,
    /// More than the number: the part behind the switchboard.
    #[error("must be without the extension, which cannot be dialled from outside; note it elsewhere")]
    Extension,
    /// A national notation, and no country to read it by.
    #[error("must begin with + and a country code, such as +12025550143")]
    NeedsCountry,
    /// An international notation of nowhere.
    #[error("begins with a country code that does not exist")]
    CountryCode,
    /// Fine within the town only.
    #[error("must have its area code: {country} numbers have {lengths} digits, this one has {digits}")]
    NeedsAreaCode {
        /// As `+1`.
        country: String,
        /// How many digits numbers have there, such as `9 or 10`.
        lengths: String,
        /// How many there are.
        digits: usize,
    },
    /// Too few digits.
    #[error("is too short: {country} is followed by {lengths} digits, here by {digits}")]
    TooShort {
        /// As `+49`.
        country: String,
        /// How many digits numbers have there.
        lengths: String,
        /// How many there are.
        digits: usize,
    },
    /// Too many digits.
    #[error("is too long: {country} is followed by {lengths} digits, here by {digits}")]
    TooLong {
        /// As `+49`.
        country: String,
        /// How many digits numbers have there.
        lengths: String,
        /// How many there are.
        digits: usize,
    },
    /// A length between two that exist.
    #[error("has a wrong length: {country} is followed by {lengths} digits, here by {digits}")]
    Length {
        /// As `+49`.
        country: String,
        /// How many digits numbers have there.
        lengths: String,
        /// How many there are.
        digits: usize,
    },
}

/// Reads a number in any common notation, national ones as those of the country, and gives it in E.164.
///
/// # Errors
/// What is wrong with it.
pub fn read(text: &str, country: Option<Country>) -> Result<String, PhoneError> {
    let digits = strip(text)?;
    if let Some(international) = digits.strip_prefix('+') {
        return from_international(international);
    }
    // Abroad is dialled with a prefix, 00 in most countries.
    let national = country.and_then(|country| DATABASE.by_id(country.as_str()));
    let prefix = national.and_then(Metadata::international_prefix).and_then(|prefix| prefix.find(&digits));
    let abroad = prefix.filter(|found| found.start() == 0).map(|found| &digits[found.end()..]);
    if let Some(rest) = abroad.or_else(|| digits.strip_prefix("00"))
        && !rest.starts_with('0')
    {
        return from_international(rest);
    }
    let Some(national) = national else { return Err(PhoneError::NeedsCountry) };
    from_national(&digits, national)
}

/// The numbers that a text may mean which somebody looks for: without a plus it may be a national number as well as an
/// international one, for the plus gets lost in addresses of pages.
///
/// # Errors
/// What is wrong with it when it can mean none.
pub fn readings(text: &str, country: Option<Country>) -> Result<Vec<String>, PhoneError> {
    let first = read(text, country);
    let second = strip(text)
        .ok()
        .filter(|digits| !digits.starts_with(['+', '0']))
        .and_then(|digits| from_international(&digits).ok());
    match (first, second) {
        (Err(wrong), None) => Err(wrong),
        (Ok(first), Some(second)) if first != second => Ok(vec![first, second]),
        (Ok(number), _) | (Err(_), Some(number)) => Ok(vec![number]),
    }
}

/// Reads a field; the fault is noted under its name.
pub fn phone(faults: &mut Faults, field: &str, text: &str, country: Option<Country>) -> String {
    match read(text, country) {
        Ok(number) => number,
        Err(wrong) => {
            faults.add(field, wrong.to_string());
            String::new()
        }
    }
}

/// Whether a text may be meant as a telephone number: nothing but digits and what stands between them, at least seven.
pub fn looks_like(text: &str) -> bool {
    strip(text).is_ok_and(|digits| digits.len() >= 7)
}

/// The digits, after a plus when there was one.
fn strip(text: &str) -> Result<String, PhoneError> {
    if text.chars().count() > PHONE_MAX {
        return Err(PhoneError::TooMuchText);
    }
    let text: String = text.nfkc().filter(|c| !INVISIBLE.contains(*c)).collect();
    let text = text.trim();
    let text = text.get(..4).filter(|head| head.eq_ignore_ascii_case("tel:")).map_or(text, |_| text[4..].trim_start());
    let mut digits = String::new();
    for (at, c) in text.char_indices() {
        match c {
            '+' if digits.is_empty() => digits.push('+'),
            '+' => return Err(PhoneError::Plus),
            _ if c.is_whitespace() || BETWEEN.contains(c) => {}
            _ => match digit(c) {
                Some(digit) => digits.push(digit),
                None if digits.len() > 3 && begins_extension(&text[at..]) => return Err(PhoneError::Extension),
                None => return Err(PhoneError::Character(c)),
            },
        }
    }
    if digits.trim_start_matches('+').is_empty() { Err(PhoneError::Empty) } else { Ok(digits) }
}

/// A digit of Latin, Arabic or Persian script as the first.
fn digit(c: char) -> Option<char> {
    let zero = match c {
        '0'..='9' => return Some(c),
        '\u{660}'..='\u{669}' => '\u{660}',
        '\u{6f0}'..='\u{6f9}' => '\u{6f0}',
        _ => return None,
    };
    char::from_digit(c as u32 - zero as u32, 10)
}

fn begins_extension(rest: &str) -> bool {
    let rest = rest.to_lowercase();
    EXTENSIONS.iter().any(|marker| rest.starts_with(marker)) && rest.chars().any(|c| c.is_ascii_digit())
}

/// Digits that begin with a country code.
fn from_international(digits: &str) -> Result<String, PhoneError> {
    let split = (1..=3.min(digits.len())).find_map(|end| {
        let code: u16 = digits[..end].parse().ok()?;
        // A code with a zero before it is none.
        let all = DATABASE.by_code(&code).filter(|_| !digits.starts_with('0'))?;
        Some((code, all, &digits[end..]))
    });
    let Some((code, all, rest)) = split else { return Err(PhoneError::CountryCode) };
    // Some write the prefix of national calls as well, as in +44 (0)20 7946 0018.
    let without = all.iter().filter_map(|meta| meta.national_prefix()).find_map(|prefix| rest.strip_prefix(prefix));
    likeliest(code, &all, [Some(rest), without, rest.strip_prefix('0')])
}

/// Digits as they are dialled within a country.
fn from_national(digits: &str, country: &Metadata) -> Result<String, PhoneError> {
    let (code, all) = (country.country_code(), DATABASE.by_code(&country.country_code()).unwrap_or_default());
    let is_local = kinds(country).flat_map(Descriptor::possible_local_length).any(|n| usize::from(*n) == digits.len());
    if is_local && !lengths(code, &all).contains(&digits.len()) {
        return Err(wrong_length(code, &all, digits.len(), true));
    }
    let id = country.id().parse().map_err(|_| PhoneError::NeedsCountry)?;
    let read = phonenumber::parse(Some(id), digits).ok().filter(|number| number.code().value() == code);
    let read = read.map(|number| number.national().to_string());
    likeliest(code, &all, [read.as_deref(), Some(digits), None])
}

/// Of several ways to read what follows a country code, the one that numbers there look like; the first when none does.
fn likeliest(code: u16, all: &[&Metadata], ways: [Option<&str>; 3]) -> Result<String, PhoneError> {
    let known = lengths(code, all);
    let fits = |national: &&str| known.contains(&national.len());
    let is_usual = |national: &&str| all.iter().any(|meta| meta.descriptors().general().is_match(national));
    let ways = || ways.into_iter().flatten();
    match ways().filter(fits).find(is_usual).or_else(|| ways().find(fits)) {
        Some(national) => Ok(format!("+{code}{national}")),
        None => Err(wrong_length(code, all, ways().next().map_or(0, str::len), false)),
    }
}

/// The kinds of numbers that can be called from anywhere.
fn kinds(country: &Metadata) -> impl Iterator<Item = &Descriptor> {
    let all = country.descriptors();
    let kinds = [
        all.fixed_line(),
        all.mobile(),
        all.toll_free(),
        all.premium_rate(),
        all.shared_cost(),
        all.personal_number(),
        all.voip(),
        all.pager(),
    ];
    kinds.into_iter().flatten()
}

/// How many digits may follow a country code, in order.
fn lengths(code: u16, all: &[&Metadata]) -> Vec<usize> {
    let most = DIGITS_MAX - code.to_string().len();
    let kinds = all.iter().flat_map(|meta| kinds(meta));
    let mut lengths: Vec<usize> =
        kinds.flat_map(Descriptor::possible_length).map(|n| usize::from(*n)).filter(|n| *n <= most).collect();
    lengths.sort_unstable();
    lengths.dedup();
    lengths
}

fn wrong_length(code: u16, all: &[&Metadata], digits: usize, is_local: bool) -> PhoneError {
    let (country, known) = (format!("+{code}"), lengths(code, all));
    let (least, most) = (known.first().copied().unwrap_or(0), known.last().copied().unwrap_or(0));
    let lengths = if known.len() > 2 && known.len() == most - least + 1 {
        format!("{least} to {most}")
    } else {
        known.iter().map(ToString::to_string).collect::<Vec<_>>().join(" or ")
    };
    match digits {
        _ if is_local => PhoneError::NeedsAreaCode { country, lengths, digits },
        _ if digits < least => PhoneError::TooShort { country, lengths, digits },
        _ if digits > most => PhoneError::TooLong { country, lengths, digits },
        _ => PhoneError::Length { country, lengths, digits },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use phonenumber::Mode;
    use proptest::prelude::*;

    fn of(country: &str) -> Option<Country> {
        Some(Country::parse(country).unwrap())
    }

    #[test]
    fn one_number_in_many_notations() {
        for (country, number, notations) in [
            (
                "US",
                "+12025550143",
                &[
                    "+12025550143",
                    "+1 202-555-0143",
                    "(202) 555-0143",
                    "202.555.0143",
                    "1-202-555-0143",
                    "2025550143",
                    "+1 (202) 555 0143",
                    "tel:+1-202-555-0143",
                    "001 202 555 0143",
                    "011 1 202 555 0143",
                    "\u{202d}+1 202 555 0143\u{202c}",
                    "＋１ ２０２ ５５５ ０１４３",
                    "+١٢٠٢٥٥٥٠١٤٣",
                    " +1\u{a0}202\u{2011}555\u{2011}0143 ",
                ][..],
            ),
            (
                "DE",
                "+493012345678",
                &[
                    "030 12345678",
                    "030/12345678",
                    "+49 30 12345678",
                    "+49 (0)30 12345678",
                    "0049 30 12345678",
                    "(030) 123 456-78",
                    "49 30 12345678",
                ],
            ),
            (
                "GB",
                "+442079460018",
                &["020 7946 0018", "+44 (0)20 7946 0018", "+44 020 7946 0018", "0044 20 7946 0018"],
            ),
            ("US", "+442079460018", &["+44 20 7946 0018", "011 44 20 7946 0018", "0044 20 7946 0018"]),
            ("IT", "+390612345678", &["06 1234 5678", "+39 06 1234 5678", "0039 06 12345678"]),
            ("FR", "+33142685300", &["01 42 68 53 00", "+33 1 42 68 53 00", "+33 (0)1.42.68.53.00"]),
            ("CH", "+41446681800", &["044 668 18 00", "+41 44 668 18 00"]),
            ("AU", "+61255501234", &["(02) 5550 1234", "+61 2 5550 1234", "0011 61 2 5550 1234"]),
            ("JP", "+81312345678", &["03-1234-5678", "+81 3-1234-5678"]),
            ("RU", "+74951234567", &["8 (495) 123-45-67", "+7 495 123-45-67"]),
            ("ES", "+34912345678", &["912 345 678", "+34 912 34 56 78", "+34 (0)912 345 678"]),
            ("IN", "+919876543210", &["098765 43210", "98765 43210", "+91 98765 43210"]),
            ("BR", "+551155256325", &["(11) 5525-6325", "011 5525-6325", "+55 11 5525 6325"]),
        ] {
            for notation in notations {
                assert_eq!(read(notation, of(country)).as_deref(), Ok(number), "{country} {notation}");
            }
        }
    }

    #[test]
    fn without_a_country_only_international_notations_are_read() {
        assert_eq!(read("+1 202 555 0143", None).as_deref(), Ok("+12025550143"));
        assert_eq!(read("00 49 30 12345678", None).as_deref(), Ok("+493012345678"));
        assert_eq!(read("202 555 0143", None), Err(PhoneError::NeedsCountry));
        // Nobody has these, but they look as numbers do: they are kept.
        assert_eq!(read("+1 555 123 4567", None).as_deref(), Ok("+15551234567"));
        assert_eq!(read("(555) 123-4567", of("US")).as_deref(), Ok("+15551234567"));
        assert_eq!(read("+44 7000 000 000", None).as_deref(), Ok("+447000000000"));
    }

    #[test]
    fn each_way_to_be_wrong_has_its_own_words() {
        let us = of("US");
        for (text, country, told) in [
            ("", us, "must have digits"),
            (" + ", us, "must have digits"),
            ("call me", us, "has the character 'c', which is no part of a telephone number"),
            ("1-800-FLOWERS", us, "has the character 'F', which is no part of a telephone number"),
            ("202 555 0143; 202 555 0144", us, "has the character ';', which is no part of a telephone number"),
            (
                "+1 202 555 0143 ext. 12",
                us,
                "must be without the extension, which cannot be dialled from outside; note it elsewhere",
            ),
            (
                "202-555-0143 x12",
                us,
                "must be without the extension, which cannot be dialled from outside; note it elsewhere",
            ),
            (
                "tel:+1-202-555-0143;ext=12",
                us,
                "must be without the extension, which cannot be dialled from outside; note it elsewhere",
            ),
            ("202+5550143", us, "may have one + only, as its first character"),
            ("++12025550143", us, "may have one + only, as its first character"),
            ("0123", None, "must begin with + and a country code, such as +12025550143"),
            ("+999 12345678", us, "begins with a country code that does not exist"),
            ("+0 12345678", us, "begins with a country code that does not exist"),
            ("+", us, "must have digits"),
            ("555-0143", us, "must have its area code: +1 numbers have 10 digits, this one has 7"),
            ("+1 555 0143", us, "is too short: +1 is followed by 10 digits, here by 7"),
            ("+1", us, "is too short: +1 is followed by 10 digits, here by 0"),
            ("911", us, "is too short: +1 is followed by 10 digits, here by 3"),
            ("+1 202 555 01434", us, "is too long: +1 is followed by 10 digits, here by 11"),
            ("+33 1 42 68 53", None, "is too short: +33 is followed by 9 digits, here by 7"),
            ("+49 123456789012345678", None, "is too long: +49 is followed by 4 to 13 digits, here by 18"),
        ] {
            assert_eq!(read(text, country).unwrap_err().to_string(), told, "{text}");
        }
        assert_eq!(read(&"1".repeat(61), us), Err(PhoneError::TooMuchText));
    }

    #[test]
    fn a_lost_plus_does_no_harm_to_whoever_looks_for_a_number() {
        assert_eq!(readings(" 1 202 555 0143", None), Ok(vec!["+12025550143".to_owned()]));
        assert_eq!(readings("12025550143", of("US")), Ok(vec!["+12025550143".to_owned()]));
        assert_eq!(readings("12025550143", of("DE")), Ok(vec!["+4912025550143".to_owned(), "+12025550143".to_owned()]));
        assert_eq!(readings("030 12345678", of("DE")), Ok(vec!["+493012345678".to_owned()]));
        assert_eq!(readings("030 12345678", None), Err(PhoneError::NeedsCountry));
        assert_eq!(readings("+1 202", None).unwrap_err().to_string(), read("+1 202", None).unwrap_err().to_string());
    }

    #[test]
    fn what_may_be_meant_as_a_number() {
        for (text, may) in [
            ("+49 30 12345678", true),
            ("(202) 555-0143", true),
            ("0042", false),
            ("TKT-0042", false),
            ("10.0.0.1", false),
            ("Ada", false),
        ] {
            assert_eq!(looks_like(text), may, "{text}");
        }
    }

    /// An example number of each country and kind that the library knows.
    fn examples() -> &'static [(Country, String)] {
        static ALL: std::sync::LazyLock<Vec<(Country, String)>> = std::sync::LazyLock::new(make_examples);
        &ALL
    }

    fn make_examples() -> Vec<(Country, String)> {
        let mut all = Vec::new();
        for meta in DATABASE.iter() {
            let Some(country) = Country::parse(meta.id()) else { continue };
            let kinds = [meta.descriptors().fixed_line(), meta.descriptors().mobile(), meta.descriptors().toll_free()];
            for example in kinds.into_iter().flatten().filter_map(|kind| kind.example()) {
                all.push((country, format!("+{}{example}", meta.country_code())));
            }
        }
        all
    }

    #[test]
    fn every_country_is_known() {
        let all = examples();
        assert!(all.len() > 600);
        for (country, number) in all {
            assert_eq!(read(number, None).as_ref(), Ok(number));
            assert_eq!(read(number, Some(*country)).as_ref(), Ok(number));
        }
    }

    proptest! {
        /// A number of any country, written in any of its forms and with anything between the digits, is read as itself.
        #[test]
        fn what_is_written_is_read(pick in any::<prop::sample::Index>(), mode in 0..4_usize, gaps in "[ ./()-]{0,12}", blind in any::<bool>()) {
            let all = examples();
            let (country, number) = pick.get(all);
            let parsed = phonenumber::parse(None, number).unwrap();
            // Some the library cannot write, but they can be read.
            prop_assume!(parsed.format().mode(Mode::E164).to_string() == *number);
            let modes = [Mode::E164, Mode::International, Mode::National, Mode::Rfc3966];
            let text = parsed.format().mode(modes[mode]).to_string();
            let mut gaps = gaps.chars();
            let mut gap = |c: char| if c.is_ascii_digit() { gaps.next() } else { None };
            let text: String = text.chars().flat_map(|c| [Some(c), gap(c)]).flatten().collect();
            // International notations need no country, or any.
            let country = if mode != 2 && blind { None } else { Some(*country) };
            prop_assert_eq!(read(&text, country), Ok(number.clone()), "{}", text);
        }

        /// Whatever is typed gets an answer; what is taken is E.164, and read again as itself wherever one is.
        #[test]
        fn nothing_makes_it_fall(text in "\\PC{0,70}", digits in "[+0-9 ()x;,.*#-]{0,40}", country in "[A-Z]{2}") {
            let country = Country::parse(&country);
            for text in [&text, &digits] {
                if let Ok(number) = read(text, country) {
                    prop_assert!(number.starts_with('+') && number.len() <= 16 && number[1..].bytes().all(|b| b.is_ascii_digit()), "{}", number);
                    prop_assert_eq!(read(&number, None), Ok(number.clone()));
                    prop_assert_eq!(read(&number, of("DE")), Ok(number));
                }
            }
        }
    }
}
