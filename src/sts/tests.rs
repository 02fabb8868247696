use super::*;
use crate::aws::Region;

fn endpoint_at(url: &str) -> Endpoint {
    let mut endpoint = Endpoint::of_region(Region::new("us-east-1").expect("valid"));
    endpoint.url = Some(EndpointUrl::new(url).expect("loopback"));
    endpoint
}

/// A login with a clock that jumps ahead when there is nothing to do; and how long it took.
fn log_in_by_paused_clock(endpoint: &Endpoint) -> (Result<Session, StsError>, Duration) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
    let http_client = http_client(endpoint).expect("no bundle");
    let connection = Connection::new(runtime.expect("the system has room for it"), http_client);
    let runtime = Arc::clone(&connection.runtime);
    *endpoint.lock_connection() = Some(connection);
    let now = || runtime.block_on(async { tokio::time::Instant::now() });
    let keys = LongTermKeys {
        access_key_id: AccessKeyId::new("AKIAIOSFODNN7EXAMPLE").expect("in form"),
        secret_access_key: Secret::new("secret".to_owned()).expect("in form"),
    };
    let serial_number = &SerialNumber::new("GAHT12345678").expect("in form");
    let token_code = &TokenCode::new("918273").expect("in form");
    let begun = now();
    let mfa = Mfa { serial_number, token_code };
    let result = endpoint.get_session_token(&keys, mfa, DurationSeconds::ROLE_DEFAULT);
    (result, now() - begun)
}

#[test]
fn a_call_is_waited_for_30_seconds_and_its_code_may_be_used_up() {
    let sts = fake_sts::FakeSts::builder().user(fake_sts::User::bob()).start();
    sts.script(fake_sts::Reply::NeverAnswer);
    let (result, took) = log_in_by_paused_clock(&endpoint_at(&sts.url()));
    let cause = "no answer within 30 seconds".to_owned();
    assert_eq!(result.err(), Some(StsError::Unreachable { cause, may_be_sent: true }));
    assert_eq!(took.as_secs(), 30);
}

#[test]
fn a_connection_is_waited_for_10_seconds_and_no_code_is_sent() {
    // The system accepts the connection, but nobody starts TLS.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("https://{}", listener.local_addr().expect("bound"));
    let (result, took) = log_in_by_paused_clock(&endpoint_at(&url));
    let cause = "no connection within 10 seconds".to_owned();
    assert_eq!(result.err(), Some(StsError::Unreachable { cause, may_be_sent: false }));
    assert_eq!(took.as_secs(), 10);
}

#[test]
fn a_connection_that_was_idle_for_long_carries_no_code() {
    let sts = fake_sts::FakeSts::builder().user(fake_sts::User::bob()).start();
    let endpoint = endpoint_at(&sts.url());
    let idle = |time: Duration| {
        let mut place = endpoint.lock_connection();
        let connection = place.as_mut().expect("a call was made");
        connection.used = connection.used.checked_sub(time).expect("the machine runs for longer");
    };
    endpoint.time().expect("an answer");
    idle(IDLE_LIMIT - Duration::from_secs(5));
    endpoint.time().expect("an answer");
    assert_eq!(sts.connections(), 1);
    idle(IDLE_LIMIT);
    endpoint.time().expect("an answer");
    assert_eq!(sts.connections(), 2);
}
