//! The man pages in `man/`, made of the command line's own definition, and what a reader's terminal
//! makes of them and of the help.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use crate::harness::{Home, done};

/// What fits a terminal of 80 columns, less a page's indentation.
const HELP_WIDTH: usize = 80;
const PAGE_WIDTH: usize = 80 - 7;

/// When the words were last looked at; a page without a date is none to the checkers.
const DATE: &str = "2026-11-22";

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("man")
}

/// The definition without `help`, whose page nobody needs.
fn definition() -> clap::Command {
    let mut command = mfa_env::cli::command().disable_help_subcommand(true);
    // clap's own usage has two lines, of which a page would show one.
    command = command
        .override_usage("mfa-env [OPTIONS] [PROFILE] [-- CMD...]\nmfa-env COMMAND [OPTIONS]")
        .subcommand_help_heading("COMMANDS");
    command.build();
    command
}

/// Every page by the name of its file.
fn pages() -> BTreeMap<String, String> {
    let definition = definition();
    let version = definition.get_version().expect("it has one").to_owned();
    let mut pages: BTreeMap<_, _> = definition
        .get_subcommands()
        .map(|command| {
            let name = command.get_display_name().expect("it was built").to_owned();
            (format!("{name}.1"), page(command.clone(), &version, &["mfa-env".into(), "aws".into()]))
        })
        .collect();
    let others: Vec<_> = pages.keys().map(|file| file.trim_end_matches(".1").to_owned()).collect();
    pages.insert("mfa-env.1".to_owned(), page(definition, &version, &others));
    pages
}

/// Examples first: who opens a page has a question, not an evening.
fn page(command: clap::Command, version: &str, others: &[String]) -> String {
    let sections = sections(&command);
    let has_commands = command.has_subcommands();
    let title = command.get_display_name().unwrap_or(command.get_name()).to_uppercase();
    let man = Man::new(command).title(title).date(DATE);
    let man = man.source(format!("mfa-env {version}")).manual("mfa-env");
    let mut text = Vec::new();
    let written = "a Vec takes all that is written";
    man.render_title(&mut text).expect(written);
    man.render_name_section(&mut text).expect(written);
    man.render_synopsis_section(&mut text).expect(written);
    render(&sections, |heading| heading == "EXAMPLES", &mut text);
    if has_commands {
        man.render_subcommands_section(&mut text).expect(written);
    }
    man.render_options_section(&mut text).expect(written);
    render(&sections, |heading| heading != "EXAMPLES", &mut text);
    let mut see_also = Roff::new();
    see_also.control("SH", ["SEE ALSO"]);
    for (at, name) in others.iter().enumerate() {
        let comma = if at + 1 < others.len() { "(1), " } else { "(1)" };
        see_also.text([bold(name.as_str()), roman(comma)]);
    }
    see_also.to_writer(&mut text).expect(written);
    String::from_utf8(text).expect("roff writes text")
}

/// The parts of the text below the options, with their headings; the lines of a part are laid out.
fn sections(command: &clap::Command) -> Vec<(String, Vec<String>)> {
    let text = command.get_after_long_help().or_else(|| command.get_after_help());
    let text = text.expect("every command has examples").to_string();
    let mut sections: Vec<(String, Vec<String>)> = Vec::new();
    for line in text.lines() {
        match line.strip_suffix(':').filter(|heading| !heading.starts_with(' ')) {
            Some(heading) => sections.push((heading.to_uppercase(), Vec::new())),
            None => sections.last_mut().expect("a heading opens it").1.push(line.to_owned()),
        }
    }
    sections
}

fn render(sections: &[(String, Vec<String>)], wanted: impl Fn(&str) -> bool, text: &mut Vec<u8>) {
    for (heading, lines) in sections.iter().filter(|(heading, _)| wanted(heading)) {
        let mut roff = Roff::new();
        roff.control("SH", [heading.as_str()]);
        let paragraphs = lines.split(|line| line.is_empty());
        for (at, paragraph) in paragraphs.filter(|lines| !lines.is_empty()).enumerate() {
            if at > 0 {
                roff.control("PP", []);
            }
            // What is indented is laid out by columns.
            let is_laid_out = paragraph.iter().all(|line| line.starts_with("  "));
            if is_laid_out {
                roff.control("nf", []);
            }
            for line in paragraph {
                roff.text([roman(line.strip_prefix("  ").unwrap_or(line))]);
            }
            if is_laid_out {
                roff.control("fi", []);
            }
        }
        roff.to_writer(text).expect("a Vec takes all that is written");
    }
}

/// `UPDATE_MAN=1 cargo test --test cli man` writes them anew.
#[test]
fn the_man_pages_for_packagers_are_up_to_date() {
    let pages = pages();
    if std::env::var_os("UPDATE_MAN").is_some() {
        fs::create_dir_all(folder()).expect("made");
        for (file, text) in &pages {
            fs::write(folder().join(file), text).expect("written");
        }
    }
    for (file, text) in &pages {
        assert_eq!(&fs::read_to_string(folder().join(file)).unwrap_or_default(), text, "{file}");
    }
    let files = fs::read_dir(folder()).expect("the folder is there").count();
    assert_eq!(files, pages.len(), "a page of no command");
}

#[test]
fn the_checkers_of_man_pages_find_nothing() {
    let home = Home::new();
    for file in pages().keys() {
        let path = folder().join(file);
        let shown = home.program("groff").args(["-man", "-Tutf8", "-ww", "-rLL=80n"]).args([&path]).output();
        assert_eq!((shown.status, shown.stderr.as_str()), (0, ""), "{file}");
        let shown = home.program("mandoc").args(["-T", "lint", "-W", "warning"]).args([&path]).output();
        // Blank lines that clap_mangen asks for twice.
        let found = shown.stdout.lines().filter(|line| !line.contains("skipping paragraph macro: br "));
        assert_eq!(found.collect::<Vec<_>>(), Vec::<&str>::new(), "{file}");
    }
}

#[test]
fn what_is_laid_out_by_columns_fits_a_terminal() {
    let definition = definition();
    for command in definition.get_subcommands().chain([&definition]) {
        let texts = [command.get_after_help(), command.get_after_long_help()];
        for line in texts
            .into_iter()
            .flatten()
            .flat_map(|text| text.to_string().lines().map(ToOwned::to_owned).collect::<Vec<_>>())
        {
            let in_page = line.strip_prefix("  ").map_or(0, |line| line.chars().count());
            assert!(line.chars().count() <= HELP_WIDTH && in_page <= PAGE_WIDTH, "{line}");
        }
        let about = command.get_about().expect("it has one").to_string().chars().count();
        let indentation = "  status  ".len();
        assert!(indentation + about <= HELP_WIDTH, "{}", command.get_name());
    }
}

#[test]
fn help_of_each_command_ends_with_its_examples() {
    let home = Home::new();
    let definition = definition();
    for command in definition.get_subcommands() {
        let help = command.get_after_help().expect("it has one").to_string();
        let shown = home.run([command.get_name(), "--help"]).output();
        let from = shown.stdout.find("Examples:").unwrap_or_default();
        let (_, tail) = shown.stdout.split_at(from);
        assert_eq!(done(tail, ""), done(&format!("{help}\n"), ""), "{}", command.get_name());
    }
}
