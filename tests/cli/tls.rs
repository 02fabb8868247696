//! https to a server on this machine: which certificates are accepted, and that nothing is sent to other
//! servers.

use fake_sts::{Authority, Certificate, FakeSts, Role, Valid};
use support::{CODE, Home, STARTED, Shown, bob, failed, logins};

fn sts(certificate: Certificate) -> FakeSts {
    FakeSts::builder().user(bob()).role(Role::admin()).tls(certificate).start()
}

/// A home with the authority's certificate in `ca.pem`.
fn home_of(authority: &Authority) -> Home {
    let home = Home::someaccount();
    home.write("ca.pem", authority.pem());
    home
}

fn login(home: &Home, sts: &FakeSts) -> Shown {
    home.run(["someaccount", "-t", CODE]).sts(sts).env("AWS_CA_BUNDLE", home.path("ca.pem")).output()
}

const UNKNOWN_AUTHORITY: [&str; 2] = [
    "its certificate comes from an authority that this machine doesn't trust",
    "behind a proxy that opens TLS, set AWS_CA_BUNDLE to the file of its certificate (PEM)",
];
const CLOCK: &str = "check the clock of this machine: sudo timedatectl set-ntp true";
const NETWORK: &str = "check the network, HTTPS_PROXY and the region";

fn assert_refused(shown: &Shown, sts: &FakeSts, [why, hint]: [&str; 2]) {
    let stderr = format!("error: can't reach STS (~STS~): {why}\nhint: {hint}\n");
    assert_eq!(*shown, failed(5, &stderr));
    assert_eq!(sts.requests().len(), 0);
}

#[test]
fn a_server_whose_authority_the_bundle_names_is_used() {
    let authority = Authority::new();
    let sts = sts(authority.certificate("127.0.0.1", Valid::Now));
    let home = home_of(&authority);
    let shown = login(&home, &sts);
    shown.session();
    assert_eq!(shown.stderr, STARTED);
    assert_eq!(logins(&sts).len(), 1);
}

#[test]
fn the_bundle_of_the_profile_counts_where_the_environment_names_none() {
    let (authority, other) = (Authority::new(), Authority::new());
    let home = home_of(&authority);
    home.write("other.pem", other.pem());
    let ca_bundle = |file| format!("[profile someaccount]\nca_bundle = {}\n", home.path(file).display());
    home.write(".aws/config", ca_bundle("ca.pem"));
    let server = sts(authority.certificate("127.0.0.1", Valid::Now));
    home.run(["someaccount", "-t", CODE, "--no-cache"]).sts(&server).output().session();
    home.write(".aws/config", ca_bundle("other.pem"));
    let server = sts(authority.certificate("127.0.0.1", Valid::Now));
    let shown = home.run(["someaccount", "-t", CODE, "--no-cache"]).sts(&server).output();
    assert_refused(&shown, &server, UNKNOWN_AUTHORITY);
    let server = sts(authority.certificate("127.0.0.1", Valid::Now));
    login(&home, &server).session();
}

#[test]
fn a_bundle_with_odd_certificates_among_the_good_is_used() {
    let authority = Authority::new();
    let sts = sts(authority.certificate("127.0.0.1", Valid::Now));
    let home = home_of(&authority);
    let odd = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    home.write("ca.pem", format!("# ours\n{odd}{}{}", Authority::new().pem(), authority.pem()));
    login(&home, &sts).session();
}

#[test]
fn a_certificate_for_another_host_is_refused() {
    let authority = Authority::new();
    for (host, only) in [
        ("127.0.0.2", "IpAddress(127.0.0.2)"),
        ("localhost", "DnsName(\"localhost\")"),
        ("sts.amazonaws.com", "DnsName(\"sts.amazonaws.com\")"),
    ] {
        let sts = sts(authority.certificate(host, Valid::Now));
        let shown = login(&home_of(&authority), &sts);
        let why = format!(
            "invalid peer certificate: certificate not valid for name \"127.0.0.1\"; \
             certificate is only valid for {only}"
        );
        assert_refused(&shown, &sts, [&why, NETWORK]);
    }
}

#[test]
fn a_certificate_out_of_its_time_is_refused() {
    let authority = Authority::new();
    for (valid, why) in [
        (Valid::NoLonger, "its certificate has expired"),
        (Valid::NotYet, "its certificate is not valid yet"),
    ] {
        let sts = sts(authority.certificate("127.0.0.1", valid));
        assert_refused(&login(&home_of(&authority), &sts), &sts, [why, CLOCK]);
    }
}

#[test]
fn a_certificate_that_nobody_or_somebody_unknown_has_signed_is_refused() {
    let certificates =
        [Certificate::self_signed("127.0.0.1"), Authority::new().certificate("127.0.0.1", Valid::Now)];
    for certificate in certificates {
        let sts = sts(certificate);
        assert_refused(&login(&home_of(&Authority::new()), &sts), &sts, UNKNOWN_AUTHORITY);
    }
}

#[test]
fn without_a_bundle_the_system_is_asked_whom_to_trust() {
    let authority = Authority::new();
    let sts = sts(authority.certificate("127.0.0.1", Valid::Now));
    let shown = home_of(&authority).run(["someaccount", "-t", CODE]).sts(&sts).output();
    assert_refused(&shown, &sts, UNKNOWN_AUTHORITY);
}

#[test]
fn ssl_cert_file_and_ssl_cert_dir_replace_the_systems_certificates() {
    let authority = Authority::new();
    let home = home_of(&authority);
    std::fs::create_dir(home.path("certificates")).expect("a new folder");
    home.write("certificates/ca.pem", authority.pem());
    for (variable, place) in [("SSL_CERT_FILE", "ca.pem"), ("SSL_CERT_DIR", "certificates")] {
        let sts = sts(authority.certificate("127.0.0.1", Valid::Now));
        let run = home.run(["someaccount", "-t", CODE, "--no-cache"]).sts(&sts);
        run.env(variable, home.path(place)).output().session();
        // A bundle wins.
        let run = home.run(["someaccount", "-t", CODE, "--no-cache"]).sts(&sts);
        let run = run.env(variable, home.path(place)).env("AWS_CA_BUNDLE", home.path("other.pem"));
        home.write("other.pem", Authority::new().pem());
        assert_eq!(run.output().status, 5, "{variable}");
    }
}

#[test]
fn an_ssl_cert_file_that_is_no_file_is_named_and_no_server_blamed() {
    let authority = Authority::new();
    let home = home_of(&authority);
    for (value, why) in [("", "it is empty"), ("nowhere.pem", "No such file or directory (os error 2)")] {
        let sts = sts(authority.certificate("127.0.0.1", Valid::Now));
        let run = home.run(["someaccount", "-t", CODE]).sts(&sts).env("SSL_CERT_FILE", value);
        let message = format!(
            "error: can't use the certificates of SSL_CERT_FILE: {why}\n\
             hint: unset SSL_CERT_FILE, or set it to a file of PEM certificates\n"
        );
        assert_eq!(run.output(), failed(1, &message));
        assert_eq!(sts.connections(), 0);
    }
}

#[test]
fn verbose_and_doctor_say_which_address_is_called_and_whose_certificates_are_trusted() {
    let authority = Authority::new();
    let home = home_of(&authority);
    std::fs::create_dir(home.path("certificates")).expect("a new folder");
    home.write("certificates/ca.pem", authority.pem());
    let ca_bundle = format!("[profile someaccount]\nca_bundle = {}\n", home.path("ca.pem").display());
    for (config, variable, place, origin) in [
        ("", "AWS_CA_BUNDLE", "ca.pem", "AWS_CA_BUNDLE"),
        (ca_bundle.as_str(), "X", "", "`ca_bundle`"),
        ("", "SSL_CERT_FILE", "ca.pem", "SSL_CERT_FILE"),
        ("", "SSL_CERT_DIR", "certificates", "SSL_CERT_DIR"),
    ] {
        home.write(".aws/config", config);
        let sts = sts(authority.certificate("127.0.0.1", Valid::Now));
        let run = |arguments: &[&str]| home.run(arguments).sts(&sts).env(variable, home.path(place)).output();
        let place = if place.is_empty() { "ca.pem" } else { place };
        let calls = format!("calls ~STS~ and trusts the certificates in `~/{place}` ({origin})\n");
        let verbose = run(&["someaccount", "-v", "-t", CODE, "--no-cache"]);
        assert!(verbose.status == 0 && verbose.stderr.contains(&format!("\n{calls}")), "{verbose:?}");
        let doctor = run(&["doctor"]);
        let expected =
            format!("\n     ok  STS: profile someaccount {calls}     ok  clock: agrees with that of STS\n");
        assert!(doctor.status == 0 && doctor.stdout.ends_with(&expected), "{doctor:?}");
    }
    for (region, variable, host) in [
        ("eu-west-1", "X", "sts.eu-west-1.amazonaws.com"),
        ("cn-north-1", "X", "sts.cn-north-1.amazonaws.com.cn"),
        ("us-east-1", "AWS_USE_FIPS_ENDPOINT", "sts-fips.us-east-1.amazonaws.com"),
        ("eu-west-1", "AWS_USE_DUALSTACK_ENDPOINT", "sts.eu-west-1.api.aws"),
    ] {
        let home = Home::someaccount().config(format!("[profile someaccount]\nregion = {region}\n"));
        let shown = home.run(["doctor", "--offline"]).env(variable, "true").output();
        let calls = format!("calls https://{host} and trusts the system's certificates\n");
        assert!(shown.stdout.contains(&calls), "{shown:?}");
    }
    // A query may hold a token.
    let url = "https://sts.example.com:8443/x?token=secret";
    let shown = Home::someaccount().run(["doctor", "--offline"]).endpoint(url).output();
    assert!(shown.stdout.contains(" calls https://sts.example.com:8443/x and trusts "), "{shown:?}");
}

#[test]
fn no_variable_makes_the_keys_of_a_connection_a_file() {
    let authority = Authority::new();
    let sts = sts(authority.certificate("127.0.0.1", Valid::Now));
    let home = home_of(&authority);
    let run = home.run(["someaccount", "-t", CODE]).sts(&sts).env("AWS_CA_BUNDLE", home.path("ca.pem"));
    run.env("SSLKEYLOGFILE", home.path("keys")).output().session();
    assert!(!home.path("keys").exists());
}

#[test]
fn doctor_names_a_certificate_that_keeps_sts_from_being_reached() {
    let authority = Authority::new();
    let sts = sts(authority.certificate("127.0.0.1", Valid::NoLonger));
    let home = home_of(&authority);
    let shown = home.run(["doctor"]).sts(&sts).env("AWS_CA_BUNDLE", home.path("ca.pem")).output();
    assert_eq!(shown.status, 1);
    let finding = "  error  STS: can't reach STS (~STS~): its certificate has expired\n";
    assert!(shown.stdout.contains(finding), "{shown:?}");
    assert_eq!(sts.requests().len(), 0);
}
