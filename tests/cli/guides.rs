//! Runs the code blocks of the README and of docs/, or the table below says why not. Scripts stand in for
//! tools that we can't install; they accept exactly the documented arguments.

use std::fs;
use std::path::Path;

use fake_sts::{Codes, FakeSts, Role, User};

use crate::aws_clients::with_aws;

enum How {
    /// A script for bash. It must succeed, and its output must contain this text.
    Run(&'static str),
    /// One of AWS's files. With it, this command must succeed, and its output must contain this text.
    File(&'static str, &'static str),
    Json,
    /// Why it can't run here.
    Not(&'static str),
}
use How::{File, Json, Not, Run};
use support::{CODE, Home, SOMEACCOUNT, Shown, keys_in};

const LOGIN: &str = "mfa-env prod --format env";
const PROD: &str = "export AWS_VAULT='prod'";
const BOB: &str = "arn:aws:iam::123456789012:user/bob";

/// Page, the beginning of the block (after the line with its file), and what the test does with it.
const BLOCKS: &[(&str, &str, How)] = &[
    ("README.md", "$ mfa-env prod\n", Not("tests/prompt/readme.rs types it")),
    (
        "README.md",
        "git clone",
        Not("there is no address yet; tests/packages installs in each of the ways of the table"),
    ),
    ("README.md", "mfa-env setup", Not("tests/prompt runs it")),
    ("README.md", "mfa-env someaccount", Run("export AWS_VAULT='someaccount'")),
    ("README.md", "cargo run --example demo", Not("tests/run and tests/prompt run it")),
    ("README.md", "eval \"$(mfa-env prod || echo false)\"", Run("")),
    ("CONTRIBUTING.md", "tests/run", Not("it runs this")),
    (
        "docs/codes.md",
        "[profile prod]\nmfa_serial = arn:aws:iam::123456789012:mfa/bob\nmfa_process = ykman",
        File(LOGIN, PROD),
    ),
    (
        "docs/codes.md",
        "[profile prod]\nmfa_serial = arn:aws:iam::123456789012:mfa/bob\nmfa_process = pass",
        File(LOGIN, PROD),
    ),
    (
        "docs/codes.md",
        "[profile prod]\nmfa_serial = arn:aws:iam::123456789012:mfa/bob\nmfa_process = op",
        File(LOGIN, PROD),
    ),
    (
        "docs/codes.md",
        "[profile prod]\nmfa_serial = arn:aws:iam::123456789012:mfa/bob\nmfa_process = bw",
        File(LOGIN, PROD),
    ),
    ("docs/codes.md", "mfa-env prod -v -- env", Run("AWS_VAULT=prod\n")),
    (
        "docs/coming-from.md",
        "[someaccount]",
        File("mfa-env someaccount -w -t 918273 && cat ~/.aws/credentials", "__profile__ = someaccount\n"),
    ),
    ("docs/coming-from.md", "[prod-long-term]", File("mfa-env prod --format env -t 918273", PROD)),
    (
        "docs/coming-from.md",
        "[profile prod]\nregion",
        File("mfa-env admin --format env -t 918273", "export AWS_VAULT='admin'"),
    ),
    (
        "docs/coming-from.md",
        "[profile prod]\nmfa_serial",
        File("AWS_VAULT=prod mfa-env prod --format env -t 918273", PROD),
    ),
    ("docs/coming-from.md", "env -u AWS_VAULT aws-vault export", Not("aws-vault can't be had here")),
    ("docs/shells.md", "eval (mfa-env init elvish", Not("tests/cli/loaded.rs runs it in elvish")),
    ("docs/shells.md", "mkdir $nu.user-autoload-dirs.0", Not("tests/cli/loaded.rs runs it in nushell")),
    ("docs/shells.md", "autoload -Uz compinit", Not("tests/prompt/completion.rs loads it")),
    ("docs/prompt.md", "set -g status-interval", Not("tests/neighbours tries it")),
    ("docs/prompt.md", "aws configure", Not("tests/prompt/starship.rs runs it")),
    ("docs/prompt.md", "export AWS_PROFILE", Not("tests/prompt/starship.rs runs it")),
    ("docs/prompt.md", "eval \"$(starship init bash)\"", Not("tests/prompt/starship.rs runs it")),
    ("docs/prompt.md", "POWERLEVEL9K_RIGHT", Not("tests/neighbours tries it")),
    (
        "docs/prompt.md",
        "source $ZSH/oh-my-zsh.sh",
        Not("oh-my-zsh can't be had here; tests/prompt loads us after other hooks"),
    ),
    ("docs/protect.md", "mfa-env protect prod\n", Not("tests/cli/protect.rs runs it with a keyring")),
    ("docs/protect.md", "[profile prod]", Not("tests/cli/protect.rs compares it with what is written")),
    ("docs/protect.md", "mfa-env protect --undo prod", Not("tests/cli/protect.rs runs it with a keyring")),
    ("docs/protect.md", "age-keygen", Run("")),
    ("docs/releasing.md", "tests/emulated", Not("it takes long, and changes the system")),
    (
        "docs/reliability.md",
        "cargo test --test faults",
        Not("tests/run runs the second; the third takes hours"),
    ),
    ("docs/tools.md", "[profile prod-mfa]", File("mfa-env list --names", "prod-mfa\n")),
    ("docs/tools.md", "mfa-env prod >/dev/null", Run(BOB)),
    ("docs/tools.md", "mfa-env prod --min-ttl 1h -- terraform", Run("terraform apply with prod\n")),
    ("docs/tools.md", "eval ", Run("terraform plan with prod\n")),
    ("docs/tools.md", "mfa-env prod -- docker", Run("sts get-caller-identity with prod\n")),
    ("docs/tools.md", "mfa-env prod -w\ndocker", Run("sts get-caller-identity with \n")),
    ("docs/tools.md", "services:", Not("docker can't be had here")),
    ("docs/tools.md", "{\n  \"remoteEnv\"", Json),
    ("docs/tools.md", "mfa-env prod -- code", Run("code . with prod\n")),
    ("docs/tools.md", "{\n  \"mounts\"", Json),
    ("docs/tools.md", "mfa-env prod -w\n", Run("")),
    (
        "docs/tools.md",
        "mfa-env status",
        Run("from     [default] of the credentials file (* in the prompt)\n"),
    ),
];

/// The arguments and the output of each stand-in. docs/codes.md links to their documentation.
const STAND_INS: [(&str, &str); 8] = [
    ("ykman", "[ \"$*\" = 'oath accounts code --single aws-bob' ] && echo 918273"),
    ("pass", "[ \"$*\" = 'otp aws/bob' ] && echo 918273"),
    ("op", "[ \"$*\" = 'item get aws-bob --otp' ] && echo 918273"),
    ("bw", "[ \"$*\" = 'get totp aws-bob' ] && printf 918273"),
    ("terraform", "echo \"terraform $* with $AWS_VAULT\""),
    ("docker", "echo \"$* with $AWS_VAULT\""),
    ("code", "echo \"code $* with $AWS_VAULT\""),
    (
        "aws-vault",
        "[ -z \"${AWS_VAULT-}\" ] && [ \"$*\" = 'export --no-session --format=json prod' ] &&
         echo '{\"Version\": 1, \"AccessKeyId\": \"AKIAIOSFODNN7EXAMPLE\",
                \"SecretAccessKey\": \"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\"}'",
    ),
];

/// Every page except the one that tests/cli/require_mfa.rs runs from beginning to end.
fn pages() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let docs = fs::read_dir(root.join("docs")).expect("it is in the repository");
    let names = docs.map(|entry| entry.expect("readable").file_name().into_string().expect("UTF-8"));
    let mut pages: Vec<_> =
        names.filter(|name| name.ends_with(".md")).map(|name| format!("docs/{name}")).collect();
    pages.retain(|page| page != "docs/require-mfa.md");
    pages.extend(["README.md", "CONTRIBUTING.md"].map(String::from));
    pages.sort();
    pages
}

/// The page's fenced code blocks.
pub fn blocks(page: &str) -> Vec<String> {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(page)).expect("it is there");
    // Fences open and close in turn.
    let parts = text.split("\n```").skip(1).step_by(2);
    parts.map(|part| format!("{}\n", part.split_once('\n').expect("a line of its own").1)).collect()
}

/// A home with bob's keys, in which a command prints the code.
fn home() -> Home {
    let keys = format!("{SOMEACCOUNT}{}", keys_in("prod", ""));
    let process = format!("region = eu-west-1\nmfa_process = echo {CODE}\n");
    let serial = "mfa_serial = arn:aws:iam::123456789012:mfa/bob\n";
    let home = Home::new()
        .credentials(keys)
        .config(format!("[profile prod]\n{serial}{process}[profile someaccount]\n{process}"));
    fs::create_dir(home.path("bin")).expect("a new directory");
    for (name, script) in STAND_INS {
        home.write(&format!("bin/{name}"), format!("#!/bin/sh\n{script}\n"));
        home.set_mode(&format!("bin/{name}"), 0o700);
    }
    home
}

fn run(home: &Home, sts: &FakeSts, script: &str) -> Shown {
    let script = format!("set -euo pipefail\nPATH=~/bin:$PATH\n{script}");
    let run = with_aws(home.program("bash").args(["-c", &script])).sts(sts);
    run.env("AWS_DEFAULT_REGION", "us-east-1").output()
}

#[test]
fn each_block_of_the_guides_runs_or_is_named_here_with_a_reason() {
    let mut written = Vec::new();
    for page in pages() {
        written.extend(blocks(&page).into_iter().map(|block| (page.clone(), block)));
    }
    let mut known = vec![false; BLOCKS.len()];
    let user = User { codes: Codes::Any, ..User::bob() };
    let sts = FakeSts::builder().user(user).role(Role::admin()).start();
    let mut home = (String::new(), self::home());
    for (page, block) in &written {
        let file = block.strip_prefix("# ~/").and_then(|rest| rest.split_once('\n'));
        let body = file.map_or(block.as_str(), |(_, body)| body);
        let is_it = |(at, begins, _): &(&str, &str, How)| at == page && body.starts_with(begins);
        let Some(row) = BLOCKS.iter().position(is_it) else { panic!("{page} has a new block:\n{block}") };
        known[row] = true;
        let is_beside = body.contains("[profile prod-mfa]");
        if home.0 != *page || file.is_some() {
            home = (page.clone(), self::home());
        }
        let home = &home.1;
        let (script, expected) = match BLOCKS[row].2 {
            Not(why) => {
                assert!(!why.is_empty(), "{page} has a block that is not run for no reason:\n{block}");
                continue;
            }
            Json => {
                serde_json::from_str::<serde_json::Value>(body).expect("JSON");
                continue;
            }
            Run(expected) => (block.as_str(), expected),
            File(script, expected) => {
                let (path, _) = file.expect("it names its file");
                if body.contains("credential_process = env") {
                    home.write(".aws/credentials", "");
                }
                let before = if is_beside { home.read(path) } else { String::new() };
                home.write(path, before + body);
                (script, expected)
            }
        };
        let shown = run(home, &sts, script);
        assert!(shown.status == 0 && shown.stdout.contains(expected), "{page}:\n{block}\n{shown:?}");
    }
    let unknown: Vec<_> =
        known.iter().zip(BLOCKS).filter(|(known, _)| !**known).map(|(_, row)| row.1).collect();
    assert_eq!(unknown, [""; 0], "these are in no page");
}

#[test]
fn each_link_of_the_guides_to_a_file_finds_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut pages = pages();
    pages.extend(["docs/require-mfa.md", "SECURITY.md"].map(String::from));
    for page in pages {
        let path = root.join(&page);
        let text = fs::read_to_string(&path).expect("it is there");
        let targets = ["](", "src=\"", "srcset=\""].map(|before| text.split(before).skip(1));
        for target in targets.into_iter().flatten().filter_map(|rest| rest.split([')', '"']).next()) {
            let file = target.split('#').next().filter(|file| !file.is_empty() && !file.contains("://"));
            if let Some(file) = file {
                assert!(path.with_file_name(file).exists(), "{page} links to {file}");
            }
        }
    }
}

#[test]
fn each_function_that_the_map_of_the_source_names_is_in_its_file() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let map = fs::read_to_string(root.join("CONTRIBUTING.md")).expect("it is there");
    let mut file = None;
    let mut checked = 0;
    // Every second part is between backticks: `src/main.rs`, then `main()`.
    for name in map.split('`').skip(1).step_by(2) {
        if name.starts_with("src/") && name.ends_with(".rs") {
            file = Some(name);
            assert!(root.join(name).is_file(), "{name} is not there");
        } else if let Some(function) = name.strip_suffix("()") {
            let file = file.expect("a file comes first");
            let code = fs::read_to_string(root.join(file)).expect("it is there");
            let is_there = ["(", "<"].iter().any(|end| code.contains(&format!("fn {function}{end}")));
            assert!(is_there, "{file} has no function `{function}`");
            checked += 1;
        }
    }
    assert!(checked > 20, "the map names {checked} functions");
}

#[test]
fn each_room_uses_only_rooms_below_it_in_the_map_of_the_source() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let map = fs::read_to_string(root.join("CONTRIBUTING.md")).expect("it is there");
    let table = map.split("| Room |").nth(1).and_then(|rest| rest.split("\n\n").next()).expect("a table");
    let rooms: Vec<_> = table.lines().filter_map(|row| row.strip_prefix("| `")?.split('`').next()).collect();
    let name_of = |room: &str| room.trim_end_matches(".rs").to_owned();
    let mut above = Vec::new();
    for room in &rooms {
        let mut files = vec![root.join("src").join(format!("{}.rs", name_of(room)))];
        files.extend(files_below(&root.join("src").join(name_of(room))));
        for file in files.iter().filter(|file| file.is_file()) {
            let code = fs::read_to_string(file).expect("it is there");
            for used in code.split("crate::").skip(1) {
                let used = used.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
                let file = file.display();
                assert!(!above.iter().any(|above| above == used), "{file} uses `{used}`, which is above it");
            }
        }
        above.push(name_of(room));
    }
    assert!(rooms.len() > 10, "the map names {} rooms", rooms.len());
}

#[test]
fn each_file_with_tests_that_only_linux_runs_is_in_the_list_for_macos() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let list = fs::read_to_string(root.join("docs/macos.md")).expect("it is there");
    let mut files = ["tests/cli", "tests/prompt"].map(|folder| files_below(&root.join(folder))).concat();
    files.retain(|file| {
        let code = fs::read_to_string(file).unwrap_or_default();
        file.extension().is_some_and(|extension| extension == "rs")
            && code.contains("\n#[cfg(target_os = \"linux\")]\n")
            && !file.ends_with("main.rs")
    });
    let whole = fs::read_to_string(root.join("tests/cli/main.rs")).expect("it is there");
    let whole = whole.split("#[cfg(target_os = \"linux\")]\nmod ").skip(1);
    let whole = whole.filter_map(|rest| rest.split(';').next()).map(|name| format!("{name}.rs").into());
    for file in files.into_iter().chain(whole) {
        let name = file.file_name().and_then(|name| name.to_str()).expect("a name in ASCII");
        assert!(list.contains(&format!("`{name}`")), "docs/macos.md doesn't name {name}");
    }
}

fn files_below(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    entries.flat_map(|path| if path.is_dir() { files_below(&path) } else { vec![path] }).collect()
}
