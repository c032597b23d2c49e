//! The settings of a server.

use std::{
    collections::HashMap,
    fmt, io,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
};

use super::{MockServer, Shared, listen};
use crate::{
    Edition,
    app::Beginning,
    door::Door,
    failures::Failures,
    profiles::{Profiles, Stored},
};

/// Settings of a [`MockServer`].
#[derive(Debug)]
pub struct Builder {
    address: SocketAddr,
    keys: Vec<Key>,
    app_limit: usize,
    connection_limit: usize,
    admin: bool,
    beginning: Beginning,
}

impl Builder {
    pub(super) fn new() -> Self {
        Self {
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            keys: Vec::new(),
            app_limit: 1000,
            connection_limit: 1000,
            admin: true,
            beginning: Beginning {
                profiles: Profiles::examples(),
                edition: Edition::default(),
                journal_limit: 1000,
                redirects_missing_slash: false,
                failures: Failures::default(),
            },
        }
    }

    /// Listens here; port 0 takes a free one. Default: `127.0.0.1:0`.
    #[must_use]
    pub fn listen(mut self, address: SocketAddr) -> Self {
        self.address = address;
        self
    }

    /// Puts a key, with an app of its own, on the list. As soon as there is a list, the server
    /// answers all other keys with the documented 401. Default: no list, any key works.
    #[must_use]
    pub fn api_key(mut self, key: impl Into<String>) -> Self {
        self.keys.push(Key { key: key.into(), app: None });
        self
    }

    /// Puts a key on the list, as one of those that open the app of this name.
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
        self.beginning.journal_limit = limit;
        self
    }

    /// The edition every app begins with. Default: [`Edition::AsWritten`].
    #[must_use]
    pub fn edition(mut self, edition: Edition) -> Self {
        self.beginning.edition = edition;
        self
    }

    /// Answers a path that lacks its last slash with 301 to the right one. Default: 404.
    #[must_use]
    pub fn redirects_missing_slash(mut self, redirects: bool) -> Self {
        self.beginning.redirects_missing_slash = redirects;
        self
    }

    /// Adds a profile that every app begins with, served byte for byte as given.
    ///
    /// # Errors
    ///
    /// - It is not JSON; the message has line and column.
    /// - Neither `data.profile_id` nor `data.customer_user_id` says who it is.
    /// - There are 100 000 already.
    pub fn profile_json(mut self, body: impl Into<Vec<u8>>) -> Result<Self, String> {
        let stored = Stored::given(body.into().into())?;
        self.beginning.profiles.put(stored)?;
        Ok(self)
    }

    /// Starts as a task of the caller's runtime, which must have I/O and time enabled.
    ///
    /// # Errors
    ///
    /// - What binding says: the port is taken, or may not be used, or no such interface.
    /// - More keys than the server may have ([`io::ErrorKind::InvalidInput`]).
    pub async fn start(self) -> io::Result<MockServer> {
        let listener = listen(self.address)?;
        MockServer::on_task(listener, self.share()?)
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

    fn share(self) -> io::Result<Arc<Shared>> {
        let journal_limit = self.beginning.journal_limit;
        let door = Door::new(self.keys.is_empty(), self.app_limit, Arc::new(self.beginning));
        let mut named = HashMap::new();
        for Key { key, app: name } in self.keys {
            let app = name.as_ref().and_then(|name| named.get(name).cloned());
            let app = door.name(&key, app).ok_or_else(|| {
                io::Error::new(io::ErrorKind::InvalidInput, "more keys than the server may have")
            })?;
            if let Some(name) = name {
                named.insert(name, app);
            }
        }
        Ok(Arc::new(Shared::new(door, self.connection_limit, self.admin, journal_limit)))
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
