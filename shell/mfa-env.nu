# mfa-env for nushell: the command that sets this shell.

# AWS sessions with MFA, in this shell
def --env --wrapped mfa-env [...arguments: string] {
  # Printed for people and programs, or a command follows: all but what is evaluated.
  let others = [@commands@] | where $it != "unset"
  let options = [-- -h --help -V --version --format --format=json --format=env]
  if ($arguments.0? in $others) or ($arguments | any {|word| $word in $options }) {
    with-env { MFA_ENV_SHELL: nu } { ^mfa-env ...$arguments }
  } else {
    with-env { MFA_ENV_SHELL: nu } { ^mfa-env ...$arguments } | from json | load-env
  }
}
