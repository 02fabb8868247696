//! Where STS is, and how to reach it. Sends no request.

use std::future::Future;
use std::path::PathBuf;
use std::pin::pin;
use std::sync::Mutex;
use std::task::{Context, Poll, Waker};

use aws_sdk_sts::config::endpoint::{DefaultResolver, Params, ResolveEndpoint};
use http::Uri;

use super::Connection;
use crate::aws::Region;

/// A service of AWS, for messages.
#[derive(Clone, Copy)]
pub struct Service {
    pub name: &'static str,
    /// The variable that sets its address, as in AWS's tools.
    pub variable: &'static str,
}

impl Service {
    pub const STS: Self = Self { name: "STS", variable: "AWS_ENDPOINT_URL_STS" };
    pub const SIGN_IN: Self = Self { name: "the sign-in service", variable: "AWS_ENDPOINT_URL_SIGNIN" };
}

pub struct Endpoint {
    pub service: Service,
    /// Used instead of the region's own endpoint.
    pub url: Option<EndpointUrl>,
    pub region: Region,
    /// Whether to use the region's FIPS and dual-stack endpoints. Have no effect if there is a `url`.
    pub use_fips: bool,
    pub use_dual_stack: bool,
    /// A PEM file with the authorities to trust, instead of the system's.
    pub ca_bundle: Option<PathBuf>,
    /// Made by the first call and used again, so that a login needs one TLS handshake.
    pub(super) connection: Mutex<Option<Connection>>,
}

impl Endpoint {
    /// The STS of a region, with the system's certificates.
    pub fn of_region(region: Region) -> Self {
        Self {
            service: Service::STS,
            url: None,
            region,
            use_fips: false,
            use_dual_stack: false,
            ca_bundle: None,
            connection: Mutex::new(None),
        }
    }

    /// AWS's sign-in service, for links to the console.
    pub fn of_sign_in(region: Region, url: EndpointUrl) -> Self {
        Self { service: Service::SIGN_IN, url: Some(url), ..Self::of_region(region) }
    }

    /// The URL that we call, by the SDK's rules, without the query of a configured one. `None` if the SDK
    /// knows none for the region.
    pub fn address(&self) -> Option<String> {
        if let Some(url) = &self.url {
            return url.as_str().split(['?', '#']).next().map(str::to_owned);
        }
        let params = Params::builder()
            .region(self.region.as_str())
            .use_fips(self.use_fips)
            .use_dual_stack(self.use_dual_stack)
            .build()
            .ok()?;
        let resolver = DefaultResolver::new();
        let resolved = pin!(resolver.resolve_endpoint(&params));
        // The future never waits for anything, so one poll is enough.
        match resolved.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(endpoint) => endpoint.ok().map(|endpoint| endpoint.url().to_owned()),
            Poll::Pending => None,
        }
    }

    /// Whether calls are unencrypted, which is allowed only to this machine.
    pub fn is_unencrypted(&self) -> bool {
        self.url.as_ref().is_some_and(|url| url.is_http)
    }

    /// Whether it is on this machine. Calls to it never go through a proxy.
    pub(super) fn is_loopback(&self) -> bool {
        self.url.as_ref().is_some_and(|url| url.is_loopback)
    }
}

/// A URL with https, or with http to this machine, so that keys and codes are never sent in the clear.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndpointUrl {
    url: String,
    is_http: bool,
    is_loopback: bool,
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
