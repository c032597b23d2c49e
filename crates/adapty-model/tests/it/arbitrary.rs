//! Anything the types can hold that has a JSON form.

use adapty_model::time::{Duration, OffsetDateTime, UtcOffset};
use adapty_model::uuid::Uuid;
use adapty_model::*;
use proptest::option::of;
use proptest::prelude::*;

/// Instants of the years 0000 to 9999 in any time zone, to the nanosecond.
pub fn date() -> impl Strategy<Value = OffsetDateTime> {
    let zone =
        (-86_399_i32..86_400).prop_map(|ahead| UtcOffset::from_whole_seconds(ahead).unwrap());
    (-62_167_132_800_i64..253_402_214_400, 0_i64..1_000_000_000, zone).prop_map(
        |(seconds, nanoseconds, zone)| {
            let instant = OffsetDateTime::from_unix_timestamp(seconds).unwrap();
            (instant + Duration::nanoseconds(nanoseconds)).to_offset(zone)
        },
    )
}

/// Any text, among it the words the API knows.
pub fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        Just("app_store".to_owned()),
        Just("Sandbox".to_owned()),
        Just("refund".to_owned()),
        Just("free_trial".to_owned()),
        Just("unknown".to_owned()),
    ]
}

pub fn uuid() -> impl Strategy<Value = Uuid> {
    any::<u128>().prop_map(Uuid::from_u128)
}

fn finite() -> impl Strategy<Value = f64> {
    any::<f64>().prop_filter("finite", |float| float.is_finite())
}

fn attribute() -> impl Strategy<Value = CustomAttribute> {
    let number = prop_oneof![
        any::<i64>().prop_map(Number::from),
        any::<u64>().prop_map(Number::from),
        finite().prop_map(|float| Number::try_from(float).unwrap()),
    ];
    let value = prop_oneof![
        any::<String>().prop_map(AttributeValue::Text),
        number.prop_map(AttributeValue::Number),
        any::<bool>().prop_map(AttributeValue::Boolean),
        Just(AttributeValue::Null),
    ];
    (any::<String>(), value).prop_map(|(key, value)| CustomAttribute::new(key, value))
}

fn offer() -> impl Strategy<Value = Offer> {
    (of(word()), of(word()), of(any::<String>())).prop_map(|(category, r#type, id)| {
        let mut offer = Offer::new(OfferCategory::Introductory, OfferType::FreeTrial);
        offer.category = category.map(Into::into);
        offer.r#type = r#type.map(OfferType::Other);
        offer.id = id;
        offer
    })
}

pub fn access_level() -> impl Strategy<Value = AccessLevel> {
    let texts = (
        any::<String>(),
        of(any::<String>()),
        of(any::<String>()),
        of(any::<String>()),
        of(any::<String>()),
    );
    let words = (of(word()), of(word()), of(word()), of(any::<bool>()), of(offer()));
    let dates = (of(date()), of(date()), of(date()), of(date()), of(date()), of(date()));
    (texts, words, dates).prop_map(|(texts, words, dates)| {
        let mut level = AccessLevel::new(texts.0, dates.0);
        level.store_product_id = texts.1;
        level.store_base_plan_id = texts.2;
        level.store_transaction_id = texts.3;
        level.store_original_transaction_id = texts.4;
        level.store = words.0.map(Into::into);
        level.environment = words.1.map(Into::into);
        level.cancellation_reason = words.2.map(Into::into);
        level.is_in_grace_period = words.3;
        level.offer = words.4;
        level.starts_at = dates.1;
        level.purchased_at = dates.2;
        level.originally_purchased_at = dates.3;
        level.renewal_cancelled_at = dates.4;
        level.billing_issue_detected_at = dates.5;
        level
    })
}

fn subscription() -> impl Strategy<Value = Subscription> {
    let expiry =
        prop_oneof![date().prop_map(Expiry::At), Just(Expiry::Never), Just(Expiry::NotStated)];
    let purchase = (of(uuid()), of(any::<bool>()), of(any::<bool>()));
    (access_level(), expiry, purchase).prop_map(|(level, expiry, purchase)| {
        let mut subscription = Subscription::new(level.access_level_id, expiry);
        subscription.store = level.store;
        subscription.store_base_plan_id = level.store_base_plan_id;
        subscription.store_transaction_id = level.store_transaction_id;
        subscription.store_original_transaction_id = level.store_original_transaction_id;
        subscription.offer = level.offer;
        subscription.environment = level.environment;
        subscription.purchased_at = level.purchased_at;
        subscription.originally_purchased_at = level.originally_purchased_at;
        subscription.renewal_cancelled_at = level.renewal_cancelled_at;
        subscription.billing_issue_detected_at = level.billing_issue_detected_at;
        subscription.is_in_grace_period = level.is_in_grace_period;
        subscription.cancellation_reason = level.cancellation_reason;
        (subscription.purchase_id, subscription.is_refund, subscription.is_consumable) = purchase;
        subscription
    })
}

fn non_subscription() -> impl Strategy<Value = NonSubscription> {
    (uuid(), access_level(), of(any::<bool>()), of(any::<bool>())).prop_map(
        |(id, level, is_refund, is_consumable)| {
            let mut purchase = NonSubscription::new(id, level.access_level_id);
            purchase.store = level.store;
            purchase.store_base_plan_id = level.store_base_plan_id;
            purchase.store_transaction_id = level.store_transaction_id;
            purchase.store_original_transaction_id = level.store_original_transaction_id;
            purchase.purchased_at = level.purchased_at;
            purchase.environment = level.environment;
            (purchase.is_refund, purchase.is_consumable) = (is_refund, is_consumable);
            purchase
        },
    )
}

pub fn profile() -> impl Strategy<Value = Profile> {
    let ids = (uuid(), of(any::<String>()), of(any::<String>()), of(any::<String>()));
    let rows = (
        prop::collection::vec(attribute(), 0..3),
        prop::collection::vec(access_level(), 0..3),
        prop::collection::vec(subscription(), 0..3),
        prop::collection::vec(non_subscription(), 0..3),
    );
    (ids, of(finite()), of(any::<i64>()), rows).prop_map(|(ids, revenue, timestamp, rows)| {
        let mut profile = Profile::new(ids.0);
        (profile.app_id, profile.customer_user_id, profile.segment_hash) = (ids.1, ids.2, ids.3);
        (profile.total_revenue_usd, profile.timestamp) = (revenue, timestamp);
        profile.custom_attributes = rows.0;
        profile.access_levels = rows.1;
        profile.subscriptions = rows.2;
        profile.non_subscriptions = rows.3;
        profile
    })
}

pub fn identity() -> impl Strategy<Value = Identity> {
    prop_oneof![any::<String>().prop_map(Identity::customer), uuid().prop_map(Identity::profile)]
}

/// On the heap: a request of many fields is more than a test's stack holds.
pub fn field<T: std::fmt::Debug + Clone + 'static>(
    value: impl Strategy<Value = T> + 'static,
) -> BoxedStrategy<Field<T>> {
    prop_oneof![Just(Field::Absent), Just(Field::Null), value.prop_map(Field::Value)].boxed()
}

fn birthday() -> impl Strategy<Value = Birthday> {
    date().prop_map(|date| date.to_offset(UtcOffset::UTC).date().into())
}

fn installation() -> BoxedStrategy<InstallationMeta> {
    let text = || field(any::<String>());
    let of_device = (text(), text(), text(), text(), text());
    let of_app = (text(), text(), text(), field(word()));
    let ids = (text(), text(), text(), text(), text());
    (any::<String>(), of_device, of_app, ids)
        .prop_map(|(id, of_device, of_app, ids)| {
            let mut it = InstallationMeta::new(id);
            (it.device, it.locale, it.os, it.timezone, it.user_agent) = of_device;
            (it.app_build, it.app_version, it.adapty_sdk_version) = (of_app.0, of_app.1, of_app.2);
            it.platform = words(of_app.3);
            (it.idfa, it.idfv, it.advertising_id, it.android_id, it.android_app_set_id) = ids;
            it
        })
        .boxed()
}

/// A field of any of an open enum's values.
pub fn words<T: From<String>>(word: Field<String>) -> Field<T> {
    match word {
        Field::Absent => Field::Absent,
        Field::Null => Field::Null,
        Field::Value(word) => Field::Value(word.into()),
    }
}

pub fn profile_request() -> BoxedStrategy<ProfileRequest> {
    let text = || field(any::<String>());
    let texts = (text(), text(), text(), text(), text(), text(), text());
    let others = (
        field(word()),
        field(birthday()),
        field(word()),
        field(uuid()),
        field(any::<i64>().prop_map(AttStatus::from)),
        field(any::<bool>()),
    );
    let rows = (of(prop::collection::vec(attribute(), 0..3)), of(installation()));
    (texts, others, rows)
        .prop_map(|(texts, others, rows)| {
            let mut it = ProfileRequest::new();
            (it.first_name, it.last_name, it.email, it.phone_number) =
                (texts.0, texts.1, texts.2, texts.3);
            (it.ip_country, it.ip_v4_address, it.store_country) = (texts.4, texts.5, texts.6);
            it.gender = words(others.0);
            it.birthday = others.1;
            it.store = words(others.2);
            (it.store_account_token, it.att_status, it.analytics_disabled) =
                (others.3, others.4, others.5);
            (it.custom_attributes, it.installation_meta) = rows;
            it
        })
        .boxed()
}

pub fn transaction() -> BoxedStrategy<Transaction> {
    let texts =
        (word(), any::<String>(), any::<String>(), any::<String>(), any::<[String; 2]>(), finite());
    let dates = (date(), date(), date(), of(date()), of(date()), of(date()), of(date()));
    let others =
        (of(word()), any::<bool>(), of(any::<String>()), of(offer()), of(word()), any::<bool>());
    (texts, dates, others, any::<bool>())
        .prop_map(|(texts, dates, others, is_subscription)| {
            let [country, currency] = texts.4;
            let price = Price::new(country, currency, texts.5);
            let environment = others.0.map(Into::into);
            let reason = others.4.map(Into::into);
            if is_subscription {
                let mut it = SubscriptionPurchase::new(
                    texts.0, texts.1, texts.2, price, dates.0, dates.1, others.5,
                )
                .renewal_of(texts.3, dates.2);
                (it.environment, it.is_family_shared) = (environment, others.1);
                (it.variation_id, it.offer, it.cancellation_reason) = (others.2, others.3, reason);
                (it.refunded_at, it.renew_status_changed_at) = (dates.3, dates.4);
                (it.billing_issue_detected_at, it.grace_period_expires_at) = (dates.5, dates.6);
                it.into()
            } else {
                let mut it = OneTimePurchase::new(texts.0, texts.1, texts.2, price, dates.0);
                it.store_original_transaction_id = texts.3;
                (it.environment, it.is_family_shared) = (environment, others.1);
                (it.variation_id, it.offer, it.cancellation_reason) = (others.2, others.3, reason);
                it.refunded_at = dates.3;
                it.into()
            }
        })
        .boxed()
}

pub fn refund_saver_settings() -> impl Strategy<Value = RefundSaverSettings> {
    (field(any::<bool>()), field(word())).prop_map(|(consent, preference)| {
        let mut it = RefundSaverSettings::new();
        (it.consent, it.custom_preference) = (consent, words(preference));
        it
    })
}

pub fn integration_identifiers() -> impl Strategy<Value = IntegrationIdentifiers> {
    prop::collection::vec(field(any::<String>()), 16).prop_map(|ids| {
        let mut ids = ids.into_iter();
        let mut next = || ids.next().unwrap();
        let mut it = IntegrationIdentifiers::new();
        (it.adjust_device_id, it.airbridge_device_id) = (next(), next());
        (it.amplitude_device_id, it.amplitude_user_id) = (next(), next());
        (it.appmetrica_device_id, it.appmetrica_profile_id) = (next(), next());
        (it.appsflyer_id, it.branch_id) = (next(), next());
        (it.facebook_anonymous_id, it.firebase_app_instance_id) = (next(), next());
        (it.mixpanel_user_id, it.one_signal_player_id) = (next(), next());
        (it.one_signal_subscription_id, it.posthog_distinct_user_id) = (next(), next());
        (it.pushwoosh_hwid, it.tenjin_analytics_installation_id) = (next(), next());
        it
    })
}

pub fn currency_transaction() -> impl Strategy<Value = CreateVirtualCurrencyTransaction> {
    let change = || (any::<String>(), any::<std::num::NonZeroI32>());
    let more = prop::collection::vec(change(), 0..3);
    let metadata = prop::collection::btree_map(any::<String>(), any::<String>(), 0..3);
    (identity(), change(), more, metadata, of(uuid())).prop_map(
        |(identity, first, more, metadata, key)| {
            let mut it = CreateVirtualCurrencyTransaction::new(identity, first.0, first.1);
            it = more.into_iter().fold(it, |it, (code, amount)| it.and(code, amount));
            (it.metadata, it.idempotency_key) = (metadata, key);
            it
        },
    )
}

pub fn error_response() -> impl Strategy<Value = ErrorResponse> {
    let item = (of(any::<String>()), prop::collection::vec(any::<String>(), 0..3))
        .prop_map(|(source, errors)| ErrorItem::new(source, errors));
    (prop::collection::vec(item, 0..3), of(any::<String>()), of(any::<i64>())).prop_map(
        |(errors, code, status)| {
            let mut response = ErrorResponse::default();
            (response.errors, response.error_code, response.status_code) = (errors, code, status);
            response
        },
    )
}
