//! A scripted AWS STS on loopback: real SigV4 checks, real error texts, fake credentials. For tests, the demo
//! and benchmarks; it must listen only on 127.0.0.1.
//!
//! ```
//! use fake_sts::{FakeSts, Reply, Role, User};
//!
//! let sts = FakeSts::builder().user(User::bob()).role(Role::admin()).start();
//! sts.script(Reply::throttled());
//! assert!(sts.url().starts_with("http://127.0.0.1:"));
//! ```

mod actions;
mod answer;
mod auth;
mod connection;
mod constraints;
mod http;
mod issue;
mod model;
mod server;
pub mod sigv4;
mod state;
mod tls;

pub use model::{Codes, Recorded, Reply, Role, User};
pub use server::{Builder, FakeSts};
pub use tls::{Authority, Certificate, Valid};

/// The version in every call of STS's Query protocol.
pub const API_VERSION: &str = "2011-06-15";
