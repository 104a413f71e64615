//! Requests to addresses that people type in: they must not reach what only this machine or its network can reach.
//!
//! A name is resolved when the connection is made, each address is judged, and the connection goes to one of those that were
//! judged: there is no second resolution in which a name could come to mean something else. Redirects are not followed,
//! proxies are not used, and time and size of an answer are bounded.

use std::error::Error as _;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use futures::StreamExt;
use futures::future::BoxFuture;
use patchcord_domain::network::{Network, is_public};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{HeaderMap, HeaderValue, USER_AGENT};
use reqwest::{Client, Url, redirect};

/// Finds the addresses of a name.
pub trait Resolver: Send + Sync {
    /// The addresses, in the order in which they should be tried.
    fn resolve(&self, host: String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>>;
}

/// Asks the machine's own resolver.
pub struct SystemResolver;

impl Resolver for SystemResolver {
    fn resolve(&self, host: String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
        Box::pin(async move {
            let found = tokio::net::lookup_host((host, 0)).await?;
            Ok(found.map(|address| address.ip()).collect())
        })
    }
}

/// What an operator may set.
#[derive(Debug, Clone)]
pub struct Options {
    /// Networks that may be reached although they are not public, and without TLS as well.
    pub allowed: Vec<Network>,
    /// How long a request may take, from resolving the name to the last byte of the answer, in milliseconds.
    pub timeout_ms: u64,
    /// How many bytes of an answer are read.
    pub max_bytes: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { allowed: Vec::new(), timeout_ms: 15_000, max_bytes: 64 * 1_024 }
    }
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OutgoingError {
    /// The address is one that must not be reached, or may not be reached that way.
    #[error("{0}")]
    Refused(String),
    /// The name has no address.
    #[error("the name cannot be resolved")]
    Unresolved,
    /// Nobody took the connection, TLS failed, or it broke.
    #[error("{0}")]
    Unreachable(&'static str),
    /// It took too long.
    #[error("there was no complete answer within {0} s")]
    Timeout(u64),
}

/// An answer, whatever its status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The header `Retry-After`, when there is one.
    pub retry_after: Option<String>,
    /// The body, as much as is read of it.
    pub body: Vec<u8>,
}

/// A guarded client. Clones share it.
#[derive(Clone)]
pub struct Outgoing(Arc<Inner>);

struct Inner {
    /// Reaches public addresses and allowed ones. Made when it is first needed: certificates take memory.
    with_tls: OnceLock<Option<Client>>,
    /// Reaches allowed addresses only.
    plain: OnceLock<Option<Client>>,
    resolver: Arc<dyn Resolver>,
    options: Options,
}

impl Outgoing {
    /// A client that resolves names with `resolver`.
    pub fn new(options: Options, resolver: Arc<dyn Resolver>) -> Self {
        Self(Arc::new(Inner { with_tls: OnceLock::new(), plain: OnceLock::new(), resolver, options }))
    }

    /// The client for addresses with TLS, or for those without.
    fn client(&self, has_tls: bool) -> Result<&Client, OutgoingError> {
        let Inner { with_tls, plain, resolver, options } = &*self.0;
        let made = if has_tls { with_tls } else { plain }.get_or_init(|| {
            let guard = Guard { resolver: resolver.clone(), allowed: options.allowed.clone(), public: has_tls };
            let limit = Duration::from_millis(options.timeout_ms);
            let made = Client::builder()
                .no_proxy()
                .redirect(redirect::Policy::none())
                .retry(reqwest::retry::never())
                .referer(false)
                .timeout(limit)
                .connect_timeout(limit)
                .pool_max_idle_per_host(8)
                .pool_idle_timeout(Duration::from_secs(30))
                .dns_resolver(Arc::new(guard))
                .build();
            made.inspect_err(|error| tracing::error!(%error, "TLS cannot be set up for outgoing requests")).ok()
        });
        made.as_ref().ok_or(OutgoingError::Unreachable("TLS cannot be set up on this machine"))
    }

    /// Checks an address that somebody typed in, as far as that can be done before it is resolved.
    ///
    /// # Errors
    /// What is wrong with it, for whoever typed it.
    pub fn check(&self, url: &str) -> Result<Url, String> {
        let parsed = Url::parse(url).map_err(|_| "must be an address such as https://example.com/hooks".to_owned())?;
        if !matches!(parsed.scheme(), "http" | "https") || parsed.cannot_be_a_base() {
            return Err("must begin with https://".to_owned());
        }
        if !parsed.username().is_empty() || parsed.password().is_some() {
            return Err("must have no user name or password in it; deliveries are signed instead".to_owned());
        }
        if parsed.fragment().is_some() {
            return Err("must have no part after #".to_owned());
        }
        let allowed = &self.0.options.allowed;
        if parsed.scheme() == "http" && allowed.is_empty() {
            return Err("must begin with https://; http:// is for networks in WEBHOOK_ALLOWED_CIDRS".to_owned());
        }
        match literal(&parsed) {
            Some(address) => {
                judge(address, allowed, parsed.scheme() == "https").map_err(|refused| refused.to_string())?;
            }
            None if parsed.host_str().is_none_or(str::is_empty) => return Err("must name a host".to_owned()),
            None => {}
        }
        Ok(parsed)
    }

    /// Posts a body; gives whatever answer comes.
    ///
    /// # Errors
    /// [`OutgoingError`] when there is none.
    pub async fn post(&self, url: &str, mut headers: HeaderMap, body: String) -> Result<Answer, OutgoingError> {
        let url = self.check(url).map_err(OutgoingError::Refused)?;
        headers.insert(USER_AGENT, HeaderValue::from_static(concat!("Patchcord/", env!("CARGO_PKG_VERSION"))));
        let client = self.client(url.scheme() == "https")?;
        let limit = Duration::from_millis(self.0.options.timeout_ms);
        let exchange = async {
            let sent = client.post(url).headers(headers).body(body).send().await;
            let response = sent.map_err(|error| self.broken(&error))?;
            let status = response.status().as_u16();
            let retry_after = response.headers().get(reqwest::header::RETRY_AFTER);
            let retry_after = retry_after.and_then(|value| value.to_str().ok()).map(str::to_owned);
            let mut body = Vec::new();
            let mut chunks = response.bytes_stream();
            while let Some(chunk) = chunks.next().await {
                let chunk = chunk.map_err(|error| self.broken(&error))?;
                let room = self.0.options.max_bytes - body.len();
                body.extend_from_slice(&chunk[..chunk.len().min(room)]);
                if body.len() == self.0.options.max_bytes {
                    break;
                }
            }
            Ok(Answer { status, retry_after, body })
        };
        tokio::time::timeout(limit, exchange).await.unwrap_or_else(|_| Err(self.late()))
    }

    fn late(&self) -> OutgoingError {
        OutgoingError::Timeout(self.0.options.timeout_ms.div_ceil(1_000))
    }

    /// What a failure means; the texts of the libraries name addresses and are not passed on.
    fn broken(&self, error: &reqwest::Error) -> OutgoingError {
        let mut cause = error.source();
        while let Some(inner) = cause {
            if let Some(known) = inner.downcast_ref::<OutgoingError>() {
                return known.clone();
            }
            cause = inner.source();
        }
        if error.is_timeout() {
            return self.late();
        }
        OutgoingError::Unreachable(if error.is_connect() {
            "no connection could be made, or TLS failed"
        } else {
            "the connection broke before the answer was complete"
        })
    }
}

/// The address of a host that is written as one. Numbers in any notation (decimal, octal, hexadecimal) have become a plain
/// IPv4 address when the URL was read.
fn literal(url: &Url) -> Option<IpAddr> {
    let host = url.host_str()?;
    host.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

fn judge(address: IpAddr, allowed: &[Network], public: bool) -> Result<(), OutgoingError> {
    if allowed.iter().any(|network| network.contains(address)) || (public && is_public(address)) {
        return Ok(());
    }
    Err(OutgoingError::Refused(if is_public(address) {
        "must begin with https://; http:// is for networks in WEBHOOK_ALLOWED_CIDRS".to_owned()
    } else {
        "the address is not a public one; an operator can allow its network by WEBHOOK_ALLOWED_CIDRS".to_owned()
    }))
}

/// Resolves names for one of the clients, and keeps back what must not be reached.
struct Guard {
    resolver: Arc<dyn Resolver>,
    allowed: Vec<Network>,
    public: bool,
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let resolving = self.resolver.resolve(name.as_str().to_owned());
        let (allowed, public) = (self.allowed.clone(), self.public);
        Box::pin(async move {
            let found = resolving.await.map_err(|_| OutgoingError::Unresolved)?;
            let (mut good, mut refused) = (Vec::new(), None);
            for address in found.into_iter().take(64) {
                match judge(address, &allowed, public) {
                    Ok(()) => good.push(SocketAddr::new(address, 0)),
                    Err(error) => refused = Some(error),
                }
            }
            if good.is_empty() {
                return Err(refused.unwrap_or(OutgoingError::Unresolved).into());
            }
            Ok(Box::new(good.into_iter()) as Addrs)
        })
    }
}
