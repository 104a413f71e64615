//! What was said and done, in the order in which a model may be told: results stand right behind their calls.

use patchcord_llm::talk::{Entry, ToolCall};
use serde::{Deserialize, Serialize};

/// Entries and characters that are kept; the oldest go first.
const ENTRIES_MAX: usize = 400;
const CHARACTERS_MAX: usize = 80_000;

/// The entries of one conversation.
#[derive(Debug, Clone, Default)]
pub(super) struct History {
    items: Vec<Item>,
    characters: usize,
}

#[derive(Debug, Clone)]
struct Item {
    entry: Entry,
    /// Words of the agent of which it is not known yet how much was heard.
    is_open: bool,
    item_id: Option<String>,
}

/// An entry as it is put away.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub(super) enum Saved {
    Caller { text: String },
    Agent { text: String },
    Desk { text: String },
    Called { calls: Vec<SavedCall> },
    Result { id: String, content: String },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct SavedCall {
    id: String,
    name: String,
    arguments: String,
}

impl History {
    pub(super) fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    pub(super) fn entries(&self) -> Vec<Entry> {
        self.items.iter().map(|item| item.entry.clone()).collect()
    }

    /// What the caller said, latest first.
    pub(super) fn caller_words(&self) -> impl Iterator<Item = &str> {
        let callers = self.items.iter().rev().filter_map(|item| match &item.entry {
            Entry::Caller(text) => Some(text.as_str()),
            _ => None,
        });
        callers.take(6)
    }

    /// What agents said to the caller, latest first.
    pub(super) fn agent_words(&self) -> impl Iterator<Item = &str> {
        self.items.iter().rev().filter_map(|item| match &item.entry {
            Entry::Agent(text) => Some(text.as_str()),
            _ => None,
        })
    }

    /// Whether these words wait to be heard already.
    pub(super) fn is_open(&self, text: &str) -> bool {
        self.items.iter().any(|item| item.is_open && matches!(&item.entry, Entry::Agent(said) if said == text))
    }

    /// Whether the model owes an answer: the caller spoke last, or the result of a tool.
    pub(super) fn waits_for_an_answer(&self) -> bool {
        matches!(
            self.items.last().map(|item| &item.entry),
            Some(Entry::Caller(_) | Entry::Result { .. } | Entry::Desk(_) | Entry::Called(_))
        )
    }

    pub(super) fn push(&mut self, entry: Entry) {
        self.insert(self.items.len(), Item { entry, is_open: false, item_id: None });
    }

    /// Words of the agent. While calls wait for their results the words came before them.
    pub(super) fn push_agent(&mut self, text: String, item_id: Option<String>) {
        let at = self.waiting().unwrap_or(self.items.len());
        self.insert(at, Item { entry: Entry::Agent(text), is_open: true, item_id });
    }

    /// Keeps what was really heard of the words of an agent.
    pub(super) fn settle(&mut self, heard: &str, item_id: Option<&str>) {
        let is_agent = |item: &Item| matches!(item.entry, Entry::Agent(_));
        let by_id = item_id
            .and_then(|id| self.items.iter().position(|item| is_agent(item) && item.item_id.as_deref() == Some(id)));
        let same = |item: &Item| matches!(&item.entry, Entry::Agent(said) if said == heard);
        let found = by_id
            .or_else(|| self.items.iter().position(|item| item.is_open && same(item)))
            .or_else(|| self.items.iter().position(|item| item.is_open && item.item_id.is_none()));
        match found {
            Some(at) if heard.is_empty() => {
                self.items.remove(at);
            }
            Some(at) => {
                let item = &mut self.items[at];
                item.entry = Entry::Agent(heard.to_owned());
                item.is_open = false;
            }
            None if heard.is_empty() => {}
            None => {
                let at = self.waiting().unwrap_or(self.items.len());
                let item_id = item_id.map(str::to_owned);
                self.insert(at, Item { entry: Entry::Agent(heard.to_owned()), is_open: false, item_id });
            }
        }
    }

    /// Puts a result behind its calls and the results before it.
    pub(super) fn result(&mut self, id: &str, content: String) {
        let calls = |item: &Item| matches!(&item.entry, Entry::Called(calls) if calls.iter().any(|call| call.id == id));
        let Some(called) = self.items.iter().rposition(calls) else { return };
        let behind = self.items[called + 1..].iter().take_while(|item| matches!(item.entry, Entry::Result { .. }));
        let at = called + 1 + behind.count();
        let entry = Entry::Result { id: id.to_owned(), content };
        self.insert(at, Item { entry, is_open: false, item_id: None });
    }

    /// Ids of calls that have no result.
    pub(super) fn unanswered(&self) -> Vec<String> {
        let answered: Vec<&str> = self
            .items
            .iter()
            .filter_map(|item| match &item.entry {
                Entry::Result { id, .. } => Some(id.as_str()),
                _ => None,
            })
            .collect();
        let calls = self.items.iter().flat_map(|item| match &item.entry {
            Entry::Called(calls) => calls.as_slice(),
            _ => &[],
        });
        calls.map(|call| call.id.clone()).filter(|id| !answered.contains(&id.as_str())).collect()
    }

    /// Where the calls stand that wait for a result.
    fn waiting(&self) -> Option<usize> {
        let called = self.items.iter().rposition(|item| matches!(item.entry, Entry::Called(_)))?;
        let Entry::Called(calls) = &self.items[called].entry else { return None };
        let behind = self.items[called + 1..].iter().take_while(|item| matches!(item.entry, Entry::Result { .. }));
        (behind.count() < calls.len()).then_some(called)
    }

    fn insert(&mut self, at: usize, item: Item) {
        self.characters += size(&item.entry);
        self.items.insert(at, item);
        while (self.items.len() > ENTRIES_MAX || self.characters > CHARACTERS_MAX) && self.items.len() > 1 {
            self.drop_first();
            // A result without its call means nothing.
            while matches!(self.items.first().map(|item| &item.entry), Some(Entry::Result { .. })) {
                self.drop_first();
            }
        }
    }

    fn drop_first(&mut self) {
        let item = self.items.remove(0);
        self.characters = self.characters.saturating_sub(size(&item.entry));
    }

    pub(super) fn save(&self) -> Vec<Saved> {
        let save = |item: &Item| match &item.entry {
            Entry::Caller(text) => Saved::Caller { text: text.clone() },
            Entry::Agent(text) => Saved::Agent { text: text.clone() },
            Entry::Desk(text) => Saved::Desk { text: text.clone() },
            Entry::Called(calls) => Saved::Called {
                calls: calls
                    .iter()
                    .map(|ToolCall { id, name, arguments }| SavedCall {
                        id: id.clone(),
                        name: name.clone(),
                        arguments: arguments.clone(),
                    })
                    .collect(),
            },
            Entry::Result { id, content } => Saved::Result { id: id.clone(), content: content.clone() },
        };
        self.items.iter().map(save).collect()
    }

    pub(super) fn restore(saved: Vec<Saved>) -> Self {
        let mut history = Self::default();
        for entry in saved {
            history.push(match entry {
                Saved::Caller { text } => Entry::Caller(text),
                Saved::Agent { text } => Entry::Agent(text),
                Saved::Desk { text } => Entry::Desk(text),
                Saved::Called { calls } => Entry::Called(
                    calls
                        .into_iter()
                        .map(|SavedCall { id, name, arguments }| ToolCall { id, name, arguments })
                        .collect(),
                ),
                Saved::Result { id, content } => Entry::Result { id, content },
            });
        }
        history
    }
}

fn size(entry: &Entry) -> usize {
    match entry {
        Entry::Caller(text) | Entry::Agent(text) | Entry::Desk(text) => text.len(),
        Entry::Called(calls) => calls.iter().map(|call| call.name.len() + call.arguments.len()).sum(),
        Entry::Result { content, .. } => content.len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn called(ids: &[&str]) -> Entry {
        let call = |id: &&str| ToolCall { id: (*id).to_owned(), name: "a".into(), arguments: "{}".into() };
        Entry::Called(ids.iter().map(call).collect())
    }

    fn shown(history: &History) -> String {
        let entries = history.entries();
        let shown = entries.iter().map(|entry| match entry {
            Entry::Caller(text) => format!("c:{text}"),
            Entry::Agent(text) => format!("a:{text}"),
            Entry::Desk(text) => format!("d:{text}"),
            Entry::Called(calls) => format!("call {}", calls.len()),
            Entry::Result { id, .. } => format!("result {id}"),
        });
        shown.collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn results_stand_behind_their_calls() {
        let mut history = History::default();
        history.push(Entry::Caller("hi".into()));
        history.push(called(&["1", "2"]));
        history.push(Entry::Caller("wait".into()));
        history.push_agent("one moment".into(), None);
        history.result("2", "{}".into());
        history.push(Entry::Desk("note".into()));
        assert_eq!(history.unanswered(), ["1"]);
        history.result("1", "{}".into());
        history.push_agent("done".into(), None);
        assert_eq!(shown(&history), "c:hi, a:one moment, call 2, result 2, result 1, c:wait, d:note, a:done");
        history.settle("one mo", None);
        history.settle("", None);
        assert_eq!(shown(&history), "c:hi, a:one mo, call 2, result 2, result 1, c:wait, d:note");
        assert_eq!(shown(&History::restore(history.save())), shown(&history));
    }

    #[test]
    fn words_are_settled_by_their_id() {
        let mut history = History::default();
        history.push_agent("first".into(), Some("i1".into()));
        history.push_agent("second".into(), Some("i2".into()));
        history.settle("sec", Some("i2"));
        history.settle("first", Some("i1"));
        history.settle("third", Some("i3"));
        assert_eq!(shown(&history), "a:first, a:sec, a:third");
    }

    #[test]
    fn it_is_bounded_and_never_begins_with_a_result() {
        let mut history = History::default();
        for round in 0..600 {
            history.push(called(&[&format!("{round}")]));
            history.result(&round.to_string(), "{}".into());
        }
        let entries = history.entries();
        assert!(entries.len() <= ENTRIES_MAX && !matches!(entries[0], Entry::Result { .. }));
        for _ in 0..100 {
            history.push(Entry::Caller("x".repeat(2_000)));
        }
        assert!(history.characters <= CHARACTERS_MAX);
    }
}
