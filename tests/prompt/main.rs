//! `mfa-env init`: the function, the prompt's segment and the completion, typed in real shells on
//! pseudo-terminals. Every bash that `BASHES` and every fish that `FISHES` names runs what
//! bash and fish run.

// Shared with tests/cli, which uses all of them.
#[allow(dead_code, unused_imports)]
#[path = "../cli/harness.rs"]
mod harness;
#[allow(dead_code)]
#[path = "../cli/shown.rs"]
mod shown;
#[allow(dead_code)]
#[path = "../cli/terminal.rs"]
mod terminal;

mod completion;
mod default;
mod demo;
mod function;
mod hooks;
mod loading;
mod plugins;
mod readme;
mod screen;
mod segment;
mod setup;
mod starship;
mod typed;
