//! `mfa-env doctor`: its findings with their remedies, and its exit status.

use std::fs;

use jiff::SignedDuration;
use support::{Home, KEY_ID, Run, SOMEACCOUNT, Terminal, keys_in, str, sts};

/// Without the proxy of the other tests, which would be a finding.
fn bash(home: &Home) -> Run<'_> {
    home.bash().without_env("HTTPS_PROXY")
}

#[test]
fn a_healthy_machine_is_told_so() {
    let sts = sts();
    let home = Home::someaccount().calling(sts.url());
    bash(&home).session(str![[r#"
$ mfa-env doctor --offline
     ok  ~/.aws/config: not there
     ok  ~/.aws/credentials: readable
     ok  keys: your files have them in plain text: `someaccount`
         -> a secret store is safer: mfa-env protect someaccount
     ok  profiles: 1 can log in with a code
warning  shell: the function is not loaded: you must type eval, and the prompt can't show the session
         -> in this terminal: eval "$(mfa-env init bash)"
         -> in new ones: printf '\n%s\n' 'eval "$(mfa-env init bash)"' >> ~/.bashrc
     ok  STS: profile someaccount calls ~STS~ without TLS
     ok  clock: not compared with STS: `--offline`
"#]]);
    assert_eq!(sts.connections(), 0);
    bash(&home).session(str![[r#"
$ mfa-env doctor
     ok  ~/.aws/config: not there
     ok  ~/.aws/credentials: readable
     ok  keys: your files have them in plain text: `someaccount`
         -> a secret store is safer: mfa-env protect someaccount
     ok  profiles: 1 can log in with a code
warning  shell: the function is not loaded: you must type eval, and the prompt can't show the session
         -> in this terminal: eval "$(mfa-env init bash)"
         -> in new ones: printf '\n%s\n' 'eval "$(mfa-env init bash)"' >> ~/.bashrc
     ok  STS: profile someaccount calls ~STS~ without TLS
     ok  clock: agrees with that of STS
"#]]);
    // It asks for the time with a key that doesn't exist, and without a code.
    let requests = sts.requests();
    assert_eq!(requests.len(), 1);
    assert_eq!(requests[0].action, "GetCallerIdentity");
    assert_ne!(requests[0].access_key_id.as_deref(), Some(KEY_ID));
}

#[test]
fn a_machine_without_a_profile_is_told_how_to_make_one() {
    bash(&Home::new()).session(str![[r#"
$ mfa-env doctor
     ok  ~/.aws/config: not there
     ok  ~/.aws/credentials: not there
warning  profiles: none can log in with a code
         -> create one: mfa-env setup
warning  shell: the function is not loaded: you must type eval, and the prompt can't show the session
         -> in this terminal: eval "$(mfa-env init bash)"
         -> in new ones: printf '\n%s\n' 'eval "$(mfa-env init bash)"' >> ~/.bashrc
"#]]);
}

#[test]
fn default_with_the_session_of_a_profile_is_not_counted_as_another_one() {
    let sts = sts();
    let home = Home::someaccount().calling(sts.url());
    bash(&home).session(str![[r#"
$ mfa-env someaccount -w -t 918273 2>log; mfa-env doctor --offline | grep -e profiles: -e default
     ok  profiles: 1 can log in with a code
     ok  [default]: holds a session, and nothing in this shell hides it
"#]]);
}

#[test]
fn names_what_killed_runs_left_and_folders_that_are_not_used() {
    let home = Home::someaccount();
    fs::create_dir_all(home.path(".local/state/mfa-env")).expect("a new folder");
    fs::create_dir_all(home.path(".cache/mfa-env")).expect("a new folder");
    home.set_mode(".cache/mfa-env", 0o770);
    home.write(".aws/.credentials.mfa-env.tmp-1-0", "half a file");
    home.write(".local/state/mfa-env/.default.mfa-env.tmp-1", "half a file");
    bash(&home).session(str![[r#"
$ mfa-env doctor --offline | head -6
warning  own files: not used: `~/.cache/mfa-env` can be changed by other users
         -> chmod go-w ~/.cache/mfa-env
warning  ~/.aws/.credentials.mfa-env.tmp-1-0: left by a run that was killed: a copy of your keys
         -> rm ~/.aws/.credentials.mfa-env.tmp-1-0
warning  ~/.local/state/mfa-env/.default.mfa-env.tmp-1: left by a run that was killed: a part of a session or of its state
         -> rm ~/.local/state/mfa-env/.default.mfa-env.tmp-1
"#]]);
}

#[test]
fn findings_in_the_files_have_their_line_and_remedy() {
    let names =
        "[DEFAULT]\nregion = x\n[profile x]\nregion = x\n[two words]\nregion = x\n[ y ]\nregion = x\n";
    let credentials = format!("{names}{SOMEACCOUNT}region = eu-west-1 # home\nregion = b\n[someaccount]\n");
    let home = Home::new().credentials(credentials).config("[x]\nregion = x\n");
    bash(&home).session(str![[r#"
$ mfa-env doctor --offline | grep -A1 line
warning  ~/.aws/config: line 1: all tools ignore `[x]`: in the config file it has to be `[profile x]`
         -> write `[profile x]`
warning  ~/.aws/credentials: line 1: `[DEFAULT]`: botocore (the AWS CLI, boto3) gives its keys to every profile
         -> rename it, or write `[default]`
warning  ~/.aws/credentials: line 3: the SDKs ignore `[profile x]`: names in the credentials file have no `profile `
         -> write `[x]`
warning  ~/.aws/credentials: line 5: the Rust and JavaScript SDKs ignore the profile `two words`
         -> rename it (allowed: letters, digits and _-/.%@:+)
warning  ~/.aws/credentials: line 7: botocore (the AWS CLI, boto3) reads the spaces in `[ y ]` as part of the name
         -> write `[y]`
warning  ~/.aws/credentials: line 13: botocore (the AWS CLI, boto3) reads the comment as part of the value of `region`
         -> put the comment on a line of its own
warning  ~/.aws/credentials: line 14: `region` is already in line 13: botocore (the AWS CLI, boto3) can't read the file
         -> delete one of the two lines
warning  ~/.aws/credentials: line 15: `[someaccount]` is already in line 9: botocore (the AWS CLI, boto3) can't read the file
         -> join the two sections
--
     ok  clock: not compared with STS: `--offline`
$ mfa-env doctor --offline | grep readable
? 1
"#]]);
}

#[test]
fn a_credentials_file_that_others_can_read_is_found() {
    bash(&Home::someaccount()).session(str![[r#"
$ chmod 640 .aws/credentials; mfa-env doctor --offline | grep -A1 read
warning  ~/.aws/credentials: other users can read it
         -> chmod 600 ~/.aws/credentials
     ok  ~/.aws/credentials: readable
     ok  keys: your files have them in plain text: `someaccount`
$ chmod 604 .aws/credentials; mfa-env doctor --offline | grep -A1 read
warning  ~/.aws/credentials: other users can read it
         -> chmod 600 ~/.aws/credentials
     ok  ~/.aws/credentials: readable
     ok  keys: your files have them in plain text: `someaccount`
"#]]);
}

#[test]
fn findings_in_the_profiles_are_of_one_profile_each() {
    let role =
        |name, more| format!("[profile {name}]\nrole_arn = arn:aws:iam::1:role/r\nsource_profile = {more}\n");
    let process = |name: &str, of: &str| {
        format!("[profile {name}]\ncredential_process = \"/opt/x y/mfa-env\" -p {of} --format json\n")
    };
    let credentials =
        keys_in("plain", "") + &keys_in("work-long-term", "aws_mfa_device = GAHT12345678\n") + SOMEACCOUNT;
    let config = [
        role("lost", "gone"),
        role("into", "x"),
        role("x", "y"),
        role("y", "x"),
        role("z", "someaccount\nduration_seconds = banana"),
        process("served", "someaccount"),
        process("itself", "itself"),
        process("nobody", "gone"),
        "[profile plain]\naws_session_token = t\nmfa_env_account = 123456789012\n".to_owned(),
    ];
    bash(&Home::new().credentials(credentials).config(config.concat())).session(str![[r#"
$ mfa-env doctor --offline
     ok  ~/.aws/config: readable
     ok  ~/.aws/credentials: readable
warning  profile into: the profiles are each other's `source_profile`: `x` → `y` → `x`
         -> one of them must have keys of its own
  error  profile itself: its `credential_process` asks mfa-env for the same profile
         -> let it name the profile that has the keys and the MFA device
warning  profile lost: `source_profile` is `gone`, and there is no such profile
         -> correct it in `[profile lost]` in `~/.aws/config`
warning  profile nobody: there is no profile `gone` in `~/.aws/credentials` or `~/.aws/config`
         -> there are 12 profiles: `into`, `itself`, `lost`, `nobody`, `plain`, `served`, `someaccount`, `work`, …
warning  profile plain: `mfa_env_account` is no longer read
         -> remove that line; the message after a login names the account
warning  profile plain: has keys but no MFA device
         -> set one up: mfa-env setup plain
     ok  profile served: gets the session of `someaccount` from mfa-env
     ok  profile work-long-term: understood as the long-term keys of `work` (the layout of aws-mfa)
warning  profile z: `duration_seconds` is not a duration such as `12h`, `90m` or `43200`
         -> correct it, or give `-d`
warning  profile plain: has different keys in the two files, and tools combine them differently
         -> keep its access key, secret key and token in one of the two files
     ok  keys: your files have them in plain text: `plain`, `someaccount`, `work-long-term`
         -> a secret store is safer: mfa-env protect someaccount
     ok  profiles: 3 can log in with a code
warning  shell: the function is not loaded: you must type eval, and the prompt can't show the session
         -> in this terminal: eval "$(mfa-env init bash)"
         -> in new ones: printf '\n%s\n' 'eval "$(mfa-env init bash)"' >> ~/.bashrc
     ok  STS: profile someaccount calls https://sts.us-east-1.amazonaws.com and trusts the system's certificates
     ok  clock: not compared with STS: `--offline`
2> error: 1 problem found
? 1
"#]]);
}

#[test]
fn of_many_unknown_sources_the_first_ones_get_a_suggestion() {
    let role =
        |i| format!("[profile role{i:02}]\nrole_arn = arn:aws:iam::1:role/r\nsource_profile = someacount\n");
    let home = Home::someaccount().config((0..12).map(role).collect::<String>());
    bash(&home).session(str![[r#"
$ mfa-env doctor --offline | grep -c 'correct it in'
12
$ mfa-env doctor --offline | grep -c 'did you mean `someaccount`?'
10
"#]]);
}

#[test]
fn a_clock_that_is_off_is_found() {
    let sts = sts();
    let home = Home::someaccount().calling(sts.url());
    // If the server's clock is ahead, this machine is behind.
    sts.set_clock_offset(SignedDuration::from_mins(10));
    bash(&home).session(str![[r#"
$ mfa-env doctor | tail -2
warning  clock: is 10 minutes behind that of STS
         -> sudo timedatectl set-ntp true
"#]]);
    sts.set_clock_offset(SignedDuration::from_mins(20));
    bash(&home).session(str![[r#"
$ mfa-env doctor | tail -2; echo ${PIPESTATUS[0]}
  error  clock: is 20 minutes behind that of STS, which refuses all calls
         -> sudo timedatectl set-ntp true
1
2> error: 1 problem found
"#]]);
    sts.set_clock_offset(SignedDuration::from_mins(-10));
    bash(&home).session(str![[r#"
$ mfa-env doctor | tail -2
warning  clock: is 10 minutes ahead of that of STS
         -> sudo timedatectl set-ntp true
"#]]);
}

#[test]
fn a_broken_file_is_an_error_with_its_remedy_and_the_rest_is_looked_at_all_the_same() {
    let sts = sts();
    let home = Home::someaccount().config("[default]\nregion\n").calling(sts.url());
    bash(&home).session(str![[r#"
$ mfa-env doctor
  error  ~/.aws/config: line 2: expected `key = value`: there is no `=`
         -> correct line 2
     ok  ~/.aws/credentials: readable
warning  shell: the function is not loaded: you must type eval, and the prompt can't show the session
         -> in this terminal: eval "$(mfa-env init bash)"
         -> in new ones: printf '\n%s\n' 'eval "$(mfa-env init bash)"' >> ~/.bashrc
     ok  STS: profile someaccount calls ~STS~ without TLS
     ok  clock: agrees with that of STS
2> error: 1 problem found
? 1
$ rm .aws/config; mkdir .aws/config; mfa-env doctor
  error  files: failed to read `~/.aws/config`: Is a directory (os error 21)
         -> check the path and its permissions
     ok  ~/.aws/credentials: readable
warning  shell: the function is not loaded: you must type eval, and the prompt can't show the session
         -> in this terminal: eval "$(mfa-env init bash)"
         -> in new ones: printf '\n%s\n' 'eval "$(mfa-env init bash)"' >> ~/.bashrc
     ok  STS: profile someaccount calls ~STS~ without TLS
     ok  clock: agrees with that of STS
2> error: 1 problem found
? 1
"#]]);
    assert_eq!(sts.connections(), 2);
    bash(&home).session(str![[r#"
$ echo junk >.aws/credentials; mfa-env doctor
  error  files: failed to read `~/.aws/config`: Is a directory (os error 21)
         -> check the path and its permissions
  error  ~/.aws/credentials: line 1: expected a section such as `[default]` before anything else
         -> correct line 1
warning  shell: the function is not loaded: you must type eval, and the prompt can't show the session
         -> in this terminal: eval "$(mfa-env init bash)"
         -> in new ones: printf '\n%s\n' 'eval "$(mfa-env init bash)"' >> ~/.bashrc
2> error: 2 problems found
? 1
$ unset HOME; mfa-env doctor
  error  files: `HOME` is not set, so your AWS files can't be found
         -> export HOME, or AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE
warning  shell: the function is not loaded: you must type eval, and the prompt can't show the session
         -> in this terminal: eval "$(mfa-env init bash)"
         -> in new ones: printf '\n%s\n' 'eval "$(mfa-env init bash)"' >> ~/.bashrc
2> error: 1 problem found
? 1
"#]]);
    assert_eq!(sts.connections(), 2);
}

#[test]
fn an_sts_that_is_not_reached_is_an_error() {
    bash(&Home::someaccount().calling("http://127.0.0.1:1")).session(str![[r#"
$ mfa-env doctor | tail -2; echo ${PIPESTATUS[0]}
  error  STS: can't reach STS (~STS~): Connection refused (os error 111)
         -> check the network, HTTPS_PROXY and the region
1
2> error: 1 problem found
"#]]);
}

#[test]
fn json_has_the_same_findings() {
    let sts = sts();
    let home = Home::someaccount().config("[x]\n").calling(sts.url());
    bash(&home).session(str![[r#"
$ mfa-env doctor --json
[
  {
    "level": "warning",
    "subject": "~HOME~/.aws/config",
    "what": "line 1: all tools ignore `[x]`: in the config file it has to be `[profile x]`",
    "remedy": "write `[profile x]`"
  },
  {
    "level": "ok",
    "subject": "~HOME~/.aws/credentials",
    "what": "readable",
    "remedy": null
  },
  {
    "level": "ok",
    "subject": "keys",
    "what": "your files have them in plain text: `someaccount`",
    "remedy": "a secret store is safer: mfa-env protect someaccount"
  },
  {
    "level": "ok",
    "subject": "profiles",
    "what": "1 can log in with a code",
    "remedy": null
  },
  {
    "level": "warning",
    "subject": "shell",
    "what": "the function is not loaded: you must type eval, and the prompt can't show the session",
    "remedy": "in this terminal: eval \"$(mfa-env init bash)\"; in new ones: printf '\\n%s\\n' 'eval \"$(mfa-env init bash)\"' >> ~/.bashrc"
  },
  {
    "level": "ok",
    "subject": "STS",
    "what": "profile someaccount calls ~STS~ without TLS",
    "remedy": null
  },
  {
    "level": "ok",
    "subject": "clock",
    "what": "agrees with that of STS",
    "remedy": null
  }
]
$ echo junk >.aws/credentials; mfa-env doctor --json | grep -c error
1
2> error: 1 problem found
"#]]);
}

#[test]
fn has_colours_on_a_terminal_that_wants_them_and_nowhere_else() {
    let home = Home::someaccount().calling("http://127.0.0.1:1");
    let run = |name, value| {
        let run = home.run(["doctor", "--offline"]).without_env("HTTPS_PROXY").env(name, value);
        Terminal::start(run).end().1
    };
    assert!(run("TERM", "xterm-256color").contains('\u{1b}'));
    for (name, value) in [("NO_COLOR", "1"), ("TERM", "dumb")] {
        let text = run(name, value);
        assert!(
            text.starts_with("     ok  ~/.aws/config: not there\n") && !text.contains('\u{1b}'),
            "{text:?}"
        );
    }
}

/// A session in `[default]` that expires so many seconds from now.
fn with_session(seconds: i64) -> Home {
    let expiration = jiff::Timestamp::now() + SignedDuration::from_secs(seconds);
    Home::new().credentials(format!(
        "{SOMEACCOUNT}[default]\naws_access_key_id = ASIATHEIRSTHEIRSTHEI\naws_secret_access_key = x\n\
         aws_session_token = x\nexpiration = {}\n__profile__ = someaccount\n",
        expiration.strftime("%Y-%m-%dT%H:%M:%SZ")
    ))
}

#[test]
fn a_session_that_has_expired_is_to_be_renewed() {
    bash(&with_session(-310)).session(str![[r#"
$ mfa-env doctor --offline | grep -A1 'default'
warning  [default]: its session of `someaccount` expired 5 minutes ago
         -> start a new one: mfa-env someaccount -w
$ export AWS_ACCESS_KEY_ID=ASIAEXPIRED000000000 MFA_ENV_KEY=ASIAEXPIRED000000000 MFA_ENV_PROFILE=someaccount
$ export AWS_CREDENTIAL_EXPIRATION=$(date -ud '310 seconds ago' +%FT%TZ) MFA_ENV_EXPIRES=$((EPOCHSECONDS - 310))
$ mfa-env doctor --offline | grep -A1 -e 'this shell:' -e AWS_
warning  this shell: the session of `someaccount` expired 5 minutes ago
         -> start a new one: mfa-env someaccount
"#]]);
}

#[test]
fn a_session_in_this_shell_hides_the_one_in_default() {
    bash(&with_session(3 * 3600)).session(str![[r#"
$ mfa-env doctor --offline | grep -A1 'default'
     ok  [default]: holds a session, and nothing in this shell hides it
warning  shell: the function is not loaded: you must type eval, and the prompt can't show the session
$ export AWS_ACCESS_KEY_ID=ASIA1 MFA_ENV_KEY=ASIA1 MFA_ENV_PROFILE=admin
$ mfa-env doctor --offline | grep -A1 'default'
warning  [default]: its session has no effect here: this shell has its own session
         -> eval "$(mfa-env unset)"
"#]]);
}
