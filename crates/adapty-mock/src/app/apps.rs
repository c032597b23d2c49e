//! The apps of one server by API key.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, PoisonError, RwLock},
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
}

impl Apps {
    pub(crate) fn new(open: bool, limit: usize, defaults: Arc<Defaults>) -> Self {
        Self { open, limit, defaults, keys: RwLock::new(HashMap::new()) }
    }

    /// The app of a key, made on first use.
    pub(crate) fn app(&self, key: &str) -> Result<App, Refusal> {
        if let Some(app) = self.keys.read().unwrap_or_else(PoisonError::into_inner).get(key) {
            return Ok(app.clone());
        }
        if !self.open {
            return Err(Refusal::UnknownKey);
        }
        self.add_key(key, None).ok_or(Refusal::TooManyApps)
    }

    /// Makes `key` one of `app`, or of an app of its own; `None` when there is no room.
    pub(crate) fn add_key(&self, key: &str, app: Option<App>) -> Option<App> {
        let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        if !keys.contains_key(key) && keys.len() >= self.limit {
            return None;
        }
        if let Some(app) = app {
            keys.insert(key.into(), app.clone());
            return Some(app);
        }
        let new = || App::new(Arc::clone(&self.defaults));
        Some(keys.entry(key.into()).or_insert_with(new).clone())
    }

    /// Every app once.
    pub(crate) fn all(&self) -> Vec<App> {
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
