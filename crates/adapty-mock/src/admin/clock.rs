//! `/__admin/clock`: the app's time.

use adapty_model::time::OffsetDateTime;
use http::StatusCode;
use serde::{Deserialize, Deserializer, de};
use serde_json::json;
use tokio::task::yield_now;

use super::request::{AdminRequest, Mistake, done};
use crate::{
    app::{
        App,
        clock::{AT_ONCE, ClockError},
    },
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
    // Asked first: a date that cannot be counted from then leaves the clock where it is.
    let counted = request.app.command(|state| state.counted_from(now).map(drop));
    counted.map_err(|error| unmoved("now", error))?;
    let told = moved(&request.app, "now", Ok(now)).await?;
    let counted = request.app.command(|state| state.count_from(now));
    counted.map_err(|error| unmoved("now", error))?;
    Ok(told)
}

/// Makes it the machine's again.
pub(super) fn delete(request: &AdminRequest) -> Result<Reply, Mistake> {
    request.app.reset_clock();
    Ok(told(&request.app))
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

    let (name, to) = match request.read()? {
        Advance { by: Some(by), to: None } => ("by", request.app.command(|state| state.after(by))),
        Advance { by: None, to: Some(to) } => {
            ("to", request.app.command(|state| state.not_before_now(to)))
        }
        _ => {
            let what = "expected either `by`, a duration, or `to`, a date";
            return Err(Mistake::Body(what.to_owned()));
        }
    };
    moved(&request.app, name, to).await
}

/// Moves the clock, and lets others have their turn on a long way. `name` is the field that says where it goes.
async fn moved(
    app: &App,
    name: &str,
    to: Result<OffsetDateTime, ClockError>,
) -> Result<Reply, Mistake> {
    let to = to.map_err(|error| unmoved(name, error))?;
    let on = || app.command(|state| state.move_clock(to, AT_ONCE));
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
