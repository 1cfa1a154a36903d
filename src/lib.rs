#![doc = include_str!("../ARCHITECTURE.md")]

pub mod analysis;
pub mod app;
pub mod cli;
pub mod config;
pub mod demo;
pub mod engine;
pub mod infra;
pub mod model;
pub mod parse;
pub mod ports;
pub mod redact;
pub mod render;
pub mod runtime;
pub mod sources;
pub mod store;
pub mod ui;
