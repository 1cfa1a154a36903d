//! Pages in the user's browser: whether there is one, and its start.
//!
//! Owns that decision and the process. Must not know which page it is. The address is a stranger's text: no shell sees it, and
//! nothing but the web is opened.

use super::terminal::Link;
use crate::app::event::Event;
use crate::config::Environment;
use std::ffi::OsString;
use std::fmt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::process::Command;
use tokio::sync::mpsc::Sender;
use tokio_util::sync::CancellationToken;

/// How long a browser may take to say that it cannot start.
const START: Duration = Duration::from_secs(3);
/// Browsers that want the terminal, which is taken.
const OF_TEXT: [&str; 8] = ["w3m", "lynx", "links", "links2", "elinks", "browsh", "carbonyl", "www-browser"];

/// What is around that may open a page.
#[derive(Clone, Debug, Default)]
pub struct Desktop {
    /// `$BROWSER`: commands with colons between them.
    browser: Option<String>,
    /// `$PATH`.
    path: OsString,
    screen: Screen,
}

/// Where windows would appear.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Screen {
    /// Here, by this program.
    Here(&'static str),
    /// At the other end of the connection.
    Far,
    /// Nowhere.
    #[default]
    None,
}

/// How a page gets to the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Way {
    /// By this program with these arguments.
    Start(Opener),
    /// As text.
    Show(NoBrowser),
}

/// A program that opens a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opener {
    program: PathBuf,
    arguments: Vec<String>,
}

/// Why no browser is started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoBrowser {
    /// It would open on the other machine.
    Ssh,
    /// There is no display.
    NoDisplay,
    /// There is a display, but no program that opens pages.
    NoProgram(&'static str),
    /// It is not an address of the web.
    NotWeb,
}

impl fmt::Display for NoBrowser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ssh => f.write_str("over SSH no browser is opened; $BROWSER can name one"),
            Self::NoDisplay => f.write_str("there is no display for a browser"),
            Self::NoProgram(program) => write!(f, "{program} is not installed; $BROWSER can name a browser"),
            Self::NotWeb => f.write_str("not an address of the web"),
        }
    }
}

impl Desktop {
    /// What the environment tells of it.
    pub fn of(environment: &Environment, link: Link) -> Self {
        let has_display = ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|name| environment.os(name).is_some());
        let screen = match link {
            Link::Ssh => Screen::Far,
            Link::Local if cfg!(target_os = "macos") => Screen::Here("open"),
            Link::Local if has_display => Screen::Here("xdg-open"),
            Link::Local => Screen::None,
        };
        let path = environment.os("PATH").map(ToOwned::to_owned).unwrap_or_default();
        Self { browser: environment.text("BROWSER").map(ToOwned::to_owned), path, screen }
    }

    /// How the page at `address` gets to the user: by the first of `$BROWSER`'s commands that is there, else by the desktop's
    /// own program. `is_program` says whether a file can be run.
    pub fn way(&self, address: &str, is_program: impl Fn(&Path) -> bool) -> Way {
        if !["https://", "http://"].iter().any(|scheme| address.starts_with(scheme)) {
            return Way::Show(NoBrowser::NotWeb);
        }
        let find = |program: &str| self.find(program, &is_program);
        let named = self.browser.iter().flat_map(|list| list.split(':'));
        let mut named = named.filter_map(|command| {
            let mut words = command.split_whitespace().map(ToOwned::to_owned);
            let program = words.next()?;
            let name = Path::new(&program).file_name()?.to_str()?;
            let program = find(&program).filter(|_| !OF_TEXT.contains(&name))?;
            let mut arguments: Vec<String> = words.collect();
            // `%s` stands for the address, which stands last where it does not.
            if arguments.iter().any(|word| word.contains("%s")) {
                for word in &mut arguments {
                    *word = word.replace("%s", address);
                }
            } else {
                arguments.push(address.to_owned());
            }
            Some(Opener { program, arguments })
        });
        if let Some(opener) = named.next() {
            return Way::Start(opener);
        }
        match self.screen {
            Screen::Far => Way::Show(NoBrowser::Ssh),
            Screen::None => Way::Show(NoBrowser::NoDisplay),
            Screen::Here(usual) => find(usual).map_or(Way::Show(NoBrowser::NoProgram(usual)), |program| {
                Way::Start(Opener { program, arguments: vec![address.to_owned()] })
            }),
        }
    }

    /// The file of a program: itself where it is a whole path, else in a directory of `$PATH`. What lies in the current
    /// directory is nobody's choice.
    fn find(&self, program: &str, is_program: impl Fn(&Path) -> bool) -> Option<PathBuf> {
        if program.contains('/') {
            return Some(PathBuf::from(program)).filter(|path| path.is_absolute() && is_program(path));
        }
        let directories = std::env::split_paths(&self.path).filter(|directory| directory.is_absolute());
        directories.map(|directory| directory.join(program)).find(|path| is_program(path))
    }
}

/// Whether a file can be run.
pub(super) fn is_program(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|about| about.is_file() && about.permissions().mode() & 0o111 != 0)
}

/// Starts a browser, which outlives logdeck, and tells whether that went well.
pub(super) async fn start(opener: Opener, address: String, told: Sender<Event>, cancel: CancellationToken) {
    let name = opener.program.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut command = Command::new(&opener.program);
    command.args(&opener.arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    // Keys of this terminal, such as Ctrl-c, are not meant for it.
    command.process_group(0);
    let outcome = match command.spawn() {
        Err(error) => Err(format!("{name} cannot be run: {error}; the page: {address}")),
        Ok(mut child) => {
            let ended = tokio::select! {
                () = cancel.cancelled() => return,
                ended = tokio::time::timeout(START, child.wait()) => ended,
            };
            match ended {
                Ok(Ok(status)) if !status.success() => Err(match status.code() {
                    Some(code) => format!("{name} failed ({code}); the page: {address}"),
                    None => format!("{name} was stopped; the page: {address}"),
                }),
                // A browser that goes on is one that works.
                _ => Ok(format!("{name} opens {address}")),
            }
        }
    };
    let _ = told.send(Event::Done(outcome)).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "https://github.com/acme/api/actions/runs/1";

    fn desktop(variables: &[(&str, &str)], link: Link) -> Desktop {
        let path = [("PATH", "/usr/bin:bin::/opt/bin")];
        Desktop::of(&Environment::of_variables(path.into_iter().chain(variables.iter().copied())), link)
    }

    fn way(desktop: &Desktop, address: &str, programs: &[&str]) -> Result<String, NoBrowser> {
        match desktop.way(address, |path| programs.iter().any(|program| Path::new(program) == path)) {
            Way::Start(Opener { program, arguments }) => Ok(format!("{} {arguments:?}", program.display())),
            Way::Show(why) => Err(why),
        }
    }

    #[test]
    fn a_browser_is_named_or_the_desktop_s() {
        let all = &["/usr/bin/xdg-open", "/usr/bin/open", "/opt/bin/firefox", "/usr/bin/lynx", "bin/evil", "/a/b.sh"];
        let check = |browser: &str, link: Link, expected: Result<&str, NoBrowser>| {
            let desktop = desktop(&[("BROWSER", browser)], link);
            let found = way(&desktop, PAGE, all);
            assert_eq!(found, expected.map(|command| command.replace("PAGE", PAGE)), "{browser}");
        };
        check("firefox", Link::Local, Ok("/opt/bin/firefox [\"PAGE\"]"));
        check("firefox", Link::Ssh, Ok("/opt/bin/firefox [\"PAGE\"]"));
        check("nothing:firefox -new-tab %s --x", Link::Local, Ok("/opt/bin/firefox [\"-new-tab\", \"PAGE\", \"--x\"]"));
        check("firefox --url=%s", Link::Local, Ok("/opt/bin/firefox [\"--url=PAGE\"]"));
        check("/a/b.sh", Link::Local, Ok("/a/b.sh [\"PAGE\"]"));
        check("firefox;id", Link::Ssh, Err(NoBrowser::Ssh));
        // The terminal is taken, and the current directory is anybody's.
        check("lynx", Link::Ssh, Err(NoBrowser::Ssh));
        check("evil", Link::Ssh, Err(NoBrowser::Ssh));
        check("bin/evil", Link::Ssh, Err(NoBrowser::Ssh));
        check("", Link::Ssh, Err(NoBrowser::Ssh));
    }

    #[test]
    #[cfg(not(target_os = "macos"))]
    fn without_a_display_the_address_is_shown() {
        let check = |variables: &[(&str, &str)], programs: &[&str], expected: Result<&str, NoBrowser>| {
            let found = way(&desktop(variables, Link::Local), PAGE, programs);
            assert_eq!(found, expected.map(|command| command.replace("PAGE", PAGE)), "{variables:?}");
        };
        let xdg = &["/usr/bin/xdg-open"];
        check(&[("DISPLAY", ":0")], xdg, Ok("/usr/bin/xdg-open [\"PAGE\"]"));
        check(&[("WAYLAND_DISPLAY", "wayland-0")], xdg, Ok("/usr/bin/xdg-open [\"PAGE\"]"));
        check(&[("DISPLAY", "")], xdg, Err(NoBrowser::NoDisplay));
        check(&[], xdg, Err(NoBrowser::NoDisplay));
        check(&[("DISPLAY", ":0")], &[], Err(NoBrowser::NoProgram("xdg-open")));
    }

    #[test]
    fn only_the_web_is_opened() {
        let desktop = desktop(&[("BROWSER", "firefox")], Link::Local);
        for address in ["file:///etc/passwd", "-remote", "javascript:alert(1)", "", "HTTPS"] {
            assert_eq!(way(&desktop, address, &["/opt/bin/firefox"]), Err(NoBrowser::NotWeb), "{address}");
        }
    }

    #[tokio::test]
    async fn what_cannot_be_started_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let (told, mut news) = tokio::sync::mpsc::channel(4);
        let mut check = async |text: Option<&str>, expected: Result<&str, &str>| {
            let program = dir.path().join("opener");
            match text {
                Some(text) => {
                    std::fs::write(&program, text).unwrap();
                    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
                }
                None => std::fs::remove_file(&program).unwrap(),
            }
            let opener = Opener { program, arguments: vec![PAGE.to_owned()] };
            start(opener, PAGE.to_owned(), told.clone(), CancellationToken::new()).await;
            let Some(Event::Done(done)) = news.recv().await else { panic!() };
            match (&done, expected) {
                (Ok(words), Ok(part)) | (Err(words), Err(part)) => {
                    assert!(words.contains(part) && words.ends_with(PAGE), "{words}");
                }
                other => panic!("{other:?}"),
            }
        };
        check(Some("#!/bin/sh\nexit 3\n"), Err("opener failed (3)")).await;
        check(Some("#!/bin/sh\nprintf %s \"$1\" > \"$0.told\"\n"), Ok("opener opens ")).await;
        check(None, Err("opener cannot be run")).await;
        assert_eq!(std::fs::read_to_string(dir.path().join("opener.told")).unwrap(), PAGE);
    }
}
