# shellcheck shell=bash
# After clap's registration, which breaks a profile's name at `:`, `@` and spaces: where
# `mfa-env init` was loaded, our function completes these and hands everything else on to clap's.
if declare -F _mfa_env_complete >/dev/null; then
  complete -F _mfa_env_complete mfa-env
fi
