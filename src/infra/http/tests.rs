//! The client against servers on loopback that say exactly what they are told.

use super::*;
use std::fmt::Write as _;
use std::io::Write;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::thread;

/// A server on loopback that answers each connection's requests with these bytes, one after the other; then it hangs up
/// or, with `Silence`, says nothing more.
struct Server {
    at: SocketAddr,
    asked: Receiver<String>,
}

#[derive(Clone)]
enum Say {
    Bytes(Vec<u8>),
    Silence,
}

fn say(text: impl AsRef<[u8]>) -> Say {
    Say::Bytes(text.as_ref().to_vec())
}

/// The head of a request, as it came.
fn head(stream: &mut impl Read) -> Option<String> {
    let (mut text, mut byte) = (Vec::new(), [0]);
    while !text.ends_with(b"\r\n\r\n") {
        if stream.read(&mut byte).ok()? == 0 {
            return None;
        }
        text.push(byte[0]);
    }
    String::from_utf8(text).ok()
}

impl Server {
    fn start(answers: Vec<Say>) -> Self {
        Self::with(answers, |stream| stream)
    }

    fn with<S: Read + Write>(answers: Vec<Say>, wrap: impl Fn(TcpStream) -> S + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let at = listener.local_addr().unwrap();
        let (tell, asked) = channel();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let mut stream = wrap(stream);
                for answer in &answers {
                    let Some(head) = head(&mut stream) else { break };
                    let _ = tell.send(head);
                    match answer {
                        Say::Bytes(bytes) => _ = stream.write_all(bytes).and_then(|()| stream.flush()),
                        Say::Silence => _ = stream.read(&mut [0; 1]),
                    }
                }
            }
        });
        Self { at, asked }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.at)
    }
}

fn options() -> Options {
    Options { proxies: Proxies::Off, ..Options::new("logdeck/test") }
}

fn get(url: String) -> Request {
    Request { url, ..Request::default() }
}

fn run<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

type Heard = (u16, Vec<(String, String)>, Result<Vec<u8>, HttpError>);

/// Status, headers and body.
async fn all(client: &Client, request: Request) -> Result<Heard, HttpError> {
    let mut answer = client.ask(request).await?;
    let (mut body, mut failed) = (Vec::new(), None);
    while let Some(piece) = answer.body.next().await {
        match piece {
            Ok(piece) => body.extend(piece),
            Err(error) => failed = Some(error),
        }
    }
    assert!(answer.body.next().await.is_none(), "after the end there is no more");
    Ok((answer.status, answer.headers, failed.map_or(Ok(body), Err)))
}

fn ask_with(options: &Options, request: Request) -> Result<Heard, HttpError> {
    let client = Client::new(options).unwrap();
    run(all(&client, request))
}

fn ask(request: Request) -> Result<Heard, HttpError> {
    ask_with(&options(), request)
}

fn packed(text: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

fn gzip_answer(text: &[u8]) -> Say {
    let body = packed(text);
    let head = format!("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n", body.len());
    say([head.as_bytes(), &body].concat())
}

#[test]
fn status_headers_and_body_come_as_they_are() {
    let server = Server::start(vec![say(
        "HTTP/1.1 404 Not Found\r\nX-RateLimit-Remaining: 59\r\nx-bytes: \u{e9}\r\ncontent-length: 4\r\n\r\ngone",
    )]);
    let mut request = get(server.url("/a?b=c"));
    request.headers = vec![("authorization", "Bearer abc".to_owned())];
    let (status, headers, body) = ask(request).unwrap();
    let header = |name: &str| headers.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str());
    assert_eq!((status, header("x-ratelimit-remaining"), header("x-bytes")), (404, Some("59"), None));
    assert_eq!(body.unwrap(), b"gone");
    let asked = server.asked.recv().unwrap();
    assert!(asked.starts_with("GET /a?b=c HTTP/1.1\r\n"), "{asked}");
    for line in ["authorization: Bearer abc", "user-agent: logdeck/test", "accept-encoding: gzip"] {
        assert!(asked.contains(&format!("\r\n{line}\r\n")), "{line}: {asked}");
    }
}

#[test]
fn a_connection_is_used_again() {
    let ok = say("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
    let server = Server::start(vec![ok.clone(), ok]);
    let client = Client::new(&options()).unwrap();
    run(async {
        for _ in 0..2 {
            let mut request = get(server.url("/"));
            (request.method, request.body) = ("POST", Vec::new());
            assert_eq!(all(&client, request).await.unwrap().2.unwrap(), b"ok");
        }
    });
    // The server takes a second connection only when the first has ended.
    assert_eq!(server.asked.try_iter().count(), 2);
}

#[test]
fn a_redirect_is_an_answer() {
    let server = Server::start(vec![say(
        "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/x?sig=secret\r\ncontent-length: 0\r\n\r\n",
    )]);
    let (status, headers, body) = ask(get(server.url("/logs"))).unwrap();
    assert_eq!((status, body.unwrap().len(), server.asked.try_iter().count()), (302, 0, 1));
    assert!(headers.contains(&("location".to_owned(), "http://127.0.0.1:1/x?sig=secret".to_owned())));
}

#[test]
fn a_body_that_is_cut_is_broken() {
    let check = |text: &[u8]| {
        let server = Server::start(vec![say(text)]);
        let host = server.at.to_string();
        let error = ask(get(server.url("/?sig=secret"))).unwrap().2.unwrap_err();
        assert_eq!(error, HttpError::Broken { host, why: "it ended before all had come".to_owned() });
    };
    check(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf");
    check(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n8\r\nxx");
    let whole = packed(&[b'x'; 5000]);
    let half = &whole[..whole.len() - 3];
    let head = format!("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n", half.len());
    check(&[head.as_bytes(), half].concat());
}

#[test]
fn no_answer_and_nonsense_are_broken() {
    let check = |text: &str, words: &str| {
        let server = Server::start(vec![say(text)]);
        let error = ask(get(server.url("/?sig=secret"))).unwrap_err();
        let HttpError::Broken { why, .. } = &error else { panic!("{error:?}") };
        assert!(why.contains(words) && !error.to_string().contains("secret"), "{error}");
    };
    check("", "without an answer");
    check("\u{16}\u{3}\u{1} no HTTP at all\r\n\r\n", "");
    check("SSH-2.0-OpenSSH_9.2\r\n", "");
}

#[test]
fn silence_is_slow() {
    let patient = |server: &Server| Request { patience: Some(Duration::from_millis(500)), ..get(server.url("/")) };
    let server = Server::start(vec![Say::Silence]);
    let slow = HttpError::Slow { host: server.at.to_string(), seconds: 1 };
    assert_eq!(ask(patient(&server)).unwrap_err(), slow);
    let server = Server::start(vec![say("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf"), Say::Silence]);
    let slow = HttpError::Slow { host: server.at.to_string(), seconds: 1 };
    assert_eq!(ask(patient(&server)).unwrap().2.unwrap_err(), slow);
}

#[test]
fn dropping_a_request_ends_its_connection() {
    let (tell, ended) = channel();
    let (asked, wait) = tokio::sync::oneshot::channel();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    thread::spawn(move || {
        let mut stream = listener.accept().unwrap().0;
        head(&mut stream).unwrap();
        let _ = asked.send(());
        let _ = tell.send(stream.read(&mut [0; 1]).ok());
    });
    let client = Client::new(&options()).unwrap();
    let ended = run(async {
        tokio::select! {
            answer = client.ask(get(url)) => panic!("{answer:?}"),
            asked = wait => asked.unwrap(),
        }
        tokio::task::spawn_blocking(move || ended.recv()).await.unwrap()
    });
    assert_eq!(ended.unwrap(), Some(0));
}

#[test]
fn a_port_without_a_listener_says_so() {
    let at = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let error = ask(get(format!("http://u:p@{at}/x?sig=secret"))).unwrap_err();
    let why = "nothing listens there (connection refused)".to_owned();
    assert_eq!(error, HttpError::Connect { host: at.to_string(), why });
}

#[test]
fn what_cannot_be_asked_is_told_without_secrets() {
    let check = |request: Request, expected: &str| {
        let error = ask(request).unwrap_err().to_string();
        assert_eq!(error, expected);
    };
    check(get("ftp://u:p@h/x?sig=secret".to_owned()), "`ftp://h/x` is no web address");
    check(get("not an address?secret".to_owned()), "`not an address` is no web address");
    check(get("https://?secret".to_owned()), "`https://` is no web address");
    let mut request = get("http://127.0.0.1:1/".to_owned());
    request.headers = vec![("authorization", "Bearer sec\nret".to_owned())];
    check(
        request,
        "this cannot be asked of 127.0.0.1:1: the header `authorization` has a line break or another character that is \
         not allowed",
    );
}

#[test]
fn gzip_is_undone_unless_the_request_chose() {
    let text: Vec<u8> = (0..60_000_u32).flat_map(u32::to_le_bytes).collect();
    let server = Server::start(vec![gzip_answer(&text)]);
    let (_, headers, body) = ask(get(server.url("/"))).unwrap();
    assert!(body.unwrap() == text);
    assert!(headers.iter().all(|(name, _)| name != "content-encoding" && name != "content-length"), "{headers:?}");

    let server = Server::start(vec![gzip_answer(&text)]);
    let mut request = get(server.url("/"));
    request.headers = vec![("accept-encoding", "identity".to_owned())];
    let (_, headers, body) = ask(request).unwrap();
    assert!(body.unwrap() == packed(&text), "untouched");
    assert!(headers.iter().any(|(name, _)| name == "content-encoding"));
    assert!(server.asked.recv().unwrap().contains("accept-encoding: identity\r\n"));
    let empty = "HTTP/1.1 304 Not Modified\r\ncontent-encoding: gzip\r\netag: \"1\"\r\n\r\n";
    let server = Server::start(vec![say(empty)]);
    let (status, _, body) = ask(get(server.url("/"))).unwrap();
    assert_eq!((status, body.unwrap().len()), (304, 0));
}

#[test]
fn a_proxy_is_asked_and_named() {
    let through = |at: SocketAddr| {
        let proxies = Proxies::of(|name| match name {
            "HTTP_PROXY" | "HTTPS_PROXY" => Some(format!("http://u:secret@{at}")),
            "NO_PROXY" => Some("direct.invalid".to_owned()),
            _ => None,
        });
        Options { proxies, ..options() }
    };
    let server = Server::start(vec![say("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")]);
    let heard = ask_with(&through(server.at), get("http://far.invalid/x".to_owned())).unwrap();
    assert_eq!(heard.2.unwrap(), b"ok");
    let asked = server.asked.recv().unwrap();
    assert!(asked.starts_with("GET http://far.invalid/x HTTP/1.1\r\n") && asked.contains("proxy-authorization"));

    let check = |answer: &str, expected: &str| {
        let server = Server::start(vec![say(answer)]);
        let error = ask_with(&through(server.at), get("https://far.invalid/?s=secret".to_owned())).unwrap_err();
        let why = format!("{expected}; HTTPS_PROXY names {}", server.at);
        assert_eq!(error, HttpError::Connect { host: "far.invalid".to_owned(), why });
        assert!(server.asked.recv().unwrap().starts_with("CONNECT far.invalid:443 HTTP/1.1\r\n"));
    };
    check("HTTP/1.1 407 No\r\n\r\n", "the proxy asks for a name and a password, or refuses those it got");
    check("HTTP/1.1 403 No\r\n\r\n", "the proxy refuses to connect");
    check("", "the proxy hung up");

    // This machine is reached without it.
    let server = Server::start(vec![say("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")]);
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    assert_eq!(ask_with(&through(nobody), get(server.url("/"))).unwrap().2.unwrap(), b"ok");
}

const CA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/tls/authority.pem");
const CHAIN: &[u8] = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/tls/server.pem"));
const KEY: &[u8] = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/tls/server.key"));

/// A server whose certificate is for `localhost` and from an authority that no system knows.
fn safe_server() -> Server {
    use rustls::pki_types::pem::PemObject;
    use rustls::pki_types::{CertificateDer, PrivateKeyDer};
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let chain = CertificateDer::pem_slice_iter(CHAIN).collect::<Result<Vec<_>, _>>().unwrap();
    let key = PrivateKeyDer::from_pem_slice(KEY).unwrap();
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    let config = Arc::new(config);
    let answer = say("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nsafe");
    Server::with(vec![answer], move |stream| {
        rustls::StreamOwned::new(rustls::ServerConnection::new(Arc::clone(&config)).unwrap(), stream)
    })
}

#[test]
fn an_authority_can_be_named() {
    let server = safe_server();
    let url = |name: &str| format!("https://{name}:{}/", server.at.port());
    let error = ask(get(url("localhost"))).unwrap_err();
    let HttpError::Tls { why, .. } = &error else { panic!("{error:?}") };
    assert!(why.contains("`ca_file`"), "{why}");
    let named = Options { ca_files: vec![CA.into()], ..options() };
    assert_eq!(ask_with(&named, get(url("localhost"))).unwrap().2.unwrap(), b"safe");
    let error = ask_with(&named, get(url("127.0.0.1"))).unwrap_err();
    let host = server.at.to_string();
    assert_eq!(error, HttpError::Tls { host, why: "its certificate is for another name".to_owned() });
}

#[test]
fn a_server_without_tls_says_so() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = listener.local_addr().unwrap();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.read(&mut [0; 512]);
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
            let _ = stream.read(&mut [0; 512]);
        }
    });
    let error = ask(get(format!("https://{at}/"))).unwrap_err();
    assert_eq!(error, HttpError::Tls { host: at.to_string(), why: "it does not speak TLS there".to_owned() });
}

#[test]
fn files_of_certificates_are_checked() {
    let dir = tempfile::tempdir().unwrap();
    let check = |content: &[u8], expected: &str| {
        let path = dir.path().join("ca.pem");
        std::fs::write(&path, content).unwrap();
        let error = Client::new(&Options { ca_files: vec![path.clone()], ..options() }).unwrap_err().to_string();
        assert!(error.starts_with(&format!("the certificates in {} cannot be used: ", path.display())), "{error}");
        assert!(error.contains(expected), "{error}");
    };
    check(b"", "there is none in it");
    check(KEY, "there is none in it");
    let mut damaged = String::from("-----BEGIN CERTIFICATE-----\n");
    writeln!(damaged, "AAAA\n-----END CERTIFICATE-----").unwrap();
    check(b"-----BEGIN CERTIFICATE-----\n%%%%\n-----END CERTIFICATE-----\n", "broken");
    let missing = Options { ca_files: vec![dir.path().join("none.pem")], ..options() };
    assert!(Client::new(&missing).unwrap_err().to_string().contains("No such file"));
    let directory = Options { ca_files: vec![dir.path().to_owned()], ..options() };
    assert!(Client::new(&directory).unwrap_err().to_string().contains("it is no file"));
    // A certificate that only looks like one is found out when the client is made.
    let path = dir.path().join("ca.pem");
    std::fs::write(&path, damaged).unwrap();
    assert!(Client::new(&Options { ca_files: vec![path], ..options() }).is_err());
}
