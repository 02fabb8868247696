//! STS can't be reached, or another server answers: nothing is sent twice, and nothing unexpected is
//! accepted.

use fake_sts::{FakeSts, Reply};
use support::{CANARY, CODE, Home, Shown, failed, keys_in, logins, sts};

const NETWORK: &str = "hint: check the network, HTTPS_PROXY and the region\n";
const HINT: &str =
    "hint: check the network, HTTPS_PROXY and the region\nhint: the code may be used up: take the next one\n";

fn someaccount(sts: &FakeSts) -> Shown {
    Home::someaccount().run(["someaccount", "-t", CODE]).sts(sts).output()
}

fn not_sts(why: &str) -> Shown {
    let hint = "hint: check HTTPS_PROXY, AWS_ENDPOINT_URL_STS and the network's log-in page";
    failed(
        5,
        &format!("error: the reply from ~STS~ isn't from STS ({why}): a proxy or a log-in page?\n{hint}\n"),
    )
}

/// A failed connection, whose text comes from the system.
fn assert_unreachable(shown: &Shown, hints: &str) {
    assert_eq!((shown.status, shown.stdout.as_str()), (5, "(exit 5);\n"));
    assert!(shown.stderr.starts_with("error: can't reach STS (~STS~): "), "{shown:?}");
    assert!(shown.stderr.ends_with(hints), "{shown:?}");
}

/// The call went to `HTTPS_PROXY`, which is no proxy.
fn assert_proxy_named(shown: &Shown) {
    assert_eq!((shown.status, shown.stdout.as_str()), (5, "(exit 5);\n"));
    assert!(shown.stderr.starts_with("error: can't reach STS (us-east-1): "), "{shown:?}");
    assert!(shown.stderr.contains("the proxy in HTTPS_PROXY"), "{shown:?}");
}

/// Nobody listens there. A port that was just free may belong to another test now.
const CLOSED_PORT: u16 = 1;

#[test]
#[ignore = "waits for 30 seconds; tests/run includes it"]
fn a_server_that_never_answers() {
    let sts = sts();
    sts.script(Reply::NeverAnswer);
    let run = Home::someaccount();
    let shown = run.run(["someaccount", "-t", CODE]).sts(&sts).output();
    let stderr = format!("error: can't reach STS (~STS~): no answer within 30 seconds\n{HINT}");
    assert_eq!(shown, failed(5, &stderr));
    assert_eq!(logins(&sts).len(), 1);
}

#[test]
fn nobody_listens_so_the_code_is_not_spent() {
    let home = Home::someaccount();
    for scheme in ["http", "https"] {
        let run = home.run(["someaccount", "-t", CODE]);
        let shown = run.endpoint(&format!("{scheme}://127.0.0.1:{}", CLOSED_PORT)).output();
        let stderr = format!("error: can't reach STS (~STS~): Connection refused (os error 111)\n{NETWORK}");
        assert_eq!(shown, failed(5, &stderr), "{scheme}");
    }
}

#[test]
fn a_name_that_does_not_exist_spends_no_code() {
    let home = Home::someaccount();
    // Through a proxy, nobody would look up the name.
    let run = home.run(["someaccount", "-t", CODE]).without_env("HTTPS_PROXY");
    let shown = run.endpoint("https://no-such-host.invalid").output();
    assert_unreachable(&shown, NETWORK);
}

#[test]
fn a_connection_that_is_closed() {
    let sts = sts();
    sts.script(Reply::Close);
    let shown = someaccount(&sts);
    assert_unreachable(&shown, HINT);
    assert_eq!(logins(&sts).len(), 1);
}

#[test]
fn a_server_without_tls_where_tls_is_expected() {
    let sts = sts();
    let home = Home::someaccount();
    let url = sts.url().replace("http:", "https:");
    let shown = home.run(["someaccount", "-t", CODE]).endpoint(&url).output();
    assert_unreachable(&shown, NETWORK);
    assert!(!shown.stderr.contains("the code"), "{shown:?}");
    assert_eq!(logins(&sts).len(), 0);
}

#[test]
fn a_page_of_a_log_in_portal() {
    for (status, body) in [(200, "<html>log in</html>"), (200, ""), (200, "{}"), (404, "no"), (403, "<html>")]
    {
        let sts = sts();
        sts.script(Reply::Raw { status, content_type: "text/html".into(), body: body.into() });
        let shown = someaccount(&sts);
        assert_eq!(shown, not_sts(&format!("HTTP {status}")), "{body}");
        assert_eq!(logins(&sts).len(), 1);
    }
}

#[test]
fn an_answer_without_end_is_not_read_to_its_end() {
    for (status, is_chunked) in [(200, true), (200, false), (403, true), (403, false)] {
        let sts = sts();
        sts.script(Reply::Endless { status, is_chunked });
        let home = Home::someaccount();
        // Without the limit, 1.6 GB came in 6 s.
        let limited =
            home.program("sh").args(["-c", "ulimit -v 1000000; exec mfa-env someaccount -t 918273"]);
        assert_eq!(limited.sts(&sts).output(), not_sts("its answer is longer than 64 KiB"));
        assert_eq!(logins(&sts).len(), 1);
    }
}

#[test]
fn a_token_that_no_shell_could_carry_is_refused() {
    for (length, is_good) in [(32 * 1024, true), (32 * 1024 + 1, false)] {
        let sts = sts();
        let soon = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(1);
        sts.script(Reply::Credentials {
            access_key_id: "ASIARETURNEDRETURNED".into(),
            secret_access_key: "secret".into(),
            session_token: "t".repeat(length),
            expiration: soon.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        });
        let shown = someaccount(&sts);
        if is_good {
            assert_eq!(shown.session().session_token.len(), length);
        } else {
            assert_eq!(shown, not_sts("SessionToken is longer than 32 KiB"));
        }
    }
}

#[test]
fn a_long_message_is_cut_off() {
    let sts = sts();
    sts.script(Reply::error(418, "Odd".repeat(1000), "ü".repeat(5000)));
    let (code, message) = ("Odd".repeat(341) + "O…", "ü".repeat(512) + "…");
    let stderr = format!("error: STS refused: {code}: {message}\nhint: `mfa-env -v` shows the request\n");
    assert_eq!(someaccount(&sts), failed(3, &stderr));
}

#[test]
fn a_redirect_is_not_followed() {
    let (sts, other) = (sts(), sts());
    sts.script(Reply::Redirect(other.url()));
    assert_eq!(someaccount(&sts), not_sts("HTTP 307"));
    assert_eq!((logins(&sts).len(), other.connections()), (1, 0));
}

#[test]
fn an_answer_without_credentials() {
    let body = "<GetSessionTokenResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\
                <GetSessionTokenResult/></GetSessionTokenResponse>";
    let sts = sts();
    sts.script(Reply::Raw { status: 200, content_type: "text/xml".into(), body: body.into() });
    assert_eq!(someaccount(&sts), not_sts("the answer has no credentials"));
}

#[test]
fn returned_values_that_could_be_code_are_refused_and_not_shown() {
    let good = ["ASIARETURNEDRETURNED", CANARY, CANARY, "2099-01-01T00:00:00Z"];
    let key = "has characters that no AWS key has";
    let cases: [(usize, String, &str); 11] = [
        (0, "ASIARETURNED'; id;'".into(), "AccessKeyId is not 16 to 128 letters and digits"),
        (0, "ASIA".into(), "AccessKeyId is not 16 to 128 letters and digits"),
        (1, format!("{CANARY}\nexport EVIL=1"), key),
        (1, format!("{CANARY}'; touch pwn;'"), key),
        (1, format!("{CANARY}\u{1b}[31m"), key),
        (1, String::new(), key),
        (2, format!("{CANARY}$(touch pwn)"), key),
        (2, format!("{CANARY}\\"), key),
        (2, format!("{CANARY} x"), key),
        (3, "2001-01-01T00:00:00Z".into(), "Expiration is in the past"),
        (3, "2099-01-01T00:00:00Z".into(), "Expiration is further away than any session lasts"),
    ];
    for (field, value, why) in cases {
        let sts = sts();
        let mut fields = good.map(String::from);
        if field != 3 {
            let soon = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(1);
            fields[3] = soon.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        }
        fields[field].clone_from(&value);
        let [access_key_id, secret_access_key, session_token, expiration] = fields;
        sts.script(Reply::Credentials { access_key_id, secret_access_key, session_token, expiration });
        let why = match field {
            1 => format!("SecretAccessKey {why}"),
            2 => format!("SessionToken {why}"),
            _ => why.to_owned(),
        };
        assert_eq!(someaccount(&sts), not_sts(&why), "{value:?}");
    }
}

#[test]
fn an_expiration_that_is_no_time() {
    for text in ["soon", "", "9999999999999", "2099-13-01T00:00:00Z"] {
        let sts = sts();
        sts.script(Reply::Credentials {
            access_key_id: "ASIARETURNEDRETURNED".into(),
            secret_access_key: CANARY.into(),
            session_token: CANARY.into(),
            expiration: text.into(),
        });
        let shown = someaccount(&sts);
        assert_eq!((shown.status, shown.stdout.as_str()), (5, "(exit 5);\n"), "{text}");
    }
}

#[test]
fn http_is_refused_but_to_this_machine() {
    let refused = |origin: &str, home: &Home, variables: &[(&str, &str)]| {
        let shown = home.run(["someaccount", "-t", CODE]).envs(variables).output();
        let stderr = format!(
            "error: {origin} is http, which would send keys and codes in the clear\n\
             hint: use https, or http to 127.0.0.1\n"
        );
        assert_eq!(shown, failed(2, &stderr));
    };
    let url = "http://sts.example.com";
    let home = Home::someaccount();
    refused("AWS_ENDPOINT_URL_STS", &home, &[("AWS_ENDPOINT_URL_STS", url)]);
    refused("AWS_ENDPOINT_URL", &home, &[("AWS_ENDPOINT_URL", url)]);
    let home = Home::someaccount().config(format!("[profile someaccount]\nendpoint_url = {url}\n"));
    refused("the profile's `endpoint_url`", &home, &[]);
    let services = "[profile someaccount]\nservices = mine\n[services mine]\nsts =\n  endpoint_url = ";
    let home = Home::someaccount().config(format!("{services}{url}\n"));
    refused("the profile's `endpoint_url`", &home, &[]);
}

#[test]
fn an_endpoint_that_is_no_url_is_refused() {
    let home = Home::someaccount();
    for (url, why) in [
        ("sts.example.com", "is neither https nor http to this machine"),
        ("ftp://127.0.0.1/", "is neither https nor http to this machine"),
        ("http://127.0.0.1@sts.example.com", "has a user name in it"),
        ("https://user:pw@sts.example.com", "has a user name in it"),
        ("http://127.0.0.1.example.com", "is http, which would send keys and codes in the clear"),
    ] {
        let shown = home.run(["someaccount", "-t", CODE]).env("AWS_ENDPOINT_URL_STS", url).output();
        let stderr = format!("error: AWS_ENDPOINT_URL_STS {why}\nhint: use https, or http to 127.0.0.1\n");
        assert_eq!(shown, failed(2, &stderr));
    }
}

#[test]
fn the_endpoint_is_the_environments_then_that_of_services_then_endpoint_url() {
    let (first, second, third) = (sts(), sts(), sts());
    let home = Home::new()
        .credentials(keys_in("a", "mfa_serial = arn:aws:iam::123456789012:mfa/bob\n"))
        .config(format!(
            "[profile a]\nservices = mine\nendpoint_url = {}\n[services mine]\nsts =\n  endpoint_url = {}\n",
            third.url(),
            second.url()
        ));
    let reached = || [&first, &second, &third].map(|sts| logins(sts).len());
    home.run(["a", "-t", CODE, "--no-cache"]).sts(&first).output().session();
    assert_eq!(reached(), [1, 0, 0]);
    home.run(["a", "-t", CODE, "--no-cache"]).output().session();
    assert_eq!(reached(), [1, 1, 0]);
    home.write(".aws/config", format!("[profile a]\nendpoint_url = {}\n", third.url()));
    home.run(["a", "-t", CODE, "--no-cache"]).output().session();
    assert_eq!(reached(), [1, 1, 1]);
}

#[test]
fn an_endpoint_variable_that_is_empty_counts_as_not_set() {
    for name in ["AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL"] {
        let sts = sts();
        let config = format!("[profile someaccount]\nendpoint_url = {}\n", sts.url());
        let home = Home::someaccount().config(config);
        home.run(["someaccount", "-t", CODE]).env(name, "").output().session();
        assert_eq!(logins(&sts).len(), 1);
        let (home, proxy) = (Home::someaccount(), support::sts());
        let run = home.run(["someaccount", "-t", CODE]).env(name, "").env("HTTPS_PROXY", proxy.url());
        assert_proxy_named(&run.output());
    }
}

#[test]
fn loopback_is_never_reached_through_a_proxy() {
    let (sts, proxy) = (sts(), sts());
    let home = Home::someaccount();
    let mut run = home.run(["someaccount", "-t", CODE]).sts(&sts);
    for name in ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
        run = run.env(name, proxy.url());
    }
    run.output().session();
    assert_eq!((logins(&sts).len(), proxy.connections()), (1, 0));
}

#[test]
fn aws_itself_is_reached_through_the_proxy() {
    let proxy = sts();
    let home = Home::someaccount();
    let shown = home.run(["someaccount", "-t", CODE]).env("HTTPS_PROXY", proxy.url()).output();
    assert_proxy_named(&shown);
    // The login makes one. The GetCallerIdentity may come too late for another one.
    assert!((1..=2).contains(&proxy.connections()), "{}", proxy.connections());
}

#[test]
fn certificates_that_cannot_be_used_are_named() {
    let home = Home::someaccount();
    home.write("no.pem", "no certificate\n");
    for (file, why) in [
        ("no.pem", "there is no usable certificate in it"),
        ("missing.pem", "No such file or directory (os error 2)"),
    ] {
        let run = home.run(["someaccount", "-t", CODE]).endpoint("https://127.0.0.1:1");
        let stderr = format!(
            "error: can't use the certificates of `~/{file}`: {why}\n\
             hint: correct AWS_CA_BUNDLE, or `ca_bundle` of the profile: a file of PEM certificates\n"
        );
        assert_eq!(run.env("AWS_CA_BUNDLE", home.path(file)).output(), failed(1, &stderr));
        home.write(
            ".aws/config",
            format!("[profile someaccount]\nca_bundle = {}\n", home.path(file).display()),
        );
        let run = home.run(["someaccount", "-t", CODE]).endpoint("https://127.0.0.1:1");
        assert_eq!(run.output(), failed(1, &stderr));
    }
}
