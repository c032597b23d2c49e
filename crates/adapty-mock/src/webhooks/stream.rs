//! The events of an app without any HTTP.

use bytes::Bytes;

use crate::app::{App, event::Event, listeners::Listening, state::State};

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
///
/// Events wait to be read: 10 000 of them, or as many as there is room for in what the server may keep. Beyond
/// that the oldest give way to the newest, and [`missed`](Self::missed) counts them.
#[derive(Debug)]
pub struct EventStream(Listening);

impl EventStream {
    /// The next event; waits until there is one. `None` when the app is gone.
    pub async fn next(&mut self) -> Option<SentEvent> {
        self.0.next().await.map(SentEvent::from)
    }

    /// The next event, if it is there already.
    pub fn try_next(&mut self) -> Option<SentEvent> {
        self.0.try_next().map(SentEvent::from)
    }

    /// How many events were not read in time, and are lost to this stream.
    #[must_use]
    pub fn missed(&self) -> u64 {
        self.0.missed()
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
    /// those that time alone brings about as they come due. As many wait to be read as [`EventStream`] says.
    #[must_use]
    pub fn events(&self) -> EventStream {
        EventStream(self.command(State::listen))
    }
}
