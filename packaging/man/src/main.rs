//! Writes a man page for each command into a folder: `cargo run -p man-pages -- FOLDER`. The pages
//! come from clap's definition of the command line.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{fs, io};

use clap::Command;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

/// When the help text was last reviewed; mandoc warns if a page has no date.
const DATE: &str = "2026-11-24";

fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    let [folder] = arguments.as_slice() else {
        eprintln!("usage: man-pages FOLDER");
        return ExitCode::from(2);
    };
    match write_pages(Path::new(folder)) {
        Ok(_) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: can't write man pages to {}: {error}", Path::new(folder).display());
            ExitCode::FAILURE
        }
    }
}

/// Creates the folder and writes all pages. Returns their paths.
fn write_pages(folder: &Path) -> io::Result<Vec<PathBuf>> {
    fs::create_dir_all(folder)?;
    let definition = definition();
    let mut commands: Vec<_> = definition.get_subcommands().cloned().collect();
    commands.push(definition);
    let names: Vec<_> = commands.iter().map(page_name).collect();
    let mut paths = Vec::new();
    for command in commands {
        let path = folder.join(format!("{}.1", page_name(&command)));
        fs::write(&path, page(command, &names)?)?;
        paths.push(path);
    }
    Ok(paths)
}

/// mfa-env's definition, without the `help` command.
fn definition() -> Command {
    let mut command = mfa_env::cli::command().disable_help_subcommand(true);
    // clap_mangen prints only the first line of clap's own usage.
    command = command
        .override_usage("mfa-env [OPTIONS] [PROFILE] [-- CMD...]\nmfa-env COMMAND [OPTIONS]")
        .subcommand_help_heading("COMMANDS");
    command.build();
    command
}

fn page_name(command: &Command) -> String {
    command.get_display_name().unwrap_or(command.get_name()).to_owned()
}

/// One page: as clap_mangen writes it, but with the examples before the options.
fn page(command: Command, names: &[String]) -> io::Result<Vec<u8>> {
    let name = page_name(&command);
    let text = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    let sections = sections(&text);
    let (examples, others) = sections.split_at(usize::from(!sections.is_empty()));
    let has_commands = command.has_subcommands();
    let source = format!("mfa-env {}", mfa_env::cli::command().get_version().unwrap_or_default());
    let man = Man::new(command).title(name.to_uppercase()).date(DATE).source(source).manual("mfa-env");
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    for examples in examples {
        section(examples).to_writer(&mut page)?;
    }
    if has_commands {
        man.render_subcommands_section(&mut page)?;
    }
    man.render_options_section(&mut page)?;
    for other in others {
        section(other).to_writer(&mut page)?;
    }
    see_also(names.iter().filter(|other| **other != name)).to_writer(&mut page)?;
    Ok(page)
}

/// The sections of the text below the options, each as its heading and its lines.
fn sections(text: &str) -> Vec<(&str, Vec<&str>)> {
    let mut sections: Vec<(&str, Vec<&str>)> = Vec::new();
    for line in text.lines() {
        let heading = line.strip_suffix(':').filter(|heading| !heading.starts_with(' '));
        match (heading, sections.last_mut()) {
            (Some(heading), _) => sections.push((heading, Vec::new())),
            (None, Some((_, lines))) => lines.push(line),
            (None, None) => {}
        }
    }
    sections
}

/// A section as roff. Indented lines are columns and keep their line breaks; other lines are filled.
fn section((heading, lines): &(&str, Vec<&str>)) -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", [heading.to_uppercase().as_str()]);
    let paragraphs = lines.split(|line| line.is_empty()).filter(|lines| !lines.is_empty());
    for (number, paragraph) in paragraphs.enumerate() {
        if number > 0 {
            roff.control("PP", []);
        }
        let has_columns = paragraph[0].starts_with("  ");
        if has_columns {
            roff.control("nf", []);
        }
        for line in paragraph {
            roff.text([roman(line.strip_prefix("  ").unwrap_or(line))]);
        }
        if has_columns {
            roff.control("fi", []);
        }
    }
    roff
}

fn see_also<'n>(names: impl Iterator<Item = &'n String>) -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", ["SEE ALSO"]);
    for name in names {
        roff.text([bold(name.as_str()), roman("(1),")]);
    }
    roff.text([bold("aws"), roman("(1)")]);
    roff
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn groff_and_mandoc_accept_the_pages_and_they_fit_80_columns() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let paths = write_pages(folder.path()).expect("written");
        assert_eq!(paths.len(), 11, "mfa-env and its commands");
        for path in paths {
            let output = |program: &str, options: &[&str]| {
                let output = Command::new(program).args(options).arg(&path).output();
                let output = output.unwrap_or_else(|error| panic!("{program}: {error}"));
                let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
                (output.status.success(), text(output.stdout), text(output.stderr))
            };
            let (is_ok, page, errors) = output("groff", &["-man", "-Tutf8", "-P-cbou", "-ww", "-rLL=80n"]);
            assert!(is_ok && errors.is_empty(), "{}: {errors}", path.display());
            let wide: Vec<_> = page.lines().filter(|line| line.chars().count() > 80).collect();
            assert_eq!(wide, [""; 0], "{}", path.display());
            assert!(page.contains("\nEXAMPLES\n"), "{page}");

            let (_, warnings, errors) = output("mandoc", &["-T", "lint", "-W", "warning"]);
            // clap_mangen writes two blank lines where one is meant.
            let is_counted = |line: &&str| !line.contains("skipping paragraph macro: br ");
            let warnings: Vec<_> = warnings.lines().filter(is_counted).collect();
            assert_eq!((warnings, errors.as_str()), (vec![], ""), "{}", path.display());
        }
    }
}
