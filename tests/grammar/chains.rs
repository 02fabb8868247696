//! Random graphs of profiles, logged in to by the binary and by botocore against the scripted STS: the same
//! keys sign, the same roles follow, and the code is of the same device. Each difference is in
//! docs/grammar.md.

use std::collections::BTreeMap;
use std::fs;

use fake_sts::{FakeSts, Recorded, Reply, User};
use support::Home;

use crate::botocore::Botocore;

/// What cargo test tries; GRAPHS sets another number, GRAPHS_FIRST where to begin.
const GRAPHS: u64 = 200;
const NAMES: [&str; 5] = ["a", "b", "c", "d", "default"];
const PROCESS_KEY: &str = "AKIAPROCESS000000000";
const SECRET: &str = "secret";

/// A profile as the two files have it.
#[derive(Clone, Debug, Default)]
struct Profile {
    config: BTreeMap<&'static str, String>,
    credentials: BTreeMap<&'static str, String>,
}

impl Profile {
    fn has(&self, key: &str) -> bool {
        self.config.contains_key(key) || self.credentials.contains_key(key)
    }

    fn has_keys(&self) -> bool {
        self.has("aws_access_key_id") || self.has("aws_secret_access_key")
    }
}

type Graph = BTreeMap<&'static str, Profile>;

/// SplitMix64: the same number makes the same graph.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % limit
    }

    fn percent(&mut self, of_hundred: u64) -> bool {
        self.below(100) < of_hundred
    }
}

fn graph(number: u64) -> Graph {
    let mut random = Random(number.wrapping_mul(0x5851_f42d_4c95_7f2d));
    let mut graph = Graph::new();
    for name in NAMES {
        if name == "a" || random.percent(88) {
            graph.insert(name, profile(name, &mut random));
        }
    }
    graph
}

fn profile(name: &str, random: &mut Random) -> Profile {
    let mut profile = Profile::default();
    let keys = |file: &str| {
        [("aws_access_key_id", key_id(file, name)), ("aws_secret_access_key", SECRET.to_owned())]
    };
    match random.below(20) {
        0..6 => profile.credentials.extend(keys("cred")),
        6..9 => profile.config.extend(keys("conf")),
        9 => {
            profile.credentials.extend(keys("cred"));
            profile.config.extend(keys("conf"));
        }
        10 => {
            profile.credentials.extend(keys("cred").into_iter().skip(usize::from(random.percent(50))).take(1))
        }
        _ => {}
    }
    let mut set = |percent: u64, key: &'static str, values: &[String], random: &mut Random| {
        if random.percent(percent) {
            let index = usize::try_from(random.below(values.len() as u64)).expect("small");
            profile.config.insert(key, values[index].clone());
        }
    };
    let text = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect::<Vec<_>>();
    let sources = text(&["a", "b", "b", "c", "c", "d", "d", "default", "default", "default", "gone"]);
    if random.percent(60) {
        set(100, "role_arn", &[format!("arn:aws:iam::123456789012:role/{name}")], random);
        set(90, "source_profile", &sources, random);
        set(6, "credential_source", &text(&["Environment"]), random);
        set(30, "external_id", &[format!("ext-{name}")], random);
        set(30, "role_session_name", &[format!("name-{name}")], random);
    } else {
        set(12, "source_profile", &sources, random);
    }
    let process =
        format!(r#"echo '{{"Version":1,"AccessKeyId":"{PROCESS_KEY}","SecretAccessKey":"{SECRET}"}}'"#);
    set(10, "credential_process", &[process], random);
    set(35, "mfa_serial", &[format!("arn:aws:iam::123456789012:mfa/{name}")], random);
    // botocore makes no call without a region.
    let of_region = if name == "a" { 100 } else { 40 };
    set(of_region, "region", &text(&["eu-west-1", "us-west-2", "ap-south-1"]), random);
    profile
}

fn key_id(file: &str, name: &str) -> String {
    format!("{:0<20}", format!("AKIA{file}{name}").to_uppercase())
}

/// An STS that knows all keys, so that it answers the question whose they are.
fn sts() -> FakeSts {
    let ids = NAMES.iter().flat_map(|name| ["cred", "conf"].map(|file| key_id(file, name)));
    let user = |id: String| User { access_key_id: id, secret_access_key: SECRET.to_owned(), ..User::bob() };
    let users = ids.chain([PROCESS_KEY.to_owned()]).map(user);
    users.fold(FakeSts::builder(), fake_sts::Builder::user).start()
}

/// The texts of config and credentials.
fn files(graph: &Graph) -> [String; 2] {
    let section = |header: &str, settings: &BTreeMap<&str, String>| {
        let lines: String = settings.iter().map(|(key, value)| format!("{key} = {value}\n")).collect();
        format!("[{header}]\n{lines}")
    };
    let config = graph.iter().map(|(name, profile)| {
        let header = if *name == "default" { (*name).to_owned() } else { format!("profile {name}") };
        section(&header, &profile.config)
    });
    let credentials = graph.iter().filter(|(_, profile)| !profile.credentials.is_empty());
    [config.collect(), credentials.map(|(name, profile)| section(name, &profile.credentials)).collect()]
}

/// What a login comes to.
#[derive(Debug, PartialEq, Eq)]
struct Login {
    /// The keys that the first call, or all, are signed with.
    signer: String,
    /// ARN and external id, and the session's name where the profile gives one.
    roles: Vec<[String; 3]>,
    device: Option<String>,
    region: Option<String>,
}

fn login(calls: &[Recorded]) -> Option<Login> {
    let first = calls.first()?;
    let of = |call: &Recorded, key: &str| call.parameters.get(key).cloned().unwrap_or_default();
    let named = |name: String| if name.starts_with("name-") { name } else { String::new() };
    let roles = calls.iter().filter(|call| call.action == "AssumeRole");
    Some(Login {
        signer: first.access_key_id.clone()?,
        roles: roles
            .map(|call| [of(call, "RoleArn"), of(call, "ExternalId"), named(of(call, "RoleSessionName"))])
            .collect(),
        device: first.parameters.get("SerialNumber").cloned(),
        region: first.region.clone(),
    })
}

/// `a` and what is behind it, by name.
fn route(graph: &Graph) -> BTreeMap<&'static str, &Profile> {
    let mut route = BTreeMap::new();
    let mut next = Some("a");
    while let Some((name, profile)) = next.and_then(|name| graph.get_key_value(name)) {
        if route.insert(*name, profile).is_some() {
            break;
        }
        next = profile.config.get("source_profile").map(String::as_str);
    }
    route
}

/// Where docs/grammar.md says that we differ.
fn documented(
    graph: &Graph,
    ours: &Result<Login, String>,
    theirs: &Result<Login, String>,
) -> Option<&'static str> {
    let route = route(graph);
    let has_process = |profile: &Profile| profile.has("credential_process");
    let is_alone = |profile: &Profile| {
        let has_more = profile.has("role_arn") || profile.has_keys() || has_process(profile);
        profile.has("source_profile") && !has_more
    };
    let process_signs = |login: &Login| login.signer == PROCESS_KEY;
    match (ours, theirs) {
        (Ok(_), Err(_)) if route.values().any(|profile| is_alone(profile)) => Some("a source alone"),
        (Ok(ours), Err(_)) => {
            let is_itself = |(name, profile): (&&str, &&Profile)| {
                profile.config.get("source_profile").is_some_and(|source| source == name)
                    && !profile.has_keys()
                    && has_process(profile)
            };
            (process_signs(ours) && route.iter().any(is_itself)).then_some("a role with a process of its own")
        }
        (Err(message), Ok(theirs))
            if process_signs(theirs) && message.contains("has no `aws_access_key_id`") =>
        {
            Some("a secret key alone beside a process")
        }
        (_, Ok(theirs)) if process_signs(theirs) => {
            let has_both = |profile: &&&Profile| {
                profile.config.contains_key("aws_access_key_id") && has_process(profile)
            };
            let keys_sign = match ours {
                Ok(ours) => ours.roles == theirs.roles && !process_signs(ours),
                Err(message) => message.contains("no MFA device"),
            };
            let without_device = theirs.roles.is_empty() && ours.is_err() && keys_sign;
            match route.values().find(has_both) {
                Some(_) if keys_sign => Some("keys in config beside a process"),
                Some(_) | None => without_device.then_some("keys without a device"),
            }
        }
        (Err(message), Ok(login)) if message.contains("no MFA device") && login.roles.is_empty() => {
            Some("keys without a device")
        }
        (Ok(_) | Err(_), _) => None,
    }
}

#[test]
fn graphs_of_profiles_log_in_as_with_botocore() {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().expect("a number"));
    let (from, graphs) = (number("GRAPHS_FIRST").unwrap_or(0), number("GRAPHS").unwrap_or(GRAPHS));
    println!("GRAPHS_FIRST={from} GRAPHS={graphs}");
    let sts = sts();
    let home = Home::new().calling(sts.url());
    // A build during a long run replaces the other one.
    let binary = home.path("mfa-env");
    fs::copy(support::binary(), &binary).expect("the binary");
    let variables = [("AWS_ENDPOINT_URL_STS", sts.url()), ("AWS_EC2_METADATA_DISABLED", "true".to_owned())];
    let variables = variables.each_ref().map(|(name, value)| (*name, value.as_str()));
    let mut botocore = Botocore::start("botocore_chains.py", &home.path(""), &variables);
    let mut seen = 0;
    let mut calls = || {
        let all = sts.requests();
        let new =
            all[seen..].iter().filter(|call| call.action != "GetCallerIdentity").cloned().collect::<Vec<_>>();
        seen = all.len();
        new
    };
    let mut tally: BTreeMap<&str, u64> = BTreeMap::new();
    let mut differences = Vec::new();
    for number in from..from + graphs {
        let graph = graph(number);
        let texts = files(&graph);
        for _ in 0..2 * NAMES.len() {
            sts.script(Reply::Credentials {
                access_key_id: "ASIASESSION000000000".to_owned(),
                secret_access_key: "secret".to_owned(),
                session_token: "token".to_owned(),
                expiration: (jiff::Timestamp::now() + jiff::SignedDuration::from_mins(59)).to_string(),
            });
        }
        let answer: BTreeMap<String, String> = botocore.ask(&texts);
        let theirs = match (answer.get("key"), login(&calls())) {
            (Some(_), Some(login)) => Ok(login),
            (Some(key), None) => {
                Ok(Login { signer: key.clone(), roles: Vec::new(), device: None, region: None })
            }
            (None, _) => Err(answer["error"].clone()),
        };
        let arguments = ["--profile", "a", "--format", "json", "--no-cache", "-t", "123456"];
        let shown = home.program(&binary).args(arguments).output();
        let ours = login(&calls()).filter(|_| shown.status == 0).ok_or(shown.stderr);
        let is_same = match (&ours, &theirs) {
            (Ok(ours), Ok(theirs)) => {
                let is_other =
                    |ours: &Option<String>, theirs: &Option<String>| theirs.is_some() && ours != theirs;
                ours.signer == theirs.signer
                    && ours.roles == theirs.roles
                    && !is_other(&ours.device, &theirs.device)
                    && !is_other(&ours.region, &theirs.region)
            }
            (Err(_), Err(_)) => true,
            (Ok(_), Err(_)) | (Err(_), Ok(_)) => false,
        };
        let kind = match (is_same, documented(&graph, &ours, &theirs)) {
            (true, _) if ours.is_ok() => "the same login",
            (true, _) => "both refuse",
            (false, Some(reason)) => reason,
            (false, None) => {
                let [config, credentials] = &texts;
                differences.push(format!(
                    "GRAPHS_FIRST={number} GRAPHS=1\n{config}--\n{credentials}\nours: {ours:?}\nbotocore: {theirs:?}"
                ));
                "others"
            }
        };
        *tally.entry(kind).or_default() += 1;
    }
    println!("{tally:#?}");
    assert!(differences.is_empty(), "{}", differences[..differences.len().min(5)].join("\n\n"));
    if graphs >= GRAPHS {
        assert!(tally["the same login"] > graphs / 5, "{tally:?}");
    }
}
