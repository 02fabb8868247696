//! A configured address of STS, checked before we send keys to it.

use http::Uri;

/// A URL with https, or with http to this machine, so that keys and codes are never sent in the clear.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndpointUrl {
    url: String,
    pub(super) is_http: bool,
    pub(super) is_loopback: bool,
}

impl EndpointUrl {
    /// # Errors
    /// If we must not use the URL: why.
    pub fn new(url: &str) -> Result<Self, &'static str> {
        let uri: Uri = url.parse().map_err(|_| "is not a URL")?;
        let host = uri.host().ok_or("has no host")?;
        if uri.authority().is_some_and(|authority| authority.as_str().contains('@')) {
            return Err("has a user name in it");
        }
        let address = host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
        let is_loopback = host == "localhost" || address.is_ok_and(|address| address.is_loopback());
        let is_http = match uri.scheme_str() {
            Some("https") => false,
            Some("http") if is_loopback => true,
            Some("http") => return Err("is http, which would send keys and codes in the clear"),
            _ => return Err("is neither https nor http to this machine"),
        };
        Ok(Self { url: url.to_owned(), is_http, is_loopback })
    }

    pub fn as_str(&self) -> &str {
        &self.url
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sends_nothing_in_the_clear_but_to_this_machine() {
        for good in [
            "https://sts.example.com",
            "https://10.0.0.1:8443/x",
            "http://127.0.0.1:4566",
            "http://[::1]:1",
            "http://localhost:1",
        ] {
            assert!(EndpointUrl::new(good).is_ok(), "{good}");
        }
        for bad in [
            "http://sts.example.com",
            "http://127.0.0.1.example.com",
            "http://127.0.0.1@example.com",
            "http://localhost@example.com/",
            "https://user@example.com",
            "ftp://127.0.0.1",
            "sts.amazonaws.com",
            "/path",
            "",
        ] {
            assert!(EndpointUrl::new(bad).is_err(), "{bad}");
        }
    }
}
