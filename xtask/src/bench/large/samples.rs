//! Tickets and customers that are really there, from all over the desk, for requests that ask for them.

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::super::load::{Connection, Target};

/// How many tickets, and how many places deep in the list.
const TICKETS: u64 = 40;

/// What requests ask for.
#[derive(Debug, Default)]
pub(super) struct Samples {
    /// Ids of tickets, from the oldest to the newest.
    pub(super) tickets: Vec<String>,
    /// Their numbers.
    pub(super) numbers: Vec<u64>,
    /// When they were opened.
    pub(super) opened: Vec<String>,
    /// Cursors into the list by age, the newest first, and into the list by the last change.
    pub(super) by_created: Vec<String>,
    pub(super) by_updated: Vec<String>,
    /// Cursors into the list by priority.
    pub(super) by_priority: Vec<String>,
    /// Cursors into the list of tickets with the word `message`.
    pub(super) with_word: Vec<String>,
    /// Cursors into the list of contacts by name.
    pub(super) contact_cursors: Vec<String>,
    /// Ids of organizations and of contacts with tickets.
    pub(super) organizations: Vec<String>,
    pub(super) contacts: Vec<String>,
    /// Ids of support agents with tickets.
    pub(super) agents: Vec<String>,
    /// U-E codes.
    pub(super) codes: Vec<String>,
    /// Phone numbers as E.164, and e-mail addresses.
    pub(super) phones: Vec<String>,
    pub(super) emails: Vec<String>,
    /// Serial numbers, asset tags and addresses of devices.
    pub(super) serials: Vec<String>,
    pub(super) tags: Vec<String>,
    pub(super) addresses: Vec<String>,
}

impl Samples {
    pub(super) fn take(target: &Target) -> Result<Self> {
        let connection = &mut Connection::open(target)?;
        let mut samples = Self::default();
        let newest = items(connection, "/api/tickets?sort=-number&limit=1")?;
        let last = newest.first().and_then(|ticket| ticket["number"].as_u64()).context("there are no tickets")?;
        for index in 0..TICKETS {
            let number = 1 + (last - 1) * (index + 1) / (TICKETS + 1);
            let ticket = connection.json("GET", &format!("/api/tickets/{number}"), "")?;
            let opened = text(&ticket, "/createdAt").context("a ticket without a time")?;
            // Where the older half of what is left begins: the cursor goes without the filter as well.
            for (sort, into) in [("-createdAt", &mut samples.by_created), ("-updatedAt", &mut samples.by_updated)] {
                let page =
                    connection.json("GET", &format!("/api/tickets?sort={sort}&createdTo={opened}&limit=1"), "")?;
                into.extend(text(&page, "/nextCursor"));
            }
            samples.tickets.extend(text(&ticket, "/id"));
            samples.numbers.push(number);
            samples.opened.push(opened);
            samples.agents.extend(text(&ticket, "/assignee/id"));
            samples.contacts.extend(text(&ticket, "/contact/id"));
            samples.organizations.extend(text(&ticket, "/organization/id"));
        }
        for status in ["OPEN", "RESOLVED", "CLOSED"] {
            for priority in ["URGENT", "HIGH", "MEDIUM", "LOW"] {
                let path = format!("/api/tickets?sort=-priority&status={status}&priority={priority}&limit=1");
                samples.by_priority.extend(text(&connection.json("GET", &path, "")?, "/nextCursor"));
            }
        }
        for sort in ["name", "-name", "createdAt", "-createdAt"] {
            let contacts = connection.json("GET", &format!("/api/contacts?sort={sort}&limit=100"), "")?;
            let rows = contacts["items"].as_array().context("a list without items")?;
            samples.phones.extend(rows.iter().filter_map(|row| text(row, "/phone")));
            samples.emails.extend(rows.iter().filter_map(|row| text(row, "/email")));
            let rows = items(connection, &format!("/api/organizations?sort={sort}&limit=100"))?;
            samples.codes.extend(rows.iter().filter_map(|row| text(row, "/ueCode")));
            let rows = items(connection, &format!("/api/devices?sort={sort}&limit=100"))?;
            samples.serials.extend(rows.iter().filter_map(|row| text(row, "/serialNumber")));
            samples.tags.extend(rows.iter().filter_map(|row| text(row, "/assetTag")));
            samples.addresses.extend(rows.iter().filter_map(|row| text(row, "/ipAddress")));
        }
        follow(connection, "/api/contacts?limit=100", &mut samples.contact_cursors)?;
        follow(connection, "/api/tickets?limit=100&q=message", &mut samples.with_word)?;
        samples.check()
    }

    fn check(self) -> Result<Self> {
        let all = [
            ("tickets", &self.tickets),
            ("cursors by age", &self.by_created),
            ("cursors by last change", &self.by_updated),
            ("cursors by priority", &self.by_priority),
            ("cursors of tickets with a word", &self.with_word),
            ("cursors of contacts", &self.contact_cursors),
            ("organizations", &self.organizations),
            ("contacts", &self.contacts),
            ("support agents", &self.agents),
            ("U-E codes", &self.codes),
            ("phones", &self.phones),
            ("e-mail addresses", &self.emails),
            ("serial numbers", &self.serials),
            ("asset tags", &self.tags),
            ("addresses of devices", &self.addresses),
        ];
        if let Some((what, _)) = all.iter().find(|(_, found)| found.is_empty()) {
            bail!("there are no {what} to ask for");
        }
        Ok(self)
    }
}

/// Cursors from all over a list: each page of a hundred leads to the next.
fn follow(connection: &mut Connection, path: &str, cursors: &mut Vec<String>) -> Result<()> {
    for _ in 0..200 {
        let after = cursors.last().map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
        let page = connection.json("GET", &format!("{path}{after}"), "")?;
        let Some(next) = text(&page, "/nextCursor") else { break };
        cursors.push(next);
    }
    Ok(())
}

/// One of the samples, another one each time.
pub(super) fn one(of: &[String], number: usize) -> String {
    escaped(&of[number * 7 % of.len()])
}

fn items(connection: &mut Connection, path: &str) -> Result<Vec<Value>> {
    let mut page = connection.json("GET", path, "")?;
    match page["items"].take() {
        Value::Array(items) => Ok(items),
        _ => bail!("GET {path} is no list"),
    }
}

fn text(value: &Value, pointer: &str) -> Option<String> {
    value.pointer(pointer).and_then(Value::as_str).map(str::to_owned)
}

/// As it stands in the query of an address.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(byte as char);
        } else {
            out += &format!("%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_in_an_address() {
        assert_eq!(escaped("+49 30/a.b-C"), "%2B49%2030%2Fa.b-C");
    }
}
