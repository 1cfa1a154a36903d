//! Both forms of the output, with names that nobody would choose.

use super::json;
use super::table::{Colours, table};
use crate::app::text::width;
use crate::model::Timestamp;
use crate::model::ci::{Forge, Progress, Repo, Run};

fn at(text: &str) -> Timestamp {
    Timestamp::from_jiff(text.parse().unwrap()).unwrap()
}

fn repo(path: &str) -> Repo {
    Repo { forge: Forge::Github, host: "github.com".to_owned(), path: path.to_owned() }
}

fn run(number: u64, branch: &str, progress: Progress) -> Run {
    Run {
        id: 9_000_000_000 + number,
        number,
        attempt: 1,
        workflow: "build-test".to_owned(),
        workflow_id: 5,
        title: "Retry payments on timeout".to_owned(),
        branch: branch.to_owned(),
        sha: "3f9c1e2a77".to_owned(),
        event: "push".to_owned(),
        actor: "ann".to_owned(),
        progress,
        started: Some(at("2026-11-21T02:58:00Z")),
        updated: Some(at("2026-11-21T03:09:04Z")),
        page: "https://github.com/acme/payments/actions/runs/9".to_owned(),
    }
}

fn shown(repos: &[(Repo, Vec<Run>)], columns: Option<usize>) -> String {
    table(repos, at("2026-11-21T03:14:22Z"), Colours::Off, columns)
}

#[test]
fn a_table() {
    let runs = vec![
        run(18842, "main", Progress::Failed),
        Run { started: None, updated: None, title: String::new(), ..run(18840, "feat/ledger-v2", Progress::Waiting) },
    ];
    let one = [(repo("acme/payments"), runs.clone())];
    let expected = "\
RUN     WORKFLOW    BRANCH          RESULT     TOOK  STARTED     COMMIT   TITLE
#18842  build-test  main            failed   11m04s  16m22s ago  3f9c1e2  Retry payments on timeout
#18840  build-test  feat/ledger-v2  waiting                      3f9c1e2
";
    assert_eq!(shown(&one, None), expected);
    let narrow = "\
RUN     WORKFLOW    BRANCH          RESULT     TOOK  STARTED     COMMIT   TITLE
#18842  build-test  main            failed   11m04s  16m22s ago  3f9c1e2  Retry pa
";
    assert!(shown(&one, Some(82)).starts_with(narrow), "{}", shown(&one, Some(82)));
    let two = [(repo("acme/payments"), runs), (repo("acme/ledger"), vec![run(7, "main", Progress::Passed)])];
    assert!(
        shown(&two, None).contains("#7      acme/ledger    build-test  main            passed"),
        "{}",
        shown(&two, None)
    );
    assert_eq!(shown(&[(repo("acme/empty"), Vec::new())], None), "no runs\n");
    let coloured = table(&two, at("2026-11-21T03:14:22Z"), Colours::On, None);
    assert!(coloured.contains("\x1b[1;31mfailed\x1b[0m") && coloured.contains("\x1b[32mpassed\x1b[0m"));
}

#[test]
fn hostile_names_stay_on_their_line_and_in_their_columns() {
    let mut bad = run(1, "\u{1b}[2J\u{202e}main\nx", Progress::Failed);
    (bad.workflow, bad.title) = ("w".repeat(10_000), "\u{1b}]0;x\u{7}".repeat(2_000));
    let repos = [(repo("a/\u{7}b"), vec![bad.clone()]), (repo("c/d"), vec![run(2, "main", Progress::Passed)])];
    for columns in [40, 60, 80, 120, 200] {
        let text = shown(&repos, Some(columns));
        assert_eq!(text.lines().count(), 3, "{text}");
        assert!(!text.contains(|c: char| c.is_control() && c != '\n') && !text.contains('\u{202e}'), "{text}");
        assert!(columns < 80 || text.lines().all(|line| width(line) <= columns), "{columns}: {text}");
    }
    let line = json::lines(&repos);
    assert!(!line.contains(|c: char| c.is_control() && c != '\n') && !line.contains('\u{202e}'));
    let value: serde_json::Value = serde_json::from_str(line.lines().next().unwrap()).unwrap();
    assert_eq!(value["branch"], bad.branch);
}

#[test]
fn an_object_for_each_run() {
    let lines = json::lines(&[(repo("acme/payments"), vec![run(18842, "main", Progress::TimedOut)])]);
    let expected = r#"{"forge":"github","host":"github.com","repository":"acme/payments","run":9000018842,"number":18842,"attempt":1,"workflow":"build-test","title":"Retry payments on timeout","branch":"main","commit":"3f9c1e2a77","event":"push","actor":"ann","result":"timed out","started":"2026-11-21T02:58:00Z","updated":"2026-11-21T03:09:04Z","seconds":664,"page":"https://github.com/acme/payments/actions/runs/9"}"#;
    assert_eq!(lines, format!("{expected}\n"));
    let running = Run { started: None, ..run(1, "main", Progress::Running) };
    let lines = json::lines(&[(repo("a/b"), vec![running])]);
    assert!(lines.contains(r#""result":"running","started":null,"#) && lines.contains(r#""seconds":null"#), "{lines}");
}
