//! `/__admin/clock`: the app's time.

use adapty_model::time::OffsetDateTime;
use http::StatusCode;
use serde::{Deserialize, Deserializer, de};
use serde_json::json;

use super::request::{AdminRequest, Mistake, done};
use crate::{
    app::{App, clock::ClockError},
    dates,
    period::Period,
    reply::Reply,
};

pub(super) fn get(request: &AdminRequest) -> Result<Reply, Mistake> {
    Ok(told(&request.app))
}

/// Sets the clock, which stands still from then on.
pub(super) fn put(request: &AdminRequest) -> Result<Reply, Mistake> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Set {
        #[serde(deserialize_with = "date")]
        now: OffsetDateTime,
    }

    let Set { now } = request.read()?;
    let set = request.app.command(|state| state.put_clock(now));
    set.map_err(|error| unmoved("now", error))?;
    Ok(told(&request.app))
}

/// Makes it the machine's again.
pub(super) fn delete(request: &AdminRequest) -> Result<Reply, Mistake> {
    request.app.reset_clock();
    Ok(told(&request.app))
}

/// Moves it on, by a period or to an instant.
pub(super) fn advance(request: &AdminRequest) -> Result<Reply, Mistake> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Advance {
        by: Option<Period>,
        #[serde(default, deserialize_with = "optional_date")]
        to: Option<OffsetDateTime>,
    }

    let (name, advanced) = match request.read()? {
        Advance { by: Some(by), to: None } => {
            ("by", request.app.command(|state| state.advance(by)))
        }
        Advance { by: None, to: Some(to) } => {
            ("to", request.app.command(|state| state.advance_to(to)))
        }
        _ => {
            let what = "expected either `by`, a duration, or `to`, a date";
            return Err(Mistake::Body(what.to_owned()));
        }
    };
    advanced.map_err(|error| unmoved(name, error))?;
    Ok(told(&request.app))
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
