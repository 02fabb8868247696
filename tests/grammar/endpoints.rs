//! Where a profile's calls go, beside botocore: regions, FIPS, dual-stack, and configured addresses.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

const REGIONS: [&str; 11] = [
    "us-east-1",
    "us-west-2",
    "eu-west-1",
    "ap-south-1",
    "ca-central-1",
    "me-south-1",
    "cn-north-1",
    "us-gov-west-1",
    "us-gov-east-1",
    "us-iso-east-1",
    "eusc-de-east-1",
];

/// Settings of the profile, and another section.
const ADDRESSES: [(&str, &str); 8] = [
    ("", ""),
    ("endpoint_url = https://all.example.com\n", ""),
    ("services = s\n", "[services s]\nsts =\n  endpoint_url = https://sts.example.com\n"),
    (
        "services = s\nendpoint_url = https://all.example.com\n",
        "[services s]\nsts =\n  endpoint_url = https://sts.example.com\n",
    ),
    (
        "services = s\nendpoint_url = https://all.example.com\n",
        "[services s]\ns3 =\n  endpoint_url = https://s3.example.com\n",
    ),
    ("endpoint_url = https://all.example.com\nignore_configured_endpoint_urls = true\n", ""),
    ("endpoint_url = https://all.example.com\nignore_configured_endpoint_urls = false\n", ""),
    (
        "services = s\nignore_configured_endpoint_urls = TRUE\n",
        "[services s]\nsts =\n  endpoint_url = https://sts.example.com\n",
    ),
];

fn configs() -> Vec<String> {
    let kinds = ["", "use_fips_endpoint = true\n", "use_dualstack_endpoint = true\n"];
    let both = kinds.concat();
    let config = |region: &str, kind: &str, (settings, section): (&str, &str)| {
        let device = "mfa_serial = GAHT12345678\n";
        let keys = "aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = secret\n";
        format!("[profile a]\nregion = {region}\n{keys}{device}{kind}{settings}{section}")
    };
    let mut configs = Vec::new();
    for region in REGIONS {
        configs.extend(kinds.iter().chain([&both.as_str()]).map(|kind| config(region, kind, ADDRESSES[0])));
    }
    configs.extend(ADDRESSES.map(|address| config("eu-west-1", "", address)));
    configs
}

#[test]
fn calls_go_where_botocore_sends_them() {
    let home = tempfile::tempdir().expect("a temporary directory");
    let file = home.path().join(".aws/config");
    fs::create_dir(home.path().join(".aws")).expect("a new folder");
    let root = env!("CARGO_MANIFEST_DIR");
    let variables = [
        ("HOME", home.path().to_str().expect("UTF-8").to_owned()),
        ("PATH", "/usr/bin:/bin".to_owned()),
        ("PYTHONDONTWRITEBYTECODE", "1".to_owned()),
    ];
    let mut botocore = Command::new(format!("{root}/target/venv/bin/python"))
        .arg(format!("{root}/tests/grammar/botocore_endpoints.py"))
        .arg(&file)
        .env_clear()
        .envs(variables.clone())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("botocore in target/venv: tests/run installs it");
    let mut to = botocore.stdin.take().expect("a pipe");
    let mut answers = BufReader::new(botocore.stdout.take().expect("a pipe")).lines();
    let configs = configs();
    let mut known = 0;
    for config in &configs {
        writeln!(to, "{}", serde_json::to_string(config).expect("text has a JSON form")).expect("it runs");
        let answer = answers.next().expect("an answer").expect("UTF-8");
        let theirs: Option<String> = serde_json::from_str(&answer).expect("JSON");
        known += usize::from(theirs.is_some());
        let output = Command::new(env!("CARGO_BIN_EXE_mfa-env"))
            .args(["doctor", "--offline"])
            .env_clear()
            .envs(variables.clone())
            .output()
            .expect("the binary");
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        let ours = text.split_once("profile a calls ").and_then(|(_, rest)| rest.split_whitespace().next());
        assert_eq!(ours.filter(|address| *address != "region"), theirs.as_deref(), "{config}\n{text}");
    }
    drop(to);
    botocore.wait().expect("it was started");
    // botocore refuses FIPS or dual-stack in a few partitions.
    assert!(known > 40, "{known} of {}", configs.len());
}
