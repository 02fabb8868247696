//! A temporary home with AWS's files, and programs that run in it with a clean environment.

use std::ffi::OsStr;
use std::fs::{self, File, Permissions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, SystemTime};

use fake_sts::{Codes, FakeSts, Recorded, Role, User};
use rustix::fs::Mode;
use rustix::process::{geteuid, umask};
use tempfile::TempDir;

pub use crate::deadline::{DEADLINE, Lines, finish, in_time, while_a_code_lasts, within};
pub use crate::shown::{
    CODE_NOT_SENT, REUSED, STARTED, Shown, WRITTEN, WROTE, assert_no_secrets, between, done, failed, reused,
    started, started_by, unset_lines, without_waiting, written_by,
};

pub const KEY_ID: &str = "AKIAIOSFODNN7EXAMPLE";
pub const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
pub const SERIAL: &str = "arn:aws:iam::123456789012:mfa/bob";

/// The codes of bob's device, each valid once. Not the fake's own ones: 123456 is part of his account number,
/// which messages may show.
pub const CODES: [&str; 3] = ["918273", "827364", "736455"];
pub const CODE: &str = CODES[0];
pub const WRONG_CODE: &str = "550055";

/// Part of scripted credentials, so that the harness notices every leak.
pub const CANARY: &str = "CANARYCANARYCANARY";

/// A profile as `aws-login.py` needs it.
pub const SOMEACCOUNT: &str = "\
[someaccount]
aws_access_key_id = AKIAIOSFODNN7EXAMPLE
aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY
__mfa__ = arn:aws:iam::123456789012:mfa/bob
";

/// An STS with bob and the role `admin`.
pub fn sts() -> FakeSts {
    FakeSts::builder().user(bob()).role(Role::admin()).start()
}

/// The requests to the STS, without the GetCallerIdentity of a login.
pub fn logins(sts: &FakeSts) -> Vec<Recorded> {
    let is_login = |request: &Recorded| request.action != "GetCallerIdentity";
    sts.requests().into_iter().filter(is_login).collect()
}

pub fn bob() -> User {
    User { codes: Codes::Listed(CODES.map(String::from).to_vec()), ..User::bob() }
}

/// A section with bob's keys, and more lines.
pub fn keys_in(section: &str, more: &str) -> String {
    format!("[{section}]\naws_access_key_id = {KEY_ID}\naws_secret_access_key = {SECRET}\n{more}")
}

/// The codes that were sent, in order.
pub fn codes_sent(sts: &FakeSts) -> Vec<String> {
    logins(sts).into_iter().filter_map(|mut request| request.parameters.remove("TokenCode")).collect()
}

/// A temporary home, removed on drop.
pub struct Home {
    directory: TempDir,
}

impl Home {
    /// With an empty `~/.aws`.
    pub fn new() -> Home {
        // The same umask for the whole test program, whatever the caller's is.
        umask(Mode::from_raw_mode(0o022));
        let home = Home { directory: tempfile::tempdir().expect("a temporary directory") };
        fs::DirBuilder::new().mode(0o700).create(home.path(".aws")).expect("a new directory");
        home
    }

    /// With the profile `someaccount`.
    pub fn someaccount() -> Home {
        Home::new().credentials(SOMEACCOUNT)
    }

    pub fn credentials(self, text: impl AsRef<[u8]>) -> Home {
        self.write(".aws/credentials", text);
        self
    }

    pub fn config(self, text: impl AsRef<[u8]>) -> Home {
        self.write(".aws/config", text);
        self
    }

    pub fn path(&self, relative: impl AsRef<Path>) -> PathBuf {
        self.directory.path().join(relative)
    }

    /// Writes a file that only its owner can read. Sets its time to a minute ago, since `-w` waits if a file
    /// has just changed.
    pub fn write(&self, relative: &str, text: impl AsRef<[u8]>) {
        fs::write(self.path(relative), text).expect("a writable file");
        self.set_mode(relative, 0o600);
        let minute_ago = SystemTime::now() - Duration::from_secs(60);
        File::options()
            .append(true)
            .open(self.path(relative))
            .and_then(|file| file.set_modified(minute_ago))
            .expect("a file of ours");
    }

    pub fn set_mode(&self, relative: &str, mode: u32) {
        fs::set_permissions(self.path(relative), Permissions::from_mode(mode)).expect("a file of ours");
    }

    /// The file's text. Bytes that aren't UTF-8 become escapes.
    pub fn read(&self, relative: &str) -> String {
        let bytes = fs::read(self.path(relative)).unwrap_or_else(|error| panic!("{relative}: {error}"));
        String::from_utf8(bytes)
            .unwrap_or_else(|error| format!("no UTF-8: {}", error.as_bytes().escape_ascii()))
    }

    /// The credentials file.
    pub fn read_credentials(&self) -> String {
        self.read(".aws/credentials")
    }

    /// The files of cached sessions.
    pub fn cached(&self) -> Vec<PathBuf> {
        let Ok(entries) = fs::read_dir(self.path(".cache/mfa-env")) else { return Vec::new() };
        let paths = entries.map(|entry| entry.expect("readable").path());
        let mut paths: Vec<_> =
            paths.filter(|path| path.extension().is_some_and(|extension| extension == "json")).collect();
        paths.sort();
        paths
    }

    /// Makes all cached sessions older, as if this time had passed.
    pub fn pass(&self, time: Duration) {
        for path in self.cached() {
            let mut text = fs::read_to_string(&path).expect("JSON");
            for key in ["started", "expires"] {
                let before = format!("\"{key}\":");
                let value = between(&text, &before, ",").or_else(|| between(&text, &before, "}"));
                let value = value.expect("the form of src/store/cache.rs");
                let at = value.trim().parse::<u64>().expect("epoch seconds") - time.as_secs();
                text = text.replace(&format!("{before}{value}"), &format!("{before}{at}"));
            }
            fs::write(&path, text).expect("ours");
        }
    }

    /// The binary with these arguments.
    pub fn run<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Run<'_> {
        self.program(env!("CARGO_BIN_EXE_mfa-env")).args(arguments)
    }

    /// Any program in the same environment, for example a shell. `env` execs the program, so it has the same
    /// process id. `env` also resets the signals that the caller of cargo ignores (`nohup`), since std's
    /// `Command` passes them on. `env` has no path here: std then forks, whereas posix_spawn would ignore two
    /// more signals.
    pub fn program(&self, program: impl AsRef<OsStr>) -> Run<'_> {
        let mut command = Command::new("env");
        command.arg("--default-signal").arg(program);
        command.env_clear().envs(self.environment()).current_dir(self.path(""));
        Run { home: self, command, stdin: String::new(), sts: None }
    }

    /// The same as root, or as root of a user namespace that has other users, too: for what traces a
    /// process that is closed to debuggers, and for what is another user's.
    pub fn as_root(&self, program: impl AsRef<OsStr>) -> Run<'_> {
        if geteuid().is_root() {
            return self.program(program);
        }
        static HAS_USERS: OnceLock<bool> = OnceLock::new();
        let namespace = ["--user", "--map-auto", "--map-root-user"];
        let has_users = HAS_USERS.get_or_init(|| {
            let touch = "touch .other && chown 65533:65533 .other && rm .other";
            self.program("unshare").args(namespace).args(["sh", "-c", touch]).output().status == 0
        });
        assert!(
            has_users,
            "no second user here: run as root, or give this one subordinate ids (newuidmap of the package \
             uidmap, /etc/subuid, /etc/subgid) and user namespaces"
        );
        self.program("unshare").args(namespace).args([program])
    }

    /// Makes a file another user's.
    pub fn give_away(&self, relative: impl AsRef<Path>) {
        let shown =
            self.as_root("chown").args(["65534:65534".as_ref(), self.path(relative).as_os_str()]).output();
        assert_eq!(shown, done("", ""));
    }

    /// The whole environment of a program. Nobody listens at the proxy's port, so no test can reach AWS, but
    /// loopback works.
    pub fn environment(&self) -> [(&'static str, String); 4] {
        let binary = Path::new(env!("CARGO_BIN_EXE_mfa-env"));
        let directory = binary.parent().expect("a file is in a directory").display();
        [
            ("HOME", self.path("").display().to_string().trim_end_matches('/').to_owned()),
            ("PATH", format!("{directory}:/usr/local/bin:/usr/bin:/bin")),
            ("TZ", "UTC".to_owned()),
            ("HTTPS_PROXY", "http://127.0.0.1:1".to_owned()),
        ]
    }

    /// The text with placeholders for what differs from run to run.
    pub fn without_places(&self, text: &str, sts: Option<&str>) -> String {
        let home = self.path("").display().to_string();
        let text = text.replace(home.trim_end_matches('/'), "~HOME~");
        sts.map_or_else(|| text.clone(), |url| text.replace(url, "~STS~"))
    }
}

/// A program about to run.
pub struct Run<'h> {
    home: &'h Home,
    command: Command,
    stdin: String,
    sts: Option<String>,
}

impl Run<'_> {
    pub fn args<A: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.command.args(arguments);
        self
    }

    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    pub fn envs(mut self, variables: &[(&str, &str)]) -> Self {
        self.command.envs(variables.iter().copied());
        self
    }

    pub fn without_env(mut self, name: &str) -> Self {
        self.command.env_remove(name);
        self
    }

    /// Makes it call this STS.
    pub fn sts(self, sts: &FakeSts) -> Self {
        self.endpoint(&sts.url())
    }

    pub fn endpoint(mut self, url: &str) -> Self {
        self.sts = Some(url.to_owned());
        self.env("AWS_ENDPOINT_URL_STS", url)
    }

    /// Sets the text on standard input; empty by default.
    pub fn stdin(mut self, text: &str) -> Self {
        text.clone_into(&mut self.stdin);
        self
    }

    /// Runs it, and waits until it ends.
    pub fn output(mut self) -> Shown {
        self.command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = self.command.spawn().unwrap_or_else(|error| panic!("{:?}: {error}", self.command));
        let mut stdin = child.stdin.take().expect("it is piped");
        let text = std::mem::take(&mut self.stdin);
        // A program that doesn't read its input closes the pipe.
        thread::spawn(move || drop(stdin.write_all(text.as_bytes())));
        let output = finish(child, &format!("{:?}", self.command));
        Shown::of(&output, self.home, self.sts.as_deref())
    }

    /// The command itself, if `output` isn't enough.
    pub fn into_command(self) -> Command {
        self.command
    }
}
