//! A session with values that a test chooses, and the files with it in `[default]`.

use fake_sts::{FakeSts, Reply};
use jiff::{SignedDuration, Timestamp};
use support::{CANARY, Home, between};

/// A session that an STS will issue next.
pub struct Issued {
    pub access_key_id: String,
    pub secret_access_key: String,
    pub session_token: String,
    pub expiration: Timestamp,
}

impl Issued {
    /// A session of twelve hours; `letter` distinguishes it from others.
    pub fn by(sts: &FakeSts, letter: char) -> Issued {
        let at = Timestamp::now() + SignedDuration::from_hours(12);
        let issued = Issued {
            access_key_id: format!("ASIA{}", letter.to_string().repeat(16)),
            secret_access_key: format!("{CANARY}/secret/{letter}"),
            session_token: format!("{CANARY}/token/{letter}=="),
            expiration: Timestamp::from_second(at.as_second()).expect("soon"),
        };
        sts.script(Reply::Credentials {
            access_key_id: issued.access_key_id.clone(),
            secret_access_key: issued.secret_access_key.clone(),
            session_token: issued.session_token.clone(),
            expiration: issued.expiration(),
        });
        issued
    }

    /// RFC 3339.
    pub fn expiration(&self) -> String {
        self.expiration.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
    }

    /// The new lines of `[default]`, if the section had none of them.
    pub fn lines(&self, profile: &str, region: Option<&str>) -> String {
        let region = region.map(|region| format!("region = {region}\n")).unwrap_or_default();
        format!(
            "aws_access_key_id = {}\naws_secret_access_key = {}\naws_session_token = {}\nexpiration = {}\n\
             {region}__profile__ = {profile}\n__started__ = ~NOW~\n__expires__ = {}\n",
            self.access_key_id,
            self.secret_access_key,
            self.session_token,
            self.expiration(),
            self.expiration.strftime("%Y-%m-%d %H:%M:%S+00:00")
        )
    }
}

/// The credentials file, with `~NOW~` for the time at which the session started (UTC).
pub fn written(home: &Home) -> String {
    with_now(&home.read_credentials())
}

pub fn with_now(text: &str) -> String {
    let Some(value) = between(text, "__started__ = ", "\n") else { return text.to_owned() };
    let value = value.trim_end();
    let at = value.replacen(' ', "T", 1).parse::<Timestamp>();
    let at = at.unwrap_or_else(|error| panic!("`{value}` is no time of the old script's form: {error}"));
    let age = Timestamp::now().duration_since(at).as_secs();
    assert!((0..60).contains(&age), "started {age} seconds ago");
    text.replace(value, "~NOW~")
}
