//! What is read differently in the lines below a section's name.

use super::{Difference, Rule, has_odd_space, is_identifier};
use crate::ini::{Property, Section};
use crate::profiles::FileKind;

/// `before`: the sections above it.
pub(super) fn of(
    section: &Section<'_>,
    before: &[Section<'_>],
    text: &str,
    file: FileKind,
) -> Vec<Difference> {
    let mut found = Vec::new();
    // To Python all of that name are one.
    let joined = before.iter().filter(|other| section.raw_name == "DEFAULT" && other.raw_name == "DEFAULT");
    let above: Vec<_> = joined.flat_map(|other| &other.properties).collect();
    let is_of_services = file == FileKind::Config && section.name.starts_with("services");
    for (index, property) in section.properties.iter().enumerate() {
        let key = &property.key;
        let mut earlier = above.iter().copied().chain(&section.properties[..index]);
        if let Some(first) = earlier.find(|other| other.key == *key) {
            found.push(Difference {
                line: property.line,
                rule: Rule::DuplicateKey,
                what: format!(
                    "`{key}` is in `[{}]` already in line {}: botocore (the AWS CLI, boto3) can't read the whole file",
                    section.name, first.line
                ),
                remedy: "leave one of the two lines".to_owned(),
            });
        }
        of_first_line(section, property, &text[property.span.clone()], |rule, what, remedy| {
            found.push(Difference { line: property.line, rule, what, remedy });
        });
        if is_of_services && property.value.contains('=') {
            found.push(Difference {
                line: property.line,
                rule: Rule::NestedInLine,
                what: format!(
                    "a second `=` after `{key}`: the Rust SDK reads a key of its own there, botocore does not"
                ),
                remedy: "put what follows the first `=` on a line of its own, indented".to_owned(),
            });
        }
        found.extend(of_continuation(property));
    }
    found
}

fn of_first_line(
    section: &Section<'_>,
    property: &Property<'_>,
    line: &str,
    mut push: impl FnMut(Rule, String, String),
) {
    let key = &property.key;
    let has_comment = line.split_once('=').is_some_and(|(_, rest)| {
        rest.trim_end_matches(['\n', '\r']).trim_matches([' ', '\t']) != property.value
    });
    if has_comment {
        push(
            Rule::InlineComment,
            format!("the comment after the value of `{key}`: botocore takes it as a part of the value"),
            "put the comment on a line of its own".to_owned(),
        );
    }
    if has_odd_space(line) {
        push(
            Rule::OddSpace,
            format!(
                "`{key}` or its value has white space that is neither a space nor a tab: botocore removes it at both ends, and takes it for an indentation"
            ),
            "type the line anew".to_owned(),
        );
    }
    if !is_identifier(key) {
        push(
            Rule::OddKey,
            format!("the key `{key}`: the Rust and JavaScript SDKs leave it out"),
            "use letters, digits and _-/.%@:+ alone".to_owned(),
        );
    }
    if key.contains(':') {
        push(
            Rule::ColonInKey,
            format!("the colon in the key `{key}`: botocore takes it for the `=`"),
            "use another character".to_owned(),
        );
    }
    if key == "aws_security_token" {
        push(
            Rule::SecurityToken,
            format!(
                "`aws_security_token` in `[{}]`: botocore prefers it to `aws_session_token`, however old it is",
                section.name
            ),
            "delete this line".to_owned(),
        );
    }
}

fn of_continuation(property: &Property<'_>) -> Vec<Difference> {
    let mut found = Vec::new();
    let key = &property.key;
    if let Some((line, _)) = property.continuation.first().filter(|_| !property.value.is_empty()) {
        found.push(Difference {
            line: *line,
            rule: Rule::Continuation,
            what: format!("an indented line after `{key}`: some tools join it to the value, others take it for a line of its own"),
            remedy: "move it to the left margin".to_owned(),
        });
    }
    for (line, text) in &property.continuation {
        if text.starts_with(['#', ';']) {
            found.push(Difference {
                line: *line,
                rule: Rule::IndentedComment,
                what: format!(
                    "the indented comment below `{key}`: the Rust SDK takes it as a part of the value"
                ),
                remedy: "move it to the left margin".to_owned(),
            });
        }
        if has_odd_space(text) {
            found.push(Difference {
                line: *line,
                rule: Rule::OddSpace,
                what: format!("a line below `{key}` has white space that is neither a space nor a tab: botocore removes it at both ends"),
                remedy: "type the line anew".to_owned(),
            });
        }
    }
    found
}
