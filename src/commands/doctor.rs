//! `mfa-env doctor`: checks files, clock, environment and shell, and gives a remedy for each finding.

mod files;
mod profiles;
mod report;
mod shell;

use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};

use self::report::Report;
use super::file_bytes::FileBytes;
use super::pick::can_log_in;
use super::profile_error::{Retry, unusable};
use super::status::{session_in_default, session_in_environment};
use crate::aws::humanize;
use crate::aws_files::AwsFiles;
use crate::aws_files::ini;
use crate::aws_files::lint;
use crate::aws_files::profiles::{Chain, FileKind, ProfileError};
use crate::aws_files::shadowing::shadows_of_default;
use crate::cli::DoctorOptions;
use crate::environment::Environment;
use crate::error::{Error, Exit, Hint, Result};
use crate::login::Context;
use crate::login::endpoint::{Regions, calls, endpoint};
use crate::output::Label;
use crate::sts::{self, Endpoint};
use crate::system::SET_CLOCK;

/// # Errors
/// Exit status 1 if something keeps mfa-env or AWS's tools from working.
pub fn run(options: &DoctorOptions, context: &Context) -> Result<()> {
    let environment = &context.environment;
    let mut report = Report::default();
    check_home(&mut report, environment);
    files::check(&mut report, environment);
    let config = check_file(&mut report, environment.config_file(), FileKind::Config);
    let credentials = check_file(&mut report, environment.credentials_file(), FileKind::Credentials);
    // With only one file the profiles are wrong, but good enough to find STS and its clock.
    let both_are_read = config.is_some() && credentials.is_some();
    let files = FileBytes::of(config.unwrap_or_default(), credentials.unwrap_or_default());
    // What keeps them from being parsed is reported already.
    let aws_files = files.parse(environment).ok();
    if let Some(aws_files) = aws_files.as_ref().filter(|_| both_are_read) {
        profiles::check(&mut report, aws_files);
        check_default(&mut report, aws_files, context);
        check_chosen(&mut report, aws_files, environment);
    }
    check_environment(&mut report, environment, aws_files.as_ref());
    if let Some(variable) = sts::proxy_variable() {
        report.ok("proxy", format!("{variable} is set"));
    }
    shell::check(&mut report, context);
    let chain = aws_files.as_ref().and_then(first_chain);
    let endpoint = chain.and_then(|chain| check_endpoint(&mut report, &chain, environment));
    if options.offline {
        report.ok("clock", "not compared with STS: `--offline`");
    } else if let Some(endpoint) = &endpoint {
        check_clock(&mut report, endpoint);
    }
    report.print(options.json)?;
    match report.errors() {
        0 => Ok(()),
        1 => Err(Error::new(Exit::Files, "1 problem found")),
        many => Err(Error::new(Exit::Files, format!("{many} problems found"))),
    }
}

/// The chain of the first profile that can log in. If none can, that of the first one with keys.
fn first_chain(aws_files: &AwsFiles) -> Option<Chain> {
    let names = || aws_files.profiles.names();
    let first = names().find(|name| can_log_in(name, aws_files));
    first.into_iter().chain(names()).find_map(|name| aws_files.chain(name).ok())
}

/// The bytes of the file, if it can be read and has no broken line. Empty if it doesn't exist.
fn check_file(report: &mut Report, path: Result<PathBuf>, file: FileKind) -> Option<Vec<u8>> {
    let read = path.and_then(|path| Ok((crate::files::read(&path)?, path)));
    let (bytes, path) = match read {
        Ok((Some(bytes), path)) => (bytes, path),
        Ok((None, path)) => {
            report.ok(path.display(), "not there");
            return Some(Vec::new());
        }
        Err(error) => {
            report.add_error(Label::Error, "files", &error);
            return None;
        }
    };
    let subject = path.display().to_string();
    if crate::files::is_readable_by_others(&path) && file == FileKind::Credentials {
        let remedy = Hint::run("", ["chmod", "600", &path.to_string_lossy()]);
        report.warning(&subject, "other users can read it", remedy);
    }
    let findings = match ini::parse(&bytes) {
        Ok(sections) => lint::findings(&sections, file),
        Err(broken) => {
            report.error(&subject, broken.to_string(), format!("correct line {}", broken.line));
            return None;
        }
    };
    if findings.is_empty() {
        report.ok(&subject, "readable");
    }
    for finding in findings {
        report.warning(&subject, format!("line {}: {}", finding.line, finding.what), finding.remedy);
    }
    Some(bytes)
}

fn check_default(report: &mut Report, aws_files: &AwsFiles, context: &Context) {
    let environment = &context.environment;
    if !aws_files.has_session_in("default") {
        return;
    }
    if let Some(session) = session_in_default(environment, aws_files)
        && !session.left().is_positive()
    {
        let what = format!("its session of `{}` expired {} ago", session.profile, humanize(-session.left()));
        let remedy = session.how_to_renew(SignedDuration::ZERO, environment, Some(aws_files));
        report.warning("[default]", what, remedy);
        return;
    }
    if environment.holds_our_session() {
        let what = "its session has no effect here: this shell has its own session";
        report.warning("[default]", what, Hint::OutOfThisShell);
    }
    let hides = shadows_of_default(environment.users_own(), &aws_files.profiles);
    if hides.is_empty() && !environment.holds_our_session() {
        report.ok("[default]", "holds a session, and nothing in this shell hides it");
    }
    for hides in hides {
        let what = format!("its session has no effect here: {}", hides.what("default"));
        report.warning("[default]", what, hides.remedy());
    }
}

/// The profile that AWS's tools and a bare `mfa-env` use.
fn check_chosen(report: &mut Report, aws_files: &AwsFiles, environment: &Environment) {
    let of_variable = |variable| Some((variable, environment.users_own().get(variable)?));
    let Some((variable, name)) = ["AWS_PROFILE", "AWS_DEFAULT_PROFILE"].into_iter().find_map(of_variable)
    else {
        return;
    };
    match aws_files.chain(name) {
        Ok(_) => {}
        Err(why @ ProfileError::Unknown { .. }) => {
            let error = unusable(&why, aws_files, Retry::Login(&[]));
            report.add_error(Label::Error, variable, &error.hint(Hint::unset(&[variable])));
        }
        Err(why) => report.add_error(Label::Warning, variable, &unusable(&why, aws_files, Retry::Login(&[]))),
    }
}

fn check_home(report: &mut Report, environment: &Environment) {
    if let Some(home) = environment.get("HOME").filter(|home| !Path::new(home).is_dir()) {
        let what = format!("`{home}` doesn't exist, so mfa-env can't find your AWS files or cache sessions");
        report.error("HOME", what, "set HOME to your home folder");
    }
}

fn check_environment(report: &mut Report, environment: &Environment, aws_files: Option<&AwsFiles>) {
    let old_token = "AWS_SECURITY_TOKEN";
    if environment.is_set(old_token) {
        let what = "botocore prefers it to AWS_SESSION_TOKEN, even if it has expired";
        report.warning(old_token, what, Hint::unset(&[old_token]));
    }
    let variable = "AWS_CREDENTIAL_EXPIRATION";
    let expiration = environment.get(variable).and_then(|text| text.parse::<Timestamp>().ok());
    let ago = expiration.map(|expiration| Timestamp::now().duration_since(expiration));
    if let Some(ago) = ago.filter(|ago| !ago.is_negative()) {
        if let Some(session) = session_in_environment(environment) {
            let what = format!("the session of `{}` expired {} ago", session.profile, humanize(ago));
            let remedy = session.how_to_renew(SignedDuration::ZERO, environment, aws_files);
            report.warning("this shell", what, remedy);
        } else {
            let what = "is in the past, so botocore refuses the keys of this shell";
            report.warning(variable, what, Hint::unset(&[variable]));
        }
    }
}

fn check_endpoint(report: &mut Report, chain: &Chain, environment: &Environment) -> Option<Endpoint> {
    match endpoint(chain, &Regions::choose(None, chain, environment), environment) {
        Err(error) => {
            report.add_error(Label::Error, "STS", &error.into());
            None
        }
        Ok(endpoint) => {
            let calls = calls(&endpoint, environment);
            report.ok("STS", format!("profile {} {calls}", chain.profile));
            Some(endpoint)
        }
    }
}

fn check_clock(report: &mut Report, endpoint: &Endpoint) {
    // A clock that is a minute wrong is not set automatically. From 15 minutes on, STS refuses signatures.
    const WORTH_SAYING: i64 = 60;
    const REFUSED: i64 = 15 * 60;
    let time = match endpoint.time() {
        Ok(time) => time,
        Err(failure) => return report.add_error(Label::Error, "STS", &endpoint.explain(&failure)),
    };
    let ahead = Timestamp::now().duration_since(time);
    let direction = if ahead.is_positive() { "ahead of" } else { "behind" };
    let what = format!("is {} {direction} that of STS", humanize(ahead.abs()));
    let remedy = Hint::paste("", SET_CLOCK);
    match ahead.abs().as_secs() {
        ..WORTH_SAYING => report.ok("clock", "agrees with that of STS"),
        WORTH_SAYING..REFUSED => report.warning("clock", what, remedy),
        _ => report.error("clock", what + ", which refuses all calls", remedy),
    }
}
