//! Decides the regions, the endpoint and the cache key of a login, from the profile's chain, the options and
//! the environment. Makes no calls.

use jiff::Timestamp;

use super::error::LoginError;
use crate::aws::{Region, SerialNumber};
use crate::aws_files::profiles::{Chain, KeySource, Role};
use crate::environment::{Environment, REGION_VARIABLES};
use crate::error::{Error, Exit, shown_path, shown_value};
use crate::store::cache::{self, Cache, Cached, Key, RoleKey};
use crate::sts::{Endpoint, EndpointUrl, Service};

/// The region for the call, and the one to export.
pub struct Regions {
    pub call: Region,
    pub exported: Option<Region>,
}

impl Regions {
    /// `--region`, else the profile's region, for the call and for export. If there is neither, nothing is
    /// exported, and the call uses the environment's region if it is in the device's partition, else the
    /// partition's first region.
    pub fn choose(option: Option<&Region>, chain: &Chain, environment: &Environment) -> Self {
        if let Some(region) = option.or(chain.region.as_ref()) {
            return Self { call: region.clone(), exported: Some(region.clone()) };
        }
        let partition = chain.serial_number.as_ref().and_then(SerialNumber::partition);
        let of_environment = REGION_VARIABLES
            .iter()
            .filter_map(|name| Region::new(environment.users_own().get(name)?).ok())
            .find(|region| partition.is_none_or(|partition| region.partition() == partition));
        let first = || Region::first_of(partition.unwrap_or("aws"));
        Self { call: of_environment.unwrap_or_else(first), exported: None }
    }
}

pub fn check_regions_of_environment(environment: &Environment) -> Result<(), LoginError> {
    for variable in REGION_VARIABLES {
        let users_own = environment.users_own();
        let why = match users_own.get(variable).map(|text| (text, Region::new(text))) {
            Some((_, Ok(_))) => return Ok(()),
            Some((text, Err(invalid))) => format!("`{}` {invalid}", shown_value(text)),
            None if users_own.is_unreadable(variable) => "is not UTF-8".to_owned(),
            None => continue,
        };
        return Err(LoginError::Region { variable, why });
    }
    Ok(())
}

/// The endpoint of STS.
pub fn endpoint(chain: &Chain, regions: &Regions, environment: &Environment) -> Result<Endpoint, LoginError> {
    let is_on = |variable: &str, of_profile: bool| {
        environment.get(variable).map_or(of_profile, |value| value.eq_ignore_ascii_case("true"))
    };
    let ignored = is_on("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", chain.ignores_endpoint_urls);
    let of_environment = |name| environment.get(name).map(|url| (url, name));
    let configured = of_environment(Service::STS.variable)
        .or_else(|| of_environment("AWS_ENDPOINT_URL"))
        .or_else(|| chain.endpoint_url.as_deref().map(|url| (url, "the profile's `endpoint_url`")))
        .filter(|_| !ignored);
    let url = configured
        .map(|(url, origin)| EndpointUrl::new(url).map_err(|why| LoginError::Endpoint { origin, why }));
    let ca_bundle = environment.get("AWS_CA_BUNDLE").or(chain.ca_bundle.as_deref());
    let mut endpoint = Endpoint::of_region(regions.call.clone());
    endpoint.url = url.transpose()?;
    endpoint.use_fips = is_on("AWS_USE_FIPS_ENDPOINT", chain.use_fips_endpoint);
    endpoint.use_dual_stack = is_on("AWS_USE_DUALSTACK_ENDPOINT", chain.use_dualstack_endpoint);
    endpoint.ca_bundle = ca_bundle.map(Into::into);
    Ok(endpoint)
}

/// AWS's sign-in service for the partition of this STS, and the host of its console.
pub fn sign_in(of_sts: &Endpoint, environment: &Environment) -> Result<(Endpoint, &'static str), LoginError> {
    let origin = Service::SIGN_IN.variable;
    let region = &of_sts.region;
    let (sign_in, console) = region.console_hosts().ok_or_else(|| {
        let what = format!("mfa-env doesn't know the AWS console of partition {}", region.partition());
        Error::new(Exit::Usage, what)
    })?;
    let url = match environment.get(origin) {
        Some(url) => EndpointUrl::new(url).map_err(|why| LoginError::Endpoint { origin, why })?,
        None => EndpointUrl::new(&format!("https://{sign_in}")).expect("https, and a host"),
    };
    let mut endpoint = Endpoint::of_sign_in(region.clone(), url);
    endpoint.ca_bundle.clone_from(&of_sts.ca_bundle);
    Ok((endpoint, console))
}

/// The cache key. Profiles with the same cache key share a session.
pub fn cache_key(chain: &Chain, regions: &Regions, endpoint: &Endpoint, environment: &Environment) -> Key {
    let role = |role: &Role| RoleKey {
        role_arn: role.role_arn.as_str().to_owned(),
        external_id: role.external_id.clone(),
        role_session_name: role.role_session_name.clone().unwrap_or_else(|| {
            role_session_name(chain.serial_in_files.as_ref().or(chain.serial_number.as_ref()), environment)
        }),
    };
    Key {
        signer: match &chain.signer {
            KeySource::Keys { keys, .. } => keys.access_key_id.as_str().to_owned(),
            // Not the access key id, since that would need the password manager even with a cached session.
            KeySource::Process { command, .. } => format!("process {}", cache::digest(command)),
            KeySource::Store { profile, store } => format!("{} {profile}", store.name()),
        },
        serial_number: chain.serial_number.as_ref().map(|serial| serial.as_str().to_owned()),
        roles: chain.roles.iter().map(role).collect(),
        partition: regions.call.partition().to_owned(),
        endpoint_url: endpoint.url.as_ref().map(|url| url.as_str().to_owned()),
    }
}

/// The session name, which CloudTrail shows: the device's name, since most devices are named after their
/// user; else the local user's name. 2 to 64 characters of `[\w+=,.@-]` (STS API, `RoleSessionName`).
fn role_session_name(serial_number: Option<&SerialNumber>, environment: &Environment) -> String {
    let of_device =
        serial_number.and_then(|serial| serial.as_str().split_once(":mfa/")).map(|(_, name)| name);
    let name = of_device.or_else(|| environment.get("USER")).or_else(|| environment.get("LOGNAME"));
    let is_allowed = |c: &char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(*c);
    let name: String = name.unwrap_or_default().chars().filter(is_allowed).take(64).collect();
    if name.len() < 2 { "mfa-env".to_owned() } else { name }
}

/// The cache key of a profile for a login without options.
pub fn cached_key(chain: &Chain, environment: &Environment) -> Result<Key, LoginError> {
    let regions = Regions::choose(None, chain, environment);
    let endpoint = endpoint(chain, &regions, environment)?;
    Ok(cache_key(chain, &regions, &endpoint, environment))
}

/// The cached session that a login without options would find.
pub fn cached(chain: &Chain, cache: Option<&Cache>, environment: &Environment) -> Option<Cached> {
    cache?.get(&cached_key(chain, environment).ok()?, Timestamp::now())
}

/// These replace the system's certificates: rustls-native-certs reads them, like OpenSSL.
const CERTIFICATE_VARIABLES: [&str; 2] = ["SSL_CERT_FILE", "SSL_CERT_DIR"];

/// The address that a profile calls, and the certificates that it trusts: the end of a sentence that starts
/// with "profile prod", for `-v` and `doctor`.
pub fn calls(endpoint: &Endpoint, environment: &Environment) -> String {
    let address = endpoint.address().unwrap_or_else(|| format!("region {}", endpoint.region.as_str()));
    if endpoint.is_unencrypted() {
        return format!("calls {address} without TLS");
    }
    format!("calls {address} and trusts {}", trusted(endpoint, environment))
}

fn trusted(endpoint: &Endpoint, environment: &Environment) -> String {
    if let Some(path) = &endpoint.ca_bundle {
        let origin = if environment.is_set("AWS_CA_BUNDLE") { "AWS_CA_BUNDLE" } else { "`ca_bundle`" };
        return format!("the certificates in `{}` ({origin})", shown_path(&path.to_string_lossy()));
    }
    let set = CERTIFICATE_VARIABLES.iter().filter_map(|name| Some((name, environment.get(name)?)));
    let places: Vec<_> = set.map(|(name, place)| format!("`{}` ({name})", shown_path(place))).collect();
    match &places[..] {
        [] => "the system's certificates".to_owned(),
        places => format!("the certificates in {}", places.join(" and ")),
    }
}
