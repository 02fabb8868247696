//! The request for a login, as plain values.

use jiff::SignedDuration;

use crate::aws::{DurationSeconds, Region, TokenCode};
use crate::aws_files::SectionRef;
use crate::aws_files::profiles::Chain;

pub struct LoginRequest {
    pub chain: Chain,
    /// The section for the profile's settings, for hints.
    pub section: SectionRef,
    /// `--region`.
    pub region: Option<Region>,
    /// `-d`.
    pub duration: Option<DurationSeconds>,
    pub min_ttl: Option<SignedDuration>,
    pub code: CodeSource,
    /// A tool runs us as its `credential_process`: the user doesn't see our output, and the tool may try again.
    pub for_tool: bool,
    /// Don't use a session that is cached already.
    pub renew: bool,
    /// Neither read nor write the cache.
    pub no_cache: bool,
    pub verbose: bool,
    /// The arguments after the profile in a command that tries again.
    pub retry_args: Vec<String>,
}

/// Where an MFA code comes from, if one is needed.
pub enum CodeSource {
    Given(TokenCode),
    /// `mfa_process`: a command that prints the code.
    Process(String),
    Terminal,
    /// There is none, for this reason.
    None(&'static str),
}

impl CodeSource {
    /// The given code; else the profile's `mfa_process`; else a question, if asking is allowed.
    pub fn choose(given: Option<TokenCode>, chain: &Chain, no_input: bool) -> Self {
        match (given, &chain.mfa_process) {
            (Some(code), _) => Self::Given(code),
            (None, Some(command)) => Self::Process(command.clone()),
            (None, None) if no_input => Self::None("`--no-input` forbids asking for it"),
            (None, None) => Self::Terminal,
        }
    }
}
