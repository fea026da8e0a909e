//! Encrypts chosen fields in a middleware before they are sent, and decrypts them as a function would.
//! Inngest stores only the ciphertext.
//!
//! Run with `cargo run --example encrypt_fields`.

use std::error::Error;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::{Aead as _, Generate as _, Payload};
use chacha20poly1305::{Key, KeyInit as _, XChaCha20Poly1305, XNonce};
use inngest_core::middleware::{Middleware, Outgoing};
use inngest_core::testing::EventServer;
use inngest_core::{Client, Event};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

type AnyError = Box<dyn Error + Send + Sync>;

/// Marks a string as encrypted and names the cipher.
const PREFIX: &str = "xchacha20poly1305:";

/// Encrypts these fields of `data` in every event that has them.
#[derive(Clone)]
struct EncryptFields {
    cipher: XChaCha20Poly1305,
    fields: &'static [&'static str],
}

impl EncryptFields {
    /// Encrypts a value. The ciphertext is bound to the event's name and the field, so it cannot be
    /// moved elsewhere.
    fn encrypt(&self, event: &str, field: &str, value: &Value) -> Result<String, AnyError> {
        let nonce = XNonce::generate();
        let (msg, aad) = (serde_json::to_vec(value)?, format!("{event} {field}"));
        let payload = Payload {
            msg: &msg,
            aad: aad.as_bytes(),
        };
        let ciphertext = self.cipher.encrypt(&nonce, payload);
        let mut bytes = nonce.to_vec();
        bytes.extend(ciphertext.map_err(|_| "a value could not be encrypted")?);
        Ok(format!("{PREFIX}{}", STANDARD.encode(bytes)))
    }

    /// Decrypts a value. Functions that read the event call this.
    fn decrypt(&self, event: &str, field: &str, text: &str) -> Result<Value, AnyError> {
        let bytes = STANDARD.decode(
            text.strip_prefix(PREFIX)
                .ok_or("the value is not encrypted")?,
        )?;
        let (nonce, msg) = bytes.split_at_checked(24).ok_or("the value is truncated")?;
        let aad = format!("{event} {field}");
        let payload = Payload {
            msg,
            aad: aad.as_bytes(),
        };
        let value = self.cipher.decrypt(&XNonce::try_from(nonce)?, payload);
        let value = value.map_err(|_| "the value was changed or encrypted with another key")?;
        Ok(serde_json::from_slice(&value)?)
    }
}

impl Middleware for EncryptFields {
    fn before_send(&self, events: &mut Outgoing) -> Result<(), AnyError> {
        for event in events {
            for field in self.fields {
                let Some(value) = event.field::<Value>(field)? else {
                    continue;
                };
                let id = event.dedup_id().unwrap_or_default();
                if value.as_str().is_some_and(|text| id.contains(text)) {
                    // The id must stay readable, because the server compares ids.
                    event.discard(format!(
                        "its id contains `{field}`, which must be encrypted"
                    ));
                    break;
                }
                let text = self.encrypt(event.name(), field, &value)?;
                event.set_field(field, &text)?;
            }
        }
        Ok(())
    }
}

/// A customer asked for an account.
#[derive(Serialize, JsonSchema, Event)]
#[event(name = "account/signup.requested", id = "signup-requested-{request}")]
struct SignupRequested {
    request: u32,
    plan: String,
    email: String,
}

/// A letter was sent. The event's id contains a secret field, so the middleware discards the event.
#[derive(Serialize, JsonSchema, Event)]
#[event(name = "account/letter.sent", id = "letter-sent-{email}")]
struct LetterSent {
    email: String,
}

#[tokio::main]
async fn main() -> Result<(), AnyError> {
    // A real service loads the key from its secret store.
    let encryption = EncryptFields {
        cipher: XChaCha20Poly1305::new(&Key::generate()),
        fields: &["email", "phone"],
    };
    let server = EventServer::start()?;
    let client = Client::builder()
        .dev(true)
        .base_url(server.url())
        .middleware(encryption.clone())
        .build()?;

    let email = "ada@example.com".to_owned();
    let signup = SignupRequested {
        request: 7,
        plan: "team".into(),
        email: email.clone(),
    };
    client.send(&signup).await?;
    for event in server.events() {
        println!("the server has    {}", event.data);
        let text = event.data["email"].as_str().unwrap_or_default();
        let email = encryption.decrypt(&event.name, "email", text)?;
        println!("a function reads  {email}");
    }

    if let Err(error) = client.send(LetterSent { email }).await {
        println!("not sent          {error}");
    }
    Ok(())
}
