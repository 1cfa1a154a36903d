//! x
pub mod cursor;
pub mod follow;
pub mod health;
pub mod kubeconfig;
pub mod link;
pub mod plugin;
pub mod row;
pub mod runs;
pub mod select;
pub mod settings;
pub mod sink;
pub mod stamp;
pub mod stream;
pub mod watch;
