//! `mfa-env console`: signs a browser in to the AWS console with a role's session.

use super::account::session_is;
use super::file_bytes::FileBytes;
use super::login::request;
use super::pick;
use super::profile_error::Retry;
use crate::aws_files::AwsFiles;
use crate::cli::ConsoleOptions;
use crate::error::{Error, Exit, Hint, Result};
use crate::login::endpoint::sign_in;
use crate::login::{Context, Login, LoginRequest};
use crate::output;
use crate::process;

/// # Errors
/// If the session is not a role's, there is none, AWS gives no link, or no program opens it.
pub fn run(options: &ConsoleOptions, context: &Context) -> Result<()> {
    let environment = &context.environment;
    let files = FileBytes::read(environment)?;
    let aws_files = files.parse(environment)?;
    let session_options = options.session();
    let name = pick::profile(&session_options, &aws_files, environment, Retry::Command("console", &[]))?;
    let name = name.map_or_else(|| pick::from_list(&session_options, &aws_files, environment), Ok)?;
    let request = request(&name, &session_options, &aws_files)?;
    if request.chain.roles.is_empty() {
        return Err(not_a_role(&request, &aws_files));
    }
    let login = Login::new(&request, environment)?;
    let (endpoint, console) = sign_in(login.endpoint(), environment)?;
    let logged_in = login.run()?;
    let session = &logged_in.session;
    output::note(&session_is(logged_in.state(), &request.chain, session));
    let service = options.service.as_deref().unwrap_or("console");
    let page = format!("https://{console}/{service}/home?region={}", endpoint.region.as_str());
    let link = endpoint.sign_in_link(session, &page).map_err(|failure| endpoint.explain(&failure))?;
    if options.print {
        return output::print(&format!("{}\n", *link));
    }
    process::open_in_browser(&link).map_err(|error| {
        let role_arn = options.role_arn.as_ref().map(ToString::to_string);
        let mut command = vec!["mfa-env", "console", &name, "--print"];
        command.extend(role_arn.iter().flat_map(|role_arn| ["--role-arn", role_arn]));
        error.hint(Hint::run("to open it yourself", command))
    })?;
    output::note("opened the AWS console in your browser");
    Ok(())
}

fn not_a_role(request: &LoginRequest, aws_files: &AwsFiles) -> Error {
    let profile = &request.chain.profile;
    let what = format!("profile `{profile}` is a user, but console links need a role");
    let has_role = |name: &&str| aws_files.chain(name).is_ok_and(|chain| !chain.roles.is_empty());
    let names: Vec<_> = aws_files.profiles.names().filter(has_role).map(str::to_owned).collect();
    let error = Error::new(Exit::Usage, what);
    if names.is_empty() {
        return error.hint(Hint::command("name a role", "console", profile, &["--role-arn", "ARN"]));
    }
    error.hint(format!("profiles with a role: {}", pick::listed(&names)))
}
