//! Subscriptions that live on the app's clock, and what happens to them shows in the profile.

mod renewal;
mod failed_payments;
mod product_change;
mod purchases;
mod requests;
mod one_form;
mod timeline;
mod passing_time;

use adapty_mock::{
    App, EventStream, Identity, MockServer, NewSubscription, Period, SubscriptionHandle,
    adapty_model::{
        AccessLevel, Profile, ProfileResponse, Subscription,
        time::{Date, Month, OffsetDateTime},
    },
};
use serde_json::Value;

use crate::support::*;

fn at(year: i32, month: u8, day: u8) -> OffsetDateTime {
    let month = Month::try_from(month).expect("a month");
    Date::from_calendar_date(year, month, day).expect("a date").midnight().assume_utc()
}

fn period(text: &str) -> Period {
    text.parse().expect("a period")
}

/// An app at the beginning of 2030.
async fn app() -> (MockServer, App) {
    let server = MockServer::start().await;
    let app = server.app("k");
    app.set_clock(at(2030, 1, 1));
    (server, app)
}

/// Ten dollars a month, sixteen days of grace.
fn monthly() -> NewSubscription {
    NewSubscription::new("premium_monthly", period("P1M")).price(10.0).grace_period(period("P16D"))
}

fn jane(app: &App, new: NewSubscription) -> SubscriptionHandle {
    app.start_subscription(Identity::customer(JANE), new)
}

fn profile(app: &App) -> Profile {
    let body = app.body(Identity::customer(JANE)).expect("a profile");
    ProfileResponse::from_json(&body).expect("it reads").data
}

fn level(app: &App) -> AccessLevel {
    profile(app).access_levels[0].clone()
}

fn row(app: &App) -> Subscription {
    profile(app).subscriptions[0].clone()
}

fn has_access(app: &App) -> bool {
    profile(app).access("premium", app.now()).is_granted()
}

/// The contents of the events so far, without what is drawn at random.
fn contents(events: &mut EventStream) -> Vec<Value> {
    std::iter::from_fn(|| events.try_next())
        .map(|event| {
            let mut event: Value = serde_json::from_slice(&event.body).expect("JSON");
            event["event_properties"]["profile_event_id"].take();
            event
        })
        .collect()
}
