# shellcheck shell=bash
# mfa-env for bash 3.2 and later: the function that changes this shell, and the prompt's segment. Load it with
#   eval "$(mfa-env init bash)"
# It writes no file and exports nothing. It starts no process at a prompt, except the binary once after the
# credentials file has changed.

# The function. An alias with its name would be expanded in the definition below.
unalias mfa-env 2>/dev/null || :

_mfa_env_run() {
  local rc=0 flags='' subshell='' off='' option arg
  # x and v would print the lines that we evaluate, with their secrets. With T and E, DEBUG, RETURN and ERR
  # traps would see them.
  case $- in
  *[xvTE]*)
    flags=${-//[!xvTE]/}
    { set +xvTE; } 2>/dev/null
    ;;
  esac
  # An alias for `export` would change the lines. With localvar_unset, a caller's local variable would get a
  # part of the session.
  for option in expand_aliases localvar_unset; do
    if shopt -q "$option" 2>/dev/null; then
      off+=" $option"
      shopt -u "$option"
    fi
  done
  # In $(…) the caller evaluates the output. In ( ) and in a pipeline, this subshell must do it. bash can't tell
  # them apart. The binary can, by the process groups, in the first subshell of a shell with job control: it gets
  # the shell's process id. In other subshells (0) the binary prints the lines, and we evaluate them, too.
  if ((BASH_SUBSHELL)) && [[ ! -t 1 ]]; then
    subshell=0
    if ((BASH_SUBSHELL == 1)) && [[ $- == *m* ]]; then subshell=$$; fi
  fi
  for arg in "$@"; do
    if [[ $arg == -- ]]; then break; fi
  done
  # The command after `--` needs its own signals, terminal and descriptors.
  if [[ ${arg-} == -- ]]; then
    command mfa-env "$@" || rc=$?
  else
    _mfa_env_evaluate "$@" || rc=$?
  fi
  for option in expand_aliases localvar_unset; do
    if [[ $off == *" $option"* ]]; then shopt -s "$option"; fi
  done
  if [[ -n $flags ]]; then set "-$flags"; fi
  return "$rc"
}

# A separate function, since calling it without T and E drops the traps. The binary writes the lines to descriptor
# 3, and the terminal stays its stdout. Descriptor 4 exists only for this line.
_mfa_env_evaluate() {
  local code='' rc=0
  {
    code=$(MFA_ENV_EVAL_FD=3 MFA_ENV_SHELL=bash MFA_ENV_SUBSHELL=$subshell \
      command mfa-env "$@" 3>&1 1>&4 4>&-) || rc=$?
  } 4>&1
  if ((rc == 0)) && [[ -n $code ]]; then
    eval "$code" || rc=$?
  fi
  return "$rc"
}

# In posix mode, bash before 5.3 refuses a function's name with `-`, and ends the script. An alias may have one.
if [[ -o posix ]] && ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] < 503)); then
  alias mfa-env=_mfa_env_run
else
  mfa-env() { _mfa_env_run "$@"; }
fi

# The segment, the variables that it was made from, and until when it is right. Then the state file, if `[default]`
# counts in this shell, and the credentials file, while it has the session of the state file.
MFA_ENV_PROMPT='' _mfa_env_inputs='' _mfa_env_until=0 _mfa_env_state='' _mfa_env_watched=''
# A session about which the binary had no answer, and the key for which the hint was printed.
_mfa_env_unsettled='' _mfa_env_hinted=''

# Runs at each prompt. Keeps $? for the hooks after it. Short, since bash copies a function at each call: it only
# checks whether anything has changed. The two files have equal times if the binary has nothing to check. With
# errexit, bash would exit at any status but 0.
_mfa_env_hook() {
  local rc=$? inputs=${AWS_ACCESS_KEY_ID-}/${MFA_ENV_EXPIRES-}/${AWS_PROFILE-}/${AWS_DEFAULT_PROFILE-}/\
${AWS_WEB_IDENTITY_TOKEN_FILE-}/${AWS_ROLE_ARN-}/${AWS_SHARED_CREDENTIALS_FILE-}/\
${MFA_ENV_PROMPT_AUTO-}/${NO_COLOR-}/${PWD-}
  # shellcheck disable=SC2071 # compares text, which is faster; bash before 5 refreshes at each prompt
  if [[ $inputs != "$_mfa_env_inputs" || ! ${EPOCHSECONDS-old} < $_mfa_env_until || $- == *e* ||
    ${PS1-} != *MFA_ENV_PROMPT* || ${PROMPT_COMMAND[*]-} != *_mfa_env_hook ||
    -n $_mfa_env_state && (-z $_mfa_env_watched && -f $_mfa_env_state || -n $_mfa_env_watched &&
    (! -f $_mfa_env_state || $_mfa_env_watched -nt $_mfa_env_state || $_mfa_env_state -nt $_mfa_env_watched)) ]]; then
    _mfa_env_segment
    _mfa_env_place
    _mfa_env_last
    if [[ $- == *e* ]]; then rc=0; fi
  fi
  return "$rc"
}

# Sets MFA_ENV_PROMPT. Uses the caller's inputs.
_mfa_env_segment() {
  local now=${EPOCHSECONDS-} name='' expires='' key='' mark='' text='?' colour=31 left=0
  local is_first=$((_mfa_env_until == 0)) renew=mfa-env
  if [[ -z $now ]]; then _mfa_env_clock; fi
  MFA_ENV_PROMPT='' _mfa_env_inputs=$inputs _mfa_env_until=9999999999 _mfa_env_state='' _mfa_env_watched=''
  if [[ -n ${AWS_ACCESS_KEY_ID-} ]]; then
    # Other exported keys hide our session, even one in `[default]`.
    if [[ $AWS_ACCESS_KEY_ID == "${MFA_ENV_KEY-}" ]]; then
      name=${AWS_VAULT-} expires=${MFA_ENV_EXPIRES-} key=$MFA_ENV_KEY
    fi
  elif [[ ${AWS_PROFILE:-default}/${AWS_DEFAULT_PROFILE:-default} == default/default ]] &&
    [[ -z ${AWS_WEB_IDENTITY_TOKEN_FILE-} || -z ${AWS_ROLE_ARN-} ]]; then
    _mfa_env_default
  fi
  if [[ -z $name ]]; then return 0; fi
  # The binary cleans the name, but another program may have set it.
  if [[ $name == *[[:cntrl:]]* ]]; then name='?'; fi

  case $expires in
  # (( )) would evaluate a name, even $(…) in its subscript. No range: [0-9] has more than ten members in some
  # locales.
  '' | *[!0123456789]* | ???????????*) ;;
  *)
    left=$((10#$expires - now))
    if ((left <= 0)); then
      text=expired
    elif ((left < 60)); then
      text=${left}s _mfa_env_until=$((now + 1))
    else
      colour=$((left > 900 ? 32 : 33)) text=$((left / 60))m
      if ((left >= 3600)); then printf -v text '%dh%02dm' $((left / 3600)) $((left % 3600 / 60)); fi
      _mfa_env_until=$((now + (left % 60 ? left % 60 : 1)))
    fi
    ;;
  esac

  # shellcheck disable=SC2034 # PS1 uses it
  # bash expands PS1 only once, so $(…) and `\` in a name are safe.
  if [[ -n ${NO_COLOR-} || ${TERM-dumb} == dumb ]]; then
    MFA_ENV_PROMPT="($name$mark $text) "
  elif [[ -o emacs || -o vi ]]; then
    # The characters for \[ and \], which bash doesn't decode inside a variable.
    MFA_ENV_PROMPT=$'\001\e['${colour}$'m\002'"($name$mark $text)"$'\001\e[0m\002 '
  else
    # Without line editing, bash would print these characters.
    MFA_ENV_PROMPT=$'\e['${colour}m"($name$mark $text)"$'\e[0m '
  fi

  # Prints the hint once for each session, and never at a shell's first prompt.
  if ((0 < left && left < 600)) && [[ $key != "$_mfa_env_hinted" ]]; then
    _mfa_env_hinted=$key
    if [[ $mark ]]; then
      case $name in
      -* | *[!a-zA-Z0-9_./:@+,=-]*) renew='mfa-env --pick -w' ;;
      *) renew="mfa-env -p $name -w" ;;
      esac
    fi
    if ((! is_first)) && [[ ${MFA_ENV_HINT-} != 0 ]]; then
      printf 'mfa-env: session of %s expires in %s; renew: %s\n' "$name" "$text" "$renew" >&2
    fi
  fi
}

# Reads the session in `[default]` from the first line of the state file, if the credentials file still has its key.
# Sets the caller's variables name, expires, key and mark.
_mfa_env_default() {
  local IFS=$'\t' state=${XDG_STATE_HOME-} own=${AWS_SHARED_CREDENTIALS_FILE:-${HOME-}/.aws/credentials}
  local expiration='' file='' answer=0
  # A relative path counts as unset (XDG Base Directory Specification).
  if [[ $state != /* ]]; then state=${HOME-}/.local/state; fi
  state+=/mfa-env/default _mfa_env_state=$state
  # Ignores a file that another user could have written, or that ends within the line.
  if [[ -O ${state%/*} && ! -L ${state%/*} && -f $state && -O $state && ! -L $state && -r $state ]]; then
    read -r name expires key expiration file <"$state" || file=''
  fi
  # shellcheck disable=SC2088 # the value may start with a tilde
  case $own in
  /*) ;;
  '~/'*) own=${HOME-}/${own#??} ;;
  *) own=$PWD/$own ;;
  esac
  if [[ $file != /* || $file != "$own" && ! $file -ef $own || $expiration$key == "$_mfa_env_unsettled" ]]; then
    answer=4
  elif [[ $own -nt $state || $state -nt $own ]]; then
    command mfa-env status --default-only </dev/null >/dev/null 2>&1 || answer=$?
  fi
  if ((answer == 0)); then
    _mfa_env_watched=$own mark='*'
  else
    # Doesn't ask again if the binary could not store its answer.
    if ((answer != 4)); then _mfa_env_unsettled=$expiration$key; fi
    name=''
  fi
}

# Adds the segment to PS1, as a reference, so that PS1 stays the same from prompt to prompt.
_mfa_env_place() {
  # shellcheck disable=SC2016 # bash expands it at each prompt
  local reference='${MFA_ENV_PROMPT+$MFA_ENV_PROMPT}' auto=${MFA_ENV_PROMPT_AUTO-} head='' rest=${PS1-}
  if ! shopt -q promptvars || ! _mfa_env_writable PS1; then return 0; fi
  # starship and oh-my-posh show the session through AWS_VAULT.
  if [[ $auto != 1 ]] && { declare -F starship_precmd || declare -F _omp_hook; } >/dev/null; then auto=0; fi
  if [[ $auto == 0 ]]; then
    if [[ $rest == *"$reference"* ]]; then PS1=${rest/"$reference"/}; fi
  elif [[ $rest != *MFA_ENV_PROMPT* ]]; then
    # Without VS Code's marks: it puts new ones around both.
    if [[ $rest == "${__vsc_custom_PS1-}" ]]; then rest=${__vsc_original_PS1-}; fi
    # Not on the empty first line that some prompts have.
    while [[ $rest == '\n'* || $rest == $'\n'* ]]; do
      case $rest in
      $'\n'*) head+=$'\n' rest=${rest#?} ;;
      *) head+='\n' rest=${rest#??} ;;
      esac
    done
    PS1=$head$reference$rest
  fi
}

# A readonly variable can't become local. Assigning to one would end the evaluation.
_mfa_env_writable() {
  local "$1" 2>/dev/null
}

# Moves our hook to the end of PROMPT_COMMAND, since an earlier hook may set PS1. But bash-preexec and VS Code would
# treat a hook after theirs as the user's command. Does nothing if another program runs our hook. Changes the array in
# place and keeps its length, since bash is walking through it.
_mfa_env_last() {
  local i before='' hooks after
  for i in "${!PROMPT_COMMAND[@]}"; do
    hooks=${PROMPT_COMMAND[i]}
    if [[ $hooks == *__vsc_prompt_cmd* && $hooks != *_mfa_env_hook* ]]; then
      before=$i
    elif [[ $hooks == _mfa_env_hook && -n $before ]]; then
      PROMPT_COMMAND[i]=${PROMPT_COMMAND[before]}
      PROMPT_COMMAND[before]=_mfa_env_hook
    fi
  done
  case "${PROMPT_COMMAND[*]-}" in
  *_mfa_env_hook | *_mfa_env_hook*__bp_* | *_mfa_env_hook*__vsc_*) return 0 ;;
  *_mfa_env_hook*) ;;
  *) return 0 ;;
  esac
  for i in "${!PROMPT_COMMAND[@]}"; do
    hooks=${PROMPT_COMMAND[i]}
    if [[ $hooks != *_mfa_env_hook* ]]; then continue; fi
    after=${hooks#*_mfa_env_hook}
    while [[ $after == [\;[:space:]]* ]]; do after=${after#?}; done
    hooks=${hooks%%_mfa_env_hook*}$after
    PROMPT_COMMAND[i]=${hooks:-:}
  done
  _mfa_env_append
}

_mfa_env_append() {
  if ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] >= 501)) && [[ -z ${VSCODE_SHELL_INTEGRATION-} ]]; then
    # Leaves element 0 to programs that only know one string; it must not be empty. bash restores $? and PIPESTATUS
    # between elements.
    if [[ -z ${PROMPT_COMMAND[*]-} ]]; then PROMPT_COMMAND=([1]=_mfa_env_hook); else PROMPT_COMMAND+=(_mfa_env_hook); fi
  else
    # A newline, since it also ends a command after `x;` and `x &`.
    # shellcheck disable=SC2178,SC2128 # element 0, if it is an array
    PROMPT_COMMAND=${PROMPT_COMMAND:+$PROMPT_COMMAND$'\n'}_mfa_env_hook
  fi
}

# For bash before 5.0, which has no EPOCHSECONDS: sets the caller's variable `now`.
_mfa_env_clock() { printf -v now '%(%s)T' -1; }
if ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] < 402)); then
  # Only SECONDS counts up. Finds its start once, and again if the user has set it back.
  _mfa_env_ticks=$SECONDS
  _mfa_env_base=$(($(date +%s) - _mfa_env_ticks))
  _mfa_env_clock() {
    if ((SECONDS < _mfa_env_ticks)); then _mfa_env_base=$(($(date +%s) - SECONDS)); fi
    _mfa_env_ticks=$SECONDS
    now=$((_mfa_env_base + _mfa_env_ticks))
  }
fi

if _mfa_env_writable PROMPT_COMMAND; then
  case "${PROMPT_COMMAND[*]-}" in
  *_mfa_env_hook*) ;;
  *__bp_install*) PROMPT_COMMAND=("${PROMPT_COMMAND[@]/__bp_install/$'_mfa_env_hook\n__bp_install'}") ;;
  *__vsc_prompt_cmd*) PROMPT_COMMAND=("${PROMPT_COMMAND[@]/__vsc_prompt_cmd/$'_mfa_env_hook\n__vsc_prompt_cmd'}") ;;
  *) _mfa_env_append ;;
  esac
fi
# Does it now, since terminals such as VS Code's put their marks around PS1 at the first prompt.
if [[ $- == *i* ]]; then _mfa_env_place; fi
