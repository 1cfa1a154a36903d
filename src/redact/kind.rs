//! The kinds of secrets.

/// What a secret is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names say it; Kind::name has them in words")]
pub enum Kind {
    PrivateKey,
    BearerToken,
    BasicAuth,
    Authorization,
    Cookie,
    UrlPassword,
    Jwt,
    AwsKeyId,
    AwsSecret,
    GithubToken,
    GitlabToken,
    SlackToken,
    Webhook,
    GoogleKey,
    Password,
    ApiKey,
    Secret,
    Token,
    Email,
    CardNumber,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 20] = [
        Self::PrivateKey,
        Self::BearerToken,
        Self::BasicAuth,
        Self::Authorization,
        Self::Cookie,
        Self::UrlPassword,
        Self::Jwt,
        Self::AwsKeyId,
        Self::AwsSecret,
        Self::GithubToken,
        Self::GitlabToken,
        Self::SlackToken,
        Self::Webhook,
        Self::GoogleKey,
        Self::Password,
        Self::ApiKey,
        Self::Secret,
        Self::Token,
        Self::Email,
        Self::CardNumber,
    ];

    /// Its name for people, as in `[redacted: bearer token, 812 bytes]`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::PrivateKey => "private key",
            Self::BearerToken => "bearer token",
            Self::BasicAuth => "basic auth",
            Self::Authorization => "authorization",
            Self::Cookie => "cookie",
            Self::UrlPassword => "password in URL",
            Self::Jwt => "JWT",
            Self::AwsKeyId => "AWS key id",
            Self::AwsSecret => "AWS secret key",
            Self::GithubToken => "GitHub token",
            Self::GitlabToken => "GitLab token",
            Self::SlackToken => "Slack token",
            Self::Webhook => "webhook",
            Self::GoogleKey => "Google key",
            Self::Password => "password",
            Self::ApiKey => "API key",
            Self::Secret => "secret",
            Self::Token => "token",
            Self::Email => "email",
            Self::CardNumber => "card number",
        }
    }
}
