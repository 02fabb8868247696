//! The HTTP client: trusted certificates, the proxy, whether a request was sent, and the limit on
//! answers. Makes no calls.

use std::path::Path;

use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_http_client::{Builder as HttpBuilder, Connector};
use aws_smithy_runtime_api::client::connection::CaptureSmithyConnection;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use http_body_util::Limited;

use super::{Endpoint, StsError};

/// In bytes of the body. STS's answers have 1 to 5 KB.
const LONGEST_ANSWER: usize = 64 * 1024;

pub(super) fn http_client(endpoint: &Endpoint) -> Result<SharedHttpClient, StsError> {
    if endpoint.is_unencrypted() {
        return Ok(watched(HttpBuilder::new().build_http()));
    }
    let (context, proxy) = tls_and_proxy(endpoint)?;
    Ok(watched(
        HttpBuilder::new()
            .build_with_connector_fn(move |settings, _| tls_connector(settings.cloned(), &context, &proxy)),
    ))
}

/// Connects like [`http_client`], for requests that don't go through the SDK. Has no time-out.
pub(super) fn connector(endpoint: &Endpoint) -> Result<impl HttpConnector, StsError> {
    let connector = if endpoint.is_unencrypted() {
        Connector::builder().build_http()
    } else {
        let (context, proxy) = tls_and_proxy(endpoint)?;
        tls_connector(None, &context, &proxy)
    };
    Ok(Watched(SharedHttpConnector::new(connector)))
}

fn tls_connector(
    settings: Option<HttpConnectorSettings>,
    context: &TlsContext,
    proxy: &ProxyConfig,
) -> Connector {
    let mut connector = Connector::builder();
    connector.set_connector_settings(settings);
    let tls = connector.proxy_config(proxy.clone()).tls_provider(Provider::Rustls(CryptoMode::Ring));
    tls.tls_context(context.clone()).build()
}

/// Takes the proxy from the environment, as AWS's clients do, but uses none for this machine.
fn tls_and_proxy(endpoint: &Endpoint) -> Result<(TlsContext, ProxyConfig), StsError> {
    let trust_store = match &endpoint.ca_bundle {
        None => {
            check_cert_file()?;
            TrustStore::default()
        }
        Some(path) => trust_store_of(path)?,
    };
    let context = TlsContext::builder().with_trust_store(trust_store).build();
    let context = context.map_err(|error| StsError::unsent(&error))?;
    let proxy = if endpoint.is_loopback() { ProxyConfig::disabled() } else { ProxyConfig::from_env() };
    Ok((context, proxy))
}

/// The variable that names a proxy. Its value may contain a password.
pub fn proxy_variable() -> Option<&'static str> {
    // In the order in which the SDK's client reads them.
    const VARIABLES: [&str; 4] = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
    VARIABLES.into_iter().find(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
}

fn watched(client: SharedHttpClient) -> SharedHttpClient {
    http_client_fn(move |settings, components| {
        SharedHttpConnector::new(Watched(client.http_connector(settings, components)))
    })
}

/// Limits the body of each answer, and adds to each error the connection that carried the request. An
/// error without a connection came before anything was sent: from the name look-up, the connection,
/// the proxy's tunnel or TLS.
#[derive(Debug)]
struct Watched(SharedHttpConnector);

impl HttpConnector for Watched {
    fn call(&self, mut request: HttpRequest) -> HttpConnectorFuture {
        let connection = CaptureSmithyConnection::new();
        request.add_extension(connection.clone());
        let answer = self.0.call(request);
        HttpConnectorFuture::new(async move {
            match (answer.await, connection.get()) {
                (Ok(answer), _) => Ok(answer.map(limit)),
                (Err(error), Some(connection)) => Err(error.with_connection(connection)),
                (Err(error), None) => Err(error),
            }
        })
    }
}

fn limit(body: SdkBody) -> SdkBody {
    SdkBody::from_body_1_x(Limited::new(body, LONGEST_ANSWER))
}

/// Without this check, a wrong `SSL_CERT_FILE` would look like an unknown authority: the loader of the
/// system's certificates ignores the mistake, and loads none.
fn check_cert_file() -> Result<(), StsError> {
    let Some(path) = std::env::var_os("SSL_CERT_FILE") else { return Ok(()) };
    if path.is_empty() {
        return Err(StsError::CertFile { cause: "it is empty".to_owned() });
    }
    let opened = std::fs::metadata(&path).map_err(|error| StsError::CertFile { cause: error.to_string() });
    opened.map(drop)
}

/// Whether the system has no certificates. Slow, since it reads them all: call it only after an error.
pub(super) fn system_trusts_nobody() -> bool {
    rustls_native_certs::load_native_certs().certs.is_empty()
}

/// Drops unusable certificates, which company bundles often contain: the SDK would panic at them.
fn trust_store_of(path: &Path) -> Result<TrustStore, StsError> {
    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject;

    let failed = |cause: String| StsError::CaBundle { path: path.to_owned(), cause };
    let pem = std::fs::read_to_string(path).map_err(|error| failed(error.to_string()))?;
    let mut store = TrustStore::empty();
    let mut found = 0;
    for certificate in pem.split_inclusive("-----END CERTIFICATE-----") {
        let Some(start) = certificate.find("-----BEGIN CERTIFICATE-----") else { continue };
        let certificate = &certificate[start..];
        let der = CertificateDer::from_pem_slice(certificate.as_bytes());
        if der.is_ok_and(|der| rustls::RootCertStore::empty().add(der).is_ok()) {
            store.add_pem_certificate(certificate.as_bytes());
            found += 1;
        }
    }
    if found == 0 { Err(failed("there is no usable certificate in it".to_owned())) } else { Ok(store) }
}
