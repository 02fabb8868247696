# shellcheck shell=bash
# mfa-env for bash 3.2 and later: the function that sets this shell, and the prompt's segment. Load it with
#   eval "$(mfa-env init bash)"
# It writes no file and exports nothing. At a prompt it starts no process, but the binary once after the
# credentials file has changed.

# The function. bash expands an alias of its name while it reads the definition.
unalias mfa-env 2>/dev/null || :

_mfa_env_run() {
  local rc=0 flags='' subshell='' aliases='' arg
  # x and v would print the lines that we evaluate, secrets and all; with T and E a DEBUG, RETURN or ERR
  # trap would see them.
  case $- in
  *[xvTE]*)
    flags=${-//[!xvTE]/}
    { set +xvTE; } 2>/dev/null
    ;;
  esac
  # An alias of `export` would change what the lines do.
  if shopt -q expand_aliases; then
    aliases=1
    shopt -u expand_aliases
  fi
  # In $(…) the caller evaluates what is printed; in ( ) and in a pipeline this subshell must. bash does
  # not tell them apart. The binary can, by the process groups, in the first subshell of a shell with job
  # control: it gets the shell's process id. Elsewhere (0) it prints the lines, and we evaluate them.
  if ((BASH_SUBSHELL)) && [[ ! -t 1 ]]; then
    subshell=0
    if ((BASH_SUBSHELL == 1)) && [[ $- == *m* ]]; then subshell=$$; fi
  fi
  for arg in "$@"; do
    if [[ $arg == -- ]]; then break; fi
  done
  # After `--` a command follows that must own its signals, its terminal and its descriptors.
  if [[ ${arg-} == -- ]]; then
    command mfa-env "$@" || rc=$?
  else
    _mfa_env_evaluate "$@" || rc=$?
  fi
  if [[ -n $aliases ]]; then shopt -s expand_aliases; fi
  if [[ -n $flags ]]; then set "-$flags"; fi
  return "$rc"
}

# A function of its own: entering it without T and E drops the traps. The binary writes what to evaluate to
# descriptor 3; the terminal stays its stdout. Descriptor 4 lives for this line only.
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

# bash before 5.3 refuses a name with `-` in posix mode, and ends a script there.
if [[ ! -o posix ]] || ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] >= 503)); then
  mfa-env() { _mfa_env_run "$@"; }
fi

# The segment; what it was made from, and until when it is right; the state file, where `[default]` counts,
# and the credentials file, while that holds the session which the state file names.
MFA_ENV_PROMPT='' _mfa_env_inputs='' _mfa_env_until=0 _mfa_env_state='' _mfa_env_watched=''
# The session that the binary could not tell of, and the key that the hint was printed for.
_mfa_env_unsettled='' _mfa_env_hinted=''

# At each prompt. Leaves $? as it found it, for the hooks after it. bash copies a function at each call: this
# one is short, and only finds out whether anything has changed. The two files have the same time while
# the binary has nothing to look at. Under errexit bash would leave on any status but 0.
_mfa_env_hook() {
  local rc=$? inputs=${AWS_ACCESS_KEY_ID-}/${MFA_ENV_EXPIRES-}/${AWS_PROFILE-}/${AWS_DEFAULT_PROFILE-}/\
${AWS_WEB_IDENTITY_TOKEN_FILE-}/${AWS_ROLE_ARN-}/${AWS_SHARED_CREDENTIALS_FILE-}/\
${MFA_ENV_PROMPT_AUTO-}/${NO_COLOR-}/${PWD-}
  # shellcheck disable=SC2071 # as text, which is faster; bash before 5 looks each time
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
    # Keys that somebody else exported hide ours, those in `[default]` too.
    if [[ $AWS_ACCESS_KEY_ID == "${MFA_ENV_KEY-}" ]]; then
      name=${AWS_VAULT-} expires=${MFA_ENV_EXPIRES-} key=$MFA_ENV_KEY
    fi
  elif [[ ${AWS_PROFILE:-default}/${AWS_DEFAULT_PROFILE:-default} == default/default ]] &&
    [[ -z ${AWS_WEB_IDENTITY_TOKEN_FILE-} || -z ${AWS_ROLE_ARN-} ]]; then
    _mfa_env_default
  fi
  if [[ -z $name ]]; then return 0; fi
  # The binary has cleaned the name. Another program's could steer the terminal.
  if [[ $name == *[[:cntrl:]]* ]]; then name='?'; fi

  case $expires in
  # A name in (( )) is evaluated, $(…) in its subscript included. No range: [0-9] has more than ten members
  # in some locales.
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

  # shellcheck disable=SC2034 # PS1 has it
  # bash expands PS1 once, so a name is safe from $(…) here, and `\` too.
  if [[ -n ${NO_COLOR-} || ${TERM-dumb} == dumb ]]; then
    MFA_ENV_PROMPT="($name$mark $text) "
  elif [[ -o emacs || -o vi ]]; then
    # What \[ and \] stand for; inside a variable they are not decoded.
    MFA_ENV_PROMPT=$'\001\e['${colour}$'m\002'"($name$mark $text)"$'\001\e[0m\002 '
  else
    # Without line editing nobody takes the marks out again.
    MFA_ENV_PROMPT=$'\e['${colour}m"($name$mark $text)"$'\e[0m '
  fi

  # Once for each session, and never at a shell's first prompt.
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

# The session in `[default]`: the first line of the state file, while the credentials file has its key.
# Sets the caller's name, expires, key, mark.
_mfa_env_default() {
  local IFS=$'\t' state=${XDG_STATE_HOME-} own=${AWS_SHARED_CREDENTIALS_FILE:-${HOME-}/.aws/credentials}
  local expiration='' file='' answer=0
  # A relative path counts as none (XDG Base Directory Specification).
  if [[ $state != /* ]]; then state=${HOME-}/.local/state; fi
  state+=/mfa-env/default _mfa_env_state=$state
  # What others could have put there is not read. An end of file before that of the line: cut off.
  if [[ -O ${state%/*} && ! -L ${state%/*} && -f $state && -O $state && ! -L $state && -r $state ]]; then
    read -r name expires key expiration file <"$state" || file=''
  fi
  # shellcheck disable=SC2088 # a tilde in the variable's value
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
    # Where the answer can't be kept, it is not asked for again.
    if ((answer != 4)); then _mfa_env_unsettled=$expiration$key; fi
    name=''
  fi
}

# Puts the segment into PS1: a reference, so that PS1 stays the same from prompt to prompt.
_mfa_env_place() {
  # shellcheck disable=SC2016 # expanded by bash at each prompt
  local reference='${MFA_ENV_PROMPT+$MFA_ENV_PROMPT}' auto=${MFA_ENV_PROMPT_AUTO-} head='' rest=${PS1-}
  if ! shopt -q promptvars || ! _mfa_env_writable PS1; then return 0; fi
  # starship and oh-my-posh show the session through AWS_VAULT.
  if [[ $auto != 1 ]] && { declare -F starship_precmd || declare -F _omp_hook; } >/dev/null; then auto=0; fi
  if [[ $auto == 0 ]]; then
    if [[ $rest == *"$reference"* ]]; then PS1=${rest/"$reference"/}; fi
  elif [[ $rest != *MFA_ENV_PROMPT* ]]; then
    # Not on the empty line that some prompts begin with.
    while [[ $rest == '\n'* || $rest == $'\n'* ]]; do
      case $rest in
      $'\n'*) head+=$'\n' rest=${rest#?} ;;
      *) head+='\n' rest=${rest#??} ;;
      esac
    done
    PS1=$head$reference$rest
  fi
}

# A readonly variable can't be made local; assigning to it ends the evaluation.
_mfa_env_writable() {
  local "$1" 2>/dev/null
}

# The last in PROMPT_COMMAND: an earlier hook may set PS1 anew. Who runs us by another way is left alone.
_mfa_env_last() {
  local i hooks after
  case "${PROMPT_COMMAND[*]-}" in
  # bash-preexec would take what runs after it for the user's first command.
  *_mfa_env_hook | *_mfa_env_hook*__bp_*) return 0 ;;
  *_mfa_env_hook*) ;;
  *) return 0 ;;
  esac
  # In place: bash is walking through the array.
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
  if ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] >= 501)); then
    # Element 0 is for those who know only one string, and must not be empty. Between elements bash restores
    # $? and PIPESTATUS.
    if [[ -z ${PROMPT_COMMAND[*]-} ]]; then PROMPT_COMMAND=([1]=_mfa_env_hook); else PROMPT_COMMAND+=(_mfa_env_hook); fi
  else
    # A newline ends a command also after `x;` and `x &`.
    # shellcheck disable=SC2178,SC2128 # element 0, where it is an array
    PROMPT_COMMAND=${PROMPT_COMMAND:+$PROMPT_COMMAND$'\n'}_mfa_env_hook
  fi
}

# The time, as now, in bash before 5.0, which has no EPOCHSECONDS.
_mfa_env_clock() { printf -v now '%(%s)T' -1; }
if ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] < 402)); then
  # Only SECONDS counts on: we ask what it started from, and again where somebody has set it back.
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
  *) _mfa_env_append ;;
  esac
fi
# Now, since terminals such as VS Code's put their marks around PS1 at the first prompt.
if [[ $- == *i* ]]; then _mfa_env_place; fi
