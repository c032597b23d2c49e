//! The apps of one server by API key.

use std::{
    collections::HashMap,
    fmt,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
};

use super::{App, state::Defaults};
use crate::reply::Refusal;

/// The apps of one server by API key.
pub(crate) struct Apps {
    /// Whether a key that is not listed has an app of its own.
    open: bool,
    /// How many keys there may be.
    limit: usize,
    pub(crate) defaults: Arc<Defaults>,
    keys: RwLock<HashMap<Box<str>, App>>,
    /// How many apps were made so far.
    made: AtomicU64,
}

impl Apps {
    pub(crate) fn new(open: bool, limit: usize, defaults: Arc<Defaults>) -> Self {
        Self { open, limit, defaults, keys: RwLock::new(HashMap::new()), made: AtomicU64::new(0) }
    }

    /// The app of a key that a test names, made on first use.
    pub(crate) fn named(&self, key: &str) -> Result<App, Refusal> {
        let app = self.app(key)?;
        app.name();
        Ok(app)
    }

    /// The app of a request's key, made on first use.
    pub(crate) fn app(&self, key: &str) -> Result<App, Refusal> {
        if let Some(app) = self.keys.read().unwrap_or_else(PoisonError::into_inner).get(key) {
            return Ok(app.clone());
        }
        if !self.open {
            return Err(Refusal::UnknownKey);
        }
        self.insert(key, None, false).ok_or(Refusal::TooManyApps)
    }

    /// Makes `key` one of `app`, or of an app of its own; `None` when there is no room.
    pub(crate) fn add_key(&self, key: &str, app: Option<App>) -> Option<App> {
        let app = self.insert(key, app, true)?;
        app.name();
        Some(app)
    }

    fn insert(&self, key: &str, app: Option<App>, is_named: bool) -> Option<App> {
        let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        if !keys.contains_key(key) && keys.len() >= self.limit {
            return None;
        }
        if let Some(app) = app {
            keys.insert(key.into(), app.clone());
            return Some(app);
        }
        let is_named = is_named || continues_a_named_key(&keys, key);
        let new = || {
            let number = self.made.fetch_add(1, Ordering::Relaxed) + 1;
            App::new(Arc::clone(&self.defaults), number, is_named)
        };
        Some(keys.entry(key.into()).or_insert_with(new).clone())
    }

    /// Every app once, in the order of first use.
    pub(crate) fn all(&self) -> Vec<App> {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        let mut apps: Vec<App> = keys.values().cloned().collect();
        apps.sort_by_key(App::number);
        apps.dedup_by_key(|app| app.number());
        apps
    }
}

/// Whether a key begins with a named one and a dot.
fn continues_a_named_key(keys: &HashMap<Box<str>, App>, key: &str) -> bool {
    let mut beginnings = key.match_indices('.').map(|(dot, _)| &key[..dot]);
    beginnings.any(|beginning| keys.get(beginning).is_some_and(App::is_named))
}

impl fmt::Debug for Apps {
    /// Says how many keys there are, and none of them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner).len();
        f.debug_struct("Apps")
            .field("open", &self.open)
            .field("keys", &keys)
            .finish_non_exhaustive()
    }
}
