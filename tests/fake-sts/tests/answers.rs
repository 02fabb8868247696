//! Refusals of the fake on which mfa-env's tests rely, but which mfa-env never provokes. The requests are
//! signed by this crate's `sigv4`, which is tested with an example of AWS.

use std::io::{Read, Write};
use std::net::TcpStream;

use fake_sts::sigv4::{Message, Scope, signature};
use fake_sts::{FakeSts, Role, User};
use jiff::Timestamp;

const DEVICE: &str = "arn:aws:iam::123456789012:mfa/bob";
const ADMIN: &str = "arn:aws:iam::123456789012:role/admin";
const CODE: [(&str, &str); 2] = [("SerialNumber", DEVICE), ("TokenCode", "123456")];
const ROLE: [(&str, &str); 2] = [("RoleArn", ADMIN), ("RoleSessionName", "me")];

/// A server with bob and the admin role.
fn start() -> FakeSts {
    FakeSts::builder().user(User::bob()).role(Role::admin()).start()
}

#[derive(Clone)]
struct Keys {
    id: String,
    secret: String,
    token: Option<String>,
}

impl Keys {
    fn bob() -> Keys {
        let user = User::bob();
        Keys { id: user.access_key_id, secret: user.secret_access_key, token: None }
    }
}

/// Status line, headers and body.
struct Answer(String);

impl Answer {
    /// The text of the first element with that name.
    fn element(&self, name: &str) -> &str {
        let (_, rest) =
            self.0.split_once(&format!("<{name}>")).unwrap_or_else(|| panic!("{name}: {}", self.0));
        rest.split_once(&format!("</{name}>")).expect("elements are closed").0
    }

    /// Status, code, message.
    fn error(&self) -> (u16, &str, &str) {
        let status = self.0["HTTP/1.1 ".len()..][..3].parse().expect("a status");
        (status, self.element("Code"), self.element("Message"))
    }

    fn keys(&self) -> Keys {
        let text = |name| self.element(name).to_owned();
        Keys { id: text("AccessKeyId"), secret: text("SecretAccessKey"), token: Some(text("SessionToken")) }
    }
}

fn call(sts: &FakeSts, keys: &Keys, action: &str, parameters: &[(&str, &str)]) -> Answer {
    call_region(sts, keys, action, parameters, "us-east-1")
}

fn call_region(
    sts: &FakeSts,
    keys: &Keys,
    action: &str,
    parameters: &[(&str, &str)],
    region: &str,
) -> Answer {
    let body = form_urlencoded::Serializer::new(String::new())
        .extend_pairs([("Action", action), ("Version", fake_sts::API_VERSION)])
        .extend_pairs(parameters)
        .finish();
    let date = Timestamp::now().strftime("%Y%m%dT%H%M%SZ").to_string();
    let mut headers = vec![("host", sts.address().to_string()), ("x-amz-date", date.clone())];
    headers.extend(keys.token.clone().map(|token| ("x-amz-security-token", token)));
    let signed_headers = headers.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";");
    let headers: Vec<_> = headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    let scope = Scope { date: date[..8].into(), region: region.into(), service: "sts".into() };
    let message = Message { method: "POST", target: "/", headers: &headers, body: body.as_bytes() };
    let signature = signature(&keys.secret, &scope, &date, &signed_headers, message);
    let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let request = format!(
        "POST / HTTP/1.1\r\n{headers}Authorization: AWS4-HMAC-SHA256 Credential={}/{scope}, \
         SignedHeaders={signed_headers}, Signature={signature}\r\nConnection: close\r\n\
         Content-Length: {}\r\n\r\n{body}",
        keys.id,
        body.len()
    );
    let mut stream = TcpStream::connect(sts.address()).expect("it listens");
    stream.write_all(request.as_bytes()).expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers");
    Answer(answer)
}

fn session(sts: &FakeSts) -> Keys {
    call(sts, &Keys::bob(), "GetSessionToken", &CODE).keys()
}

#[test]
fn parameters_out_of_range_are_refused_and_a_code_of_bad_form_is_echoed() {
    let sts = start();
    for (action, name, value) in [
        ("GetSessionToken", "TokenCode", "12345"),
        ("GetSessionToken", "DurationSeconds", "899"),
        ("GetSessionToken", "DurationSeconds", "129601"),
        ("AssumeRole", "DurationSeconds", "43201"),
        ("AssumeRole", "ExternalId", "x"),
        ("AssumeRole", "RoleSessionName", "a b"),
    ] {
        let answer = call(&sts, &Keys::bob(), action, &[(name, value)]);
        let message =
            format!("1 validation error detected: Value '{value}' at '{name}' failed to satisfy constraint");
        assert_eq!(answer.error(), (400, "ValidationError", message.as_str()));
    }
}

#[test]
fn session_keys_get_no_session() {
    let sts = start();
    let answer = call(&sts, &session(&sts), "GetSessionToken", &[CODE[0], ("TokenCode", "234567")]);
    let message = "Cannot call GetSessionToken with session credentials";
    assert_eq!(answer.error(), (403, "AccessDenied", message));
}

#[test]
fn a_role_lasts_longer_than_an_hour_only_with_the_code_in_its_own_call() {
    let sts = start();
    let for_long = |seconds| ("DurationSeconds", seconds);
    let chained =
        |keys: &Keys, seconds| call(&sts, keys, "AssumeRole", &[ROLE[0], ROLE[1], for_long(seconds)]);
    let direct = [ROLE[0], ROLE[1], CODE[0], ("TokenCode", "234567"), for_long("43200")];
    let role = call(&sts, &Keys::bob(), "AssumeRole", &direct);
    assert_eq!(role.element("Arn"), "arn:aws:sts::123456789012:assumed-role/admin/me");
    let keys = session(&sts);
    chained(&keys, "3600").keys();
    let message = "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by \
                   role chaining.";
    assert_eq!(chained(&keys, "3601").error(), (400, "ValidationError", message));

    let sts = FakeSts::builder().user(User::bob()).role(Role::new(ADMIN)).start();
    let answer = call(&sts, &Keys::bob(), "AssumeRole", &[ROLE[0], ROLE[1], for_long("3601")]);
    let message = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.";
    assert_eq!(answer.error(), (400, "ValidationError", message));
}

#[test]
fn a_role_that_asks_for_mfa_is_closed_without_it() {
    let sts = start();
    let without_mfa = call(&sts, &Keys::bob(), "GetSessionToken", &[]).keys();
    for keys in [Keys::bob(), without_mfa] {
        let answer = call(&sts, &keys, "AssumeRole", &ROLE);
        let message = format!(
            "User: arn:aws:iam::123456789012:user/bob is not authorized to perform: sts:AssumeRole on \
             resource: {ADMIN}"
        );
        assert_eq!(answer.error(), (403, "AccessDenied", message.as_str()));
    }
}

#[test]
fn an_unknown_key_a_foreign_token_and_another_partition_are_refused() {
    let sts = start();
    let session = session(&sts);
    let unknown = Keys { id: "AKIAUNKNOWN".into(), ..Keys::bob() };
    let without_token = Keys { token: None, ..session.clone() };
    let mixed = Keys { token: Some("other".into()), ..session.clone() };
    let long_term = Keys { token: session.token, ..Keys::bob() };
    let expected = (403, "InvalidClientTokenId", "The security token included in the request is invalid.");
    for keys in [unknown, without_token, mixed, long_term] {
        assert_eq!(call(&sts, &keys, "GetCallerIdentity", &[]).error(), expected);
    }
    let answer = call_region(&sts, &Keys::bob(), "GetCallerIdentity", &[], "cn-north-1");
    assert_eq!(answer.error(), expected);
}
