//! How values are shown, where settings and screen speak of the same: times.
//!
//! Owns the names. Must not know what is drawn. Colours are in `theme`.

/// How a record's time is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TimeStyle {
    /// The time of day in UTC.
    Utc,
    /// The time of day in the local zone.
    #[default]
    Local,
    /// How long ago.
    Age,
    /// Not at all.
    Off,
}

impl TimeStyle {
    /// All of them, in the order of key `t`.
    pub const ALL: [Self; 4] = [Self::Utc, Self::Local, Self::Age, Self::Off];
    /// What a value looks like.
    pub const EXPECTED: &'static str = "a time style: utc, local, age or off";

    /// The next one in the order of key `t`.
    #[must_use]
    pub const fn next(self) -> Self {
        match self {
            Self::Utc => Self::Local,
            Self::Local => Self::Age,
            Self::Age => Self::Off,
            Self::Off => Self::Utc,
        }
    }

    /// Its name, as in the config.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Utc => "utc",
            Self::Local => "local",
            Self::Age => "age",
            Self::Off => "off",
        }
    }
}

impl std::str::FromStr for TimeStyle {
    type Err = ();

    /// Its name in any case.
    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|style| style.word().eq_ignore_ascii_case(text.trim())).ok_or(())
    }
}

impl std::fmt::Display for TimeStyle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.word())
    }
}
