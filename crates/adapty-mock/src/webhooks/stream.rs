//! The events of an app without any HTTP.

use bytes::Bytes;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::app::{App, event::Event};

/// One event, as it would be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SentEvent {
    /// Its `event_type`.
    pub event_type: &'static str,
    /// The JSON that a webhook's request has for its body.
    pub body: Bytes,
}

/// The events of an app from when the stream was made, in the order in which they happened.
#[derive(Debug)]
pub struct EventStream(UnboundedReceiver<Event>);

impl EventStream {
    /// The next event; waits until there is one.
    pub async fn next(&mut self) -> Option<SentEvent> {
        self.0.recv().await.map(SentEvent::from)
    }

    /// The next event, if it is there already.
    pub fn try_next(&mut self) -> Option<SentEvent> {
        self.0.try_recv().ok().map(SentEvent::from)
    }
}

impl From<Event> for SentEvent {
    fn from(event: Event) -> Self {
        Self { event_type: event.event_type, body: event.body }
    }
}

/// Events without HTTP.
impl App {
    /// Every event of the app from now on, be there a webhook or not, and over every reset; on the machine's clock,
    /// those that time alone brings about as they come due.
    #[must_use]
    pub fn events(&self) -> EventStream {
        let (sender, receiver) = unbounded_channel();
        self.command(|state| state.listen(sender));
        EventStream(receiver)
    }
}
