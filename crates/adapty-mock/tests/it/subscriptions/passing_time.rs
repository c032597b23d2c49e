//! Time that passes at once is time that passes in parts, and what a timeline tells beforehand.

use adapty_mock::{
    App, Identity, MockServer, NewPurchase, NewSubscription, Period, ProductChange,
    SubscriptionHandle, adapty_model::ProfileResponse,
};
use proptest::prelude::*;
use serde_json::Value;
use uuid::Uuid;

use super::{app, at, contents, has_access, jane, monthly, period};
use crate::admin::admin;
use crate::support::*;

/// What comes of a year that passes step by step, for customers of many kinds: profiles, access day by day
/// where it was looked at, and events.
async fn a_year(app: &App, steps: u32) -> (Vec<Value>, Vec<bool>, Vec<Value>) {
    app.set_clock(at(2030, 1, 1));
    let mut events = app.events();
    // By profile ids: one that is made for a customer is another each time.
    let id = |number: u128| Identity::from(Uuid::from_u128(number));
    let play = || monthly().store("play_store");
    let kinds = [
        monthly().trial(period("P7D")),
        monthly(),
        NewSubscription::new("weekly", period("P1W")).price(1.99),
        NewSubscription::new("annual", period("P1Y")),
        play(),
        play(),
        monthly(),
        monthly(),
        monthly().trial(period("P1M")),
    ];
    let begun: Vec<_> =
        (1..).zip(kinds).map(|(number, new)| app.start_subscription(id(number), new)).collect();
    app.make_purchase(id(10), NewPurchase::new("lifetime"));
    begun[1].cancel_renewal();
    begun[4].pause();
    begun[5].defer(period("P10D"));
    begun[6].fail_payment();
    begun[7].change_product(ProductChange::at_period_end("annual").period(period("P2M")));
    begun[8].fail_payment();
    for _ in 0..steps {
        app.advance(period(&format!("P{}D", 365 / steps)));
    }
    let mut bodies: Vec<Value> = (1..=10)
        .map(|number| {
            serde_json::from_slice(&app.body(id(number)).expect("a profile")).expect("JSON")
        })
        .collect();
    bodies[9]["data"]["non_subscriptions"][0]["purchase_id"].take();
    let access = (1..=10)
        .map(|number| {
            let body = app.body(id(number)).expect("a profile");
            let profile = ProfileResponse::from_json(&body).expect("it reads").data;
            profile.access("premium", app.now()).is_granted()
        })
        .collect();
    (bodies, access, contents(&mut events))
}

#[tokio::test]
async fn a_year_at_once_is_a_year_day_by_day_in_profiles_access_and_events() {
    let server = MockServer::start().await;
    let at_once = a_year(&server.app("one"), 1).await;
    let by_day = a_year(&server.app("other"), 365).await;
    let access = [true, false, true, true, false, true, false, true, false, true];
    assert_eq!(at_once.1, access);
    assert!(at_once.2.len() > 200, "{}", at_once.2.len());
    assert_eq!(at_once, by_day);
}

/// Something that may happen to a subscription between two looks.
#[derive(Clone, Copy, Debug)]
enum Step {
    Days(u32),
    Run(usize),
}

const VERBS: [&str; 12] = [
    "renew",
    "cancel_renewal",
    "reactivate",
    "fail_payment",
    "recover",
    "expire",
    "refund",
    "pause",
    "resume",
    "defer",
    "change_product",
    "grant",
];

/// Carries out one of the above, if it makes sense.
async fn attempt(server: &MockServer, subscription: &SubscriptionHandle, verb: usize) {
    let body = match VERBS[verb] {
        "defer" => r#"{"by": "P5D"}"#,
        "change_product" => r#"{"product": "other", "when": "period_end", "period": "P2W"}"#,
        "grant" => {
            let body = r#"{"access_level_id": "premium", "expires_at": "2030-03-05T12:00:00Z"}"#;
            grant(server, JANE, body).await;
            return;
        }
        _ => "",
    };
    let path = format!("POST subscriptions/{}/{}", subscription.id(), VERBS[verb]);
    admin(server, &path, "", body).await;
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![(1..40_u32).prop_map(Step::Days), (0..VERBS.len()).prop_map(Step::Run)];
    proptest::collection::vec(step, 1..12)
}

/// Every profile of an app after these steps, access after each, and the events; each period of days in so many parts.
fn played(steps: &[Step], parts: u32) -> (Vec<Value>, Vec<bool>, Vec<Value>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime can be built");
    runtime.block_on(async {
        let (server, app) = app().await;
        let mut events = app.events();
        let first = jane(&app, monthly().trial(period("P7D")).store("play_store"));
        // By a profile id: one that is made for a customer is another each time.
        let joe = Identity::from(Uuid::from_u128(7));
        app.start_subscription(joe.clone(), NewSubscription::new("weekly", period("P1W")));
        let mut access = Vec::new();
        for step in steps {
            match step {
                Step::Days(days) => {
                    let hours = days * 24 / parts;
                    for _ in 1..parts {
                        app.advance(period(&format!("PT{hours}H")));
                    }
                    app.advance(period(&format!("PT{}H", days * 24 - hours * (parts - 1))));
                }
                Step::Run(verb) => attempt(&server, &first, *verb).await,
            }
            access.push(has_access(&app));
        }
        let bodies =
            [Identity::customer(JANE), joe].map(|it| app.body(it).expect("both have a profile"));
        (
            bodies.map(|body| serde_json::from_slice(&body).expect("a profile is JSON")).to_vec(),
            access,
            contents(&mut events),
        )
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    /// Advancing at once is advancing bit by bit.
    #[test]
    fn time_passed_at_once_is_time_passed_in_parts(steps in steps()) {
        let at_once = played(&steps, 1);
        for parts in [2, 7] {
            prop_assert_eq!(&played(&steps, parts), &at_once);
        }
    }

    /// The timeline told beforehand is the access seen while stepping.
    #[test]
    fn the_timeline_is_the_access_seen_while_stepping(verbs in proptest::collection::vec(0..VERBS.len(), 0..4), days in 0..40_u32) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (server, app) = app().await;
            let subscription =
                jane(&app, monthly().trial(period("P7D")).store("play_store"));
            app.advance(Period::days(days));
            for verb in verbs {
                attempt(&server, &subscription, verb).await;
            }
            let until = at(2031, 6, 1);
            let timeline = app.timeline(Identity::customer(JANE), until);
            let mut granted = None;
            while app.now() < until {
                let told = timeline.iter().rfind(|change| change.at <= app.now());
                granted = told.map(|change| change.granted).or(granted);
                assert_eq!(Some(has_access(&app)), granted, "{} {timeline:?}", app.now());
                app.advance(period("PT13H"));
            }
        });
    }
}
