//! The apps of one server by API key.

use std::{
    collections::HashMap,
    fmt,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use super::{App, state::Defaults};
use crate::{budget::Reservation, reply::Refusal};

/// What an app that holds nothing takes of the budget.
const APP: usize = 2048;

/// The apps of one server by API key.
pub(crate) struct Apps {
    /// Whether any key has an app of its own, not only a listed one and what goes on after it and a dot.
    open: bool,
    /// How many keys there may be.
    limit: usize,
    pub(crate) defaults: Arc<Defaults>,
    keys: RwLock<HashMap<Box<str>, Opened>>,
    /// How many apps were made so far.
    made: AtomicU64,
}

/// The app of a key.
struct Opened {
    app: App,
    /// Whether it stays as long as the server: one of the server's list, or of an app that was given one more.
    is_kept: bool,
    /// Whether nothing came under it since every app was reset.
    is_unused: AtomicBool,
    _room: Reservation,
}

impl Opened {
    /// Its app, for a request or a test.
    fn used(&self) -> App {
        self.is_unused.store(false, Ordering::Relaxed);
        self.app.clone()
    }

    /// Whether its app has nothing but its beginnings, and nobody has a handle on it.
    fn may_go(&self) -> bool {
        !self.is_kept && self.is_unused.load(Ordering::Relaxed) && self.app.is_forgotten()
    }
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
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(opened) = keys.get(key) {
            return Ok(opened.used());
        }
        if !self.open && suffix_of_named_key(&keys, key).is_none() {
            return Err(Refusal::UnknownKey);
        }
        drop(keys);
        self.insert(key, None, false)
    }

    /// Makes `key` one of `app`, or of an app of its own; an error when there is no room.
    pub(crate) fn add_key(&self, key: &str, app: Option<App>) -> Result<App, Refusal> {
        let app = self.insert(key, app, true)?;
        app.name();
        Ok(app)
    }

    fn insert(&self, key: &str, app: Option<App>, is_named: bool) -> Result<App, Refusal> {
        let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        if !keys.contains_key(key) && keys.len() >= self.limit {
            keys.retain(|_, opened| !opened.may_go());
        }
        if !keys.contains_key(key) && keys.len() >= self.limit {
            return Err(Refusal::TooManyApps);
        }
        if let (Some(opened), None) = (keys.get(key), &app) {
            return Ok(opened.used());
        }
        // The key, and what of it is shown.
        let size = 2 * key.len() + APP;
        let room = self.defaults.budget.reserve(size).or_else(|_| {
            keys.retain(|_, opened| !opened.may_go());
            self.defaults.budget.reserve(size)
        });
        let room = room.map_err(|_| Refusal::NoRoom)?;
        let suffix = suffix_of_named_key(&keys, key);
        let app = app.unwrap_or_else(|| {
            let number = self.made.fetch_add(1, Ordering::Relaxed) + 1;
            let is_named = is_named || suffix.is_some();
            let shown = suffix.filter(|suffix| {
                let before = key.strip_suffix(*suffix).unwrap_or(key).trim_end_matches('.');
                !suffix.contains(before)
            });
            App::new(Arc::clone(&self.defaults), number, is_named, shown)
        });
        let is_unused = AtomicBool::new(false);
        let opened = Opened { app: app.clone(), is_kept: is_named, is_unused, _room: room };
        keys.insert(key.into(), opened);
        Ok(app)
    }

    /// Makes every app what it was at first; says how many there are. Those that nothing comes to afterwards give
    /// way to new keys where there would be too many.
    pub(super) fn reset(&self) -> usize {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        keys.values().for_each(|opened| opened.is_unused.store(true, Ordering::Relaxed));
        drop(keys);
        let apps = self.all();
        apps.iter().for_each(App::reset);
        apps.len()
    }

    /// Every app once, in the order of first use.
    pub(crate) fn all(&self) -> Vec<App> {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        let mut apps: Vec<App> = keys.values().map(|opened| opened.app.clone()).collect();
        apps.sort_by_key(App::number);
        apps.dedup_by_key(|app| app.number());
        apps
    }
}

/// What follows a named key and a dot in a key that goes on so.
fn suffix_of_named_key<'k>(keys: &HashMap<Box<str>, Opened>, key: &'k str) -> Option<&'k str> {
    key.match_indices('.').find_map(|(dot, _)| {
        let opened = keys.get(&key[..dot])?;
        opened.app.is_named().then(|| &key[dot + 1..])
    })
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
