//! Update profile: what each field may be, and what becomes of the custom attributes.

use adapty_mock::{Identity, MockServer};
use serde_json::{Value, json};

use crate::support::*;

/// The custom attributes of Jane, who has one already, after an update with these.
async fn after(attributes: Value) -> Value {
    let server = MockServer::start().await;
    let body = json!({ "custom_attributes": attributes }).to_string();
    data(&update(&server, JANE, &body).await)["custom_attributes"].take()
}

fn yoga_and(more: Value) -> Value {
    let Value::Array(more) = more else { panic!("no list: {more}") };
    let yoga = json!({"key": "favourite_sport", "value": "yoga"});
    [vec![yoga], more].concat().into()
}

#[tokio::test]
async fn attributes_merge_by_key_and_null_or_nothing_deletes() {
    let other = json!([{"key": "a", "value": "b"}]);
    assert_eq!(after(other.clone()).await, yoga_and(other));
    let swim = json!([{"key": "favourite_sport", "value": "swimming"}]);
    assert_eq!(after(swim.clone()).await, swim);
    for nothing in [json!(null), json!("")] {
        assert_eq!(after(json!([{"key": "favourite_sport", "value": nothing}])).await, json!([]));
        assert_eq!(after(json!([{"key": "absent", "value": nothing}])).await, yoga_and(json!([])));
    }
}

#[tokio::test]
async fn booleans_and_integers_become_floats() {
    for (given, kept) in [
        (json!(true), "1.0"),
        (json!(false), "0.0"),
        (json!(7), "7.0"),
        (json!(0), "0.0"),
        (json!(-1.5), "-1.5"),
    ] {
        let after = after(json!([{"key": "n", "value": given}])).await;
        assert_eq!(after[1]["value"].to_string(), kept);
    }
}

#[tokio::test]
async fn an_update_answers_the_profile_and_shows_in_the_next_get() {
    let server = MockServer::start().await;
    let seen = update(&server, JANE, fixture!("create_profile.request.openapi.all_fields")).await;
    assert_eq!(get(&server, "k", JANE).await.body(), seen.body());
    let answered = data(&seen);
    for private in ["first_name", "email", "installation_meta"] {
        assert_eq!(answered.get(private), None, "{private}");
    }
}

#[tokio::test]
async fn an_update_without_attributes_leaves_them() {
    let server = MockServer::start().await;
    for body in ["{}", r#"{"first_name": null}"#, r#"{"unknown": [1]}"#] {
        let updated = data(&update(&server, JANE, body).await);
        assert_eq!(updated["custom_attributes"], yoga_and(json!([])), "{body}");
    }
}

#[tokio::test]
async fn each_form_of_the_list_stays_what_it_is() {
    for (before, after) in [
        (r#"{"x":1.50}"#, r#"{"x":1.50,"n":1.0}"#),
        (
            r#"[{"key":"x","value":1.50,"more":7}]"#,
            r#"[{"key":"x","value":1.50,"more":7},{"key":"n","value":1.0}]"#,
        ),
        ("null", r#"[{"key":"n","value":1.0}]"#),
    ] {
        let server = MockServer::start().await;
        let body =
            |list| format!(r#"{{"data":{{"y":1e2,"custom_attributes":{list},"z":"\u00e9"}}}}"#);
        server.app("k").put_body(Identity::customer("given"), body(before));
        update(&server, "given", r#"{"custom_attributes": [{"key": "n", "value": 1}]}"#).await;
        assert_eq!(get(&server, "k", "given").await.body(), body(after));
    }
}

#[tokio::test]
async fn a_profile_has_thirty_attributes_at_most() {
    let server = MockServer::start().await;
    let some = |count| {
        let all: Vec<_> = (0..count).map(|n| json!({"key": format!("k{n}"), "value": n})).collect();
        json!({ "custom_attributes": all }).to_string()
    };
    let reason = "custom_attributes has more than 30 attributes";
    assert_eq!(invalid(&update(&server, JANE, &some(31)).await).1, reason);
    let reason = "custom_attributes: a profile has at most 30, and these would be more";
    assert_eq!(invalid(&update(&server, JANE, &some(30)).await).1, reason);
    let kept = data(&get(&server, "k", JANE).await);
    assert_eq!(kept["custom_attributes"].as_array().map(Vec::len), Some(1));
    let full = data(&update(&server, JANE, &some(29)).await);
    assert_eq!(full["custom_attributes"].as_array().map(Vec::len), Some(30));
}

#[tokio::test]
async fn a_profile_that_was_given_with_more_attributes_can_lose_some() {
    let server = MockServer::start().await;
    let all: Vec<_> = (0..32).map(|n| json!({"key": format!("k{n}"), "value": n})).collect();
    let given = json!({"data": {"custom_attributes": all}}).to_string();
    server.app("k").put_body(Identity::customer("given"), given);
    let body = json!({"custom_attributes": [{"key": "k0", "value": null}]}).to_string();
    let after = data(&update(&server, "given", &body).await);
    assert_eq!(after["custom_attributes"].as_array().map(Vec::len), Some(31));
    let body = r#"{"custom_attributes": [{"key": "one-more", "value": 1}]}"#;
    assert_eq!(update(&server, "given", body).await.status(), 400);
}

#[tokio::test]
async fn a_field_that_is_not_what_it_should_be_is_named() {
    let server = MockServer::start().await;
    let long = |length: usize| "é".repeat(length);
    for (body, source, message) in [
        (json!({"first_name": 7}), "first_name", "is neither a string nor null"),
        (json!({"gender": "x"}), "gender", "is none of f, m, o"),
        (json!({"email": "jane"}), "email", "is not an e-mail address"),
        (json!({"email": "jane@"}), "email", "is not an e-mail address"),
        (json!({"birthday": "2000-02-30"}), "birthday", "is not a date such as 2000-12-31"),
        (json!({"ip_v4_address": "1.2.3"}), "ip_v4_address", "is not an IPv4 address"),
        (json!({"store_country": "USA"}), "store_country", "is not a country's two letters"),
        (json!({"store_account_token": "x"}), "store_account_token", "is not a UUID"),
        (json!({"att_status": 4}), "att_status", "is none of 0, 1, 2, 3"),
        (json!({"analytics_disabled": 0}), "analytics_disabled", "is neither a boolean nor null"),
        (json!({"custom_attributes": null}), "custom_attributes", "is not an array"),
        (json!({"custom_attributes": {}}), "custom_attributes", "is not an array"),
        (
            json!({"custom_attributes": []}),
            "custom_attributes",
            "has no attribute; one at least is to be given",
        ),
        (json!({"custom_attributes": [7]}), "custom_attributes[0]", "is not an object"),
        (json!({"custom_attributes": [{"value": 1}]}), "custom_attributes[0].key", "is missing"),
        (json!({"custom_attributes": [{"key": ""}]}), "custom_attributes[0].key", "is empty"),
        (
            json!({"custom_attributes": [{"key": "x".repeat(31)}]}),
            "custom_attributes[0].key",
            "is longer than 30 characters",
        ),
        (
            json!({"custom_attributes": [{"key": "a b"}]}),
            "custom_attributes[0].key",
            "has other characters than letters, digits, - . _",
        ),
        (json!({"custom_attributes": [{"key": "a"}]}), "custom_attributes[0].value", "is missing"),
        (
            json!({"custom_attributes": [{"key": "a", "value": long(51)}]}),
            "custom_attributes[0].value",
            "is longer than 50 characters",
        ),
        (
            json!({"custom_attributes": [{"key": "a", "value": []}]}),
            "custom_attributes[0].value",
            "is neither a string, a number nor null",
        ),
        (json!({"installation_meta": null}), "installation_meta", "is not an object"),
        (json!({"installation_meta": {}}), "installation_meta.device_id", "is missing"),
        (
            json!({"installation_meta": {"device_id": "d", "platform": "BeOS"}}),
            "installation_meta.platform",
            "is none of iOS, macOS, iPadOS, Android, visionOS, web",
        ),
        (
            json!({"installation_meta": {"device_id": "d", "os": 7}}),
            "installation_meta.os",
            "is neither a string nor null",
        ),
    ] {
        let seen = update(&server, JANE, &body.to_string()).await;
        assert_eq!(invalid(&seen), (source.to_owned(), format!("{source} {message}")), "{body}");
    }
    let longest = json!({"custom_attributes": [{"key": "x".repeat(30), "value": long(50)}]});
    assert_eq!(update(&server, JANE, &longest.to_string()).await.status(), 200);
    let values =
        json!({"first_name": "", "att_status": 0, "analytics_disabled": false, "email": null});
    assert_eq!(update(&server, JANE, &values.to_string()).await.status(), 200);
}

#[tokio::test]
async fn checks_come_in_their_order() {
    let server = MockServer::start().await;
    let without_key = operation("PATCH", PATH, "", "nonsense").replace("Api-Key k", "Bearer k");
    assert_eq!(send(&server, &without_key).await.status(), 401);
    assert_eq!(update(&server, "", "nonsense").await.reason(), "an identity header is empty");
    for nonsense in ["", "{"] {
        let reason = update(&server, "nobody", nonsense).await.reason();
        assert!(reason.starts_with("JSON parse error - "), "{reason}");
    }
    let reason = update(&server, "nobody", r#"{"last_name": 7}"#).await.reason();
    assert_eq!(reason, "last_name is neither a string nor null");
    let seen = update(&server, "nobody", "{}").await;
    assert_eq!(seen.body(), fixture!("get_profile.404.openapi.profile_does_not_exist"));
}

#[tokio::test]
async fn a_stored_body_that_is_no_profile_is_refused_and_stays() {
    let server = MockServer::start().await;
    server.app("k").put_body(Identity::customer("given"), "<html>");
    let seen = update(&server, "given", r#"{"first_name": "Jane"}"#).await;
    let reason = "the body stored for this id is no profile to change";
    assert_eq!((seen.status(), seen.reason().as_str()), (400, reason));
}

#[tokio::test]
async fn personal_data_counts_toward_what_the_server_keeps() {
    let server = MockServer::builder().memory_limit(64 * 1024).start().await.unwrap();
    let name = |length| json!({"first_name": "x".repeat(length)}).to_string();
    assert_eq!(update(&server, JANE, &name(8000)).await.status(), 200);
    assert_eq!(update(&server, JANE, &name(30000)).await.status(), 507);
    assert_eq!(update(&server, JANE, r#"{"first_name": null}"#).await.status(), 200);
    assert_eq!(update(&server, JANE, &name(9000)).await.status(), 200);
}

#[tokio::test]
async fn a_refused_update_has_the_shape_of_the_documents_unfilled_template() {
    let server = MockServer::start().await;
    let seen = update(&server, JANE, r#"{"gender": "x"}"#).await;
    let template = fixture!("update_profile.400.fragment.template_values");
    let template: Value = serde_json::from_str(template).unwrap();
    let refused: Value = serde_json::from_str(&seen.body()).unwrap();
    let keys = |value: &Value| {
        let keys: Vec<_> = value.as_object().expect("an object").keys().cloned().collect();
        keys
    };
    assert_eq!(keys(&refused), keys(&template));
    assert_eq!(keys(&refused["errors"][0]), keys(&template["errors"][0]));
}
