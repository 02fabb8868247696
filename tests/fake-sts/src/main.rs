//! Runs the fake STS from a shell: prints its URL, and serves until standard input closes. Knows user bob and
//! the role `arn:aws:iam::123456789012:role/admin`. With `--tls FILE` it serves https, and writes the
//! certificate authority to that file. `--host NAME` sets the host in its certificate instead of 127.0.0.1.

use std::io::{self, Read, Write};
use std::process::ExitCode;

use fake_sts::{Authority, Codes, FakeSts, Role, User, Valid};

const USAGE: &str = "usage: fake-sts [--port N] [--any-code] [--tls FILE [--host NAME]]";

fn main() -> ExitCode {
    let (mut builder, mut bob) = (FakeSts::builder().role(Role::admin()), User::bob());
    let (mut tls, mut host) = (None, "127.0.0.1".to_owned());
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match (argument.as_str(), &mut arguments) {
            ("--any-code", _) => bob.codes = Codes::Any,
            ("--port", rest) => match rest.next().and_then(|number| number.parse().ok()) {
                Some(number) => builder = builder.port(number),
                None => return usage(),
            },
            ("--tls", rest) => match rest.next() {
                Some(file) => tls = Some(file),
                None => return usage(),
            },
            ("--host", rest) => match rest.next() {
                Some(name) => host = name,
                None => return usage(),
            },
            _ => return usage(),
        }
    }
    if let Some(file) = tls {
        let authority = Authority::new();
        if let Err(error) = std::fs::write(&file, authority.pem()) {
            eprintln!("fake-sts: can't write {file}: {error}");
            return ExitCode::FAILURE;
        }
        builder = builder.tls(authority.certificate(&host, Valid::Now));
    }
    let sts = builder.user(bob).start();
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
