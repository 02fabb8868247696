//! `console`: the link to the AWS console, and the program that opens it.

use std::fs;

use fake_sts::FakeSts;
use support::{CODE, Home, SOMEACCOUNT, Shown, assert_no_secrets, reused, started, sts};

use crate::roles::role;

const ADMIN: &str = "admin: role admin of 123456789012";
/// The program that opens links, and the ones that a message names.
const OPENERS: (&str, &str) =
    if cfg!(target_os = "macos") { ("open", "open") } else { ("xdg-open", "wslview or xdg-open") };

/// Runs `mfa-env console` with these options. The opener notes its argument in the file `opened`.
fn console(home: &Home, sts: &FakeSts, options: &[&str]) -> Shown {
    console_with(home, sts, "printf '%s\\n' \"$@\" >\"$HOME/opened\"", options)
}

/// The same with another opener. There is no `wslview` that works.
fn console_with(home: &Home, sts: &FakeSts, opener: &str, options: &[&str]) -> Shown {
    for (name, script) in [(OPENERS.0, opener), ("wslview", "exit 1")] {
        home.write(&format!("bin/{name}"), format!("#!/bin/sh\n{script}\n"));
        home.set_mode(&format!("bin/{name}"), 0o700);
    }
    let path = format!("{}:/usr/bin:/bin", home.path("bin").display());
    let run = home.run(["console"]).args(options).sts(sts).env("PATH", &path);
    run.env("AWS_ENDPOINT_URL_SIGNIN", sts.url()).output()
}

fn home() -> Home {
    let home = Home::someaccount().config(role("admin", "someaccount", "region = eu-west-1\n"));
    fs::create_dir(home.path("bin")).expect("a new directory");
    home
}

fn link(page: &str) -> String {
    let page = page.replace(':', "%3A").replace('/', "%2F").replace('?', "%3F").replace('=', "%3D");
    let query =
        format!("Action=login&Issuer=mfa-env&Destination={page}&SigninToken=CANARYCANARYCANARY-sign-in");
    format!("~STS~/federation?{query}\n")
}

#[test]
fn prints_the_link_for_the_session_of_a_role() {
    let (home, sts) = (home(), sts());
    let shown = console(&home, &sts, &["admin", "--print", "-t", CODE]);
    assert_eq!(shown.stdout, link("https://console.aws.amazon.com/console/home?region=eu-west-1"));
    assert_eq!((shown.status, shown.stderr), (0, started("1 hour", ADMIN)));
    assert!(!home.path("opened").exists());
    // The session is cached, and STS has got only what belongs to it.
    let shown = console(&home, &sts, &["admin", "--print", "--service", "s3", "--no-input"]);
    assert_eq!(shown.stdout, link("https://console.aws.amazon.com/s3/home?region=eu-west-1"));
    assert_eq!(shown.stderr, reused("1 hour", ADMIN));
}

#[test]
fn opens_the_link_in_the_browser_and_prints_it_nowhere() {
    let (home, sts) = (home(), sts());
    let shown = console(&home, &sts, &["admin", "-t", CODE]);
    assert_eq!((shown.status, shown.stdout.as_str()), (0, ""));
    assert_eq!(shown.stderr, started("1 hour", ADMIN) + "opened the AWS console in your browser\n");
    let opened = home.read("opened").replace(&sts.url(), "~STS~");
    assert_eq!(opened, link("https://console.aws.amazon.com/console/home?region=eu-west-1"));
}

/// The scripted endpoint answers the link with a page, if the token in it is the one that it gave out.
#[test]
#[cfg(target_os = "linux")]
fn a_browser_reads_the_link_as_it_was_meant() {
    let (home, sts) = (home(), sts());
    let chromium = "exec chromium-headless-shell --no-sandbox --user-data-dir=\"$HOME/chromium\" \\
        --host-resolver-rules='MAP * ~NOTFOUND, EXCLUDE 127.0.0.1' --dump-dom \"$1\" >\"$HOME/page\"";
    let shown = console_with(&home, &sts, chromium, &["admin", "--service", "s3", "-t", CODE]);
    assert_eq!(shown.status, 0, "{shown:?}");
    // A browser is not waited for.
    let page = support::wait_for("the browser's page", || {
        fs::read_to_string(home.path("page")).ok().filter(|page| page.contains("</html>"))
    });
    assert!(page.contains("signed in at https://console.aws.amazon.com/s3/home?region=eu-west-1"), "{page}");
}

#[test]
fn without_a_browser_says_how_to_get_the_link() {
    let (home, sts) = (home(), sts());
    let shown = console_with(&home, &sts, "exit 3", &["admin", "-t", CODE]);
    let expected = started("1 hour", ADMIN)
        + &format!("error: could not open a browser with {}\n", OPENERS.1)
        + "hint: to open it yourself: mfa-env console admin --print\n";
    assert_eq!((shown.status, shown.stdout, shown.stderr), (1, String::new(), expected));
}

#[test]
fn a_user_gets_no_link_and_is_told_which_profiles_do() {
    let (home, sts) = (home(), sts());
    let shown = console(&home, &sts, &["someaccount", "-t", CODE]);
    let expected = "error: profile `someaccount` is a user, but console links need a role\n\
                    hint: profiles with a role: `admin`\n";
    assert_eq!((shown.status, shown.stderr.as_str()), (2, expected));
    let alone = Home::new().credentials(SOMEACCOUNT);
    let shown = alone.run(["console", "someaccount"]).output();
    assert!(
        shown.stderr.ends_with("hint: name a role: mfa-env console someaccount --role-arn ARN\n"),
        "{shown:?}"
    );
    let shown = console(&home, &sts, &["admn"]);
    assert!(shown.stderr.ends_with("hint: did you mean `mfa-env console admin`?\n"), "{shown:?}");
    assert_eq!(sts.connections(), 0);
    let shown = console(
        &home,
        &sts,
        &["someaccount", "--role-arn", &crate::roles::arn("admin"), "--print", "-t", CODE],
    );
    assert_eq!(shown.status, 0, "{shown:?}");
}

/// The request has the session in its address, which no message repeats.
#[test]
fn a_refusal_and_another_answer_show_no_secret() {
    let (home, sts) = (home(), sts());
    home.run(["admin", "-t", CODE]).sts(&sts).output().session();
    sts.expire_sessions();
    let shown = console(&home, &sts, &["admin"]);
    let expected = reused("1 hour", ADMIN)
        + "error: the sign-in service refused: HTTP 400: it does not accept this session\n";
    assert_eq!((shown.status, shown.stderr), (3, expected));
    let unreachable =
        home.run(["console", "admin"]).sts(&sts).env("AWS_ENDPOINT_URL_SIGNIN", "http://127.0.0.1:1");
    let shown = unreachable.output();
    assert_eq!(shown.status, 5);
    let what = "error: can't reach the sign-in service (http://127.0.0.1:1): ";
    assert!(shown.stderr.contains(what), "{shown:?}");
    for session in home.cached() {
        let cached: serde_json::Value =
            serde_json::from_slice(&fs::read(session).expect("ours")).expect("JSON");
        let token = cached["session_token"].as_str().expect("a token").to_owned();
        assert!(!shown.stderr.contains(&token));
    }
    assert_no_secrets("standard error", &shown.stderr);
    let plain = home
        .run(["console", "admin"])
        .sts(&sts)
        .env("AWS_ENDPOINT_URL_SIGNIN", "http://example.com")
        .output();
    let expected = "error: AWS_ENDPOINT_URL_SIGNIN is http, which would send keys and codes in the clear\n\
                    hint: use https, or http to 127.0.0.1\n";
    assert_eq!((plain.status, plain.stderr.as_str()), (2, expected));
    // A server that isn't AWS's.
    let (content_type, body) = ("text/html".to_owned(), "hello".to_owned());
    sts.script(fake_sts::Reply::Raw { status: 200, content_type, body });
    let other = console(&home, &sts, &["admin"]);
    let expected = reused("1 hour", ADMIN)
        + "error: the reply from ~STS~ isn't from the sign-in service (its answer has no SigninToken): a proxy or a \
           log-in page?\n\
           hint: check HTTPS_PROXY, AWS_ENDPOINT_URL_SIGNIN and the network's log-in page\n";
    assert_eq!((other.status, other.stderr), (5, expected));
}

#[test]
fn a_service_is_a_word_of_a_url() {
    let shown = home().run(["console", "admin", "--service", "S3"]).output();
    let expected = "error: `--service S3` is not the name of a service in the console's URLs\n\
                    hint: for example: --service s3\n";
    assert_eq!((shown.status, shown.stderr.as_str()), (2, expected));
}
