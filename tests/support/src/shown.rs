//! The result of a run: status and both outputs, with placeholders for what differs from run to run. Checks
//! that no secret is on standard error, or on the standard output of a failure.

use std::fmt;
use std::os::unix::process::ExitStatusExt;
use std::process::Output;

use crate::home::Home;
use crate::{CANARY, CODES, SECRET, WRONG_CODE};

/// The result of a run, with the placeholders `~HOME~` and `~STS~`.
#[derive(PartialEq, Eq)]
pub struct Shown {
    /// The exit status, or the negative number of the signal that ended it.
    pub status: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Shown {
    pub fn of(output: &Output, home: &Home, sts: Option<&str>) -> Shown {
        let text = |bytes: &[u8]| {
            let text = std::str::from_utf8(bytes).expect("all that is shown is UTF-8");
            in_words_of_linux(home.without_places(text, sts))
        };
        let status = output.status.code().unwrap_or_else(|| -output.status.signal().unwrap_or_default());
        let stderr = without_waiting(&text(&output.stderr));
        let shown = Shown { status, stdout: text(&output.stdout), stderr };
        assert_no_secrets("standard error", &shown.stderr);
        if shown.status != 0 {
            assert_no_secrets("standard output of a failure", &shown.stdout);
        }
        if let Some(session) = Exported::of(&shown.stdout) {
            for secret in [session.secret_access_key, session.session_token] {
                assert!(!shown.stderr.contains(&secret), "the session is on standard error");
            }
        }
        shown
    }

    /// With placeholders for the session's values, too.
    pub fn masked(mut self) -> Shown {
        for (before, after, name) in [
            ("AWS_ACCESS_KEY_ID='", "'", "~KEY~"),
            ("AWS_SECRET_ACCESS_KEY='", "'", "~SECRET~"),
            ("AWS_SESSION_TOKEN='", "'", "~TOKEN~"),
            ("AWS_CREDENTIAL_EXPIRATION='", "'", "~EXPIRATION~"),
            ("MFA_ENV_EXPIRES='", "'", "~EPOCH~"),
            ("MFA_ENV_KEY='", "'", "~KEY~"),
            ("\"AccessKeyId\": \"", "\"", "~KEY~"),
            ("\"SecretAccessKey\": \"", "\"", "~SECRET~"),
            ("\"SessionToken\": \"", "\"", "~TOKEN~"),
            ("\"Expiration\": \"", "\"", "~EXPIRATION~"),
        ] {
            if let Some(value) = between(&self.stdout, before, after) {
                self.stdout = self.stdout.replace(&format!("{before}{value}"), &format!("{before}{name}"));
            }
        }
        self
    }

    /// The session in the printed lines.
    ///
    /// # Panics
    /// If there is none.
    pub fn session(&self) -> Exported {
        assert_eq!(self.status, 0, "{self:?}");
        Exported::of(&self.stdout).unwrap_or_else(|| panic!("no session in {self:?}"))
    }
}

impl fmt::Debug for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "status {}\n--- stdout\n{}--- stderr\n{}---", self.status, self.stdout, self.stderr)
    }
}

/// A session from `export` lines.
pub struct Exported {
    pub access_key_id: String,
    pub secret_access_key: String,
    pub session_token: String,
    pub expiration: String,
}

impl Exported {
    fn of(lines: &str) -> Option<Exported> {
        let value = |name: &str| between(lines, &format!("export {name}='"), "'");
        Some(Exported {
            access_key_id: value("AWS_ACCESS_KEY_ID")?,
            secret_access_key: value("AWS_SECRET_ACCESS_KEY")?,
            session_token: value("AWS_SESSION_TOKEN")?,
            expiration: value("AWS_CREDENTIAL_EXPIRATION")?,
        })
    }
}

/// Removes the message that STS takes long. On a busy machine it may come in any test.
pub fn without_waiting(text: &str) -> String {
    text.split_inclusive('\n').filter(|line| !line.starts_with("waiting for STS (")).collect()
}

/// The tests expect the words of Linux, and of glibc for errors of the system. The shipped binary has musl's.
pub fn in_words_of_linux(text: String) -> String {
    let of_musl = [
        ("I/O error (os error 5)", "Input/output error (os error 5)"),
        ("Symbolic link loop (os error 40)", "Too many levels of symbolic links (os error 40)"),
    ];
    let of_macos = [
        ("sudo sntp -sS time.apple.com", "sudo timedatectl set-ntp true"),
        ("lsof ", "fuser "),
        ("~/.bash_profile", "~/.bashrc"),
        ("(os error 61)", "(os error 111)"),
        ("(os error 62)", "(os error 40)"),
    ];
    let of_macos = of_macos.iter().filter(|_| cfg!(target_os = "macos"));
    of_musl.iter().chain(of_macos).fold(text, |text, (here, there)| text.replace(here, there))
}

/// The output of a failure for an `eval`.
pub fn failed(status: i32, stderr: &str) -> Shown {
    Shown { status, stdout: format!("(exit {status});\n"), stderr: stderr.to_owned() }
}

/// The lines that unset these variables in a POSIX shell.
pub fn unset_lines(names: &[&str]) -> String {
    let each = |text: &dyn Fn(&&str) -> String| names.iter().map(text).collect::<String>();
    format!(
        "if (export{} && case \"$(declare -p{} 2>/dev/null)\" in *'declare -n'*) false;; esac && unset -v{}{}); then\nunset -v{};\nelse\n\
         echo 'mfa-env: this shell was not changed' >&2; (exit 1);\nfi;\n",
        each(&|name| format!(" {name}=")),
        each(&|name| format!(" {name}")),
        each(&|name| format!(" {name}")),
        each(&|name| format!(" && [ -z \"${{{name}+x}}\" ]")),
        each(&|name| format!(" {name}")),
    )
}

/// A success.
pub fn done(stdout: &str, stderr: &str) -> Shown {
    Shown { status: 0, stdout: stdout.to_owned(), stderr: stderr.to_owned() }
}

/// The message for a new session of twelve hours.
pub const STARTED: &str = "Session started; expires in 12 hours (someaccount: user bob of 123456789012)\n";

/// The message of `-w` for the same session.
pub const WRITTEN: &str = "\
wrote someaccount to [default] in ~/.aws/credentials (undo: mfa-env unset -w)
Session started; expires in 12 hours (someaccount: user bob of 123456789012)
";

/// Its first line.
pub const WROTE: &str = "wrote someaccount to [default] in ~/.aws/credentials (undo: mfa-env unset -w)\n";

/// The same for another profile, and for `--force`.
pub fn written_by(profile: &str, moved: &str) -> String {
    let path = "~/.aws/credentials";
    format!("wrote {profile} to [default] in {path}{moved} (undo: mfa-env unset -w)\n{}", started_by(profile))
}

/// The message for a cached session.
pub const REUSED: &str = "Session reused; expires in 12 hours (someaccount: user bob of 123456789012)\n";

/// The message for a code that was given but not needed.
pub const CODE_NOT_SENT: &str = "the session is still valid, so the code wasn't used (to renew: -r)\n";

/// The message for a cached session with this time left and this identity.
pub fn reused(left: &str, who: &str) -> String {
    format!("Session reused; expires in {left} ({who})\n")
}

/// The message for a new session with this time left and this identity.
pub fn started(left: &str, who: &str) -> String {
    format!("Session started; expires in {left} ({who})\n")
}

/// The message for a new session of bob, through that profile.
pub fn started_by(profile: &str) -> String {
    started("12 hours", &format!("{profile}: user bob of 123456789012"))
}

pub fn assert_no_secrets(place: &str, text: &str) {
    for secret in [SECRET, CANARY, WRONG_CODE].iter().chain(&CODES) {
        assert!(!text.contains(secret), "`{secret}` is on {place}:\n{text}");
    }
}

pub fn between(text: &str, before: &str, after: &str) -> Option<String> {
    let start = text.find(before)? + before.len();
    let length = text[start..].find(after)?;
    Some(text[start..start + length].to_owned())
}
