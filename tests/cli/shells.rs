//! bash, zsh, dash and fish evaluate the output: their variables after a login, and that a failure stops the
//! rest.

use fake_sts::{FakeSts, Reply};
use support::{CODE, Home, Run, SERIAL, SOMEACCOUNT, Shown, WRONG_CODE, done, keys_in, logins, started, sts};

/// The POSIX shells, each without start-up files.
pub const POSIX: [&[&str]; 3] = [&["bash", "--noprofile", "--norc"], &["zsh", "-f"], &["dash"]];
pub const FISH: &[&str] = &["fish", "--no-config", "--private"];

/// A shell that runs a script.
pub fn shell<'h>(home: &'h Home, shell: &[&str], script: &str) -> Run<'h> {
    home.program(shell[0]).args(&shell[1..]).args(["-c", script])
}

/// Prints what mfa-env sets, one per line, `-` if unset; then what it unsets.
const SHOW: &str = r#"
echo "id ${AWS_ACCESS_KEY_ID--}
secret ${AWS_SECRET_ACCESS_KEY--}
token ${AWS_SESSION_TOKEN--}
expiration ${AWS_CREDENTIAL_EXPIRATION--}
region ${AWS_REGION--} ${AWS_DEFAULT_REGION--}
vault ${AWS_VAULT--}
profile ${MFA_ENV_PROFILE--}
expires ${MFA_ENV_EXPIRES--}
key ${MFA_ENV_KEY--}
gone ${AWS_PROFILE--} ${AWS_DEFAULT_PROFILE--} ${AWS_SECURITY_TOKEN--}""#;

/// The same for fish.
const SHOW_FISH: &str = r#"
function v; set -q $argv; and echo $$argv; or echo -; end
echo id (v AWS_ACCESS_KEY_ID)
echo secret (v AWS_SECRET_ACCESS_KEY)
echo token (v AWS_SESSION_TOKEN)
echo expiration (v AWS_CREDENTIAL_EXPIRATION)
echo region (v AWS_REGION) (v AWS_DEFAULT_REGION)
echo vault (v AWS_VAULT)
echo profile (v MFA_ENV_PROFILE)
echo expires (v MFA_ENV_EXPIRES)
echo key (v MFA_ENV_KEY)
echo gone (v AWS_PROFILE) (v AWS_DEFAULT_PROFILE) (v AWS_SECURITY_TOKEN)"#;

const STALE: [(&str, &str); 3] =
    [("AWS_PROFILE", "stale"), ("AWS_DEFAULT_PROFILE", "stale"), ("AWS_SECURITY_TOKEN", "stale")];

/// Scripts a session. Returns what a shell with it shows.
fn scripted(sts: &FakeSts, profile: &str, region: &str) -> String {
    let at = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(3);
    let expiration = at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    sts.script(Reply::Credentials {
        access_key_id: "ASIARETURNEDRETURNED".into(),
        secret_access_key: "returned/secret+=".into(),
        session_token: "returned/token+==".into(),
        expiration: expiration.clone(),
    });
    format!(
        "id ASIARETURNEDRETURNED\nsecret returned/secret+=\ntoken returned/token+==\nexpiration {expiration}\n\
         region {region} {region}\nvault {profile}\nprofile {profile}\nexpires {}\n\
         key ASIARETURNEDRETURNED\ngone - - -\n",
        at.as_second()
    )
}

fn home_with_region() -> Home {
    Home::someaccount().config("[profile someaccount]\nregion = eu-west-1\n")
}

fn evaluated(shown: &Shown) -> &str {
    assert_eq!(
        (shown.status, shown.stderr.as_str()),
        (0, started("3 hours", "someaccount: user bob of 123456789012").as_str()),
        "{shown:?}"
    );
    &shown.stdout
}

/// The option for a shell with lines of its own: bash and zsh.
fn own_option(program: &[&str]) -> String {
    format!(" --shell {}", if program[0] == "dash" { "posix" } else { program[0] })
}

#[test]
fn posix_shells_hold_the_session_and_nothing_stale() {
    for program in POSIX {
        for option in [String::new(), " --shell posix".to_owned(), own_option(program)] {
            let (home, sts) = (home_with_region(), sts());
            let expected = scripted(&sts, "someaccount", "eu-west-1");
            let script = format!("eval \"$(mfa-env someaccount -t {CODE}{option})\" || exit\n{SHOW}");
            let shown = shell(&home, program, &script).sts(&sts).envs(&STALE).output();
            assert_eq!(evaluated(&shown), expected, "{program:?}");
        }
    }
}

#[test]
fn strict_posix_shells_take_every_line() {
    for program in POSIX {
        let (home, sts) = (home_with_region(), sts());
        let expected = scripted(&sts, "someaccount", "eu-west-1");
        let script = format!("set -eu; eval \"$(mfa-env someaccount -t {CODE})\"\n{SHOW}");
        let shown = shell(&home, program, &script).sts(&sts).output();
        assert_eq!(evaluated(&shown), expected, "{program:?}");
    }
}

#[test]
fn fish_holds_the_session_and_nothing_stale() {
    for line in ["eval (mfa-env someaccount -t CODE)", "mfa-env someaccount -t CODE | source"] {
        for option in ["", " --shell fish"] {
            let (home, sts) = (home_with_region(), sts());
            let expected = scripted(&sts, "someaccount", "eu-west-1");
            let script = line.replace("CODE", &format!("{CODE}{option}")) + "; or exit\n" + SHOW_FISH;
            let shown = shell(&home, FISH, &script).sts(&sts).envs(&STALE).output();
            assert_eq!(evaluated(&shown), expected, "{line}");
        }
    }
}

#[test]
fn fish_loses_a_stale_variable_that_is_not_exported() {
    let (home, sts) = (Home::someaccount(), sts());
    let script = format!(
        "set -g AWS_PROFILE stale; eval (mfa-env someaccount -t {CODE}); and set -q AWS_PROFILE; and echo still"
    );
    let shown = shell(&home, FISH, &script).sts(&sts).output();
    assert_eq!(shown.stdout, "");
}

/// Names that a shell would split or execute.
const HOSTILE: [&str; 9] = [
    "a b",
    "it's",
    "say \"hi\"",
    "back\\slash",
    "\\",
    "' && touch pwn && '",
    "$(touch pwn)`touch pwn`",
    "$HOME !! %s * ~ {a,b} \\' \\n",
    "Zürich – ελ",
];

#[test]
fn a_hostile_name_is_a_value_and_never_code() {
    for name in HOSTILE {
        for program in POSIX.iter().chain(&[FISH]) {
            let home = Home::new().credentials(keys_in(name, &format!("mfa_serial = {SERIAL}\n")));
            let (sts, is_fish) = (sts(), program[0] == "fish");
            let evaluated = if is_fish {
                "eval (mfa-env -p $NAME -t CODE)"
            } else {
                "eval \"$(mfa-env -p \"$NAME\" -t CODE)\""
            };
            let script =
                evaluated.replace("CODE", CODE) + r#"; printf '%s\n' "$MFA_ENV_PROFILE" "$AWS_VAULT""#;
            // fish decodes its environment by the locale.
            let run = shell(&home, program, &script).sts(&sts).env("LC_ALL", "C.UTF-8");
            let shown = run.env("NAME", name).output();
            assert_eq!(shown.stdout, format!("{name}\n{name}\n"), "{program:?}: {shown:?}");
            assert!(!home.path("pwn").exists(), "{name}");
        }
    }
}

/// Failures: arguments, scripted answer, status.
fn failures() -> Vec<(String, Option<Reply>, i32)> {
    let with_code = |arguments: &str| format!("{arguments} -t {CODE}");
    vec![
        (format!("someaccount -t {WRONG_CODE}"), None, 3),
        (with_code("nobody"), None, 2),
        (with_code("someaccount --typo"), None, 2),
        ("someaccount --no-input".to_owned(), None, 4),
        (with_code("someaccount"), Some(Reply::Close), 5),
        (with_code("someaccount"), Some(Reply::unavailable()), 5),
        (with_code("someaccount -d 1s"), None, 2),
        (with_code("broken"), None, 1),
    ]
}

#[test]
fn nothing_runs_after_a_failure_and_the_session_that_was_there_stays() {
    let home = Home::new().credentials(format!("{SOMEACCOUNT}[broken]\n"));
    for (arguments, reply, status) in failures() {
        let sts = sts();
        for program in POSIX {
            let script = format!(
                "eval \"$(mfa-env {arguments})\" && touch ran; echo \"$? $AWS_ACCESS_KEY_ID $AWS_PROFILE\""
            );
            sts_script(&sts, reply.as_ref());
            let run = shell(&home, program, &script).sts(&sts);
            let shown = run.env("AWS_ACCESS_KEY_ID", "AKIAOLD").env("AWS_PROFILE", "old").output();
            assert_eq!(shown.stdout, format!("{status} AKIAOLD old\n"), "{program:?} {arguments}");

            let script = format!("set -e; eval \"$(mfa-env {arguments})\"; touch ran");
            sts_script(&sts, reply.as_ref());
            let shown = shell(&home, program, &script).sts(&sts).output();
            assert_eq!(shown.status, status, "{program:?} {arguments}");
        }
        assert!(!home.path("ran").exists(), "{arguments}");
    }
}

#[test]
fn nothing_runs_after_a_failure_in_fish() {
    let home = Home::new().credentials(format!("{SOMEACCOUNT}[broken]\n"));
    for (arguments, reply, status) in failures() {
        let sts = sts();
        let script = format!(
            "eval (mfa-env {arguments}); and touch ran; echo $status $AWS_ACCESS_KEY_ID
             mfa-env {arguments} | source; and touch ran; echo $status $AWS_ACCESS_KEY_ID"
        );
        sts_script(&sts, reply.as_ref());
        sts_script(&sts, reply.as_ref());
        let shown = shell(&home, FISH, &script).sts(&sts).env("AWS_ACCESS_KEY_ID", "AKIAOLD").output();
        assert_eq!(shown.stdout, format!("{status} AKIAOLD\n{status} AKIAOLD\n"), "{arguments}");
        assert!(!home.path("ran").exists(), "{arguments}");
    }
}

fn sts_script(sts: &FakeSts, reply: Option<&Reply>) {
    if let Some(reply) = reply {
        sts.script(reply.clone());
    }
}

#[test]
fn the_form_for_scripts_fails_where_the_binary_is_missing() {
    let home = Home::new();
    for program in POSIX {
        let script = "eval \"$(mfa-env x || echo false)\" && touch ran; echo $?";
        let shown = shell(&home, program, script).env("PATH", "/usr/bin:/bin").output();
        assert_eq!(shown.stdout, "1\n", "{program:?}");
        assert!(!home.path("ran").exists());
    }
}

#[test]
fn the_shell_is_the_process_that_runs_it_and_not_the_login_shell() {
    let (home, fish_line) = (Home::new(), "sh -c 'exit 2';\n");
    for program in POSIX {
        let run = shell(&home, program, "mfa-env nobody; :").env("SHELL", "/usr/bin/fish");
        assert_eq!(run.output().stdout, "(exit 2);\n", "{program:?}");
    }
    let run = shell(&home, FISH, "mfa-env nobody; true").env("SHELL", "/bin/bash");
    assert_eq!(run.output().stdout, fish_line);
    let shown = home.run(["nobody"]).env("SHELL", "/usr/bin/fish").output();
    assert_eq!(shown.stdout, "(exit 2);\n");
    let shown = home.run(["nobody", "--shell", "fish"]).output();
    assert_eq!(shown.stdout, fish_line);
    // A usage error recognises the shell by its process, too.
    let shown = shell(&home, FISH, "mfa-env --typo; true").output();
    assert_eq!(shown.stdout, fish_line);
}

#[test]
fn the_region_option_is_exported() {
    let (home, sts) = (home_with_region(), sts());
    let shown = home.run(["someaccount", "-t", CODE, "--region", "us-west-2"]).sts(&sts).output();
    for name in ["AWS_REGION", "AWS_DEFAULT_REGION"] {
        assert!(shown.stdout.contains(&format!("export {name}='us-west-2'")), "{name}");
    }
    assert_eq!(logins(&sts)[0].region.as_deref(), Some("us-west-2"));
}

#[test]
fn init_into_a_file_is_printed_and_not_evaluated_by_a_loaded_function() {
    for (program, init) in [
        (POSIX[0], "eval \"$(mfa-env init bash)\""),
        (POSIX[1], "eval \"$(mfa-env init zsh)\""),
        (FISH, "mfa-env init fish | source"),
    ] {
        let home = Home::new();
        for name in ["bash", "zsh", "fish"] {
            let text = home.run(["init", name]).output().stdout;
            let script = format!("{init}; mfa-env init {name} > to-a-file; mfa-env init {name} | cat");
            let shown = shell(&home, program, &script).output();
            assert_eq!(shown, done(&text, ""), "{program:?}");
            assert_eq!(home.read("to-a-file"), text, "{program:?}");
        }
    }
}
