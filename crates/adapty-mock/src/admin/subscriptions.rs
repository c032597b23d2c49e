//! `/__admin/subscriptions`, `/__admin/purchases`: what customers bought, living on the app's clock.

use adapty_model::Identity;
use http::StatusCode;
use serde::{Deserialize, Deserializer};
use serde_json::json as object;
use uuid::Uuid;

use super::{
    profiles::data,
    request::{AdminRequest, Mistake, done},
};
use crate::{
    app::{
        lifecycle::{NewPurchase, NewSubscription, ProductChange},
        profile::Unchangeable,
        subscription::Verb,
        subscriptions::SubscriptionError,
    },
    period::Period,
    reply::Reply,
};

/// Begins a subscription of whom the header or the body names.
pub(super) fn start(request: &AdminRequest) -> Result<Reply, Mistake> {
    let (identity, new) = NewSubscriptionOf::read(request)?;
    let begun: Result<_, Mistake> = request.app.command(|state| {
        let plan = state.plan_of(new).map_err(Mistake::Body)?;
        let stored = state.profile_or_new(&identity).map_err(SubscriptionError::from)?;
        let (id, stored) = state.start_subscription(&stored, plan)?;
        let told = state.subscription_state(&id).expect("it was begun just now");
        Ok((id, told, stored))
    });
    let (id, state, stored) = begun?;
    Ok(done(&object!({
        "store_original_transaction_id": id,
        "state": state,
        "profile": data(&stored)?,
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
    let changed: Result<_, Mistake> = match verb(name) {
        Some(verb) => {
            request.takes_no_body()?;
            request.app.command(|state| state.run_verb(id, verb)).map_err(Mistake::from)
        }
        None if name == "change_product" => {
            let change: ProductChange = request.read()?;
            request.app.command(|state| state.change_product(id, change)).map_err(Mistake::from)
        }
        None if name == "defer" => {
            let Deferral { by } = request.read()?;
            if by.is_zero() {
                return Err(Mistake::Body("by: it lasts no time".to_owned()));
            }
            let verb = Verb::Defer { by };
            request.app.command(|state| state.run_verb(id, verb)).map_err(Mistake::from)
        }
        None => Err(Mistake::Path(format!(
            "there is no verb `{name}`, expected one of {}, defer, change_product",
            VERBS.map(|(name, _)| name).join(", ")
        ))),
    };
    let changed = changed?;
    let state = request.app.command(|state| state.subscription_state(id));
    Ok(done(&object!({
        "store_original_transaction_id": id,
        "state": state,
        "profile": data(&changed)?,
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
    let (identity, new) = NewPurchaseOf::read(request)?;
    let made = request.app.command(|state| {
        let new = state.purchase_of(new).map_err(Mistake::Body)?;
        let stored = state.profile_or_new(&identity).map_err(SubscriptionError::from)?;
        state.make_purchase(&stored, new).map_err(Mistake::from)
    });
    let (id, stored) = made?;
    Ok(done(&object!({"store_transaction_id": id, "profile": data(&stored)?})))
}

/// Refunds a one-time purchase.
pub(super) fn refund_purchase(request: &AdminRequest) -> Result<Reply, Mistake> {
    let id = request.path_id(0);
    let changed = request.app.command(|state| state.refund_purchase(id))?;
    Ok(done(&object!({"store_transaction_id": id, "profile": data(&changed)?})))
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

/// A subscription to begin, and whose.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewSubscriptionOf {
    customer_user_id: Option<String>,
    profile_id: Option<Uuid>,
    product: String,
    period: Period,
    trial: Option<Period>,
    grace_period: Option<Period>,
    #[serde(default, deserialize_with = "given")]
    price: Option<f64>,
    #[serde(default, deserialize_with = "given")]
    store: Option<String>,
    #[serde(default, deserialize_with = "given")]
    environment: Option<String>,
    access_level_id: Option<String>,
}

impl NewSubscriptionOf {
    fn read(request: &AdminRequest) -> Result<(Identity, NewSubscription), Mistake> {
        let read: Self = request.read()?;
        let identity = whose(request, read.customer_user_id, read.profile_id)?;
        let mut new = NewSubscription::new(read.product, read.period);
        new.trial = read.trial;
        new.grace_period = read.grace_period;
        new.price = read.price.unwrap_or(new.price);
        new.store = read.store.unwrap_or(new.store);
        new.environment = read.environment.unwrap_or(new.environment);
        new.access_level_id = read.access_level_id;
        Ok((identity, new))
    }
}

/// A purchase to make, and whose.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewPurchaseOf {
    customer_user_id: Option<String>,
    profile_id: Option<Uuid>,
    product: String,
    #[serde(default, deserialize_with = "given")]
    price: Option<f64>,
    #[serde(default, deserialize_with = "given")]
    store: Option<String>,
    #[serde(default, deserialize_with = "given")]
    environment: Option<String>,
    #[serde(default)]
    consumable: bool,
    access_level_id: Option<String>,
}

impl NewPurchaseOf {
    fn read(request: &AdminRequest) -> Result<(Identity, NewPurchase), Mistake> {
        let read: Self = request.read()?;
        let identity = whose(request, read.customer_user_id, read.profile_id)?;
        let mut new = NewPurchase::new(read.product);
        new.price = read.price.unwrap_or(new.price);
        new.store = read.store.unwrap_or(new.store);
        new.environment = read.environment.unwrap_or(new.environment);
        new.consumable = read.consumable;
        new.access_level_id = read.access_level_id;
        Ok((identity, new))
    }
}

/// A field that may be absent, and is not `null`.
fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// The one identity that the headers or the body name.
fn whose(
    request: &AdminRequest,
    customer: Option<String>,
    profile: Option<Uuid>,
) -> Result<Identity, Mistake> {
    let customer = customer.map(Identity::customer);
    let named = [request.identity.clone(), customer, profile.map(Identity::from)];
    let mut named = named.into_iter().flatten();
    match (named.next(), named.next()) {
        (Some(Identity::CustomerUserId(id)), None) if id.is_empty() => {
            Err(Mistake::Body("customer_user_id: it is empty".to_owned()))
        }
        (Some(identity), None) => Ok(identity),
        _ => Err(Mistake::Body(
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
            SubscriptionError::Unchangeable(Unchangeable::NoRoom(over)) => Self::NoRoom(over),
            SubscriptionError::NoSuchChange(_) | SubscriptionError::Unchangeable(_) => {
                Self::Body(what)
            }
        }
    }
}
