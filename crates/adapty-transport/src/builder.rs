//! The settings of a client, and which of them are refused.

use std::{env, error::Error as StdError, fmt, sync::Arc, time::Duration};

use crate::{
    api_key::ApiKey,
    client::Client,
    error::Error,
    http::{
        base_url::BaseUrl,
        connector::Connector,
        pool::Pool,
        proxy::Proxy,
        request::Requests,
        timeouts::Timeouts,
        tls::{Roots, Tls},
    },
    keys::Keys,
    metrics::Metrics,
    proxy_of_env,
    retry::RetryPolicy,
    retry_budget::RetryBudget,
    send::Connections,
    shared_reads::SharedReads,
};

const DEFAULT_BODY_LIMIT: usize = 8 * 1024 * 1024;
/// The largest body limit that is still one.
const MAX_BODY_LIMIT: usize = 1024 * 1024 * 1024;

impl Client {
    /// A client of the real API with every default.
    ///
    /// # Panics
    ///
    /// Never: the defaults are settings that [`ClientBuilder::build`] accepts.
    #[must_use]
    pub fn new(key: ApiKey) -> Self {
        Self::builder(key).build().expect("the defaults are good")
    }

    /// A client with other settings.
    pub fn builder(key: ApiKey) -> ClientBuilder {
        ClientBuilder::new(Keys::fixed(key))
    }

    /// The same with a key that `provider` is asked for at the beginning of every call, so that it can
    /// change without a new client. It is not asked again for a retry.
    ///
    /// It should return at once: ask for a new key elsewhere, and keep it. What it fails with becomes
    /// the source of an error of the kind [`Configuration`](crate::ErrorKind::Configuration), nothing
    /// being sent, and should not have the key in it.
    ///
    /// ```
    /// # use std::sync::{Arc, RwLock};
    /// # use adapty_transport::{ApiKey, Client};
    /// # fn main() -> Result<(), adapty_transport::Error> {
    /// let current = Arc::new(RwLock::new(ApiKey::new("secret_live_BEHrYLTr.old")?));
    /// let of_calls = Arc::clone(&current);
    /// let client = Client::builder_with_key_provider(move || match of_calls.read() {
    ///     Ok(key) => Ok(key.clone()),
    ///     Err(_) => Err("the key's lock is poisoned".into()),
    /// })
    /// .build()?;
    /// // Later, in the task that rotates keys:
    /// *current.write().expect("nobody panics with it") = ApiKey::new("secret_live_BEHrYLTr.new")?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn builder_with_key_provider(
        provider: impl Fn() -> Result<ApiKey, Box<dyn StdError + Send + Sync>> + Send + Sync + 'static,
    ) -> ClientBuilder {
        ClientBuilder::new(Keys::Provider(Arc::new(provider)))
    }
}

/// Settings of a [`Client`]; each has a default that is fit for production.
#[derive(Clone)]
#[must_use]
pub struct ClientBuilder {
    keys: Keys,
    base_url: String,
    unencrypted_anywhere: bool,
    timeouts: Timeouts,
    retry: RetryPolicy,
    budget: Option<RetryBudget>,
    roots: fn() -> Result<Roots, Error>,
    extra_roots: Vec<Vec<u8>>,
    proxy: ProxyChoice,
    agent_suffix: Option<String>,
    body_limit: usize,
    share_reads: bool,
    metrics: Option<Arc<dyn Metrics>>,
}

#[derive(Clone)]
enum ProxyChoice {
    None,
    Url(String),
    Environment,
}

impl ClientBuilder {
    fn new(keys: Keys) -> Self {
        Self {
            keys,
            base_url: BaseUrl::DEFAULT.to_owned(),
            unencrypted_anywhere: false,
            timeouts: Timeouts::DEFAULT,
            retry: RetryPolicy::default(),
            budget: None,
            roots: || Ok(Roots::of_the_web()),
            extra_roots: Vec::new(),
            proxy: ProxyChoice::None,
            agent_suffix: None,
            body_limit: DEFAULT_BODY_LIMIT,
            share_reads: true,
            metrics: None,
        }
    }

    /// Where the API is: an origin, and behind a gateway a path before the API's own. Default:
    /// `https://api.adapty.io`.
    ///
    /// `http://` is for a loopback host (`localhost`, 127.0.0.0/8, `::1`) only; see
    /// [`send_key_unencrypted`](Self::send_key_unencrypted).
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.base_url = url.into();
        self
    }

    /// Accepts an `http://` base URL for any host: whoever is on the way reads the key and can
    /// grant access. Default: refused.
    pub fn send_key_unencrypted(mut self) -> Self {
        self.unencrypted_anywhere = true;
        self
    }

    /// From the moment an attempt needs a new connection until it is ready for a request: name,
    /// TCP and TLS together. Default: 3 s.
    ///
    /// It does not stop the operating system's look-up of a name: that thread ends by itself.
    pub fn connect_timeout(mut self, limit: Duration) -> Self {
        self.timeouts.connect = limit;
        self
    }

    /// From an attempt's beginning, connecting included, to the last byte of its response. Default:
    /// 10 s.
    ///
    /// It does not cover the backoff between attempts.
    pub fn attempt_timeout(mut self, limit: Duration) -> Self {
        self.timeouts.attempt = limit;
        self
    }

    /// From the first poll of the call to its end: every attempt and every backoff. Default: 30 s,
    /// which may cut the last attempt.
    ///
    /// It does not cover reading the JSON of a whole response, which waits for nothing.
    pub fn call_timeout(mut self, limit: Duration) -> Self {
        self.timeouts.call = limit;
        self
    }

    /// How often and after which backoff a call tries again. Default: two retries.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = policy;
        self
    }

    /// Out of which budget retries are made. Default: the one that all clients of the process share for
    /// this host and port. [`RetryBudget::unlimited`] is none.
    pub fn retry_budget(mut self, budget: RetryBudget) -> Self {
        self.budget = Some(budget);
        self
    }

    /// Trusts the certificates of this PEM text beside the roots of the web, for a gateway with an
    /// authority of its own. May be called more than once.
    pub fn extra_root_certificates(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.extra_roots.push(pem.into());
        self
    }

    /// Trusts the roots of the platform, such as those in `/etc/ssl`, instead of the roots of the web
    /// that are built in. [`build`](Self::build) reads them, once; `SSL_CERT_FILE` and `SSL_CERT_DIR`
    /// are followed. With the feature `platform-roots`.
    #[cfg(feature = "platform-roots")]
    pub fn platform_root_certificates(mut self) -> Self {
        self.roots = Roots::of_the_platform;
        self
    }

    /// Goes through an HTTP proxy, `http://[user:password@]host[:port]`, by `CONNECT`: TLS is with
    /// Adapty, and the proxy sees its name only. Default: none, whatever the environment says.
    ///
    /// The connect timeout covers the tunnel. A proxy that refuses one is
    /// [`Connect`](crate::ErrorKind::Connect), one that does not take the password
    /// [`Configuration`](crate::ErrorKind::Configuration).
    pub fn proxy(mut self, url: impl Into<String>) -> Self {
        self.proxy = ProxyChoice::Url(url.into());
        self
    }

    /// Goes through the proxy of `HTTPS_PROXY` (or `https_proxy`), if it is set to one, unless `NO_PROXY`
    /// (or `no_proxy`) exempts the host; [`build`](Self::build) reads them. Default: they are not looked
    /// at.
    ///
    /// Only for an `https://` base URL, and never for a loopback host. `NO_PROXY` is a list with commas:
    /// `*`; a name, which exempts what is below it as well; an IP address, or a range such as
    /// `10.0.0.0/8`; each but the range with `:port` where only that is meant.
    pub fn proxy_from_env(mut self) -> Self {
        self.proxy = ProxyChoice::Environment;
        self
    }

    /// Text after this crate's own name in `User-Agent`, such as `shop/2.1`.
    pub fn user_agent_suffix(mut self, suffix: impl Into<String>) -> Self {
        self.agent_suffix = Some(suffix.into());
        self
    }

    /// The most bytes of a profile's body that are read. Default: 8 MiB.
    pub fn body_limit(mut self, bytes: usize) -> Self {
        self.body_limit = bytes;
        self
    }

    /// Whether equal reads that are under way at the same time share one request. Default: they do.
    ///
    /// Equal are those of this client and its clones, on the same runtime, of the same operation and
    /// identity. Each caller keeps its own timeouts and its own number of retries, and may leave without harm to
    /// the others; a request ends when the last of them leaves. One that fails is tried again once for all, after
    /// one backoff, out of one retry of the budget. A finished read is no answer to a later
    /// call: nothing is cached. Nor is a read that is under way, once a call of this client that is no
    /// read has begun about the same identity, or about one that may be the same user's; a change of
    /// somebody else's making, in the moment between the request and the call that joined it, may be
    /// missed. Turn it off where a call follows a message that something has changed, such as a webhook.
    pub fn share_reads(mut self, share: bool) -> Self {
        self.share_reads = share;
        self
    }

    /// Tells these metrics of every attempt and call. Default: nobody, at no cost.
    pub fn metrics(mut self, metrics: Arc<dyn Metrics>) -> Self {
        self.metrics = Some(metrics);
        self
    }

    /// The client of these settings.
    ///
    /// # Errors
    ///
    /// [`Configuration`](crate::ErrorKind::Configuration) when
    /// - the base URL is not `https://` (or `http://` to loopback), has no host, has a user name, a
    ///   query or a fragment, or is longer than 65 000 characters or so,
    /// - a timeout is zero or longer than an hour,
    /// - the retry policy has more than 10 retries, a backoff longer than 60 s, or an initial
    ///   backoff longer than its maximum,
    /// - an extra root certificate is no PEM text, or no certificate that can be a root,
    /// - the proxy's URL is not `http://` with a host, or has a path, a query or a fragment; a variable
    ///   of the environment's is not UTF-8, or set to two values in its two spellings, or `NO_PROXY` has
    ///   an entry that cannot be read,
    /// - the platform's roots are asked for and there are none,
    /// - the user-agent suffix is empty or not visible ASCII,
    /// - the body limit is zero or more than 1 GiB.
    pub fn build(self) -> Result<Client, Error> {
        let base = BaseUrl::parse(&self.base_url, self.unencrypted_anywhere)?;
        self.timeouts.check()?;
        self.retry.check()?;
        if self.body_limit == 0 || self.body_limit > MAX_BODY_LIMIT {
            let message = "body_limit must be more than zero and at most 1 GiB";
            return Err(Error::configuration(message));
        }
        let requests = Requests::new(&base, self.agent_suffix.as_deref())?;
        let mut roots = (self.roots)()?;
        for pem in &self.extra_roots {
            roots.add_pem(pem)?;
        }
        let tls = match base.encrypted {
            true => Some(Tls::new(&base.host, roots)?),
            false => None,
        };
        let address = || format!("{}:{}", base.host, base.port);
        let budget = self.budget.unwrap_or_else(|| RetryBudget::of_address(&address()));
        let mut connector = Connector::new(&base, tls, self.timeouts.connect);
        let proxy = match self.proxy {
            ProxyChoice::None => None,
            ProxyChoice::Url(url) => Some(url),
            ProxyChoice::Environment => proxy_of_env::read(|name| env::var_os(name), &base)?,
        };
        if let Some(url) = proxy {
            connector = connector.through(Proxy::parse(&url, &base)?);
        }
        Ok(Client::over(Connections {
            base,
            keys: self.keys,
            requests,
            pool: Pool::new(connector),
            timeouts: self.timeouts,
            retry: self.retry,
            budget,
            max_body: self.body_limit,
            reads: self.share_reads.then(SharedReads::new),
            metrics: self.metrics,
        }))
    }
}

impl fmt::Debug for ClientBuilder {
    /// Not the base URL, which may hold a password until it is checked.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder")
            .field("timeouts", &self.timeouts)
            .field("retry", &self.retry)
            .field("retry_budget", &self.budget)
            .field("body_limit", &self.body_limit)
            .field("share_reads", &self.share_reads)
            .finish_non_exhaustive()
    }
}
