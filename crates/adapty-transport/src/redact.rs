//! The secrets of one call, and how they are kept out of what a server says.

use std::str;

use adapty_model::{ReadError, ReadErrorKind};

/// From so many bytes on a secret inside another text is no accident; an id `1` is in most texts.
const TELLING: usize = 8;

/// How much of a secret's beginning gives it away.
const BEGINNING: usize = 12;

/// The key, the id asked for, and what else the operation sends that nobody may see.
pub(crate) struct Secrets<'a> {
    key: &'a str,
    id: &'a [u8],
    others: Vec<&'a str>,
}

impl<'a> Secrets<'a> {
    pub(crate) fn of(key: &'a str, id: &'a [u8], others: Vec<&'a str>) -> Self {
        Self { key, id, others }
    }

    /// Whether `text` is one of them, or has one in it that is long enough to tell, in capitals or
    /// not.
    pub(crate) fn are_in(&self, text: &str) -> bool {
        let text = text.as_bytes();
        self.bytes().any(|secret| {
            text.eq_ignore_ascii_case(secret)
                || secret.len() >= TELLING
                    && text.windows(secret.len()).any(|part| part.eq_ignore_ascii_case(secret))
        })
    }

    /// Whether an error of reading shows the beginning of one. Of a server's words it shows only a
    /// text that should have been a date or the like, quoted and perhaps cut.
    pub(crate) fn begin_in(&self, error: &ReadError) -> bool {
        let found = match error.kind() {
            ReadErrorKind::WrongText => error.found().to_lowercase(),
            _ => return false,
        };
        self.texts().map(str::to_lowercase).any(|secret| {
            let beginning: String = secret.chars().take(BEGINNING).collect();
            match secret.len() >= TELLING {
                true => found.contains(&beginning.escape_debug().to_string()),
                false => found.contains(&format!("{secret:?}")),
            }
        })
    }

    /// `text` with each of them blanked out where it stands as it was sent: a long one anywhere, a
    /// short one where it is a word of its own. Where the text is `cut`, half a one at its end goes
    /// too.
    pub(crate) fn blank(&self, text: &str, cut: bool) -> String {
        let mut text =
            self.texts().fold(text.to_owned(), |text, secret| match secret.len() >= TELLING {
                true => text.replace(secret, "…"),
                false => blank_word(&text, secret),
            });
        if cut {
            // What is left of a character that was cut.
            text.truncate(text.trim_end_matches('\u{FFFD}').len());
            let halves = self.texts().filter_map(|secret| longest_half(&text, secret));
            text.truncate(text.len() - halves.max().unwrap_or(0));
        }
        text
    }

    fn texts(&self) -> impl Iterator<Item = &'a str> {
        self.bytes().filter_map(|secret| str::from_utf8(secret).ok())
    }

    /// An empty one, such as the id of an operation without an identity, is none.
    fn bytes(&self) -> impl Iterator<Item = &'a [u8]> {
        let others = self.others.iter().map(|secret| secret.as_bytes());
        let all = [self.key.as_bytes(), self.id].into_iter().chain(others);
        all.filter(|secret| !secret.is_empty())
    }
}

fn blank_word(text: &str, word: &str) -> String {
    let mut blanked = String::with_capacity(text.len());
    let mut copied = 0;
    for (start, _) in text.match_indices(word) {
        let end = start + word.len();
        let is_inside = |neighbour: Option<char>| neighbour.is_some_and(char::is_alphanumeric);
        let before = text[..start].chars().next_back();
        if !is_inside(before) && !is_inside(text[end..].chars().next()) {
            blanked.push_str(&text[copied..start]);
            blanked.push('…');
            copied = end;
        }
    }
    blanked + &text[copied..]
}

/// How much of the end of `text` is a beginning of `secret`.
fn longest_half(text: &str, secret: &str) -> Option<usize> {
    let ends = secret.char_indices().map(|(end, _)| end).rev();
    ends.filter(|end| *end > 0).find(|end| text.ends_with(&secret[..*end]))
}

#[cfg(test)]
mod tests {
    use adapty_model::ProfileResponse;

    use super::*;

    const KEY: &str = "secret_live_BEHrYLTr";

    fn secrets(id: &str) -> Secrets<'_> {
        Secrets::of(KEY, id.as_bytes(), vec![])
    }

    #[test]
    fn a_short_secret_is_in_a_text_only_when_it_is_the_text() {
        for id in ["1", "a", "e9d7"] {
            assert!(!secrets(id).are_in("758f01dfd9e74ccfbabb4934241c4966"), "{id}");
            assert!(secrets(id).are_in(id) && secrets(id).are_in(&id.to_uppercase()), "{id}");
        }
    }

    #[test]
    fn a_long_secret_is_found_inside_a_text_and_in_capitals() {
        let ours = secrets("jane-doe");
        assert!(ours.are_in("request-JANE-DOE-7") && ours.are_in(&format!("x{KEY}")));
        assert!(!ours.are_in("jane-do") && !ours.are_in(""));
    }

    #[test]
    fn what_an_operation_sends_in_its_body_is_a_secret_like_the_id() {
        let ours = Secrets::of(KEY, b"", vec!["sub_1a2b3c4d"]);
        assert!(ours.are_in("x-SUB_1A2B3C4D") && !ours.are_in(""));
        assert_eq!(ours.blank("no sub_1a2b3c4d here", false), "no … here");
        assert_eq!(ours.blank("no sub_1a2b", true), "no ");
    }

    #[test]
    fn a_short_secret_is_blanked_as_a_word_and_a_long_one_anywhere() {
        let page = r#"{"a": 1, "data": "a1", "b": "a"} a"#;
        assert_eq!(secrets("a").blank(page, false), r#"{"…": 1, "data": "a1", "b": "…"} …"#);
        assert_eq!(secrets("jane-doe").blank("xjane-doex jane", false), "x…x jane");
    }

    #[test]
    fn half_a_secret_goes_from_the_end_of_a_text_that_was_cut() {
        let ours = secrets("jané@example");
        assert_eq!(ours.blank("about jané@exam", true), "about ");
        assert_eq!(ours.blank("about jan\u{FFFD}", true), "about ");
        assert_eq!(ours.blank("about jané@example", true), "about …");
        assert_eq!(ours.blank("about jané@exam", false), "about jané@exam");
        assert_eq!(ours.blank("with secret_live_", true), "with ");
    }

    /// Whether the error of a profile whose date is this text shows the beginning of the id.
    fn shows(date: &str, id: &str) -> bool {
        let body = format!(
            r#"{{"data": {{"profile_id": "d8533a10-bcce-4e33-8c9d-88b05ac56559", "access_levels":
            [{{"access_level_id": "premium", "expires_at": {date:?}}}]}}}}"#
        );
        let error = ProfileResponse::from_json(body.as_bytes()).unwrap_err();
        assert_eq!(error.path(), "data.access_levels[0].expires_at");
        secrets(id).begin_in(&error)
    }

    #[test]
    fn an_error_of_reading_shows_a_secret_only_as_the_text_of_a_date() {
        for id in ["a", "1", "s", "access_levels", "expires_at"] {
            assert!(!shows("soon, 1 a", id), "{id}");
        }
        assert!(shows("a", "a") && shows("A", "a"));
        assert!(shows("jane\"doe@example.com", "jane\"doe@example.com"));
        assert!(shows("until Jane.Doe@exam", "jane.doe@example.com"));
    }
}
