//! What mfa-env keeps for itself: cached sessions, and what `-w` wrote to `[default]`.

pub mod cache;
pub mod state;
