//! The files as AWS's own tools read them: the published cases of the Rust SDK, and generated files
//! held against the Rust SDK and botocore.

mod generated;
mod generator;
mod published;
mod readers;
mod written;
