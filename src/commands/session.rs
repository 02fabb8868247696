//! `mfa-env [PROFILE]`: gets a session and hands it on: to the shell, to `[default]`, to a command,
//! or as JSON.

use std::io::Read;
use std::time::Duration;

use jiff::Timestamp;

use super::{Accounts, Context, advice, write_default};
use crate::cli::{Format, SessionOptions};
use crate::environment::Environment;
use crate::error::{Error, Kind, Result, shown};
use crate::output;
use crate::plan::{self, Call, Plan};
use crate::process;
use crate::profiles::{Chain, Role, Signer};
use crate::session::{
    AccessKeyId, DurationSeconds, LongTermKeys, Region, Secret, SerialNumber, Session, TokenCode, for_people,
};
use crate::sts::{self, Endpoint, EndpointUrl, Failure, Mfa, Reason, RoleRequest};
use crate::terminal::{self, NoCode};

/// # Errors
/// Whatever kept the session from being got or handed on; nothing is changed then.
pub fn run(options: &SessionOptions, context: &Context) -> Result<()> {
    let environment = &context.environment;
    let way = Way::of(options);
    let name = options.profile().unwrap_or_else(|| default_profile(environment));
    if way == Way::Shell && options.format.is_none() && !context.evaluator.is_there() {
        return Err(advice::nobody_evaluates(context.evaluator.shell, name));
    }
    let duration = options.duration.as_deref().map(parse_duration).transpose()?;
    let given_code = options.token_code.as_deref().map(given_code).transpose()?;

    let accounts = Accounts::load(environment)?;
    let mut chain = accounts
        .profiles
        .chain(name, &|id| accounts.is_ours(id))
        .map_err(|unusable| advice::unusable(&unusable, &accounts))?;
    if let Some(serial_number) = &options.serial_number {
        chain.serial_number = Some(SerialNumber::new(serial_number).map_err(|invalid| {
            Error::new(Kind::Usage, format!("`--serial-number {}` {invalid}", shown(serial_number)))
                .hint("the ARN of an MFA device looks like arn:aws:iam::123456789012:mfa/NAME")
        })?);
    }
    let plan = plan::plan(&chain, duration).map_err(|no_way| advice::no_way(&no_way, &chain, &accounts))?;
    let regions = Regions::choose(options.region.as_deref(), &chain, environment)?;
    let endpoint = endpoint(&chain, &regions, environment)?;
    let exported = regions.exported.as_ref();
    let write = (way == Way::Default)
        .then(|| {
            write_default::Write::prepare(&accounts, &chain.profile, exported, options.force, environment)
        })
        .transpose()?;
    if options.verbose {
        advice::explain(&chain, &plan, &endpoint);
    }

    let login = Login { chain: &chain, plan: &plan, endpoint: &endpoint, options };
    let session = login.get(given_code)?;
    let left = for_people(session.expiration.left(Timestamp::now()));

    match way {
        Way::Json => output::print(&output::credential_process_json(&session)),
        Way::Command => Err(run_command(options, &chain.profile, &session, exported, context)),
        Way::Shell => {
            let shell = context.evaluator.shell;
            let variables = output::variables(&chain.profile, &session, exported, environment);
            let lines = output::export_lines(shell, &variables);
            context.evaluator.send(&lines)?;
            output::say(&format!("Session started; expires in {left}"));
            Ok(())
        }
        Way::Default => {
            write.expect("it was prepared").write(&session, context)?;
            output::say(&format!("Session started; expires in {left}"));
            Ok(())
        }
    }
}

/// Where the session goes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Shell,
    Default,
    Command,
    Json,
}

impl Way {
    fn of(options: &SessionOptions) -> Self {
        if options.write_default {
            Self::Default
        } else if !options.command.is_empty() {
            Self::Command
        } else {
            match options.format {
                Some(Format::Json) => Self::Json,
                Some(Format::Env) | None => Self::Shell,
            }
        }
    }
}

/// The profile of this shell's session while it is ours, else what AWS's tools would take.
fn default_profile(environment: &Environment) -> &str {
    let ours = environment.get("MFA_ENV_PROFILE").filter(|_| environment.holds_our_session());
    ours.or_else(|| environment.get("AWS_PROFILE")).unwrap_or("default")
}

fn parse_duration(text: &str) -> Result<DurationSeconds> {
    DurationSeconds::parse(text).map_err(|invalid| {
        Error::new(Kind::Usage, format!("`--duration {}` {invalid}", shown(text)))
            .hint("for example: --duration 12h")
    })
}

/// The code of `-t`; never repeated in a message.
fn given_code(text: &str) -> Result<TokenCode> {
    let mut typed = zeroize::Zeroizing::new(text.to_owned());
    if text == "-" {
        typed.clear();
        let read = std::io::stdin().lock().take(1024).read_to_string(&mut typed);
        read.map_err(|error| {
            Error::new(Kind::Files, format!("failed to read the code from standard input: {error}"))
        })?;
    }
    TokenCode::new(&typed).map_err(|invalid| {
        Error::new(Kind::Usage, format!("the code of `--token-code` {invalid}"))
            .hint("give the six digits that the MFA device shows, or leave `-t` out to be asked")
    })
}

/// The region of the call, and the one that the session carries.
struct Regions {
    call: Region,
    exported: Option<Region>,
}

impl Regions {
    /// `--region`, else the profile's: both are exported. Else the environment's where it is in the
    /// device's partition, else the partition's first: for the call alone.
    fn choose(option: Option<&str>, chain: &Chain, environment: &Environment) -> Result<Self> {
        let option = option.map(|text| {
            Region::new(text).map_err(|invalid| {
                Error::new(Kind::Usage, format!("`--region {}` {invalid}", shown(text)))
                    .hint("for example: --region eu-west-1")
            })
        });
        if let Some(region) = option.transpose()?.or_else(|| chain.region.clone()) {
            return Ok(Self { call: region.clone(), exported: Some(region) });
        }
        let partition = chain.serial_number.as_ref().and_then(SerialNumber::partition).unwrap_or("aws");
        let of_environment = ["AWS_REGION", "AWS_DEFAULT_REGION"]
            .iter()
            .filter_map(|name| Region::new(environment.get(name)?).ok())
            .find(|region| region.is_in(partition));
        Ok(Self { call: of_environment.unwrap_or_else(|| Region::first_of(partition)), exported: None })
    }
}

fn endpoint(chain: &Chain, regions: &Regions, environment: &Environment) -> Result<Endpoint> {
    let ignored = environment
        .get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")
        .is_some_and(|v| v.eq_ignore_ascii_case("true"));
    let of_environment = |name| environment.get(name).map(|url| (url, name));
    let configured = of_environment("AWS_ENDPOINT_URL_STS")
        .or_else(|| of_environment("AWS_ENDPOINT_URL"))
        .or_else(|| chain.endpoint_url.as_deref().map(|url| (url, "endpoint_url of the profile")))
        .filter(|_| !ignored);
    let url = configured.map(|(url, origin)| {
        EndpointUrl::new(url).map_err(|why| {
            Error::new(Kind::Usage, format!("the STS endpoint `{}` ({origin}) {why}", shown(url)))
                .hint("use https, or http to 127.0.0.1")
        })
    });
    let time_out = environment.get("MFA_ENV_TIMEOUT").map_or(Ok(30), |text| {
        text.parse().ok().filter(|seconds| (1..=300).contains(seconds)).ok_or_else(|| {
            Error::new(Kind::Usage, format!("MFA_ENV_TIMEOUT `{}` is not 1 to 300 seconds", shown(text)))
                .hint("unset MFA_ENV_TIMEOUT")
        })
    })?;
    let ca_bundle = environment.get("AWS_CA_BUNDLE").or(chain.ca_bundle.as_deref());
    Ok(Endpoint {
        url: url.transpose()?,
        region: regions.call.clone(),
        ca_bundle: ca_bundle.map(Into::into),
        time_out: Duration::from_secs(time_out),
    })
}

/// All that a login needs, decided.
struct Login<'l> {
    chain: &'l Chain,
    plan: &'l Plan<'l>,
    endpoint: &'l Endpoint,
    options: &'l SessionOptions,
}

/// So often a code that was asked for may be wrong.
const TRIES: usize = 3;

impl Login<'_> {
    fn get(&self, given_code: Option<TokenCode>) -> Result<Session> {
        let keys = self.long_term_keys()?;
        let Some(serial_number) = self.plan.needs_code_of() else { return self.calls(&keys, None) };
        if let Some(code) = given_code {
            return self.calls(&keys, Some(Mfa { serial_number, token_code: &code }));
        }
        for left in (0..TRIES).rev() {
            let code = self.ask(serial_number)?;
            let result = self.first_call(&keys, Some(Mfa { serial_number, token_code: &code }));
            match result {
                Err(Failure::Refused { reason: Reason::InvalidCode, .. }) if left > 0 => {
                    output::say(
                        "STS did not accept this code: mistyped, or used before; wait for the next one",
                    );
                }
                result => {
                    let session = result.map_err(|failure| self.advise(&failure))?;
                    return self.further_calls(session);
                }
            }
        }
        unreachable!("the last try returns")
    }

    fn ask(&self, serial_number: &SerialNumber) -> Result<TokenCode> {
        let profile = &self.chain.profile;
        if self.options.no_input {
            return Err(advice::code_needed(profile, "`--no-input` forbids to ask for it"));
        }
        terminal::ask_for_code(profile, serial_number).map_err(|no_code| match no_code {
            NoCode::NoTerminal => advice::code_needed(profile, "there is no terminal to ask for it"),
            NoCode::Cancelled => Error::new(Kind::Cancelled, "cancelled: no code was sent"),
        })
    }

    fn calls(&self, keys: &LongTermKeys, mfa: Option<Mfa<'_>>) -> Result<Session> {
        let session = self.first_call(keys, mfa).map_err(|failure| self.advise(&failure))?;
        self.further_calls(session)
    }

    fn first_call(&self, keys: &LongTermKeys, mfa: Option<Mfa<'_>>) -> std::result::Result<Session, Failure> {
        match (self.plan.calls.first().expect("a plan has calls"), mfa) {
            (Call::GetSessionToken { duration, .. }, mfa) => {
                let mfa = mfa.expect("the plan asked for a code");
                self.endpoint.get_session_token(keys, mfa, *duration)
            }
            (Call::AssumeRole { role, duration, .. }, mfa) => {
                self.assume(role, *duration, &sts::Signer::Keys(keys), mfa)
            }
        }
    }

    fn further_calls(&self, mut session: Session) -> Result<Session> {
        for call in &self.plan.calls[1..] {
            let Call::AssumeRole { role, duration, .. } = call else {
                unreachable!("only the first call is a user's")
            };
            session = self
                .assume(role, *duration, &sts::Signer::Session(&session), None)
                .map_err(|failure| self.advise(&failure))?;
        }
        Ok(session)
    }

    fn assume(
        &self,
        role: &Role,
        duration: DurationSeconds,
        signer: &sts::Signer<'_>,
        mfa: Option<Mfa<'_>>,
    ) -> std::result::Result<Session, Failure> {
        let request = RoleRequest {
            role_arn: &role.role_arn,
            role_session_name: role.role_session_name.as_deref().unwrap_or("mfa-env"),
            external_id: role.external_id.as_deref(),
            duration,
        };
        self.endpoint.assume_role(signer, &request, mfa)
    }

    fn advise(&self, failure: &Failure) -> Error {
        advice::failure(failure, self.chain, self.plan, self.endpoint)
    }

    fn long_term_keys(&self) -> Result<LongTermKeys> {
        match &self.chain.signer {
            Signer::Keys { keys, .. } => Ok(keys.clone()),
            Signer::Process { profile, command } => keys_of_process(profile, command),
        }
    }
}

/// What a `credential_process` prints (AWS SDKs and Tools Reference Guide), without the session that
/// it may also be.
#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ProcessOutput {
    access_key_id: String,
    secret_access_key: zeroize::Zeroizing<String>,
    session_token: Option<zeroize::Zeroizing<String>>,
}

fn keys_of_process(profile: &str, command: &str) -> Result<LongTermKeys> {
    const TIME_OUT: Duration = Duration::from_secs(60);
    let output = process::output_of("credential_process", command, profile, TIME_OUT)?;
    let failed = |why: &str| {
        Error::new(Kind::Files, format!("`credential_process` of profile `{}` {why}", shown(profile)))
    };
    // serde's error could repeat what it read.
    let output: ProcessOutput =
        serde_json::from_slice(&output).map_err(|_| failed("printed no credentials in AWS's JSON form"))?;
    if output.session_token.is_some() {
        return Err(failed("gives a session, and only long-term keys can ask for another")
            .hint("this profile needs no mfa-env: use it as it is"));
    }
    let access_key_id = AccessKeyId::new(&output.access_key_id);
    let secret_access_key = Secret::new(output.secret_access_key.to_string());
    match (access_key_id, secret_access_key) {
        (Ok(access_key_id), Ok(secret_access_key)) => Ok(LongTermKeys { access_key_id, secret_access_key }),
        (Err(invalid), _) => Err(failed(&format!("printed an AccessKeyId that {invalid}"))),
        (_, Err(invalid)) => Err(failed(&format!("printed a SecretAccessKey that {invalid}"))),
    }
}

fn run_command(
    options: &SessionOptions,
    profile: &str,
    session: &Session,
    region: Option<&Region>,
    context: &Context,
) -> Error {
    let variables = output::variables(profile, session, region, &context.environment);
    let set: Vec<_> = variables.set.iter().map(|(name, value)| (*name, value.as_str())).collect();
    process::exec(&options.command, &set, &variables.unset, &context.found_limits)
}
