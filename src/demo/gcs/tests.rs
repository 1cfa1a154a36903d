//! The embedded storage, asked by raw HTTP and by the real client.

use super::*;
use crate::model::Timestamp;
use flate2::Compression;
use flate2::write::GzEncoder;
use google_cloud_auth::credentials::anonymous;
use google_cloud_storage::client::Storage;
use google_cloud_storage::model_ext::ReadRange;
use serde_json::{Value, json};
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

/// 2026-11-21T03:14:00Z
const NOW: Timestamp = Timestamp(1_795_230_840_123_000_000);

fn server() -> Server {
    let server = Server::start(State::new(Arc::new(|| NOW))).unwrap();
    server.state().bucket("logs");
    server
}

fn packed(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

struct Got {
    status: u16,
    headers: reqwest::header::HeaderMap,
    body: Vec<u8>,
}

impl Got {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// Asks for a path behind `/storage/v1/b/`, with these headers.
async fn get(server: &Server, path: &str, headers: &[(&str, &str)]) -> Got {
    try_get(server, path, headers).await.unwrap()
}

async fn try_get(server: &Server, path: &str, headers: &[(&str, &str)]) -> Result<Got, reqwest::Error> {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let mut request = client.get(format!("http://{}/storage/v1/b/{path}", server.address()));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = request.send().await?;
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    Ok(Got { status, headers, body: response.bytes().await?.to_vec() })
}

fn names(page: &Value) -> Vec<&str> {
    page["items"].as_array().into_iter().flatten().map(|item| item["name"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn an_object_is_told_as_a_resource() {
    let server = server();
    let generation = server.state().put("logs", "a b/1.log", "hello world", Meta::text());
    let told = get(&server, "logs/o/a%20b%2F1.log", &[]).await.json();
    let at = "2026-11-21T03:14:00.123Z";
    assert_eq!(generation, NOW.0 / 1000);
    assert_eq!(
        told,
        json!({
            "kind": "storage#object", "id": "logs/a b/1.log/1795230840123000", "bucket": "logs", "name": "a b/1.log",
            "selfLink": format!("http://{}/storage/v1/b/logs/o/a%20b%2F1.log", server.address()),
            "mediaLink": format!(
                "http://{}/download/storage/v1/b/logs/o/a%20b%2F1.log?generation=1795230840123000&alt=media",
                server.address()
            ),
            "generation": "1795230840123000", "metageneration": "1", "contentType": "text/plain",
            "storageClass": "STANDARD", "size": "11", "crc32c": "yZRlqg==", "md5Hash": "XrY7u+Ae7tCTyyK7j1rNww==",
            "etag": "CPjcj4SMmJgDEAE=", "timeCreated": at, "updated": at, "timeStorageClassUpdated": at, "timeFinalized": at,
        })
    );
}

#[tokio::test]
async fn listings_have_prefixes_offsets_and_pages() {
    let server = server();
    for name in ["a/1", "a/2", "a/sub/3", "a/sub/4", "a/z", "b/1", "ä"] {
        server.state().put("logs", name, name.as_bytes().to_vec(), Meta::text());
    }
    let check = async |query: &str, expected: &[&str], prefixes: &[&str]| {
        let page = get(&server, &format!("logs/o?{query}"), &[]).await.json();
        let found: Vec<_> =
            page["prefixes"].as_array().into_iter().flatten().map(|one| one.as_str().unwrap()).collect();
        assert_eq!((names(&page), found), (expected.to_vec(), prefixes.to_vec()), "{query}");
        page["nextPageToken"].as_str().map(str::to_owned)
    };
    check("", &["a/1", "a/2", "a/sub/3", "a/sub/4", "a/z", "b/1", "ä"], &[]).await;
    check("prefix=a%2F", &["a/1", "a/2", "a/sub/3", "a/sub/4", "a/z"], &[]).await;
    check("prefix=a/&delimiter=/", &["a/1", "a/2", "a/z"], &["a/sub/"]).await;
    check("delimiter=/", &["ä"], &["a/", "b/"]).await;
    check("prefix=a/&startOffset=a/2&endOffset=a/sub/4", &["a/2", "a/sub/3"], &[]).await;
    check("prefix=x", &[], &[]).await;
    let next = check("prefix=a/&delimiter=/&maxResults=3", &["a/1", "a/2"], &["a/sub/"]).await.unwrap();
    let next = check(&format!("prefix=a/&delimiter=/&maxResults=3&pageToken={next}"), &["a/z"], &[]).await;
    assert_eq!(next, None);
    let next = check("maxResults=6&startOffset=a/2", &["a/2", "a/sub/3", "a/sub/4", "a/z", "b/1", "ä"], &[]).await;
    assert_eq!(next, None);
    let page = get(&server, "logs/o?maxResults=1&fields=items(name,size),nextPageToken", &[]).await.json();
    assert_eq!(page, json!({ "items": [{ "name": "a/1", "size": "3" }], "nextPageToken": "CgNhLzE=" }));
    let bad = get(&server, "logs/o?pageToken=%21", &[]).await;
    assert_eq!((bad.status, &bad.json()["error"]["code"]), (400, &json!(400)));
}

#[tokio::test]
async fn a_thousand_rows_are_a_page() {
    let server = server();
    for n in 0..1001 {
        server.state().put("logs", &format!("{n:04}"), "", Meta::text());
    }
    let page = get(&server, "logs/o?maxResults=5000", &[]).await.json();
    let token = page["nextPageToken"].as_str().unwrap();
    let rest = get(&server, &format!("logs/o?pageToken={token}"), &[]).await.json();
    assert_eq!((names(&page).len(), names(&rest)), (1000, vec!["1000"]));
    let generations: Vec<&str> =
        page["items"].as_array().unwrap().iter().map(|item| item["generation"].as_str().unwrap()).collect();
    assert!(generations.is_sorted() && generations[0] < generations[1], "they rise");
}

#[tokio::test]
async fn bytes_come_whole_and_in_parts() {
    let server = server();
    server.state().put("logs", "a", "0123456789", Meta::text());
    let generation = server.state().append("logs", "a", "abcdef");
    let check = async |range: &str, status: u16, body: &str, content_range: &str| {
        let got = get(&server, "logs/o/a?alt=media", &[("range", range)]).await;
        assert_eq!((got.status, got.text(), got.header("content-range")), (status, body, content_range), "{range}");
    };
    check("bytes=8-11", 206, "89ab", "bytes 8-11/16").await;
    check("bytes=10-", 206, "abcdef", "bytes 10-15/16").await;
    check("bytes=-3", 206, "def", "bytes 13-15/16").await;
    check("bytes=16-", 416, "The requested range cannot be satisfied.", "bytes */16").await;
    check("nonsense", 200, "0123456789abcdef", "").await;
    let got = get(&server, &format!("logs/o/a?alt=media&generation={generation}"), &[]).await;
    let checks = [
        ("x-goog-generation", generation.to_string()),
        ("x-goog-metageneration", "1".to_owned()),
        ("x-goog-storage-class", "STANDARD".to_owned()),
        ("x-goog-stored-content-encoding", "identity".to_owned()),
        ("x-goog-stored-content-length", "16".to_owned()),
        ("x-goog-component-count", "2".to_owned()),
        ("x-goog-hash", format!("crc32c={}", json::crc32c(crc32c::crc32c(b"0123456789abcdef")))),
        ("content-length", "16".to_owned()),
        ("content-type", "text/plain".to_owned()),
        ("server", "UploadServer".to_owned()),
    ];
    for (name, value) in checks {
        assert_eq!(got.header(name), value, "{name}");
    }
    let old = get(&server, &format!("logs/o/a?alt=media&generation={}", generation - 1), &[]).await;
    assert_eq!((old.status, old.text()), (404, "No such object: logs/a"));
    let failed = get(&server, "logs/o/a?alt=media&ifGenerationMatch=1", &[]).await;
    assert_eq!(failed.status, 412);
    assert!(server.state().delete("logs", "a") && !server.state().delete("logs", "a"));
    assert_eq!(get(&server, "logs/o/a?alt=media", &[]).await.status, 404);
}

#[tokio::test]
async fn gzip_is_unpacked_for_those_who_do_not_take_it() {
    let server = server();
    let text = "line\n".repeat(100_000);
    let stored = packed(&text);
    server.state().put("logs", "a", stored.clone(), Meta::text().gzip());
    let got = get(&server, "logs/o/a?alt=media", &[("accept-encoding", "deflate, gzip;q=1")]).await;
    assert_eq!((&got.body, got.header("content-encoding"), got.header("warning")), (&stored, "gzip", ""));
    let got = get(&server, "logs/o/a?alt=media", &[("accept-encoding", "gzip"), ("range", "bytes=5-9")]).await;
    assert_eq!((got.status, &got.body[..]), (206, &stored[5..10]));
    let got = get(&server, "logs/o/a?alt=media", &[("range", "bytes=5-9")]).await;
    assert_eq!((got.status, got.text() == text, got.header("content-length")), (200, true, ""));
    assert_eq!(got.header("x-guploader-response-body-transformations"), "gunzipped");
    assert_eq!(got.header("x-goog-stored-content-length"), stored.len().to_string());
    server.state().put("logs", "a", stored[..stored.len() / 2].to_vec(), Meta::text().gzip());
    assert!(try_get(&server, "logs/o/a?alt=media", &[]).await.is_err(), "cut in the middle");
}

#[tokio::test]
async fn who_may_not_is_told_so_in_the_services_words() {
    let server = server();
    server.state().put("logs", "a", "x", Meta::text());
    let check = async |path: &str, headers: &[(&str, &str)], status: u16, reason: &str, words: &str| {
        let got = get(&server, path, headers).await;
        assert_eq!((got.status, got.header("content-type")), (status, "application/json; charset=UTF-8"), "{path}");
        let error = &got.json()["error"];
        let first = &error["errors"][0];
        assert_eq!(
            (&error["code"], &first["reason"], &first["domain"]),
            (&json!(status), &json!(reason), &json!("global"))
        );
        assert!(error["message"].as_str().unwrap().contains(words), "{error}");
    };
    check("nope/o", &[], 404, "notFound", "The specified bucket does not exist.").await;
    check("logs/o/x", &[], 404, "notFound", "No such object: logs/x").await;
    server.state().requester_pays("logs");
    check("logs/o", &[], 400, "required", "requester pays bucket but no user project provided").await;
    assert_eq!(get(&server, "logs/o?userProject=acme", &[]).await.status, 200);
    assert_eq!(get(&server, "logs/o", &[("x-goog-user-project", "acme")]).await.status, 200);
    server.state().require("t", "mira@acme.test");
    let pays = "logs/o?userProject=acme";
    let words = "Anonymous caller does not have storage.objects.list access to the Google Cloud Storage bucket.";
    check(pays, &[], 401, "required", words).await;
    check(pays, &[("authorization", "Bearer other")], 401, "authError", "Invalid Credentials").await;
    let bearer = [("authorization", "Bearer t")];
    assert_eq!(get(&server, pays, &bearer).await.status, 200);
    server.state().deny(Permission::List, "logs", "secret/");
    server.state().deny(Permission::Get, "logs", "a");
    assert_eq!(get(&server, pays, &bearer).await.status, 200);
    let words = "mira@acme.test does not have storage.objects.list access to the Google Cloud Storage bucket. \
                 Permission 'storage.objects.list' denied on resource (or it may not exist).";
    check("logs/o?prefix=secret/x", &bearer, 403, "forbidden", words).await;
    let got = get(&server, "logs/o/a?alt=media", &bearer).await;
    assert_eq!((got.status, got.header("content-type")), (403, "text/html; charset=UTF-8"));
    assert!(got.text().starts_with("mira@acme.test does not have storage.objects.get access"), "{}", got.text());
    server.state().expire("t");
    check(pays, &bearer, 401, "authError", "Invalid Credentials").await;
}

#[tokio::test]
async fn nothing_can_be_written() {
    let server = server();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let address = format!("http://{}/upload/storage/v1/b/logs/o?name=x", server.address());
    assert_eq!(client.post(address).body("x").send().await.unwrap().status(), 405);
    assert_eq!((server.state().names("logs").len(), server.journal()[0].method.as_str()), (0, "POST"));
}

#[tokio::test]
async fn faults_come_in_their_turn() {
    let server = server();
    server.state().put("logs", "a", "0123456789", Meta::text());
    server.fail(Aim::List, 1, Fault::Status(429, "3".into()));
    server.fail(Aim::Any, 1, Fault::Status(503, String::new()));
    server.fail(Aim::Object("a".into()), 1, Fault::BreakAfter(4));
    server.fail(Aim::Read, 1, Fault::IgnoreRange);
    server.fail(Aim::Listing("p".into()), 1, Fault::Instead("<html>"));
    let got = get(&server, "logs/o", &[]).await;
    assert_eq!((got.status, got.header("retry-after")), (429, "3"));
    assert_eq!(got.json()["error"]["errors"][0]["reason"], "rateLimitExceeded");
    assert_eq!(get(&server, "logs/o", &[]).await.status, 503);
    assert_eq!(get(&server, "logs/o", &[]).await.status, 200);
    assert!(try_get(&server, "logs/o/a?alt=media", &[]).await.is_err());
    assert_eq!(get(&server, "logs/o/a?alt=media", &[("range", "bytes=3-")]).await.status, 200);
    assert_eq!(get(&server, "logs/o?prefix=p", &[]).await.text(), "<html>");
    assert_eq!(server.faults_left(), 0);
    let seen = server.journal();
    assert_eq!(seen.iter().map(|seen| seen.status).collect::<Vec<_>>(), [429, 503, 200, 200, 200, 200]);
    assert_eq!((seen[3].sent, seen[4].sent, seen[4].range.as_deref()), (4, 10, Some("bytes=3-")));
    assert_eq!((server.reads(), &seen[4].what), (2, &What::Read("logs".into(), "a".into())));
    server.fail(Aim::Read, 1, Fault::StallAfter(4));
    let stalled = timeout(Duration::from_millis(200), try_get(&server, "logs/o/a?alt=media", &[])).await;
    assert!(stalled.is_err());
}

#[tokio::test]
async fn a_killed_server_comes_back_at_its_port_with_its_objects() {
    let server = server();
    server.state().put("logs", "a", "x", Meta::text());
    server.stop().await;
    assert!(try_get(&server, "logs/o", &[]).await.is_err());
    server.restart().unwrap();
    assert_eq!(names(&get(&server, "logs/o", &[]).await.json()), ["a"]);
}

#[tokio::test]
async fn the_real_client_reads_from_it() {
    let server = server();
    let lines: Vec<String> = (0..50_000).map(|n| format!("{{\"n\":{n}}}\n")).collect();
    let text = lines.concat();
    server.state().put("logs", "a/x y.ndjson", text.clone(), Meta::new("application/x-ndjson"));
    server.state().put("logs", "a/z.gz", packed(&text), Meta::text().gzip());
    let client = Storage::builder().with_endpoint(format!("http://{}", server.address()));
    let client = client.with_credentials(anonymous::Builder::new().build()).build().await.unwrap();
    let read = async |name: &str, range: ReadRange| {
        let request = client.read_object("projects/_/buckets/logs", name).set_read_range(range);
        let mut response = request.send().await.map_err(|error| error.to_string())?;
        let object = response.object();
        let mut bytes = Vec::new();
        while let Some(part) = response.next().await {
            bytes.extend_from_slice(&part.map_err(|error| error.to_string())?);
        }
        Ok::<_, String>((bytes, object))
    };
    let (bytes, object) = read("a/x y.ndjson", ReadRange::all()).await.unwrap();
    assert_eq!(bytes, text.as_bytes(), "and the checksum is right");
    assert_eq!((object.size, object.generation), (text.len() as i64, NOW.0 / 1000));
    assert_eq!(read("a/x y.ndjson", ReadRange::segment(10, 20)).await.unwrap().0, &text.as_bytes()[10..30]);
    assert_eq!(read("a/x y.ndjson", ReadRange::tail(5)).await.unwrap().0, &text.as_bytes()[text.len() - 5..]);
    assert_eq!(read("a/z.gz", ReadRange::all()).await.unwrap().0, packed(&text));
    let missing = read("nope", ReadRange::all()).await.unwrap_err();
    assert!(missing.contains("404"), "{missing}");
    server.clear_journal();
    server.fail(Aim::Read, 1, Fault::BreakAfter(100_000));
    assert_eq!(read("a/x y.ndjson", ReadRange::all()).await.unwrap().0, text.as_bytes(), "it goes on after a break");
    let ranges: Vec<_> = server.journal().into_iter().map(|seen| seen.range).collect();
    assert_eq!(ranges, [None, Some(format!("bytes=100000-{}", text.len() - 1))]);
}
