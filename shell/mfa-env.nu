# mfa-env for nushell: the command that changes this shell.

# AWS sessions with MFA, in this shell
def --env --wrapped mfa-env [...arguments: string] {
  # Calls whose output isn't evaluated: it is for people or programs, or a command follows.
  let others = [@commands@] | where $it != "unset"
  let options = [-- -h --help -V --version --format --format=json --format=env]
  if ($arguments.0? in $others) or ($arguments | any {|word| $word in $options }) {
    with-env { MFA_ENV_SHELL: nu } { ^mfa-env ...$arguments }
  } else {
    with-env { MFA_ENV_SHELL: nu } { ^mfa-env ...$arguments } | from json | load-env
  }
}
