//! Places in which a write fails, or must keep more than bytes: a full disk, a limit on file sizes, a file
//! that is a mount point, ACLs and extended attributes. tests/cli has links, owners, hard links and
//! directories of others.

use std::fs;
use std::io::Write;
use std::process::Command;

use support::{Home, Run};

use crate::pool;
use crate::scene::{CREDENTIALS, Scene, Unheard};
use crate::table::Row;

/// Tries limits in steps of so many bytes, up to more than any file needs.
pub fn file_size(scenes: &[Scene], endpoint_url: &str, step: usize) -> Row {
    let cases: Vec<_> =
        scenes.iter().flat_map(|scene| (0..1400).step_by(step).map(move |limit| (scene, limit))).collect();
    let results = pool::each(
        &cases,
        || Home::new().calling(endpoint_url),
        |home, (scene, limit)| {
            scene.before.restore(home);
            let run = home.program("prlimit").args([&format!("--fsize={limit}"), "mfa-env"]);
            judged(home, scene, run.args(scene.arguments))
        },
    );
    let mut row = Row::new("RLIMIT_FSIZE");
    for ((scene, limit), result) in cases.iter().zip(results) {
        row.case(&format!("{} with {limit} bytes", scene.name), result);
    }
    row
}

fn judged(home: &Home, scene: &Scene, run: Run<'_>) -> Result<(), Vec<String>> {
    let end = run.output();
    let mut wrong = scene.wrong(home, &end, Unheard::default());
    wrong.extend(scene.unmended(home, false));
    if wrong.is_empty() { Ok(()) } else { Err(wrong) }
}

const PAGE: usize = 4096;

/// The rows that need mounts, in a namespace of their own.
pub fn mounts() -> Vec<Row> {
    let place = tempfile::tempdir().expect("a temporary directory");
    let user = if rustix::process::geteuid().is_root() { "-m" } else { "-rm" };
    let script = "mount -t tmpfs -o size=512k mfa-env \"$1\" && TMPDIR=$1 exec \"$0\" --inside";
    let me = std::env::current_exe().expect("a program has a path");
    let mut command = Command::new("unshare");
    // Not sh: dash drops `CARGO_BIN_EXE_mfa-env`, which isn't a name of a shell variable.
    command.args([user, "bash", "-c", script]).arg(me).arg(place.path());
    let output = command.stderr(std::process::Stdio::inherit()).output().expect("util-linux is there");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let row = |line: &str| {
        let mut fields = line.split('\t');
        let name = fields.next()?;
        Some(Row::counted(name, fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
    };
    let rows: Vec<_> = text.lines().filter_map(row).collect();
    assert!(
        rows.len() == 2,
        "no mounts of one's own (run as root, or where users may have namespaces): {}\n{text}",
        output.status
    );
    rows
}

/// Runs in that namespace, and prints the rows for [`mounts`].
pub fn inside(scenes: &[Scene], endpoint_url: &str) {
    for (name, row) in [
        ("a full disk (tmpfs)", full(scenes, endpoint_url)),
        ("a file that is a mount point", mounted(scenes, endpoint_url)),
    ] {
        let (cases, lost) = row.counts();
        println!("{name}\t{cases}\t{lost}");
    }
}

/// A full disk: with no free page, one, two …
fn full(scenes: &[Scene], endpoint_url: &str) -> Row {
    let mut row = Row::new("a full disk");
    let home = Home::new().calling(endpoint_url);
    let filler = std::env::temp_dir().join("filler");
    for scene in scenes {
        for left in 0..=8 {
            scene.before.restore(&home);
            let mut file = fs::File::create(&filler).expect("there is room");
            while file.write_all(&[0; PAGE]).is_ok() {}
            let size = file.metadata().expect("it is open").len();
            file.set_len(size.saturating_sub((left * PAGE) as u64)).expect("it gets smaller");
            drop(file);
            let end = home.run(scene.arguments).output();
            let mut wrong = scene.wrong(&home, &end, Unheard::default());
            fs::remove_file(&filler).expect("ours");
            wrong.extend(scene.unmended(&home, false));
            let result = if wrong.is_empty() { Ok(()) } else { Err(wrong) };
            row.case(&format!("{} with {left} pages left", scene.name), result);
        }
    }
    row
}

/// A file that is a bind mount, as in containers: it can't be replaced, so it must stay as it was.
fn mounted(scenes: &[Scene], endpoint_url: &str) -> Row {
    let mut row = Row::new("a file that is a mount point");
    let home = Home::new().calling(endpoint_url);
    for scene in scenes {
        scene.before.restore(&home);
        let path = home.path(CREDENTIALS);
        let mount = |program: &str, arguments: &[&str]| {
            let status = Command::new(program).args(arguments).arg(&path).status();
            assert!(status.expect("util-linux is there").success(), "{program}");
        };
        mount("mount", &["--bind", path.to_str().expect("UTF-8")]);
        let end = home.run(scene.arguments).output();
        let mut wrong = scene.wrong(&home, &end, Unheard::default());
        if scene.name != "login" && !end.stderr.contains("the file itself is a mount point") {
            wrong.push(format!("{end:?}"));
        }
        mount("umount", &[]);
        wrong.extend(scene.unmended(&home, false));
        row.case(scene.name, if wrong.is_empty() { Ok(()) } else { Err(wrong) });
    }
    row
}

/// A file with an ACL and an extended attribute: both must be the same after each command.
pub fn attributes(scenes: &[Scene], endpoint_url: &str) -> Row {
    let mut row = Row::new("ACLs and extended attributes");
    let home = Home::new().calling(endpoint_url);
    for scene in scenes {
        scene.before.restore(&home);
        let tool = |program: &str, arguments: &[&str]| {
            let end = home.program(program).args(arguments).args([CREDENTIALS]).output();
            assert_eq!(end.status, 0, "{program}: {end:?}");
            end.stdout
        };
        tool("setfacl", &["-m", "u:65534:r,m:r"]);
        tool("setfattr", &["-n", "user.note", "-v", "mine"]);
        let all = || tool("getfacl", &["-n"]) + &tool("getfattr", &["-d"]);
        let before = all();
        let mut wrong = Vec::new();
        for arguments in [scene.arguments, &["unset", "-w"]] {
            let end = home.run(arguments).output();
            if end.status != 0 || all() != before {
                wrong.push(format!("{arguments:?}: {end:?}{}", all()));
            }
        }
        row.case(scene.name, if wrong.is_empty() { Ok(()) } else { Err(wrong) });
    }
    row
}
