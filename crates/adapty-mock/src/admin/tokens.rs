//! `/__admin/stripe-tokens` and `/__admin/paddle-tokens`

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::json;

use super::request::{AdminRequest, Mistake, done};
use crate::{
    app::store_tokens::{ImportedPurchase, PaddleErrors, PaddleRefusal, PaddleToken},
    reply::Reply,
};

/// Every token, and the purchase it imports.
pub(super) fn stripe(request: &AdminRequest) -> Result<Reply, Mistake> {
    Ok(request.app.command(|state| {
        let tokens = state.stripe_tokens.all();
        let tokens = tokens.iter().map(|(token, purchase)| (token, &**purchase));
        done(&json!({"tokens": tokens.collect::<BTreeMap<_, _>>()}))
    }))
}

pub(super) fn put_stripe(request: &AdminRequest) -> Result<Reply, Mistake> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Put {
        token: String,
        purchase: ImportedPurchase,
    }

    let Put { token, purchase } = request.read()?;
    request.app.put_stripe(token, purchase).map_err(Mistake::Body)?;
    Ok(done(&json!({"put": 1})))
}

pub(super) fn delete_stripe(request: &AdminRequest) -> Result<Reply, Mistake> {
    request.app.remove_stripe_tokens();
    Ok(done(&json!({"deleted": true})))
}

/// Every token, and the purchase it imports or the refusal it gets; and the form of refusals.
pub(super) fn paddle(request: &AdminRequest) -> Result<Reply, Mistake> {
    Ok(request.app.command(|state| {
        let tokens = state.paddle_tokens.all();
        let tokens = tokens.iter().map(|(token, known)| (token, &**known));
        let tokens: BTreeMap<_, _> = tokens.collect();
        done(&json!({"tokens": tokens, "errors": state.paddle_errors}))
    }))
}

/// A token with its purchase or its refusal, or the form of refusals, or both.
pub(super) fn put_paddle(request: &AdminRequest) -> Result<Reply, Mistake> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Put {
        token: Option<String>,
        purchase: Option<ImportedPurchase>,
        refusal: Option<PaddleRefusal>,
        errors: Option<PaddleErrors>,
    }

    let known = match request.read()? {
        Put { token: Some(token), purchase: Some(purchase), refusal: None, errors } => {
            (Some((token, PaddleToken::Purchase(purchase))), errors)
        }
        Put { token: Some(token), purchase: None, refusal: Some(refusal), errors } => {
            (Some((token, PaddleToken::Refusal(refusal))), errors)
        }
        Put { token: None, purchase: None, refusal: None, errors: Some(errors) } => {
            (None, Some(errors))
        }
        Put { .. } => {
            let what = "expected a token with either a purchase or a refusal, or errors alone";
            return Err(Mistake::Body(what.to_owned()));
        }
    };
    let (known, errors) = known;
    let count = usize::from(known.is_some());
    if let Some((token, known)) = known {
        request.app.put_paddle(token, known).map_err(Mistake::Body)?;
    }
    if let Some(errors) = errors {
        request.app.set_paddle_errors(errors);
    }
    Ok(done(&json!({"put": count})))
}

pub(super) fn delete_paddle(request: &AdminRequest) -> Result<Reply, Mistake> {
    request.app.remove_paddle_tokens();
    Ok(done(&json!({"deleted": true})))
}
