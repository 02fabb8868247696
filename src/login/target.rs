//! Delivers a session: to this shell, to `[default]`, to a command, or as JSON.

use std::ffi::OsString;

use super::export::{self, Changes};
use super::write_section::SectionWrite;
use crate::aws::{Region, Session};
use crate::aws_files::AwsFiles;
use crate::aws_files::session_section::DEFAULT;
use crate::aws_files::shadowing::{Shadow, shadow_in_config, shadows_of_default};
use crate::environment::Environment;
use crate::error::{Hint, Result, shown_value};
use crate::output;
use crate::process::{self, Rlimit};
use crate::shell::{Evaluator, Shell};

/// The environment and the shell of a run.
pub struct Context {
    pub environment: Environment,
    pub evaluator: Evaluator,
    /// For the command after `--`.
    pub core_limit: Rlimit,
}

pub enum Destination {
    Shell(Shell),
    /// A section of the credentials file; with `force`, even if it has long-term keys.
    Section {
        name: String,
        force: bool,
    },
    Command(Vec<OsString>),
    Json,
}

/// A destination that has been checked.
pub struct Target<'t> {
    destination: &'t Destination,
    write: Option<SectionWrite<'t>>,
    profile: &'t str,
    region: Option<Region>,
    aws_files: &'t AwsFiles<'t>,
    context: &'t Context,
}

impl Destination {
    /// Checks the destination, before we ask for a code.
    ///
    /// # Errors
    /// If a session of that profile can't be delivered.
    pub fn prepare<'t>(
        &'t self,
        profile: &'t str,
        region: Option<&Region>,
        aws_files: &'t AwsFiles,
        context: &'t Context,
    ) -> Result<Target<'t>> {
        let environment = &context.environment;
        let write = match self {
            Self::Section { name, force } => {
                Some(SectionWrite::prepare(name, aws_files, profile, region, *force, environment)?)
            }
            Self::Shell(_) | Self::Command(_) | Self::Json => None,
        };
        Ok(Target { destination: self, write, profile, region: region.cloned(), aws_files, context })
    }
}

impl Target<'_> {
    /// # Errors
    /// If the session can't be delivered. A command returns only if it can't be started.
    pub fn deliver(&self, session: &Session) -> Result<()> {
        let Context { environment, evaluator, core_limit } = self.context;
        let changes = || export::login(self.profile, session, self.region.as_ref(), environment);
        match self.destination {
            Destination::Shell(shell) => {
                let changes = changes();
                evaluator.send(&changes.lines(*shell))?;
                say_what_is_lost(&changes, environment);
                Ok(())
            }
            Destination::Json => output::print(&export::credential_process_json(session)),
            Destination::Command(command) => {
                let changes = changes();
                let set = changes.set.iter().map(|(name, value)| (*name, value.as_str()));
                let restored = changes.restored.iter().map(|(name, value)| (*name, value.as_str()));
                let set: Vec<_> = set.chain(restored).collect();
                Err(process::exec(command, &set, &changes.unset, *core_limit))
            }
            Destination::Section { name, .. } => {
                self.write.as_ref().expect("it was prepared").write(session)?;
                if name != DEFAULT {
                    self.warn_of(name, shadow_in_config(name, &self.aws_files.profiles));
                    return Ok(());
                }
                self.say_what_hides_default()
                    .map_err(|error| error.hint("the session is written to `[default]` anyway"))
            }
        }
    }

    /// Handles what hides `[default]`. An exported session would win in this shell, so an `eval` removes it
    /// and restores the user's own variables.
    fn say_what_hides_default(&self) -> Result<()> {
        let Context { environment, evaluator, .. } = self.context;
        match evaluator.shell.ok().filter(|_| evaluator.will_evaluate()) {
            Some(shell) => {
                let changes = export::unset(environment);
                evaluator.send(&changes.lines(shell))?;
                say_what_is_unset(&changes, environment);
            }
            None if environment.holds_our_session() => {
                let what = "this shell keeps using its own session";
                output::print_warning(what, Some(&Hint::OutOfThisShell));
            }
            None => {}
        }
        self.warn_of(DEFAULT, shadows_of_default(environment.users_own(), &self.aws_files.profiles));
        Ok(())
    }

    fn warn_of(&self, section: &str, shadows: impl IntoIterator<Item = Shadow>) {
        for shadow in shadows {
            let what = format!("the session in `[{section}]` has no effect here: {}", shadow.what(section));
            output::print_warning(&what, Some(&shadow.remedy()));
        }
    }
}

/// Names the session that the lines remove from this shell, and the variables that they restore.
pub fn say_what_is_unset(changes: &Changes, environment: &Environment) {
    if environment.holds_our_session() {
        let profile = environment.get("MFA_ENV_PROFILE").unwrap_or("the session");
        output::note(&format!("removed {profile} from this shell"));
    }
    if !changes.restored.is_empty() {
        let each = changes.restored.iter().map(|(name, value)| format!("{name}={}", shown_value(value)));
        output::note(&format!("restored {}", each.collect::<Vec<_>>().join(", ")));
    }
}

/// Lists what `unset` can't restore.
fn say_what_is_lost(changes: &Changes, environment: &Environment) {
    if environment.has_keys_of_others() {
        output::say("replaced the keys that were set in this shell");
    }
    for name in &changes.lost {
        let why = if environment.users_own().is_unreadable(name) { "is not UTF-8" } else { "is too long" };
        output::print_warning(&format!("{name} {why}, so `mfa-env unset` won't restore it"), None);
    }
}
