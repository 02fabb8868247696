//! packaging/install.sh: it installs what the sum of the release vouches for, or nothing.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use support::{Home, Lines, Shown, binary, done};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/packaging/install.sh");

/// A release in `release` of a home, served on this machine. It has one archive, for this machine.
struct Release {
    home: Home,
    url: String,
    archive: String,
    server: Child,
}

impl Release {
    fn new() -> Release {
        let home = Home::new();
        let system = if cfg!(target_os = "macos") { "apple-darwin" } else { "unknown-linux-musl" };
        let name = format!("mfa-env-9.9.9-{}-{system}", std::env::consts::ARCH);
        for folder in [&format!("{name}/bin"), &format!("{name}/share/man/man1"), "release", "tmp"] {
            fs::create_dir_all(home.path(folder)).expect("a new folder");
        }
        fs::copy(binary(), home.path(&name).join("bin/mfa-env")).expect("the binary");
        home.write(&format!("{name}/share/man/man1/mfa-env.1"), "the page");
        let pack = format!("tar -czf release/{name}.tar.gz {name} && cd release && sha256sum * >SHA256SUMS");
        assert_eq!(home.program("sh").args(["-c", &pack]).output(), done("", ""));
        let serve = "import http.server\n\
                     server = http.server.HTTPServer(('127.0.0.1', 0), http.server.SimpleHTTPRequestHandler)\n\
                     print(server.server_port, flush=True)\n\
                     server.serve_forever()";
        let mut server = Command::new("python3")
            .args(["-c", serve])
            .current_dir(home.path("release"))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("python3 is there");
        let port = Lines::of(server.stdout.take().expect("it is piped")).next().expect("a port");
        Release { home, url: format!("http://127.0.0.1:{port}"), archive: format!("{name}.tar.gz"), server }
    }

    fn install(&self, path: Option<&Path>) -> Shown {
        let run = self.home.program("/bin/sh").args([SCRIPT, "--from", &self.url]);
        let path = path.map_or("/usr/local/bin:/usr/bin:/bin".into(), |path| path.display().to_string());
        run.env("PATH", path).env("TMPDIR", self.home.path("tmp")).output()
    }

    /// The names of the files of the home, without those of the release.
    fn installed(&self) -> String {
        let find = "find .local .bashrc .profile -type f 2>/dev/null | sort";
        self.home.program("sh").args(["-c", find]).output().stdout
    }

    fn refuses(&self, path: Option<&Path>, message: &str) {
        let shown = self.install(path);
        assert_eq!((shown.status, shown.stdout.as_str()), (1, ""), "{shown:?}");
        let said: String = shown.stderr.replace(&self.url, "URL").replace(&self.archive, "ARCHIVE");
        assert!(said.ends_with(message), "{said}");
        assert_eq!(self.installed(), "");
        assert_eq!(self.home.program("ls").args(["-A", "tmp"]).output(), done("", ""));
    }
}

impl Drop for Release {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

const NO_SUM: &str = "error: ARCHIVE doesn't have the sum that SHA256SUMS says; nothing was installed\n\
                      hint: the download was cut off or changed: try again\n";

#[test]
fn the_installer_installs_below_a_prefix_and_again_over_itself() {
    let release = Release::new();
    let version = release.home.run(["--version"]).output().stdout;
    let said = format!(
        "installed {} in ~HOME~/.local/bin\nyour PATH lacks it: add ~HOME~/.local/bin\nnext: mfa-env setup\n",
        version.trim_end()
    );
    for _ in 0..2 {
        assert_eq!(release.install(None), done(&said, ""));
        assert_eq!(release.installed(), ".local/bin/mfa-env\n.local/share/man/man1/mfa-env.1\n");
    }
    let installed = release.home.program(".local/bin/mfa-env").args(["--version"]).output();
    assert_eq!(installed, done(&version, ""));
}

#[test]
fn the_installer_installs_nothing_that_has_another_sum() {
    let release = Release::new();
    let archive = release.home.path("release").join(&release.archive);
    let bytes = fs::read(&archive).expect("the archive");
    fs::write(&archive, &bytes[..bytes.len() / 2]).expect("ours");
    release.refuses(None, NO_SUM);
    let mut changed = bytes;
    changed[100] ^= 1;
    fs::write(&archive, changed).expect("ours");
    release.refuses(None, NO_SUM);
    fs::remove_file(&archive).expect("ours");
    release.refuses(None, "error: can't download URL/ARCHIVE; nothing was installed\n");
}

#[test]
fn the_installer_needs_one_sum_for_this_machine() {
    let release = Release::new();
    let sums = release.home.read("release/SHA256SUMS");
    let other = sums.replace(std::env::consts::ARCH, "m68k");
    for sums in ["", &other, &sums[1..], &format!("{sums}{sums}")] {
        release.home.write("release/SHA256SUMS", sums);
        let target = release.archive.trim_start_matches("mfa-env-9.9.9-").trim_end_matches(".tar.gz");
        let names = format!(
            "error: SHA256SUMS of URL names no archive, or several, for {target}; nothing was installed\n"
        );
        release.refuses(None, &names);
    }
}

#[test]
fn the_installer_stops_without_a_tool_that_checks_the_sum() {
    let release = Release::new();
    let tools = release.home.path("tools");
    fs::create_dir(&tools).expect("a new folder");
    for name in [
        "env", "sh", "uname", "mktemp", "rm", "sed", "grep", "tar", "gzip", "curl", "cp", "mv", "mkdir",
        "find",
    ] {
        let found = ["/usr/local/bin", "/usr/bin", "/bin"].map(|folder| Path::new(folder).join(name));
        let found = found.iter().find(|path| path.exists()).unwrap_or_else(|| panic!("no {name} here"));
        symlink(found, tools.join(name)).expect("a new link");
    }
    let message = "error: neither sha256sum nor shasum is installed, so the archive could not be checked; nothing was \
                   installed\n";
    release.refuses(Some(&tools), message);
    // The tools are enough if there is one.
    let digest = "#!/bin/sh\n[ \"$1 $2\" = '-a 256' ] && shift 2 && exec /usr/bin/sha256sum \"$@\"\n";
    release.home.write("tools/shasum", digest);
    release.home.set_mode("tools/shasum", 0o700);
    assert_eq!(release.install(Some(&tools)).status, 0);
}

#[test]
fn the_installer_takes_no_address_without_tls_and_no_cut_script() {
    let home = Home::new();
    for (arguments, message) in [
        (["--from", "http://example.com"], "error: not an https address: http://example.com\n"),
        (["--prefix", "here"], "error: no absolute path: here\nhint: name a folder: --prefix FOLDER\n"),
        (["--yes", "1"], "error: unknown option: --yes\nhint: install.sh [--prefix FOLDER] [--from URL]\n"),
    ] {
        let shown = home.program("/bin/sh").args([SCRIPT]).args(arguments).output();
        assert_eq!((shown.status, shown.stdout.as_str(), shown.stderr.as_str()), (1, "", message));
    }
    let script = fs::read_to_string(SCRIPT).expect("it is in the repository");
    for length in (0..script.len() - "main \"$@\"\n".len()).step_by(97) {
        let shown = home.program("/bin/sh").stdin(&script[..length]).output();
        assert_eq!(shown.stdout, "", "{length}");
    }
    assert_eq!(home.program("ls").args(["-A"]).output(), done(".aws\n", ""));
}
