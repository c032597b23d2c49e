//! The key of each call: one for all, or one that is asked for.

use std::{error::Error as StdError, sync::Arc};

use crate::{api_key::ApiKey, error::Error, http::request::Credentials};

/// Where a client has its keys from.
#[derive(Clone)]
pub(crate) enum Keys {
    Fixed(Arc<Credentials>),
    Provider(Arc<KeyProvider>),
}

type KeyProvider = dyn Fn() -> Result<ApiKey, Box<dyn StdError + Send + Sync>> + Send + Sync;

impl Keys {
    pub(crate) fn fixed(key: ApiKey) -> Self {
        Self::Fixed(Arc::new(Credentials::new(key)))
    }

    /// The key of one call.
    pub(crate) fn credentials(&self) -> Result<Arc<Credentials>, Error> {
        match self {
            Self::Fixed(credentials) => Ok(Arc::clone(credentials)),
            Self::Provider(provider) => match provider() {
                Ok(key) => Ok(Arc::new(Credentials::new(key))),
                Err(cause) => {
                    Err(Error::configuration("the key provider gave no key").caused_by(cause))
                }
            },
        }
    }

    /// Whether two calls may have two keys.
    pub(crate) fn may_differ(&self) -> bool {
        matches!(self, Self::Provider(_))
    }
}
