use super::*;

fn pairs(text: &str) -> Vec<(String, String, String)> {
    let mut out = Vec::new();
    for section in parse(text.as_bytes()).expect("well-formed") {
        for property in section.properties() {
            out.push((section.name.to_owned(), property.key.to_string(), property.full_value().into_owned()));
        }
    }
    out
}

#[test]
fn reads_what_the_rust_sdk_reads() {
    let cases: &[(&str, &[(&str, &str, &str)])] = &[
        ("", &[]),
        ("# c\n; c\n\n[a]\nk=v", &[("a", "k", "v")]),
        ("[a]\r\nk = v \r\n", &[("a", "k", "v")]),
        ("[ a b ] # c\nk=v", &[("a b", "k", "v")]),
        ("[a]\nK = v # c\n", &[("a", "k", "v")]),
        ("[a]\nk = v#c ;d\n", &[("a", "k", "v#c")]),
        ("[a]\nk = \n", &[("a", "k", "")]),
        ("[a]\nk = v = w\n", &[("a", "k", "v = w")]),
        ("[a]\ns3 =\n  x = 1\n\ty=2\n", &[("a", "s3", "\nx = 1\ny=2")]),
        ("[a]\nk = v\n  more # kept\n", &[("a", "k", "v\nmore # kept")]),
        ("[a]\nk=1\n[b]\nk=2\n[a]\nk=3\n", &[("a", "k", "1"), ("b", "k", "2"), ("a", "k", "3")]),
    ];
    for (text, expected) in cases {
        let expected: Vec<_> =
            expected.iter().map(|(s, k, v)| (s.to_string(), k.to_string(), v.to_string())).collect();
        assert_eq!(pairs(text), expected, "{text:?}");
    }
}

#[test]
fn names_the_line_that_is_broken() {
    for (bytes, line) in [
        (&b"k = v\n"[..], 1),
        (b"[a]\n k = v\n", 2),
        (b"[a]\nk\n", 2),
        (b"[a]\nk: v\n", 2),
        (b"[a]\n= v\n", 2),
        (b"[a\n", 1),
        (b"[a] junk\n", 1),
        (b"[a]\ns3 =\n  junk\n", 3),
        (b"\xef\xbb\xbf[a]\n", 1),
        (b"[a]\n# \xe9\n", 2),
        (b"[a]\rk = v\r", 1),
        (b"[a]\n# x\rk = v\n", 2),
    ] {
        let broken = parse(bytes).err().expect("broken");
        assert_eq!(broken.line, line, "{bytes:?}: {broken}");
    }
}

#[test]
fn spans_cover_whole_lines() {
    let text = "[a]\r\nk = v\r\nl = w";
    let section = &parse(text.as_bytes()).expect("well-formed")[0];
    assert_eq!(&text[section.header.clone()], "[a]\r\n");
    let lines = section.properties().into_iter().map(|property| &text[property.span]);
    assert_eq!(lines.collect::<Vec<_>>(), ["k = v\r\n", "l = w"]);
}

#[test]
fn reads_a_nested_key() {
    let sections = parse(b"[services x]\nsts =\n  endpoint_url = http://127.0.0.1:1\n").expect("well-formed");
    let property = sections[0].get("sts").expect("there");
    assert_eq!(property.nested("endpoint_url"), Some("http://127.0.0.1:1"));
    assert_eq!(property.nested("other"), None);
    assert_eq!(property.nested("Endpoint_URL"), None);
    let sections = parse(b"[services x]\nsts = endpoint_url = v\n").expect("well-formed");
    let property = sections[0].get("sts").expect("there");
    assert_eq!(property.nested("endpoint_url"), Some("v"));
}
