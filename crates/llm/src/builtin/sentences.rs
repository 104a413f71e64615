//! Sentences of a conversation, and the ones that carry the most weight.

use std::collections::{HashMap, HashSet};

use patchcord_domain::text::{fold, head, length};

use super::reading::{Reading, Sentence, Text};

/// Most sentences of a conversation that are weighed, the latest ones: each is compared with each.
const SENTENCES_MAX: usize = 120;
/// Most sentences of one text that are looked at, the first ones.
const SPLIT_MAX: usize = 1_000;
/// Longest sentence that is quoted, in characters.
const SENTENCE_MAX: usize = 240;
/// Longest summary, in characters.
const SUMMARY_MAX: usize = 480;

/// A summary in the conversation's own sentences: the subject, then the sentences that share the most words with the others
/// (TextRank, Mihalcea and Tarau 2004), the customer's latest problem first.
pub(super) fn summary(reading: &Reading<'_>) -> String {
    let sentences = collect(reading);
    let ranks = ranks(&sentences);
    let mut order: Vec<usize> = (0..sentences.len()).collect();
    order.sort_by(|a, b| ranks[*b].total_cmp(&ranks[*a]).then(a.cmp(b)));
    let own = Text::new(bare_subject(&reading.snapshot.subject));
    let subject = own.own.trim().trim_end_matches(['.', '!', '?']);
    let mut left = SUMMARY_MAX.saturating_sub(length(subject) + 2);
    let mut chosen: Vec<usize> = Vec::new();
    for index in order {
        let size = length(sentences[index].text) + 1;
        if chosen.len() < 4 && size <= left && !repeats(&sentences, &chosen, index) {
            left -= size;
            chosen.push(index);
        }
    }
    // Told in the order in which it happened, since a story told backwards is hard to follow.
    chosen.sort_unstable();
    let told: Vec<&str> = chosen.iter().map(|index| sentences[*index].text).collect();
    let subject = if subject.is_empty() { String::new() } else { format!("{subject}. ") };
    format!("{subject}{}", told.join(" ")).trim().to_owned()
}

/// The sentence of the desk that carries the most weight, besides these.
pub(super) fn strongest_of_desk(reading: &Reading<'_>, besides: &[&str]) -> Option<String> {
    let sentences = collect(reading);
    let ranks = ranks(&sentences);
    let own = (0..sentences.len()).filter(|at| sentences[*at].is_desks && !besides.contains(&sentences[*at].text));
    let best = own.max_by(|a, b| ranks[*a].total_cmp(&ranks[*b]).then(b.cmp(a)))?;
    Some(sentences[best].text.to_owned())
}

/// A sentence that may be in the summary.
struct Weighed<'r> {
    text: &'r str,
    is_desks: bool,
    words: HashSet<String>,
    boost: f32,
}

fn collect<'r>(reading: &'r Reading<'_>) -> Vec<Weighed<'r>> {
    let snapshot = reading.snapshot;
    let latest = snapshot.messages.iter().rposition(|message| message.author == "CUSTOMER");
    let mut sentences = Vec::new();
    let mut known = HashSet::new();
    for (index, (message, text)) in reading.messages().enumerate() {
        // A note is for colleagues: it must not travel on in a summary that somebody sends to the customer.
        if message.is_internal && latest.is_some() {
            continue;
        }
        let boost = match message.author.as_str() {
            _ if Some(index) == latest => 2.0,
            "CUSTOMER" => 1.4,
            _ => 0.6,
        };
        for (place, sentence) in text.sentences().iter().enumerate() {
            let text = sentence.text.as_str();
            // The first sentences of a message mostly say what it is about.
            let early = if place < 2 { 1.2 } else { 1.0 };
            // What the desk asked is no part of the story, and a line that announces a list says nothing.
            if message.author != "CUSTOMER" && text.ends_with('?') || text.ends_with(":.") {
                continue;
            }
            let words = sentence.words();
            if words.len() >= 3 && known.insert(text) {
                let is_desks = message.author != "CUSTOMER";
                sentences.push(Weighed { text, is_desks, words, boost: boost * early });
            }
        }
    }
    let excess = sentences.len().saturating_sub(SENTENCES_MAX);
    sentences.drain(..excess);
    sentences
}

/// The sentences of somebody's own words without greetings, each closed with a full stop; at most a thousand.
pub(super) fn split(own: &str) -> Vec<Sentence> {
    let mut sentences = Vec::new();
    for line in own.lines() {
        let mut rest = line.trim().trim_start_matches(['-', '*', '•', ' ']);
        while !rest.is_empty() && sentences.len() < SPLIT_MAX {
            let end = sentence_end(rest);
            let (sentence, after) = rest.split_at(end);
            let sentence = sentence.trim();
            let size = length(sentence);
            if size > SENTENCE_MAX {
                let cut = head(sentence, SENTENCE_MAX - 1).trim_end();
                sentences.push(Sentence { text: format!("{cut}…"), folded: fold(cut) });
            } else if size >= 12 {
                let folded = fold(sentence);
                if !is_polite(&folded) {
                    let closed = sentence.ends_with(['.', '!', '?', '…']);
                    let text = if closed { sentence.to_owned() } else { format!("{sentence}.") };
                    sentences.push(Sentence { text, folded });
                }
            }
            rest = after.trim_start();
        }
    }
    sentences
}

/// A sentence ends at `.`, `!` or `?` before a space; not in `v2.14` or `10.0.0.1`.
fn sentence_end(text: &str) -> usize {
    let bytes = text.as_bytes();
    let ends =
        |at: usize| matches!(bytes[at], b'.' | b'!' | b'?') && bytes.get(at + 1).is_none_or(u8::is_ascii_whitespace);
    let short =
        |at: usize| ["e.g.", "i.e.", "Mr.", "Ms.", "Dr.", "approx.", "z.B."].iter().any(|s| text[..=at].ends_with(s));
    (0..bytes.len()).find(|at| ends(*at) && !short(*at)).map_or(text.len(), |at| at + 1)
}

/// What the author has written: no quoted mail, no signature, no legal notice, no header of a forwarded mail. What speaks
/// to the machine that reads it is still there; see [`without_commands`].
pub(super) fn own_words(text: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    for line in text.lines() {
        let trimmed = line.trim();
        let folded = fold(head(trimmed, BEGINNING));
        let forwarded = trimmed.starts_with("---")
            && (folded.starts_with("forwarded") || folded.starts_with("original"))
            || folded.starts_with("begin forwarded message");
        // Who forwards a mail with hardly a word of their own wants it to be read.
        if forwarded && own_length(&kept) < OWN_ENOUGH {
            continue;
        }
        let quoted = forwarded
            || (trimmed.starts_with("On ") || trimmed.starts_with("Am ") || trimmed.starts_with("Le "))
                && ["wrote:", "schrieb:", "écrit :", "a écrit :"].iter().any(|end| trimmed.ends_with(end));
        let signature = matches!(trimmed, "--" | "-- " | "__") || folded.starts_with("sent from my ");
        if quoted || signature || is_legal(&folded, trimmed) {
            break;
        }
        if !trimmed.starts_with('>') && !is_header(trimmed) {
            kept.push(line);
        }
    }
    // What follows the farewell is a signature.
    let last = kept.len().saturating_sub(FAREWELL_LINES);
    if let Some(at) = kept[last..].iter().rposition(|line| is_farewell(line)).filter(|at| last + at > 0) {
        kept.truncate(last + at);
    }
    kept.join("\n")
}

/// Characters of own words above which a forwarded mail is only an attachment to them.
const OWN_ENOUGH: usize = 120;
/// Lines at the end of a message among which a farewell is looked for.
const FAREWELL_LINES: usize = 7;
/// What people write who speak to the machine instead of the desk.
const COMMANDS: &[&str] = &[
    "ignore previous instructions",
    "ignore all previous",
    "ignore the previous",
    "ignore your instructions",
    "ignore all instructions",
    "disregard previous",
    "disregard all previous",
    "disregard your",
    "system prompt",
    "you are an ai",
    "as an ai",
];

/// Whether a folded text speaks to the machine.
pub(super) fn is_command(folded: &str) -> bool {
    COMMANDS.iter().any(|command| folded.contains(command))
}

/// Characters at the start of a line that tell what kind of line it is.
const BEGINNING: usize = 200;

fn own_length(lines: &[&str]) -> usize {
    lines.iter().map(|line| length(line.trim())).sum()
}

/// The text without sentences that speak to the machine.
pub(super) fn without_commands(text: &str) -> String {
    let mut kept = String::new();
    for line in text.lines() {
        let mut rest = line;
        while !rest.is_empty() {
            let (sentence, after) = rest.split_at(sentence_end(rest));
            if !is_command(&fold(sentence)) {
                kept.push_str(sentence);
            }
            rest = after;
        }
        kept.push('\n');
    }
    kept
}

fn is_header(line: &str) -> bool {
    const HEADERS: &[&str] = &[
        "From:",
        "Sent:",
        "To:",
        "Cc:",
        "Date:",
        "Subject:",
        "Von:",
        "Gesendet:",
        "An:",
        "Betreff:",
        "De :",
        "Envoyé :",
        "Objet :",
        "De:",
        "Enviado:",
        "Para:",
        "Asunto:",
    ];
    HEADERS.iter().any(|header| line.starts_with(header))
}

/// Whether a line is the beginning of a legal notice; takes its folded beginning and the whole.
fn is_legal(beginning: &str, line: &str) -> bool {
    let begins = [
        "this e mail",
        "this email",
        "this message",
        "the information in this",
        "confidentiality notice",
        "disclaimer",
    ];
    let legal = ["confidential", "intended recipient", "privileged", "disclaimer"];
    begins.iter().any(|begin| beginning.starts_with(begin)) && {
        let folded = fold(line);
        legal.iter().any(|word| folded.contains(word))
    }
}

/// Whether a line is nothing but a farewell.
fn is_farewell(line: &str) -> bool {
    const FAREWELLS: &[&str] = &[
        "kind regards",
        "best regards",
        "warm regards",
        "regards",
        "many thanks",
        "thanks",
        "thank you",
        "thanks in advance",
        "cheers",
        "best",
        "best wishes",
        "sincerely",
        "yours sincerely",
        "rgds",
        "br",
        "ta",
        "thx",
        "mit freundlichen gruen",
        "mit freundlichen grußen",
        "mit freundlichen grussen",
        "viele gruße",
        "viele grusse",
        "beste gruße",
        "gruß",
        "gruss",
        "danke",
        "vielen dank",
        "cordialement",
        "bien cordialement",
        "merci",
        "merci d avance",
        "saludos",
        "un saludo",
        "gracias",
        "atentamente",
        "cordiali saluti",
        "grazie",
        "met vriendelijke groet",
        "groeten",
    ];
    length(line) <= BEGINNING && FAREWELLS.contains(&fold(line).as_str())
}

/// A subject without `Re:`, `Fwd:` and ticket numbers in brackets.
pub(super) fn bare_subject(subject: &str) -> &str {
    let mut rest = subject.trim();
    loop {
        let before = rest;
        if let Some((mark, after)) = rest.split_once(':')
            && ["re", "fw", "fwd", "aw", "wg", "tr", "rv", "sv", "antw"].contains(&mark.trim().to_lowercase().as_str())
        {
            rest = after.trim_start();
        }
        if let Some((mark, after)) = rest.strip_prefix('[').and_then(|rest| rest.split_once(']'))
            && mark.to_lowercase().starts_with("tkt-")
        {
            rest = after.trim_start();
        }
        if rest == before {
            return rest;
        }
    }
}

fn is_polite(folded: &str) -> bool {
    const OPENINGS: &[&str] = &[
        "hi",
        "hello",
        "hey",
        "dear",
        "good morning",
        "good afternoon",
        "thanks",
        "thank you",
        "many thanks",
        "kind regards",
        "best regards",
        "regards",
        "cheers",
        "best",
        "sincerely",
        "hope you are",
        "hope you re",
        "please let me know",
        "let me know",
        "any help",
        "looking forward",
        "mit freundlichen",
        "viele grusse",
        "guten tag",
        "guten morgen",
        "sehr geehrte",
        "hallo",
        "vielen dank",
        "bonjour",
        "cordialement",
        "merci",
        "buenos dias",
        "hola",
        "gracias",
        "saludos",
        "buongiorno",
        "grazie",
        "see below",
        "please see below",
    ];
    let few = folded.split(' ').nth(7).is_none();
    let begins =
        |opening: &str| folded.strip_prefix(opening).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '));
    few && OPENINGS.iter().any(|opening| begins(opening))
}

/// The words of a folded text that may carry meaning.
pub(super) fn words(folded: &str) -> HashSet<String> {
    const EMPTY: &[&str] = &[
        "about", "after", "again", "also", "and", "any", "are", "been", "but", "can", "could", "did", "does", "don",
        "for", "from", "had", "has", "have", "her", "his", "how", "into", "its", "just", "like", "may", "more", "not",
        "now", "our", "out", "she", "should", "since", "some", "that", "the", "their", "them", "then", "there", "they",
        "this", "too", "very", "was", "were", "what", "when", "where", "which", "who", "why", "will", "with", "would",
        "you", "your", "is", "it", "on", "in", "to", "of", "at", "we", "my", "me", "an", "as", "be", "by", "do", "if",
        "no", "or", "so", "up", "us", "he", "am", "please",
    ];
    folded.split(' ').filter(|word| word.len() >= 2 && !EMPTY.contains(word)).map(str::to_owned).collect()
}

fn similarity(a: &HashSet<String>, b: &HashSet<String>) -> f32 {
    let shared = a.intersection(b).count() as f32;
    if shared == 0.0 { 0.0 } else { shared / ((a.len() as f32 + 1.0).ln() + (b.len() as f32 + 1.0).ln()) }
}

fn ranks(sentences: &[Weighed<'_>]) -> Vec<f32> {
    let count = sentences.len();
    let mut weights: HashMap<(usize, usize), f32> = HashMap::new();
    let mut sums = vec![0.0_f32; count];
    for a in 0..count {
        for b in a + 1..count {
            let weight = similarity(&sentences[a].words, &sentences[b].words);
            if weight > 0.0 {
                weights.insert((a, b), weight);
                sums[a] += weight;
                sums[b] += weight;
            }
        }
    }
    // The order of a hash map must not decide anything.
    let mut edges: Vec<((usize, usize), f32)> = weights.into_iter().collect();
    edges.sort_unstable_by_key(|(edge, _)| *edge);
    let mut rank = vec![1.0_f32; count];
    for _ in 0..20 {
        let mut next = vec![0.15_f32; count];
        for ((a, b), weight) in &edges {
            next[*a] += 0.85 * rank[*b] * weight / sums[*b];
            next[*b] += 0.85 * rank[*a] * weight / sums[*a];
        }
        rank = next;
    }
    rank.iter().zip(sentences).map(|(rank, sentence)| (rank + 0.3) * sentence.boost).collect()
}

fn repeats(sentences: &[Weighed<'_>], chosen: &[usize], candidate: usize) -> bool {
    let words = &sentences[candidate].words;
    chosen.iter().any(|index| {
        let shared = words.intersection(&sentences[*index].words).count();
        shared * 10 >= words.len() * 7
    })
}
