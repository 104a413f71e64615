//! The page, embedded in the program: one document with a fresh nonce per answer, and files that never change.

use axum::extract::State;
use axum::http::{HeaderValue, Uri, header};
use axum::response::{IntoResponse, Response};
use rust_embed::{Embed, EmbeddedFile};

use crate::Desk;
use crate::error::ApiError;

#[derive(Embed)]
#[folder = "../../web/dist"]
struct Files;

/// What is not a route of the API: a file of the page, or the page itself for addresses that it routes on its own.
pub(crate) async fn fallback(State(desk): State<Desk>, uri: Uri) -> Response {
    let path = uri.path().trim_start_matches('/');
    if path == "api" || path.starts_with("api/") {
        return ApiError::NoRoute.into_response();
    }
    if path != "index.html"
        && let Some(file) = Files::get(path)
    {
        return serve(path, file);
    }
    if path.starts_with("assets/") {
        return ApiError::NoRoute.into_response();
    }
    index(&desk)
}

fn serve(path: &str, file: EmbeddedFile) -> Response {
    let mut response = file.data.into_owned().into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type(path)));
    // Names of assets carry a hash of their content.
    let caching = if path.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
    response
}

fn index(desk: &Desk) -> Response {
    let file = Files::get("index.html").map(|file| file.data).unwrap_or_default();
    let nonce = patchcord_app::passwords::new_token(&*desk.app.entropy);
    let page = fill(&String::from_utf8_lossy(&file), &nonce, desk.options.demo, desk.app.has_oidc());
    let policy = format!(
        "default-src 'self'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'nonce-{nonce}'; \
         img-src 'self' data: blob:; connect-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'"
    );
    let mut response = page.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

/// Tells the page what it must know before it asks: whether this is a demonstration, and whether an identity provider is
/// configured.
fn fill(page: &str, nonce: &str, demo: bool, oidc: bool) -> String {
    let word = |yes: bool| if yes { "true" } else { "false" };
    page.replace("__CSP_NONCE__", nonce).replace("__DEMO__", word(demo)).replace("__OIDC__", word(oidc))
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "json" | "map" => "application/json",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_page_is_told() {
        let page = include_str!("../../../web/index.html");
        for (demo, oidc) in [(true, false), (false, true)] {
            let page = super::fill(page, "n", demo, oidc);
            assert!(page.contains(&format!("name=\"patchcord-demo\" content=\"{demo}\"")), "{page}");
            assert!(page.contains(&format!("name=\"patchcord-oidc\" content=\"{oidc}\"")), "{page}");
            assert!(!page.contains("__"), "{page}");
        }
    }
}
