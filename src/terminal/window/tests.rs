use super::*;
use crate::aws::SerialNumber;

#[test]
fn a_long_or_hostile_name_does_not_hide_the_device_and_adds_no_command() {
    let serial_number = SerialNumber::new("arn:aws:iam::123456789012:mfa/bob").expect("in form");
    let device = "%0Aarn:aws:iam::123456789012:mfa/bob";
    for (name, shown) in
        [("50%\u{1b}\nBYE\u{202e}", "50%25??BYE?"), (&"é".repeat(500), &("é".repeat(80) + "…"))]
    {
        let question = Question {
            profile: name,
            serial_number: &serial_number,
            other: None,
            reason: None,
            deadline: None,
        };
        assert_eq!(description(&question), format!("MFA code for {shown}{device}"));
    }
}

#[test]
fn a_line_is_escaped_and_has_a_limit() {
    assert_eq!(escaped("a%b\nc\rd é"), "a%25b%0Ac%0Dd é");
    for long in ["%", "é", "x"] {
        let line = escaped(&long.repeat(2000));
        assert!((LONGEST_TEXT - 3..=LONGEST_TEXT).contains(&line.len()), "{}", line.len());
    }
    assert!(escaped(&"%".repeat(2000)).ends_with("%25"));
}
