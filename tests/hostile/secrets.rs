//! `--redact`: no format lets a secret through, however it is spread.

use super::support::Home;

const BODY: &str = "MIIEowIBAAKCAQEAvbuxzTRbmZ8A4a3yEBsCmzTbV6MsSl9kX0zqUeJQ2xYh";

/// None of `secrets` may be in any output; what stands around them has to be.
fn check(input: &str, secrets: &[&str], kept: &[&str]) {
    let home = Home::new();
    home.file("a.log", input).file("b.log", "2000-01-01T00:00:00Z other\n");
    for format in ["text", "json", "raw"] {
        let args = ["--redact", "--format", format];
        for ran in [
            home.cat(&[&["a.log"], &args[..]].concat()),
            home.pipe(&args, input.as_bytes()),
            home.cat(&[&["a.log", "b.log"], &args[..]].concat()),
            home.pipe(&[&args[..], &["--follow"]].concat(), input.as_bytes()),
        ] {
            assert_eq!(ran.code, Some(0), "{}", ran.err);
            if format == "json" {
                ran.json();
            }
            for secret in secrets {
                assert!(!ran.text().contains(secret), "{format}: {secret} in {}", ran.text());
            }
            for part in kept {
                assert!(ran.text().contains(part), "{format}: no {part} in {}", ran.text());
            }
            assert!(format == "text" || ran.text().contains("[redacted: "), "{format}: {}", ran.text());
        }
    }
}

#[test]
fn tokens_and_passwords() {
    for (text, secret) in [
        ("Authorization: Bearer abcdefghijklmnopqrstuvwxyz0123456789", "abcdefghijklmnop"),
        ("key AKIAIOSFODNN7EXAMPLQ used", "AKIAIOSFODNN7EXAMPLQ"),
        ("token ghp_abcdefghijklmnopqrstuvwxyz0123456789", "ghp_abcdefghij"),
        (
            "jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
            "eyJzdWIi",
        ),
        ("postgres://admin:hunter2horse@db.example/x", "hunter2horse"),
        ("sent to jane.doe@example.com", "jane.doe"),
        ("card 4111 1111 1111 1111 declined", "1111 1111"),
        ("password=hunter2horse", "hunter2horse"),
    ] {
        check(&format!("before it\n{text} behind it\nlast line\n"), &[secret], &["before it", "last line"]);
        let json = serde_json::json!({"level": "error", "msg": format!("{text} end"), "n": 1}).to_string();
        check(&format!("{json}\nlast line\n"), &[secret], &["last line"]);
    }
}

#[test]
fn a_field_is_judged_by_its_name() {
    check("{\"msg\":\"hi\",\"db\":{\"password\":\"horse-battery\"}}\n", &["horse-battery"], &["hi"]);
    check("level=info msg=hi api_key=horsebattery staple=1\n", &["horsebattery"], &["hi"]);
}

#[test]
fn a_service_account() {
    let key = format!("-----BEGIN PRIVATE KEY-----\n{BODY}\n{BODY}\n-----END PRIVATE KEY-----\n");
    let line = serde_json::json!({"type": "service_account", "private_key": key, "msg": "loaded it"}).to_string();
    check(&format!("{line}\n"), &["MIIEow"], &["loaded it"]);
}

#[test]
fn a_key_over_many_lines() {
    let lines = ["-----BEGIN RSA PRIVATE KEY-----", BODY, BODY, "abcd1234==", "-----END RSA PRIVATE KEY-----"];
    let with = |line: &dyn Fn(&str) -> String| {
        let all: Vec<_> = lines.iter().map(|text| line(text)).collect();
        format!("{}\n{}\n{}\n", line("before it"), all.join("\n"), line("behind it"))
    };
    let secrets = ["MIIEow", "YzTRbmZ8", "abcd1234"];
    let kept = ["before it", "behind it"];
    check(&with(&|text| text.to_owned()), &secrets, &kept);
    check(&with(&|text| format!("2025-01-02T15:04:05.1234567Z {text}")), &secrets, &kept);
    check(&with(&|text| format!("2025-01-02T15:04:05.123456789Z stdout F {text}")), &secrets, &kept);
    check(&with(&|text| format!("Jan  2 15:04:05 host app[1]: {text}")), &secrets, &kept);
    let docker = |text: &str| {
        let log = format!("{text}\n");
        serde_json::json!({"log": log, "stream": "stdout", "time": "2025-01-02T15:04:05Z"}).to_string()
    };
    check(&with(&docker), &secrets, &kept);
}

#[test]
fn a_filter_does_not_open_a_key() {
    let lines = format!(
        "<14>Jan  2 15:04:05 h a: -----BEGIN PRIVATE KEY-----\n<14>Jan  2 15:04:05 h a: {BODY}\n<14>Jan  2 15:04:05 h a: -----END PRIVATE KEY-----\n"
    );
    let home = Home::new();
    for format in ["text", "json", "raw"] {
        let ran = home.pipe(&["--redact", "--grep", "MII", "--format", format], lines.as_bytes());
        assert!(ran.text().contains("[redacted: private key") && !ran.text().contains("MII"), "{}", ran.text());
    }
}

#[test]
fn a_token_over_the_pieces_of_a_line() {
    let text = "2025-01-02T15:04:05.1Z stdout P token ghp_abcdefghijklm\n\
                2025-01-02T15:04:05.2Z stdout F nopqrstuvwxyz0123456789 behind it\n";
    check(text, &["ghp_abc", "nopqrst"], &["behind it"]);
}

#[test]
fn a_token_over_a_block_border() {
    // The borders of all readers lie at powers of two.
    for border in [64 << 10, 256 << 10, 512 << 10] {
        let filler = "a line of thirty-two characters\n".repeat(border / 32);
        let text = format!("{}token ghp_abcdefghijklmnopqrstuvwxyz0123456789\nlast line\n", &filler[15..]);
        let home = Home::new();
        home.file("a.log", &text);
        for ran in [home.cat(&["a.log", "--redact"]), home.pipe(&["--redact"], text.as_bytes())] {
            assert!(ran.text().ends_with("token [redacted: GitHub token, 40 bytes]\nlast line\n"));
        }
    }
}
