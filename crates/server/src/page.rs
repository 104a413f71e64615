//! The page, embedded in the program: one document with a fresh nonce per answer, and files that never change.

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Uri, header};
use axum::response::{IntoResponse, Response};
use rust_embed::{Embed, EmbeddedFile};

use crate::Desk;
use crate::error::ApiError;

#[derive(Embed)]
#[folder = "../../web/dist"]
struct Files;

/// What is not a route of the API: a file of the page, or the page itself for addresses that it routes on its own.
pub(crate) async fn fallback(State(desk): State<Desk>, headers: HeaderMap, uri: Uri) -> Response {
    let path = uri.path().trim_start_matches('/');
    if path == "api" || path.starts_with("api/") {
        return ApiError::NoRoute.into_response();
    }
    if path != "index.html"
        && let Some(file) = Files::get(path)
    {
        return serve(path, file, &headers);
    }
    if path.starts_with("assets/") {
        return ApiError::NoRoute.into_response();
    }
    index(&desk)
}

/// The build puts a `.br` and a `.gz` beside each file that is worth it; this is the one that the browser takes.
fn serve(path: &str, file: EmbeddedFile, asked: &HeaderMap) -> Response {
    let accepted = asked.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let packed = ENCODINGS
        .into_iter()
        .filter(|(name, _)| accepts(accepted, name))
        .find_map(|(name, ending)| Files::get(&format!("{path}.{ending}")).map(|packed| (name, packed)));
    let (encoding, content) = match packed {
        Some((name, packed)) => (Some(name), packed.data),
        None => (None, file.data),
    };
    let mut response = content.into_owned().into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type(path)));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if let Some(encoding) = encoding {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    // Names of assets carry a hash of their content.
    let caching = if path.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
    response
}

/// Encodings with the ending of their files, the smallest first.
const ENCODINGS: [(&str, &str); 2] = [("br", "br"), ("gzip", "gz")];

/// Whether an `Accept-Encoding` names an encoding and does not refuse it with `q=0`.
fn accepts(accepted: &str, encoding: &str) -> bool {
    accepted.split(',').any(|one| {
        let mut parts = one.split(';').map(str::trim);
        let named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case(encoding));
        let refused = |part: &str| part.strip_prefix("q=").is_some_and(|q| q.parse::<f32>().is_ok_and(|q| q <= 0.0));
        named && !parts.any(refused)
    })
}

fn index(desk: &Desk) -> Response {
    let file = Files::get("index.html").map(|file| file.data).unwrap_or_default();
    let nonce = patchcord_app::passwords::new_token(&*desk.app.entropy);
    let told = Told { demo: desk.options.demo, oidc: desk.app.has_oidc(), speech: desk.app.calls.options.has_realtime };
    let page = fill(&String::from_utf8_lossy(&file), &nonce, told);
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

/// What the page must know before it asks.
#[derive(Clone, Copy)]
struct Told {
    /// Whether this is a demonstration.
    demo: bool,
    /// Whether an identity provider is configured.
    oidc: bool,
    /// Whether a model that speaks is configured, so that calls from the page may go by microphone.
    speech: bool,
}

fn fill(page: &str, nonce: &str, told: Told) -> String {
    let word = |yes: bool| if yes { "true" } else { "false" };
    page.replace("__CSP_NONCE__", nonce)
        .replace("__DEMO__", word(told.demo))
        .replace("__OIDC__", word(told.oidc))
        .replace("__SPEECH__", word(told.speech))
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
    fn encodings_are_taken_as_the_browser_asks() {
        for (accepted, br, gzip) in [
            ("gzip, deflate, br, zstd", true, true),
            ("GZIP;q=0.5", false, true),
            ("br;q=0, gzip", false, true),
            ("br; q=0.0", false, false),
            ("brotli", false, false),
            ("", false, false),
        ] {
            assert_eq!((super::accepts(accepted, "br"), super::accepts(accepted, "gzip")), (br, gzip), "{accepted}");
        }
    }

    #[test]
    fn the_page_is_told() {
        let page = include_str!("../../../web/index.html");
        for (demo, oidc, speech) in [(true, false, false), (false, true, true)] {
            let page = super::fill(page, "n", super::Told { demo, oidc, speech });
            assert!(page.contains(&format!("name=\"patchcord-demo\" content=\"{demo}\"")), "{page}");
            assert!(page.contains(&format!("name=\"patchcord-oidc\" content=\"{oidc}\"")), "{page}");
            assert!(page.contains(&format!("name=\"patchcord-speech\" content=\"{speech}\"")), "{page}");
            assert!(!page.contains("__"), "{page}");
        }
    }
}
