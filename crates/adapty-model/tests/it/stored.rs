//! Operations that are kept and sent later: written down whole, they read back as they were.

use adapty_model::uuid::Uuid;
use adapty_model::{
    CreateProfile, CreateVirtualCurrencyTransaction, DeleteProfile, GrantAccessLevel, Identity,
    Method, OPERATIONS, Operation, RemoteConfig, RevokeAccessLevel, SetIntegrationIdentifiers,
    SetRefundSaverSettings, SetTransaction, UpdatePaywall, UpdateProfile, ValidatePaddlePurchase,
    ValidateStripePurchase,
};
use proptest::option::of;
use proptest::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use crate::arbitrary::{self, identity};
use crate::support::{jane, json_of, stored};

#[test]
fn a_kept_grant_is_its_body_and_whom_it_is_about() {
    let mut kept = json_of("grant_access_level.request.openapi.lifetime.json");
    kept["identity"] = json!({"customer_user_id": "jane.doe@example.com"});
    let grant: GrantAccessLevel = serde_json::from_value(kept.clone()).unwrap();
    assert_eq!(grant.identity, jane());
    assert_eq!(serde_json::to_value(&grant).unwrap(), kept);
}

#[test]
fn a_kept_operation_without_an_identity_is_refused() {
    let kept = json!({"access_level_id": "premium"});
    let error = serde_json::from_value::<RevokeAccessLevel>(kept).unwrap_err();
    assert_eq!(error.to_string(), "missing field `identity`");
    assert!(
        serde_json::from_value::<RevokeAccessLevel>(
            json!([{"profile_id": Uuid::nil().to_string()}, "p"])
        )
        .is_err()
    );
}

/// The operation's name, for one that can be kept.
fn kept<T: Operation + Serialize + DeserializeOwned>() -> &'static str {
    T::SPEC.name
}

#[test]
fn every_operation_that_changes_something_can_be_kept() {
    let changing = OPERATIONS.iter().filter(|spec| spec.method != Method::Get);
    let names: Vec<_> = changing.map(|spec| spec.name).collect();
    let all_kept = [
        kept::<CreateProfile>(),
        kept::<UpdateProfile>(),
        kept::<DeleteProfile>(),
        kept::<SetTransaction>(),
        kept::<GrantAccessLevel>(),
        kept::<RevokeAccessLevel>(),
        kept::<ValidateStripePurchase>(),
        kept::<ValidatePaddlePurchase>(),
        kept::<SetRefundSaverSettings>(),
        kept::<SetIntegrationIdentifiers>(),
        kept::<UpdatePaywall>(),
        kept::<CreateVirtualCurrencyTransaction>(),
    ];
    assert_eq!(names, all_kept);
}

#[test]
fn a_kept_deletion_is_an_object_of_whom_it_is_about() {
    let kept = json!({"identity": {"customer_user_id": "jane.doe@example.com"}});
    assert_eq!(serde_json::to_value(DeleteProfile::new(jane())).unwrap(), kept);
    assert_eq!(serde_json::from_value::<DeleteProfile>(kept).unwrap(), DeleteProfile::new(jane()));
    assert!(
        serde_json::from_value::<DeleteProfile>(json!([{"profile_id": Uuid::nil().to_string()}]))
            .is_err()
    );
}

proptest! {
    #[test]
    fn deletions_read_back(identity in identity()) {
        let delete = DeleteProfile::new(identity);
        prop_assert_eq!(stored(&delete), delete);
    }

    #[test]
    fn changes_of_access_read_back(
        identity in identity(),
        level: String,
        dates in (of(arbitrary::date()), of(arbitrary::date())),
        is_repeatable: bool,
    ) {
        let mut grant = GrantAccessLevel::new(identity.clone(), level.clone());
        (grant.starts_at, grant.expires_at, grant.is_repeatable) = (dates.0, dates.1, is_repeatable);
        prop_assert_eq!(stored(&grant), grant);
        let mut revoke = RevokeAccessLevel::new(identity, level);
        (revoke.revoke_at, revoke.is_repeatable) = (dates.0, is_repeatable);
        prop_assert_eq!(stored(&revoke), revoke);
    }

    #[test]
    fn profiles_to_be_written_read_back(
        identity in identity(),
        request in arbitrary::profile_request(),
        platform in of(arbitrary::word()),
    ) {
        let mut create = CreateProfile::new(identity.clone()).profile(request.clone());
        create.platform = platform.clone().map(Into::into);
        prop_assert_eq!(stored(&create), create);
        let mut update = UpdateProfile::new(identity, request);
        update.platform = platform.map(Into::into);
        prop_assert_eq!(stored(&update), update);
    }

    #[test]
    fn transactions_read_back(identity in identity(), transaction in arbitrary::transaction()) {
        let set = SetTransaction::new(identity, transaction);
        prop_assert_eq!(stored(&set), set);
    }

    #[test]
    fn purchases_to_be_fetched_read_back(customer: String, token: String) {
        let stripe = ValidateStripePurchase::new(customer.clone(), token.clone());
        prop_assert_eq!(stored(&stripe), stripe);
        let paddle = ValidatePaddlePurchase::new(customer, token);
        prop_assert_eq!(stored(&paddle), paddle);
    }

    #[test]
    fn settings_and_identifiers_read_back(
        identity in identity(),
        settings in arbitrary::refund_saver_settings(),
        identifiers in arbitrary::integration_identifiers(),
    ) {
        let set = SetRefundSaverSettings::new(identity.clone(), settings);
        prop_assert_eq!(stored(&set), set);
        let set = SetIntegrationIdentifiers::new(identity, identifiers);
        prop_assert_eq!(stored(&set), set);
    }

    #[test]
    fn texts_of_a_paywall_read_back(id in arbitrary::uuid(), texts: Vec<(String, String)>) {
        let configs = texts.into_iter().map(|(locale, data)| RemoteConfig::new(locale, data));
        let update = UpdatePaywall::new(id, configs.collect());
        prop_assert_eq!(stored(&update), update);
    }

    #[test]
    fn transactions_of_currencies_read_back(create in arbitrary::currency_transaction()) {
        prop_assert_eq!(stored(&create), create);
    }

    #[test]
    fn an_identity_survives_as_what_it_is(identity in identity()) {
        let is_customer = matches!(identity, Identity::CustomerUserId(_));
        let kept = serde_json::to_value(RevokeAccessLevel::new(identity, "p")).unwrap();
        prop_assert_eq!(kept["identity"].get("customer_user_id").is_some(), is_customer);
    }
}
