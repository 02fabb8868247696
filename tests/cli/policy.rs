//! What `mfa-env policy` prints, evaluated by AWS's rules: a Deny that applies wins, then an Allow
//! that applies, and nothing is allowed by itself.

use std::fs;

use serde_json::{Value, json};

use crate::harness::{Home, done};

const DENY: &str = "docs/require-mfa.json";
const ALLOW: &str = "docs/require-mfa-allow.json";

const OWN: &str = "arn:aws:iam::123456789012:user/bob";
const OTHERS: &str = "arn:aws:iam::123456789012:user/alice";
const DEVICE: &str = "arn:aws:iam::123456789012:mfa/phone";
const ALL: &str = "*";

fn file(name: &str) -> String {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    fs::read_to_string(path).expect("it is in the repository")
}

fn policy(name: &str) -> Value {
    serde_json::from_str(&file(name)).expect("JSON")
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Decision {
    Allowed,
    /// By no statement allowed.
    NotAllowed,
    Denied,
}
use Decision::{Allowed, Denied, NotAllowed};

/// `aws:MultiFactorAuthPresent` as AWS sets it: a request signed with long-term keys has none.
#[derive(Clone, Copy, Debug)]
enum Mfa {
    LongTermKeys,
    SessionWithout,
    SessionWith,
}
const SIGNERS: [Mfa; 3] = [Mfa::LongTermKeys, Mfa::SessionWithout, Mfa::SessionWith];

fn strings(value: &Value) -> Vec<&str> {
    match value {
        Value::String(one) => vec![one],
        Value::Array(many) => many.iter().map(|one| one.as_str().expect("a string")).collect(),
        _ => panic!("no strings: {value}"),
    }
}

/// Whether a pattern with `*` matches.
fn matches(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((start, rest)) => text.strip_prefix(start).is_some_and(|text| {
            (0..=text.len()).filter(|at| text.is_char_boundary(*at)).any(|at| matches(rest, &text[at..]))
        }),
    }
}

/// `IfExists` is true where the key is missing, which the operator alone is not.
fn condition_holds(condition: &Value, mfa: Mfa) -> bool {
    let (operator, keys) = condition.as_object().and_then(|all| all.iter().next()).expect("one operator");
    assert_eq!(condition.as_object().expect("a map").len(), 1, "{condition}");
    let keys = keys.as_object().expect("a map");
    assert_eq!(keys.keys().collect::<Vec<_>>(), ["aws:MultiFactorAuthPresent"]);
    let wanted = keys["aws:MultiFactorAuthPresent"].as_str().expect("a string");
    let found = match mfa {
        Mfa::LongTermKeys => None,
        Mfa::SessionWithout => Some("false"),
        Mfa::SessionWith => Some("true"),
    };
    match operator.as_str() {
        "Bool" => found == Some(wanted),
        "BoolIfExists" => found.is_none_or(|found| found == wanted),
        _ => panic!("{operator}"),
    }
}

fn applies(statement: &Value, action: &str, resource: &str, mfa: Mfa) -> bool {
    let any = |patterns: &Value, text: &str| {
        strings(patterns).iter().any(|pattern| matches(&pattern.replace("${aws:username}", "bob"), text))
    };
    let known = ["Sid", "Effect", "Action", "NotAction", "Resource", "Condition"];
    for key in statement.as_object().expect("a map").keys() {
        assert!(known.contains(&key.as_str()), "{key}");
    }
    let action_applies = match (statement.get("Action"), statement.get("NotAction")) {
        (Some(actions), None) => any(actions, action),
        (None, Some(actions)) => !any(actions, action),
        _ => panic!("{statement}"),
    };
    action_applies
        && any(&statement["Resource"], resource)
        && statement.get("Condition").is_none_or(|condition| condition_holds(condition, mfa))
}

fn decide(policies: &[Value], action: &str, resource: &str, mfa: Mfa) -> Decision {
    let statements = policies.iter().flat_map(|policy| policy["Statement"].as_array().expect("a list"));
    let effects: Vec<_> = statements
        .filter(|statement| applies(statement, action, resource, mfa))
        .map(|statement| statement["Effect"].as_str().expect("a string"))
        .collect();
    match effects {
        effects if effects.contains(&"Deny") => Denied,
        effects if effects.contains(&"Allow") => Allowed,
        _ => NotAllowed,
    }
}

fn assert_decisions(policies: &[Value], table: &[(&str, &str, [Decision; 3])]) {
    for (action, resource, expected) in table {
        let decisions = SIGNERS.map(|mfa| decide(policies, action, resource, mfa));
        assert_eq!(decisions, *expected, "{action} on {resource} by {SIGNERS:?}");
    }
}

const REGISTERS: [(&str, &str, [Decision; 3]); 7] = [
    ("iam:ListVirtualMFADevices", ALL, [Allowed; 3]),
    ("iam:CreateVirtualMFADevice", DEVICE, [Allowed; 3]),
    ("iam:EnableMFADevice", OWN, [Allowed; 3]),
    ("iam:ResyncMFADevice", OWN, [Allowed; 3]),
    ("iam:ListMFADevices", OWN, [Allowed; 3]),
    ("iam:GetMFADevice", OWN, [Allowed; 3]),
    ("iam:GetUser", OWN, [Allowed; 3]),
];

#[test]
fn without_mfa_a_user_registers_the_own_device_and_does_nothing_else() {
    let everything = json!({"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]});
    let policies = [policy(DENY), everything];
    assert_decisions(&policies, &REGISTERS);
    let with_mfa = [Denied, Denied, Allowed];
    assert_decisions(
        &policies,
        &[
            ("s3:ListAllMyBuckets", ALL, with_mfa),
            ("ec2:RunInstances", ALL, with_mfa),
            ("sts:AssumeRole", "arn:aws:iam::123456789012:role/admin", with_mfa),
            ("iam:DeactivateMFADevice", OWN, with_mfa),
            ("iam:DeleteVirtualMFADevice", DEVICE, with_mfa),
            ("iam:ChangePassword", OWN, with_mfa),
            ("iam:CreateAccessKey", OWN, with_mfa),
            ("iam:AttachUserPolicy", OWN, with_mfa),
        ],
    );
}

#[test]
fn the_policy_alone_gives_no_right_beyond_the_own_device_and_password() {
    let policies = [policy(DENY)];
    assert_decisions(&policies, &REGISTERS);
    let never = [Denied, Denied, NotAllowed];
    assert_decisions(
        &policies,
        &[
            ("s3:ListAllMyBuckets", ALL, never),
            ("iam:DeactivateMFADevice", OTHERS, never),
            ("iam:ChangePassword", OTHERS, never),
            ("iam:EnableMFADevice", OTHERS, [NotAllowed; 3]),
            ("iam:DeactivateMFADevice", OWN, [Denied, Denied, Allowed]),
            ("iam:ChangePassword", OWN, [Denied, Denied, Allowed]),
        ],
    );
}

#[test]
fn the_older_form_allows_work_with_mfa_alone() {
    let policies = [policy(ALLOW)];
    assert_decisions(&policies, &REGISTERS);
    let with_mfa = [NotAllowed, NotAllowed, Allowed];
    assert_decisions(
        &policies,
        &[
            ("s3:ListAllMyBuckets", ALL, with_mfa),
            ("sts:AssumeRole", "arn:aws:iam::123456789012:role/admin", with_mfa),
            ("iam:DeactivateMFADevice", OWN, with_mfa),
            ("iam:ChangePassword", OWN, with_mfa),
            ("iam:DeactivateMFADevice", OTHERS, [NotAllowed; 3]),
            ("iam:EnableMFADevice", OTHERS, [NotAllowed; 3]),
            ("iam:CreateAccessKey", OWN, [NotAllowed; 3]),
            ("organizations:LeaveOrganization", ALL, [NotAllowed; 3]),
        ],
    );
}

#[test]
fn prints_the_file_as_it_is() {
    let home = Home::new();
    assert_eq!(home.run(["policy"]).output(), done(&file(DENY), ""));
    assert_eq!(home.run(["policy", "--allow"]).output(), done(&file(ALLOW), ""));
}

#[test]
fn terraform_has_the_same_policy() {
    use hcl::eval::{Context, Evaluate};
    let body: hcl::Body = hcl::parse(&file("docs/require-mfa.tf")).expect("HCL");
    let locals = body.blocks().find(|block| block.identifier() == "locals").expect("a block");
    let locals = locals.body().attributes().find(|local| local.key() == "require_mfa").expect("a policy");
    let value = locals.expr().evaluate(&Context::new()).expect("it depends on nothing");
    assert_eq!(serde_json::to_value(value).expect("JSON"), policy(DENY));
}

/// AWS's limit, which leaves out white space.
#[test]
fn fits_into_a_managed_policy() {
    for name in [DENY, ALLOW] {
        let characters = file(name).chars().filter(|c| !c.is_whitespace()).count();
        assert!(characters <= 6144, "{name}: {characters}");
    }
}
