//! What is read: the documents' profiles, and longer ones made of them.

const SEED0: &str = include_str!("../../fixtures/get_profile.200.seed0.expired_premium.json");
const SEED2: &str = include_str!("../../fixtures/get_profile.200.seed2.lifetime_premium.json");

pub(crate) struct Body {
    pub(crate) name: String,
    pub(crate) json: Vec<u8>,
}

/// The newer page's profile as it stands and minified, and the older page's.
pub(crate) fn documents() -> [Body; 3] {
    let body = |name: &str, json: String| Body { name: name.to_owned(), json: json.into_bytes() };
    [
        body("seed2", SEED2.to_owned()),
        body("seed2 minified", minified(SEED2)),
        body("seed0", SEED0.to_owned()),
    ]
}

/// The newer page's profile, minified, its second subscription as often as asked.
///
/// Built as text: a tree of that size would leave its traces in the memory that is measured.
pub(crate) fn with_subscriptions(count: usize) -> Body {
    let json = minified(SEED2);
    let start =
        json.find("\"subscriptions\":[").expect("subscriptions") + "\"subscriptions\":[".len();
    let end = json.find("],\"non_subscriptions\"").expect("their end");
    let (_, row) = json[start..end].split_once("},").expect("two subscriptions");
    let mut long = String::with_capacity(json.len() + count * (row.len() + 1));
    long.push_str(&json[..start]);
    for number in 0..count {
        long.push_str(if number == 0 { "" } else { "," });
        long.push_str(row);
    }
    long.push_str(&json[end..]);
    Body { name: format!("{count} subscriptions"), json: long.into_bytes() }
}

fn minified(json: &str) -> String {
    let mut inside = false;
    json.chars()
        .filter(|c| {
            inside ^= *c == '"';
            inside || !c.is_whitespace()
        })
        .collect()
}
