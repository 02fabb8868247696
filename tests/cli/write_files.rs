//! The credentials file itself: links, modes, other writers.

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::symlink;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use support::{
    CODE, Home, SERIAL, SOMEACCOUNT, STARTED, Shown, WRITTEN, done, failed, finish, in_time, keys_in, logins,
    sts, wait_until, within,
};

use crate::issued::Issued;

fn write(home: &Home) -> Shown {
    home.run(["someaccount", "-w", "-t", CODE]).sts(&sts()).output()
}

/// `MODE NAME` of everything below `~/.aws`, links followed.
fn modes(home: &Home) -> String {
    home.program("find").args(["-L", ".aws", "-printf", "%m %p\\n"]).output().stdout
}

#[test]
fn goes_through_links_and_leaves_them() {
    let home = Home::new();
    fs::create_dir(home.path("dotfiles")).expect("a new directory");
    home.write("dotfiles/creds", SOMEACCOUNT);
    symlink("../dotfiles/link", home.path(".aws/credentials")).expect("a new link");
    symlink("creds", home.path("dotfiles/link")).expect("a new link");
    assert_eq!(write(&home), done("", WRITTEN));
    assert_eq!(
        fs::read_link(home.path(".aws/credentials")).expect("a link"),
        home.path("../dotfiles/link").strip_prefix(home.path("")).expect("below")
    );
    assert_eq!(fs::read_link(home.path("dotfiles/link")).expect("a link").to_str(), Some("creds"));
    assert!(home.read("dotfiles/creds").contains("[default]\naws_access_key_id = ASIA"));
    assert!(fs::symlink_metadata(home.path("dotfiles/creds")).expect("there").is_file());
    assert_eq!(home.run(["unset", "-w"]).output().status, 0);
    assert_eq!(home.read("dotfiles/creds"), SOMEACCOUNT);
}

#[test]
fn a_crlf_file_with_comments_behind_a_link_differs_only_in_default_and_not_at_all_after_unset() {
    let text =
        format!("# mine\n{SOMEACCOUNT}; two\n\n[default]\n# three\noutput = json\n\n[last]\nk = v ; four\n")
            .replace('\n', "\r\n");
    let (home, sts) = (Home::new(), sts());
    home.write("real", &text);
    symlink(home.path("real"), home.path(".aws/credentials")).expect("a new link");
    let session = Issued::by(&sts, 'A');
    let shown = home.run(["someaccount", "-w", "-t", CODE]).sts(&sts).output();
    assert_eq!(shown, done("", WRITTEN));
    let lines = session.lines("someaccount", None).replace('\n', "\r\n");
    let expected = text.replace("[default]\r\n", &format!("[default]\r\n{lines}"));
    assert_eq!(crate::issued::written(&home), expected);
    assert!(fs::symlink_metadata(home.path(".aws/credentials")).expect("there").is_symlink());
    assert_eq!(home.run(["unset", "-w"]).output().status, 0);
    assert_eq!(home.read("real"), text);
}

#[test]
fn unset_finds_the_way_back_by_another_path_to_the_same_file() {
    let (home, sts) = (Home::someaccount(), sts());
    symlink(".aws/credentials", home.path("link")).expect("a new link");
    let run = home.run(["someaccount", "-w", "-t", CODE]).sts(&sts);
    assert_eq!(
        run.env("AWS_SHARED_CREDENTIALS_FILE", "link").output(),
        done("", &WRITTEN.replace(".aws/credentials", "link"))
    );
    assert_eq!(home.run(["unset", "-w"]).output().status, 0);
    assert_eq!(home.read_credentials(), SOMEACCOUNT);
}

#[test]
fn makes_the_target_of_a_dangling_link() {
    let home = Home::new().config(keys_in("profile someaccount", &format!("mfa_serial = {SERIAL}\n")));
    symlink("../secrets/new", home.path(".aws/credentials")).expect("a new link");
    assert_eq!(write(&home), done("", WRITTEN));
    assert!(home.read("secrets/new").starts_with("[default]\naws_access_key_id = ASIA"));
    let modes = home.program("stat").args(["-c", "%a", "secrets", "secrets/new"]).output();
    assert_eq!(modes.stdout, "700\n600\n");
}

#[test]
fn a_missing_folder_and_file_are_made_for_the_owner_alone_whatever_the_umask() {
    let home = Home::new();
    fs::remove_dir(home.path(".aws")).expect("it is empty");
    home.write("conf", keys_in("profile someaccount", &format!("mfa_serial = {SERIAL}\n")));
    let run = home.program("sh").args(["-c", "umask 000; exec mfa-env someaccount -w -t $0", CODE]);
    assert_eq!(run.env("AWS_CONFIG_FILE", "conf").sts(&sts()).output(), done("", WRITTEN));
    let mut lines: Vec<_> = modes(&home).lines().map(str::to_owned).collect();
    lines.sort();
    assert_eq!(lines, ["600 .aws/.credentials.mfa-env.lock", "600 .aws/credentials", "700 .aws"]);
}

#[cfg(target_os = "linux")]
#[test]
fn the_new_file_is_never_wider_than_the_old_one() {
    // strace shows every mode that the file gets, from its creation on.
    let (home, sts) = (Home::someaccount(), sts());
    let script = "umask 000; exec strace -f -o trace -e trace=open,openat,chmod,fchmod,fchmodat,mkdir,mkdirat \
                  mfa-env someaccount -w -t $0";
    let shown = home.as_root("sh").args(["-c", script, CODE]).sts(&sts).output();
    assert_eq!(shown.status, 0, "{shown:?}");
    let trace = home.read("trace");
    let made: Vec<_> =
        trace.lines().filter(|line| line.contains("O_CREAT") || line.contains("chmod(")).collect();
    assert!(made.iter().any(|line| line.contains(".credentials.mfa-env.tmp-")), "{trace}");
    for line in made {
        assert!(line.contains("0600"), "{line}");
    }
}

#[test]
fn keeps_the_mode_and_warns_where_others_can_read() {
    let warning = "warning: `~/.aws/credentials` can be read by other users\n\
                   hint: chmod 600 ~/.aws/credentials\n";
    for (mode, warning) in [(0o600, ""), (0o640, warning), (0o644, warning), (0o400, "")] {
        let home = Home::someaccount();
        home.set_mode(".aws/credentials", mode);
        assert_eq!(write(&home), done("", &format!("{warning}{WRITTEN}")), "{mode:o}");
        assert!(modes(&home).contains(&format!("{mode:o} .aws/credentials\n")), "{mode:o}");
    }
}

#[test]
fn leaves_nothing_beside_the_file_but_its_lock() {
    let home = Home::someaccount();
    // The files of a killed run go, too.
    home.write(".aws/.credentials.mfa-env.tmp-1-0", "half a file");
    assert_eq!(write(&home), done("", WRITTEN));
    let names = home.program("ls").args(["-A", ".aws"]).output();
    assert_eq!(names.stdout, ".credentials.mfa-env.lock\ncredentials\n");
}

#[test]
#[ignore = "waits for 10 seconds; tests/run includes it"]
fn a_lock_that_another_process_keeps_is_waited_for_and_then_named() {
    let (home, sts) = (Home::someaccount(), sts());
    let lock = File::create(home.path(".aws/.credentials.mfa-env.lock")).expect("a new file");
    lock.lock().expect("nobody has it");
    let shown = home.run(["someaccount", "-w", "-t", CODE]).sts(&sts).output();
    let message = "error: another mfa-env has held the lock of `~/.aws/credentials` for 10 seconds\n\
                   hint: see who: fuser ~/.aws/.credentials.mfa-env.lock\n\
                   hint: or into this shell: eval \"$(mfa-env someaccount)\"\n";
    assert_eq!(shown, failed(1, message));
    assert_eq!(home.read_credentials(), SOMEACCOUNT);
}

#[test]
fn a_lock_that_is_given_back_is_waited_for() {
    let (home, sts) = (Home::someaccount(), sts());
    let lock = File::create(home.path(".aws/.credentials.mfa-env.lock")).expect("a new file");
    lock.lock().expect("nobody has it");
    let mut command = home.run(["someaccount", "-w", "-t", CODE]).sts(&sts).into_command();
    let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it is there");
    // It gets the session first, then waits for the lock.
    wait_until("the login", || !logins(&sts).is_empty());
    lock.unlock().expect("it is ours");
    assert!(finish(child, "the one that waits").status.success());
    assert!(home.read_credentials().contains("[default]"));
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_that_another_program_has_just_emptied_is_waited_for() {
    // It waits for at most a second.
    let output = within(Duration::from_millis(900), || {
        let (home, sts) = (Home::someaccount(), sts());
        // As the AWS CLI does: truncates the file first, then writes it.
        fs::write(home.path(".aws/credentials"), "").expect("ours");
        let run = home.run(["someaccount", "-t", CODE]).sts(&sts);
        let child = run.into_command().stdout(Stdio::null()).stderr(Stdio::piped()).spawn();
        let child = child.expect("it is there");
        wait_until("the run to wait", || waits_or_has_ended(&child));
        fs::write(home.path(".aws/credentials"), SOMEACCOUNT).expect("ours");
        finish(child, "the one that waits")
    });
    assert_eq!(String::from_utf8_lossy(&output.stderr), STARTED);
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_that_another_program_writes_in_parts_is_replaced_when_it_is_whole() {
    let (home, sts) = (Home::someaccount(), sts());
    home.run(["someaccount", "-t", CODE]).sts(&sts).output().session();
    let text = in_time(|| {
        let mut other = File::create(home.path(".aws/credentials")).expect("ours");
        let mut text = SOMEACCOUNT.to_owned();
        other.write_all(text.as_bytes()).expect("it is open");
        let (begun, mut last, mut pause) = (Instant::now(), Instant::now(), Duration::ZERO);
        let run = home.run(["someaccount", "-w"]).sts(&sts);
        let child = run.into_command().stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("there");
        wait_until("the run to wait", || {
            pause = pause.max(last.elapsed());
            other.write_all(b"# more\n").expect("it is open");
            (text, last) = (format!("{text}# more\n"), Instant::now());
            waits_or_has_ended(&child)
        });
        drop(other);
        assert!(finish(child, "the one that waits").status.success());
        // mfa-env treats the file as complete after a pause of a tenth of a second, and waits at most a
        // second.
        (pause.as_millis() < 100 && begun.elapsed().as_millis() < 1000).then_some(text)
    });
    assert_eq!(home.run(["unset", "-w"]).output().status, 0);
    assert_eq!(home.read_credentials(), text);
}

#[cfg(target_os = "linux")]
fn waits_or_has_ended(child: &Child) -> bool {
    let stat = fs::read_to_string(format!("/proc/{}/stat", child.id()));
    stat.is_ok_and(|stat| stat.contains(") S ") || stat.contains(") Z "))
}

#[test]
fn a_folder_behind_a_link_is_one_place_before_and_after_the_file_is_made() {
    let home = Home::new();
    std::fs::rename(home.path(".aws"), home.path("dot")).expect("moved");
    std::os::unix::fs::symlink("dot", home.path(".aws")).expect("a new link");
    let profile = SOMEACCOUNT.replace("[someaccount]", "[profile someaccount]") + "region = eu-west-1\n";
    home.write(".aws/config", profile);
    assert_eq!(write(&home), done("", WRITTEN));
    assert_eq!(home.run(["unset", "-w"]).output().status, 0);
    assert_eq!(home.read_credentials(), "");
}
