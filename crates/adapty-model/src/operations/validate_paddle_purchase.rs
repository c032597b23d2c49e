//! Validate Paddle purchase: a purchase that Adapty fetches from Paddle.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::operation::Operation;
use super::spec::Spec;
use super::table;
use crate::identity::Identity;
use crate::json::object::object;
use crate::json::{self, ReadError, WriteError};
use crate::profile::{Profile, ProfileResponse};

/// Lets Adapty fetch a purchase from Paddle and give its buyer access.
///
/// No document says whether it may be sent twice, so it is not once the server may have seen it.
///
/// `POST /api/v2/server-side-api/purchase/paddle/token/validate/`, answered with the profile. The
/// customer is named in the body, and no identity header is sent.
///
/// [`Debug`](fmt::Debug) hides both fields.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", expecting = "an object with a Paddle purchase")]
#[non_exhaustive]
pub struct ValidatePaddlePurchase {
    /// The developer's own id of the buyer. Wire: `customer_user_id`, a string.
    pub customer_user_id: String,

    /// Paddle's id of the transaction (`txn_…`) or of the subscription (`sub_…`).
    ///
    /// Wire: `paddle_token`, a string; the documents' example begins with `live_`.
    pub paddle_token: String,
}

impl ValidatePaddlePurchase {
    /// Lets Adapty fetch this purchase of this customer's.
    pub fn new(customer_user_id: impl Into<String>, paddle_token: impl Into<String>) -> Self {
        Self { customer_user_id: customer_user_id.into(), paddle_token: paddle_token.into() }
    }
}

object!(ValidatePaddlePurchase);

impl fmt::Debug for ValidatePaddlePurchase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ValidatePaddlePurchase").finish_non_exhaustive()
    }
}

impl Operation for ValidatePaddlePurchase {
    type Answer = Profile;

    const SPEC: Spec = table::VALIDATE_PADDLE_PURCHASE;

    /// The body names the customer.
    fn identity(&self) -> Option<&Identity> {
        None
    }

    fn body(&self) -> Result<Option<Vec<u8>>, WriteError> {
        json::write(self).map(Some)
    }

    fn secrets(&self) -> Vec<&str> {
        vec![&self.customer_user_id, &self.paddle_token]
    }

    fn read(&self, body: &[u8]) -> Result<Profile, ReadError> {
        ProfileResponse::from_json(body).map(|response| response.data)
    }
}
