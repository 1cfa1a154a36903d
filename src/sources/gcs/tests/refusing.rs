//! What refusals say, and how long is waited behind them.

use super::super::refusal::{About, Asked, Kind, Refusal};
use std::time::Duration;

fn about(asked: Asked, account: &str) -> About<'_> {
    About { asked, account, bucket: "gs://logs", what: "gs://logs/a", user_project: None }
}

#[test]
fn sentences_name_who_asked_and_what_is_missing() {
    let json = |code: u16, message: &str, reason: &str| {
        format!("{{\"error\":{{\"code\":{code},\"message\":\"{message}\",\"errors\":[{{\"reason\":\"{reason}\"}}]}}}}")
    };
    let denied = "r@p does not have storage.objects.get access to the Google Cloud Storage object.";
    for (status, body, asked, account, kind, words) in [
        (
            401,
            json(401, "Invalid Credentials", "authError"),
            Asked::List,
            "r@p",
            Kind::Unknown,
            "r@p is not accepted (401",
        ),
        (401, json(401, "Anonymous caller", "required"), Asked::List, "anonymous", Kind::Forbidden, "is not public"),
        (
            403,
            json(403, denied, "forbidden"),
            Asked::List,
            "r@p",
            Kind::Forbidden,
            "r@p has no storage.objects.get on gs://logs",
        ),
        (403, String::new(), Asked::List, "r@p", Kind::Forbidden, "no storage.objects.list"),
        (403, "<html>proxy".to_owned(), Asked::Object, "r@p", Kind::Forbidden, "no storage.objects.get on gs://logs"),
        (403, json(403, "x", "userRateLimitExceeded"), Asked::List, "r@p", Kind::Passing, "too much"),
        (
            404,
            json(404, "The specified bucket does not exist.", "notFound"),
            Asked::List,
            "r@p",
            Kind::Absent,
            "no bucket gs://logs",
        ),
        (
            404,
            "No such object: logs/a".to_owned(),
            Asked::Object,
            "r@p",
            Kind::Absent,
            "gs://logs/a is gone (404: No such object",
        ),
        (412, String::new(), Asked::Object, "r@p", Kind::Absent, "gs://logs/a is gone"),
        (416, String::new(), Asked::Object, "r@p", Kind::NoRange, "shorter"),
        (
            400,
            json(400, "Bucket is a requester pays bucket but no user project provided.", "required"),
            Asked::List,
            "r@p",
            Kind::Lasting,
            "google.user_project",
        ),
        (400, json(400, "x", "userProjectMissing"), Asked::Object, "r@p", Kind::Lasting, "google.user_project"),
        (302, String::new(), Asked::List, "r@p", Kind::Lasting, "redirect"),
        (429, String::new(), Asked::List, "r@p", Kind::Passing, "too much"),
        (
            503,
            json(503, "Backend Error", "backendError"),
            Asked::List,
            "r@p",
            Kind::Passing,
            "a problem (503: Backend Error)",
        ),
        (418, "tea\nno".to_owned(), Asked::List, "r@p", Kind::Lasting, "refuses (418: tea)"),
    ] {
        let refusal = Refusal::of_answer(status, body.as_bytes(), None, &about(asked, account));
        assert_eq!(refusal.kind, kind, "{status} {body}");
        assert!(refusal.words.contains(words), "{status} {body}: {}", refusal.words);
    }
}

#[test]
fn waits_are_bounded() {
    let of = |header: Option<&str>| Refusal::of_answer(429, b"", header, &about(Asked::List, "r@p"));
    for (header, wait) in
        [(Some("7"), Some(7)), (Some("99999"), Some(300)), (Some("soon"), None), (Some("-1"), None), (None, None)]
    {
        assert_eq!(of(header).wait, wait.map(Duration::from_secs), "{header:?}");
    }
    for dice in [0, 511, 1023, u64::MAX] {
        let pauses: Vec<_> = (0..20).map(|tries| of(None).pause(tries, dice).as_millis()).collect();
        assert!(pauses.is_sorted() && pauses[0] >= 500 && pauses[19] <= 60_000, "{pauses:?}");
        assert!(of(Some("7")).pause(0, dice) >= Duration::from_secs(7));
    }
}
