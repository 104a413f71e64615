//! What `doctor` looks at of the phone: the carrier's account, and whom its numbers ask when they ring.

use std::time::Duration;

use patchcord_voice::twilio::rest::Rest;

use super::Check;
use crate::settings::Settings;
use crate::wiring;

/// How long the carrier may take.
const PATIENCE: Duration = Duration::from_secs(15);
/// Numbers that are named.
const NAMED_MAX: usize = 5;

/// The carrier's account and its numbers.
pub(super) async fn checks(settings: &Settings) -> Vec<Check> {
    let phone = &settings.phone;
    match (&phone.account_sid, &phone.auth_token) {
        (None, None) => {
            return vec![Check::good("phone", "no account of a carrier; `patchcord call` needs none")];
        }
        (Some(_), None) => {
            let detail = "TWILIO_ACCOUNT_SID is set, TWILIO_AUTH_TOKEN is not: every call is refused";
            return vec![Check::bad("phone", detail, "set TWILIO_AUTH_TOKEN to the account's token")];
        }
        (None, Some(_)) => {
            let detail = "TWILIO_AUTH_TOKEN is set, TWILIO_ACCOUNT_SID is not: calls are taken, but none can be redirected or \
                          priced";
            return vec![Check::bad("phone", detail, "set TWILIO_ACCOUNT_SID to the account's id")];
        }
        (Some(_), Some(_)) => {}
    }
    let rest = match wiring::carrier(settings, false) {
        Ok(Some(rest)) => rest,
        Ok(None) => return Vec::new(),
        Err(error) => return vec![Check::bad("phone", format!("{error:#}"), "check TWILIO_API_BASE_URL")],
    };
    let looked = tokio::time::timeout(PATIENCE, async {
        let account = account(&rest).await;
        let goes_on = account.ok;
        let mut checks = vec![account];
        if goes_on {
            checks.push(numbers(&rest, &settings.public_url).await);
        }
        checks
    });
    looked.await.unwrap_or_else(|_| {
        vec![Check::bad("phone", "the carrier does not answer", "check TWILIO_API_BASE_URL and the network in between")]
    })
}

async fn account(rest: &Rest) -> Check {
    match rest.account().await {
        Ok(account) => match account.status.as_deref() {
            None | Some("active") => Check::good("phone", "the carrier knows the account and takes its token"),
            Some(status) => {
                let detail = format!("the carrier has the account as {status}");
                Check::bad("phone", detail, "look at the account in the carrier's console")
            }
        },
        Err(error) => {
            let remedy = "check TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN and TWILIO_API_BASE_URL";
            Check::bad("phone", error.to_string(), remedy)
        }
    }
}

async fn numbers(rest: &Rest, public_url: &str) -> Check {
    let numbers = match rest.numbers().await {
        Ok(numbers) => numbers,
        Err(error) => return Check::bad("numbers", error.to_string(), "try again later"),
    };
    let ours = format!("{public_url}/twilio/voice");
    if numbers.is_empty() {
        return Check::bad("numbers", "the account has no number", "buy one in the carrier's console");
    }
    let elsewhere: Vec<&str> = numbers
        .iter()
        .filter(|number| number.voice_url.as_deref() != Some(ours.as_str()))
        .map(|number| number.phone_number.as_str())
        .collect();
    if elsewhere.len() == numbers.len() {
        let named = elsewhere[..elsewhere.len().min(NAMED_MAX)].join(", ");
        let remedy = format!("in the carrier's console, set the number's voice webhook to {ours} (POST)");
        return Check::bad("numbers", format!("none of the account's numbers rings here ({named})"), remedy);
    }
    let first = numbers.len() - elsewhere.len();
    let others = match elsewhere.len() {
        0 => String::new(),
        count => format!("; {count} lead elsewhere"),
    };
    let lacks = numbers.iter().any(|number| {
        number.voice_url.as_deref() == Some(ours.as_str())
            && number.voice_fallback_url.as_deref().is_none_or(str::is_empty)
    });
    let fallback = if lacks {
        format!("; a fallback of {public_url}/twilio/fallback would help when this address fails")
    } else {
        String::new()
    };
    let rings = if first == 1 { "1 number rings".to_owned() } else { format!("{first} numbers ring") };
    Check::good("numbers", format!("{rings} here{others}{fallback}"))
}
