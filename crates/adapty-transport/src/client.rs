//! The client, and the one way it sends every operation.

use std::{fmt, sync::Arc, time::Duration};

use adapty_model::Operation;
use tracing::{Instrument, debug_span};

use crate::{error::Error, response::Response, send::Connections};

/// Asks Adapty's server-side API with one key.
///
/// Cheap to clone; clones share one pool of connections. Works on tokio's current-thread and
/// multi-thread runtimes, with time and network enabled; used on several, it keeps connections for
/// each.
///
/// # Dropping a call
///
/// After the future of a call is dropped no further request is sent, and the connection it uses is
/// closed at once, unless another call waits for [the same read](crate::ClientBuilder::share_reads); in
/// the backoff between attempts it has none. Only a look-up of a name that the operating system has
/// begun runs to its own end.
#[derive(Clone)]
pub struct Client {
    connections: Arc<Connections>,
    call_timeout: Duration,
}

impl Client {
    /// The same client with a call timeout of at most `timeout`: for one call, or for the calls of one
    /// request with a deadline of its own.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use adapty_transport::{ApiKey, Client, Identity};
    /// # async fn ask(client: &Client) -> Result<(), adapty_transport::Error> {
    /// let hurried = client.within(Duration::from_millis(800));
    /// let response = hurried.get_profile(Identity::customer("jane.doe@example.com")).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn within(&self, timeout: Duration) -> Self {
        let connections = Arc::clone(&self.connections);
        Self { connections, call_timeout: self.call_timeout.min(timeout) }
    }

    /// Calls an operation; each has a method of its own besides.
    ///
    /// What is retried follows the operation's own [`repeat`](Operation::repeat): one that must not
    /// run twice is sent again only where it cannot have reached the server, or was refused with 429.
    ///
    /// # Errors
    ///
    /// Every [`ErrorKind`]; [`Configuration`](crate::ErrorKind::Configuration) where a provider of keys
    /// has none, or a proxy refuses its login. Among the others
    /// - [`Identity`](crate::ErrorKind::Identity) for an id that is empty, has a control character, or
    ///   white space around it, and [`Request`](crate::ErrorKind::Request) for a body that cannot be
    ///   written; nothing is sent,
    /// - [`ProfileNotFound`](crate::ErrorKind::ProfileNotFound) and its like when the API says so in one of
    ///   the operation's codes,
    /// - [`Unauthorized`](crate::ErrorKind::Unauthorized) when it refuses the key,
    /// - [`WrongCustomer`](crate::ErrorKind::WrongCustomer) when the answer is a profile of somebody else
    ///   than was asked for,
    /// - [`MockServer`](crate::ErrorKind::MockServer) when a fake Adapty that is not on this machine is
    ///   shown a key of production,
    /// - [`Timeout`](crate::ErrorKind::Timeout) when the call's timeout passes before an answer is whole, or
    ///   before a response of another status has begun; such a response keeps its kind, however
    ///   little of its body came in time.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime with time and network enabled.
    ///
    /// [`ErrorKind`]: crate::ErrorKind
    pub async fn send<O: Operation>(&self, operation: O) -> Result<Response<O::Answer>, Error> {
        let span = debug_span!("send", operation = O::SPEC.name);
        self.connections.send(&operation, self.call_timeout).instrument(span).await
    }
}

impl Client {
    pub(crate) fn over(connections: Connections) -> Self {
        let call_timeout = connections.timeouts.call;
        Self { connections: Arc::new(connections), call_timeout }
    }

    pub(crate) fn call_timeout(&self) -> Duration {
        self.call_timeout
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("timeouts", &self.connections.timeouts)
            .field("call_timeout", &self.call_timeout)
            .field("retry", &self.connections.retry)
            .field("retry_budget", &self.connections.budget)
            .finish_non_exhaustive()
    }
}
