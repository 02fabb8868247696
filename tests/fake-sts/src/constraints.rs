//! Parameter limits of STS's API model, with the message texts that AWS's front end gives.
//! Values are echoed in the message, codes included: AWS does so, and clients must redact it.

use crate::answer::StsError;

/// Collects what is wrong with a call, as AWS reports all of it at once.
#[derive(Default)]
pub(crate) struct Constraints {
    failures: Vec<String>,
}

/// Length (in characters) and alphabet of a text parameter.
pub(crate) struct Text {
    pub member: &'static str,
    pub length: std::ops::RangeInclusive<usize>,
    /// As AWS prints it.
    pub pattern: &'static str,
    pub allowed: fn(char) -> bool,
}

pub(crate) const SERIAL_NUMBER: Text = Text {
    member: "serialNumber",
    length: 9..=256,
    pattern: r"[\w+=/:,.@-]*",
    allowed: |c| is_word(c) || "+=/:,.@-".contains(c),
};
pub(crate) const TOKEN_CODE: Text =
    Text { member: "tokenCode", length: 6..=6, pattern: r"[\d]*", allowed: |c| c.is_ascii_digit() };
pub(crate) const ROLE_SESSION_NAME: Text = Text {
    member: "roleSessionName",
    length: 2..=64,
    pattern: r"[\w+=,.@-]*",
    allowed: |c| is_word(c) || "+=,.@-".contains(c),
};
pub(crate) const EXTERNAL_ID: Text = Text {
    member: "externalId",
    length: 2..=1224,
    pattern: r"[\w+=,.@:\/-]*",
    allowed: |c| is_word(c) || "+=,.@:/-".contains(c),
};
pub(crate) const ROLE_ARN: Text = Text {
    member: "roleArn",
    length: 20..=2048,
    pattern: r"[\u0009\u000A\u000D\u0020-\u007E\u0085\u00A0-\uD7FF\uE000-\uFFFD\u10000-\u10FFFF]+",
    allowed: |c| matches!(c, '\t' | '\n' | '\r' | '\u{85}') || !c.is_control(),
};

impl Constraints {
    pub fn required(&mut self, value: Option<&str>, text: &Text) {
        match value {
            Some(_) => self.optional(value, text),
            None => self.fail("null", text.member, "Member must not be null"),
        }
    }

    pub fn optional(&mut self, value: Option<&str>, text: &Text) {
        let Some(value) = value else { return };
        let (quoted, length) = (format!("'{value}'"), value.chars().count());
        if !value.chars().all(text.allowed) {
            let rule = format!("Member must satisfy regular expression pattern: {}", text.pattern);
            self.fail(&quoted, text.member, &rule);
        }
        self.limits(length, &text.length, "length", &quoted, text.member);
    }

    /// The duration, or `default` where there is none.
    pub fn duration(
        &mut self,
        value: Option<&str>,
        limits: std::ops::RangeInclusive<u32>,
        default: u32,
    ) -> u32 {
        let Some(value) = value else { return default };
        let quoted = format!("'{value}'");
        match value.parse() {
            Ok(seconds) => {
                self.limits(seconds, &limits, "value", &quoted, "durationSeconds");
                seconds
            }
            Err(_) => {
                self.fail(&quoted, "durationSeconds", "Member must be an integer");
                default
            }
        }
    }

    /// # Errors
    /// ValidationError that lists everything found.
    pub fn check(self) -> Result<(), StsError> {
        let plural = match self.failures.len() {
            0 => return Ok(()),
            1 => "",
            _ => "s",
        };
        Err(StsError::validation(format!(
            "{} validation error{plural} detected: {}",
            self.failures.len(),
            self.failures.join("; ")
        )))
    }

    fn limits<T: PartialOrd + std::fmt::Display>(
        &mut self,
        actual: T,
        limits: &std::ops::RangeInclusive<T>,
        what: &str,
        quoted: &str,
        member: &str,
    ) {
        if actual < *limits.start() {
            let least = limits.start();
            let rule = format!("Member must have {what} greater than or equal to {least}");
            self.fail(quoted, member, &rule);
        }
        if actual > *limits.end() {
            let most = limits.end();
            let rule = format!("Member must have {what} less than or equal to {most}");
            self.fail(quoted, member, &rule);
        }
    }

    fn fail(&mut self, value: &str, member: &str, rule: &str) {
        self.failures.push(format!("Value {value} at '{member}' failed to satisfy constraint: {rule}"));
    }
}

/// `\w` of the API model: ASCII only.
fn is_word(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_'
}
