//! The tools of the voice agents, on the desk's own data: of the call's workspace alone, by how far the caller is believed,
//! once per call, and told in words short enough to be spoken.

mod arguments;
mod devices;
mod filing;
mod identity;
mod knowledge;
mod people;
mod tickets;

use std::sync::{LazyLock, Mutex};

use async_trait::async_trait;
use patchcord_agents::{DESK, DESK_TOOLS, Facts, ToolReply, Tools, Transfer};
use patchcord_domain::call::Verification;
use patchcord_domain::id::WorkspaceId;
use patchcord_domain::ticket_input::Faults;
use patchcord_llm::talk::{ToolCall, ToolSpec};
use patchcord_store::directory;
use patchcord_store::rows::Call;
use serde_json::{Map, Value, json};

use self::arguments::{Arguments, fields};
use crate::calls::Caller;
use crate::trail::{Change, Who};
use crate::{App, AppError};

pub(crate) use filing::{NewCallTicket, file_ticket};
pub(crate) use tickets::tickets_of;

/// Longest text of an argument that is kept with the interaction, in characters.
const KEPT_MAX: usize = 300;

/// What went wrong with a tool, in words for the model.
#[derive(Debug)]
pub(crate) struct Refused {
    outcome: &'static str,
    content: Value,
    to_person: Option<String>,
}

impl Refused {
    /// The caller may not have it, or the arguments are wrong.
    fn new(message: impl Into<String>) -> Self {
        Self { outcome: "refused", content: json!({"error": message.into()}), to_person: None }
    }
}

impl From<AppError> for Refused {
    fn from(error: AppError) -> Self {
        match error {
            AppError::Invalid(faults) => {
                let told: Vec<String> = faults.iter().map(ToString::to_string).collect();
                Refused::new(format!("Wrong arguments: {}.", told.join("; ")))
            }
            AppError::NotFound(what) => Refused::new(format!("There is no such {what}.")),
            AppError::Conflict(_, detail) => Refused::new(format!("This does not work now: {detail}.")),
            error => {
                tracing::warn!(%error, "a tool of a call failed");
                let message = "The desk cannot do this right now. Say so, and offer to go on without it.";
                Self { outcome: "failed", content: json!({"error": message}), to_person: None }
            }
        }
    }
}

impl From<patchcord_store::StoreError> for Refused {
    fn from(error: patchcord_store::StoreError) -> Self {
        AppError::from(error).into()
    }
}

/// What a tool gives.
#[derive(Debug, Default)]
struct Given {
    content: Value,
    /// Whether something about the caller is known now that was not before.
    knows_more: bool,
    transfer: Option<Transfer>,
}

impl Given {
    fn of(content: Value) -> Result<Self, Refused> {
        Ok(Self { content, ..Self::default() })
    }
}

/// A tool: what models are told of it, and how far a caller must be believed.
struct Tool {
    name: &'static str,
    about: &'static str,
    schema: fn() -> Value,
    needs: Verification,
}

macro_rules! tools {
    ($($name:literal ($arguments:ty) needs $needs:ident = $about:literal => $run:path),+ $(,)?) => {
        const TOOLS: &[Tool] = &[$(Tool {
            name: $name,
            about: $about,
            schema: <$arguments as Arguments>::schema,
            needs: Verification::$needs,
        }),+];

        async fn dispatch(run: &mut Run<'_>, name: &str, fields: &Map<String, Value>) -> Result<Given, Refused> {
            let mut faults = Faults::default();
            match name {
                $($name => {
                    let arguments = <$arguments as Arguments>::read(fields, &mut faults);
                    faults.into_result(()).map_err(AppError::Invalid)?;
                    $run(run, arguments).await
                })+
                _ => Err(Refused::new("There is no such tool.")),
            }
        }
    };
}

tools! {
    "identify_organization" (identity::Code) needs None =
        "Identifies the caller's organization by its U-E code of 4 to 8 digits, spoken or keyed in. Call it once for each code that the caller gives." => identity::identify_organization,
    "find_organization" (identity::Name) needs None =
        "Looks for the caller's organization by its name, when the caller does not have the U-E code. This is only a claim: nothing private may be told afterwards." => identity::find_organization,
    "identify_contact" (identity::Person) needs Claimed =
        "Looks for the caller among the people of the organization, by the name, the phone number or the e-mail address that the caller gave." => identity::identify_contact,
    "confirm_identity" (identity::Confirmed) needs Claimed =
        "Notes that the caller says to be this contact, after the caller has confirmed it." => identity::confirm_identity,
    "list_devices" (devices::List) needs Verified =
        "Lists the devices of the caller, or of another contact of the same organization." => devices::list_devices,
    "get_device" (devices::Get) needs Verified =
        "Tells what is known of a device by its name, serial number or asset tag." => devices::get_device,
    "find_tickets" (tickets::Find) needs Verified =
        "Finds tickets of the caller's organization, newest first, by status or by words." => tickets::find_tickets,
    "get_ticket" (tickets::Get) needs Claimed =
        "Tells how a ticket stands, by its number." => tickets::get_ticket,
    "create_ticket" (tickets::Create) needs Claimed =
        "Opens a ticket for the caller. Asking twice for the same subject in one call makes one ticket." => tickets::create_ticket,
    "add_ticket_note" (tickets::Note) needs Claimed =
        "Adds to a ticket what the caller said about it." => tickets::add_ticket_note,
    "update_ticket_status" (tickets::SetStatus) needs Claimed =
        "Changes the status of a ticket, for example to RESOLVED when the caller confirms that it works." => tickets::update_ticket_status,
    "search_knowledge" (knowledge::Question) needs None =
        "Looks up how to solve a problem in the desk's knowledge base." => knowledge::search_knowledge,
    "escalate_to_human" (people::Escalate) needs None =
        "Hands the call to a person: writes ticket and escalation first, then puts the caller through when somebody is there." => people::escalate_to_human,
    "schedule_callback" (people::CallBack) needs None =
        "Notes that somebody shall call back, when and at which number." => people::schedule_callback,
}

static SPECS: LazyLock<Vec<ToolSpec>> = LazyLock::new(|| {
    let spec = |tool: &Tool| ToolSpec {
        name: tool.name.to_owned(),
        description: tool.about.to_owned(),
        parameters: (tool.schema)(),
    };
    TOOLS.iter().map(spec).collect()
});

/// Every tool as models are told of it, for checking agent files.
pub fn specs() -> &'static [ToolSpec] {
    &SPECS
}

/// The tools of one call.
pub(crate) struct DeskTools {
    app: App,
    workspace_id: WorkspaceId,
    call_id: String,
    epoch: i64,
    /// One tool runs at a time: what one finds out holds for the next.
    caller: tokio::sync::Mutex<Caller>,
    facts: Mutex<Facts>,
}

impl DeskTools {
    pub(crate) fn new(app: App, call: &Call, caller: Caller) -> Self {
        Self {
            app,
            workspace_id: call.workspace(),
            call_id: call.id.clone(),
            epoch: call.resume_count,
            facts: Mutex::new(caller.facts.clone()),
            caller: tokio::sync::Mutex::new(caller),
        }
    }
}

#[async_trait]
impl Tools for DeskTools {
    fn specs(&self) -> &[ToolSpec] {
        specs()
    }

    async fn run(&self, agent: &str, call: &ToolCall) -> ToolReply {
        let read = fields(&call.arguments);
        let kept = read.as_ref().map_or(Value::Null, |fields| self.kept(fields));
        let mut caller = self.caller.lock().await;
        let done = match read {
            Err(message) => Err(Refused::new(message)),
            Ok(_) if agent == DESK && !DESK_TOOLS.contains(&call.name.as_str()) => {
                Err(Refused::new("This tool is not for the desk itself."))
            }
            Ok(_) if agent != DESK && !self.may_call(agent, &call.name) => {
                Err(Refused::new("This agent does not have this tool. Hand over to one that has it."))
            }
            Ok(fields) => match may_run(&call.name, &caller) {
                Err(refused) => Err(refused),
                Ok(()) => {
                    let mut run = Run { tools: self, agent, caller: &mut caller };
                    dispatch(&mut run, &call.name, &fields).await
                }
            },
        };
        match done {
            Ok(given) => {
                let facts = given.knows_more.then(|| caller.facts.clone());
                if let Some(facts) = &facts {
                    self.facts.lock().expect("nothing panics while it is held").clone_from(facts);
                }
                ToolReply {
                    outcome: "ok",
                    content: given.content,
                    arguments: kept,
                    facts,
                    to_person: None,
                    transfer: given.transfer,
                }
            }
            Err(refused) => ToolReply {
                outcome: refused.outcome,
                content: refused.content,
                arguments: kept,
                to_person: refused.to_person,
                ..ToolReply::default()
            },
        }
    }

    fn facts(&self) -> Facts {
        self.facts.lock().expect("nothing panics while it is held").clone()
    }
}

impl DeskTools {
    /// Whether an agent's file names a tool. What is no tool at all is told otherwise.
    fn may_call(&self, agent: &str, name: &str) -> bool {
        !TOOLS.iter().any(|tool| tool.name == name) || self.app.calls.agents.may_call(agent, name)
    }

    /// The arguments as they may be kept: without secrets, and codes not at all.
    fn kept(&self, fields: &Map<String, Value>) -> Value {
        let keep = |(name, value): (&String, &Value)| {
            let value = match value {
                _ if name == "ue_code" => json!("[CODE]"),
                Value::String(text) => {
                    let clean = self.app.redactor.text(patchcord_domain::text::head(text, KEPT_MAX)).into_inner();
                    json!(clean)
                }
                Value::Number(_) | Value::Bool(_) | Value::Null => value.clone(),
                _ => json!("[…]"),
            };
            (name.chars().take(60).collect(), value)
        };
        Value::Object(fields.iter().take(20).map(keep).collect())
    }
}

/// Whether the caller is believed far enough.
fn may_run(name: &str, caller: &Caller) -> Result<(), Refused> {
    let Some(tool) = TOOLS.iter().find(|tool| tool.name == name) else {
        return Err(Refused::new("There is no such tool."));
    };
    match (tool.needs, caller.verification()) {
        (needs, has) if has >= needs => Ok(()),
        (Verification::Verified, Verification::Claimed) => Err(Refused::new(
            "The caller is not verified: nothing about the organization may be told. That needs the U-E code, and a call from \
             a number that the organization is known by. Offer to file a ticket or to be called back.",
        )),
        _ => Err(Refused::new(
            "It is not known for which organization the caller calls. Ask for the U-E code, or else for the company's name.",
        )),
    }
}

/// One run of a tool.
struct Run<'r> {
    tools: &'r DeskTools,
    agent: &'r str,
    caller: &'r mut Caller,
}

impl Run<'_> {
    fn app(&self) -> &App {
        &self.tools.app
    }

    fn tenant(&self) -> patchcord_store::Tenant<'_, patchcord_store::Reader> {
        self.tools.app.store.tenant(&self.tools.workspace_id)
    }

    /// The organization that the caller at least claims.
    fn organization(&self) -> Result<String, Refused> {
        let organization = self.caller.organization().map(str::to_owned);
        organization.ok_or_else(|| Refused::new("It is not known for which organization the caller calls."))
    }

    /// Runs a change with the call locked, as long as this conversation still has the call.
    async fn change<T, F>(&self, work: F) -> Result<T, AppError>
    where
        T: Send + 'static,
        F: for<'t> FnOnce(Change<'t>, Call) -> futures::future::BoxFuture<'t, Result<T, AppError>> + Send + 'static,
    {
        let (app, of, id) = (self.tools.app.clone(), self.tools.workspace_id.clone(), self.tools.call_id.clone());
        let (epoch, agent) = (self.tools.epoch, self.agent.to_owned());
        self.tools
            .app
            .store
            .write(move |tx| {
                Box::pin(async move {
                    let tenant = tx.tenant(&of);
                    let call = tenant.lock::<Call>(&id).await?.ok_or(AppError::NotFound("call"))?;
                    let is_ours = call.owner_node.as_deref() == Some(app.calls.instance.as_str());
                    if !is_ours || call.resume_count != epoch {
                        return Err(AppError::Conflict("call_lost", "another node has this call by now".into()));
                    }
                    let who = who_is(tenant, &agent).await?;
                    // The borrow of `app` lasts as long as the transaction.
                    let change = Change { app: &app, tenant, who, at: app.clock.now() };
                    work(change, call).await
                })
            })
            .await
    }
}

/// The support agent that stands for a voice agent in the trail, by its specialty; else its name.
async fn who_is(tenant: patchcord_store::Tenant<'_, patchcord_store::Tx>, agent: &str) -> Result<Who, AppError> {
    let all = directory::all_support_agents(tenant).await?;
    let own = all.into_iter().find(|one| one.kind == "BOT" && one.specialty.as_deref() == Some(agent));
    Ok(match own {
        Some(own) => Who::Bot(own.id),
        None if agent == DESK => Who::System,
        None => Who::Bot(agent.to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tool_of_the_contract_is_there() {
        let names: Vec<&str> = specs().iter().map(|spec| spec.name.as_str()).collect();
        assert_eq!(
            names,
            [
                "identify_organization",
                "find_organization",
                "identify_contact",
                "confirm_identity",
                "list_devices",
                "get_device",
                "find_tickets",
                "get_ticket",
                "create_ticket",
                "add_ticket_note",
                "update_ticket_status",
                "search_knowledge",
                "escalate_to_human",
                "schedule_callback",
            ]
        );
        for spec in specs() {
            assert_eq!(spec.parameters["type"], "object", "{}", spec.name);
            assert_eq!(spec.parameters["additionalProperties"], false, "{}", spec.name);
        }
    }
}
