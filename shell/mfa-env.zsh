# mfa-env for zsh 5: the function that changes this shell, and the prompt's segment. Load it with
#   eval "$(mfa-env init zsh)"
# It writes no file and exports nothing. A prompt starts the binary only after the credentials file has changed.
# eval parses the whole text with the user's aliases and options before it runs the first line. So `builtin`
# comes before words that people alias, patterns have no (…), and functions are written as `function NAME`.

# The function. An alias with its name would win over it.
builtin unalias mfa-env 2>/dev/null || true

function mfa-env {
  # Tracing and these traps would see the secrets, and an alias for `export` would change the lines.
  builtin emulate -L zsh -o no_xtrace -o no_verbose -o no_aliases
  builtin trap - DEBUG ZERR
  builtin unfunction TRAPDEBUG TRAPZERR 2>/dev/null
  builtin local -x MFA_ENV_SHELL=zsh MFA_ENV_COMPINIT=${+_comps}
  builtin local code
  # The command after `--` needs its own signals, terminal and descriptors. In $(…), <(…) and =(…) the caller
  # evaluates the output; in ( ) and in a pipeline this subshell does.
  if (( ${@[(Ie)--]} )) || [[ ${ZSH_EVAL_CONTEXT-} == *subst* ]]; then
    command mfa-env "$@"
    return
  fi
  # The binary writes the lines to descriptor 3. Descriptor 4 keeps its stdout the terminal.
  { code=$(MFA_ENV_EVAL_FD=3 command mfa-env "$@" 3>&1 1>&4 4>&-); } 4>&1 || return
  # Ctrl-C between two lines would leave half a session. Without `|| return`, `set -e` would not end the shell.
  builtin trap '' INT
  builtin eval "$code" || return
}

# The segment, what it was made from, until when it is right, and its place in PROMPT.
builtin typeset -g MFA_ENV_PROMPT='' _mfa_env_inputs='' _mfa_env_until=0 _mfa_env_element=''
# The state file; the credentials file, while the segment shows its session; and the key of a session about which
# the binary could not store its answer. A relative path counts as unset (XDG Base Directory Specification).
builtin typeset -g _mfa_env_state=${HOME-}/.local/state/mfa-env/default _mfa_env_watched='' _mfa_env_unsettled=''
if [[ ${XDG_STATE_HOME-} == /* ]]; then _mfa_env_state=$XDG_STATE_HOME/mfa-env/default; fi

# Runs at each prompt; zsh itself keeps $? and pipestatus for the hooks after it. Works with all options, since
# `emulate` would take longer. The two files have equal times if the binary has nothing to check.
function _mfa_env_hook {
  builtin local session='' now='%D{%s}' how=''
  if [[ -n ${AWS_ACCESS_KEY_ID-} ]]; then
    # Other exported keys hide our session, even one in `[default]`.
    if [[ $AWS_ACCESS_KEY_ID == "${MFA_ENV_KEY-}" ]]; then session=${AWS_VAULT-}/${MFA_ENV_EXPIRES-}; fi
  # Never reads a file that another user could have written.
  elif [[ -O $_mfa_env_state && -f $_mfa_env_state && ! -L $_mfa_env_state && -r $_mfa_env_state &&
    -O ${_mfa_env_state:h} && ! -L ${_mfa_env_state:h} &&
    ${AWS_PROFILE:-default}/${AWS_DEFAULT_PROFILE:-default} == default/default &&
    ( -z ${AWS_WEB_IDENTITY_TOKEN_FILE-} || -z ${AWS_ROLE_ARN-} ) ]]; then
    builtin read -r session <$_mfa_env_state || session=''
    session+=${session:+/${AWS_SHARED_CREDENTIALS_FILE-}/$PWD}
  fi
  if [[ $session/${MFA_ENV_PROMPT_AUTO-}/${NO_COLOR-} != "$_mfa_env_inputs" || ${(%)now} -ge $_mfa_env_until ||
    ${PROMPT-} != *"$_mfa_env_element"* || -n $session && -z ${psvar[61]-} || -n $_mfa_env_watched && (
    ! -e $_mfa_env_watched || $_mfa_env_watched -nt $_mfa_env_state || $_mfa_env_state -nt $_mfa_env_watched ) ]]; then
    # How zsh will expand the prompt. Found before emulate hides it.
    if [[ -o prompt_percent ]]; then how=percent; elif [[ -o prompt_subst ]]; then how=subst; fi
    builtin emulate -L zsh -o no_xtrace -o no_verbose
    _mfa_env_segment
    _mfa_env_place
  fi
}

# Sets MFA_ENV_PROMPT. Uses the caller's variables session, now and how.
function _mfa_env_segment {
  builtin local name='' expires='' mark='' text='?' colour=red left plain
  now=${(%)now} MFA_ENV_PROMPT='' psvar[61]='' _mfa_env_watched=''
  _mfa_env_inputs=$session/${MFA_ENV_PROMPT_AUTO-}/${NO_COLOR-} _mfa_env_until=9999999999
  if [[ -z $session ]]; then return 0; fi
  # Until the minute is over. In the last minute, and if nothing is known, until the next prompt.
  _mfa_env_until=0
  if [[ -n ${AWS_ACCESS_KEY_ID-} ]]; then
    name=${AWS_VAULT-} expires=${MFA_ENV_EXPIRES-}
  else
    _mfa_env_default || return 0
  fi
  # The binary cleans the name, but another program may have set it.
  _mfa_env_is_clean || name='?'

  # (( )) would evaluate a name, even $(…) in its subscript.
  if [[ -n $expires && $expires != *[^0123456789]* && $#expires -le 10 ]]; then
    (( left = 10#$expires - now ))
    if (( left <= 0 )); then
      text=expired
    elif (( left < 60 )); then
      text=${left}s
    else
      text=$(( left / 60 ))m colour=green _mfa_env_until=$(( now + left % 60 ))
      if (( left <= 900 )); then colour=yellow; fi
      if (( left >= 3600 )); then text=$(( left / 3600 ))h${(l:2::0:)$(( left % 3600 / 60 ))}m; fi
    fi
  fi

  # zsh expands a parameter in PROMPT only once, so $(…) in a name is safe.
  plain="($name$mark $text)"
  if [[ -n ${NO_COLOR-} || ${TERM:-dumb} == dumb ]]; then colour=''; fi
  psvar[61]=$plain psvar[62]=$colour
  if [[ $how == percent ]]; then
    plain=${colour:+%F{$colour}}${plain//'%'/%%}${colour:+%f}
  fi
  MFA_ENV_PROMPT="$plain "
}

# Whether the text in `name`, a variable of the caller, has no control characters, and none that change the direction
# of text or are invisible: U+0080 to 9F, 061C, 200B to 200F, 2028 to 202E, 2060 to 206F. By bytes, since a terminal
# may know UTF-8 even if the locale doesn't.
function _mfa_env_is_clean {
  builtin emulate -L zsh -o no_multibyte
  [[ -n $name && $name != *[[:cntrl:]]* && $name != *$'\xc2'[$'\x80'-$'\x9f']* && $name != *$'\xd8\x9c'* &&
    $name != *$'\xe2\x80'[$'\x8b'-$'\x8f\xa8'-$'\xae']* && $name != *$'\xe2\x81'[$'\xa0'-$'\xaf']* ]]
}

# Takes the session in `[default]` from the state file. Sets the caller's variables name, expires and mark. Fails if
# the credentials file no longer has its key.
function _mfa_env_default {
  builtin local IFS=$'\t' own=${AWS_SHARED_CREDENTIALS_FILE:-${HOME-}/.aws/credentials} key file answer=0
  if [[ $own == '~/'* ]]; then own=${HOME-}/${own#??}; fi
  builtin read -r name expires key _ file <$_mfa_env_state || return
  if [[ $key == "$_mfa_env_unsettled" || $file != /* || ! $file -ef $own ]]; then return 1; fi
  if [[ $own -nt $_mfa_env_state || $_mfa_env_state -nt $own ]]; then
    command mfa-env status --default-only </dev/null >/dev/null 2>&1 || answer=$?
  fi
  # Doesn't ask again if the binary could not store its answer.
  if (( answer != 0 && answer != 4 )); then _mfa_env_unsettled=$key; fi
  mark='*' _mfa_env_watched=$own
  return $answer
}

# Adds the segment to PROMPT, which stays the same from prompt to prompt. Uses the caller's variable how.
function _mfa_env_place {
  # Not through prompt_subst, with which zsh would also run $(…) in the user's own prompt. People use 1 to 9.
  builtin local element='%(61V.%(62V.%F{%62v}%61v%f.%61v) .)' auto=${MFA_ENV_PROMPT_AUTO-} rest head
  rest=${PROMPT/"$element"/}
  # powerlevel10k, starship and oh-my-posh show the session through AWS_VAULT.
  if [[ $auto != 1 ]] && (( ${+functions[p10k]} || ${+functions[prompt_starship_precmd]} ||
    ${+functions[starship_precmd]} || ${+functions[_omp_precmd]} )); then auto=0; fi
  if [[ $how == subst ]]; then element='${MFA_ENV_PROMPT-}'; fi
  if [[ $auto == 0 || -z $how || $rest == *MFA_ENV_PROMPT* ]]; then element=''; fi
  head=${rest%%[^$'\n']*}
  PROMPT=$head$element${rest#"$head"} _mfa_env_element=$element
  # At the end, since an earlier hook may set PROMPT. Completion here, since compinit may run after us, or again.
  precmd_functions=(${precmd_functions:#_mfa_env_hook} _mfa_env_hook)
  if (( ${+_comps} && ! ${+_comps[mfa-env]} )); then compdef _mfa-env mfa-env; fi
}
builtin typeset -gaU precmd_functions
precmd_functions+=(_mfa_env_hook)

# The element `mfa_env` for POWERLEVEL9K_LEFT_PROMPT_ELEMENTS or POWERLEVEL9K_RIGHT_PROMPT_ELEMENTS.
function prompt_mfa_env { p10k segment -e -c '$MFA_ENV_PROMPT' -t '${MFA_ENV_PROMPT% }'; }
