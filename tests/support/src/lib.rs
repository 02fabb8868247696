//! What the tests and the demo share: a temporary home, runs of the binary in it, a terminal, and bob, who has
//! an access key and an MFA device.

mod deadline;
mod home;
mod run;
mod session;
mod shown;
mod snapshot;
mod terminal;

use fake_sts::{Codes, FakeSts, Recorded, Role, User};

pub use crate::deadline::{
    DEADLINE, Lines, finish, in_time, wait_for, wait_until, while_a_code_lasts, within,
};
pub use crate::home::{Home, binary};
pub use crate::run::{Run, Running};
pub use crate::shown::{
    CODE_NOT_SENT, Exported, REUSED, STARTED, Shown, WRITTEN, WROTE, assert_no_secrets, between, done,
    failed, reused, started, started_by, unset_lines, without_waiting, written_by,
};
pub use crate::snapshot::Snapshot;
pub use crate::terminal::{BACKSPACE, CTRL_C, CTRL_D, CTRL_U, CTRL_Z, Terminal};
pub use snapbox::str;

pub const KEY_ID: &str = "AKIAIOSFODNN7EXAMPLE";
pub const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
pub const SERIAL: &str = "arn:aws:iam::123456789012:mfa/bob";

/// The codes of bob's device, each valid once. Not the fake's own ones: 123456 is part of his account number,
/// which messages may show.
pub const CODES: [&str; 3] = ["918273", "827364", "736455"];
pub const CODE: &str = CODES[0];
pub const WRONG_CODE: &str = "550055";

/// Part of scripted credentials, so that every run of a test notices a leak.
pub const CANARY: &str = "CANARYCANARYCANARY";

/// A profile as `aws-login.py` needs it.
pub const SOMEACCOUNT: &str = "\
[someaccount]
aws_access_key_id = AKIAIOSFODNN7EXAMPLE
aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY
__mfa__ = arn:aws:iam::123456789012:mfa/bob
";

/// An STS with bob and the role `admin`.
pub fn sts() -> FakeSts {
    FakeSts::builder().user(bob()).role(Role::admin()).start()
}

/// The requests to the STS, without the GetCallerIdentity of a login.
pub fn logins(sts: &FakeSts) -> Vec<Recorded> {
    let is_login = |request: &Recorded| request.action != "GetCallerIdentity";
    sts.requests().into_iter().filter(is_login).collect()
}

pub fn bob() -> User {
    User { codes: Codes::Listed(CODES.map(String::from).to_vec()), ..User::bob() }
}

/// A section with bob's keys, and more lines.
pub fn keys_in(section: &str, more: &str) -> String {
    format!("[{section}]\naws_access_key_id = {KEY_ID}\naws_secret_access_key = {SECRET}\n{more}")
}

/// The codes that were sent, in order.
pub fn codes_sent(sts: &FakeSts) -> Vec<String> {
    logins(sts).into_iter().filter_map(|mut request| request.parameters.remove("TokenCode")).collect()
}
