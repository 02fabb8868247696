# shellcheck shell=bash
# mfa-env for bash 3.2 and later: the function that sets this shell, the prompt
# segment. Load it with
#   eval "$(mfa-env init bash)"
# It writes no file and exports nothing. At a prompt it starts no process, but the
# binary once after the credentials file has changed.

# An alias would replace the name while the definition below is being parsed,
# and bash would stop there.
unalias mfa-env 2>/dev/null || :

# The binary writes what to evaluate to descriptor 3; the terminal stays its
# stdout, so a table, a help text or a question works as without a function.
_mfa_env_run() {
  local rc=0 flags='' aside='' subshell='' aliases='' arg
  # x and v would print the lines that we evaluate, secrets and all; with T and E
  # a DEBUG, RETURN or ERR trap would see them.
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
  # After `--` a command follows that must own its signals, its terminal and
  # its descriptors.
  for arg in "$@"; do
    if [[ $arg == -- ]]; then aside=1; fi
  done
  # In $(…) the caller evaluates what is printed; in ( ) and in a pipeline this
  # subshell must. bash does not tell them apart. The binary can, by the process
  # groups, in the first subshell of a shell with job control: it gets the
  # shell's process id. Elsewhere (0) it prints the lines, and we evaluate them.
  if ((BASH_SUBSHELL)) && [[ ! -t 1 ]]; then
    subshell=0
    if ((BASH_SUBSHELL == 1)) && [[ $- == *m* ]]; then subshell=$$; fi
  fi
  if [[ -n $aside ]]; then
    command mfa-env "$@" || rc=$?
  else
    _mfa_env_evaluate "$@" || rc=$?
  fi
  if [[ -n $aliases ]]; then shopt -s expand_aliases; fi
  if [[ -n $flags ]]; then set "-$flags"; fi
  return "$rc"
}

# A function of its own: entering it without T and E drops the traps.
_mfa_env_evaluate() {
  local code='' rc=0
  # Descriptor 4 lives for this line only; one that the user has comes back.
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

# What bash before 5.1 needs at each prompt: where the time comes from, without a
# process (5.0 has a variable, 4.2 a printf format, before it only SECONDS counts
# on, so we ask once what it started from); and our place in PROMPT_COMMAND.
_mfa_env_older=
if ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] < 402)); then
  _mfa_env_older=_mfa_env_count
  _mfa_env_ticks=$SECONDS
  _mfa_env_base=$(($(date +%s) - _mfa_env_ticks))
elif ((BASH_VERSINFO[0] < 5)); then
  _mfa_env_older=_mfa_env_format
elif ((BASH_VERSINFO[0] == 5 && BASH_VERSINFO[1] < 1)); then
  _mfa_env_older=_mfa_env_last
fi

_mfa_env_count() {
  # Less than before: somebody uses SECONDS as a stopwatch.
  if ((SECONDS < _mfa_env_ticks)); then
    _mfa_env_base=$(($(date +%s) - SECONDS))
  fi
  _mfa_env_ticks=$SECONDS
  now=$((_mfa_env_base + _mfa_env_ticks))
  _mfa_env_last
}

_mfa_env_format() {
  printf -v now '%(%s)T' -1
  _mfa_env_last
}

# In the one string that PROMPT_COMMAND is before 5.1, a hook that somebody puts
# after ours would find our status in PIPESTATUS: we go to the end, from the next
# prompt on.
_mfa_env_last() {
  case ${PROMPT_COMMAND-} in
  *_mfa_env_hook[!_]*) _mfa_env_move ;;
  esac
}

MFA_ENV_PROMPT=
# What MFA_ENV_PROMPT was made from, and from when until when it is right.
_mfa_env_known=
_mfa_env_since=0
_mfa_env_until=0
# The credentials file, while the state file says something of it; and the first line
# of the state file of which the binary could not tell whether it still holds.
_mfa_env_watched=
_mfa_env_unsettled=
# The key id that the hint was printed for, and whether we touched PS1.
_mfa_env_hinted=${_mfa_env_hinted-}
_mfa_env_placed=${_mfa_env_placed-}

# At each prompt. It leaves $? as it found it, for the hooks after it. bash copies
# a function's body at each call, so this one is short: it only finds out whether
# anything has changed.
_mfa_env_hook() {
  local rc=$? IFS='' now=${EPOCHSECONDS-} line='' state='' first=''
  case $- in
  *[ex]*)
    _mfa_env_calm
    return
    ;;
  esac
  $_mfa_env_older
  if [[ -n ${AWS_ACCESS_KEY_ID-} ]]; then
    line=$AWS_ACCESS_KEY_ID/${MFA_ENV_KEY-}/${MFA_ENV_EXPIRES-}/${AWS_VAULT-}
  elif [[ ${AWS_PROFILE:-default}/${AWS_DEFAULT_PROFILE:-default} == default/default ]]; then
    state=${XDG_STATE_HOME-}
    # A relative path counts as none (XDG Base Directory Specification).
    if [[ $state != /* ]]; then state=${HOME-}/.local/state; fi
    state+=/mfa-env/default
    # What others could have put there is not read.
    if [[ -O ${state%/*} && ! -L ${state%/*} && -f $state && -O $state && ! -L $state && -r $state ]]; then
      # An end of file before the end of the line: cut off.
      read -r first <"$state" || first=''
    fi
    # Equal times say that the binary has looked. Neither is newer than the other.
    if [[ -n $_mfa_env_watched ]] && [[ $_mfa_env_watched -nt $state || $state -nt $_mfa_env_watched ]]; then
      _mfa_env_known=
    fi
    line=$state/$first
    # shellcheck disable=SC2088 # a tilde in the variable's value
    case ${AWS_SHARED_CREDENTIALS_FILE-} in
    '' | /* | '~/'*) ;;
    *) line+=/$PWD ;;
    esac
  fi
  line+=/${AWS_WEB_IDENTITY_TOKEN_FILE-}/${AWS_ROLE_ARN-}/${AWS_SHARED_CREDENTIALS_FILE-}/${MFA_ENV_PROMPT_AUTO-}/${NO_COLOR-}/${TERM-}
  if [[ $line != "$_mfa_env_known" ]] || ((now < _mfa_env_since || now >= _mfa_env_until)); then
    _mfa_env_known=$line
    _mfa_env_refresh
  fi
  case ${PS1-} in
  *MFA_ENV_PROMPT*) ;;
  *) _mfa_env_place ;;
  esac
  return "$rc"
}

# Twenty lines of trace at each prompt, some from the credentials file, are in
# nobody's interest. And bash leaves on any status but 0 in PROMPT_COMMAND under
# errexit, also on the 1 that `! true` left.
_mfa_env_calm() {
  local flags=${-//[!ex]/}
  { set +ex; } 2>/dev/null
  _mfa_env_hook
  set "-$flags"
  case $flags in
  *e*) return 0 ;;
  esac
  return "$rc"
}

# Sets MFA_ENV_PROMPT. Uses the caller's now, state, first.
_mfa_env_refresh() {
  local profile='' expires='' key='' write='' left text colour=32 plain
  MFA_ENV_PROMPT=
  _mfa_env_since=$now
  _mfa_env_until=9999999999
  if [[ -n ${AWS_ACCESS_KEY_ID-} ]]; then
    # Keys that somebody else exported hide ours, those in `[default]` too.
    if [[ $AWS_ACCESS_KEY_ID == "${MFA_ENV_KEY-}" ]]; then
      profile=${AWS_VAULT-} expires=${MFA_ENV_EXPIRES-} key=$MFA_ENV_KEY
    fi
  elif [[ -n $state ]] && [[ -z ${AWS_WEB_IDENTITY_TOKEN_FILE-} || -z ${AWS_ROLE_ARN-} ]]; then
    _mfa_env_read_default
  fi
  if [[ ${MFA_ENV_PROMPT_AUTO-} == 0 && -n $_mfa_env_placed ]]; then _mfa_env_displace; fi
  if [[ -z $profile ]]; then return 0; fi
  # The binary has cleaned the name. Another program's could steer the terminal.
  if [[ $profile == *[[:cntrl:]]* ]]; then profile='?'; fi

  case $expires in
  # A name in (( )) is evaluated, $(…) in its subscript included. No range:
  # [0-9] has more than ten members in some locales.
  '' | *[!0123456789]* | ???????????*) text='?' colour=31 ;;
  *)
    left=$((10#$expires - now))
    if ((left <= 0)); then
      text=expired colour=31
    elif ((left < 60)); then
      text=${left}s colour=31
      _mfa_env_until=$((now + 1))
    else
      if ((left < 3600)); then
        text=$((left / 60))m
      else
        printf -v text '%dh%02dm' $((left / 3600)) $((left % 3600 / 60))
      fi
      # When the next minute begins; or, before that, the colour changes.
      _mfa_env_until=$((now + left % 60 + 1))
      if ((left <= 900)); then
        colour=33
      elif ((left < 960)); then
        _mfa_env_until=$((now + left - 900))
      fi
    fi
    if ((left > 0 && left < 600)) && [[ ${MFA_ENV_HINT-} != 0 && $key != "$_mfa_env_hinted" ]]; then
      _mfa_env_hinted=$key
      _mfa_env_hint
    fi
    ;;
  esac

  # bash expands PS1 once, so a name is safe from $(…) here, and `\` too.
  plain="($profile $text)"
  if [[ -n ${NO_COLOR-} || ${TERM-dumb} == dumb ]]; then
    MFA_ENV_PROMPT="$plain "
  elif [[ -o emacs || -o vi ]]; then
    # What \[ and \] stand for; inside a variable they are not decoded.
    MFA_ENV_PROMPT=$'\001\e['${colour}$'m\002'$plain$'\001\e[0m\002 '
  else
    # Without line editing nobody takes the marks out again.
    MFA_ENV_PROMPT=$'\e['${colour}m$plain$'\e[0m '
  fi
}

# The session in `[default]`, from the caller's first line of the state file, while
# it is still there. Sets the caller's profile, expires, key, write.
_mfa_env_read_default() {
  local own=${AWS_SHARED_CREDENTIALS_FILE:-${HOME-}/.aws/credentials} rest='' answer=0
  _mfa_env_watched=
  case $first in
  "$_mfa_env_unsettled") return 0 ;;
  *$'\t'*$'\t'*$'\t'*$'\t'/*) ;;
  *) return 0 ;;
  esac
  # shellcheck disable=SC2088 # a tilde in the variable's value
  case $own in
  /*) ;;
  '~/'*) own=${HOME-}/${own#??} ;;
  *) own=$PWD/$own ;;
  esac
  rest=${first##*$'\t'}
  if [[ $rest != "$own" && ! $rest -ef $own ]]; then return 0; fi
  if [[ $own -nt $state || $state -nt $own ]]; then
    command mfa-env status --default-only </dev/null >/dev/null 2>&1 || answer=$?
  fi
  case $answer in
  0) ;;
  4)
    _mfa_env_watched=$own
    return 0
    ;;
  *)
    # The answer can't be kept: not asked again at each prompt.
    _mfa_env_unsettled=$first
    return 0
    ;;
  esac
  _mfa_env_watched=$own write=' -w'
  profile=${first%%$'\t'*} rest=${first#*$'\t'}
  expires=${rest%%$'\t'*} rest=${rest#*$'\t'}
  key=${rest%%$'\t'*}
}

# starship or oh-my-posh.
_mfa_env_drawn_by_others() {
  declare -F starship_precmd >/dev/null || declare -F _omp_hook >/dev/null
}

# Uses the caller's profile, text, write.
_mfa_env_hint() {
  local name renew=''
  case $profile in
  # Perhaps in the place of another character: no command can name that profile.
  *\?*) ;;
  @command-pattern@ | -* | *[!abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:@+,-]*)
    printf -v name '%q' "$profile"
    renew="; renew: mfa-env --profile $name$write"
    ;;
  *) renew="; renew: mfa-env $profile$write" ;;
  esac
  printf 'mfa-env: session of %s expires in %s%s\n' "$profile" "$text" "$renew" >&2
}

# Puts the segment in front of PS1, again where another hook has set PS1 anew.
# A reference, not the text: PS1 stays the same from prompt to prompt.
_mfa_env_place() {
  local head='' rest=${PS1-}
  case ${MFA_ENV_PROMPT_AUTO-} in
  0) return 0 ;;
  1) ;;
  *)
    # They show the session through AWS_VAULT.
    if _mfa_env_drawn_by_others; then return 0; fi
    ;;
  esac
  if ! shopt -q promptvars || ! _mfa_env_writable PS1; then return 0; fi
  # Not on the empty line that some prompts begin with.
  while [[ $rest == '\n'* || $rest == $'\n'* ]]; do
    case $rest in
    $'\n'*) head=$head$'\n' rest=${rest#?} ;;
    *) head=$head'\n' rest=${rest#??} ;;
    esac
  done
  # shellcheck disable=SC2016 # expanded by bash at each prompt
  PS1=$head'${MFA_ENV_PROMPT-}'$rest
  _mfa_env_placed=1
}

_mfa_env_displace() {
  # shellcheck disable=SC2016 # as it stands in PS1
  PS1=${PS1/'${MFA_ENV_PROMPT-}'/}
  _mfa_env_placed=
}

# A readonly variable can't be made local; assigning to it ends the evaluation.
_mfa_env_writable() {
  local "$1" 2>/dev/null
}

# After everything else that is there: an earlier hook may set PS1 anew.
_mfa_env_install() {
  local before_preexec=$'_mfa_env_hook\n__bp_install'
  case "${PROMPT_COMMAND[*]-}" in
  *_mfa_env_hook*) return 0 ;;
  esac
  if ! _mfa_env_writable PROMPT_COMMAND; then return 0; fi
  # bash-preexec would take what runs after it for the user's first command.
  case "${PROMPT_COMMAND[*]-}" in
  *__bp_install*)
    PROMPT_COMMAND=("${PROMPT_COMMAND[@]/__bp_install/$before_preexec}")
    return 0
    ;;
  esac
  if ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] >= 501)); then
    # Element 0 stays for those who know only one string. Between elements
    # bash restores $? and PIPESTATUS.
    PROMPT_COMMAND=("${PROMPT_COMMAND[@]-}" _mfa_env_hook)
  else
    # A newline ends a command also after `x;` and `x &`.
    # shellcheck disable=SC2178,SC2128 # element 0, where it is an array
    PROMPT_COMMAND=${PROMPT_COMMAND-}${PROMPT_COMMAND:+$'\n'}_mfa_env_hook
  fi
}

_mfa_env_move() {
  # shellcheck disable=SC2178,SC2128 # one string, not an array
  local before=${PROMPT_COMMAND%%_mfa_env_hook*} after=${PROMPT_COMMAND#*_mfa_env_hook}
  case $after in
  # bash-preexec has to be last.
  *__bp_*) return 0 ;;
  [\;$'\n']*) ;;
  *) return 0 ;;
  esac
  while [[ $after == [\;[:space:]]* ]]; do after=${after#?}; done
  # shellcheck disable=SC2178 # likewise
  if [[ -n $after ]]; then PROMPT_COMMAND=$before$after$'\n'_mfa_env_hook; fi
}
_mfa_env_install
