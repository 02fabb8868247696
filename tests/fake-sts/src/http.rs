//! HTTP/1.1 on any stream: reads one request at a time, turns an answer into bytes. Reads only bodies with
//! Content-Length; closes the connection at a chunked request.

use std::io::{self, Read};

use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimePrinter;

use crate::answer::Answer;

/// Closes the connection if the headers are longer.
const MAX_HEAD: usize = 64 * 1024;
/// Closes the connection if the body is longer.
const MAX_BODY: usize = 1024 * 1024;

pub(crate) struct Request {
    pub method: String,
    /// Path and query, as sent.
    pub target: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    pub keep_alive: bool,
}

impl Request {
    /// The first header with that name, in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(header, _)| header.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }
}

/// The bytes that were read but not returned yet.
#[derive(Default)]
pub(crate) struct RequestReader {
    buffer: Vec<u8>,
}

impl RequestReader {
    /// The next request, or `None` if the client has closed the connection.
    ///
    /// # Errors
    /// `InvalidData` for an invalid request, `UnexpectedEof` for half of one, and the stream's errors.
    pub fn next(&mut self, stream: &mut impl Read) -> io::Result<Option<Request>> {
        let (mut request, head_length, body_length) = loop {
            if let Some(parsed) = parse_head(&self.buffer)? {
                break parsed;
            }
            if self.buffer.len() > MAX_HEAD {
                return Err(invalid("header block too long"));
            }
            if !self.fill(stream)? {
                return match self.buffer.is_empty() {
                    true => Ok(None),
                    false => Err(io::ErrorKind::UnexpectedEof.into()),
                };
            }
        };
        let end = head_length + body_length;
        while self.buffer.len() < end {
            if !self.fill(stream)? {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        request.body = self.buffer[head_length..end].to_vec();
        self.buffer.drain(..end);
        Ok(Some(request))
    }

    /// False at the end of the stream.
    fn fill(&mut self, stream: &mut impl Read) -> io::Result<bool> {
        let mut chunk = [0; 8 * 1024];
        let read = stream.read(&mut chunk)?;
        self.buffer.extend_from_slice(&chunk[..read]);
        Ok(read > 0)
    }
}

/// The whole answer, for one write.
pub(crate) fn to_bytes(answer: &Answer, now: Timestamp, request_id: &str, keep_alive: bool) -> Vec<u8> {
    let date = DateTimePrinter::new()
        .timestamp_to_rfc9110_string(&now)
        .expect("the clock is within the years that HTTP can write");
    let location = match &answer.location {
        Some(location) => format!("Location: {location}\r\n"),
        None => String::new(),
    };
    format!(
        "HTTP/1.1 {} {}\r\nx-amzn-RequestId: {request_id}\r\nContent-Type: {}\r\nContent-Length: \
         {}\r\nDate: {date}\r\n{location}Connection: {}\r\n\r\n{}",
        answer.status,
        reason(answer.status),
        answer.content_type,
        answer.body.len(),
        if keep_alive { "keep-alive" } else { "close" },
        answer.body
    )
    .into_bytes()
}

/// The request without its body, and the lengths of head and body; `None` while it is incomplete.
fn parse_head(buffer: &[u8]) -> io::Result<Option<(Request, usize, usize)>> {
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut parsed = httparse::Request::new(&mut headers);
    let head_length = match parsed.parse(buffer) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(error) => return Err(invalid(error.to_string())),
    };
    let mut request = Request {
        method: parsed.method.unwrap_or_default().to_owned(),
        target: parsed.path.unwrap_or_default().to_owned(),
        headers: Vec::with_capacity(parsed.headers.len()),
        body: Vec::new(),
        keep_alive: parsed.version == Some(1),
    };
    for header in parsed.headers.iter() {
        let value = String::from_utf8_lossy(header.value).into_owned();
        request.headers.push((header.name.to_owned(), value));
    }
    if request.header("transfer-encoding").is_some() {
        return Err(invalid("chunked requests are not supported"));
    }
    if let Some(connection) = request.header("connection") {
        request.keep_alive = match connection.to_ascii_lowercase().as_str() {
            "close" => false,
            "keep-alive" => true,
            _ => request.keep_alive,
        };
    }
    let body_length = match request.header("content-length") {
        None => 0,
        Some(length) => match length.trim().parse() {
            Ok(length) if length <= MAX_BODY => length,
            _ => return Err(invalid("bad Content-Length")),
        },
    };
    Ok(Some((request, head_length, body_length)))
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        307 => "Temporary Redirect",
        400 => "Bad Request",
        403 => "Forbidden",
        500 => "Internal Server Error",
        503 => "Service Unavailable",
        _ => "Scripted",
    }
}

fn invalid(message: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, message.into())
}
