//! Paywalls: the list, one of them, and its texts.

use std::collections::BTreeMap;

use adapty_model::uuid::Uuid;
use adapty_model::{
    AnswerError, GetPaywall, ListPaywalls, Meaning, Operation, Paywall, PaywallState, ProductSet,
    RemoteConfig, Repeat, UpdatePaywall,
};
use serde_json::{Value, json};

use crate::support::{fixture, json_of, sent, stored, told, words};

const PAYWALL: &str = "fd891d4f-5906-45b9-97c1-13cc3dc665df";

fn id() -> Uuid {
    Uuid::try_parse(PAYWALL).unwrap()
}

fn texts() -> RemoteConfig {
    let data = r#"{"title":"Premium Features","subtitle":"Unlock all premium content"}"#;
    RemoteConfig::new("en", data)
}

fn update(configs: &[RemoteConfig]) -> UpdatePaywall {
    UpdatePaywall::new(id(), configs.to_vec())
}

#[track_caller]
fn refused(body: &Value) -> String {
    GetPaywall::new(id()).read(body.to_string().as_bytes()).unwrap_err().to_string()
}

#[test]
fn a_page_is_asked_for_by_its_number_and_size_percent_encoded() {
    let list = ListPaywalls::new();
    assert_eq!(list.target(), "/api/v2/server-side-api/paywalls/");
    let target = "/api/v2/server-side-api/paywalls/?page%5Bnumber%5D=2&page%5Bsize%5D=100";
    assert_eq!(list.page(2).page_size(100).target(), target);
}

#[test]
fn the_documented_page_reads() {
    let body = fixture("list_paywalls.200.openapi.first_page.json");
    let page = ListPaywalls::new().answer(200, &body).unwrap();
    let pagination = &page.meta.pagination;
    assert_eq!((pagination.count, pagination.page, pagination.pages), (365, 1, 183));
    let [first, second] = &*page.data else { panic!("two paywalls") };
    assert_eq!(
        (first.web_purchase_url.as_ref(), first.state.as_ref()),
        (None, Some(&PaywallState::Live))
    );
    let product = &second.products.as_ref().unwrap()[0];
    assert_eq!(product.product_set, Some(ProductSet::Uncategorised));
    assert_eq!(product.offer.as_ref().unwrap().title.as_deref(), Some("Free Trial"));
    assert_eq!(
        serde_json::to_value(&page).unwrap(),
        dates_as_written(json_of("list_paywalls.200.openapi.first_page.json"))
    );
}

/// The dates of the documents' own page end in a nought of their microseconds, which is not written.
fn dates_as_written(mut page: Value) -> Value {
    let date = &mut page["data"][1]["updated_at"];
    assert_eq!(*date, "2025-07-28T08:15:13.722680+00:00");
    *date = json!("2025-07-28T08:15:13.72268+00:00");
    page
}

#[test]
fn the_documented_paywall_reads() {
    let body = fixture("get_paywall.200.openapi.live.json");
    let paywall = GetPaywall::new(id()).answer(200, &body).unwrap();
    assert_eq!((paywall.paywall_id, paywall.is_deleted), (id(), Some(false)));
    assert_eq!(paywall.remote_configs, [texts()]);
    let screenshot = paywall.main_screenshot.as_ref().unwrap();
    assert_eq!(screenshot.image_id, Some(123_456));
    assert_eq!(paywall.updated_at.unwrap().millisecond(), 798);
    assert_eq!(stored(&paywall), paywall);
    assert_eq!(update(&[texts()]).answer(200, &body).unwrap(), paywall);
}

#[test]
fn a_paywalls_id_stands_in_its_path() {
    let target = format!("/api/v2/server-side-api/paywalls/{PAYWALL}/");
    assert_eq!(GetPaywall::new(id()).target(), target);
    assert_eq!(update(&[]).target(), target);
}

#[test]
fn an_update_is_sent_as_the_documents_print_it() {
    assert_eq!(
        sent(&update(&[texts()])),
        json_of("update_paywall.request.openapi.one_locale.json")
    );
    assert_eq!(update(&[texts()]).repeat(), Repeat::NotAfter500);
}

#[test]
fn texts_are_read_as_json_and_kept_as_they_are() {
    let read: BTreeMap<String, String> = texts().json().unwrap();
    assert_eq!(read["title"], "Premium Features");
    let odd = RemoteConfig::new("de", " {\"b\": 1,\n\"a\": 1.0} ");
    assert_eq!(sent(&update(std::slice::from_ref(&odd)))["remote_configs"][0]["data"], odd.data);
    assert_eq!(
        RemoteConfig::of("en", &json!({"a": 1})).unwrap(),
        RemoteConfig::new("en", "{\"a\":1}")
    );
    assert!(RemoteConfig::of("en", &BTreeMap::from([(vec![1], 2)])).is_err());
}

#[test]
fn texts_that_are_no_json_say_where() {
    let error = RemoteConfig::new("en", "{").json::<Value>().unwrap_err();
    assert_eq!(
        error.to_string(),
        "the body is not JSON: EOF while parsing an object at line 1 column 1"
    );
    let error = texts().json::<BTreeMap<String, u8>>().unwrap_err();
    assert_eq!(error.to_string(), "[0]: expected u8, found a string");
}

#[test]
fn a_paywall_without_its_texts_is_no_answer() {
    let mut body = json_of("get_paywall.200.openapi.live.json");
    body["remote_configs"] = json!(null);
    assert_eq!(refused(&body), "remote_configs: expected a sequence, found null");
    body.as_object_mut().unwrap().remove("remote_configs");
    assert_eq!(refused(&body), "remote_configs is missing");
}

#[test]
fn only_ids_and_texts_are_required_of_a_paywall() {
    let body = json!({"paywall_id": PAYWALL, "remote_configs": [], "new": {"a": 1}});
    let paywall = GetPaywall::new(id()).read(body.to_string().as_bytes()).unwrap();
    assert_eq!((paywall.title, paywall.products, paywall.state), (None, None, None));
    assert_eq!(refused(&json!({"remote_configs": []})), "paywall_id is missing");
    let bad = json!({"paywall_id": PAYWALL, "remote_configs": [{"locale": "en"}]});
    assert_eq!(refused(&bad), "remote_configs[0].data is missing");
}

#[test]
fn a_page_has_one_to_a_hundred_paywalls() {
    let words = words(&json_of("list_paywalls.400.openapi.validation_error.json"));
    for size in [0, 101] {
        let told = told(ListPaywalls::new().page_size(size).validate());
        assert_eq!(told, format!("page[size]: {words}"));
    }
    assert_eq!(told(ListPaywalls::new().page(1).page_size(100).validate()), "");
    assert_eq!(told(ListPaywalls::new().page(0).validate()), "page[number]: must be 1 or more");
}

#[test]
fn an_update_has_texts_and_they_are_json() {
    let words = words(&json_of("update_paywall.400.openapi.validation_error.json"));
    assert_eq!(told(update(&[]).validate()), format!("remote_configs: {words}"));
    let broken = update(&[texts(), RemoteConfig::new("de", "{title}")]);
    assert_eq!(told(broken.validate()), "remote_configs[1].data: must be JSON, as a text");
    let twice = update(&[texts(), RemoteConfig::new("de", "1"), texts()]);
    assert_eq!(told(twice.validate()), "remote_configs[2].locale: a locale can be given once only");
}

#[test]
fn a_missing_paywall_is_told() {
    let body = fixture("get_paywall.404.openapi.paywall_does_not_exist.json");
    let error = update(&[texts()]).answer(404, &body).unwrap_err();
    assert!(matches!(error, AnswerError::Refused { meaning: Some(Meaning::PaywallNotFound), .. }));
}

#[test]
fn unknown_fields_of_a_remote_config_are_kept_and_written_back() {
    let mut body = json_of("get_paywall.200.openapi.live.json");
    let extra = json!({"a": [1, null, 1.5, {"b": true}]});
    body["remote_configs"][0]["extra"] = extra.clone();
    body["remote_configs"][0]["n"] = json!(5);
    let paywall = GetPaywall::new(id()).read(body.to_string().as_bytes()).unwrap();
    assert_eq!(sent(&update(&paywall.remote_configs))["remote_configs"], body["remote_configs"]);
    assert_eq!(stored(&paywall), paywall);
    let kept = stored(&update(&paywall.remote_configs));
    assert_eq!(kept.remote_configs, paywall.remote_configs);
    assert_ne!(paywall.remote_configs, [texts()]);
}

#[test]
fn a_remote_config_that_does_not_read_says_where() {
    let config = |config: &str| {
        let body = format!(r#"{{"paywall_id": "{PAYWALL}", "remote_configs": [{config}]}}"#);
        GetPaywall::new(id()).read(body.as_bytes()).unwrap_err().to_string()
    };
    let field = |rest: &str| config(&format!(r#"{{"locale": "en", {rest}}}"#));
    assert_eq!(field(r#""data": 1"#), "remote_configs[0].data: expected a string, found a number");
    let twice = "remote_configs[0].locale is there twice";
    assert_eq!(field(r#""data": "1", "locale": "en""#), twice);
    assert_eq!(config(r#"{"data": "1"}"#), "remote_configs[0].locale is missing");
    let array = "remote_configs[0]: expected a remote config object, found an array";
    assert_eq!(config(r#"["en", "1"]"#), array);
    assert_eq!(
        field(r#""data": "1", "x": ["\ud800"]"#),
        "remote_configs[0].x[0]: expected any valid JSON value, \
         found a string with half a surrogate pair"
    );
}

#[test]
fn a_depth_bomb_in_a_remote_config_is_refused() {
    let body = |depth: usize| {
        let bomb = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        format!(
            r#"{{"paywall_id": "{PAYWALL}", "remote_configs": [{{"locale": "en", "data": "1", "x": {bomb}}}]}}"#
        )
    };
    let read = |depth: usize| GetPaywall::new(id()).read(body(depth).as_bytes());
    // It stands in three others.
    let paywall = read(124).unwrap();
    assert_eq!(stored(&paywall), paywall);
    for depth in [128, 200_000] {
        let error = read(depth).unwrap_err().to_string();
        assert!(error.starts_with("remote_configs[0].x[0][0]"), "{error}");
        let found = "found more than 128 values within each other";
        assert!(error.ends_with(found), "{error}");
    }
}

#[test]
fn unknown_fields_of_a_paywall_are_passed_over() {
    let documented: Paywall =
        serde_json::from_value(json_of("get_paywall.200.openapi.live.json")).unwrap();
    let mut body = json_of("get_paywall.200.openapi.live.json");
    for place in ["", "/products/0", "/products/0/offer", "/main_screenshot"] {
        body.pointer_mut(place).unwrap()["x"] = json!([1]);
    }
    assert_eq!(serde_json::from_value::<Paywall>(body).unwrap(), documented);
}
