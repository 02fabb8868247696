# shellcheck shell=bash
# Completion of mfa-env in bash 3.2 and later. The binary gets the half-typed line in the environment, since the line
# may contain a code. It prints a line for each candidate, quoted for its place.
_mfa_env_complete() {
  local i at=0 flags=$-
  for ((i = COMP_CWORD - 1; i > 0; i--)); do
    if [[ ${COMP_WORDS[i]} == -- ]]; then at=$((i + 1)); fi
  done
  COMPREPLY=()
  # After `--`, uses the command's own completion, which bash-completion finds.
  if ((at)) && declare -F _comp_command_offset >/dev/null; then
    _comp_command_offset "$at"
    return
  elif ((at)) && declare -F _command_offset >/dev/null; then
    _command_offset "$at"
    return
  fi
  # For a thousand names, a loop would take ten times as long as this.
  local IFS=$'\n'
  set -f
  # shellcheck disable=SC2207
  if ((at == 0)); then
    COMPREPLY=($(MFA_ENV_COMPLETE=bash MFA_ENV_LINE=${COMP_LINE:0:COMP_POINT} MFA_ENV_BREAKS=$COMP_WORDBREAKS \
      MFA_ENV_FLAGS=$flags MFA_ENV_BLE=${BLE_ATTACHED-} command mfa-env 2>/dev/null)) || :
    compopt -o nosort 2>/dev/null || :
  elif ((at == COMP_CWORD)); then
    COMPREPLY=($(compgen -A command -- "$2")) || :
  else
    compopt -o default 2>/dev/null || COMPREPLY=($(compgen -f -- "$2")) || :
  fi
  [[ $flags == *f* ]] || set +f
}
complete -F _mfa_env_complete mfa-env
