//! Configures TLS: which roots the client trusts and which certificate it presents.

use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::pem::{self, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};

use crate::error::config::ConfigError;

/// Certificates and a private key in PEM form, as the user passed them.
#[derive(Clone, Default)]
pub(crate) struct Certificates {
    roots: Option<Arc<[u8]>>,
    client: Option<Client>,
}

#[derive(Clone)]
struct Client {
    certificates: Arc<[u8]>,
    private_key: Arc<[u8]>,
}

const FILE_VARIABLE: &str = "SSL_CERT_FILE";
const DIRS_VARIABLE: &str = "SSL_CERT_DIR";

const ROOTS: &str = "root_certificates";
const CLIENT: &str = "client_certificate";

impl Certificates {
    pub(crate) fn set_roots(&mut self, pem: &[u8]) {
        self.roots = Some(pem.into());
    }

    pub(crate) fn set_client(&mut self, certificates: &[u8], private_key: &[u8]) {
        self.client = Some(Client {
            certificates: certificates.into(),
            private_key: private_key.into(),
        });
    }

    /// Builds the TLS configuration. The machine's certificates are read only for an `https`
    /// server, because reading them takes longer than everything else at startup.
    pub(super) fn config(
        &self,
        is_https: bool,
        variable: impl Fn(&str) -> Option<OsString>,
    ) -> Result<ClientConfig, ConfigError> {
        let roots = if let Some(pem) = &self.roots {
            given_roots(pem)?
        } else if !is_https {
            RootCertStore::empty()
        } else if let Some(roots) = roots_by_environment(variable)? {
            roots
        } else {
            machine_roots()
        };
        let provider = rustls::crypto::ring::default_provider();
        let trusting = ClientConfig::builder_with_provider(provider.into())
            .with_safe_default_protocol_versions()
            .map_err(|error| ConfigError::Tls {
                reason: error.to_string(),
            })?
            .with_root_certificates(roots);
        let Some(client) = &self.client else {
            return Ok(trusting.with_no_client_auth());
        };
        let certificates = certificates(CLIENT, &client.certificates)?;
        let wrong_key = |problem: String| ConfigError::InvalidCertificate {
            setting: CLIENT,
            what: "the private key",
            problem,
        };
        // The parser's error may contain a line of the key.
        let private_key = PrivateKeyDer::from_pem_slice(&client.private_key)
            .map_err(|_| wrong_key("is missing, invalid or encrypted".to_owned()))?;
        trusting
            .with_client_auth_cert(certificates, private_key)
            .map_err(|error| wrong_key(format!("does not fit the certificate: {error}")))
    }
}

/// The machine's roots, or Mozilla's if the machine has none, as in many containers.
fn machine_roots() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    roots
}

fn certificates(
    setting: &'static str,
    pem: &[u8],
) -> Result<Vec<CertificateDer<'static>>, ConfigError> {
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match certificates {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        _ => Err(ConfigError::InvalidCertificate {
            setting,
            what: "the certificate",
            problem: "is missing or invalid".to_owned(),
        }),
    }
}

fn given_roots(pem: &[u8]) -> Result<RootCertStore, ConfigError> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(ROOTS, pem)? {
        let added = roots.add(certificate);
        added.map_err(|error| ConfigError::InvalidCertificate {
            setting: ROOTS,
            what: "a certificate",
            problem: format!("cannot be read: {error}"),
        })?;
    }
    Ok(roots)
}

/// The certificates in `SSL_CERT_FILE` and the directories in `SSL_CERT_DIR`, if at least one is
/// set.
///
/// # Errors
///
/// A variable that is set provides no certificate. Falling back to other roots would trust more
/// than the user asked for.
fn roots_by_environment(
    variable: impl Fn(&str) -> Option<OsString>,
) -> Result<Option<RootCertStore>, ConfigError> {
    let mut roots = None;
    for name in [FILE_VARIABLE, DIRS_VARIABLE] {
        let Some(value) = variable(name).filter(|value| !value.is_empty()) else {
            continue;
        };
        let roots = roots.get_or_insert_with(RootCertStore::empty);
        let unusable = |problem| ConfigError::NoTrustedCertificates {
            variable: name,
            path: value.to_string_lossy().into_owned(),
            problem,
        };
        let found = if name == FILE_VARIABLE {
            certificates_in_file(&value)
        } else {
            certificates_in_dirs(&value)
        };
        let found = found.map_err(|problem| unusable(format!("cannot be read: {problem}")))?;
        let (valid, _) = roots.add_parsable_certificates(found);
        if valid == 0 {
            return Err(unusable("contains no certificate".to_owned()));
        }
    }
    Ok(roots)
}

type ReadCertificates = Result<Vec<CertificateDer<'static>>, String>;

fn certificates_in_file(path: &OsStr) -> ReadCertificates {
    let certificates = CertificateDer::pem_file_iter(Path::new(path)).map_err(describe)?;
    let mut found = Vec::new();
    for certificate in certificates {
        match certificate {
            Ok(certificate) => found.push(certificate),
            Err(error @ pem::Error::Io(_)) => return Err(describe(error)),
            // Skip an invalid certificate in a bundle.
            Err(_) => {}
        }
    }
    Ok(found)
}

/// Missing directories are skipped if any other has certificates, as in OpenSSL.
fn certificates_in_dirs(paths: &OsStr) -> ReadCertificates {
    let mut found = Vec::new();
    let mut problem = None;
    for folder in std::env::split_paths(paths) {
        match std::fs::read_dir(folder) {
            Ok(files) => {
                let files = files.flatten().map(|file| file.path());
                let files = files.filter(|path| path.is_file());
                found.extend(
                    files
                        .flat_map(|path| certificates_in_file(path.as_os_str()))
                        .flatten(),
                );
            }
            Err(error) => problem = Some(error.to_string()),
        }
    }
    match problem {
        Some(problem) if found.is_empty() => Err(problem),
        _ => Ok(found),
    }
}

fn describe(error: pem::Error) -> String {
    match error {
        pem::Error::Io(error) => error.to_string(),
        _ => "it is not in PEM form".to_owned(),
    }
}
