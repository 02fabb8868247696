//! What a login is to do, as plain values.

use jiff::SignedDuration;

use crate::aws::{DurationSeconds, Region, TokenCode};
use crate::aws_files::SectionRef;
use crate::aws_files::profiles::Chain;

pub struct LoginRequest {
    pub chain: Chain,
    /// Where settings of the profile belong, for hints.
    pub section: SectionRef,
    /// `--region`.
    pub region: Option<Region>,
    /// `-d`.
    pub duration: Option<DurationSeconds>,
    pub min_ttl: Option<SignedDuration>,
    pub code: CodeSource,
    /// Uses only a session that was started after this login began.
    pub renew: bool,
    /// Neither uses nor keeps cached sessions.
    pub no_cache: bool,
    pub verbose: bool,
    /// What follows the profile in a command that tries again.
    pub retry_args: &'static [&'static str],
}

/// Where an MFA code comes from, if one is needed.
pub enum CodeSource {
    Given(TokenCode),
    /// `mfa_process`: a command that prints the code.
    Process(String),
    Terminal,
    /// Why there is none.
    None(&'static str),
}

impl CodeSource {
    /// The code that was given; else what the profile says; else a question, if asking is allowed.
    pub fn choose(given: Option<TokenCode>, chain: &Chain, no_input: bool) -> Self {
        match (given, &chain.mfa_process) {
            (Some(code), _) => Self::Given(code),
            (None, Some(command)) => Self::Process(command.clone()),
            (None, None) if no_input => Self::None("`--no-input` forbids asking for it"),
            (None, None) => Self::Terminal,
        }
    }
}
