//! A small STS client for these tests: signs with the crate's own SigV4, speaks plain HTTP.
//! Its signing is checked against AWS's published examples in `sigv4`.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

use fake_sts::sigv4::{Message, Scope, signature};
use fake_sts::{FakeSts, Role, User};
use jiff::{SignedDuration, Timestamp};

pub const BOBS_DEVICE: &str = "arn:aws:iam::123456789012:mfa/bob";
pub const ADMIN: &str = "arn:aws:iam::123456789012:role/admin";

pub const INVALID_CODE: &str = "MultiFactorAuthentication failed with invalid MFA one time pass code. ";
pub const UNKNOWN_DEVICE: &str = "MultiFactorAuthentication failed, unable to validate MFA code.  \
                                  Please verify your MFA serial number is valid and associated \
                                  with this user.";

/// Bob and the admin role.
pub fn start() -> FakeSts {
    FakeSts::builder().user(User::bob()).role(Role::admin()).start()
}

pub fn with_code(code: &str) -> [(&str, &str); 2] {
    [("SerialNumber", BOBS_DEVICE), ("TokenCode", code)]
}

pub fn session(client: &Client, code: &str) -> Keys {
    client.call(&Keys::bob(), "GetSessionToken", &with_code(code)).keys()
}

/// AssumeRole's parameters for the admin role, and these.
pub fn assume<'a>(more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    [&[("RoleArn", ADMIN), ("RoleSessionName", "me")], more].concat()
}

#[derive(Clone, Debug)]
pub struct Keys {
    pub id: String,
    pub secret: String,
    pub token: Option<String>,
}

impl Keys {
    pub fn of(user: &User) -> Keys {
        Keys { id: user.access_key_id.clone(), secret: user.secret_access_key.clone(), token: None }
    }

    pub fn bob() -> Keys {
        Keys::of(&User::bob())
    }
}

#[derive(Debug)]
pub struct Response {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Response {
    /// The text of the first such element, unescaped for markup only.
    pub fn element(&self, name: &str) -> &str {
        let (open, close) = (format!("<{name}>"), format!("</{name}>"));
        let start = self.body.find(&open).unwrap_or_else(|| panic!("no {name} in {self:?}"));
        let text = &self.body[start + open.len()..];
        &text[..text.find(&close).expect("elements are closed")]
    }

    /// Status, code, message.
    pub fn error(&self) -> (u16, &str, &str) {
        (self.status, self.element("Code"), self.element("Message"))
    }

    pub fn keys(&self) -> Keys {
        assert_eq!(self.status, 200, "{self:?}");
        Keys {
            id: self.element("AccessKeyId").into(),
            secret: self.element("SecretAccessKey").into(),
            token: Some(self.element("SessionToken").into()),
        }
    }
}

/// How a call is made; the rest is as an SDK would do it.
pub struct Client<'a> {
    pub sts: &'a FakeSts,
    pub region: &'a str,
    pub clock_offset: SignedDuration,
}

impl Client<'_> {
    pub fn new(sts: &FakeSts) -> Client<'_> {
        Client { sts, region: "us-east-1", clock_offset: SignedDuration::ZERO }
    }

    pub fn connect(&self) -> TcpStream {
        let address = self.sts.url();
        TcpStream::connect(address.strip_prefix("http://").unwrap()).unwrap()
    }

    pub fn call(&self, keys: &Keys, action: &str, parameters: &[(&str, &str)]) -> Response {
        let mut stream = self.connect();
        self.send(&mut stream, keys, action, parameters);
        receive(&mut stream).expect("an answer")
    }

    pub fn send(&self, stream: &mut TcpStream, keys: &Keys, action: &str, parameters: &[(&str, &str)]) {
        let body = form_urlencoded::Serializer::new(String::new())
            .extend_pairs([("Action", action), ("Version", fake_sts::API_VERSION)])
            .extend_pairs(parameters)
            .finish();
        let signed_at = Timestamp::now() + self.clock_offset;
        let amz_date = signed_at.strftime("%Y%m%dT%H%M%SZ").to_string();
        let host = self.sts.url().replace("http://", "");
        let mut headers = vec![("host".to_owned(), host), ("x-amz-date".to_owned(), amz_date.clone())];
        let mut signed_headers = "host;x-amz-date".to_owned();
        if let Some(token) = &keys.token {
            headers.push(("x-amz-security-token".into(), token.clone()));
            signed_headers.push_str(";x-amz-security-token");
        }
        let scope = Scope { date: amz_date[..8].into(), region: self.region.into(), service: "sts".into() };
        let message = Message { method: "POST", target: "/", headers: &headers, body: body.as_bytes() };
        let signature = signature(&keys.secret, &scope, &amz_date, &signed_headers, message);
        let mut request = String::from("POST / HTTP/1.1\r\n");
        for (name, value) in &headers {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        request.push_str(&format!(
            "Authorization: AWS4-HMAC-SHA256 Credential={}/{scope}, \
             SignedHeaders={signed_headers}, Signature={signature}\r\n\
             User-Agent: test\r\nContent-Length: {}\r\n\r\n{body}",
            keys.id,
            body.len()
        ));
        stream.write_all(request.as_bytes()).unwrap();
    }
}

/// The next answer, or `None` at the end of the stream.
pub fn receive(stream: &mut TcpStream) -> Option<Response> {
    let mut reader = BufReader::new(stream);
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let start = head.len();
        if reader.read_line(&mut head).unwrap_or(0) == 0 {
            return None;
        }
        let line = &head[start..];
        if let Some(value) = line.strip_prefix("Content-Length: ") {
            length = value.trim().parse().unwrap();
        }
        if line == "\r\n" {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    Some(Response { status: head[9..12].parse().unwrap(), body: String::from_utf8(body).unwrap(), head })
}
