//! The kubeconfig: its files, contexts, and what a context says of its cluster.
//!
//! Owns what can be wrong with it, in words. Must not connect to anything or run a program.

use super::settings::{InCluster, Settings};
use crate::parse::text;
use kube::Config;
use kube::config::{AuthInfo, ExecConfig, KubeConfigOptions, Kubeconfig, KubeconfigError};
use std::io::ErrorKind;
use std::path::PathBuf;

/// The name of the place that has no context.
pub const IN_CLUSTER: &str = "in-cluster";

/// Where a cluster is, and who asks it.
#[derive(Clone, Debug)]
pub struct Access {
    /// The context's name, or [`IN_CLUSTER`].
    pub context: String,
    /// The namespace that the context names; `default` without one.
    pub namespace: String,
    /// kube's form of it. Programs for credentials are taken out.
    pub config: Config,
    /// The program that has to be run for credentials.
    pub exec: Option<ExecConfig>,
}

/// The merged kubeconfig. What is wrong with it is a sentence.
///
/// # Errors
/// A file cannot be read or is no kubeconfig, or there is none: with the file, the line and what is wrong.
pub fn read(settings: &Settings) -> Result<Option<Kubeconfig>, String> {
    let mut merged: Option<Kubeconfig> = None;
    let mut missing: Vec<&PathBuf> = Vec::new();
    for path in &settings.kubeconfig {
        let one = match Kubeconfig::read_from(path) {
            Ok(one) => one,
            Err(KubeconfigError::ReadConfig(e, _)) if e.kind() == ErrorKind::NotFound => {
                missing.push(path);
                continue;
            }
            Err(e) => return Err(format!("kubeconfig {}: {}", path.display(), words(&e))),
        };
        merged = Some(match merged {
            None => one,
            Some(first) => first.merge(one).map_err(|e| format!("kubeconfig {}: {}", path.display(), words(&e)))?,
        });
    }
    if merged.is_none() && settings.in_cluster == InCluster::Never {
        return Err(none(&missing));
    }
    Ok(merged)
}

fn none(missing: &[&PathBuf]) -> String {
    if missing.is_empty() {
        return "no kubeconfig is named: set KUBECONFIG".to_owned();
    }
    let files: Vec<_> = missing.iter().map(|path| path.display().to_string()).collect();
    format!("kubeconfig {}: no such file; set KUBECONFIG", files.join(", "))
}

/// The contexts, in the file's order.
pub fn contexts(config: &Kubeconfig) -> Vec<String> {
    config.contexts.iter().map(|context| context.name.clone()).collect()
}

/// The namespaces that contexts of the same cluster name.
pub fn namespaces(config: &Kubeconfig, context: &str) -> Vec<String> {
    let cluster = |name: &str| {
        let named = config.contexts.iter().find(|named| named.name == name)?;
        named.context.as_ref().map(|context| context.cluster.clone())
    };
    let here = cluster(context);
    let of_here = config.contexts.iter().filter(|named| cluster(&named.name) == here);
    let mut names: Vec<String> =
        of_here.filter_map(|named| named.context.as_ref()?.namespace.clone()).filter(|name| !name.is_empty()).collect();
    names.sort();
    names.dedup();
    names
}

/// What a context says; the current one when none is named.
///
/// # Errors
/// A sentence: the context is unknown (those that exist), none is current, its cluster is missing, a certificate cannot be
/// read.
pub async fn access(config: Option<&Kubeconfig>, context: Option<&str>, settings: &Settings) -> Result<Access, String> {
    let Some(config) = config else { return in_cluster(context, settings) };
    let known = contexts(config);
    let exist = if known.is_empty() { "it has none".to_owned() } else { format!("it has {}", known.join(", ")) };
    let name = match (context, config.current_context.as_deref().filter(|name| !name.is_empty())) {
        (Some(name), _) | (None, Some(name)) => name.to_owned(),
        (None, None) if known.len() == 1 => known[0].clone(),
        (None, None) => {
            return Err(format!("the kubeconfig has no current-context, and no context was named; {exist}"));
        }
    };
    if !known.contains(&name) {
        return Err(format!("the kubeconfig has no context {name}; {exist}"));
    }
    let options = KubeConfigOptions { context: Some(name.clone()), ..KubeConfigOptions::default() };
    let loaded = Config::from_custom_kubeconfig(config.clone(), &options).await;
    let mut access = loaded.map_err(|e| format!("context {name}: {}", words(&e)))?;
    let exec = take_exec(&mut access.auth_info, &name)?;
    let cluster = cluster_of(config, &name);
    // kube looks at the environment too; here the caller has.
    let own_proxy = cluster.and_then(|cluster| cluster.proxy_url.clone()).filter(|proxy| !proxy.is_empty());
    access.proxy_url = match own_proxy.or_else(|| proxy(settings, access.cluster_url.host().unwrap_or_default())) {
        Some(proxy) => Some(proxy.parse().map_err(|e| format!("the proxy's address is none: {e}"))?),
        None => None,
    };
    trust(&mut access, settings)?;
    let namespace = Some(access.default_namespace.clone()).filter(|n| !n.is_empty());
    Ok(Access { context: name, namespace: namespace.unwrap_or_else(|| "default".to_owned()), config: access, exec })
}

fn in_cluster(context: Option<&str>, settings: &Settings) -> Result<Access, String> {
    if settings.in_cluster == InCluster::Never || context.is_some_and(|name| name != IN_CLUSTER) {
        return Err(none(&settings.kubeconfig.iter().collect::<Vec<_>>()));
    }
    let mut config = Config::incluster().map_err(|_| {
        format!("{}; and logdeck does not run in a pod", none(&settings.kubeconfig.iter().collect::<Vec<_>>()))
    })?;
    trust(&mut config, settings)?;
    let namespace = config.default_namespace.clone();
    Ok(Access { context: IN_CLUSTER.to_owned(), namespace, config, exec: None })
}

fn cluster_of<'c>(config: &'c Kubeconfig, context: &str) -> Option<&'c kube::config::Cluster> {
    let named = config.contexts.iter().find(|named| named.name == context)?;
    let cluster = &named.context.as_ref()?.cluster;
    config.clusters.iter().find(|named| named.name == *cluster)?.cluster.as_ref()
}

/// Takes the program out, so that kube does not run it: without a time limit, and before a person agreed.
fn take_exec(auth: &mut AuthInfo, context: &str) -> Result<Option<ExecConfig>, String> {
    if let Some(provider) = auth.auth_provider.take() {
        let has_token = auth.token.is_some() || auth.token_file.is_some();
        let id = provider.config.get("id-token").or_else(|| provider.config.get("access-token"));
        match id {
            _ if has_token => {}
            Some(token) => auth.token = Some(token.clone().into()),
            None => {
                return Err(format!(
                    "context {context}: auth-provider {} is of the past; use its exec plugin",
                    text::safe_line(provider.name.as_bytes())
                ));
            }
        }
    }
    Ok(auth.exec.take())
}

/// Adds the authorities that the user trusts. With one, those of the cluster's kubeconfig stay.
fn trust(config: &mut Config, settings: &Settings) -> Result<(), String> {
    let Some(path) = &settings.ca_file else { return Ok(()) };
    let what = |problem: &str| format!("--ca-file {}: {problem}", path.display());
    let pem = std::fs::read(path).map_err(|e| what(&e.to_string()))?;
    let found = certificates(&pem);
    if found.is_empty() {
        return Err(what("it holds no certificate (-----BEGIN CERTIFICATE-----)"));
    }
    config.root_cert.get_or_insert_default().extend(found);
    config.root_cert_file = None;
    Ok(())
}

/// The certificates of a PEM file, as they are signed.
fn certificates(pem: &[u8]) -> Vec<Vec<u8>> {
    use rustls::pki_types::pem::PemObject as _;
    let found = rustls::pki_types::CertificateDer::pem_slice_iter(pem);
    found.filter_map(Result::ok).map(|certificate| certificate.to_vec()).collect()
}

/// The proxy for a host, if it is not excepted.
fn proxy(settings: &Settings, host: &str) -> Option<String> {
    let proxy = settings.proxy.as_deref().map(str::trim).filter(|proxy| !proxy.is_empty())?;
    let host = host.trim_matches(['[', ']']).to_ascii_lowercase();
    let is_excepted = settings.no_proxy.split(',').map(str::trim).filter(|rule| !rule.is_empty()).any(|rule| {
        let rule = rule.to_ascii_lowercase();
        let name = rule.trim_start_matches("*.").trim_start_matches('.');
        rule == "*" || host == name || host.ends_with(&format!(".{name}"))
    });
    let is_here = host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback());
    let with_scheme = if proxy.contains("://") { proxy.to_owned() } else { format!("http://{proxy}") };
    (!is_excepted && !is_here).then_some(with_scheme)
}

/// What kube says, in one line and without quoting the file, which holds secrets.
fn words(error: &KubeconfigError) -> String {
    match error {
        KubeconfigError::Parse(e) => {
            let place =
                e.location().map_or(String::new(), |at| format!("line {}, column {}: ", at.line(), at.column()));
            let what = e.without_snippet().to_string();
            let what = what.lines().next().unwrap_or_default();
            format!("{place}{}", text::safe_line(what.trim_start_matches("error: ").as_bytes()))
        }
        KubeconfigError::ReadConfig(e, _) => e.to_string(),
        KubeconfigError::LoadClusterOfContext(name) => format!("its cluster {name} is not in the kubeconfig"),
        KubeconfigError::MissingClusterUrl => "its cluster has no server".to_owned(),
        other => text::safe_line(other.to_string().as_bytes()).into_owned(),
    }
}
