//! Full-text search over folded text, the same on both engines.
//!
//! A subject (a ticket, an article) has one or more documents: long conversations are cut into parts, because PostgreSQL
//! cannot index a text of a megabyte. The words of tickets have an index of their own: the beginning of a word has very many hits
//! among them. PostgreSQL uses it where a statement names the kind itself. On SQLite the words lead, by CROSS JOIN: else each
//! document would be asked whether it has them. Words come from [`patchcord_domain::text::fold`], so that nothing that a user types
//! is ever read as an operator.

use patchcord_domain::text::fold;
use sea_orm::{ConnectionTrait, DbBackend, FromQueryResult, Value};

use crate::{StoreError, Tenant, Tx};

/// What a document belongs to.
pub const TICKET: &str = "ticket";
/// What a document belongs to.
pub const ARTICLE: &str = "article";
/// What a document belongs to: an article that only its writers may find.
pub const DRAFT_ARTICLE: &str = "article_draft";
/// What a document belongs to.
pub const ORGANIZATION: &str = "organization";
/// What a document belongs to.
pub const CONTACT: &str = "contact";
/// What a document belongs to.
pub const LOCATION: &str = "location";
/// What a document belongs to: the transcript of a call.
pub const CALL: &str = "call";
/// What a document belongs to.
pub const ACCOUNT_MANAGER: &str = "account_manager";

/// What a document belongs to.
pub const DEVICE: &str = "device";

/// SQLite's index of all words but those of tickets.
const WORDS_OF_OTHERS: &str = "search_words_of_others";
/// Kinds whose documents carry a word of their own, so that the index itself keeps them apart from the many texts of tickets.
const MARKED: [&str; 8] = [ORGANIZATION, CONTACT, LOCATION, ACCOUNT_MANAGER, DEVICE, CALL, ARTICLE, DRAFT_ARTICLE];

/// A part is closed when it has this many characters.
const PART_CHARS: i64 = 60_000;
/// The beginning of a word must have so many characters: very many words begin with any one letter.
const BEGINNING_MIN: usize = 2;
/// Most words of a query that count.
const WORDS_MAX: usize = 12;
/// Only the newest hits of a query are looked at: ranking every hit of a common word costs too much.
pub(crate) const NEWEST_HITS: u64 = 1_000;

/// A subject that fits a query.
#[derive(Debug, Clone, PartialEq, FromQueryResult)]
pub struct Hit {
    /// Id of the ticket or article.
    pub subject_id: String,
    /// How well it fits; the higher the better. Compare within one query only.
    pub rank: f64,
}

/// Writes the first document of a new subject.
pub async fn add(tenant: Tenant<'_, Tx>, kind: &str, subject_id: &str, text: &str) -> Result<(), StoreError> {
    insert_part(tenant, kind, subject_id, 0, &fold(text)).await
}

/// Adds text to a subject's last part, or begins the next part.
pub async fn append(tenant: Tenant<'_, Tx>, kind: &str, subject_id: &str, text: &str) -> Result<(), StoreError> {
    let text = fold(text);
    if text.is_empty() {
        return Ok(());
    }
    let last = tenant.statement(
        "SELECT part, length(text) AS chars FROM search_documents \
         WHERE workspace_id = $1 AND kind = $2 AND subject_id = $3 ORDER BY part DESC LIMIT 1",
        [kind.into(), subject_id.into()],
    );
    match Part::find_by_statement(last).one(tenant.connection).await? {
        Some(part) if i64::from(part.chars) < PART_CHARS => {
            let grow = tenant.statement(
                "UPDATE search_documents SET text = text || ' ' || $4 \
                 WHERE workspace_id = $1 AND kind = $2 AND subject_id = $3 AND part = $5",
                [kind.into(), subject_id.into(), text.into(), part.part.into()],
            );
            tenant.connection.later(grow).await
        }
        last => insert_part(tenant, kind, subject_id, last.map_or(0, |part| part.part + 1), &text).await,
    }
}

/// Writes a subject's only document anew.
pub async fn replace(tenant: Tenant<'_, Tx>, kind: &str, subject_id: &str, text: &str) -> Result<(), StoreError> {
    let delete = tenant.statement(
        "DELETE FROM search_documents WHERE workspace_id = $1 AND kind = $2 AND subject_id = $3",
        [kind.into(), subject_id.into()],
    );
    tenant.connection.later(delete).await?;
    insert_part(tenant, kind, subject_id, 0, &fold(text)).await
}

/// Takes a subject out of the index.
pub async fn forget(tenant: Tenant<'_, Tx>, kind: &str, subject_id: &str) -> Result<(), StoreError> {
    let delete = tenant.statement(
        "DELETE FROM search_documents WHERE workspace_id = $1 AND kind = $2 AND subject_id = $3",
        [kind.into(), subject_id.into()],
    );
    tenant.connection.later(delete).await
}

#[derive(FromQueryResult)]
struct Part {
    part: i64,
    chars: i32,
}

async fn insert_part(
    tenant: Tenant<'_, Tx>,
    kind: &str,
    subject_id: &str,
    part: i64,
    folded: &str,
) -> Result<(), StoreError> {
    let text = marked(kind, folded);
    let insert = tenant.statement(
        "INSERT INTO search_documents (workspace_id, kind, subject_id, part, text) VALUES ($1, $2, $3, $4, $5)",
        [kind.into(), subject_id.into(), part.into(), text.into()],
    );
    tenant.connection.later(insert).await
}

/// The text of a subject's only document.
pub(crate) fn document(kind: &str, text: &str) -> String {
    marked(kind, &fold(text))
}

fn marked(kind: &str, folded: &str) -> String {
    marker(kind).map_or_else(|| folded.to_owned(), |marker| format!("{marker} {folded}"))
}

/// The word that documents of a kind begin with.
fn marker(kind: &str) -> Option<String> {
    MARKED.contains(&kind).then(|| format!("kindof{}", kind.replace('_', "")))
}

/// SQLite's index of the words of a kind.
fn words_of(kind: &str) -> &'static str {
    if kind == TICKET { "search_words" } else { WORDS_OF_OTHERS }
}

/// A query for documents of one kind only.
pub(crate) fn of_kind(backend: DbBackend, kind: &str, query: &str) -> String {
    match (marker(kind), backend) {
        (None, _) => query.to_owned(),
        (Some(marker), DbBackend::Sqlite) => format!("\"{marker}\" AND ({query})"),
        (Some(marker), _) => format!("'{marker}' & ({query})"),
    }
}

/// A query for articles only, published or not.
pub(crate) fn of_articles(backend: DbBackend, query: &str) -> String {
    let [published, draft] = [ARTICLE, DRAFT_ARTICLE].map(|kind| marker(kind).unwrap_or_default());
    match backend {
        DbBackend::Sqlite => format!("(\"{published}\" OR \"{draft}\") AND ({query})"),
        _ => format!("('{published}' | '{draft}') & ({query})"),
    }
}

/// The subjects of one kind among the newest hits, at most `limit`; `query` is the placeholder of the text that [`of_kind`] makes.
pub(crate) fn newest_of_kind(backend: DbBackend, kind: &str, query: &str, limit: u64) -> String {
    match backend {
        DbBackend::Sqlite => {
            let words = words_of(kind);
            format!(
                "SELECT d.subject_id FROM {words} CROSS JOIN search_documents d ON d.id = {words}.rowid \
                 WHERE {words} MATCH {query} AND d.workspace_id = $1 AND d.kind = '{kind}' \
                 ORDER BY {words}.rowid DESC LIMIT {limit}"
            )
        }
        // PostgreSQL takes a beginning of a word for common. For a few hits it would walk through all documents from the newest
        // on, and does so too when it sees that few of the newest are asked for; so it must not see that.
        _ => format!(
            "WITH newest AS MATERIALIZED (SELECT id, subject_id FROM search_documents \
             WHERE words @@ to_tsquery('simple', {query}) AND workspace_id = $1 AND kind = '{kind}' \
             ORDER BY id DESC LIMIT {NEWEST_HITS}) SELECT subject_id FROM newest ORDER BY id DESC LIMIT {limit}"
        ),
    }
}

/// The subjects that fit any of the words, each once by its best part, best first: on PostgreSQL by its own rank, on SQLite by how
/// many of the words are there. SQLite's own rank would count every hit of every word first, of all workspaces.
pub async fn any_word<C: ConnectionTrait>(
    tenant: Tenant<'_, C>,
    kind: &'static str,
    words: &str,
    limit: u64,
) -> Result<Vec<Hit>, StoreError> {
    let backend = tenant.connection.get_database_backend();
    let Some(query) = words_query(backend, words, Joined::Any) else { return Ok(Vec::new()) };
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut values: Vec<Value> = vec![of_kind(backend, kind, &query).into(), limit.into()];
    let sql = match backend {
        DbBackend::Sqlite => {
            let index = words_of(kind);
            // The text is folded: words stand between spaces.
            let mut fit = "0".to_owned();
            for word in fold(words).split(' ').filter(|word| !word.is_empty()).take(WORDS_MAX) {
                values.push(format!(" {word} ").into());
                fit += &format!(" + (instr(' ' || text || ' ', ${}) > 0)", values.len() + 1);
            }
            format!(
                "SELECT subject_id, CAST(MAX({fit}) AS REAL) AS rank FROM (\
                   SELECT d.subject_id, d.text FROM {index} \
                   CROSS JOIN search_documents d ON d.id = {index}.rowid \
                   WHERE {index} MATCH $2 AND d.workspace_id = $1 AND d.kind = '{kind}' \
                   ORDER BY {index}.rowid DESC LIMIT {NEWEST_HITS}) AS hits \
                 GROUP BY subject_id ORDER BY rank DESC, subject_id LIMIT $3"
            )
        }
        _ => format!(
            "SELECT subject_id, MAX(ts_rank(words, to_tsquery('simple', $2)))::float8 AS rank FROM (\
               SELECT subject_id, words FROM search_documents \
               WHERE words @@ to_tsquery('simple', $2) AND workspace_id = $1 AND kind = '{kind}' \
               ORDER BY id DESC LIMIT {NEWEST_HITS}) AS hits \
             GROUP BY subject_id ORDER BY rank DESC, subject_id LIMIT $3"
        ),
    };
    Ok(Hit::find_by_statement(tenant.statement(&sql, values)).all(tenant.connection).await?)
}

/// The tickets among the newest hits that have all the words, each once. `$1` is the workspace; `query` is the placeholder of
/// the text that [`words_query`] makes.
pub(crate) fn newest_tickets(backend: DbBackend, query: &str) -> String {
    // A long conversation has several documents.
    format!("SELECT DISTINCT subject_id FROM ({}) AS newest", newest_of_kind(backend, TICKET, query, NEWEST_HITS))
}

/// A condition for `a.id`: the article, published or not, is among the newest hits that have all the words. `query` is the
/// placeholder of the text that [`of_articles`] makes.
pub(crate) fn article_condition(backend: DbBackend, query: &str) -> String {
    let kinds = format!("('{ARTICLE}', '{DRAFT_ARTICLE}')");
    match backend {
        DbBackend::Sqlite => format!(
            "a.id IN (SELECT d.subject_id FROM {WORDS_OF_OTHERS} CROSS JOIN search_documents d ON d.id = {WORDS_OF_OTHERS}.rowid \
             WHERE {WORDS_OF_OTHERS} MATCH {query} AND d.workspace_id = $1 AND d.kind IN {kinds} \
             ORDER BY {WORDS_OF_OTHERS}.rowid DESC LIMIT {NEWEST_HITS})"
        ),
        _ => format!(
            "a.id IN (SELECT subject_id FROM search_documents \
             WHERE words @@ to_tsquery('simple', {query}) AND workspace_id = $1 AND kind IN {kinds} \
             ORDER BY id DESC LIMIT {NEWEST_HITS})"
        ),
    }
}

/// A condition for the column of an id: it is among the newest hits of one kind. `query` is the placeholder of the text that
/// [`words_query`] or [`phrases_query`] makes.
pub(crate) fn condition(backend: DbBackend, column: &str, kind: &str, query: &str) -> String {
    match backend {
        DbBackend::Sqlite => format!("{column} IN ({})", newest_of_kind(backend, kind, query, NEWEST_HITS)),
        _ => format!(
            "{column} IN (SELECT subject_id FROM search_documents \
             WHERE words @@ to_tsquery('simple', {query}) AND workspace_id = $1 AND kind = '{kind}' \
             ORDER BY id DESC LIMIT {NEWEST_HITS})"
        ),
    }
}

/// Whether a word may be looked for as the beginning of others.
fn may_begin(word: &str) -> bool {
    word.len() >= BEGINNING_MIN
}

/// How the words of a query are joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Joined {
    /// Every word must be there; the last one may be the beginning of a word, for people who are still typing.
    All,
    /// One word is enough.
    Any,
}

/// The words in the engine's query language, each quoted; `None` when no word is left.
pub(crate) fn words_query(backend: DbBackend, text: &str, joined: Joined) -> Option<String> {
    let folded = fold(text);
    let words: Vec<&str> = folded.split(' ').filter(|word| !word.is_empty()).take(WORDS_MAX).collect();
    let last = words.len().checked_sub(1)?;
    let (and, or, star) = if backend == DbBackend::Sqlite { (" AND ", " OR ", "*") } else { (" & ", " | ", ":*") };
    let quote = if backend == DbBackend::Sqlite { '"' } else { '\'' };
    let parts: Vec<String> = words
        .iter()
        .enumerate()
        .map(|(index, word)| {
            let prefix = if joined == Joined::All && index == last && may_begin(word) { star } else { "" };
            format!("{quote}{word}{quote}{prefix}")
        })
        .collect();
    Some(parts.join(if joined == Joined::All { and } else { or }))
}

/// What people read off a thing, in the engine's query language: parts between spaces must all be there, and what is written in
/// one piece, such as `10.20.10.114` or `HAL-LT-014`, must stand there in that order. The last word may be the beginning of one.
/// `None` when no word is left.
pub(crate) fn phrases_query(backend: DbBackend, text: &str) -> Option<String> {
    let sqlite = backend == DbBackend::Sqlite;
    let mut left = WORDS_MAX;
    let mut phrases = Vec::new();
    let mut begins = false;
    for part in text.split_whitespace() {
        let folded = fold(part);
        let words: Vec<&str> = folded.split(' ').filter(|word| !word.is_empty()).take(left).collect();
        left -= words.len();
        if let Some(last) = words.last() {
            begins = may_begin(last);
            phrases.push(if sqlite {
                format!("\"{}\"", words.join(" "))
            } else {
                format!("'{}'", words.join("' <-> '"))
            });
        }
    }
    let last = phrases.last_mut()?;
    if begins {
        *last += if sqlite { "*" } else { ":*" };
    }
    Some(phrases.join(if sqlite { " AND " } else { " & " }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_in_one_piece_stays_together() {
        for (text, sqlite, postgres) in [
            ("10.20.10.114", "\"10 20 10 114\"*", "'10' <-> '20' <-> '10' <-> '114':*"),
            ("Café HAL-LT", "\"cafe\" AND \"hal lt\"*", "'cafe' & 'hal' <-> 'lt':*"),
            ("10.20.1", "\"10 20 1\"", "'10' <-> '20' <-> '1'"),
            ("-- nb\" OR", "\"nb\" AND \"or\"*", "'nb' & 'or':*"),
        ] {
            assert_eq!(phrases_query(DbBackend::Sqlite, text).as_deref(), Some(sqlite));
            assert_eq!(phrases_query(DbBackend::Postgres, text).as_deref(), Some(postgres));
        }
        assert_eq!(phrases_query(DbBackend::Postgres, " -- ' \" "), None);
    }

    #[test]
    fn what_people_type_never_becomes_an_operator() {
        for (text, sqlite, postgres) in [
            ("VPN drops", "\"vpn\" AND \"drops\"*", "'vpn' & 'drops':*"),
            ("a\" OR 1=1 --", "\"a\" AND \"or\" AND \"1\" AND \"1\"", "'a' & 'or' & '1' & '1'"),
            ("TKT-0042", "\"tkt\" AND \"0042\"*", "'tkt' & '0042':*"),
        ] {
            assert_eq!(words_query(DbBackend::Sqlite, text, Joined::All).as_deref(), Some(sqlite));
            assert_eq!(words_query(DbBackend::Postgres, text, Joined::All).as_deref(), Some(postgres));
        }
        assert_eq!(words_query(DbBackend::Sqlite, " *)(' \" ", Joined::All), None);
        assert_eq!(words_query(DbBackend::Sqlite, "a b", Joined::Any).as_deref(), Some("\"a\" OR \"b\""));
    }
}
