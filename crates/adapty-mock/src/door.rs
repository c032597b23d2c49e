//! Which API key opens which app.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, PoisonError, RwLock},
};

use crate::{App, app::Beginning, reply::Refusal};

/// The apps of one server by key.
pub(crate) struct Door {
    /// Whether a key that nobody named opens an app of its own.
    pub(crate) open: bool,
    /// How many keys there may be.
    pub(crate) limit: usize,
    pub(crate) beginning: Arc<Beginning>,
    keys: RwLock<HashMap<Box<str>, App>>,
}

impl Door {
    pub(crate) fn new(open: bool, limit: usize, beginning: Arc<Beginning>) -> Self {
        Self { open, limit, beginning, keys: RwLock::new(HashMap::new()) }
    }

    /// The app a request's key opens, made on first use.
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
