//! `cargo run --example demo` on a terminal: what it says, what can be tried in it, and that nothing
//! is left behind, however it is left.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::harness::Home;
use crate::terminal::{CTRL_C, CTRL_D, Terminal};

/// The shells that it starts, and what ends the prompt of each.
const SHELLS: [(&str, &str); 3] = [("bash", "] # "), ("zsh", "] # "), ("fish", "] > ")];

struct Demo {
    home: Home,
    terminal: Terminal,
    mark: &'static str,
}

impl Demo {
    /// At its first prompt.
    fn start(shell: &str, mark: &'static str) -> Demo {
        let home = Home::new();
        // All that it writes: where it is left behind, it is here.
        fs::create_dir(home.path("tmp")).expect("a new directory");
        let binary = PathBuf::from(env!("CARGO_BIN_EXE_mfa-env"));
        let demo = binary.parent().expect("a file is in a directory").join("examples/demo");
        assert!(demo.exists(), "run `cargo build --examples` first: {}", demo.display());
        let run = home.program(demo).env("SHELL", shell).env("LC_ALL", "C.UTF-8");
        // What would lead a shell to the user's own files.
        let run = run.env("TMPDIR", home.path("tmp")).env("ZDOTDIR", home.path(""));
        let run = run.env("HISTFILE", home.path("history")).env("AWS_PROFILE", "other");
        let mut demo = Demo { terminal: Terminal::of_width(run, 120), home, mark };
        demo.terminal.wait_for("mfa-env setup            gives the keys of `fresh` their MFA device\r\n");
        // A terminal of 80 columns shows each line of it whole.
        let text = demo.terminal.text();
        let wide: Vec<_> = text.lines().take(6).filter(|line| line.len() > 80).collect();
        assert_eq!(wide, [""; 0]);
        demo.prompt();
        demo
    }

    /// Waits for the next prompt, in which a code stands; the code.
    fn prompt(&mut self) -> String {
        self.terminal.wait_for("[code ");
        self.terminal.wait_for(self.mark);
        let shown = self.terminal.text();
        let (_, code) = shown.rsplit_once("[code ").expect("it was waited for");
        code.chars().take(6).collect()
    }

    fn run(&mut self, line: &str, expected: &str) {
        self.terminal.press(&format!("{line}\r"));
        self.terminal.wait_for(expected);
        self.prompt();
    }

    /// Waits until the process and all that it started have gone, and looks for files.
    fn leaves_nothing(home: &Home, session: u32) {
        let deadline = Instant::now() + Duration::from_secs(20);
        while let Some(left) = process_of(session) {
            assert!(Instant::now() < deadline, "it left a process behind: {left}");
            std::thread::yield_now();
        }
        let names = |path: &Path| {
            let entries = fs::read_dir(path).expect("it is there");
            let mut names: Vec<_> = entries.map(|entry| entry.expect("readable").file_name()).collect();
            names.sort();
            names
        };
        assert_eq!(names(&home.path("tmp")), [""; 0]);
        assert_eq!(names(&home.path("")), [".aws", "tmp"]);
        assert_eq!(names(&home.path(".aws")), [""; 0]);
    }
}

/// A process of the session, if there is one: name and state.
fn process_of(session: u32) -> Option<String> {
    let entries = fs::read_dir("/proc").expect("Linux");
    entries.filter_map(|entry| fs::read_to_string(entry.ok()?.path().join("stat")).ok()).find(|stat| {
        // proc_pid_stat(5): the name may have blanks in it.
        let fields = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
        let mut fields = fields.split_whitespace();
        // One that has ended and that nobody has asked after yet is none.
        fields.next() != Some("Z") && fields.nth(2) == Some(&session.to_string())
    })
}

#[test]
fn a_code_is_at_hand_and_each_thing_that_it_names_can_be_tried() {
    for (shell, mark) in SHELLS {
        let mut demo = Demo::start(shell, mark);
        let session = demo.terminal.process_id();
        demo.terminal.press("mfa-code\r");
        demo.terminal.wait_for("more seconds; each code works once)");
        let code = demo.prompt();
        demo.terminal.press("mfa-env someaccount\r");
        demo.terminal.wait_for("MFA code for someaccount (arn:aws:iam::123456789012:mfa/bob): ");
        demo.terminal.press(&format!("{code}\r"));
        demo.terminal
            .wait_for("Session started; expires in 12 hours (someaccount: user bob of 123456789012)");
        demo.prompt();
        demo.run("mfa-env list", "role, keys of someaccount");
        demo.run("mfa-env admin", "Session started; expires in 1 hour (admin: role admin of 123456789012)");
        demo.run("mfa-env status", "profile  admin");
        demo.run("mfa-env someaccount -w", "Session reused; expires in 12 hours (someaccount:");
        demo.run("grep ^#.Long ~/.aws/credentials", "This comment will survive.");
        demo.run("mfa-env unset -w", "Session taken out of `[default]`");
        demo.run("mfa-env doctor", "clock: agrees with that of STS");
        demo.terminal.press("mfa-env --pick\r");
        demo.terminal.wait_for("Profile:");
        demo.terminal.press(CTRL_C);
        demo.prompt();
        demo.terminal.press("exit\r");
        let Demo { home, terminal, .. } = demo;
        let (status, _) = terminal.end();
        assert_eq!(status, 130, "{shell}: that of the last command");
        Demo::leaves_nothing(&home, session);
    }
}

#[test]
fn ctrl_c_leaves_the_question_and_after_a_setup_ctrl_d_the_demo() {
    for (shell, mark) in SHELLS {
        let mut demo = Demo::start(shell, mark);
        let session = demo.terminal.process_id();
        demo.terminal.press("mfa-env someaccount\r");
        demo.terminal.wait_for("(arn:aws:iam::123456789012:mfa/bob): ");
        demo.terminal.press(CTRL_C);
        let code = demo.prompt();
        demo.terminal.press("mfa-env setup\r");
        demo.terminal.wait_for("MFA device [arn:aws:iam::123456789012:mfa/bob]:");
        demo.terminal.press("\r");
        demo.terminal.wait_for("MFA code for fresh (arn:aws:iam::123456789012:mfa/bob): ");
        demo.terminal.press(&format!("{code}\r"));
        demo.terminal.wait_for("The MFA device of `fresh` is in ");
        demo.prompt();
        demo.terminal.press(CTRL_D);
        let Demo { home, terminal, .. } = demo;
        assert_eq!(terminal.end().0, 0, "{shell}");
        Demo::leaves_nothing(&home, session);
    }
}

#[test]
fn a_signal_to_the_demo_alone_and_a_closed_window_leave_nothing_either() {
    for (shell, mark) in SHELLS {
        for signal in [Some("TERM"), Some("INT"), None] {
            let mut demo = Demo::start(shell, mark);
            let session = demo.terminal.process_id();
            // In the middle of something.
            demo.terminal.press("mfa-env someaccount\r");
            demo.terminal.wait_for("(arn:aws:iam::123456789012:mfa/bob): ");
            if signal.is_some() {
                demo.terminal.press(CTRL_C);
                demo.prompt();
            }
            let Demo { home, terminal, .. } = demo;
            if let Some(name) = signal {
                terminal.signal(name);
                Demo::leaves_nothing(&home, session);
            }
            terminal.hang_up();
            Demo::leaves_nothing(&home, session);
        }
    }
}
