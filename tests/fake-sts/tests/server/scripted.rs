//! The script, the records and the connections, up to the end of the server.

use std::io::Read;
use std::time::{Duration, Instant};

use fake_sts::{FakeSts, Reply};
use jiff::SignedDuration;

use crate::client::{BOBS_DEVICE, Client, Keys, Response, receive, start};

const CODE: [(&str, &str); 2] = [("SerialNumber", BOBS_DEVICE), ("TokenCode", "123456")];

fn identity(sts: &FakeSts) -> Response {
    Client::new(sts).call(&Keys::bob(), "GetCallerIdentity", &[])
}

#[test]
fn scripted_replies_come_first_and_in_order() {
    let sts = start();
    sts.script_identity(Reply::region_disabled("123456789012"));
    sts.script_identity(Reply::throttled());
    sts.script_identity(Reply::unavailable());
    let message = "STS is not activated in this region for account:123456789012. Your account \
                   administrator can activate STS in this region using the IAM Console.";
    assert_eq!(identity(&sts).error(), (403, "RegionDisabledException", message));
    assert_eq!(identity(&sts).error(), (400, "Throttling", "Rate exceeded"));
    assert_eq!(identity(&sts).status, 503);
    assert_eq!(identity(&sts).status, 200);
    let codes: Vec<_> = sts.requests().into_iter().map(|request| request.error).collect();
    let codes: Vec<_> = codes.iter().map(Option::as_deref).collect();
    let throttled = [Some("Throttling"), Some("ServiceUnavailable"), None];
    assert_eq!(codes, [&[Some("RegionDisabledException")][..], &throttled].concat());
}

#[test]
fn a_scripted_error_leaves_the_code_unused() {
    let sts = start();
    sts.script(Reply::unavailable());
    let client = Client::new(&sts);
    assert_eq!(client.call(&Keys::bob(), "GetSessionToken", &CODE).status, 503);
    client.call(&Keys::bob(), "GetSessionToken", &CODE).keys();
}

#[test]
fn scripted_bodies_arrive_as_they_stand() {
    let sts = start();
    for body in ["<html>login</html>", "", "<Result/>"] {
        sts.script_identity(Reply::Raw { status: 200, content_type: "text/html".into(), body: body.into() });
        let answer = identity(&sts);
        assert_eq!((answer.status, answer.body.as_str()), (200, body));
        assert!(answer.head.contains("\r\nContent-Type: text/html\r\n"));
    }
}

#[test]
fn scripted_credentials_are_only_escaped() {
    let sts = start();
    sts.script(Reply::Credentials {
        access_key_id: "ASIA\n".into(),
        secret_access_key: "a<b&\x1b".into(),
        session_token: "';cmd;'".into(),
        expiration: "2001-01-01T00:00:00Z".into(),
    });
    let answer = Client::new(&sts).call(&Keys::bob(), "GetSessionToken", &CODE);
    assert!(answer.body.contains("<GetSessionTokenResult>"));
    assert_eq!(answer.element("AccessKeyId"), "ASIA&#xA;");
    assert_eq!(answer.element("SecretAccessKey"), "a&lt;b&amp;&#x1B;");
    assert_eq!(answer.element("SessionToken"), "';cmd;'");
    assert_eq!(answer.element("Expiration"), "2001-01-01T00:00:00Z");
}

#[test]
fn redirects_keep_the_method() {
    let sts = start();
    sts.script_identity(Reply::Redirect("http://127.0.0.1:1/x".into()));
    let answer = identity(&sts);
    assert_eq!(answer.status, 307);
    assert!(answer.head.contains("\r\nLocation: http://127.0.0.1:1/x\r\n"));
}

#[test]
fn delays_before_the_natural_answer() {
    let sts = start();
    sts.script_identity(Reply::Delay(Duration::from_millis(50)));
    let before = Instant::now();
    assert_eq!(identity(&sts).status, 200);
    assert!(before.elapsed() >= Duration::from_millis(50));
}

#[test]
fn closes_without_an_answer() {
    let sts = start();
    sts.script_identity(Reply::Close);
    let client = Client::new(&sts);
    let mut stream = client.connect();
    client.send(&mut stream, &Keys::bob(), "GetCallerIdentity", &[]);
    assert!(receive(&mut stream).is_none());
    assert_eq!(sts.requests().len(), 1);
}

#[test]
fn sends_a_body_without_end_until_the_client_goes() {
    let sts = start();
    for is_chunked in [true, false] {
        sts.script_identity(Reply::Endless { status: 403, is_chunked });
        let client = Client::new(&sts);
        let mut stream = client.connect();
        client.send(&mut stream, &Keys::bob(), "GetCallerIdentity", &[]);
        let mut received = vec![0; 1024 * 1024];
        stream.read_exact(&mut received).unwrap();
        assert!(received.starts_with(b"HTTP/1.1 403 "));
    }
}

#[test]
fn stays_silent_until_it_is_dropped() {
    let sts = start();
    sts.script_identity(Reply::NeverAnswer);
    let client = Client::new(&sts);
    let mut stream = client.connect();
    client.send(&mut stream, &Keys::bob(), "GetCallerIdentity", &[]);
    stream.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
    let silence = stream.read(&mut [0; 1]).unwrap_err().kind();
    use std::io::ErrorKind::{TimedOut, WouldBlock};
    assert!(matches!(silence, WouldBlock | TimedOut), "{silence}");
    // Others are served meanwhile.
    assert_eq!(identity(&sts).status, 200);
    drop(sts);
    assert!(receive(&mut stream).is_none());
}

#[test]
fn frees_its_port_when_it_is_dropped_in_the_middle_of_a_delay() {
    let sts = start();
    let address = sts.url().replace("http://", "");
    sts.script_identity(Reply::Delay(Duration::from_secs(3600)));
    let client = Client::new(&sts);
    let mut stream = client.connect();
    client.send(&mut stream, &Keys::bob(), "GetCallerIdentity", &[]);
    while sts.requests().is_empty() {
        std::thread::sleep(Duration::from_millis(1));
    }
    let before = Instant::now();
    drop(sts);
    assert!(before.elapsed() < Duration::from_secs(5));
    assert!(std::net::TcpStream::connect(address).is_err());
}

#[test]
fn keeps_connections_and_counts_them() {
    let sts = start();
    let client = Client::new(&sts);
    let mut stream = client.connect();
    for _ in 0..3 {
        client.send(&mut stream, &Keys::bob(), "GetCallerIdentity", &[]);
        assert_eq!(receive(&mut stream).unwrap().status, 200);
    }
    assert_eq!((sts.connections(), sts.requests().len()), (1, 3));
}

#[test]
fn records_what_was_asked() {
    let sts = start();
    let mut client = Client::new(&sts);
    client.region = "eu-central-1";
    let keys = client.call(&Keys::bob(), "GetSessionToken", &CODE).keys();
    client.call(&keys, "GetCallerIdentity", &[]);
    let [first, second] = <[_; 2]>::try_from(sts.requests()).unwrap();
    assert_eq!(first.action, "GetSessionToken");
    assert_eq!(first.parameters["TokenCode"], "123456");
    assert_eq!(first.access_key_id.as_deref(), Some("AKIAIOSFODNN7EXAMPLE"));
    assert_eq!(first.region.as_deref(), Some("eu-central-1"));
    assert_eq!(first.host.map(|host| format!("http://{host}")), Some(sts.url()));
    assert_eq!(first.user_agent.as_deref(), Some("test"));
    assert!(!first.has_session_token && second.has_session_token);
    assert_eq!(second.access_key_id, Some(keys.id));
    assert!(first.at <= second.at);
}

#[test]
fn dates_its_answers_by_its_own_clock() {
    let sts = start();
    sts.set_clock_offset(SignedDuration::from_hours(24 * 366 * 100));
    let answer = identity(&sts);
    let century = answer.head.lines().find(|line| line.starts_with("Date: ")).unwrap();
    assert!(century.contains(" 21") && century.ends_with(" GMT"), "{century}");
}
