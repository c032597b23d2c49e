//! `/__admin/clock`: the app's time.

use adapty_model::time::OffsetDateTime;
use http::StatusCode;
use serde::{Deserialize, Deserializer, de};
use serde_json::json;
use tokio::task::yield_now;

use super::request::{AdminRequest, Mistake, done};
use crate::{
    app::{App, clock::ClockError, clock_move::ClockMove, state::State},
    dates,
    period::Period,
    reply::Reply,
};

pub(super) fn get(request: &AdminRequest) -> Result<Reply, Mistake> {
    Ok(told(&request.app))
}

/// Sets the clock, which stands still from then on.
pub(super) async fn put(request: &AdminRequest) -> Result<Reply, Mistake> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Set {
        #[serde(deserialize_with = "date")]
        now: OffsetDateTime,
    }

    let Set { now } = request.read()?;
    moved(&request.app, "now", |state| state.clock_set_to(now)).await
}

/// Makes it the machine's again.
pub(super) async fn delete(request: &AdminRequest) -> Result<Reply, Mistake> {
    moved(&request.app, "now", |_| Ok(ClockMove::TO_REAL)).await
}

/// Moves it on, by a period or to an instant.
pub(super) async fn advance(request: &AdminRequest) -> Result<Reply, Mistake> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Advance {
        by: Option<Period>,
        #[serde(default, deserialize_with = "optional_date")]
        to: Option<OffsetDateTime>,
    }

    let app = &request.app;
    match request.read()? {
        Advance { by: Some(by), to: None } => moved(app, "by", |state| state.clock_on_by(by)).await,
        Advance { by: None, to: Some(to) } => moved(app, "to", |state| state.clock_on_to(to)).await,
        _ => {
            let what = "expected either `by`, a duration, or `to`, a date";
            Err(Mistake::Body(what.to_owned()))
        }
    }
}

/// Moves the clock, and lets others have their turn on a long way. `name` is the field that says where it goes.
async fn moved(
    app: &App,
    name: &str,
    to: impl FnOnce(&State) -> Result<ClockMove, ClockError>,
) -> Result<Reply, Mistake> {
    let mut way = app.command(|state| to(state)).map_err(|error| unmoved(name, error))?;
    let mut on = || app.command(|state| state.move_clock(&mut way));
    while !on().map_err(|error| unmoved(name, error))? {
        yield_now().await;
    }
    Ok(told(app))
}

/// What is wrong with the field that says where the clock goes.
fn unmoved(name: &str, error: ClockError) -> Mistake {
    match error {
        ClockError::NoRoom(what) => {
            Mistake::Other(StatusCode::INSUFFICIENT_STORAGE, "insufficient_storage", what)
        }
        error => Mistake::Body(format!("{name}: {error}")),
    }
}

fn told(app: &App) -> Reply {
    let (now, is_set) = app.command(|state| (state.now(), state.is_clock_set()));
    done(&json!({"now": dates::write(now), "set": is_set}))
}

fn date<'de, D: Deserializer<'de>>(deserializer: D) -> Result<OffsetDateTime, D::Error> {
    let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
    let no_date = || de::Error::custom(format_args!("`{text}` is no date with time and zone"));
    dates::read(&text).ok_or_else(no_date)
}

fn optional_date<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<OffsetDateTime>, D::Error> {
    date(deserializer).map(Some)
}
