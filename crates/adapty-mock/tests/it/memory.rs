//! What a server keeps is bounded for all of its apps together, and what would be more is refused
//! without losing anything. Profiles alone are in `profiles`.

use adapty_mock::{
    Answer, Edition, Fault, Filter, Identity, MockServer, NewSubscription, Plan, Served,
};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use uuid::Uuid;

use crate::support::*;

/// A server that keeps so many KiB beside its journals, and a third of that in them.
async fn server(kib: usize) -> MockServer {
    MockServer::builder().memory_limit(kib * 1024 / 3 * 4).start().await.expect("a free port")
}

/// A request of the admin API by the app `k`.
fn admin(what: &str, body: &str) -> String {
    let (method, path) = what.split_once(' ').expect("a method and a path");
    let length = body.len();
    format!(
        "{method} /__admin/{path} HTTP/1.1\r\nHost: mock\r\nConnection: close\r\nAuthorization: Api-Key k\r\n\
         Content-Length: {length}\r\n\r\n{body}"
    )
}

/// The list that an admin path answers.
async fn list(server: &MockServer, what: &str) -> Value {
    let seen = send(server, &admin(what, "")).await;
    serde_json::from_str(&unchunked(&seen)).expect("JSON comes out")
}

/// Leaves no room for another subscription.
async fn fill(server: &MockServer) {
    for n in 0.. {
        let row = json!({"access_level_id": "x".repeat(200)});
        let token = json!({"token": format!("{n}"), "purchase": {"access_levels": [row]}});
        if send(server, &admin("PUT stripe-tokens", &token.to_string())).await.status() == 507 {
            break;
        }
    }
}

fn plan(kib: usize) -> Plan {
    Plan::new().then(Answer::new(503).body("x".repeat(kib * 1024)))
}

#[tokio::test]
async fn a_plan_for_which_there_is_no_room_is_refused_and_leaves_the_one_before() {
    let server = server(300).await;
    let app = server.app("k");
    app.put_faults(plan(200));
    let larger = serde_json::to_string(&plan(120)).unwrap();
    let seen = send(&server, &admin("PUT faults", &larger)).await;
    assert_eq!(seen.status(), 507);
    let told: Value = serde_json::from_str(&seen.body()).unwrap();
    assert_eq!(told["error_code"], "insufficient_storage");
    let what = "the server keeps at most 307200 bytes beside its journals, and this would be more";
    assert_eq!(told["errors"][0]["errors"][0], what);
    assert_eq!(app.faults_left(), plan(200));
    assert_eq!(get(&server, "k", JANE).await.body().len(), 200 * 1024);
}

#[tokio::test]
async fn plans_of_all_identities_and_apps_share_the_budget() {
    let server = server(300).await;
    for key in ["1", "2"] {
        server.app(key).put_faults_for(Identity::customer("x"), plan(120));
    }
    let put = || server.app("3").put_faults(plan(120));
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(put)).unwrap_err();
    server.app("1").clear_faults();
    server.app("3").put_faults(plan(120));
}

#[tokio::test]
async fn a_plan_that_is_walked_through_by_many_clients_is_kept_once() {
    let server = server(300).await;
    server.app("k").put_faults(plan(250).forever());
    let mut streams = Vec::new();
    for _ in 0..20 {
        let mut stream = connect(&server).await;
        stream.write_all(request("k", JANE).as_bytes()).await.unwrap();
        streams.push(stream);
    }
    for mut stream in streams {
        assert_eq!(rest(&mut stream).await.body().len(), 250 * 1024);
    }
}

#[tokio::test]
async fn a_body_for_which_there_is_no_room_is_refused_while_it_is_read() {
    let server = server(100).await;
    let app = server.app("k");
    app.put_body(Identity::customer("me"), "before");
    let large = format!(r#"{{"data":{{"customer_user_id":"me","x":"{}"}}}}"#, "x".repeat(200_000));
    assert_eq!(send(&server, &admin("PUT profiles", &large)).await.status(), 507);
    assert_eq!(app.body(Identity::customer("me")).unwrap(), "before");
    let small = r#"{"data":{"customer_user_id":"me"}}"#;
    assert_eq!(send(&server, &admin("PUT profiles", small)).await.status(), 200);
}

#[tokio::test]
async fn many_short_profiles_are_counted_as_what_they_take_and_put_whole_or_not_at_all() {
    let server = server(100).await;
    let profile = |n: usize| format!(r#"{{"data":{{"customer_user_id":"{n}"}}}}"#);
    let many: Vec<_> = (0..1000).map(profile).collect();
    let seen = send(&server, &admin("PUT profiles", &format!("[{}]", many.join(",")))).await;
    assert_eq!(seen.status(), 507);
    assert_eq!(list(&server, "GET profiles").await["profiles"].as_array().map(Vec::len), Some(3));
}

#[tokio::test]
async fn a_journal_without_room_drops_its_oldest_and_refuses_no_request() {
    let server = server(30).await;
    let app = server.app("k");
    for _ in 0..200 {
        assert_eq!(get(&server, "k", JANE).await.status(), 200);
    }
    let (kept, dropped) = (app.requests(), app.dropped_requests());
    assert!(kept.len() > 10 && dropped > 10, "{} {dropped}", kept.len());
    assert_eq!(kept.len() as u64 + dropped, 200);
    assert_eq!(kept.last().map(|request| request.number), Some(200));
}

#[tokio::test]
async fn a_journal_gives_way_to_no_other_and_takes_no_room_of_profiles() {
    let server = server(30).await;
    for key in ["1", "2", "3"] {
        for _ in 0..100 {
            assert_eq!(get(&server, key, JANE).await.status(), 200);
        }
    }
    server.app("1").put_body(Identity::customer("large"), "x".repeat(20 * 1024));
    let anonymous = send(&server, &call("adapty-customer-user-id: x\r\n")).await;
    assert_eq!(anonymous.status(), 401);
}

#[tokio::test]
async fn a_key_for_which_there_is_no_room_is_answered_507() {
    let server = server(20).await;
    let mut statuses = Vec::new();
    for key in 0..20 {
        statuses.push(get(&server, &format!("{key}"), JANE).await.status());
    }
    assert_eq!((statuses[0], statuses[19]), (200, 507));
    let refused = get(&server, "19", JANE).await;
    assert_eq!(
        refused.reason(),
        "this server keeps as many bytes as it may; this key's app would be more"
    );
    assert_eq!(get(&server, "0", JANE).await.status(), 200);
}

#[tokio::test]
async fn a_form_for_which_there_is_no_room_is_answered_507() {
    let server = server(100).await;
    let app = server.app("k");
    let large = format!(
        r#"{{"data":{{"customer_user_id":"large","access_levels":[],"x":"{}"}}}}"#,
        "x".repeat(60_000)
    );
    app.put_json(large.clone());
    app.set_edition(Edition::OlderPage);
    assert_eq!(get(&server, "k", "large").await.status(), 507);
    app.set_edition(Edition::AsWritten);
    assert_eq!(get(&server, "k", "large").await.body(), large);
}

#[tokio::test]
async fn a_hundred_thousand_profiles_are_the_most_however_they_are_named() {
    let server = MockServer::start().await;
    let app = server.app("k");
    for n in 0..99_997_u32 {
        match n % 2 {
            0 => app.put_body(Identity::customer(n.to_string()), ""),
            _ => app.put_body(Uuid::from_u128(u128::from(n)), ""),
        };
    }
    for identity in [Identity::customer("one more"), Identity::from(Uuid::nil())] {
        let put = || app.put_body(identity.clone(), "");
        let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(put)).unwrap_err();
        let told = panic.downcast_ref::<String>().map(String::as_str);
        assert_eq!(told, Some("an app holds at most 100000 profiles"));
    }
    app.put_body(Identity::customer("0"), "another");
    app.remove_profile(Uuid::from_u128(1));
    let both = r#"{"data":{"customer_user_id":"both","profile_id":"00000000-0000-0000-0000-0000ffffffff"}}"#;
    app.put_json(both);
    assert_eq!(
        list(&server, "GET profiles").await["profiles"].as_array().map(Vec::len),
        Some(100_000)
    );
}

#[tokio::test]
async fn a_list_is_what_it_was_when_it_was_asked_for() {
    let server = MockServer::start().await;
    let app = server.app("k");
    app.remove_profiles();
    for n in 0..5000 {
        app.put_body(Identity::customer(format!("{n:0>1000}")), "");
    }
    let mut stream = connect(&server).await;
    stream.write_all(admin("GET profiles", "").as_bytes()).await.unwrap();
    stream.readable().await.unwrap();
    app.remove_profiles();
    let listed: Value = serde_json::from_str(&unchunked(&rest(&mut stream).await)).unwrap();
    let listed = listed["profiles"].as_array().unwrap();
    assert_eq!(listed.len(), 5000);
    assert_eq!(
        listed[4999],
        json!({"customer_user_id": format!("{:0>1000}", 4999), "profile_id": null})
    );
}

#[tokio::test]
async fn long_texts_of_plans_are_listed_piece_by_piece_and_come_out_whole() {
    let server = MockServer::start().await;
    let app = server.app("k");
    let text = "\u{0}\"é\\u0000\n".repeat(10_000);
    let plan = Plan::new()
        .then(Answer::new(503).header("Retry-After", "1").body(text.clone()))
        .times(3)
        .then(Fault::Raw { text, then: adapty_mock::Then::Reset })
        .then(Fault::Timeout)
        .forever()
        .for_operation("get_profile")
        .seed(9);
    app.put_faults(plan.clone());
    get(&server, "k", JANE).await;
    let listed = list(&server, "GET faults").await;
    let (_, left) = app.fault_plans().remove(0);
    assert_eq!(listed, json!({"plans": [{"for": null, "plan": left}]}));
    assert_eq!(listed["plans"][0]["plan"]["steps"][0]["count"], 2);
    assert_eq!(left.steps.len(), 3);
}

#[tokio::test]
async fn the_journal_is_listed_as_it_goes() {
    let server = MockServer::start().await;
    for customer in [JANE, "nobody"] {
        get(&server, "k", customer).await;
    }
    let app = server.app("k");
    let all = json!({"requests": app.requests(), "dropped": 0});
    assert_eq!(list(&server, "GET requests").await, all);
    let found = send(&server, &admin("POST requests/find", r#"{"status": 404}"#)).await;
    let found: Value = serde_json::from_str(&unchunked(&found)).unwrap();
    let matching: Vec<_> = app
        .requests()
        .into_iter()
        .filter(|request| Filter::any().status(404).matches(request))
        .collect();
    assert_eq!(found, json!({"requests": matching, "dropped": 0}));
}

#[tokio::test]
async fn more_items_of_a_list_than_there_may_be_are_refused_as_they_are_read() {
    let server = MockServer::start().await;
    let many = |item: &str, count| vec![item; count].join(",");
    let steps = many(r#"{"fault":"none"}"#, 10_001);
    let lines: Vec<_> = (0..101).map(|n| format!(r#""a{n}":"""#)).collect();
    let lines = lines.join(",");
    for (what, body, told) in [
        (
            "PUT faults",
            format!(r#"{{"steps":[{steps}]}}"#),
            "body: steps: there are more than 10000 at line 1 column 10",
        ),
        (
            "PUT faults",
            format!(
                r#"{{"steps":[{{"fault":{{"status":{{"code":503,"headers":{{{lines}}}}}}}}}]}}"#
            ),
            "body: steps[0].fault.status.headers: there are more than 100 at line 1 column 52",
        ),
        (
            "PUT webhook/faults",
            format!(r#"{{"steps":[{steps}]}}"#),
            "body: steps: there are more than 10000 at line 1 column 10",
        ),
        (
            "PUT currencies",
            format!(r#"{{"currencies":[{}]}}"#, many(r#"{"code":"A","name":""}"#, 1001)),
            "body: currencies: there are more than 1000 at line 1 column 15",
        ),
        (
            "PUT currencies",
            format!(r#"{{"refuse":[{}]}}"#, many(r#""idempotency_in_flight""#, 1001)),
            "body: refuse: there are more than 1000 at line 1 column 11",
        ),
        (
            "PUT paywalls",
            format!("[{}]", many("{}", 10_001)),
            "body: there are more than 10000 at line 1 column 1",
        ),
        (
            "PUT stripe-tokens",
            format!(r#"{{"token":"t","purchase":{{"subscriptions":[{}]}}}}"#, many("{}", 10_001)),
            "body: purchase.subscriptions: there are more than 10000 at line 1 column 42",
        ),
    ] {
        let seen = send(&server, &admin(what, &body)).await;
        let seen: Value = serde_json::from_str(&seen.body()).unwrap();
        assert_eq!(seen["errors"][0]["errors"][0], told, "{what}");
    }
}

#[tokio::test]
async fn what_an_app_is_given_beside_profiles_shares_the_budget_and_is_refused_whole() {
    let server = server(300).await;
    let long = "x".repeat(256);
    let many: Vec<_> =
        (0..500).map(|n| json!({"code": format!("{n}"), "name": long.as_str()})).collect();
    let row = json!({"access_level_id": "x".repeat(110_000)});
    let token = |name: &str| json!({"token": name, "purchase": {"access_levels": [row.clone()]}});
    let paywall = |n: u128| json!({"paywall_id": Uuid::from_u128(n), "x": "x".repeat(60_000)});
    let steps = vec![json!({"fault": "drop"}); 5000];
    for (what, body, listing) in [
        ("PUT currencies", json!({"enabled": false, "currencies": many}), "GET currencies"),
        ("PUT webhook/faults", json!({"steps": steps}), "GET webhook/faults"),
        ("PUT paywalls", json!([paywall(1), paywall(2), paywall(3)]), "GET paywalls"),
    ] {
        let before = list(&server, listing).await;
        let seen = send(&server, &admin(what, &body.to_string())).await;
        assert_eq!(seen.status(), 507, "{what} {}", seen.text());
        assert_eq!(list(&server, listing).await, before, "{what}");
    }
    assert_eq!(
        send(&server, &admin("PUT stripe-tokens", &token("1").to_string())).await.status(),
        200
    );
    assert_eq!(
        send(&server, &admin("PUT stripe-tokens", &token("2").to_string())).await.status(),
        507
    );
    let tokens = list(&server, "GET stripe-tokens").await;
    let kept = &tokens["tokens"]["1"]["access_levels"][0]["access_level_id"];
    assert_eq!((kept, &tokens["tokens"]["2"]), (&row["access_level_id"], &Value::Null));
}

#[tokio::test]
async fn what_happens_to_subscriptions_without_room_is_a_507_and_left_undone() {
    let server = server(100).await;
    let new = r#"{"customer_user_id": "me", "product": "p", "period": "P1M"}"#;
    assert_eq!(send(&server, &admin("POST subscriptions", new)).await.status(), 200);
    let stop = r#"{"now": "2030-01-01T00:00:00Z"}"#;
    let before = server.app("k").body(Identity::customer("me"));
    fill(&server).await;
    for (what, body) in [("POST subscriptions", new), ("PUT clock", stop)] {
        let seen = send(&server, &admin(what, body)).await;
        assert_eq!(seen.status(), 507, "{what} {}", seen.text());
        assert!(seen.body().contains("insufficient_storage"), "{what} {}", seen.text());
    }
    assert_eq!(server.app("k").body(Identity::customer("me")), before);
}

#[tokio::test]
async fn subscriptions_and_purchases_take_the_room_of_their_texts() {
    let server = server(300).await;
    let app = server.app("k");
    app.remove_profiles();
    let me = Identity::customer("me");
    let forget = || {
        app.patch_profile(
            me.clone(),
            r#"{"access_levels":[],"subscriptions":[],"non_subscriptions":[]}"#,
        )
    };
    let long = "p".repeat(40 * 1024);
    let subscription = json!({"customer_user_id": "me", "product": long, "period": "P1M"});
    let purchase = json!({"customer_user_id": "me", "product": long});
    for (what, new) in [("POST subscriptions", &subscription), ("POST purchases", &purchase)] {
        let mut statuses = Vec::new();
        for _ in 0..10 {
            statuses.push(send(&server, &admin(what, &new.to_string())).await.status());
            forget();
        }
        assert_eq!((statuses[0], statuses[9]), (200, 507), "{what}");
        app.reset();
        app.remove_profiles();
    }
    let new = NewSubscription::new("p", "P1M".parse().expect("a period"));
    for when in ["now", "period_end"] {
        let ids: Vec<_> =
            (0..10).map(|_| app.start_subscription(me.clone(), new.clone())).collect();
        let mut refused = 0;
        for id in &ids {
            let change = json!({"product": long, "when": when}).to_string();
            let before = (app.body(me.clone()), id.state());
            let seen = send(
                &server,
                &admin(&format!("POST subscriptions/{}/change_product", id.id()), &change),
            )
            .await;
            if seen.status() == 507 {
                assert_eq!((app.body(me.clone()), id.state()), before, "{when}");
                refused += 1;
            }
            forget();
        }
        assert!((1..10).contains(&refused), "{when}: {refused}");
        app.reset();
        app.remove_profiles();
        assert_eq!(
            send(&server, &admin("POST subscriptions", &subscription.to_string())).await.status(),
            200
        );
        app.reset();
        app.remove_profiles();
    }
}

#[tokio::test]
async fn a_timeline_without_room_is_a_507_that_names_the_budget() {
    let server = server(300).await;
    let app = server.app("k");
    let new = NewSubscription::new("p", "P1M".parse().expect("a period"));
    app.start_subscription(Identity::customer(JANE), new);
    fill(&server).await;
    let whom = format!("adapty-customer-user-id: {JANE}\r\n");
    let asked = anonymous("GET", "/__admin/timeline", &whom, "");
    let seen = send(&server, &asked).await;
    let what = "the server keeps at most 307200 bytes beside its journals, and this would be more";
    let told: Value = serde_json::from_str(&seen.body()).expect("JSON");
    assert_eq!((seen.status(), &told["errors"][0]["errors"][0]), (507, &json!(what)));
    let future = || app.timeline(Identity::customer(JANE), app.now());
    let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(future)).unwrap_err();
    assert_eq!(*panic.downcast::<String>().expect("a text"), what);
    send(&server, &admin("DELETE stripe-tokens", "")).await;
    assert_eq!(send(&server, &asked).await.status(), 200);
}

#[tokio::test]
async fn lists_of_all_kinds_are_written_as_they_go() {
    let server = MockServer::start().await;
    let app = server.app("k");
    app.remove_paywalls();
    let long = format!(r#"{{"paywall_id":"{}","x":"{}"}}"#, Uuid::nil(), "é".repeat(30_000));
    app.put_paywall(long.clone());
    let long: Value = serde_json::from_str(&long).unwrap();
    assert_eq!(list(&server, "GET paywalls").await, json!({"paywalls": [long]}));
    let currencies = json!({"enabled": true, "limited": true, "currencies": [{"code": "A", "name": "B"}],
        "refuse": ["idempotency_in_flight"]});
    let put = send(&server, &admin("PUT currencies", &currencies.to_string())).await;
    assert_eq!(serde_json::from_str::<Value>(&unchunked(&put)).unwrap(), currencies);
    assert_eq!(list(&server, "GET currencies").await, currencies);
    app.refuse_paddle_token("\"", adapty_mock::PaddleRefusal::NoProductsFound);
    let tokens = json!({"errors": "openapi", "tokens": {"\"": {"refusal": "no_products_found"}}});
    assert_eq!(list(&server, "GET paddle-tokens").await, tokens);
    let faults =
        json!({"steps": [{"fault": "drop", "count": 1}, {"fault": "reorder", "count": 3}]});
    send(&server, &admin("PUT webhook/faults", &faults.to_string())).await;
    assert_eq!(list(&server, "GET webhook/faults").await, faults);
    let deliveries = json!({"deliveries": [], "forgotten": 0});
    assert_eq!(list(&server, "GET webhook/deliveries").await, deliveries);
}

#[tokio::test]
async fn an_id_that_no_request_can_carry_is_refused() {
    let server = MockServer::start().await;
    let body = format!(r#"{{"data":{{"customer_user_id":"{}"}}}}"#, "x".repeat(65_537));
    let seen = send(&server, &admin("PUT profiles", &body)).await;
    let seen: Value = serde_json::from_str(&seen.body()).unwrap();
    let told = "body: customer_user_id: longer than 65536 bytes cannot be asked for";
    assert_eq!(seen["errors"][0]["errors"][0], told);
}

#[tokio::test]
async fn a_body_larger_than_a_profile_may_be_is_served_as_given_and_cannot_be_changed() {
    let server = MockServer::start().await;
    let app = server.app("k");
    let large = format!(
        r#"{{"data":{{"customer_user_id":"large","access_levels":[],"x":"{}"}}}}"#,
        "x".repeat(4 * 1024 * 1024)
    );
    assert_eq!(app.put_json(large.clone()).profiles[0].served, Served::AsGiven);
    let seen = grant(&server, "large", r#"{"access_level_id": "premium"}"#).await;
    let told = "the body stored for this id is larger than 4 MiB, and so cannot be changed";
    assert_eq!(seen.reason(), told);
    let purchase = r#"{"customer_user_id": "large", "product": "p"}"#;
    let seen = send(&server, &admin("POST purchases", purchase)).await;
    assert!(seen.body().contains(told), "{}", seen.body());
    let patch = || app.patch_profile(Identity::customer(JANE), &large);
    let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(patch)).unwrap_err();
    let told = panic.downcast_ref::<String>().map(String::as_str);
    assert_eq!(told, Some("the patch is larger than a profile may be"));
    assert_eq!(app.body(Identity::customer("large")).map(|body| body.len()), Some(large.len()));
}
