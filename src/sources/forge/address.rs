//! Web addresses, as far as requests need them: what a server is, where a redirect leads, what comes next.
//!
//! Owns these texts; pure. Must not ask anybody.

/// Scheme, host and port of an address, in lower case and with the port written out; `None` when it is no web address.
pub fn origin(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let scheme = scheme.to_ascii_lowercase();
    let usual = match scheme.as_str() {
        "https" => "443",
        "http" => "80",
        _ => return None,
    };
    let authority = &rest[..rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len())];
    // A name and password in an address would make another host look like ours.
    if authority.contains('@') {
        return None;
    }
    let (host, port) = match authority.rfind(':') {
        Some(at) if !authority[at..].contains(']') => (&authority[..at], &authority[at + 1..]),
        _ => (authority, ""),
    };
    let port = if port.is_empty() { usual } else { port };
    let is_number = port.bytes().all(|b| b.is_ascii_digit()) && port.len() <= 5;
    (is_number && !host.is_empty() && !host.contains(char::is_whitespace))
        .then(|| format!("{scheme}://{}:{port}", host.to_ascii_lowercase()))
}

/// Whether two addresses lead to the same scheme, host and port.
pub fn is_same_server(a: &str, b: &str) -> bool {
    match (origin(a), origin(b)) {
        (Some(a), Some(b)) => a == b,
        _ => false,
    }
}

/// The host (and port, where it is written) of an address.
pub fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    &rest[..rest.find(['/', '?', '#']).unwrap_or(rest.len())]
}

/// The address to which `location` leads from `base`; `None` when it is none that can be followed.
pub fn resolve(base: &str, location: &str) -> Option<String> {
    let location = location.trim();
    let location = &location[..location.find('#').unwrap_or(location.len())];
    if location.is_empty() || location.contains(|c: char| c.is_control() || c == ' ') {
        return None;
    }
    let start = base.find("://")? + 3;
    if location.split_once("://").is_some_and(|(scheme, _)| scheme.bytes().all(|b| b.is_ascii_alphanumeric())) {
        origin(location)?;
        return Some(location.to_owned());
    }
    if let Some(rest) = location.strip_prefix("//") {
        let whole = format!("{}{rest}", &base[..start]);
        origin(&whole)?;
        return Some(whole);
    }
    let path = base[start..].find(['/', '?', '#']).map_or(base.len(), |at| start + at);
    if location.starts_with('/') {
        return Some(format!("{}{location}", &base[..path]));
    }
    let end = base[path..].find(['?', '#']).map_or(base.len(), |at| path + at);
    if location.starts_with('?') {
        return Some(format!("{}{location}", &base[..end]));
    }
    let folder = base[path..end].rfind('/').map_or(base.len().min(end), |at| path + at);
    Some(format!("{}/{location}", &base[..folder]))
}

/// The address behind `rel="next"` in a `Link` header.
pub fn next_link(header: &str) -> Option<&str> {
    let mut rest = header;
    while let Some(open) = rest.find('<') {
        let close = open + rest[open..].find('>')?;
        let url = &rest[open + 1..close];
        let end = rest[close..].find('<').map_or(rest.len(), |at| close + at);
        let is_next = rest[close + 1..end].split([';', ',']).any(|part| {
            let Some((name, value)) = part.split_once('=') else { return false };
            name.trim().eq_ignore_ascii_case("rel")
                && value.trim().trim_matches('"').split_whitespace().any(|rel| rel.eq_ignore_ascii_case("next"))
        });
        if is_next {
            return Some(url);
        }
        rest = &rest[end..];
    }
    None
}

/// The same address with another page.
pub fn with_page(url: &str, page: &str) -> String {
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    let mut parts: Vec<&str> = query.split('&').filter(|part| !part.is_empty() && !part.starts_with("page=")).collect();
    let page = format!("page={page}");
    parts.push(&page);
    format!("{path}?{}", parts.join("&"))
}

/// A text as a part of a path or a value of a query.
pub fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}
