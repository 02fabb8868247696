//! Checks any answer of STS, or of a server in its place: the result is a valid session, or an error that
//! contains no secret; never a panic.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;

use jiff::{SignedDuration, Timestamp};
use mfa_env::aws::DurationSeconds;
use mfa_env::aws::{AccessKeyId, LongTermKeys, Region, Secret, SerialNumber, Session, TokenCode};
use mfa_env::sts::{Endpoint, EndpointUrl, Mfa, RoleRequest, Signer, StsError};

/// A code that can't occur elsewhere in an answer.
const CODE: &str = "739184";

thread_local! {
    static STS: Sts = Sts::start();
}

/// The first byte selects the HTTP status, or says that the rest is the whole answer. The second selects the
/// call. `EXPIRATION` is replaced by the time in an hour, `CODE` by the code that was sent.
pub fn check(bytes: &[u8]) {
    let [status, call, body @ ..] = bytes else { return };
    let expiration =
        (Timestamp::now() + SignedDuration::from_hours(1)).strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let body = replaced(&replaced(body, b"EXPIRATION", expiration.as_bytes()), b"CODE", CODE.as_bytes());
    let status = match status {
        b'r' => None,
        status => Some([200, 400, 403, 500, 503, 302, 204, 999][usize::from(status % 8)]),
    };
    let answer = status.map_or_else(
        || body.clone(),
        |status| {
            let mut answer =
                format!("HTTP/1.1 {status} X\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", body.len())
                    .into_bytes();
            answer.extend_from_slice(&body);
            answer
        },
    );
    STS.with(|sts| sts.call(answer, *call));
}

fn replaced(bytes: &[u8], what: &[u8], with: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at..].starts_with(what) {
            out.extend_from_slice(with);
            at += what.len();
        } else {
            out.push(bytes[at]);
            at += 1;
        }
    }
    out
}

struct Sts {
    endpoint: Endpoint,
    answers: Sender<Vec<u8>>,
    keys: LongTermKeys,
    serial_number: SerialNumber,
    token_code: TokenCode,
}

impl Sts {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port of this machine");
        let url = format!("http://{}", listener.local_addr().expect("bound"));
        let (answers, to_send) = mpsc::channel();
        thread::spawn(move || serve(&listener, &to_send));
        let region = Region::new("us-east-1").expect("valid");
        let mut endpoint = Endpoint::of_region(region);
        endpoint.url = Some(EndpointUrl::new(&url).expect("loopback"));
        let keys = LongTermKeys {
            access_key_id: AccessKeyId::new("AKIAIOSFODNN7EXAMPLE").expect("valid"),
            secret_access_key: Secret::new("wJalrXUtnFEMI/K7MDENG".to_owned()).expect("valid"),
        };
        let serial_number = SerialNumber::new("arn:aws:iam::123456789012:mfa/bob").expect("valid");
        Self { endpoint, answers, keys, serial_number, token_code: TokenCode::new(CODE).expect("valid") }
    }

    fn call(&self, answer: Vec<u8>, call: u8) {
        self.answers.send(answer).expect("the server runs");
        let mfa = Mfa { serial_number: &self.serial_number, token_code: &self.token_code };
        let duration = DurationSeconds::new(3600).expect("valid");
        let signer = Signer::Keys(&self.keys);
        match call % 3 {
            0 => check_session(self.endpoint.get_session_token(&self.keys, mfa, duration)),
            1 => {
                let role = RoleRequest {
                    role_arn: "arn:aws:iam::123456789012:role/admin",
                    role_session_name: "bob",
                    external_id: None,
                    duration,
                };
                check_session(self.endpoint.assume_role(&signer, &role, Some(mfa)));
            }
            _ => match self.endpoint.get_caller_identity(&signer) {
                Ok(identity) => {
                    assert!(
                        identity.account().len() == 12 && !identity.to_string().contains(char::is_control)
                    );
                }
                // This call sends no code.
                Err(failure) => check_is_an_answer(&failure),
            },
        }
    }
}

fn check_session(result: Result<Session, StsError>) {
    match result {
        Err(failure) => check_failure(&failure),
        Ok(session) => {
            let id = session.access_key_id.as_str();
            assert!(
                (16..=128).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
            );
            for secret in [&session.secret_access_key, &session.session_token] {
                let is_in_form = |b: u8| b.is_ascii_alphanumeric() || b"+/=_-".contains(&b);
                assert!(!secret.expose().is_empty() && secret.expose().bytes().all(is_in_form));
            }
            let left = session.expiration.left(Timestamp::now());
            assert!(left > SignedDuration::from_mins(-1) && left <= SignedDuration::from_mins(36 * 60 + 15));
            assert_eq!(session.expiration.rfc3339().len(), "2026-11-22T22:00:00Z".len());
            if let Some(identity) = &session.identity {
                assert!(!identity.arn().contains(char::is_control));
            }
        }
    }
}

/// `Refused` contains no code. The other errors contain no text of the answer at all.
fn check_failure(failure: &StsError) {
    if let StsError::Refused { code, message, .. } = failure {
        assert!(!code.contains(CODE) && !message.contains(CODE), "the code is in `{code}`: {message}");
    }
    check_is_an_answer(failure);
}

fn check_is_an_answer(failure: &StsError) {
    assert!(
        !matches!(failure, StsError::Unreachable { cause, .. } if cause.starts_with("no answer within")),
        "it hangs"
    );
}

/// Reads a request, sends the next answer, and closes the connection.
fn serve(listener: &TcpListener, answers: &Receiver<Vec<u8>>) {
    while let Ok((mut stream, _)) = listener.accept() {
        let Ok(answer) = answers.recv() else { return };
        if read_request(&mut stream).is_some() {
            let _ = stream.write_all(&answer);
            let _ = stream.shutdown(std::net::Shutdown::Write);
            // Otherwise a client that is still sending gets a reset instead of the answer.
            let _ = stream.read(&mut [0; 64]);
        }
    }
}

fn read_request(stream: &mut TcpStream) -> Option<()> {
    let mut request = Vec::new();
    let mut buffer = [0; 8192];
    loop {
        let count = stream.read(&mut buffer).ok().filter(|count| *count > 0)?;
        request.extend_from_slice(&buffer[..count]);
        let Some(end) = request.windows(4).position(|window| window == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&request[..end]).to_ascii_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
        if request.len() >= end + 4 + length.unwrap_or(0) {
            return Some(());
        }
    }
}
