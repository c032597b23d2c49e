//! Set transaction: what is checked, rule by rule, and what purchases make of a profile.

mod checks;
mod purchases;
mod same_ids;

use adapty_mock::MockServer;
use serde_json::{Map, Value, json};

use crate::support::*;

const SUBSCRIPTION: &str = fixture!("set_transaction.request.openapi.subscription");
const ONE_TIME: &str = fixture!("set_transaction.request.openapi.one_time_purchase");

/// A documented request with other fields; `null` stays, `"absent"` takes a field away.
fn with(documented: &str, fields: Value) -> String {
    let mut body: Map<String, Value> = serde_json::from_str(documented).expect("JSON");
    let Value::Object(fields) = fields else { panic!("no fields: {fields}") };
    for (name, value) in fields {
        if value == "absent" {
            body.remove(&name);
        } else {
            body.insert(name, value);
        }
    }
    Value::from(body).to_string()
}

/// The documented subscription without the trial that breaks a rule, in a month yet to come.
fn subscription(fields: Value) -> String {
    let plain = json!({"offer": null, "expires_at": "2040-02-15T10:30:00Z"});
    with(&with(SUBSCRIPTION, plain), fields)
}

fn one_time(fields: Value) -> String {
    with(ONE_TIME, fields)
}

fn price(value: f64) -> Value {
    json!({"country": "US", "currency": "USD", "value": value})
}

async fn jane_after(requests: &[String]) -> Value {
    let server = MockServer::start().await;
    let mut last = Value::Null;
    for request in requests {
        last = data(&transact(&server, JANE, request).await);
    }
    last
}

/// Fields, some of them others.
fn with_fields(fields: &Value, others: Value) -> Value {
    serde_json::from_str(&with(&fields.to_string(), others)).expect("JSON")
}

/// Some fields of a row.
fn pick(row: &Value, names: &[&str]) -> Value {
    names.iter().map(|name| row[name].clone()).collect::<Vec<_>>().into()
}
