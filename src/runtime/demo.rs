//! The demo as the screen runs it: files that grow, and on loopback a CI service, a Kubernetes cluster, a storage of
//! objects and a database of documents, which the real clients ask.
//!
//! Owns what goes away with it. Must not know what is shown.

use super::forge::Desk;
use crate::demo::forge::{Server, content};
use crate::demo::{Scenario, Stage};
use crate::demo::{cluster, firestore, gcs};
use crate::infra::archives::Scratch;
use crate::infra::http;
use crate::model::Address;
use crate::model::ci::{Forge, Repo};
use crate::ports::Clock;
use crate::ports::answers::{Answers, Archives, KeptAnswer};
use crate::ports::http::Http;
use crate::ports::tokens::{NoToken, Secret, Tokens};
use crate::sources::forge::{Client, Setup};
use crate::sources::google::{self, Login};
use crate::sources::{self, Settings, pods};
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// The demo's files and services. Nothing of it is left when it is dropped.
pub(super) struct Demo {
    stage: Stage,
    _server: Server,
    cluster: Option<Arc<cluster::Server>>,
    storage: Option<Arc<gcs::Server>>,
    database: Option<Arc<firestore::Server>>,
}

/// The name of the kubeconfig beside the demo's files; directories are listed without such names.
const KUBECONFIG: &str = ".kubeconfig";
/// How often the demo's storage is asked for new objects, which come every few seconds.
const POLL: Duration = Duration::from_secs(3);

impl Demo {
    /// Starts the service beside the files; gives the desk at which it is asked.
    ///
    /// # Errors
    /// There is no free port, or no client.
    pub(super) fn new(stage: Stage, seed: u64, clock: Arc<dyn Clock>) -> io::Result<(Self, Loopback)> {
        let directory = stage.directory().to_owned();
        let now = Arc::clone(&clock);
        let server = Server::start(content::demo(clock.now(), seed), Arc::new(move || now.now()))?;
        let mut options = http::Options::new(concat!("logdeck/", env!("CARGO_PKG_VERSION")));
        options.proxies = http::Proxies::Off;
        let http = http::Client::new(&options).map_err(io::Error::other)?;
        let loopback = Loopback {
            address: server.address(),
            http: Arc::new(http),
            clock,
            seed,
            archives: Arc::new(Scratch::new(directory, seed)),
        };
        Ok((Self { stage, _server: server, cluster: None, storage: None, database: None }, loopback))
    }

    /// Starts the cluster; gives the source of its pods, how that is read, and the play that goes on in it.
    ///
    /// # Errors
    /// There is no free port, or the kubeconfig cannot be written.
    pub(super) fn cluster(
        &mut self,
        scenario: Scenario,
        seed: u64,
        clock: Arc<dyn Clock>,
        cancel: CancellationToken,
    ) -> io::Result<(Address, pods::Settings, impl Future<Output = ()> + Send + use<>)> {
        let opens = clock.now();
        let mut state = cluster::content::demo(Arc::new(move || clock.now()), opens);
        let mut player = cluster::content::Player::new(scenario, seed, opens);
        player.step(&mut state);
        let server = Arc::new(cluster::Server::start(state)?);
        let kubeconfig = self.stage.directory().join(KUBECONFIG);
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&kubeconfig)?;
        file.write_all(cluster::content::kubeconfig(&server).as_bytes())?;
        let settings = pods::Settings {
            kubeconfig: vec![kubeconfig],
            in_cluster: pods::InCluster::Never,
            exec: pods::Exec::Never,
            lines: None,
            seed,
            ..pods::Settings::default()
        };
        self.cluster = Some(Arc::clone(&server));
        let namespace = cluster::content::NAMESPACE.to_owned();
        let address = Address::Pods { context: None, namespace, workload: None };
        Ok((address, settings, player.play(server, cancel)))
    }

    /// Starts the storage; gives the address of its objects, and the play that writes them.
    ///
    /// # Errors
    /// There is no free port.
    pub(super) fn storage(
        &mut self,
        scenario: Scenario,
        seed: u64,
        clock: Arc<dyn Clock>,
        cancel: CancellationToken,
    ) -> io::Result<(Address, impl Future<Output = ()> + Send + use<>)> {
        let opens = clock.now();
        let mut state = gcs::content::demo(Arc::new(move || clock.now()));
        let mut player = gcs::content::Player::new(scenario, seed, opens);
        player.step(&mut state);
        let server = Arc::new(gcs::Server::start(state)?);
        self.storage = Some(Arc::clone(&server));
        let address = Address::Gcs { bucket: gcs::content::BUCKET.to_owned(), prefix: gcs::content::prefix(opens) };
        Ok((address, player.play(server, cancel)))
    }

    /// Starts the database; gives the addresses of its documents, and the play that changes them.
    ///
    /// # Errors
    /// There is no free port.
    pub(super) fn database(
        &mut self,
        clock: Arc<dyn Clock>,
        cancel: CancellationToken,
    ) -> io::Result<(Vec<Address>, impl Future<Output = ()> + Send + use<>)> {
        let opens = clock.now();
        let mut state = firestore::content::demo(Arc::new(move || clock.now()));
        let mut player = firestore::content::Player::new(opens);
        player.step(&mut state);
        let server = Arc::new(firestore::Server::start(state)?);
        self.database = Some(Arc::clone(&server));
        let addresses = firestore::content::COLLECTIONS.map(|collection| Address::Firestore {
            project: firestore::content::PROJECT.to_owned(),
            database: "(default)".to_owned(),
            collection: collection.to_owned(),
        });
        Ok((addresses.into(), player.play(server, cancel)))
    }

    /// How both are read: `usual` with the demo's own addresses, without credentials and proxies.
    pub(super) fn cloud_settings(&self, usual: &Settings, loopback: &Loopback) -> Settings {
        let mut settings = usual.clone();
        settings.google = google::Settings {
            login: Login::Anonymous,
            http: Some(Arc::clone(&loopback.http)),
            ..google::Settings::default()
        };
        settings.gcs = sources::gcs::Settings {
            endpoint: self.storage.as_ref().map(|server| format!("http://{}", server.address())),
            poll: POLL,
            ..sources::gcs::Settings::default()
        };
        settings.firestore = sources::firestore::Settings {
            endpoint: self.database.as_ref().map(|server| server.address().to_string()),
            ..sources::firestore::Settings::default()
        };
        settings
    }
}

/// Where the demo's service is.
pub(super) struct Loopback {
    address: SocketAddr,
    http: Arc<dyn Http>,
    clock: Arc<dyn Clock>,
    seed: u64,
    archives: Arc<dyn Archives>,
}

impl Loopback {
    /// The repository that is watched.
    pub(super) fn repo(&self) -> Repo {
        Repo { forge: Forge::Github, host: self.address.to_string(), path: content::GITHUB.to_owned() }
    }
}

impl Desk for Loopback {
    fn repo(&self, _: &Address) -> Option<(Repo, Option<u64>)> {
        None
    }

    fn client(&self, repo: &Repo) -> Result<Arc<Client>, String> {
        Ok(Arc::new(Client::new(Setup {
            http: Arc::clone(&self.http),
            tokens: Arc::new(Known),
            answers: Arc::new(Forgetful),
            clock: Arc::clone(&self.clock),
            forge: repo.forge,
            base: format!("http://{}", self.address),
            pause: Setup::PAUSE,
            seed: self.seed,
        })))
    }

    fn rest(&self, _: &Repo) -> Duration {
        Duration::from_mins(1)
    }

    fn archives(&self) -> Arc<dyn Archives> {
        Arc::clone(&self.archives)
    }
}

/// The token that the demo's service lets in.
struct Known;

impl Tokens for Known {
    fn token(&self) -> Result<Option<Secret>, NoToken> {
        Ok(Some(Secret::new(content::TOKEN.to_owned())))
    }

    fn refused(&self) {}
}

/// Keeps nothing: the next demo is another one.
struct Forgetful;

impl Answers for Forgetful {
    fn get(&self, _: &str) -> Option<KeptAnswer> {
        None
    }

    fn put(&self, _: &str, _: &KeptAnswer) {}
}
