//! The state of the screen and every decision about it: synchronous, without I/O.
//!
//! Owns events, actions, views and panes. Must not know ratatui, crossterm, tokio, or the clock.
//!
//! # How the runtime drives it
//!
//! 1. `App::new(settings)`, then [`App::open`] for each source, before its first message.
//! 2. Each [`Event`](event::Event) goes through [`update`], which gives [`Effect`](event::Effect)s back to be carried out. [`App::set_now`] tells the
//!    time before a turn's events; [`Event::Tick`](event::Event::Tick) does so too.
//! 3. [`Effect::Continue`](event::Effect::Continue) asks for a tick as soon as there was a look for keys: a slice of work is left.
//!    Otherwise a tick is due after [`App::next_tick`].
//! 4. [`App::needs_frame`] says whether something changed: [`FrameNeed::Now`] for what the user did, at once;
//!    [`FrameNeed::Soon`] for data, within the frame rate. After `ui::render(&app, frame)`: [`App::drawn`].

pub mod action;
mod announce;
mod bars;
mod body;
mod ci;
mod columns;
pub mod command;
mod copy;
mod counting;
pub mod debug;
mod described;
mod detail;
pub mod docs;
mod documents;
mod earlier;
pub mod edit;
pub mod event;
pub mod export;
mod filter;
pub mod format;
mod histogram;
mod history;
pub mod keymap;
mod layout;
mod like;
mod marks;
mod mouse;
mod names;
mod objects;
mod opened;
mod origins;
mod page;
mod per_origin;
mod picker;
mod pods;
mod prompt;
mod rows;
mod saved;
mod search;
mod settings;
mod status;
mod tab;
pub mod text;
mod timeline;
mod tokens;
mod update;
mod upper;
pub mod view;
mod window;

pub use bars::{BarCursor, BarWindow};
pub use body::{Body, BodyLine};
pub use ci::{CiLayout, CiLine, CiList, CiRow, CiRuns, CiView, RunColumns, RunRow};
pub use ci::{ExtractNews, Extracted, LogForm, LogFound, run_mark, run_result, run_took};
pub use columns::{FieldColumn, FieldColumns};
pub use counting::Matches;
pub use detail::{Detail, DetailLine, DetailLook, DetailSpan};
pub use documents::ChangeView;
pub use filter::{Entries, FilterField, FilterPane};
pub use histogram::{HISTOGRAM_GUTTER, Histogram};
pub use layout::{Columns, Layout, MAX_COLUMNS, MIN_HEIGHT, MIN_WIDTH, Rows, TabPlace};
pub use marks::{MAX_NOTE, Mark, Marks};
pub use objects::{ObjectColumns, ObjectRow, ObjectsView};
pub use opened::Below;
pub use origins::{OriginRow, Origins};
pub use per_origin::SPARKS;
pub use picker::{Picker, PickerRow, ShownRow};
pub use pods::{Consent, PodColumns, PodRow, PodsView, TINTS};
pub use prompt::{Prompt, PromptKind};
pub use rows::{Row, RowKind};
pub use search::Search;
pub use settings::{Background, Caps, Colors, Glyphs, Settings, TabInfo, ThemeChoice, Themes, TimeStyle};
pub use status::{Badge, Health, Mode, Role};
pub use tab::{Lines, TabState};
pub use update::update;

use crate::engine::Engine;
use crate::model::address::Tab;
use crate::model::{SavedFilter, SourceId, Timestamp};
use crate::parse::Parser;
use crate::redact::Redactor;
use action::Context;
use std::sync::Arc;
use std::time::Duration;

/// Everything that the screen shows.
#[derive(Debug)]
pub struct App {
    engine: Engine,
    tabs: [TabState; Tab::ALL.len()],
    active: usize,
    pane: Pane,
    search: Option<Search>,
    finding: Option<search::Finding>,
    counting: Option<counting::Counting>,
    announcement: Option<announce::Announcement>,
    /// The time that is being gone to.
    seeking: Option<timeline::Seeking>,
    /// The time that goes along from tab to tab.
    moment: Option<Timestamp>,
    history: history::History,
    /// Whether a search came after the last change of a filter.
    searched_last: bool,
    /// Saved filters.
    saved: Vec<SavedFilter>,
    /// How often a filter was set in every tab.
    everywhere: u64,
    far: window::Far,
    /// Logs of CI jobs and their causes.
    ci: ci::Ci,
    pods: pods::Pods,
    objects: objects::Objects,
    documents: documents::Documents,
    /// Effects of what did not come from a key.
    outbox: Vec<event::Effect>,
    marks: Marks,
    names: names::Names,
    /// What was run from the palette, the last one first.
    recent: Vec<command::Entry>,
    /// The label of the source that the user asked for last: its tab is shown when it opens.
    asked: Option<String>,
    /// The directory whose names the palette suggests.
    listing: command::Listing,
    mouse: event::MouseUse,
    message: Option<Message>,
    exporting: Option<action::Exporting>,
    settings: Settings,
    theme: ThemeChoice,
    time: TimeStyle,
    now: Timestamp,
    size: (u16, u16),
    redactor: Arc<Redactor>,
    parser: Parser,
    bars: Bars,
    histogram: Option<Histogram>,
    counted: histogram::Counted,
    frame: FrameNeed,
    /// What of the screen depends on the clock, as it was drawn last.
    pulse: String,
}

/// What has the keys, if it is not the tab.
#[derive(Debug)]
enum Pane {
    None,
    Prompt(Box<Prompt>),
    Filter(Box<FilterPane>),
    Picker(Box<Picker>),
    Origins(Box<Origins>),
    Bars(BarCursor),
    Help { scroll: usize },
    Debug(Box<debug::DebugPane>),
    Described(Box<described::Described>),
    Consent(pods::Question),
}

/// Whether the histogram is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Bars {
    /// Where there is room, and as soon as a record has a time.
    Auto,
    Hidden,
    Shown,
}

/// A sentence on the status line, until the next key; one that tells of no mistake goes by itself, too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// What happened.
    pub text: String,
    /// Whether that was meant to be.
    pub role: Role,
    /// When it was said.
    said: Timestamp,
}

impl Message {
    /// What cannot be used of the settings; the debug pane and `logdeck config check` have all of it.
    fn of_notices(notices: &[String], now: Timestamp) -> Option<Self> {
        let first = crate::parse::text::safe_line(notices.first()?.as_bytes()).into_owned();
        let text = match notices.len() {
            1 => first,
            n => format!("{n} settings left out (:debug): {first}"),
        };
        Some(Self { text, role: Role::Error, said: now })
    }
}

/// How long a sentence stays that tells of no mistake: then the row has its counts to itself again.
const MESSAGE_STAYS: i64 = 10 * crate::model::time::SECOND;

/// Whether a frame has to be drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FrameNeed {
    /// Nothing changed.
    No,
    /// Data changed: within the frame rate.
    Soon,
    /// The user did something: at once.
    Now,
}

impl App {
    /// An app without sources, on the CI tab, whose screen has no size yet ([`event::Event::Resize`] tells it).
    pub fn new(settings: Settings) -> Self {
        let parser = Parser::new(settings.zone.clone(), settings.now);
        let mut app = Self {
            engine: Engine::new(settings.memory),
            tabs: Tab::ALL.map(|tab| TabState::new(tab, parser.clone(), &settings.columns)),
            active: Tab::ALL.iter().position(|tab| *tab == Tab::Ci).unwrap_or(0),
            pane: Pane::None,
            search: None,
            finding: None,
            counting: None,
            announcement: None,
            seeking: None,
            moment: None,
            history: history::History::default(),
            searched_last: false,
            saved: Vec::new(),
            everywhere: 0,
            far: window::Far::default(),
            ci: ci::Ci::default(),
            pods: pods::Pods::default(),
            objects: objects::Objects::default(),
            documents: documents::Documents::default(),
            outbox: Vec::new(),
            marks: Marks::default(),
            names: names::Names::default(),
            recent: Vec::new(),
            asked: None,
            listing: command::Listing::default(),
            mouse: event::MouseUse::Terminal,
            message: None,
            exporting: None,
            theme: settings.theme.clone(),
            time: settings.time,
            now: settings.now,
            size: (0, 0),
            redactor: Arc::new(Redactor::new()),
            parser,
            bars: Bars::Auto,
            histogram: None,
            counted: histogram::Counted::nothing(settings.now),
            frame: FrameNeed::Now,
            pulse: String::new(),
            settings,
        };
        app.take_saved();
        app.message = Message::of_notices(&app.settings.notices, app.now);
        app
    }

    /// A source is opened: its address as text, and the tab that shows it. The first one's tab is shown.
    pub fn open(&mut self, id: SourceId, label: impl Into<String>, tab: Tab) {
        let first = self.engine.sources().next().is_none() && !self.ci.live.is_on();
        let label = label.into();
        let is_asked = self.asked.take_if(|asked| *asked == label).is_some();
        self.engine.open(id, label, tab);
        let index = Self::index_of(tab);
        self.tabs[index].view.add_source(id, self.engine.store());
        if is_asked {
            self.ci_asked(id);
        }
        if first || is_asked {
            self.finding = None;
            self.active = index;
        }
        self.frame = FrameNeed::Now;
    }

    /// The terminal has told its background; it may do so after the first frame.
    pub fn set_background(&mut self, background: Background) {
        self.settings.caps.background = Some(background);
        self.frame = self.frame.max(FrameNeed::Soon);
    }

    /// Tells the wall clock.
    pub fn set_now(&mut self, now: Timestamp) {
        self.now = now;
    }

    /// The wall clock, as it was told last.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// Whether something changed since [`App::drawn`].
    pub fn needs_frame(&self) -> FrameNeed {
        self.frame
    }

    /// A frame was drawn.
    pub fn drawn(&mut self) {
        self.frame = FrameNeed::No;
        self.pulse = self.pulse_now();
    }

    /// When the next tick is due because something on the screen depends on the clock: a second when a rate or an age
    /// is shown, else the time to the next minute.
    pub fn next_tick(&self) -> Duration {
        const MINUTE: i64 = 60 * crate::model::time::SECOND;
        let asks_in = self.asks_in().map_or(Duration::MAX, |nanos| Duration::from_nanos(nanos.unsigned_abs()));
        if self.shows_seconds() {
            return asks_in.min(Duration::from_secs(1));
        }
        asks_in.min(Duration::from_nanos((MINUTE - self.now.0.rem_euclid(MINUTE)) as u64))
    }

    /// What was told once.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The colours that are wanted.
    pub fn theme(&self) -> &ThemeChoice {
        &self.theme
    }

    /// How times are shown.
    pub fn time_style(&self) -> TimeStyle {
        self.time
    }

    /// Sources and records.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The screen in columns and rows.
    pub fn size(&self) -> (u16, u16) {
        self.size
    }

    /// The tabs, in the order of the screen.
    pub fn tabs(&self) -> &[TabState] {
        &self.tabs
    }

    /// The tab that is shown.
    pub fn tab(&self) -> &TabState {
        &self.tabs[self.active]
    }

    /// The sentence on the status line.
    pub fn message(&self) -> Option<&Message> {
        self.message.as_ref()
    }

    /// The search prompt, while it is open.
    pub fn prompt(&self) -> Option<&Prompt> {
        match &self.pane {
            Pane::Prompt(prompt) => Some(prompt),
            _ => None,
        }
    }

    /// The filter pane, while it is open, also below a prompt that it opened.
    pub fn filter_pane(&self) -> Option<&FilterPane> {
        match &self.pane {
            Pane::Filter(pane) => Some(pane),
            Pane::Prompt(prompt) => prompt.below.as_deref(),
            _ => None,
        }
    }

    /// How far the help is scrolled, while it is open.
    pub fn help_scroll(&self) -> Option<usize> {
        match &self.pane {
            Pane::Help { scroll } => Some(*scroll),
            _ => None,
        }
    }

    /// What is looked for, to be marked in the rows: the prompt's text while it is open, else the last search.
    pub fn highlight(&self) -> Option<&Search> {
        match &self.pane {
            Pane::Prompt(prompt) => prompt.search(),
            _ => self.search.as_ref(),
        }
    }

    /// Where the keys go.
    pub fn context(&self) -> Context {
        match &self.pane {
            Pane::Prompt(_) => Context::Prompt,
            Pane::Filter(pane) => pane.context(),
            Pane::Picker(_) => Context::Picker,
            Pane::Origins(_) => Context::Origins,
            Pane::Bars(_) => Context::Bars,
            Pane::Help { .. } | Pane::Debug(_) | Pane::Described(_) => Context::Help,
            Pane::Consent(_) => Context::Consent,
            Pane::None => self.base_context(),
        }
    }

    /// The tab's own context, whatever lies over it.
    pub fn base_context(&self) -> Context {
        match &self.tab().detail {
            _ if self.is_start() => Context::Start,
            _ if self.ci_is_shown() => self.ci_context(),
            None => {
                let context =
                    self.pods_context().or_else(|| self.objects_context()).or_else(|| self.documents_context());
                context.unwrap_or(Context::List)
            }
            Some(detail) if detail.focused => Context::Detail,
            Some(_) => Context::Split,
        }
    }

    /// Whether the start screen is shown: nothing is open at all.
    pub fn is_start(&self) -> bool {
        self.tab().tab == Tab::Ci && self.engine.sources().next().is_none() && !self.ci.live.is_on()
    }

    fn index_of(tab: Tab) -> usize {
        Tab::ALL.iter().position(|other| *other == tab).unwrap_or(0)
    }

    fn tab_mut(&mut self) -> &mut TabState {
        &mut self.tabs[self.active]
    }

    fn say(&mut self, text: impl Into<String>) {
        self.message = Some(Message { text: text.into(), role: Role::Text, said: self.now });
    }

    /// Takes a sentence away that was there for long. `true` when it did.
    fn forget_message(&mut self) -> bool {
        let now = self.now.0;
        let old = |message: &Message| message.role == Role::Text && (now - message.said.0).abs() >= MESSAGE_STAYS;
        self.message.take_if(|message| old(message)).is_some()
    }

    fn complain(&mut self, text: impl Into<String>) {
        self.message = Some(Message { text: text.into(), role: Role::Error, said: self.now });
    }
}
