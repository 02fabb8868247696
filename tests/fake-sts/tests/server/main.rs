//! The fake STS from outside, over its socket.

mod client;
mod roles;
mod scripted;
mod sessions;
mod signing;
