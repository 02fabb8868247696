//! `cargo run --example demo`: mfa-env without an AWS account. Starts an STS on this machine, and an
//! interactive shell in a temporary home. Without a terminal it plays a session instead.

use std::error::Error;
use std::fs::DirBuilder;
use std::io::{self, IsTerminal, Write};
use std::os::unix::fs::{DirBuilderExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Output};
use std::time::{Duration, Instant};

use fake_sts::{Codes, FakeSts, Role, User};
use mfa_env::process::signals::{self, SignalGuard};
use rustix::process::{Pid, Signal, kill_process};
use support::Home;

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let arguments: Vec<_> = std::env::args_os().collect();
    // In the demo's shell, `mfa-env` is a link to this program.
    if arguments.first().is_some_and(|called| Path::new(called).ends_with("mfa-env")) {
        return Ok(mfa_env::commands::run(&arguments));
    }
    let is_interactive = io::stdin().is_terminal() && io::stdout().is_terminal();
    let demo = Demo::start(if is_interactive { Codes::Any } else { User::bob().codes })?;
    if is_interactive { demo.shell() } else { demo.play_session() }
}

struct Demo {
    sts: FakeSts,
    home: Home,
}

impl Demo {
    fn start(codes: Codes) -> Result<Self, Box<dyn Error>> {
        let (user, role) = (User { codes, ..User::bob() }, Role::admin());
        let keys = format!(
            "aws_access_key_id = {}\naws_secret_access_key = {}\n",
            user.access_key_id, user.secret_access_key
        );
        let credentials = format!(
            "# This comment stays.\n[someaccount]\n__mfa__ = {}\n{keys}\n\
             # No MFA device yet: for `mfa-env setup`.\n[fresh]\n{keys}",
            user.serial_numbers[0]
        );
        let source = "source_profile = someaccount\nregion = eu-west-1";
        let home = Home::new()
            .credentials(credentials)
            .config(format!("[profile admin]\nrole_arn = {}\n{source}\n", role.arn));
        // If the last two are missing, fish writes to /tmp, and goes on for minutes after its end.
        for folder in ["bin", ".config/fish", "run", ".local/share/fish/generated_completions"] {
            DirBuilder::new().recursive(true).mode(0o700).create(home.path(folder))?;
        }
        home.write(".bashrc", "PS1='demo> '\neval \"$(mfa-env init bash)\"\n");
        let compinit = "autoload -Uz compinit && compinit -u";
        home.write(".zshrc", format!("PROMPT='demo> '\n{compinit}\neval \"$(mfa-env init zsh)\"\n"));
        let prompt = "function fish_prompt; echo -n 'demo> '; end";
        home.write(
            ".config/fish/config.fish",
            format!("set -g fish_greeting\n{prompt}\nmfa-env init fish | source\n"),
        );
        let binary = std::env::var_os("MFA_ENV_TEST_BINARY").map(PathBuf::from);
        symlink(binary.map_or_else(std::env::current_exe, Ok)?, home.path("bin/mfa-env"))?;
        Ok(Self { sts: FakeSts::builder().user(user).role(role).start(), home })
    }

    fn shell(&self) -> Result<ExitCode, Box<dyn Error>> {
        let shell = std::env::var("SHELL").unwrap_or_default();
        let is_known = ["bash", "zsh", "fish"].iter().any(|name| Path::new(&shell).ends_with(name));
        println!("mfa-env with an STS on this machine; any six digits are an MFA code. Try:");
        println!("  mfa-env someaccount      then: mfa-env list, status, doctor, unset");
        println!("  mfa-env admin            a role: needs no second code");
        println!("  mfa-env someaccount -w   into [default]; then: cat ~/.aws/credentials");
        println!("  mfa-env setup            gives the keys of `fresh` their MFA device");
        println!("`exit` ends it and removes its files.");
        // Catches what would end us, so that we can remove the home after the shell has ended.
        let _caught = SignalGuard::catch();
        let mut shell = self.command(if is_known { &shell } else { "bash" }).spawn()?;
        let mut closed = None;
        let status = loop {
            if let Some(status) = shell.try_wait()? {
                break status;
            }
            if signals::ended_by().is_some() {
                // The kernel sends SIGHUP only to the first process, which we are. fish 3.6 may hang before it
                // gets ours.
                let is_late = closed.get_or_insert_with(Instant::now).elapsed() > Duration::from_secs(1);
                kill_process(Pid::from_child(&shell), if is_late { Signal::KILL } else { Signal::HUP })?;
            }
            std::thread::sleep(Duration::from_millis(50));
        };
        Ok(ExitCode::from(u8::try_from(status.code().unwrap_or(1)).unwrap_or(1)))
    }

    fn play_session(&self) -> Result<ExitCode, Box<dyn Error>> {
        println!("No terminal, so this plays a session. The MFA device shows 123456.");
        let who = "echo \"profile $MFA_ENV_PROFILE until $AWS_CREDENTIAL_EXPIRATION\"";
        let first = format!("eval \"$(mfa-env someaccount -t 123456)\" && {who}");
        let mut is_as_expected = true;
        for (succeeds, line) in [
            (true, first.as_str()),
            (false, "eval \"$(mfa-env someaccount -r -t 000000)\" && echo never printed"),
            (false, "mfa-env smeaccount"),
            (true, "mfa-env list"),
            (true, "mfa-env someaccount -w --no-input"),
            (true, "cut -c 1-60 ~/.aws/credentials"),
            (true, "mfa-env status"),
            (true, "mfa-env unset -w && cut -c 1-60 ~/.aws/credentials"),
        ] {
            println!("\n$ {line}");
            let Output { status, stdout, stderr } = self.command("sh").args(["-c", line]).output()?;
            io::stdout().write_all(&stderr)?;
            io::stdout().write_all(&stdout)?;
            is_as_expected &= status.success() == succeeds;
        }
        Ok(if is_as_expected { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    /// A program in the demo's home, without AWS's variables and the user's shell files.
    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        let is_foreign = |name: &str| {
            ["AWS_", "MFA_ENV_", "XDG_"].iter().any(|prefix| name.starts_with(prefix))
                || ["BASH_ENV", "ENV", "HISTFILE", "PROMPT_COMMAND", "PS1", "ZDOTDIR"].contains(&name)
        };
        for (name, _) in std::env::vars_os() {
            if name.to_str().is_some_and(is_foreign) {
                command.env_remove(name);
            }
        }
        let mut path = self.home.path("bin").into_os_string();
        path.push(":");
        path.push(std::env::var_os("PATH").unwrap_or_else(|| "/usr/bin:/bin".into()));
        command
            .env("PATH", path)
            .env("HOME", self.home.path(""))
            .env("XDG_RUNTIME_DIR", self.home.path("run"))
            .env("AWS_ENDPOINT_URL_STS", self.sts.url())
            .current_dir(self.home.path(""));
        command
    }
}
