//! The documents' flows of events, each from its first event to its last: which are sent, how many, in which
//! order, and what each says of price, end, reason and access. How they are delivered is in `webhooks`.

use adapty_mock::adapty_model::time::OffsetDateTime;
use adapty_mock::{
    App, EventStream, Identity, MockServer, NewPurchase, NewSubscription, ProductChange,
    SubscriptionHandle,
};
use serde_json::{Value, json};

use crate::support::*;

/// An app at the beginning of 2030.
async fn in_2030() -> (MockServer, App) {
    let server = MockServer::start().await;
    let app = server.app("k");
    app.set_clock(OffsetDateTime::from_unix_timestamp(1_893_456_000).expect("a date"));
    (server, app)
}

/// Ten dollars a month, sixteen days of grace.
fn monthly() -> NewSubscription {
    NewSubscription::new("monthly", "P1M".parse().expect("a period"))
        .price(10.0)
        .grace_period("P16D".parse().expect("a period"))
}

fn trial() -> NewSubscription {
    monthly().trial("P7D".parse().expect("a period"))
}

fn advance(app: &App, by: &str) {
    app.advance(by.parse().expect("a period"));
}

/// Each event so far, in words.
fn told(events: &mut EventStream) -> Vec<String> {
    std::iter::from_fn(|| events.try_next())
        .map(|event| {
            let body: Value = serde_json::from_slice(&event.body).expect("JSON");
            in_words(event.event_type, &body["event_properties"])
        })
        .collect()
}

/// `access_level_updated on renews until 2030-02-01`, `subscription_started for 10.0 until 2030-02-01`.
fn in_words(event_type: &str, properties: &Value) -> String {
    let is_level = event_type == "access_level_updated";
    let mut words = vec![event_type.to_owned()];
    if is_level {
        let choose = |name: &str, yes: &'static str, no: &'static str| {
            let is = properties[name].as_bool().unwrap_or_else(|| panic!("{name}: {properties}"));
            if is { yes.to_owned() } else { no.to_owned() }
        };
        words.extend([choose("is_active", "on", "off"), choose("will_renew", "renews", "ends")]);
        words.extend((properties["is_in_grace_period"] == true).then(|| "in grace".to_owned()));
    } else {
        words.push(format!("for {}", properties["price_usd"]));
    }
    let end = if is_level { "expires_at" } else { "subscription_expires_at" };
    words.push(match properties[end].as_str() {
        Some(end) => format!("until {}", &end[..10]),
        None => "for ever".to_owned(),
    });
    words.extend(properties["cancellation_reason"].as_str().map(|reason| format!("({reason})")));
    words.join(" ")
}

type Steps = fn(&App, &SubscriptionHandle);
/// A flow of the documents by name: what is begun, what happens, and the events behind the first two, which
/// are those of the beginning.
type Flow = (&'static str, NewSubscription, Steps, &'static [&'static str]);

/// The two events of the beginning.
const STARTED: [&str; 2] = [
    "subscription_started for 10.0 until 2030-02-01",
    "access_level_updated on renews until 2030-02-01",
];
const TRIAL_STARTED: [&str; 2] =
    ["trial_started for null until 2030-01-08", "access_level_updated on renews until 2030-01-08"];

fn flows() -> Vec<Flow> {
    let without_grace =
        || NewSubscription::new("monthly", "P1M".parse().expect("a period")).price(10.0);
    let play = || monthly().store("play_store");
    vec![
        ("first paid purchase", monthly(), |_, _| {}, &[]),
        ("trial start", trial(), |_, _| {}, &[]),
        (
            "renewal",
            monthly(),
            |app, _| advance(app, "P1M"),
            &[
                "subscription_renewed for 10.0 until 2030-03-01",
                "access_level_updated on renews until 2030-03-01",
            ],
        ),
        (
            "trial converts",
            trial(),
            |app, _| advance(app, "P7D"),
            &[
                "trial_converted for 10.0 until 2030-02-08",
                "access_level_updated on renews until 2030-02-08",
            ],
        ),
        (
            "renewal cancelled, reactivated",
            monthly(),
            |_, it| {
                it.cancel_renewal();
                it.reactivate();
            },
            &[
                "subscription_renewal_cancelled for 10.0 until 2030-02-01 (voluntarily_cancelled)",
                "access_level_updated on ends until 2030-02-01 (voluntarily_cancelled)",
                "subscription_renewal_reactivated for 10.0 until 2030-02-01",
                "access_level_updated on renews until 2030-02-01",
            ],
        ),
        (
            "trial cancelled, reactivated",
            trial(),
            |_, it| {
                it.cancel_renewal();
                it.reactivate();
            },
            &[
                "trial_renewal_cancelled for null until 2030-01-08 (voluntarily_cancelled)",
                "access_level_updated on ends until 2030-01-08 (voluntarily_cancelled)",
                "trial_renewal_reactivated for null until 2030-01-08",
                "access_level_updated on renews until 2030-01-08",
            ],
        ),
        (
            "end after cancellation",
            monthly(),
            |app, it| {
                it.cancel_renewal();
                advance(app, "P1M");
            },
            &[
                "subscription_renewal_cancelled for 10.0 until 2030-02-01 (voluntarily_cancelled)",
                "access_level_updated on ends until 2030-02-01 (voluntarily_cancelled)",
                "subscription_expired for 10.0 until 2030-02-01",
                "access_level_updated off ends until 2030-02-01 (voluntarily_cancelled)",
            ],
        ),
        (
            "end of a trial after cancellation, repurchase after a gap",
            trial(),
            |app, it| {
                it.cancel_renewal();
                advance(app, "P10D");
                it.renew();
            },
            &[
                "trial_renewal_cancelled for null until 2030-01-08 (voluntarily_cancelled)",
                "access_level_updated on ends until 2030-01-08 (voluntarily_cancelled)",
                "trial_expired for null until 2030-01-08",
                "access_level_updated off ends until 2030-01-08 (voluntarily_cancelled)",
                "trial_converted for 10.0 until 2030-02-11",
                "access_level_updated on renews until 2030-02-11",
            ],
        ),
        (
            "charge fails, grace on, payment recovers",
            monthly(),
            |app, it| {
                it.fail_payment();
                advance(app, "P1M");
                it.recover();
            },
            &[
                "billing_issue_detected for 10.0 until 2030-02-17",
                "entered_grace_period for 10.0 until 2030-02-17",
                "access_level_updated on renews in grace until 2030-02-17",
                "subscription_renewed for 10.0 until 2030-03-01",
                "access_level_updated on renews until 2030-03-01",
            ],
        ),
        (
            "charge fails after a trial, payment recovers",
            trial(),
            |app, it| {
                it.fail_payment();
                advance(app, "P7D");
                it.recover();
            },
            &[
                "billing_issue_detected for null until 2030-01-24",
                "entered_grace_period for null until 2030-01-24",
                "access_level_updated on renews in grace until 2030-01-24",
                "trial_converted for 10.0 until 2030-02-08",
                "access_level_updated on renews until 2030-02-08",
            ],
        ),
        (
            "charge fails, grace on, never recovers",
            monthly(),
            |app, it| {
                it.fail_payment();
                advance(app, "P2M");
            },
            &[
                "billing_issue_detected for 10.0 until 2030-02-17",
                "entered_grace_period for 10.0 until 2030-02-17",
                "access_level_updated on renews in grace until 2030-02-17",
                "subscription_expired for 10.0 until 2030-02-17 (billing_error)",
                "access_level_updated off ends until 2030-02-17 (billing_error)",
            ],
        ),
        (
            "charge fails after a trial, grace on, never recovers",
            trial(),
            |app, it| {
                it.fail_payment();
                advance(app, "P2M");
            },
            &[
                "billing_issue_detected for null until 2030-01-24",
                "entered_grace_period for null until 2030-01-24",
                "access_level_updated on renews in grace until 2030-01-24",
                "trial_expired for null until 2030-01-24 (billing_error)",
                "access_level_updated off ends until 2030-01-24 (billing_error)",
            ],
        ),
        (
            "charge fails, no grace, never recovers",
            without_grace(),
            |app, it| {
                it.fail_payment();
                advance(app, "P1M");
            },
            &[
                "billing_issue_detected for 10.0 until 2030-02-01",
                "access_level_updated on renews until 2030-02-01",
                "subscription_expired for 10.0 until 2030-02-01 (billing_error)",
                "access_level_updated off ends until 2030-02-01 (billing_error)",
            ],
        ),
        (
            "refund, repurchase after a gap",
            monthly(),
            |app, it| {
                it.refund();
                advance(app, "P1D");
                it.renew();
            },
            &[
                "subscription_refunded for 10.0 until 2030-01-01 (refund)",
                "access_level_updated off ends until 2030-01-01 (refund)",
                "subscription_renewed for 10.0 until 2030-02-02",
                "access_level_updated on renews until 2030-02-02",
            ],
        ),
        (
            "pause",
            play(),
            |app, it| {
                it.pause();
                advance(app, "P2M");
                it.resume();
            },
            &[
                "subscription_paused for 10.0 until 2030-02-01",
                "access_level_updated off renews until 2030-02-01",
                "subscription_renewed for 10.0 until 2030-04-01",
                "access_level_updated on renews until 2030-04-01",
            ],
        ),
        (
            "deferral",
            play(),
            |_, it| it.defer("P7D".parse().expect("a period")),
            &[
                "subscription_deferred for 10.0 until 2030-02-08",
                "access_level_updated on renews until 2030-02-08",
            ],
        ),
        (
            "upgrade now",
            monthly(),
            |app, it| {
                advance(app, "P10D");
                it.change_product(ProductChange::now("pro").price(25.0));
            },
            &[
                "subscription_refunded for 10.0 until 2030-01-11 (upgraded)",
                "subscription_started for 25.0 until 2030-02-11",
                "access_level_updated on renews until 2030-02-11",
                "access_level_updated on renews until 2030-02-11",
            ],
        ),
        (
            "downgrade",
            monthly(),
            |app, it| {
                it.change_product(ProductChange::at_period_end("basic").price(5.0));
                advance(app, "P1M");
            },
            &[
                "access_level_updated on ends until 2030-02-01",
                "subscription_expired for 10.0 until 2030-02-01",
                "subscription_started for 5.0 until 2030-03-01",
                "access_level_updated on renews until 2030-03-01",
            ],
        ),
        (
            "Stripe cancels at once",
            monthly().store("stripe"),
            |app, it| {
                advance(app, "P1D");
                it.expire();
            },
            &[
                "subscription_renewal_cancelled for 10.0 until 2030-01-02 (voluntarily_cancelled)",
                "subscription_expired for 10.0 until 2030-01-02",
                "access_level_updated off ends until 2030-01-02 (voluntarily_cancelled)",
            ],
        ),
        (
            "Stripe cancels a trial at once",
            trial().store("stripe"),
            |app, it| {
                advance(app, "P1D");
                it.expire();
            },
            &[
                "trial_renewal_cancelled for null until 2030-01-02 (voluntarily_cancelled)",
                "trial_expired for null until 2030-01-02",
                "access_level_updated off ends until 2030-01-02 (voluntarily_cancelled)",
            ],
        ),
        (
            "Stripe ends what was cancelled before",
            monthly().store("stripe"),
            |app, it| {
                it.cancel_renewal();
                advance(app, "P1D");
                it.expire();
            },
            &[
                "subscription_renewal_cancelled for 10.0 until 2030-02-01 (voluntarily_cancelled)",
                "access_level_updated on ends until 2030-02-01 (voluntarily_cancelled)",
                "subscription_expired for 10.0 until 2030-01-02",
                "access_level_updated off ends until 2030-01-02 (voluntarily_cancelled)",
            ],
        ),
        (
            "one-time purchase and its refund",
            monthly(),
            |app, _| {
                let bought = app.make_purchase(Identity::customer("buyer"), NewPurchase::new("p"));
                advance(app, "P1D");
                bought.refund();
            },
            &[
                "non_subscription_purchase for 9.99 for ever",
                "access_level_updated on ends for ever",
                "non_subscription_purchase_refunded for 9.99 for ever",
                "access_level_updated off ends until 2030-01-02 (refund)",
            ],
        ),
        (
            "what is used up and its refund",
            monthly(),
            |app, _| {
                let coins = NewPurchase::new("coins").consumable();
                app.make_purchase(Identity::customer("buyer"), coins).refund();
            },
            &[
                "non_subscription_purchase for 9.99 for ever",
                "non_subscription_purchase_refunded for 9.99 for ever",
            ],
        ),
    ]
}

/// Every event type of the documents.
const TYPES: [&str; 18] = [
    "subscription_started",
    "subscription_renewed",
    "subscription_renewal_cancelled",
    "subscription_renewal_reactivated",
    "subscription_expired",
    "subscription_paused",
    "subscription_deferred",
    "subscription_refunded",
    "trial_started",
    "trial_converted",
    "trial_expired",
    "trial_renewal_cancelled",
    "trial_renewal_reactivated",
    "billing_issue_detected",
    "entered_grace_period",
    "non_subscription_purchase",
    "non_subscription_purchase_refunded",
    "access_level_updated",
];

#[tokio::test]
async fn every_documented_event_type_is_made_in_a_flow_that_draws_it() {
    let mut made = std::collections::BTreeSet::new();
    for (name, new, steps, drawn) in flows() {
        let (_server, app) = in_2030().await;
        let mut events = app.events();
        let begun = if new.trial.is_some() { TRIAL_STARTED } else { STARTED };
        let subscription = app.start_subscription(Identity::customer(JANE), new);
        steps(&app, &subscription);
        let told = told(&mut events);
        assert_eq!(told, [&begun[..], drawn].concat(), "{name}");
        made.extend(told.iter().filter_map(|it| it.split(' ').next()).map(str::to_owned));
    }
    for event in TYPES {
        assert!(made.contains(event), "{event} is in no flow");
    }
}

#[tokio::test]
async fn a_grant_and_a_revocation_over_the_api_tell_of_the_access_level_alone() {
    let (server, app) = in_2030().await;
    let mut events = app.events();
    let body = r#"{"access_level_id": "premium", "expires_at": "2030-03-01T00:00:00Z"}"#;
    assert_eq!(grant(&server, JANE, body).await.status(), 200);
    advance(&app, "P1D");
    assert_eq!(revoke(&server, JANE, r#"{"access_level_id": "premium"}"#).await.status(), 200);
    let drawn = [
        "access_level_updated on renews until 2030-03-01",
        "access_level_updated off renews until 2030-01-02 (adapty_revoked)",
    ];
    assert_eq!(told(&mut events), drawn);
}

#[tokio::test]
async fn what_is_expired_in_a_billing_issue_or_in_grace_ends_as_the_grace_period_does() {
    for (wait, end) in [("P10D", "2030-01-11"), ("P1M", "2030-02-01")] {
        let (_server, app) = in_2030().await;
        let subscription = app.start_subscription(Identity::customer(JANE), monthly());
        subscription.fail_payment();
        advance(&app, wait);
        let mut events = app.events();
        subscription.expire();
        let drawn = [
            format!("subscription_expired for 10.0 until {end} (billing_error)"),
            format!("access_level_updated off ends until {end} (billing_error)"),
        ];
        assert_eq!(told(&mut events), drawn);
        let body = app.body(Identity::customer(JANE)).expect("a profile");
        let body: Value = serde_json::from_slice(&body).expect("JSON");
        let cancelled_at = &body["data"]["subscriptions"][0]["renewal_cancelled_at"];
        assert_eq!(*cancelled_at, json!(format!("{end}T00:00:00+00:00")));
    }
}

#[tokio::test]
async fn a_refund_after_the_end_leaves_the_end_where_it_was() {
    let (_server, app) = in_2030().await;
    let subscription = app.start_subscription(Identity::customer(JANE), monthly());
    subscription.cancel_renewal();
    advance(&app, "P2M");
    let mut events = app.events();
    subscription.refund();
    let drawn = [
        "subscription_refunded for 10.0 until 2030-02-01 (refund)",
        "access_level_updated off ends until 2030-02-01 (refund)",
    ];
    assert_eq!(told(&mut events), drawn);
}

/// The documented transaction of a subscription with other fields.
fn transaction(fields: &Value) -> String {
    let documented = fixture!("set_transaction.request.openapi.subscription");
    let mut body: Value = serde_json::from_str(documented).expect("JSON");
    body["offer"] = Value::Null;
    for (name, value) in fields.as_object().expect("fields") {
        body[name] = value.clone();
    }
    body.to_string()
}

#[tokio::test]
async fn what_a_transaction_tells_of_has_the_date_that_it_states() {
    let (server, app) = in_2030().await;
    let mut events = app.events();
    let issue = json!({"expires_at": "2030-06-01T00:00:00Z", "billing_issue_detected_at": "2029-12-30T00:00:00Z"});
    let refund = json!({"refunded_at": "2029-12-31T00:00:00Z", "cancellation_reason": "refund"});
    for (fields, date) in [
        (json!({"expires_at": "2030-06-01T00:00:00Z"}), "2024-01-15T10:30:00.000000+0000"),
        (issue, "2029-12-30T00:00:00.000000+0000"),
        (refund, "2029-12-31T00:00:00.000000+0000"),
    ] {
        let body = transaction(&fields);
        let seen = transact(&server, JANE, &body).await;
        assert_eq!(seen.status(), 200, "{}", seen.text());
        let mut made = 0;
        while let Some(event) = events.try_next() {
            let event: Value = serde_json::from_slice(&event.body).expect("JSON");
            assert_eq!(event["event_datetime"], date, "{event}");
            assert_eq!(event["event_properties"]["event_datetime"], date, "{event}");
            made += 1;
        }
        assert!(made > 0, "{date}");
    }
}

#[tokio::test]
async fn what_is_shared_in_a_family_is_a_level_without_transactions_and_one_event() {
    let (server, app) = in_2030().await;
    create(&server, "child", "{}").await;
    let mut events = app.events();
    let shared = |fields: &Value| {
        let free = json!({"country": "US", "currency": "USD", "value": 0});
        let mut all = json!({"is_family_shared": true, "price": free, "environment": "Sandbox",
            "expires_at": "2030-06-01T00:00:00Z"});
        all.as_object_mut().expect("fields").extend(fields.as_object().expect("fields").clone());
        transaction(&all)
    };
    let renewal = json!({"store_transaction_id": "9", "purchased_at": "2029-12-01T00:00:00Z",
        "expires_at": "2030-07-01T00:00:00Z"});
    let mut refund = renewal.clone();
    refund["refunded_at"] = "2029-12-31T00:00:00Z".into();
    refund["cancellation_reason"] = "refund".into();
    let steps: [(Value, &[&str]); 5] = [
        (json!({}), &["access_level_updated on renews until 2030-06-01"]),
        (json!({}), &[]),
        (renewal.clone(), &["access_level_updated on renews until 2030-07-01"]),
        (json!({}), &[]),
        (refund, &["access_level_updated off ends until 2029-12-31 (refund)"]),
    ];
    for (fields, drawn) in steps {
        let body = shared(&fields);
        let answered = data(&transact(&server, "child", &body).await);
        let mut seen = Vec::new();
        while let Some(event) = events.try_next() {
            let event: Value = serde_json::from_slice(&event.body).expect("JSON");
            let properties = &event["event_properties"];
            assert_eq!(properties["transaction_id"], Value::Null);
            assert_eq!(properties["environment"], "Sandbox");
            seen.push(in_words(event["event_type"].as_str().expect("a type"), properties));
        }
        assert_eq!(seen, drawn, "{body}");
        assert_eq!(
            (&answered["subscriptions"], &answered["total_revenue_usd"]),
            (&json!([]), &json!(0.0))
        );
        let level = &answered["access_levels"][0];
        assert_eq!(level["store_original_transaction_id"], Value::Null, "{answered}");
        assert_eq!(answered["access_levels"].as_array().map(Vec::len), Some(1));
    }
    // Who was refunded stays so.
    let answered = data(&transact(&server, "child", &shared(&renewal)).await);
    assert_eq!(answered["access_levels"][0]["cancellation_reason"], "refund");
}

#[tokio::test]
async fn what_is_shared_in_a_family_for_ever_has_no_end_and_no_row_of_a_purchase() {
    let (server, app) = in_2030().await;
    let mut events = app.events();
    let documented = fixture!("set_transaction.request.openapi.one_time_purchase");
    let mut body: Value = serde_json::from_str(documented).expect("JSON");
    body["is_family_shared"] = true.into();
    body["price"]["value"] = 0.into();
    create(&server, "child", "{}").await;
    let answered = data(&transact(&server, "child", &body.to_string()).await);
    assert_eq!(told(&mut events), ["access_level_updated on ends for ever"]);
    assert_eq!(answered["non_subscriptions"], json!([]));
}

/// The properties of the events of a type so far.
fn properties(events: &mut EventStream, event_type: &str) -> Vec<Value> {
    std::iter::from_fn(|| events.try_next())
        .filter(|event| event.event_type == event_type)
        .map(|event| {
            serde_json::from_slice::<Value>(&event.body).expect("JSON")["event_properties"].clone()
        })
        .collect()
}

#[tokio::test]
async fn an_event_says_of_trial_and_currency_what_the_fake_knows() {
    let (_server, app) = in_2030().await;
    let mut events = app.events();
    app.start_subscription(Identity::customer(JANE), trial());
    let started = std::iter::from_fn(|| events.try_next()).collect::<Vec<_>>();
    let read = |at: usize| -> Value {
        serde_json::from_slice::<Value>(&started[at].body).expect("JSON")["event_properties"]
            .clone()
    };
    assert_eq!(read(0)["store_offer_number_of_periods"], 1);
    let level = read(1);
    assert_eq!((&level["currency"], &level["trial_duration"]), (&json!("USD"), &json!("7 days")));
    assert_eq!(level["active_introductory_offer_type"], "free_trial");
    assert_eq!(level["active_promotional_offer_type"], Value::Null);
    advance(&app, "P7D");
    let level = properties(&mut events, "access_level_updated").remove(0);
    assert_eq!((&level["currency"], level.get("trial_duration")), (&json!("USD"), None));
    assert_eq!(level["active_introductory_offer_type"], Value::Null);
}

#[tokio::test]
async fn a_promotional_offer_is_told_by_type_and_id() {
    let (server, app) = in_2030().await;
    let mut events = app.events();
    let offer = json!({"category": "promotional", "type": "pay_as_you_go", "id": "spring"});
    let seen = transact(&server, JANE, &transaction(&json!({"offer": offer}))).await;
    assert_eq!(seen.status(), 200, "{}", seen.text());
    let sent = std::iter::from_fn(|| events.try_next()).collect::<Vec<_>>();
    let read = |at: usize| -> Value {
        serde_json::from_slice::<Value>(&sent[at].body).expect("JSON")["event_properties"].clone()
    };
    // For how many periods it holds, only the store knows.
    assert_eq!(read(0).get("store_offer_number_of_periods"), None);
    let level = read(1);
    assert_eq!(level["active_promotional_offer_type"], "pay_as_you_go");
    assert_eq!(level["active_promotional_offer_id"], "spring");
    assert_eq!(level["active_introductory_offer_type"], Value::Null);
}

#[tokio::test]
async fn the_rate_is_that_after_the_first_year_from_the_payment_behind_a_years() {
    for (period, first) in [("P1M", 13), ("P1Y", 2), ("P3M", 5)] {
        let (_server, app) = in_2030().await;
        let mut events = app.events();
        let new = NewSubscription::new("p", period.parse().expect("a period"));
        app.start_subscription(Identity::customer(JANE), new);
        advance(&app, "P2Y");
        let renewed = properties(&mut events, "subscription_renewed");
        let late = renewed.iter().find(|it| it["rate_after_first_year"] == true);
        assert_eq!(late.expect("there is one")["consecutive_payments"], first, "{period}");
        let is_early = |it: &&Value| it["consecutive_payments"].as_i64() < Some(first);
        assert!(renewed.iter().filter(is_early).all(|it| it["rate_after_first_year"] == false));
    }
}

#[tokio::test]
async fn events_of_one_instant_follow_the_order_in_which_the_subscriptions_were_begun() {
    let (_server, app) = in_2030().await;
    let whom = ["b", "c", "a"];
    let begun = whom.map(|id| app.start_subscription(Identity::customer(id), monthly()));
    begun[1].cancel_renewal();
    let mut events = app.events();
    advance(&app, "P1M");
    let told: Vec<_> = std::iter::from_fn(|| events.try_next())
        .map(|event| {
            let body: Value = serde_json::from_slice(&event.body).expect("JSON");
            (body["customer_user_id"].as_str().expect("an id").to_owned(), event.event_type)
        })
        .collect();
    let drawn = [
        ("b", "subscription_renewed"),
        ("b", "access_level_updated"),
        ("c", "subscription_expired"),
        ("c", "access_level_updated"),
        ("a", "subscription_renewed"),
        ("a", "access_level_updated"),
    ];
    assert_eq!(told, drawn.map(|(whom, event)| (whom.to_owned(), event)));
}
