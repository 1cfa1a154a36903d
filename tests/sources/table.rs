//! The table of sources.

use logdeck::model::Address;
use logdeck::sources::{Follow, SOURCES, Settings, build, spec};

fn settings() -> Settings {
    Settings::new(jiff::tz::TimeZone::UTC, Follow::Off, 1 << 20)
}

#[test]
fn every_kind_of_address_has_its_row() {
    let mut seen = Vec::new();
    for row in SOURCES {
        let example = row.example.rsplit(' ').next().unwrap();
        let address: Address = example.parse().unwrap();
        assert_eq!(address.kind(), row.id);
        assert_eq!(address.tab(), row.tab);
        assert_eq!(spec(&address).unwrap().id, row.id);
        assert!(!seen.contains(&row.id));
        seen.push(row.id);
    }
}

#[test]
fn kinds_that_are_not_there_yet_say_so_by_name() {
    let check = |address: &str, expected: Option<&str>| {
        let built = build(&address.parse().unwrap(), &settings());
        let said = built.err().map(|e| e.to_string());
        assert_eq!(said.is_some(), expected.is_some(), "{address}: {said:?}");
        assert!(said.unwrap_or_default().starts_with(expected.unwrap_or_default()), "{address}");
    };
    check("app.log", None);
    check("-", None);
    check("pods:payments", None);
    check("gs://b/x", None);
    check("firestore:a/b", None);
    check("github:a/b", Some("github: not in this version yet; it will read github:OWNER/REPO"));
    check("gitlab:a/b", Some("gitlab: not in this version yet"));
}
