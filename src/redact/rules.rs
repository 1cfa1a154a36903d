//! The rules, as one table. To add one: a row, with examples beside it. The tests check every example.

use super::Kind;
use super::numbers;
use super::pem;
use super::tokens;
use std::ops::Range;

/// One rule.
pub(super) struct Rule {
    /// What it finds.
    pub kind: Kind,
    /// The rule looks at texts that hold one of these, in any case; at every text when there is none.
    pub anchors: &'static [&'static str],
    /// How it looks.
    pub find: Find,
    /// Examples; what has to go stands between « and ».
    #[cfg_attr(not(test), expect(dead_code, reason = "the examples are for the tests and the reader"))]
    pub secret: &'static [&'static str],
    /// Texts in which no rule may find anything.
    #[cfg_attr(not(test), expect(dead_code, reason = "the examples are for the tests and the reader"))]
    pub harmless: &'static [&'static str],
}

/// How a rule looks for secrets.
pub(super) enum Find {
    /// The group `s` of this pattern, or all of it.
    Pattern(&'static str),
    /// The same, if the function agrees.
    Checked(&'static str, fn(&str, &Range<usize>) -> bool),
    /// The value behind a name that ends in one of these (see [`super::value`]).
    Key(&'static str),
    /// By hand.
    Code(fn(&str, &mut dyn FnMut(Range<usize>))),
}

/// All rules. Where two find the same span, the earlier one names it; of others that overlap, the longer one.
pub(super) const RULES: [Rule; 24] = [
    Rule {
        kind: Kind::PrivateKey,
        anchors: &["PRIVATE KEY"],
        find: Find::Code(pem::find),
        secret: &[
            "key: «-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA\nabc=\n-----END RSA PRIVATE KEY-----» ok",
            "«-----BEGIN OPENSSH PRIVATE KEY-----\\nb3BlbnNzaC1rZXktdjEAAAAA\\n-----END OPENSSH PRIVATE KEY-----»\\n",
            "«-----BEGIN PGP PRIVATE KEY BLOCK-----\nVersion: 1\n\nlQOYBF\n=x1\n-----END PGP PRIVATE KEY BLOCK-----»",
            "cut «-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSj\nMIIE» and more",
            "«MIIEvQIBADANBgkqhkiG9w0BAQEFAASC\nab==\n-----END PRIVATE KEY-----» and more",
        ],
        harmless: &[
            "-----BEGIN CERTIFICATE-----\nMIIEowIBAAKCAQEA\n-----END CERTIFICATE-----",
            "-----BEGIN PUBLIC KEY-----\\nMIIEowIBAAKCAQEA\\n-----END PUBLIC KEY-----",
            "no PRIVATE KEY here",
        ],
    },
    Rule {
        kind: Kind::BearerToken,
        anchors: &["bearer"],
        find: Find::Checked(r"(?i)\bbearer(?:[ \t\n]+|%20|\+)[A-Za-z0-9._~+/-]{6,}=*", tokens::is_bearer),
        secret: &[
            "Authorization: «Bearer abc123.def-456_ghi~jkl»",
            "sent «bearer 0123456789abcdef0123» to the proxy",
            "{\"authorization\":\"«Bearer ya29abc012345678901234567890»\",\"x\":1}",
            "{\\\"Authorization\\\":\\\"«Bearer abc12345»\\\"}",
            "Authorization: «Bearer\n  abc123def456ghi789»",
            "curl -H 'authorization: «bearer abcdefghijklmnopqrstuvwxyzabcdef»' https://x.example",
        ],
        harmless: &["bearer authentication failed", "WWW-Authenticate: Bearer realm", "a bearer token was sent"],
    },
    Rule {
        kind: Kind::BasicAuth,
        anchors: &["basic"],
        find: Find::Checked(r"(?i)\bbasic[ \t]+[A-Za-z0-9+/]{6,}={0,2}", tokens::is_basic),
        secret: &["Authorization: «Basic dXNlcjpodW50ZXIy»", "header «basic YTpiYWJj»"],
        harmless: &["basic authentication is required", "basic configuration loaded"],
    },
    Rule {
        kind: Kind::Authorization,
        anchors: &["authorization"],
        find: Find::Key("authorization"),
        secret: &[
            "Authorization: «Digest username=\"u\", realm=\"r\", response=\"0af1\"»",
            "authorization: «AWS4-HMAC-SHA256 Credential=x/20250101/eu/s3/aws4_request, Signature=ab12»",
            "\"Proxy-Authorization\": [\"«token abcdef»\"]",
            "map[Authorization:[«ApiKey abc»] Accept:[*/*]]",
        ],
        harmless: &["authorization: failed for the user", "authorization: denied"],
    },
    Rule {
        kind: Kind::Cookie,
        anchors: &["cookie"],
        find: Find::Key("cookie"),
        secret: &[
            "Cookie: «sid=31d4d96e407aad42; theme=dark»\nHost: x",
            "set-cookie: «sid=31d4d96e; Path=/; HttpOnly»",
            "{\"cookie\":\"«a=b; c=d»\",\"host\":\"x\"}",
            "curl -H \"Cookie: «a=b; c=d»\" http://x",
        ],
        harmless: &["invalid cookie: too long", "no cookie here"],
    },
    Rule {
        kind: Kind::UrlPassword,
        anchors: &["://"],
        find: Find::Checked(r#"://[^\s:@/?#"'<>]*:(?P<s>[^\s/"'<>]+)@"#, tokens::is_url_secret),
        secret: &[
            "postgres://app:«s3cr3t»@db:5432/x?sslmode=off",
            "redis://:«p@ss»@cache:6379",
            "clone https://x-access-token:«abc»@github.com/o/r.git",
        ],
        harmless: &[
            "http://host:8080/path/user@example",
            "https://[::1]:8443/x@y",
            "amqp://user@host:5672/a",
            "http://u:***@host",
            "ssh://git@github.com:22/o/r",
        ],
    },
    Rule {
        kind: Kind::Jwt,
        anchors: &["eyJ"],
        find: Find::Pattern(
            r"\beyJ[A-Za-z0-9_-]{8,}\.(?:eyJ[A-Za-z0-9_-]{2,}|[A-Za-z0-9_-]{2,}\.)[A-Za-z0-9_.-]*[A-Za-z0-9_-]",
        ),
        secret: &[
            "jwt «eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P» ok",
            "cut «eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0».",
        ],
        harmless: &["eyJ is how they begin", "eyJhbGciOiJI"],
    },
    Rule {
        kind: Kind::AwsKeyId,
        anchors: &["AKIA", "ASIA", "ABIA", "ACCA"],
        find: Find::Pattern(r"\b(?:AKIA|ASIA|ABIA|ACCA)[0-9A-Z]{16}\b"),
        secret: &["aws_access_key_id=«AKIAIOSFODNN7EXAMPLE»", "X-Amz-Credential=«ASIAIOSFODNN7EXAMPLE»/20250101/eu"],
        harmless: &["AKIA", "NAKIAIOSFODNN7EXAMPLE", "Eurasia and asian markets opened today"],
    },
    Rule {
        kind: Kind::AwsSecret,
        anchors: &["secret"],
        find: Find::Key("secret[_-]?access[_-]?key"),
        secret: &[
            "AWS_SECRET_ACCESS_KEY=«wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY»",
            "\"SecretAccessKey\": \"«wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY»\"",
        ],
        harmless: &["secret_access_key=", "SecretAccessKey is missing"],
    },
    Rule {
        kind: Kind::AwsSecret,
        anchors: &["secret"],
        find: Find::Pattern(
            r"(?i)\bsecret[ _-](?:access[ _-])?key[^A-Za-z0-9\n]{1,5}(?:is[^A-Za-z0-9\n]{1,3})?(?P<s>[A-Za-z0-9/+]{40})\b",
        ),
        secret: &["the AWS secret access key is «wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY»."],
        harmless: &["secret key rotation finished"],
    },
    Rule {
        kind: Kind::GithubToken,
        anchors: &["ghp_", "gho_", "ghs_", "ghu_", "ghr_", "github_pat_"],
        find: Find::Pattern(r"\b(?:gh[posur]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,})"),
        secret: &[
            "token=«ghp_0123456789abcdefABCDEF0123456789abcd»",
            "git push «github_pat_11ABCDEFG0123456789_abcdefghijklmnopqrstuvwxyz» failed",
            "«ghs_0123456789abcdefABCDEF0123456789abcd»",
        ],
        harmless: &["ghp_short", "the prefix ghs_ is for servers"],
    },
    Rule {
        kind: Kind::GitlabToken,
        anchors: &["glpat-", "gldt-", "glrt-", "glcbt-", "glptt-", "glft-", "glsoat-", "glagent-"],
        find: Find::Pattern(r"\bgl(?:pat|dt|rt|cbt|ptt|ft|soat|agent)-[A-Za-z0-9_.-]{19,}[A-Za-z0-9_-]"),
        secret: &["PRIVATE-TOKEN: «glpat-0123456789abcdefWXYZ»", "runner «glrt-t1_0123456789abcdefWXYZ» registered"],
        harmless: &["glpat-", "glrt-short"],
    },
    Rule {
        kind: Kind::SlackToken,
        anchors: &["xox", "xapp-"],
        find: Find::Pattern(r"\b(?:xox[abceoprs]-[A-Za-z0-9-]{9,}[A-Za-z0-9]|xapp-[0-9]-[A-Za-z0-9-]{10,})"),
        secret: &["slack «xoxb-0123456789-abcdefghij» posted", "«xapp-1-A0123456789-0123»"],
        harmless: &["xoxo and hugs", "xoxb-"],
    },
    Rule {
        kind: Kind::Webhook,
        anchors: &["hooks.slack.com", "/api/webhooks/", "webhook.office.com"],
        find: Find::Pattern(
            r"https://(?:hooks\.slack\.com/(?:services|workflows|triggers)|(?:[a-z]+\.)?discord(?:app)?\.com/api/webhooks|[a-z0-9-]+\.webhook\.office\.com)/(?P<s>[A-Za-z0-9/@_-]{8,})",
        ),
        secret: &[
            "POST https://hooks.slack.com/services/«T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX» 200",
            "https://discord.com/api/webhooks/«123456789/abc-DEF_ghi»",
        ],
        harmless: &["https://hooks.slack.com/services/", "see https://hooks.slack.com"],
    },
    Rule {
        kind: Kind::GoogleKey,
        anchors: &["AIza", "ya29.", "GOCSPX-", "1//0"],
        find: Find::Pattern(
            r"\b(?:AIza[0-9A-Za-z_-]{35}|ya29\.[0-9A-Za-z_.-]{20,}|GOCSPX-[0-9A-Za-z_-]{20,}|1//0[0-9A-Za-z_-]{20,})",
        ),
        secret: &[
            "maps?key=«AIzaSyA0123456789abcdefghijklmnopqrstuv»&v=3",
            "«ya29.a0AfH6SMBx0123456789abcdefghij»",
            "«1//0gdFakeRefreshTokenFakeRefresh01»",
        ],
        harmless: &["AIzaShort", "page 1//02"],
    },
    Rule {
        kind: Kind::ApiKey,
        anchors: &["sk-", "sk_", "rk_", "npm_", "pypi-", "hf_", "dop_v1_", "SG.", "hvs.", "dckr_pat_", "gsk_", "xai-"],
        find: Find::Checked(
            r"\b(?:sk-[A-Za-z0-9_-]{19,}[A-Za-z0-9]|[sr]k_(?:live|test)_[A-Za-z0-9]{16,}|npm_[A-Za-z0-9]{36}|pypi-[A-Za-z0-9_-]{32,}|hf_[A-Za-z0-9]{30,}|dop_v1_[a-f0-9]{32,}|SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}|hvs\.[A-Za-z0-9_-]{20,}|dckr_pat_[A-Za-z0-9_-]{20,}|gsk_[A-Za-z0-9]{32,}|xai-[A-Za-z0-9]{32,})",
            tokens::is_key,
        ),
        secret: &[
            "openai «sk-proj-0123456789abcdefABCDEF_0123456789» 401",
            "anthropic «sk-ant-api03-0123456789abcdef-0123456789abcdefAA» 401",
            "«sk-0123456789abcdefABCDEF0123456789»",
            "stripe «sk_live_0123456789abcdefABCD»",
        ],
        harmless: &["task-0123456789abcdefABCDEF0123", "pod sk-learn-worker-with-a-long-name-2 started", "disk-sk-1"],
    },
    Rule {
        kind: Kind::PrivateKey,
        anchors: &["private_key", "private-key", "privatekey"],
        find: Find::Key("private[_-]?key"),
        secret: &[
            "\"private_key_id\": \"a1\", \"private_key\": \"«-----BEGIN PRIVATE KEY-----\\nMIIEvQ\\n-----END PRIVATE KEY-----\\n»\"",
        ],
        harmless: &["private_key: /etc/ssl/private/key.pem", "private_key=null"],
    },
    Rule {
        kind: Kind::Password,
        anchors: &["passw", "passphrase", "passcode", "pwd", "pass"],
        find: Find::Key(
            "passwords?|passwd|passphrase|passcode|pwd|(?:db|user|admin|root|mysql|pg|postgres|redis|smtp|ssh|sudo)_?pass",
        ),
        secret: &[
            "user=bob password=«hunter2» ip=10.0.0.1",
            "DB_PASSWORD=«a,b;c!d» PORT=1",
            "{\"user\":\"bob\",\"password\":\"«hun\\\"ter2»\",\"n\":1}",
            "{\"body\":\"{\\\"passwd\\\":\\\"«hunter2»\\\",\\\"n\\\":1}\"}",
            "{\"body\":\"{\\\"passwd\\\":\\\"«hun\\\\\\\"ter2»\\\",\\\"n\\\":1}\"}",
            "POST /login?user=bob&password=«hunter2»&x=1 200",
            "Server=db;Uid=app;Pwd=«s3cr3t»;Database=x",
            "spring:\n  password: «swordfish»\n  user: bob",
            "Config { password: Some(\"«hunter2»\"), port: 1 }",
            "password: «hunter2» was refused",
            "{'password': '«hunter2»'}",
            "{:password=>\"«x»\"}",
            "password=\"«two words»\" next",
            "password='«cut off",
        ],
        harmless: &[
            "password authentication failed for user \"bob\"",
            "PWD=/home/runner/work OLDPWD=/",
            "password: must not be empty",
            "password=*** user=bob",
            "password=${DB_PASSWORD}",
            "{\"password\":null,\"password2\":\"\"}",
            "passwordless=true",
            "tests: pass=12 fail=3",
            "password=[redacted: password, 7 bytes]",
        ],
    },
    Rule {
        kind: Kind::ApiKey,
        anchors: &["key"],
        find: Find::Key(
            "api[_-]?key|functions[_-]key|account[_-]?key|shared[_-]?access[_-]?key|subscription[_-]?key|encryption[_-]?key|signing[_-]?key|auth[_-]?key",
        ),
        secret: &[
            "GET /v1?api_key=«0123abcd»&q=x",
            "X-Api-Key: «0123456789abcdef»",
            "apikey=«abc»",
            "AccountName=x;AccountKey=«abc+/==»;EndpointSuffix=y",
        ],
        harmless: &["key=value", "primary_key=17", "api key is missing", "keyboard: us"],
    },
    Rule {
        kind: Kind::Secret,
        anchors: &["secret", "access_key", "access-key", "accesskey", "signature", "sig="],
        find: Find::Key("secret(?:[_-]?key(?:[_-]?base)?)?|access[_-]?key|x-(?:amz|goog)-signature|[?&]sig(?:nature)?"),
        secret: &[
            "client_secret=«abc»",
            "{\"secret\": \"«s»\"}",
            "SECRET_KEY_BASE=«0a1b2c»",
            "https://b.s3.amazonaws.com/o?X-Amz-Signature=«0af1»&x=1",
        ],
        harmless: &["secretName: tls-cert", "secret \"tls-cert\" not found", "secret: missing", "secrets=3"],
    },
    Rule {
        kind: Kind::Token,
        anchors: &["token"],
        find: Find::Key("token"),
        secret: &[
            "access_token=«abc»",
            "{\"refreshToken\":\"«abc»\"}",
            "X-Vault-Token: «s3cr3ttoken0»",
            "csrf-token=«0af1»; x",
        ],
        harmless: &[
            "Unexpected token: '}'",
            "Unexpected token < in JSON at position 0",
            "prompt_tokens=512 max_tokens: 4096",
            "next_page_token=abc123",
            "invalid token: expired",
            "token: /var/run/secrets/kubernetes.io/serviceaccount/token",
            "token_type=opaque",
        ],
    },
    Rule {
        kind: Kind::Secret,
        anchors: &["--"],
        find: Find::Pattern(
            r#"(?i)(?:^|[ \t"'])--[a-z0-9-]*(?:password|passwd|token|secret|api-key)[ \t]+["']?(?P<s>[^\s"'-][^\s"']*)"#,
        ),
        secret: &["docker login --username u --password «hunter2» r.example", "x --api-key '«abc»'"],
        harmless: &["--password-stdin is better", "use --token --verbose"],
    },
    Rule {
        kind: Kind::Email,
        anchors: &["@"],
        find: Find::Checked(
            r"(?i)\b[a-z0-9][a-z0-9._%+-]*@[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,24}\b",
            tokens::is_email,
        ),
        secret: &["mail to «jane.doe+x@mail.example.com» failed", "<«a@b.co»>", "user=«bob@163.com», ok"],
        harmless: &[
            "image app@sha256:0123456789abcdef",
            "git@github.com:owner/repo.git",
            "getty@tty1.service started",
            "golang.org/x/net@v0.1.2/http.go:12",
            "left-pad@1.3.0.tgz",
            "icon@2x.png",
            "Object@6d06d69c",
            "user@localhost",
            "ssh://bob@host.example.com/x",
            "@angular/core@15.2.0",
        ],
    },
    Rule {
        kind: Kind::CardNumber,
        anchors: &[],
        find: Find::Code(numbers::cards),
        secret: &[
            "card «4111 1111 1111 1111» declined",
            "card=«4111111111111111»,",
            "«5500-0000-0000-0004».",
            "amex «3782 822463 10005» «378282246310005»",
        ],
        harmless: &[
            "4111111111111112",
            "order 41111111111111110000",
            "trace_id=4111111111111111",
            "0x4111111111111111 a4111111111111111 4111111111111111f",
            "1735689600000 1735689600000000000 20250102150405123",
            "2025-01-02 03:04:05.123456789 10.0.0.1:8080 [::1]:443 0.4111111111111111",
            "4bf92f3577b34da6a3ce929d0e0e4736 00f067aa0ba902b7 9fceb02c1a6f0c7a3c6f9d8d1f2b3a4c5d6e7f80",
            "123e4567-e89b-12d3-a456-426614174000 4111-1111-1111-1111-1111",
            "0000000000000000 4444444444444444",
        ],
    },
];
