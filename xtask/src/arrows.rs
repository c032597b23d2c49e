//! Modules of a crate import each other one way: no circle among files, none among rooms (the modules
//! directly below `lib.rs`), and the walls between rooms stand.
//!
//! Read are `use` lines, paths in code, and paths that begin with `crate` in macros; tests and comments
//! are not. A path counts for the module that defines what it names, through whatever re-exports. Not
//! seen: methods called on a value whose type is imported nowhere.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};

use crate::step::root;

const CRATES: [&str; 3] = ["adapty-model", "adapty-transport", "adapty-mock"];

/// What a room may not name: the crate, the room that may all the same, the paths, and why.
const WALLS: [(&str, Option<&str>, &[&str], &str); 2] = [
    (
        "adapty-model",
        None,
        &[
            "std::net",
            "std::fs",
            "std::env",
            "std::time::SystemTime",
            "std::time::Instant",
            "time::OffsetDateTime::now_utc",
            "OffsetDateTime::now_utc",
            "tokio",
        ],
        "the model has no sockets, files, environment or clock",
    ),
    (
        "adapty-transport",
        Some("http"),
        &["hyper", "hyper_util", "http_body_util", "tokio_rustls"],
        "only the files below http name hyper",
    ),
];

pub(crate) fn check() -> Result<(), String> {
    let mut faults = Vec::new();
    for name in CRATES {
        let sources = sources(&root().join("crates").join(name).join("src"))?;
        let modules = Modules::read(&sources)?;
        faults.extend(modules.faults().into_iter().map(|fault| format!("{name}: {fault}")));
        for (_, room, forbidden, why) in WALLS.iter().filter(|wall| wall.0 == name) {
            let broken = modules.naming(forbidden, *room);
            faults.extend(broken.into_iter().map(|it| format!("{name}: {it}, and {why}")));
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(faults.join("\n  ")) }
}

/// The text of each file by its module, `["json", "date"]` for `json/date.rs`.
type Sources = BTreeMap<Module, String>;
type Module = Vec<String>;

fn sources(folder: &Path) -> Result<Sources, String> {
    fn add(folder: &Path, module: &Module, sources: &mut Sources) -> Result<(), String> {
        let explain = |error| format!("{}: {error}", folder.display());
        for entry in fs::read_dir(folder).map_err(explain)? {
            let path = entry.map_err(explain)?.path();
            let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let inner = || module.iter().cloned().chain([name.clone()]).collect();
            if path.is_dir() {
                add(&path, &inner(), sources)?;
            } else if path.extension().is_some_and(|extension| extension == "rs")
                && !(module.is_empty() && name == "main")
            {
                let module =
                    if module.is_empty() && name == "lib" { Module::new() } else { inner() };
                let text = fs::read_to_string(&path)
                    .map_err(|error| format!("{}: {error}", path.display()))?;
                sources.insert(module, text);
            }
        }
        Ok(())
    }

    let mut sources = Sources::new();
    add(folder, &Module::new(), &mut sources)?;
    match sources.contains_key(&Module::new()) {
        true => Ok(sources),
        false => Err(format!("{} has no lib.rs", folder.display())),
    }
}

/// The modules of a crate and what each of them names.
struct Modules(BTreeMap<Module, Names>);

/// The paths a file names.
#[derive(Default)]
struct Names {
    /// What it uses, as an absolute path: inside the crate, or with another crate's name first.
    inside: Vec<Module>,
    outside: Vec<Module>,
    /// Names that stand for something defined elsewhere: the name, the path, whether it is exported.
    renamed: Vec<(String, Module, bool)>,
}

impl Modules {
    fn read(sources: &Sources) -> Result<Self, String> {
        let mut modules = BTreeMap::new();
        for (module, text) in sources {
            let file =
                syn::parse_file(text).map_err(|error| format!("{}: {error}", module.join("/")))?;
            let known = |path: &[String]| sources.contains_key(path);
            let mut reader = Reader { at: module.clone(), known: &known, names: Names::default() };
            reader.visit_file(&file);
            modules.insert(module.clone(), reader.names);
        }
        Ok(Self(modules))
    }

    fn faults(&self) -> Vec<String> {
        let files = self.arrows();
        let rooms = files.iter().fold(Arrows::new(), |mut rooms, (from, to)| {
            let room = |module: &String| module.split("::").next().unwrap_or_default().to_owned();
            let others = to.iter().map(room).filter(|to| *to != room(from));
            rooms.entry(room(from)).or_default().extend(others);
            rooms
        });
        circle(&files).into_iter().chain(circle(&rooms)).collect()
    }

    /// Which module imports which; the root, which declares and exports, is none of them.
    fn arrows(&self) -> Arrows {
        let mut arrows = Arrows::new();
        for (from, names) in self.0.iter().filter(|(from, _)| !from.is_empty()) {
            let exported = |path: &Module| {
                let export = names.renamed.iter().any(|(_, to, exported)| *exported && to == path);
                export && path.starts_with(from)
            };
            let used = names.inside.iter().filter(|path| !exported(path));
            let to = used.map(|path| self.defining(path, 0)).filter(|to| to != from);
            let to = to.filter(|to| !to.is_empty()).map(|to| to.join("::"));
            arrows.entry(from.join("::")).or_default().extend(to);
        }
        arrows
    }

    /// The module that defines what a path names.
    fn defining(&self, path: &[String], depth: usize) -> Module {
        let longest = (0..=path.len()).rev().find(|end| self.0.contains_key(&path[..*end]));
        let (module, rest) = path.split_at(longest.unwrap_or(0));
        let Some((name, _)) = rest.split_first() else { return module.to_vec() };
        let renamed = self.0.get(module).map(|names| &names.renamed);
        let elsewhere = renamed.into_iter().flatten().find(|(known, ..)| known == name);
        match elsewhere {
            Some((_, to, _)) if depth < 10 && to != path => self.defining(to, depth + 1),
            _ => module.to_vec(),
        }
    }

    /// Which modules outside of a room name one of these paths.
    fn naming(&self, forbidden: &[&str], room: Option<&str>) -> BTreeSet<String> {
        let outside_room = |module: &&Module| module.first().map(String::as_str) != room;
        let modules = self.0.iter().filter(|(module, _)| room.is_none() || outside_room(module));
        let named = modules.flat_map(|(module, names)| {
            let paths = names.outside.iter().map(|path| path.join("::"));
            paths.map(move |path| (module.join("::"), path))
        });
        let is_forbidden = |path: &str| {
            forbidden.iter().any(|it| path == *it || path.starts_with(&format!("{it}::")))
        };
        let broken = named.filter(|(_, path)| is_forbidden(path));
        broken.map(|(module, path)| format!("`{module}` names {path}")).collect()
    }
}

type Arrows = BTreeMap<String, BTreeSet<String>>;

/// One circle, if there is any.
fn circle(arrows: &Arrows) -> Option<String> {
    fn walk<'a>(
        arrows: &'a Arrows,
        way: &mut Vec<&'a str>,
        done: &mut BTreeSet<&'a str>,
    ) -> Option<String> {
        let here = *way.last()?;
        for next in arrows.get(here).into_iter().flatten() {
            if let Some(start) = way.iter().position(|known| known == next) {
                let circle: Vec<_> = way[start..].iter().copied().chain([next.as_str()]).collect();
                return Some(circle.join(" -> "));
            }
            if done.contains(next.as_str()) {
                continue;
            }
            way.push(next);
            let found = walk(arrows, way, done);
            way.pop();
            if found.is_some() {
                return found;
            }
        }
        done.insert(here);
        None
    }

    let mut done = BTreeSet::new();
    arrows.keys().find_map(|start| walk(arrows, &mut vec![start], &mut done))
}

/// Collects the paths of a file.
struct Reader<'k> {
    /// The module that is being read, one written inside the file included.
    at: Module,
    known: &'k dyn Fn(&[String]) -> bool,
    names: Names,
}

impl Reader<'_> {
    /// A path made absolute, and whether it lies in the crate.
    fn resolve(&self, path: &[String]) -> (Module, bool) {
        let mut base = self.at.clone();
        let mut rest = path;
        match path.first().map(String::as_str) {
            Some("crate") => {
                base.clear();
                rest = &rest[1..];
            }
            Some("self") => rest = &rest[1..],
            Some("super") => {
                while rest.first().is_some_and(|step| step == "super") {
                    base.pop();
                    rest = &rest[1..];
                }
            }
            Some(first) => {
                let child: Vec<_> = base.iter().cloned().chain([first.to_owned()]).collect();
                if !(self.known)(&child) {
                    return (path.to_vec(), false);
                }
            }
            None => {}
        }
        (base.into_iter().chain(rest.iter().cloned()).collect(), true)
    }

    fn add(&mut self, path: &[String]) {
        let (path, is_inside) = self.resolve(path);
        if is_inside { &mut self.names.inside } else { &mut self.names.outside }.push(path);
    }

    fn add_use(&mut self, tree: &syn::UseTree, before: &mut Module, exported: bool) {
        match tree {
            syn::UseTree::Path(path) => {
                before.push(path.ident.to_string());
                self.add_use(&path.tree, before, exported);
                before.pop();
            }
            syn::UseTree::Group(group) => {
                group.items.iter().for_each(|tree| self.add_use(tree, before, exported));
            }
            syn::UseTree::Name(name) if name.ident == "self" => {
                let name = before.last().cloned().unwrap_or_default();
                self.add_name(&before.clone(), name, exported);
            }
            syn::UseTree::Name(name) => {
                let path: Module = before.iter().cloned().chain([name.ident.to_string()]).collect();
                self.add_name(&path, name.ident.to_string(), exported);
            }
            syn::UseTree::Rename(rename) => {
                let path: Module =
                    before.iter().cloned().chain([rename.ident.to_string()]).collect();
                self.add_name(&path, rename.rename.to_string(), exported);
            }
            syn::UseTree::Glob(_) => self.add(&before.clone()),
        }
    }

    fn add_name(&mut self, path: &[String], name: String, exported: bool) {
        self.add(path);
        let (path, is_inside) = self.resolve(path);
        if is_inside {
            self.names.renamed.push((name, path, exported));
        }
    }

    /// Paths that begin with `crate` among the tokens of a macro.
    fn add_tokens(&mut self, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        for (at, token) in tokens.iter().enumerate() {
            match token {
                TokenTree::Group(group) => self.add_tokens(group.stream()),
                TokenTree::Ident(ident) if *ident == "crate" => {
                    let mut path = vec!["crate".to_owned()];
                    let mut rest = &tokens[at + 1..];
                    while let [
                        TokenTree::Punct(one),
                        TokenTree::Punct(two),
                        TokenTree::Ident(name),
                        ..,
                    ] = rest
                        && (one.as_char(), two.as_char()) == (':', ':')
                    {
                        path.push(name.to_string());
                        rest = &rest[3..];
                    }
                    self.add(&path);
                }
                _ => {}
            }
        }
    }
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        let exported = !matches!(item.vis, syn::Visibility::Inherited);
        self.add_use(&item.tree, &mut Module::new(), exported);
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        let is_test = |attribute: &syn::Attribute| {
            attribute.path().is_ident("cfg")
                && attribute
                    .parse_args::<syn::Ident>()
                    .is_ok_and(|it| it == "test" || it == "doctest")
        };
        if !item.attrs.iter().any(is_test) {
            self.at.push(item.ident.to_string());
            visit::visit_item_mod(self, item);
            self.at.pop();
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.segments.len() > 1 {
            let path: Module = path.segments.iter().map(|step| step.ident.to_string()).collect();
            self.add(&path);
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, item: &'ast syn::Macro) {
        self.add_tokens(item.tokens.clone());
        visit::visit_macro(self, item);
    }

    /// A field's `with = "…"` and the like are not read.
    fn visit_attribute(&mut self, _: &'ast syn::Attribute) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The modules of a crate of these files; the first is `lib.rs`.
    fn modules(files: &[(&str, &str)]) -> Modules {
        let sources = files.iter().map(|(module, text)| {
            let module = module.split("::").filter(|step| !step.is_empty()).map(str::to_owned);
            (module.collect(), (*text).to_owned())
        });
        Modules::read(&sources.collect()).expect("the files parse")
    }

    #[track_caller]
    fn finds(files: &[(&str, &str)], faults: &[&str]) {
        assert_eq!(modules(files).faults(), faults);
    }

    const LIB: (&str, &str) = ("", "mod a; mod b; mod c; pub use a::A; pub use b::B;");

    #[test]
    fn arrows_of_one_way_are_well() {
        finds(&[LIB, ("a", "use crate::b::B;"), ("b", "use crate::c;"), ("c", "")], &[]);
    }

    #[test]
    fn a_circle_of_two_and_one_of_three_are_named() {
        let two = [LIB, ("a", "use crate::b::B;"), ("b", "fn f() { crate::a::g(); }")];
        finds(&two, &["a -> b -> a", "a -> b -> a"]);
        let three = [LIB, ("a", "use crate::b;"), ("b", "use crate::c;"), ("c", "use crate::a;")];
        finds(&three, &["a -> b -> c -> a", "a -> b -> c -> a"]);
    }

    #[test]
    fn a_re_export_hides_no_arrow() {
        let files = [LIB, ("a", "use crate::{B};"), ("b", "use crate::A;")];
        finds(&files, &["a -> b -> a", "a -> b -> a"]);
    }

    #[test]
    fn a_parent_that_declares_and_exports_imports_nothing() {
        let room = ("a", "mod x; mod y; pub(crate) use self::x::X; pub use y::Y;");
        finds(&[LIB, room, ("a::x", "use super::y::Y;"), ("a::y", "")], &[]);
        let files = [LIB, room, ("a::x", "use super::Y;"), ("a::y", "use super::X;")];
        finds(&files, &["a::x -> a::y -> a::x"]);
    }

    #[test]
    fn a_child_may_use_its_parent_only_if_that_does_not_use_the_child() {
        let child = ("a::x", "use super::A;");
        finds(&[LIB, ("a", "mod x; pub struct A; pub use self::x::X;"), child], &[]);
        finds(&[LIB, ("a", "mod x; use self::x::X; pub struct A(X);"), child], &["a -> a::x -> a"]);
    }

    #[test]
    fn a_circle_of_rooms_is_found_where_the_files_make_none() {
        let files = [
            LIB,
            ("a", "mod x; mod y;"),
            ("a::x", "use crate::b;"),
            ("a::y", ""),
            ("b", "use crate::a::y::Y;"),
        ];
        finds(&files, &["a -> b -> a"]);
    }

    #[test]
    fn tests_and_comments_are_not_read() {
        let test = "#[cfg(test)] mod tests { use crate::a::A; } /// crate::a::A\n struct B;";
        finds(&[LIB, ("a", "use crate::b::B;"), ("b", test)], &[]);
    }

    #[test]
    fn macros_are_read() {
        let call = "fn f() { debug!(\"{}\", crate::a::g()); }";
        finds(&[LIB, ("a", "use crate::b::B;"), ("b", call)], &["a -> b -> a", "a -> b -> a"]);
        let rules = "macro_rules! m { () => { $crate::a::A } }";
        finds(&[LIB, ("a", "use crate::b::B;"), ("b", rules)], &["a -> b -> a", "a -> b -> a"]);
    }

    #[test]
    fn a_module_within_a_file_is_the_file() {
        let inner = "fn g() {} mod inner { use super::g; use crate::b::B; }";
        finds(
            &[LIB, ("a", inner), ("b", "use crate::a::inner::x;")],
            &["a -> b -> a", "a -> b -> a"],
        );
    }

    #[test]
    fn a_wall_is_broken_by_whoever_names_what_is_behind_it() {
        let files = [LIB, ("a", "use hyper::Uri;"), ("b", "use std::{fs, io};"), ("c", "")];
        let modules = modules(&files);
        let named: Vec<_> = modules.naming(&["hyper", "std::fs"], Some("b")).into_iter().collect();
        assert_eq!(named, ["`a` names hyper::Uri"]);
        let named: Vec<_> = modules.naming(&["std::fs"], None).into_iter().collect();
        assert_eq!(named, ["`b` names std::fs"]);
    }

    #[test]
    fn the_model_may_ask_no_clock() {
        let (_, room, forbidden, _) = WALLS[0];
        let now = "use time::OffsetDateTime; fn f() { OffsetDateTime::now_utc(); }";
        let files =
            [LIB, ("a", now), ("b", "fn f() { time::OffsetDateTime::now_utc(); }"), ("c", "")];
        let named: Vec<_> = modules(&files).naming(forbidden, room).into_iter().collect();
        assert_eq!(
            named,
            ["`a` names OffsetDateTime::now_utc", "`b` names time::OffsetDateTime::now_utc"]
        );
    }
}
