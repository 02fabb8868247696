# mfa-env for zsh 5: the function that sets this shell and the prompt segment.
# Load it with
#   eval "$(mfa-env init zsh)"
# It writes no file and exports nothing. At a prompt it starts no process, but the
# binary once after the credentials file has changed.
#
# eval parses the whole text with the user's aliases and options before it runs
# a line of it. So `builtin` stands before what people alias, patterns have no
# (…), and each function first sets the options that it is written for.

# `function NAME`, since an alias is expanded in `NAME () {`. It would also win
# over the function.
builtin unalias mfa-env 2>/dev/null || true

# The binary writes what to evaluate to descriptor 3; the terminal stays its
# stdout, so a table, a help text or a question works as without a function.
function mfa-env {
  # Tracing would show the secrets; an alias of `export` would change what the lines do.
  builtin emulate -L zsh -o no_xtrace -o no_verbose -o no_aliases
  # So would these traps, which come back with `emulate -L`.
  builtin trap - DEBUG ZERR
  builtin unfunction TRAPDEBUG TRAPZERR 2>/dev/null
  builtin local code='' rc=0
  # After `--` a command follows that must own its signals, its terminal and its
  # descriptors. In $(…), <(…) and =(…) the caller evaluates what is printed; in
  # ( ) and in a pipeline this subshell does.
  if (( ${@[(Ie)--]} )) || [[ ${ZSH_EVAL_CONTEXT-} == *subst* ]]; then
    command mfa-env "$@"
    return
  fi
  # Descriptor 4 lives for this line only; one that the user has comes back.
  {
    code=$(MFA_ENV_EVAL_FD=3 MFA_ENV_SHELL=zsh command mfa-env "$@" 3>&1 1>&4 4>&-) || rc=$?
  } 4>&1
  if (( rc == 0 )) && [[ -n $code ]]; then
    builtin eval "$code" || rc=$?
  fi
  return $rc
}

builtin zmodload -F zsh/datetime p:EPOCHSECONDS 2>/dev/null || true
builtin zmodload -F zsh/system b:sysread 2>/dev/null || true

# The segment in two forms. With prompt_subst a reference; else through psvar,
# which needs no option that would have zsh run $(…) in the user's own prompt.
# An element a colour, far from the first ones, which people use.
builtin typeset -g _mfa_env_reference='${MFA_ENV_PROMPT-}'
builtin typeset -g _mfa_env_elements='%(61V.%F{green}%61v%f .)%(62V.%F{yellow}%62v%f .)%(63V.%F{red}%63v%f .)%(64V.%64v .)'
builtin typeset -g MFA_ENV_PROMPT=''
# What MFA_ENV_PROMPT was made from, and from when until when it is right.
builtin typeset -g _mfa_env_known='' _mfa_env_since=0 _mfa_env_until=0 _mfa_env_element=''
# The credentials file, while the state file says something of it; and the first line
# of the state file of which the binary could not tell whether it still holds.
builtin typeset -g _mfa_env_watched='' _mfa_env_unsettled=''
# The key id that the hint was printed for; what we put into PROMPT.
builtin typeset -g _mfa_env_hinted="${_mfa_env_hinted-}" _mfa_env_placed="${_mfa_env_placed-}"

# At each prompt; zsh itself keeps $? and pipestatus for the hooks after it. A
# call of a function is what costs most, so this one finds out alone whether
# anything has changed.
function _mfa_env_hook {
  # How the prompt will be read, before emulate hides it.
  builtin local how=''
  if [[ -o prompt_subst ]]; then how+=s; fi
  if [[ -o prompt_percent ]]; then how+=p; fi
  if [[ -o prompt_bang ]]; then how+=b; fi
  builtin emulate -L zsh -o no_xtrace -o no_verbose
  builtin local now=${EPOCHSECONDS-} from='' state='' own='' content='' first=''
  if [[ -n ${AWS_ACCESS_KEY_ID-} ]]; then
    from=$AWS_ACCESS_KEY_ID/${MFA_ENV_KEY-}/${MFA_ENV_EXPIRES-}/${AWS_VAULT-}
  elif [[ ${AWS_PROFILE:-default}/${AWS_DEFAULT_PROFILE:-default} == default/default ]]; then
    state=${XDG_STATE_HOME-}
    # A relative path counts as none (XDG Base Directory Specification).
    if [[ $state != /* ]]; then state=${HOME-}/.local/state; fi
    state+=/mfa-env/default
    own=${AWS_SHARED_CREDENTIALS_FILE:-${HOME-}/.aws/credentials}
    if [[ $own == '~/'* ]]; then own=${HOME-}/${own#??}; fi
    if [[ $own != /* ]]; then own=$PWD/$own; fi
    # What others could have put there is not read.
    if [[ -O ${state:h} && ! -L ${state:h} && -f $state && -O $state && ! -L $state && -r $state ]]; then
      # zsh's read makes a system call for each byte.
      builtin sysread content <$state || content=$(<$state)$'\n'
      # No end of line: cut off.
      if [[ $content == *$'\n'* ]]; then first=${content%%$'\n'*}; fi
    fi
    if [[ -n $_mfa_env_watched ]] && _mfa_env_differs; then _mfa_env_known=; fi
    from=$own/$first
  fi
  from+=/$how/${AWS_WEB_IDENTITY_TOKEN_FILE-}/${AWS_ROLE_ARN-}/${MFA_ENV_PROMPT_AUTO-}/${NO_COLOR-}/${TERM-}
  # Others assign psvar as a whole.
  if [[ "$psvar[61,64]" != "$_mfa_env_element" ]]; then _mfa_env_known=; fi
  if [[ $from != "$_mfa_env_known" ]] || (( now < _mfa_env_since || now >= _mfa_env_until )); then
    _mfa_env_known=$from
    _mfa_env_refresh
  fi
  # compinit may have run after us, or a second time.
  if (( ${+_comps} && ! ${+_comps[mfa-env]} )); then compdef _mfa-env mfa-env; fi
  if [[ -z $_mfa_env_placed || $PROMPT != *"$_mfa_env_placed"* ]]; then
    _mfa_env_place
  fi
}

# Sets MFA_ENV_PROMPT. Uses the caller's how, now, state, own, first.
function _mfa_env_refresh {
  builtin local profile='' expires='' key='' write='' left text plain colour=green
  MFA_ENV_PROMPT=
  if (( $#psvar > 60 )); then psvar[61,64]=('' '' '' ''); fi
  _mfa_env_element="$psvar[61,64]"
  if [[ -z $now ]]; then
    # Without zsh/datetime.
    text='%D{%s}'
    now=${(%)text}
  fi
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
  if [[ -n $_mfa_env_placed ]]; then _mfa_env_place; fi
  if [[ -z $profile ]]; then return 0; fi
  # The binary has cleaned the name. Another program's could steer the terminal.
  if [[ $profile == *[[:cntrl:]]* ]]; then profile='?'; fi

  # A name in (( )) is evaluated, $(…) in its subscript included.
  if [[ -z $expires || $expires == *[^0123456789]* || $#expires -gt 10 ]]; then
    text='?' colour=red
  else
    (( left = 10#$expires - now ))
    if (( left <= 0 )); then
      text=expired colour=red
    elif (( left < 60 )); then
      text=${left}s colour=red
      (( _mfa_env_until = now + 1 ))
    else
      if (( left < 3600 )); then
        text=$(( left / 60 ))m
      else
        text=$(( left / 3600 ))h${(l:2::0:)$(( left % 3600 / 60 ))}m
      fi
      # When the next minute begins; or, before that, the colour changes.
      (( _mfa_env_until = now + left % 60 + 1 ))
      if (( left <= 900 )); then
        colour=yellow
      elif (( left < 960 )); then
        (( _mfa_env_until = now + left - 900 ))
      fi
    fi
    if (( left > 0 && left < 600 )) && [[ ${MFA_ENV_HINT-} != 0 && $key != "$_mfa_env_hinted" ]]; then
      _mfa_env_hinted=$key
      _mfa_env_hint
    fi
  fi

  # zsh expands a parameter in PROMPT once, so $(…) in a name is safe.
  plain="($profile $text)"
  if [[ -n ${NO_COLOR-} || ${TERM:-dumb} == dumb ]]; then colour=; fi
  if [[ $how != *s* && $how == *p* ]]; then
    case $colour in
      green) psvar[61]=$plain ;;
      yellow) psvar[62]=$plain ;;
      red) psvar[63]=$plain ;;
      *) psvar[64]=$plain ;;
    esac
    _mfa_env_element="$psvar[61,64]"
  fi
  if [[ $how == *b* ]]; then plain=${plain//'!'/!!}; fi
  if [[ $how == *p* ]]; then plain=${plain//'%'/%%}; else colour=; fi
  if [[ -n $colour ]]; then plain="%F{$colour}$plain%f"; fi
  MFA_ENV_PROMPT="$plain "
}

# Equal times say that the binary has looked. Uses the caller's own, state.
function _mfa_env_differs {
  [[ ! -e $own || $own -nt $state || $state -nt $own ]]
}

# The session in `[default]`, from the caller's first line of the state file, while
# it is still there. Sets the caller's profile, expires, key, write.
function _mfa_env_read_default {
  builtin local answer=0
  builtin local -a fields
  _mfa_env_watched=
  fields=("${(@ps:\t:)first}")
  if (( $#fields != 5 )) || [[ $first == "$_mfa_env_unsettled" ]]; then return 0; fi
  # A relative path, or one through a link, is the same file all the same.
  if [[ $fields[5] != "$own" && ! $fields[5] -ef $own ]]; then return 0; fi
  if _mfa_env_differs; then
    command mfa-env status --default-only </dev/null >/dev/null 2>&1 || answer=$?
  fi
  case $answer in
    0) profile=$fields[1] expires=$fields[2] key=$fields[3] write=' -w' _mfa_env_watched=$own ;;
    4) _mfa_env_watched=$own ;;
    # The answer can't be kept: not asked again at each prompt.
    *) _mfa_env_unsettled=$first ;;
  esac
}

# powerlevel10k, starship or oh-my-posh.
function _mfa_env_drawn_by_others {
  (( ${+functions[p10k]} || ${+functions[prompt_starship_precmd]} || ${+functions[starship_precmd]} || ${+functions[_omp_precmd]} ))
}

# Uses the caller's profile, text, write.
function _mfa_env_hint {
  builtin local renew=''
  case $profile in
    # Perhaps in the place of another character: no command can name that profile.
    *\?*) ;;
    @command-pattern@|[-=]*|*[^a-zA-Z0-9_./:@+,=-]*)
      renew="; renew: mfa-env --profile ${(q-)profile}$write"
      ;;
    *) renew="; renew: mfa-env $profile$write" ;;
  esac
  builtin print -ru2 -- "mfa-env: session of $profile expires in $text$renew"
}

# Puts the segment in front of PROMPT, again where another hook has set it anew.
# PROMPT stays the same from prompt to prompt. Uses the caller's how.
function _mfa_env_place {
  builtin local want='' head='' rest=${PROMPT-}
  if [[ $how == *s* ]]; then
    want=$_mfa_env_reference
  elif [[ $how == *p* ]]; then
    want=$_mfa_env_elements
  fi
  case ${MFA_ENV_PROMPT_AUTO-} in
    0) want= ;;
    1) ;;
    *)
      # They show the session through AWS_VAULT.
      if _mfa_env_drawn_by_others; then want=; fi
      ;;
  esac
  if [[ -n $_mfa_env_placed && $_mfa_env_placed != "$want" ]]; then
    rest=${rest/"$_mfa_env_placed"/}
    PROMPT=$rest
    _mfa_env_placed=
  fi
  if [[ -z $want || $rest == *MFA_ENV_PROMPT* || $rest == *"$want"* ]]; then return 0; fi
  # Not on the empty line that some prompts begin with.
  while [[ $rest == $'\n'* ]]; do head+=$'\n' rest=${rest#?}; done
  PROMPT=$head$want$rest
  _mfa_env_placed=$want
}

function _mfa_env_install {
  builtin emulate -L zsh
  builtin typeset -ga precmd_functions
  # Last, since a hook before may set PROMPT anew; once, however often loaded.
  precmd_functions=(${precmd_functions:#_mfa_env_hook} _mfa_env_hook)
}
_mfa_env_install
