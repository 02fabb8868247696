# mfa-env for zsh 5: the function that changes this shell, and the prompt's segment. Load it with
#   eval "$(mfa-env init zsh)"
# It writes no file and exports nothing. It starts no process at a prompt, except the binary once after the
# credentials file has changed.
#
# eval parses the whole text with the user's aliases and options before it runs the first line. So `builtin`
# comes before words that people alias, patterns have no (…), and each function first sets the options that it
# needs.

# The function. Written as `function NAME`, since zsh expands an alias in `NAME () {`. An alias would also win over
# the function.
builtin unalias mfa-env 2>/dev/null || true

function mfa-env {
  # Tracing would show the secrets, and an alias for `export` would change the lines. These traps would see the
  # secrets, too; `emulate -L` restores them.
  builtin emulate -L zsh -o no_xtrace -o no_verbose -o no_aliases
  builtin trap - DEBUG ZERR
  builtin unfunction TRAPDEBUG TRAPZERR 2>/dev/null
  builtin local code='' rc=0
  # The command after `--` needs its own signals, terminal and descriptors. In $(…), <(…) and =(…) the caller
  # evaluates the output; in ( ) and in a pipeline this subshell does.
  if (( ${@[(Ie)--]} )) || [[ ${ZSH_EVAL_CONTEXT-} == *subst* ]]; then
    MFA_ENV_SHELL=zsh MFA_ENV_COMPINIT=${+_comps} command mfa-env "$@"
    return
  fi
  # The binary writes the lines to descriptor 3, and the terminal stays its stdout. Descriptor 4 exists only for this
  # line.
  {
    code=$(MFA_ENV_EVAL_FD=3 MFA_ENV_SHELL=zsh MFA_ENV_COMPINIT=${+_comps} \
      command mfa-env "$@" 3>&1 1>&4 4>&-) || rc=$?
  } 4>&1
  if (( rc == 0 )) && [[ -n $code ]]; then
    builtin eval "$code" || rc=$?
  fi
  return $rc
}

builtin zmodload -F zsh/datetime p:EPOCHSECONDS 2>/dev/null || true

# The segment, the variables that it was made from, and until when it is right. Then the state file, if `[default]`
# counts in this shell, and the credentials file, while it has the session of the state file.
builtin typeset -g MFA_ENV_PROMPT='' _mfa_env_inputs='' _mfa_env_until=0 _mfa_env_state='' _mfa_env_watched=''
# A session about which the binary had no answer, and the key for which the hint was printed.
builtin typeset -g _mfa_env_unsettled='' _mfa_env_hinted=''
# The segment in PROMPT, through psvar. Not through prompt_subst, with which zsh would also run $(…) in the user's
# own prompt. One element for each colour, far from the first ones, which people use.
builtin typeset -g _mfa_env_element='' _mfa_env_placed="${_mfa_env_placed-}"
builtin typeset -g _mfa_env_elements='%(61V.%F{green}%61v%f .)%(62V.%F{yellow}%62v%f .)%(63V.%F{red}%63v%f .)%(64V.%64v .)'

# Runs at each prompt; zsh itself keeps $? and pipestatus for the hooks after it. Only checks whether anything has
# changed; other programs may have set psvar and PROMPT. The two files have equal times if the binary has nothing to
# check. Works with all options, since `emulate` would take longer.
function _mfa_env_hook {
  builtin local inputs=${AWS_ACCESS_KEY_ID-}/${MFA_ENV_EXPIRES-}/${AWS_PROFILE-}/${AWS_DEFAULT_PROFILE-}/\
${AWS_WEB_IDENTITY_TOKEN_FILE-}/${AWS_ROLE_ARN-}/${AWS_SHARED_CREDENTIALS_FILE-}/\
${MFA_ENV_PROMPT_AUTO-}/${NO_COLOR-}/${PWD-}
  if [[ $inputs != "$_mfa_env_inputs" || ${EPOCHSECONDS-9999999999} -ge $_mfa_env_until ||
    "$psvar[61,64]" != "$_mfa_env_element" || ${PROMPT-} != *"$_mfa_env_placed"* ||
    -n $_mfa_env_state && ( -z $_mfa_env_watched && -f $_mfa_env_state || -n $_mfa_env_watched &&
    ( ! -f $_mfa_env_state || ! -e $_mfa_env_watched || $_mfa_env_watched -nt $_mfa_env_state || $_mfa_env_state -nt $_mfa_env_watched ) ) ]]; then
    # How zsh will expand the prompt. Found before emulate hides it.
    builtin local how=''
    if [[ -o prompt_subst ]]; then how+=s; fi
    if [[ -o prompt_percent ]]; then how+=p; fi
    if [[ -o prompt_bang ]]; then how+=b; fi
    builtin emulate -L zsh -o no_xtrace -o no_verbose
    _mfa_env_segment
    _mfa_env_place
    _mfa_env_last
  fi
}

# Sets MFA_ENV_PROMPT. Uses the caller's how, inputs.
function _mfa_env_segment {
  # Gives the time without zsh/datetime.
  builtin local now='%D{%s}' name='' expires='' key='' mark='' text='?' colour=red left=0 plain
  builtin local is_first=$(( _mfa_env_until == 0 )) renew=mfa-env
  now=${EPOCHSECONDS:-${(%)now}}
  MFA_ENV_PROMPT='' _mfa_env_inputs=$inputs _mfa_env_until=9999999999 _mfa_env_state='' _mfa_env_watched=''
  if (( $#psvar > 60 )); then psvar[61,64]=('' '' '' ''); fi
  _mfa_env_element="$psvar[61,64]"
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

  # (( )) would evaluate a name, even $(…) in its subscript.
  if [[ -n $expires && $expires != *[^0123456789]* && $#expires -le 10 ]]; then
    (( left = 10#$expires - now ))
    if (( left <= 0 )); then
      text=expired
    elif (( left < 60 )); then
      text=${left}s _mfa_env_until=$(( now + 1 ))
    else
      text=$(( left / 60 ))m colour=green
      if (( left <= 900 )); then colour=yellow; fi
      if (( left >= 3600 )); then text=$(( left / 3600 ))h${(l:2::0:)$(( left % 3600 / 60 ))}m; fi
      _mfa_env_until=$(( now + (left % 60 ? left % 60 : 1) ))
    fi
  fi

  # zsh expands a parameter in PROMPT only once, so $(…) in a name is safe.
  plain="($name$mark $text)"
  if [[ -n ${NO_COLOR-} || ${TERM:-dumb} == dumb ]]; then colour=; fi
  case $colour in
    green) psvar[61]=$plain ;;
    yellow) psvar[62]=$plain ;;
    red) psvar[63]=$plain ;;
    *) psvar[64]=$plain ;;
  esac
  _mfa_env_element="$psvar[61,64]"
  if [[ $how == *b* ]]; then plain=${plain//'!'/!!}; fi
  if [[ $how == *p* ]]; then plain=${plain//'%'/%%}; else colour=; fi
  if [[ -n $colour ]]; then plain="%F{$colour}$plain%f"; fi
  MFA_ENV_PROMPT="$plain "

  # Prints the hint once for each session, and never at a shell's first prompt.
  if (( 0 < left && left < 600 )) && [[ $key != "$_mfa_env_hinted" ]]; then
    _mfa_env_hinted=$key
    if [[ -n $mark ]]; then
      case $name in
        [-=]*|*[^a-zA-Z0-9_./:@+,=-]*) renew='mfa-env --pick -w' ;;
        *) renew="mfa-env -p $name -w" ;;
      esac
    fi
    if (( ! is_first )) && [[ ${MFA_ENV_HINT-} != 0 ]]; then
      builtin print -ru2 -- "mfa-env: session of $name expires in $text; renew: $renew"
    fi
  fi
}

# Reads the session in `[default]` from the first line of the state file, if the credentials file still has its key.
# Sets the caller's variables name, expires, key and mark.
function _mfa_env_default {
  builtin local IFS=$'\t' state=${XDG_STATE_HOME-} own=${AWS_SHARED_CREDENTIALS_FILE:-${HOME-}/.aws/credentials}
  builtin local expiration='' file='' answer=0
  # A relative path counts as unset (XDG Base Directory Specification).
  if [[ $state != /* ]]; then state=${HOME-}/.local/state; fi
  state+=/mfa-env/default _mfa_env_state=$state
  # Ignores a file that another user could have written, or that ends within the line.
  if [[ -O ${state:h} && ! -L ${state:h} && -f $state && -O $state && ! -L $state && -r $state ]]; then
    builtin read -r name expires key expiration file <$state || file=''
  fi
  if [[ $own == '~/'* ]]; then own=${HOME-}/${own#??}; fi
  if [[ $own != /* ]]; then own=$PWD/$own; fi
  if [[ $file != /* || $file != "$own" && ! $file -ef $own || $expiration$key == "$_mfa_env_unsettled" ]]; then
    answer=4
  elif [[ ! -e $own || $own -nt $state || $state -nt $own ]]; then
    command mfa-env status --default-only </dev/null >/dev/null 2>&1 || answer=$?
  fi
  if (( answer == 0 )); then
    _mfa_env_watched=$own mark='*'
  else
    # Doesn't ask again if the binary could not store its answer.
    if (( answer != 4 )); then _mfa_env_unsettled=$expiration$key; fi
    name=''
  fi
}

# Adds the segment to PROMPT, which stays the same from prompt to prompt. Uses the caller's how.
function _mfa_env_place {
  builtin local want='' head='' rest=${PROMPT-} auto=${MFA_ENV_PROMPT_AUTO-}
  # powerlevel10k, starship and oh-my-posh show the session through AWS_VAULT.
  if [[ $auto != 1 ]] && (( ${+functions[p10k]} || ${+functions[prompt_starship_precmd]} ||
    ${+functions[starship_precmd]} || ${+functions[_omp_precmd]} )); then auto=0; fi
  case $auto/$how in
    0/*) ;;
    */*p*) want=$_mfa_env_elements ;;
    */*s*) want='${MFA_ENV_PROMPT-}' ;;
  esac
  if [[ -n $_mfa_env_placed && $_mfa_env_placed != "$want" ]]; then
    rest=${rest/"$_mfa_env_placed"/}
    PROMPT=$rest _mfa_env_placed=''
  fi
  if [[ -z $want || $rest == *MFA_ENV_PROMPT* ]]; then return 0; fi
  _mfa_env_placed=$want
  if [[ $rest == *"$want"* ]]; then return 0; fi
  # Not on the empty first line that some prompts have.
  while [[ $rest == $'\n'* ]]; do head+=$'\n' rest=${rest#?}; done
  PROMPT=$head$want$rest
}

# Moves our hook to the end, since an earlier one may set PROMPT. Completion comes here, too, since compinit may run
# after us, or again.
function _mfa_env_last {
  builtin emulate -L zsh
  if (( ${+_comps} && ! ${+_comps[mfa-env]} )); then compdef _mfa-env mfa-env; fi
  builtin typeset -ga precmd_functions
  precmd_functions=(${precmd_functions:#_mfa_env_hook} _mfa_env_hook)
}
_mfa_env_last

# The element `mfa_env` for POWERLEVEL9K_LEFT_PROMPT_ELEMENTS or POWERLEVEL9K_RIGHT_PROMPT_ELEMENTS.
function prompt_mfa_env {
  p10k segment -e -c '$MFA_ENV_PROMPT' -t '${MFA_ENV_PROMPT% }'
}
