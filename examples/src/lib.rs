//! Where the examples send their events.

use inngest_core::testing::EventServer;
use inngest_core::{Client, ConfigError};

/// The server that the environment names, or one in this process.
#[derive(Debug)]
pub struct Target {
    /// Sends to it.
    pub client: Client,
    /// The server, when it is in this process.
    pub embedded: Option<EventServer>,
}

impl Target {
    /// The server that `INNGEST_EVENT_KEY` or `INNGEST_DEV` names. Where neither is set, one is
    /// started in this process.
    ///
    /// # Errors
    ///
    /// The environment names a server wrongly, or none can be started.
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

    /// One line that says where the events go.
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
