//! The help of each command: the same text for `-h`, `--help` and `help`, in 80 columns, with examples.

use support::Home;

#[test]
fn help_is_one_text_with_examples_and_fits_80_columns() {
    let home = Home::new();
    let definition = mfa_env::cli::command();
    let commands = definition.get_subcommands().map(|command| Some(command.get_name()));
    for command in commands.chain([None]) {
        let run = |before: Option<&str>, after: Option<&str>| {
            home.run([before, command, after].into_iter().flatten()).output()
        };
        let shown = run(None, Some("--help"));
        assert_eq!((shown.status, shown.stderr.as_str()), (0, ""), "{command:?}");
        assert_eq!(run(None, Some("-h")), shown, "{command:?}");
        assert_eq!(run(Some("help"), None), shown, "{command:?}");
        assert!(shown.stdout.contains("\n\nExamples:\n  "), "{}", shown.stdout);
        let wide: Vec<_> = shown.stdout.lines().filter(|line| line.chars().count() > 80).collect();
        assert_eq!(wide, [""; 0], "{command:?}");
    }
}
