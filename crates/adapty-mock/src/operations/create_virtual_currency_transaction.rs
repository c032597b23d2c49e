//! Create virtual currency transaction.
//!
//! Where the documents name a code and no more, the words and the source are ours; so is the form of
//! the 422, and that only what succeeded is remembered under an `Idempotency-Key`.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::{HeaderValue, StatusCode, header::RETRY_AFTER};
use serde_json::Value;
use uuid::Uuid;

use super::{
    fields::Fields,
    json_body,
    operation::{Operation, Request},
    profile,
    virtual_currencies::enabled,
};
use crate::{
    app::{
        currencies::{CurrencyRefusal, LONGEST_CODE},
        currency_transaction::{CurrencyAmount, CurrencyTransaction, TransactionRefused},
        profile::Unchangeable,
        state::State,
        wallet::KnownKey,
    },
    fixtures,
    reply::{Reason, Reply},
};

pub(crate) const OPERATION: Operation = Operation {
    name: "create_virtual_currency_transaction",
    method: "POST",
    path: "/api/v2/server-side-api/vc/transactions/",
    unauthorized: Reply::unauthorized,
    answer,
};

const KEY_HEADER: &str = "idempotency-key";
const MOST_ITEMS: usize = 20;
const MOST_METADATA: usize = 5;
const LONGEST_METADATA_KEY: usize = 30;
/// In characters.
const LONGEST_METADATA_VALUE: usize = 200;

/// In the order of the checks: identity, JSON, switched on, rate, key, fields, profile, what was prepared,
/// what is remembered, currencies and balances.
fn answer(state: &mut State, request: &Request<'_>) -> Result<Reply, Reply> {
    let format = state.next_wire_format();
    let identity = profile::identity(request)?;
    let body = json_body::read_or_refuse(request.body)?;
    enabled(state)?;
    let now = state.now();
    state.currencies.count(now).map_err(|too_many| Reply::rate_limited(too_many.retry_after))?;
    let key = key(request)?;
    let transaction = transaction(&Fields::of(body, breaks_schema)?)?;
    let stored = profile::find(state, &identity, format)?;
    if let Some(refusal) = state.currencies.refusals.pop_front() {
        return Err(prepared(refusal));
    }
    let known = key.and_then(|key| stored.private.wallet.known_key(key, &transaction, state.now()));
    match known {
        Some(KnownKey::Same(answer)) => {
            return Ok(done(answer, "answered as before: the Idempotency-Key is known"));
        }
        Some(KnownKey::Other) => return Err(key_reused()),
        None => {}
    }
    let created = state.create_currency_transaction(&stored, &transaction, key);
    let (_, answer) = created.map_err(|refused| not_created(&refused))?;
    Ok(done(answer, "transaction created"))
}

/// The 422, whose form is ours.
fn breaks_schema(field: &str, what: String) -> Reply {
    Reply::mistake(StatusCode::UNPROCESSABLE_ENTITY, "validation_error", Some(field), what)
}

fn done(answer: Bytes, reason: &'static str) -> Reply {
    Reply::json(StatusCode::OK, answer, Reason::Usual(reason))
}

/// The key, if there is one: a UUID of version 4, as the documents say.
fn key(request: &Request<'_>) -> Result<Option<Uuid>, Reply> {
    let mut values = request.headers.get_all(KEY_HEADER).iter();
    let Some(value) = values.next() else { return Ok(None) };
    let key = value.to_str().ok().and_then(|text| Uuid::try_parse(text).ok());
    match key.filter(|key| key.get_version_num() == 4) {
        Some(key) if values.next().is_none() => Ok(Some(key)),
        Some(_) => Err(invalid_key("Idempotency-Key was sent more than once")),
        None => Err(invalid_key("Idempotency-Key is no UUID of version 4")),
    }
}

fn invalid_key(reason: &'static str) -> Reply {
    let code = "idempotency_key_invalid";
    Reply::error(StatusCode::BAD_REQUEST, code, Some("Idempotency-Key"), reason)
}

/// Ours, code and all: no document says what follows.
fn key_reused() -> Reply {
    let reason = "this Idempotency-Key came before with another body";
    let code = "idempotency_key_reused";
    Reply::error(StatusCode::CONFLICT, code, Some("Idempotency-Key"), reason)
}

fn prepared(refusal: CurrencyRefusal) -> Reply {
    match refusal {
        CurrencyRefusal::IdempotencyInFlight => {
            let (status, body) = (StatusCode::CONFLICT, fixtures::IDEMPOTENCY_IN_FLIGHT);
            let mut reply = Reply::documented(status, body, "a test prepared this refusal");
            reply.headers.push((RETRY_AFTER, HeaderValue::from_static("1")));
            reply
        }
        CurrencyRefusal::DuplicateSourceTransaction => {
            let reason = "another transaction came of the same source, as a test prepared it";
            Reply::error(StatusCode::CONFLICT, "duplicate_source_transaction", None, reason)
        }
    }
}

fn not_created(refused: &TransactionRefused) -> Reply {
    let (code, source) = match refused {
        TransactionRefused::InsufficientBalance { code } => return insufficient_balance(code),
        TransactionRefused::NoRoom(over) => {
            return profile::unchanged(Unchangeable::NoRoom(*over));
        }
        TransactionRefused::Empty => ("empty_items", "items"),
        TransactionRefused::AmountZero { .. } => ("amount_zero", "amount"),
        TransactionRefused::UnknownCurrency { .. } => ("unknown_currency", "currency_code"),
        TransactionRefused::DuplicateCurrency { .. } => ("duplicate_currency", "currency_code"),
        TransactionRefused::BalanceOverflow { .. } => ("balance_overflow", "currency_code"),
        TransactionRefused::DuplicateId => ("validation_error", "transaction_id"),
    };
    Reply::mistake(StatusCode::BAD_REQUEST, code, Some(source), refused.to_string())
}

/// The documented 400: byte for byte for the currency that the document names.
fn insufficient_balance(code: &str) -> Reply {
    let documented = fixtures::INSUFFICIENT_BALANCE;
    let body = match code {
        "COINS" => documented,
        _ => {
            let code = Value::from(code).to_string();
            let text = String::from_utf8_lossy(&documented);
            Bytes::from(text.replace("COINS", code.trim_matches('"')))
        }
    };
    let reason = "the balance is less than what is to be taken";
    Reply::documented(StatusCode::BAD_REQUEST, body, reason)
}

fn transaction(fields: &Fields) -> Result<CurrencyTransaction, Reply> {
    let items = fields.objects("items")?;
    if items.is_empty() {
        return Err(not_created(&TransactionRefused::Empty));
    }
    if items.len() > MOST_ITEMS {
        return Err(fields.wrong("items", "has more than 20 entries"));
    }
    let mut transaction = CurrencyTransaction::new::<String>([]).of_type("api_transaction");
    transaction.items = items.iter().map(amount).collect::<Result<_, _>>()?;
    transaction.metadata = metadata(fields)?;
    Ok(transaction)
}

fn amount(item: &Fields) -> Result<CurrencyAmount, Reply> {
    let code = item.id("currency_code")?;
    // No currency has such a code, and the reason of a refusal travels in a header.
    if code.len() > LONGEST_CODE {
        return Err(item.wrong("currency_code", "is longer than 256 bytes"));
    }
    let amount = match item.value("amount") {
        Some(Value::Number(amount)) if amount.is_i64() || amount.is_u64() => amount.as_i64(),
        Some(_) => return Err(item.wrong("amount", "is not a whole number")),
        None => return Err(item.wrong("amount", "is missing")),
    };
    match amount.and_then(|amount| i32::try_from(amount).ok()) {
        Some(amount) => Ok(CurrencyAmount::new(code, amount)),
        None => Err(item.wrong("amount", "is not a whole number of 32 bits")),
    }
}

/// The pairs; `null` is as good as none (ours).
fn metadata(fields: &Fields) -> Result<Option<BTreeMap<String, String>>, Reply> {
    let wrong = |what| fields.wrong("metadata", what);
    let pairs = match fields.value("metadata") {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Object(pairs)) => pairs,
        Some(_) => return Err(wrong("is neither an object nor null")),
    };
    if pairs.len() > MOST_METADATA {
        return Err(wrong("has more than 5 keys"));
    }
    let is_key = |key: &str| {
        let is_fit = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_');
        (1..=LONGEST_METADATA_KEY).contains(&key.len()) && key.bytes().all(is_fit)
    };
    let mut read = BTreeMap::new();
    for (key, value) in pairs {
        if !is_key(key) {
            return Err(wrong("has a key that is not 1 to 30 of a-z, 0-9 and _"));
        }
        match value {
            Value::String(value) if value.chars().count() <= LONGEST_METADATA_VALUE => {
                read.insert(key.clone(), value.clone());
            }
            Value::String(_) => {
                let field = format!("metadata.{key}");
                return Err(fields.wrong(&field, "is longer than 200 characters"));
            }
            _ => return Err(fields.wrong(&format!("metadata.{key}"), "is not a string")),
        }
    }
    Ok(Some(read))
}
