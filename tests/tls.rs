//! Server and client certificates, and the errors for invalid ones.

use std::error::Error as _;
use std::io::{BufReader, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use inngest_core::{Client, ClientBuilder, ConfigError, RetryPolicy, SendError, blocking};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::version::{TLS12, TLS13};
use rustls::{
    RootCertStore, ServerConfig, ServerConnection, StreamOwned, SupportedProtocolVersion,
};
use support::http::{accepting_response, read_body, read_head, serve};
use support::{CartCleared, item};

mod support;

/// A certificate authority.
struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate and its private key, in PEM form.
struct Identity {
    certificate: String,
    private_key: String,
}

impl Authority {
    /// Creates an authority with a unique name, because TLS looks up authorities by name.
    fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);

        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let name = format!("authority {}", COUNT.fetch_add(1, Ordering::Relaxed));
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().unwrap();
        Self(CertifiedIssuer::self_signed(params, key).unwrap())
    }

    fn pem(&self) -> String {
        self.0.pem()
    }

    fn identity(&self) -> Identity {
        let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        let key = KeyPair::generate().unwrap();
        Identity {
            certificate: params.signed_by(&key, &self.0).unwrap().pem(),
            private_key: key.serialize_pem(),
        }
    }

    fn roots(&self) -> RootCertStore {
        let mut roots = RootCertStore::empty();
        roots.add(self.0.der().clone()).unwrap();
        roots
    }
}

const VERSIONS: [&SupportedProtocolVersion; 2] = [&TLS12, &TLS13];

/// How the server ends a connection.
#[derive(Clone, Copy, PartialEq)]
enum ConnectionEnd {
    KeptOpen,
    /// The server sends a TLS `close_notify` before it closes the connection.
    CloseNotify,
    Closed,
}

/// A server with a certificate of `authority`. Returns its URL and the number of connections.
fn server(
    authority: &Authority,
    clients: Option<&Authority>,
    version: &'static SupportedProtocolVersion,
    end: ConnectionEnd,
) -> (String, Arc<AtomicUsize>) {
    let config = server_config(authority, clients, version);
    let count = if end == ConnectionEnd::KeptOpen {
        usize::MAX
    } else {
        1
    };
    let (url, connections) = serve(move |_, stream| {
        answer_requests(stream, &config, end, count);
    });
    (
        url.replace("http://127.0.0.1", "https://localhost"),
        connections,
    )
}

/// Requires client certificates of the authority `clients`, if there is one.
fn server_config(
    authority: &Authority,
    clients: Option<&Authority>,
    version: &'static SupportedProtocolVersion,
) -> Arc<ServerConfig> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(&[version])
        .unwrap();
    let config = match clients {
        Some(clients) => {
            let roots = Arc::new(clients.roots());
            let verifier = WebPkiClientVerifier::builder_with_provider(roots, provider);
            config.with_client_cert_verifier(verifier.build().unwrap())
        }
        None => config.with_no_client_auth(),
    };
    let identity = authority.identity();
    let certificate = CertificateDer::from_pem_slice(identity.certificate.as_bytes()).unwrap();
    let key = PrivateKeyDer::from_pem_slice(identity.private_key.as_bytes()).unwrap();
    Arc::new(config.with_single_cert(vec![certificate], key).unwrap())
}

/// Answers up to `count` requests. Returns whether that many arrived.
fn answer_requests(
    stream: BufReader<TcpStream>,
    config: &Arc<ServerConfig>,
    end: ConnectionEnd,
    count: usize,
) -> bool {
    let tls = ServerConnection::new(Arc::clone(config)).unwrap();
    let mut stream = BufReader::new(StreamOwned::new(tls, stream.into_inner()));
    for _ in 0..count {
        let Some(length) = read_head(&mut stream) else {
            return false;
        };
        let events = accepting_response(&read_body(&mut stream, length));
        let answer = format!("HTTP/1.1 200 OK\r\n{events}");
        stream.get_mut().write_all(answer.as_bytes()).unwrap();
    }
    if end == ConnectionEnd::CloseNotify {
        let StreamOwned { conn, sock } = stream.get_mut();
        conn.send_close_notify();
        conn.complete_io(sock).unwrap();
    }
    true
}

fn builder(url: &str) -> ClientBuilder {
    Client::builder().event_key("k").base_url(url)
}

/// The text of an error and its sources.
fn error_chain(error: &SendError) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(error) = next {
        text.push('\n');
        text += &error.to_string();
        next = error.source();
    }
    text
}

#[tokio::test]
async fn only_own_root_certificates_are_trusted() {
    let (authority, other) = (Authority::new(), Authority::new());
    let (url, connections) = server(&authority, None, &TLS13, ConnectionEnd::KeptOpen);
    let client = builder(&url).root_certificates(authority.pem());
    let client = client.build().unwrap();
    client.send(item(1)).await.unwrap();
    client.send(item(2)).await.unwrap();
    assert_eq!(connections.load(Ordering::SeqCst), 1);

    let both = format!("{}{}", other.pem(), authority.pem());
    let client = builder(&url).root_certificates(both).build().unwrap();
    client.send(item(1)).await.unwrap();

    for client in [builder(&url), builder(&url).root_certificates(other.pem())] {
        let error = client.build().unwrap().send(item(1)).await.unwrap_err();
        assert!(matches!(error, SendError::Tls { .. }), "{error}");
        assert!(
            error_chain(&error).contains("UnknownIssuer"),
            "{}",
            error_chain(&error)
        );
    }
}

#[tokio::test]
async fn client_presents_its_certificate() {
    for version in VERSIONS {
        let (authority, clients) = (Authority::new(), Authority::new());
        let (url, _) = server(&authority, Some(&clients), version, ConnectionEnd::KeptOpen);
        let Identity {
            certificate,
            private_key,
        } = clients.identity();
        let client = builder(&url).root_certificates(authority.pem());
        let client = client.client_certificate(certificate, private_key);
        client.build().unwrap().send(item(1)).await.unwrap();
    }
}

/// The error contains the server's TLS alert, regardless of when it arrives.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rejected_client_certificate_is_reported() {
    for version in VERSIONS {
        let (authority, clients) = (Authority::new(), Authority::new());
        let (url, connections) =
            server(&authority, Some(&clients), version, ConnectionEnd::KeptOpen);
        let client = builder(&url).root_certificates(authority.pem());
        let Identity {
            certificate,
            private_key,
        } = authority.identity();
        let untrusted = client.clone().client_certificate(certificate, private_key);
        let mut expected = 0;
        for (client, alerts) in [
            (client, &["CertificateRequired", "HandshakeFailure"][..]),
            (
                untrusted,
                &["UnknownCA", "DecryptError", "BadCertificate"][..],
            ),
        ] {
            let client = client.build().unwrap();
            for bytes in [10, 100_000, 1_000_000] {
                for _ in 0..20 {
                    let note = "x".repeat(bytes);
                    let error = client.send(CartCleared { note }).await.unwrap_err();
                    let text = error_chain(&error);
                    assert!(matches!(error, SendError::Tls { .. }), "{bytes}: {text}");
                    let has_alert = |alert: &&str| text.contains(&format!("fatal alert: {alert}"));
                    assert!(alerts.iter().any(has_alert), "{version:?} {bytes}: {text}");
                    assert!(!text.contains("canceled"), "{text}");
                    expected += 1;
                }
            }
        }
        let connections = connections.load(Ordering::SeqCst);
        assert_eq!(connections, expected, "it is not tried again");
    }
}

/// Same as over plain TCP: the client never writes to a closed connection.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn server_that_closes_after_each_response_loses_nothing() {
    for version in VERSIONS {
        for end in [ConnectionEnd::CloseNotify, ConnectionEnd::Closed] {
            let authority = Authority::new();
            let (url, _) = server(&authority, None, version, end);
            let client = builder(&url).root_certificates(authority.pem());
            let client = client.retry(RetryPolicy::none()).build().unwrap();
            for n in 0..150 {
                client.send(item(n)).await.unwrap();
            }
        }
    }
}

/// Same as over plain TCP, even if the runtime has not polled the socket yet.
#[tokio::test]
async fn unnoticed_close_is_detected_before_writing() {
    for version in VERSIONS {
        for end in [ConnectionEnd::CloseNotify, ConnectionEnd::Closed] {
            let authority = Authority::new();
            let (closed, closings) = std::sync::mpsc::channel();
            let config = server_config(&authority, None, version);
            let (url, _) = serve(move |_, stream| {
                if answer_requests(stream, &config, end, 3) {
                    closed.send(()).unwrap();
                }
            });
            let url = url.replace("http://127.0.0.1", "https://localhost");
            let client = builder(&url).root_certificates(authority.pem());
            let client = client.retry(RetryPolicy::none());
            for _ in 0..10 {
                // Each new client must learn the server's behavior again.
                let client = client.clone().build().unwrap();
                for n in 0..3 {
                    client.send(item(n)).await.unwrap();
                }
                closings.recv().unwrap();
                client.send(item(3)).await.unwrap();
            }
        }
    }
}

#[test]
fn invalid_certificates_and_keys_are_errors() {
    let Identity {
        certificate,
        private_key,
    } = Authority::new().identity();
    let other = Authority::new().identity();
    let secret = private_key.lines().nth(1).unwrap();
    let broken = private_key.replace("-----END", "----END");
    let encrypted = private_key.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY");
    let no_der = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let good = (certificate.as_str(), private_key.as_str());
    for (roots, (certificate, private_key), expected) in [
        ("", good, "the certificate of `root_certificates`"),
        ("no PEM", good, "the certificate of `root_certificates`"),
        (no_der, good, "a certificate of `root_certificates`"),
        (&private_key, good, "the certificate of `root_certificates`"),
        (
            &certificate,
            ("", good.1),
            "the certificate of `client_certificate`",
        ),
        (
            &certificate,
            (good.0, ""),
            "the private key of `client_certificate`",
        ),
        (
            &certificate,
            (good.0, &broken),
            "the private key of `client_certificate`",
        ),
        (
            &certificate,
            (good.0, &encrypted),
            "the private key of `client_certificate`",
        ),
        (
            &certificate,
            (good.0, good.0),
            "the private key of `client_certificate`",
        ),
        (
            &certificate,
            (good.0, &other.private_key),
            "the private key of `client_certificate`",
        ),
    ] {
        // Invalid certificates are errors even if the URL does not use TLS.
        for url in ["https://inngest.test", "http://inngest.test"] {
            let client = builder(url).root_certificates(roots);
            let client = client.client_certificate(certificate, private_key);
            assert!(!format!("{client:?}").contains(secret));
            let error = client.build().unwrap_err();
            assert!(matches!(error, ConfigError::InvalidCertificate { .. }));
            let text = format!("{error}");
            assert!(text.starts_with(expected), "{text}");
            assert!(!text.contains(secret), "{text}");
        }
    }
    let client = blocking::Client::builder().event_key("k");
    let client = client.base_url("https://inngest.test");
    let client = client.root_certificates(&certificate);
    client.client_certificate(good.0, good.1).build().unwrap();
}

/// Sends an event in a process with these environment variables, and returns its output.
fn output_with(url: &str, variables: &[(&str, &Path)]) -> String {
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args([
        "--exact",
        "child_process_sends_an_event",
        "--nocapture",
        "--ignored",
    ]);
    child.env_remove("SSL_CERT_FILE").env_remove("SSL_CERT_DIR");
    child
        .env("URL_OF_TEST", url)
        .envs(variables.iter().copied());
    String::from_utf8(child.output().unwrap().stdout).unwrap()
}

#[tokio::test]
#[ignore = "another test runs this in a child process"]
async fn child_process_sends_an_event() {
    let Some(url) = std::env::var_os("URL_OF_TEST") else {
        return;
    };
    match builder(url.to_str().unwrap()).build() {
        Err(error) => println!("config: {error}"),
        Ok(client) => match client.send(item(1)).await {
            Err(error) => println!("send: {}", error_chain(&error)),
            Ok(_) => println!("sent"),
        },
    }
}

#[test]
fn certificate_variables_are_respected() {
    let authority = Authority::new();
    let (url, _) = server(&authority, None, &TLS13, ConnectionEnd::KeptOpen);
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    };
    let good = path("good/ca.pem", &authority.pem());
    let other = path("other/ca.pem", &Authority::new().pem());
    let empty = path("empty/ca.pem", "");
    let text = path("text/ca.pem", "no certificate");
    let missing = folder.path().join("missing");
    let folder_of = |file: &Path| file.parent().unwrap().to_owned();
    let (file, dir) = ("SSL_CERT_FILE", "SSL_CERT_DIR");
    let two = std::env::join_paths([&missing, &folder_of(&good)]).unwrap();
    for variables in [
        &[(file, good.as_path())][..],
        &[(dir, &folder_of(&good))],
        &[(dir, Path::new(&two))],
        &[(file, &other), (dir, &folder_of(&good))],
        &[(file, &good), (dir, Path::new(""))],
    ] {
        let output = output_with(&url, variables);
        assert!(output.contains("\nsent\n"), "{variables:?}: {output}");
    }
    for (variables, variable, path) in [
        (&[(file, missing.as_path())][..], file, &missing),
        (&[(file, &empty)], file, &empty),
        (&[(file, &text)], file, &text),
        (&[(file, &folder_of(&good))], file, &folder_of(&good)),
        (&[(dir, &missing)], dir, &missing),
        (&[(dir, &good)], dir, &good),
        (&[(dir, &folder_of(&empty))], dir, &folder_of(&empty)),
        (&[(dir, &folder_of(&text))], dir, &folder_of(&text)),
        (
            &[(file, &missing), (dir, &folder_of(&good))],
            file,
            &missing,
        ),
        (&[(file, &good), (dir, &missing)], dir, &missing),
    ] {
        let output = output_with(&url, variables);
        let expected = format!("config: {variable} names `{}`, which ", path.display());
        assert!(output.contains(&expected), "{variables:?}: {output}");
        assert!(output.contains("or unset it"), "{output}");
    }
    let output = output_with(&url, &[(file, &other)]);
    assert!(output.contains("UnknownIssuer"), "{output}");
}
