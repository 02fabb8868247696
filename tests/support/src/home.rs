//! A temporary home with AWS's files, and programs that run in it with a clean environment.

use std::ffi::OsStr;
use std::fs::{self, OpenOptions, Permissions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::{Duration, SystemTime};

use rustix::fs::Mode;
use rustix::process::{geteuid, umask};
use tempfile::TempDir;

use crate::SOMEACCOUNT;
use crate::run::Run;
use crate::shown::{between, done};

/// The binary that is tested: MFA_ENV_TEST_BINARY (tests/emulated), else the one that cargo names to tests.
pub fn binary() -> PathBuf {
    let variables = ["MFA_ENV_TEST_BINARY", "CARGO_BIN_EXE_mfa-env"];
    variables.iter().find_map(std::env::var_os).expect("cargo runs the tests").into()
}

/// A temporary home, removed on drop.
pub struct Home {
    directory: TempDir,
    /// The STS that every program calls.
    endpoint: Option<String>,
}

impl Home {
    /// With an empty `~/.aws`.
    #[expect(clippy::new_without_default, reason = "it makes a folder")]
    pub fn new() -> Home {
        // The same umask for the whole test program, whatever the caller's is.
        umask(Mode::from_raw_mode(0o022));
        // Without links, as programs show it: on macOS, /var is one.
        let temporary = std::env::temp_dir().canonicalize().expect("there");
        let directory = tempfile::tempdir_in(temporary).expect("a temporary directory");
        let home = Home { directory, endpoint: None };
        fs::DirBuilder::new().mode(0o700).create(home.path(".aws")).expect("a new directory");
        home
    }

    /// With the profile `someaccount`.
    pub fn someaccount() -> Home {
        Home::new().credentials(SOMEACCOUNT)
    }

    /// In which every program calls this STS.
    pub fn calling(mut self, endpoint: impl Into<String>) -> Home {
        self.endpoint = Some(endpoint.into());
        self
    }

    pub(crate) fn endpoint(&self) -> Option<&str> {
        self.endpoint.as_deref()
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
        // Without the slash at the end that an empty name adds.
        self.directory.path().join(relative).components().collect()
    }

    /// Writes a file that only its owner can read. Sets its time to a minute ago, since `-w` waits if a file
    /// has just changed.
    pub fn write(&self, relative: &str, text: impl AsRef<[u8]>) {
        write(&self.path(relative), 0o600, text.as_ref());
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
        self.program(binary()).args(arguments)
    }

    /// Any program in the same environment, for example a shell.
    pub fn program(&self, program: impl AsRef<OsStr>) -> Run<'_> {
        Run::new(self, program.as_ref())
    }

    /// Like [`program`](Self::program), but as root, or as root of a user namespace with more than one user.
    /// For tests that trace the binary, and for files of other users.
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

    /// Gives a file to another user.
    pub fn give_away(&self, relative: impl AsRef<Path>) {
        let shown =
            self.as_root("chown").args(["65534:65534".as_ref(), self.path(relative).as_os_str()]).output();
        assert_eq!(shown, done("", ""));
    }

    /// The whole environment of a program. Nobody listens at the proxy's port, so no test can reach AWS, but
    /// loopback works.
    pub fn environment(&self) -> [(&'static str, String); 4] {
        let binary = binary();
        let directory = binary.parent().expect("a file is in a directory").display();
        [
            ("HOME", self.path("").display().to_string()),
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

/// Writes a file, and sets its time to a minute ago.
pub(crate) fn write(path: &Path, mode: u32, bytes: &[u8]) {
    let mut options = OpenOptions::new();
    let file = options.write(true).create(true).truncate(true).mode(mode).open(path);
    file.and_then(|mut file| {
        file.write_all(bytes)?;
        file.set_permissions(Permissions::from_mode(mode))?;
        file.set_modified(SystemTime::now() - Duration::from_secs(60))
    })
    .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
}
