//! The apps of one server by API key.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, PoisonError, RwLock},
};

use super::{App, state::Defaults};
use crate::{budget::Reservation, reply::Refusal};

/// What an app that holds nothing takes of the budget.
const APP: usize = 2048;

/// The apps of one server by API key.
pub(crate) struct Apps {
    /// Whether a key that is not listed has an app of its own.
    open: bool,
    /// How many keys there may be.
    limit: usize,
    pub(crate) defaults: Arc<Defaults>,
    keys: RwLock<HashMap<Box<str>, Opened>>,
}

/// The app of a key.
struct Opened {
    app: App,
    _room: Reservation,
}

impl Apps {
    pub(crate) fn new(open: bool, limit: usize, defaults: Arc<Defaults>) -> Self {
        Self { open, limit, defaults, keys: RwLock::new(HashMap::new()) }
    }

    /// The app of a key, made on first use.
    pub(crate) fn app(&self, key: &str) -> Result<App, Refusal> {
        if let Some(opened) = self.keys.read().unwrap_or_else(PoisonError::into_inner).get(key) {
            return Ok(opened.app.clone());
        }
        if !self.open {
            return Err(Refusal::UnknownKey);
        }
        self.add_key(key, None)
    }

    /// Makes `key` one of `app`, or of an app of its own; an error when there is no room.
    pub(crate) fn add_key(&self, key: &str, app: Option<App>) -> Result<App, Refusal> {
        let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        if !keys.contains_key(key) && keys.len() >= self.limit {
            return Err(Refusal::TooManyApps);
        }
        if let (Some(opened), None) = (keys.get(key), &app) {
            return Ok(opened.app.clone());
        }
        let room = self.defaults.budget.reserve(key.len() + APP);
        let room = room.map_err(|_| Refusal::NoRoom)?;
        let app = app.unwrap_or_else(|| App::new(Arc::clone(&self.defaults)));
        keys.insert(key.into(), Opened { app: app.clone(), _room: room });
        Ok(app)
    }

    /// Every app once.
    pub(crate) fn all(&self) -> Vec<App> {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        let mut apps: Vec<App> = Vec::new();
        for Opened { app, .. } in keys.values() {
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
