//! Why a login failed: a variant for each reason, its message, and what the user can do.

use jiff::SignedDuration;

use super::plan::PlanError;
use crate::aws::{DurationSeconds, InvalidValue};
use crate::aws_files::SectionRef;
use crate::error::{Error, Exit, Hint};
use crate::sts::Reason;

#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    /// The region in the environment is invalid.
    #[error("{variable} {why}")]
    Region { variable: &'static str, why: String },
    #[error("{origin} {why}")]
    Endpoint { origin: &'static str, why: &'static str },
    /// A new session would not last as long as `--min-ttl` demands.
    #[error("a new session of `{profile}` would last {duration}, less than `--min-ttl`")]
    TooShort {
        profile: String,
        duration: DurationSeconds,
        longest: DurationSeconds,
        min_ttl: SignedDuration,
        retry_args: Vec<String>,
    },
    #[error("profile `{profile}` needs an MFA code, and {why}")]
    CodeNeeded { profile: String, why: String, retry_args: Vec<String> },
    /// We have sent this code before: STS would refuse it like a wrong one.
    #[error("you already used this code, and AWS takes each code once")]
    CodeUsed { profile: String, seconds_to_next: u64, retry_args: Vec<String> },
    #[error("`mfa_process` of profile `{profile}` printed {what}")]
    NoCodePrinted { profile: String, what: &'static str },
    #[error("{by} printed no credentials in AWS's JSON form")]
    NoCredentialsPrinted { by: String },
    #[error("{by} returns a session; GetSessionToken needs long-term keys")]
    SessionPrinted { by: String },
    #[error("{by} printed {key} that {why}")]
    InvalidPrinted { by: String, key: &'static str, why: InvalidValue },
    /// STS refused a call, or could not be reached. `reason` is why it refused, if we know it.
    #[error("{error}")]
    Call { reason: Option<Reason>, error: Error },
    /// An error of a process, a file or the environment.
    #[error("{0}")]
    Other(#[from] Error),
}

impl From<LoginError> for Error {
    fn from(error: LoginError) -> Self {
        let what = error.to_string();
        match error {
            LoginError::Region { variable, .. } => Self::new(Exit::Usage, what)
                .hint("set it to a region such as eu-west-1, or set `region` in the profile")
                .hint(Hint::unset(&[variable])),
            LoginError::Endpoint { .. } => {
                Self::new(Exit::Usage, what).hint("use https, or http to 127.0.0.1")
            }
            LoginError::TooShort { profile, longest, min_ttl, retry_args, .. } => {
                let (why, longer) = match DurationSeconds::new(min_ttl.as_secs()) {
                    Ok(longer) if longer <= longest => ("ask for a longer one".to_owned(), longer),
                    Ok(_) | Err(_) => (format!("the maximum is {longest}"), longest),
                };
                let longer = longer.argument();
                let hint = retry(&why, &profile, &retry_args, &["-d", &longer, "--min-ttl", &longer]);
                Self::new(Exit::Usage, what).hint(hint)
            }
            LoginError::CodeNeeded { profile, retry_args, .. } => {
                Self::new(Exit::NoSession, what).hint(retry("log in first", &profile, &retry_args, &[]))
            }
            LoginError::CodeUsed { profile, seconds_to_next, retry_args } => {
                let hint = retry(&next_code(seconds_to_next), &profile, &retry_args, &[]);
                Self::new(Exit::Denied, what).hint(hint)
            }
            LoginError::NoCodePrinted { .. } | LoginError::NoCredentialsPrinted { .. } => {
                Self::new(Exit::Files, what).hint("run it by hand and look at what it prints")
            }
            LoginError::SessionPrinted { .. } => {
                Self::new(Exit::Files, what).hint("AWS's tools can use this profile without mfa-env")
            }
            LoginError::InvalidPrinted { .. } => Self::new(Exit::Files, what),
            LoginError::Call { error, .. } | LoginError::Other(error) => error,
        }
    }
}

impl PlanError {
    pub(super) fn explain(&self, profile: &str, section: &SectionRef) -> Error {
        match self {
            Self::NoSerialNumber => {
                let or_add = format!("or add to {section}");
                Error::new(Exit::Files, format!("profile `{profile}` has no MFA device"))
                    .hint(Hint::command("set one up", "setup", profile, &[]))
                    .hint(Hint::paste(&or_add, "mfa_serial = arn:aws:iam::123456789012:mfa/NAME"))
                    .hint(Hint::mfa_env("or just once", profile, &["--serial-number", "ARN"]))
            }
            Self::ProfileDuration { why } => {
                Error::new(Exit::Files, format!("`duration_seconds` of profile `{profile}` {why}"))
                    .hint(format!("correct it in {section}, or give `-d`"))
            }
            Self::OverRoleLimit { asked } => {
                Error::new(Exit::Usage, format!("AWS limits roles to 12 hours; you asked for {asked}"))
                    .hint(Hint::mfa_env("", profile, &["-d", "12h"]))
            }
            Self::OverChainLimit { asked } => {
                Error::new(Exit::Usage, format!("AWS limits chained roles to 1 hour; you asked for {asked}"))
                    .hint(Hint::mfa_env("", profile, &["-d", "1h"]))
            }
        }
    }
}

/// A hint to repeat the command with more options.
fn retry(why: &str, profile: &str, retry_args: &[String], more: &[&str]) -> Hint {
    let retry_args = retry_args.iter().map(String::as_str);
    Hint::mfa_env(why, profile, &retry_args.chain(more.iter().copied()).collect::<Vec<_>>())
}

/// Says when the next code comes.
pub(super) fn next_code(seconds: u64) -> String {
    match seconds {
        0 => "enter the current one".to_owned(),
        seconds => format!("the next one comes in {seconds} s"),
    }
}
