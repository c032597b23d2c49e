//! The query of a request.

use std::borrow::Cow;

/// The value of a parameter, percent-decoded; the first, if it is there more than once.
pub(crate) fn parameter<'a>(query: &'a str, name: &str) -> Option<Cow<'a, str>> {
    let pairs = query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    let mut named = pairs.filter(|(known, _)| decoded(known) == name);
    named.next().map(|(_, value)| decoded(value))
}

/// The names of the parameters, percent-decoded.
pub(crate) fn names(query: &str) -> impl Iterator<Item = Cow<'_, str>> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs.map(|pair| decoded(pair.split('=').next().unwrap_or_default()))
}

/// A text without `%XX` and with spaces for `+`; what is no such escape stays as it is.
pub(crate) fn decoded(text: &str) -> Cow<'_, str> {
    if !text.contains(['%', '+']) {
        return Cow::Borrowed(text);
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        match (first, after) {
            (b'+', _) => bytes.push(b' '),
            (b'%', [high, low, after @ ..]) => match (digit(*high), digit(*low)) {
                (Some(high), Some(low)) => {
                    bytes.push(high << 4 | low);
                    rest = after;
                }
                _ => bytes.push(b'%'),
            },
            _ => bytes.push(*first),
        }
    }
    Cow::Owned(String::from_utf8_lossy(&bytes).into_owned())
}

fn digit(hexadecimal: u8) -> Option<u8> {
    char::from(hexadecimal).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_decoded_and_all_else_stays() {
        for (text, value) in [
            ("a", "a"),
            ("page%5Bnumber%5D", "page[number]"),
            ("a+b%2B%c3%a9", "a b+é"),
            ("100%", "100%"),
            ("%zz%4", "%zz%4"),
        ] {
            assert_eq!(decoded(text), value, "{text}");
        }
    }

    #[test]
    fn a_parameter_is_found_by_its_decoded_name() {
        assert_eq!(parameter("a=1&page%5Bsize%5D=%32&b", "page[size]").as_deref(), Some("2"));
        assert_eq!(parameter("a=1&b", "b").as_deref(), Some(""));
        assert_eq!(parameter("a=1&a=2", "a").as_deref(), Some("1"));
        assert_eq!(parameter("", "a"), None);
        let all: Vec<_> = names("a=1&&page%5Bsize%5D=2&b").collect();
        assert_eq!(all, ["a", "page[size]", "b"]);
        assert_eq!(names("").count(), 0);
    }
}
