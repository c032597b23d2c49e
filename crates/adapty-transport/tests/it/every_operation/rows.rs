//! The rows: what the documents print of each operation, and the same by the client.

use std::pin::Pin;

use adapty_mock::{App, Currency, CurrencyTransaction, ImportedPurchase};
use adapty_transport::{
    Attempt, Client, Error, Identity, Response,
    adapty_model::{
        CreateProfile, CreateVirtualCurrencyTransaction, GrantAccessLevel, IntegrationIdentifiers,
        ListPaywalls, ListVirtualCurrencyTransactions, Profile, ProfileRequest, ProfileResponse,
        RefundPreference, RefundSaverSettings, RemoteConfig, RevokeAccessLevel,
        SetIntegrationIdentifiers, SetRefundSaverSettings, SetTransaction, Transaction,
        UpdatePaywall, UpdateProfile, ValidatePaddlePurchase, ValidateStripePurchase,
        time::OffsetDateTime, uuid::Uuid,
    },
};
use serde_json::{Value, json};

use crate::support::customer;

macro_rules! fixture {
    ($name:literal) => {
        include_str!(concat!("../../../fixtures/", $name))
    };
}

pub(super) struct Row {
    pub(super) name: &'static str,
    /// The model's type.
    pub(super) model: &'static str,
    /// Makes the app hold what the documents' example describes.
    pub(super) prepare: fn(&App),
    /// Method and target of the documents' request.
    pub(super) request: (&'static str, &'static str),
    /// Its header lines but the key.
    pub(super) headers: &'static str,
    pub(super) body: &'static str,
    pub(super) status: u16,
    pub(super) answered: Answered,
    /// Whether it changes what the app holds.
    pub(super) changes: bool,
    /// Whether a lost answer is made up for.
    pub(super) is_repeated: bool,
    pub(super) call: fn(Client) -> Call,
}

pub(super) enum Answered {
    /// These bytes.
    Exactly(&'static str),
    /// This JSON, but for what is the app's own: ids and times.
    But(&'static [&'static str], &'static str),
    /// A profile with the fields of this one; the documents print none for the request. What the request
    /// says is then held against what became of the profile, its `data`.
    Profile(&'static str, fn(said: &Value, data: &Value)),
}

/// The one row of a list that has these values.
#[track_caller]
fn row<'a>(data: &'a Value, list: &str, values: &Value) -> &'a Value {
    let has = |row: &&Value| values.as_object().unwrap().iter().all(|(name, is)| row[name] == *is);
    let mut rows = data[list].as_array().unwrap().iter().filter(has);
    let row = rows.next().unwrap_or_else(|| panic!("{list} without {values}: {data}"));
    assert_eq!(rows.next(), None, "{list}");
    row
}

/// The fields of a row, in order.
fn fields(row: &Value) -> Vec<&String> {
    row.as_object().unwrap().keys().collect()
}

/// A purchase, as the documents show one in the answer to set transaction and to Paddle: there it stands
/// among the subscriptions.
fn documented_purchase() -> Value {
    let documented: Value = serde_json::from_str(PURCHASE_ANSWER).unwrap();
    row(&documented["data"], "subscriptions", &json!({})).clone()
}

/// A date of a request, as an answer spells it.
fn answered_date(date: &Value) -> Value {
    date.as_str().map(|text| text.replace('Z', "+00:00")).into()
}

fn is_updated(said: &Value, data: &Value) {
    assert_eq!(data["custom_attributes"], said["custom_attributes"]);
}

fn is_bought(said: &Value, data: &Value) {
    let id = json!({"store_transaction_id": said["store_transaction_id"]});
    let bought = row(data, "non_subscriptions", &id);
    assert_eq!(fields(bought), fields(&documented_purchase()));
    for name in ["store", "store_product_id", "store_original_transaction_id", "environment"] {
        assert_eq!(bought[name], said[name], "{name}");
    }
    assert_eq!(bought["purchased_at"], answered_date(&said["purchased_at"]));
    assert_eq!(bought["is_refund"], false);
    // Jane's 9.99 of before, and as much again.
    assert_eq!(data["total_revenue_usd"], json!(19.98));
}

fn is_granted(said: &Value, data: &Value) {
    let id = json!({"access_level_id": said["access_level_id"], "store": "adapty"});
    let level = row(data, "access_levels", &id);
    for name in ["starts_at", "expires_at"] {
        assert_eq!(level[name], answered_date(&said[name]), "{name}");
    }
}

/// Jane's level never ended before.
fn is_revoked(said: &Value, data: &Value) {
    let id = json!({"access_level_id": said["access_level_id"]});
    let end = &row(data, "access_levels", &id)["expires_at"];
    match &said["revoke_at"] {
        Value::Null => assert!(end.is_string(), "{end}"),
        date => assert_eq!(*end, answered_date(date)),
    }
}

fn is_fetched(said: &Value, data: &Value) {
    assert_eq!(data["customer_user_id"], said["customer_user_id"]);
    let fetched: Value = serde_json::from_str(PROFILE_ANSWER).unwrap();
    for list in ["access_levels", "subscriptions", "non_subscriptions"] {
        assert_eq!(data[list], fetched["data"][list], "{list}");
    }
    let bought = row(data, "non_subscriptions", &json!({}));
    assert_eq!(fields(bought), fields(&documented_purchase()));
}

type Call = Pin<Box<dyn Future<Output = Result<Sent, Error>>>>;

/// How an answer was come by.
pub(super) struct Sent {
    pub(super) attempts: u32,
    pub(super) failed: Vec<Attempt>,
}

impl<T> From<Response<T>> for Sent {
    fn from(response: Response<T>) -> Self {
        Self { attempts: response.attempts, failed: response.failed_attempts }
    }
}

/// A client's method as the function of a row.
macro_rules! call {
    ($client:ident => $call:expr) => {
        |$client| Box::pin(async move { $call.await.map(Sent::from) })
    };
}

const PROFILE: &str = "/api/v2/server-side-api/profile/";
const PROFILE_ANSWER: &str = fixture!("get_profile.200.openapi.lifetime_premium.json");
const PURCHASE_ANSWER: &str =
    fixture!("set_transaction.200.openapi.subscription_row_looks_like_a_purchase.json");
const CREATED: &str = fixture!("create_profile.200.openapi.empty_lists.json");
const ALL_FIELDS: &str = fixture!("create_profile.request.openapi.all_fields.json");
const ONE_TIME_PURCHASE: &str = fixture!("set_transaction.request.openapi.one_time_purchase.json");
const SOME_IDENTIFIERS: &str = fixture!("integration_identifiers.200.openapi.some_set.json");
const ALL_IDENTIFIERS: &str =
    fixture!("set_integration_identifiers.request.openapi.all_sixteen.json");
const IDENTIFIERS: &str =
    "/api/v2/server-side-api/integration/profile/set/integration-identifiers/";
const GRANT: &str = "/api/v2/server-side-api/purchase/profile/grant/access-level/";
const REVOKE: &str = "/api/v2/server-side-api/purchase/profile/revoke/access-level/";
const REFUND_SAVER: &str = "/api/v2/server-side-api/purchase/profile/refund-saver/settings/";
const PAYWALL: &str = "/api/v2/server-side-api/paywalls/fd891d4f-5906-45b9-97c1-13cc3dc665df/";
const TRANSACTIONS: &str = "/api/v2/server-side-api/vc/transactions/";
const HISTORY: &str =
    fixture!("list_virtual_currency_transactions.200.openapi.three_transactions.json");
const BALANCES: &str = fixture!("virtual_currency_balances.200.openapi.three_currencies.json");
const JSON: &str = "content-type: application/json\r\n";
const JSON_API: &str = "content-type: application/vnd.api+json\r\n";
const JANE: &str = "adapty-customer-user-id: jane\r\ncontent-type: application/json\r\n";
const NEW: &str = "adapty-customer-user-id: new\r\ncontent-type: application/json\r\n";

fn jane() -> Identity {
    Identity::customer("jane")
}

fn profile_request() -> ProfileRequest {
    ProfileRequest::from_json(ALL_FIELDS.as_bytes()).unwrap()
}

fn identifiers() -> IntegrationIdentifiers {
    serde_json::from_str(ALL_IDENTIFIERS).unwrap()
}

fn paywall_id() -> Uuid {
    "fd891d4f-5906-45b9-97c1-13cc3dc665df".parse().unwrap()
}

/// Jane as the documents' profile, under the id of their settings of the refund saver.
fn with_jane(app: &App) {
    app.put_profile(jane_as_documented());
}

/// Jane before she liked any sport.
fn with_jane_unknown(app: &App) {
    let mut profile = jane_as_documented();
    profile.custom_attributes.clear();
    app.put_profile(profile);
}

/// Jane at a time before the dates of the documents' changes of access have passed.
fn with_jane_in_2024(app: &App) {
    with_jane(app);
    app.set_clock(at(JUNE));
}

/// 1 January, 1 June and the last second of 2024, in Unix seconds.
const NEW_YEAR: i64 = 1_704_067_200;
const JUNE: i64 = 1_717_200_000;
const YEARS_END: i64 = 1_735_689_599;

fn at(second: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(second).unwrap()
}

fn jane_as_documented() -> Profile {
    let profile = ProfileResponse::from_json(PROFILE_ANSWER.as_bytes()).unwrap();
    let mut profile = profile.data;
    profile.customer_user_id = Some("jane".to_owned());
    profile.profile_id = "e5aab402-b1bd-4039-b632-57a91ebc0779".parse().unwrap();
    profile
}

fn purchase() -> ImportedPurchase {
    ImportedPurchase::of(&ProfileResponse::from_json(PROFILE_ANSWER.as_bytes()).unwrap().data)
}

fn with_coins(app: &App) {
    with_jane(app);
    let three = [("COINS", "Gold Coins"), ("GEMS", "Gems"), ("ENERGY", "Energy")];
    app.set_currencies(three.map(|(code, name)| Currency::new(code, name)));
    let all = CurrencyTransaction::new([("COINS", 12_450), ("GEMS", 3280), ("ENERGY", 840)]);
    app.add_currency_transaction(jane(), &all);
}

/// The transactions of the documented history, and one older.
fn with_history(app: &App) {
    with_jane(app);
    let older = CurrencyTransaction::new([("COINS", 11_450), ("GEMS", 3080)]);
    app.add_currency_transaction(jane(), &older);
    let documented: Value = serde_json::from_str(HISTORY).unwrap();
    for row in documented["data"].as_array().unwrap().iter().rev() {
        let mut row = row.clone();
        for item in row["items"].as_array_mut().unwrap() {
            item.as_object_mut().unwrap().remove("balance_after");
        }
        app.add_currency_transaction(jane(), &serde_json::from_value(row).unwrap());
    }
}

/// The documents' two paywalls, and 363 more.
fn with_paywalls(app: &App) {
    app.remove_paywalls();
    let documented: Value =
        serde_json::from_str(fixture!("list_paywalls.200.openapi.first_page.json")).unwrap();
    for row in documented["data"].as_array().unwrap() {
        app.put_paywall(row.to_string());
    }
    for n in 0..363 {
        let id = Uuid::from_u128(n);
        app.put_paywall(format!(r#"{{"paywall_id": "{id}", "remote_configs": []}}"#));
    }
}

/// The changes of access with dates, which are sent again.
pub(super) const DATED: [Row; 2] = [
    Row {
        name: "grant_access_level",
        model: "GrantAccessLevel",
        prepare: with_jane_in_2024,
        request: ("POST", GRANT),
        headers: JANE,
        body: fixture!("grant_access_level.request.openapi.scheduled.json"),
        status: 200,
        answered: Answered::Profile(PROFILE_ANSWER, is_granted),
        changes: true,
        is_repeated: true,
        call: call!(client => client.grant_access_level(
            GrantAccessLevel::new(jane(), "premium").starting(at(NEW_YEAR)).until(at(YEARS_END)),
        )),
    },
    Row {
        name: "revoke_access_level",
        model: "RevokeAccessLevel",
        prepare: with_jane_in_2024,
        request: ("POST", REVOKE),
        headers: JANE,
        body: fixture!("revoke_access_level.request.openapi.scheduled.json"),
        status: 200,
        answered: Answered::Profile(PROFILE_ANSWER, is_revoked),
        changes: true,
        is_repeated: true,
        call: call!(client => client.revoke_access_level(
            RevokeAccessLevel::new(jane(), "premium").at(at(YEARS_END)),
        )),
    },
];

/// A row for every operation of the table; changes of access without dates.
pub(super) const ROWS: [Row; 19] = [
    Row {
        name: "get_profile",
        model: "GetProfile",
        prepare: |_| (),
        request: ("GET", PROFILE),
        headers: "adapty-customer-user-id: 77B14FB4-FD2A-4D38-AA3A-4C433F79863C\r\n",
        body: "",
        status: 200,
        answered: Answered::Exactly(PROFILE_ANSWER),
        changes: false,
        is_repeated: true,
        call: call!(client => client.get_profile(customer())),
    },
    Row {
        name: "create_profile",
        model: "CreateProfile",
        prepare: |_| (),
        request: ("POST", PROFILE),
        headers: NEW,
        body: ALL_FIELDS,
        status: 200,
        answered: Answered::But(
            &["/data/profile_id", "/data/customer_user_id", "/data/timestamp"],
            CREATED,
        ),
        changes: true,
        is_repeated: false,
        call: call!(client => client.create_profile(CreateProfile::new(Identity::customer("new")).profile(profile_request()))),
    },
    Row {
        name: "update_profile",
        model: "UpdateProfile",
        prepare: with_jane_unknown,
        request: ("PATCH", PROFILE),
        headers: JANE,
        body: ALL_FIELDS,
        status: 200,
        answered: Answered::Profile(PROFILE_ANSWER, is_updated),
        changes: true,
        is_repeated: true,
        call: call!(client => client.update_profile(UpdateProfile::new(jane(), profile_request()))),
    },
    Row {
        name: "delete_profile",
        model: "DeleteProfile",
        prepare: with_jane,
        request: ("DELETE", PROFILE),
        headers: JANE,
        body: "",
        status: 204,
        answered: Answered::Exactly(""),
        changes: true,
        is_repeated: true,
        call: call!(client => client.delete_profile(jane())),
    },
    Row {
        name: "set_transaction",
        model: "SetTransaction",
        prepare: with_jane,
        request: ("POST", "/api/v2/server-side-api/purchase/set/transaction/"),
        headers: JANE,
        body: ONE_TIME_PURCHASE,
        status: 200,
        answered: Answered::Profile(PURCHASE_ANSWER, is_bought),
        changes: true,
        is_repeated: true,
        call: call!(client => client.set_transaction(SetTransaction::new(
            jane(),
            Transaction::from_json(ONE_TIME_PURCHASE.as_bytes()).unwrap(),
        ))),
    },
    Row {
        name: "grant_access_level",
        model: "GrantAccessLevel",
        prepare: with_jane,
        request: ("POST", GRANT),
        headers: JANE,
        body: fixture!("grant_access_level.request.openapi.immediate.json"),
        status: 200,
        answered: Answered::Profile(PROFILE_ANSWER, is_granted),
        changes: true,
        is_repeated: false,
        call: call!(client => client.grant_access_level(GrantAccessLevel::new(jane(), "premium"))),
    },
    Row {
        name: "revoke_access_level",
        model: "RevokeAccessLevel",
        prepare: with_jane,
        request: ("POST", REVOKE),
        headers: JANE,
        body: fixture!("revoke_access_level.request.openapi.immediate.json"),
        status: 200,
        answered: Answered::Profile(PROFILE_ANSWER, is_revoked),
        changes: true,
        is_repeated: false,
        call: call!(client => client.revoke_access_level(RevokeAccessLevel::new(jane(), "premium"))),
    },
    Row {
        name: "validate_stripe_purchase",
        model: "ValidateStripePurchase",
        prepare: |app| app.put_stripe_token("<YOUR_STRIPE_TOKEN>", purchase()),
        request: ("POST", "/api/v1/sdk/purchase/stripe/token/validate/"),
        headers: JSON_API,
        body: fixture!("validate_stripe_purchase.request.openapi.placeholders.json"),
        status: 200,
        answered: Answered::Exactly(fixture!(
            "validate_stripe_purchase.200.openapi.null_data.json"
        )),
        changes: true,
        is_repeated: false,
        call: call!(client => client.validate_stripe_purchase(ValidateStripePurchase::new(
            "<YOUR_CUSTOMER_USER_ID>",
            "<YOUR_STRIPE_TOKEN>",
        ))),
    },
    Row {
        name: "validate_paddle_purchase",
        model: "ValidatePaddlePurchase",
        prepare: |app| app.put_paddle_token("live_7d279f61a3339fed520f7cd8c08", purchase()),
        request: ("POST", "/api/v2/server-side-api/purchase/paddle/token/validate/"),
        headers: JSON,
        body: fixture!("validate_paddle_purchase.request.openapi.live_token.json"),
        status: 200,
        answered: Answered::Profile(PURCHASE_ANSWER, is_fetched),
        changes: true,
        is_repeated: false,
        call: call!(client => client.validate_paddle_purchase(ValidatePaddlePurchase::new(
            "<YOUR_CUSTOMER_USER_ID>",
            "live_7d279f61a3339fed520f7cd8c08",
        ))),
    },
    Row {
        name: "refund_saver_settings",
        model: "GetRefundSaverSettings",
        prepare: with_jane,
        request: ("GET", REFUND_SAVER),
        headers: JANE,
        body: "",
        status: 200,
        answered: Answered::But(
            &["/settings/consent", "/settings/custom_preference"],
            fixture!("refund_saver_settings.200.openapi.no_preference.json"),
        ),
        changes: false,
        is_repeated: true,
        call: call!(client => client.refund_saver_settings(jane())),
    },
    Row {
        name: "set_refund_saver_settings",
        model: "SetRefundSaverSettings",
        prepare: with_jane,
        request: ("POST", REFUND_SAVER),
        headers: JANE,
        body: fixture!("set_refund_saver_settings.request.openapi.grant.json"),
        status: 200,
        answered: Answered::Exactly(fixture!("set_refund_saver_settings.200.openapi.grant.json")),
        changes: true,
        is_repeated: true,
        call: call!(client => client.set_refund_saver_settings(SetRefundSaverSettings::new(
            jane(),
            RefundSaverSettings::new().consent(true).custom_preference(RefundPreference::Grant),
        ))),
    },
    Row {
        name: "integration_identifiers",
        model: "GetIntegrationIdentifiers",
        prepare: with_jane,
        request: ("GET", IDENTIFIERS),
        headers: JANE,
        body: "",
        status: 200,
        answered: Answered::But(
            &[
                "/facebook_anonymous_id",
                "/mixpanel_user_id",
                "/one_signal_subscription_id",
                "/firebase_app_instance_id",
                "/appsflyer_id",
            ],
            SOME_IDENTIFIERS,
        ),
        changes: false,
        is_repeated: true,
        call: call!(client => client.integration_identifiers(jane())),
    },
    Row {
        name: "set_integration_identifiers",
        model: "SetIntegrationIdentifiers",
        prepare: with_jane,
        request: ("POST", IDENTIFIERS),
        headers: JANE,
        body: ALL_IDENTIFIERS,
        status: 200,
        answered: Answered::Exactly(fixture!("set_integration_identifiers.200.openapi.blank.txt")),
        changes: true,
        is_repeated: true,
        call: call!(client => client.set_integration_identifiers(SetIntegrationIdentifiers::new(
            jane(),
            identifiers(),
        ))),
    },
    Row {
        name: "list_paywalls",
        model: "ListPaywalls",
        prepare: with_paywalls,
        request: ("GET", "/api/v2/server-side-api/paywalls/?page%5Bnumber%5D=1&page%5Bsize%5D=2"),
        headers: JSON,
        body: "",
        status: 200,
        answered: Answered::But(&[], fixture!("list_paywalls.200.openapi.first_page.json")),
        changes: false,
        is_repeated: true,
        call: call!(client => client.list_paywalls(ListPaywalls::new().page(1).page_size(2))),
    },
    Row {
        name: "get_paywall",
        model: "GetPaywall",
        prepare: |_| (),
        request: ("GET", PAYWALL),
        headers: JSON,
        body: "",
        status: 200,
        answered: Answered::Exactly(fixture!("get_paywall.200.openapi.live.json")),
        changes: false,
        is_repeated: true,
        call: call!(client => client.get_paywall(paywall_id())),
    },
    Row {
        name: "update_paywall",
        model: "UpdatePaywall",
        prepare: |_| (),
        request: ("PUT", PAYWALL),
        headers: JSON,
        body: fixture!("update_paywall.request.openapi.one_locale.json"),
        status: 200,
        answered: Answered::But(&["/updated_at"], fixture!("get_paywall.200.openapi.live.json")),
        changes: true,
        is_repeated: true,
        call: call!(client => client.update_paywall(UpdatePaywall::new(
            paywall_id(),
            vec![RemoteConfig::new(
                "en",
                r#"{"title":"Premium Features","subtitle":"Unlock all premium content"}"#,
            )],
        ))),
    },
    Row {
        name: "create_virtual_currency_transaction",
        model: "CreateVirtualCurrencyTransaction",
        prepare: with_coins,
        request: ("POST", TRANSACTIONS),
        headers: JANE,
        body: fixture!("create_virtual_currency_transaction.request.openapi.credit.json"),
        status: 200,
        answered: Answered::But(
            &["/transaction_id"],
            fixture!("create_virtual_currency_transaction.200.openapi.credit.json"),
        ),
        changes: true,
        is_repeated: true,
        call: call!(client => client.create_virtual_currency_transaction({
            let credit = 500.try_into().unwrap();
            CreateVirtualCurrencyTransaction::new(jane(), "COINS", credit)
        })),
    },
    Row {
        name: "list_virtual_currency_transactions",
        model: "ListVirtualCurrencyTransactions",
        prepare: with_history,
        request: ("GET", "/api/v2/server-side-api/vc/transactions/?limit=3"),
        headers: JANE,
        body: "",
        status: 200,
        answered: Answered::Exactly(HISTORY),
        changes: false,
        is_repeated: true,
        call: call!(client => client.list_virtual_currency_transactions(
            ListVirtualCurrencyTransactions::new(jane()).limit(3),
        )),
    },
    Row {
        name: "virtual_currency_balances",
        model: "GetVirtualCurrencyBalances",
        prepare: with_coins,
        request: ("GET", "/api/v2/server-side-api/vc/balances/"),
        headers: JANE,
        body: "",
        status: 200,
        answered: Answered::But(&["/response_created_at"], BALANCES),
        changes: false,
        is_repeated: true,
        call: call!(client => client.virtual_currency_balances(jane())),
    },
];
