//! `patchcord token …`: API tokens from the command line.

use anyhow::Result;
use patchcord_app::api_tokens::NewApiToken;
use patchcord_app::rows::ApiToken;
use patchcord_domain::time::to_rfc3339;
use serde_json::{Value, json};

use crate::cli::Token;
use crate::commands::{chosen, explain, open, print};
use crate::settings::Settings;

/// `patchcord token create|list|revoke`.
pub(crate) async fn token(settings: &Settings, command: Token, as_json: bool) -> Result<()> {
    let app = open(settings).await?;
    match command {
        Token::Create { name, user, role, expires } => {
            let input = NewApiToken { name, role, expires_at: expires };
            let made = app.operator_create_token(&user, input).await.map_err(explain)?;
            let mut value = shown(&made.row);
            value["token"] = Value::from(made.secret.as_str());
            let text = format!(
                "made {} for {user} as {}; it is shown this once:\n{}",
                made.row.name, made.row.role, made.secret
            );
            print(as_json, &json!({"token": value}), &text)?;
        }
        Token::List { workspace } => {
            let slug = chosen(&app, workspace).await?;
            let tokens = app.operator_tokens(&slug).await.map_err(explain)?;
            let items: Vec<Value> = tokens.iter().map(shown).collect();
            let lines: Vec<String> = tokens.iter().map(|token| line(token, app.clock.now())).collect();
            let text = if lines.is_empty() { "there are no tokens".to_owned() } else { lines.join("\n") };
            print(as_json, &json!({"items": items}), &text)?;
        }
        Token::Revoke { id } => {
            app.operator_revoke_token(&id).await.map_err(explain)?;
            print(as_json, &json!({"token": {"id": id, "revoked": true}}), "the token is revoked")?;
        }
    }
    app.store.close().await;
    Ok(())
}

fn shown(token: &ApiToken) -> Value {
    json!({
        "id": token.id, "name": token.name, "prefix": token.prefix, "role": token.role, "userId": token.user_id,
        "expiresAt": token.expires_at.map(to_rfc3339), "lastUsedAt": token.last_used_at.map(to_rfc3339),
        "revokedAt": token.revoked_at.map(to_rfc3339), "createdAt": to_rfc3339(token.created_at),
    })
}

fn line(token: &ApiToken, now: i64) -> String {
    let state = match (token.revoked_at, token.expires_at) {
        (Some(_), _) => "revoked".to_owned(),
        (None, Some(at)) if at <= now => "expired".to_owned(),
        (None, Some(at)) => format!("until {}", to_rfc3339(at)),
        (None, None) => "without end".to_owned(),
    };
    format!("{}  {:<12}  {:<6}  {state:<30}  {}", token.id, token.prefix, token.role, token.name)
}
