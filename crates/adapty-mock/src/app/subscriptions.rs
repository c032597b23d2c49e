//! The subscriptions and one-time purchases of an app: they live on its clock, and what happens to them
//! shows in its profiles.
//!
//! What is due happens in the order of time; what is due at one instant, in the order in which the
//! subscriptions were begun. The events of each follow one another as the documents draw them.

use std::{fmt, sync::Arc};

use adapty_model::{Identity, time::OffsetDateTime};

use super::{
    currency_code::CurrencyCode,
    event::Payment,
    lifecycle::{CheckedPurchase, NewPurchase, NewSubscription, ProductChange},
    profile::{StoredProfile, Unchangeable},
    purchases::{
        Offer, PurchaseRow, SubscriptionRow, add_revenue, write_level_of_purchase,
        write_level_of_subscription, write_purchase, write_subscription,
    },
    send_events::ToSend,
    state::State,
    subscription::{Happened, Left, Plan, Refused, Subscription, Verb},
    subscription_table::{Entry, Purchase, size_of_purchase, size_of_subscription},
};
use crate::{
    budget::OverBudget,
    profile_lists::{NON_SUBSCRIPTIONS, SUBSCRIPTIONS},
};

/// Why a command about a subscription or a purchase is not carried out.
#[derive(Debug)]
pub(crate) enum SubscriptionError {
    NoSuchSubscription,
    NoSuchPurchase,
    Refused(Refused),
    AlreadyRefunded,
    /// A change of product that cannot be one: why, by its field.
    NoSuchChange(String),
    Unchangeable(Unchangeable),
}

impl fmt::Display for SubscriptionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSuchSubscription => {
                f.write_str("no subscription has this original transaction id")
            }
            Self::NoSuchPurchase => f.write_str("no purchase has this transaction id"),
            Self::Refused(refused) => write!(f, "{refused}"),
            Self::AlreadyRefunded => f.write_str("the purchase is refunded already"),
            Self::NoSuchChange(why) => f.write_str(why),
            Self::Unchangeable(why) => write!(f, "{why}"),
        }
    }
}

impl From<Refused> for SubscriptionError {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused)
    }
}

impl From<Unchangeable> for SubscriptionError {
    fn from(why: Unchangeable) -> Self {
        Self::Unchangeable(why)
    }
}

impl State {
    /// Begins a subscription; gives its original transaction id and the profile.
    pub(crate) fn start_subscription(
        &mut self,
        stored: &Arc<StoredProfile>,
        plan: Plan,
    ) -> Result<(String, Arc<StoredProfile>), SubscriptionError> {
        let identity = stored.identities().last().ok_or(Unchangeable::NoProfile)?;
        let now = self.now();
        let id = self.next_transaction_id();
        let (subscription, happened) = Subscription::start(plan, id.clone(), now)?;
        let size = size_of_subscription(&identity, &subscription);
        let room = self.budget.reserve(size).map_err(Unchangeable::from)?;
        let number = self.subscriptions.transactions;
        let consecutive_payments = u32::from(happened.charged.is_some());
        let entry = Entry { number, identity, subscription, consecutive_payments, room };
        let changed = self.write_entry(&entry, &happened, 0, now)?;
        self.subscriptions.schedule(&entry);
        self.subscriptions.ids.insert(number, id.clone());
        self.subscriptions.by_id.insert(id.clone(), entry);
        Ok((id, changed))
    }

    /// Carries out a verb on a subscription, by its original transaction id.
    pub(crate) fn run_verb(
        &mut self,
        id: &str,
        verb: Verb,
    ) -> Result<Arc<StoredProfile>, SubscriptionError> {
        let now = self.now();
        let transaction_id = self.next_transaction_id();
        let entry = self.subscriptions.by_id.get(id);
        let entry = entry.ok_or(SubscriptionError::NoSuchSubscription)?;
        let mut subscription = entry.subscription.clone();
        let happened = subscription.run(verb, transaction_id, now)?;
        self.happen(id, subscription, &happened, now)
    }

    /// Changes the product of a subscription.
    pub(crate) fn change_product(
        &mut self,
        id: &str,
        change: ProductChange,
    ) -> Result<Arc<StoredProfile>, SubscriptionError> {
        let entry = self.subscriptions.by_id.get(id);
        let entry = entry.ok_or(SubscriptionError::NoSuchSubscription)?;
        let level = change.access_level_id.clone();
        let verb =
            change.verb(&entry.subscription.plan).map_err(SubscriptionError::NoSuchChange)?;
        self.check_level(level.as_deref()).map_err(SubscriptionError::NoSuchChange)?;
        self.run_verb(id, verb)
    }

    /// What a new subscription is to, if it can be; the error says why not.
    pub(crate) fn plan_of(&self, new: NewSubscription) -> Result<Plan, String> {
        let plan = new.plan(|product| self.access_level_of(product))?;
        self.check_level(Some(&plan.access_level_id))?;
        Ok(plan)
    }

    /// A new purchase, if it can be made; the error says why not.
    pub(crate) fn purchase_of(&self, new: NewPurchase) -> Result<CheckedPurchase, String> {
        let purchase = new.made(|product| self.access_level_of(product))?;
        self.check_level(purchase.access_level_id.as_deref())?;
        Ok(purchase)
    }

    /// Refuses a level that the app's settings, where they list its levels, do not. Without a list it is the app's
    /// as soon as a profile has it.
    fn check_level(&self, id: Option<&str>) -> Result<(), String> {
        let levels = self.settings().access_levels.as_ref();
        match id.filter(|id| levels.is_some_and(|levels| !levels.contains(*id))) {
            Some(id) => {
                Err(format!("access_level_id: the app's settings list no access level `{id}`"))
            }
            None => Ok(()),
        }
    }

    /// The access level that a product gives; `None` gives none.
    fn access_level_of(&self, product: &str) -> Option<String> {
        self.settings().access_level_of(product).map(str::to_owned)
    }

    /// The profile of an identity, made if there is none.
    pub(crate) fn profile_or_new(
        &mut self,
        identity: &Identity,
    ) -> Result<Arc<StoredProfile>, Unchangeable> {
        if let Some(stored) = self.profiles().get(identity) {
            return Ok(Arc::clone(stored));
        }
        let stored = match identity {
            Identity::CustomerUserId(id) => self.new_profile(Some(id), None)?,
            Identity::ProfileId(id) => self.new_profile(None, Some(*id))?,
        };
        self.put_new(stored)
    }

    /// What a subscription is now, in words; `None` where there is no such one.
    pub(crate) fn subscription_state(&self, id: &str) -> Option<String> {
        Some(self.subscriptions.by_id.get(id)?.subscription.state().to_string())
    }

    /// Makes a one-time purchase; gives its transaction id and the profile.
    pub(crate) fn make_purchase(
        &mut self,
        stored: &Arc<StoredProfile>,
        new: CheckedPurchase,
    ) -> Result<(String, Arc<StoredProfile>), SubscriptionError> {
        let identity = stored.identities().last().ok_or(Unchangeable::NoProfile)?;
        let now = self.now();
        let id = self.next_transaction_id();
        let row = PurchaseRow {
            purchase_id: self.next_uuid(),
            store: new.store,
            product: new.product,
            transaction_id: id.clone(),
            original_transaction_id: id.clone(),
            purchased_at: now,
            environment: new.environment,
            is_refund: false,
            is_consumable: new.is_consumable,
        };
        let (access_level_id, price) = (new.access_level_id, new.price);
        let size = size_of_purchase(&identity, &row, access_level_id.as_deref());
        let room = self.budget.reserve(size).map_err(Unchangeable::from)?;
        let purchase = Purchase { identity, row, access_level_id, price, _room: room };
        let changed = self.write_purchase(&purchase, "non_subscription_purchase", price, None)?;
        self.subscriptions.purchases.insert(id.clone(), purchase);
        Ok((id, changed))
    }

    /// Refunds a one-time purchase, by its transaction id.
    pub(crate) fn refund_purchase(
        &mut self,
        id: &str,
    ) -> Result<Arc<StoredProfile>, SubscriptionError> {
        let purchase = self.subscriptions.purchases.remove(id);
        let mut purchase = purchase.ok_or(SubscriptionError::NoSuchPurchase)?;
        let was_refunded = std::mem::replace(&mut purchase.row.is_refund, true);
        let now = self.now();
        let changed = match was_refunded {
            true => Err(SubscriptionError::AlreadyRefunded),
            false => {
                let (event, revenue) = ("non_subscription_purchase_refunded", -purchase.price);
                self.write_purchase(&purchase, event, revenue, Some(now))
            }
        };
        purchase.row.is_refund = was_refunded || changed.is_ok();
        self.subscriptions.purchases.insert(id.to_owned(), purchase);
        changed
    }

    /// Lets happen what is due up to an instant, each at its own, so much of it at most; says whether that was
    /// all. It stops, and says so in words, at what there is no room for.
    pub(super) fn run_due(
        &mut self,
        until: OffsetDateTime,
        at_most: usize,
    ) -> Result<bool, String> {
        let is_due = |at: &OffsetDateTime| *at <= until;
        for _ in 0..at_most {
            match self.next_due().filter(is_due) {
                Some(at) => self.run_first_due(at)?,
                None => return Ok(true),
            }
        }
        Ok(self.next_due().filter(is_due).is_none())
    }

    /// Lets happen what is due first. Of one instant, subscriptions come in the order in which they began, and
    /// before what changes by a date alone: their events tell of the levels that they give.
    fn run_first_due(&mut self, at: OffsetDateTime) -> Result<(), String> {
        let first = self.subscriptions.due.first().filter(|(due, _)| *due == at);
        let Some((_, number)) = first.copied() else {
            self.at(at, Self::pass_first_date);
            return Ok(());
        };
        let id = self.subscriptions.ids.get(&number).expect("what is due is kept").clone();
        let entry = self.subscriptions.by_id.get(&id).expect("what is due is kept");
        let mut subscription = entry.subscription.clone();
        let transaction_id = self.next_transaction_id();
        let happened = subscription.come_due(transaction_id);
        match self.at(at, |state| state.happen(&id, subscription, &happened, at)) {
            Ok(_) => {}
            Err(SubscriptionError::Unchangeable(Unchangeable::NoRoom(over))) => {
                return Err(over.to_string());
            }
            // Its profile is gone, or is none any more.
            Err(_) => self.subscriptions.remove(&id),
        }
        Ok(())
    }

    /// When something is due next.
    pub(super) fn next_due(&self) -> Option<OffsetDateTime> {
        let subscription = self.subscriptions.due.first().map(|(at, _)| *at);
        subscription.into_iter().chain(self.watched.next()).min()
    }

    /// Whether a chain of transactions is that of a subscription that lives on the app's clock.
    pub(super) fn has_subscription(&self, store: &str, chain: &str) -> bool {
        let entry = self.subscriptions.by_id.get(chain);
        entry.is_some_and(|entry| entry.subscription.plan.store == store)
    }

    /// Copies the subscriptions of one profile from another state; an error says that there is no room.
    pub(super) fn copy_subscriptions(
        &mut self,
        from: &Self,
        stored: &StoredProfile,
    ) -> Result<(), OverBudget> {
        self.subscriptions.transactions = from.subscriptions.transactions;
        for (id, entry) in &from.subscriptions.by_id {
            if stored.identities().any(|identity| identity == entry.identity) {
                let size = size_of_subscription(&entry.identity, &entry.subscription);
                let room = self.budget.reserve(size)?;
                let entry = Entry {
                    number: entry.number,
                    identity: entry.identity.clone(),
                    subscription: entry.subscription.clone(),
                    consecutive_payments: entry.consecutive_payments,
                    room,
                };
                self.subscriptions.schedule(&entry);
                self.subscriptions.ids.insert(entry.number, id.clone());
                self.subscriptions.by_id.insert(id.clone(), entry);
            }
        }
        Ok(())
    }

    /// Writes what happened to a subscription into its profile, and keeps what it is then.
    fn happen(
        &mut self,
        id: &str,
        subscription: Subscription,
        happened: &Happened,
        now: OffsetDateTime,
    ) -> Result<Arc<StoredProfile>, SubscriptionError> {
        let entry = self.subscriptions.by_id.get_mut(id);
        let entry = entry.ok_or(SubscriptionError::NoSuchSubscription)?;
        // More room is taken before the change, and what is too much given back after it.
        let size_before = size_of_subscription(&entry.identity, &entry.subscription);
        let size = size_of_subscription(&entry.identity, &subscription);
        entry.room.resize(size.max(size_before)).map_err(Unchangeable::from)?;
        let mut entry = self.subscriptions.by_id.remove(id).expect("it was there just now");
        self.subscriptions.unschedule(&entry);
        let before = std::mem::replace(&mut entry.subscription, subscription);
        let payments = entry.consecutive_payments;
        entry.consecutive_payments = match happened.charged {
            Some(_) if before.due_at().is_none() => 1,
            Some(_) => payments + 1,
            None => payments,
        };
        let changed = self.write_entry(&entry, happened, payments, now);
        if changed.is_err() {
            entry.subscription = before;
            entry.consecutive_payments = payments;
        }
        let size = if changed.is_err() { size_before } else { size };
        entry.room.resize(size).expect("it is no larger than what is taken");
        self.subscriptions.schedule(&entry);
        self.subscriptions.by_id.insert(id.to_owned(), entry);
        changed
    }

    /// `payments` is how many there were in a row before.
    fn write_entry(
        &mut self,
        entry: &Entry,
        happened: &Happened,
        payments: u32,
        now: OffsetDateTime,
    ) -> Result<Arc<StoredProfile>, SubscriptionError> {
        let stored = self.profiles().get(&entry.identity).cloned();
        let stored = stored.ok_or(Unchangeable::NoProfile)?;
        let plan = &entry.subscription.plan;
        let row = row(&entry.subscription);
        let left = happened.left.as_ref();
        let left = left.map(|left| (left, &left.subscription.plan, left_row(left, now)));
        let changed = self.change_profile(&stored, |data| {
            if let Some((_, left, row)) = &left {
                write_subscription(data, row)?;
                if left.access_level_id != plan.access_level_id {
                    write_level_of_subscription(data, &left.access_level_id, row, false)?;
                }
            }
            write_subscription(data, &row)?;
            write_level_of_subscription(data, &plan.access_level_id, &row, happened.is_bought)?;
            add_revenue(data, happened.revenue());
            Ok(())
        })?;
        let mut events = Vec::new();
        if let Some((Left { subscription, event, .. }, ..)) = &left {
            events.push(purchase_event(event, subscription, payments));
        }
        for event in &happened.events {
            events.push(purchase_event(event, &entry.subscription, entry.consecutive_payments));
        }
        // The documents draw two after an upgrade, and one after a downgrade that gives the same level.
        let left = left.iter().filter(|(left, plan_left, _)| {
            left.is_upgrade || plan_left.access_level_id != plan.access_level_id
        });
        let left = left.map(|(_, plan, _)| &plan.access_level_id);
        let payment = payment(&entry.subscription, entry.consecutive_payments);
        let own = Some(&plan.access_level_id).filter(|_| happened.changes_access);
        for level in left.chain(own) {
            events.push(ToSend::Level(level.clone(), Some(payment.clone())));
        }
        self.send_events(&changed, Some(&row.original_transaction_id), events);
        Ok(changed)
    }

    fn write_purchase(
        &mut self,
        purchase: &Purchase,
        event: &'static str,
        revenue: f64,
        refunded_at: Option<OffsetDateTime>,
    ) -> Result<Arc<StoredProfile>, SubscriptionError> {
        let stored = self.profiles().get(&purchase.identity).cloned();
        let stored = stored.ok_or(Unchangeable::NoProfile)?;
        let changed = self.change_profile(&stored, |data| {
            write_purchase(data, &purchase.row)?;
            if let Some(level) = &purchase.access_level_id {
                write_level_of_purchase(data, level, &purchase.row, refunded_at)?;
            }
            add_revenue(data, revenue);
            Ok(())
        })?;
        let payment = Payment {
            price: Some(purchase.price),
            currency: CurrencyCode::USD,
            consecutive_payments: Some(1),
            is_after_first_year: false,
            trial_duration: None,
            offer_periods: None,
        };
        let product = purchase.row.product.clone();
        let level = purchase.access_level_id.clone();
        let level = level.map(|level| ToSend::Level(level, Some(payment.clone())));
        let mut events = vec![ToSend::Purchase(event, NON_SUBSCRIPTIONS, product, payment)];
        events.extend(level);
        self.send_events(&changed, Some(&purchase.row.original_transaction_id), events);
        Ok(changed)
    }

    /// An id as stores make them: digits.
    pub(super) fn next_transaction_id(&mut self) -> String {
        self.subscriptions.transactions += 1;
        (2_000_000_000_000_000 + self.subscriptions.transactions).to_string()
    }
}

fn row(subscription: &Subscription) -> SubscriptionRow {
    let plan = &subscription.plan;
    let trial =
        || Offer { category: "introductory".to_owned(), r#type: "free_trial".to_owned(), id: None };
    SubscriptionRow {
        store: plan.store.clone(),
        product: plan.product.clone(),
        transaction_id: subscription.transaction_id.clone(),
        original_transaction_id: subscription.original_transaction_id.clone(),
        // That of the last transaction, whatever came of the payment after it.
        offer: subscription.price().is_none().then(trial),
        environment: plan.environment.clone(),
        purchased_at: subscription.purchased_at,
        originally_purchased_at: subscription.originally_purchased_at,
        expires_at: subscription.expires_at,
        renewal_cancelled_at: subscription.off_since(),
        billing_issue_detected_at: subscription.billing_issue_detected_at,
        is_in_grace_period: subscription.is_in_grace_period(),
        cancellation_reason: subscription.cancellation_reason.map(str::to_owned),
    }
}

/// The row of a product that was left.
fn left_row(left: &Left, now: OffsetDateTime) -> SubscriptionRow {
    SubscriptionRow {
        expires_at: now,
        renewal_cancelled_at: left.subscription.off_since().or(Some(now)),
        billing_issue_detected_at: None,
        is_in_grace_period: false,
        cancellation_reason: left.is_upgrade.then(|| "upgraded".to_owned()),
        ..row(&left.subscription)
    }
}

/// An event of a subscription, whose row is that of its product.
fn purchase_event(event: &'static str, subscription: &Subscription, payments: u32) -> ToSend {
    let payment = payment(subscription, payments);
    ToSend::Purchase(event, SUBSCRIPTIONS, subscription.plan.product.clone(), payment)
}

/// What is known of a subscription's money.
fn payment(subscription: &Subscription, payments: u32) -> Payment {
    Payment {
        price: subscription.price(),
        currency: CurrencyCode::USD,
        consecutive_payments: Some(payments),
        is_after_first_year: subscription.is_after_first_year(payments),
        trial_duration: trial_duration(subscription),
        offer_periods: Some(1),
    }
}

/// The length of a trial as the documents write it: `7 days`. Less than a day they do not write.
fn trial_duration(subscription: &Subscription) -> Option<String> {
    let start = subscription.originally_purchased_at;
    let days = (subscription.plan.trial?.after(start)? - start).whole_days();
    (days > 0).then(|| format!("{days} days"))
}
