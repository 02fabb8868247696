//! moto's STS, a server that we didn't write: it shows that our requests have AWS's form.

use std::process::{Child, Command, Stdio};

use support::{Home, KEY_ID, Lines, SOMEACCOUNT, WROTE, done, started};

use crate::aws_clients::installed;

/// A moto that ends with the test.
pub struct Moto {
    child: Child,
    pub url: String,
}

impl Moto {
    pub fn start(home: &Home, settings: &[(&str, &str)]) -> Moto {
        let mut command = Command::new(installed("moto_server"));
        command.args(["-H", "127.0.0.1", "-p", "0"]).env_clear().envs(home.environment());
        command.envs(settings.iter().copied());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("it is installed");
        let mut lines = Lines::of(child.stderr.take().expect("it is piped"));
        let url = lines.find_map(|line| line.split_once("Running on ").map(|(_, url)| url.trim().to_owned()));
        let url = url.expect("moto says where it listens");
        Moto { child, url }
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn sessions_of_motos_are_exported_and_written() {
    // moto's sessions have the key id of AWS's examples, so bob needs another one.
    let home = Home::new().credentials(SOMEACCOUNT.replace(KEY_ID, "AKIANOTMOTOSNOTMOTOS"));
    let moto = Moto::start(&home, &[]);
    let shown = home.run(["someaccount", "-t", "123123"]).endpoint(&moto.url).output();
    let session = shown.session();
    assert_eq!(shown.stderr, started("12 hours", "someaccount: user moto of 123456789012"));
    assert!(session.session_token.len() > 100, "a token as long as AWS's");
    let shown = home.run(["someaccount", "-w", "-r", "-t", "234234"]).endpoint(&moto.url).output();
    assert_eq!(
        shown,
        done("", &format!("{WROTE}{}", started("12 hours", "someaccount: user moto of 123456789012")))
    );
    let text = home.read_credentials();
    for value in [session.access_key_id, session.secret_access_key, session.session_token] {
        assert!(text.contains(&format!(" = {value}\n")), "moto always gives the same session: {text}");
    }
    // Also a role with the cached session: starting moto a second time would take longer.
    home.write(
        ".aws/config",
        "[profile admin]\nrole_arn = arn:aws:iam::123456789012:role/admin\nsource_profile = someaccount\n",
    );
    let shown = home.run(["admin", "--no-input"]).endpoint(&moto.url).output();
    shown.session();
    assert_eq!(shown.stderr, started("1 hour", "admin: role admin of 123456789012"));
}
