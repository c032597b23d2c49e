//! The access decision: its table of policies, its reasons, its properties.

use std::cmp::Ordering;

use adapty_model::time::{Date, Duration, Month, OffsetDateTime, UtcOffset};
use adapty_model::uuid::Uuid;
use adapty_model::{
    Access, AccessLevel, CancellationReason, Change, Denial, Environment, Expiry, Grant,
    NonSubscription, Offer, OfferCategory, OfferType, Policy, Profile, Store, Subscription,
    TimeLeft,
};
use proptest::option::of;
use proptest::prelude::*;

use crate::support::{PROFILES, json_of, profile, read};

const HOUR: std::time::Duration = std::time::Duration::from_secs(3600);

/// Noon on 12 January 2025.
fn noon() -> OffsetDateTime {
    let date = Date::from_calendar_date(2025, Month::January, 12).unwrap();
    date.with_hms(12, 0, 0).unwrap().assume_utc()
}

/// A row of `premium` that ends at noon and this much later.
fn ends_in(left: Duration) -> AccessLevel {
    AccessLevel::new("premium", noon() + left)
}

fn with_rows(rows: impl IntoIterator<Item = AccessLevel>) -> Profile {
    let mut profile = profile();
    profile.access_levels.extend(rows);
    profile
}

/// What became of the row after a change.
fn but(mut row: AccessLevel, change: impl FnOnce(&mut AccessLevel)) -> AccessLevel {
    change(&mut row);
    row
}

/// What names the purchase of [`subscription`].
fn bought(row: &mut AccessLevel) {
    row.store = Some(Store::AppStore);
    row.store_product_id = Some("weekly".to_owned());
    row.store_original_transaction_id = Some("1".to_owned());
}

fn subscription(environment: impl Into<Option<Environment>>) -> Subscription {
    let mut subscription = Subscription::new("weekly", Expiry::NotStated);
    subscription.store = Some(Store::AppStore);
    subscription.store_original_transaction_id = Some("1".to_owned());
    subscription.environment = environment.into();
    subscription
}

/// The profile that a row of the documented table describes.
#[track_caller]
fn case(words: &str) -> Profile {
    let tomorrow = || ends_in(Duration::DAY);
    let starts = |start| but(AccessLevel::new("premium", None), |row| row.starts_at = Some(start));
    let grace = |row: &mut AccessLevel| row.is_in_grace_period = Some(true);
    let explained = |row: &mut AccessLevel| {
        row.renewal_cancelled_at = Some(noon());
        row.billing_issue_detected_at = Some(noon());
        row.cancellation_reason = Some(CancellationReason::Refund);
    };
    let test = |row: &mut AccessLevel| row.environment = Some(Environment::Sandbox);
    let half_an_hour_ago = || ends_in(Duration::minutes(-30));
    with_rows(match words {
        "older pages' example, which ended as it started in 2022, grace flag set" => {
            return read(&json_of(PROFILES[0]));
        }
        "newer page's example, no start, no end" => return read(&json_of(PROFILES[2])),
        "example without levels" => {
            return read(&json_of("create_profile.200.openapi.empty_lists.json"));
        }
        "ends on the 13th" => vec![tomorrow()],
        "ends on the 13th, in a grace period" => vec![but(tomorrow(), grace)],
        "ends on the 13th, renewal cancelled, billing issue, reason refund" => {
            vec![but(tomorrow(), explained)]
        }
        "ended half an hour ago" => vec![half_an_hour_ago()],
        "ended half an hour ago, grace flag still set" => vec![but(half_an_hour_ago(), grace)],
        "ended this very instant" => vec![ends_in(Duration::ZERO)],
        "ended yesterday after a refund" => vec![but(ends_in(-Duration::DAY), explained)],
        "starts this very instant" => vec![starts(noon())],
        "starts tomorrow" => vec![starts(noon() + Duration::DAY)],
        "starts tomorrow, and another row ends on the 13th" => {
            vec![starts(noon() + Duration::DAY), tomorrow()]
        }
        "ends on the 13th, stated to be a test" => vec![but(tomorrow(), test)],
        "ends on the 13th, its subscription stated to be a test" => {
            let mut profile = with_rows([but(tomorrow(), bought)]);
            profile.subscriptions.push(subscription(Environment::Sandbox));
            return profile;
        }
        "a test that never ends, and another row ended half an hour ago" => {
            vec![but(AccessLevel::new("premium", None), test), half_an_hour_ago()]
        }
        other => panic!("the table has a case this test does not know: {other}"),
    })
}

#[test]
fn the_table_of_policies_is_true() {
    let policies = [
        Policy::DatesOnly,
        Policy::DatesWithTolerance(HOUR),
        Policy::ProductionOnly,
        Policy::AiGuide,
    ];
    let table = include_str!("../../src/access/policy.rs").lines();
    let rows = table.filter_map(|line| line.strip_prefix("/// | ")).skip(2);
    let mut count = 0;
    for row in rows {
        let cells: Vec<&str> = row.trim_end_matches(" |").split(" | ").collect();
        let profile = case(cells[0]);
        for (policy, cell) in policies.into_iter().zip(&cells[1..]) {
            let granted = profile.under(policy).access("premium", noon()).is_granted();
            assert_eq!(granted, cell.trim_matches('*') == "granted", "{row}: {policy:?}");
        }
        count += 1;
    }
    assert_eq!(count, 16);
}

#[track_caller]
fn says(profile: &Profile, policy: Policy, line: &str) {
    assert_eq!(profile.under(policy).access("premium", noon()).to_string(), line);
}

#[test]
fn every_reason_reads_well() {
    let tolerant = Policy::DatesWithTolerance(HOUR);
    let late = case("ended half an hour ago, grace flag still set");
    says(
        &case("newer page's example, no start, no end"),
        Policy::DatesOnly,
        "premium: granted for ever",
    );
    says(&case("ends on the 13th"), tolerant, "premium: granted until 2025-01-13 12:00:00 UTC");
    says(
        &case("ends on the 13th, in a grace period"),
        Policy::DatesOnly,
        "premium: granted in a grace period until 2025-01-13 12:00:00 UTC",
    );
    says(
        &late,
        tolerant,
        "premium: granted although expired, which is tolerated until 2025-01-12 12:30:00 UTC",
    );
    says(&late, Policy::AiGuide, "premium: granted although expired, by the grace flag alone");
    says(&late, Policy::DatesOnly, "premium: denied, expired 2025-01-12 11:30:00 UTC");
    says(&profile(), tolerant, "premium: denied, the profile has no such access level");
    says(&case("starts tomorrow"), tolerant, "premium: denied, starts 2025-01-13 12:00:00 UTC");
    says(
        &case("ended yesterday after a refund"),
        Policy::DatesOnly,
        "premium: denied, expired after a refund 2025-01-11 12:00:00 UTC",
    );
    says(
        &case("ends on the 13th, stated to be a test"),
        Policy::ProductionOnly,
        "premium: denied, only test purchases give it, and those do not count",
    );
}

#[test]
fn a_policy_says_which_test_purchases_it_passed_over() {
    let profile = case("a test that never ends, and another row ended half an hour ago");
    let under = profile.under(Policy::ProductionOnly);
    let rows: Vec<_> = under.passed_over("premium").collect();
    assert_eq!(rows, [&profile.access_levels[0]]);
    assert_eq!(under.passed_over("gold").count(), 0);
    assert_eq!(under.access("premium", noon()).level(), Some(&profile.access_levels[1]));
    assert_eq!(under.active_access_levels(noon()).count(), 0);
    assert_eq!(under.next_change(noon() - Duration::DAY), Some(noon() - Duration::minutes(30)));
    assert_eq!(profile.under(Policy::DatesOnly).passed_over("premium").count(), 0);
}

#[test]
fn what_a_purchase_behind_a_level_states_is_known_and_nothing_is_guessed() {
    let mut profile = with_rows([but(ends_in(Duration::DAY), bought)]);
    let environment =
        |profile: &Profile| profile.environment_of(&profile.access_levels[0]).cloned();
    let counts = |profile: &Profile| {
        profile.under(Policy::ProductionOnly).access("premium", noon()).is_granted()
    };
    assert_eq!((environment(&profile), counts(&profile)), (None, true));
    profile.subscriptions.push(subscription(None));
    assert_eq!((environment(&profile), counts(&profile)), (None, true));
    let mut purchase = NonSubscription::new(Uuid::nil(), "weekly");
    purchase.store = Some(Store::AppStore);
    purchase.store_original_transaction_id = Some("1".to_owned());
    purchase.environment = Some(Environment::Sandbox);
    profile.non_subscriptions.push(purchase);
    assert_eq!((environment(&profile), counts(&profile)), (Some(Environment::Sandbox), false));
    profile.subscriptions.push(subscription(Environment::Production));
    assert_eq!((environment(&profile), counts(&profile)), (Some(Environment::Production), true));
    profile.access_levels[0].environment = Some(Environment::Sandbox);
    assert_eq!((environment(&profile), counts(&profile)), (Some(Environment::Sandbox), false));
    profile.access_levels[0].environment = Some("Staging".into());
    assert!(counts(&profile), "it is not stated to be a test");
}

#[test]
fn answers_reasons_and_policies_are_written_for_logs() {
    let (ends, late) = (case("ends on the 13th"), case("ended half an hour ago"));
    let written = |profile: &Profile, policy| {
        serde_json::to_string(&profile.under(policy).access("premium", noon())).unwrap()
    };
    assert_eq!(
        written(&ends, Policy::DatesOnly),
        r#"{"access_level_id":"premium","granted":true,"reason":"until","at":"2025-01-13T12:00:00+00:00"}"#
    );
    assert_eq!(
        written(&late, Policy::DatesOnly),
        r#"{"access_level_id":"premium","granted":false,"reason":"expired","at":"2025-01-12T11:30:00+00:00"}"#
    );
    assert_eq!(
        written(&profile(), Policy::DatesOnly),
        r#"{"access_level_id":"premium","granted":false,"reason":"no_such_level"}"#
    );
    let json = |value: &dyn Fn() -> serde_json::Value| value().to_string();
    let at = "\"2025-01-12T12:00:00+00:00\"";
    for (grant, text) in [
        (Grant::Forever, r#"{"reason":"forever"}"#.to_owned()),
        (Grant::Until(noon()), format!(r#"{{"at":{at},"reason":"until"}}"#)),
        (Grant::InGracePeriodUntil(noon()), format!(r#"{{"at":{at},"reason":"in_grace_period"}}"#)),
        (Grant::ToleratedUntil(noon()), format!(r#"{{"at":{at},"reason":"tolerated"}}"#)),
        (Grant::ByGraceFlag, r#"{"reason":"by_grace_flag"}"#.to_owned()),
    ] {
        assert_eq!(json(&|| serde_json::to_value(grant).unwrap()), text);
    }
    for (denial, text) in [
        (Denial::NoSuchLevel, r#"{"reason":"no_such_level"}"#.to_owned()),
        (Denial::StartsAt(noon()), format!(r#"{{"at":{at},"reason":"starts"}}"#)),
        (Denial::NeverActive, r#"{"reason":"never_active"}"#.to_owned()),
        (Denial::ExpiredAt(noon()), format!(r#"{{"at":{at},"reason":"expired"}}"#)),
        (
            Denial::ExpiredAfterRefundAt(noon()),
            format!(r#"{{"at":{at},"reason":"expired_after_refund"}}"#),
        ),
        (Denial::SandboxOnly, r#"{"reason":"sandbox_only"}"#.to_owned()),
    ] {
        assert_eq!(json(&|| serde_json::to_value(denial).unwrap()), text);
    }
    let millisecond = std::time::Duration::from_millis(1);
    for (policy, text) in [
        (Policy::DatesOnly, r#"{"policy":"dates_only"}"#),
        (
            Policy::DatesWithTolerance(HOUR),
            r#"{"policy":"dates_with_tolerance","tolerance_seconds":3600}"#,
        ),
        (
            Policy::DatesWithTolerance(millisecond),
            r#"{"policy":"dates_with_tolerance","tolerance_seconds":0.001}"#,
        ),
        (Policy::ProductionOnly, r#"{"policy":"production_only"}"#),
        (Policy::AiGuide, r#"{"policy":"ai_guide"}"#),
    ] {
        assert_eq!(serde_json::to_string(&policy).unwrap(), text);
    }
}

#[test]
fn an_instant_may_be_the_standard_librarys() {
    let end = std::time::SystemTime::UNIX_EPOCH + HOUR;
    let row = AccessLevel::new("premium", OffsetDateTime::from(end));
    assert!(row.is_active(end - HOUR) && row.has_started(end) && !row.is_active(end));
    assert_eq!(row.time_left(end - HOUR), TimeLeft::For(Duration::HOUR));
    let profile = with_rows([row]);
    assert!(profile.access("premium", end - HOUR).is_granted());
    assert_eq!(profile.active_access_levels(end - HOUR).count(), 1);
    assert_eq!(profile.next_change(end - HOUR), Some(end.into()));
}

#[test]
fn the_time_of_an_answer_is_a_date_where_it_is_stated() {
    let at = |timestamp: Option<i64>| {
        let mut profile = profile();
        profile.timestamp = timestamp;
        profile.answered_at()
    };
    assert_eq!(at(Some(1_736_683_200_500)), Some(noon() + Duration::milliseconds(500)));
    assert_eq!([at(None), at(Some(0)), at(Some(i64::MAX)), at(Some(i64::MIN))], [None; 4]);
}

#[test]
fn rows_and_answers_are_keys_of_maps() {
    let row = ends_in(Duration::DAY);
    let seen = std::collections::HashSet::from([row.clone(), row.clone()]);
    assert_eq!(seen.len(), 1);
    let profile = with_rows([row]);
    let seen = [noon(), noon()].map(|at| profile.access("premium", at));
    assert_eq!(std::collections::HashSet::from(seen).len(), 1);
}

#[test]
fn the_row_that_lasts_longest_grants() {
    let long = ends_in(Duration::DAY * 2);
    let profile = with_rows([ends_in(Duration::DAY), long.clone(), ends_in(Duration::HOUR)]);
    let why = Grant::Until(noon() + Duration::DAY * 2);
    assert_eq!(profile.access("premium", noon()), Access::Granted { level: &long, why });
}

#[test]
fn the_row_nearest_to_granting_denies() {
    let starts = |days| {
        but(AccessLevel::new("premium", None), |row| {
            row.starts_at = Some(noon() + Duration::DAY * days);
        })
    };
    let never =
        but(ends_in(Duration::HOUR * 2), |row| row.starts_at = Some(noon() + Duration::HOUR * 3));
    let (soon, ended) = (starts(1), ends_in(-Duration::HOUR));
    let profile = with_rows([starts(2), soon.clone(), never.clone(), ended.clone()]);
    let access = profile.access("premium", noon());
    assert_eq!((access.level(), access.is_granted()), (Some(&soon), false));
    let profile = with_rows([never.clone(), ends_in(-Duration::DAY), ended.clone()]);
    assert_eq!(profile.access("premium", noon()).level(), Some(&ended));
    let line = "premium: denied, its dates leave no time between start and end";
    says(&with_rows([never]), Policy::DatesOnly, line);
}

#[test]
fn a_row_of_another_level_counts_for_nothing() {
    let profile = with_rows([AccessLevel::new("Premium", None)]);
    let denied = Access::Denied { level_id: "premium", nearest: None, why: Denial::NoSuchLevel };
    assert_eq!(profile.access("premium", noon()), denied);
}

#[test]
fn a_row_tells_its_dates() {
    let row = but(ends_in(Duration::DAY), |row| row.starts_at = Some(noon()));
    let (before, end) = (noon() - Duration::NANOSECOND, noon() + Duration::DAY);
    assert!(row.is_active(noon()) && !row.is_active(before) && !row.is_active(end));
    assert!(row.has_started(end) && !row.has_started(before) && !row.is_lifetime());
    assert_eq!(row.time_left(noon()), TimeLeft::For(Duration::DAY));
    assert_eq!([before, end].map(|at| row.time_left(at)), [TimeLeft::Nothing; 2]);
    assert_eq!(AccessLevel::new("p", None).time_left(noon()), TimeLeft::Forever);
    assert!(
        TimeLeft::Nothing < TimeLeft::For(Duration::ZERO)
            && TimeLeft::For(Duration::MAX) < TimeLeft::Forever
    );
}

#[test]
fn a_row_tells_what_else_it_says() {
    let [older, newer] = [0, 2].map(|name| read(&json_of(PROFILES[name])).access_levels.remove(0));
    assert!(older.was_in_grace_period() && older.has_billing_issue() && older.is_trial());
    assert!(!newer.was_in_grace_period() && !newer.has_billing_issue() && !newer.is_trial());
    assert!(older.is_renewal_cancelled() && newer.is_renewal_cancelled() && newer.is_lifetime());
    assert!(!older.is_refunded() && !older.is_without_purchase() && !newer.is_without_purchase());
    assert_eq!((older.is_sandbox(), newer.is_sandbox()), (Some(false), None));
    let bare = AccessLevel::new("p", None);
    assert!(!bare.is_renewal_cancelled() && !bare.is_trial() && !bare.is_without_purchase());
    for (word, sandbox) in [("Sandbox", Some(true)), ("Staging", None)] {
        assert_eq!(
            but(bare.clone(), |row| row.environment = Some(word.into())).is_sandbox(),
            sandbox
        );
    }
    for product in ["adapty_server_side_product", "adapty_dashboard_product", "adapty_promotion"] {
        assert!(
            but(bare.clone(), |row| row.store_product_id = Some(product.into()))
                .is_without_purchase()
        );
    }
}

#[test]
fn active_levels_are_one_row_an_id() {
    let long = ends_in(Duration::DAY * 2);
    let gold = AccessLevel::new("gold", None);
    let ended = AccessLevel::new("silver", noon());
    let profile = with_rows([ends_in(Duration::DAY), gold.clone(), long.clone(), ended]);
    let active: Vec<&AccessLevel> = profile.active_access_levels(noon()).collect();
    assert_eq!(active, [&long, &gold]);
}

#[test]
fn the_next_change_is_the_nearest_date_ahead() {
    let starts =
        but(ends_in(Duration::DAY * 3), |row| row.starts_at = Some(noon() + Duration::DAY));
    let profile = with_rows([starts, ends_in(Duration::DAY * 2), ends_in(-Duration::DAY)]);
    let days = |days| Some(noon() + Duration::DAY * days);
    assert_eq!(profile.next_change(noon()), days(1));
    assert_eq!(profile.next_change(days(1).unwrap()), days(2));
    assert_eq!(profile.next_change(days(3).unwrap()), None);
    assert_eq!(profile.under(Policy::AiGuide).next_change(noon()), days(2));
    let tolerant = profile.under(Policy::DatesWithTolerance(HOUR));
    assert_eq!(tolerant.next_change(days(3).unwrap()), Some(days(3).unwrap() + HOUR));
}

#[test]
fn a_timeline_tells_every_change_with_its_reason() {
    let mut trial = ends_in(Duration::DAY * 3);
    trial.starts_at = Some(noon() + Duration::DAY);
    let refunded = but(AccessLevel::new("gold", noon() + Duration::DAY * 3), |row| {
        row.cancellation_reason = Some(CancellationReason::Refund);
    });
    let profile =
        with_rows([trial, refunded, AccessLevel::new("silver", None), ends_in(-Duration::DAY)]);
    let told = |timeline: Vec<Change<'_>>| -> Vec<String> {
        timeline.iter().map(ToString::to_string).collect()
    };
    assert_eq!(
        told(profile.timeline(noon())),
        [
            "2025-01-13 12:00:00 UTC premium: granted until 2025-01-15 12:00:00 UTC",
            "2025-01-15 12:00:00 UTC gold: denied, expired after a refund 2025-01-15 12:00:00 UTC",
            "2025-01-15 12:00:00 UTC premium: denied, expired 2025-01-15 12:00:00 UTC",
        ]
    );
    assert_eq!(
        told(profile.under(Policy::DatesWithTolerance(HOUR)).timeline(noon() + Duration::DAY * 2)),
        [
            "2025-01-15 12:00:00 UTC gold: denied, expired after a refund 2025-01-15 12:00:00 UTC",
            "2025-01-15 12:00:00 UTC premium: granted although expired, which is tolerated until \
             2025-01-15 13:00:00 UTC",
            "2025-01-15 13:00:00 UTC premium: denied, expired 2025-01-15 12:00:00 UTC",
        ]
    );
    assert_eq!(profile.timeline(noon() + Duration::DAY * 3), []);
}

#[test]
fn the_later_snapshot_is_the_greater() {
    let at = |timestamp: Option<i64>| {
        let mut profile = profile();
        profile.timestamp = timestamp;
        profile
    };
    let (old, new) = (at(Some(1)), at(Some(2)));
    assert_eq!(new.compare_timestamp(&old), Some(Ordering::Greater));
    assert_eq!(old.compare_timestamp(&new), Some(Ordering::Less));
    assert_eq!(old.compare_timestamp(&old), Some(Ordering::Equal));
    for unknown in [at(None), at(Some(0)), read(&json_of(PROFILES[2]))] {
        assert_eq!(
            (unknown.compare_timestamp(&new), new.compare_timestamp(&unknown)),
            (None, None)
        );
    }
}

#[test]
fn the_subscription_behind_a_level_is_found_by_store_product_and_transaction() {
    let profile = read(&json_of(PROFILES[0]));
    let level = &profile.access_levels[0];
    assert_eq!(profile.subscription_behind(level), Some(&profile.subscriptions[0]));
    for change in [
        |row: &mut AccessLevel| row.store = Some(Store::PlayStore),
        |row: &mut AccessLevel| row.store_product_id = Some("other".to_owned()),
        |row: &mut AccessLevel| row.store_original_transaction_id = Some("0".to_owned()),
        |row: &mut AccessLevel| row.store_original_transaction_id = None,
    ] {
        assert_eq!(profile.subscription_behind(&but(level.clone(), change)), None);
    }
}

#[test]
fn the_newest_documents_own_level_has_no_subscription_behind_it() {
    let profile = read(&json_of("get_profile.200.openapi.lifetime_premium.json"));
    assert_eq!(profile.subscription_behind(&profile.access_levels[0]), None);
}

#[test]
fn nothing_matches_nothing() {
    let mut profile = with_rows([AccessLevel::new("premium", None)]);
    profile.subscriptions.push(Subscription::new("weekly", Expiry::Never));
    assert_eq!(profile.subscription_behind(&profile.access_levels[0]), None);
}

#[test]
fn only_what_states_that_it_was_not_refunded_is_a_purchase_to_rely_on() {
    let mut profile = profile();
    profile.non_subscriptions = [Some(false), None, Some(true)]
        .map(|is_refund| {
            let mut purchase = NonSubscription::new(Uuid::nil(), "coins");
            purchase.is_refund = is_refund;
            purchase
        })
        .to_vec();
    let kept: Vec<_> =
        profile.purchases_not_refunded().map(|purchase| purchase.is_refund).collect();
    assert_eq!(kept, [Some(false)]);
}

#[test]
fn an_attribute_is_found_by_its_key() {
    let profile = read(&json_of(PROFILES[2]));
    assert_eq!(profile.attribute("favourite_sport"), Some(&"yoga".into()));
    assert_eq!(profile.attribute("Favourite_sport"), None);
}

#[test]
fn a_tolerance_is_for_the_end_and_not_for_the_start() {
    let ended_before_it_starts =
        but(ends_in(Duration::minutes(-30)), |row| row.starts_at = Some(noon() + Duration::HOUR));
    let profile = with_rows([ended_before_it_starts]);
    let tolerant = profile.under(Policy::DatesWithTolerance(HOUR * 10));
    assert!(!tolerant.access("premium", noon()).is_granted());
}

#[test]
fn an_instant_is_told_in_utc_whatever_its_offset() {
    let tokyo = UtcOffset::from_hms(9, 0, 0).unwrap();
    let row = AccessLevel::new("premium", (noon() + Duration::DAY).to_offset(tokyo));
    says(&with_rows([row]), Policy::DatesOnly, "premium: granted until 2025-01-13 12:00:00 UTC");
}

#[test]
fn the_row_that_decided_outlives_the_question() {
    fn row<'p>(profile: &'p Profile, id: &str) -> Option<&'p AccessLevel> {
        profile.access(id, noon()).level()
    }
    let profile = with_rows([ends_in(Duration::DAY)]);
    assert_eq!(row(&profile, &String::from("premium")), Some(&profile.access_levels[0]));
}

#[test]
fn a_tolerance_beyond_time_is_no_panic() {
    let profile = with_rows([ends_in(-Duration::DAY)]);
    let access = profile.under(Policy::DatesWithTolerance(std::time::Duration::MAX));
    assert!(access.access("premium", noon()).is_granted());
    assert!(access.next_change(noon()).is_some());
}

/// A row of one of two levels, whose dates lie within ten hours of noon.
fn any_row() -> impl Strategy<Value = AccessLevel> {
    let date = || of((-10_i64..10).prop_map(|hours| noon() + Duration::hours(hours)));
    let extras = (any::<bool>(), any::<bool>(), any::<bool>());
    let words = (of(word()), of(word()), of(word()), of(word()));
    (any::<bool>(), date(), date(), extras, words).prop_map(
        |(premium, start, end, extras, words)| {
            let mut row = AccessLevel::new(if premium { "premium" } else { "gold" }, end);
            row.starts_at = start;
            row.is_in_grace_period = extras.0.then_some(true);
            row.cancellation_reason = extras.1.then_some(CancellationReason::Refund);
            row.billing_issue_detected_at = extras.2.then(noon);
            row.store = words.0.map(Into::into);
            row.environment = words.1.map(Into::into);
            row.store_base_plan_id = words.2;
            row.offer = words.3.map(|id| {
                let mut offer = Offer::new(OfferCategory::WinBack, OfferType::PayUpFront);
                offer.id = Some(id);
                offer
            });
            row
        },
    )
}

/// One of few, so that rows often differ in one member alone.
fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("app_store".to_owned()),
        Just("Sandbox".to_owned()),
        Just("a".to_owned()),
        Just("b".to_owned())
    ]
}

fn any_rows() -> impl Strategy<Value = Vec<AccessLevel>> {
    prop::collection::vec(any_row(), 0..5)
}

fn any_policy() -> impl Strategy<Value = Policy> {
    prop_oneof![
        Just(Policy::DatesOnly),
        Just(Policy::AiGuide),
        Just(Policy::ProductionOnly),
        (0_u32..5).prop_map(|hours| Policy::DatesWithTolerance(HOUR * hours)),
    ]
}

fn any_instant() -> impl Strategy<Value = OffsetDateTime> {
    (-12 * 3600_i64..12 * 3600).prop_map(|seconds| noon() + Duration::seconds(seconds))
}

/// Both levels' answers and all active levels, as text.
fn answers(profile: &Profile, policy: Policy, at: OffsetDateTime) -> String {
    let under = profile.under(policy);
    let active: Vec<&AccessLevel> = under.active_access_levels(at).collect();
    format!("{:?} {:?} {active:?}", under.access("premium", at), under.access("gold", at))
}

proptest! {
    #[test]
    fn no_answer_changes_before_the_next_change(
        rows in any_rows(), policy in any_policy(), after in any_instant(), part in 0.0_f64..1.0,
    ) {
        let profile = with_rows(rows);
        let next = profile.under(policy).next_change(after);
        prop_assert!(next.is_none_or(|next| next > after));
        let span: Duration = next.map_or(Duration::DAY * 365, |next| next - after);
        let within: Duration = (span * part).min(span - Duration::NANOSECOND);
        prop_assert_eq!(answers(&profile, policy, after), answers(&profile, policy, after + within));
    }

    #[test]
    fn a_timeline_is_what_asking_finds(
        rows in any_rows(), policy in any_policy(), from in any_instant(), at in any_instant(),
    ) {
        let profile = with_rows(rows);
        let under = profile.under(policy);
        let timeline = under.timeline(from);
        prop_assert!(timeline.is_sorted_by(|one, other| one.at <= other.at));
        for id in ["premium", "gold"] {
            let is_of_id = |change: &&Change<'_>| {
                change.access.level().is_some_and(|level| level.access_level_id == id)
            };
            let told = |until: OffsetDateTime| {
                let before = timeline.iter().filter(is_of_id).take_while(|change| change.at <= until);
                before.last().map_or(under.access(id, from), |change| change.access)
            };
            for change in timeline.iter().filter(is_of_id) {
                let just_before = change.at - Duration::NANOSECOND;
                prop_assert!(change.at > from);
                prop_assert_eq!(under.access(id, change.at), change.access);
                prop_assert_eq!(under.access(id, just_before), told(just_before));
                prop_assert_ne!(under.access(id, just_before), change.access);
            }
            if at >= from {
                prop_assert_eq!(under.access(id, at), told(at));
            }
        }
    }

    #[test]
    fn what_is_never_active_is_never_granted(
        row in any_row(), policy in any_policy(), at in any_instant(), later in any_instant(),
    ) {
        let id = row.access_level_id.clone();
        let profile = with_rows([row]);
        let under = profile.under(policy);
        if matches!(under.access(&id, at), Access::Denied { why: Denial::NeverActive, .. }) {
            prop_assert!(!under.access(&id, later).is_granted());
        }
    }

    #[test]
    fn what_is_passed_over_is_as_good_as_not_there(rows in any_rows(), at in any_instant()) {
        let profile = with_rows(rows);
        let mut real = profile.clone();
        real.access_levels.retain(|row| row.is_sandbox() != Some(true));
        for id in ["premium", "gold"] {
            let without = real.access(id, at).is_granted();
            prop_assert_eq!(profile.under(Policy::ProductionOnly).access(id, at).is_granted(), without);
        }
    }

    #[test]
    fn expired_becomes_active_at_a_stated_start_only(
        rows in any_rows(), policy in any_policy(), at in any_instant(),
    ) {
        let profile = with_rows(rows);
        let under = profile.under(policy);
        if !under.access("premium", at).is_granted()
            && let Some(next) = under.next_change(at)
            && under.access("premium", next).is_granted()
        {
            prop_assert!(profile.access_levels.iter().any(|row| row.starts_at == Some(next)));
        }
    }

    #[test]
    fn adding_a_row_never_takes_access_away(
        rows in any_rows(), more in any_row(), policy in any_policy(), at in any_instant(),
    ) {
        let before = with_rows(rows.clone());
        let after = with_rows(rows.into_iter().chain([more]));
        for id in ["premium", "gold"] {
            if before.under(policy).access(id, at).is_granted() {
                prop_assert!(after.under(policy).access(id, at).is_granted());
            }
        }
    }

    #[test]
    fn the_order_of_rows_never_matters(
        rows in any_rows().prop_shuffle(), policy in any_policy(), at in any_instant(),
    ) {
        let forwards = with_rows(rows.clone());
        let backwards = with_rows(rows.into_iter().rev());
        for id in ["premium", "gold"] {
            let [one, other] = [&forwards, &backwards].map(|p| p.under(policy).access(id, at));
            prop_assert_eq!(one, other);
        }
        prop_assert_eq!(forwards.next_change(at), backwards.next_change(at));
    }

    #[test]
    fn by_dates_only_nothing_but_ids_and_dates_counts(rows in any_rows(), at in any_instant()) {
        let bare = rows.iter().map(|row| {
            but(AccessLevel::new(row.access_level_id.clone(), row.expires_at), |new| new.starts_at = row.starts_at)
        });
        let bare = with_rows(bare);
        let full = with_rows(rows.clone());
        for id in ["premium", "gold"] {
            prop_assert_eq!(full.access(id, at).is_granted(), bare.access(id, at).is_granted());
            let active = rows.iter().any(|row| row.access_level_id == id && row.is_active(at));
            prop_assert_eq!(full.access(id, at).is_granted(), active);
        }
    }
}

#[test]
fn a_row_that_had_no_time_to_be_active_is_not_tolerated_after_its_end() {
    for start in [noon(), noon() + Duration::HOUR] {
        let mut profile = profile();
        let mut row = AccessLevel::new("premium", noon());
        row.starts_at = Some(start);
        profile.access_levels.push(row);
        let tolerant = profile.under(Policy::DatesWithTolerance(HOUR * 10));
        for hours in [-1, 0, 1, 2, 9] {
            let at = noon() + Duration::hours(hours);
            assert!(!tolerant.access("premium", at).is_granted(), "{start} {hours}");
        }
    }
}

#[test]
fn a_refunded_row_is_not_tolerated_after_its_end() {
    let mut profile = profile();
    let mut row = AccessLevel::new("premium", noon());
    row.cancellation_reason = Some(CancellationReason::Refund);
    profile.access_levels.push(row);
    let tolerant = profile.under(Policy::DatesWithTolerance(HOUR));
    assert!(matches!(
        tolerant.access("premium", noon()),
        Access::Denied { why: Denial::ExpiredAfterRefundAt(_), .. }
    ));
    assert_eq!(tolerant.next_change(noon()), None);
}

#[test]
fn the_active_levels_of_many_ids_are_those_of_each_id_alone() {
    let mut profile = profile();
    for number in 0..2_000 {
        let end = noon() + Duration::seconds(number % 7 - 3);
        profile.access_levels.push(AccessLevel::new(format!("level {}", number % 500), end));
    }
    let active: Vec<_> = profile.active_access_levels(noon()).collect();
    assert_eq!(active.len(), 500);
    for level in active {
        assert_eq!(profile.access(&level.access_level_id, noon()).level(), Some(level));
    }
}
