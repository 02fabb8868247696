//! Roles that can't be assumed: mfa-env says so before it asks for a code, and calls nobody.

use support::{Home, failed, sts};

use crate::roles::role;

#[test]
fn what_can_never_work_is_said_before_a_code_is_asked_for() {
    let home_file = "`~/.aws/config`";
    for (config, options, status, message) in [
        (
            role("a", "b", "") + &role("b", "c", "") + &role("c", "a", ""),
            &[][..],
            1,
            "error: the profiles are each other's `source_profile`: `a` → `b` → `c` → `a`\n\
             hint: one of them must have keys of its own\n"
                .to_owned(),
        ),
        (
            role("a", "gone", ""),
            &[],
            1,
            format!(
                "error: `source_profile` of profile `a` is `gone`, and there is no such profile\n\
                 hint: correct it in `[profile a]` in {home_file}\n"
            ),
        ),
        (
            role("a", "b", "") + "[profile b]\nregion = eu-west-1\n",
            &[],
            1,
            "error: profile `b` has no access key\nhint: add one: mfa-env setup b\n".to_owned(),
        ),
        (
            "[profile a]\nrole_arn = arn:aws:iam::123456789012:user/a\nsource_profile = someaccount\n"
                .to_owned(),
            &[],
            1,
            format!(
                "error: `role_arn` of profile `a` (32 characters) is not the ARN of a role such as \
                 arn:aws:iam::123456789012:role/NAME\nhint: correct line 2 of {home_file}\n"
            ),
        ),
        (
            role("a", "someaccount", "role_session_name = b b\n"),
            &[],
            1,
            format!(
                "error: `role_session_name` of profile `a` (3 characters) is not 2 to 64 letters, digits and _+=,.@-\n\
                 hint: correct line 4 of {home_file}\n"
            ),
        ),
        (
            role("a", "someaccount", "external_id = x y\n"),
            &[],
            1,
            format!(
                "error: `external_id` of profile `a` (3 characters) is not 2 to 1224 letters, digits and _+=,.@:/-\n\
                 hint: correct line 4 of {home_file}\n"
            ),
        ),
        (
            role("a", "someaccount", ""),
            &["-d", "12h1s"],
            2,
            "error: AWS limits roles to 12 hours; you asked for 12 hours\nhint: mfa-env a -d 12h\n"
                .to_owned(),
        ),
        (
            role("a", "b", "") + &role("b", "someaccount", ""),
            &["-d", "2h"],
            2,
            "error: AWS limits chained roles to 1 hour; you asked for 2 hours\nhint: mfa-env a -d 1h\n"
                .to_owned(),
        ),
        (
            role("a", "someaccount", "duration_seconds = 43201\n"),
            &[],
            2,
            "error: AWS limits roles to 12 hours; you asked for 12 hours\nhint: mfa-env a -d 12h\n"
                .to_owned(),
        ),
    ] {
        let (home, sts) = (Home::someaccount().config(&config), sts());
        let shown = home.run(["a"]).args(options).sts(&sts).output();
        assert_eq!(shown, failed(status, &message), "{config}");
        assert_eq!(sts.connections(), 0, "{config}");
    }
}
