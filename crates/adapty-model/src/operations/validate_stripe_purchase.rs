//! Validate Stripe purchase: a purchase that Adapty fetches from Stripe.

use std::fmt;

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use super::operation::Operation;
use super::spec::Spec;
use super::table;
use crate::identity::Identity;
use crate::json::object::{ObjectOnly, object};
use crate::json::{self, ReadError, WriteError};

/// Lets Adapty fetch a purchase from Stripe and give its buyer access. A profile that is not there yet
/// is created. It counts for what Adapty charges.
///
/// No document says whether it may be sent twice, so it is not once the server may have seen it.
///
/// `POST /api/v1/sdk/purchase/stripe/token/validate/`, in JSON:API's media type, answered with
/// `{"data": null}`. The customer is named in the body, and no identity header is sent.
///
/// [`Debug`](fmt::Debug) hides both fields.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", expecting = "an object with a Stripe purchase")]
#[non_exhaustive]
pub struct ValidateStripePurchase {
    /// The developer's own id of the buyer.
    ///
    /// Wire: `data.attributes.customer_user_id`, a string.
    pub customer_user_id: String,

    /// Stripe's id of the subscription (`sub_…`) or of the payment (`pi_…`).
    ///
    /// Wire: `data.attributes.stripe_token`, a string.
    pub stripe_token: String,
}

impl ValidateStripePurchase {
    /// Lets Adapty fetch this purchase of this customer's.
    pub fn new(customer_user_id: impl Into<String>, stripe_token: impl Into<String>) -> Self {
        Self { customer_user_id: customer_user_id.into(), stripe_token: stripe_token.into() }
    }
}

object!(ValidateStripePurchase);

impl fmt::Debug for ValidateStripePurchase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ValidateStripePurchase").finish_non_exhaustive()
    }
}

#[derive(Serialize)]
struct Body<'a> {
    data: Resource<'a>,
}

#[derive(Serialize)]
struct Resource<'a> {
    r#type: &'static str,
    attributes: Attributes<'a>,
}

#[derive(Serialize)]
struct Attributes<'a> {
    customer_user_id: &'a str,
    stripe_token: &'a str,
}

/// `{"data": null}`; what else `data` may be one day is no reason to doubt the success.
#[derive(Deserialize)]
#[serde(expecting = "an object with data")]
struct Done {
    #[serde(rename = "data")]
    _data: IgnoredAny,
}

struct DoneObject;

impl<'de> Deserialize<'de> for DoneObject {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Done::deserialize(ObjectOnly(deserializer)).map(|_| Self)
    }
}

impl Operation for ValidateStripePurchase {
    type Answer = ();

    const SPEC: Spec = table::VALIDATE_STRIPE_PURCHASE;

    /// The body names the customer.
    fn identity(&self) -> Option<&Identity> {
        None
    }

    fn body(&self) -> Result<Option<Vec<u8>>, WriteError> {
        let Self { customer_user_id, stripe_token } = self;
        let attributes = Attributes { customer_user_id, stripe_token };
        let r#type = "stripe_receipt_validation_result";
        json::write(&Body { data: Resource { r#type, attributes } }).map(Some)
    }

    fn secrets(&self) -> Vec<&str> {
        vec![&self.customer_user_id, &self.stripe_token]
    }

    /// There is nothing to tell but that it was done.
    fn read(&self, body: &[u8]) -> Result<(), ReadError> {
        json::read(body).map(|DoneObject| ())
    }
}
