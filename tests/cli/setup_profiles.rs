//! Which profile `mfa-env setup` sets up, also with roles and without keys.

use std::fs;

use fake_sts::{FakeSts, Reply, User};
use support::{CODE, Home, KEY_ID, SECRET, SERIAL, Terminal, WRONG_CODE, bob, done, keys_in, logins, sts};

use crate::asking::bash;
use crate::setup::{
    ABOUT_DEVICE, CODE_OF, DEVICE, IN_CONFIG, NEXT, SUGGESTED, WHO, cached, config, ended, failure,
    keys_alone, typed, without_terminal,
};

#[test]
fn with_no_keys_at_all_it_asks_for_a_pair_and_hides_the_secret() {
    let secret = SECRET;
    let (home, sts) = (Home::new().credentials("# mine\n"), sts());
    let mut terminal = typed(&home, "", &sts);
    let name = "Profile name (e.g. work): ";
    let (id, key) = ("Access key ID: ", "Secret access key: ");
    for (question, answer) in [
        (name, ""),
        (name, "list"),
        (name, "my work"),
        (name, "Zürich"),
        (name, "x"),
        (id, "AKIA"),
        (id, "ASIAIOSFODNN7EXAMPLE"),
        (id, "Looks0Like0The0Secret0Key"),
        (id, "AKIAIOSFODNN7EXAMPLE"),
        (key, "not it"),
        (key, "wrong"),
        // STS does not know the pair.
        (id, "AKIAIOSFODNN7EXAMPLE"),
        (key, secret),
        (DEVICE, ""),
        (CODE_OF, CODE),
    ] {
        terminal.wait_for(question);
        terminal.press(&format!("{answer}\r"));
    }
    let ignored = "some AWS tools ignore a profile of that name; use letters, digits and _-/.%@:+";
    let expected = format!(
        "No profile has an access key yet.\n{name}\na name is needed; try again, or Ctrl-C\n\
         {name}list\n`list` is a command of mfa-env; choose another name; try again, or Ctrl-C\n\
         {name}my work\n{ignored}; try again, or Ctrl-C\n{name}Zürich\n{ignored}; try again, or Ctrl-C\n\
         {name}x\n{id}AKIA\nan access key ID has 16 to 128 letters and digits (AKIA…); try again, or Ctrl-C\n\
         {id}ASIAIOSFODNN7EXAMPLE\n\
         that is a temporary key; a long-term one (AKIA…) is needed; try again, or Ctrl-C\n\
         {id}Looks0Like0The0Secret0Key\n\
         that is not an access key ID: it has lower-case letters (is it the secret key?); try again, or Ctrl-C\n\
         {id}AKIAIOSFODNN7EXAMPLE\n{key}******\nthat has characters that no AWS key has; try again, or Ctrl-C\n\
         {key}*****\n\
         the secret access key does not belong to the access key AKIAIOSFODNN7EXAMPLE of profile `x`; try again, or Ctrl-C\n\
         {id}AKIAIOSFODNN7EXAMPLE\n{key}{}\n\
         {WHO}{ABOUT_DEVICE}{DEVICE}\n{CODE_OF}******\n{}Wrote the key of `x` to `~/.aws/credentials`\n{IN_CONFIG}{NEXT}",
        "*".repeat(secret.len()),
        cached()
    );
    assert_eq!(ended(terminal, &home), (0, expected));
    assert_eq!(home.read_credentials(), format!("# mine\n\n{}", keys_in("x", "")));
    assert_eq!(home.read(".aws/config"), config(SERIAL));
}

/// Stands in for pass, whose entries are files.
const PASS: &str = "#!/bin/sh
file=~/.password-store/$(eval echo \\${$#}).gpg
case $1 in show) cat $file;; insert) mkdir -p ${file%/*}; cat >$file;; rm) rm $file;; esac\n";

#[test]
fn typed_keys_go_straight_into_a_store() {
    let (home, sts) = (Home::new().credentials("# mine\n"), sts());
    for folder in ["bin", ".password-store"] {
        fs::create_dir(home.path(folder)).expect("a new folder");
    }
    home.write("bin/pass", PASS);
    home.set_mode("bin/pass", 0o700);
    let script = "PATH=~/bin:$PATH; mfa-env setup x --store pass; exit $?";
    let mut terminal = Terminal::start(bash(&home, script).sts(&sts));
    for (question, answer) in
        [("Access key ID: ", KEY_ID), ("Secret access key: ", SECRET), (DEVICE, ""), (CODE_OF, CODE)]
    {
        terminal.wait_for(question);
        terminal.press(&format!("{answer}\r"));
    }
    let (status, text) = ended(terminal, &home);
    let expected = format!(
        "{CODE_OF}******\n{}Wrote the key of `x` to pass\nWrote the MFA device of `x` to `~/.aws/config`\n\
         AWS tools that use the profile x now get an MFA session from mfa-env\n{NEXT}",
        cached()
    );
    assert!(status == 0 && text.ends_with(&expected), "{text}");
    assert_eq!(home.read_credentials(), "# mine\n");
    let process = "credential_process = mfa-env --profile x --format json\nmfa_env_store = pass\n";
    assert_eq!(home.read(".aws/config"), config(SERIAL).replacen('\n', &format!("\n{process}"), 1));
    let script = "PATH=~/bin:$PATH; mfa-env x --no-input >/dev/null && mfa-env protect x --undo";
    let shown = home.program("bash").args(["-c", script]).sts(&sts).output();
    assert_eq!(shown.status, 0, "{shown:?}");
    assert_eq!(home.read_credentials(), format!("# mine\n\n{}", keys_in("x", "")));
    assert_eq!(home.read(".aws/config"), config(SERIAL));
}

#[test]
fn keys_in_the_file_go_into_the_store_after_the_code_is_accepted() {
    let (home, sts) = (keys_alone(), sts());
    for folder in ["bin", ".password-store"] {
        fs::create_dir(home.path(folder)).expect("a new folder");
    }
    home.write("bin/pass", PASS);
    home.set_mode("bin/pass", 0o700);
    for (code, status) in [(WRONG_CODE, 3), (CODE, 0)] {
        let script = format!("PATH=~/bin:$PATH; mfa-env setup x --store pass --yes -t {code}");
        let shown = home.program("bash").args(["-c", &script]).sts(&sts).output();
        assert_eq!(shown.status, status, "{shown:?}");
        assert_eq!(home.read_credentials().contains(SECRET), status == 3);
    }
    assert_eq!(home.read_credentials(), "[x]\n");
}

#[cfg(target_os = "linux")]
#[test]
fn a_store_that_cannot_be_used_is_said_before_a_code_is_used() {
    let (home, sts) = (Home::new().credentials(keys_in("default", "")), sts());
    for (profile, store, status, error) in [
        ("default", "keychain", 1, "error: only macOS has a keychain\n"),
        ("default", "pass", 1, "error: `pass` has no store yet\n"),
        (
            "default",
            "pass",
            2,
            "error: `default` can't be protected, since `mfa-env -w` writes sessions to it\n",
        ),
    ] {
        let shown = without_terminal(&home, &[profile, "--store", store, "--yes", "-t", CODE], &sts);
        assert!(shown.status == status && shown.stderr.contains(error), "{shown:?}");
        if store == "pass" {
            fs::create_dir_all(home.path(".password-store")).expect("a folder");
        }
    }
    assert_eq!(logins(&sts).len(), 0);
    assert!(!home.path(".aws/config").exists());
}

#[test]
fn with_no_keys_and_no_terminal_it_says_how_to_get_on() {
    let (home, sts) = (Home::new(), sts());
    let expected = "error: no profile has an access key yet\n\
         hint: to type one, on a terminal: mfa-env setup\n\
         hint: or: aws configure --profile NAME\n";
    assert_eq!(without_terminal(&home, &[], &sts), failure(1, expected));
}

#[test]
fn of_several_profiles_without_a_device_one_is_chosen() {
    let (home, sts) = (Home::new().credentials(keys_in("other", "") + &keys_in("x", "")), sts());
    let expected = "error: more than one profile has no MFA device: `other`, `x`\n\
         hint: name one: mfa-env setup PROFILE\n";
    assert_eq!(without_terminal(&home, &[], &sts), failure(2, expected));
    let mut terminal = typed(&home, "", &sts);
    terminal.wait_for("Profile:");
    terminal.press("x\r");
    terminal.wait_for(DEVICE);
    terminal.press("\r");
    terminal.wait_for(CODE_OF);
    terminal.press(&format!("{CODE}\r"));
    assert_eq!(terminal.end().0, 0);
    assert_eq!(home.read(".aws/config"), config(SERIAL));
}

#[test]
fn profiles_that_need_no_device_are_not_set_up() {
    let config = "[profile x-mfa]\ncredential_process = mfa-env --profile x --format json\n\
                  [profile sso]\nsso_start_url = https://example.com\n";
    let (home, sts) = (Home::new().credentials(keys_in("x-long-term", "")).config(config), sts());
    let shown = without_terminal(&home, &["--yes", "-t", CODE], &sts);
    assert_eq!(shown, done("", &format!("{WHO}{SUGGESTED}{}{IN_CONFIG}{NEXT}", cached())));
    assert_eq!(home.read(".aws/config"), format!("{config}\n[profile x]\nmfa_serial = {SERIAL}\n"));
    assert_eq!(home.run(["x", "--no-input"]).sts(&sts).output().status, 0);
}

#[test]
fn a_role_is_set_up_by_the_user_that_it_is_reached_from() {
    let role = "[profile admin]\nrole_arn = arn:aws:iam::123456789012:role/admin\nsource_profile = x\n";
    let (home, sts) = (keys_alone().config(role), sts());
    let shown = without_terminal(&home, &["admin", "--yes", "-t", CODE], &sts);
    assert!(shown.stderr.starts_with("`admin` is a role; it uses the MFA device of `x`\n"), "{shown:?}");
    assert_eq!(home.read(".aws/config"), format!("{role}\n{}", config(SERIAL)));
    assert_eq!(home.run(["admin", "--no-input"]).sts(&sts).output().status, 0);
}

#[test]
fn the_region_of_the_environment_tells_the_partition_while_there_is_no_device() {
    let device = "arn:aws-cn:iam::123456789012:mfa/bob";
    let user = User { serial_numbers: vec![device.to_owned()], ..bob() };
    let (home, sts) = (keys_alone(), FakeSts::builder().user(user).start());
    let run = home.run(["setup", "--yes", "-t", CODE]).env("AWS_REGION", "cn-northwest-1");
    assert_eq!(run.sts(&sts).output().status, 0);
    assert_eq!(home.read(".aws/config"), config(device));
    assert!(sts.requests().iter().all(|request| request.region.as_deref() == Some("cn-northwest-1")));
}

#[test]
fn keys_that_are_not_an_iam_users_are_refused() {
    for (arn, who) in
        [("sts::123456789012:assumed-role/admin/bob", "role admin"), ("iam::123456789012:root", "root")]
    {
        let (home, sts) = (keys_alone(), sts());
        let (xmlns, result) = ("https://sts.amazonaws.com/doc/2011-06-15/", "GetCallerIdentityResult");
        sts.script_identity(Reply::Raw {
            status: 200,
            content_type: "text/xml".into(),
            body: format!(
                "<GetCallerIdentityResponse xmlns=\"{xmlns}\"><{result}><Arn>arn:aws:{arn}</Arn><UserId>A:bob</UserId>\
                 <Account>123456789012</Account></{result}></GetCallerIdentityResponse>"
            ),
        });
        let expected = format!(
            "Profile `x`: {who} of 123456789012\n\
             error: the keys of profile `x` are not those of an IAM user\n\
             hint: put a user's long-term keys into the profile; for a role, use `role_arn` and `source_profile`\n"
        );
        assert_eq!(without_terminal(&home, &["--yes", "-t", CODE], &sts), failure(1, &expected));
    }
}

#[test]
fn a_new_profile_gets_no_name_that_some_tools_ignore() {
    for name in ["my work", "DEFAULT", "profile x", "a]b"] {
        let (home, sts) = (Home::someaccount(), sts());
        let terminal = Terminal::start(home.run(["setup", name]).env("NO_COLOR", "1").sts(&sts));
        let expected =
            "error: some AWS tools ignore a profile of that name; use letters, digits and _-/.%@:+\n";
        assert_eq!(terminal.end(), (2, expected.to_owned()), "{name}");
    }
}
