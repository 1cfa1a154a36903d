//! Why a request failed, in plain words.
//!
//! Owns the way from the errors of the libraries to [`HttpError`]. Must not pass on an address's query or credentials.

use super::{Around, Roots, slow};
use crate::ports::http::HttpError;
use rustls::CertificateError;
use std::error::Error;
use std::io;

/// Characters of somebody else's words that are passed on.
const MAX_WORDS: usize = 200;

/// The failure of a request to `host`.
pub(super) fn failure(error: &reqwest::Error, host: &str, scheme: &str, around: &Around) -> HttpError {
    let host_text = host.to_owned();
    let causes = chain(error);
    if !error.is_connect() {
        return HttpError::Broken { host: host_text, why: broken(&causes) };
    }
    if let Some(tls) = causes.iter().find_map(|cause| cause.downcast_ref::<rustls::Error>()) {
        return HttpError::Tls { host: host_text, why: tls_words(tls, around.roots) };
    }
    if causes.iter().any(|cause| cause.to_string() == "tls handshake eof") {
        return HttpError::Tls { host: host_text, why: "it hung up instead of agreeing on a key".to_owned() };
    }
    if error.is_timeout() {
        return slow(host, around.connect);
    }
    let mut why = connect_words(error, &causes);
    if let Some(proxy) = around.proxies.words(scheme) {
        why = format!("{why}; {proxy}");
    }
    HttpError::Connect { host: host_text, why }
}

/// The errors behind an error, outermost first, those inside of an [`io::Error`] included.
fn chain<'e>(error: &'e (dyn Error + 'static)) -> Vec<&'e (dyn Error + 'static)> {
    let mut causes = Vec::new();
    let mut next = Some(error);
    while let Some(cause) = next.filter(|_| causes.len() < 32) {
        causes.push(cause);
        let inner = cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        next = inner.map(|inner| inner as &(dyn Error + 'static)).or_else(|| cause.source());
    }
    causes
}

fn io_kind(causes: &[&(dyn Error + 'static)]) -> Option<io::ErrorKind> {
    causes.iter().rev().find_map(|cause| cause.downcast_ref::<io::Error>()).map(io::Error::kind)
}

fn connect_words(error: &reqwest::Error, causes: &[&(dyn Error + 'static)]) -> String {
    let words = last(causes);
    if error.is_dns() {
        let is_unknown = ["not known", "nodename", "No address"].iter().any(|known| words.contains(known));
        return if is_unknown {
            "no server has this name".to_owned()
        } else {
            format!("its name was not found: {words}")
        };
    }
    let tunnel = causes.iter().map(ToString::to_string).find_map(|text| {
        let words = match text.strip_prefix("tunnel error: ")? {
            "proxy authorization required" => "the proxy asks for a name and a password, or refuses those it got",
            "unsuccessful" => "the proxy refuses to connect",
            "unexpected end of file" => "the proxy hung up",
            _ => return None,
        };
        Some(words.to_owned())
    });
    tunnel.unwrap_or_else(|| match io_kind(causes) {
        Some(io::ErrorKind::ConnectionRefused) => "nothing listens there (connection refused)".to_owned(),
        Some(io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable | io::ErrorKind::NetworkDown) => {
            "no way leads there (is the network up?)".to_owned()
        }
        Some(io::ErrorKind::ConnectionReset) => "it reset the connection".to_owned(),
        _ => words,
    })
}

fn broken(causes: &[&(dyn Error + 'static)]) -> String {
    let words = last(causes);
    match io_kind(causes) {
        Some(io::ErrorKind::UnexpectedEof) => "it ended before all had come".to_owned(),
        Some(io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe) => "it reset the connection".to_owned(),
        _ if words.contains("before message completed") => "it hung up without an answer".to_owned(),
        _ => words,
    }
}

fn tls_words(error: &rustls::Error, roots: Roots) -> String {
    use rustls::Error as Tls;
    match error {
        Tls::InvalidCertificate(_) if roots == Roots::None => {
            "this system has no certificates of authorities: install `ca-certificates`, or name a file of them with \
             `ca_file`"
                .to_owned()
        }
        Tls::InvalidCertificate(error) => certificate_words(error),
        Tls::InvalidMessage(_) => "it does not speak TLS there".to_owned(),
        Tls::AlertReceived(alert) => format!("it refused the handshake ({alert:?})"),
        Tls::PeerIncompatible(_) => "it speaks only versions of TLS that are not safe".to_owned(),
        other => bounded(&other.to_string()),
    }
}

fn certificate_words(error: &CertificateError) -> String {
    use CertificateError as Bad;
    match error {
        Bad::UnknownIssuer => {
            "its certificate is from an authority that is not trusted here; `ca_file` can name that authority's own \
             certificate"
        }
        Bad::Expired | Bad::ExpiredContext { .. } => "its certificate has expired, or the clock here is wrong",
        Bad::NotValidYet | Bad::NotValidYetContext { .. } => {
            "its certificate is not valid yet, or the clock here is wrong"
        }
        Bad::NotValidForName | Bad::NotValidForNameContext { .. } => "its certificate is for another name",
        Bad::Revoked => "its certificate was revoked",
        // webpki names its reason only in Debug; an authority's certificate used as a server's is the one people meet.
        other if format!("{other:?}").contains("CaUsedAsEndEntity") => {
            "its certificate is self-signed; `ca_file` cannot help, since it is marked as an authority's"
        }
        other => return format!("its certificate is wrong: {}", bounded(&format!("{other}"))),
    }
    .to_owned()
}

/// Whether a client could not be made because the system has no certificates.
pub(super) fn is_without_roots(error: &reqwest::Error) -> bool {
    chain(error).iter().any(|cause| cause.to_string().contains("No CA certificates"))
}

/// The innermost words of an error.
pub(super) fn last_words(error: &reqwest::Error) -> String {
    last(&chain(error))
}

fn last(causes: &[&(dyn Error + 'static)]) -> String {
    let text = causes.last().map(ToString::to_string).unwrap_or_default();
    // An address in it may hold a secret.
    if text.contains("://") || text.is_empty() { "an error of the protocol".to_owned() } else { bounded(&text) }
}

/// Somebody else's words without line breaks and the like.
fn bounded(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(MAX_WORDS).collect()
}

/// An address without credentials, query and fragment.
pub(super) fn without_secrets(address: &str) -> String {
    let address = address.split(['?', '#']).next().unwrap_or_default();
    let (scheme, rest) = address.split_once("://").map_or(("", address), |(scheme, rest)| (scheme, rest));
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let slashes = if scheme.is_empty() { "" } else { "://" };
    bounded(&format!("{scheme}{slashes}{host}{path}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_lose_their_secrets() {
        let check = |address: &str, expected: &str| assert_eq!(without_secrets(address), expected, "{address}");
        check("https://u:p@host:8/a?sig=secret#x", "https://host:8/a");
        check("https://u:p@host?sig", "https://host");
        check("host/a?b", "host/a");
        check("u:p@host", "host");
        check("", "");
        check("a\r\nb", "ab");
        assert_eq!(without_secrets(&"x".repeat(9000)).len(), MAX_WORDS);
    }

    #[test]
    fn certificates_have_words() {
        let check = |error: CertificateError, expected: &str| {
            let words = tls_words(&rustls::Error::InvalidCertificate(error), Roots::Some);
            assert!(words.contains(expected), "{words}");
        };
        check(CertificateError::UnknownIssuer, "`ca_file` can name");
        check(CertificateError::Expired, "clock");
        check(CertificateError::NotValidYet, "clock");
        check(CertificateError::NotValidForName, "another name");
        check(CertificateError::BadEncoding, "wrong: ");
        let none = tls_words(&rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer), Roots::None);
        assert!(none.contains("ca-certificates"), "{none}");
        let alert = rustls::Error::AlertReceived(rustls::AlertDescription::HandshakeFailure);
        assert_eq!(tls_words(&alert, Roots::Some), "it refused the handshake (HandshakeFailure)");
    }

    #[test]
    fn causes_inside_of_io_errors_are_seen() {
        let inner = io::Error::new(io::ErrorKind::InvalidData, rustls::Error::DecryptError);
        let outer = io::Error::other(inner);
        assert!(chain(&outer).iter().any(|cause| cause.is::<rustls::Error>()));
        let address = io::Error::other("failed for https://host/?sig=secret");
        assert_eq!(last(&chain(&address)), "an error of the protocol");
    }
}
