//! Whether calls go through a proxy, by the rules of the client that makes them. Calls nobody.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use aws_sdk_sts::config::endpoint::{DefaultResolver, Params, ResolveEndpoint};
use http::Uri;
use hyper_util::client::proxy::matcher::Matcher;

use super::Endpoint;

/// How calls to STS leave this machine.
#[derive(Debug, PartialEq, Eq)]
pub enum Route {
    /// The proxy's address, without a user's name and password.
    Through { proxy: String },
    /// The environment has a proxy, and they go past it: to this machine, or as NO_PROXY has it.
    Past { variable: &'static str, why: &'static str },
    /// What the environment has is no URL of a proxy, and is ignored.
    Unusable { variable: &'static str },
    /// No proxy.
    Direct,
}

impl Endpoint {
    /// `is_set` tells whether a variable is there and not empty.
    pub fn route(&self, is_set: &dyn Fn(&str) -> bool) -> Route {
        let Some(variable) = VARIABLES.into_iter().find(|name| is_set(name)) else { return Route::Direct };
        if self.url.as_ref().is_some_and(|url| url.is_loopback) {
            return Route::Past { variable, why: "STS is on this machine" };
        }
        let through = |uri: Uri| Matcher::from_env().intercept(&uri).map(|found| without_user(found.uri()));
        if let Some(proxy) = self.address().and_then(through) {
            return Route::Through { proxy };
        }
        let value = std::env::var(variable).unwrap_or_default();
        let is_proxy = Matcher::builder().https(value).build().intercept(&Uri::from_static("https://x"));
        match is_proxy {
            None => Route::Unusable { variable },
            Some(_) => Route::Past { variable, why: "NO_PROXY names its host" },
        }
    }

    /// Where the SDK sends calls.
    fn address(&self) -> Option<Uri> {
        let params = Params::builder().region(self.region.as_str());
        let params = match &self.url {
            Some(url) => params.endpoint(url.as_str()),
            None => params.use_fips(self.use_fips).use_dual_stack(self.use_dual_stack),
        };
        let (resolver, params) = (DefaultResolver::new(), params.build().ok()?);
        // Nothing in it waits: it is a table.
        let resolved = pin!(resolver.resolve_endpoint(&params));
        let Poll::Ready(endpoint) = resolved.poll(&mut Context::from_waker(Waker::noop())) else {
            return None;
        };
        endpoint.ok()?.url().parse().ok()
    }
}

/// In the order in which the client looks at them.
const VARIABLES: [&str; 4] = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];

fn without_user(proxy: &Uri) -> String {
    let authority = proxy.authority().map(http::uri::Authority::as_str).unwrap_or_default();
    let address = authority.rsplit_once('@').map_or(authority, |(_, address)| address);
    format!("{}://{address}", proxy.scheme_str().unwrap_or("http"))
}
