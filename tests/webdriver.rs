//! Drives Chromium through `chromedriver`.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

/// A page in its own browser, which ends when this value is dropped.
pub(crate) struct Browser {
    driver: Child,
    http: reqwest::Client,
    session: String,
    /// Deleted at the end.
    _profile: tempfile::TempDir,
}

impl Browser {
    /// Opens a page. Panics if `chromium` or `chromedriver` is missing.
    pub(crate) async fn open(url: &str) -> Self {
        let mut driver = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("ChromeDriver starts; Debian's packages are `chromium` and `chromium-driver`");
        let output = BufReader::new(driver.stdout.take().unwrap());
        let port = output.lines().find_map(|line| {
            let line = line.unwrap();
            let (_, port) = line.split_once("started successfully on port ")?;
            Some(port.trim_end_matches('.').to_owned())
        });
        let temporary = tempfile::tempdir().unwrap();
        let profile = temporary.path().to_owned();
        let mut browser = Self {
            driver,
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
            session: format!("http://127.0.0.1:{}/session", port.unwrap()),
            _profile: temporary,
        };
        let arguments = json!([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--window-size=1280,800",
            format!("--user-data-dir={}", profile.display()),
        ]);
        let options = json!({ "goog:chromeOptions": { "args": arguments } });
        let session = browser
            .post("", &json!({ "capabilities": { "alwaysMatch": options } }))
            .await;
        browser.session = format!(
            "{}/{}",
            browser.session,
            session["sessionId"].as_str().unwrap()
        );
        browser
            .post("/timeouts", &json!({ "script": 30_000 }))
            .await;
        browser.post("/url", &json!({ "url": url })).await;
        browser
    }

    async fn post(&self, command: &str, body: &Value) -> Value {
        let request = self.http.post(format!("{}{command}", self.session));
        let response = request.body(body.to_string()).send().await.unwrap();
        let answer = response.bytes().await.unwrap();
        let mut answer: Value = serde_json::from_slice(&answer).unwrap();
        let value = answer["value"].take();
        assert!(value["error"].is_null(), "{body:#} {value:#}");
        value
    }

    /// Runs a script in the page until it returns something other than `null`, `false` or `undefined`.
    pub(crate) async fn wait(&self, script: &str) -> Value {
        let script = format!(
            "const done = arguments[0];
            const attempt = () => {{ {script} }};
            const check = () => {{
              const result = attempt();
              if (result === null || result === undefined || result === false) {{
                requestAnimationFrame(check);
              }} else done(result);
            }};
            check();"
        );
        let body = json!({ "script": script, "args": [] });
        self.post("/execute/async", &body).await
    }

    /// Types keys into the element that has the focus.
    pub(crate) async fn type_keys(&self, keys: &str) {
        let actions: Vec<Value> = keys
            .chars()
            .flat_map(|key| ["keyDown", "keyUp"].map(|kind| json!({ "type": kind, "value": key })))
            .collect();
        let body = json!({ "actions": [{ "type": "key", "id": "keyboard", "actions": actions }] });
        self.post("/actions", &body).await;
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // A killed ChromeDriver leaves its browser running, so end the session first. This cannot wait
        // for an async client.
        let (host, path) = self.session["http://".len()..].split_once('/').unwrap();
        if let Ok(mut stream) = TcpStream::connect(host) {
            let request =
                format!("DELETE /{path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
            let _ = stream.write_all(request.as_bytes());
            // The response comes after the end, and the connection stays open.
            let _ = stream.set_read_timeout(Some(Duration::from_secs(10)));
            let _ = stream.read(&mut [0]);
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}
