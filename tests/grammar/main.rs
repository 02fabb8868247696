//! Compares how mfa-env and AWS's own tools read the files: the published cases of the Rust SDK, and
//! generated files with the Rust SDK and botocore.

mod botocore;
mod chains;
mod endpoints;
mod generated;
mod generator;
mod published;
mod readers;
mod written;
