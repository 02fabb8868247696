//! Promise 8: no secret in messages, tables, or the arguments of processes.

use support::{CODE, Home, KEY_ID, SECRET, SERIAL, SOMEACCOUNT, assert_no_secrets, keys_in, sts};

use crate::issued::Issued;

#[test]
fn what_is_for_people_and_programs_to_read_has_no_secret() {
    let (home, sts) = (Home::someaccount(), sts());
    Issued::by(&sts, 'A');
    assert_eq!(home.run(["someaccount", "-w", "-t", CODE]).sts(&sts).output().status, 0);
    let session = [
        ("AWS_ACCESS_KEY_ID", "ASIAAAAAAAAAAAAAAAAA"),
        ("AWS_SECRET_ACCESS_KEY", "CANARYCANARYCANARY"),
        ("AWS_SESSION_TOKEN", "CANARYCANARYCANARY"),
        ("AWS_SECURITY_TOKEN", "CANARYCANARYCANARY"),
        ("MFA_ENV_KEY", "ASIAAAAAAAAAAAAAAAAA"),
        ("MFA_ENV_PROFILE", "someaccount"),
        ("MFA_ENV_EXPIRES", "4000000000"),
    ];
    let commands: [&[&str]; 10] = [
        &["list"],
        &["list", "--json"],
        &["list", "--names"],
        &["status"],
        &["status", "--json"],
        &["status", "--min-ttl", "36h"],
        &["doctor"],
        &["doctor", "--json"],
        &["unset"],
        &["forget", "someaccount"],
    ];
    for variables in [&session[..], &[]] {
        for command in commands {
            let shown = home.run(command).sts(&sts).envs(variables).output();
            assert!(
                !shown.stdout.is_empty() || !shown.stderr.is_empty() || command == ["unset"],
                "{command:?}"
            );
            assert_no_secrets(&format!("the output of {command:?}"), &shown.stdout);
        }
    }
}

#[test]
fn a_secret_that_the_user_wrote_into_a_command_is_neither_shown_nor_kept() {
    let json = format!(r#"{{"Version":1,"AccessKeyId":"{KEY_ID}","SecretAccessKey":"{SECRET}"}}"#);
    let config = format!(
        "[profile code]\nmfa_process = false CANARYCANARYCANARY\n\
         [profile keys]\nmfa_serial = {SERIAL}\ncredential_process = false CANARYCANARYCANARY\n\
         [profile vault]\nmfa_serial = {SERIAL}\ncredential_process = : CANARYCANARYCANARY; cat keys.json\n"
    );
    let home = Home::new().credentials(keys_in("code", &format!("mfa_serial = {SERIAL}\n"))).config(config);
    home.write("keys.json", json);
    let sts = sts();
    // The harness looks for secrets on standard error.
    assert_eq!(home.run(["code", "-v"]).sts(&sts).output().status, 1);
    assert_eq!(home.run(["keys", "-v", "-t", CODE]).sts(&sts).output().status, 1);
    assert_eq!(home.run(["vault", "-v", "-t", CODE]).sts(&sts).output().status, 0);
    let cached = std::fs::read_to_string(&home.cached()[0]).expect("it was kept");
    assert_no_secrets("the cache", &cached);
    for command in ["list", "doctor"] {
        assert_no_secrets(command, &home.run([command, "--json"]).sts(&sts).output().stdout);
    }
}

/// Prints the arguments of mfa-env and of everything that it started.
#[cfg(target_os = "linux")]
const LOOK: &str = "for stat in /proc/[0-9]*/stat; do read -r pid name state parent rest < $stat; \
                    test \"$parent\" = $PPID && tr '\\0' ' ' < ${stat%stat}cmdline; done 2>/dev/null >> seen; \
                    tr '\\0' ' ' < /proc/$PPID/cmdline >> seen";

#[cfg(target_os = "linux")]
#[test]
fn no_process_has_a_secret_among_its_arguments() {
    let json = format!(r#"{{"Version":1,"AccessKeyId":"{KEY_ID}","SecretAccessKey":"{SECRET}"}}"#);
    let home = Home::new().config(format!(
        "[profile vault]\nmfa_serial = {SERIAL}\ncredential_process = sh look; cat keys.json\n\
         mfa_process = sh look; cat code\n"
    ));
    home.write("look", format!("{LOOK}\n").replace("$PPID", "$(cut -d' ' -f4 /proc/$PPID/stat)"));
    home.write("keys.json", json);
    home.write("code", CODE);
    let sts = sts();
    let run = home.run(["vault", "--", "sh", "-c", "cat /proc/$$/cmdline | tr '\\0' ' ' >> seen"]);
    assert_eq!(run.sts(&sts).output().status, 0);
    let seen = home.read("seen");
    for part in ["sh -c sh look; cat keys.json", "sh -c sh look; cat code", "mfa-env vault -- sh -c"] {
        assert!(seen.contains(part), "{seen}");
    }
    assert_no_secrets("the arguments of a process", &seen);
}

#[cfg(target_os = "linux")]
#[test]
fn a_tracer_of_system_calls_sees_no_code_written_to_a_file() {
    let (home, sts) = (Home::new().credentials(SOMEACCOUNT.to_owned() + &keys_in("two", "")), sts());
    let script = "strace -f -s 10000 -e trace=?open,openat,write,pwrite64,rename,renameat2,execve -o trace mfa-env someaccount -w -t -";
    let run = home.as_root("sh").args(["-c", script]).stdin(CODE).sts(&sts);
    assert_eq!(run.output().status, 0);
    let trace = home.read("trace");
    assert!(trace.contains("[default]"), "{trace}");
    let files: String =
        trace.lines().filter(|line| !line.contains("TokenCode")).map(|line| format!("{line}\n")).collect();
    assert!(!files.contains(CODE), "{files}");
}
