//! Selects the server to which the examples send events.

use inngest_core::testing::EventServer;
use inngest_core::{Client, ConfigError};

/// A server that the environment selects, or one inside this process.
#[derive(Debug)]
pub struct Target {
    /// A client for the server.
    pub client: Client,
    /// The server, if it is inside this process.
    pub embedded: Option<EventServer>,
}

impl Target {
    /// Uses the server from `INNGEST_EVENT_KEY` or `INNGEST_DEV`. If neither is set, starts one
    /// inside this process.
    ///
    /// # Errors
    ///
    /// Fails if the environment is invalid, or if the server cannot be started.
    pub fn from_env() -> Result<Self, Box<dyn std::error::Error>> {
        match Client::from_env() {
            Ok(client) => Ok(Self {
                client,
                embedded: None,
            }),
            Err(ConfigError::MissingEventKey) => {
                let server = EventServer::start()?;
                Ok(Self {
                    client: server.client()?,
                    embedded: Some(server),
                })
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Describes in one line where events are sent.
    #[must_use]
    pub fn describe(&self) -> String {
        match &self.embedded {
            None => format!("sending to {}", self.client.url()),
            Some(server) => format!(
                "neither INNGEST_EVENT_KEY nor INNGEST_DEV is set: sending to an event server in \
                 this process, {}",
                server.url()
            ),
        }
    }
}
