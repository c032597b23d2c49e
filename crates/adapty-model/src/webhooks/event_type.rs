//! What an event says has happened.

use crate::json::open_enum::open_enum;

open_enum! {
    /// What an event says has happened.
    ///
    /// Wire: `event_type`. The names can be replaced in the Adapty Dashboard by any text, which is an
    /// [`Other`](Self::Other) here.
    EventType, "an event type" {
        /// A subscription begins, paid from its first day: `subscription_started`.
        SubscriptionStarted = "subscription_started",
        /// The same by its other documented name: `subscription_initial_purchase`.
        SubscriptionInitialPurchase = "subscription_initial_purchase",
        /// A later charge, or a purchase after a gap: `subscription_renewed`.
        SubscriptionRenewed = "subscription_renewed",
        /// Renewal was turned off; access goes on: `subscription_renewal_cancelled`.
        SubscriptionRenewalCancelled = "subscription_renewal_cancelled",
        /// The same by its other documented name: `subscription_cancelled`.
        SubscriptionCancelled = "subscription_cancelled",
        /// Renewal was turned on again: `subscription_renewal_reactivated`.
        SubscriptionRenewalReactivated = "subscription_renewal_reactivated",
        /// A subscription really ended: `subscription_expired`.
        SubscriptionExpired = "subscription_expired",
        /// Google Play paused it: `subscription_paused`.
        SubscriptionPaused = "subscription_paused",
        /// Google Play put the renewal off: `subscription_deferred`.
        SubscriptionDeferred = "subscription_deferred",
        /// A refund, or an upgrade that ends the old product: `subscription_refunded`.
        SubscriptionRefunded = "subscription_refunded",
        /// A trial begins: `trial_started`.
        TrialStarted = "trial_started",
        /// The first charge after a trial: `trial_converted`.
        TrialConverted = "trial_converted",
        /// A trial ended unpaid: `trial_expired`.
        TrialExpired = "trial_expired",
        /// Renewal was turned off during a trial: `trial_renewal_cancelled`.
        TrialRenewalCancelled = "trial_renewal_cancelled",
        /// The same by its other documented name: `trial_cancelled`.
        TrialCancelled = "trial_cancelled",
        /// Renewal was turned on again during a trial: `trial_renewal_reactivated`.
        TrialRenewalReactivated = "trial_renewal_reactivated",
        /// A charge failed: `billing_issue_detected`.
        BillingIssueDetected = "billing_issue_detected",
        /// A charge failed, and a grace period runs: `entered_grace_period`.
        EnteredGracePeriod = "entered_grace_period",
        /// A one-time purchase: `non_subscription_purchase`.
        NonSubscriptionPurchase = "non_subscription_purchase",
        /// Its refund: `non_subscription_purchase_refunded`.
        NonSubscriptionPurchaseRefunded = "non_subscription_purchase_refunded",
        /// Any change of an access level; the only event that says what access is:
        /// `access_level_updated`.
        AccessLevelUpdated = "access_level_updated",
        ..
        /// A name no document knows.
        Other
    }
}

impl EventType {
    /// Whether the documents give it the properties of a purchase.
    pub(super) fn is_of_a_purchase(&self) -> bool {
        // A known name may be held as another one's, and is the known one.
        !matches!(Self::from(self.as_str()), Self::AccessLevelUpdated | Self::Other(_))
    }
}
