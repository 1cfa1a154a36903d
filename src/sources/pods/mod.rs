//! x
pub mod cursor;
pub mod health;
pub mod kubeconfig;
pub mod link;
pub mod plugin;
pub mod settings;
pub mod stamp;
