//! The way from a body to a value in it, as errors show it: `data.access_levels[1].expires_at`.

/// One step of the way.
#[derive(Debug, Clone)]
pub(super) enum Step {
    Field(String),
    Row(usize),
}

/// The steps, from the body inwards, as text.
pub(super) fn path<'s>(steps: impl IntoIterator<Item = &'s Step>) -> String {
    let mut path = String::new();
    for step in steps {
        match step {
            Step::Row(position) => path.push_str(&format!("[{position}]")),
            Step::Field(name) if path.is_empty() => path.push_str(name),
            Step::Field(name) => path.push_str(&format!(".{name}")),
        }
    }
    path
}
