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
        let created = self.new_profile(identity.customer, identity.profile)?;
        let created = created.changed(|data| change.set_attributes(data))?;
        let mut private = PrivateData::default();
        change.set_personal(&mut private);
        self.put_new(created.with_private(private))
    }

    /// A profile that bought nothing; without an id of its own it gets one.
    pub(super) fn new_profile(
        &mut self,
        customer_user_id: Option<&str>,
        profile_id: Option<Uuid>,
    ) -> Result<StoredProfile, Unchangeable> {
        let profile_id = profile_id.unwrap_or_else(|| self.fresh_profile_id());
        let timestamp = self.next_timestamp();
        let customer = customer_user_id.map(str::to_owned);
        let example = Bytes::from_static(fixtures::OPENAPI_EMPTY);
        StoredProfile::of_editions(customer, profile_id, example).changed(|data| {
            data.put("profile_id", &profile_id);
            data.put("customer_user_id", &customer_user_id);
            data.put("timestamp", &timestamp);
            data.put(ATTRIBUTES, &[(); 0]);
            Ok(())
        })
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
