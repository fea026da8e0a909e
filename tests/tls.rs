//! Certificates of servers and clients, and what is said of those that do not fit.

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
use support::http::{body, head, serve, taken};
use support::{CartCleared, item};

mod support;

/// An authority that signs certificates.
struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate and its private key, in PEM form.
struct Identity {
    certificate: String,
    private_key: String,
}

impl Authority {
    /// With a name of its own, because authorities are known by their names.
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

/// How a connection ends.
#[derive(Clone, Copy, PartialEq)]
enum End {
    Kept,
    /// With a word of TLS before.
    Notified,
    Closed,
}

/// A server with a certificate of an authority.
fn server(
    authority: &Authority,
    clients: Option<&Authority>,
    version: &'static SupportedProtocolVersion,
    end: End,
) -> (String, Arc<AtomicUsize>) {
    let config = server_config(authority, clients, version);
    let most = if end == End::Kept { usize::MAX } else { 1 };
    let (url, connections) = serve(move |_, stream| {
        answer_some(stream, &config, end, most);
    });
    (
        url.replace("http://127.0.0.1", "https://localhost"),
        connections,
    )
}

/// It asks clients for a certificate of another authority, if there is one.
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

/// Answers as many requests; whether so many came.
fn answer_some(
    stream: BufReader<TcpStream>,
    config: &Arc<ServerConfig>,
    end: End,
    most: usize,
) -> bool {
    let tls = ServerConnection::new(Arc::clone(config)).unwrap();
    let mut stream = BufReader::new(StreamOwned::new(tls, stream.into_inner()));
    for _ in 0..most {
        let Some(length) = head(&mut stream) else {
            return false;
        };
        let events = taken(&body(&mut stream, length));
        let answer = format!("HTTP/1.1 200 OK\r\n{events}");
        stream.get_mut().write_all(answer.as_bytes()).unwrap();
    }
    if end == End::Notified {
        let StreamOwned { conn, sock } = stream.get_mut();
        conn.send_close_notify();
        conn.complete_io(sock).unwrap();
    }
    true
}

fn builder(url: &str) -> ClientBuilder {
    Client::builder().event_key("k").base_url(url)
}

/// An error and its causes.
fn told(error: &SendError) -> String {
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
async fn own_roots_are_trusted_and_no_others() {
    let (authority, other) = (Authority::new(), Authority::new());
    let (url, connections) = server(&authority, None, &TLS13, End::Kept);
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
        assert!(told(&error).contains("UnknownIssuer"), "{}", told(&error));
    }
}

#[tokio::test]
async fn a_client_shows_its_certificate() {
    for version in VERSIONS {
        let (authority, clients) = (Authority::new(), Authority::new());
        let (url, _) = server(&authority, Some(&clients), version, End::Kept);
        let Identity {
            certificate,
            private_key,
        } = clients.identity();
        let client = builder(&url).root_certificates(authority.pem());
        let client = client.client_certificate(certificate, private_key);
        client.build().unwrap().send(item(1)).await.unwrap();
    }
}

/// What the server says of it is in the error, however far the client is when it comes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_client_certificate_is_told() {
    for version in VERSIONS {
        let (authority, clients) = (Authority::new(), Authority::new());
        let (url, connections) = server(&authority, Some(&clients), version, End::Kept);
        let client = builder(&url).root_certificates(authority.pem());
        let Identity {
            certificate,
            private_key,
        } = authority.identity();
        let stranger = client.clone().client_certificate(certificate, private_key);
        let mut expected = 0;
        for (client, alerts) in [
            (client, &["CertificateRequired", "HandshakeFailure"][..]),
            (
                stranger,
                &["UnknownCA", "DecryptError", "BadCertificate"][..],
            ),
        ] {
            let client = client.build().unwrap();
            for bytes in [10, 100_000, 1_000_000] {
                for _ in 0..20 {
                    let note = "x".repeat(bytes);
                    let error = client.send(CartCleared { note }).await.unwrap_err();
                    let text = told(&error);
                    assert!(matches!(error, SendError::Tls { .. }), "{bytes}: {text}");
                    let is_told = |alert: &&str| text.contains(&format!("fatal alert: {alert}"));
                    assert!(alerts.iter().any(is_told), "{version:?} {bytes}: {text}");
                    assert!(!text.contains("canceled"), "{text}");
                    expected += 1;
                }
            }
        }
        let connections = connections.load(Ordering::SeqCst);
        assert_eq!(connections, expected, "it is not tried again");
    }
}

/// As over plain TCP: nothing of a request is written to a connection that is closed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_that_closes_after_each_answer_loses_nothing() {
    for version in VERSIONS {
        for end in [End::Notified, End::Closed] {
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

/// As over plain TCP, also when the runtime had no time to ask for news.
#[tokio::test]
async fn a_connection_that_was_closed_unseen_is_not_written_to() {
    for version in VERSIONS {
        for end in [End::Notified, End::Closed] {
            let authority = Authority::new();
            let (closed, closings) = std::sync::mpsc::channel();
            let config = server_config(&authority, None, version);
            let (url, _) = serve(move |_, stream| {
                if answer_some(stream, &config, end, 3) {
                    closed.send(()).unwrap();
                }
            });
            let url = url.replace("http://127.0.0.1", "https://localhost");
            let client = builder(&url).root_certificates(authority.pem());
            let client = client.retry(RetryPolicy::none());
            for _ in 0..10 {
                // Each has to learn anew how the peer is.
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
fn certificates_and_keys_that_are_none_are_refused() {
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
        // Wrong ones are refused also where they are not needed yet.
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

/// Sends an event in a process with other variables, and returns what it says.
fn said_with(url: &str, variables: &[(&str, &Path)]) -> String {
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args([
        "--exact",
        "says_what_its_environment_makes_of_it",
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
#[ignore = "the process that another test starts"]
async fn says_what_its_environment_makes_of_it() {
    let Some(url) = std::env::var_os("URL_OF_TEST") else {
        return;
    };
    match builder(url.to_str().unwrap()).build() {
        Err(error) => println!("config: {error}"),
        Ok(client) => match client.send(item(1)).await {
            Err(error) => println!("send: {}", told(&error)),
            Ok(_) => println!("sent"),
        },
    }
}

#[test]
fn certificates_that_variables_name_are_trusted_or_an_error() {
    let authority = Authority::new();
    let (url, _) = server(&authority, None, &TLS13, End::Kept);
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
    let of = |file: &Path| file.parent().unwrap().to_owned();
    let (file, dir) = ("SSL_CERT_FILE", "SSL_CERT_DIR");
    let two = std::env::join_paths([&missing, &of(&good)]).unwrap();
    for variables in [
        &[(file, good.as_path())][..],
        &[(dir, &of(&good))],
        &[(dir, Path::new(&two))],
        &[(file, &other), (dir, &of(&good))],
        &[(file, &good), (dir, Path::new(""))],
    ] {
        let said = said_with(&url, variables);
        assert!(said.contains("\nsent\n"), "{variables:?}: {said}");
    }
    for (variables, variable, path) in [
        (&[(file, missing.as_path())][..], file, &missing),
        (&[(file, &empty)], file, &empty),
        (&[(file, &text)], file, &text),
        (&[(file, &of(&good))], file, &of(&good)),
        (&[(dir, &missing)], dir, &missing),
        (&[(dir, &good)], dir, &good),
        (&[(dir, &of(&empty))], dir, &of(&empty)),
        (&[(dir, &of(&text))], dir, &of(&text)),
        (&[(file, &missing), (dir, &of(&good))], file, &missing),
        (&[(file, &good), (dir, &missing)], dir, &missing),
    ] {
        let said = said_with(&url, variables);
        let expected = format!("config: {variable} names `{}`, which ", path.display());
        assert!(said.contains(&expected), "{variables:?}: {said}");
        assert!(said.contains("or unset it"), "{said}");
    }
    let said = said_with(&url, &[(file, &other)]);
    assert!(said.contains("UnknownIssuer"), "{said}");
}
