# shellcheck shell=bash
# mfa-env for bash 3.2 and later: the function that changes this shell, and the prompt's segment. Load it with
#   eval "$(mfa-env init bash)"
# It writes no file and exports nothing. It starts no process at a prompt, except the binary once after the
# credentials file has changed.

# The function. An alias with its name would be expanded in the definition below.
unalias mfa-env 2>/dev/null || :

_mfa_env_run() {
  # With k, `local` sets nothing.
  local rc arg _mfa_env_subshell flags _mfa_env_options
  rc=0 arg='' _mfa_env_subshell='' flags=${-//[!ekxvTE]/}
  # x and v would print the lines that we evaluate, with their secrets. With T and E, traps would see them. With e, a
  # failing `command` would end bash 3.2. With k, the lines would export nothing.
  { set +ekxvTE; } 2>/dev/null
  # An alias for `export` would change the lines. With localvar_unset, a caller's local variable would get a
  # part of the session.
  _mfa_env_options=$(shopt -p expand_aliases localvar_unset 2>/dev/null) || :
  shopt -u expand_aliases localvar_unset 2>/dev/null || :
  # In $(…) the caller evaluates the output. In ( ) and in a pipeline, this subshell must do it. bash can't tell
  # them apart. The binary can, by the process groups, in the first subshell of a shell with job control: it gets
  # the shell's process id. In other subshells (0) the binary prints the lines, and we evaluate them, too.
  if ((BASH_SUBSHELL)) && [[ ! -t 1 ]]; then
    _mfa_env_subshell=0
    if ((BASH_SUBSHELL == 1)) && [[ $- == *m* ]]; then _mfa_env_subshell=$$; fi
  fi
  for arg in "$@"; do
    if [[ $arg == -- ]]; then break; fi
  done
  # The command after `--` needs its own signals, terminal and descriptors.
  if [[ $arg == -- ]]; then
    command mfa-env "$@" || rc=$?
  else
    _mfa_env_evaluate "$@" || rc=$?
  fi
  eval "$_mfa_env_options"
  if [[ -n $flags ]]; then set "-$flags"; fi
  return "$rc"
}

# A separate function, since calling it without T and E drops the traps. The binary writes the lines to descriptor
# 3. Descriptor 4 keeps its stdout the terminal.
_mfa_env_evaluate() {
  # The names can't be those of the user's variables, whose attributes `local` may inherit.
  local rc=0 _mfa_env_code _mfa_env_trap
  { _mfa_env_code=$(MFA_ENV_EVAL_FD=3 MFA_ENV_SHELL=bash MFA_ENV_SUBSHELL=$_mfa_env_subshell command mfa-env "$@" 3>&1 1>&4 4>&-); } 4>&1 ||
    return
  # Ctrl-C between two lines would leave half a session.
  _mfa_env_trap=$(trap -p INT)
  trap '' INT
  eval "$_mfa_env_code" || rc=$?
  eval "${_mfa_env_trap:-trap - INT}"
  return "$rc"
}

# In posix mode, bash before 5.3 refuses a function's name with `-`, and ends the script. An alias may have one.
if [[ -o posix ]] && ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] < 503)); then
  alias mfa-env=_mfa_env_run
else
  mfa-env() { _mfa_env_run "$@"; }
fi

# The segment, what it was made from, and until when it is right.
MFA_ENV_PROMPT='' _mfa_env_inputs='' _mfa_env_until=0
# The state file; the credentials file, while the segment shows its session; and the key of a session about which
# the binary could not store its answer. A relative path counts as unset (XDG Base Directory Specification).
_mfa_env_state=${HOME-}/.local/state/mfa-env/default _mfa_env_watched='' _mfa_env_unsettled=''
if [[ ${XDG_STATE_HOME-} == /* ]]; then _mfa_env_state=$XDG_STATE_HOME/mfa-env/default; fi

# Runs at each prompt. Keeps $? for the hooks after it. Short, since bash copies a function at each call. The two
# files have equal times if the binary has nothing to check.
_mfa_env_hook() {
  local rc=$? session=''
  # Other exported keys hide our session, even one in `[default]`.
  if [[ ${AWS_ACCESS_KEY_ID:-none} == "${MFA_ENV_KEY-}" ]]; then
    session=${AWS_VAULT-}/${MFA_ENV_EXPIRES-}
  # Never reads a file that another user could have written.
  elif [[ -z ${AWS_ACCESS_KEY_ID-} && -O $_mfa_env_state && -f $_mfa_env_state && ! -L $_mfa_env_state &&
    -r $_mfa_env_state && -O ${_mfa_env_state%/*} && ! -L ${_mfa_env_state%/*} &&
    ${AWS_PROFILE:-default}/${AWS_DEFAULT_PROFILE:-default} == default/default &&
    (-z ${AWS_WEB_IDENTITY_TOKEN_FILE-} || -z ${AWS_ROLE_ARN-}) ]]; then
    read -r session <"$_mfa_env_state" || session=''
    session+=${session:+/${AWS_SHARED_CREDENTIALS_FILE-}/$PWD}
  fi
  # shellcheck disable=SC2071 # compares text, which is faster; bash before 5 refreshes at each prompt
  if [[ $session/${MFA_ENV_PROMPT_AUTO-}/${NO_COLOR-} != "$_mfa_env_inputs" ||
    ! ${EPOCHSECONDS-old} < $_mfa_env_until || ${PS1-} != *MFA_ENV_PROMPT* ||
    -n $_mfa_env_watched && ($_mfa_env_watched -nt $_mfa_env_state || $_mfa_env_state -nt $_mfa_env_watched) ]]; then
    _mfa_env_segment
    _mfa_env_place
  fi
  # With errexit, bash would exit at any status but 0.
  [[ $- == *e* ]] || return "$rc"
}

# Sets MFA_ENV_PROMPT. Uses the caller's variable session.
_mfa_env_segment() {
  local now=${EPOCHSECONDS-} name='' expires='' mark='' text='?' colour=31 left
  MFA_ENV_PROMPT='' _mfa_env_watched=''
  _mfa_env_inputs=$session/${MFA_ENV_PROMPT_AUTO-}/${NO_COLOR-} _mfa_env_until=9999999999
  if [[ -z $session ]]; then return 0; fi
  # Until the minute is over. In the last minute, and if nothing is known, until the next prompt.
  _mfa_env_until=0
  if [[ -z $now ]]; then _mfa_env_clock; fi
  if [[ -n ${AWS_ACCESS_KEY_ID-} ]]; then
    name=${AWS_VAULT-} expires=${MFA_ENV_EXPIRES-}
  else
    _mfa_env_default || return 0
  fi
  # The binary cleans the name, but another program may have set it.
  _mfa_env_is_clean || name='?'

  case $expires in
  # (( )) would evaluate a name, even $(…) in its subscript. No range: [0-9] has more than ten members in some
  # locales.
  '' | *[!0123456789]* | ???????????*) ;;
  *)
    left=$((10#$expires - now))
    if ((left <= 0)); then
      text=expired
    elif ((left < 60)); then
      text=${left}s
    else
      text=$((left / 60))m colour=$((left > 900 ? 32 : 33)) _mfa_env_until=$((now + left % 60))
      if ((left >= 3600)); then printf -v text '%dh%02dm' "$((left / 3600))" "$((left % 3600 / 60))"; fi
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
}

# Whether the text in `name`, a variable of the caller, has no control characters, and none that change the direction
# of text or are invisible: U+0080 to 9F, 061C, 200B to 200F, 2028 to 202E, 2060 to 206F. By bytes, since a terminal
# may know UTF-8 even if the locale doesn't. One by one, since [x-y] is right only in the locale C, to which bash 3.2
# can't go and return.
_mfa_env_is_clean() {
  local char
  [[ -n $name && $name != *[[:cntrl:]]* ]] || return
  # Saves the loop for most names: with xtrace, bash would print a line for each character in it.
  [[ $name == *[![:alnum:]\ _.@:/+=,-]* ]] || return 0
  # In octal. The braces also make sequences that are no octal numbers, such as \208.
  # shellcheck disable=SC1003,SC2059 # no quote is escaped; printf is to expand the escapes
  for char in '\302\'{200..237} '\330\234' '\342\200\'{213..217} '\342\200\'{250..256} '\342\201\'{240..257}; do
    printf -v char "$char"
    [[ $name != *"$char"* ]] || return
  done
}

# Takes the session in `[default]` from the state file. Sets the caller's variables name, expires and mark. Fails if
# the credentials file no longer has its key.
_mfa_env_default() {
  local IFS=$'\t' own=${AWS_SHARED_CREDENTIALS_FILE:-${HOME-}/.aws/credentials} key file answer=0
  # shellcheck disable=SC2088 # the value may start with a tilde
  if [[ $own == '~/'* ]]; then own=${HOME-}/${own#??}; fi
  read -r name expires key _ file <"$_mfa_env_state" || return
  if [[ $key == "$_mfa_env_unsettled" || $file != /* || ! $file -ef $own ]]; then return 1; fi
  if [[ $own -nt $_mfa_env_state || $_mfa_env_state -nt $own ]]; then
    # In a subshell, since with errexit a failing `command` ends bash 3.2.
    (command mfa-env status --default-only </dev/null >/dev/null 2>&1) || answer=$?
  fi
  # Doesn't ask again if the binary could not store its answer.
  if ((answer != 0 && answer != 4)); then _mfa_env_unsettled=$key; fi
  mark='*' _mfa_env_watched=$own
  return "$answer"
}

# Adds the segment to PS1, as a reference, so that PS1 stays the same from prompt to prompt.
_mfa_env_place() {
  # shellcheck disable=SC2016 # bash expands it at each prompt
  local reference='${MFA_ENV_PROMPT+$MFA_ENV_PROMPT}' auto=${MFA_ENV_PROMPT_AUTO-} prompt=${PS1-} IFS=$'\n'
  case "${PROMPT_COMMAND[*]-}" in
  *_mfa_env_hook?__bp_interactive_mode* | *_mfa_env_hook?__vsc_prompt_cmd*) ;;
  *__bp_interactive_mode*_mfa_env_hook* | *__vsc_prompt_cmd*_mfa_env_hook* | *_mfa_env_hook?*) _mfa_env_last ;;
  esac
  if ! shopt -q promptvars || ! _mfa_env_writable PS1; then return 0; fi
  # starship and oh-my-posh show the session through AWS_VAULT.
  if [[ $auto != 1 ]] && { declare -F starship_precmd || declare -F _omp_hook; } >/dev/null; then auto=0; fi
  if [[ $auto == 0 ]]; then
    if [[ $prompt == *"$reference"* ]]; then PS1=${prompt/"$reference"/}; fi
  elif [[ $prompt != *MFA_ENV_PROMPT* ]]; then
    # Without VS Code's marks: it puts new ones around both.
    if [[ $prompt == "${__vsc_custom_PS1-}" ]]; then prompt=${__vsc_original_PS1-}; fi
    # Not on the empty first line that some prompts have.
    [[ $prompt =~ ^('\n'|$'\n')* ]]
    PS1=${BASH_REMATCH[0]}$reference${prompt:${#BASH_REMATCH[0]}}
  fi
}

# Keeps our hook the last one, since an earlier one may set PS1. But bash-preexec and VS Code would treat a hook after
# theirs as the user's command.
_mfa_env_last() {
  local i ours='^(.*)_mfa_env_hook[;[:space:]]*(.*)$'
  for i in "${!PROMPT_COMMAND[@]}"; do
    if [[ ${PROMPT_COMMAND[i]} =~ $ours ]]; then PROMPT_COMMAND[i]=${BASH_REMATCH[1]}${BASH_REMATCH[2]}; fi
  done
  for i in "${!PROMPT_COMMAND[@]}"; do
    case ${PROMPT_COMMAND[i]} in
    *__bp_interactive_mode*)
      PROMPT_COMMAND[i]=${PROMPT_COMMAND[i]/__bp_interactive_mode/$'_mfa_env_hook\n__bp_interactive_mode'}
      return 0
      ;;
    *__bp_install* | *__vsc_prompt_cmd*)
      PROMPT_COMMAND[i]=$'_mfa_env_hook\n'${PROMPT_COMMAND[i]}
      return 0
      ;;
    esac
  done
  if ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] < 501)) || [[ -n ${VSCODE_SHELL_INTEGRATION-} ]]; then
    # Only element 0 counts. A newline, since it also ends a command after `x;` and `x &`.
    # shellcheck disable=SC2178,SC2128 # element 0, if it is an array
    PROMPT_COMMAND=${PROMPT_COMMAND:+$PROMPT_COMMAND$'\n'}_mfa_env_hook
  elif [[ -z ${PROMPT_COMMAND[*]-} ]]; then
    # Leaves element 0 to programs that only know one string; it must not be empty.
    PROMPT_COMMAND=([1]=_mfa_env_hook)
  else
    PROMPT_COMMAND+=(_mfa_env_hook)
  fi
}

# A readonly variable can't become local. Assigning to one would end the evaluation.
_mfa_env_writable() {
  local "$1" 2>/dev/null
}

# Sets the caller's variable now in bash before 5.0, which has no EPOCHSECONDS.
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

if _mfa_env_writable PROMPT_COMMAND && [[ ${PROMPT_COMMAND[*]-} != *_mfa_env_hook* ]]; then _mfa_env_last; fi
# Does it now, since terminals such as VS Code's put their marks around PS1 at the first prompt.
if [[ $- == *i* ]]; then _mfa_env_place; fi
