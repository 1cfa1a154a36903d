//! A server of one's own behind a proxy, whose certificate is from an authority of one's own.

use crate::stand::{PATH, RED, Stand, TOKEN, plain};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// No system can find it: whoever reaches it, does so through the proxy.
const HOST: &str = "ghes.invalid";

/// What came so far: the heads of requests to the proxy, and those that went through it to the server.
#[derive(Clone, Default)]
struct Heads {
    to_proxy: Arc<Mutex<Vec<String>>>,
    to_server: Arc<Mutex<Vec<String>>>,
}

/// A request's head, with the empty line behind it.
fn head(stream: &mut impl Read) -> String {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap_or(0) == 1 {
        head.push(byte[0]);
    }
    String::from_utf8(head).unwrap()
}

/// An authority's certificate, and how a server of that host proves who it is.
fn identity() -> (String, rustls::ServerConfig) {
    let ca_key = rcgen::KeyPair::generate().unwrap();
    let mut ca = rcgen::CertificateParams::new(Vec::new()).unwrap();
    ca.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    ca.key_usages = vec![rcgen::KeyUsagePurpose::KeyCertSign];
    let pem = ca.self_signed(&ca_key).unwrap().pem();
    let issuer = rcgen::Issuer::new(ca, ca_key);
    let key = rcgen::KeyPair::generate().unwrap();
    let server = rcgen::CertificateParams::new([HOST.to_owned()]).unwrap().signed_by(&key, &issuer).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let key = rustls::pki_types::PrivatePkcs8KeyDer::from(key.serialize_der()).into();
    (pem, config.with_no_client_auth().with_single_cert(vec![server.der().clone()], key).unwrap())
}

/// A proxy that lets through to `server`, in front of which it speaks TLS.
fn proxy(server: SocketAddr, heads: Heads, config: rustls::ServerConfig) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = listener.local_addr().unwrap();
    let config = Arc::new(config);
    let serve = move |mut stream: TcpStream| {
        let asked = head(&mut stream);
        let is_tunnel = asked.starts_with(&format!("CONNECT {HOST}:443 HTTP/1.1\r\n"));
        heads.to_proxy.lock().unwrap().push(asked);
        if !is_tunnel {
            return;
        }
        stream.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").unwrap();
        let connection = rustls::ServerConnection::new(Arc::clone(&config)).unwrap();
        let mut safe = rustls::StreamOwned::new(connection, stream);
        let asked = head(&mut safe);
        if asked.is_empty() {
            return;
        }
        let mut behind = TcpStream::connect(server).unwrap();
        behind.write_all(asked.replacen("\r\n", "\r\nconnection: close\r\n", 1).as_bytes()).unwrap();
        heads.to_server.lock().unwrap().push(asked);
        let mut answer = Vec::new();
        behind.read_to_end(&mut answer).unwrap();
        safe.write_all(&answer).unwrap();
        safe.conn.send_close_notify();
        safe.flush().unwrap();
    };
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let serve = serve.clone();
            thread::spawn(move || serve(stream));
        }
    });
    at
}

#[test]
fn a_proxy_gets_the_host_and_not_the_token() {
    let stand = Stand::new(plain());
    let heads = Heads::default();
    let (pem, config) = identity();
    let ca = stand.home.path().join("authority.pem");
    std::fs::write(&ca, pem).unwrap();
    let proxy = proxy(stand.server.address(), heads.clone(), config);
    let (proxy, base, ca) = (format!("http://{proxy}"), format!("https://{HOST}"), ca.to_str().unwrap());
    let around = [("HTTPS_PROXY", proxy.as_str()), ("GITHUB_API_URL", &base)];
    let asked = format!("github:{PATH}");
    // The authority has to be named.
    let ran = stand.logdeck_with(&around, &["runs", &asked]);
    let said = String::from_utf8(ran.stderr).unwrap();
    assert!(!ran.status.success() && said.contains(HOST) && said.contains("ca_file"), "{said}");
    assert!(heads.to_server.lock().unwrap().is_empty());

    let ran = stand.logdeck_with(&around, &["runs", &asked, "--ca-file", ca]);
    let table = String::from_utf8(ran.stdout).unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    assert!(table.contains(&format!("#{RED}")) && table.contains("failed"), "{table}");
    for head in heads.to_proxy.lock().unwrap().iter() {
        assert!(head.starts_with("CONNECT ") && !head.contains(TOKEN), "{head}");
        assert!(!head.to_ascii_lowercase().contains("authorization"), "{head}");
    }
    let through = heads.to_server.lock().unwrap();
    assert!(!through.is_empty());
    assert!(through.iter().all(|head| head.contains(&format!("Bearer {TOKEN}"))), "{through:?}");
}
