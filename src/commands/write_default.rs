//! `-w` and `unset -w`: a session into `[default]` of the credentials file and out of it again.

use std::cell::Cell;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::not_changed::not_changed;
use super::unset::say_what_came_back;
use super::{Context, FileBytes, advice};
use crate::aws::{AccessKeyId, Expiration, Region, Secret, Session};
use crate::aws_files::AwsFiles;
use crate::aws_files::default_section::{self, Content, FromConfig, OurKeys, Refusal, Undo, Unset};
use crate::aws_files::lint::Finding;
use crate::aws_files::profiles::{FileKind, long_term_name};
use crate::aws_files::shadowing;
use crate::aws_files::splice;
use crate::error::{Error, Hint, Kind, Result, escape, shown_value};
use crate::files::{self, Edit, Target, shown_path};
use crate::login::export;
use crate::output;
use crate::shell::Evaluator;
use crate::store::state::{Shown, State};

/// A write that was found to be possible before a code is asked for.
pub struct Write<'w> {
    aws_files: &'w AwsFiles<'w>,
    profile: &'w str,
    region: Option<&'w Region>,
    force: Option<FromConfig>,
    target: Target,
    evaluator: &'w Evaluator,
}

impl<'w> Write<'w> {
    /// # Errors
    /// Whatever would keep the session from being written.
    pub fn prepare(
        aws_files: &'w AwsFiles,
        profile: &'w str,
        region: Option<&'w Region>,
        force: bool,
        context: &'w Context,
    ) -> Result<Self> {
        let (environment, evaluator) = (&context.environment, &context.evaluator);
        let path = &aws_files.credentials_file;
        let of_config = |key: &str| {
            let setting = aws_files.profiles.get("default")?.setting(key)?;
            (setting.file == FileKind::Config).then(|| setting.value.into_owned())
        };
        let force =
            force.then(|| FromConfig { mfa_serial: of_config("mfa_serial"), region: of_config("region") });
        let or_into_the_shell = |error: Error| {
            error.hint(format!("or into this shell: {}", advice::into_this_shell(evaluator, profile)))
        };
        State::check_writable(environment).map_err(or_into_the_shell)?;
        let target = Target::new(path).map_err(or_into_the_shell)?;
        let write = Self { aws_files, profile, region, force, target, evaluator };
        // A rehearsal with a session that nobody gets shows every refusal.
        let old = files::read(path)?.unwrap_or_default();
        write.splice(&old, &rehearsed(), &aws_files.our_keys)?;
        for Finding { line, what, remedy } in default_section::warnings(&old) {
            output::print_warning(
                &format!("`{}`, line {line}: {what}", shown_path(path)),
                Some(&remedy.into()),
            );
        }
        if files::is_readable_by_others(path) {
            output::print_warning(
                &format!("`{}` can be read by other users", shown_path(path)),
                Some(&Hint::run("", ["chmod", "600", &path.to_string_lossy()])),
            );
        }
        Ok(write)
    }

    /// # Errors
    /// What kept it from being written; the file is then as it was, but where the error says that it
    /// is written.
    pub fn write(&self, session: &Session, context: &Context) -> Result<()> {
        let path = &self.aws_files.credentials_file;
        let shown = Shown {
            profile: self.profile.to_owned(),
            expires: session.expiration.epoch_seconds(),
            access_key_id: session.access_key_id.as_str().to_owned(),
            credentials_file: path.clone(),
        };
        let edit = |old: &[u8]| {
            // Read under the lock: another mfa-env may have written both files since.
            let (new, undo) =
                self.splice(old, session, &State::load_to_change(&context.environment)?.our_keys(path))?;
            // The hint of that error is about the state file.
            State::announce(&context.environment, &shown, &undo).map_err(|error| {
                Error::new(Kind::Files, format!("`{}` was not changed: {}", shown_path(path), error.what()))
            })?;
            Ok(Edit::Replace(new))
        };
        let confirm = || {
            if let Err(error) = State::confirm(&context.environment, shown.clone()) {
                let what = format!("the session is written, but prompts won't show it: {}", error.what());
                output::print_warning(&what, None);
            }
            Ok(())
        };
        self.target.replace(edit, confirm).map_err(|error| {
            error.hint(format!(
                "or into this shell: {}",
                advice::into_this_shell(self.evaluator, self.profile)
            ))
        })?;
        let said = self.say_what_hides_it(context);
        said.map_err(|error| error.hint("the session is written to `[default]` all the same"))
    }

    fn splice(&self, old: &[u8], session: &Session, our_keys: &OurKeys) -> Result<(Vec<u8>, Undo)> {
        let started = local(Timestamp::now());
        let expires = local(session.expiration.timestamp());
        let content = Content {
            profile: self.profile,
            session,
            region: self.region,
            started: &started,
            expires: &expires,
        };
        default_section::write(old, &content, our_keys, self.force.as_ref())
            .map_err(|refusal| refused(&refusal, self.aws_files, self.profile, self.evaluator))
    }

    /// What we exported into this shell would win: an `eval` takes it out, and what the user had comes
    /// back.
    fn say_what_hides_it(&self, context: &Context) -> Result<()> {
        let environment = &context.environment;
        let evaluator = &context.evaluator;
        match evaluator.shell.ok().filter(|_| evaluator.will_evaluate()) {
            Some(shell) => {
                let changes = export::unset(environment);
                evaluator.send(&changes.lines(shell))?;
                say_what_came_back(&changes);
            }
            None if environment.holds_our_session() => output::print_warning(
                "this shell goes on with the session that was exported to it",
                Some(&advice::out_of_this_shell(evaluator).into()),
            ),
            None => {}
        }
        for shadow in shadowing::shadows_of_default(environment.users_own(), &self.aws_files.profiles) {
            let what = format!("the session in `[default]` has no effect here: {}", shadow.what());
            output::print_warning(&what, Some(&shadow.remedy().into()));
        }
        Ok(())
    }
}

/// `mfa-env unset -w`.
///
/// # Errors
/// What kept the session from being taken out; the file is then as it was, but where the error says
/// that it is written.
pub fn unset(context: &Context) -> Result<()> {
    let environment = &context.environment;
    let files = FileBytes::read(environment)?;
    let aws_files = files.parse(environment)?;
    let path = &aws_files.credentials_file;
    // Of what was taken out: whether long-term keys went back to their place.
    let done = Cell::new(None);
    if files::read(path)?.is_some() {
        let edit = |old: &[u8]| {
            let state = State::load_to_change(environment)?;
            let unset = default_section::unset(old, &state.our_keys(path))
                .map_err(|refusal| refused(&refusal, &aws_files, "default", &context.evaluator))?;
            Ok(match unset {
                Unset::Nothing => {
                    done.set(None);
                    Edit::Unchanged
                }
                Unset::Done { bytes, renamed_back } => {
                    done.set(Some(renamed_back));
                    Edit::Replace(bytes)
                }
            })
        };
        let forget = || {
            if let Err(error) = State::forget(environment, path) {
                let what = format!("prompts may go on showing the session: {}", error.what());
                output::print_warning(&what, None);
            }
            Ok(())
        };
        Target::new(path)?.replace(edit, forget)?;
    }
    match done.get() {
        None => output::say("`[default]` holds no session of mfa-env's; nothing was changed"),
        Some(true) => output::say("Session taken out of `[default]`"),
        Some(false) => {
            let long_term = long_term_name("default");
            output::say("Session taken out of `[default]`");
            output::print_warning(
                &format!(
                    "your long-term keys stay in `[{long_term}]`: that section or `[default]` was changed since"
                ),
                Some(&format!("join the two sections in `{}` by hand", shown_path(path)).into()),
            );
        }
    }
    Ok(())
}

/// `2026-11-22 10:00:00-05:00`, as the old script wrote it.
fn local(at: Timestamp) -> String {
    at.to_zoned(TimeZone::system()).strftime("%Y-%m-%d %H:%M:%S%:z").to_string()
}

fn rehearsed() -> Session {
    let now = Timestamp::now();
    let hour = jiff::SignedDuration::from_hours(1);
    let text = "REHEARSALREHEARSAL";
    Session {
        access_key_id: AccessKeyId::new(text).expect("in form"),
        secret_access_key: Secret::new(text.to_owned()).expect("in form"),
        session_token: Secret::new(text.to_owned()).expect("in form"),
        expiration: Expiration::new(now + hour, now).expect("an hour ahead"),
        identity: None,
    }
}

fn refused(refusal: &Refusal, aws_files: &AwsFiles, profile: &str, evaluator: &Evaluator) -> Error {
    let path = shown_path(&aws_files.credentials_file);
    let long_term = long_term_name("default");
    let not_written = |why: String| Error::new(Kind::Files, format!("`{path}` was not changed: {why}"));
    match refusal {
        Refusal::LongTermKeys { access_key_id } => {
            let keys = match access_key_id {
                Some(id) => format!("the key {}", shown_value(id)),
                None => "a secret access key".to_owned(),
            };
            not_written(format!(
                "`[default]` holds {keys}, which is not a session's and may be the only copy"
            ))
            .hint(format!(
                "move it to `[{long_term}]` in the same step: {}",
                advice::mfa_env(profile, &["-w", "--force"])
            ))
            .hint(format!("or rename the section yourself, for example to `[{}]`", "personal"))
        }
        Refusal::NameTaken { line } => not_written(format!(
            "`--force` would move `[default]` to `[{long_term}]`, which is there already (line {line})"
        ))
        .hint("rename one of the two sections"),
        Refusal::SecondKey { line, key } => {
            not_written(format!("in line {line}, botocore (the AWS CLI, boto3) would read a second `{key}`"))
                .hint(format!("correct line {line} of `{path}`"))
        }
        Refusal::Splice(splice::Refusal::Unwritable { what }) => {
            let what = if what == "__profile__" {
                format!("the name `{}`", escape(profile))
            } else {
                format!("`{what}`")
            };
            not_written(format!("{what} would not read back as it is"))
                .hint(format!("into the shell it works: {}", advice::into_this_shell(evaluator, profile)))
        }
        Refusal::Splice(refusal) => not_changed(refusal, &aws_files.credentials_file, "default"),
    }
}
