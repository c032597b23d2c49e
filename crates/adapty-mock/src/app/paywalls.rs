//! An app's paywalls. At first they are the two of the documents' examples: one as "Get paywall" prints
//! it, one as "List paywalls" does, which has no remote config there (that it has none at all is ours).

use std::sync::{Arc, LazyLock};

use adapty_model::time::OffsetDateTime;
use bytes::Bytes;
use serde::Serialize;
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::{
    budget::{Budget, NotKept, OverBudget, Reservation},
    dates, fixtures,
    json_reader::{BYTE_ORDER_MARK, Document},
    raw_json::{Object, text},
};

/// How many paywalls one app may hold.
pub(crate) const LIMIT: usize = 10_000;
/// What a paywall takes of the budget beside its body.
const OVERHEAD: usize = 128;
/// What a list of paywalls does not show.
const ONLY_ALONE: [&str; 2] = ["remote_configs", "main_screenshot"];

/// One paywall, in whatever bytes it was given.
#[derive(Debug)]
pub(crate) struct Paywall {
    pub(crate) id: Uuid,
    pub(crate) body: Bytes,
    /// Nothing before it is put, and nothing for an example.
    room: Option<Reservation>,
}

/// One locale's remote config.
#[derive(Debug, Serialize)]
pub(crate) struct RemoteConfig {
    pub(crate) locale: String,
    pub(crate) data: String,
}

impl Paywall {
    /// A paywall as given, whose `paywall_id` says which it is.
    pub(crate) fn given(body: Bytes) -> Result<Self, String> {
        let id = Self::id_of(Self::document(&body)?)?;
        let body = match body.strip_prefix(BYTE_ORDER_MARK) {
            Some(text) => body.slice_ref(text),
            None => body,
        };
        Ok(Self { id, body, room: None })
    }

    /// One paywall or a list of them, each as given.
    pub(crate) fn all_given(body: &Bytes) -> Result<Vec<Self>, String> {
        let document = Self::document(body)?;
        let Some(items) = document.items() else {
            return Self::given(body.clone()).map(|paywall| vec![paywall]);
        };
        if document.items().is_some_and(|mut items| items.nth(LIMIT).is_some()) {
            return Err(document.message(&format!("there are more than {LIMIT}")));
        }
        let mut paywalls = Vec::new();
        for item in items {
            let id = Self::id_of(item)?;
            let body = Bytes::copy_from_slice(item.text().as_bytes());
            paywalls.push(Self { id, body, room: None });
        }
        Ok(paywalls)
    }

    fn document(body: &[u8]) -> Result<Document<'_>, String> {
        match body.trim_ascii().is_empty() {
            true => Err("is empty: expected an object, a paywall".to_owned()),
            false => Document::parse(body),
        }
    }

    fn id_of(document: Document<'_>) -> Result<Uuid, String> {
        let Some(fields) = Object::parse(document.text()) else {
            return Err(document.message("expected an object, a paywall"));
        };
        let Some(id) = fields.read("paywall_id") else {
            return Err(document.message("paywall_id is missing or no UUID"));
        };
        match fields.get("remote_configs").map(|configs| configs.get().starts_with('[')) {
            Some(false) => Err(document.message("remote_configs is no array")),
            _ => Ok(id),
        }
    }

    /// The paywall as a row of a list.
    pub(crate) fn row(&self) -> Object<'_> {
        let mut fields = self.fields();
        for name in ONLY_ALONE {
            fields.remove(name);
        }
        fields
    }

    fn fields(&self) -> Object<'_> {
        let text = std::str::from_utf8(&self.body).expect("was read as text when it was given");
        Object::parse(text).expect("was read as an object when it was given")
    }

    /// The same paywall with these remote configs, each as it was given.
    pub(super) fn with_remote_configs(
        &self,
        configs: &[RemoteConfig],
        now: OffsetDateTime,
    ) -> Self {
        let mut fields = self.fields();
        fields.put("remote_configs", configs);
        if fields.get("updated_at").is_some() {
            fields.put("updated_at", &dates::write_milliseconds(now));
        }
        Self { id: self.id, body: String::from(Box::<str>::from(text(&fields))).into(), room: None }
    }

    fn reserve(&mut self, budget: &Arc<Budget>) -> Result<(), OverBudget> {
        self.room = Some(budget.reserve(self.body.len() + OVERHEAD)?);
        Ok(())
    }
}

static EXAMPLES: LazyLock<Arc<Vec<Arc<Paywall>>>> = LazyLock::new(|| {
    let list = std::str::from_utf8(fixtures::PAYWALLS).ok().and_then(Object::parse);
    let rows: Option<Vec<Box<RawValue>>> = list.and_then(|list| list.read("data"));
    let rows = rows.iter().flatten().skip(1).filter_map(|row| Object::parse(row.get()));
    let listed = rows.map(|mut row| {
        row.put("remote_configs", &[(); 0]);
        row.put("main_screenshot", &());
        Bytes::from(String::from(Box::<str>::from(text(&row))))
    });
    let bodies = std::iter::once(Bytes::from_static(fixtures::PAYWALL)).chain(listed);
    Arc::new(bodies.filter_map(|body| Paywall::given(body).ok()).map(Arc::new).collect())
});

/// The paywalls of an app, in the order in which they were put; shared by all apps until they change.
pub(crate) struct Paywalls {
    paywalls: Arc<Vec<Arc<Paywall>>>,
    budget: Arc<Budget>,
}

impl Paywalls {
    pub(super) fn new(budget: &Arc<Budget>) -> Self {
        Self { paywalls: Arc::clone(&EXAMPLES), budget: Arc::clone(budget) }
    }

    pub(crate) fn all(&self) -> &[Arc<Paywall>] {
        &self.paywalls
    }

    pub(crate) fn get(&self, id: Uuid) -> Option<&Arc<Paywall>> {
        self.paywalls.iter().find(|paywall| paywall.id == id)
    }

    /// Adds all or none, each in the place of the one with its id.
    pub(super) fn put_all(&mut self, given: Vec<Paywall>) -> Result<(), NotKept> {
        let mut paywalls = Vec::clone(&self.paywalls);
        for mut paywall in given {
            paywall.reserve(&self.budget)?;
            let paywall = Arc::new(paywall);
            match paywalls.iter_mut().find(|known| known.id == paywall.id) {
                Some(known) => *known = paywall,
                None => paywalls.push(paywall),
            }
        }
        if paywalls.len() > LIMIT {
            return Err(format!("an app holds at most {LIMIT} paywalls").into());
        }
        self.paywalls = Arc::new(paywalls);
        Ok(())
    }

    /// Puts a changed paywall in the place of what it was.
    pub(super) fn replace(&mut self, mut after: Paywall) -> Result<Arc<Paywall>, OverBudget> {
        after.reserve(&self.budget)?;
        let after = Arc::new(after);
        let paywalls = Arc::make_mut(&mut self.paywalls);
        for known in paywalls.iter_mut().filter(|known| known.id == after.id) {
            *known = Arc::clone(&after);
        }
        Ok(after)
    }

    /// Takes a paywall away; says whether there was one.
    pub(super) fn remove(&mut self, id: Uuid) -> bool {
        let there_was_one = self.get(id).is_some();
        if there_was_one {
            Arc::make_mut(&mut self.paywalls).retain(|paywall| paywall.id != id);
        }
        there_was_one
    }

    pub(super) fn clear(&mut self) {
        self.paywalls = Arc::default();
    }
}
