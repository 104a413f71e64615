//! Builds the program from its settings.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use patchcord_agents::builtin::Rules;
use patchcord_agents::{Agents, Carrier};
use patchcord_app::api_tokens::TokenUse;
use patchcord_app::calls::{self, Calls, Rates};
use patchcord_app::crm::Crm;
use patchcord_app::elsewhere::Elsewhere;
use patchcord_app::identity::Identity;
use patchcord_app::keys::Keys;
use patchcord_app::live::Live;
use patchcord_app::meters::Meters;
use patchcord_app::outgoing::{self, Outgoing, SystemResolver};
use patchcord_app::passwords::{Cost, Passwords};
use patchcord_app::webhooks::Webhooks;
use patchcord_app::{App, Inner, Machine};
use patchcord_domain::id::Entropy;
use patchcord_domain::redaction::{self, Redactor};
use patchcord_domain::time::{Clock, SECOND};
use patchcord_llm::builtin::{Builtin, Playbooks};
use patchcord_llm::openai::{self, OpenAi};
use patchcord_llm::talk::Talker;
use patchcord_llm::{Model, Prices, Prompts};
use patchcord_server::Phone;
use patchcord_store::{Options, Store};
use patchcord_voice::realtime_engine::{self, RealtimeOptions};
use patchcord_voice::relay_engine::RelayOptions;
use patchcord_voice::twilio::rest::{self, Rest};
use tokio_util::task::TaskTracker;

use crate::machine::{self, SystemClock, SystemEntropy};
use crate::settings::{Provider, Settings};

/// The account of `patchcord call`, and where it serves the carrier's interface.
const SIMULATED_ACCOUNT: &str = "AC00000000000000000000000000000000";
const SIMULATED_API: &str = "http://127.0.0.1:3999/2010-04-01";
/// Where OpenAI answers.
const OPENAI: &str = "https://api.openai.com/v1";

/// How the store is reached.
pub(crate) fn store_options(settings: &Settings) -> Options {
    let mut options = Options::new(settings.database_url.as_str());
    options.sqlite_full_sync = settings.sqlite_full_sync;
    options.stop_at_point = stop_at_point();
    options
}

/// Tests of crashes tell a debug build after which statement it shall end.
#[expect(clippy::disallowed_methods, reason = "for tests, and in debug builds only")]
fn stop_at_point() -> Option<u64> {
    if cfg!(debug_assertions) { std::env::var("PATCHCORD_TEST_STOP_AT_POINT").ok()?.parse().ok() } else { None }
}

/// Tests of take-over do not wait as long as a lease takes otherwise; in debug builds only.
#[expect(clippy::disallowed_methods, reason = "for tests, and in debug builds only")]
fn lease_ms() -> Option<i64> {
    if cfg!(debug_assertions) { std::env::var("PATCHCORD_TEST_LEASE_MS").ok()?.parse().ok() } else { None }
}

/// Opens the database.
pub(crate) async fn store(settings: &Settings) -> Result<Store> {
    machine::make_folder(&settings.data_dir)?;
    let options = store_options(settings);
    if let Some(folder) = options.sqlite_file().as_deref().and_then(Path::parent)
        && !folder.as_os_str().is_empty()
    {
        machine::make_folder(folder)?;
    }
    Store::connect(options).await.with_context(|| format!("opening the database {}", shown(&settings.database_url)))
}

/// Brings the schema up to date; says what was applied.
pub(crate) async fn migrate(settings: &Settings, store: &Store) -> Result<Vec<&'static str>> {
    let shown = shown(&settings.database_url);
    store.migrate().await.with_context(|| {
        format!("bringing the database {shown} up to date (is it running, and is DATABASE_URL right?)")
    })
}

/// The whole program on an open database.
pub(crate) fn app(settings: &Settings, store: Store, demo: bool) -> Result<App> {
    let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let crm = settings.crm_api_base_url.as_deref();
    let crm = crm.map(|url| Crm::new(url, settings.crm_api_token.clone())).transpose().map_err(anyhow::Error::msg)?;
    Ok(App::new(Inner {
        store,
        keys: keys(settings)?,
        passwords: Passwords::new(Cost::default(), &*entropy)?,
        storage: settings.storage.open()?,
        model: model(settings, clock.clone())?,
        redactor: Redactor::new(redaction::Options { ip_addresses: settings.redact_ip_addresses }),
        prices: prices(settings)?,
        crm,
        live: Live::default(),
        token_use: TokenUse::default(),
        identity: settings.identity.clone().map(|options| Identity::new(options, clock.clone())).transpose()?,
        outgoing: outgoing(settings)?,
        webhooks: Webhooks::default(),
        background: TaskTracker::new(),
        meters: Meters::default(),
        calls: calls(settings, demo, &*entropy)?,
        machine: Machine { node: machine::node(), gauges: Arc::new(machine::ProcessGauges) },
        options: patchcord_app::Options {
            public_url: settings.public_url.clone(),
            daily_budget_microusd: settings.daily_budget_microusd,
            daily_budget_tokens: settings.daily_budget_tokens,
            demo,
            managed_webhook: settings.managed_webhook.clone(),
            lease_ms: lease_ms().unwrap_or(patchcord_app::Options::default().lease_ms),
            ..patchcord_app::Options::default()
        },
        clock,
        entropy,
    }))
}

/// What calls need: rates, the carrier's account, and what an operator set.
fn calls(settings: &Settings, demo: bool, entropy: &dyn Entropy) -> Result<Calls> {
    let phone = &settings.phone;
    let options = calls::Options {
        engine: phone.engine,
        has_realtime: phone.has_realtime(settings.openai_api_key.as_deref()),
        has_model: settings.provider != Provider::Off || phone.has_realtime(settings.openai_api_key.as_deref()),
        human_number: phone.human_number.clone(),
        transfer_prefixes: phone.transfer_prefixes.clone(),
        max_concurrent: phone.max_concurrent,
        max_call_ms: phone.max_call_seconds * SECOND,
        idle_ms: phone.idle_seconds * SECOND,
        simulator_account: demo.then(|| SIMULATED_ACCOUNT.to_owned()),
    };
    let carrier = carrier(settings, demo)?.map(|rest| Arc::new(rest) as Arc<dyn Carrier>);
    let rules = Arc::new(Builtin::new(playbooks(settings)?));
    Ok(Calls::new(options, (rates(settings)?, Arc::new(agents(settings)?), rules), carrier, entropy))
}

/// The carrier's interface beside the streams; none without an account and its token.
pub(crate) fn carrier(settings: &Settings, demo: bool) -> Result<Option<Rest>> {
    let (Some(sid), Some(secret)) = (account(settings, demo), auth_token(settings, demo)?) else { return Ok(None) };
    let own = if demo { SIMULATED_API } else { rest::BASE_URL };
    let url = settings.phone.api_base_url.as_deref().unwrap_or(own);
    Ok(Some(Rest::new(url, rest::Account { user: sid.clone(), sid, secret })?))
}

/// The voice agents, checked; a fault names file and line.
fn agents(settings: &Settings) -> Result<Agents> {
    let Some(folder) = &settings.phone.agents_dir else { return Ok(Agents::embedded()) };
    Agents::from_dir(folder).context("loading AGENTS_DIR")
}

/// The account whose requests are taken; in the demonstration also the one of `patchcord call`.
fn account(settings: &Settings, demo: bool) -> Option<String> {
    settings.phone.account_sid.clone().or_else(|| demo.then(|| SIMULATED_ACCOUNT.to_owned()))
}

fn auth_token(settings: &Settings, demo: bool) -> Result<Option<String>> {
    match &settings.phone.auth_token {
        Some(token) => Ok(Some(token.clone())),
        None if demo => machine::demo_token(&settings.data_dir).map(Some),
        None => Ok(None),
    }
}

/// Whose webhooks are taken; nobody's without a token.
pub(crate) fn twilio(settings: &Settings, demo: bool) -> Result<Option<patchcord_server::TwilioAccount>> {
    let sid = account(settings, demo);
    Ok(auth_token(settings, demo)?.map(|auth_token| patchcord_server::TwilioAccount { auth_token, sid }))
}

/// What holds conversations: the agents, the model that thinks, and the one that speaks when it is set up.
pub(crate) fn phone(settings: &Settings, app: &App) -> Result<Phone> {
    let rules: Arc<dyn Talker> = Arc::new(Rules::new(playbooks(settings)?));
    let phone = &settings.phone;
    let realtime = app.calls.options.has_realtime.then(|| {
        let url = phone.realtime_url.as_deref().unwrap_or(realtime_engine::URL);
        let mut options = RealtimeOptions::new(url, phone.realtime_model.as_str(), phone.voice.as_str());
        options.api_key.clone_from(&settings.openai_api_key);
        options
    });
    let relay = match settings.provider {
        Provider::Openai => {
            let model = talker(settings)?;
            RelayOptions { talker: Arc::new(model), fallback: Some(rules) }
        }
        Provider::Builtin | Provider::Off => RelayOptions { talker: rules, fallback: None },
    };
    Ok(Phone { agents: app.calls.agents.clone(), relay, realtime })
}

/// Reaches addresses that people type in, and of the networks inside only those that the operator allows.
fn outgoing(settings: &Settings) -> Result<Outgoing> {
    let options = outgoing::Options { allowed: settings.webhook_allowed_cidrs.clone(), ..outgoing::Options::default() };
    let outgoing = Outgoing::new(options, Arc::new(SystemResolver));
    if let Some(managed) = &settings.managed_webhook {
        outgoing.check(&managed.url).map_err(|fault| anyhow::anyhow!("AI_WEBHOOK_URL {fault}"))?;
    }
    Ok(outgoing)
}

/// What models cost.
pub(crate) fn prices(settings: &Settings) -> Result<Prices> {
    let Some(file) = &settings.prices_file else { return Ok(Prices::embedded()) };
    let text = std::fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?;
    Prices::parse(&text).with_context(|| format!("reading {}", file.display()))
}

/// What telephony costs; a file of prices without a rate leaves it at the carrier's published ones.
fn rates(settings: &Settings) -> Result<Rates> {
    let Some(file) = &settings.prices_file else { return Ok(Rates::embedded()) };
    let text = std::fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?;
    Rates::of_prices(&text).map_err(|error| anyhow::anyhow!("reading {}: {error}", file.display()))
}

/// The server that answers the copilot's routes, when it is another one.
pub(crate) fn copilot_elsewhere(settings: &Settings) -> Result<Option<Elsewhere>> {
    settings.copilot_api_base_url.as_deref().map(Elsewhere::new).transpose().map_err(anyhow::Error::msg)
}

/// What the built-in model knows.
pub(crate) fn playbooks(settings: &Settings) -> Result<Playbooks> {
    Ok(match &settings.playbooks_dir {
        Some(folder) => Playbooks::load(folder).context("loading PLAYBOOKS_DIR")?,
        None => Playbooks::embedded(),
    })
}

/// The keys of this installation; the secret is made when there is none yet.
pub(crate) fn keys(settings: &Settings) -> Result<Keys> {
    Ok(match &settings.jwt_secret {
        Some(secret) => Keys::derive(secret.as_bytes()),
        None => Keys::derive(&machine::secret(&settings.data_dir)?),
    })
}

/// The model that was configured; none when the copilot is off.
pub(crate) fn model(settings: &Settings, clock: Arc<dyn Clock>) -> Result<Option<Arc<dyn Model>>> {
    Ok(match settings.provider {
        Provider::Off => None,
        Provider::Builtin => Some(Arc::new(Builtin::new(playbooks(settings)?))),
        Provider::Openai => Some(Arc::new(openai(settings, clock, None)?)),
    })
}

/// The chat model of the server that was configured.
/// The model that thinks in calls: with places and a circuit breaker of its own, so that no work of the copilot holds up a
/// call, and no call that work.
pub(crate) fn talker(settings: &Settings) -> Result<OpenAi> {
    openai(settings, Arc::new(SystemClock), Some(settings.phone.max_concurrent))
}

fn openai(settings: &Settings, clock: Arc<dyn Clock>, places: Option<usize>) -> Result<OpenAi> {
    let prompts = match &settings.prompts_dir {
        Some(folder) => Prompts::load(folder).context("loading PROMPTS_DIR")?,
        None => Prompts::embedded(),
    };
    let url = settings.openai_base_url.as_deref().unwrap_or(OPENAI);
    let mut options = openai::Options::new(url, settings.openai_model.as_str());
    options.api_key.clone_from(&settings.openai_api_key);
    options.max_concurrent = places.unwrap_or(options.max_concurrent);
    Ok(OpenAi::new(options, clock, prompts)?)
}

/// A database address without its password.
pub(crate) fn shown(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    match rest.rsplit_once('@') {
        Some((account, place)) => {
            let name = account.split(':').next().unwrap_or_default();
            format!("{scheme}://{name}@{place}")
        }
        None => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn calls_do_not_wait_for_the_copilot() {
        use patchcord_domain::copilot::{Kind, Task};
        use patchcord_domain::redaction::{Options, Redactor};
        use patchcord_llm::talk::{Talk, Words};
        use patchcord_simulator::openai::{KEY, ScriptedModel, Step};
        struct Nobody;
        impl Words for Nobody {
            fn word(&mut self, _: &str) {}
        }
        let server = ScriptedModel::start([]).await;
        server.respond(|request| if request.json()["stream"] == true { Step::text("Hello.") } else { Step::Hang });
        let environment = [("OPENAI_BASE_URL", server.base_url()), ("OPENAI_API_KEY", KEY.to_owned())];
        let environment = environment.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let sources = crate::settings::Sources { file: None, environment, flags: Vec::new() };
        let settings = Settings::read(&sources).unwrap();
        let copilot = openai(&settings, Arc::new(SystemClock), None).unwrap();
        let redactor = Redactor::new(Options::default());
        let task = Task {
            kind: Kind::Analysis,
            tone: None,
            question: None,
            history: Vec::new(),
            snapshot: patchcord_domain::snapshot::Snapshot::default(),
        };
        // More work of the copilot than it has places, none of which is ever answered.
        let tasks = TaskTracker::new();
        for _ in 0..20 {
            let (copilot, task) = (copilot.clone(), redactor.task(task.clone()));
            tasks.spawn(async move { copilot.complete(&task, None).await });
        }
        let talk =
            Talk { agent: "triage_agent".into(), instructions: "x".into(), tools: Vec::new(), history: Vec::new() };
        let (talker, talk) = (talker(&settings).unwrap(), redactor.spoken(talk));
        let mut nobody = Nobody;
        let said = tokio::time::timeout(std::time::Duration::from_secs(5), talker.talk(&talk, &mut nobody)).await;
        assert_eq!(said.expect("it does not wait").unwrap().text, "Hello.");
    }

    #[test]
    fn passwords_are_not_shown() {
        for (url, expect) in [
            ("postgres://desk:s3cret@db:5432/desk", "postgres://desk@db:5432/desk"),
            ("postgres://desk:p@ss@db/desk", "postgres://desk@db/desk"),
            ("sqlite://data/patchcord.db", "sqlite://data/patchcord.db"),
        ] {
            assert_eq!(shown(url), expect);
        }
    }
}
