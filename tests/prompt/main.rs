//! Types in real shells on pseudo-terminals: the function, the prompt's segment, and completion. `BASHES` and
//! `FISHES` add more versions of bash and fish.

// tests/cli uses all functions of these modules.
#[allow(dead_code)]
#[path = "../cli/deadline.rs"]
mod deadline;
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
mod older;
mod plugins;
mod readme;
mod screen;
mod segment;
mod setup;
mod starship;
mod typed;
