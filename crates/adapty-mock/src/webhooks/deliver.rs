//! Delivering what is due, verifying where to, and the task that does so in the background.

use std::{fmt, future::poll_fn, pin::pin, sync::Arc, task::Poll};

use bytes::Bytes;
use serde::Serialize;
use tokio::{
    task::{JoinSet, yield_now},
    time::timeout,
};

use super::post::{check, post};
use crate::{
    app::{
        App,
        outbox::{Attempt, Endpoint, UndeliveredEvent},
        possible,
        server_state::ServerState,
    },
    faults::{DeliveryFault, DeliveryPlan},
};

/// What came of the request that verifies a webhook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Verification {
    /// Whether events start: any 2xx, and any JSON for a body.
    pub verified: bool,
    /// The status answered.
    pub status: Option<u16>,
    /// Why events do not start, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// A webhook that was not verified, so that no events start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnverifiedWebhook(Verification);

impl fmt::Display for UnverifiedWebhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the webhook is not verified: {}", self.0.why.as_deref().unwrap_or("no reason"))
    }
}

impl std::error::Error for UnverifiedWebhook {}

/// Webhooks in Rust.
impl App {
    /// Sends the app's events there from now on, those of test purchases too, once the address is
    /// verified: it has to answer `POST` of `{}` with a 2xx and JSON. `authorization` is the whole text of
    /// the header, or none.
    ///
    /// # Errors
    ///
    /// - The URL does not begin with `http://` and a host; the text can be no header's value.
    /// - The answer is no 2xx, or no JSON, or there is none within 10 s.
    pub async fn deliver_to(
        &self,
        url: impl Into<String>,
        authorization: Option<&str>,
    ) -> Result<(), UnverifiedWebhook> {
        let endpoint =
            Endpoint { url: url.into(), authorization: authorization.map(str::to_owned) };
        let verification = verify(&endpoint).await;
        if !verification.verified {
            return Err(UnverifiedWebhook(verification));
        }
        self.command(|state| {
            state.set_endpoint(false, Some(endpoint.clone()));
            state.set_endpoint(true, Some(endpoint));
        });
        Ok(())
    }

    /// Sends events nowhere any more.
    pub fn deliver_nowhere(&self) {
        self.command(|state| {
            state.set_endpoint(false, None);
            state.set_endpoint(true, None);
        });
    }

    /// Delivers all events that are due by the app's time, and waits until they are, or have failed.
    ///
    /// Without it they are delivered in the background, soon after they happen.
    pub async fn flush_webhooks(&self) {
        self.command(|state| state.outbox.release());
        deliver_due(self).await;
    }

    /// Sets what goes wrong with the deliveries of the events to come.
    ///
    /// # Panics
    ///
    /// When the plan has more than 10 000 steps, or one with a count of 0; when the server holds all the
    /// bytes it may.
    #[track_caller]
    pub fn put_delivery_faults(&self, plan: DeliveryPlan) {
        possible(self.command(|state| state.outbox.put_faults(plan)));
    }

    /// How many events were not delivered, by now.
    #[must_use]
    pub fn undelivered_events(&self) -> usize {
        self.command(|state| state.outbox.undelivered().count())
    }

    /// The events that were not delivered, by now; oldest first.
    #[must_use]
    pub fn undelivered(&self) -> Vec<UndeliveredEvent> {
        self.command(|state| state.outbox.undelivered().collect())
    }
}

/// Asks an address whether it wants events.
pub(crate) async fn verify(endpoint: &Endpoint) -> Verification {
    let refused = |status, why: String| Verification { verified: false, status, why: Some(why) };
    if let Err(why) = check(endpoint) {
        return refused(None, why);
    }
    match post(endpoint, Bytes::from_static(b"{}"), &DeliveryFault::None).await {
        Err(why) => refused(None, why),
        Ok(answer) if !(200..300).contains(&answer.status) => {
            refused(Some(answer.status), format!("status {} is no 2xx", answer.status))
        }
        Ok(answer) => match answer.body {
            Ok(body) if serde_json::from_slice::<serde::de::IgnoredAny>(&body).is_ok() => {
                Verification { verified: true, status: Some(answer.status), why: None }
            }
            Ok(_) => refused(Some(answer.status), "the body of the answer is no JSON".to_owned()),
            Err(why) => refused(Some(answer.status), why),
        },
    }
}

/// Delivers one after the other what is due by the app's time.
pub(crate) async fn deliver_due(app: &App) {
    // One at a time: whoever waits here finds nothing left.
    let _delivering = app.delivering().lock().await;
    loop {
        let reset = app.next_reset();
        let Some(due) = app.command(|state| state.outbox.due(state.now())) else { return };
        let answered = post(&due.endpoint, due.body.clone(), &due.fault);
        // Nobody waits for the answer to an event that is gone.
        let Some(answered) = unless(reset, answered).await else { continue };
        let (status, error) = match answered {
            Ok(answer) => (Some(answer.status), None),
            Err(why) => (None, Some(why)),
        };
        app.command(|state| {
            // The clock may have gone back in the meantime.
            let attempt = Attempt { at: due.at.min(state.now()), status, error };
            state.outbox.record(&due, attempt);
        });
    }
}

/// Runs until it is done, or until something else is, which drops it.
async fn unless<T>(over: impl Future<Output = ()>, run: impl Future<Output = T>) -> Option<T> {
    let (mut over, mut run) = (pin!(over), pin!(run));
    poll_fn(|context| match run.as_mut().poll(context) {
        Poll::Ready(done) => Poll::Ready(Some(done)),
        Poll::Pending => over.as_mut().poll(context).map(|()| None),
    })
    .await
}

/// Delivers in the background for as long as the server lives.
pub(crate) async fn work(server: Arc<ServerState>) {
    let wanted = Arc::clone(&server.apps.defaults.deliveries_wanted);
    let mut delivering = JoinSet::new();
    loop {
        let apps = server.apps.all();
        for app in apps.iter().filter(|app| app.has_due_delivery()) {
            let (app, wanted) = (app.clone(), Arc::clone(&wanted));
            delivering.spawn(async move {
                deliver_due(&app).await;
                wanted.notify_one();
            });
        }
        // They begin before the next look, which passes over those that are at it.
        yield_now().await;
        while delivering.try_join_next().is_some() {}
        match apps.iter().filter_map(App::next_delivery).min() {
            None => wanted.notified().await,
            Some(left) => drop(timeout(left, wanted.notified()).await),
        }
    }
}
