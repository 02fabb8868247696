//! One connection: reads requests, records them, and sends scripted or natural answers. Works on any `Read +
//! Write`, such as TLS.

use std::collections::HashMap;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::atomic::AtomicBool;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::actions::{Parameters, natural};
use crate::answer::{Answer, IssuedFields, StsError};
use crate::http::{Request, RequestReader, to_bytes};
use crate::issue::Issuer;
use crate::model::{Recorded, Reply};
use crate::sigv4::Authorization;
use crate::state::State;

/// Shared by all threads.
pub(crate) struct Shared {
    pub state: Mutex<State>,
    /// Notified when `State::stopping` is set.
    pub changed: Condvar,
    /// The acceptor's copy of `State::stopping`.
    pub refusing: AtomicBool,
    pub issuer: Issuer,
    /// The client's port of each connection, in the order in which they were accepted.
    pub accepted: Mutex<Vec<u16>>,
    /// The open connections, which are shut down at the end.
    pub streams: Mutex<HashMap<usize, TcpStream>>,
}

/// What to do with a request.
enum Outcome {
    Send(Answer),
    Endless { status: u16, is_chunked: bool },
    Silence,
    Close,
}

impl Shared {
    pub fn new(state: State, issuer: Issuer) -> Shared {
        Shared {
            state: Mutex::new(state),
            changed: Condvar::new(),
            refusing: AtomicBool::new(false),
            issuer,
            accepted: Mutex::default(),
            streams: Mutex::default(),
        }
    }

    /// Answers requests until either side closes the connection.
    ///
    /// # Errors
    /// The stream's errors, and requests that aren't HTTP.
    pub fn serve(&self, mut stream: impl Read + Write) -> io::Result<()> {
        let mut reader = RequestReader::default();
        while let Some(request) = reader.next(&mut stream)? {
            let request_id = self.issuer.request_id();
            let answer = match self.answer(&request, &request_id) {
                Outcome::Send(answer) => answer,
                Outcome::Close => break,
                Outcome::Endless { status, is_chunked } => return send_endless(stream, status, is_chunked),
                Outcome::Silence => {
                    while stream.read(&mut [0; 1024])? > 0 {}
                    break;
                }
            };
            let now = self.state().now();
            stream.write_all(&to_bytes(&answer, now, &request_id, request.keep_alive))?;
            stream.flush()?;
            if !request.keep_alive {
                break;
            }
        }
        Ok(())
    }

    fn answer(&self, request: &Request, request_id: &str) -> Outcome {
        let in_url = request.target.split_once('?').map_or("", |(_, query)| query);
        let query = if request.method == "GET" { in_url.as_bytes() } else { &request.body };
        let parameters: Parameters = form_urlencoded::parse(query).into_owned().collect();
        let mut state = self.state();
        let recorded = record(request, &parameters);
        let action = recorded.action.clone();
        state.requests.push(recorded);
        let script = match action.as_str() {
            "GetCallerIdentity" => &mut state.identity_script,
            _ => &mut state.script,
        };
        let answer = match script.pop_front() {
            None => None,
            Some(Reply::Held) => {
                let wait = self.changed.wait_while(state, |state| !state.stopping && !state.released);
                state = wait.unwrap_or_else(PoisonError::into_inner);
                None
            }
            Some(Reply::Endless { status, is_chunked }) => return Outcome::Endless { status, is_chunked },
            Some(Reply::NeverAnswer) => return Outcome::Silence,
            Some(Reply::Close) => return Outcome::Close,
            Some(Reply::Redirect(url)) => Some(Answer::redirect(url)),
            Some(Reply::Raw { status, content_type, body }) => Some(Answer::raw(status, content_type, body)),
            Some(Reply::Error { status, code, message }) => {
                Some(Answer::error(StsError::new(status, &code, message), request_id))
            }
            Some(Reply::Credentials { access_key_id, secret_access_key, session_token, expiration }) => {
                let issued = IssuedFields {
                    access_key_id: &access_key_id,
                    secret_access_key: &secret_access_key,
                    session_token: &session_token,
                    expiration: &expiration,
                };
                Some(Answer::result(&action, &issued.to_xml(), request_id))
            }
        };
        let answer = answer.unwrap_or_else(|| {
            natural(&mut state, &self.issuer, request, &parameters, request_id)
                .unwrap_or_else(|error| Answer::error(error, request_id))
        });
        Outcome::Send(answer)
    }

    /// Ignores poisoning: a panic elsewhere can't leave this state half changed.
    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn accepted(&self) -> MutexGuard<'_, Vec<u16>> {
        self.accepted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn streams(&self) -> MutexGuard<'_, HashMap<usize, TcpStream>> {
        self.streams.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Sends until the client closes the connection, and returns that error.
fn send_endless(mut stream: impl Write, status: u16, is_chunked: bool) -> io::Result<()> {
    let length = if is_chunked { "Transfer-Encoding: chunked" } else { "Content-Length: 99999999999" };
    write!(stream, "HTTP/1.1 {status} Endless\r\nContent-Type: text/xml\r\n{length}\r\n\r\n")?;
    let text = "x".repeat(0x1000);
    loop {
        if is_chunked {
            write!(stream, "1000\r\n{text}\r\n")?;
        } else {
            stream.write_all(text.as_bytes())?;
        }
    }
}

fn record(request: &Request, parameters: &Parameters) -> Recorded {
    let authorization = request.header("authorization").and_then(Authorization::parse);
    let (access_key_id, region) = match authorization {
        Some(parsed) => (Some(parsed.access_key_id), Some(parsed.scope.region)),
        None => (None, None),
    };
    Recorded {
        action: parameters.get("Action").cloned().unwrap_or_default(),
        parameters: parameters.clone(),
        access_key_id,
        region,
        has_session_token: request.header("x-amz-security-token").is_some(),
        host: request.header("host").map(String::from),
    }
}
