//! What create profile and update profile are told.

use adapty_model::time::{Date, Month};
use adapty_model::uuid::Uuid;
use adapty_model::{
    AttStatus, AttributeValue, Birthday, CreateProfile, Field, Gender, InstallationMeta, Method,
    Number, Operation, Platform, ProfileRequest, Repeat, Store, UpdateProfile,
};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::arbitrary;
use crate::support::{CUSTOMER, fixture, jane, json_of, sent, told, words};

fn update(request: ProfileRequest) -> UpdateProfile {
    UpdateProfile::new(jane(), request)
}

#[track_caller]
fn read(request: &Value) -> ProfileRequest {
    let read = ProfileRequest::from_json(request.to_string().as_bytes()).unwrap();
    assert_eq!(serde_json::from_value::<ProfileRequest>(request.clone()).unwrap(), read);
    read
}

/// The documents' own request, made of our types.
fn documented() -> ProfileRequest {
    let mut installation = InstallationMeta::new("3fa85f64-5717-4562-b3fc-2c963f66afa6");
    installation.device = "string".into();
    installation.locale = "en".into();
    installation.os = "string".into();
    installation.platform = Platform::Ios.into();
    installation.timezone = "Europe/Rome".into();
    installation.user_agent = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_1_1 like Mac OS X) \
        AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.1 Mobile/15E148 Safari/604.1"
        .into();
    installation.idfa = "EA7583CD-A667-48BC-B806-42ECB2B48333".into();
    installation.idfv = "E9D48DA5-3930-4B41-8521-D953AECD2F33".into();
    installation.advertising_id = "".into();
    installation.android_id = "".into();
    installation.android_app_set_id = "".into();
    let mut request = ProfileRequest::new().attribute("favourite_sport", "yoga");
    request.first_name = "Jane".into();
    request.last_name = "Doe".into();
    request.gender = Gender::Female.into();
    request.email = CUSTOMER.into();
    request.phone_number = "+1234567890".into();
    let day = Date::from_calendar_date(2000, Month::December, 31).unwrap();
    request.birthday = Birthday(day).into();
    request.ip_country = "FR".into();
    request.store_country = "US".into();
    request.store = Store::AppStore.into();
    request.analytics_disabled = true.into();
    request.installation_meta = Some(installation);
    request
}

#[test]
fn a_profile_is_created_with_what_the_documents_print() {
    let body = json_of("create_profile.request.openapi.all_fields.json");
    let operation = CreateProfile::new(jane()).profile(documented());
    assert_eq!(sent(&operation), body);
    assert_eq!(read(&body), documented());
    assert_eq!(told(operation.validate()), "");
}

#[test]
fn an_update_sends_the_same_body_as_a_creation() {
    let body = sent(&CreateProfile::new(jane()).profile(documented()));
    assert_eq!(sent(&update(documented())), body);
    let request = update(documented()).request().unwrap();
    assert_eq!(request.method, Method::Patch);
    assert_eq!(request.target, "/api/v2/server-side-api/profile/");
}

#[test]
fn a_creation_may_say_nothing() {
    assert_eq!(sent(&CreateProfile::new(jane())), json!({}));
}

#[test]
fn a_created_profile_is_the_answer_and_its_status_is_200() {
    let body = fixture("create_profile.200.openapi.empty_lists.json");
    let profile = CreateProfile::new(jane()).answer(200, &body).unwrap();
    assert_eq!(profile.customer_user_id.as_deref(), Some(CUSTOMER));
    assert_eq!(update(documented()).answer(200, &body).unwrap(), profile);
    assert!(CreateProfile::new(jane()).answer(201, &body).is_err());
}

#[test]
fn a_creation_is_not_repeated_once_seen_and_an_update_is() {
    assert_eq!(CreateProfile::new(jane()).repeat(), Repeat::OnlyIfUnseen);
    assert_eq!(update(documented()).repeat(), Repeat::NotAfter500);
}

#[test]
fn absent_null_and_value_are_three_requests() {
    let mut request = ProfileRequest::new();
    assert_eq!(sent(&update(request.clone())), json!({}));
    request.email = Field::Null;
    request.att_status = Field::Null;
    assert_eq!(sent(&update(request.clone())), json!({"email": null, "att_status": null}));
    assert_eq!(read(&json!({"email": null, "att_status": null})), request);
}

#[test]
fn false_nought_and_the_empty_text_are_sent() {
    let mut request = ProfileRequest::new().attribute("a", "").attribute("b", AttributeValue::Null);
    request.analytics_disabled = false.into();
    request.att_status = AttStatus::NotDetermined.into();
    request.first_name = "".into();
    let attributes = json!([{"key": "a", "value": ""}, {"key": "b", "value": null}]);
    let body = json!({
        "first_name": "", "att_status": 0, "analytics_disabled": false,
        "custom_attributes": attributes,
    });
    assert_eq!(sent(&update(request)), body);
}

#[test]
fn a_token_and_an_address_are_sent_as_the_openapi_file_names_them() {
    let mut request = ProfileRequest::new();
    request.store_account_token = Uuid::from_u128(7).into();
    request.ip_v4_address = "192.0.2.1".into();
    let body = json!({
        "ip_v4_address": "192.0.2.1",
        "store_account_token": "00000000-0000-0000-0000-000000000007",
    });
    assert_eq!(sent(&update(request.clone())), body);
    assert_eq!(read(&body), request);
    assert_eq!(read(&json!({"store_account_token": null})).store_account_token, Field::Null);
}

#[test]
fn every_answer_about_tracking_is_its_number() {
    let all = [
        AttStatus::NotDetermined,
        AttStatus::Restricted,
        AttStatus::Denied,
        AttStatus::Authorized,
        AttStatus::Other(4),
    ];
    for (number, status) in (0..).zip(all) {
        assert_eq!(serde_json::to_value(status).unwrap(), json!(number));
        assert_eq!(serde_json::from_value::<AttStatus>(json!(number)).unwrap(), status);
    }
    assert!(matches!(AttStatus::from(3), AttStatus::Authorized));
}

#[test]
fn a_birthday_is_a_day_and_nothing_else() {
    let says =
        |text: &str| serde_json::from_value::<Birthday>(json!(text)).map_err(|it| it.to_string());
    let day = Date::from_calendar_date(1987, Month::February, 3).unwrap();
    assert_eq!(says("1987-02-03"), Ok(day.into()));
    for text in ["1987-02-30", "1987-02-03T00:00:00Z", "3.2.1987", ""] {
        let message = "invalid type: a string that is no such day, expected a day as YYYY-MM-DD";
        assert_eq!(says(text), Err(message.to_owned()));
    }
}

#[test]
fn what_does_not_read_is_named_by_its_path_and_not_shown() {
    let says = |body: Value| {
        ProfileRequest::from_json(body.to_string().as_bytes()).unwrap_err().to_string()
    };
    assert_eq!(
        says(json!({"birthday": "3.2.1987"})),
        "birthday: expected a day as YYYY-MM-DD, found a string that is no such day"
    );
    assert_eq!(
        says(json!({"store_account_token": CUSTOMER})),
        "store_account_token: expected a UUID, found a string that is no UUID"
    );
    assert_eq!(says(json!({"installation_meta": {}})), "installation_meta.device_id is missing");
    assert_eq!(
        says(json!({"custom_attributes": [{"value": 1}]})),
        "custom_attributes[0].key is missing"
    );
    assert_eq!(says(json!([])), "the body: expected a profile request object, found an array");
}

#[test]
fn an_operation_shows_nothing_of_a_customer() {
    let shown = format!("{:?} {:?}", update(documented()), CreateProfile::new(jane()));
    assert_eq!(
        shown,
        "UpdateProfile { identity: CustomerUserId(…), .. } \
         CreateProfile { identity: CustomerUserId(…), .. }"
    );
}

#[test]
fn a_birthday_before_the_year_0_cannot_be_written() {
    let mut request = ProfileRequest::new();
    request.birthday = Birthday(Date::from_ordinal_date(-1, 1).unwrap()).into();
    let error = update(request).body().unwrap_err();
    assert_eq!(
        error.to_string(),
        "birthday: a day outside the years 0000 to 9999 has no text form"
    );
}

#[test]
fn the_platform_travels_in_a_header_of_its_own() {
    let header = |platform| {
        let request = CreateProfile::new(jane()).platform(platform).request()?;
        Ok(request.headers.last().cloned())
    };
    let last = header(Platform::IpadOs).map_err(|error: adapty_model::RequestError| error);
    assert_eq!(last.unwrap(), Some(("adapty-platform", "iPadOS".to_owned())));
    for platform in ["web\r\nx: y", " web"] {
        let error = header(platform.into()).unwrap_err();
        assert_eq!(error.to_string(), "the header adapty-platform cannot be sent");
    }
    let plain = update(documented()).platform("web").request().unwrap();
    assert!(plain.headers.contains(&("adapty-platform", "web".to_owned())));
}

#[test]
fn what_names_a_customer_is_a_secret() {
    let secrets = ["jane.doe@example.com", "+1234567890", "3fa85f64-5717-4562-b3fc-2c963f66afa6"];
    assert_eq!(update(documented()).secrets(), secrets);
    assert_eq!(CreateProfile::new(jane()).profile(documented()).secrets(), secrets);
    let mut nobody = ProfileRequest::new();
    nobody.email = "".into();
    assert!(update(nobody).secrets().is_empty());
}

#[test]
fn each_rule_about_attributes_names_the_attribute_and_the_rule() {
    let long = "x".repeat(31);
    let request = ProfileRequest::new()
        .attribute("fine-1._", "é".repeat(50))
        .attribute(long, Number::from(7_i64))
        .attribute("a b", "x".repeat(51))
        .attribute("", "x");
    assert_eq!(
        told(request.validate()),
        "custom_attributes[1].key: a key has at most 30 characters; \
         custom_attributes[2].key: a key has only letters, digits, '-', '.' and '_'; \
         custom_attributes[2].value: a value has at most 50 characters; \
         custom_attributes[3].key: a key has at least 1 character"
    );
}

#[test]
fn attributes_are_one_to_thirty() {
    let mut request = ProfileRequest::new();
    request.custom_attributes = Some(Vec::new());
    let none = "custom_attributes: at least one attribute must be given";
    assert_eq!(told(update(request).validate()), none);
    let many = |count| (0..count).fold(ProfileRequest::new(), |it, _| it.attribute("a", "b"));
    assert_eq!(told(many(30).validate()), "");
    let too_many = "custom_attributes: at most 30 attributes can be given";
    assert_eq!(told(CreateProfile::new(jane()).profile(many(31)).validate()), too_many);
}

#[test]
fn a_country_has_two_letters() {
    let mut request = ProfileRequest::new();
    request.ip_country = "France".into();
    request.store_country = "U1".into();
    assert_eq!(
        told(request.validate()),
        "ip_country: must be a country code of two letters; \
         store_country: must be a country code of two letters"
    );
}

#[test]
fn a_value_that_no_document_names_is_sent_and_its_rule_told() {
    let mut request = ProfileRequest::new();
    request.gender = Gender::from("x").into();
    request.att_status = AttStatus::from(4).into();
    let mut installation = InstallationMeta::new("1");
    installation.platform = Platform::from("Windows").into();
    request.installation_meta = Some(installation);
    assert_eq!(
        told(request.validate()),
        "gender: must be f, m or o; att_status: must be 0, 1, 2 or 3; \
         installation_meta.platform: must be iOS, macOS, iPadOS, visionOS, Android or web"
    );
    assert_eq!(sent(&update(request))["gender"], "x");
    for gender in [Gender::Female, Gender::Male, Gender::Other, Gender::Unknown("o".to_owned())] {
        let mut request = ProfileRequest::new();
        request.gender = gender.into();
        assert_eq!(told(request.validate()), "");
    }
    for status in 0..4 {
        let mut request = ProfileRequest::new();
        request.att_status = AttStatus::from(status).into();
        assert_eq!(told(request.validate()), "");
    }
}

#[test]
fn an_address_has_the_form_of_one() {
    let email = |text: &str| {
        let mut request = ProfileRequest::new();
        request.email = text.into();
        told(request.validate())
    };
    for text in ["jane", "", "@", "jane@", "@example.com", "jane doe@example.com"] {
        assert_eq!(email(text), "email: must be an e-mail address", "{text}");
    }
    assert_eq!(email("\"a@b\"@example.com") + &email("ü@ü"), "");
    let internet = |text: &str| {
        let mut request = ProfileRequest::new();
        request.ip_v4_address = text.into();
        told(request.validate())
    };
    for text in ["", "localhost", "256.0.0.1", "1.2.3", "::1", "192.0.2.1 ", "1.2.3.+4", "1.2.3.04"]
    {
        assert_eq!(internet(text), "ip_v4_address: must be an IPv4 address", "{text}");
    }
    assert_eq!(internet("192.0.2.1"), "");
    let mut cleared = ProfileRequest::new();
    (cleared.email, cleared.ip_v4_address) = (Field::Null, Field::Null);
    (cleared.gender, cleared.att_status) = (Field::Null, Field::Null);
    assert_eq!(told(cleared.validate()), "");
}

#[test]
fn validation_is_no_part_of_sending() {
    let mut request = ProfileRequest::new();
    request.ip_country = "France".into();
    assert!(update(request).request().is_ok());
}

#[test]
fn an_unfilled_template_is_told_as_it_stands() {
    assert_eq!(words(&json_of("update_profile.400.fragment.template_values.json")), "string");
}

proptest! {
    #[test]
    fn a_request_reads_back_as_it_was(request in arbitrary::profile_request()) {
        prop_assert_eq!(read(&sent(&update(request.clone()))), request);
    }

    #[test]
    fn unknown_fields_of_a_request_are_passed_over(key in "x_[a-z]{1,8}") {
        let mut body = json_of("create_profile.request.openapi.all_fields.json");
        body[&key] = json!({"a": [1]});
        body["installation_meta"][&key] = json!(null);
        prop_assert_eq!(read(&body), documented());
    }
}
