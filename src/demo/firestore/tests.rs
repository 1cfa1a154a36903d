//! The embedded database, asked by the generated client.

use super::*;
use crate::model::Timestamp;
use googleapis_tonic_google_firestore_v1::google::firestore::v1 as proto;
use proto::firestore_client::FirestoreClient;
use proto::listen_response::ResponseType;
use proto::structured_query::field_filter::Operator as Op;
use proto::structured_query::filter::FilterType;
use proto::structured_query::unary_filter::{OperandType, Operator as Unary};
use proto::structured_query::{
    CollectionSelector, CompositeFilter, Direction, FieldFilter, FieldReference, Filter, Order, UnaryFilter,
    composite_filter,
};
use proto::{
    BatchGetDocumentsRequest, Cursor, ListenRequest, ListenResponse, RunQueryRequest, RunQueryResponse,
    StructuredQuery, Target, listen_request, run_query_request, target,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request, Streaming};

/// 2026-11-21T03:14:00Z
const NOW: i64 = 1_795_230_840_000_000_000;
const DATABASE: &str = "projects/acme/databases/(default)";
const ROOT: &str = "projects/acme/databases/(default)/documents";

fn server() -> Server {
    let clock = AtomicI64::new(NOW);
    let state = State::new(Arc::new(move || Timestamp(clock.fetch_add(1_000_000, Ordering::SeqCst))), "acme");
    Server::start(state).unwrap()
}

async fn client(server: &Server) -> FirestoreClient<Channel> {
    let endpoint = Endpoint::from_shared(format!("http://{}", server.address())).unwrap();
    FirestoreClient::new(endpoint.connect().await.unwrap())
}

fn field(name: &str) -> FieldReference {
    FieldReference { field_path: name.to_owned() }
}

fn query(collection: &str) -> StructuredQuery {
    let from = vec![CollectionSelector { collection_id: collection.to_owned(), all_descendants: false }];
    StructuredQuery { from, ..StructuredQuery::default() }
}

fn ordered(collection: &str, name: &str, direction: Direction) -> StructuredQuery {
    let order = Order { field: Some(field(name)), direction: direction.into() };
    StructuredQuery { order_by: vec![order], ..query(collection) }
}

fn test(name: &str, op: Op, value: Value) -> Filter {
    let filter = FieldFilter { field: Some(field(name)), op: op.into(), value: Some(value) };
    Filter { filter_type: Some(FilterType::FieldFilter(filter)) }
}

fn filtered(collection: &str, filters: Vec<Filter>) -> StructuredQuery {
    let all = CompositeFilter { op: composite_filter::Operator::And.into(), filters };
    let filter = Filter { filter_type: Some(FilterType::CompositeFilter(all)) };
    StructuredQuery { r#where: Some(filter), ..query(collection) }
}

fn asks(parent: &str, query: StructuredQuery) -> RunQueryRequest {
    let query_type = Some(run_query_request::QueryType::StructuredQuery(query));
    RunQueryRequest { parent: parent.to_owned(), query_type, ..RunQueryRequest::default() }
}

/// The names of the documents that a query finds.
async fn found(server: &Server, query: StructuredQuery) -> Vec<String> {
    let mut answer = client(server).await.run_query(asks(ROOT, query)).await.unwrap().into_inner();
    let mut out = Vec::new();
    while let Some(RunQueryResponse { document, read_time, .. }) = answer.message().await.unwrap() {
        assert!(read_time.is_some());
        out.extend(document.map(|document| short(&document.name)));
    }
    out
}

fn short(name: &str) -> String {
    name.strip_prefix(ROOT).unwrap().trim_start_matches('/').to_owned()
}

/// A stream of the client's own, with the messages as short words.
struct Stream {
    wishes: mpsc::Sender<ListenRequest>,
    messages: Streaming<ListenResponse>,
    token: Vec<u8>,
}

impl Stream {
    async fn open(server: &Server) -> Result<Self, tonic::Status> {
        let (wishes, mut asked) = mpsc::channel(100);
        let requests = futures_util::stream::poll_fn(move |cx| asked.poll_recv(cx));
        let messages = client(server).await.listen(Request::new(requests)).await?.into_inner();
        Ok(Self { wishes, messages, token: Vec::new() })
    }

    fn add(&self, id: i32, query: StructuredQuery, token: Option<Vec<u8>>) {
        let query_type = Some(target::query_target::QueryType::StructuredQuery(query));
        let query = target::QueryTarget { parent: ROOT.to_owned(), query_type };
        self.wish(Target {
            target_id: id,
            target_type: Some(target::TargetType::Query(query)),
            resume_type: token.map(target::ResumeType::ResumeToken),
            ..Target::default()
        });
    }

    fn wish(&self, target: Target) {
        let change = Some(listen_request::TargetChange::AddTarget(target));
        let request =
            ListenRequest { database: DATABASE.to_owned(), target_change: change, ..ListenRequest::default() };
        self.wishes.try_send(request).unwrap();
    }

    async fn next(&mut self) -> Result<String, tonic::Status> {
        let wait = Duration::from_secs(20);
        let message = timeout(wait, self.messages.message()).await.expect("a message")?;
        let Some(ResponseType::TargetChange(change)) = message.as_ref().and_then(|one| one.response_type.as_ref())
        else {
            return Ok(match message.and_then(|one| one.response_type) {
                None => "end".to_owned(),
                Some(ResponseType::DocumentChange(change)) => {
                    format!("{} {:?}", short(&change.document.unwrap().name), change.target_ids)
                }
                Some(ResponseType::DocumentDelete(gone)) => format!("deleted {}", short(&gone.document)),
                Some(ResponseType::DocumentRemove(gone)) => format!("left {}", short(&gone.document)),
                Some(ResponseType::Filter(filter)) => format!("count {}", filter.count),
                Some(ResponseType::TargetChange(_)) => unreachable!(),
            });
        };
        if !change.resume_token.is_empty() {
            assert!(change.read_time.is_some());
            self.token.clone_from(&change.resume_token);
        }
        let cause = change.cause.as_ref().map(|cause| format!(" {} {}", cause.code, cause.message)).unwrap_or_default();
        Ok(format!("{}{:?}{cause}", change.target_change_type().as_str_name(), change.target_ids))
    }

    /// All messages up to the end of the snapshot.
    async fn snapshot(&mut self) -> Vec<String> {
        let mut out = Vec::new();
        loop {
            match self.next().await.unwrap().as_str() {
                "NO_CHANGE[]" => return out,
                message => out.push(message.to_owned()),
            }
        }
    }
}

#[tokio::test]
async fn queries_filter_order_and_page() {
    let server = server();
    for (name, n, tags) in [("a", 1, "x"), ("b", 3, "y"), ("c", 2, "x"), ("d", 2, "y")] {
        let all = fields([("n", int(n)), ("tags", array([text(tags)])), ("in", map(fields([("m", int(-n))])))]);
        server.state().set(&format!("c/{name}"), all);
    }
    server.state().set("c/e", fields([("n", text("2")), ("z", null()), ("nan", double(f64::NAN))]));
    server.state().set("c/a/c/deep", fields([("n", int(9))]));
    server.state().set("other/a", fields([("n", int(2))]));
    let check = async |query: StructuredQuery, expected: &[&str]| {
        assert_eq!(found(&server, query.clone()).await, expected, "{query:?}");
    };
    check(query("c"), &["c/a", "c/b", "c/c", "c/d", "c/e"]).await;
    check(ordered("c", "n", Direction::Descending), &["c/e", "c/b", "c/d", "c/c", "c/a"]).await;
    check(ordered("c", "in.m", Direction::Ascending), &["c/b", "c/c", "c/d", "c/a"]).await;
    check(filtered("c", vec![test("n", Op::GreaterThanOrEqual, int(2))]), &["c/c", "c/d", "c/b"]).await;
    check(filtered("c", vec![test("n", Op::Equal, double(2.0))]), &["c/c", "c/d"]).await;
    check(filtered("c", vec![test("n", Op::NotEqual, int(2))]), &["c/a", "c/b", "c/e"]).await;
    check(filtered("c", vec![test("n", Op::In, array([int(1), text("2")]))]), &["c/a", "c/e"]).await;
    check(filtered("c", vec![test("tags", Op::ArrayContains, text("y"))]), &["c/b", "c/d"]).await;
    let both = vec![test("tags", Op::ArrayContains, text("y")), test("n", Op::LessThan, int(3))];
    check(filtered("c", both), &["c/d"]).await;
    let by_name = test("__name__", Op::GreaterThan, reference(format!("{ROOT}/c/c")));
    check(filtered("c", vec![by_name]), &["c/d", "c/e"]).await;
    for (op, name) in [(Unary::IsNull, "z"), (Unary::IsNan, "nan")] {
        let filter = UnaryFilter { op: op.into(), operand_type: Some(OperandType::Field(field(name))) };
        let filter = Filter { filter_type: Some(FilterType::UnaryFilter(filter)) };
        check(StructuredQuery { r#where: Some(filter), ..query("c") }, &["c/e"]).await;
    }
    let group = CollectionSelector { collection_id: "c".into(), all_descendants: true };
    check(StructuredQuery { from: vec![group], ..query("c") }, &["c/a", "c/a/c/deep", "c/b", "c/c", "c/d", "c/e"])
        .await;
    let limited = StructuredQuery { limit: Some(2), ..ordered("c", "n", Direction::Descending) };
    check(limited.clone(), &["c/e", "c/b"]).await;
    check(StructuredQuery { offset: 1, ..limited.clone() }, &["c/b", "c/d"]).await;
    let cursor = |before: bool, values: Vec<Value>| Some(Cursor { values, before });
    let after = vec![int(2), reference(format!("{ROOT}/c/d"))];
    let mut limited = limited;
    limited.order_by.extend(ordered("c", "__name__", Direction::Descending).order_by);
    check(StructuredQuery { start_at: cursor(false, after.clone()), ..limited.clone() }, &["c/c", "c/a"]).await;
    check(StructuredQuery { start_at: cursor(true, after.clone()), ..limited.clone() }, &["c/d", "c/c"]).await;
    let whole = StructuredQuery { limit: None, ..limited };
    check(StructuredQuery { end_at: cursor(true, after), ..whole.clone() }, &["c/e", "c/b"]).await;
    check(StructuredQuery { start_at: cursor(false, vec![int(2)]), ..whole }, &["c/a"]).await;
    check(query("nothing"), &[]).await;
}

#[tokio::test]
async fn documents_are_got_by_name() {
    let server = server();
    let written = server.state().set("jobs/a", fields([("n", int(1))]));
    server.state().update("jobs/a", [("owner.name", text("x"))]);
    let documents = vec![format!("{ROOT}/jobs/a"), format!("{ROOT}/jobs/none")];
    let request = BatchGetDocumentsRequest { database: DATABASE.into(), documents, ..Default::default() };
    let mut answer = client(&server).await.batch_get_documents(request).await.unwrap().into_inner();
    let mut found = Vec::new();
    while let Some(response) = answer.message().await.unwrap() {
        found.push(response.result.unwrap());
    }
    let proto::batch_get_documents_response::Result::Found(document) = &found[0] else { panic!("{found:?}") };
    assert_eq!(document.fields, fields([("n", int(1)), ("owner", map(fields([("name", text("x"))])))]));
    let micros = |at: Option<prost_types::Timestamp>| at.map(|at| at.seconds * 1_000_000 + i64::from(at.nanos) / 1000);
    assert_eq!(micros(document.create_time), Some(written));
    assert!(micros(document.update_time) > micros(document.create_time));
    let missing = proto::batch_get_documents_response::Result::Missing(format!("{ROOT}/jobs/none"));
    assert_eq!(found[1], missing);
    assert_eq!(server.reads(), 1);
}

#[tokio::test]
async fn a_stream_tells_a_snapshot_and_then_differences() {
    let server = server();
    for n in 0..3 {
        server.state().set(&format!("c/{n}"), fields([("n", int(n))]));
    }
    let newest = StructuredQuery { limit: Some(2), ..ordered("c", "n", Direction::Descending) };
    let mut stream = Stream::open(&server).await.unwrap();
    stream.add(7, newest, None);
    assert_eq!(stream.snapshot().await, ["ADD[7]", "c/2 [7]", "c/1 [7]", "CURRENT[7]"]);
    server.state().set("c/3", fields([("n", int(3))]));
    assert_eq!(stream.snapshot().await, ["c/3 [7]", "left c/1"]);
    server.state().update("c/2", [("word", text("x"))]);
    assert_eq!(stream.snapshot().await, ["c/2 [7]"]);
    server.state().delete("c/3");
    assert_eq!(stream.snapshot().await, ["c/1 [7]", "deleted c/3"]);
    server.state().set("c/2", fields([]));
    assert_eq!(stream.snapshot().await, ["c/0 [7]", "left c/2"]);
    server.state().set("d/1", fields([]));
    assert_eq!(stream.snapshot().await, [""; 0], "other collections are only a moment");
    let both = vec![("c/1".to_owned(), None), ("c/9".to_owned(), Some(fields([("n", int(9))])))];
    server.state().commit(both);
    assert_eq!(stream.snapshot().await, ["c/9 [7]", "deleted c/1"], "one moment is one snapshot");
    assert_eq!((server.listeners(), server.reads()), (1, 7));
    drop(stream);
    while server.listeners() > 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn several_targets_share_a_stream() {
    let server = server();
    server.state().set("c/1", fields([("n", int(1))]));
    let mut stream = Stream::open(&server).await.unwrap();
    stream.add(1, query("c"), None);
    stream.snapshot().await;
    let documents = vec![format!("{ROOT}/c/1"), format!("{ROOT}/c/2")];
    let target = target::TargetType::Documents(target::DocumentsTarget { documents });
    stream.wish(Target { target_id: 2, target_type: Some(target), ..Target::default() });
    assert_eq!(stream.snapshot().await, ["ADD[2]", "c/1 [2]", "deleted c/2", "CURRENT[2]"]);
    server.state().set("c/2", fields([]));
    assert_eq!(stream.snapshot().await, ["c/2 [1, 2]"], "it comes once");
    let remove = Some(listen_request::TargetChange::RemoveTarget(1));
    let request = ListenRequest { database: DATABASE.into(), target_change: remove, ..ListenRequest::default() };
    stream.wishes.try_send(request).unwrap();
    assert_eq!(stream.snapshot().await, ["REMOVE[1]"]);
    server.state().delete("c/2");
    assert_eq!(stream.snapshot().await, ["deleted c/2"]);
}

#[tokio::test]
async fn a_stream_goes_on_where_it_was() {
    let server = server();
    for n in 0..4 {
        server.state().set(&format!("c/{n}"), fields([("n", int(n))]));
    }
    let newest = StructuredQuery { limit: Some(3), ..ordered("c", "n", Direction::Descending) };
    let mut stream = Stream::open(&server).await.unwrap();
    stream.add(1, newest.clone(), None);
    stream.snapshot().await;
    let token = stream.token.clone();
    assert_eq!(server.cut(&Cut::Reset), 1);
    assert!(stream.next().await.is_err());
    server.state().update("c/2", [("word", text("x"))]);
    server.state().set("c/5", fields([("n", int(5))]));
    server.state().delete("c/3");
    let resume = async |token: &[u8]| {
        let mut stream = Stream::open(&server).await.unwrap();
        stream.add(1, newest.clone(), Some(token.to_vec()));
        stream.snapshot().await
    };
    assert_eq!(resume(&token).await, ["ADD[1]", "c/5 [1]", "c/2 [1]", "deleted c/3", "count 3", "CURRENT[1]"]);
    server.state().set_removals(Removals::Counted);
    assert_eq!(resume(&token).await, ["ADD[1]", "c/5 [1]", "c/2 [1]", "count 3", "CURRENT[1]"]);
    server.state().expire_resume_tokens();
    let all = ["ADD[1]", "RESET[1]", "c/5 [1]", "c/2 [1]", "c/1 [1]", "CURRENT[1]"];
    assert_eq!(resume(&token).await, all);
    assert_eq!(resume(b"nonsense").await, all);
    assert_eq!(server.journal().iter().map(|seen| seen.resumed).collect::<Vec<_>>(), [0, 1, 1, 1, 1]);
}

#[tokio::test]
async fn an_emulators_stream_tells_everything_anew() {
    let server = server();
    server.state().set_deltas(Deltas::Resets);
    server.state().set("c/1", fields([]));
    let mut stream = Stream::open(&server).await.unwrap();
    stream.add(1, query("c"), None);
    stream.snapshot().await;
    server.state().set("c/2", fields([]));
    assert_eq!(stream.snapshot().await, ["RESET[1]", "c/1 [1]", "c/2 [1]", "CURRENT[1]"]);
}

#[tokio::test]
async fn errors_are_in_the_services_words() {
    let server = server();
    let ask = async |parent: &str, token: Option<&str>| {
        let mut request = Request::new(asks(parent, ordered("jobs", "ä", Direction::Ascending)));
        if let Some(token) = token {
            request.metadata_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
        }
        let status = match client(&server).await.run_query(request).await {
            Ok(answer) => answer.into_inner().message().await.map(drop),
            Err(status) => Err(status),
        };
        status.map_or_else(|status| (status.code(), status.message().to_owned()), |()| (Code::Ok, String::new()))
    };
    let other = "projects/acme/databases/other/documents";
    let (code, words) = ask(other, None).await;
    assert_eq!((code, words.starts_with("The database other does not exist for project acme")), (Code::NotFound, true));
    server.state().database("other");
    assert_eq!(ask(other, None).await.0, Code::Ok);
    assert_eq!(ask("nonsense", None).await.0, Code::InvalidArgument);
    server.state().missing_index("jobs", &["ä"]);
    let (code, words) = ask(ROOT, None).await;
    let link = "The query requires an index. You can create it here: \
                https://console.firebase.google.com/v1/r/project/acme/firestore/indexes?create_composite=";
    assert!(code == Code::FailedPrecondition && words.starts_with(link), "{words}");
    let mut stream = Stream::open(&server).await.unwrap();
    stream.add(3, ordered("jobs", "ä", Direction::Ascending), None);
    let removed = stream.next().await.unwrap();
    assert!(removed.starts_with("REMOVE[3] 9 The query requires an index."), "{removed}");
    server.state().build_indexes();
    server.state().deny(Rpc::Query);
    assert_eq!(ask(ROOT, None).await, (Code::PermissionDenied, "Missing or insufficient permissions.".into()));
    server.state().allow_all();
    server.state().require("t");
    assert_eq!((ask(ROOT, None).await.0, ask(ROOT, Some("t")).await.0), (Code::PermissionDenied, Code::Ok));
    server.state().expire("t");
    let (code, words) = ask(ROOT, Some("t")).await;
    assert!(code == Code::Unauthenticated && words.starts_with("Request had invalid"), "{words}");
    let status = Status { code: 13, message: "50 % – ä\n".into() };
    server.fail(None, 1, Fault::Status(status));
    assert_eq!(ask(ROOT, None).await, (Code::Internal, "50 % – ä\n".into()));
}

#[tokio::test]
async fn nothing_can_be_written() {
    let server = server();
    let request = proto::DeleteDocumentRequest { name: format!("{ROOT}/c/1"), current_document: None };
    let status = client(&server).await.delete_document(request).await.unwrap_err();
    let seen = server.journal().remove(0);
    assert_eq!((status.code(), seen.rpc, seen.name.as_str()), (Code::Unimplemented, Rpc::Other, "DeleteDocument"));
    assert_eq!(seen.code, Some(12));
}

#[tokio::test]
async fn streams_break_on_purpose() {
    let server = server();
    for n in 0..9 {
        server.state().set(&format!("c/{n}"), fields([]));
    }
    let read = async || {
        let mut answer = client(&server).await.run_query(asks(ROOT, query("c"))).await.unwrap().into_inner();
        let mut count = 0;
        loop {
            match answer.message().await {
                Ok(Some(_)) => count += 1,
                Ok(None) => return (count, Code::Ok),
                Err(status) => return (count, status.code()),
            }
        }
    };
    server.fail(Some(Rpc::Query), 1, Fault::After(4, Cut::Status(Status::unavailable())));
    assert_eq!((read().await, read().await), ((4, Code::Unavailable), (9, Code::Ok)));
    server.fail(Some(Rpc::Query), 1, Fault::After(2, Cut::Connection));
    let (count, code) = read().await;
    assert!(count <= 2 && code != Code::Ok, "{count} {code:?}");
    server.fail(Some(Rpc::Listen), 1, Fault::After(1, Cut::Stall));
    let mut stream = Stream::open(&server).await.unwrap();
    stream.add(1, query("c"), None);
    assert_eq!(stream.next().await.unwrap(), "ADD[1]");
    assert!(timeout(Duration::from_millis(100), stream.messages.message()).await.is_err());
    server.stop().await;
    assert!(stream.messages.message().await.is_err());
    server.restart().unwrap();
    assert_eq!(read().await, (9, Code::Ok), "it is back with all its documents");
}
