//! A proxy from the environment: mfa-env uses it, and never shows its password.

use std::io::{BufRead, BufReader, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use fake_sts::{Authority, FakeSts, Role, Valid};
use support::{CODE, Home, Run, STARTED, Shown, bob, logins};

/// A proxy on this machine that connects every CONNECT to one server, for any host.
struct Proxy {
    address: SocketAddr,
    /// The heads of the requests, in order.
    seen: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    /// With `refusal`, it sends that answer instead of a tunnel.
    fn start(to: SocketAddr, refusal: Option<&'static str>) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("bound");
        let seen = Arc::new(Mutex::new(Vec::new()));
        let seeing = Arc::clone(&seen);
        // The thread ends with the test process.
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let seeing = Arc::clone(&seeing);
                thread::spawn(move || drop(serve(client, to, refusal, &seeing)));
            }
        });
        Proxy { address, seen }
    }

    fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    fn seen(&self) -> Vec<String> {
        self.seen.lock().expect("no test panicked in it").clone()
    }

    /// The first lines of the requests, each once: a login may open a second connection, and end before it
    /// uses it.
    fn asked(&self) -> Vec<String> {
        let mut lines: Vec<_> =
            self.seen().iter().filter_map(|head| head.lines().next()).map(str::to_owned).collect();
        lines.dedup();
        lines
    }
}

fn serve(
    client: TcpStream,
    to: SocketAddr,
    refusal: Option<&str>,
    seen: &Mutex<Vec<String>>,
) -> std::io::Result<()> {
    let mut reader = BufReader::new(client.try_clone()?);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") && reader.read_line(&mut head)? > 0 {}
    seen.lock().expect("no test panicked in it").push(head);
    let mut client = client;
    if let Some(refusal) = refusal {
        client.write_all(format!("HTTP/1.1 {refusal}\r\nContent-Length: 0\r\n\r\n").as_bytes())?;
        return client.shutdown(Shutdown::Both);
    }
    let server = TcpStream::connect(to)?;
    client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")?;
    let (mut to_server, mut from_server) = (server.try_clone()?, server);
    thread::spawn(move || {
        let _ = std::io::copy(&mut reader, &mut to_server);
        to_server.shutdown(Shutdown::Write)
    });
    std::io::copy(&mut from_server, &mut client)?;
    client.shutdown(Shutdown::Both)
}

/// An STS with a certificate for AWS's own name.
struct Aws {
    sts: FakeSts,
    home: Home,
}

const HOST: &str = "sts.us-east-1.amazonaws.com";
const CONNECT: &str = "CONNECT sts.us-east-1.amazonaws.com:443 HTTP/1.1";

impl Aws {
    fn start() -> Aws {
        let authority = Authority::new();
        let certificate = authority.certificate(HOST, Valid::Now);
        let sts = FakeSts::builder().user(bob()).role(Role::admin()).tls(certificate).start();
        let home = Home::someaccount();
        home.write("ca.pem", authority.pem());
        Aws { sts, home }
    }

    fn proxy(&self) -> Proxy {
        Proxy::start(self.sts.address(), None)
    }

    /// Without a proxy in the environment.
    fn run(&self, arguments: &[&str]) -> Run<'_> {
        let run = self.home.run(arguments).without_env("HTTPS_PROXY");
        run.env("AWS_CA_BUNDLE", self.home.path("ca.pem"))
    }

    fn login(&self, proxy: &str, url: &str) -> Shown {
        self.run(&["someaccount", "-t", CODE, "--no-cache"]).env(proxy, url).output()
    }
}

#[test]
fn a_login_goes_through_the_proxy_and_the_proxy_sees_nothing_of_it() {
    for name in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
        let aws = Aws::start();
        let proxy = aws.proxy();
        let shown = aws.login(name, &proxy.url());
        shown.session();
        assert_eq!(shown.stderr, STARTED, "{name}");
        assert_eq!(proxy.asked(), [CONNECT], "{name}");
        assert_eq!(logins(&aws.sts).len(), 1, "{name}");
        assert_eq!(logins(&aws.sts)[0].host.as_deref(), Some(HOST), "{name}");
    }
}

#[test]
fn a_proxy_for_http_alone_is_not_used() {
    let aws = Aws::start();
    let proxy = aws.proxy();
    // Not AWS's own name: without a proxy, the call would leave this machine.
    aws.home.write(".aws/config", "[profile someaccount]\nendpoint_url = https://sts.invalid\n");
    for name in ["HTTP_PROXY", "http_proxy"] {
        let shown = aws.login(name, &proxy.url());
        assert_eq!(shown.status, 5, "{shown:?}");
        assert!(shown.stderr.starts_with("error: can't reach STS (https://sts.invalid): "), "{shown:?}");
        assert_eq!(proxy.seen().len(), 0, "{name}");
    }
}

#[test]
fn a_host_of_no_proxy_is_reached_without_it() {
    let aws = Aws::start();
    let proxy = aws.proxy();
    aws.home.write(".aws/config", "[profile someaccount]\nendpoint_url = https://sts.invalid\n");
    for (name, hosts) in
        [("NO_PROXY", "sts.invalid"), ("no_proxy", "other.invalid,.invalid"), ("NO_PROXY", "*")]
    {
        let run = aws.run(&["someaccount", "-t", CODE, "--no-cache"]).env("HTTPS_PROXY", proxy.url());
        let shown = run.env(name, hosts).output();
        let says = "error: can't reach STS (https://sts.invalid): ";
        assert!(shown.status == 5 && shown.stderr.starts_with(says), "{shown:?}");
        assert_eq!(proxy.seen().len(), 0, "{name}={hosts}");
    }
    let run = aws.run(&["someaccount", "-t", CODE, "--no-cache"]).env("HTTPS_PROXY", proxy.url());
    assert_eq!(run.env("NO_PROXY", "other.invalid").output().status, 5);
    assert_eq!(proxy.asked(), ["CONNECT sts.invalid:443 HTTP/1.1"]);
}

#[test]
fn the_password_of_the_proxy_goes_to_the_proxy_and_is_shown_nowhere() {
    const PASSWORD: &str = "pr0xyPassw0rd";
    let with_password = |proxy: &Proxy| format!("http://bob:{PASSWORD}@{}", proxy.address);
    let aws = Aws::start();
    let proxy = aws.proxy();
    let shown = aws.login("HTTPS_PROXY", &with_password(&proxy));
    shown.session();
    // bob:pr0xyPassw0rd
    assert!(proxy.seen()[0].contains("Basic Ym9iOnByMHh5UGFzc3cwcmQ="), "{:?}", proxy.seen());
    assert!(!format!("{shown:?}").contains(PASSWORD), "{shown:?}");
    for refusal in ["407 Proxy Authentication Required", "403 Forbidden", "502 Bad Gateway"] {
        let proxy = Proxy::start(aws.sts.address(), Some(refusal));
        let url = with_password(&proxy);
        for arguments in [&["someaccount", "-v", "-r", "-t", CODE][..], &["doctor"], &["doctor", "--json"]] {
            let run = aws.run(arguments).env("HTTPS_PROXY", &url).env("RUST_LOG", "trace");
            let shown = run.env("RUST_BACKTRACE", "full").output();
            assert_ne!(shown.status, 0, "{shown:?}");
            assert!(!format!("{shown:?}").contains(PASSWORD), "{shown:?}");
            assert!(!format!("{shown:?}").contains("Ym9iOnByMHh5UGFzc3cwcmQ"), "{shown:?}");
        }
    }
}

#[test]
fn a_proxy_that_refuses_is_named_as_what_refuses() {
    let aws = Aws::start();
    for (refusal, why) in [
        ("407 Proxy Authentication Required", "tunnel error: proxy authorization required"),
        ("403 Forbidden", "tunnel error: unsuccessful"),
    ] {
        let proxy = Proxy::start(aws.sts.address(), Some(refusal));
        let stderr = format!(
            "error: can't reach STS (us-east-1): {why}\n\
             hint: check the network, the proxy in HTTPS_PROXY, and the region\n"
        );
        assert_eq!(aws.login("HTTPS_PROXY", &proxy.url()), support::failed(5, &stderr));
        assert_eq!(aws.sts.requests().len(), 0);
    }
}

#[test]
fn a_proxy_that_is_not_there_is_named_by_its_variable() {
    let aws = Aws::start();
    const PASSWORD: &str = "pr0xyPassw0rd";
    let url = format!("http://bob:{PASSWORD}@127.0.0.1:1");
    let shown = aws.login("https_proxy", &url);
    let says = "error: can't reach STS (us-east-1): Connection refused (os error";
    assert!(shown.status == 5 && shown.stderr.starts_with(says), "{shown:?}");
    let hint = "hint: check the network, the proxy in https_proxy, and the region\n";
    assert!(shown.stderr.ends_with(hint), "{shown:?}");
    assert!(!shown.stderr.contains(PASSWORD) && !shown.stderr.contains("bob"), "{shown:?}");
}

#[test]
fn doctor_names_the_variable_of_the_proxy_and_not_its_value() {
    let url = "http://me:pr0xyPassw0rd@127.0.0.1:1";
    let cases: [(&[&str], &str); 5] = [
        (&["HTTPS_PROXY"], "     ok  proxy: HTTPS_PROXY is set\n"),
        (&["all_proxy"], "     ok  proxy: all_proxy is set\n"),
        (&["https_proxy", "ALL_PROXY"], "     ok  proxy: https_proxy is set\n"),
        (&["HTTP_PROXY"], ""),
        (&[], ""),
    ];
    for (variables, finding) in cases {
        let home = Home::someaccount();
        let variables: Vec<_> = variables.iter().map(|name| (*name, url)).collect();
        let run = home.run(["doctor", "--offline"]).without_env("HTTPS_PROXY").envs(&variables);
        let shown = run.output();
        assert_eq!(shown.status, 0, "{shown:?}");
        let said: String =
            shown.stdout.split_inclusive('\n').filter(|line| line.contains("  proxy: ")).collect();
        assert_eq!(said, finding, "{variables:?}");
        assert!(!shown.stdout.contains("pr0xyPassw0rd"), "{shown:?}");
    }
}
