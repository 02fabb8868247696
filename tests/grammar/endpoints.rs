//! Where a profile's calls go, beside botocore: regions, FIPS, dual-stack, and configured addresses.

use support::Home;

use crate::botocore::Botocore;

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
    let home = Home::new();
    let mut botocore = Botocore::start("botocore_endpoints.py", &home.path(""), &[]);
    let configs = configs();
    let mut known = 0;
    for config in &configs {
        let theirs: Option<String> = botocore.ask(config);
        known += usize::from(theirs.is_some());
        let text = home.run(["doctor", "--offline"]).output().stdout;
        let ours = text.split_once("profile a calls ").and_then(|(_, rest)| rest.split_whitespace().next());
        assert_eq!(ours.filter(|address| *address != "region"), theirs.as_deref(), "{config}\n{text}");
    }
    // botocore refuses FIPS or dual-stack in a few partitions.
    assert!(known > 40, "{known} of {}", configs.len());
}
