//! Update paywall, and what stands on it: a change of one remote config.

use std::{collections::HashSet, error::Error as StdError};

use adapty_model::{Paywall, RemoteConfig, UpdatePaywall, uuid::Uuid};
use tokio::time::Instant;

use crate::{Client, Error, ErrorKind, Response};

impl Client {
    /// Replaces all remote configs of a paywall; the answer is the paywall.
    ///
    /// Repeated after a lost answer, a timeout and the statuses 408, 429, 502, 503 and 504, since the
    /// second request leaves things as the first did; not after a 500.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    ///
    /// # Panics
    ///
    /// As [`send`](Self::send).
    pub async fn update_paywall(&self, update: UpdatePaywall) -> Result<Response<Paywall>, Error> {
        self.send(update).await
    }

    /// Changes the remote config of one locale and leaves those of the others as they are; the answer is
    /// the paywall.
    ///
    /// It reads the paywall, gives `change` the text of the locale, `None` where it has none yet, and
    /// writes all remote configs back with the text that it gets; all within the call timeout. What a
    /// config has besides its locale and its text is written back, too. What somebody else writes between the two is overwritten: the API has no means against that.
    ///
    /// ```no_run
    /// # use adapty_transport::{Client, Error, adapty_model::uuid::Uuid};
    /// # async fn hide(client: &Client, id: Uuid) -> Result<(), Error> {
    /// client
    ///     .modify_remote_config(id, "en", |text| {
    ///         let mut config: serde_json::Value = serde_json::from_str(text.unwrap_or("{}"))?;
    ///         config["show_trial"] = false.into();
    ///         Ok::<_, serde_json::Error>(config.to_string())
    ///     })
    ///     .await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send), of either request; and [`Change`](ErrorKind::Change) when `change` fails,
    /// whose error is then the source, and before it is asked when the paywall has two configs of one
    /// locale. Nothing is written then.
    ///
    /// # Panics
    ///
    /// As [`send`](Self::send).
    pub async fn modify_remote_config<E>(
        &self,
        paywall_id: Uuid,
        locale: &str,
        change: impl FnOnce(Option<&str>) -> Result<String, E>,
    ) -> Result<Response<Paywall>, Error>
    where
        E: Into<Box<dyn StdError + Send + Sync>>,
    {
        let began = Instant::now();
        let mut configs = self.get_paywall(paywall_id).await?.body.remote_configs;
        let mut locales = HashSet::new();
        let second = configs.iter().position(|config| !locales.insert(config.locale.as_str()));
        if let Some(position) = second {
            let message = format!(
                "the remote config was not changed: remote_configs[{position}] has the locale of one before it"
            );
            return Err(Error::new(ErrorKind::Change, message));
        }
        let known = configs.iter_mut().find(|config| config.locale == locale);
        let changed =
            change(known.as_ref().map(|config| config.data.as_str())).map_err(|cause| {
                Error::new(ErrorKind::Change, "the remote config was not changed").caused_by(cause)
            })?;
        match known {
            Some(config) => config.data = changed,
            None => configs.push(RemoteConfig::new(locale, changed)),
        }
        let rest = self.within(self.call_timeout().saturating_sub(began.elapsed()));
        rest.update_paywall(UpdatePaywall::new(paywall_id, configs)).await
    }
}
