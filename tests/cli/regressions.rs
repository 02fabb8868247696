//! Bugs that users found.

use support::*;

const ADMIN: &str = "[profile admin]\nrole_arn = arn:aws:iam::123456789012:role/admin\nsource_profile = someaccount\n\
     [profile two]\nrole_arn = arn:aws:iam::123456789012:role/two\nsource_profile = admin\n";

#[test]
fn without_home_the_two_variables_are_enough() {
    let (home, sts) = (Home::someaccount(), sts());
    home.write("config", "");
    let run = home.run(["someaccount", "--no-cache", "-t", CODE]).sts(&sts).without_env("HOME");
    let run = run.env("AWS_CONFIG_FILE", home.path("config"));
    let run = run.env("AWS_SHARED_CREDENTIALS_FILE", home.path(".aws/credentials"));
    let warning = "warning: no session and no state is kept: `HOME` is not set\n\
                   hint: export HOME, or XDG_CACHE_HOME and XDG_STATE_HOME\n";
    assert_eq!(run.output().stderr, format!("{warning}{STARTED}"));
}

#[test]
fn the_mfa_process_of_the_source_serves_the_role() {
    let (home, sts) = (Home::someaccount(), sts());
    home.write(".aws/config", format!("{ADMIN}[profile someaccount]\nmfa_process = echo {CODE}\n"));
    let shown = home.run(["admin"]).sts(&sts).output();
    assert_eq!(shown.stderr, started("1 hour", "admin: role admin of 123456789012"));
}

#[test]
fn a_clock_with_which_sts_refuses_is_an_error() {
    let (home, sts) = (Home::someaccount(), sts());
    sts.set_clock_offset(jiff::SignedDuration::from_mins(20));
    let shown = home.run(["doctor"]).sts(&sts).without_env("HTTPS_PROXY").output();
    assert!(shown.stdout.contains("  error  clock: is 20 minutes behind that of STS"), "{shown:?}");
    assert_eq!(shown.status, 1);
}

#[test]
fn doctor_sends_no_code_and_says_nothing_of_one() {
    let home = Home::someaccount();
    let shown = home.run(["doctor"]).without_env("HTTPS_PROXY").endpoint("http://127.0.0.1:1").output();
    assert!(!shown.stdout.contains("the code may be used up"), "{shown:?}");
}

#[test]
fn a_profile_that_only_has_a_long_term_section_is_listed_and_completed() {
    let home = Home::new().credentials(keys_in("work-long-term", &format!("aws_mfa_device = {SERIAL}\n")));
    let names = home.run(["list", "--names"]).output();
    assert!(names.stdout.lines().any(|name| name == "work"), "{names:?}");
}

#[test]
fn the_warning_says_what_to_do_about_an_unwritable_cache() {
    let (home, sts) = (Home::someaccount(), sts());
    home.write(".cache", "a file\n");
    let shown = home.run(["someaccount", "-w", "-t", CODE]).sts(&sts).output();
    assert!(shown.stderr.contains("hint: set XDG_CACHE_HOME"), "{shown:?}");
}
