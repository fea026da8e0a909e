//! Starts the counting sink as a separate process.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

use inngest_core::Client;

use crate::Error;

/// A running sink.
pub(crate) struct Sink {
    process: Child,
    url: String,
}

impl Sink {
    pub(crate) fn start() -> Result<Self, Error> {
        let program = std::env::current_exe()?.with_file_name("sink");
        let mut process = Command::new(program).stdout(Stdio::piped()).spawn()?;
        let mut url = String::new();
        let output = process.stdout.take().ok_or("no output")?;
        BufReader::new(output).read_line(&mut url)?;
        let url = url.trim().to_owned();
        Ok(Self { process, url })
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn client(&self) -> Result<Client, Error> {
        Ok(Client::builder().dev(true).base_url(&*self.url).build()?)
    }

    /// The number of events and the number of distinct ids since the last call.
    pub(crate) fn counts(&self) -> Result<(i64, i64), Error> {
        let address = self.url.trim_start_matches("http://");
        let mut stream = TcpStream::connect(address)?;
        write!(
            stream,
            "GET / HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n"
        )?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let line = answer.rsplit("\r\n").next().unwrap_or_default();
        let (events, ids) = line.split_once(' ').ok_or("no counts")?;
        Ok((events.parse()?, ids.parse()?))
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
