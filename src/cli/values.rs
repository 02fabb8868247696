//! The values of options, checked as they are parsed. Also the messages for invalid values. They never repeat
//! a value that may be a secret in the wrong place.

use std::error::Error as _;
use std::io::{self, Read as _};

use clap::error::{ContextKind, ContextValue};
use jiff::SignedDuration;
use zeroize::Zeroizing;

use crate::aws::{DurationSeconds, InvalidValue, TokenCode, parse_duration};
use crate::aws_files::profiles::profile_of_long_term;
use crate::aws_files::section;
use crate::error::{Error, Exit, shown_value};

/// The value of `-t`.
#[derive(Clone)]
pub enum GivenCode {
    /// `-`
    OfStandardInput,
    Code(TokenCode),
}

impl GivenCode {
    /// # Errors
    /// If standard input can't be read, or has no code.
    pub fn read(&self) -> crate::error::Result<TokenCode> {
        const MOST: u64 = 1024;
        match self {
            Self::Code(code) => Ok(code.clone()),
            Self::OfStandardInput => {
                let mut typed = Zeroizing::new(String::new());
                io::stdin().take(MOST).read_to_string(&mut typed).map_err(|error| {
                    Error::new(Exit::Files, format!("failed to read the code from standard input: {error}"))
                })?;
                TokenCode::new(&typed).map_err(bad_code)
            }
        }
    }
}

pub(super) fn token_code(text: &str) -> Result<GivenCode, InvalidValue> {
    if text == "-" { Ok(GivenCode::OfStandardInput) } else { TokenCode::new(text).map(GivenCode::Code) }
}

pub(super) fn min_ttl(text: &str) -> Result<SignedDuration, InvalidValue> {
    let min_ttl = parse_duration(text)?;
    if min_ttl > SignedDuration::from_secs(DurationSeconds::SESSION_LIMIT.get().into()) {
        return Err(InvalidValue("is longer than any session (at most 36 hours)"));
    }
    Ok(min_ttl)
}

/// The name of a section of the credentials file. Hints show it, so it can't have the form of a secret access key.
pub(super) fn section(text: &str) -> Result<String, InvalidValue> {
    let is_of_a_key = |byte: u8| byte.is_ascii_alphanumeric() || b"+/".contains(&byte);
    if text.len() == 40 && text.bytes().all(is_of_a_key) {
        Err(InvalidValue("has the form of a secret access key"))
    } else if profile_of_long_term(text).is_some() {
        Err(InvalidValue("is a section for long-term keys"))
    } else if section::is_good_name(text) {
        Ok(text.to_owned())
    } else {
        Err(InvalidValue("is not a section's name that all of AWS's tools read"))
    }
}

/// The name of a service in the console's URLs.
pub(super) fn service(text: &str) -> Result<String, InvalidValue> {
    let in_form = text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if in_form && (1..=64).contains(&text.len()) {
        Ok(text.to_owned())
    } else {
        Err(InvalidValue("is not the name of a service in the console's URLs"))
    }
}

fn bad_code(why: InvalidValue) -> Error {
    Error::new(Exit::Usage, format!("the code of `--token-code` {why}"))
        .hint("give the six digits that the MFA device shows, or leave `-t` out to be asked")
}

/// The error for an invalid value of an option; `None` for clap's other errors.
pub(super) fn refused(error: &clap::Error) -> Option<Error> {
    let why = *error.source()?.downcast_ref::<InvalidValue>()?;
    let Some(ContextValue::String(option)) = error.get(ContextKind::InvalidArg) else { return None };
    let Some(ContextValue::String(value)) = error.get(ContextKind::InvalidValue) else { return None };
    // `--min-ttl <DURATION>`
    let option = option.split(' ').next().unwrap_or_default();
    let example = match option {
        "--token-code" => return Some(bad_code(why)),
        "--duration" => "for example: --duration 12h",
        "--min-ttl" => "for example: --min-ttl 20m",
        "--region" => "for example: --region eu-west-1",
        "--section" => "take letters, digits and _-/.%@:+",
        "--service" => "for example: --service s3",
        "--role-arn" => "for a role that a profile has, name that profile instead",
        _ => "the ARN of an MFA device looks like arn:aws:iam::123456789012:mfa/NAME",
    };
    Some(Error::new(Exit::Usage, format!("`{option} {}` {why}", shown_value(value))).hint(example))
}
