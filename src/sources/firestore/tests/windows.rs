//! The window, fed with what listeners send: real changes, resets with everything again, counts, removals.

use super::{doc, int, moment, name, time};
use crate::sources::firestore::place::Place;
use crate::sources::firestore::query::{By, Plan};
use crate::sources::firestore::times::ours;
use crate::sources::firestore::window::{Change, Moment, Step, TARGET, Window};
use crate::sources::firestore::wire::listen_response::ResponseType;
use crate::sources::firestore::wire::target_change::TargetChangeType;
use crate::sources::firestore::wire::{
    Document, DocumentChange, DocumentDelete, DocumentRemove, ExistenceFilter, ListenResponse, TargetChange,
};
use tonic::Code;

fn at(second: u32) -> String {
    format!("2026-11-21T03:{:02}:{:02}Z", second / 60, second % 60)
}

/// A document that happened, was made and was changed in these seconds.
fn version(id: &str, happened: u32, made: u32, changed: u32) -> Document {
    Document {
        create_time: Some(moment(&at(made))),
        update_time: Some(moment(&at(changed))),
        ..doc(id, &[("ts", time(&at(happened))), ("n", int(i64::from(changed)))])
    }
}

/// One that was made when it happened.
fn new(id: &str, second: u32) -> Document {
    version(id, second, second, second)
}

fn answer(response: ResponseType) -> ListenResponse {
    ListenResponse { response_type: Some(response) }
}

fn put(document: Document) -> ListenResponse {
    let document = Some(document);
    answer(ResponseType::DocumentChange(DocumentChange { document, target_ids: vec![TARGET], ..Default::default() }))
}

fn leaves(document: Document) -> ListenResponse {
    let removed_target_ids = vec![TARGET];
    let change = DocumentChange { document: Some(document), removed_target_ids, ..Default::default() };
    answer(ResponseType::DocumentChange(change))
}

fn deleted(id: &str, second: u32) -> ListenResponse {
    let (document, read_time) = (name(id), Some(moment(&at(second))));
    answer(ResponseType::DocumentDelete(DocumentDelete { document, read_time, ..Default::default() }))
}

fn removed(id: &str) -> ListenResponse {
    answer(ResponseType::DocumentRemove(DocumentRemove { document: name(id), ..Default::default() }))
}

fn target(kind: TargetChangeType, second: Option<u32>) -> ListenResponse {
    answer(ResponseType::TargetChange(TargetChange {
        target_change_type: kind.into(),
        read_time: second.map(|second| moment(&at(second))),
        resume_token: second.map_or_else(Vec::new, |second| vec![second as u8]),
        ..Default::default()
    }))
}

fn window(limit: Option<usize>) -> Window {
    let place = Place::of("acme", "(default)", "jobs").unwrap();
    let plan = Plan { place, filters: Vec::new(), by: By::Time("ts".to_owned()), since: None };
    Window::new(plan, limit)
}

fn show(change: &Change) -> String {
    let id = |document: &Document| document.name.rsplit('/').next().unwrap_or_default().to_owned();
    let old = |before: &Option<_>| if before.is_some() { "" } else { "?" };
    match change {
        Change::Added(document) => format!("+{}", id(document)),
        Change::Modified { before, after } => format!("~{}{}", id(after), old(before)),
        Change::Deleted { name, before, .. } => format!("-{}{}", name.rsplit('/').next().unwrap(), old(before)),
        Change::Left { before, after } => format!("<{}{}", id(after), old(before)),
    }
}

/// What a moment tells: changes, then the doubtful ones with `?` before them, then `gap`.
fn told(moment: &Moment) -> String {
    let mut words: Vec<String> = moment.changes.iter().map(show).collect();
    let mut doubtful: Vec<String> =
        moment.doubtful.iter().map(|name| format!("?{}", name.rsplit('/').next().unwrap())).collect();
    doubtful.sort();
    words.extend(doubtful);
    words.extend(moment.gap.as_ref().map(|_| "gap".to_owned()));
    words.join(" ")
}

/// Feeds messages, and gives what each moment told; `again` and ends by their names.
fn feed(window: &mut Window, messages: Vec<ListenResponse>) -> Vec<String> {
    let steps = messages.into_iter().map(|message| window.take(message));
    steps
        .filter_map(|step| match step {
            Step::More => None,
            Step::Moment(moment) => Some(told(&moment)),
            Step::Again => Some("again".to_owned()),
            Step::Ended(code, words) => Some(format!("{code:?} {words}")),
        })
        .collect()
}

use TargetChangeType::{Add, Current, NoChange, Remove, Reset};

fn all_of(documents: &[Document], second: u32) -> Vec<ListenResponse> {
    let documents = documents.iter().cloned().map(put);
    let mut all: Vec<_> = std::iter::once(target(Reset, Some(second))).chain(documents).collect();
    all.extend([target(Current, Some(second)), target(NoChange, Some(second))]);
    all
}

#[test]
fn real_changes() {
    let mut window = window(Some(3));
    window.begin(false);
    let check = |window: &mut Window, messages: Vec<ListenResponse>, expected: &[&str]| {
        assert_eq!(feed(window, messages), expected);
    };
    let first = vec![
        target(Add, None),
        put(new("c", 3)),
        put(new("b", 2)),
        put(new("a", 1)),
        target(NoChange, Some(4)),
        target(Current, None),
        target(NoChange, Some(5)),
    ];
    check(&mut window, first, &["+c +b +a"]);
    assert_eq!(window.documents(), 3);
    // A change, which the service tells once more after a break.
    let change = vec![put(version("b", 2, 2, 10)), target(NoChange, Some(10))];
    check(&mut window, change.clone(), &["~b"]);
    window.begin(true);
    check(&mut window, change, &[]);
    check(&mut window, vec![target(Current, Some(11))], &[""]);
    // A new one pushes the last one out.
    check(&mut window, vec![put(new("d", 12)), removed("a"), target(NoChange, Some(12))], &["+d"]);
    // The same with the document that was pushed out.
    check(&mut window, vec![put(new("e", 13)), leaves(version("b", 2, 2, 10)), target(NoChange, Some(13))], &["+e"]);
    // One is deleted, and the one before the window comes in again: no news.
    let back = vec![deleted("e", 14), put(version("b", 2, 2, 10)), target(NoChange, Some(14))];
    check(&mut window, back, &["-e"]);
    assert_eq!(window.documents(), 3);
    // One that nobody knew comes in from behind.
    check(&mut window, vec![deleted("d", 15), put(new("z", 0)), target(NoChange, Some(15))], &["-d"]);
    // It matches no more; and one leaves without a word.
    check(&mut window, vec![leaves(version("b", 2, 2, 16)), target(NoChange, Some(16))], &["<b"]);
    check(&mut window, vec![removed("c"), target(NoChange, Some(17))], &["?c"]);
    // Nothing counts before its moment.
    check(&mut window, vec![put(new("f", 18))], &[]);
    check(&mut window, vec![target(NoChange, Some(18))], &["+f"]);
}

#[test]
fn everything_again_after_each_write() {
    let mut window = window(Some(3));
    window.begin(false);
    let (a, b, c) = (new("a", 1), new("b", 2), new("c", 3));
    let mut first = all_of(&[c.clone(), b.clone(), a.clone()], 4);
    first[0] = target(Add, None);
    assert_eq!(feed(&mut window, first), ["+c +b +a", ""]);
    let check = |window: &mut Window, documents: &[Document], second: u32, expected: &str| {
        assert_eq!(feed(window, all_of(documents, second)), [expected, ""]);
    };
    check(&mut window, &[c.clone(), b.clone(), a.clone()], 5, "");
    let b2 = version("b", 2, 2, 6);
    check(&mut window, &[c.clone(), b2.clone(), a.clone()], 6, "~b");
    let d = new("d", 7);
    check(&mut window, &[d.clone(), c.clone(), b2.clone()], 7, "+d");
    check(&mut window, &[d.clone(), b2.clone(), a.clone()], 8, "?c");
    let gone = window.missing(&name("c").into(), None);
    assert_eq!(show(&gone), "-c");
    // A break within the answer: nothing of it counts.
    assert!(feed(&mut window, vec![target(Reset, Some(9)), put(new("e", 9))]).is_empty());
    window.begin(true);
    check(&mut window, &[d.clone(), b2.clone(), a.clone()], 10, "");
    // Everything is gone.
    check(&mut window, &[], 11, "?a ?b ?d");
    assert_eq!(window.documents(), 0);
    // An unchanged one comes back, as when a filter's field is not what it compares.
    check(&mut window, &[d], 12, "");
    // Of several at once those that the window does not show leave a gap.
    check(&mut window, &[new("y", 33), new("x", 32), new("w", 31)], 33, "+y +x +w gap");
}

#[test]
fn documents_in_doubt() {
    let mut window = window(Some(3));
    window.begin(false);
    let documents = [new("c", 3), new("b", 2), new("a", 1)];
    feed(&mut window, all_of(&documents, 4));
    assert_eq!(feed(&mut window, all_of(&documents[2..], 5)), ["?b ?c", ""]);
    assert!(window.found(documents[0].clone()).is_none());
    assert_eq!(show(&window.found(version("b", 2, 2, 5)).unwrap()), "<b");
    // Its time was put back, so it is behind the window.
    feed(&mut window, all_of(&[new("f", 30), new("e", 20), new("d", 10)], 30));
    assert_eq!(feed(&mut window, all_of(&[new("f", 30), new("d", 10), new("c", 3)], 31)), ["?e", ""]);
    assert_eq!(show(&window.found(version("e", 1, 20, 31)).unwrap()), "~e");
}

#[test]
fn counts_that_differ_ask_anew() {
    let mut window = window(Some(10));
    window.begin(false);
    let filter =
        |count| answer(ResponseType::Filter(ExistenceFilter { target_id: TARGET, count, ..Default::default() }));
    // Nothing is compared before all are known.
    assert!(feed(&mut window, vec![target(Add, None), put(new("a", 1)), filter(7)]).is_empty());
    assert_eq!(feed(&mut window, vec![put(new("b", 2)), target(Current, Some(3))]), ["+a +b"]);
    window.begin(true);
    let change = vec![put(new("c", 4)), deleted("a", 4), filter(2), target(Current, Some(4))];
    assert_eq!(feed(&mut window, change), ["+c -a"]);
    assert_eq!(feed(&mut window, vec![filter(1)]), ["again"]);
    window.begin(false);
    assert_eq!(feed(&mut window, vec![put(new("c", 4)), target(Current, Some(5))]), ["?b"]);
}

#[test]
fn an_earlier_run_is_gone_on_from() {
    let plan = window(None).plan().clone();
    let key = |document: &Document| Some(plan.key(document, &document.name.as_str().into()));
    let seen = new("b", 2);
    // The service tells what changed since.
    let mut deltas = window(Some(3));
    deltas.resume(ours(&moment(&at(2))), key(&seen));
    deltas.begin(true);
    let since = vec![put(version("a", 1, 1, 5)), put(new("c", 3)), deleted("z", 4), target(Current, Some(6))];
    assert_eq!(feed(&mut deltas, since), ["~a? +c -z?"]);
    // It tells everything.
    let mut whole = window(Some(3));
    whole.resume(ours(&moment(&at(2))), key(&seen));
    whole.begin(true);
    let again = all_of(&[new("c", 3), seen.clone(), new("a", 1)], 6);
    assert_eq!(feed(&mut whole, again), ["+c", ""]);
    // So much was written that the window does not reach back.
    let mut far = window(Some(2));
    far.resume(ours(&moment(&at(2))), key(&seen));
    far.begin(false);
    assert_eq!(feed(&mut far, all_of(&[new("y", 40), new("x", 39)], 41)), ["+y +x gap", ""]);
    let between: Vec<_> = far.beside(vec![new("w", 38), new("x", 39)]).iter().map(show).collect();
    assert_eq!(between, ["+w"]);
}

#[test]
fn whole_answers_are_compared() {
    let mut window = window(Some(3));
    let told = |window: &mut Window, documents: &[Document]| told(&window.whole(documents.to_vec(), None));
    assert_eq!(told(&mut window, &[new("b", 2), new("a", 1)]), "+b +a");
    assert_eq!(told(&mut window, &[new("b", 2), new("a", 1)]), "");
    assert_eq!(told(&mut window, &[new("c", 3), version("b", 2, 2, 3)]), "+c ~b ?a");
    let came = window.came();
    assert_eq!((came.all, came.new), (6, 4));
}

#[test]
fn ends_are_told() {
    let mut window = window(None);
    window.begin(false);
    let mut end = TargetChange { target_change_type: Remove.into(), ..Default::default() };
    end.cause = Some(googleapis_tonic_google_firestore_v1::google::rpc::Status {
        code: 9,
        message: "no index".to_owned(),
        details: Vec::new(),
    });
    match window.take(answer(ResponseType::TargetChange(end))) {
        Step::Ended(Code::FailedPrecondition, words) => assert_eq!(words, "no index"),
        other => panic!("{other:?}"),
    }
    // Another target's end is nobody's business.
    let other = TargetChange { target_change_type: Remove.into(), target_ids: vec![9], ..Default::default() };
    assert!(matches!(window.take(answer(ResponseType::TargetChange(other))), Step::More));
}
