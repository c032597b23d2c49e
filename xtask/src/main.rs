//! Builds and checks the workspace.

fn main() {}
