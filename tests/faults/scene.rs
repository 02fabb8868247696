//! The commands that write, each with the files before and after it, and the check of the files that a run
//! left when it was killed at any moment.

use std::fs;

use support::{Home, Shown, Snapshot};

pub const CREDENTIALS: &str = ".aws/credentials";

const KEYS: &str = "aws_access_key_id = AKIAIOSFODNN7EXAMPLE\r\n\
                    aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\r\n";
const CODE: &str = "918273";
/// The code of the next run, since the device never shows a code twice.
const NEXT_CODE: &str = "827364";

/// A file as users have it: comments, CRLF, a nested key, no line ending at its end.
fn credentials(default: &str) -> String {
    format!(
        "# mine\r\n[a]\r\ns3 =\r\n  max = 1\r\n[default] # mine, too\r\n{default}region = us-east-1\r\n\r\n\
         # the account\r\n[someaccount]\r\n{KEYS}mfa_serial = arn:aws:iam::123456789012:mfa/bob\r\n\
         region = eu-west-1\r\n[z]\r\nlast = no line ending"
    )
}

/// A command that writes.
pub struct Scene {
    pub name: &'static str,
    pub arguments: &'static [&'static str],
    pub before: Snapshot,
    /// The credentials file that it should leave.
    after: Vec<u8>,
    /// The credentials file that `unset -w` restores.
    original: Vec<u8>,
    /// What it prints for the shell.
    prints: Prints,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Prints {
    Session,
    Nothing,
}

/// The part of the output that can't be checked, because the fault was in writing it.
#[derive(Clone, Copy, Default)]
pub struct Unheard {
    pub stdout: bool,
    pub stderr: bool,
    /// The run ended before its first step.
    pub everything: bool,
}

/// Login, `-w`, `-w` over another session, `-w --force`, and `unset -w` after each of the last two.
pub fn all(endpoint_url: &str) -> Vec<Scene> {
    let plain = credentials("");
    let forced = credentials(KEYS);
    let home = Home::new().calling(endpoint_url);
    let mut scenes = Vec::new();
    let mut add = |name, arguments: &'static [&'static str], original: &str, prints| {
        let before = Snapshot::of(&home);
        let end = home.run(arguments).output();
        assert_eq!(end.status, 0, "{end:?}");
        let scene = Scene {
            name,
            arguments,
            before,
            after: credentials_of(&home),
            original: original.as_bytes().to_vec(),
            prints,
        };
        assert_eq!(scene.wrong(&home, &end, Unheard::default()), Vec::<String>::new());
        scenes.push(scene);
    };
    home.write(CREDENTIALS, &plain);
    add("login", &["someaccount", "-t", CODE], &plain, Prints::Session);
    add("`-w`", &["someaccount", "-w", "--no-input"], &plain, Prints::Nothing);
    add("`unset -w`", &["unset", "-w"], &plain, Prints::Nothing);
    home.write(CREDENTIALS, &forced);
    add("`-w --force`", &["someaccount", "-w", "--force", "--no-input"], &forced, Prints::Nothing);
    add("`unset -w` after `--force`", &["unset", "-w"], &forced, Prints::Nothing);
    scenes
}

impl Scene {
    /// What is wrong with the files, the status or the output.
    pub fn wrong(&self, home: &Home, end: &Shown, unheard: Unheard) -> Vec<String> {
        let mut wrong = Vec::new();
        let now = Snapshot::of(home);
        let is = |bytes: &[u8]| without_time(now.file(CREDENTIALS)) == without_time(bytes);
        let old = self.before.file(CREDENTIALS);
        let (is_old, is_new) = (is(old), is(&self.after));
        if !is_old && !is_new {
            wrong.push(format!("bytes were lost: {:?}", String::from_utf8_lossy(now.file(CREDENTIALS))));
        }
        if now.access(CREDENTIALS) != self.before.access(CREDENTIALS) {
            wrong.push("the file's mode or owner changed".to_owned());
        }
        let status = end.status;
        if is_killed(end) || unheard.everything {
            return wrong;
        }
        if status == 0 && !is_new {
            wrong.push("exit status 0, and nothing was written".to_owned());
        }
        let changes = self.after != old;
        let says_done = end.stderr.contains("is written") || end.stderr.contains("is taken out");
        if changes && status != 0 && !unheard.stderr && is_new != says_done {
            let is = if is_new { "is changed" } else { "is as it was" };
            wrong.push(format!("the file {is}, and the message says otherwise"));
        }
        let says_error = end.stderr.lines().any(|line| line.starts_with("error: "));
        if !unheard.stderr && says_error != (status != 0) {
            wrong.push(format!("exit status {status} and this message"));
        }
        if !unheard.stdout {
            let prints_session =
                end.stdout.contains("\nexport AWS_ACCESS_KEY_ID='") && end.stdout.ends_with("\nfi;\n");
            let fits = match (status, self.prints) {
                (0, Prints::Session) => prints_session,
                (0, Prints::Nothing) => end.stdout.is_empty(),
                (status, _) => end.stdout == format!("(exit {status});\n"),
            };
            if !fits {
                wrong.push(format!("exit status {status} and this for the shell: {:?}", end.stdout));
            }
        }
        if !wrong.is_empty() {
            wrong.push(format!("status {status}, standard error: {}", end.stderr));
        }
        wrong
    }

    /// What the next runs don't repair: the same command again, then `unset -w`; or `unset -w` at once.
    pub fn unmended(&self, home: &Home, at_once: bool) -> Vec<String> {
        let mut wrong = Vec::new();
        let mut run = |arguments: &[&str], expected: &[u8]| {
            let end = home.run(arguments).output();
            let name = arguments.join(" ");
            if end.status != 0 {
                wrong.push(format!("then `{name}` failed: {}", end.stderr));
            }
            let bytes = credentials_of(home);
            if without_time(&bytes) != without_time(expected) {
                wrong.push(format!("then `{name}` left {:?}", String::from_utf8_lossy(&bytes)));
            }
        };
        if self.prints == Prints::Session {
            run(&["someaccount", "-t", NEXT_CODE], self.before.file(CREDENTIALS));
        } else if !at_once {
            run(self.arguments, &self.after);
        }
        run(&["unset", "-w"], &self.original);
        let mut strays = Snapshot::of(home).strays();
        if at_once {
            // If the state file doesn't exist yet, `unset -w` writes nothing there.
            strays.retain(|path| !path.starts_with(".local"));
        }
        if !strays.is_empty() {
            wrong.push(format!("temporary files are left: {strays:?}"));
        }
        wrong
    }
}

/// The credentials file; empty if there is none.
pub fn credentials_of(home: &Home) -> Vec<u8> {
    fs::read(home.path(CREDENTIALS)).unwrap_or_default()
}

pub fn is_killed(end: &Shown) -> bool {
    end.status < 0
}

/// The file without the line that differs from run to run.
fn without_time(bytes: &[u8]) -> Vec<u8> {
    let lines = bytes.split_inclusive(|byte| *byte == b'\n');
    lines.filter(|line| !line.starts_with(b"__started__ = ")).flatten().copied().collect()
}
