//! Makes values that look like AWS's and never repeat, from a counter and the start time. Only for tests:
//! they are predictable.

use std::sync::atomic::{AtomicU64, Ordering};

use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use sha2::Sha256;

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

pub(crate) struct Issuer {
    seed: [u8; 32],
    counter: AtomicU64,
}

impl Issuer {
    /// `salt` distinguishes two servers that start in the same nanosecond.
    pub fn new(started: Timestamp, salt: u16) -> Issuer {
        let start = format!("{} {} {salt}", started.as_nanosecond(), std::process::id());
        Issuer { seed: hmac_sha256(b"fake-sts", start.as_bytes()), counter: AtomicU64::new(0) }
    }

    /// `ASIA` and 16 characters of A–Z and 2–7.
    pub fn access_key_id(&self) -> String {
        format!("ASIA{}", self.fresh("access key id", 16, &BASE32))
    }

    /// 40 characters.
    pub fn secret_access_key(&self) -> String {
        self.fresh("secret access key", 40, BASE64)
    }

    /// 356 characters.
    pub fn session_token(&self) -> String {
        self.fresh("session token", 356, BASE64)
    }

    /// In the form of a UUID.
    pub fn request_id(&self) -> String {
        let hex = self.fresh("request id", 32, b"0123456789abcdef");
        let parts = [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]];
        parts.join("-")
    }

    /// The unique id of `name`: always the same.
    pub fn unique_id(&self, prefix: &str, name: &str) -> String {
        format!("{prefix}{}", self.stream(name, 17, &BASE32))
    }

    fn fresh(&self, label: &str, length: usize, alphabet: &[u8]) -> String {
        let count = self.counter.fetch_add(1, Ordering::Relaxed);
        self.stream(&format!("{label} {count}"), length, alphabet)
    }

    /// The size of `alphabet` must be a power of two, so that all characters are equally likely.
    fn stream(&self, label: &str, length: usize, alphabet: &[u8]) -> String {
        (0_u32..)
            .flat_map(|block| hmac_sha256(&self.seed, format!("{block} {label}").as_bytes()))
            .take(length)
            .map(|byte| char::from(alphabet[usize::from(byte) % alphabet.len()]))
            .collect()
    }
}

const BASE32: [u8; 32] = *b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

pub(crate) fn hmac_sha256(key: &[u8], message: &[u8]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(message);
    mac.finalize().into_bytes().into()
}
