//! Callers of a desk on which nothing thinks: with their keys they say who they are, and that they want to be called back.
//!
//! Each answer is a request of its own, which any node may take: the call is held for as long as its tools run.

use patchcord_agents::{DESK, ToolReply, Tools};
use patchcord_domain::call::{CallEvent, CallStatus, Ending, Speaker, Turn};
use patchcord_llm::talk::ToolCall;
use patchcord_store::rows::Call;
use patchcord_store::unscoped::calls as any_call;
use patchcord_store::{Connection, Tenant, workspaces};
use serde_json::{Value, json};

use super::progress::Transfer;
use super::recorder::replay;
use super::{Caller, LEASE};
use crate::call_tools::DeskTools;
use crate::trail::{Change, Who};
use crate::{App, AppError};

/// Keys and sentences of one call; who goes on for ever is told goodbye.
const TURNS_MAX: i64 = 60;

/// What a caller hears, and what their next keys mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Menu {
    /// The sentences.
    pub say: Vec<String>,
    /// What comes next.
    pub then: MenuThen,
    /// The language of the sentences, as a tag such as `de`.
    pub language: Option<String>,
}

/// What comes after the sentences.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MenuThen {
    /// Keys, and what they are taken for.
    Keys(MenuKeys),
    /// A person is dialled.
    Person(Transfer),
    /// The call ends.
    HangUp,
}

/// What keys are taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MenuKeys {
    /// The U-E code.
    Code,
    /// What is wanted: 1 for a call-back, 0 for a person.
    Wish,
    /// The number at which to call back.
    Number,
}

impl MenuKeys {
    /// As it stands in addresses.
    pub fn as_str(self) -> &'static str {
        match self {
            MenuKeys::Code => "code",
            MenuKeys::Wish => "wish",
            MenuKeys::Number => "number",
        }
    }

    /// Reads it.
    pub fn parse(text: &str) -> Option<Self> {
        [MenuKeys::Code, MenuKeys::Wish, MenuKeys::Number].into_iter().find(|keys| keys.as_str() == text)
    }
}

/// A call that is held while its keys are looked at.
struct Held {
    call: Call,
    tools: DeskTools,
    language: Option<String>,
}

impl Held {
    async fn run(&self, name: &str, arguments: Value) -> ToolReply {
        let id = format!("{DESK}-{}", self.call.turn_count);
        self.tools.run(DESK, &ToolCall { id, name: name.to_owned(), arguments: arguments.to_string() }).await
    }
}

impl App {
    /// The first sentence: who is calling.
    pub(crate) async fn menu_begins<C: Connection>(
        &self,
        tenant: Tenant<'_, C>,
        language: Option<&str>,
    ) -> Result<Menu, AppError> {
        let workspace = workspaces::own(tenant).await?.ok_or(AppError::NotFound("workspace"))?;
        let words = self.calls.agents.menu(language);
        let say = vec![words.code.replace("{workspace}", &workspace.name)];
        Ok(Menu { say, then: MenuThen::Keys(MenuKeys::Code), language: language.map(str::to_owned) })
    }

    /// What follows from the keys that a caller pressed, or from none.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn menu_keys(&self, sid: &str, keys: MenuKeys, pressed: Option<&str>) -> Result<Menu, AppError> {
        let over = Menu { say: Vec::new(), then: MenuThen::HangUp, language: None };
        let Some(known) = any_call::by_sid(self.store.reader(), sid).await? else { return Ok(over) };
        if known.ended_at.is_some() {
            return Ok(over);
        }
        let held = self.hold_for_keys(&known).await?;
        let (say, then) = match pressed {
            _ if held.call.turn_count > TURNS_MAX => (vec![self.words(&held).goodbye.clone()], MenuThen::HangUp),
            Some(code) if keys == MenuKeys::Code => self.menu_code(&held, code).await,
            None if keys == MenuKeys::Code => (vec![self.words(&held).wish.clone()], MenuThen::Keys(MenuKeys::Wish)),
            Some("1") if keys == MenuKeys::Wish && held.call.caller_phone.is_none() => {
                (vec![self.words(&held).number.clone()], MenuThen::Keys(MenuKeys::Number))
            }
            Some("1") if keys == MenuKeys::Wish => self.menu_call_back(&held, None).await,
            Some("0") if keys == MenuKeys::Wish => self.menu_person(&held).await,
            Some(_) if keys == MenuKeys::Wish => (vec![self.words(&held).wish.clone()], MenuThen::Keys(MenuKeys::Wish)),
            Some(number) => self.menu_call_back(&held, Some(number)).await,
            None => (vec![self.words(&held).goodbye.clone()], MenuThen::HangUp),
        };
        let language = held.language.clone();
        self.let_go(held, (keys, pressed), &say, &then).await?;
        Ok(Menu { say, then, language })
    }

    fn words(&self, held: &Held) -> &patchcord_agents::Menu {
        self.calls.agents.menu(held.language.as_deref())
    }

    async fn menu_code(&self, held: &Held, code: &str) -> (Vec<String>, MenuThen) {
        let words = self.words(held);
        let wish = MenuThen::Keys(MenuKeys::Wish);
        let reply = held.run("identify_organization", json!({"ue_code": code})).await;
        if reply.outcome == "ok" {
            let name = reply.content["organization"].as_str().unwrap_or_default();
            return (vec![words.known.replace("{organization}", name), words.wish.clone()], wish);
        }
        let is_last = reply.outcome != "refused" || reply.to_person.is_some();
        if is_last {
            return (vec![words.wish.clone()], wish);
        }
        (vec![words.wrong_code.clone()], MenuThen::Keys(MenuKeys::Code))
    }

    async fn menu_call_back(&self, held: &Held, number: Option<&str>) -> (Vec<String>, MenuThen) {
        let words = self.words(held);
        let mut arguments = json!({"when": words.when});
        if let Some(number) = number {
            arguments["number"] = json!(number);
        }
        let reply = held.run("schedule_callback", arguments).await;
        match (reply.outcome, reply.content["callback"]["ticket"]["number"].as_str()) {
            ("ok", Some(number)) => (vec![words.noted.replace("{number}", &spoken(number))], MenuThen::HangUp),
            // A number that is none.
            ("refused", _) => (vec![words.number.clone()], MenuThen::Keys(MenuKeys::Number)),
            _ => (vec![words.goodbye.clone()], MenuThen::HangUp),
        }
    }

    async fn menu_person(&self, held: &Held) -> (Vec<String>, MenuThen) {
        let words = self.words(held);
        let reply = held.run("escalate_to_human", json!({"reason": words.reason, "urgency": "normal"})).await;
        if let Some(transfer) = reply.transfer {
            let caller_id = held.call.to_number.clone();
            return (Vec::new(), MenuThen::Person(Transfer { to: transfer.to, caller_id }));
        }
        match reply.content["ticket"]["number"].as_str() {
            Some(number) => (vec![words.nobody.replace("{number}", &spoken(number))], MenuThen::HangUp),
            None => (vec![words.goodbye.clone()], MenuThen::HangUp),
        }
    }

    /// Takes the call for this node while its tools run.
    async fn hold_for_keys(&self, known: &Call) -> Result<Held, AppError> {
        let (app, of, id) = (self.clone(), known.workspace(), known.id.clone());
        let (call, caller) = self
            .store
            .write(move |tx| {
                Box::pin(async move {
                    let change = Change { app: &app, tenant: tx.tenant(&of), who: Who::System, at: app.clock.now() };
                    let mut call = change.tenant.lock::<Call>(&id).await?.ok_or(AppError::NotFound("call"))?;
                    call.owner_node = Some(app.calls.instance.clone());
                    call.lease_until = Some(change.at + LEASE);
                    CallStatus::InProgress.as_str().clone_into(&mut call.status);
                    call.answered_at = call.answered_at.or(Some(change.at));
                    let call = change.save_call(call, "call.updated").await?;
                    let caller = Caller::of(&app, change.tenant, &call).await?;
                    Ok::<_, AppError>((call, caller))
                })
            })
            .await?;
        let language = caller.facts.language.clone();
        Ok(Held { tools: DeskTools::new(self.clone(), &call, caller), call, language })
    }

    /// Writes what was keyed and said, and lets the call go.
    async fn let_go(
        &self,
        held: Held,
        (keys, pressed): (MenuKeys, Option<&str>),
        say: &[String],
        then: &MenuThen,
    ) -> Result<(), AppError> {
        let now = self.clock.now();
        let ms = now - held.call.answered_at.unwrap_or(now);
        let turn = |speaker: Speaker, text: String| {
            let (started_ms, ended_ms) = (ms, ms);
            let turn = Turn {
                speaker,
                agent: None,
                text,
                started_ms,
                ended_ms,
                response_ms: None,
                interrupted: false,
                item_id: None,
            };
            (now, CallEvent::Turn(turn))
        };
        let shown = |pressed: &str| match keys {
            // The digits of a code are nothing for the transcript.
            MenuKeys::Code => format!("[{}]", "*".repeat(pressed.len().min(20))),
            MenuKeys::Wish | MenuKeys::Number => format!("[{}]", pressed.chars().take(20).collect::<String>()),
        };
        let mut events: Vec<_> = pressed.map(|pressed| turn(Speaker::System, shown(pressed))).into_iter().collect();
        events.extend(say.iter().map(|sentence| turn(Speaker::Agent, sentence.clone())));
        let person = match then {
            MenuThen::Person(transfer) => Some(transfer.to.clone()),
            _ => None,
        };
        let (app, of, id) = (self.clone(), held.call.workspace(), held.call.id);
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    let change = Change { app: &app, tenant: tx.tenant(&of), who: Who::System, at: app.clock.now() };
                    let Some(mut call) = change.tenant.lock::<Call>(&id).await? else { return Ok(()) };
                    if call.ended_at.is_some() {
                        return Ok(());
                    }
                    replay(&app, change.tenant, &mut call, events).await?;
                    if let Some(to) = person {
                        call.ending = Some(json!(Ending::Transferred { to, summary: String::new() }));
                    }
                    call.owner_node = None;
                    call.lease_until = None;
                    change.save_call(call, "call.updated").await?;
                    Ok::<_, AppError>(())
                })
            })
            .await
    }
}

/// `TKT-0042` as it is read out: digits one by one.
fn spoken(number: &str) -> String {
    let digits = number.trim_start_matches(|c: char| !c.is_ascii_digit()).trim_start_matches('0');
    digits.chars().map(String::from).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_steps() {
        assert_eq!(spoken("TKT-0042"), "4 2");
        for keys in [MenuKeys::Code, MenuKeys::Wish, MenuKeys::Number] {
            assert_eq!(MenuKeys::parse(keys.as_str()), Some(keys));
        }
        assert_eq!(MenuKeys::parse("x"), None);
    }
}
