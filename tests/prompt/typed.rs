//! An interactive shell with `mfa-env init` in its start-up file, in which a test types.

use std::fmt;
use std::time::Instant;

use fake_sts::FakeSts;
use support::{BACKSPACE, CODES, DEADLINE, Home, Run, Terminal, without_waiting};

use crate::screen::Screen;

/// The user's own prompt. No command ends with it.
pub const MARK: &str = "@@> ";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Bash,
    Zsh,
    Fish,
}

/// A shell of this machine.
#[derive(Clone, Debug)]
pub struct Program {
    pub kind: Kind,
    pub path: String,
}

impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path)
    }
}

/// The machine's shell, and those in the variable, which must exist.
fn with_named(kind: Kind, name: &str, variable: &str) -> Vec<Program> {
    let named = std::env::var(variable).unwrap_or_default();
    let named = named.split([' ', ':', '\n']).filter(|path| !path.is_empty());
    let paths = std::iter::once(name).chain(named);
    paths.map(|path| Program { kind, path: path.to_owned() }).collect()
}

/// The machine's bash, and those in `BASHES`.
pub fn bashes() -> Vec<Program> {
    with_named(Kind::Bash, "bash", "BASHES")
}

pub fn zsh() -> Program {
    Program { kind: Kind::Zsh, path: "zsh".to_owned() }
}

/// The machine's fish, and those in `FISHES`.
pub fn fishes() -> Vec<Program> {
    with_named(Kind::Fish, "fish", "FISHES")
}

pub fn bashes_and_zsh() -> Vec<Program> {
    let mut programs = bashes();
    programs.push(zsh());
    programs
}

pub fn all() -> Vec<Program> {
    let mut programs = bashes_and_zsh();
    programs.extend(fishes());
    programs
}

impl Program {
    pub fn is_fish(&self) -> bool {
        self.kind == Kind::Fish
    }

    /// The line in the shell's start-up file.
    pub fn init(&self) -> &'static str {
        match self.kind {
            Kind::Bash => "eval \"$(command mfa-env init bash)\"",
            Kind::Zsh => "eval \"$(command mfa-env init zsh)\"",
            Kind::Fish => "command mfa-env init fish | source",
        }
    }

    /// The second text for fish, the first one for other shells.
    pub fn say<'t>(&self, others: &'t str, fish: &'t str) -> &'t str {
        if self.is_fish() { fish } else { others }
    }

    /// `$?`
    pub fn status(&self) -> &'static str {
        self.say("$?", "$status")
    }

    /// A line that exports a variable without special characters.
    pub fn export(&self, name: &str, value: &str) -> String {
        format!("export {name}='{value}'")
    }

    pub fn unset(&self, name: &str) -> String {
        if self.is_fish() { format!("set -e {name}") } else { format!("unset {name}") }
    }

    /// Prepares the shell in that home, with only the lines that tests need in its files.
    pub fn on<'h>(&self, home: &'h Home) -> Setup<'h> {
        let run = home.program(&self.path).env("TERM", "xterm").env("LC_ALL", "C.UTF-8");
        let codes = ["CODE0", "CODE1", "CODE2"].into_iter().zip(CODES);
        let run = codes.fold(run, |run, (name, code)| run.env(name, code));
        let (before, after) = (String::new(), String::new());
        Setup {
            program: self.clone(),
            home,
            run,
            starter: &[],
            options: "",
            before,
            after,
            instead: None,
            with_configuration: false,
            with_own_file: false,
        }
    }

    /// Runs a script without a terminal, after `mfa-env init`.
    pub fn script<'h>(&self, home: &'h Home, options: &[&str], script: &str) -> Run<'h> {
        let plain: &[&str] = match self.kind {
            Kind::Bash => &["--noprofile", "--norc"],
            Kind::Zsh => &["-f"],
            Kind::Fish => &["--no-config", "--private"],
        };
        let script = format!("{}\n{script}", self.init());
        home.program(&self.path).args(plain).args(options).args(["-c", &script]).env("LC_ALL", "C.UTF-8")
    }
}

pub struct Setup<'h> {
    program: Program,
    home: &'h Home,
    run: Run<'h>,
    starter: &'h [&'h str],
    options: &'h str,
    before: String,
    after: String,
    instead: Option<String>,
    with_configuration: bool,
    with_own_file: bool,
}

impl<'h> Setup<'h> {
    /// Sets options of the shell itself.
    pub fn options(mut self, options: &'h str) -> Self {
        self.options = options;
        self
    }

    /// Another program starts the shell.
    pub fn started_by(mut self, starter: &'h [&'h str]) -> Self {
        self.starter = starter;
        self
    }

    /// With fish's default configuration, but without completions generated from man pages.
    pub fn with_configuration(mut self) -> Self {
        let generated = self.home.path(".local/share/fish/generated_completions");
        std::fs::create_dir_all(generated).expect("a new directory");
        self.with_configuration = true;
        self
    }

    /// Uses the user's own start-up file, instead of one with `mfa-env init`.
    pub fn with_own_file(mut self) -> Self {
        self.with_own_file = true;
        self.with_configuration()
    }

    /// Adds lines to the start-up file before `mfa-env init`.
    pub fn before(mut self, lines: &str) -> Self {
        self.before += lines;
        self.before.push('\n');
        self
    }

    /// Adds lines to the start-up file after it.
    pub fn after(mut self, lines: &str) -> Self {
        self.after += lines;
        self.after.push('\n');
        self
    }

    /// Replaces `mfa-env init` in the start-up file by another line.
    pub fn instead_of_init(mut self, line: &str) -> Self {
        self.instead = Some(line.to_owned());
        self
    }

    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.run = self.run.env(name, value);
        self
    }

    pub fn envs(self, variables: &[(&str, &str)]) -> Self {
        variables.iter().fold(self, |setup, (name, value)| setup.env(name, value))
    }

    pub fn sts(mut self, sts: &FakeSts) -> Self {
        self.run = self.run.sts(sts);
        self
    }

    /// Starts it, and waits for its first prompt. It must print nothing before that.
    pub fn start(self) -> Shell {
        let (shell, shown) = self.start_showing();
        assert_eq!(shown, "", "{} as it starts", shell.program);
        shell
    }

    /// Starts it, and waits for its first prompt. Returns the shell, and what it printed before that.
    pub fn start_showing(self) -> (Shell, String) {
        let Setup {
            program,
            home,
            run,
            starter,
            options,
            before,
            after,
            instead,
            with_configuration,
            with_own_file,
        } = self;
        let init = instead.unwrap_or_else(|| program.init().to_owned());
        let path = |name| home.path(name).display().to_string();
        let options = options.split_whitespace();
        let run = match program.kind {
            Kind::Bash if with_own_file => {
                run.args(options).args(["--noprofile", "--rcfile", &path(".bashrc"), "-i"])
            }
            Kind::Zsh if with_own_file => run.args(options).args(["-d", "-i"]),
            Kind::Fish if with_own_file => run.args(options).args(["-i"]),
            Kind::Bash => {
                home.write("rc", format!("PS1='{MARK}'\n{before}{init}\n{after}"));
                let run = run.args(options).args(["--noprofile", "--rcfile", &path("rc"), "-i"]);
                run.env("ENV", path("rc"))
            }
            Kind::Zsh => {
                home.write(".zshrc", format!("PROMPT='{MARK}'\n{before}{init}\n{after}"));
                run.args(options).args(["-d", "-i"])
            }
            Kind::Fish => {
                let prompt = format!("function fish_prompt; printf '{MARK}'; end");
                home.write("rc.fish", format!("set -g fish_greeting\n{prompt}\n{before}{init}\n{after}"));
                let source = format!("source {}", path("rc.fish"));
                // fish has key bindings only with a configuration.
                let run = if with_configuration { run } else { run.args(["--no-config"]) };
                run.args(options).args(["--private", "-C", &source, "-i"])
            }
        };
        let terminal = Terminal::start(under(home, starter, run));
        let mut shell = Shell { program, terminal, screen: Screen::new(), row: None };
        let shown = shell.wait_for_prompt();
        (shell, shown)
    }
}

/// The same program, started by another one.
fn under<'h>(home: &'h Home, starter: &[&str], run: Run<'h>) -> Run<'h> {
    let Some((first, rest)) = starter.split_first() else {
        return run;
    };
    let command = run.into_command();
    let mut run = home.program(first).args(rest).args([command.get_program()]).args(command.get_args());
    for (name, value) in command.get_envs() {
        if let (Some(name), Some(value)) = (name.to_str(), value) {
            run = run.env(name, value);
        }
    }
    run
}

pub struct Shell {
    pub program: Program,
    terminal: Terminal,
    screen: Screen,
    /// Where the last prompt is.
    row: Option<usize>,
}

impl Shell {
    /// Types a line. Returns the output until the next prompt.
    pub fn run(&mut self, line: &str) -> String {
        self.press(&format!("{line}\r"));
        self.wait_for_prompt()
    }

    pub fn press(&mut self, keys: &str) {
        self.terminal.press(keys);
    }

    /// The value of a variable; empty if it isn't set.
    pub fn value(&mut self, name: &str) -> String {
        self.run(&format!("echo \"${name}\""))
    }

    /// The exit status of the last command.
    pub fn status(&mut self) -> String {
        self.run(&format!("echo {}", self.program.status()))
    }

    /// Waits for a text below the last prompt's line.
    pub fn wait_for(&mut self, text: &str) {
        self.wait(text, |shell| {
            let from = shell.row.map_or(0, |row| row + 1);
            shell.screen.rows_from(from).iter().any(|row| row.contains(text.trim_end()))
        });
    }

    /// Waits for a new prompt. Returns the output before it.
    pub fn wait_for_prompt(&mut self) -> String {
        let last = self.row;
        self.wait("a prompt", |shell| {
            last.is_none_or(|row| shell.screen.row() > row) && shell.screen.before_cursor().ends_with(MARK)
        });
        // The echo of a key comes after the whole prompt, and shows that the shell reads keys.
        self.press("#");
        self.wait("#", |shell| shell.screen.before_cursor().ends_with(&format!("{MARK}#")));
        self.press(BACKSPACE);
        self.wait("a prompt", |shell| shell.screen.before_cursor().ends_with(MARK));
        let from = last.map_or(0, |row| row + 1);
        self.row = Some(self.screen.row());
        let mut rows = self.screen.rows_from(from);
        rows.pop();
        without_waiting(&rows.join("\n"))
    }

    /// The line with the prompt, including colours.
    pub fn prompt(&self) -> String {
        self.screen.coloured()
    }

    /// The prompt's line without the user's own prompt.
    pub fn segment(&self) -> String {
        let prompt = self.prompt();
        let mark = MARK.trim_end();
        let rest = if self.program.is_fish() { prompt.strip_prefix(mark) } else { prompt.strip_suffix(mark) };
        rest.unwrap_or_else(|| panic!("{}: `{prompt}`", self.program)).trim().to_owned()
    }

    /// The line that is being typed, up to the cursor.
    pub fn line(&self) -> String {
        self.screen.before_cursor()
    }

    /// The cursor's column.
    pub fn column(&self) -> u16 {
        self.screen.column()
    }

    /// Waits until a condition holds for the screen.
    pub fn wait(&mut self, what: &str, is_so: impl Fn(&Shell) -> bool) {
        let deadline = Instant::now() + DEADLINE;
        while !is_so(self) {
            let more = self.terminal.more(deadline).filter(|_| Instant::now() < deadline);
            let Some(bytes) = more else {
                let shown = self.screen.rows_from(0).join("\n");
                panic!("{}: waited for `{what}`; shown:\n{shown}", self.program);
            };
            if let Some(answer) = self.screen.feed(bytes) {
                self.terminal.press(answer);
            }
        }
    }

    /// The whole output since the start.
    pub fn text(&self) -> String {
        self.terminal.text()
    }

    /// Leaves the shell. Returns its exit status.
    pub fn exit(mut self) -> i32 {
        self.press("exit\r");
        self.terminal.end().0
    }
}
