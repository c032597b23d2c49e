//! Purchases that Adapty fetches itself, from Stripe and from Paddle.

use adapty_model::{
    AnswerError, ErrorResponse, Operation, Repeat, ValidatePaddlePurchase, ValidateStripePurchase,
};

use crate::support::{fixture, json_of, sent, words};

const CUSTOMER: &str = "<YOUR_CUSTOMER_USER_ID>";

fn stripe() -> ValidateStripePurchase {
    ValidateStripePurchase::new(CUSTOMER, "<YOUR_STRIPE_TOKEN>")
}

fn paddle() -> ValidatePaddlePurchase {
    ValidatePaddlePurchase::new(CUSTOMER, "live_7d279f61a3339fed520f7cd8c08")
}

#[test]
fn a_stripe_purchase_is_sent_as_the_documents_print_it() {
    let body = json_of("validate_stripe_purchase.request.openapi.placeholders.json");
    assert_eq!(sent(&stripe()), body);
}

#[test]
fn stripe_has_its_own_path_and_media_type_and_no_identity() {
    let request = stripe().request().unwrap();
    assert_eq!(request.target, "/api/v1/sdk/purchase/stripe/token/validate/");
    let headers = ["accept", "content-type"].map(|it| (it, "application/vnd.api+json".to_owned()));
    assert_eq!(request.headers, headers);
}

#[test]
fn data_that_is_null_is_all_that_stripe_tells() {
    let body = fixture("validate_stripe_purchase.200.openapi.null_data.json");
    assert!(stripe().answer(200, &body).is_ok());
    for other in ["", "{}", "null", "[null]", "<html>"] {
        let error = stripe().answer(200, other.as_bytes()).unwrap_err();
        assert!(matches!(error, AnswerError::Unreadable(_)), "{other}");
    }
    assert_eq!(stripe().read(b"{}").unwrap_err().to_string(), "data is missing");
}

#[test]
fn an_error_of_json_api_is_an_error_as_any_other() {
    let body = fixture("validate_stripe.400.openapi.json_api.json");
    let Err(AnswerError::Refused { status: 400, meaning: None, error }) =
        stripe().answer(400, &body)
    else {
        panic!("it is a refusal")
    };
    let error = error.unwrap();
    assert_eq!(error.errors[0].source.as_deref(), Some("/data/attributes/stripe_token"));
    assert_eq!(error.errors[0].errors, ["none is not an allowed value"]);
}

#[test]
fn a_paddle_purchase_is_sent_as_the_documents_print_it() {
    let body = json_of("validate_paddle_purchase.request.openapi.live_token.json");
    assert_eq!(sent(&paddle()), body);
    assert_eq!(paddle().request().unwrap().headers.len(), 2);
}

#[test]
fn a_paddle_purchase_is_answered_with_the_profile() {
    let body = fixture("set_transaction.200.openapi.subscription_row_looks_like_a_purchase.json");
    assert_eq!(paddle().answer(200, &body).unwrap().subscriptions.len(), 1);
}

#[test]
fn neither_is_repeated_once_seen() {
    assert_eq!(stripe().repeat(), Repeat::OnlyIfUnseen);
    assert_eq!(paddle().repeat(), Repeat::OnlyIfUnseen);
}

#[test]
fn neither_shows_its_token_or_its_customer() {
    let shown = format!("{:?} {:?} {:?}", stripe(), paddle(), paddle().request().unwrap());
    assert!(shown.starts_with("ValidateStripePurchase { .. } ValidatePaddlePurchase { .. }"));
    assert!(!shown.contains("YOUR") && !shown.contains("live_"), "{shown}");
    assert_eq!(stripe().secrets(), [CUSTOMER, "<YOUR_STRIPE_TOKEN>"]);
    assert_eq!(paddle().secrets(), [CUSTOMER, "live_7d279f61a3339fed520f7cd8c08"]);
}

#[test]
fn the_three_refusals_of_paddle_read_in_both_documented_forms() {
    let pairs = [
        (
            json_of(
                "validate_paddle_purchase.400.fragment.invalid_credentials_or_purchase_not_found.json",
            ),
            json_of(
                "validate_paddle_purchase.400.openapi.invalid_credentials_or_purchase_not_found.json",
            ),
        ),
        (
            json_of("validate_paddle_purchase.400.fragment.no_products_found.json"),
            json_of("validate_paddle_purchase.400.openapi.no_products_found.json"),
        ),
        (
            json_of("validate_paddle_purchase.400.fragment.paddle_api_key_not_found.json"),
            json_of("validate_paddle_purchase.400.openapi.paddle_api_key_not_found.json"),
        ),
    ];
    for (objects, texts) in pairs {
        let source = |body: &serde_json::Value| {
            let read = ErrorResponse::from_json(body.to_string().as_bytes()).unwrap();
            (read.errors[0].source.clone(), read.error_code)
        };
        let ((field, code), (none, same_code)) = (source(&objects), source(&texts));
        assert_eq!((field.as_deref(), none), (Some("non_field_errors"), None));
        assert_eq!(code, same_code);
        assert!(words(&objects).starts_with(&words(&texts)));
    }
}
