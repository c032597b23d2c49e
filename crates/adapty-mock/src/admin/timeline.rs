//! `/__admin/timeline`: a profile's future.

use http::StatusCode;
use serde_json::json as object;
use tokio::task::yield_now;

use super::request::{AdminRequest, Mistake, done};
use crate::{
    app::{clock::ClockError, timeline::TimelineError},
    dates,
    period::Period,
    reply::Reply,
};

/// How far a timeline goes unless it is told.
const UNTIL: Period = Period::months(12);

/// Each change of a profile's access until `until`, a date or a duration from the app's time.
pub(super) async fn get(request: &AdminRequest) -> Result<Reply, Mistake> {
    let no_identity = || Mistake::Identity("whose timeline it is stands in an identity header");
    let identity = request.identity.clone().ok_or_else(no_identity)?;
    let begun: Result<_, Mistake> = request.app.command(|state| {
        let now = state.now();
        let until = match request.parameter("until") {
            None => UNTIL.after(now),
            Some(text) => match text.parse::<Period>() {
                Ok(period) => period.after(now),
                Err(_) => dates::read(&text),
            },
        };
        let no_date = "neither a date nor a duration that ends before the year 10000";
        let wrong = |what| Mistake::Parameter("until".to_owned(), what);
        let until = until.ok_or_else(|| wrong(no_date.to_owned()))?;
        if until < now {
            let (until, now) = (dates::write(until), dates::write(now));
            return Err(wrong(format!("{until} is before the app's time, {now}")));
        }
        Ok((now, until, state.timeline(&identity, until)?))
    });
    let (now, until, mut timeline) = begun?;
    // A long future is played in steps, between which others are answered.
    while !timeline.play()? {
        yield_now().await;
    }
    let (now, until, changes) = (dates::write(now), dates::write(until), timeline.told());
    Ok(done(&object!({"now": now, "until": until, "changes": changes})))
}

impl From<TimelineError> for Mistake {
    fn from(error: TimelineError) -> Self {
        let what = error.to_string();
        match error {
            TimelineError::NoProfile => Self::NoSuchProfile,
            TimelineError::Unreadable(_) => Self::Other(StatusCode::CONFLICT, "conflict", what),
            TimelineError::Clock(ClockError::NoRoom(_)) => {
                Self::Other(StatusCode::INSUFFICIENT_STORAGE, "insufficient_storage", what)
            }
            TimelineError::TooManyChanges | TimelineError::Clock(_) => {
                Self::Parameter("until".to_owned(), what)
            }
        }
    }
}
