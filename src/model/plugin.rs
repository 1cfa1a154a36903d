//! A program that a kubeconfig names for credentials: what a person is asked about, and what is kept of the answer.
//!
//! Owns what makes two of them the same: all that the kubeconfig says of it, its environment too. Must not know how a program
//! is run or where answers are kept. Texts are as the kubeconfig has them, not safe for a terminal.

use sha2::{Digest, Sha256};
use std::fmt;

/// A program that the kubeconfig wants to run for credentials, and that was not allowed so far.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Plugin {
    /// The context that needs it.
    pub context: String,
    /// The program as the kubeconfig names it.
    pub command: String,
    /// Where that is on this machine, if it was found.
    pub path: Option<String>,
    /// Its arguments.
    pub args: Vec<String>,
    /// What the kubeconfig puts into its environment, in order: of two values for a name the last one holds.
    pub env: Vec<Variable>,
}

/// A variable that a kubeconfig puts into the environment of its program. Its value may be a secret.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
}

impl fmt::Debug for Variable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Variable").field("name", &self.name).finish_non_exhaustive()
    }
}

/// How far a variable reaches, by its name: the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// It is known to decide which code is run: by the dynamic linker, a shell, an interpreter, or a file that names programs.
    Code,
    /// Nothing is known of it.
    Unknown,
    /// It chooses who asks, for which project, or where.
    Choice,
}

/// Names that begin with these decide which code is run.
const CODE_PREFIXES: [&str; 11] = [
    "LD_",
    "DYLD_",
    "BASH_",
    "PYTHON",
    "PERL5",
    "RUBY",
    "NODE_",
    "JAVA_",
    "OPENSSL_",
    // Which Python gcloud runs on, and a directory that may hold another one.
    "CLOUDSDK_PYTHON",
    "CLOUDSDK_CONFIG",
];

/// So do these.
const CODE: [&str; 18] = [
    "PATH",
    "HOME",
    "ENV",
    "IFS",
    "SHELLOPTS",
    "PS4",
    "GCONV_PATH",
    "GLIBC_TUNABLES",
    "_JAVA_OPTIONS",
    "JDK_JAVA_OPTIONS",
    "CLASSPATH",
    "XDG_CONFIG_HOME",
    // Files that may name programs for credentials.
    "AWS_CONFIG_FILE",
    "AWS_SHARED_CREDENTIALS_FILE",
    "AWS_DATA_PATH",
    "AZURE_CONFIG_DIR",
    "GOOGLE_APPLICATION_CREDENTIALS",
    "KUBECONFIG",
];

/// What the tools that write kubeconfigs give to their programs, and people add: nothing in here names a file, a server or a
/// program.
const CHOICES: [&str; 34] = [
    "AAD_LOGIN_METHOD",
    "AAD_SERVICE_PRINCIPAL_CLIENT_ID",
    "AAD_SERVICE_PRINCIPAL_CLIENT_SECRET",
    "AWS_ACCESS_KEY_ID",
    "AWS_DEFAULT_PROFILE",
    "AWS_DEFAULT_REGION",
    "AWS_EC2_METADATA_DISABLED",
    "AWS_MAX_ATTEMPTS",
    "AWS_PROFILE",
    "AWS_REGION",
    "AWS_RETRY_MODE",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_SDK_LOAD_CONFIG",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_STS_REGIONAL_ENDPOINTS",
    "AWS_USE_DUALSTACK_ENDPOINT",
    "AWS_USE_FIPS_ENDPOINT",
    "AZURE_CLIENT_ID",
    "AZURE_CLIENT_SECRET",
    "AZURE_TENANT_ID",
    "CLOUDSDK_ACTIVE_CONFIG_NAME",
    "CLOUDSDK_AUTH_IMPERSONATE_SERVICE_ACCOUNT",
    "CLOUDSDK_BILLING_QUOTA_PROJECT",
    "CLOUDSDK_COMPUTE_REGION",
    "CLOUDSDK_COMPUTE_ZONE",
    "CLOUDSDK_CONTAINER_CLUSTER",
    "CLOUDSDK_CORE_ACCOUNT",
    "CLOUDSDK_CORE_DISABLE_PROMPTS",
    "CLOUDSDK_CORE_PROJECT",
    "GOOGLE_CLOUD_PROJECT",
    "PROVIDE_CLUSTER_INFO",
    "USE_GKE_GCLOUD_AUTH_PLUGIN",
];

impl Variable {
    /// How far it reaches. Names are compared as the system does: `path` is not `PATH`.
    pub fn reach(&self) -> Reach {
        let name = self.name.as_str();
        // `LD_PRELOAD=/tmp/x.so` as a name, with anything as its value, is `LD_PRELOAD` for the program.
        let is_none = name.is_empty() || name.contains(['=', '\0']);
        if is_none || CODE.contains(&name) || CODE_PREFIXES.iter().any(|prefix| name.starts_with(prefix)) {
            Reach::Code
        } else if CHOICES.contains(&name) {
            Reach::Choice
        } else {
            Reach::Unknown
        }
    }
}

impl Plugin {
    /// The variables that a consent to the program's name alone does not cover, in their order.
    pub fn uncovered(&self) -> impl Iterator<Item = &Variable> {
        self.env.iter().filter(|variable| variable.reach() != Reach::Choice)
    }
}

/// A program that was allowed, as it is kept: without the values of its environment, which may be secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allowed {
    /// The context that needs it.
    pub context: String,
    /// The program as the kubeconfig names it.
    pub command: String,
    /// Where that was.
    pub path: Option<String>,
    /// Its arguments.
    pub args: Vec<String>,
    /// Its environment in order: names, and the SHA-256 of the values in hexadecimal digits.
    pub env: Vec<(String, String)>,
}

impl Allowed {
    /// What is kept of a program.
    pub fn of(plugin: &Plugin) -> Self {
        let Plugin { context, command, path, args, env } = plugin.clone();
        let env = env.into_iter().map(|Variable { name, value }| (name, sha256(&value))).collect();
        Self { context, command, path, args, env }
    }

    /// Whether it is this program, with these arguments and this environment, for this context.
    pub fn covers(&self, plugin: &Plugin) -> bool {
        *self == Self::of(plugin)
    }
}

fn sha256(text: &str) -> String {
    let digits = Sha256::digest(text).into_iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.filter_map(|digit| char::from_digit(digit.into(), 16)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variable(name: &str, value: &str) -> Variable {
        Variable { name: name.to_owned(), value: value.to_owned() }
    }

    fn plugin(env: &[(&str, &str)]) -> Plugin {
        Plugin {
            context: "prod".to_owned(),
            command: "aws".to_owned(),
            path: Some("/usr/bin/aws".to_owned()),
            args: vec!["eks".to_owned()],
            env: env.iter().map(|(name, value)| variable(name, value)).collect(),
        }
    }

    #[test]
    fn names_tell_how_far_a_variable_reaches() {
        let check = |names: &[&str], expected: Reach| {
            for name in names {
                assert_eq!(variable(name, "1").reach(), expected, "{name}");
            }
        };
        let linker = ["LD_PRELOAD", "LD_LIBRARY_PATH", "LD_AUDIT", "DYLD_INSERT_LIBRARIES", "PATH"];
        check(&linker, Reach::Code);
        check(&["PYTHONPATH", "BASH_ENV", "BASH_FUNC_ls%%", "NODE_OPTIONS", "HOME", "AWS_CONFIG_FILE"], Reach::Code);
        check(&["CLOUDSDK_PYTHON", "CLOUDSDK_PYTHON_SITEPACKAGES", "CLOUDSDK_CONFIG"], Reach::Code);
        check(&["", "LD_PRELOAD=/tmp/x.so:", "AWS_PROFILE=a", "=", "A\0B"], Reach::Code);
        check(&["AWS_PROFILE", "AWS_STS_REGIONAL_ENDPOINTS", "PROVIDE_CLUSTER_INFO"], Reach::Choice);
        check(&["CLOUDSDK_CORE_PROJECT", "CLOUDSDK_ACTIVE_CONFIG_NAME", "USE_GKE_GCLOUD_AUTH_PLUGIN"], Reach::Choice);
        check(&["AWS_ENDPOINT_URL", "HTTPS_PROXY", "SSL_CERT_FILE", "AWS_CA_BUNDLE", "aws_profile"], Reach::Unknown);
        check(&["AWS_PROFILE ", " AWS_PROFILE", "AWS_PROFILE\n", "AWS_PROFILE_X"], Reach::Unknown);
        let both = plugin(&[("X", ""), ("AWS_PROFILE", "a"), ("LD_PRELOAD", "")]);
        assert_eq!(both.uncovered().map(|v| v.name.as_str()).collect::<Vec<_>>(), ["X", "LD_PRELOAD"]);
    }

    #[test]
    fn the_environment_is_part_of_what_was_allowed() {
        let allowed = Allowed::of(&plugin(&[("AWS_PROFILE", "prod"), ("A", "1")]));
        let check =
            |env: &[(&str, &str)], expected: bool| assert_eq!(allowed.covers(&plugin(env)), expected, "{env:?}");
        check(&[("AWS_PROFILE", "prod"), ("A", "1")], true);
        check(&[("A", "1"), ("AWS_PROFILE", "prod")], false);
        check(&[("AWS_PROFILE", "prod")], false);
        check(&[("AWS_PROFILE", "prod"), ("A", "2")], false);
        check(&[("AWS_PROFILE", "prod"), ("A", "1"), ("LD_PRELOAD", "/tmp/x.so")], false);
        check(&[], false);
        assert!(!Allowed::of(&plugin(&[])).covers(&plugin(&[("PATH", "/tmp")])));
    }

    #[test]
    fn values_are_neither_kept_nor_printed() {
        let secret = plugin(&[("TOKEN", "hunter2")]);
        let allowed = Allowed::of(&secret);
        // printf hunter2 | sha256sum
        let hash = "f52fbd32b2b3b86ff88ef6c490628285f482af15ddcb29541f94bcf526a3f6c7";
        assert_eq!(allowed.env, [("TOKEN".to_owned(), hash.to_owned())]);
        for text in [format!("{secret:?}"), format!("{allowed:?}")] {
            assert!(text.contains("TOKEN") && !text.contains("hunter2"), "{text}");
        }
    }
}
