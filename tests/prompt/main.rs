//! Types in real shells on pseudo-terminals: the function, the prompt's segment, and completion. `BASHES` and
//! `FISHES` add more versions of bash and fish.

#![cfg_attr(not(target_os = "linux"), allow(unused, reason = "helpers of tests that run on Linux only"))]

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
