//! Requests: what goes with them, redirects, kept answers, refusals.

use super::super::client::Got;
use super::super::error::Kind;
use super::super::limits::Urgency::Person;
use super::script::{BASE, NOON, Say, World, anonymous, header, run, world, world_of};
use crate::model::Timestamp;
use crate::model::ci::Forge;
use crate::model::time::SECOND;

fn get(world: &World, path: &str) -> Result<Got, super::super::ApiError> {
    run(world.client.get(path, Person))
}

#[test]
fn a_request_says_who_asks_and_what_for() {
    let world = world();
    world.script.on("/x", Say::json("{\"id\":1}"));
    get(&world, "/x").unwrap();
    let asked = &world.script.asked()[0];
    assert_eq!(asked.url, "https://api.github.com/x");
    assert_eq!(header(asked, "authorization"), Some("Bearer t0ken"));
    assert_eq!(header(asked, "accept"), Some("application/vnd.github+json"));
    assert_eq!(header(asked, "x-github-api-version"), Some("2022-11-28"));
    assert!(header(asked, "user-agent").unwrap().starts_with("logdeck/"));
    assert!(!world.client.is_anonymous());

    let none = anonymous();
    none.script.on("/x", Say::json("{\"id\":1}"));
    get(&none, "/x").unwrap();
    assert_eq!(header(&none.script.asked()[0], "authorization"), None);
    assert!(none.client.is_anonymous());
}

#[test]
fn what_did_not_change_is_not_sent_again() {
    let world = world();
    world.script.on(
        "/x",
        Say::json("[1]").with("etag", "\"a\"").with("link", "<https://api.github.com/x?page=2>; rel=\"next\""),
    );
    let first = get(&world, "/x").unwrap();
    assert!(!first.is_unchanged);
    world.clock.go(30);
    let again = get(&world, "/x").unwrap();
    assert!(again.is_unchanged);
    assert_eq!((&again.body, &again.next), (&first.body, &first.next));
    assert_eq!(again.next.as_deref(), Some("https://api.github.com/x?page=2"));
    assert_eq!(again.at, Timestamp(NOON * SECOND));
    let asked = world.script.asked();
    assert_eq!(header(&asked[0], "if-none-match"), None);
    assert_eq!(header(&asked[1], "if-none-match"), Some("\"a\""));
    // Keys do not give the token away.
    assert!(world.kept.0.lock().unwrap().keys().all(|key| !key.contains("t0ken")));
}

#[test]
fn entity_tags_belong_to_a_token() {
    let world = world_of(Forge::Github, BASE, &[Ok(Some("one")), Ok(Some("two"))]);
    world.script.on("/x", Say::json("[1]").with("etag", "\"a\""));
    get(&world, "/x").unwrap();
    crate::ports::tokens::Tokens::refused(&*world.tokens);
    get(&world, "/x").unwrap();
    assert_eq!(header(&world.script.asked()[1], "if-none-match"), None);
}

#[test]
fn a_304_without_a_kept_answer_is_asked_again() {
    let world = world();
    world.script.on("/x", Say::new(304, ""));
    world.script.on("/x", Say::json("[7]"));
    assert_eq!(get(&world, "/x").unwrap().body, b"[7]");
    world.script.now("/y", Say::new(304, ""));
    assert_eq!(get(&world, "/y").unwrap_err().kind, Kind::Nonsense);
}

#[test]
fn pages_are_turned_at_one_server_only() {
    let check = |name: &str, value: &str, expected: Option<&str>| {
        let world = world();
        world.script.on("/x?a=1&page=1", Say::json("[1]").with(name, value));
        let got = get(&world, "/x?a=1&page=1").unwrap();
        assert_eq!(got.next.as_deref().map(|next| next.replace(BASE, "")).as_deref(), expected, "{value}");
    };
    check(
        "link",
        "<https://api.github.com/x?page=2>; rel=\"next\", <https://api.github.com/x?page=9>; rel=\"last\"",
        Some("/x?page=2"),
    );
    check("link", "<https://api.github.com/x?page=9>; rel=\"last\"", None);
    check("link", "<https://api.github.com/x?page=1>; rel=\"prev\", </x?page=2>; rel=next", Some("/x?page=2"));
    check("link", "<https://evil.example/x?page=2>; rel=\"next\"", None);
    check("link", "<http://api.github.com/x?page=2>; rel=\"next\"", None);
    check("link", "<https://api.github.com:8443/x?page=2>; rel=\"next\"", None);
    check("link", "<https://api.github.com@evil.example/x>; rel=\"next\"", None);
    check("link", "rubbish <", None);
    check("x-next-page", "2", Some("/x?a=1&page=2"));
    check("x-next-page", "", None);
}

#[test]
fn pages_end() {
    let world = world();
    let page = |next: &str| Say::json("[1]").with("link", format!("<{BASE}/{next}>; rel=\"next\""));
    world.script.on("/a", page("b"));
    world.script.on("/b", page("c"));
    world.script.on("/c", page("b"));
    let pages = run(world.client.pages("/a", Person, 2)).unwrap();
    assert_eq!((pages.list.len(), pages.has_more), (2, true));
    // In a circle.
    let pages = run(world.client.pages("/a", Person, 100)).unwrap();
    assert_eq!((pages.list.len(), pages.has_more), (3, false));
}

#[test]
fn redirects_are_followed_and_the_token_stays_home() {
    let world = world();
    world.script.on("/old", Say::to(301, "/new"));
    world.script.on("/new", Say::to(307, "https://elsewhere.example/x"));
    world.script.on("https://elsewhere.example/x", Say::json("[1]"));
    let got = get(&world, "/old").unwrap();
    assert!(got.has_moved);
    let with: Vec<_> = world.script.asked().iter().map(|asked| header(asked, "authorization").is_some()).collect();
    assert_eq!(with, [true, true, false]);

    for to in [
        "http://api.github.com/x",
        "https://api.github.com:444/x",
        "https://API.github.com.evil.example/",
        "//evil.example/x",
    ] {
        let world = super::script::world();
        world.script.on("/a", Say::to(302, to));
        let _any = get(&world, "/a");
        let leaks = world.script.asked().iter().skip(1).any(|asked| header(asked, "authorization").is_some());
        assert!(!leaks, "{to}");
    }
    // The same server, written otherwise.
    let world = super::script::world();
    world.script.on("/a", Say::to(308, "https://API.GITHUB.COM:443/b"));
    world.script.on("https://API.GITHUB.COM:443/b", Say::json("[1]"));
    get(&world, "/a").unwrap();
    assert!(header(&world.script.asked()[1], "authorization").is_some());
}

#[test]
fn redirects_end() {
    let world = world();
    world.script.on("/a", Say::to(302, "/a"));
    assert_eq!(get(&world, "/a").unwrap_err().kind, Kind::Redirects);
    assert_eq!(world.script.asked().len(), 4);
    world.script.on("/b", Say::new(302, ""));
    assert_eq!(get(&world, "/b").unwrap_err().kind, Kind::Redirects);
    world.script.on("/c", Say::to(302, "http://api.github.com/c"));
    assert_eq!(get(&world, "/c").unwrap_err().kind, Kind::Redirects);
    assert_eq!(run(world.client.get("https://evil.example/", Person)).unwrap_err().kind, Kind::Redirects);
    assert_eq!(run(world.client.get("//evil.example/", Person)).unwrap_err().kind, Kind::Redirects);
}

#[test]
fn a_refused_token_is_asked_for_once_more() {
    let world = world_of(Forge::Github, BASE, &[Ok(Some("old")), Ok(Some("new"))]);
    world.script.rule(BASE, |asked| match header(asked, "authorization") {
        Some("Bearer new") => Say::json("[1]"),
        _ => Say::new(401, "{\"message\":\"Bad credentials\"}"),
    });
    get(&world, "/x").unwrap();
    assert_eq!(world.script.asked().len(), 2);

    let world = world_of(Forge::Github, BASE, &[Ok(Some("old"))]);
    world.script.on("/x", Say::new(401, "{\"message\":\"Bad credentials\"}"));
    let error = get(&world, "/x").unwrap_err();
    assert_eq!(error.kind, Kind::BadToken);
    assert!(error.words.contains("Bad credentials") && !error.words.contains("old"), "{error}");
    assert_eq!(world.script.asked().len(), 2);

    let world = world_of(Forge::Github, BASE, &[Err("GITHUB_TOKEN is empty")]);
    let error = get(&world, "/x").unwrap_err();
    assert_eq!((error.kind, error.words.as_str()), (Kind::NoToken, "GITHUB_TOKEN is empty"));
    assert!(world.script.asked().is_empty());
}
