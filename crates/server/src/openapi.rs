//! The OpenAPI document: made from the handlers, completed with what all of them share, served with a page to try it.

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::Value;
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn, PathItem};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ContentBuilder, OpenApi, Ref, RefOr, Required, Response as ApiResponse, ResponseBuilder};
use utoipa::{OpenApi as _, ToSchema};

use crate::error::{Problem, Refusal};
use crate::{Desk, is_copilots, routes};

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Patchcord",
        description = "The support desk that answers the phone: tickets, copilot, events.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    components(schemas(Problem, Refusal)),
    security(("bearer" = [])),
    tags(
        (name = "auth", description = "Signing in"),
        (name = "users", description = "Users of the workspace, its API tokens, settings and administrative changes"),
        (name = "tickets", description = "The desk"),
        (name = "copilot", description = "AI on a ticket; answers in an envelope"),
        (name = "knowledge", description = "Articles, and which of them fit"),
        (name = "ai", description = "AI that answers at once"),
        (name = "people and things", description = "Whom and what the desk supports"),
        (name = "webhooks", description = "Programs that are told what happens: signed, in order, again until it arrives"),
        (name = "calls", description = "Calls, live and over, with their transcripts and costs"),
        (name = "twilio", description = "What the carrier asks; signed with the account's token"),
        (name = "insight", description = "Figures: today, over time, by agent, by customer, costs, health"),
        (name = "events", description = "What happens, as it happens"),
        (name = "operations", description = "Is it alive?"),
    )
)]
struct Skeleton;

/// What the document begins with.
pub(crate) fn skeleton() -> OpenApi {
    let mut document = Skeleton::openapi();
    let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
    let components = document.components.get_or_insert_default();
    components.add_security_scheme("bearer", SecurityScheme::Http(scheme));
    document
}

/// The whole document, the same each time.
pub fn document() -> OpenApi {
    let (_, mut document) = routes::api().split_for_parts();
    for (path, item) in &mut document.paths.paths {
        for (method, operation) in operations(item) {
            complete(path, method, operation);
        }
    }
    document
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = (&'static str, &mut Operation)> {
    let all = [
        ("get", &mut item.get),
        ("post", &mut item.post),
        ("put", &mut item.put),
        ("patch", &mut item.patch),
        ("delete", &mut item.delete),
    ];
    all.into_iter().filter_map(|(method, operation)| operation.as_mut().map(|operation| (method, operation)))
}

/// Adds the refusals that an operation shares with others of its kind, and a name in camelCase.
fn complete(path: &str, method: &str, operation: &mut Operation) {
    if let Some(id) = &mut operation.operation_id {
        *id = camel(id);
    }
    let copilot = is_copilots(path);
    let public = operation.security.as_ref().is_some_and(|security| security.iter().all(|s| s == &Default::default()));
    let has_body = operation.request_body.is_some();
    let writes = method != "get";
    let mut statuses = vec![("503", "The database, the storage or the model cannot be used right now")];
    if path.starts_with("/api/") {
        if !public || path.starts_with("/api/auth/") {
            statuses.push(("401", "No token, a bad one, or wrong credentials"));
        }
        if !public {
            statuses.push(("403", "The role does not allow it"));
        }
        // The copilot is asked about a ticket that its body names.
        if path.contains('{') || (copilot && has_body) {
            statuses.push(("404", "There is no such thing, or it is another workspace's"));
        }
        if has_body {
            statuses.extend([
                ("400", "The body is not JSON, or nests too deep"),
                ("413", "The body is too large"),
                ("415", "The body has another content type"),
            ]);
        }
        if has_body || operation.parameters.as_ref().is_some_and(|parameters| !parameters.is_empty()) {
            statuses.push(("422", "Fields are wrong; all of them are named"));
        }
        if writes && !public {
            statuses.push(("409", "It does not fit the present state, or the version is stale"));
        }
        let waits = method == "post" && (path.starts_with("/api/ai/") && path != "/api/ai/search-kb");
        if waits || (copilot && !path.starts_with("/api/copilot/")) {
            statuses.extend([
                ("404", "There is no such thing, or it is another workspace's"),
                ("429", "Today's budget for AI is used up; Retry-After says when it begins anew"),
                ("502", "The model gave no usable answer"),
                ("504", "The answer takes longer than a minute"),
            ]);
        }
        if copilot {
            // Its routes may be answered by another server, or about tickets of another desk.
            statuses.extend([
                ("502", "The model, or the server that this was passed on to, gave no usable answer"),
                ("504", "The answer takes too long"),
            ]);
        }
        if path == "/api/auth/login" || path == "/api/auth/password" {
            statuses.push(("429", "Too many attempts; Retry-After says when to try again"));
        }
        statuses.push(("429", "Too many requests; Retry-After and RateLimit-* say when to try again"));
    }
    let creates = ["201", "202"].iter().any(|status| operation.responses.responses.contains_key(*status));
    if method == "post" && creates && !public {
        take_idempotency_key(operation);
    }
    for (status, description) in statuses {
        let refusal = RefOr::T(refusal(description, copilot));
        operation.responses.responses.entry(status.to_owned()).or_insert(refusal);
    }
}

/// Whatever creates something can be sent twice without harm; an operation need not say so itself.
fn take_idempotency_key(operation: &mut Operation) {
    let parameters = operation.parameters.get_or_insert_default();
    let is_there = |parameter: &RefOr<Parameter>| matches!(parameter, RefOr::T(own) if own.name == "Idempotency-Key");
    if !parameters.iter().any(is_there) {
        let parameter = ParameterBuilder::new()
            .name("Idempotency-Key")
            .parameter_in(ParameterIn::Header)
            .required(Required::False)
            .description(Some("The same key and body within 24 h gives the first answer again"))
            .schema(Some(ObjectBuilder::new().schema_type(Type::String)))
            .build();
        parameters.push(RefOr::T(parameter));
    }
}

fn refusal(description: &str, copilot: bool) -> ApiResponse {
    let (name, kind) =
        if copilot { (Refusal::name(), "application/json") } else { (Problem::name(), "application/problem+json") };
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name(name))).build();
    ResponseBuilder::new().description(description).content(kind, content).build()
}

fn camel(name: &str) -> String {
    let mut words = name.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |mut all, word| {
        let mut letters = word.chars();
        all.extend(letters.next().map(|letter| letter.to_ascii_uppercase()));
        all.extend(letters);
        all
    })
}

/// The files of the page that lets a person try the API. It needs no download from anywhere.
pub(crate) fn docs() -> Router<Desk> {
    Router::new()
        .route("/api/docs/", get(|| serve_page("index.html".to_owned())))
        .route("/api/docs/{*file}", get(|axum::extract::Path(file): axum::extract::Path<String>| serve_page(file)))
}

/// This document.
#[utoipa::path(get, path = "/api/openapi.json", tag = "operations", security(()),
    responses((status = 200, description = "The OpenAPI document", body = Object)))]
pub(crate) async fn serve_document() -> Json<Value> {
    static DOCUMENT: std::sync::OnceLock<Value> = std::sync::OnceLock::new();
    Json(DOCUMENT.get_or_init(|| serde_json::to_value(document()).expect("a document is JSON")).clone())
}

/// The page to try the API: a person's browser is led to it.
#[utoipa::path(get, path = "/api/docs", tag = "operations", security(()),
    responses((status = 308, description = "The page is at /api/docs/")))]
pub(crate) async fn docs_page() -> Redirect {
    Redirect::permanent("/api/docs/")
}

async fn serve_page(file: String) -> Response {
    let config = std::sync::Arc::new(utoipa_swagger_ui::Config::from("/api/openapi.json"));
    match utoipa_swagger_ui::serve(&file, config) {
        Ok(Some(found)) => {
            let mut response = found.bytes.into_owned().into_response();
            let headers = response.headers_mut();
            if let Ok(kind) = HeaderValue::from_str(&found.content_type) {
                headers.insert(header::CONTENT_TYPE, kind);
            }
            // This page styles itself inline; it shows nothing that anybody else wrote.
            headers.insert(
                header::CONTENT_SECURITY_POLICY,
                HeaderValue::from_static(
                    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; \
                     base-uri 'none'; frame-ancestors 'none'",
                ),
            );
            response
        }
        _ => crate::error::ApiError::NoRoute.into_response(),
    }
}
