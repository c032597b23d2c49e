//! Lists from page to page: how they end, and how they end badly.

use adapty_mock::{Answer, CurrencyTransaction, Fault, Plan};
use adapty_transport::adapty_model::{ListPaywalls, ListVirtualCurrencyTransactions, uuid::Uuid};
use adapty_transport::{Client, Error, ErrorKind, Identity, List, Pages};

use crate::support::{Fake, RawServer, answer, builder, customer, run};

/// A fake whose app has so many paywalls.
fn with_paywalls(count: u128) -> Fake {
    let fake = Fake::well();
    fake.app.remove_paywalls();
    for n in 0..count {
        let id = Uuid::from_u128(n);
        fake.app.put_paywall(format!(r#"{{"paywall_id": "{id}", "remote_configs": []}}"#));
    }
    fake
}

/// All that a list gives, the error at its end, and that there is nothing behind it.
async fn all<L: List>(pages: &mut Pages<L>) -> (Vec<L::Item>, Option<Error>) {
    let (mut items, mut error) = (Vec::new(), None);
    while let Some(item) = pages.next().await {
        assert!(error.is_none(), "nothing follows an error");
        match item {
            Ok(item) => items.push(item),
            Err(it) => error = Some(it),
        }
    }
    assert!(pages.next().await.is_none());
    (items, error)
}

fn paywalls(url: &str, list: ListPaywalls) -> (Vec<u128>, Option<Error>) {
    let client = builder(url).build().unwrap();
    let (items, error) = run(async move { all(&mut client.paywalls(list)).await });
    (items.into_iter().map(|item| item.paywall_id.as_u128()).collect(), error)
}

fn history(
    client: &Client,
    list: ListVirtualCurrencyTransactions,
) -> Pages<ListVirtualCurrencyTransactions> {
    client.virtual_currency_transactions(list)
}

fn coins() -> ListVirtualCurrencyTransactions {
    ListVirtualCurrencyTransactions::new(customer())
}

#[test]
fn every_paywall_comes_once_in_order_from_as_many_requests_as_there_are_pages() {
    let fake = with_paywalls(45);
    let (items, error) = paywalls(&fake.url(), ListPaywalls::new().page_size(7));
    assert!(error.is_none());
    assert_eq!(items, (0..45).collect::<Vec<_>>());
    assert_eq!(fake.requests(), 7);
    let paths: Vec<_> = fake.app.requests().into_iter().map(|request| request.path).collect();
    assert!(paths[0].ends_with("?page%5Bsize%5D=7"), "{}", paths[0]);
    assert!(paths[6].ends_with("?page%5Bnumber%5D=7&page%5Bsize%5D=7"), "{}", paths[6]);
}

#[test]
fn a_list_begins_at_the_page_it_is_given_and_an_empty_one_ends_at_once() {
    let fake = with_paywalls(45);
    let (items, _) = paywalls(&fake.url(), ListPaywalls::new().page(3).page_size(20));
    assert_eq!(items, (40..45).collect::<Vec<_>>());
    assert_eq!(fake.requests(), 1);
    let (items, error) = paywalls(&with_paywalls(0).url(), ListPaywalls::new());
    assert!(items.is_empty() && error.is_none());
}

#[test]
fn no_page_is_asked_for_before_it_is_needed() {
    let fake = with_paywalls(4);
    let client = builder(&fake.url()).build().unwrap();
    let requests_now = || fake.requests();
    run(async move {
        let mut pages = client.paywalls(ListPaywalls::new().page_size(2));
        for (item, requests) in [1, 1, 2, 2].into_iter().enumerate() {
            let id = pages.next().await.unwrap().unwrap().paywall_id;
            assert_eq!((id.as_u128(), requests_now()), (item as u128, requests));
        }
        assert!(pages.next().await.is_none());
    });
}

/// A fake whose customer has so many transactions.
fn with_transactions(count: i32) -> Fake {
    let fake = Fake::well();
    for n in 1..=count {
        let transaction = CurrencyTransaction::new([("COINS", n)]);
        fake.app.add_currency_transaction(customer(), &transaction);
    }
    fake
}

#[test]
fn every_transaction_comes_once_newest_first_by_cursors_that_are_percent_encoded() {
    let fake = with_transactions(10);
    let client = builder(&fake.url()).build().unwrap();
    let (items, error) = run(async move {
        all(&mut history(&client, coins().limit(3).currency_code("COINS"))).await
    });
    assert!(error.is_none());
    let amounts: Vec<_> = items.iter().map(|item| item.items[0].amount).collect();
    assert_eq!(amounts, (1..=10).rev().collect::<Vec<_>>());
    assert_eq!(fake.requests(), 4);
    for request in &fake.app.requests()[1..] {
        let (_, cursor) = request.path.split_once("cursor=").unwrap();
        let cursor = cursor.strip_suffix("&limit=3").unwrap();
        assert!(!cursor.contains(['=', '+', '/']), "{cursor}");
    }
}

#[test]
fn a_page_that_fails_half_way_is_named_and_what_came_stays() {
    let fake = with_paywalls(6);
    let plan = Plan::new().then(Fault::None).then(Answer::new(503)).times(3);
    fake.app.put_faults(plan);
    let client = builder(&fake.url()).build().unwrap();
    run(async move {
        let mut pages = client.paywalls(ListPaywalls::new().page_size(2));
        let (items, error) = all(&mut pages).await;
        let error = error.unwrap();
        assert_eq!((items.len(), error.kind()), (2, ErrorKind::Server));
        assert!(error.to_string().starts_with("page 2: server error (status 503"), "{error}");
        // The rest, later.
        let (rest, error) = all(&mut client.paywalls(pages.list().clone())).await;
        assert!(error.is_none());
        assert_eq!(rest.len(), 4);
    });
}

/// Answers every request with what `body` makes of its number, from 1.
fn server(body: impl Fn(usize) -> String + Send + Sync + Clone + 'static) -> RawServer {
    RawServer::open(move |mut peer| {
        let body = body.clone();
        async move {
            let mut number = 0;
            while peer.request().await.is_ok() {
                number += 1;
                peer.say(&answer("200 OK", &[], &body(number))).await?;
            }
            Ok(())
        }
    })
}

fn page(ids: &[u128], page: usize, pages: usize) -> String {
    let rows: Vec<_> =
        ids.iter().map(|id| format!(r#"{{"paywall_id":"{}"}}"#, Uuid::from_u128(*id))).collect();
    let pagination = format!(r#"{{"count":9,"page":{page},"pages":{pages}}}"#);
    format!(r#"{{"data":[{}],"meta":{{"pagination":{pagination}}}}}"#, rows.join(","))
}

#[track_caller]
fn paging(error: Option<Error>, message: &str) {
    let error = error.expect("an error");
    assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::Paging, message));
    assert!(!error.is_retryable());
}

#[test]
fn a_page_that_repeats_itself_ends_the_list() {
    let server = server(|number| page(&[1, 2], number, 9));
    let (items, error) = paywalls(&server.url(), ListPaywalls::new());
    assert_eq!((items.as_slice(), server.requests()), ([1, 2].as_slice(), 2));
    paging(error, "page 2: the answer is the same as that of an earlier page");
}

#[test]
fn a_page_that_is_not_the_one_asked_for_ends_the_list() {
    let server = server(|number| page(&[number as u128], 1, 9));
    let (items, error) = paywalls(&server.url(), ListPaywalls::new());
    assert_eq!((items.as_slice(), server.requests()), ([1].as_slice(), 2));
    paging(error, "page 2: the answer says that it is page 1");
}

fn transactions(id: usize, cursor: &str) -> String {
    let row = format!(
        r#"{{"transaction_id":"{id}","transaction_type":"x","items":[],"created_at":"2026-05-20T09:00:00Z"}}"#
    );
    format!(r#"{{"data":[{row}],"pagination":{{"next_cursor":"{cursor}"}}}}"#)
}

fn transaction_ids(url: &str, max_pages: usize) -> (Vec<String>, Option<Error>) {
    let client = builder(url).build().unwrap();
    let list = ListVirtualCurrencyTransactions::new(Identity::customer("jane"));
    let (items, error) =
        run(async move { all(&mut history(&client, list).max_pages(max_pages)).await });
    (items.into_iter().map(|item| item.transaction_id).collect(), error)
}

#[test]
fn a_cursor_that_leads_back_ends_the_list_after_what_came() {
    let server = server(|number| transactions(number, if number == 1 { "a" } else { "b" }));
    let (items, error) = transaction_ids(&server.url(), 100);
    assert_eq!((items, server.requests()), (vec!["1".into(), "2".into(), "3".into()], 3));
    paging(error, "page 4: the page before leads back to one that was asked for");
}

#[test]
fn a_cursor_that_never_ends_is_followed_for_so_many_pages_only() {
    let server = server(|number| transactions(number, &format!("c{number}")));
    let (items, error) = transaction_ids(&server.url(), 5);
    assert_eq!((items.len(), server.requests()), (5, 5));
    paging(error, "page 6: the list does not end within 5 pages");
}

#[test]
fn pages_show_no_customer_in_their_debug_form() {
    let fake = Fake::well();
    let client = builder(&fake.url()).build().unwrap();
    let text = format!("{:?}", history(&client, coins().cursor("secret")));
    assert_eq!(text, "Pages { number: 1, is_over: false, .. }");
}
