//! What an operator sets: a TOML file, overridden by the environment, overridden by flags. Every fault is told at once.

mod phone;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::PathBuf;
use std::str::FromStr;

use patchcord_app::identity;
use patchcord_app::webhooks::Managed;
use patchcord_app::webhooks::signing::key_of;
use patchcord_server::Network;

use crate::place::Place;

pub(crate) use phone::Phone;

/// One setting: its variable, what it is when nobody sets it, and what it means. The key in the file is the same in lower
/// case.
pub(crate) struct Setting {
    pub(crate) name: &'static str,
    pub(crate) default: &'static str,
    pub(crate) about: &'static str,
    /// May also be read from the file that `NAME_FILE` names, and is never shown.
    pub(crate) secret: bool,
}

const fn setting(name: &'static str, default: &'static str, about: &'static str) -> Setting {
    Setting { name, default, about, secret: false }
}

const fn secret(name: &'static str, about: &'static str) -> Setting {
    Setting { name, default: "", about, secret: true }
}

/// Every setting there is; `docs/configuration.md` has a line for each.
pub(crate) fn all() -> impl Iterator<Item = &'static Setting> {
    SETTINGS.iter().chain(phone::SETTINGS)
}

const SETTINGS: &[Setting] = &[
    setting("PORT", "3000", "the port to listen on"),
    setting("BIND", "127.0.0.1", "the address to listen on; 0.0.0.0 for every network of the machine"),
    setting("PUBLIC_URL", "", "how browsers reach the server; http://localhost:PORT when empty"),
    setting("DATA_DIR", "data", "the folder of the database, the attachments and the generated secret"),
    secret("DATABASE_URL", "sqlite://FILE or postgres://…; patchcord.db in DATA_DIR when empty"),
    setting("STORAGE_URL", "", "where attachments lie: file:///FOLDER or s3://BUCKET/PREFIX; in DATA_DIR when empty"),
    setting("AWS_ACCESS_KEY_ID", "", "name of the key to the bucket of STORAGE_URL"),
    secret("AWS_SECRET_ACCESS_KEY", "the key to the bucket of STORAGE_URL"),
    secret("AWS_SESSION_TOKEN", "of temporary keys"),
    setting("AWS_REGION", "us-east-1", "region of the bucket"),
    setting("AWS_ENDPOINT_URL", "", "address of an S3-compatible server; Amazon's own when empty"),
    setting("SQLITE_SYNCHRONOUS", "full", "full: an acknowledged write survives a power cut; normal: faster"),
    secret("JWT_SECRET", "32 characters or more, shared by all nodes; generated in DATA_DIR when empty"),
    setting("TRUSTED_PROXIES", "", "networks (CIDR, comma-separated) whose X-Forwarded-For is believed"),
    setting("AUTH_ISSUER", "", "the identity provider whose users may come in, as its tokens name it (iss)"),
    setting("AUTH_JWKS_URL", "", "where its keys are; its discovery document says so when empty"),
    setting("AUTH_AUDIENCE", "", "aud that its tokens must have; one of these, comma-separated"),
    setting("AUTH_AUTHORIZED_PARTIES", "", "azp that its tokens must have; one of these, comma-separated"),
    setting("AUTH_CLIENT_ID", "", "with which people sign in at the identity provider"),
    secret("AUTH_CLIENT_SECRET", "goes with AUTH_CLIENT_ID; public clients have none"),
    setting("RATE_LIMIT_PER_MINUTE", "600", "requests of one token, or of one address without a token; 0: any number"),
    setting("COPILOT_PROVIDER", "auto", "auto, openai, builtin or off"),
    setting(
        "COPILOT_API_BASE_URL",
        "",
        "the copilot's routes are passed on to this server, such as http://copilot:3000",
    ),
    setting("CRM_API_BASE_URL", "", "tickets come from this desk; here is only its copilot, for exactly one workspace"),
    secret("CRM_API_TOKEN", "with which jobs read tickets of CRM_API_BASE_URL"),
    secret("OPENAI_API_KEY", "sent to the model server as a bearer token"),
    setting("OPENAI_BASE_URL", "", "any OpenAI-compatible server, such as http://localhost:11434/v1"),
    setting("OPENAI_MODEL", "gpt-4o-mini", "the model that is asked for"),
    setting("AI_DAILY_BUDGET_USD", "20", "most that the models of one workspace may cost a day"),
    setting("AI_DAILY_BUDGET_TOKENS", "0", "most tokens that the models of one workspace may use a day; 0: any number"),
    setting("REDACT_IP_ADDRESSES", "false", "true: models do not see IP addresses either"),
    setting("PROMPTS_DIR", "", "replaces the prompts that are compiled in"),
    setting("PLAYBOOKS_DIR", "", "replaces the rules and playbooks of the built-in model"),
    setting("PRICES_FILE", "", "replaces the tables of prices, of models and of telephony"),
    setting(
        "WEBHOOK_ALLOWED_CIDRS",
        "",
        "networks inside that webhooks may reach too, such as 10.1.0.0/16,192.168.1.4",
    ),
    secret("AI_WEBHOOK_URL", "a webhook for all events of all workspaces, such as https://example.com/hooks"),
    secret("AI_WEBHOOK_SECRET", "with which it is signed: whsec_ and 24 to 64 bytes in base64"),
    secret("METRICS_TOKEN", "whoever sends it as a bearer token may read /metrics; when empty, only this machine may"),
    setting("DRAIN_SECONDS", "600", "how long requests under way may take at shutdown"),
    setting("RUST_LOG", "info", "what is logged, such as debug or patchcord_app=debug"),
    setting("LOG_FORMAT", "pretty", "pretty or json"),
];

/// What answers the copilot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Provider {
    Openai,
    Builtin,
    Off,
}

/// The settings after they were read and checked.
#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) port: u16,
    pub(crate) bind: IpAddr,
    pub(crate) public_url: String,
    pub(crate) data_dir: PathBuf,
    pub(crate) database_url: String,
    pub(crate) storage: Place,
    pub(crate) sqlite_full_sync: bool,
    pub(crate) jwt_secret: Option<String>,
    pub(crate) trusted_proxies: Vec<Network>,
    pub(crate) identity: Option<identity::Options>,
    pub(crate) rate_limit_per_minute: u32,
    pub(crate) provider: Provider,
    pub(crate) copilot_api_base_url: Option<String>,
    pub(crate) crm_api_base_url: Option<String>,
    pub(crate) crm_api_token: Option<String>,
    pub(crate) openai_api_key: Option<String>,
    pub(crate) openai_base_url: Option<String>,
    pub(crate) openai_model: String,
    pub(crate) daily_budget_microusd: i64,
    pub(crate) daily_budget_tokens: i64,
    pub(crate) redact_ip_addresses: bool,
    pub(crate) prompts_dir: Option<PathBuf>,
    pub(crate) playbooks_dir: Option<PathBuf>,
    pub(crate) prices_file: Option<PathBuf>,
    pub(crate) webhook_allowed_cidrs: Vec<Network>,
    pub(crate) managed_webhook: Option<Managed>,
    pub(crate) metrics_token: Option<String>,
    pub(crate) phone: Phone,
    pub(crate) drain_seconds: u64,
    pub(crate) log_filter: String,
    pub(crate) log_json: bool,
}

/// Where values come from before they are checked.
#[derive(Default)]
pub(crate) struct Sources {
    /// The TOML file's text and its name for messages.
    pub(crate) file: Option<(String, String)>,
    pub(crate) environment: BTreeMap<String, String>,
    pub(crate) flags: Vec<(&'static str, String)>,
}

/// A setting as `doctor` shows it: secrets masked.
#[derive(Debug, Clone, serde::Serialize)]
pub(crate) struct Shown {
    pub(crate) name: &'static str,
    pub(crate) value: String,
    pub(crate) source: String,
}

/// Every setting with where it came from. Of secrets it is told whether they are set, of addresses not the password.
pub(crate) fn shown(sources: &Sources) -> Vec<Shown> {
    let Values(mut values) = Values::gather(sources, &mut Vec::new());
    let show = |setting: &Setting| {
        let (value, source) = values.remove(setting.name).unwrap_or_default();
        let value = match setting.name {
            _ if value.is_empty() => String::new(),
            "DATABASE_URL" => crate::wiring::shown(&value),
            _ if setting.secret => "(secret, set)".to_owned(),
            _ => value,
        };
        Shown { name: setting.name, value, source }
    };
    all().map(show).collect()
}

/// Values by name, with where they came from.
struct Values(BTreeMap<&'static str, (String, String)>);

impl Settings {
    /// Reads the settings.
    ///
    /// # Errors
    /// Every fault as a line that names the setting, where it was set and what is allowed.
    pub(crate) fn read(sources: &Sources) -> Result<Self, Vec<String>> {
        let mut faults = Vec::new();
        let values = Values::gather(sources, &mut faults);
        let port = values
            .parse("PORT", "a number from 1 to 65535", &mut faults, |text| text.parse().ok().filter(|port| *port > 0));
        let bind = values.parse("BIND", "an IP address such as 127.0.0.1", &mut faults, |text| text.parse().ok());
        let data_dir = PathBuf::from(values.text("DATA_DIR"));
        let database_url = match values.optional("DATABASE_URL") {
            Some(url) => url,
            None => format!("sqlite://{}", data_dir.join("patchcord.db").display()),
        };
        if !["sqlite:", "postgres://", "postgresql://"].iter().any(|scheme| database_url.starts_with(scheme)) {
            faults.push(values.wrong("DATABASE_URL", "an address that begins with sqlite:// or postgres://"));
        }
        let public_url = match values.optional("PUBLIC_URL") {
            Some(url) => url.trim_end_matches('/').to_owned(),
            None => format!("http://localhost:{}", port.unwrap_or(3000)),
        };
        if !public_url.starts_with("http://") && !public_url.starts_with("https://") {
            faults.push(values.wrong("PUBLIC_URL", "an address that begins with http:// or https://"));
        }
        let storage = Place::read(|name| values.text(name), &data_dir).map_err(|found| faults.extend(found)).ok();
        let sqlite_full_sync = values.one_of("SQLITE_SYNCHRONOUS", &[("full", true), ("normal", false)], &mut faults);
        let jwt_secret = values.optional("JWT_SECRET");
        if jwt_secret.as_ref().is_some_and(|secret| secret.len() < 32) {
            faults.push(values.wrong("JWT_SECRET", "a secret of 32 characters or more"));
        }
        let trusted_proxies = networks("TRUSTED_PROXIES", &values, &mut faults);
        let webhook_allowed_cidrs = networks("WEBHOOK_ALLOWED_CIDRS", &values, &mut faults);
        let managed_webhook = managed_webhook(&values, &mut faults);
        let identity = identity_provider(&values, &mut faults);
        let rate_limit = values.parse("RATE_LIMIT_PER_MINUTE", "a number from 0 to 1000000", &mut faults, |text| {
            text.parse::<u32>().ok().filter(|limit| *limit <= 1_000_000)
        });
        let (key, url) = (values.optional("OPENAI_API_KEY"), values.optional("OPENAI_BASE_URL"));
        let auto = if key.is_some() || url.is_some() { Provider::Openai } else { Provider::Builtin };
        let choices =
            [("auto", auto), ("openai", Provider::Openai), ("builtin", Provider::Builtin), ("off", Provider::Off)];
        let provider = values.one_of("COPILOT_PROVIDER", &choices, &mut faults);
        if provider == Some(Provider::Openai) && auto == Provider::Builtin {
            faults.push(
                "COPILOT_PROVIDER is openai: set OPENAI_API_KEY, or OPENAI_BASE_URL for a server of your own".into(),
            );
        }
        let (elsewhere, crm) = (values.optional("COPILOT_API_BASE_URL"), values.optional("CRM_API_BASE_URL"));
        for (name, url) in [("COPILOT_API_BASE_URL", &elsewhere), ("CRM_API_BASE_URL", &crm)] {
            if url.as_ref().is_some_and(|url| !url.starts_with("http://") && !url.starts_with("https://")) {
                faults.push(values.wrong(name, "an address that begins with http:// or https://"));
            }
        }
        if elsewhere.is_some() && crm.is_some() {
            faults.push(
                "COPILOT_API_BASE_URL and CRM_API_BASE_URL exclude each other: a desk has its copilot there, or is one"
                    .into(),
            );
        }
        if crm.is_none() && values.optional("CRM_API_TOKEN").is_some() {
            faults.push("CRM_API_TOKEN is set, but CRM_API_BASE_URL is not".into());
        }
        let budget = values.parse("AI_DAILY_BUDGET_USD", "a number of dollars, 0 to 1000000", &mut faults, |text| {
            text.parse::<f64>()
                .ok()
                .filter(|dollars| (0.0..=1e6).contains(dollars))
                .map(|dollars| (dollars * 1e6) as i64)
        });
        let tokens =
            values.parse("AI_DAILY_BUDGET_TOKENS", "a number of tokens, 0 to 1000000000000", &mut faults, |text| {
                text.parse::<i64>().ok().filter(|tokens| (0..=1_000_000_000_000).contains(tokens))
            });
        let bools = [("true", true), ("false", false)];
        let redact_ip_addresses = values.one_of("REDACT_IP_ADDRESSES", &bools, &mut faults);
        let drain_seconds = values.parse("DRAIN_SECONDS", "a number from 0 to 86400", &mut faults, |text| {
            text.parse().ok().filter(|seconds| *seconds <= 86_400)
        });
        let phone = Phone::read(&values, &mut faults);
        let log_json = values.one_of("LOG_FORMAT", &[("pretty", false), ("json", true)], &mut faults);
        let complete = || {
            Some(Self {
                port: port?,
                bind: bind?,
                public_url: public_url.clone(),
                data_dir: data_dir.clone(),
                database_url: database_url.clone(),
                storage: storage.clone()?,
                sqlite_full_sync: sqlite_full_sync?,
                jwt_secret: jwt_secret.clone(),
                trusted_proxies: trusted_proxies.clone()?,
                identity: identity.clone(),
                rate_limit_per_minute: rate_limit?,
                provider: provider?,
                copilot_api_base_url: elsewhere.clone(),
                crm_api_base_url: crm.clone(),
                crm_api_token: values.optional("CRM_API_TOKEN"),
                openai_api_key: key.clone(),
                openai_base_url: url.clone(),
                openai_model: values.text("OPENAI_MODEL"),
                daily_budget_microusd: budget?,
                daily_budget_tokens: tokens?,
                redact_ip_addresses: redact_ip_addresses?,
                prompts_dir: values.optional("PROMPTS_DIR").map(PathBuf::from),
                playbooks_dir: values.optional("PLAYBOOKS_DIR").map(PathBuf::from),
                prices_file: values.optional("PRICES_FILE").map(PathBuf::from),
                webhook_allowed_cidrs: webhook_allowed_cidrs.clone()?,
                managed_webhook: managed_webhook.clone(),
                metrics_token: values.optional("METRICS_TOKEN"),
                phone: phone.clone()?,
                drain_seconds: drain_seconds?,
                log_filter: values.text("RUST_LOG"),
                log_json: log_json?,
            })
        };
        match complete() {
            Some(settings) if faults.is_empty() => Ok(settings),
            _ => Err(faults),
        }
    }

    /// Whether only this machine can reach the server.
    pub(crate) fn is_loopback(&self) -> bool {
        self.bind.is_loopback()
    }
}

/// The identity provider, when one is set. Half a configuration is a fault: tokens would be taken that are not meant for
/// this desk, or none at all.
fn identity_provider(values: &Values, faults: &mut Vec<String>) -> Option<identity::Options> {
    let list = |name| -> Vec<String> {
        values.text(name).split(',').map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned).collect()
    };
    let others = ["AUTH_JWKS_URL", "AUTH_AUDIENCE", "AUTH_AUTHORIZED_PARTIES", "AUTH_CLIENT_ID", "AUTH_CLIENT_SECRET"];
    let Some(issuer) = values.optional("AUTH_ISSUER") else {
        for name in others.into_iter().filter(|name| values.optional(name).is_some()) {
            faults.push(format!("{name} is set, but AUTH_ISSUER is not: set both, or neither"));
        }
        return None;
    };
    let mut options = identity::Options::new(issuer);
    options.jwks_url = values.optional("AUTH_JWKS_URL");
    options.audiences = list("AUTH_AUDIENCE");
    options.authorized_parties = list("AUTH_AUTHORIZED_PARTIES");
    let secret = values.optional("AUTH_CLIENT_SECRET");
    options.client = values.optional("AUTH_CLIENT_ID").map(|id| identity::ClientCredentials { id, secret });
    for name in ["AUTH_ISSUER", "AUTH_JWKS_URL"] {
        if values.optional(name).is_some_and(|address| !identity::is_safe_address(&address)) {
            faults.push(values.wrong(name, "an address that begins with https://; http:// is for this machine only"));
        }
    }
    if options.audiences.is_empty() && options.authorized_parties.is_empty() {
        faults.push(
            "AUTH_ISSUER is set: set AUTH_AUDIENCE or AUTH_AUTHORIZED_PARTIES too, or tokens would be taken that the \
             provider made for others"
                .into(),
        );
    }
    if options.client.is_none() && values.optional("AUTH_CLIENT_SECRET").is_some() {
        faults.push("AUTH_CLIENT_SECRET is set, but AUTH_CLIENT_ID is not: set both, or neither".into());
    }
    Some(options)
}

fn networks(name: &'static str, values: &Values, faults: &mut Vec<String>) -> Option<Vec<Network>> {
    values.parse(name, "networks such as 10.0.0.0/8,192.168.1.4", faults, |text| {
        text.split(',').map(str::trim).filter(|t| !t.is_empty()).map(|t| Network::from_str(t).ok()).collect()
    })
}

/// The operator's webhook. An address without a secret is a fault: nobody could tell its deliveries from forged ones.
fn managed_webhook(values: &Values, faults: &mut Vec<String>) -> Option<Managed> {
    let (url, secret) = (values.optional("AI_WEBHOOK_URL"), values.optional("AI_WEBHOOK_SECRET"));
    if secret.as_deref().is_some_and(|secret| key_of(secret).is_none()) {
        // The value is not told: it is a secret.
        faults.push("AI_WEBHOOK_SECRET must be whsec_ followed by 24 to 64 bytes in base64".into());
    }
    match (url, secret) {
        (Some(url), Some(secret)) => Some(Managed { url, secret }),
        (None, None) => None,
        _ => {
            faults.push("AI_WEBHOOK_URL and AI_WEBHOOK_SECRET belong together: set both, or neither".into());
            None
        }
    }
}

impl Values {
    /// Puts the sources on top of each other; the last one that names a setting counts.
    fn gather(sources: &Sources, faults: &mut Vec<String>) -> Self {
        let mut values = BTreeMap::new();
        for setting in all() {
            values.insert(setting.name, (setting.default.to_owned(), "the default".to_owned()));
        }
        if let Some((text, file)) = &sources.file {
            read_file(text, file, &mut values, faults);
        }
        for setting in all() {
            let from_file = format!("{}_FILE", setting.name);
            if let Some(path) = sources.environment.get(&from_file).filter(|path| setting.secret && !path.is_empty()) {
                match std::fs::read_to_string(path) {
                    Ok(text) => _ = values.insert(setting.name, (text.trim_end().to_owned(), from_file.clone())),
                    Err(error) => faults.push(format!("{from_file}: {path} cannot be read: {error}")),
                }
            }
            // An empty variable means the same as none, as in most shells and container files.
            if let Some(value) = sources.environment.get(setting.name).filter(|value| !value.is_empty()) {
                values.insert(setting.name, (value.clone(), "the environment".to_owned()));
            }
        }
        for (name, value) in &sources.flags {
            values.insert(name, (value.clone(), "a flag".to_owned()));
        }
        Self(values)
    }

    fn text(&self, name: &'static str) -> String {
        self.0.get(name).map(|(value, _)| value.clone()).unwrap_or_default()
    }

    fn optional(&self, name: &'static str) -> Option<String> {
        Some(self.text(name)).filter(|text| !text.is_empty())
    }

    /// What is wrong with a setting; the values of secrets are not repeated.
    fn wrong(&self, name: &'static str, allowed: &str) -> String {
        let (value, source) = self.0.get(name).cloned().unwrap_or_default();
        let secret = all().any(|setting| setting.name == name && setting.secret);
        let shown = if secret { String::new() } else { format!(" {value:?}") };
        format!("{name} is{shown} (from {source}), but must be {allowed}")
    }

    fn parse<T>(
        &self,
        name: &'static str,
        allowed: &str,
        faults: &mut Vec<String>,
        read: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let value = read(self.text(name).trim());
        if value.is_none() {
            faults.push(self.wrong(name, allowed));
        }
        value
    }

    fn one_of<T: Copy>(&self, name: &'static str, choices: &[(&str, T)], faults: &mut Vec<String>) -> Option<T> {
        let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
        self.parse(name, &format!("one of {}", names.join(", ")), faults, |text| {
            choices.iter().find(|(name, _)| *name == text.to_lowercase()).map(|(_, value)| *value)
        })
    }
}

fn read_file(text: &str, file: &str, values: &mut BTreeMap<&'static str, (String, String)>, faults: &mut Vec<String>) {
    let table: toml::Table = match text.parse() {
        Ok(table) => table,
        Err(error) => return faults.push(format!("{file}: {error}")),
    };
    for (key, value) in table {
        let Some(setting) = all().find(|setting| setting.name.to_lowercase() == key) else {
            faults.push(format!("{file}: there is no setting {key:?}; `patchcord serve --help` lists them"));
            continue;
        };
        match plain(&value) {
            Some(text) => _ = values.insert(setting.name, (text, file.to_owned())),
            None => faults.push(format!("{file}: {key} must be a text, a number, true, false or a list of texts")),
        }
    }
}

fn plain(value: &toml::Value) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(text.clone()),
        toml::Value::Integer(number) => Some(number.to_string()),
        toml::Value::Float(number) => Some(number.to_string()),
        toml::Value::Boolean(value) => Some(value.to_string()),
        toml::Value::Array(items) => {
            let items: Option<Vec<String>> = items.iter().map(|item| item.as_str().map(str::to_owned)).collect();
            items.map(|items| items.join(","))
        }
        _ => None,
    }
}

/// The settings as `--help` lists them.
pub(crate) fn help() -> String {
    let mut text = String::from(
        "Settings come from a TOML file (--config FILE or PATCHCORD_CONFIG; keys in lower case), then from the\n\
         environment, then from flags. Secrets may also be read from the file that NAME_FILE names.\n\n",
    );
    for Setting { name, default, about, secret } in all() {
        let default = if default.is_empty() { String::new() } else { format!(" [{default}]") };
        let file = if *secret { " (secret)" } else { "" };
        text += &format!("  {name:<24} {about}{default}{file}\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(file: &str, environment: &[(&str, &str)], flags: &[(&'static str, &str)]) -> Result<Settings, Vec<String>> {
        Settings::read(&Sources {
            file: Some((file.to_owned(), "patchcord.toml".to_owned())),
            environment: environment.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
            flags: flags.iter().map(|(k, v)| (*k, (*v).to_owned())).collect(),
        })
    }

    fn faults(file: &str, environment: &[(&str, &str)]) -> String {
        read(file, environment, &[]).err().unwrap().join("\n")
    }

    #[test]
    fn later_sources_win() {
        let settings = read("", &[], &[]).unwrap();
        assert_eq!((settings.port, settings.public_url.as_str()), (3000, "http://localhost:3000"));
        assert_eq!(settings.database_url, "sqlite://data/patchcord.db");
        assert_eq!(settings.provider, Provider::Builtin);
        let settings = read("port = 4000\ntrusted_proxies = [\"10.0.0.0/8\"]", &[("PORT", "4001")], &[]).unwrap();
        assert_eq!((settings.port, settings.trusted_proxies.len()), (4001, 1));
        assert_eq!(read("", &[("PORT", "4001")], &[("PORT", "4002")]).unwrap().port, 4002);
        assert_eq!(read("", &[("PORT", "")], &[]).unwrap().port, 3000);
        assert_eq!(read("", &[("OPENAI_API_KEY", "sk-1")], &[]).unwrap().provider, Provider::Openai);
        assert_eq!(read("", &[("AI_DAILY_BUDGET_USD", "0.5")], &[]).unwrap().daily_budget_microusd, 500_000);
        assert_eq!(read("", &[], &[]).unwrap().daily_budget_tokens, 0);
        assert_eq!(read("", &[("AI_DAILY_BUDGET_TOKENS", "5000")], &[]).unwrap().daily_budget_tokens, 5_000);
    }

    #[test]
    fn every_fault_is_named_at_once() {
        let text = faults("prot = 1\nport = \"x\"", &[("BIND", "here"), ("JWT_SECRET", "short-secret")]);
        for part in
            ["no setting \"prot\"", "PORT is \"x\" (from patchcord.toml)", "BIND is \"here\"", "JWT_SECRET is (from"]
        {
            assert!(text.contains(part), "{part} is not in {text}");
        }
        assert!(!text.contains("short-secret"));
        assert!(faults("port = [1]", &[]).contains("port must be a text"));
        assert!(faults("port = ", &[]).contains("patchcord.toml"));
        assert!(faults("", &[("COPILOT_PROVIDER", "openai")]).contains("OPENAI_API_KEY"));
        assert!(faults("", &[("CRM_API_BASE_URL", "desk")]).contains("http://"));
        assert!(faults("", &[("CRM_API_TOKEN", "pck_secret")]).contains("CRM_API_BASE_URL is not"));
        let both = [("CRM_API_BASE_URL", "http://a"), ("COPILOT_API_BASE_URL", "http://b")];
        assert!(faults("", &both).contains("exclude each other"));
        assert!(faults("", &[("DATABASE_URL", "mysql://u:secret@h/d")]).contains("sqlite:// or postgres://"));
        assert!(faults("", &[("JWT_SECRET_FILE", "/nowhere/at/all")]).contains("/nowhere/at/all"));
    }

    #[test]
    fn an_issuer_needs_an_audience_or_parties() {
        let issuer = ("AUTH_ISSUER", "https://id.test");
        assert!(read("", &[], &[]).unwrap().identity.is_none());
        assert!(faults("", &[issuer]).contains("AUTH_AUDIENCE or AUTH_AUTHORIZED_PARTIES"));
        assert!(faults("", &[issuer, ("AUTH_AUDIENCE", " , ")]).contains("AUTH_AUTHORIZED_PARTIES"));
        for more in [("AUTH_AUDIENCE", "desk"), ("AUTH_AUTHORIZED_PARTIES", "https://desk.test, app")] {
            assert!(read("", &[issuer, more], &[]).is_ok(), "{more:?}");
        }
        for (name, value) in [("AUTH_JWKS_URL", "https://id.test/keys"), ("AUTH_CLIENT_ID", "desk")] {
            assert!(faults("", &[(name, value)]).contains(&format!("{name} is set, but AUTH_ISSUER is not")));
        }
        let audience = ("AUTH_AUDIENCE", "desk");
        assert!(faults("", &[("AUTH_ISSUER", "http://id.test"), audience]).contains("AUTH_ISSUER is"));
        assert!(faults("", &[issuer, audience, ("AUTH_JWKS_URL", "id.test")]).contains("AUTH_JWKS_URL is"));
        let text = faults("", &[issuer, audience, ("AUTH_CLIENT_SECRET", "hush-hush")]);
        assert!(text.contains("AUTH_CLIENT_ID is not") && !text.contains("hush-hush"), "{text}");
        let options = read("", &[issuer, ("AUTH_AUTHORIZED_PARTIES", "a, b")], &[]).unwrap().identity.unwrap();
        assert_eq!(options.authorized_parties, ["a", "b"]);
        assert_eq!(read("", &[("RATE_LIMIT_PER_MINUTE", "0")], &[]).unwrap().rate_limit_per_minute, 0);
        assert!(faults("", &[("RATE_LIMIT_PER_MINUTE", "-1")]).contains("RATE_LIMIT_PER_MINUTE is"));
    }

    #[test]
    fn secrets_may_lie_in_files() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "sk-from-a-file\n").unwrap();
        let path = file.path().to_str().unwrap();
        let settings = read("", &[("OPENAI_API_KEY_FILE", path)], &[]).unwrap();
        assert_eq!(settings.openai_api_key.as_deref(), Some("sk-from-a-file"));
    }

    #[test]
    fn each_setting_is_documented() {
        let document = include_str!("../../../docs/configuration.md");
        for setting in all() {
            assert!(
                document.contains(&format!("| `{}`", setting.name)),
                "docs/configuration.md lacks {}",
                setting.name
            );
        }
    }
}
