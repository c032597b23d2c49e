//! `/__admin/stripe-tokens` and `/__admin/paddle-tokens`

use serde::{Deserialize, Serialize};
use serde_json::json as object;

use super::request::{AdminRequest, Mistake, done, json, listed};
use crate::{
    app::{
        put::PutToken,
        store_tokens::{ImportedPurchase, PaddleErrors, PaddleRefusal, PaddleToken, TokenList},
    },
    budget::Reservation,
    reply::Reply,
};

/// Every token, and the purchase it imports.
pub(super) fn stripe(request: &AdminRequest) -> Result<Reply, Mistake> {
    let (tokens, room) = request.app.command(|state| state.stripe_tokens.all())?;
    Ok(listed("{\"tokens\":{", rows(tokens, room), "}}".to_owned()))
}

/// The rows of a list of tokens.
fn rows<T: Serialize + Send + Sync + 'static>(
    tokens: TokenList<T>,
    room: Reservation,
) -> impl Iterator<Item = [Vec<u8>; 3]> + Send {
    tokens.into_iter().map(move |(token, known)| {
        let _kept = &room;
        [json(&&*token), b":".to_vec(), json(&**known)]
    })
}

pub(super) fn put_stripe(request: &AdminRequest) -> Result<Reply, Mistake> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Put {
        token: String,
        purchase: ImportedPurchase,
    }

    let Put { token, purchase } = request.read()?;
    Ok(done(&request.app.put_stripe(token, purchase)?))
}

pub(super) fn delete_stripe(request: &AdminRequest) -> Result<Reply, Mistake> {
    request.app.remove_stripe_tokens();
    Ok(done(&object!({"deleted": true})))
}

/// Every token, and the purchase it imports or the refusal it gets; and the form of refusals.
pub(super) fn paddle(request: &AdminRequest) -> Result<Reply, Mistake> {
    let (errors, all) =
        request.app.command(|state| (state.paddle_errors, state.paddle_tokens.all()));
    let (tokens, room) = all?;
    let errors = String::from_utf8_lossy(&json(&errors)).into_owned();
    let before = format!("{{\"errors\":{errors},\"tokens\":{{");
    Ok(listed(before, rows(tokens, room), "}}".to_owned()))
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
    let put = match known {
        Some((token, known)) => request.app.put_paddle(token, known)?,
        None => PutToken::default(),
    };
    if let Some(errors) = errors {
        request.app.set_paddle_errors(errors);
    }
    Ok(done(&put))
}

pub(super) fn delete_paddle(request: &AdminRequest) -> Result<Reply, Mistake> {
    request.app.remove_paddle_tokens();
    Ok(done(&object!({"deleted": true})))
}
