//! Answers that are none: what kind of trouble it is, in which words, and until when.

use super::super::error::Kind;
use super::super::limits::Urgency::{Background, Person};
use super::script::{BASE, NOON, Say, World, anonymous, run, world, world_of};
use crate::model::ci::Forge;

/// The kind, words that have to be said, and the wait in seconds.
#[track_caller]
fn check(world: &World, say: Say, kind: Kind, words: &str, wait: Option<i64>) {
    world.script.on("/repos/a/b?x=1", say);
    let error = run(world.client.get("/repos/a/b?x=1", Background)).unwrap_err();
    assert_eq!(error.kind, kind, "{error}");
    assert!(error.words.contains(words), "{error}");
    assert!(!error.words.contains(['\x1b', '\n']), "{error}");
    assert_eq!(error.retry_at.map(|at| at.0 / 1_000_000_000 - NOON), wait, "{error}");
}

fn message(status: u16, text: &str) -> Say {
    let body = serde_json::json!({"message": text, "documentation_url": "x"});
    Say::new(status, body.to_string())
}

#[test]
fn refusals_of_github() {
    let reset = (NOON + 600).to_string();
    let spent =
        message(403, "API rate limit exceeded").with("x-ratelimit-remaining", "0").with("x-ratelimit-limit", "60");
    let spent = spent.with("x-ratelimit-reset", &reset);
    check(&world(), spent.clone(), Kind::PrimaryLimit, "all requests of this hour are spent", Some(601));
    check(&anonymous(), spent, Kind::PrimaryLimit, "gh auth login", Some(601));
    let late = message(429, "x").with("x-ratelimit-remaining", "0").with("x-ratelimit-reset", "5000000000");
    check(&world(), late, Kind::PrimaryLimit, "", Some(7201));
    let soon = message(403, "You have exceeded a secondary rate limit").with("retry-after", "30");
    check(&world(), soon, Kind::SecondaryLimit, "too many requests", Some(30));
    check(&world(), message(403, "You have exceeded a secondary rate limit"), Kind::SecondaryLimit, "", Some(60));
    check(&world(), Say::new(429, "").with("retry-after", "99999"), Kind::SecondaryLimit, "429", Some(900));
    check(
        &world(),
        Say::new(429, "").with("retry-after", "99999999999999999999999"),
        Kind::SecondaryLimit,
        "",
        Some(900),
    );
    let date = Say::new(429, "").with("retry-after", "Sat, 21 Nov 2026 12:02:00 GMT");
    check(&world(), date, Kind::SecondaryLimit, "", Some(120));

    let scope =
        message(403, "Must have admin rights").with("x-oauth-scopes", "gist").with("x-accepted-oauth-scopes", "repo");
    check(&world(), scope, Kind::Scope, "lacks the scope repo (it has: gist)", None);
    let none = message(403, "x").with("x-oauth-scopes", "").with("x-accepted-oauth-scopes", "repo");
    check(&world(), none, Kind::Scope, "(it has: none)", None);
    let enough = message(403, "Nope").with("x-oauth-scopes", "repo, gist").with("x-accepted-oauth-scopes", "repo");
    check(&world(), enough, Kind::Forbidden, "Nope", None);
    let fine = message(403, "Resource not accessible").with("x-accepted-github-permissions", "actions=read");
    check(&world(), fine, Kind::Scope, "permission actions=read", None);
    let sso = message(403, "x").with("x-github-sso", "required; url=https://github.com/orgs/acme/sso?a=1");
    check(&world(), sso, Kind::Sso, "https://github.com/orgs/acme/sso?a=1", None);
    check(&world(), message(403, "Blocked\u{1b}[2J"), Kind::Forbidden, "does not allow /repos/a/b: Blocked", None);
    check(&anonymous(), message(403, "x"), Kind::Forbidden, "a token", None);

    check(
        &world(),
        message(404, "Not Found"),
        Kind::Missing,
        "/repos/a/b is not there, or is not visible to this token",
        None,
    );
    check(&anonymous(), message(404, "Not Found"), Kind::Missing, "private, and there is no token", None);
    check(&anonymous(), message(401, "Requires authentication"), Kind::BadToken, "wants a token", None);
    check(&world(), message(410, "Gone"), Kind::Gone, "no longer kept", None);
    check(&world(), message(422, "Validation Failed"), Kind::Status(422), "Validation Failed", None);
    check(&world(), Say::new(502, "<html>"), Kind::Server, "502", None);
    check(&world(), Say::new(503, "").with("retry-after", "5"), Kind::Server, "503", Some(5));
    check(&world(), Say::new(0, ""), Kind::Network, "cannot connect", None);
}

#[test]
fn refusals_of_gitlab() {
    let gitlab = |token| world_of(Forge::Gitlab, BASE, &[Ok(token)]);
    let scope = "{\"error\":\"insufficient_scope\",\"error_description\":\"x\",\"scope\":\"api read_api\"}";
    check(&gitlab(Some("t")), Say::new(403, scope), Kind::Scope, "api read_api", None);
    check(
        &gitlab(None),
        Say::new(404, "{\"message\":\"404 Project Not Found\"}"),
        Kind::Missing,
        "there is no token",
        None,
    );
    check(&gitlab(None), Say::new(401, "{\"message\":\"401 Unauthorized\"}"), Kind::BadToken, "GITLAB_TOKEN", None);
    let limit =
        Say::new(429, "Retry later").with("ratelimit-remaining", "0").with("ratelimit-reset", (NOON + 9).to_string());
    check(&gitlab(None), limit, Kind::PrimaryLimit, "", Some(10));
    check(
        &gitlab(None),
        Say::new(403, "{\"message\":{\"base\":[\"no\"]}}"),
        Kind::Forbidden,
        "{\"base\":[\"no\"]}",
        None,
    );
}

#[test]
fn good_statuses_with_bad_bodies() {
    let html = Say::new(200, "<!DOCTYPE html><html>").with("content-type", "text/html; charset=utf-8");
    check(&world(), html, Kind::WebPage, "web page", None);
    check(&world(), Say::json("  <html>"), Kind::WebPage, "web page", None);
    check(&world(), Say::new(200, "Sign in").with("content-type", "text/html"), Kind::WebPage, "", None);
    check(&world(), Say::json("{\"workflow_runs\":[{\"id\":1"), Kind::Truncated, "ends too early", None);
    check(&world(), Say::json(""), Kind::Truncated, "nothing", None);
    check(&world(), Say::json("nonsense"), Kind::Nonsense, "not understood", None);
    check(&world(), message(200, "Server Error"), Kind::HiddenError, "Server Error", None);
    check(&world(), Say::json("{\"error\":\"oops\"}"), Kind::HiddenError, "oops", None);
    let short = Say::json("[1]").with("content-length", "10");
    check(&world(), short, Kind::Network, "3 of 10 bytes", None);
    check(&world(), Say { breaks: Some(2), ..Say::json("[1,2,3]") }, Kind::Network, "broke off", None);
    // Not an error: a commit has a message too.
    let fine = world();
    fine.script.on("/x", Say::json("{\"message\":\"fix\",\"id\":1}"));
    run(fine.client.get("/x", Person)).unwrap();
}

#[test]
fn bad_bodies_are_not_kept() {
    let world = world();
    world.script.on("/x", Say::json("[1").with("etag", "\"a\""));
    run(world.client.get("/x", Background)).unwrap_err();
    assert!(world.kept.0.lock().unwrap().is_empty());
}

#[test]
fn passing_trouble_is_tried_again_for_a_person() {
    let world = world();
    world.script.on("/x", Say::new(502, ""));
    world.script.on("/x", Say::new(0, ""));
    world.script.on("/x", Say::json("[1]"));
    run(world.client.get("/x", Person)).unwrap();
    world.script.now("/y", Say::new(502, ""));
    run(world.client.get("/y", Background)).unwrap_err();
    assert_eq!(world.script.asked().len(), 4);
}

#[test]
fn a_limit_stops_all_requests_until_it_is_over() {
    let world = world();
    world.script.on("/x", message(403, "secondary rate limit").with("retry-after", "30"));
    world.script.on("/x", Say::json("[1]"));
    run(world.client.get("/x", Person)).unwrap_err();
    assert_eq!(run(world.client.get("/y", Person)).unwrap_err().kind, Kind::SecondaryLimit);
    assert_eq!(world.script.asked().len(), 1);
    world.clock.go(31);
    run(world.client.get("/x", Person)).unwrap();
}

#[test]
fn the_reserve_is_for_people() {
    let world = world();
    let say = Say::json("[1]").with("x-ratelimit-remaining", "500").with("x-ratelimit-limit", "5000");
    world.script.on("/x", say.with("x-ratelimit-reset", (NOON + 600).to_string()));
    run(world.client.get("/x", Background)).unwrap();
    let error = run(world.client.get("/x", Background)).unwrap_err();
    assert_eq!((error.kind, error.retry_at.unwrap().0), (Kind::Reserved, (NOON + 600) * 1_000_000_000));
    run(world.client.get("/x", Person)).unwrap();
    world.clock.go(601);
    run(world.client.get("/x", Background)).unwrap();
}

#[test]
fn a_redirect_to_another_server_is_named() {
    let world = world();
    world.script.on("/x", Say::to(301, "https://ghe.example:8443/x"));
    let error = run(world.client.get("/x", Person)).unwrap_err();
    assert!(error.words.contains("https://ghe.example:8443") && error.words.contains("gets no token"), "{error}");
}
