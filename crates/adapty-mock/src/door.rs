//! Which API key opens which app.

use std::{
    collections::HashMap,
    fmt,
    sync::{
        Arc, Mutex, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
};

use http::{HeaderMap, header::AUTHORIZATION};

use crate::{App, app::Beginning, refusal::Refusal};

/// The longest key that is looked at.
const KEY_LIMIT: usize = 512;

/// The apps of one server by key.
pub(crate) struct Door {
    /// Whether a key that nobody named opens an app of its own.
    pub(crate) open: bool,
    /// How many keys there may be.
    pub(crate) limit: usize,
    pub(crate) beginning: Arc<Beginning>,
    keys: RwLock<HashMap<Box<str>, App>>,
    /// How often a key was named, so that what a connection remembers can be out of date.
    changes: AtomicU64,
}

/// The app that a connection's last request opened: clients seldom change their key, and to compare
/// it is quicker than to look it up.
#[derive(Default)]
pub(crate) struct LastApp(Mutex<Option<Opened>>);

struct Opened {
    authorization: Box<[u8]>,
    changes: u64,
    app: App,
}

impl Door {
    pub(crate) fn new(open: bool, limit: usize, beginning: Arc<Beginning>) -> Self {
        Self {
            open,
            limit,
            beginning,
            keys: RwLock::new(HashMap::new()),
            changes: AtomicU64::new(0),
        }
    }

    /// The app that a request opens.
    pub(crate) fn enter(&self, headers: &HeaderMap, last: &LastApp) -> Result<App, Refusal> {
        let changes = self.changes.load(Ordering::Acquire);
        let mut last = last.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut sent = headers.get_all(AUTHORIZATION).iter();
        if let (Some(opened), Some(authorization), None) = (&*last, sent.next(), sent.next())
            && *opened.authorization == *authorization.as_bytes()
            && opened.changes == changes
        {
            return Ok(opened.app.clone());
        }
        let key = key(headers)?;
        let app = self.app(key)?;
        let authorization = headers[AUTHORIZATION].as_bytes().into();
        *last = Some(Opened { authorization, changes, app: app.clone() });
        Ok(app)
    }

    /// The app a key opens, made on first use.
    pub(crate) fn app(&self, key: &str) -> Result<App, Refusal> {
        if let Some(app) = self.keys.read().unwrap_or_else(PoisonError::into_inner).get(key) {
            return Ok(app.clone());
        }
        if !self.open {
            return Err(Refusal::UnknownKey);
        }
        self.name(key, None).ok_or(Refusal::TooManyApps)
    }

    /// Makes `key` open `app`, or an app of its own; `None` when there is no room.
    pub(crate) fn name(&self, key: &str, app: Option<App>) -> Option<App> {
        let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        if !keys.contains_key(key) && keys.len() >= self.limit {
            return None;
        }
        if let Some(app) = app {
            self.changes.fetch_add(1, Ordering::Release);
            keys.insert(key.into(), app.clone());
            return Some(app);
        }
        let made = || App::new(Arc::clone(&self.beginning));
        Some(keys.entry(key.into()).or_insert_with(made).clone())
    }

    /// Every app once.
    pub(crate) fn apps(&self) -> Vec<App> {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        let mut apps: Vec<App> = Vec::new();
        for app in keys.values() {
            if !apps.iter().any(|known| known.is(app)) {
                apps.push(app.clone());
            }
        }
        apps
    }
}

/// The key of a request: `Authorization: Api-Key <key>`, written exactly so.
pub(crate) fn key(headers: &HeaderMap) -> Result<&str, Refusal> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let value = values.next().ok_or(Refusal::NoKey)?;
    if values.next().is_some() {
        return Err(Refusal::RepeatedKey);
    }
    let value = value.to_str().map_err(|_| Refusal::OtherScheme)?;
    let Some(rest) = value.strip_prefix("Api-Key") else {
        let bearer =
            value.split(' ').next().is_some_and(|word| word.eq_ignore_ascii_case("bearer"));
        return Err(if bearer { Refusal::BearerScheme } else { Refusal::OtherScheme });
    };
    match rest.strip_prefix(' ') {
        _ if rest.trim().is_empty() => Err(Refusal::EmptyKey),
        Some(key) if key.len() > KEY_LIMIT => Err(Refusal::KeyTooLong),
        Some(key) if !key.starts_with(' ') => Ok(key),
        _ => Err(Refusal::OtherScheme),
    }
}

impl fmt::Debug for LastApp {
    /// Not the key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LastApp").finish_non_exhaustive()
    }
}

impl fmt::Debug for Door {
    /// Says how many keys there are, and none of them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner).len();
        f.debug_struct("Door")
            .field("open", &self.open)
            .field("keys", &keys)
            .finish_non_exhaustive()
    }
}
