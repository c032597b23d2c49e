//! A small model of an app: what any sequence of commands makes of one profile.
//!
//! It knows nothing of the fake: commands go in, a view of the profile comes out, to be held against the
//! view of an answer's JSON. It stands in a file of its own, so that other crates' tests can include it
//! and send the commands by other means.

use std::collections::BTreeMap;

use proptest::{collection::vec, option, prelude::*, sample::select};
use serde_json::{Map, Value, json};

/// What was set of a transaction: by whether it is a subscription's, its chain and its id, its price and
/// whether it was refunded.
type Recorded = BTreeMap<(bool, String, String), (u32, bool)>;

/// A date in the first second of a year.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Date {
    pub(crate) year: i32,
    /// Of that second: a point and up to nine digits, or nothing.
    pub(crate) fraction: &'static str,
}

impl Date {
    /// The first instant of a year.
    pub(crate) const fn year(year: i32) -> Self {
        Self { year, fraction: "" }
    }

    /// As requests have it.
    pub(crate) fn text(self) -> String {
        format!("{}-01-01T00:00:00{}Z", self.year, self.fraction)
    }
}

/// One command about one profile. Prices are in cents.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Command {
    Create { attributes: Vec<(&'static str, Value)> },
    Update { attributes: Vec<(&'static str, Value)> },
    Delete,
    Grant { level: &'static str, starts: Option<Date>, expires: Option<Date> },
    Revoke { level: &'static str, at: Option<Date> },
    Subscribe(Subscribe),
    Buy { id: u8, product: &'static str, price: u32, refunded: Option<Date> },
}

/// A transaction of a subscription.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Subscribe {
    pub(crate) chain: u8,
    pub(crate) id: u8,
    pub(crate) price: u32,
    /// Not before the first of all purchases, and before every other date.
    pub(crate) bought: Date,
    pub(crate) expires: Date,
    pub(crate) renews: bool,
    pub(crate) renewal_changed: Option<Date>,
    pub(crate) issue: Option<Date>,
    /// Needs an issue, and is not before the end.
    pub(crate) grace: Option<Date>,
    pub(crate) refunded: Option<Date>,
}

/// The access levels that the app is to have.
pub(crate) const LEVELS: [&str; 2] = ["premium", "vip"];

/// The access level that a product is to give.
pub(crate) fn level_of(product: &str) -> Option<&'static str> {
    match product {
        "coins" => None,
        "vip" => Some("vip"),
        _ => Some("premium"),
    }
}

impl Command {
    /// Method, path and body, as the documents have them.
    pub(crate) fn request(&self) -> (&'static str, &'static str, String) {
        const PROFILE: &str = "/api/v2/server-side-api/profile/";
        const GRANT: &str = "/api/v2/server-side-api/purchase/profile/grant/access-level/";
        const REVOKE: &str = "/api/v2/server-side-api/purchase/profile/revoke/access-level/";
        const TRANSACTION: &str = "/api/v2/server-side-api/purchase/set/transaction/";
        let of = |attributes: &[(&'static str, Value)]| {
            let all: Vec<_> =
                attributes.iter().map(|(key, value)| json!({"key": key, "value": value})).collect();
            match all.is_empty() {
                true => json!({}),
                false => json!({ "custom_attributes": all }),
            }
        };
        let (method, path, body) = match self {
            Self::Create { attributes } => ("POST", PROFILE, of(attributes)),
            Self::Update { attributes } => ("PATCH", PROFILE, of(attributes)),
            Self::Delete => return ("DELETE", PROFILE, String::new()),
            Self::Grant { level, starts, expires } => (
                "POST",
                GRANT,
                json!({
                    "access_level_id": level, "starts_at": starts.map(Date::text),
                    "expires_at": expires.map(Date::text),
                }),
            ),
            Self::Revoke { level, at } => {
                ("POST", REVOKE, json!({"access_level_id": level, "revoke_at": at.map(Date::text)}))
            }
            Self::Subscribe(it) => ("POST", TRANSACTION, it.body()),
            Self::Buy { id, product, price, refunded } => {
                let id = format!("one-time {id}");
                let mut body = transaction(&id, &id, product, *price, *refunded);
                body.insert("purchase_type".to_owned(), "one_time_purchase".into());
                ("POST", TRANSACTION, body.into())
            }
        };
        (method, path, body.to_string())
    }
}

impl Subscribe {
    fn ids(&self) -> (String, String) {
        (format!("chain {}", self.chain), format!("{} of {}", self.id, self.chain))
    }

    fn body(&self) -> Value {
        let (chain, id) = self.ids();
        let mut body = transaction(&id, &chain, "monthly", self.price, self.refunded);
        body.extend(
            [
                ("purchase_type", json!("subscription")),
                ("originally_purchased_at", json!(FIRST.text())),
                ("purchased_at", json!(self.bought.text())),
                ("expires_at", json!(self.expires.text())),
                ("renew_status", json!(self.renews)),
                ("renew_status_changed_at", json!(self.renewal_changed.map(Date::text))),
                ("billing_issue_detected_at", json!(self.issue.map(Date::text))),
                ("grace_period_expires_at", json!(self.grace.map(Date::text))),
            ]
            .map(|(name, value)| (name.to_owned(), value)),
        );
        body.into()
    }
}

fn transaction(
    id: &str,
    original: &str,
    product: &str,
    price: u32,
    refunded: Option<Date>,
) -> Map<String, Value> {
    let body = json!({
        "store": "app_store", "store_product_id": product, "store_transaction_id": id,
        "store_original_transaction_id": original, "purchased_at": FIRST.text(),
        "price": {"country": "US", "currency": "USD", "value": f64::from(price) / 100.0},
        "refunded_at": refunded.map(Date::text),
        "cancellation_reason": refunded.map(|_| "refund"),
    });
    body.as_object().cloned().unwrap_or_default()
}

/// An instant: a microsecond of the first second of a year, or that of a command, which lies between the
/// past and the future years of the commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct At(i64);

impl At {
    const YEAR: i64 = 10_000_000;

    /// Digits beyond the sixth do not count.
    fn date(date: Date) -> Self {
        let digits = date.fraction.bytes().skip(1).chain([b'0'; 6]).take(6);
        let microseconds = digits.fold(0, |sum, digit| sum * 10 + i64::from(digit - b'0'));
        Self(i64::from(date.year) * Self::YEAR + microseconds)
    }

    fn command(number: i64) -> Self {
        Self(2030 * Self::YEAR + Self::YEAR / 2 + number)
    }

    fn view(self) -> Value {
        let (year, rest) = (self.0 / Self::YEAR, self.0 % Self::YEAR);
        match rest {
            0..1_000_000 => json!([year, rest]),
            _ => json!("now"),
        }
    }
}

#[derive(Clone, Debug)]
struct Row {
    /// The level's id; nothing for the row of a subscription.
    level: Option<&'static str>,
    /// The chain; nothing for a grant.
    chain: Option<String>,
    id: Option<String>,
    starts: Option<At>,
    /// When its transaction was bought, and its period ends, as it was first set.
    period: Option<(At, At)>,
    renewal: Renewal,
}

#[derive(Clone, Debug)]
struct Renewal {
    expires: Option<At>,
    cancelled: Option<At>,
    issue: Option<At>,
    in_grace: bool,
    reason: Option<&'static str>,
}

#[derive(Debug, Default)]
struct Profile {
    attributes: BTreeMap<&'static str, Value>,
    levels: Vec<Row>,
    subscriptions: Vec<Row>,
    /// Id, product, whether it was refunded.
    purchases: Vec<(String, &'static str, bool)>,
    cents: i64,
    recorded: Recorded,
}

/// An app with one customer.
#[derive(Debug, Default)]
pub(crate) struct Model {
    profile: Option<Profile>,
    commands: i64,
}

impl Model {
    /// Runs a command; gives the status of its answer.
    pub(crate) fn run(&mut self, command: &Command) -> u16 {
        self.commands += 1;
        let now = At::command(self.commands);
        if let Command::Create { attributes } = command {
            self.profile.get_or_insert_default().set(attributes);
            return 200;
        }
        let level = match command {
            Command::Revoke { at: Some(date), .. } if At::date(*date) <= now => return 400,
            Command::Grant { level, .. } | Command::Revoke { level, .. } => Some(*level),
            Command::Buy { product, .. } => level_of(product),
            _ => None,
        };
        if level.is_some_and(|level| !LEVELS.contains(&level)) {
            return 400;
        }
        let Some(profile) = &mut self.profile else { return 404 };
        match command {
            Command::Create { attributes } | Command::Update { attributes } => {
                profile.set(attributes);
            }
            Command::Delete => {
                self.profile = None;
                return 204;
            }
            Command::Grant { level, starts, expires } => {
                profile.grant(level, starts.map(At::date), expires.map(At::date), now);
            }
            Command::Revoke { level, at } => {
                return profile.revoke(level, at.map_or(now, At::date), at.is_none());
            }
            Command::Subscribe(it) => profile.subscribe(it, now),
            Command::Buy { id, product, price, refunded } => {
                profile.buy(&format!("one-time {id}"), product, *price, *refunded);
            }
        }
        200
    }

    /// What an answer is to show; `None` where there is no profile.
    pub(crate) fn view(&self) -> Option<Value> {
        let profile = self.profile.as_ref()?;
        let rows = |rows: &[Row]| rows.iter().map(Row::view).collect::<Vec<_>>();
        Some(json!({
            "attributes": profile.attributes,
            "levels": rows(&profile.levels),
            "subscriptions": rows(&profile.subscriptions),
            "purchases": profile.purchases.iter().map(|(id, product, is_refund)| {
                json!([id, product, is_refund, level_of(product).is_none()])
            }).collect::<Vec<_>>(),
            "cents": profile.cents,
        }))
    }
}

impl Row {
    fn view(&self) -> Value {
        let at = |at: Option<At>| at.map(At::view);
        let Renewal { expires, cancelled, issue, in_grace, reason } = &self.renewal;
        json!([
            self.level,
            self.chain,
            self.id,
            at(self.starts),
            at(*expires),
            at(*cancelled),
            at(*issue),
            in_grace,
            reason,
        ])
    }
}

impl Renewal {
    const LIFETIME: Self =
        Self { expires: None, cancelled: None, issue: None, in_grace: false, reason: None };

    fn refunded(self, date: Option<Date>) -> Self {
        let Some(at) = date.map(At::date) else { return self };
        let end = self.expires.map_or(at, |end| end.min(at));
        Self { expires: Some(end), in_grace: false, reason: Some("refund"), ..self }
    }
}

impl Profile {
    fn set(&mut self, attributes: &[(&'static str, Value)]) {
        for (key, value) in attributes {
            let kept = match value {
                Value::Null => None,
                Value::String(text) if text.is_empty() => None,
                Value::Bool(is) => Some(f64::from(u8::from(*is)).into()),
                Value::Number(number) => Some(number.as_f64().into()),
                value => Some(value.clone()),
            };
            match kept {
                Some(kept) => drop(self.attributes.insert(key, kept)),
                None => drop(self.attributes.remove(key)),
            }
        }
    }

    /// Nothing that was granted is taken away, unless it was revoked or is over.
    fn grant(
        &mut self,
        level: &'static str,
        mut starts: Option<At>,
        mut expires: Option<At>,
        now: At,
    ) {
        let known = self.levels.iter().find(|row| row.level == Some(level) && row.chain.is_none());
        if let Some(Row { starts: first, renewal, .. }) = known
            && renewal.reason.is_none()
            && renewal.expires.is_none_or(|end| end > now)
        {
            starts = first.and_then(|first| Some(first.min(starts?)));
            expires = renewal.expires.and_then(|end| Some(end.max(expires?)));
        }
        let renewal = Renewal { expires, ..Renewal::LIFETIME };
        let row = Row { level: Some(level), chain: None, id: None, starts, period: None, renewal };
        put(&mut self.levels, row);
    }

    fn revoke(&mut self, level: &str, at: At, is_now: bool) -> u16 {
        let is_of_level = |row: &&mut Row| row.level == Some(level);
        let rows: Vec<_> = self.levels.iter_mut().filter(is_of_level).collect();
        let never = At(i64::MAX);
        let last = rows.iter().map(|row| row.renewal.expires.unwrap_or(never)).max();
        if last.is_none_or(|end| end < at) {
            return 400;
        }
        for row in rows {
            let end = row.starts.map_or(at, |start| start.max(at));
            if row.renewal.expires.unwrap_or(never) >= end {
                row.renewal.expires = Some(end);
                row.renewal.reason = Some("adapty_revoked");
                row.renewal.in_grace &= !is_now;
            }
        }
        200
    }

    fn subscribe(&mut self, it: &Subscribe, now: At) {
        let (chain, id) = it.ids();
        let before =
            self.record((true, chain.clone(), id.clone()), it.price, it.refunded.is_some());
        let current = self.subscriptions.iter().find(|row| row.id.as_ref() == Some(&id));
        let renewal = |end, cancelled: Option<At>| {
            let grace = it.grace.map(At::date);
            let turned_off = it.renewal_changed.map(At::date).or(cancelled).unwrap_or(now);
            let renewal = Renewal {
                expires: grace.or(end),
                cancelled: (!it.renews).then_some(turned_off),
                issue: it.issue.map(At::date),
                in_grace: grace.is_some_and(|end| end > now),
                reason: (!it.renews).then_some("voluntarily_cancelled"),
            };
            renewal.refunded(it.refunded)
        };
        let Some((price, was_refunded)) = before else {
            let period = Some((At::date(it.bought), At::date(it.expires)));
            let known = self.subscriptions.iter().find(|row| row.chain.as_ref() == Some(&chain));
            if known.is_none_or(|row| row.period <= period) {
                let renewal = renewal(Some(At::date(it.expires)), None);
                let (chain, id) = (Some(chain), Some(id));
                let row = Row { level: None, chain, id, starts: None, period, renewal };
                put(&mut self.levels, Row { level: level_of("monthly"), ..row.clone() });
                put(&mut self.subscriptions, row);
            }
            self.cents += if it.refunded.is_some() { 0 } else { i64::from(it.price) };
            return;
        };
        if was_refunded {
            return;
        }
        self.cents -= if it.refunded.is_some() { i64::from(price) } else { 0 };
        if let Some(row) = current {
            let renewal = renewal(row.period.map(|(_, end)| end), row.renewal.cancelled);
            self.go_on(&chain, &renewal);
        }
    }

    fn buy(&mut self, id: &str, product: &'static str, price: u32, refunded: Option<Date>) {
        let ids = (false, id.to_owned(), id.to_owned());
        let renewal = Renewal::LIFETIME.refunded(refunded);
        let Some((price, was_refunded)) = self.record(ids, price, refunded.is_some()) else {
            self.purchases.push((id.to_owned(), product, refunded.is_some()));
            if let Some(level) = level_of(product) {
                let (level, chain, id) = (Some(level), Some(id.to_owned()), Some(id.to_owned()));
                let (starts, period) = (None, None);
                put(&mut self.levels, Row { level, chain, id, starts, period, renewal });
            }
            self.cents += if refunded.is_some() { 0 } else { i64::from(price) };
            return;
        };
        if refunded.is_some() && !was_refunded {
            self.purchases
                .iter_mut()
                .filter(|known| known.0 == id)
                .for_each(|known| known.2 = true);
            self.go_on(id, &renewal);
            self.cents -= i64::from(price);
        }
    }

    fn go_on(&mut self, chain: &str, renewal: &Renewal) {
        for row in self.levels.iter_mut().chain(&mut self.subscriptions) {
            if row.chain.as_deref() != Some(chain) {
                continue;
            }
            let never = At(i64::MAX);
            let (was, end) = (&mut row.renewal, renewal.expires.unwrap_or(never));
            if was.reason != Some("adapty_revoked") {
                *was = renewal.clone();
                continue;
            }
            was.in_grace &= renewal.in_grace;
            if end < was.expires.unwrap_or(never) {
                was.expires = renewal.expires;
                was.reason = renewal.reason.filter(|it| *it == "refund").or(was.reason);
            }
        }
    }

    fn record(
        &mut self,
        ids: (bool, String, String),
        price: u32,
        is_refunded: bool,
    ) -> Option<(u32, bool)> {
        let before = self.recorded.get(&ids).copied();
        let (price, was_refunded) = before.unwrap_or((price, false));
        self.recorded.insert(ids, (price, was_refunded || is_refunded));
        before
    }
}

/// Puts a row in the place of the one of the same level and chain, or behind all.
fn put(rows: &mut Vec<Row>, row: Row) {
    match rows.iter_mut().find(|known| (known.level, &known.chain) == (row.level, &row.chain)) {
        Some(known) => *known = row,
        None => rows.push(row),
    }
}

/// The view of a profile as an answer's `data` has it, in the newest documented form.
pub(crate) fn view(data: &Value) -> Value {
    let list = |name: &str| data[name].as_array().cloned().unwrap_or_default();
    let attributes = list("custom_attributes");
    let attributes = attributes
        .iter()
        .map(|row| (row["key"].as_str().unwrap_or_default().to_owned(), row["value"].clone()));
    let rows = |name| {
        list(name)
            .iter()
            .map(|row| {
                json!([
                    row["access_level_id"],
                    row["store_original_transaction_id"],
                    row["store_transaction_id"],
                    view_of_date(&row["starts_at"]),
                    view_of_date(&row["expires_at"]),
                    view_of_date(&row["renewal_cancelled_at"]),
                    view_of_date(&row["billing_issue_detected_at"]),
                    row["is_in_grace_period"],
                    row["cancellation_reason"],
                ])
            })
            .collect::<Vec<_>>()
    };
    let purchase = |row: &Value| {
        json!([
            row["store_transaction_id"],
            row["store_product_id"],
            row["is_refund"],
            row["is_consumable"],
        ])
    };
    let cents = data["total_revenue_usd"].as_f64().map(|usd| format!("{:.0}", usd * 100.0));
    json!({
        "attributes": attributes.collect::<Map<_, _>>(),
        "levels": rows("access_levels"),
        "subscriptions": rows("subscriptions"),
        "purchases": list("non_subscriptions").iter().map(purchase).collect::<Vec<_>>(),
        "cents": cents.and_then(|cents| cents.parse::<i64>().ok()),
    })
}

/// A year and the microseconds of its first second, `now` for any other instant.
fn view_of_date(date: &Value) -> Value {
    let Some(text) = date.as_str() else { return Value::Null };
    let Some((year, rest)) = text.split_once("-01-01T00:00:00") else { return json!("now") };
    let year = year.parse::<i64>().ok();
    match rest.strip_suffix("+00:00").map(|fraction| fraction.strip_prefix('.')) {
        Some(None) => json!([year, 0]),
        Some(Some(digits)) if matches!(digits.len(), 3 | 6) => {
            json!([year, format!("{digits:0<6}").parse::<i64>().ok()])
        }
        _ => json!(["no date as documented", text]),
    }
}

/// The date of the first purchase of each chain.
const FIRST: Date = Date::year(2020);

fn any_date() -> impl Strategy<Value = Date> {
    let fraction = select(vec!["", "", "", ".123", ".123456", ".123456789"]);
    (select(vec![2022, 2023, 2040, 2041, 2042]), fraction)
        .prop_map(|(year, fraction)| Date { year, fraction })
}

/// Any command.
pub(crate) fn any_command() -> impl Strategy<Value = Command> {
    let attributes = || {
        let values =
            [json!("x"), json!(""), json!(null), json!(true), json!(0), json!(7), json!(1.5)];
        vec((select(vec!["a", "b", "c"]), select(values.to_vec())), 0..4)
    };
    let level = || select(vec!["premium", "premium", "vip", "gold"]);
    let date = any_date;
    let buy = (0..3_u8, select(vec!["lifetime", "vip", "coins"]), 0..2000_u32, option::of(date()));
    prop_oneof![
        2 => attributes().prop_map(|attributes| Command::Create { attributes }),
        2 => attributes().prop_map(|attributes| Command::Update { attributes }),
        1 => Just(Command::Delete),
        3 => (level(), option::of(date()), option::of(date()))
            .prop_map(|(level, starts, expires)| Command::Grant { level, starts, expires }),
        3 => (level(), option::of(date())).prop_map(|(level, at)| Command::Revoke { level, at }),
        6 => any_subscribe().prop_map(Command::Subscribe),
        3 => buy.prop_map(|(id, product, price, refunded)| {
            Command::Buy { id, product, price, refunded }
        }),
    ]
}

fn any_subscribe() -> impl Strategy<Value = Subscribe> {
    let date = any_date;
    let bought = select(vec![FIRST, Date { fraction: ".1234567", ..FIRST }, Date::year(2021)]);
    let ids = (0..2_u8, 0..3_u8, 0..2000_u32, bought);
    let renewal = (any::<bool>(), option::of(date()), option::of(date()), option::of(0..3));
    (ids, date(), renewal, option::weighted(0.2, date())).prop_map(
        |(
            (chain, id, price, bought),
            expires,
            (renews, renewal_changed, issue, grace),
            refunded,
        )| {
            let grace = issue.and(grace);
            let grace = grace.map(|years| Date { year: expires.year + years, ..expires });
            Subscribe {
                chain,
                id,
                price,
                bought,
                expires,
                renews,
                renewal_changed,
                issue,
                grace,
                refunded,
            }
        },
    )
}
