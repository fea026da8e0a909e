//! Shared test events and a scripted transport.
#![allow(dead_code, reason = "each test file uses a subset")]

pub(crate) mod http;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use inngest_core::testing::Recorder;
use inngest_core::transport::{Answer, Request, Transport, TransportError, TransportFuture};
use inngest_core::{Client, Event, Receipt, RetryPolicy};
use schemars::JsonSchema;
use serde::Serialize;

pub(crate) const KEY: &str = "a-secret-event-key";

#[derive(Clone, Serialize, JsonSchema, Event)]
#[event(name = "storefront/item.imported", id = "item-imported-{item_id}")]
pub(crate) struct ItemImported {
    pub(crate) item_id: String,
    pub(crate) quantity: u64,
}

#[derive(Clone, Serialize, JsonSchema, Event)]
#[event(name = "storefront/cart.cleared")]
pub(crate) struct CartCleared {
    pub(crate) note: String,
}

pub(crate) fn item(n: usize) -> ItemImported {
    ItemImported {
        item_id: format!("i{n}"),
        quantity: 1,
    }
}

pub(crate) fn items(n: usize) -> Vec<ItemImported> {
    (0..n).map(item).collect()
}

pub(crate) fn dedup_ids(receipts: &[Receipt]) -> Vec<&str> {
    receipts
        .iter()
        .filter_map(|receipt| receipt.dedup_id.as_deref())
        .collect()
}

/// A transport that returns scripted answers, then accepts every request.
#[derive(Clone, Default)]
pub(crate) struct Script {
    pub(crate) answers: Arc<Mutex<VecDeque<Result<Answer, TransportError>>>>,
    pub(crate) requests: Arc<Mutex<Vec<Request>>>,
    pub(crate) recorder: Recorder,
}

impl Script {
    pub(crate) fn new(answers: impl IntoIterator<Item = Result<Answer, TransportError>>) -> Self {
        let script = Self::default();
        script.answers.lock().unwrap().extend(answers);
        script
    }

    pub(crate) fn client(&self) -> Client {
        let builder = Client::builder()
            .event_key(KEY)
            .base_url("http://inngest.test")
            .retry(RetryPolicy::none());
        builder
            .transport(self.clone())
            .max_request_events(2)
            .build()
            .unwrap()
    }

    pub(crate) fn seeds_and_bodies(&self) -> Vec<(String, String)> {
        let requests = self.requests.lock().unwrap();
        let text = |request: &Request| {
            let seed = request.headers()["x-inngest-event-id-seed"]
                .to_str()
                .unwrap()
                .to_owned();
            (seed, String::from_utf8(request.body().to_vec()).unwrap())
        };
        requests.iter().map(text).collect()
    }
}

impl Transport for Script {
    fn post(&self, request: Request) -> TransportFuture<'_> {
        self.requests.lock().unwrap().push(request.clone());
        match self.answers.lock().unwrap().pop_front() {
            Some(answer) => Box::pin(std::future::ready(answer)),
            None => self.recorder.post(request),
        }
    }
}
