use super::*;

fn is_alive(process: &str) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    // It may have ended as a zombie.
    status.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with(['Z', 'X']))
}

#[test]
fn a_command_that_takes_too_long_is_ended_with_all_that_it_started() {
    let folder = tempfile::tempdir().expect("a temporary directory");
    let (new, file) = (folder.path().join("new"), folder.path().join("sleeper"));
    let (new_file, sleeper) = (new.display(), file.display());
    let command = format!("sh -c 'echo $$ > {new_file}; mv {new_file} {sleeper}; exec sleep 317' | cat");
    // On a busy machine a second may be too short to start it.
    let starts_within = |seconds: &u64| {
        let time_out = Duration::from_secs(*seconds);
        let task = Task::of_setting("mfa_process", &command, "x");
        let error = output_of(task, time_out, &Environment::of(&[])).err();
        let what = format!("`mfa_process` of profile `x` took longer than {seconds} seconds");
        assert_eq!(error.map(|error| error.what().to_owned()), Some(what));
        file.exists()
    };
    assert!([1, 10, 100].iter().any(starts_within), "it was not started");
    let sleeper = std::fs::read_to_string(file).expect("it was started");
    let deadline = Instant::now() + Duration::from_secs(200);
    while is_alive(sleeper.trim()) {
        assert!(Instant::now() < deadline, "`sleep` lives on");
        thread::sleep(POLL);
    }
}
