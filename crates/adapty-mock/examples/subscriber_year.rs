//! A year in the life of a subscriber, as a calendar: a row a month, a letter a day.
//!
//! ```text
//! cargo run -p adapty-mock --example subscriber_year
//! ```

#![expect(clippy::print_stdout, reason = "a program for the terminal")]

use adapty_mock::adapty_model::time::{Date, Month, OffsetDateTime};
use adapty_mock::adapty_model::{AccessLevel, ProfileResponse};
use adapty_mock::{App, EventStream, Identity, MockServer, NewSubscription, Period};

const JANE: &str = "jane.doe@example.com";

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let server = MockServer::start().await;
    let app = server.app("the key of this year");
    app.set_clock(day(2030, Month::January, 1));
    let mut events = app.events();

    println!("2030          T trial   P paid   C cancelled   G grace period   . no access\n");
    let subscription = app.start_subscription(
        Identity::customer(JANE),
        NewSubscription::new("premium_monthly", Period::months(1))
            .trial(Period::days(14))
            .grace_period(Period::days(10))
            .price(9.99),
    );
    for month in 1..=12 {
        let month = Month::try_from(month).expect("a month");
        let mut row = String::new();
        for number in 1..=month.length(2030) {
            app.advance_to(day(2030, month, number));
            match (month, number) {
                (Month::April, 10) => subscription.fail_payment(),
                (Month::April, 20) => subscription.recover(),
                (Month::June, 3) => subscription.cancel_renewal(),
                (Month::September, 1) => subscription.renew(),
                (Month::December, 20) => subscription.refund(),
                _ => {}
            }
            row.push(letter(&app));
        }
        println!("{:<10}    {row}", month.to_string());
        tell(&mut events);
    }
    println!("\nJane paid ${:.2}.", profile(&app).1);
}

/// Says what happened in a month.
fn tell(events: &mut EventStream) {
    while let Some(event) = events.try_next() {
        let body: serde_json::Value = serde_json::from_slice(&event.body).expect("JSON");
        if event.event_type != "access_level_updated" {
            let date = body["event_datetime"].as_str().unwrap_or_default();
            println!("{:14}{}  {}", "", &date[5..10], event.event_type);
        }
    }
}

/// What kind of day it is.
fn letter(app: &App) -> char {
    let now = app.now();
    let (level, _) = profile(app);
    match level {
        Some(level) if !level.is_active(now) => '.',
        Some(level) if level.was_in_grace_period() => 'G',
        Some(level) if level.offer.is_some() => 'T',
        Some(level) if level.is_renewal_cancelled() => 'C',
        Some(_) => 'P',
        None => '.',
    }
}

/// Jane's access level, and what she paid.
fn profile(app: &App) -> (Option<AccessLevel>, f64) {
    let body = app.body(Identity::customer(JANE)).expect("Jane has a profile");
    let mut profile = ProfileResponse::from_json(&body).expect("it reads").data;
    (profile.access_levels.pop(), profile.total_revenue_usd.unwrap_or_default())
}

fn day(year: i32, month: Month, day: u8) -> OffsetDateTime {
    Date::from_calendar_date(year, month, day).expect("a date").midnight().assume_utc()
}
