//! Grant access level: what is checked, and what the next get answers.

use adapty_mock::adapty_model::{
    AccessLevel, CancellationReason, Profile, ProfileResponse, Store,
    time::{Duration, OffsetDateTime},
    uuid::Uuid,
};
use adapty_mock::{Answer, Edition, Fault, Identity, MockServer, Period, Plan};
use serde_json::{Value, json};

use crate::support::*;

const UNTIL_2030: &str = r#"{"access_level_id": "premium", "expires_at": "2030-01-01T00:00:00Z"}"#;

const EDITIONS: [Edition; 6] = [
    Edition::AsWritten,
    Edition::OlderPage,
    Edition::OlderObjectsPage,
    Edition::NewerPage,
    Edition::OpenApi,
    Edition::Rotate,
];

#[track_caller]
fn profile(seen: &Seen) -> Profile {
    assert_eq!(seen.status(), 200, "{}", seen.text());
    ProfileResponse::from_json(seen.body().as_bytes()).expect("a profile").data
}

fn granted(profile: &Profile) -> Vec<&AccessLevel> {
    let levels = profile.access_levels.iter();
    levels.filter(|level| level.is_without_purchase()).collect()
}

fn at(year: i32) -> OffsetDateTime {
    OffsetDateTime::UNIX_EPOCH.replace_year(year).expect("a year")
}

async fn error_of(body: &str) -> (u16, Value) {
    let server = MockServer::start().await;
    let seen = grant(&server, JANE, body).await;
    assert!(!server.app("k").requests()[0].changed);
    (seen.status(), serde_json::from_str(&seen.body()).expect("JSON"))
}

#[tokio::test]
async fn a_grant_is_answered_with_the_profile_and_shows_in_the_next_get_in_every_edition() {
    for edition in EDITIONS {
        for customer in [JANE, EXPIRED, LIFETIME] {
            let server = MockServer::builder().edition(edition).start().await.unwrap();
            let before = profile(&get(&server, "k", customer).await);
            let answered = profile(&grant(&server, customer, UNTIL_2030).await);
            for seen in [answered, profile(&get(&server, "k", customer).await)] {
                // A dictionary has one row for an id: there a purchase for ever stays.
                let one_row = edition == Edition::OlderObjectsPage || edition == Edition::Rotate;
                if !(one_row && customer == LIFETIME) {
                    assert_eq!(granted(&seen)[0].expires_at, Some(at(2030)), "{edition}");
                }
                assert!(seen.access("premium", at(2029)).is_granted(), "{edition} {customer}");
                assert_eq!(
                    seen.subscriptions.len(),
                    before.subscriptions.len(),
                    "{edition} {customer}"
                );
                assert_eq!(seen.total_revenue_usd, before.total_revenue_usd, "{edition}");
            }
        }
    }
}

#[tokio::test]
async fn each_documented_request_is_granted_as_it_says() {
    for (body, start, end) in [
        (fixture!("grant_access_level.request.openapi.immediate"), None, None),
        (fixture!("grant_access_level.request.openapi.lifetime"), Some(at(2024)), None),
        (
            fixture!("grant_access_level.request.openapi.scheduled"),
            Some(at(2024)),
            Some(at(2025) - Duration::SECOND),
        ),
    ] {
        let server = MockServer::start().await;
        let profile = profile(&grant(&server, JANE, body).await);
        let level = granted(&profile)[0];
        assert_eq!((level.starts_at, level.expires_at), (start, end), "{body}");
    }
}

#[tokio::test]
async fn the_row_of_a_grant_has_the_documented_store_and_product_and_no_transaction() {
    let server = MockServer::start().await;
    let profile = profile(&grant(&server, JANE, UNTIL_2030).await);
    let level = granted(&profile)[0];
    assert_eq!(level.store, Some(Store::Adapty));
    assert_eq!(level.store_product_id.as_deref(), Some("adapty_server_side_product"));
    assert_eq!((&level.store_transaction_id, &level.offer), (&None, &None));
    assert_eq!(level.cancellation_reason, None::<CancellationReason>);
    assert_eq!(level.purchased_at, level.originally_purchased_at);
}

/// The dates of the one row of Jane's grants from and until these years, at the beginning of 2025.
async fn granted_in_turn(
    years: &[(Option<i32>, Option<i32>)],
) -> (Option<OffsetDateTime>, Option<OffsetDateTime>) {
    let server = MockServer::start().await;
    server.app("k").set_clock(at(2025));
    let mut last = None;
    for (start, end) in years {
        let date = |year: &Option<i32>| year.map(|year| format!("{year}-01-01T00:00:00Z"));
        let body = json!({
            "access_level_id": "premium", "starts_at": date(start), "expires_at": date(end),
        });
        last = Some(profile(&grant(&server, JANE, &body.to_string()).await));
    }
    let last = last.expect("a grant");
    let [level] = <[AccessLevel; 1]>::try_from(last.access_levels).expect("one level");
    (level.starts_at, level.expires_at)
}

#[tokio::test]
async fn a_later_grant_of_a_level_extends_one_that_lasts_and_takes_nothing_away() {
    let (a, b) = ((None, Some(2028)), (None, Some(2030)));
    let (never, later) = ((None, None), (Some(2029), Some(2031)));
    let (first, second) = ((Some(2026), Some(2028)), (Some(2027), Some(2030)));
    for (grants, start, end) in [
        ([a, b], None, Some(2030)),
        ([a, never], None, None),
        ([a, later], None, Some(2031)),
        ([first, second], Some(2026), Some(2030)),
        ([first, never], None, None),
    ] {
        for grants in [grants, [grants[1], grants[0]], [grants[0], grants[0]]] {
            let expected = match grants[0] == grants[1] {
                true => (grants[0].0.map(at), grants[0].1.map(at)),
                false => (start.map(at), end.map(at)),
            };
            assert_eq!(granted_in_turn(&grants).await, expected, "{grants:?}");
        }
    }
}

#[tokio::test]
async fn a_grant_begins_anew_after_one_that_has_ended() {
    let ended = (Some(2023), Some(2025));
    assert_eq!(
        granted_in_turn(&[ended, (Some(2026), Some(2028))]).await,
        (Some(at(2026)), Some(at(2028)))
    );
    assert_eq!(granted_in_turn(&[ended, (Some(2024), None)]).await, (Some(at(2024)), None));
}

#[tokio::test]
async fn a_grant_begins_anew_after_one_that_was_revoked() {
    for revoke_at in ["null", "\"2029-01-01T00:00:00Z\""] {
        let server = MockServer::start().await;
        let app = server.app("k");
        app.set_clock(at(2025));
        grant(&server, JANE, UNTIL_2030).await;
        let body = format!(r#"{{"access_level_id": "premium", "revoke_at": {revoke_at}}}"#);
        revoke(&server, JANE, &body).await;
        app.advance(Period::days(1));
        let again = UNTIL_2030.replace("2030", "2028");
        let level = profile(&grant(&server, JANE, &again).await).access_levels[0].clone();
        assert_eq!((level.expires_at, level.cancellation_reason), (Some(at(2028)), None));
        assert_eq!(level.originally_purchased_at, Some(app.now()));
    }
}

#[tokio::test]
async fn a_grant_that_extends_another_keeps_when_that_was_made() {
    let server = MockServer::start().await;
    let app = server.app("k");
    app.set_clock(at(2025));
    grant(&server, JANE, UNTIL_2030).await;
    app.advance(Period::days(1));
    let level = profile(&grant(&server, JANE, UNTIL_2030).await).access_levels[0].clone();
    assert_eq!(level.originally_purchased_at, Some(at(2025)));
    assert_eq!(level.purchased_at, Some(app.now()));
}

#[tokio::test]
async fn a_purchase_of_the_level_stays_beside_the_grant() {
    let server = MockServer::start().await;
    let profile = profile(&grant(&server, EXPIRED, UNTIL_2030).await);
    assert_eq!((profile.access_levels.len(), granted(&profile).len()), (2, 1));
}

#[tokio::test]
async fn the_timestamp_of_a_changed_profile_grows() {
    let server = MockServer::start().await;
    let mut last = profile(&get(&server, "k", LIFETIME).await).timestamp;
    for _ in 0..3 {
        let now = profile(&grant(&server, LIFETIME, UNTIL_2030).await).timestamp;
        assert!(now > last, "{now:?} {last:?}");
        last = now;
    }
}

/// What a given body is after a grant until 2030.
async fn changed(body: &str) -> String {
    let server = MockServer::start().await;
    server.app("k").put_body(Identity::customer("given"), body.to_owned());
    grant(&server, "given", UNTIL_2030).await;
    get(&server, "k", "given").await.body()
}

#[tokio::test]
async fn a_given_profile_keeps_every_other_field_to_the_last_digit() {
    let body = r#"{"more":[1.50],"data":{"x":{"y": 1e2},"access_levels":null,"z":"\u00e9","n":109.88999999999999}}"#;
    let after = changed(body).await;
    let (before_levels, after_levels) = after.split_once(r#""access_levels":["#).unwrap();
    assert_eq!(before_levels, r#"{"more":[1.50],"data":{"x":{"y": 1e2},"#);
    assert!(after_levels.ends_with(r#"],"z":"\u00e9","n":109.88999999999999}}"#), "{after}");
}

#[tokio::test]
async fn a_dictionary_of_access_levels_gets_an_entry() {
    let after = changed(r#"{"data":{"access_levels":{"vip":{"expires_at":null,"x":1}}}}"#).await;
    let after: Value = serde_json::from_str(&after).unwrap();
    let levels = &after["data"]["access_levels"];
    assert_eq!(levels["vip"], serde_json::json!({"expires_at": null, "x": 1}));
    assert_eq!(levels["premium"]["expires_at"], "2030-01-01T00:00:00+00:00");
    assert_eq!(levels["premium"].get("access_level_id"), None);
}

#[tokio::test]
async fn an_entry_of_a_dictionary_that_lasts_longer_stays() {
    let body = r#"{"data":{"access_levels":{"premium":{"store":"app_store","expires_at":null}}}}"#;
    assert_eq!(changed(body).await, body);
}

#[tokio::test]
async fn an_entry_whose_end_cannot_be_read_gives_way_to_the_grant() {
    let body = r#"{"data":{"access_levels":{"premium":{"expires_at":1733324566777}}}}"#;
    let after: Value = serde_json::from_str(&changed(body).await).unwrap();
    assert_eq!(
        after["data"]["access_levels"]["premium"]["expires_at"],
        "2030-01-01T00:00:00+00:00"
    );
}

#[tokio::test]
async fn a_profile_without_access_levels_gets_them() {
    let after: Value = serde_json::from_str(&changed(r#"{"data":{}}"#).await).unwrap();
    assert_eq!(after["data"]["access_levels"][0]["access_level_id"], "premium");
}

#[tokio::test]
async fn a_stored_body_that_is_no_profile_is_refused_and_stays() {
    for body in ["<html>", "[]", "{}", r#"{"data":[]}"#, r#"{"data":{"access_levels":7}}"#] {
        let server = MockServer::start().await;
        server.app("k").put_body(Identity::customer("given"), body.to_owned());
        let seen = grant(&server, "given", UNTIL_2030).await;
        let reason = "the body stored for this id is no profile to change";
        assert_eq!((seen.status(), seen.reason().as_str()), (400, reason), "{body}");
        assert_eq!(get(&server, "k", "given").await.body(), body);
    }
}

#[tokio::test]
async fn a_typed_profile_can_be_given_a_level_of_another() {
    let server = MockServer::start().await;
    let app = server.app("k");
    let mut vip = Profile::new(Uuid::from_u128(1));
    vip.access_levels.push(AccessLevel::new("vip", None));
    app.put_profile(vip);
    let seen = grant(&server, JANE, r#"{"access_level_id": "vip"}"#).await;
    assert!(profile(&seen).access("vip", at(2030)).is_granted());
}

#[tokio::test]
async fn a_level_that_the_app_does_not_have_is_the_documented_400() {
    let (status, body) = error_of(r#"{"access_level_id": "go\"ld\""}"#).await;
    let documented = fixture!("grant_access_level.400.fragment.paid_access_level_does_not_exist");
    let mut documented: Value = serde_json::from_str(documented).unwrap();
    documented["errors"][0]["errors"][0] = "Paid access level `go\"ld\"` does not exist".into();
    assert_eq!((status, body), (400, documented));
}

#[tokio::test]
async fn a_body_that_is_not_json_is_the_documented_400_but_for_the_place() {
    let (status, mut body) = error_of(r#"{"access_level_id": "#).await;
    let message = body["errors"][0]["errors"][0].take();
    assert!(message.as_str().unwrap().starts_with("JSON parse error - "), "{message}");
    let documented = fixture!("grant_access_level.400.fragment.parse_error");
    let mut documented: Value = serde_json::from_str(documented).unwrap();
    documented["errors"][0]["errors"][0].take();
    assert_eq!((status, body), (400, documented));
}

#[tokio::test]
async fn a_field_that_is_not_what_it_should_be_is_named() {
    for (body, source, message) in [
        ("{}", "access_level_id", "access_level_id is missing"),
        (r#"{"access_level_id": 7}"#, "access_level_id", "access_level_id is not a string"),
        (r#"{"access_level_id": ""}"#, "access_level_id", "access_level_id is empty"),
        (
            r#"{"access_level_id": "premium", "expires_at": "soon"}"#,
            "expires_at",
            "expires_at is not a date with time and zone",
        ),
        (
            r#"{"access_level_id": "premium", "starts_at": 7}"#,
            "starts_at",
            "starts_at is neither a string nor null",
        ),
        ("[]", "non_field_errors", "the body is JSON, and no object"),
    ] {
        let (status, error) = error_of(body).await;
        assert_eq!((status, &error["error_code"]), (400, &"validation_error".into()), "{body}");
        assert_eq!(error["errors"][0]["source"], source, "{body}");
        assert_eq!(error["errors"][0]["errors"][0], message, "{body}");
    }
}

#[tokio::test]
async fn checks_come_in_their_order() {
    let server = MockServer::start().await;
    let status = |seen: Seen| (seen.status(), seen.reason());
    let without_key =
        operation("POST", GRANT_PATH, "", "nonsense").replace("Api-Key k", "Bearer k");
    assert_eq!(status(send(&server, &without_key).await).0, 401);
    let no_identity = status(grant(&server, "", "nonsense").await);
    assert_eq!(no_identity, (400, "an identity header is empty".to_owned()));
    let no_json = status(grant(&server, "nobody", "nonsense").await);
    assert!(no_json.1.starts_with("JSON parse error"), "{no_json:?}");
    let no_level = status(grant(&server, "nobody", r#"{"access_level_id": "gold"}"#).await);
    assert_eq!(no_level, (400, "the app has no such access level".to_owned()));
    let seen = grant(&server, "nobody", UNTIL_2030).await;
    assert_eq!(seen.body(), fixture!("get_profile.404.openapi.profile_does_not_exist"));
}

#[tokio::test]
async fn a_fault_says_by_its_kind_whether_the_grant_was_made() {
    for (fault, is_made) in [
        (Fault::from(Answer::new(500)), false),
        (Fault::EmptyResponse, false),
        (Fault::HalfHeadThenClose, true),
        (Fault::HalfBodyThenReset, true),
        (Fault::WrongContentLength { by: 1 }, true),
    ] {
        let server = MockServer::start().await;
        let app = server.app("k");
        app.put_faults(Plan::new().then(fault.clone()).for_operation("grant_access_level"));
        grant(&server, JANE, UNTIL_2030).await;
        assert_eq!(app.requests()[0].changed, is_made, "{fault:?}");
        let profile = profile(&get(&server, "k", JANE).await);
        assert_eq!(profile.access_levels.len(), usize::from(is_made), "{fault:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_at_once_see_whole_grants_only_and_the_longest_stays() {
    let server = MockServer::start().await;
    let bodies: Vec<_> =
        (0..200).map(|n| UNTIL_2030.replace("2030", &(3000 + n).to_string())).collect();
    let mut requests = tokio::task::JoinSet::new();
    for body in bodies {
        let text = operation("POST", GRANT_PATH, JANE, &body);
        let address = server.address();
        requests.spawn(async move {
            let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
            tokio::io::AsyncWriteExt::write_all(&mut stream, text.as_bytes()).await.unwrap();
            (body, rest(&mut stream).await)
        });
    }
    let mut seen_at = Vec::new();
    while let Some(answered) = requests.join_next().await {
        let (body, seen) = answered.unwrap();
        let profile = profile(&seen);
        let [level] = &profile.access_levels[..] else {
            panic!("{} levels", profile.access_levels.len())
        };
        let until = level.expires_at.unwrap().year();
        assert!(*body <= *UNTIL_2030.replace("2030", &until.to_string()), "another's answer");
        seen_at.push((profile.timestamp, until));
    }
    seen_at.sort();
    assert!(seen_at.is_sorted_by(|(at, end), (next, later)| at < next && end <= later));
    assert_eq!((seen_at.len(), seen_at[199].1), (200, 3199));
}

#[tokio::test]
async fn a_grant_for_which_there_is_no_room_is_refused_and_changes_nothing() {
    const LIMIT: usize = 64 * 1024;
    let server = MockServer::builder().memory_limit(LIMIT).start().await.unwrap();
    let app = server.app("k");
    let full = r#"{"data":{"access_levels":[],"more":""}}"#;
    let full = full.replace(r#""""#, &format!("\"{}\"", "x".repeat(LIMIT / 2)));
    app.put_body(Identity::customer("full"), full.clone());
    let seen = grant(&server, "full", UNTIL_2030).await;
    let reason = "the server keeps at most 49152 bytes beside its journals, and this would be more";
    assert_eq!((seen.status(), seen.reason().as_str()), (507, reason));
    assert!(!app.requests()[0].changed);
    assert_eq!(app.body(Identity::customer("full")).map(|body| body.len()), Some(full.len()));
}

#[tokio::test]
async fn a_reset_takes_grants_back() {
    let server = MockServer::start().await;
    grant(&server, JANE, UNTIL_2030).await;
    server.app("k").reset();
    assert_eq!(
        get(&server, "k", JANE).await.body(),
        fixture!("create_profile.200.openapi.empty_lists")
    );
}
