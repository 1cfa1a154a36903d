//! Which proxies requests go through.
//!
//! Owns the variables' meaning. Must not read the environment: a lookup arrives as an argument.

use super::HttpSetupError;
use reqwest::{ClientBuilder, NoProxy, Proxy, Url};
use std::fmt;

/// Which proxies requests go through.
#[derive(Clone, Default)]
pub enum Proxies {
    /// None.
    Off,
    /// Those of the system's settings, where the system has such settings.
    #[default]
    System,
    /// These.
    Given(Given),
}

/// Proxies that variables of the environment name.
#[derive(Clone, Default)]
pub struct Given {
    https: Option<Named>,
    http: Option<Named>,
    /// Hosts that are reached without them, as `NO_PROXY` lists them.
    without: String,
}

/// A proxy's address, which may hold a password, and the variable that has it.
#[derive(Clone)]
struct Named {
    variable: &'static str,
    address: String,
}

/// Makes a proxy for one scheme.
type Make = fn(Url) -> reqwest::Result<Proxy>;

/// This machine itself is always reached without a proxy.
const LOOPBACK: &str = "localhost,127.0.0.0/8,::1";

impl Proxies {
    /// Those that `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` name, in upper or lower case; the system's when
    /// none of them is set.
    pub fn of(lookup: impl Fn(&str) -> Option<String>) -> Self {
        let find = |names: &[&'static str]| {
            let set = |variable: &&'static str| {
                let address = lookup(variable).filter(|address| !address.trim().is_empty())?;
                Some(Named { variable, address: address.trim().to_owned() })
            };
            names.iter().find_map(set)
        };
        let all = find(&["all_proxy", "ALL_PROXY"]);
        let https = find(&["https_proxy", "HTTPS_PROXY"]).or(all.clone());
        let http = find(&["http_proxy", "HTTP_PROXY"]).or(all);
        let without = find(&["no_proxy", "NO_PROXY"]).map(|named| named.address);
        if https.is_none() && http.is_none() && without.is_none() {
            return Self::System;
        }
        Self::Given(Given { https, http, without: without.unwrap_or_default() })
    }

    /// Sets a client up to use them.
    pub(super) fn apply(&self, builder: ClientBuilder) -> Result<ClientBuilder, HttpSetupError> {
        let given = match self {
            Self::Off => return Ok(builder.no_proxy()),
            Self::System => return Ok(builder),
            Self::Given(given) => given,
        };
        let mut builder = builder.no_proxy();
        let https = given.https.iter().map(|named| (named, Proxy::https as Make));
        let http = given.http.iter().map(|named| (named, Proxy::http as Make));
        for (named, make) in https.chain(http) {
            let bad = |why: &str| HttpSetupError::Proxy { variable: named.variable, why: why.to_owned() };
            let url = named.url().ok_or_else(|| bad("it is no address, such as http://proxy.example.com:3128"))?;
            if !matches!(url.scheme(), "http" | "https") {
                return Err(bad("only http:// and https:// proxies are supported"));
            }
            let proxy = make(url).map_err(|_| bad("it is no address, such as http://proxy.example.com:3128"))?;
            let without = NoProxy::from_string(&format!("{LOOPBACK},{}", given.without));
            builder = builder.proxy(proxy.no_proxy(without));
        }
        Ok(builder)
    }

    /// What to say of the proxy of this scheme when a connection fails: `HTTPS_PROXY names proxy.example.com:3128`.
    pub(super) fn words(&self, scheme: &str) -> Option<String> {
        let Self::Given(given) = self else { return None };
        let named = if scheme == "https" { given.https.as_ref() } else { given.http.as_ref() }?;
        let url = named.url()?;
        let host = url.host_str().unwrap_or_default();
        let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
        Some(format!("{} names {host}{port}", named.variable))
    }
}

impl Named {
    /// The address; `http://` where it has no scheme.
    fn url(&self) -> Option<Url> {
        let address =
            if self.address.contains("://") { self.address.clone() } else { format!("http://{}", self.address) };
        Url::parse(&address).ok().filter(|url| url.host_str().is_some_and(|host| !host.is_empty()))
    }
}

impl fmt::Debug for Proxies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Off => f.write_str("Off"),
            Self::System => f.write_str("System"),
            Self::Given(given) => given.fmt(f),
        }
    }
}

impl fmt::Debug for Given {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let variable = |named: &Option<Named>| named.as_ref().map(|named| named.variable);
        write!(f, "Given({:?}, {:?}, without {:?})", variable(&self.https), variable(&self.http), self.without)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(variables: &[(&str, &str)]) -> Proxies {
        Proxies::of(|name| variables.iter().find(|(other, _)| *other == name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn variables_name_them() {
        let check = |variables: &[(&str, &str)], https: Option<&str>, http: Option<&str>| {
            let proxies = of(variables);
            assert_eq!((proxies.words("https").as_deref(), proxies.words("http").as_deref()), (https, http));
            assert!(proxies.apply(reqwest::Client::builder()).is_ok(), "{variables:?}");
        };
        check(&[], None, None);
        check(&[("HTTPS_PROXY", "http://p:3128")], Some("HTTPS_PROXY names p:3128"), None);
        check(&[("HTTPS_PROXY", "u:secret@p:3128/")], Some("HTTPS_PROXY names p:3128"), None);
        check(&[("https_proxy", " p "), ("HTTPS_PROXY", "q")], Some("https_proxy names p"), None);
        check(
            &[("ALL_PROXY", "https://a"), ("http_proxy", "b:1")],
            Some("ALL_PROXY names a"),
            Some("http_proxy names b:1"),
        );
        check(&[("HTTPS_PROXY", " "), ("NO_PROXY", "*")], None, None);
        assert!(matches!(of(&[("HTTPS_PROXY", "")]), Proxies::System));
    }

    #[test]
    fn what_is_wrong_is_said_without_the_password() {
        let check = |address: &str, why: &str| {
            let error = of(&[("HTTPS_PROXY", address)]).apply(reqwest::Client::builder()).unwrap_err().to_string();
            assert!(error.starts_with("the proxy that HTTPS_PROXY names cannot be used: "), "{error}");
            assert!(error.contains(why) && !error.contains("secret"), "{error}");
        };
        check("socks5://u:secret@p:1080", "only http:// and https://");
        check("http://u:secret@p:99999", "no address");
        check("://secret", "no address");
        let debug = format!("{:?}", of(&[("HTTPS_PROXY", "http://u:secret@p"), ("NO_PROXY", "a.b")]));
        assert_eq!(debug, r#"Given(Some("HTTPS_PROXY"), None, without "a.b")"#);
    }
}
