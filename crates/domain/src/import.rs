//! What files of organizations, contacts and devices may have in them: kinds, columns, and the names that people give those.

use std::collections::BTreeMap;

use crate::text::fold;

/// Most lines of a file, besides the line of names and empty ones.
pub const LINES_MAX: u64 = 100_000;
/// Most bytes of a file (32 MiB).
pub const FILE_MAX: u64 = 32 * 1024 * 1024;
/// Most columns of a file.
pub const COLUMNS_MAX: usize = 100;
/// Faults of a file that are told; all are counted.
pub const FAULTS_TOLD: usize = 1_000;
/// Longest value that is told with a fault, in characters.
pub const VALUE_TOLD: usize = 100;

/// What a file is a list of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Customer companies.
    Organizations,
    /// People at organizations.
    Contacts,
    /// What organizations use.
    Devices,
}

impl Kind {
    /// Every value with its name, for messages.
    pub const ALLOWED: &'static str = "organizations, contacts, devices";

    /// As it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Kind::Organizations => "organizations",
            Kind::Contacts => "contacts",
            Kind::Devices => "devices",
        }
    }

    /// Reads it in any case.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Organizations, Self::Contacts, Self::Devices]
            .into_iter()
            .find(|value| value.as_str().eq_ignore_ascii_case(text))
    }

    /// Its columns.
    pub const fn columns(self) -> &'static [Column] {
        match self {
            Kind::Organizations => &ORGANIZATIONS,
            Kind::Contacts => &CONTACTS,
            Kind::Devices => &DEVICES,
        }
    }

    /// Of these at least one must be there; each list is one choice.
    pub const fn needed(self) -> &'static [&'static [&'static str]] {
        match self {
            Kind::Organizations => &[&["name", "ueCode"]],
            Kind::Contacts => &[&["organization", "ueCode"], &["email", "phone"]],
            Kind::Devices => &[&["organization", "ueCode"], &["serialNumber", "assetTag", "name"]],
        }
    }
}

/// A column that a file may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// As in JSON.
    pub name: &'static str,
    /// What else it is called, folded and without spaces.
    pub synonyms: &'static [&'static str],
}

const fn column(name: &'static str, synonyms: &'static [&'static str]) -> Column {
    Column { name, synonyms }
}

const UE_CODE: Column = column("ueCode", &["ue", "code", "customercode", "customernumber", "organizationcode"]);
const ORGANIZATION: Column =
    column("organization", &["organisation", "company", "customer", "client", "account", "organizationname", "firma"]);
const LOCATION: Column = column("location", &["site", "office", "branch", "standort"]);
const NOTES: Column = column("notes", &["note", "comment", "comments", "remarks", "description"]);

const ORGANIZATIONS: [Column; 6] = [
    column("name", &["organization", "organisation", "company", "companyname", "customer", "client", "firma"]),
    UE_CODE,
    column("domain", &["website", "emaildomain", "webdomain"]),
    column("accountManager", &["manager", "accountowner", "owner"]),
    NOTES,
    column("status", &["state"]),
];

const CONTACTS: [Column; 9] = [
    ORGANIZATION,
    UE_CODE,
    LOCATION,
    column("name", &["fullname", "contact", "contactname", "displayname", "person"]),
    column("email", &["mail", "emailaddress", "mailaddress"]),
    column("phone", &["telephone", "phonenumber", "tel", "mobile", "mobilephone", "telefon"]),
    column("title", &["jobtitle", "position", "role"]),
    column("isVip", &["vip"]),
    column("preferredLanguage", &["language", "lang", "locale"]),
];

const DEVICES: [Column; 18] = [
    ORGANIZATION,
    UE_CODE,
    LOCATION,
    column("name", &["hostname", "computername", "devicename", "device", "computer"]),
    column("type", &["devicetype", "kind", "category"]),
    column("manufacturer", &["maker", "vendor", "brand", "make"]),
    column("model", &["modelname", "devicemodel"]),
    column("operatingSystem", &["os", "osname"]),
    column("osVersion", &["operatingsystemversion", "version"]),
    column("domain", &["networkdomain", "addomain", "workgroup"]),
    column("serialNumber", &["serial", "serialno", "sn", "servicetag"]),
    column("assetTag", &["asset", "tag", "assetnumber", "inventorynumber"]),
    column("ipAddress", &["ip", "ipv4", "ipv6"]),
    column("macAddress", &["mac", "hardwareaddress", "ethernetaddress"]),
    column("status", &["state"]),
    column("lastSeenAt", &["lastseen"]),
    column("warrantyUntil", &["warranty", "warrantyend", "warrantyexpires", "warrantydate"]),
    NOTES,
];

/// What an export has and an import passes over.
const PASSED_OVER: [&str; 4] = ["id", "createdat", "updatedat", "version"];

/// Names of columns that the file gives and the caller explains; null for those that are passed over.
pub type Mapping = BTreeMap<String, Option<String>>;

/// What is wrong with the line of names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeaderFault {
    /// The column as the file names it; none when it is about the whole line.
    pub column: Option<String>,
    /// What is wrong and what to do about it.
    pub message: String,
}

/// For each cell of a line, which column of the kind it is; none for cells that are passed over.
///
/// # Errors
/// Everything that is wrong with the names.
pub fn header(kind: Kind, cells: &[String], mapping: &Mapping) -> Result<Vec<Option<usize>>, Vec<HeaderFault>> {
    let (columns, mut faults, mut found) = (kind.columns(), Vec::new(), Vec::new());
    if cells.len() > COLUMNS_MAX {
        let message = format!("there are {} columns; at most {COLUMNS_MAX} are read", cells.len());
        return Err(vec![HeaderFault { column: None, message }]);
    }
    let mut fault = |column: Option<&str>, message: String| {
        faults.push(HeaderFault { column: column.map(str::to_owned), message });
    };
    for (index, cell) in cells.iter().enumerate() {
        let own = Some(cell.as_str()).filter(|cell| !cell.is_empty());
        let position = match mapping.get(cell) {
            Some(None) => None,
            Some(Some(name)) => position(columns, name),
            None if cell.is_empty() => {
                fault(None, format!("column {} has no name; give it one, or take it out", index + 1));
                None
            }
            None => {
                let position = position(columns, cell);
                if position.is_none() && !PASSED_OVER.contains(&folded(cell).as_str()) {
                    let names: Vec<&str> = columns.iter().map(|column| column.name).collect();
                    let message = format!(
                        "{} have no such column; they have {}. `mapping` can name it, or pass it over",
                        kind.as_str(),
                        names.join(", ")
                    );
                    fault(own, message);
                }
                position
            }
        };
        if let Some(position) = position
            && let Some(before) = found.iter().position(|other| *other == Some(position))
        {
            let message = format!("this is {}, and so is {:?}", columns[position].name, cells[before]);
            fault(own, message);
        }
        found.push(position);
    }
    for choice in kind.needed() {
        let is_there = |name: &&str| found.iter().flatten().any(|position| columns[*position].name == *name);
        if !choice.iter().any(is_there) {
            fault(None, format!("a column {} is missing", choice.join(" or ")));
        }
    }
    if faults.is_empty() { Ok(found) } else { Err(faults) }
}

/// What is wrong with a mapping: names of columns that the kind does not have.
pub fn unknown_targets(kind: Kind, mapping: &Mapping) -> Vec<&str> {
    let targets = mapping.values().flatten().map(String::as_str);
    targets.filter(|name| position(kind.columns(), name).is_none()).collect()
}

fn position(columns: &[Column], name: &str) -> Option<usize> {
    let name = folded(name);
    let own = columns.iter().position(|column| folded(column.name) == name);
    own.or_else(|| columns.iter().position(|column| column.synonyms.contains(&name.as_str())))
}

/// Without regard to case, accents, spaces, hyphens and underscores.
fn folded(name: &str) -> String {
    fold(name).replace(' ', "")
}

/// A cell as it was meant: without white space around it, and without the apostrophe with which an export kept a spreadsheet
/// from taking it for a formula. None when nothing is left.
pub fn cell(text: &str) -> Option<&str> {
    let text = text.trim();
    let meant = match text.strip_prefix('\'') {
        Some(rest) if rest.starts_with(['=', '+', '-', '@']) => rest,
        _ => text,
    };
    (!meant.is_empty()).then_some(meant)
}

/// Reads yes or no as people and programs write it.
pub fn yes_or_no(text: &str) -> Option<bool> {
    match text.to_lowercase().as_str() {
        "true" | "yes" | "y" | "1" | "x" | "ja" => Some(true),
        "false" | "no" | "n" | "0" | "nein" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(kind: Kind, line: &str, mapping: &Mapping) -> Result<Vec<Option<&'static str>>, Vec<String>> {
        let cells: Vec<String> = line.split(',').map(str::to_owned).collect();
        let found = header(kind, &cells, mapping);
        let named = |positions: Vec<Option<usize>>| {
            positions.into_iter().map(|position| position.map(|index| kind.columns()[index].name)).collect()
        };
        found.map(named).map_err(|faults| {
            let told = |fault: HeaderFault| format!("{}: {}", fault.column.unwrap_or_default(), fault.message);
            faults.into_iter().map(told).collect()
        })
    }

    #[test]
    fn columns_are_known_by_many_names() {
        let none = Mapping::new();
        assert_eq!(
            names(Kind::Devices, "Company,Host name,Serial_No,OS,createdAt,Warranty-End", &none),
            Ok(vec![
                Some("organization"),
                Some("name"),
                Some("serialNumber"),
                Some("operatingSystem"),
                None,
                Some("warrantyUntil")
            ])
        );
        assert_eq!(
            names(Kind::Contacts, "U-E code,E-Mail,Full Name", &none),
            Ok(vec![Some("ueCode"), Some("email"), Some("name")])
        );
        assert_eq!(names(Kind::Organizations, "Company", &none), Ok(vec![Some("name")]));
    }

    #[test]
    fn every_fault_of_the_names_is_told() {
        let none = Mapping::new();
        let told = names(Kind::Contacts, "name,Full name,,color", &none).unwrap_err();
        assert_eq!(told[0], "Full name: this is name, and so is \"name\"");
        assert_eq!(told[1], ": column 3 has no name; give it one, or take it out");
        assert!(
            told[2].starts_with("color: contacts have no such column; they have organization, ueCode,"),
            "{told:?}"
        );
        assert_eq!(told[3], ": a column organization or ueCode is missing");
        assert_eq!(told[4], ": a column email or phone is missing");
        assert_eq!(told.len(), 5);
        let many = vec!["name"; 101].join(",");
        assert_eq!(names(Kind::Contacts, &many, &none).unwrap_err().len(), 1);
    }

    #[test]
    fn a_mapping_explains_columns() {
        let to = |name: &str| Some(name.to_owned());
        let mapping: Mapping = [("Bezeichnung".to_owned(), to("name")), ("color".to_owned(), None)].into();
        let found = names(Kind::Devices, "Bezeichnung,color,customer", &mapping);
        assert_eq!(found, Ok(vec![Some("name"), None, Some("organization")]));
        assert_eq!(unknown_targets(Kind::Devices, &mapping), Vec::<&str>::new());
        assert_eq!(unknown_targets(Kind::Devices, &[("a".to_owned(), to("colour"))].into()), ["colour"]);
    }

    #[test]
    fn no_two_columns_of_a_kind_share_a_name() {
        for kind in [Kind::Organizations, Kind::Contacts, Kind::Devices] {
            let mut all: Vec<String> = Vec::new();
            for column in kind.columns() {
                all.push(folded(column.name));
                all.extend(column.synonyms.iter().map(|name| (*name).to_owned()));
                for synonym in column.synonyms {
                    assert_eq!(folded(synonym), *synonym);
                }
            }
            let count = all.len();
            all.sort_unstable();
            all.dedup();
            assert_eq!(all.len(), count, "{}", kind.as_str());
            assert_eq!(Kind::parse(&kind.as_str().to_uppercase()), Some(kind));
        }
    }

    #[test]
    fn cells_and_flags() {
        for (text, expect) in [
            (" a ", Some("a")),
            ("", None),
            (" \t", None),
            ("'=1+1", Some("=1+1")),
            ("'+49 89", Some("+49 89")),
            ("'tis", Some("'tis")),
            ("'", Some("'")),
        ] {
            assert_eq!(cell(text), expect, "{text:?}");
        }
        assert_eq!((yes_or_no("Yes"), yes_or_no("0"), yes_or_no("maybe")), (Some(true), Some(false), None));
    }
}
