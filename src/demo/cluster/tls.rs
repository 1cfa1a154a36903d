//! The cluster's certificates, made anew at each start, and the kubeconfig that trusts them.
//!
//! Owns both. Must not know requests.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

/// Which versions of HTTP the server offers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Offer {
    /// Both; clients that can speak HTTP/2 do.
    #[default]
    Both,
    /// HTTP/1.1 alone, as behind some load balancers.
    Http1,
}

/// What is made at start.
pub(super) struct Identity {
    pub(super) acceptor: TlsAcceptor,
    /// The certificate of the authority that signed the server's.
    pub(super) ca_pem: String,
}

pub(super) fn identity(offer: Offer) -> io::Result<Identity> {
    let (certificate, key, ca_pem) = certificates().map_err(io::Error::other)?;
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key));
    let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(vec![certificate.into()], key))
        .map_err(io::Error::other)?;
    config.alpn_protocols = match offer {
        Offer::Both => vec![b"h2".to_vec(), b"http/1.1".to_vec()],
        Offer::Http1 => vec![b"http/1.1".to_vec()],
    };
    Ok(Identity { acceptor: TlsAcceptor::from(Arc::new(config)), ca_pem })
}

/// The server's certificate and key, and the authority's certificate.
fn certificates() -> Result<(Vec<u8>, Vec<u8>, String), rcgen::Error> {
    let ca_key = rcgen::KeyPair::generate()?;
    let mut ca = rcgen::CertificateParams::new(Vec::new())?;
    ca.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    ca.distinguished_name.push(rcgen::DnType::CommonName, "kubernetes");
    ca.key_usages = vec![rcgen::KeyUsagePurpose::KeyCertSign, rcgen::KeyUsagePurpose::DigitalSignature];
    let ca_pem = ca.self_signed(&ca_key)?.pem();
    let issuer = rcgen::Issuer::new(ca, ca_key);
    let names = ["localhost", "kubernetes.default.svc", "127.0.0.1"].map(str::to_owned);
    let mut server = rcgen::CertificateParams::new(names)?;
    server.distinguished_name.push(rcgen::DnType::CommonName, "kube-apiserver");
    server.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ServerAuth];
    let key = rcgen::KeyPair::generate()?;
    let certificate = server.signed_by(&key, &issuer)?;
    Ok((certificate.der().to_vec(), key.serialize_der(), ca_pem))
}

/// A kubeconfig that is being made. Contexts name their clusters, users and themselves alike.
#[derive(Clone, Debug)]
pub struct Kubeconfig {
    clusters: Vec<(String, SocketAddr, String)>,
    contexts: Vec<(String, String, String, Login)>,
}

/// How a user logs in.
#[derive(Clone, Debug)]
pub enum Login {
    /// By a token that stands in the file.
    Token(String),
    /// By a token in another file.
    TokenFile(String),
    /// By a program that prints an `ExecCredential`: its command, and its arguments.
    Exec(String, Vec<String>),
    /// Not at all.
    Nobody,
}

impl Kubeconfig {
    pub(super) fn new(cluster: &str, address: SocketAddr, ca_pem: &str) -> Self {
        Self { clusters: vec![(cluster.to_owned(), address, ca_pem.to_owned())], contexts: Vec::new() }
    }

    /// Adds a context for the last cluster that was added. The first context is the current one.
    #[must_use]
    pub fn context(mut self, name: &str, namespace: &str, login: Login) -> Self {
        let cluster = self.clusters.last().map(|cluster| cluster.0.clone()).unwrap_or_default();
        self.contexts.push((name.to_owned(), cluster, namespace.to_owned(), login));
        self
    }

    /// Adds the clusters and contexts of another one.
    #[must_use]
    pub fn join(mut self, other: Self) -> Self {
        self.clusters.extend(other.clusters);
        self.contexts.extend(other.contexts);
        self
    }

    /// The file's text.
    pub fn text(&self) -> String {
        // A text of JSON is one of YAML.
        let quote = |text: &str| serde_json::Value::from(text).to_string();
        let mut out = "apiVersion: v1\nkind: Config\npreferences: {}\nclusters:\n".to_owned();
        for (name, address, ca) in &self.clusters {
            let host = if address.ip() == Ipv4Addr::UNSPECIFIED { Ipv4Addr::LOCALHOST.into() } else { address.ip() };
            let (name, port, ca) = (quote(name), address.port(), base64(ca.as_bytes()));
            out.push_str(&format!(
                "- name: {name}\n  cluster:\n    server: https://{host}:{port}\n    certificate-authority-data: {ca}\n"
            ));
        }
        out.push_str("users:\n");
        for (name, _, _, login) in &self.contexts {
            out.push_str(&format!("- name: {}\n  user:", quote(name)));
            match login {
                Login::Token(token) => out.push_str(&format!("\n    token: {}\n", quote(token))),
                Login::TokenFile(path) => out.push_str(&format!("\n    tokenFile: {}\n", quote(path))),
                Login::Nobody => out.push_str(" {}\n"),
                Login::Exec(command, arguments) => {
                    out.push_str("\n    exec:\n      apiVersion: client.authentication.k8s.io/v1\n");
                    let arguments: Vec<String> = arguments.iter().map(|argument| quote(argument)).collect();
                    out.push_str(&format!(
                        "      command: {}\n      args: [{}]\n      interactiveMode: Never\n",
                        quote(command),
                        arguments.join(", ")
                    ));
                }
            }
        }
        out.push_str("contexts:\n");
        for (name, cluster, namespace, _) in &self.contexts {
            let (name, cluster, namespace) = (quote(name), quote(cluster), quote(namespace));
            out.push_str(&format!(
                "- name: {name}\n  context: {{cluster: {cluster}, user: {name}, namespace: {namespace}}}\n"
            ));
        }
        let current = self.contexts.first().map_or_else(|| quote(""), |context| quote(&context.0));
        out.push_str(&format!("current-context: {current}\n"));
        out
    }
}

/// The usual alphabet, with padding.
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let mut word = [0; 3];
        word[..three.len()].copy_from_slice(three);
        let word = u32::from(word[0]) << 16 | u32::from(word[1]) << 8 | u32::from(word[2]);
        for place in 0..4 {
            let letter = ALPHABET[(word >> (18 - 6 * place)) as usize & 63];
            out.push(if place <= three.len() { char::from(letter) } else { '=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_as_everywhere() {
        let check = |text: &str, expected: &str| assert_eq!(base64(text.as_bytes()), expected);
        check("", "");
        check("f", "Zg==");
        check("fo", "Zm8=");
        check("foo", "Zm9v");
        check("foobar", "Zm9vYmFy");
    }
}
