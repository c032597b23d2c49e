//! Create profile: what is checked, what is made, and what is done where there is a profile already. What
//! the fields of a body may be is with update profile, which reads the same.

use adapty_mock::{Edition, ExistingProfile, Identity, MockServer, adapty_model::uuid::Uuid};
use serde_json::{Value, json};

use crate::support::*;

const ALL: &str = fixture!("create_profile.request.openapi.all_fields");

#[tokio::test]
async fn the_documented_request_makes_the_documented_profile_under_an_id_of_its_own() {
    let server = MockServer::start().await;
    let mut created = data(&create(&server, "new@example.com", ALL).await);
    let documented = fixture!("create_profile.200.openapi.empty_lists");
    let mut documented = serde_json::from_str::<Value>(documented).unwrap()["data"].take();
    let id: Uuid = created["profile_id"].as_str().unwrap().parse().unwrap();
    assert_eq!(id.get_version_num(), 4);
    assert_eq!(created["customer_user_id"], "new@example.com");
    assert!(created["timestamp"].as_i64() > documented["timestamp"].as_i64());
    for of_its_own in ["profile_id", "customer_user_id", "timestamp"] {
        created[of_its_own].take();
        documented[of_its_own].take();
    }
    assert_eq!(created, documented);
    assert_eq!(get(&server, "k", "new@example.com").await.status(), 200);
}

#[tokio::test]
async fn a_created_profile_is_found_under_both_ids_in_every_edition() {
    for edition in [Edition::AsWritten, Edition::OlderPage, Edition::OlderObjectsPage] {
        let server = MockServer::builder().edition(edition).start().await.unwrap();
        let created = data(&create(&server, "new", ALL).await);
        let id: Uuid = created["profile_id"].as_str().unwrap().parse().unwrap();
        let app = server.app("k");
        let by_id = app.body(Identity::profile(id));
        assert!(by_id.is_some() && by_id == app.body(Identity::customer("new")), "{edition}");
        let attributes = match edition {
            Edition::OlderObjectsPage => json!({"favourite_sport": "yoga"}),
            _ => json!([{"key": "favourite_sport", "value": "yoga"}]),
        };
        assert_eq!(created["custom_attributes"], attributes, "{edition}");
    }
}

#[tokio::test]
async fn no_body_at_all_creates_a_profile_without_attributes() {
    let server = MockServer::start().await;
    for (customer, body) in [("one", ""), ("two", "{}")] {
        let created = data(&create(&server, customer, body).await);
        assert_eq!(
            (&created["custom_attributes"], &created["total_revenue_usd"]),
            (&json!([]), &json!(0.0))
        );
    }
    let [one, two] = ["one", "two"].map(|id| server.app("k").body(Identity::customer(id)));
    assert_ne!(one, two);
}

#[tokio::test]
async fn a_profile_created_by_its_profile_id_is_anonymous() {
    let server = MockServer::start().await;
    let text = operation("POST", PATH, JANE, "").replace(
        &format!("adapty-customer-user-id: {JANE}"),
        "adapty-profile-id: 00000000-0000-4000-8000-000000000001",
    );
    let created = data(&send(&server, &text).await);
    assert_eq!(created["profile_id"], "00000000-0000-4000-8000-000000000001");
    assert_eq!(created["customer_user_id"], Value::Null);
}

#[tokio::test]
async fn both_ids_make_one_profile_unless_one_of_them_is_taken() {
    let server = MockServer::start().await;
    let both = |customer| {
        operation("POST", PATH, customer, "").replacen(
            "adapty-customer-user-id",
            "adapty-profile-id: 00000000-0000-4000-8000-000000000001\r\nadapty-customer-user-id",
            1,
        )
    };
    let created = data(&send(&server, &both("new")).await);
    assert_eq!(created["profile_id"], "00000000-0000-4000-8000-000000000001");
    assert_eq!(created["customer_user_id"], "new");
    let seen = send(&server, &both("other")).await;
    assert_eq!(seen.reason(), "the two identity headers name different profiles");
    assert_eq!(get(&server, "k", "other").await.status(), 404);
}

#[tokio::test]
async fn a_profile_that_exists_is_updated_or_refused_as_the_app_is_set() {
    let server = MockServer::start().await;
    let body = r#"{"custom_attributes": [{"key": "n", "value": 1}]}"#;
    let updated = data(&create(&server, JANE, body).await);
    assert_eq!(updated["profile_id"], "3286abd3-48b0-4e9c-a5f6-ac0a006804a6");
    let attributes =
        json!([{"key": "favourite_sport", "value": "yoga"}, {"key": "n", "value": 1.0}]);
    assert_eq!(updated["custom_attributes"], attributes);
    let app = server.app("k");
    let mut settings = app.settings();
    settings.existing_profile = ExistingProfile::Refuse;
    app.set_settings(settings);
    let before = app.body(Identity::customer(JANE));
    let seen = create(&server, JANE, body).await;
    assert_eq!(
        (seen.status(), seen.reason().as_str()),
        (400, "there is a profile with this id already")
    );
    assert!(seen.body().contains("\"profile_already_exists\""));
    assert_eq!(app.body(Identity::customer(JANE)), before);
    assert!(!app.requests().last().unwrap().changed);
}

#[tokio::test]
async fn a_profile_for_which_there_is_no_room_is_not_made() {
    let server = MockServer::builder().memory_limit(16 * 1024).start().await.unwrap();
    let body = json!({"first_name": "x".repeat(8000)}).to_string();
    let seen = create(&server, "new", &body).await;
    let reason = "the server keeps at most 12288 bytes beside its journals, and this would be more";
    assert_eq!((seen.status(), seen.reason().as_str()), (507, reason));
    assert_eq!(get(&server, "k", "new").await.status(), 404);
    assert_eq!(create(&server, "new", "").await.status(), 200);
}

#[tokio::test]
async fn checks_come_in_their_order() {
    let server = MockServer::start().await;
    let without_key = operation("POST", PATH, "", "nonsense").replace("Api-Key k", "Bearer k");
    assert_eq!(send(&server, &without_key).await.status(), 401);
    assert_eq!(create(&server, "", "nonsense").await.reason(), "an identity header is empty");
    let reason = create(&server, "new", "nonsense").await.reason();
    assert!(reason.starts_with("JSON parse error - "), "{reason}");
    assert_eq!(create(&server, "new", "[]").await.reason(), "the body is JSON, and no object");
    assert_eq!(
        create(&server, "new", r#"{"gender": "x"}"#).await.reason(),
        "gender is none of f, m, o"
    );
    assert_eq!(get(&server, "k", "new").await.status(), 404);
}
