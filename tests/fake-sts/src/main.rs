//! Runs the fake STS for shell tests and by hand: prints its URL, serves until stdin closes.
//! User bob and the role `arn:aws:iam::123456789012:role/admin`.

use std::io::{self, Read, Write};
use std::process::ExitCode;

use fake_sts::{Codes, FakeSts, Role, User};

const USAGE: &str = "usage: fake-sts [--port N] [--any-code]";

fn main() -> ExitCode {
    let (mut port, mut bob) = (0, User::bob());
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match (argument.as_str(), &mut arguments) {
            ("--any-code", _) => bob.codes = Codes::Any,
            ("--port", rest) => match rest.next().and_then(|number| number.parse().ok()) {
                Some(number) => port = number,
                None => return usage(),
            },
            _ => return usage(),
        }
    }
    let sts = FakeSts::builder().user(bob).role(Role::admin()).port(port).start();
    let mut out = io::stdout();
    if writeln!(out, "{}", sts.url()).and_then(|()| out.flush()).is_err() {
        return ExitCode::FAILURE;
    }
    let mut stdin = io::stdin().lock();
    while matches!(stdin.read(&mut [0; 1024]), Ok(1..)) {}
    ExitCode::SUCCESS
}

fn usage() -> ExitCode {
    eprintln!("{USAGE}");
    ExitCode::from(2)
}
