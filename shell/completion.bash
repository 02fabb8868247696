# shellcheck shell=bash
# After clap's registration, which breaks a profile's name at `:`, `@` and spaces: our function
# completes these and hands everything else on to clap's.
complete -F _mfa_env_complete mfa-env
