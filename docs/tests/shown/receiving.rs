use std::time::SystemTime;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use inngest_core::Event;
use inngest_receive::system::FunctionFailed;
use inngest_receive::{Events, FunctionCall, RawReceived, Received, SigningKeys, verify};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A customer paid an order.
#[derive(Debug, Serialize, Deserialize, JsonSchema, Event)]
#[event(name = "shop/order.paid", id = "order-paid-{order_id}")]
pub struct OrderPaid {
    pub order_id: u64,
}

#[derive(Debug, Events)]
pub enum ShopEvent {
    OrderPaid(Received<OrderPaid>), // with id, time, user, sessions and version
    Failed(FunctionFailed<Box<ShopEvent>>), // Inngest's own
    #[events(other)]
    Other(RawReceived), // without it, an unknown event is an error
}

type Refusal = (StatusCode, String);

async fn receive(
    State(keys): State<SigningKeys>,
    headers: HeaderMap,
    body: Bytes, // the bytes as they arrived, not `Json` or `String`
) -> Result<String, Refusal> {
    let unauthorized = |error| (StatusCode::UNAUTHORIZED, format!("{error}"));
    verify(&keys, &headers, &body, SystemTime::now()).map_err(unauthorized)?;

    let bad = |error: String| (StatusCode::BAD_REQUEST, error);
    let call = FunctionCall::<ShopEvent>::decode(&body).map_err(|error| bad(error.to_string()))?;
    // If the body contains no events, the error names the API paths that return them.
    let events = call.events().map_err(|error| bad(error.to_string()))?;
    let mut paid = Vec::new();
    for event in events {
        match event {
            Ok(ShopEvent::OrderPaid(order)) => paid.push(order.data.order_id),
            Ok(ShopEvent::Failed(failed)) => eprintln!("{} failed", failed.function_id),
            Ok(ShopEvent::Other(other)) => eprintln!("ignored {}", other.name),
            // The other events of the batch are still there.
            Err(error) => eprintln!("{error}"),
        }
    }
    Ok(format!(r#"{{"paid":{paid:?}}}"#))
}

/// The app, with `SigningKeys::from_env()?` as its keys.
pub fn app(keys: SigningKeys) -> Router {
    Router::new()
        .route("/api/inngest", post(receive))
        .with_state(keys)
}
