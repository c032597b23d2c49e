//! The settings of a server.

use std::{
    collections::HashMap,
    fmt, io,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
};

use adapty_model::time::OffsetDateTime;

use crate::{
    app::{
        apps::Apps, failures::Failures, other_keys::OtherKeys, outbox::Endpoint,
        profile::StoredProfile, profiles::Table, put::Put, server_state::ServerState,
        settings::Settings, state::Defaults, unserved::Unserved,
    },
    budget::Budget,
    editions::Edition,
    reply::Refusal,
    rng::RandomIds,
    server::MockServer,
    webhooks,
};

/// Which part of what a server may keep is for journals: a quarter.
const JOURNALS_SHARE: usize = 4;

impl MockServer {
    /// Starts on a free port of the loopback interface, as a task of the caller's runtime.
    ///
    /// # Panics
    ///
    /// When no socket can be bound, or outside a tokio runtime with I/O and time enabled.
    pub async fn start() -> Self {
        Self::builder().start().await.expect("the loopback interface has a free port")
    }

    /// Starts on a free port of the loopback interface, on a thread of its own: for tests without
    /// a runtime, and for one server that all tests of a binary share.
    ///
    /// ```
    /// use std::sync::LazyLock;
    /// use adapty_mock::MockServer;
    ///
    /// static SERVER: LazyLock<MockServer> = LazyLock::new(MockServer::start_on_thread);
    ///
    /// let app = SERVER.app("a key of this test alone");
    /// assert!(app.requests().is_empty());
    /// ```
    ///
    /// # Panics
    ///
    /// When no socket can be bound or no thread started.
    #[must_use]
    pub fn start_on_thread() -> Self {
        Self::builder().start_on_thread().expect("the loopback interface has a free port")
    }

    /// Settings for a server.
    #[must_use]
    pub fn builder() -> Builder {
        Builder::new()
    }
}

/// Settings of a [`MockServer`].
#[derive(Debug)]
pub struct Builder {
    address: SocketAddr,
    keys: Vec<Key>,
    app_limit: usize,
    connection_limit: usize,
    memory_limit: usize,
    admin: bool,
    edition: Edition,
    journal_limit: usize,
    settings: Settings,
    webhook: Option<Endpoint>,
    profiles: Vec<StoredProfile>,
}

/// How many bytes a server keeps, unless it is told otherwise.
const MEMORY_LIMIT: usize = 512 * 1024 * 1024;

impl Builder {
    fn new() -> Self {
        Self {
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            keys: Vec::new(),
            app_limit: 1000,
            connection_limit: 1000,
            memory_limit: MEMORY_LIMIT,
            admin: true,
            edition: Edition::default(),
            journal_limit: 1000,
            settings: Settings::default(),
            webhook: None,
            profiles: Vec::new(),
        }
    }

    /// Listens here; port 0 takes a free one. Default: `127.0.0.1:0`.
    #[must_use]
    pub fn listen(mut self, address: SocketAddr) -> Self {
        self.address = address;
        self
    }

    /// Puts a key, with an app of its own, on the list. As soon as there is a list, the server
    /// answers all other keys with the documented 401, but for those that go on after a listed one and a dot,
    /// which open apps of their own. Default: no list, any key works.
    #[must_use]
    pub fn api_key(mut self, key: impl Into<String>) -> Self {
        self.keys.push(Key { key: key.into(), app: None });
        self
    }

    /// Puts a key on the list, as one of those of the app of this name.
    #[must_use]
    pub fn api_key_of(mut self, key: impl Into<String>, app: impl Into<String>) -> Self {
        self.keys.push(Key { key: key.into(), app: Some(app.into()) });
        self
    }

    /// How many keys there may be. Default: 1000.
    #[must_use]
    pub fn app_limit(mut self, limit: usize) -> Self {
        self.app_limit = limit;
        self
    }

    /// How many connections may be open; beyond it the one idle longest is closed. Default: 1000.
    #[must_use]
    pub fn connection_limit(mut self, limit: usize) -> Self {
        self.connection_limit = limit;
        self
    }

    /// How many bytes the server keeps for its clients, those of all apps together: profiles, ids, fault
    /// plans, keys, bodies that are being read. A quarter of it is for journals, which drop their oldest
    /// requests; what would be more than the rest is refused. Default: 512 MiB.
    #[must_use]
    pub fn memory_limit(mut self, bytes: usize) -> Self {
        self.memory_limit = bytes;
        self
    }

    /// Whether paths under `/__admin/`, `/livez` and `/readyz` are answered. Default: they are.
    #[must_use]
    pub fn admin(mut self, admin: bool) -> Self {
        self.admin = admin;
        self
    }

    /// How many requests each app's journal keeps, 0 for none; 1 MiB at most, whatever their
    /// number. Default: 1000.
    #[must_use]
    pub fn journal_limit(mut self, limit: usize) -> Self {
        self.journal_limit = limit;
        self
    }

    /// The edition every app starts with. Default: [`Edition::AsWritten`].
    #[must_use]
    pub fn edition(mut self, edition: Edition) -> Self {
        self.edition = edition;
        self
    }

    /// The settings every app starts with. Default: [`Settings::default`].
    #[must_use]
    pub fn settings(mut self, settings: Settings) -> Self {
        self.settings = settings;
        self
    }

    /// Answers a path that lacks its last slash with 301 to the right one:
    /// [`Settings::redirects_missing_slash`] alone. Default: 404.
    #[must_use]
    pub fn redirects_missing_slash(mut self, redirects: bool) -> Self {
        self.settings.redirects_missing_slash = redirects;
        self
    }

    /// Adds a profile that every app starts with, or a list of them, as [`App::put_json`] does.
    ///
    /// Dates that are counted from now, `"+P1D"` or `"-PT1H"`, are counted from the app's time: at its first
    /// request, at a reset, and each time its clock is [set](crate::App::set_clock), for as long as nothing
    /// else has changed the profile.
    ///
    /// # Errors
    ///
    /// - It is not JSON; the message has line and column.
    /// - Neither `data.profile_id` nor `data.customer_user_id` says who it is.
    ///
    /// [`App::put_json`]: crate::App::put_json
    pub fn profile_json(mut self, body: impl AsRef<[u8]>) -> Result<Self, String> {
        let read = StoredProfile::read_shared(body.as_ref(), false, OffsetDateTime::now_utc());
        self.profiles.extend(read.map_err(|what| what.to_string())?);
        Ok(self)
    }

    /// As [`Builder::profile_json`], and served byte for byte as given under every edition.
    ///
    /// # Errors
    ///
    /// As [`Builder::profile_json`].
    pub fn profile_json_as_given(mut self, body: impl AsRef<[u8]>) -> Result<Self, String> {
        let read = StoredProfile::read_shared(body.as_ref(), true, OffsetDateTime::now_utc());
        self.profiles.extend(read.map_err(|what| what.to_string())?);
        Ok(self)
    }

    /// What became of the profiles added so far, but for the first so many: in which form they are served,
    /// and what a strict reader would miss, as [`App::put_json`](crate::App::put_json) tells.
    #[must_use]
    pub fn added_profiles(&self, skip: usize) -> Put {
        Put::of(self.profiles.iter().skip(skip).map(|stored| |named| stored.put(named)))
    }

    /// Sends the events of every app there, of both environments, without a verification request: the
    /// receiver may start after the server. An app can have an address of its own
    /// ([`App::deliver_to`](crate::App::deliver_to)); a reset returns to this one. `authorization` is the
    /// whole text of the header, or none. Default: no address, and nothing is sent.
    ///
    /// # Errors
    ///
    /// - The URL does not begin with `http://` and a host.
    /// - The text can be no header's value.
    pub fn webhook(
        mut self,
        url: impl Into<String>,
        authorization: Option<&str>,
    ) -> Result<Self, String> {
        let authorization = authorization.map(str::to_owned);
        let endpoint = Endpoint { url: url.into(), authorization };
        webhooks::check(&endpoint)?;
        self.webhook = Some(endpoint);
        Ok(self)
    }

    /// Starts as a task of the caller's runtime, which must have I/O and time enabled.
    ///
    /// # Errors
    ///
    /// - What binding says: the port is taken, or may not be used, or no such interface.
    /// - [`io::ErrorKind::InvalidInput`]: more keys than the server may have, more than 100 000 profiles,
    ///   or more bytes of them than it may keep; settings with an empty id, or with a window shorter than 1 ms.
    pub async fn start(self) -> io::Result<MockServer> {
        let address = self.address;
        MockServer::on_task(address, self.share()?)
    }

    /// Starts on a thread of its own.
    ///
    /// # Errors
    ///
    /// - As [`Builder::start`].
    /// - The system starts no more threads.
    pub fn start_on_thread(self) -> io::Result<MockServer> {
        let address = self.address;
        MockServer::on_thread(address, self.share()?)
    }

    fn share(self) -> io::Result<Arc<ServerState>> {
        let invalid = |what: String| io::Error::new(io::ErrorKind::InvalidInput, what);
        self.settings.check().map_err(|what| invalid(format!("settings: {what}")))?;
        let of_journals = self.memory_limit / JOURNALS_SHARE;
        let budget = Budget::new(self.memory_limit - of_journals);
        let defaults = Defaults {
            profiles: Arc::new(
                Table::shared(self.profiles, &budget).map_err(|what| invalid(what.to_string()))?,
            ),
            budget,
            journal_budget: Budget::new(of_journals),
            edition: self.edition,
            journal_limit: self.journal_limit,
            settings: Arc::new(self.settings),
            webhook: self.webhook,
            ids: Arc::new(RandomIds::new()),
            deliveries_wanted: Arc::default(),
            failures: Failures::default(),
            other_keys: OtherKeys::default(),
            unserved: Unserved::default(),
        };
        let apps = Apps::new(self.keys.is_empty(), self.app_limit, Arc::new(defaults));
        let mut named = HashMap::new();
        for Key { key, app: name } in self.keys {
            let app = name.as_ref().and_then(|name| named.get(name).cloned());
            let app = apps.add_key(&key, app);
            let app = app.map_err(|refusal| {
                invalid(match refusal {
                    Refusal::TooManyApps => "more keys than the server may have".to_owned(),
                    other => other.reason().to_owned(),
                })
            })?;
            if let Some(name) = name {
                named.insert(name, app);
            }
        }
        Ok(Arc::new(ServerState::new(apps, self.connection_limit, self.admin, self.journal_limit)))
    }
}

/// One entry of the list of keys.
struct Key {
    key: String,
    app: Option<String>,
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key").field("key", &"***").field("app", &self.app).finish()
    }
}
