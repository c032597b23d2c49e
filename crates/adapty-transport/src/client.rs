//! The client: one call from its beginning to its end.

use std::{
    env, fmt,
    sync::Arc,
    time::{Duration, SystemTime},
};

use adapty_model::Profile;
use hyper::header::{HeaderName, HeaderValue};
use tokio::time::{Instant, sleep};
use tracing::{Instrument, debug, debug_span};

use crate::{
    api_key::ApiKey,
    attempt::exchange,
    builder::ClientBuilder,
    environment,
    error::{Error, ErrorKind},
    identity::Identity,
    pool::Pool,
    request::Requests,
    response::read_profile,
    retry::{RetryPolicy, Turn, until_settled},
    secrets::Secrets,
    timeout::{Timeouts, Window},
};

/// Asks Adapty's server-side API with one key.
///
/// Cheap to clone; clones share one pool of connections. Works on tokio's current-thread and
/// multi-thread runtimes, with time and network enabled; used on several, it keeps connections for
/// each.
///
/// # Dropping a call
///
/// After the future of a call is dropped no further request is sent, and the connection it has in
/// hand is closed at once; in a pause between attempts it has none. Only a look-up of a name that the
/// operating system has begun runs to its own end.
#[derive(Clone)]
pub struct Client {
    parts: Arc<Parts>,
    call_limit: Duration,
}

/// A client's settings and connections, as its builder made them.
pub(crate) struct Parts {
    pub(crate) key: ApiKey,
    pub(crate) requests: Requests,
    pub(crate) pool: Pool,
    pub(crate) timeouts: Timeouts,
    pub(crate) retry: RetryPolicy,
    pub(crate) largest_body: usize,
}

/// A profile, and how it was come by.
///
/// [`Debug`](fmt::Debug) leaves the profile out, which names its customer.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct ProfileAnswer {
    /// The profile.
    pub profile: Profile,
    /// The answer's `Request-Id`, by which Adapty's support finds the call; 32 hexadecimal digits
    /// in the documents, and absent from the newer ones.
    pub request_id: Option<String>,
    /// How many requests it took, from 1.
    pub attempts: u32,
}

impl Client {
    /// A client of the real API with every default.
    ///
    /// # Panics
    ///
    /// Never: the defaults are settings that [`ClientBuilder::build`] accepts.
    #[must_use]
    pub fn new(key: ApiKey) -> Self {
        Self::builder(key).build().expect("the defaults are good")
    }

    /// A client with other settings.
    pub fn builder(key: ApiKey) -> ClientBuilder {
        ClientBuilder::new(key)
    }

    /// A client as the environment describes it: `ADAPTY_API_KEY` or `ADAPTY_SECRET_API_KEY`, and
    /// `ADAPTY_API_URL` where it is not the real API. `ADAPTY_SEND_KEY_UNENCRYPTED=1` is
    /// [`send_key_unencrypted`](ClientBuilder::send_key_unencrypted). A variable that is set to
    /// nothing is set: a secret that was not filled in is refused, not passed over.
    ///
    /// # Errors
    ///
    /// [`Configuration`](ErrorKind::Configuration) when
    /// - neither key is set, both are and differ, or the one that is set is no [`ApiKey`],
    /// - a variable is not UTF-8,
    /// - `ADAPTY_SEND_KEY_UNENCRYPTED` is neither `0` nor `1`,
    /// - [`ClientBuilder::build`] refuses the URL.
    pub fn from_env() -> Result<Self, Error> {
        environment::read(|name| env::var_os(name))?.build()
    }

    /// The same client with a call limit of at most `limit`: for one call, or for the calls of one
    /// request with a deadline of its own.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use adapty_transport::{ApiKey, Client, Identity};
    /// # async fn ask(client: &Client) -> Result<(), adapty_transport::Error> {
    /// let hurried = client.within(Duration::from_millis(800));
    /// let answer = hurried.get_profile(Identity::customer("jane.doe@example.com")).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn within(&self, limit: Duration) -> Self {
        Self { parts: Arc::clone(&self.parts), call_limit: self.call_limit.min(limit) }
    }

    /// The profile of one user.
    ///
    /// # Errors
    ///
    /// Every [`ErrorKind`] but [`Configuration`](ErrorKind::Configuration), and among them
    /// - [`Identity`](ErrorKind::Identity) for an id that is empty, has a control character, or
    ///   white space around it; nothing is sent,
    /// - [`ProfileNotFound`](ErrorKind::ProfileNotFound) when the API says so,
    /// - [`Unauthorized`](ErrorKind::Unauthorized) when it refuses the key,
    /// - [`Timeout`](ErrorKind::Timeout) when the call's limit passes before a profile is whole, or
    ///   before an answer of another status has begun; such an answer keeps its kind, however little
    ///   of its body came in time.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime with time and network enabled.
    pub async fn get_profile(&self, identity: impl Into<Identity>) -> Result<ProfileAnswer, Error> {
        self.call(identity.into()).instrument(debug_span!("get_profile")).await
    }

    /// The profile of one user, or `None` when the API itself says that there is none.
    ///
    /// A 404 that does not say so in one of the API's codes (a proxy's page, an empty body, `{}`)
    /// is an error: it proves nothing about the user.
    ///
    /// # Errors
    ///
    /// As [`get_profile`](Self::get_profile), but for
    /// [`ProfileNotFound`](ErrorKind::ProfileNotFound).
    ///
    /// # Panics
    ///
    /// As [`get_profile`](Self::get_profile).
    pub async fn find_profile(
        &self,
        identity: impl Into<Identity>,
    ) -> Result<Option<ProfileAnswer>, Error> {
        match self.get_profile(identity).await {
            Ok(answer) => Ok(Some(answer)),
            Err(error) if error.kind() == ErrorKind::ProfileNotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    pub(crate) fn of(parts: Parts) -> Self {
        let call_limit = parts.timeouts.call;
        Self { parts: Arc::new(parts), call_limit }
    }

    async fn call(&self, identity: Identity) -> Result<ProfileAnswer, Error> {
        let call_ends = Instant::now() + self.call_limit;
        let identity = identity
            .into_header()
            .inspect_err(|error| debug!(kind = ?error.kind(), "call refused"))?;
        let attempt = |turn| self.attempt(turn, &identity, call_ends);
        let ((profile, request_id), attempts) =
            until_settled(self.parts.retry, call_ends, attempt, sleep, fastrand::f64).await?;
        Ok(ProfileAnswer { profile, request_id, attempts })
    }

    async fn attempt(
        &self,
        turn: Turn,
        identity: &(HeaderName, HeaderValue),
        call_ends: Instant,
    ) -> Result<(Profile, Option<String>), Error> {
        let parts = &*self.parts;
        let began = Instant::now();
        let window = Window::open(began, parts.timeouts.attempt, call_ends, self.call_limit);
        let outcome = exchange(
            &parts.pool,
            turn.on_new_connection,
            parts.requests.get_profile(identity),
            window,
            parts.largest_body,
        )
        .await
        .and_then(|answer| {
            read_profile(answer, &Secrets::new(&parts.key, &identity.1), SystemTime::now)
        });
        match &outcome {
            Ok((_, request_id)) => debug!(
                attempt = turn.number,
                waited = ?turn.waited,
                status = 200,
                request_id = request_id.as_deref(),
                took = ?began.elapsed(),
                "profile read"
            ),
            Err(error) => debug!(
                attempt = turn.number,
                waited = ?turn.waited,
                kind = ?error.kind(),
                status = error.status(),
                request_id = error.request_id(),
                took = ?began.elapsed(),
                "attempt failed"
            ),
        }
        outcome
    }
}

impl fmt::Debug for ProfileAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProfileAnswer")
            .field("request_id", &self.request_id)
            .field("attempts", &self.attempts)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("timeouts", &self.parts.timeouts)
            .field("call_limit", &self.call_limit)
            .field("retry", &self.parts.retry)
            .finish_non_exhaustive()
    }
}
