//! Computes the address of an endpoint by the SDK's rules. Sends no request.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use aws_sdk_sts::config::endpoint::{DefaultResolver, Params, ResolveEndpoint};

use super::Endpoint;

impl Endpoint {
    /// The URL that we call, without the query of a configured one. `None` if the SDK knows none for the
    /// region.
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
        // The resolver never waits, so one poll is enough.
        match resolved.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(endpoint) => endpoint.ok().map(|endpoint| endpoint.url().to_owned()),
            Poll::Pending => None,
        }
    }

    /// Whether it is on this machine, which no proxy serves.
    pub(super) fn is_loopback(&self) -> bool {
        self.url.as_ref().is_some_and(|url| url.is_loopback)
    }

    /// Whether calls are unencrypted, which is allowed only to this machine.
    pub fn is_unencrypted(&self) -> bool {
        self.url.as_ref().is_some_and(|url| url.is_http)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::Region;
    use crate::sts::EndpointUrl;

    fn endpoint(region: &str, use_fips: bool, use_dual_stack: bool) -> Endpoint {
        let endpoint = Endpoint::of_region(Region::new(region).expect("valid"));
        Endpoint { use_fips, use_dual_stack, ..endpoint }
    }

    #[test]
    fn a_region_has_the_address_that_the_sdk_gives_it() {
        for (region, use_fips, use_dual_stack, address) in [
            ("us-east-1", false, false, "https://sts.us-east-1.amazonaws.com"),
            ("eu-west-1", false, false, "https://sts.eu-west-1.amazonaws.com"),
            ("cn-north-1", false, false, "https://sts.cn-north-1.amazonaws.com.cn"),
            ("us-east-1", true, false, "https://sts-fips.us-east-1.amazonaws.com"),
            ("eu-west-1", false, true, "https://sts.eu-west-1.api.aws"),
        ] {
            assert_eq!(endpoint(region, use_fips, use_dual_stack).address().as_deref(), Some(address));
        }
    }

    #[test]
    fn a_configured_url_is_the_address_without_its_query() {
        let mut endpoint = endpoint("us-east-1", true, false);
        endpoint.url = Some(EndpointUrl::new("https://sts.example.com:8443/x?token=secret").expect("https"));
        assert_eq!(endpoint.address().as_deref(), Some("https://sts.example.com:8443/x"));
        assert!(!endpoint.is_unencrypted());
    }
}
