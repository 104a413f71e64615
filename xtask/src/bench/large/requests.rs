//! What is asked of the large desk, and how long each may take.

use super::super::load::Measured;
use super::samples::{Samples, one};

/// One kind of request.
pub(super) struct Kind {
    /// As the page calls it.
    pub(super) name: &'static str,
    /// The address, another one each time where that makes a difference.
    pub(super) path: fn(&Samples, usize) -> String,
    /// The longest 99th percentile, in milliseconds; none where only the figure is told.
    pub(super) goal_ms: Option<f64>,
    /// Whether it is a list that must not be empty.
    pub(super) finds: bool,
}

impl Kind {
    pub(super) fn fits(&self, waits: &Measured) -> bool {
        self.goal_ms.is_none_or(|goal| waits.p99_ms < goal)
    }
}

const PAGE: Option<f64> = Some(50.0);
const LOOK_UP: Option<f64> = Some(5.0);

const fn page(name: &'static str, path: fn(&Samples, usize) -> String) -> Kind {
    Kind { name, path, goal_ms: PAGE, finds: true }
}

/// A page that may be empty: then all of the desk was looked through in vain, which must not take long either.
const fn vain(name: &'static str, path: fn(&Samples, usize) -> String) -> Kind {
    Kind { name, path, goal_ms: PAGE, finds: false }
}

const fn look_up(name: &'static str, path: fn(&Samples, usize) -> String) -> Kind {
    Kind { name, path, goal_ms: LOOK_UP, finds: true }
}

const fn told(name: &'static str, path: fn(&Samples, usize) -> String) -> Kind {
    Kind { name, path, goal_ms: None, finds: false }
}

/// A word of very many tickets, beginnings of such words, and two of them.
const COMMON: [&str; 4] = ["message", "provider", "calendar", "invoice"];
const BEGINNINGS: [&str; 4] = ["pr", "certif", "o", "gate"];

/// Everything, in the order of the page.
pub(super) const KINDS: &[Kind] = &[
    Kind {
        name: "dashboard, overview",
        path: |_, _| "/api/dashboard/overview".into(),
        goal_ms: Some(100.0),
        finds: false,
    },
    look_up("look-up: contact by phone", |all, n| format!("/api/contacts?phone={}", one(&all.phones, n))),
    look_up("look-up: contact by e-mail", |all, n| format!("/api/contacts?email={}", one(&all.emails, n))),
    look_up("look-up: organization by U-E code", |all, n| format!("/api/organizations?ueCode={}", one(&all.codes, n))),
    look_up("look-up: device by serial number", |all, n| format!("/api/devices?serialNumber={}", one(&all.serials, n))),
    look_up("look-up: device by asset tag", |all, n| format!("/api/devices?assetTag={}", one(&all.tags, n))),
    look_up("look-up: device by address", |all, n| format!("/api/devices?ipAddress={}", one(&all.addresses, n))),
    Kind {
        name: "look-up: ticket by number, with messages",
        path: |all, n| format!("/api/tickets/{}", all.numbers[n * 7 % all.numbers.len()]),
        goal_ms: LOOK_UP,
        finds: false,
    },
    page("tickets: first page of 25", |_, _| "/api/tickets".into()),
    page("tickets: first page of 100", |_, _| "/api/tickets?limit=100".into()),
    page("tickets: deep, by cursor", |all, n| format!("/api/tickets?cursor={}", one(&all.by_created, n))),
    page("tickets: deep by last change, by cursor", |all, n| {
        format!("/api/tickets?sort=-updatedAt&cursor={}", one(&all.by_updated, n))
    }),
    page("tickets: deep by priority, by cursor", |all, n| {
        format!("/api/tickets?sort=-priority&cursor={}", one(&all.by_priority, n))
    }),
    page("tickets: offset 10,000", |_, _| "/api/tickets?offset=10000".into()),
    page("tickets: open", |_, _| "/api/tickets?status=OPEN".into()),
    page("tickets: all four open statuses", |_, _| {
        "/api/tickets?status=OPEN,IN_PROGRESS,WAITING_ON_CUSTOMER,ESCALATED".into()
    }),
    page("tickets: open, deep, by cursor", |all, n| {
        format!("/api/tickets?status=OPEN&cursor={}", one(&all.by_created, n))
    }),
    page("tickets: open and urgent, by last change", |_, _| {
        "/api/tickets?status=OPEN&priority=URGENT&sort=-updatedAt".into()
    }),
    page("tickets: open by priority", |_, _| "/api/tickets?status=OPEN,IN_PROGRESS&sort=-priority".into()),
    page("tickets: by channel", |_, n| {
        format!("/api/tickets?channel={}", ["EMAIL", "WEB", "PHONE", "CHAT", "API"][n % 5])
    }),
    page("tickets: of a support agent", |all, n| format!("/api/tickets?assigneeId={}", one(&all.agents, n))),
    page("tickets: in progress with a support agent", |all, n| {
        format!("/api/tickets?status=IN_PROGRESS&assigneeId={}", one(&all.agents, n))
    }),
    page("tickets: of nobody", |_, _| "/api/tickets?assigneeId=none".into()),
    vain("tickets: closed, of nobody", |_, _| "/api/tickets?assigneeId=none&status=CLOSED".into()),
    page("tickets: of an organization", |all, n| format!("/api/tickets?organizationId={}", one(&all.organizations, n))),
    page("tickets: of a contact", |all, n| format!("/api/tickets?contactId={}", one(&all.contacts, n))),
    page("tickets: of an organization, by its own route", |all, n| {
        format!("/api/organizations/{}/tickets", one(&all.organizations, n))
    }),
    page("tickets: with a tag", |_, n| format!("/api/tickets?tag={}", ["network", "email", "billing"][n % 3])),
    vain("tickets: with a tag that none has", |_, _| "/api/tickets?tag=never-used".into()),
    vain("tickets: late (sla=breached)", |_, _| "/api/tickets?sla=breached".into()),
    vain("tickets: due soon (sla=due_soon)", |_, _| "/api/tickets?sla=due_soon".into()),
    page("tickets: opened in a span of time, oldest first", |all, n| {
        format!("/api/tickets?createdFrom={}&sort=createdAt", one(&all.opened, n))
    }),
    page("tickets: resolved in a span of time", |all, n| {
        let (from, to) = (n * 7 % (all.opened.len() - 1), n * 7 % (all.opened.len() - 1) + 1);
        format!("/api/tickets?resolvedFrom={}&resolvedTo={}", one_at(&all.opened, from), one_at(&all.opened, to))
    }),
    page("tickets: with a reply of a support agent", |all, n| {
        format!("/api/tickets?repliedById={}", one(&all.agents, n))
    }),
    page("tickets: with a reply of a support agent in a span of time", |all, n| {
        let (from, to) = (n * 7 % (all.opened.len() - 1), n * 7 % (all.opened.len() - 1) + 1);
        let (from, to) = (one_at(&all.opened, from), one_at(&all.opened, to));
        format!("/api/tickets?repliedById={}&repliedFrom={from}&repliedTo={to}", one(&all.agents, n))
    }),
    page("tickets: with a common word", |_, n| format!("/api/tickets?q={}", COMMON[n % COMMON.len()])),
    page("tickets: with the beginning of a common word", |_, n| {
        format!("/api/tickets?q={}", BEGINNINGS[n % BEGINNINGS.len()])
    }),
    page("tickets: with three common words", |_, _| "/api/tickets?q=printer+message+restarted".into()),
    page("tickets: with a word of one ticket", |all, n| {
        format!("/api/tickets?q=TKT-{:04}", all.numbers[n * 7 % all.numbers.len()])
    }),
    vain("tickets: with a word that none has", |_, _| "/api/tickets?q=zeppelin".into()),
    vain("tickets: open ones with a common and a rare word", |all, n| {
        format!("/api/tickets?status=OPEN&q=message+TKT-{:04}", all.numbers[n * 7 % all.numbers.len()])
    }),
    page("tickets: deep, by cursor, with a common word", |all, n| {
        format!("/api/tickets?q=message&cursor={}", one(&all.with_word, n))
    }),
    page("contacts: first page", |_, _| "/api/contacts".into()),
    page("contacts: deep, by cursor", |all, n| format!("/api/contacts?cursor={}", one(&all.contact_cursors, n))),
    page("contacts: with a common name", |_, _| "/api/contacts?q=fischer".into()),
    page("contacts: with an e-mail address", |all, n| format!("/api/contacts?q={}", one(&all.emails, n))),
    page("organizations: with a common name", |_, _| "/api/organizations?q=freight".into()),
    page("devices: first page", |_, _| "/api/devices".into()),
    page("devices: by type and status", |_, _| "/api/devices?type=PRINTER&status=ONLINE".into()),
    page("devices: with the beginning of an address", |_, _| "/api/devices?q=10.0.2".into()),
    page("customers of the dashboard", |_, _| "/api/dashboard/customers".into()),
    page("everything at once (the palette)", |all, n| format!("/api/search?q={}", one(&all.phones, n))),
    page("everything at once: with the beginning of a common word", |_, n| {
        format!("/api/search?q={}", BEGINNINGS[n % BEGINNINGS.len()])
    }),
    vain("everything at once: with a word that none has", |_, _| "/api/search?q=zeppelin".into()),
    told("tickets: first page with count=exact", |_, _| "/api/tickets?count=exact".into()),
    told("tickets: open ones with count=exact", |_, _| "/api/tickets?status=OPEN&count=exact".into()),
    told("tickets: similar ones", |all, n| format!("/api/tickets/{}/similar", one(&all.tickets, n))),
    told("dashboard, 30 days by day", |_, _| "/api/dashboard/metrics?granularity=day".into()),
    told("dashboard, support agents", |_, _| "/api/dashboard/agents".into()),
    told("dashboard, costs", |_, _| "/api/dashboard/costs".into()),
    told("dashboard, health", |_, _| "/api/dashboard/health".into()),
    told("report of service levels", |_, _| "/api/sla/report".into()),
    told("workspace's lookups", |_, _| "/api/lookups".into()),
];

fn one_at(of: &[String], index: usize) -> String {
    one(&of[index..=index], 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_apart() {
        for kind in KINDS {
            assert_eq!(KINDS.iter().filter(|other| other.name == kind.name).count(), 1, "{}", kind.name);
        }
    }
}
