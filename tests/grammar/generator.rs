//! Generates files with every construct that AWS's tools read differently, in all combinations. A number
//! always gives the same files.

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::readers::Files;

/// Files that can be simplified.
pub struct Generated {
    tree: Box<dyn ValueTree<Value = Files>>,
}

/// Generates the files for a number.
pub struct Generator {
    strategy: BoxedStrategy<Files>,
}

impl Generator {
    pub fn new() -> Self {
        let config = file(config_header().boxed());
        let credentials = file(credentials_header().boxed());
        let strategy = (config, credentials).prop_map(|(config, credentials)| Files { config, credentials });
        Self { strategy: strategy.boxed() }
    }

    pub fn files(&self, number: u64) -> Generated {
        let mut seed = [0; 32];
        seed[..8].copy_from_slice(&number.to_le_bytes());
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &seed);
        let mut runner = TestRunner::new_with_rng(Config::default(), rng);
        Generated { tree: Box::new(self.strategy.new_tree(&mut runner).expect("no filter")) }
    }
}

impl Generated {
    pub fn current(&self) -> Files {
        self.tree.current()
    }

    /// The simplest files for which `fails` is still true.
    pub fn simplest(mut self, mut fails: impl FnMut(&Files) -> bool) -> Files {
        let mut simplest = self.tree.current();
        let mut goes_on = self.tree.simplify();
        while goes_on {
            let current = self.tree.current();
            goes_on = if fails(&current) {
                simplest = current;
                self.tree.simplify()
            } else {
                self.tree.complicate()
            };
        }
        simplest
    }
}

fn file(header: BoxedStrategy<String>) -> impl Strategy<Value = Vec<u8>> {
    let section = (header, prop::collection::vec(below_a_header(), 0..5));
    let section = section.prop_map(|(header, lines)| format!("{header}\n{}", lines.concat()));
    let sections = prop::collection::vec(section, 0..4).prop_map(|sections| sections.concat());
    let start = prop_oneof![
        40 => Just(""), 4 => Just("# a comment\n"), 2 => Just("\n"), 1 => Just("k = v\n"), 1 => Just(" k = v\n"),
        1 => Just("\u{feff}")
    ];
    let ending = prop_oneof![60 => Just("\n"), 20 => Just("\r\n"), 1 => Just("\r")];
    let oddity = prop_oneof![
        60 => Just(None),
        1 => Just(Some(b"\xe9".as_slice())),
        1 => Just(Some(b"\r".as_slice())),
        1 => Just(Some(b"\0".as_slice())),
    ];
    (start, sections, ending, any::<bool>(), oddity, any::<prop::sample::Index>()).prop_map(
        |(start, sections, ending, is_complete, oddity, place)| {
            let mut text = format!("{start}{sections}").replace('\n', ending);
            if !is_complete {
                text.truncate(text.trim_end_matches(['\n', '\r']).len());
            }
            let mut bytes = text.into_bytes();
            if let Some(oddity) = oddity {
                let at = place.index(bytes.len() + 1);
                bytes.splice(at..at, oddity.iter().copied());
            }
            bytes
        },
    )
}

fn name() -> impl Strategy<Value = &'static str> {
    prop_oneof![
        18 => Just("default"), 60 => prop::sample::select(vec!["a", "b", "c", "prod", "team/prod", "x.y@z+1:%", "A", "0", "-", "d", "e"]),
        1 => Just("b-long-term"),
        1 => Just("default-long-term"),
        1 => Just("ü"),
        1 => Just("DEFAULT"),
        1 => Just("Default"),
        1 => Just("profile"),
        1 => Just("a b"),
        1 => Just("a  b"),
        1 => Just("it's"),
        1 => Just("a#b"),
    ]
}

fn config_header() -> impl Strategy<Value = String> {
    let prefixed = prop_oneof![
        24 => Just("profile N"), 4 => Just("N"), 3 => Just("profile \"N\""), 1 => Just("profile 'N'"),
        1 => Just("profile  N"), 1 => Just("profile\tN"), 1 => Just("profile N\\ x"), 1 => Just("profile \"N"),
        1 => Just("profile N\"x y\""), 1 => Just("profile \"N\\x\""), 1 => Just("profiles N"), 1 => Just("Profile N"),
        1 => Just("profileN"), 2 => Just("services N"), 1 => Just("services \"N\""), 1 => Just("servicesx N"),
        1 => Just("sso-session N"), 1 => Just("preview"), 1 => Just("profile \u{a0}N"), 1 => Just("profile \"\""),
        1 => Just("profile"),
    ];
    (prefixed, name(), brackets()).prop_map(|(form, name, brackets)| {
        brackets
            .replace('N', &form.replace('N', if name == "DEFAULT" && form == "N" { "DEFAULT" } else { name }))
    })
}

fn credentials_header() -> impl Strategy<Value = String> {
    let form = prop_oneof![
        30 => Just("N"), 1 => Just("profile N"), 1 => Just("profile\tN"), 1 => Just("\"N\""), 1 => Just("N x"),
        1 => Just("sso-session N"), 1 => Just("N\u{a0}"), 1 => Just(" \u{2003}N")
    ];
    (form, name(), brackets())
        .prop_map(|(form, name, brackets)| brackets.replace('N', &form.replace('N', name)))
}

/// A header; `N` stands for the name.
fn brackets() -> impl Strategy<Value = &'static str> {
    prop_oneof![
        160 => Just("[N]"), 3 => Just("[ N ]"), 1 => Just("[N ]"), 1 => Just("[\tN]"), 2 => Just("[N] # c"), 1 => Just("[N];c"),
        1 => Just("[N]  \t"), 1 => Just("[N] # c]"), 1 => Just("[N] # [c"), 1 => Just("[N]]"), 1 => Just("[[N]"),
        1 => Just("[]"), 1 => Just("[ ]"), 1 => Just("[N"), 1 => Just("[N] junk"), 1 => Just(" [N]"), 1 => Just("[N]\u{a0}"),
        1 => Just("[N] \u{a0}# c")
    ]
}

/// A property with its continuation lines, a comment, or a blank line.
fn below_a_header() -> impl Strategy<Value = String> {
    let nested = prop_oneof![
        4 => Just("  x = 1\n"), 2 => Just("\tendpoint_url = http://e\n"), 1 => Just("  ENDPOINT_URL = http://E\n"),
        2 => Just("    y=2 # c\n"), 1 => Just("  # c = d\n"), 1 => Just("  # c\n"), 1 => Just("  in valid = 1\n"),
        1 => Just("  x =\n"), 1 => Just("  = 1\n"), 1 => Just("\n"), 1 => Just(" \t\n"), 1 => Just("# c\n"), 1 => Just("  more\n"),
        1 => Just(" \u{a0}x = 3\n"), 1 => Just("  k: v\n"), 1 => Just("  é = ü\n")
    ];
    let continued = prop_oneof![
        2 => Just("  more\n"), 1 => Just("  x = 1 # c\n"), 1 => Just("\t; c\n"), 1 => Just("  [x]\n"), 1 => Just("\n"),
        1 => Just("   \n"), 1 => Just("# c\n"), 1 => Just(" \u{3000}wide\n")
    ];
    prop_oneof![
        150 => (key(), separator(), value()).prop_map(|(key, separator, value)| format!("{key}{separator}{value}\n")),
        8 => (prop::sample::select(vec!["s3 =\n", "sts =\n", "sts=\n", "sts = endpoint_url = http://i\n", "dynamodb = # c\n", "emr = \u{a0}\n"]), prop::collection::vec(nested, 0..4))
            .prop_map(|(first, lines)| format!("{first}{}", lines.concat())),
        3 => (key(), separator(), value(), prop::collection::vec(continued, 1..3))
            .prop_map(|(key, separator, value, lines)| format!("{key}{separator}{value}\n{}", lines.concat())),
        20 => Just("# comment\n".to_owned()),
        2 => Just("; k = v\n".to_owned()),
        1 => Just("#\n".to_owned()),
        20 => Just("\n".to_owned()),
        2 => Just(" \t\n".to_owned()),
        1 => prop::sample::select(vec![
            "junk\n", "= v\n", ": v\n", ": v = w\n", "  k = v\n", "\u{c}\n", "\u{a0}k = v\n", "\u{1f}k = v\n", "\u{a0}\n", "\u{85}\n", "k # = v\n",
            "\u{a0}# c = d\n", "k = v\\\n", "\u{2028}k = v\n", "[", "endpoint_url = http://x\n", "services = a\n",
        ]).prop_map(str::to_owned),
    ]
}

fn key() -> impl Strategy<Value = &'static str> {
    prop_oneof![
        40 => prop::sample::select(vec![
            "region", "output", "aws_access_key_id", "aws_secret_access_key", "aws_session_token", "mfa_serial",
            "role_arn", "source_profile", "external_id", "k", "l", "m", "n", "key.x", "a/b", "__mfa__", "cli_pager",
        ]),
        1 => Just("Region"), 1 => Just("AWS_ACCESS_KEY_ID"), 1 => Just("aws_security_token"), 1 => Just("__profile__"),
        1 => Just("expiration"), 1 => Just("in valid"), 1 => Just("É"), 1 => Just("é"), 1 => Just("\u{212a}"), 1 => Just("k:x"),
        1 => Just("k: x"), 1 => Just("aws_session_token: x"), 1 => Just("k\u{a0}"), 1 => Just("k#"), 1 => Just("\"k\""),
    ]
}

fn separator() -> impl Strategy<Value = &'static str> {
    prop_oneof![150 => Just(" = "), 50 => Just("="), 8 => Just(" ="), 8 => Just("= "), 8 => Just("\t=\t"), 1 => Just(" == "), 1 => Just(": "), 1 => Just(" ")]
}

fn value() -> impl Strategy<Value = &'static str> {
    prop_oneof![
        40 => prop::sample::select(vec![
            "v", "us-east-1", "AKIAIOSFODNN7EXAMPLE", "ASIAIOSFODNN7EXAMPLE", "wJalr/K7+bPx=", "json", "a = b", "a:b", "v#c",
            "arn:aws:iam::123456789012:mfa/bob", "%(k)s", "$HOME", "\"v\"", "v;w", "[x]", "v\\",
        ]),
        2 => Just(""), 1 => Just("v  "), 2 => Just("v # c"), 1 => Just("v\t; c"), 1 => Just("# c"), 1 => Just("v # v"), 1 => Just("ünï 🙂"),
        1 => Just("v\u{a0}"), 1 => Just("\u{a0}v"), 1 => Just("v\u{a0}# c"), 1 => Just("v\u{2028}w"), 1 => Just("v\u{1f}"), 1 => Just("v\u{c}w"),
    ]
}
