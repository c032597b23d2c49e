//! `/__admin/customers`, `/__admin/persons`: customers in short.

use serde_json::{Map, Value, json as object};

use super::{
    profiles::data,
    request::{AdminRequest, Mistake, done},
};
use crate::{
    app::customers::{CustomerAccess, persons},
    reply::Reply,
};

/// Gives a customer a whole profile: an object of access levels, and what access there is to each.
pub(super) fn put(request: &AdminRequest) -> Result<Reply, Mistake> {
    let levels: Map<String, Value> = request.read()?;
    let put = request.app.command(|state| {
        let now = state.now();
        let read = |(level, access): (&String, &Value)| {
            let access = CustomerAccess::read(access, now);
            access.map(|it| (level.clone(), it)).map_err(|what| format!("{level}: {what}"))
        };
        let access: Vec<_> = levels.iter().map(read).collect::<Result<_, _>>()?;
        state.put_customer(request.path_id(0), &access)
    });
    let stored = put.map_err(Mistake::Body)?;
    Ok(done(&object!({"profile": data(&stored)?})))
}

/// Gives the app the named persons.
pub(super) fn put_persons(request: &AdminRequest) -> Result<Reply, Mistake> {
    request.app.command(|state| state.put_persons()).map_err(Mistake::Body)?;
    Ok(done(&object!({"persons": persons()})))
}
