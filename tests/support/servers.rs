//! Servers that we did not write, started for a test: Google's Firestore emulator and a server of the storage API.
//!
//! Owns finding, starting, stopping and filling them. Where one is not there, a test says `skipped: …` and how to get it; with
//! `LOGDECK_REQUIRE_SERVERS=1` it fails instead.

#![allow(dead_code, reason = "several tests share it, and none needs all")]
#![allow(clippy::print_stderr, reason = "a test that skips says so")]

use serde_json::{Value, json};
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

/// How long a server may take until it answers; a virtual machine of Java on a busy system is slow.
const START: Duration = Duration::from_secs(90);
/// How long an answer may take.
const ANSWER: Duration = Duration::from_secs(30);

const FIRESTORE_HELP: &str = "`apt-get install google-cloud-cli-firestore-emulator` or `gcloud components install \
                              cloud-firestore-emulator`, and Java; LOGDECK_FIRESTORE_EMULATOR may name the jar";
const GCS_HELP: &str = "`.ci/run` installs it, or: python3 -m venv target/servers && target/servers/bin/pip install \
                        gcp-storage-emulator==2026.7.19; LOGDECK_GCS_PYTHON may name a python that has it";

/// Nothing, after saying what is missing; a failure where servers are required.
fn missing<T>(what: &str, how: &str) -> Option<T> {
    let is_required = std::env::var_os("LOGDECK_REQUIRE_SERVERS").is_some_and(|value| value == "1");
    assert!(!is_required, "{what} is missing and LOGDECK_REQUIRE_SERVERS=1: {how}");
    eprintln!("skipped: {what} — {how}");
    None
}

/// A process that listens on a port of loopback, and is killed with its test.
#[derive(Debug)]
struct Process {
    program: PathBuf,
    args: Vec<String>,
    port: u16,
    /// What it says, for a test that fails.
    log: PathBuf,
    child: Option<Child>,
}

impl Process {
    /// Starts it on a free port, which stands for `PORT` in the arguments.
    fn start(program: &Path, args: &[&str], log: &Path) -> Self {
        for _ in 0..3 {
            let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            let args = args.iter().map(|arg| arg.replace("PORT", &port.to_string())).collect();
            let mut process = Self { program: program.to_owned(), args, port, log: log.to_owned(), child: None };
            if process.run() {
                return process;
            }
            // Somebody else may have taken the port meanwhile.
        }
        panic!("{} does not start: {}", program.display(), std::fs::read_to_string(log).unwrap_or_default());
    }

    /// Runs it until it answers; false when it ended before.
    fn run(&mut self) -> bool {
        let log = File::create(&self.log).unwrap();
        let mut command = Command::new(&self.program);
        command.args(&self.args).stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        let child = self.child.insert(command.spawn().unwrap());
        let begun = Instant::now();
        while begun.elapsed() < START {
            if child.try_wait().unwrap().is_some() {
                return false;
            }
            if try_ask(self.port, "GET", "/", &[], b"").is_some_and(|(status, _)| status > 0) {
                return true;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!(
            "{} does not answer: {}",
            self.program.display(),
            std::fs::read_to_string(&self.log).unwrap_or_default()
        );
    }

    fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// One request and its answer; nothing when the server is not there or breaks off.
fn try_ask(port: u16, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Option<(u16, Vec<u8>)> {
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    let mut stream = TcpStream::connect_timeout(&address, ANSWER).ok()?;
    stream.set_read_timeout(Some(ANSWER)).ok()?;
    let mut head = format!("{method} {path} HTTP/1.0\r\nhost: 127.0.0.1:{port}\r\ncontent-length: {}\r\n", body.len());
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    stream.write_all(format!("{head}\r\n").as_bytes()).ok()?;
    stream.write_all(body).ok()?;
    let mut answer = BufReader::new(stream);
    let mut line = String::new();
    answer.read_line(&mut line).ok()?;
    let status = line.get(9..12)?.parse().ok()?;
    let mut length = None;
    loop {
        line.clear();
        answer.read_line(&mut line).ok()?;
        match line.trim_end().split_once(':') {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => length = value.trim().parse().ok(),
            Some(_) => {}
            None => break,
        }
    }
    let mut body = Vec::new();
    // One of the servers leaves the connection open though it was asked in HTTP/1.0.
    answer.take(length.unwrap_or(u64::MAX)).read_to_end(&mut body).ok()?;
    Some((status, body))
}

/// One request whose answer has to be good.
fn ask(port: u16, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let (status, answer) = try_ask(port, method, path, headers, body).expect("the server answers");
    assert!((200..300).contains(&status), "{method} {path}: {status} {}", String::from_utf8_lossy(&answer));
    answer
}

/// Escapes a name for an address.
fn escaped(name: &str) -> String {
    let byte = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    name.bytes().map(byte).collect()
}

/// A server of the storage API with the bucket `logs`.
#[derive(Debug)]
pub(crate) struct Gcs {
    process: Process,
    _dir: tempfile::TempDir,
}

impl Gcs {
    /// Starts one; nothing where it is not installed.
    pub(crate) fn start() -> Option<Self> {
        let installed = || Some(Path::new(env!("CARGO_TARGET_TMPDIR")).parent()?.join("servers/bin/python"));
        let python = std::env::var_os("LOGDECK_GCS_PYTHON").map(PathBuf::from).or_else(installed)?;
        let mut check = Command::new(&python);
        check.args(["-c", "import gcp_storage_emulator"]).stdout(Stdio::null()).stderr(Stdio::null());
        if !check.status().is_ok_and(|status| status.success()) {
            return missing("gcp-storage-emulator", GCS_HELP);
        }
        let dir = tempfile::tempdir().unwrap();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support/gcs_emulator.py");
        let data = dir.path().join("data");
        let args = [
            script.to_str().unwrap(),
            "-d",
            data.to_str().unwrap(),
            "start",
            "--host",
            "127.0.0.1",
            "--port",
            "PORT",
            "--default-bucket",
            "logs",
        ];
        let process = Process::start(&python, &args, &dir.path().join("server.log"));
        Some(Self { process, _dir: dir })
    }

    /// What `STORAGE_EMULATOR_HOST` names.
    pub(crate) fn host(&self) -> String {
        format!("127.0.0.1:{}", self.process.port)
    }

    /// Writes a whole object, a new generation where there was one.
    pub(crate) fn put(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = format!("/upload/storage/v1/b/logs/o?uploadType=media&name={}", escaped(name));
        ask(self.process.port, "POST", &path, &[("content-type", "application/octet-stream")], bytes.as_ref());
    }

    /// The same with metadata, such as `contentEncoding`.
    pub(crate) fn put_with(&self, name: &str, about: &Value, bytes: &[u8]) {
        let mut body = format!(
            "--cut\r\ncontent-type: application/json\r\n\r\n{about}\r\n--cut\r\ncontent-type: text/plain\r\n\r\n"
        )
        .into_bytes();
        body.extend_from_slice(bytes);
        body.extend_from_slice(b"\r\n--cut--\r\n");
        let path = format!("/upload/storage/v1/b/logs/o?uploadType=multipart&name={}", escaped(name));
        ask(self.process.port, "POST", &path, &[("content-type", "multipart/related; boundary=cut")], &body);
    }

    pub(crate) fn delete(&self, name: &str) {
        ask(self.process.port, "DELETE", &format!("/storage/v1/b/logs/o/{}", escaped(name)), &[], b"");
    }

    /// Ends it at once.
    pub(crate) fn kill(&mut self) {
        self.process.kill();
    }

    /// Starts it again on the same port, with what it had.
    pub(crate) fn restart(&mut self) {
        self.process.kill();
        assert!(self.process.run(), "it does not start again");
    }
}

/// Google's emulator of Firestore.
#[derive(Debug)]
pub(crate) struct Firestore {
    process: Process,
    _dir: tempfile::TempDir,
}

/// The one that tests share which do not end it. It ends with the last test that uses it.
static SHARED: Mutex<Weak<Firestore>> = Mutex::new(Weak::new());

impl Firestore {
    /// Starts one of the test's own; nothing where it is not installed.
    pub(crate) fn start() -> Option<Self> {
        let Some(jar) = Self::jar() else { return missing("the Firestore emulator", FIRESTORE_HELP) };
        let Some(java) = Self::java() else { return missing("Java for the Firestore emulator", FIRESTORE_HELP) };
        let dir = tempfile::tempdir().unwrap();
        let args = [
            "-Xmx512m",
            "-cp",
            jar.to_str().unwrap(),
            "com.google.cloud.datastore.emulator.firestore.CloudFirestore",
            "start",
            "--host=127.0.0.1",
            "--port=PORT",
        ];
        // Java itself rather than the SDK's script, which would leave it behind when it is killed.
        let process = Process::start(&java, &args, &dir.path().join("server.log"));
        Some(Self { process, _dir: dir })
    }

    /// One that other tests use, too: each with a project of its own.
    pub(crate) fn shared() -> Option<Arc<Self>> {
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(server) = shared.upgrade() {
            return Some(server);
        }
        let server = Arc::new(Self::start()?);
        *shared = Arc::downgrade(&server);
        Some(server)
    }

    fn jar() -> Option<PathBuf> {
        let named = std::env::var_os("LOGDECK_FIRESTORE_EMULATOR").map(PathBuf::from);
        let of_gcloud = || {
            let asked = Command::new("gcloud").args(["info", "--format=value(installation.sdk_root)"]).output().ok()?;
            Some(PathBuf::from(String::from_utf8(asked.stdout).ok()?.trim()))
        };
        let inside = |root: PathBuf| root.join("platform/cloud-firestore-emulator/cloud-firestore-emulator.jar");
        let roots = std::env::var_os("CLOUDSDK_ROOT_DIR").map(PathBuf::from).into_iter();
        let roots = roots.chain(["/usr/lib/google-cloud-sdk".into(), "/usr/share/google-cloud-sdk".into()]);
        let mut jars = named.into_iter().chain(roots.map(inside)).filter(|jar| jar.is_file());
        // Asking gcloud takes a second, so it is the last.
        jars.next().or_else(|| Some(inside(of_gcloud()?)).filter(|jar| jar.is_file()))
    }

    fn java() -> Option<PathBuf> {
        let home = std::env::var_os("JAVA_HOME").map(|home| PathBuf::from(home).join("bin/java"));
        let works = |java: &PathBuf| {
            let mut version = Command::new(java);
            version.arg("-version").stdout(Stdio::null()).stderr(Stdio::null());
            version.status().is_ok_and(|status| status.success())
        };
        home.into_iter().chain([PathBuf::from("java")]).find(works)
    }

    /// What `FIRESTORE_EMULATOR_HOST` names.
    pub(crate) fn host(&self) -> String {
        format!("127.0.0.1:{}", self.process.port)
    }

    fn path(project: &str, document: &str) -> String {
        let parts: Vec<_> = document.split('/').map(escaped).collect();
        format!("/v1/projects/{project}/databases/(default)/documents/{}", parts.join("/"))
    }

    /// Writes a whole document. Values are plain JSON, or `{"…Value": …}` as the service writes them.
    pub(crate) fn set(&self, project: &str, document: &str, fields: &Value) {
        assert!(self.try_set(project, document, fields), "{document} cannot be written");
    }

    /// The same; false where the server is not there.
    pub(crate) fn try_set(&self, project: &str, document: &str, fields: &Value) -> bool {
        let body = json!({ "fields": fields_of(fields) }).to_string();
        let headers = [("content-type", "application/json")];
        let answer = try_ask(self.process.port, "PATCH", &Self::path(project, document), &headers, body.as_bytes());
        match answer {
            Some((200, _)) => true,
            Some((status, text)) if status < 500 => panic!("{document}: {status} {}", String::from_utf8_lossy(&text)),
            _ => false,
        }
    }

    pub(crate) fn delete(&self, project: &str, document: &str) {
        ask(self.process.port, "DELETE", &Self::path(project, document), &[], b"");
    }

    /// Ends it at once. What it had is gone.
    pub(crate) fn kill(&mut self) {
        self.process.kill();
    }

    /// Starts it again on the same port, empty.
    pub(crate) fn restart(&mut self) {
        self.process.kill();
        assert!(self.process.run(), "it does not start again");
    }
}

fn fields_of(fields: &Value) -> Value {
    let Value::Object(fields) = fields else { panic!("a document is an object") };
    fields.iter().map(|(name, value)| (name.clone(), value_of(value))).collect()
}

/// A value as the service writes it: `{"integerValue": "1"}`.
fn value_of(value: &Value) -> Value {
    match value {
        Value::Null => json!({ "nullValue": null }),
        Value::Bool(flag) => json!({ "booleanValue": flag }),
        Value::Number(number) if number.is_i64() => json!({ "integerValue": number.to_string() }),
        Value::Number(number) => json!({ "doubleValue": number }),
        Value::String(text) => json!({ "stringValue": text }),
        Value::Array(items) => json!({ "arrayValue": { "values": items.iter().map(value_of).collect::<Vec<_>>() } }),
        Value::Object(map) => match map.iter().next() {
            Some((name, _)) if map.len() == 1 && name.ends_with("Value") => value.clone(),
            _ => json!({ "mapValue": { "fields": fields_of(value) } }),
        },
    }
}
