//! Who signed: keys, tokens, partitions, secrets, clocks, expiry; and what is no action at all.

use jiff::SignedDuration;

use crate::client::{Client, Keys, session, start};

#[test]
fn refuses_an_unknown_key_another_sessions_token_and_another_partition() {
    let sts = start();
    let mut client = Client::new(&sts);
    let session = session(&client, "123456");
    let unknown = Keys { id: "AKIAUNKNOWN".into(), ..Keys::bob() };
    let tokenless = Keys { token: None, ..session.clone() };
    let mixed = Keys { token: Some("other".into()), ..session.clone() };
    let long_term = Keys { token: session.token, ..Keys::bob() };
    let message = "The security token included in the request is invalid.";
    let expected = (403, "InvalidClientTokenId", message);
    for keys in [unknown, tokenless, mixed, long_term] {
        assert_eq!(client.call(&keys, "GetCallerIdentity", &[]).error(), expected);
    }
    client.region = "cn-north-1";
    let answer = client.call(&Keys::bob(), "GetCallerIdentity", &[]);
    assert_eq!(answer.error(), expected);
}

#[test]
fn refuses_a_wrong_secret() {
    let sts = start();
    let keys = Keys { secret: "wrong".into(), ..Keys::bob() };
    let answer = Client::new(&sts).call(&keys, "GetCallerIdentity", &[]);
    let message = "The request signature we calculated does not match the signature you provided. \
                   Check your AWS Secret Access Key and signing method. Consult the service \
                   documentation for details.";
    assert_eq!(answer.error(), (403, "SignatureDoesNotMatch", message));
}

#[test]
fn refuses_a_clock_that_is_off_either_way() {
    let sts = start();
    let client = Client::new(&sts);
    for (minutes, start, end) in
        [(16, "Signature expired: ", " - 15 min.)"), (-16, "Signature not yet current: ", " + 15 min.)")]
    {
        sts.set_clock_offset(SignedDuration::from_mins(minutes));
        let answer = client.call(&Keys::bob(), "GetCallerIdentity", &[]);
        let (status, code, message) = answer.error();
        assert_eq!((status, code), (403, "SignatureDoesNotMatch"));
        assert!(message.starts_with(start) && message.ends_with(end), "{message}");
    }
    sts.set_clock_offset(SignedDuration::from_mins(14));
    assert_eq!(client.call(&Keys::bob(), "GetCallerIdentity", &[]).status, 200);
}

#[test]
fn refuses_an_expired_session() {
    let sts = start();
    let client = Client::new(&sts);
    let keys = session(&client, "123456");
    sts.expire_sessions();
    let answer = client.call(&keys, "GetCallerIdentity", &[]);
    let message = "The security token included in the request is expired";
    assert_eq!(answer.error(), (403, "ExpiredToken", message));
}

#[test]
fn refuses_an_unknown_action() {
    let sts = start();
    let answer = Client::new(&sts).call(&Keys::bob(), "GetNothing", &[]);
    let message = "Could not find operation GetNothing for version 2011-06-15";
    assert_eq!(answer.error(), (400, "InvalidAction", message));
}
