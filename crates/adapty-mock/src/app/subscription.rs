//! A subscription and its life: what each step of it is, and when the next one is due.
//!
//! It is pure: what a step makes of the profile is in `purchases`. The steps, and the events each of them
//! sends, are those that the documents draw; where they leave dates open, these are ours:
//!
//! - A renewal's period begins where the one before ended, and ends by the calendar from where the first
//!   began: on the 31st, or a month's last day.
//! - A charge that fails is that of the next renewal, tried before it. With a grace period, the subscription is
//!   in it from then on, and access goes on for its length after the end of what was paid; without one, until that
//!   end. One that recovers before pays the next period then.
//! - Who cancels in the grace period has access until its end. A payment that recovers then pays its period, and
//!   renewal stays off.
//! - One that is ended at once does not renew from then on, for no reason of its own but a payment that never came.
//!   Stripe's is cancelled by it.
//! - A subscription that ended can be renewed, which the documents call a repurchase after a gap: from
//!   that instant, in the same chain of transactions.
//! - A change of product keeps the chain, too. One that waits for the end of the period comes with the next
//!   payment, whatever brings that about: time, a verb, or the end of a pause. Until then the renewal of the
//!   product there is counts as turned off, as the documents draw it, without a reason.
//! - A renewal that is put off, of the Play Store alone: access goes on until then, and later periods are
//!   counted from there.

use std::fmt;

use adapty_model::time::OffsetDateTime;

use crate::{dates, period::Period};

/// A subscription of one profile.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Subscription {
    pub(crate) plan: Plan,
    pub(crate) original_transaction_id: String,
    pub(crate) transaction_id: String,
    pub(crate) originally_purchased_at: OffsetDateTime,
    /// When the latest transaction was made.
    pub(crate) purchased_at: OffsetDateTime,
    /// When access ends as things are: with what was paid, or with the grace period.
    pub(crate) expires_at: OffsetDateTime,
    pub(crate) renewal_cancelled_at: Option<OffsetDateTime>,
    pub(crate) billing_issue_detected_at: Option<OffsetDateTime>,
    pub(crate) cancellation_reason: Option<&'static str>,
    phase: Phase,
    /// Where the periods are counted from, and how many have begun.
    anchor: OffsetDateTime,
    periods: u32,
    /// Whether a pause begins with the end of the period.
    pauses: bool,
    /// What it changes to with the end of the period.
    next_plan: Option<NextPlan>,
}

/// What a subscription changes to, and when that was decided: from then on the product that it has does not
/// renew.
#[derive(Clone, Debug, PartialEq)]
struct NextPlan {
    plan: Plan,
    decided_at: OffsetDateTime,
}

/// What is subscribed to.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Plan {
    pub(crate) store: String,
    pub(crate) environment: String,
    pub(crate) product: String,
    pub(crate) access_level_id: String,
    pub(crate) period: Period,
    pub(crate) trial: Option<Period>,
    pub(crate) grace_period: Option<Period>,
    /// In US dollars, for each period.
    pub(crate) price: f64,
}

/// Where in its life a subscription is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Trial,
    Paid,
    /// A charge failed, and the grace period runs.
    Grace {
        after_trial: bool,
    },
    /// As below.
    Paused {
        after_trial: bool,
    },
    /// With a trial behind it that was never paid, or not.
    Ended {
        after_trial: bool,
    },
}

/// What a verb does.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Verb {
    Renew,
    CancelRenewal,
    Reactivate,
    FailPayment,
    Recover,
    Expire,
    Refund,
    Pause,
    Resume,
    Defer { by: Period },
    ChangeProduct { to: Plan, now: bool },
}

/// What happened to a subscription.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Happened {
    /// The documents' event types, in the order drawn, between that of what was left and that of the access
    /// level.
    pub(crate) events: Vec<&'static str>,
    /// What was charged, if anything was.
    pub(crate) charged: Option<f64>,
    /// What was paid back, if anything was.
    pub(crate) paid_back: Option<f64>,
    /// What was left, where the product changed.
    pub(crate) left: Option<Left>,
    /// Whether the customer bought something, rather than what goes on by itself.
    pub(crate) is_bought: bool,
    /// Whether the access level is another afterwards: until when it lasts, or whether it renews.
    pub(crate) changes_access: bool,
}

/// What a subscription was before its product changed.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Left {
    pub(crate) subscription: Box<Subscription>,
    /// The event of its end.
    pub(crate) event: &'static str,
    /// Whether it was given up for something better, rather than ended with its period.
    pub(crate) is_upgrade: bool,
}

impl Happened {
    /// What it adds to the revenue.
    pub(crate) fn revenue(&self) -> f64 {
        self.charged.unwrap_or(0.0) - self.paid_back.unwrap_or(0.0)
    }

    /// What changes access, and sends these events before that of the access level.
    fn events(events: &[&'static str]) -> Self {
        Self { events: events.to_vec(), changes_access: true, ..Self::default() }
    }
}

impl Subscription {
    /// Begins at an instant, with its trial if it has one.
    pub(crate) fn start(
        plan: Plan,
        transaction_id: String,
        now: OffsetDateTime,
    ) -> Result<(Self, Happened), Refused> {
        let first = plan.trial.unwrap_or(plan.period);
        let expires_at = first.after(now).ok_or(Refused::BeyondLastYear)?;
        let (phase, event, charged) = match plan.trial {
            Some(_) => (Phase::Trial, "trial_started", None),
            None => (Phase::Paid, "subscription_started", Some(plan.price)),
        };
        let (anchor, periods) = if plan.trial.is_some() { (expires_at, 0) } else { (now, 1) };
        let subscription = Self {
            plan,
            original_transaction_id: transaction_id.clone(),
            transaction_id,
            originally_purchased_at: now,
            purchased_at: now,
            expires_at,
            renewal_cancelled_at: None,
            billing_issue_detected_at: None,
            cancellation_reason: None,
            phase,
            anchor,
            periods,
            pauses: false,
            next_plan: None,
        };
        Ok((subscription, Happened { charged, is_bought: true, ..Happened::events(&[event]) }))
    }

    /// What is subscribed to, and what it changes to with the end of the period.
    pub(super) fn plans(&self) -> impl Iterator<Item = &Plan> {
        std::iter::once(&self.plan).chain(self.next_plan.as_ref().map(|next| &next.plan))
    }

    fn is_in_trial(&self) -> bool {
        self.phase == Phase::Trial
    }

    pub(crate) fn is_in_grace_period(&self) -> bool {
        matches!(self.phase, Phase::Grace { .. })
    }

    fn is_paused(&self) -> bool {
        matches!(self.phase, Phase::Paused { .. })
    }

    /// When something happens by itself; `None` if nothing will.
    pub(crate) fn due_at(&self) -> Option<OffsetDateTime> {
        match self.phase {
            Phase::Trial | Phase::Paid | Phase::Grace { .. } => Some(self.expires_at),
            Phase::Paused { .. } | Phase::Ended { .. } => None,
        }
    }

    /// What happens when it is due. `transaction_id` is that of a renewal, if there is one.
    pub(crate) fn come_due(&mut self, transaction_id: String) -> Happened {
        let at = self.expires_at;
        if self.renewal_cancelled_at.is_some() {
            return self.end(at);
        }
        if self.billing_issue_detected_at.is_some() {
            return self.end_unpaid(at);
        }
        if std::mem::take(&mut self.pauses) {
            self.phase = Phase::Paused { after_trial: self.is_in_trial() };
            return Happened::events(&[]);
        }
        match self.pay(transaction_id, at) {
            Ok(happened) => happened,
            // There is no year to renew it into.
            Err(_) => self.end(at),
        }
    }

    /// Carries out a verb, whole or not at all.
    pub(crate) fn run(
        &mut self,
        verb: Verb,
        transaction_id: String,
        now: OffsetDateTime,
    ) -> Result<Happened, Refused> {
        let state = self.state().to_string();
        let refused = |what| Err(Refused::Now { what, state });
        let runs = self.due_at().is_some();
        let has_issue = self.billing_issue_detected_at.is_some();
        match verb {
            Verb::Renew if self.is_paused() => refused("renewed; resume it"),
            Verb::Renew if runs && has_issue => refused("renewed; let the payment recover"),
            Verb::Renew => self.pay(transaction_id, now),
            Verb::CancelRenewal if !runs || self.renewal_cancelled_at.is_some() => {
                refused("kept from renewing")
            }
            Verb::CancelRenewal => {
                self.renewal_cancelled_at = Some(now);
                self.cancellation_reason = Some("voluntarily_cancelled");
                self.pauses = false;
                self.next_plan = None;
                Ok(Happened::events(&[
                    self.in_trial("trial_renewal_cancelled", "subscription_renewal_cancelled")
                ]))
            }
            Verb::Reactivate if !runs || self.renewal_cancelled_at.is_none() => {
                refused("reactivated")
            }
            Verb::Reactivate => {
                self.renewal_cancelled_at = None;
                self.cancellation_reason = None;
                Ok(Happened::events(&[
                    self.in_trial("trial_renewal_reactivated", "subscription_renewal_reactivated")
                ]))
            }
            Verb::FailPayment if !runs || has_issue || self.renewal_cancelled_at.is_some() => {
                refused("charged, so no payment fails")
            }
            Verb::FailPayment => self.fail_payment(now),
            Verb::Recover if !runs || !has_issue => refused("waiting for a payment"),
            Verb::Recover => {
                let cancelled = (self.renewal_cancelled_at, self.cancellation_reason);
                let recovered = self.pay(transaction_id, now)?;
                (self.renewal_cancelled_at, self.cancellation_reason) = cancelled;
                Ok(recovered)
            }
            Verb::Expire if !runs && !self.is_paused() => refused("running"),
            Verb::Expire => {
                self.expires_at = self.expires_at.min(now);
                let is_cancelled = self.renewal_cancelled_at.is_some();
                let is_cancelled_by_it = self.plan.store == "stripe" && runs && self.renews();
                Ok(match has_issue && !is_cancelled {
                    true => self.end_unpaid(self.expires_at),
                    false if is_cancelled_by_it => self.cancel_at_once(now),
                    false => self.end(now),
                })
            }
            Verb::Refund if self.is_unpaid() => refused("paid for, so there is nothing to refund"),
            Verb::Refund if self.cancellation_reason == Some("refund") => {
                refused("paid for any more, so there is nothing to refund")
            }
            Verb::Refund => {
                self.expires_at = self.expires_at.min(now);
                self.cancellation_reason = Some("refund");
                (self.pauses, self.next_plan) = (false, None);
                self.renewal_cancelled_at.get_or_insert(now);
                self.phase = Phase::Ended { after_trial: false };
                let paid_back = Some(self.plan.price);
                Ok(Happened { paid_back, ..Happened::events(&["subscription_refunded"]) })
            }
            Verb::Pause if self.plan.store != "play_store" => {
                refused("of the Play Store, which alone pauses")
            }
            Verb::Pause
                if !runs || has_issue || self.pauses || self.renewal_cancelled_at.is_some() =>
            {
                refused("to renew, so there is nothing to pause")
            }
            Verb::Pause => {
                self.pauses = true;
                let paused = Happened::events(&["subscription_paused"]);
                // Not before the period ends.
                Ok(Happened { changes_access: false, ..paused })
            }
            Verb::Resume if self.pauses => {
                self.pauses = false;
                Ok(Happened::default())
            }
            Verb::Resume if self.is_paused() => self.pay(transaction_id, now),
            Verb::Resume => refused("paused"),
            Verb::Defer { .. } if self.plan.store != "play_store" => {
                refused("of the Play Store, which alone puts renewals off")
            }
            Verb::Defer { .. } if self.phase != Phase::Paid || !self.renews() => {
                refused("paid and to renew, so there is nothing to put off")
            }
            Verb::Defer { by } => {
                self.expires_at = by.after(self.expires_at).ok_or(Refused::BeyondLastYear)?;
                (self.anchor, self.periods) = (self.expires_at, 0);
                Ok(Happened::events(&["subscription_deferred"]))
            }
            Verb::ChangeProduct { .. } if !runs || has_issue => {
                refused("running without a billing issue")
            }
            Verb::ChangeProduct { to, now: true } => {
                let changed = self.changed(to, transaction_id, now, now, true)?;
                Ok(Happened { is_bought: true, ..changed })
            }
            Verb::ChangeProduct { to, now: false } => {
                self.next_plan = Some(NextPlan { plan: to, decided_at: now });
                Ok(Happened::events(&[]))
            }
        }
    }

    /// What it is now, in words.
    pub(crate) fn state(&self) -> State<'_> {
        State(self)
    }

    /// A payment: of a new period, or of the product that it was to change to.
    fn pay(&mut self, transaction_id: String, now: OffsetDateTime) -> Result<Happened, Refused> {
        let Some(NextPlan { plan: to, .. }) = self.next_plan.clone() else {
            return self.renewed(transaction_id, now);
        };
        let from = match self.phase {
            // Paid before its time or after it, the period begins where the one before ends.
            Phase::Trial | Phase::Paid | Phase::Grace { .. } => {
                self.plan.period.times_after(self.periods, self.anchor)
            }
            Phase::Paused { .. } | Phase::Ended { .. } => Some(now),
        };
        self.changed(to, transaction_id, now, from.ok_or(Refused::BeyondLastYear)?, false)
    }

    /// A new period: after a trial, after the one before, or after a gap.
    fn renewed(
        &mut self,
        transaction_id: String,
        now: OffsetDateTime,
    ) -> Result<Happened, Refused> {
        let was_trial = self.is_unpaid();
        let is_in_time = match self.phase {
            Phase::Trial | Phase::Paid | Phase::Grace { .. } => true,
            Phase::Paused { .. } | Phase::Ended { .. } => false,
        };
        // After a gap, the customer bought it again.
        let is_bought = matches!(self.phase, Phase::Ended { .. });
        if !is_in_time {
            (self.anchor, self.periods) = (now, 0);
        }
        let end = |periods| self.plan.period.times_after(periods, self.anchor);
        let periods = self.periods.checked_add(1).ok_or(Refused::BeyondLastYear)?;
        self.expires_at = end(periods).ok_or(Refused::BeyondLastYear)?;
        self.periods = periods;
        self.purchased_at = now;
        self.transaction_id = transaction_id;
        self.renewal_cancelled_at = None;
        self.billing_issue_detected_at = None;
        self.cancellation_reason = None;
        self.phase = Phase::Paid;
        let event = if was_trial { "trial_converted" } else { "subscription_renewed" };
        let charged = Some(self.plan.price);
        Ok(Happened { charged, is_bought, ..Happened::events(&[event]) })
    }

    fn fail_payment(&mut self, now: OffsetDateTime) -> Result<Happened, Refused> {
        let happened = match self.plan.grace_period {
            Some(grace_period) => {
                let end = grace_period.after(self.expires_at);
                self.expires_at = end.ok_or(Refused::BeyondLastYear)?;
                self.phase = Phase::Grace { after_trial: self.is_in_trial() };
                Happened::events(&["billing_issue_detected", "entered_grace_period"])
            }
            None => Happened::events(&["billing_issue_detected"]),
        };
        self.billing_issue_detected_at = Some(now);
        self.pauses = false;
        Ok(happened)
    }

    /// Goes over to another plan at an instant, its first period being from another on.
    fn changed(
        &mut self,
        to: Plan,
        transaction_id: String,
        at: OffsetDateTime,
        from: OffsetDateTime,
        is_upgrade: bool,
    ) -> Result<Happened, Refused> {
        let expires_at = to.period.after(from).ok_or(Refused::BeyondLastYear)?;
        let subscription = Box::new(self.clone());
        let (event, paid_back) = match self.price() {
            None => ("trial_expired", None),
            price if is_upgrade => ("subscription_refunded", price),
            Some(_) => ("subscription_expired", None),
        };
        self.plan = to;
        (self.anchor, self.periods) = (from, 1);
        self.expires_at = expires_at;
        self.purchased_at = at;
        self.transaction_id = transaction_id;
        self.renewal_cancelled_at = None;
        self.billing_issue_detected_at = None;
        self.cancellation_reason = None;
        self.phase = Phase::Paid;
        self.next_plan = None;
        self.pauses = false;
        Ok(Happened {
            charged: Some(self.plan.price),
            paid_back,
            left: Some(Left { subscription, event, is_upgrade }),
            ..Happened::events(&["subscription_started"])
        })
    }

    /// Ends for a payment that never came.
    fn end_unpaid(&mut self, at: OffsetDateTime) -> Happened {
        self.renewal_cancelled_at = Some(at);
        self.cancellation_reason = Some("billing_error");
        self.end(at)
    }

    /// Ends; from this instant on it does not renew, unless it did not before.
    fn end(&mut self, at: OffsetDateTime) -> Happened {
        self.renewal_cancelled_at = self.off_since().or(Some(at));
        let event = self.in_trial("trial_expired", "subscription_expired");
        self.phase = Phase::Ended { after_trial: event == "trial_expired" };
        self.next_plan = None;
        self.pauses = false;
        Happened::events(&[event])
    }

    /// Ends as Stripe cancels at once, which is told as the cancellation and the end together.
    fn cancel_at_once(&mut self, at: OffsetDateTime) -> Happened {
        let cancelled = self.in_trial("trial_renewal_cancelled", "subscription_renewal_cancelled");
        self.renewal_cancelled_at = Some(at);
        self.cancellation_reason = Some("voluntarily_cancelled");
        let mut ended = self.end(at);
        ended.events.insert(0, cancelled);
        ended
    }

    /// Whether nothing stands against the next charge.
    fn renews(&self) -> bool {
        self.renewal_cancelled_at.is_none() && self.billing_issue_detected_at.is_none()
    }

    /// Since when the product that it has is not to renew; `None` where it is.
    pub(crate) fn off_since(&self) -> Option<OffsetDateTime> {
        let changes = self.next_plan.as_ref().map(|next| next.decided_at);
        self.renewal_cancelled_at.or(changes)
    }

    /// Whether so many payments in a row are more than a year's.
    pub(crate) fn is_after_first_year(&self, payments: u32) -> bool {
        let start = self.originally_purchased_at;
        let paid = self.plan.period.times_after(payments.saturating_sub(1), start);
        paid.zip(Period::months(12).after(start)).is_some_and(|(paid, year)| paid >= year)
    }

    /// What its latest transaction cost; `None` is a free trial.
    pub(crate) fn price(&self) -> Option<f64> {
        (!self.is_unpaid()).then_some(self.plan.price)
    }

    /// Whether nothing was ever paid.
    fn is_unpaid(&self) -> bool {
        matches!(
            self.phase,
            Phase::Trial
                | Phase::Grace { after_trial: true }
                | Phase::Paused { after_trial: true }
                | Phase::Ended { after_trial: true }
        )
    }

    fn in_trial(&self, trial: &'static str, paid: &'static str) -> &'static str {
        match self.phase {
            Phase::Trial
            | Phase::Grace { after_trial: true }
            | Phase::Paused { after_trial: true } => trial,
            _ => paid,
        }
    }
}

/// What a subscription is now, in words: "in its trial until …, renewing".
#[derive(Debug)]
pub(crate) struct State<'a>(&'a Subscription);

impl fmt::Display for State<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(subscription) = self;
        let phase = match subscription.phase {
            Phase::Trial => "in its trial until",
            Phase::Paid => "paid until",
            Phase::Grace { .. } => "in its grace period until",
            Phase::Paused { .. } => "paused since",
            Phase::Ended { .. } => "over since",
        };
        write!(f, "{phase} {}", dates::write(subscription.expires_at))?;
        let runs = subscription.due_at().is_some();
        let has_issue = runs && subscription.billing_issue_detected_at.is_some();
        let is_cancelled = runs && subscription.renewal_cancelled_at.is_some();
        let renews = runs && !has_issue && !is_cancelled && !subscription.pauses;
        let changes = subscription.next_plan.is_some();
        let all = [
            (has_issue, "with a billing issue"),
            (is_cancelled, "its renewal cancelled"),
            (subscription.pauses, "to pause then"),
            (changes && renews, "to change its product then"),
            (changes && !renews, "to change its product with the next payment"),
            (renews && !changes, "renewing"),
        ];
        let named = all.iter().filter(|(is_so, _)| *is_so);
        named.map(|(_, words)| words).try_for_each(|words| write!(f, ", {words}"))
    }
}

/// Why a verb is not carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// It makes no sense as things are.
    Now {
        what: &'static str,
        state: String,
    },
    BeyondLastYear,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Now { what, state } => write!(f, "the subscription is not {what}: it is {state}"),
            Self::BeyondLastYear => f.write_str("that is beyond the year 9999"),
        }
    }
}
