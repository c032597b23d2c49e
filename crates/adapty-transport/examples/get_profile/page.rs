//! A profile as a page of text.

use std::fmt::{Display, Formatter, Result};

use adapty_transport::adapty_model::{
    AttributeValue, CustomAttribute, Expiry, NonSubscription, Profile, Store, Subscription,
    time::OffsetDateTime,
};

/// A profile as a person likes to read it, at one moment.
pub(crate) struct Page<'a> {
    pub(crate) profile: &'a Profile,
    pub(crate) now: OffsetDateTime,
}

impl Display for Page<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let Profile { subscriptions, non_subscriptions, custom_attributes, .. } = self.profile;
        self.heading(f)?;
        section(f, "Access levels", &self.level_ids(), |f, id| self.access(f, id))?;
        section(f, "Subscriptions", subscriptions, |f, row| self.subscription(f, row))?;
        section(f, "Purchases", non_subscriptions, purchase)?;
        section(f, "Attributes", custom_attributes, attribute)
    }
}

impl Page<'_> {
    fn heading(&self, f: &mut Formatter<'_>) -> Result {
        let profile = self.profile;
        let customer = profile.customer_user_id.as_deref().unwrap_or("anonymous");
        writeln!(f, "Customer  {customer}")?;
        writeln!(f, "Profile   {}", profile.profile_id)?;
        match profile.total_revenue_usd {
            Some(dollars) => writeln!(f, "Revenue   {dollars:.2} US dollars")?,
            None => writeln!(f, "Revenue   not stated")?,
        }
        match profile.timestamp.and_then(as_date) {
            Some(date) => writeln!(f, "As of     {}", Minute(date)),
            None => Ok(()),
        }
    }

    /// Who has access and why, and what the row that decided says besides.
    fn access(&self, f: &mut Formatter<'_>, level_id: &str) -> Result {
        let access = self.profile.access(level_id, self.now);
        write!(f, "{access}")?;
        let Some(level) = access.level() else { return Ok(()) };
        source(f, level.store.as_ref(), level.store_product_id.as_deref())?;
        if level.is_trial() {
            f.write_str(", free trial")?;
        }
        remarks(f, level.renewal_cancelled_at, level.billing_issue_detected_at)
    }

    /// The ids of the access levels, each once.
    fn level_ids(&self) -> Vec<&str> {
        let mut ids: Vec<&str> = Vec::new();
        for level in &self.profile.access_levels {
            if !ids.contains(&level.access_level_id.as_str()) {
                ids.push(&level.access_level_id);
            }
        }
        ids
    }

    fn subscription(&self, f: &mut Formatter<'_>, row: &Subscription) -> Result {
        write!(f, "{}: ", row.store_product_id)?;
        match row.expires_at {
            Expiry::Never => f.write_str("never ends")?,
            Expiry::NotStated => f.write_str("end not stated")?,
            Expiry::At(end) if self.now < end => write!(f, "until {}", Minute(end))?,
            Expiry::At(end) => write!(f, "ended {}", Minute(end))?,
        }
        source(f, row.store.as_ref(), None)?;
        if let Some(environment) = &row.environment {
            write!(f, ", {environment}")?;
        }
        remarks(f, row.renewal_cancelled_at, row.billing_issue_detected_at)
    }
}

fn purchase(f: &mut Formatter<'_>, row: &NonSubscription) -> Result {
    write!(f, "{}: ", row.store_product_id.as_deref().unwrap_or("product not stated"))?;
    match row.purchased_at {
        Some(date) => write!(f, "bought {}", Minute(date))?,
        None => f.write_str("bought")?,
    }
    source(f, row.store.as_ref(), None)?;
    if let Some(environment) = &row.environment {
        write!(f, ", {environment}")?;
    }
    if row.is_refund == Some(true) {
        f.write_str(", refunded")?;
    }
    Ok(())
}

fn attribute(f: &mut Formatter<'_>, attribute: &CustomAttribute) -> Result {
    write!(f, "{} = ", attribute.key)?;
    match &attribute.value {
        AttributeValue::Text(text) => f.write_str(text),
        AttributeValue::Number(number) => number.fmt(f),
        AttributeValue::Boolean(flag) => flag.fmt(f),
        AttributeValue::Null => f.write_str("nothing"),
    }
}

fn section<T>(
    f: &mut Formatter<'_>,
    title: &str,
    rows: &[T],
    line: impl Fn(&mut Formatter<'_>, &T) -> Result,
) -> Result {
    writeln!(f, "\n{title}")?;
    if rows.is_empty() {
        writeln!(f, "  none")?;
    }
    for row in rows {
        f.write_str("  ")?;
        line(f, row)?;
        f.write_str("\n")?;
    }
    Ok(())
}

fn source(f: &mut Formatter<'_>, store: Option<&Store>, product: Option<&str>) -> Result {
    match (product, store) {
        (Some(product), Some(store)) => write!(f, " ({product} from {store})"),
        (Some(only), None) => write!(f, " ({only})"),
        (None, Some(only)) => write!(f, " ({only})"),
        (None, None) => Ok(()),
    }
}

fn remarks(
    f: &mut Formatter<'_>,
    renewal_cancelled_at: Option<OffsetDateTime>,
    billing_issue_detected_at: Option<OffsetDateTime>,
) -> Result {
    if let Some(date) = renewal_cancelled_at {
        write!(f, ", renewal cancelled {}", Minute(date))?;
    }
    if let Some(date) = billing_issue_detected_at {
        write!(f, ", billing issue since {}", Minute(date))?;
    }
    Ok(())
}

/// Unix milliseconds; 0 is how the older documents say "not stated".
fn as_date(milliseconds: i64) -> Option<OffsetDateTime> {
    let date = OffsetDateTime::from_unix_timestamp(milliseconds / 1000).ok()?;
    (milliseconds != 0).then_some(date)
}

struct Minute(OffsetDateTime);

impl Display for Minute {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let Self(date) = self;
        let (year, month, day) = date.to_calendar_date();
        let (month, hour, minute) = (u8::from(month), date.hour(), date.minute());
        write!(f, "{year:04}-{month:02}-{day:02} {hour:02}:{minute:02} UTC")
    }
}
