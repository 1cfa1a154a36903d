//! The connection to Firestore: TLS with the system's authorities, a proxy where one is named, tokens, and the three
//! questions that are ever sent.
//!
//! Owns the channel and its headers. Must not know what the answers mean. Tokens never reach a log.

use super::trouble::Trouble;
use super::way::{self, Connector};
use super::wire::firestore_client::FirestoreClient;
use super::wire::{
    BatchGetDocumentsRequest, BatchGetDocumentsResponse, Document, ListenRequest, ListenResponse, RunQueryRequest,
    RunQueryResponse, batch_get_documents_response, run_query_request,
};
use super::{place::Place, wire::StructuredQuery};
use crate::sources::google;
use futures_util::stream;
use prost_types::Timestamp as WireTime;
use std::time::Duration;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint};
use tonic::{Request, Status, Streaming};

/// The service's address.
const SERVICE: &str = "https://firestore.googleapis.com";

/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(10);

/// How long the first word of an answer may take, and each further one.
const PATIENCE: Duration = Duration::from_secs(30);

/// A silent connection is asked for a sign of life this often, and given up when none comes within the other time.
const ALIVE: Duration = Duration::from_secs(20);
const DEAD: Duration = Duration::from_secs(10);

/// The longest message of the service that is taken; a document has at most 1 MiB.
const MAX_MESSAGE: usize = 16 * 1024 * 1024;

/// What emulators take for a token: it is above the rules.
const EMULATOR: &str = "Bearer owner";

/// Documents that are asked for by name at once.
const NAMES: usize = 300;

/// Who asks.
#[derive(Clone, Debug)]
enum Who {
    Emulator,
    Account(google::Account),
}

/// A way to one database.
#[derive(Clone, Debug)]
pub(super) struct Link {
    client: FirestoreClient<Channel>,
    who: Who,
    /// `projects/P/databases/D`
    database: String,
    /// Where it is, for people.
    pub(super) server: String,
}

/// What a query gave.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// The documents in the query's order.
    pub(super) documents: Vec<Document>,
    /// The moment of which that is the truth.
    pub(super) read_time: Option<WireTime>,
}

/// What became of documents that were asked for by name.
#[derive(Debug)]
pub(super) enum Named {
    /// It is there.
    Found(Box<Document>),
    /// It is not.
    Missing(String),
}

impl Link {
    /// A link to the database of `place`. Nothing is connected yet.
    ///
    /// # Errors
    /// The address, the proxy or the certificates make no sense.
    pub(super) fn new(place: &Place, endpoint: Option<&str>, google: &google::Settings) -> Result<Self, Trouble> {
        let address = endpoint.unwrap_or(SERVICE);
        // An emulator is named without a scheme, and speaks plain HTTP/2.
        let is_emulator = !address.starts_with("https://");
        let plain = address.strip_prefix("http://").unwrap_or(address);
        let url = if is_emulator { format!("http://{plain}") } else { address.to_owned() };
        let server = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest).trim_end_matches('/').to_owned();
        let wrong = |what: &str| Trouble::settings(format!("{what}: `{address}` is no address of Firestore"));
        let endpoint = Endpoint::from_shared(url.clone()).map_err(|_| wrong("the endpoint"))?;
        let mut endpoint = endpoint
            .connect_timeout(CONNECT)
            .tcp_nodelay(true)
            .http2_keep_alive_interval(ALIVE)
            .keep_alive_timeout(DEAD)
            .keep_alive_while_idle(true);
        let connector = if is_emulator {
            Connector::direct(CONNECT)
        } else {
            endpoint = endpoint.tls_config(tls(google)?).map_err(|error| Trouble::unusable_tls(&error))?;
            way::to(&url, google, CONNECT)?
        };
        let channel = endpoint.connect_with_connector_lazy(connector);
        let who =
            if is_emulator { Who::Emulator } else { Who::Account(google::Account::new(google, &[google::DATASTORE])) };
        let client = FirestoreClient::new(channel).max_decoding_message_size(MAX_MESSAGE);
        Ok(Self { client, who, database: place.database(), server })
    }

    /// Whether nobody pays for reads here.
    pub(super) const fn is_emulator(&self) -> bool {
        matches!(self.who, Who::Emulator)
    }

    /// Who asks, for people; empty while that is not known.
    pub(super) fn account(&self) -> String {
        match &self.who {
            Who::Emulator => "emulator".to_owned(),
            Who::Account(account) => account.name(),
        }
    }

    /// The token was refused: another one is looked for.
    pub(super) async fn refused(&self) {
        if let Who::Account(account) = &self.who {
            account.refused().await;
        }
    }

    /// Asks once.
    ///
    /// # Errors
    /// What the service, or the way to it, says.
    pub(super) async fn query(&self, parent: &str, query: StructuredQuery) -> Result<Found, Trouble> {
        let message = RunQueryRequest {
            parent: parent.to_owned(),
            query_type: Some(run_query_request::QueryType::StructuredQuery(query)),
            ..RunQueryRequest::default()
        };
        let request = self.request(message, "parent", parent).await?;
        let mut client = self.client.clone();
        let answer = self.patiently(client.run_query(request)).await?;
        let mut answer = answer.into_inner();
        let mut found = Found::default();
        while let Some(part) = self.patiently(answer.message()).await? {
            let RunQueryResponse { document, read_time, .. } = part;
            found.read_time = read_time.or(found.read_time);
            found.documents.extend(document);
        }
        Ok(found)
    }

    /// Asks for documents by their full names.
    ///
    /// # Errors
    /// What the service, or the way to it, says.
    pub(super) async fn named(&self, names: &[String]) -> Result<Vec<Named>, Trouble> {
        let mut all = Vec::new();
        for documents in names.chunks(NAMES) {
            let message = BatchGetDocumentsRequest {
                database: self.database.clone(),
                documents: documents.to_vec(),
                ..BatchGetDocumentsRequest::default()
            };
            let request = self.request(message, "database", &self.database).await?;
            let mut client = self.client.clone();
            let mut answer = self.patiently(client.batch_get_documents(request)).await?.into_inner();
            while let Some(BatchGetDocumentsResponse { result, .. }) = self.patiently(answer.message()).await? {
                match result {
                    Some(batch_get_documents_response::Result::Found(document)) => {
                        all.push(Named::Found(Box::new(document)));
                    }
                    Some(batch_get_documents_response::Result::Missing(name)) => all.push(Named::Missing(name)),
                    None => {}
                }
            }
        }
        Ok(all)
    }

    /// Listens: the requests are sent as they come, and the stream is open as long as `requests` is.
    ///
    /// # Errors
    /// What the service, or the way to it, says.
    pub(super) async fn listen(
        &self,
        requests: tokio::sync::mpsc::Receiver<ListenRequest>,
    ) -> Result<Streaming<ListenResponse>, Trouble> {
        let sent = stream::unfold(requests, async |mut requests| {
            let next = requests.recv().await?;
            Some((next, requests))
        });
        let request = self.request(Box::pin(sent), "database", &self.database).await?;
        let mut client = self.client.clone();
        Ok(self.patiently(client.listen(request)).await?.into_inner())
    }

    /// A status of the service as words that name who asked.
    pub(super) fn trouble(&self, status: &Status) -> Trouble {
        Trouble::of(status, &self.account(), &self.server)
    }

    async fn patiently<T>(&self, answer: impl Future<Output = Result<T, Status>>) -> Result<T, Trouble> {
        match tokio::time::timeout(PATIENCE, answer).await {
            Ok(answer) => answer.map_err(|status| self.trouble(&status)),
            Err(_) => Err(Trouble::slow(&self.server, PATIENCE)),
        }
    }

    /// A question with all its headers.
    async fn request<T>(&self, message: T, routed_by: &str, value: &str) -> Result<Request<T>, Trouble> {
        let mut request = Request::new(message);
        let headers = request.metadata_mut();
        let project = match &self.who {
            Who::Emulator => {
                headers.insert("authorization", MetadataValue::from_static(EMULATOR));
                None
            }
            Who::Account(account) => {
                let token = account.token().await.map_err(|error| Trouble::login(&error))?;
                if let Some(secret) = token.authorization {
                    let mut secret = header(secret.expose())?;
                    secret.set_sensitive(true);
                    headers.insert("authorization", secret);
                }
                token.user_project
            }
        };
        if let Some(project) = project {
            headers.insert("x-goog-user-project", header(&project)?);
        }
        headers.insert("google-cloud-resource-prefix", header(&self.database)?);
        headers.insert("x-goog-request-params", header(&format!("{routed_by}={}", percent(value)))?);
        Ok(request)
    }
}

fn header(text: &str) -> Result<MetadataValue<Ascii>, Trouble> {
    text.parse().map_err(|_| Trouble::settings("the project's name, or the token, holds what no header can".to_owned()))
}

/// A value as it stands behind `=` in a header of routing.
fn percent(text: &str) -> String {
    use std::fmt::Write as _;
    text.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}

fn tls(google: &google::Settings) -> Result<ClientTlsConfig, Trouble> {
    let config = ClientTlsConfig::new().with_native_roots();
    let Some(path) = &google.ca_file else { return Ok(config) };
    match std::fs::read(path) {
        Ok(pem) => Ok(config.ca_certificate(Certificate::from_pem(pem))),
        Err(error) => Err(Trouble::settings(format!("the certificates in {} cannot be read: {error}", path.display()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_routing_are_escaped() {
        assert_eq!(percent("projects/a b/databases/(default)"), "projects%2Fa%20b%2Fdatabases%2F%28default%29");
    }
}
