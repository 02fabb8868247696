//! Runs each command of docs/require-mfa.md in order, against moto's IAM and STS.

use std::fs;
use std::path::Path;

use support::{Home, Shown, between, done};

use crate::aws_clients::with_aws;
use crate::moto::Moto;

/// The page's code blocks.
fn commands() -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/require-mfa.md");
    let text = fs::read_to_string(path).expect("it is in the repository");
    let blocks = text.split("\n```sh\n").skip(1);
    blocks.map(|block| block.split_once("\n```\n").expect("it ends").0.to_owned()).collect()
}

/// The administrator has keys in the environment, and bob a profile: `--profile` wins over them.
fn run(home: &Home, moto: &Moto, commands: &str, stdin: &str) -> Shown {
    let script = format!("set -euo pipefail\n{commands}");
    let run = with_aws(home.program("bash").args(["-c", &script])).stdin(stdin);
    let run = run.env("AWS_ACCESS_KEY_ID", "AKIAADMINADMINADMIN0").env("AWS_SECRET_ACCESS_KEY", "of admin");
    run.env("AWS_DEFAULT_REGION", "us-east-1").env("AWS_ENDPOINT_URL", &moto.url).endpoint(&moto.url).output()
}

#[test]
#[ignore = "starts the AWS CLI fifteen times; tests/run includes it"]
fn each_command_of_the_page_does_what_the_page_says() {
    let home = Home::new();
    // PowerUserAccess is a managed policy of AWS.
    let moto = Moto::start(&home, &[("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")]);
    let mut typed = String::new();
    let blocks = commands();
    assert_eq!(blocks.len(), 11);
    for block in &blocks {
        if block.contains("mfa-env someaccount") {
            let config = home.read(".aws/config");
            assert!(config.contains("mfa_serial = arn:aws:iam::123456789012:mfa/bob\n"), "{config}");
            // This replaces the phone.
            home.write(".aws/config", config + "mfa_process = echo 345678\n");
        }
        let shown = run(&home, &moto, block, if block.starts_with("aws configure") { &typed } else { "" });
        assert_eq!(shown.status, 0, "{block}\n{shown:?}");
        if block.contains("create-access-key") {
            let value = |key: &str| {
                let before = format!("\"{key}\": \"");
                between(&shown.stdout, &before, "\"").expect("the CLI prints it").to_owned()
            };
            typed = format!("{}\n{}\nus-east-1\n\n", value("AccessKeyId"), value("SecretAccessKey"));
        }
        let has_device = block.contains("enable-mfa-device");
        assert_eq!(home.path("bob.png").exists(), block.contains("--outfile bob.png"));
        if has_device || block.contains("deactivate-mfa-device") {
            let devices = "aws iam list-mfa-devices --user-name bob --query 'length(MFADevices)'";
            let shown = run(&home, &moto, devices, "");
            assert_eq!(shown, done(if has_device { "1\n" } else { "0\n" }, ""));
        }
    }
    assert_eq!(home.cached().len(), 1, "the session of the test");
    let groups = "aws iam list-groups-for-user --user-name bob --query 'Groups[].GroupName' --output text
                  aws iam list-attached-group-policies --group-name developers --output text \
                    --query 'AttachedPolicies[].PolicyName'
                  aws iam get-policy-version --policy-arn arn:aws:iam::123456789012:policy/require-mfa \
                    --version-id v1 --query PolicyVersion.Document >seen.json";
    let shown = run(&home, &moto, groups, "");
    assert_eq!(shown, done("developers\nPowerUserAccess\trequire-mfa\n", ""));
    let json = |text: &str| serde_json::from_str::<serde_json::Value>(text).expect("JSON");
    assert_eq!(json(&home.read("seen.json")), json(include_str!("../../docs/require-mfa.json")));
}
