//! The access decision: nanoseconds, whatever the answer. That it allocates nothing is a test.

use std::hint::black_box;

use adapty_model::time::{Duration, OffsetDateTime};
use adapty_model::uuid::Uuid;
use adapty_model::{AccessLevel, Policy, Profile};
use criterion::{Criterion, criterion_group, criterion_main};

fn now() -> OffsetDateTime {
    OffsetDateTime::UNIX_EPOCH + Duration::days(20_000)
}

/// A profile with this many rows of one level, each of which ends a day after the last.
fn profile(rows: i64) -> Profile {
    let mut profile = Profile::new(Uuid::nil());
    let ends = (1..=rows).map(|day| now() + Duration::days(day));
    profile.access_levels.extend(ends.map(|end| AccessLevel::new("premium", end)));
    profile
}

fn access(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("access");
    for rows in [1, 3, 30] {
        let profile = profile(rows);
        group.bench_function(format!("granted, {rows} rows"), |bencher| {
            bencher.iter(|| black_box(&profile).access("premium", black_box(now())).is_granted());
        });
    }
    let profile = profile(3);
    group.bench_function("denied, another level", |bencher| {
        bencher.iter(|| black_box(&profile).access("gold", black_box(now())).is_granted());
    });
    group.bench_function("with an hour's tolerance, 3 rows", |bencher| {
        let policy = Policy::DatesWithTolerance(std::time::Duration::from_secs(3600));
        bencher.iter(|| {
            black_box(&profile).under(policy).access("premium", black_box(now())).is_granted()
        });
    });
    group.bench_function("next change, 3 rows", |bencher| {
        bencher.iter(|| black_box(&profile).next_change(black_box(now())));
    });
    group.finish();
}

criterion_group!(benches, access);
criterion_main!(benches);
