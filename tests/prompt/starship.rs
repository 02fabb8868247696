//! starship draws the whole prompt itself: it shows our session from the environment or from
//! `[default]`, with no configuration.

use crate::default::{installed, written};
use crate::harness::Home;
use crate::segment::{LONG, with_session};
use crate::typed::all;

#[test]
fn probe() {
    let home = written();
    let run = home.program(installed("starship")).args(["module", "aws"]).env("TERM", "xterm");
    eprintln!("{:?}", run.output());
}
