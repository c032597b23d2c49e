//! Writing a body, and where it broke off when a value has no JSON form.

use serde::Serialize;

use super::error::WriteError;
use super::path::{Step, path};

/// Writes a body.
pub(crate) fn write(value: &impl Serialize) -> Result<Vec<u8>, WriteError> {
    write_into(Vec::new(), value)
}

/// Writes a body into a buffer with room for it.
pub(crate) fn write_into(mut body: Vec<u8>, value: &impl Serialize) -> Result<Vec<u8>, WriteError> {
    match serde_json::to_writer(&mut body, value) {
        Ok(()) => Ok(body),
        Err(error) => Err(WriteError::new(path_at_end(&body), &error)),
    }
}

/// The JSON path of the value that should have followed a text that breaks off.
///
/// serde_json writes as it walks, so what it wrote ends just before the value it could not write.
fn path_at_end(text: &[u8]) -> String {
    let mut open: Vec<Step> = Vec::new();
    let mut bytes = text.iter().enumerate();
    let mut string = 0..0;
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'"' => {
                while let Some((end, byte)) = bytes.next() {
                    match byte {
                        b'\\' => drop(bytes.next()),
                        b'"' => {
                            string = at + 1..end;
                            break;
                        }
                        _ => {}
                    }
                }
            }
            b':' => {
                if let Some(Step::Field(name)) = open.last_mut() {
                    *name = String::from_utf8_lossy(&text[string.clone()]).into_owned();
                }
            }
            b',' => {
                if let Some(Step::Row(position)) = open.last_mut() {
                    *position += 1;
                }
            }
            b'{' => open.push(Step::Field(String::new())),
            b'[' => open.push(Step::Row(0)),
            b'}' | b']' => drop(open.pop()),
            _ => {}
        }
    }
    path(&open)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_at_the_end_is_that_of_the_value_to_come() {
        for (text, path) in [
            ("", ""),
            (r#"{"data":"#, "data"),
            (r#"{"a":1,"b":["#, "b[0]"),
            (r#"{"a":{"x":[1,{}]},"b":[{"c":"],{"},{"d\"":true,"e":"#, "b[1].e"),
        ] {
            assert_eq!(path_at_end(text.as_bytes()), path, "{text}");
        }
    }
}
