//! Lines that a shell evaluates: quoting, setting, unsetting, failing. Knows nothing about AWS.

mod evaluator;
mod hint;
pub mod startup_file;

use zeroize::Zeroizing;

pub use evaluator::Evaluator;
pub use hint::{hint_parts, hint_text, is_plain, quote_hints_for, to_evaluate};

/// A kind of shell that can evaluate our lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Shell {
    Bash,
    Zsh,
    Fish,
    // `sh`, dash, ksh and every other shell of POSIX
    Posix,
    Elvish,
    // nushell, which evaluates nothing: JSON for `from json | load-env`
    #[value(alias = "nushell")]
    Nu,
}

impl Shell {
    /// The shells that can load the output of `init`.
    pub const LOADING: [Self; 5] = [Self::Bash, Self::Zsh, Self::Fish, Self::Elvish, Self::Nu];
    /// The shells with a prompt segment, and a start-up line that `setup` prints.
    pub const WITH_PROMPT: [Self; 3] = [Self::Bash, Self::Zsh, Self::Fish];

    pub fn name(self) -> &'static str {
        match self {
            Self::Bash => "bash",
            Self::Zsh => "zsh",
            Self::Fish => "fish",
            Self::Posix => "posix",
            Self::Elvish => "elvish",
            Self::Nu => "nu",
        }
    }

    /// The shell of a process name or path: `-zsh`, `/usr/bin/fish`.
    pub fn of_process(name: &str) -> Option<Self> {
        match program_name(name) {
            "bash" => Some(Self::Bash),
            "zsh" => Some(Self::Zsh),
            "fish" => Some(Self::Fish),
            "sh" | "dash" | "ksh" | "mksh" | "ash" | "busybox" => Some(Self::Posix),
            "elvish" => Some(Self::Elvish),
            "nu" => Some(Self::Nu),
            _ => None,
        }
    }

    /// The lines that set and unset these variables, all or none. They first test that each name can be set
    /// and unset. If one can't, they fail, and print that the shell was not changed. `restored` are variables
    /// that get the user's values back.
    pub fn lines(
        self,
        set: &[(&str, Zeroizing<String>)],
        restored: &[(&str, String)],
        unset: &[&str],
    ) -> Zeroizing<String> {
        // Large enough, since a buffer that grows leaves copies in memory.
        let mut lines = Zeroizing::new(String::with_capacity(16 * 1024));
        if set.is_empty() && restored.is_empty() && unset.is_empty() {
            lines.push_str(if self == Self::Nu { "{}\n" } else { "" });
            return lines;
        }
        if self == Self::Fish {
            fish_lines(&mut lines, set, restored, unset);
            return lines;
        }
        let restored = restored.iter().map(|(name, value)| (*name, Zeroizing::new(value.clone())));
        let set = &set.iter().cloned().chain(restored).collect::<Vec<_>>()[..];
        match self {
            Self::Bash | Self::Zsh | Self::Posix => self.posix_lines(&mut lines, set, unset),
            Self::Fish => unreachable!("done above"),
            Self::Elvish => {
                for (name, value) in set {
                    push(&mut lines, &["set-env ", name, " ", &self.quote_secret(value), ";\n"]);
                }
                for name in unset {
                    push(&mut lines, &["unset-env ", name, ";\n"]);
                }
            }
            // `load-env` sets the whole record. Programs that nu starts don't get variables that are null.
            Self::Nu => {
                let mut before = "{";
                for (name, value) in set {
                    push(&mut lines, &[before, "\"", name, "\": ", &self.quote_secret(value)]);
                    before = ",\n";
                }
                for name in unset {
                    push(&mut lines, &[before, "\"", name, "\": null"]);
                    before = ",\n";
                }
                lines.push_str("}\n");
            }
        }
        lines
    }

    /// First tests in a subshell, without the values, whether a name is readonly. Names are unset before they
    /// are set: that removes the attributes integer, lower-case and array, and in bash a caller's local
    /// variable. An outer variable of that name would then appear; `${NAME+x}` finds it. All of it is one list
    /// of commands, for an `eval` without quotes and for errexit.
    fn posix_lines(self, lines: &mut String, set: &[(&str, Zeroizing<String>)], unset: &[&str]) {
        let names = set.iter().map(|(name, _)| *name).chain(unset.iter().copied()).collect::<Vec<_>>();
        let refuse = |lines: &mut String| {
            push(lines, &["echo 'mfa-env: this shell was not changed' >&2; (exit 1);\n"]);
        };
        push(lines, &["if "]);
        // zsh's `unset` keeps a caller's local variable, which would hide the exported one.
        if self == Self::Zsh {
            push(lines, &["[[ "]);
            for name in &names {
                push(lines, &["${(t)", name, "-}"]);
            }
            push(lines, &[" == *local* ]]; then\n"]);
            push(lines, &["echo 'mfa-env: a function has a local variable of one of these names:' "]);
            push(lines, &[&names.join(" "), " >&2;\n"]);
            refuse(lines);
            push(lines, &["elif "]);
        }
        push(lines, &["("]);
        // zsh can't export a name that is an array. bash must try the assignment first, since `unset` may
        // uncover another variable.
        if self == Self::Zsh {
            push(lines, &["unset -v ", &names.join(" "), " && "]);
        }
        push(lines, &["export"]);
        for name in &names {
            push(lines, &[" ", name, "="]);
        }
        // A name may be a reference to another variable (bash's `declare -n`), which would be changed
        // instead. A shell without `declare` prints nothing here.
        if self != Self::Zsh {
            let declared = format!("$(declare -p {} 2>/dev/null)", names.join(" "));
            push(lines, &[" && case \"", &declared, "\" in *'declare -n'*) false;; esac"]);
        }
        push(lines, &[" && unset -v ", &names.join(" ")]);
        for name in unset {
            push(lines, &[" && [ -z \"${", name, "+x}\" ]"]);
        }
        // With `set -k`, or with a function of that name, `export` sets nothing and may print all variables.
        if let Some((name, _)) = set.first() {
            push(lines, &[" && export ", name, "=mfa-env && [ \"${", name, "-}\" = mfa-env ]) >/dev/null"]);
        } else {
            push(lines, &[")"]);
        }
        push(lines, &["; then\nunset -v ", &names.join(" ")]);
        for (name, value) in set {
            push(lines, &[" &&\nexport ", name, "=", &self.quote_secret(value)]);
        }
        push(lines, &[";\nelse\n"]);
        refuse(lines);
        push(lines, &["fi;\n"]);
    }

    /// Quotes a value as one word without special characters. Always adds quotes.
    pub fn quote(self, text: &str) -> String {
        match self {
            // Puts quotes and backslashes outside the single quotes, as `"'"` and `"\\"`, since only fish has
            // escapes inside.
            Self::Bash | Self::Zsh | Self::Fish | Self::Posix => {
                format!("'{}'", text.replace('\'', r#"'"'"'"#).replace('\\', r#"'"\\"'"#))
            }
            Self::Elvish => format!("'{}'", text.replace('\'', "''")),
            Self::Nu => serde_json::Value::from(text).to_string(),
        }
    }

    fn quote_secret(self, text: &str) -> Zeroizing<String> {
        Zeroizing::new(self.quote(text))
    }

    /// The line that makes an `eval` fail with that status (1 to 255), or throw. `eval ""` would succeed.
    pub fn fail(self, status: u8) -> String {
        match self {
            Self::Bash | Self::Zsh | Self::Posix => format!("(exit {status});\n"),
            // fish has no subshells.
            Self::Fish => format!("sh -c 'exit {status}';\n"),
            Self::Elvish => format!("fail 'mfa-env: exit status {status}';\n"),
            // `load-env` fails, since this isn't a record. `from json` itself accepts nearly any text.
            Self::Nu => format!("[\"mfa-env: exit status {status}\"]\n"),
        }
    }
}

/// Variables that would win over a session's keys in some SDK.
pub const MUST_GO: [&str; 3] = ["AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SECURITY_TOKEN"];

/// In fish, a variable of a function or block hides the global one that we set. If we erase a global
/// variable, an exported universal one appears, which we must not erase, since it belongs to all terminals.
/// So the lines refuse if that variable would win over the session. A variable that we restore may appear.
fn fish_lines(
    lines: &mut String,
    set: &[(&str, Zeroizing<String>)],
    restored: &[(&str, String)],
    unset: &[&str],
) {
    let names = set.iter().map(|(name, _)| *name).chain(restored.iter().map(|(name, _)| *name));
    let names = names.chain(unset.iter().copied()).collect::<Vec<_>>();
    let must_go = unset.iter().copied().filter(|name| MUST_GO.contains(name)).collect::<Vec<_>>();
    let refuse = "echo 'mfa-env: this shell was not changed' >&2; sh -c 'exit 1';\n";
    push(lines, &["begin; set -l mfa_env_name; set -l mfa_env_local; set -l mfa_env_universal;\n"]);
    push(lines, &["for mfa_env_name in ", &names.join(" "), ";\n"]);
    push(lines, &["set -ql $mfa_env_name; and set -a mfa_env_local $mfa_env_name; end;\n"]);
    if !must_go.is_empty() {
        push(lines, &["for mfa_env_name in ", &must_go.join(" "), ";\n"]);
        push(lines, &["set -qUx $mfa_env_name; and set -a mfa_env_universal $mfa_env_name; end;\n"]);
    }
    push(lines, &["if test -n \"$mfa_env_local\";\n"]);
    push(lines, &["echo \"mfa-env: a function or block has variables of its own: $mfa_env_local\" >&2;\n"]);
    push(lines, &[refuse, "else if test -n \"$mfa_env_universal\";\n"]);
    push(
        lines,
        &["echo \"mfa-env: a universal variable would still count: set -eU $mfa_env_universal\" >&2;\n"],
    );
    push(lines, &[refuse, "else;\n"]);
    for (name, value) in set {
        push(lines, &["set -gx ", name, " ", &Shell::Fish.quote_secret(value), ";\n"]);
    }
    for name in restored.iter().map(|(name, _)| name).chain(unset) {
        push(lines, &["set -qg ", name, "; and set -eg ", name, ";\n"]);
    }
    for (name, value) in restored {
        let value = Shell::Fish.quote(value);
        push(lines, &["set -qx ", name, "; and test \"$", name, "\" = ", &value, "; or set -gx ", name]);
        push(lines, &[" ", &value, ";\n"]);
    }
    // The status of the last `set -q` must not count.
    push(lines, &["true; end; end;\n"]);
}

fn push(lines: &mut String, parts: &[&str]) {
    parts.iter().for_each(|part| lines.push_str(part));
}

/// A shell that can't evaluate our lines. `mfa-env PROFILE -- SHELL` starts it with a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unsupported {
    /// The name of its program.
    pub name: &'static str,
}

impl Unsupported {
    /// A line that fails in csh, and in every other shell that runs programs by name.
    pub const FAIL: &str = "false\n";

    /// The shell of that name, by the name of its process or its path.
    pub fn of_process(name: &str) -> Option<Self> {
        let name = match program_name(name) {
            "csh" => "csh",
            "tcsh" => "tcsh",
            "xonsh" => "xonsh",
            "pwsh" | "powershell" => "pwsh",
            _ => return None,
        };
        Some(Self { name })
    }
}

fn program_name(name: &str) -> &str {
    // The name of a login shell starts with `-`.
    let name = name.trim().trim_start_matches('-');
    name.rsplit('/').next().unwrap_or(name)
}

/// The text that a shell loads: function and segment from `shell/`, and completion from `completions/`.
/// Replaces `@commands@`, in nu's file, by a list of the commands.
pub fn init_text(shell: Shell, commands: &[&str]) -> String {
    let (text, completion) = match shell {
        Shell::Bash => {
            (include_str!("../../shell/mfa-env.bash"), include_str!("../../completions/mfa-env.bash"))
        }
        Shell::Zsh => (include_str!("../../shell/mfa-env.zsh"), include_str!("../../completions/_mfa-env")),
        Shell::Fish => {
            (include_str!("../../shell/mfa-env.fish"), include_str!("../../completions/mfa-env.fish"))
        }
        Shell::Elvish => (include_str!("../../shell/mfa-env.elv"), ""),
        Shell::Nu => (include_str!("../../shell/mfa-env.nu"), ""),
        Shell::Posix => unreachable!("the parser of `init` accepts no such shell"),
    };
    text.replace("@commands@", &commands.join(" ")) + completion
}
