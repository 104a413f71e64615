//! Finding anything by what people type: the exact hits first, then what has the words.

use std::collections::HashSet;

use futures::future::try_join_all;
use patchcord_domain::device::{matched, normalize_ip};
use patchcord_domain::organization::is_ue_code;
use patchcord_domain::phone::{looks_like, readings};
use patchcord_domain::text::{clean, fold};
use patchcord_domain::ticket::{label, parse_label};
use patchcord_domain::user::{Actor, Role, is_email, normalize_email};
use patchcord_store::palette::{self, Entry, Exact};

use crate::error::require;
use crate::{App, AppError};

pub use patchcord_store::palette::Kind;

/// Most things that are found at once.
pub const FOUND_MAX: usize = 20;
/// Rows of a kind among which the best are chosen.
const CANDIDATES: u64 = 40;

/// Something that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// What it is.
    pub kind: Kind,
    /// Its id.
    pub id: String,
    /// Subject, name or title.
    pub title: String,
    /// What else tells it from others.
    pub subtitle: String,
    /// Whether the text is its very number, code, phone, email, serial number, asset tag, address or host name.
    pub is_exact: bool,
}

impl App {
    /// What fits a text, at most 20: the exact hits first, then of each kind in turn what fits best.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn search(&self, actor: &Actor, text: &str, kinds: &[Kind]) -> Result<Vec<Found>, AppError> {
        require(actor, Role::Viewer)?;
        let text = clean(text);
        let tenant = self.store.tenant(&actor.workspace_id);
        let wanted = self.exactly(actor, &text).await?;
        let wanted: Vec<Exact> = wanted.into_iter().filter(|exact| kinds.contains(&exact.kind())).collect();
        let exact = wanted.iter().map(async |exact| {
            let entries = palette::exact(tenant, exact, FOUND_MAX as u64).await?;
            Ok::<_, AppError>(entries.into_iter().map(|entry| found(exact.kind(), entry, true)).collect::<Vec<_>>())
        });
        let by_words = kinds.iter().map(async |kind| {
            let mut entries = palette::by_words(tenant, *kind, &text, CANDIDATES).await?;
            entries.sort_by_cached_key(|entry| (nearness(&entry.title, &text), fold(&entry.title)));
            Ok::<_, AppError>(entries.into_iter().map(|entry| found(*kind, entry, false)).collect::<Vec<_>>())
        });
        let (exact, by_words) = futures::try_join!(try_join_all(exact), try_join_all(by_words))?;
        Ok(once_each(exact.into_iter().flatten().chain(in_turn(by_words))))
    }

    /// What a text may be the very value of.
    async fn exactly(&self, actor: &Actor, text: &str) -> Result<Vec<Exact>, AppError> {
        let mut all = Vec::new();
        all.extend(parse_label(text).map(Exact::Number));
        let code: String = text.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
        if is_ue_code(&code) {
            all.push(Exact::UECode(code));
        }
        let email = normalize_email(text);
        if is_email(&email) {
            all.push(Exact::Email(email));
        }
        if looks_like(text) {
            let country = self.country_of(&actor.workspace_id, true).await?;
            all.extend(readings(text, country).ok().map(Exact::Phone));
        }
        all.extend(normalize_ip(text).map(Exact::Ip));
        if !text.is_empty() && !text.contains(char::is_whitespace) {
            all.push(Exact::Label(matched(text)));
        }
        Ok(all)
    }
}

/// How near a title is to a text: the same, begins with it, has its words, or is elsewhere in the thing.
fn nearness(title: &str, text: &str) -> u8 {
    let (title, text) = (fold(title), fold(text));
    let mut words = text.split(' ');
    match title.strip_prefix(text.as_str()) {
        Some("") => 0,
        Some(_) => 1,
        None if words.all(|word| title.split(' ').any(|of_title| of_title.starts_with(word))) => 2,
        None => 3,
    }
}

/// The first of each list, then the second of each, and so on.
fn in_turn(lists: Vec<Vec<Found>>) -> impl Iterator<Item = Found> {
    let longest = lists.iter().map(Vec::len).max().unwrap_or(0);
    let mut lists: Vec<_> = lists.into_iter().map(Vec::into_iter).collect();
    (0..longest).flat_map(move |_| lists.iter_mut().filter_map(Iterator::next).collect::<Vec<_>>())
}

fn once_each(all: impl Iterator<Item = Found>) -> Vec<Found> {
    let mut seen = HashSet::new();
    all.filter(|found| seen.insert((found.kind, found.id.clone()))).take(FOUND_MAX).collect()
}

fn found(kind: Kind, entry: Entry, is_exact: bool) -> Found {
    let Entry { id, title, organization, first, second, third } = entry;
    let number = |text: Option<String>| text.and_then(|text| text.parse().ok()).map(label);
    let facts = match kind {
        Kind::Ticket => [number(third), first, organization, None],
        Kind::Contact => [organization, third, first, second],
        Kind::Organization => [first.map(|code| format!("U-E {code}")), second, None, None],
        Kind::Device => [organization, first, second, third],
        Kind::Article => [first, None, None, None],
    };
    let subtitle = facts.into_iter().flatten().collect::<Vec<_>>().join(" · ");
    Found { kind, id, title, subtitle, is_exact }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_nearer_comes_first() {
        for (title, text, near) in [
            ("Ada Byron", "ada byron", 0),
            ("Ada Byron", "ada b", 1),
            ("Ada Byron", "byr ad", 2),
            ("Ada Byron", "countess", 3),
            ("Café", "cafe", 0),
        ] {
            assert_eq!(nearness(title, text), near, "{title} {text}");
        }
    }

    #[test]
    fn no_kind_crowds_out_the_others() {
        let some = |kind: Kind, count: usize| -> Vec<Found> {
            let entry =
                |n| Found { kind, id: format!("{n}"), title: String::new(), subtitle: String::new(), is_exact: false };
            (0..count).map(entry).collect()
        };
        let all = in_turn(vec![some(Kind::Ticket, 40), some(Kind::Contact, 2), some(Kind::Device, 1)]);
        let all = once_each(some(Kind::Contact, 1).into_iter().chain(all));
        assert_eq!(all.len(), FOUND_MAX);
        let kinds: Vec<&str> = all.iter().take(6).map(|found| found.kind.as_str()).collect();
        assert_eq!(kinds, ["contact", "ticket", "device", "ticket", "contact", "ticket"]);
    }
}
