//! `/__admin/webhook`: where the app's events are sent, and how their deliveries fare.

use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json as object};

use super::request::{AdminRequest, Mistake, done, json, listed};
use crate::{
    app::outbox::{Endpoint, NotRedelivered},
    faults::DeliveryPlan,
    reply::Reply,
    webhooks,
};

/// Where events are to be sent.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    url: String,
    authorization: Option<String>,
    environment: Option<Environment>,
}

#[derive(Clone, Copy, Deserialize, PartialEq)]
enum Environment {
    Production,
    Sandbox,
}

/// Verifies an address and, if it wants them, sends events there; of one environment, or of both. One that
/// does not leaves those that were set before. With `?verify=false` it is not asked, for a receiver that
/// cannot answer while the test waits for this.
pub(super) async fn put(request: &AdminRequest) -> Result<Reply, Mistake> {
    let Wanted { url, authorization, environment } = request.read()?;
    let endpoint = Endpoint { url, authorization };
    webhooks::check(&endpoint).map_err(Mistake::Body)?;
    let verification = match request.parameter("verify").as_deref() {
        None | Some("true") => Some(webhooks::verify(&endpoint).await),
        Some("false") => None,
        Some(_) => {
            let what = "expected `true` or `false`".to_owned();
            return Err(Mistake::Parameter("verify".to_owned(), what));
        }
    };
    if verification.as_ref().is_none_or(|it| it.verified) {
        request.app.command(|state| {
            for (one, is_sandbox) in
                [(Environment::Production, false), (Environment::Sandbox, true)]
            {
                if environment.is_none_or(|wanted| wanted == one) {
                    state.set_endpoint(is_sandbox, Some(endpoint.clone()));
                }
            }
        });
    }
    let mut answer = match verification {
        Some(verification) => object!(verification),
        None => object!({"verified": null}),
    };
    answer["addresses"] = addresses(request);
    Ok(done(&answer))
}

/// Where events are sent; not with which authorization.
pub(super) fn get(request: &AdminRequest) -> Result<Reply, Mistake> {
    Ok(done(&addresses(request)))
}

/// The address of each environment.
fn addresses(request: &AdminRequest) -> Value {
    request.app.command(|state| {
        let url = |is_sandbox| state.outbox.endpoint(is_sandbox).map(|it| it.url.as_str());
        object!({"Production": url(false), "Sandbox": url(true)})
    })
}

pub(super) fn delete(request: &AdminRequest) -> Result<Reply, Mistake> {
    request.app.deliver_nowhere();
    Ok(done(&object!({"deleted": true})))
}

/// Waits until all that is due is delivered, or has failed.
pub(super) async fn flush(request: &AdminRequest) -> Result<Reply, Mistake> {
    request.app.flush_webhooks().await;
    Ok(done(&object!({"undelivered": request.app.undelivered_events()})))
}

/// Every delivery, as it was when it was asked for.
pub(super) fn deliveries(request: &AdminRequest) -> Result<Reply, Mistake> {
    let (deliveries, room, forgotten) = request.app.command(|state| {
        let forgotten = state.outbox.forgotten();
        state.outbox.deliveries().map(|(deliveries, room)| (deliveries, room, forgotten))
    })?;
    let deliveries = deliveries.into_iter().map(move |delivery| {
        let _kept = &room;
        [json(&delivery)]
    });
    let end = format!("],\"forgotten\":{forgotten}}}");
    Ok(listed("{\"deliveries\":[", deliveries, end))
}

/// Delivers an event again.
pub(super) fn redeliver(request: &AdminRequest) -> Result<Reply, Mistake> {
    let none = NotRedelivered::NoSuchDelivery;
    let number = request.path_id(0).parse::<u64>().map_err(|_| none);
    let redelivered = number.and_then(|number| {
        request.app.command(|state| {
            let now = state.now();
            state.outbox.redeliver(number, now)
        })
    });
    redelivered?;
    Ok(done(&object!({"redelivered": number.ok()})))
}

impl From<NotRedelivered> for Mistake {
    fn from(why: NotRedelivered) -> Self {
        match why {
            NotRedelivered::NoSuchDelivery => Self::Other(
                StatusCode::NOT_FOUND,
                "not_found",
                "no delivery has this number".to_owned(),
            ),
            NotRedelivered::NoAddress { is_sandbox } => {
                let environment = if is_sandbox { "Sandbox" } else { "Production" };
                let what =
                    format!("there is no address for events of {environment}, so nothing is sent");
                Self::Other(StatusCode::CONFLICT, "conflict", what)
            }
        }
    }
}

pub(super) fn put_faults(request: &AdminRequest) -> Result<Reply, Mistake> {
    let plan: DeliveryPlan = request.read()?;
    let steps = plan.steps.len();
    request.app.command(|state| state.outbox.put_faults(plan))?;
    Ok(done(&object!({"steps": steps})))
}

/// The steps to come.
pub(super) fn get_faults(request: &AdminRequest) -> Result<Reply, Mistake> {
    let left = request.app.command(|state| state.outbox.faults_left());
    Ok(listed("{\"steps\":[", left.map(|step| [json(&step)]), "]}".to_owned()))
}

pub(super) fn delete_faults(request: &AdminRequest) -> Result<Reply, Mistake> {
    request.app.command(|state| state.outbox.clear_faults());
    Ok(done(&object!({"deleted": true})))
}
