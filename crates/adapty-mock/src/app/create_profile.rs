//! What creating a profile adds.
//!
//! The profile is the documents' own example of a created one, under ids of its own; that its app and
//! its segment are the example's is ours. One created by a profile id alone is anonymous.

use std::sync::Arc;

use adapty_model::Identity;
use bytes::Bytes;
use uuid::Uuid;

use super::{
    private_data::PrivateData,
    profile::{StoredProfile, Unchangeable},
    state::State,
    update_profile::{ATTRIBUTES, ProfileChange},
};
use crate::{fixtures, identity::RequestedIdentity};

impl State {
    /// Adds a profile for an identity that has none, with what a request sets.
    pub(crate) fn create_profile(
        &mut self,
        identity: &RequestedIdentity<'_>,
        change: &ProfileChange,
    ) -> Result<Arc<StoredProfile>, Unchangeable> {
        let profile = identity.profile.unwrap_or_else(|| self.fresh_profile_id());
        let timestamp = self.next_timestamp();
        let customer = identity.customer.map(str::to_owned);
        let example = Bytes::from_static(fixtures::OPENAPI_EMPTY);
        let created = StoredProfile::of_editions(customer, profile, example).changed(|data| {
            data.put("profile_id", &profile);
            data.put("customer_user_id", &identity.customer);
            data.put("timestamp", &timestamp);
            data.put(ATTRIBUTES, &[(); 0]);
            change.set_attributes(data)
        })?;
        let mut private = PrivateData::default();
        change.set_personal(&mut private);
        self.put_new(created.with_private(private))
    }

    /// An id that no profile of the app has.
    fn fresh_profile_id(&mut self) -> Uuid {
        loop {
            let id = self.next_uuid();
            if self.profiles().get(&Identity::ProfileId(id)).is_none() {
                return id;
            }
        }
    }
}
