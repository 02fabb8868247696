//! `cargo run --example demo`: the main job with no AWS account. An STS on this machine, a
//! throw-away home with a profile, a code at hand, and a shell to try it in; without a terminal, the
//! whole flow as a transcript. Leaves nothing behind.

use std::error::Error;
use std::fs::{self, Permissions};
use std::io::{self, IsTerminal, Read, Write};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt, symlink};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Output};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use fake_sts::{Codes, FakeSts, Role, User};
use rustix::process::{Pid, Signal, kill_process};
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};

const SERIAL_NUMBER: &str = "arn:aws:iam::123456789012:mfa/bob";

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let arguments: Vec<_> = std::env::args_os().collect();
    let called = arguments.first().map(PathBuf::from).unwrap_or_default();
    // In the demo's shell this very file is `mfa-env`, and the display of the MFA device.
    match called.file_name().and_then(|name| name.to_str()) {
        Some("mfa-env") => Ok(mfa_env::commands::run(&arguments)),
        Some("mfa-code") => show_code(arguments.len() > 1),
        _ => Demo::start()?.run(),
    }
}

struct Demo {
    sts: Arc<FakeSts>,
    home: tempfile::TempDir,
}

impl Demo {
    fn start() -> Result<Self, Box<dyn Error>> {
        let user = User { codes: Codes::Rotating, ..User::bob() };
        let keys = format!(
            "aws_access_key_id = {}\naws_secret_access_key = {}\n",
            user.access_key_id, user.secret_access_key
        );
        let credentials = format!(
            "# Long-term keys, as they stand in many a home. This comment will survive.\n\
             [someaccount]\n__mfa__ = {SERIAL_NUMBER}\n{keys}\n\
             # No MFA device yet: for `mfa-env setup`.\n[fresh]\n{keys}"
        );
        let home = tempfile::Builder::new().prefix("mfa-env-demo-").tempdir()?;
        fs::create_dir_all(home.path().join(".aws"))?;
        let path = home.path().join(".aws/credentials");
        fs::write(&path, credentials)?;
        fs::set_permissions(path, Permissions::from_mode(0o600))?;
        let role = Role::admin();
        let config = format!(
            "[profile admin]\nrole_arn = {}\nsource_profile = someaccount\nregion = eu-west-1\n",
            role.arn
        );
        fs::write(home.path().join(".aws/config"), config)?;
        fs::create_dir(home.path().join("bin"))?;
        for name in ["mfa-env", "mfa-code"] {
            symlink(std::env::current_exe()?, home.path().join("bin").join(name))?;
        }
        // fish keeps a pipe there: without it, in a folder of /tmp that stays.
        fs::DirBuilder::new().mode(0o700).create(home.path().join("run"))?;
        fs::create_dir_all(home.path().join(".config/fish"))?;
        // Where this is missing, fish fills it for minutes after the demo is over.
        fs::create_dir_all(home.path().join(".local/share/fish/generated_completions"))?;
        // What a user has in these files, and the display of the MFA device in the prompt.
        for (file, lines) in [
            (".bashrc", "PS1='[code $(mfa-code -n)] \\$ '\neval \"$(mfa-env init bash)\"\n"),
            (
                ".zshrc",
                "setopt prompt_subst\nPROMPT='[code $(mfa-code -n)] %# '\n\
                 autoload -Uz compinit && compinit -u\neval \"$(mfa-env init zsh)\"\n",
            ),
            (
                ".config/fish/config.fish",
                "set -g fish_greeting\nfunction fish_prompt\n  printf '[code %s] > ' (mfa-code -n)\nend\n\
                 mfa-env init fish | source\n",
            ),
        ] {
            fs::write(home.path().join(file), lines)?;
        }
        let demo = Self { sts: Arc::new(FakeSts::builder().user(user).role(role).start()), home };
        demo.show_codes()?;
        Ok(demo)
    }

    fn run(&self) -> Result<ExitCode, Box<dyn Error>> {
        if io::stdin().is_terminal() && io::stdout().is_terminal() { self.shell() } else { self.transcript() }
    }

    /// `mfa-code` asks here what the device shows.
    fn show_codes(&self) -> io::Result<()> {
        let listener = UnixListener::bind(display(self.home.path()))?;
        let sts = Arc::clone(&self.sts);
        thread::spawn(move || {
            for mut caller in listener.incoming().flatten() {
                let (code, left) = (sts.current_code(SERIAL_NUMBER), sts.seconds_left_in_step());
                let _ = writeln!(caller, "{code} (for {left} more seconds; each code works once)");
            }
        });
        Ok(())
    }

    fn shell(&self) -> Result<ExitCode, Box<dyn Error>> {
        let shell = std::env::var("SHELL").unwrap_or_default();
        let is_known = ["bash", "zsh", "fish"].iter().any(|name| Path::new(&shell).ends_with(name));
        let shell = if is_known { shell } else { "bash".to_owned() };
        // Before there is anything to say: what would end us leaves the home behind.
        let ended = Arc::new(AtomicBool::new(false));
        for signal in [SIGHUP, SIGINT, SIGQUIT, SIGTERM] {
            signal_hook::flag::register(signal, Arc::clone(&ended))?;
        }
        // The prompt shows a code that works, each once; Enter brings the next.
        println!("mfa-env with an STS on this machine and a home that goes when you `exit`. Try:");
        println!("  mfa-env someaccount      type the code that the prompt shows (or: mfa-code)");
        println!("  mfa-env list             status, doctor, --pick, unset");
        println!("  mfa-env admin            a role: needs no second code");
        println!("  mfa-env someaccount -w   into [default] instead; then: cat ~/.aws/credentials");
        println!("  mfa-env setup            gives the keys of `fresh` their MFA device");
        let mut child = self.command(&shell).spawn()?;
        let mut told = 0;
        let status = loop {
            if let Some(status) = child.try_wait()? {
                break status;
            }
            // We alone were told to end; an interactive shell heeds no other signal, and this one not at
            // every moment.
            if ended.load(Ordering::Relaxed) {
                told += 1;
                let signal = if told < 100 { Signal::HUP } else { Signal::KILL };
                let _ = kill_process(Pid::from_child(&child), signal);
            }
            thread::sleep(Duration::from_millis(20));
        };
        Ok(ExitCode::from(u8::try_from(status.code().unwrap_or(1)).unwrap_or(1)))
    }

    fn transcript(&self) -> Result<ExitCode, Box<dyn Error>> {
        let code = self.sts.current_code(SERIAL_NUMBER);
        let wrong = if code == "000000" { "000001" } else { "000000" };
        println!("No terminal: this is what a session looks like. The MFA device shows {code}.");
        let who =
            "echo \"profile $MFA_ENV_PROFILE until $AWS_CREDENTIAL_EXPIRATION, key $AWS_ACCESS_KEY_ID\"";
        let steps = [
            (true, format!("eval \"$(mfa-env someaccount -t {code})\" && {who}")),
            (false, format!("eval \"$(mfa-env someaccount -r -t {wrong})\" && echo never printed")),
            (false, "mfa-env smeaccount".to_owned()),
            (true, "mfa-env list".to_owned()),
            // The session is there: no code is needed.
            (true, "mfa-env someaccount -w --no-input".to_owned()),
            (true, "cut -c 1-60 ~/.aws/credentials".to_owned()),
            (true, "mfa-env status".to_owned()),
            (true, "mfa-env unset -w && cut -c 1-60 ~/.aws/credentials".to_owned()),
        ];
        let mut all_as_expected = true;
        for (succeeds, line) in steps {
            all_as_expected &= self.play(&line)? == succeeds;
        }
        println!("\nEverything above ran against {}, and the home is gone now.", self.sts.url());
        Ok(if all_as_expected { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    /// Prints a line and what it prints; whether it succeeded.
    fn play(&self, line: &str) -> io::Result<bool> {
        println!("\n$ {line}");
        let Output { status, stdout, stderr } = self.command("sh").args(["-c", line]).output()?;
        io::stdout().write_all(&stderr)?;
        io::stdout().write_all(&stdout)?;
        Ok(status.success())
    }

    /// A program with the demo's home and without anything of AWS's from outside.
    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        // Also what would lead a shell to the user's own files, history and prompt.
        let foreign = |name: &str| {
            ["AWS_", "MFA_ENV_", "XDG_"].iter().any(|prefix| name.starts_with(prefix))
                || ["BASH_ENV", "ENV", "HISTFILE", "PROMPT_COMMAND", "PS1", "ZDOTDIR"].contains(&name)
        };
        for (name, _) in std::env::vars_os() {
            if name.to_str().is_some_and(foreign) {
                command.env_remove(name);
            }
        }
        let mut path = self.home.path().join("bin").into_os_string();
        if let Some(rest) = std::env::var_os("PATH") {
            path.push(":");
            path.push(rest);
        }
        command
            .env("PATH", path)
            .env("HOME", self.home.path())
            .env("XDG_RUNTIME_DIR", self.home.path().join("run"))
            .env("AWS_ENDPOINT_URL_STS", self.sts.url())
            .current_dir(self.home.path());
        command
    }
}

/// With `-n` the code alone.
fn show_code(is_short: bool) -> Result<ExitCode, Box<dyn Error>> {
    let home = std::env::var_os("HOME").ok_or("no HOME: start this from the demo's shell")?;
    let mut shown = String::new();
    UnixStream::connect(display(Path::new(&home)))?.read_to_string(&mut shown)?;
    let code = shown.split(' ').next().unwrap_or_default();
    println!("{}", if is_short { code } else { shown.trim_end() });
    Ok(ExitCode::SUCCESS)
}

fn display(home: &Path) -> PathBuf {
    home.join(".mfa-device")
}
