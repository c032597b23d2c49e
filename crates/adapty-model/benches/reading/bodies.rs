//! What is read: the documents' profiles, and longer ones made of them.

const OLDER_PAGE: &str =
    include_str!("../../fixtures/get_profile.200.older-page.expired_premium.json");
const NEWER_PAGE: &str =
    include_str!("../../fixtures/get_profile.200.newer-page.lifetime_premium.json");

pub(crate) struct Body {
    pub(crate) name: String,
    pub(crate) json: Vec<u8>,
}

/// The newer page's profile as it stands and minified, and the older page's.
pub(crate) fn documents() -> [Body; 3] {
    let body = |name: &str, json: String| Body { name: name.to_owned(), json: json.into_bytes() };
    [
        body("newer-page", NEWER_PAGE.to_owned()),
        body("newer-page minified", minified(NEWER_PAGE)),
        body("older-page", OLDER_PAGE.to_owned()),
    ]
}

/// The newer page's profile, minified, its second subscription as often as asked.
///
/// Built as text: a tree of that size would leave its traces in the memory that is measured.
pub(crate) fn with_subscriptions(count: usize) -> Body {
    let json = minified(NEWER_PAGE);
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
