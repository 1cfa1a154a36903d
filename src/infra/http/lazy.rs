//! A client that is made when somebody first asks: reading the system's certificates takes time, and most runs ask nobody.
//!
//! Owns that moment. Must not know what is asked.

use super::{Client, HttpSetupError, Options};
use crate::ports::http::{Asking, Http, HttpError, Request};
use std::sync::OnceLock;

/// Asks servers with a client that is made at the first request.
#[derive(Debug)]
pub struct Lazy {
    options: Options,
    client: OnceLock<Result<Client, HttpSetupError>>,
}

impl Lazy {
    /// Nothing is read yet: what is wrong with the certificates or proxies is said by every request.
    pub const fn new(options: Options) -> Self {
        Self { options, client: OnceLock::new() }
    }
}

impl Http for Lazy {
    fn ask(&self, request: Request) -> Asking<'_> {
        match self.client.get_or_init(|| Client::new(&self.options)) {
            Ok(client) => client.ask(request),
            Err(error) => {
                let host = super::target(&request.url).map(|target| target.host);
                let why = error.to_string();
                Box::pin(async move { Err(HttpError::Unsendable { host: host?, why }) })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_wrong_is_said_when_something_is_asked() {
        let mut options = Options::new("test");
        options.ca_files.push("/no/such/file.pem".into());
        let lazy = Lazy::new(options);
        assert!(lazy.client.get().is_none());
        for _ in 0..2 {
            let url = "https://storage.example.com/b".to_owned();
            let error = lazy.ask(Request { url, ..Request::default() }).await.unwrap_err().to_string();
            assert!(
                error.starts_with("this cannot be asked of storage.example.com: the certificates in /no/such/file.pem")
            );
        }
        let lazy = Lazy::new(Options::new("test"));
        let url = "http://127.0.0.1:1/".to_owned();
        let error = lazy.ask(Request { url, ..Request::default() }).await.unwrap_err().to_string();
        assert!(error.starts_with("cannot connect to 127.0.0.1:1"), "{error}");
    }
}
