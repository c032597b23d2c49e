//! What the crate tells `tracing`, kept for the test that made it speak.

use std::{
    cell::RefCell,
    fmt::Debug,
    sync::{LazyLock, Mutex},
};

use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};

/// Hears everything, of every crate and level, from here on.
///
/// A subscriber a test would come too late: whether anybody listens is kept for each place that
/// speaks, and found out once, when it first does.
pub(crate) fn listen() {
    static LISTENING: LazyLock<()> = LazyLock::new(|| {
        tracing::subscriber::set_global_default(Listener).unwrap();
    });
    LazyLock::force(&LISTENING);
}

/// The lines told on this thread while `work` ran, one a span or event; `work` tells whether the
/// call went as the test says.
#[track_caller]
pub(crate) fn traces(work: impl FnOnce() -> bool) -> Traces {
    listen();
    LINES.take();
    assert!(work(), "the call did not go as the test says");
    Traces(LINES.take())
}

pub(crate) struct Traces(Vec<String>);

impl Traces {
    /// In how many lines `text` occurs.
    pub(crate) fn count(&self, text: &str) -> usize {
        self.0.iter().filter(|line| line.contains(text)).count()
    }

    pub(crate) fn all(&self) -> String {
        self.0.join("\n")
    }
}

thread_local! {
    static LINES: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
    static WITHIN: RefCell<Vec<&'static str>> = const { RefCell::new(Vec::new()) };
}

/// The names of all spans, by their id less one. A span may be entered on another thread.
static SPANS: Mutex<Vec<&'static str>> = Mutex::new(Vec::new());

struct Listener;

impl Subscriber for Listener {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut fields = Fields::default();
        span.record(&mut fields);
        let name = span.metadata().name();
        say(format!("span {name}{}", fields.others));
        let mut spans = SPANS.lock().unwrap();
        spans.push(name);
        Id::from_u64(spans.len() as u64)
    }

    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let span = WITHIN.with_borrow(|within| within.last().copied().unwrap_or("nothing"));
        say(format!("in {span}: {}{}", fields.message, fields.others));
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        let mut fields = Fields::default();
        values.record(&mut fields);
        say(fields.others);
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn enter(&self, span: &Id) {
        let index = usize::try_from(span.into_u64()).unwrap() - 1;
        let name = SPANS.lock().unwrap()[index];
        WITHIN.with_borrow_mut(|within| within.push(name));
    }

    fn exit(&self, _: &Id) {
        WITHIN.with_borrow_mut(Vec::pop);
    }
}

fn say(line: String) {
    LINES.with_borrow_mut(|lines| lines.push(line));
}

#[derive(Default)]
struct Fields {
    message: String,
    others: String,
}

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.record_debug(field, &format_args!("{value}"));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        match field.name() {
            "message" => self.message = format!("{value:?}"),
            name => self.others += &format!(" {name}={value:?}"),
        }
    }
}
