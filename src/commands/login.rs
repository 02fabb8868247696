//! `mfa-env [PROFILE]`: gets a session, and delivers it to the shell, to `[default]`, to a command, or as
//! JSON.

use super::account::{refuse_served, session_is};
use super::evaluated::shell_to_set;
use super::file_bytes::FileBytes;
use super::pick;
use super::profile_error::{Retry, unusable};
use crate::aws_files::AwsFiles;
use crate::aws_files::session_section::DEFAULT;
use crate::cli::{Format, GivenCode, SessionOptions};
use crate::error::{Hint, Result};
use crate::login::Context;
use crate::login::{CodeSource, Destination, Login, LoginRequest};
use crate::output;

/// # Errors
/// If there is no session, or it can't be delivered. Nothing is changed then.
pub fn run(options: &SessionOptions, context: &Context) -> Result<()> {
    if options.quiet {
        output::be_quiet();
    }
    let environment = &context.environment;
    let files = FileBytes::read(environment)?;
    let aws_files = files.parse(environment)?;
    // First of all, a named profile must exist. And if nobody would evaluate the lines, don't show the list.
    let retry_args = retry_args(options);
    let retry_args: Vec<_> = retry_args.iter().map(String::as_str).collect();
    let name = pick::profile(options, &aws_files, environment, Retry::Login(&retry_args))?;
    let destination = destination(options, context)?;
    let name = name.map_or_else(|| pick::from_list(options, &aws_files, environment), Ok)?;
    let request = request(&name, options, &aws_files)?;
    let login = Login::new(&request, environment)?;
    let target = destination.prepare(&request.chain.profile, login.region(), &aws_files, context)?;
    let logged_in = login.run()?;
    target.deliver(&logged_in.session)?;
    if !matches!(destination, Destination::Json) {
        output::note(&session_is(logged_in.state(), &request.chain, &logged_in.session));
    }
    Ok(())
}

/// # Errors
/// If the session would go to a shell, but none evaluates our lines.
fn destination(options: &SessionOptions, context: &Context) -> Result<Destination> {
    if options.write_default {
        let name = options.section.clone().unwrap_or_else(|| DEFAULT.to_owned());
        return Ok(Destination::Section { name, force: options.force });
    }
    if !options.command.is_empty() {
        return Ok(Destination::Command(options.command.clone()));
    }
    match options.format {
        Some(Format::Json) => Ok(Destination::Json),
        Some(Format::Env) | None => {
            let command: &[&str] = match options.profile() {
                Some(name) => &["mfa-env", "--profile", name],
                None if options.pick => &["mfa-env", "--pick"],
                None => &["mfa-env"],
            };
            shell_to_set(context, command, options.format.is_some()).map(Destination::Shell)
        }
    }
}

/// Turns the options into a request of plain values.
pub(super) fn request(name: &str, options: &SessionOptions, aws_files: &AwsFiles) -> Result<LoginRequest> {
    let code = options.token_code.as_ref().map(GivenCode::read).transpose()?;
    let chain = match &options.role_arn {
        Some(role_arn) => aws_files.chain_to_role(role_arn.clone(), name),
        None => aws_files.chain(name),
    };
    let mut chain = chain.map_err(|why| unusable(&why, aws_files, Retry::Login(&[])))?;
    let retry_args = retry_args(options);
    let arguments: Vec<_> = retry_args.iter().map(String::as_str).collect();
    refuse_served(&chain, aws_files, |of| Hint::mfa_env("use that profile", of, &arguments))?;
    if let Some(serial_number) = &options.serial_number {
        chain.serial_number = Some(serial_number.clone());
        chain.other_devices.clear();
    }
    Ok(LoginRequest {
        section: aws_files.section_of(&chain.profile),
        region: options.region.clone(),
        duration: options.duration,
        min_ttl: options.min_ttl,
        code: CodeSource::choose(code, &chain, options.no_input),
        for_tool: options.format == Some(Format::Json),
        renew: options.renew,
        no_cache: options.no_cache,
        verbose: options.verbose,
        retry_args,
        chain,
    })
}

/// The options for a command that tries again.
fn retry_args(options: &SessionOptions) -> Vec<String> {
    let role_arn = options.role_arn.as_ref();
    let role_arn = role_arn.map(|role_arn| ["--role-arn".to_owned(), role_arn.to_string()]);
    let section = options.section.as_ref().map(|section| ["--section".to_owned(), section.clone()]);
    let flags = [(options.write_default, "-w"), (options.renew, "-r")];
    let flags = flags.iter().filter(|(is_given, _)| *is_given).map(|(_, flag)| (*flag).to_owned());
    role_arn.into_iter().flatten().chain(flags).chain(section.into_iter().flatten()).collect()
}
