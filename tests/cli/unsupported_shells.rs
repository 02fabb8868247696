//! csh, tcsh, xonsh and PowerShell can't evaluate our lines: mfa-env prints none, and shows the command to
//! use instead. A POSIX shell runs under each of these names.

use support::{Home, logins, str, sts};

#[test]
fn each_gets_no_lines_and_the_command_to_use() {
    let sts = sts();
    let home = Home::someaccount().config("[profile list]\n").calling(sts.url());
    home.session(str![[r#"
$ for name in csh tcsh xonsh pwsh; do ln -s /bin/dash $name; done
$ each() { for name in csh tcsh xonsh pwsh; do ./$name -c "$1; exit \$?" 2>&1; done; }
$ each 'mfa-env someaccount'
error: mfa-env can't set variables in csh
hint: start csh with the session: mfa-env someaccount -- csh
false
error: mfa-env can't set variables in tcsh
hint: start tcsh with the session: mfa-env someaccount -- tcsh
false
error: mfa-env can't set variables in xonsh
hint: start xonsh with the session: mfa-env someaccount -- xonsh
false
error: mfa-env can't set variables in pwsh
hint: start pwsh with the session: mfa-env someaccount -- pwsh
false
? 2
$ each 'mfa-env unset'
$ each 'mfa-env doctor --offline' | grep shell:
     ok  shell: to start csh with a session: mfa-env PROFILE -- csh
     ok  shell: to start tcsh with a session: mfa-env PROFILE -- tcsh
     ok  shell: to start xonsh with a session: mfa-env PROFILE -- xonsh
     ok  shell: to start pwsh with a session: mfa-env PROFILE -- pwsh
$ tcsh() { ./tcsh -c "$1; exit \$?"; }
$ tcsh 'mfa-env someaccount --format env'
false
2> error: mfa-env can't set variables in tcsh
2> hint: start tcsh with the session: mfa-env someaccount -- tcsh
? 2
$ tcsh 'mfa-env'
false
2> error: mfa-env can't set variables in tcsh
2> hint: start tcsh with the session: mfa-env -- tcsh
? 2
$ tcsh 'mfa-env --pick'
false
2> error: mfa-env can't set variables in tcsh
2> hint: start tcsh with the session: mfa-env --pick -- tcsh
? 2
$ tcsh 'mfa-env -p list'
false
2> error: mfa-env can't set variables in tcsh
2> hint: start tcsh with the session: mfa-env --profile list -- tcsh
? 2
$ tcsh 'mfa-env someaccount --typo' 2>log
false
? 2
$ tcsh 'mfa-env unset --typo' 2>log
false
? 2
$ tcsh 'mfa-env init zhs' 2>log
false
? 2
$ tcsh 'mfa-env list --names'
list
someaccount
$ tcsh 'mfa-env policy' | cmp - <(mfa-env policy)
$ tcsh 'mfa-env --help' | cmp - <(mfa-env --help)
$ for name in csh tcsh xonsh pwsh powershell; do mfa-env init $name; done 2>&1 | grep -e error -e hint -e tip
error: invalid value 'csh' for '<SHELL>'
hint: to start csh with a session: mfa-env PROFILE -- csh
error: invalid value 'tcsh' for '<SHELL>'
hint: to start tcsh with a session: mfa-env PROFILE -- tcsh
error: invalid value 'xonsh' for '<SHELL>'
hint: to start xonsh with a session: mfa-env PROFILE -- xonsh
error: invalid value 'pwsh' for '<SHELL>'
hint: to start pwsh with a session: mfa-env PROFILE -- pwsh
error: invalid value 'powershell' for '<SHELL>'
hint: to start pwsh with a session: mfa-env PROFILE -- pwsh
$ mfa-env someaccount --shell tcsh 2>&1 | grep -e exit -e error -e hint -e tip
(exit 2);
error: invalid value 'tcsh' for '--shell <SHELL>'
hint: to start tcsh with a session: mfa-env PROFILE -- tcsh
$ mfa-env unset --shell tcsh 2>&1 | grep -e exit -e error -e hint -e tip
(exit 2);
error: invalid value 'tcsh' for '--shell <SHELL>'
hint: to start tcsh with a session: mfa-env PROFILE -- tcsh
"#]]);
    assert!(logins(&sts).is_empty());
    home.session(str![[r#"
$ ./csh -c "mfa-env someaccount -t 918273 -- ./csh -c 'echo \$AWS_VAULT'"
someaccount
$ export AWS_ACCESS_KEY_ID=ASIAOURS MFA_ENV_KEY=ASIAOURS MFA_ENV_PROFILE=someaccount
$ for name in csh tcsh xonsh pwsh; do ./$name -c 'mfa-env unset; exit $?' 2>&1; done
error: mfa-env can't unset variables in csh
hint: exit ends a csh that was started with the session: mfa-env someaccount -- csh
false
error: mfa-env can't unset variables in tcsh
hint: exit ends a tcsh that was started with the session: mfa-env someaccount -- tcsh
false
error: mfa-env can't unset variables in xonsh
hint: exit ends a xonsh that was started with the session: mfa-env someaccount -- xonsh
false
error: mfa-env can't unset variables in pwsh
hint: exit ends a pwsh that was started with the session: mfa-env someaccount -- pwsh
false
? 2
$ ./tcsh -c 'mfa-env unset --shell posix; exit $?' | grep ^unset
unset -v AWS_ACCESS_KEY_ID MFA_ENV_PROFILE MFA_ENV_KEY;
2> removed someaccount from this shell
$ ./tcsh -c 'mfa-env someaccount -w; exit $?'
2> wrote someaccount to [default] in ~/.aws/credentials (undo: mfa-env unset -w)
2> warning: this shell keeps using its own session
2> hint: exit
2> Session reused; expires in 12 hours (someaccount: user bob of 123456789012)
"#]]);
}
