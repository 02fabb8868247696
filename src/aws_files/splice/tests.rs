use super::*;
use crate::aws_files::ini;

#[test]
fn a_text_that_differs_anywhere_else_is_found() {
    let (old, changes) = ("a\nb\nc\n", [(2..4, "B\n".to_owned()), (6..6, "d\n".to_owned())]);
    assert!(differs_only_by(&changes, old, "a\nB\nc\nd\n"));
    for new in ["a\nB\nc\n", "A\nB\nc\nd\n", "a\nB\nC\nd\n", "a\nb\nc\nd\n", "a\nB\nc\nd\ne", "", old] {
        assert!(!differs_only_by(&changes, old, new), "{new:?}");
    }
    let overlapping = [(0..4, "x".to_owned()), (2..6, "y".to_owned())];
    assert!(!differs_only_by(&overlapping, old, "xy"));
    let backwards = [(4..6, "y".to_owned()), (0..2, "x".to_owned())];
    assert!(!differs_only_by(&backwards, old, "xb\ny"));
}

#[test]
fn only_whole_lines_with_a_key_of_ours_may_go() {
    let text = "[a]\nk = v\n K=w\r\nl = k = v\nk";
    assert!(is_line_of(text, &(4..10), &["k"]));
    assert!(is_line_of(text, &(10..16), &["k"]));
    for range in [0..4, 4..9, 5..10, 4..16, 16..26, 26..27, 0..27] {
        assert!(!is_line_of(text, &range, &["k"]), "{range:?}");
    }
    let text = "[a]\nk = v\nl = w\n[b]\nk = x\n";
    let section = &ini::parse(text.as_bytes()).expect("well-formed")[0];
    for (range, may_go) in [(4..10, true), (4..9, false), (10..16, false), (20..26, false), (3..4, false)] {
        let mut splice = Splice::new(text.as_bytes(), Some(section));
        splice.changes.push((range.clone(), String::new()));
        let finished = splice.finish(Some(section), "", &[], &["k"]);
        assert_eq!(finished.is_ok(), may_go, "{range:?}: {finished:?}");
    }
}
