//! What an operator sets about the phone.

use std::path::PathBuf;

use patchcord_domain::call::Engine;
use patchcord_domain::phone;

use super::{Setting, Values, secret, setting};

/// The settings of the phone.
pub(super) const SETTINGS: &[Setting] = &[
    setting("VOICE_ENGINE", "", "realtime or relay; realtime when OPENAI_API_KEY is set, else relay"),
    setting("OPENAI_REALTIME_URL", "", "where the model that speaks answers; OpenAI's own when empty"),
    setting("OPENAI_REALTIME_MODEL", "gpt-realtime-2.1", "the model that speaks"),
    setting("OPENAI_VOICE", "marin", "its voice"),
    setting("TWILIO_ACCOUNT_SID", "", "the account whose calls are taken, AC and 32 more characters"),
    secret("TWILIO_AUTH_TOKEN", "with which the account signs; without it every request of Twilio is refused"),
    setting("TWILIO_API_BASE_URL", "", "where calls are hung up, redirected and priced; Twilio's own when empty"),
    setting("HUMAN_TRANSFER_NUMBER", "", "where callers go who ask for a person, such as +12025550111"),
    setting(
        "TRANSFER_ALLOWED_PREFIXES",
        "",
        "numbers that may be dialled begin with one of these, such as +1,+4420; the workspace's own country when empty",
    ),
    setting("MAX_CONCURRENT_CALLS", "", "calls that this process takes at once; 100 for each processor when empty"),
    setting("MAX_CALL_SECONDS", "1800", "the longest call"),
    setting("CALL_IDLE_SECONDS", "30", "how long a caller may say nothing before being asked"),
    setting("AGENTS_DIR", "", "replaces the voice agents that are compiled in"),
];

/// Calls that one processor carries without anybody suffering.
const CALLS_A_PROCESSOR: usize = 100;

/// The settings of the phone after they were read and checked.
#[derive(Clone)]
pub(crate) struct Phone {
    pub(crate) engine: Engine,
    pub(crate) realtime_url: Option<String>,
    pub(crate) realtime_model: String,
    pub(crate) voice: String,
    pub(crate) account_sid: Option<String>,
    pub(crate) auth_token: Option<String>,
    pub(crate) api_base_url: Option<String>,
    pub(crate) human_number: Option<String>,
    pub(crate) transfer_prefixes: Vec<String>,
    pub(crate) max_concurrent: usize,
    pub(crate) max_call_seconds: i64,
    pub(crate) idle_seconds: i64,
    pub(crate) agents_dir: Option<PathBuf>,
}

impl Phone {
    /// Whether a model that speaks is set up.
    pub(crate) fn has_realtime(&self, key: Option<&str>) -> bool {
        key.is_some() || self.realtime_url.is_some()
    }

    pub(super) fn read(values: &Values, faults: &mut Vec<String>) -> Option<Self> {
        let key = values.optional("OPENAI_API_KEY");
        let realtime_url = values.optional("OPENAI_REALTIME_URL");
        let has_realtime = key.is_some() || realtime_url.is_some();
        let auto = if has_realtime { Engine::Realtime } else { Engine::Relay };
        let choices = [("", auto), ("realtime", Engine::Realtime), ("relay", Engine::Relay)];
        let engine = values.one_of("VOICE_ENGINE", &choices, faults);
        if engine == Some(Engine::Realtime) && !has_realtime {
            faults.push(
                "VOICE_ENGINE is realtime: set OPENAI_API_KEY, or OPENAI_REALTIME_URL for a server of your own".into(),
            );
        }
        let socket = |url: &String| url.starts_with("ws://") || url.starts_with("wss://");
        if realtime_url.as_ref().is_some_and(|url| !socket(url)) {
            faults.push(values.wrong("OPENAI_REALTIME_URL", "an address that begins with wss:// or ws://"));
        }
        let api_base_url = values.optional("TWILIO_API_BASE_URL");
        if api_base_url.as_ref().is_some_and(|url| !url.starts_with("http://") && !url.starts_with("https://")) {
            faults.push(values.wrong("TWILIO_API_BASE_URL", "an address that begins with http:// or https://"));
        }
        let account_sid = values.optional("TWILIO_ACCOUNT_SID");
        let is_account =
            |sid: &String| sid.len() == 34 && sid.starts_with("AC") && sid.bytes().all(|b| b.is_ascii_alphanumeric());
        if account_sid.as_ref().is_some_and(|sid| !is_account(sid)) {
            faults.push(values.wrong("TWILIO_ACCOUNT_SID", "AC and 32 letters or digits"));
        }
        let human_number = values.optional("HUMAN_TRANSFER_NUMBER").map(|text| match phone::read(&text, None) {
            Ok(number) => number,
            Err(_) => {
                faults.push(
                    values.wrong("HUMAN_TRANSFER_NUMBER", "a number with its country code, such as +12025550111"),
                );
                text
            }
        });
        let prefixes =
            values.parse("TRANSFER_ALLOWED_PREFIXES", "beginnings of numbers such as +1,+4420", faults, |text| {
                let is_prefix = |prefix: &str| {
                    prefix
                        .strip_prefix('+')
                        .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit()))
                };
                let all = text.split(',').map(str::trim).filter(|prefix| !prefix.is_empty());
                all.map(|prefix| is_prefix(prefix).then(|| prefix.to_owned())).collect::<Option<Vec<_>>>()
            });
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let max_concurrent =
            values.parse("MAX_CONCURRENT_CALLS", "a number from 0 to 100000", faults, |text| match text {
                "" => Some(processors * CALLS_A_PROCESSOR),
                text => text.parse().ok().filter(|calls| *calls <= 100_000),
            });
        let max_call_seconds = values.parse("MAX_CALL_SECONDS", "a number from 60 to 14400", faults, |text| {
            text.parse().ok().filter(|seconds| (60..=14_400).contains(seconds))
        });
        let idle_seconds = values.parse("CALL_IDLE_SECONDS", "a number from 5 to 600", faults, |text| {
            text.parse().ok().filter(|seconds| (5..=600).contains(seconds))
        });
        Some(Self {
            engine: engine?,
            realtime_url,
            realtime_model: values.text("OPENAI_REALTIME_MODEL"),
            voice: values.text("OPENAI_VOICE"),
            account_sid,
            auth_token: values.optional("TWILIO_AUTH_TOKEN"),
            api_base_url,
            human_number,
            transfer_prefixes: prefixes?,
            max_concurrent: max_concurrent?,
            max_call_seconds: max_call_seconds?,
            idle_seconds: idle_seconds?,
            agents_dir: values.optional("AGENTS_DIR").map(PathBuf::from),
        })
    }
}

#[cfg(test)]
mod tests {
    use patchcord_domain::call::Engine;

    use super::super::{Settings, Sources};

    fn read(environment: &[(&str, &str)]) -> Result<Settings, Vec<String>> {
        Settings::read(&Sources {
            file: None,
            environment: environment.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
            flags: Vec::new(),
        })
    }

    #[test]
    fn the_engine_follows_the_key() {
        assert_eq!(read(&[]).unwrap().phone.engine, Engine::Relay);
        assert_eq!(read(&[("OPENAI_API_KEY", "sk-1")]).unwrap().phone.engine, Engine::Realtime);
        assert_eq!(read(&[("OPENAI_API_KEY", "sk-1"), ("VOICE_ENGINE", "relay")]).unwrap().phone.engine, Engine::Relay);
        assert_eq!(read(&[("OPENAI_REALTIME_URL", "ws://127.0.0.1:1")]).unwrap().phone.engine, Engine::Realtime);
    }

    #[test]
    fn every_fault_of_the_phone_is_named() {
        let faults = read(&[
            ("VOICE_ENGINE", "realtime"),
            ("TWILIO_ACCOUNT_SID", "AC1"),
            ("HUMAN_TRANSFER_NUMBER", "reception"),
            ("TRANSFER_ALLOWED_PREFIXES", "1,+44"),
            ("MAX_CALL_SECONDS", "5"),
            ("CALL_IDLE_SECONDS", "x"),
            ("TWILIO_API_BASE_URL", "api"),
        ]);
        let text = faults.err().unwrap().join("\n");
        for name in [
            "VOICE_ENGINE",
            "TWILIO_ACCOUNT_SID",
            "HUMAN_TRANSFER_NUMBER",
            "TRANSFER_ALLOWED_PREFIXES",
            "MAX_CALL_SECONDS",
            "CALL_IDLE_SECONDS",
            "TWILIO_API_BASE_URL",
        ] {
            assert!(text.contains(name), "{name} is not in {text}");
        }
        let settings = read(&[("TRANSFER_ALLOWED_PREFIXES", "+1, +44")]).unwrap();
        assert_eq!(settings.phone.transfer_prefixes, ["+1", "+44"]);
        assert!(settings.phone.max_concurrent >= 100);
    }
}
