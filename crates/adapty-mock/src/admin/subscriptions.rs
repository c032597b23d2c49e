//! `/__admin/subscriptions`, `/__admin/purchases`: what customers bought, living on the app's clock.

use std::sync::Arc;

use adapty_model::Identity;
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value, json as object};

use super::request::{AdminRequest, Mistake, done};
use crate::{
    app::{
        lifecycle::{NewPurchase, NewSubscription, ProductChange},
        profile::StoredProfile,
        subscription::Verb,
        subscriptions::SubscriptionError,
    },
    period::Period,
    reply::Reply,
};

/// Begins a subscription of whom the header or the body names.
pub(super) fn start(request: &AdminRequest) -> Result<Reply, Mistake> {
    let (identity, new) = named::<NewSubscription>(request)?;
    let begun: Result<_, Mistake> = request.app.command(|state| {
        let plan = new.plan(|product| state.access_level_of(product)).map_err(Mistake::Body)?;
        let stored = state.profile_or_new(&identity).map_err(SubscriptionError::from)?;
        let (id, stored) = state.start_subscription(&stored, plan)?;
        let told = state.subscription_state(&id).unwrap_or_default();
        Ok((id, told, stored))
    });
    let (id, state, stored) = begun?;
    Ok(done(&object!({
        "store_original_transaction_id": id,
        "state": state,
        "profile": data(&stored),
    })))
}

/// What a subscription is now, in words.
pub(super) fn get(request: &AdminRequest) -> Result<Reply, Mistake> {
    let id = request.path_id(0);
    let state = request.app.command(|state| state.subscription_state(id));
    let state = state.ok_or(SubscriptionError::NoSuchSubscription)?;
    Ok(done(&object!({"store_original_transaction_id": id, "state": state})))
}

/// Lets something happen to a subscription.
pub(super) fn run(request: &AdminRequest) -> Result<Reply, Mistake> {
    let (id, name) = (request.path_id(0), request.path_id(1));
    let changed = match verb(name) {
        Some(verb) => request.app.command(|state| state.run_verb(id, verb)).map_err(Mistake::from),
        None if name == "change_product" => {
            let change: ProductChange = request.read()?;
            request.app.command(|state| state.change_product(id, change)).map_err(Mistake::Body)
        }
        None if name == "defer" => {
            let Deferral { by } = request.read()?;
            if by.is_zero() {
                return Err(Mistake::Body("by: it lasts no time".to_owned()));
            }
            request
                .app
                .command(|state| state.run_verb(id, Verb::Defer { by }))
                .map_err(Mistake::from)
        }
        None => Err(Mistake::Body(format!(
            "there is no verb `{name}`, expected one of {}, defer, change_product",
            VERBS.map(|(name, _)| name).join(", ")
        ))),
    }?;
    let state = request.app.command(|state| state.subscription_state(id));
    Ok(done(&object!({
        "store_original_transaction_id": id,
        "state": state,
        "profile": data(&changed),
    })))
}

/// For how long a renewal is put off.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Deferral {
    by: Period,
}

/// Makes a one-time purchase for whom the header or the body names.
pub(super) fn purchase(request: &AdminRequest) -> Result<Reply, Mistake> {
    let (identity, new) = named::<NewPurchase>(request)?;
    let made = request.app.command(|state| {
        let new = new.made(|product| state.access_level_of(product)).map_err(Mistake::Body)?;
        let stored = state.profile_or_new(&identity).map_err(SubscriptionError::from)?;
        state.make_purchase(&stored, new).map_err(Mistake::from)
    });
    let (id, stored) = made?;
    Ok(done(&object!({"store_transaction_id": id, "profile": data(&stored)})))
}

/// Refunds a one-time purchase.
pub(super) fn refund_purchase(request: &AdminRequest) -> Result<Reply, Mistake> {
    let id = request.path_id(0);
    let changed = request.app.command(|state| state.refund_purchase(id))?;
    Ok(done(&object!({"store_transaction_id": id, "profile": data(&changed)})))
}

const VERBS: [(&str, Verb); 9] = [
    ("renew", Verb::Renew),
    ("cancel_renewal", Verb::CancelRenewal),
    ("reactivate", Verb::Reactivate),
    ("fail_payment", Verb::FailPayment),
    ("recover", Verb::Recover),
    ("expire", Verb::Expire),
    ("refund", Verb::Refund),
    ("pause", Verb::Pause),
    ("resume", Verb::Resume),
];

fn verb(name: &str) -> Option<Verb> {
    VERBS.into_iter().find_map(|(known, verb)| (known == name).then_some(verb))
}

/// The identity that the headers or the body name, and the rest of the body.
fn named<T: for<'de> Deserialize<'de>>(request: &AdminRequest) -> Result<(Identity, T), Mistake> {
    let mut fields: Map<String, Value> = request.read()?;
    let mut ids = Vec::from_iter(request.identity.clone());
    for name in ["customer_user_id", "profile_id"] {
        if let Some(id) = fields.remove(name) {
            let of_body = serde_json::from_value(object!({ name: id }));
            ids.push(of_body.map_err(|error| Mistake::Body(format!("{name}: {error}")))?);
        }
    }
    let rest = serde_json::from_value(Value::Object(fields));
    let rest = rest.map_err(|error| Mistake::Body(error.to_string()))?;
    match <[Identity; 1]>::try_from(ids) {
        Ok([identity]) => Ok((identity, rest)),
        Err(_) => Err(Mistake::Body(
            "whose it is stands in one identity header, or in customer_user_id or profile_id"
                .to_owned(),
        )),
    }
}

impl From<SubscriptionError> for Mistake {
    fn from(error: SubscriptionError) -> Self {
        let what = error.to_string();
        match error {
            SubscriptionError::NoSuchSubscription | SubscriptionError::NoSuchPurchase => {
                Self::Other(StatusCode::NOT_FOUND, "not_found", what)
            }
            SubscriptionError::Refused(_) | SubscriptionError::AlreadyRefunded => {
                Self::Other(StatusCode::CONFLICT, "conflict", what)
            }
            SubscriptionError::Unchangeable(_) => Self::Body(what),
        }
    }
}

/// The profile of a stored body.
fn data(stored: &Arc<StoredProfile>) -> Value {
    let body: Value = serde_json::from_slice(&stored.written()).unwrap_or_default();
    body.get("data").cloned().unwrap_or_default()
}
