//! Describes the address that a profile calls, and the certificates that it trusts, for `-v` and `doctor`.

use crate::environment::Environment;
use crate::sts::Endpoint;

/// These replace the system's certificates: rustls-native-certs reads them, like OpenSSL.
const CERTIFICATE_VARIABLES: [&str; 2] = ["SSL_CERT_FILE", "SSL_CERT_DIR"];

/// The end of a sentence that starts with "profile prod".
pub fn calls(endpoint: &Endpoint, environment: &Environment) -> String {
    let address = endpoint.address().unwrap_or_else(|| format!("region {}", endpoint.region.as_str()));
    if endpoint.is_unencrypted() {
        return format!("calls {address} without TLS");
    }
    format!("calls {address} and trusts {}", trusted(endpoint, environment))
}

fn trusted(endpoint: &Endpoint, environment: &Environment) -> String {
    if let Some(path) = &endpoint.ca_bundle {
        let origin = if environment.is_set("AWS_CA_BUNDLE") { "AWS_CA_BUNDLE" } else { "`ca_bundle`" };
        return format!("the certificates in `{}` ({origin})", path.display());
    }
    let set = CERTIFICATE_VARIABLES.iter().filter_map(|name| Some((name, environment.get(name)?)));
    let places: Vec<_> = set.map(|(name, place)| format!("`{place}` ({name})")).collect();
    match &places[..] {
        [] => "the system's certificates".to_owned(),
        places => format!("the certificates in {}", places.join(" and ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::Region;
    use crate::sts::EndpointUrl;

    #[test]
    fn names_the_certificates_that_count() {
        let mut endpoint = Endpoint::of_region(Region::new("eu-west-1").expect("valid"));
        let trusted =
            |endpoint: &Endpoint, variables: &[(&str, &str)]| calls(endpoint, &Environment::of(variables));
        let calls = |what: &str| format!("calls https://sts.eu-west-1.amazonaws.com and trusts {what}");
        assert_eq!(trusted(&endpoint, &[]), calls("the system's certificates"));
        let (file, dir) = (("SSL_CERT_FILE", "/a.pem"), ("SSL_CERT_DIR", "/b:/c"));
        assert_eq!(trusted(&endpoint, &[file]), calls("the certificates in `/a.pem` (SSL_CERT_FILE)"));
        assert_eq!(
            trusted(&endpoint, &[file, dir]),
            calls("the certificates in `/a.pem` (SSL_CERT_FILE) and `/b:/c` (SSL_CERT_DIR)")
        );
        endpoint.ca_bundle = Some("/d.pem".into());
        assert_eq!(trusted(&endpoint, &[file]), calls("the certificates in `/d.pem` (`ca_bundle`)"));
        let variables = [file, ("AWS_CA_BUNDLE", "/d.pem")];
        assert_eq!(trusted(&endpoint, &variables), calls("the certificates in `/d.pem` (AWS_CA_BUNDLE)"));
        endpoint.url = Some(EndpointUrl::new("http://127.0.0.1:1").expect("loopback"));
        assert_eq!(trusted(&endpoint, &variables), "calls http://127.0.0.1:1 without TLS");
    }
}
