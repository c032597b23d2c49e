//! Subscriptions and one-time purchases: begun, and then told what happens to them.

use adapty_model::Identity;

use crate::{
    app::{
        App,
        lifecycle::{NewPurchase, NewSubscription, ProductChange},
        subscription::Verb,
        subscriptions::SubscriptionError,
    },
    period::Period,
};

/// Subscriptions and purchases that live on the app's clock.
impl App {
    /// Begins a subscription, which from then on converts, renews and ends as the app's time passes. A
    /// customer whom the app does not know gets a profile.
    ///
    /// # Panics
    ///
    /// - When it cannot be: a period that lasts no time, a price that is none, an end beyond the year 9999, an access
    ///   level that the settings do not list.
    /// - When the profile stored for the identity is none, or there is no room.
    #[track_caller]
    pub fn start_subscription(
        &self,
        identity: impl Into<Identity>,
        new: NewSubscription,
    ) -> SubscriptionHandle {
        let begun = self.command(|state| {
            let plan = state.plan_of(new)?;
            let stored = state.profile_or_new(&identity.into()).map_err(|it| it.to_string())?;
            state.start_subscription(&stored, plan).map_err(|error| error.to_string())
        });
        match begun {
            Ok((id, _)) => SubscriptionHandle { app: self.clone(), id },
            Err(what) => panic!("{what}"),
        }
    }

    /// The subscription of this original transaction id.
    #[must_use]
    pub fn subscription(&self, original_transaction_id: impl Into<String>) -> SubscriptionHandle {
        SubscriptionHandle { app: self.clone(), id: original_transaction_id.into() }
    }

    /// Makes a one-time purchase. A customer whom the app does not know gets a profile.
    ///
    /// # Panics
    ///
    /// - When it cannot be: a price that is none, an access level of what is used up, or one that the settings do not
    ///   list.
    /// - When the profile stored for the identity is none, or there is no room.
    #[track_caller]
    pub fn make_purchase(&self, identity: impl Into<Identity>, new: NewPurchase) -> PurchaseHandle {
        let made = self.command(|state| {
            let new = state.purchase_of(new)?;
            let stored = state.profile_or_new(&identity.into()).map_err(|it| it.to_string())?;
            state.make_purchase(&stored, new).map_err(|error| error.to_string())
        });
        match made {
            Ok((id, _)) => PurchaseHandle { app: self.clone(), id },
            Err(what) => panic!("{what}"),
        }
    }
}

/// A subscription of an app; each method is a thing that happens to it now, by the app's clock.
///
/// # Panics
///
/// Every method does when it makes no sense as things are; the message says how they are.
#[derive(Clone, Debug)]
pub struct SubscriptionHandle {
    app: App,
    id: String,
}

impl SubscriptionHandle {
    /// Its original transaction id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What it is now, in words, such as `paid until 2030-02-01T00:00:00+00:00, renewing`.
    ///
    /// # Panics
    ///
    /// When the app has it no more, as after a reset.
    #[must_use]
    #[track_caller]
    pub fn state(&self) -> String {
        let state = self.app.command(|state| state.subscription_state(&self.id));
        state.unwrap_or_else(|| panic!("{}", SubscriptionError::NoSuchSubscription))
    }

    /// Renews it before its time, or after a gap.
    #[track_caller]
    pub fn renew(&self) {
        self.run(Verb::Renew);
    }

    /// Turns renewal off; access goes on until the end of what was paid.
    #[track_caller]
    pub fn cancel_renewal(&self) {
        self.run(Verb::CancelRenewal);
    }

    /// Turns renewal on again.
    #[track_caller]
    pub fn reactivate(&self) {
        self.run(Verb::Reactivate);
    }

    /// Lets the payment of the next renewal fail, now: it is in its grace period until so long after the end of
    /// what was paid, or has a billing issue until that end if there is none.
    #[track_caller]
    pub fn fail_payment(&self) {
        self.run(Verb::FailPayment);
    }

    /// Lets the payment that failed succeed after all, for the period that it was for; renewal that was
    /// turned off stays off.
    #[track_caller]
    pub fn recover(&self) {
        self.run(Verb::Recover);
    }

    /// Ends it now; one of the store `stripe` that renews is cancelled at once by it.
    #[track_caller]
    pub fn expire(&self) {
        self.run(Verb::Expire);
    }

    /// Pays the last payment back, and ends it now.
    #[track_caller]
    pub fn refund(&self) {
        self.run(Verb::Refund);
    }

    /// Pauses it from the end of the period on; of the Play Store alone.
    #[track_caller]
    pub fn pause(&self) {
        self.run(Verb::Pause);
    }

    /// Ends a pause: with a new payment, or before it began.
    #[track_caller]
    pub fn resume(&self) {
        self.run(Verb::Resume);
    }

    /// Puts the next renewal off by a period, for which access goes on; of the Play Store alone.
    #[track_caller]
    pub fn defer(&self, by: Period) {
        self.run(Verb::Defer { by });
    }

    /// Changes its product.
    ///
    /// # Panics
    ///
    /// When that makes no sense now; the message has its state in words.
    #[track_caller]
    pub fn change_product(&self, change: ProductChange) {
        let changed = self.app.command(|state| state.change_product(&self.id, change));
        if let Err(what) = changed {
            panic!("{what}");
        }
    }

    #[track_caller]
    fn run(&self, verb: Verb) {
        if let Err(error) = self.app.command(|state| state.run_verb(&self.id, verb)) {
            panic!("{error}");
        }
    }
}

/// A one-time purchase of an app.
#[derive(Clone, Debug)]
pub struct PurchaseHandle {
    app: App,
    id: String,
}

impl PurchaseHandle {
    /// Its transaction id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Pays it back, and ends the access it gave.
    ///
    /// # Panics
    ///
    /// When it was paid back already, or its profile is gone.
    #[track_caller]
    pub fn refund(&self) {
        if let Err(error) = self.app.command(|state| state.refund_purchase(&self.id)) {
            panic!("{error}");
        }
    }
}
