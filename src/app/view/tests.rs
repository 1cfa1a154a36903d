//! Tests of views: incremental or anew, the same rows; and the line under the cursor stays.

use super::*;
use crate::model::query::{Pattern, PatternKind};
use crate::model::{Batch, Flags, Format, Meta, Severity};
use jiff::tz::TimeZone;
use proptest::prelude::*;

fn view(sources: SourceSet) -> View {
    View::new(sources, Parser::new(TimeZone::UTC, Timestamp(0)))
}

/// Records of one origin: (order, text). `!` in a text makes an error.
fn batch(source: u16, records: &[(i64, &str)]) -> Batch {
    let mut batch = Batch::default();
    for (order, text) in records {
        let meta = Meta {
            order: Timestamp(*order),
            text: (0, text.len() as u32),
            severity: if text.contains('!') { Severity::Error } else { Severity::Info },
            origin: OriginId::new(SourceId(source), 0),
            ..Meta::default()
        };
        batch.push(&meta, text.as_bytes());
    }
    batch
}

/// A store and a view of all of it.
pub(super) struct Rig {
    pub(super) store: Store,
    pub(super) view: View,
}

impl Rig {
    pub(super) fn new(budget: usize) -> Self {
        Self { store: Store::new(budget), view: view(SourceSet::ALL) }
    }

    pub(super) fn append(&mut self, source: u16, records: &[(i64, &str)]) {
        let appended = self.store.append(SourceId(source), &batch(source, records));
        self.view.extend(&self.store, &appended);
    }

    pub(super) fn filter(&mut self, query: Query) {
        self.view.set_query(query, [], &self.store).unwrap();
    }

    pub(super) fn finish(&mut self) {
        while self.view.advance(&self.store, 1).left > 0 {}
    }

    pub(super) fn text(&self, id: RecordId) -> String {
        String::from_utf8(self.store.record(id).unwrap().raw.to_vec()).unwrap()
    }

    /// The texts on a screen of `height` rows; the cursor's has a `>` before it.
    pub(super) fn screen(&self, height: usize) -> String {
        let cursor = self.view.cursor();
        let line = |id| if cursor == Some(id) { format!(">{}", self.text(id)) } else { self.text(id) };
        self.view.window(self.view.top(height), height).map(line).collect::<Vec<_>>().join(" ")
    }
}

pub(super) fn grep(text: &str) -> Query {
    let pattern = Pattern { source: text.to_owned(), kind: PatternKind::Literal };
    Query { grep: vec![pattern], ..Query::default() }
}

#[test]
fn late_records_never_move_the_line_under_the_cursor() {
    let mut rig = Rig::new(1 << 20);
    rig.append(0, &[(10, "a"), (20, "b"), (30, "c"), (40, "d"), (50, "e")]);
    assert_eq!(rig.screen(3), "c d >e");
    rig.append(1, &[(45, "late")]);
    assert_eq!(rig.screen(3), "d late >e");
    rig.view.move_cursor(-2, 3);
    assert_eq!(rig.screen(3), ">d late e");
    rig.view.move_cursor(1, 3);
    assert_eq!(rig.screen(3), "d >late e");
    rig.append(2, &[(1, "x"), (42, "y"), (46, "z"), (60, "f")]);
    assert_eq!(rig.screen(3), "y >late z");
    assert!(!rig.view.is_following());
    rig.view.follow();
    assert_eq!(rig.screen(3), "z e >f");
    rig.view.unfollow();
    rig.append(2, &[(70, "g")]);
    assert_eq!(rig.screen(3), "z e >f");
}

#[test]
fn the_cursor_comes_back_when_a_filter_is_dropped() {
    let mut rig = Rig::new(1 << 20);
    rig.append(0, &[(1, "a!"), (2, "b"), (3, "c"), (4, "d!"), (5, "e"), (6, "f!")]);
    rig.view.go_to(1, 4);
    rig.filter(Query { min_severity: Severity::Error, ..Query::default() });
    assert!(rig.view.is_empty() && rig.view.cursor().is_none());
    rig.finish();
    assert_eq!(rig.screen(4), "a! >d! f!");
    rig.filter(grep("a"));
    rig.finish();
    assert_eq!(rig.screen(4), ">a!");
    rig.filter(grep("nothing"));
    rig.finish();
    assert_eq!(rig.screen(4), "");
    rig.filter(Query::default());
    rig.finish();
    assert_eq!(rig.screen(4), ">b c d! e");
}

#[test]
fn an_evicted_cursor_moves_to_the_next_record() {
    let mut rig = Rig::new(64 << 10);
    let texts: Vec<String> = (0..20_000).map(|n| format!("{n}")).collect();
    let mut records = texts.iter().enumerate().map(|(n, text)| (n as i64, text.as_str()));
    rig.append(0, &records.by_ref().take(300).collect::<Vec<_>>());
    rig.view.go_to(0, 5);
    while rig.view.id_at(0).is_some_and(|id| rig.text(id) == "0") {
        rig.append(0, &records.by_ref().take(20).collect::<Vec<_>>());
    }
    assert_eq!(rig.view.cursor_position(), Some(0));
    assert_eq!(rig.view.len(), rig.store.len());
    assert!(rig.store.evicted(SourceId(0)).records() > 0);
}

#[test]
fn scrolling_and_jumping() {
    let mut rig = Rig::new(1 << 20);
    let texts: Vec<String> = (0..10).map(|n| n.to_string()).collect();
    rig.append(0, &texts.iter().enumerate().map(|(n, text)| (n as i64, text.as_str())).collect::<Vec<_>>());
    let mut check = |action: &dyn Fn(&mut View, &Store), expected: &str| {
        action(&mut rig.view, &rig.store);
        assert_eq!(rig.screen(4), expected);
    };
    check(&|view, _| view.go_to(0, 4), ">0 1 2 3");
    check(&|view, _| view.scroll(2, 4), ">2 3 4 5");
    check(&|view, _| view.move_cursor(1, 4), "2 >3 4 5");
    check(&|view, _| view.scroll(-1, 4), "1 2 >3 4");
    check(&|view, _| view.scroll(-100, 4), "0 1 2 >3");
    check(&|view, _| view.scroll(100, 4), ">6 7 8 9");
    check(&|view, _| view.move_cursor(-1, 4), ">5 6 7 8");
    check(&|view, _| view.move_cursor(100, 4), "6 7 8 >9");
    check(&|view, store| view.go_to_record(RecordId::new(0, 2), store, 4), "0 1 >2 3");
    check(&|view, store| view.go_to_record(RecordId::new(0, 3), store, 4), "0 1 2 >3");
    check(&|view, _| view.go_to(view.position_of_time(Timestamp(5)).unwrap(), 4), "2 3 4 >5");
    let top = rig.view.top(100);
    assert_eq!((top, rig.view.top(0), rig.view.window(8, 100).count()), (0, 5, 2));
}

#[test]
fn a_filter_begins_near_the_cursor() {
    let mut rig = Rig::new(1 << 20);
    for source in 0..5 {
        rig.append(source, &[(i64::from(source) * 10, "old"), (i64::from(source) * 10 + 1, "new")]);
    }
    rig.filter(Query::default());
    rig.view.advance(&rig.store, 1);
    assert_eq!(rig.view.id_at(0), Some(RecordId::new(4, 1)));
    rig.finish();
    rig.view.go_to(4, 3);
    rig.filter(Query::default());
    assert_eq!(rig.view.progress(), Progress { left: 10, of: 10 });
    rig.view.advance(&rig.store, 2);
    assert_eq!((rig.view.id_at(0), rig.view.len()), (Some(RecordId::new(2, 0)), 2));
    assert!(!rig.view.count_is_final());
    rig.finish();
    assert_eq!((rig.view.len(), rig.view.count_is_final()), (10, true));
}

#[test]
fn long_records_make_shorter_slices() {
    let mut rig = Rig::new(1 << 20);
    let long = "x".repeat(1000 * WORK_BYTES / 100);
    rig.append(0, &(0..100).map(|order| (order, long.as_str())).collect::<Vec<_>>());
    rig.filter(grep("x"));
    let progress = rig.view.advance(&rig.store, 100);
    assert!((90..96).contains(&progress.left), "{progress:?}");
    rig.filter(Query { min_severity: Severity::Info, ..Query::default() });
    assert_eq!(rig.view.advance(&rig.store, 100).left, 0);
}

#[test]
fn a_bad_filter_leaves_the_view_as_it_was() {
    let mut rig = Rig::new(1 << 20);
    rig.append(0, &[(1, "a")]);
    let bad = Query { grep: vec![Pattern { source: "(".to_owned(), kind: PatternKind::Regex }], ..Query::default() };
    assert!(rig.view.set_query(bad, [], &rig.store).is_err());
    assert_eq!((rig.view.len(), rig.view.query()), (1, &Query::default()));
}

#[test]
fn only_its_sources_are_in_a_view() {
    let mut store = Store::new(1 << 20);
    let mut view = view([SourceId(1)].into_iter().collect());
    for source in 0..3 {
        let appended = store.append(SourceId(source), &batch(source, &[(source.into(), "x")]));
        view.extend(&store, &appended);
    }
    assert_eq!(view.len(), 1);
    view.add_source(SourceId(0), &store);
    view.add_source(SourceId(0), &store);
    view.advance(&store, 100);
    assert_eq!((view.len(), view.count_is_final()), (2, true));
    assert_eq!(view.position(RecordId::new(1, 0), &store), Some(1));
    assert_eq!(view.position(RecordId::new(2, 0), &store), None);
    assert_eq!(view.nearest(RecordId::new(2, 0), &store), Some(1));
    assert_eq!((view.held(&store).records(), store.len()), (2, 3));
}

#[test]
fn search_goes_both_ways_in_slices() {
    let mut rig = Rig::new(1 << 20);
    rig.append(0, &[(i64::MIN, "a!"), (2, "b"), (3, "c!"), (4, "d"), (5, "e!"), (6, "f")]);
    rig.view.go_to(2, 3);
    let run = |rig: &mut Rig, mut find: Find| {
        for _ in 0..10 {
            match rig.view.find(&mut find, &rig.store, 1) {
                Found::Record(id) => return Some(rig.text(id)),
                Found::Nothing => return None,
                Found::NotYet => {}
            }
        }
        panic!("no end")
    };
    let errors = || Target::AtLeast(Severity::Error);
    let text = |text: &str| Target::Matches(Box::new(Matcher::compile(&grep(text), []).unwrap()));
    let mut check = |target: Target, direction, expected: Option<&str>| {
        let find = rig.view.find_from_cursor(target, direction);
        assert_eq!(run(&mut rig, find).as_deref(), expected);
    };
    check(errors(), Direction::Forward, Some("e!"));
    check(errors(), Direction::Backward, Some("a!"));
    check(text("d"), Direction::Forward, Some("d"));
    check(text("d"), Direction::Backward, None);
    let first = run(&mut rig, View::find_from_end(errors(), Direction::Forward));
    let last = run(&mut rig, View::find_from_end(errors(), Direction::Backward));
    assert_eq!((first.as_deref(), last.as_deref()), (Some("a!"), Some("e!")));
    rig.view.go_to(0, 3);
    let find = rig.view.find_from_cursor(text("a"), Direction::Forward);
    assert_eq!(run(&mut rig, find), None);
}

/// What can happen to a view.
#[derive(Clone, Debug)]
enum Step {
    /// A source sends records: (order, number that decides the rest).
    Append(u16, Vec<(i64, u16)>),
    Filter(Query),
    Advance(usize),
    Cursor(usize),
}

fn any_query() -> impl Strategy<Value = Query> {
    let text = prop::option::of(prop::sample::select(&["a", "^b", "a.?b", r"\s", "B"][..]));
    let kind = prop::sample::select(&[PatternKind::Literal, PatternKind::Regex, PatternKind::SmartRegex][..]);
    let fields =
        prop::sample::select(&[None, None, Some("parse=failed"), Some("format=json"), Some("severity=warn")][..]);
    (0_u8..7, prop::option::of(0_i64..100), text, kind, fields).prop_map(|(severity, since, text, kind, field)| Query {
        min_severity: Severity::from_u8(severity),
        since: since.map(Timestamp),
        grep: text.into_iter().map(|text| Pattern { source: text.to_owned(), kind }).collect(),
        fields: field.into_iter().map(|field| field.parse().unwrap()).collect(),
        ..Query::default()
    })
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0_u16..3, prop::collection::vec((0_i64..100, any::<u16>()), 1..60)).prop_map(|(s, r)| Step::Append(s, r)),
        1 => any_query().prop_map(Step::Filter),
        3 => (1_usize..200).prop_map(Step::Advance),
        1 => (0_usize..500).prop_map(Step::Cursor),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn incremental_is_the_same_as_anew(
        steps in prop::collection::vec(any_step(), 1..50),
        budget in 20_000_usize..100_000,
    ) {
        let mut rig = Rig::new(budget);
        for step in steps {
            match step {
                Step::Append(source, records) => {
                    let mut batch = Batch::default();
                    for (order, number) in records {
                        let text = ["a", "b", "ab", "a b", "xB", "B\na"][usize::from(number % 6)].repeat(usize::from(number % 9));
                        let meta = Meta {
                            order: Timestamp(order),
                            text: (0, text.len() as u32),
                            severity: Severity::from_u8((number % 7) as u8),
                            format: Format::from_u8((number % 20) as u8),
                            flags: Flags(number & 1),
                            origin: OriginId::new(SourceId(source), u32::from(number % 2)),
                            ..Meta::default()
                        };
                        batch.push(&meta, text.as_bytes());
                    }
                    let before = rig.view.cursor().filter(|_| !rig.view.is_following());
                    let appended = rig.store.append(SourceId(source), &batch);
                    rig.view.extend(&rig.store, &appended);
                    if let Some(id) = before.filter(|id| rig.store.record(*id).is_some()) {
                        // Unless the cursor stood in for a record that is hidden, it has not moved.
                        let at = rig.view.cursor.key();
                        prop_assert!(at.id != id || rig.view.cursor() == Some(id));
                    }
                }
                Step::Filter(query) => rig.filter(query),
                Step::Advance(records) => {
                    rig.view.advance(&rig.store, records);
                }
                Step::Cursor(position) => rig.view.go_to(position, 10),
            }
        }
        while rig.view.advance(&rig.store, 7).left > 0 {}
        prop_assert!(rig.view.count_is_final());
        let mut parser = Parser::new(TimeZone::UTC, Timestamp(0));
        let mut expected: Vec<Key> = Vec::new();
        for segment in rig.store.segments().iter() {
            for (row, record) in segment.batch().iter().enumerate() {
                if rig.view.matcher().matches(&record, &mut parser) {
                    expected.push(segment.key(row));
                }
            }
        }
        expected.sort_unstable();
        let rows: Vec<RecordId> = rig.view.window(0, usize::MAX).collect();
        prop_assert_eq!(rows, expected.iter().map(|key| key.id).collect::<Vec<_>>());
        if let Some(position) = rig.view.cursor_position() {
            let top = rig.view.top(10);
            prop_assert!((top..top + 10).contains(&position));
        }
    }
}
