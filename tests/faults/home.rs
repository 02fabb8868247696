//! A home with AWS's files that can be restored within a millisecond, and the files that a run left in it.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{self, DirBuilder, OpenOptions, Permissions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, SystemTime};

use tempfile::TempDir;

use crate::deadline::finish;

pub const MFA_ENV: &str = env!("CARGO_BIN_EXE_mfa-env");
pub const CREDENTIALS: &str = ".aws/credentials";

/// Removed when dropped.
pub struct Home {
    directory: TempDir,
    endpoint_url: String,
}

/// All directories and files of a home.
#[derive(Clone)]
pub struct Snapshot {
    home: String,
    /// Mode, owner and bytes (`None`: a directory).
    entries: BTreeMap<PathBuf, (u32, u32, Option<Vec<u8>>)>,
}

/// The exit status and the output of a run.
pub struct End {
    /// `None` if a signal ended it.
    pub status: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Home {
    /// A home with an empty `~/.aws`, and the STS to call.
    pub fn new(endpoint_url: &str) -> Home {
        let directory = tempfile::tempdir().expect("a temporary directory");
        DirBuilder::new().mode(0o700).create(directory.path().join(".aws")).expect("a new directory");
        Home { directory, endpoint_url: endpoint_url.to_owned() }
    }

    pub fn path(&self, relative: impl AsRef<Path>) -> PathBuf {
        self.directory.path().join(relative)
    }

    pub fn write(&self, relative: &str, bytes: impl AsRef<[u8]>) {
        write(&self.path(relative), 0o600, bytes.as_ref());
    }

    /// The credentials file; empty if there is none.
    pub fn credentials(&self) -> Vec<u8> {
        fs::read(self.path(CREDENTIALS)).unwrap_or_default()
    }

    pub fn snapshot(&self) -> Snapshot {
        let mut all = BTreeMap::new();
        let mut directories = vec![PathBuf::new()];
        while let Some(directory) = directories.pop() {
            for entry in fs::read_dir(self.path(&directory)).expect("a directory of ours").flatten() {
                let relative = directory.join(entry.file_name());
                let metadata = entry.metadata().expect("a file of ours");
                let bytes = metadata.is_file().then(|| fs::read(entry.path()).expect("a file of ours"));
                if metadata.is_dir() {
                    directories.push(relative.clone());
                }
                all.insert(relative, (metadata.mode() & 0o7777, metadata.uid(), bytes));
            }
        }
        Snapshot { home: self.name(), entries: all }
    }

    /// Restores this home, or copies another one. Makes new files, so that nothing of a run survives.
    pub fn restore(&self, snapshot: &Snapshot) {
        for entry in fs::read_dir(self.path("")).expect("a directory of ours").flatten() {
            let gone = match entry.file_type().expect("a file of ours").is_dir() {
                true => fs::remove_dir_all(entry.path()),
                false => fs::remove_file(entry.path()),
            };
            gone.expect("a file of ours");
        }
        for (relative, (mode, _, bytes)) in &snapshot.entries {
            match bytes {
                Some(bytes) => {
                    // The state file names the credentials file.
                    let text = String::from_utf8(bytes.clone()).expect("all files are text");
                    let text = text.replace(&snapshot.home, &self.name());
                    write(&self.path(relative), *mode, text.as_bytes());
                }
                None => DirBuilder::new().mode(*mode).create(self.path(relative)).expect("a new directory"),
            }
        }
    }

    fn name(&self) -> String {
        self.directory.path().to_str().expect("a temporary directory's name is UTF-8").to_owned()
    }

    /// Temporary files that were not removed.
    pub fn strays(&self) -> Vec<PathBuf> {
        let is_stray = |path: &PathBuf| path.to_string_lossy().contains(".tmp-");
        self.snapshot().entries.into_keys().filter(is_stray).collect()
    }

    /// Any program with this home.
    pub fn program(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.env_clear().current_dir(self.directory.path()).stdin(Stdio::null());
        command.envs([
            ("HOME", self.directory.path().as_os_str()),
            ("PATH", OsStr::new("/usr/local/bin:/usr/bin:/bin")),
            ("TZ", OsStr::new("UTC0")),
            ("AWS_ENDPOINT_URL_STS", OsStr::new(&self.endpoint_url)),
            // Nobody listens there, so no program reaches another machine.
            ("HTTPS_PROXY", OsStr::new("http://127.0.0.1:1")),
        ]);
        command
    }

    /// Runs mfa-env, and waits until it ends.
    pub fn run<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> End {
        End::of_command(self.program(MFA_ENV).args(arguments))
    }
}

impl Snapshot {
    pub fn file(&self, relative: &str) -> &[u8] {
        let found = self.entries.get(Path::new(relative)).and_then(|(_, _, bytes)| bytes.as_deref());
        found.unwrap_or_default()
    }

    /// Mode and owner.
    pub fn access(&self, relative: &str) -> Option<(u32, u32)> {
        self.entries.get(Path::new(relative)).map(|(mode, owner, _)| (*mode, *owner))
    }
}

impl End {
    pub fn of_command(command: &mut Command) -> End {
        let piped = command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = piped.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        End::of(child, &format!("{command:?}"))
    }

    pub fn of(child: Child, what: &str) -> End {
        let output = finish(child, what);
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        End { status: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }
}

fn write(path: &Path, mode: u32, bytes: &[u8]) {
    let mut options = OpenOptions::new();
    let file = options.write(true).create(true).truncate(true).mode(mode).open(path);
    file.and_then(|mut file| {
        file.write_all(bytes)?;
        file.set_permissions(Permissions::from_mode(mode))?;
        // mfa-env waits if a file has just been written.
        file.set_modified(SystemTime::now() - Duration::from_secs(60))
    })
    .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
}
