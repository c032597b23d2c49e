//! Virtual currencies: transactions, their history, and balances.

use std::num::NonZeroI32;

use adapty_model::uuid::Uuid;
use adapty_model::{
    AnswerError, AttributeValue, CreateVirtualCurrencyTransaction, GetVirtualCurrencyBalances,
    ListVirtualCurrencyTransactions, Meaning, Operation, Repeat, VirtualCurrencyChange,
    VirtualCurrencyTransactionType,
};
use serde_json::{Value, json};

use crate::support::{fixture, jane, json_of, sent, stored, told};

fn amount(amount: i32) -> NonZeroI32 {
    NonZeroI32::new(amount).unwrap()
}

fn give(code: &str, coins: i32) -> CreateVirtualCurrencyTransaction {
    CreateVirtualCurrencyTransaction::new(jane(), code, amount(coins))
}

/// A random UUID, of version 4.
fn key() -> Uuid {
    Uuid::try_parse("3fa85f64-5717-4562-b3fc-2c963f66afa6").unwrap()
}

fn history() -> ListVirtualCurrencyTransactions {
    ListVirtualCurrencyTransactions::new(jane())
}

fn refused(status: u16, body: &[u8]) -> Option<Meaning> {
    match give("COINS", 1).answer(status, body) {
        Err(AnswerError::Refused { meaning, .. }) => meaning,
        _ => panic!("it is a refusal"),
    }
}

#[test]
fn transactions_are_sent_as_the_documents_print_them() {
    let name = "create_virtual_currency_transaction.request.openapi.credit.json";
    assert_eq!(sent(&give("COINS", 500)), json_of(name));
    let body = json_of("create_virtual_currency_transaction.request.openapi.credit.json");
    assert_eq!(sent(&give("COINS", 500)), body);
    let body = json_of("create_virtual_currency_transaction.request.openapi.debit.json");
    assert_eq!(sent(&give("COINS", -10)), body);
    let body = json_of("create_virtual_currency_transaction.request.openapi.multi_currency.json");
    assert_eq!(sent(&give("GOLD", -50).and("SILVER", amount(-200))), body);
    let body = json_of("create_virtual_currency_transaction.request.openapi.conversion.json");
    let exchange = give("SILVER", -100).and("GOLD", amount(10)).metadata("reason", "exchange");
    assert_eq!(sent(&exchange), body);
    assert_eq!(told(exchange.validate()), "");
}

#[test]
fn a_transaction_is_answered_with_the_balances_it_left() {
    let body = fixture("create_virtual_currency_transaction.200.openapi.credit.json");
    let answer = give("COINS", 500).answer(200, &body).unwrap();
    assert_eq!(answer.transaction_id, "0190e8a4-1c2b-7def-8abc-2c1a4b6d8e90");
    let [coins] = &*answer.balances else { panic!("one balance") };
    assert_eq!((coins.code.as_str(), coins.name.as_deref()), ("COINS", Some("Gold Coins")));
    assert_eq!((coins.balance, coins.held, coins.available), (12950, Some(0), Some(12950)));
}

#[test]
fn a_key_travels_in_its_header_and_makes_a_transaction_repeatable() {
    let plain = give("COINS", 1);
    assert_eq!(plain.repeat(), Repeat::OnlyIfUnseen);
    assert!(plain.request().unwrap().headers.iter().all(|(name, _)| *name != "idempotency-key"));
    let keyed = plain.idempotency_key(key());
    assert_eq!(keyed.repeat(), Repeat::NotAfter500);
    let header = ("idempotency-key", "3fa85f64-5717-4562-b3fc-2c963f66afa6".to_owned());
    assert!(keyed.request().unwrap().headers.contains(&header));
    assert_eq!(sent(&keyed), sent(&give("COINS", 1)));
    assert_eq!(told(keyed.validate()), "");
}

#[test]
fn a_key_that_is_not_random_breaks_a_rule() {
    let keyed = give("COINS", 1).idempotency_key(Uuid::from_u128(7));
    assert_eq!(told(keyed.validate()), "Idempotency-Key: must be a UUID of version 4");
}

#[test]
fn an_amount_of_nothing_cannot_be_said() {
    assert_eq!(NonZeroI32::new(0), None);
    let item = json!({"currency_code": "COINS", "amount": 0});
    let error = serde_json::from_value::<VirtualCurrencyChange>(item).unwrap_err();
    assert_eq!(error.to_string(), "invalid value: integer `0`, expected a nonzero i32");
}

#[test]
fn a_transaction_is_in_one_to_twenty_currencies_each_once() {
    let of = |count: usize| {
        let mut it = give("COINS", 1);
        let change = |code| VirtualCurrencyChange::new(format!("C{code}"), amount(1));
        it.items = (0..count).map(change).collect();
        it
    };
    assert_eq!(told(of(0).validate()), "items: at least one currency must be given");
    assert_eq!(told(of(20).validate()), "");
    assert_eq!(told(of(21).validate()), "items: at most 20 currencies can be given");
    let twice = give("COINS", 1).and("GEMS", amount(1)).and("COINS", amount(2));
    assert_eq!(told(twice.validate()), "items[2].currency_code: a currency can be given once only");
}

#[test]
fn metadata_has_its_limits_and_no_key_is_shown() {
    let of = |count: usize| {
        (0..count).fold(give("COINS", 1), |it, number| it.metadata(format!("k_{number}"), ""))
    };
    assert_eq!(told(of(5).validate()), "");
    assert_eq!(told(of(6).validate()), "metadata: at most 5 keys can be given");
    let within = give("COINS", 1).metadata("a".repeat(30), "é".repeat(200));
    assert_eq!(told(within.validate()), "");
    for key in ["", "Reason", "a b", "ä", &"a".repeat(31)] {
        assert_eq!(
            told(give("COINS", 1).metadata("a", "").metadata(key, "").validate()),
            format!(
                "metadata[{}]: a key has 1 to 30 small letters, digits and '_'",
                usize::from(key > "a")
            )
        );
    }
    let long = give("COINS", 1).metadata("a", "é".repeat(201));
    assert_eq!(told(long.validate()), "metadata[0]: a value has at most 200 characters");
}

#[test]
fn each_refusal_of_a_transaction_has_its_meaning_under_its_own_status() {
    let poor = fixture("create_virtual_currency_transaction.400.openapi.insufficient_balance.json");
    let off = fixture("create_virtual_currency_transaction.403.openapi.feature_not_enabled.json");
    let busy =
        fixture("create_virtual_currency_transaction.409.openapi.idempotency_in_flight.json");
    let twice = json!({"error_code": "duplicate_source_transaction"}).to_string().into_bytes();
    let all = [
        (400, poor, Meaning::InsufficientBalance, "insufficient balance"),
        (403, off, Meaning::FeatureNotEnabled, "virtual currencies are not enabled"),
        (409, busy, Meaning::IdempotencyInFlight, "the same request is under way"),
        (409, twice, Meaning::DuplicateSourceTransaction, "the source transaction was used before"),
    ];
    for (status, body, meaning, words) in all {
        assert_eq!(refused(status, &body), Some(meaning));
        assert_eq!(meaning.to_string(), words);
        for other in [400, 401, 403, 404, 409, 422, 429, 500, 503] {
            assert_eq!(refused(other, &body).is_some(), other == status, "{other} {words}");
        }
    }
}

#[test]
fn the_history_is_asked_for_with_what_is_known_percent_encoded() {
    let path = "/api/v2/server-side-api/vc/transactions/";
    assert_eq!(history().target(), path);
    let page = history().currency_code("GOLD&1").cursor("MjAy+/M=").limit(100);
    let query = "?currency_code=GOLD%261&cursor=MjAy%2B%2FM%3D&limit=100";
    assert_eq!(page.target(), format!("{path}{query}"));
    assert_eq!(page.repeat(), Repeat::Always);
}

#[test]
fn the_documented_history_reads() {
    let name = "list_virtual_currency_transactions.200.openapi.three_transactions.json";
    let body = fixture("list_virtual_currency_transactions.200.openapi.three_transactions.json");
    let page = history().answer(200, &body).unwrap();
    let [api, store, renewal] = &*page.data else { panic!("three transactions") };
    assert_eq!(api.transaction_type, Some(VirtualCurrencyTransactionType::ApiTransaction));
    assert_eq!(api.metadata.as_ref().unwrap()["reason"], AttributeValue::from("promo_bonus"));
    assert_eq!((api.items[0].amount, api.items[0].balance_after), (500, Some(12950)));
    assert_eq!(store.metadata, None);
    assert_eq!(renewal.created_at.unwrap().to_string(), "2026-05-20 9:00:00.0 +00:00:00");
    let cursor = page.pagination.next_cursor.as_deref();
    assert_eq!(cursor, json_of(name)["pagination"]["next_cursor"].as_str());
    assert_eq!(stored(&page), page);
}

#[test]
fn the_last_page_has_no_cursor_and_odd_metadata_loses_no_page() {
    let row = json!({"transaction_id": "1", "items": [], "metadata": {"a": 1, "b": true, "c": null},
        "transaction_type": "gift"});
    let body = json!({"data": [row], "pagination": {"next_cursor": null}}).to_string();
    let page = history().answer(200, body.as_bytes()).unwrap();
    assert_eq!(page.pagination.next_cursor, None);
    assert_eq!(page.data[0].transaction_type, Some("gift".into()));
    assert_eq!(page.data[0].metadata.as_ref().unwrap().len(), 3);
}

#[test]
fn a_history_without_its_pagination_is_no_last_page() {
    let error = history().read(b"{\"data\": []}").unwrap_err();
    assert_eq!(error.to_string(), "pagination is missing");
    let row = json!({"transaction_id": "1", "items": [{"currency_code": "GOLD"}]});
    let body: Value = json!({"data": [row], "pagination": {}});
    let error = history().read(body.to_string().as_bytes()).unwrap_err();
    assert_eq!(error.to_string(), "data[0].items[0].amount is missing");
}

#[test]
fn a_page_of_the_history_has_one_to_a_hundred_transactions() {
    for limit in [0, 101] {
        let told = told(history().limit(limit).validate());
        assert_eq!(told, "limit: must be between 1 and 100");
    }
    assert_eq!(told(history().limit(100).validate()), "");
}

#[test]
fn the_documented_balances_read() {
    let name = "virtual_currency_balances.200.openapi.three_currencies.json";
    let body = fixture("virtual_currency_balances.200.openapi.three_currencies.json");
    let balances = GetVirtualCurrencyBalances::new(jane()).answer(200, &body).unwrap();
    assert_eq!(balances.response_created_at, Some(1_779_791_400_000));
    let codes: Vec<_> = balances.data.iter().map(|it| (it.code.as_str(), it.balance)).collect();
    assert_eq!(codes, [("COINS", 12450), ("GEMS", 3280), ("ENERGY", 840)]);
    assert_eq!(serde_json::to_value(&balances).unwrap(), json_of(name));
}

#[test]
fn no_balances_are_an_empty_list_and_a_missing_list_is_an_error() {
    let ask = GetVirtualCurrencyBalances::new(jane());
    assert!(ask.read(b"{\"data\": []}").unwrap().data.is_empty());
    assert_eq!(ask.read(b"{}").unwrap_err().to_string(), "data is missing");
}
