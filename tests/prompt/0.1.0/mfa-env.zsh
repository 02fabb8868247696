builtin unalias mfa-env 2>/dev/null || true
function mfa-env {
  builtin emulate -L zsh -o no_xtrace -o no_verbose
  builtin local code='' rc=0
  if (( ${@[(Ie)--]} || ${+compstate} )) || [[ -n ${MFA_ENV_COMPLETE-} ]] ||
    { (( ZSH_SUBSHELL )) && [[ ! -t 1 ]] }; then
    command mfa-env "$@"
    return
  fi
  {
    code=$(MFA_ENV_EVAL_FD=3 MFA_ENV_SHELL=zsh command mfa-env "$@" 3>&1 1>&4 4>&-) || rc=$?
  } 4>&1
  if (( rc == 0 )) && [[ -n $code ]]; then
    builtin eval "$code" || rc=$?
  fi
  return $rc
}
builtin zmodload -F zsh/datetime p:EPOCHSECONDS 2>/dev/null || true
if builtin zmodload -F zsh/stat b:zstat 2>/dev/null; then
  builtin typeset -g _mfa_env_stat=zstat
else
  builtin typeset -g _mfa_env_stat=false
fi
builtin zmodload -F zsh/system b:sysread 2>/dev/null || true
builtin typeset -g _mfa_env_reference='${MFA_ENV_PROMPT-}'
builtin typeset -g _mfa_env_elements='%(61V.%F{green}%61v%f .)%(62V.%F{yellow}%62v%f .)%(63V.%F{red}%63v%f .)%(64V.%64v .)'
builtin typeset -g MFA_ENV_PROMPT=''
builtin typeset -g _mfa_env_unseen=$'\xc2\xad\xd8\x9c\xe1\xa0\x8e\xe2\x80\x8b\xe2\x80\x8c\xe2\x80\x8d\xe2\x80\x8e\xe2\x80\x8f\xe2\x80\xaa\xe2\x80\xab\xe2\x80\xac\xe2\x80\xad\xe2\x80\xae\xe2\x81\xa0\xe2\x81\xa1\xe2\x81\xa2\xe2\x81\xa3\xe2\x81\xa4\xe2\x81\xa6\xe2\x81\xa7\xe2\x81\xa8\xe2\x81\xa9\xe2\x81\xaa\xe2\x81\xab\xe2\x81\xac\xe2\x81\xad\xe2\x81\xae\xe2\x81\xaf\xef\xbb\xbf'
builtin typeset -g _mfa_env_known='' _mfa_env_since=0 _mfa_env_until=0 _mfa_env_element=''
builtin typeset -g _mfa_env_hinted="${_mfa_env_hinted-}" _mfa_env_placed="${_mfa_env_placed-}"
function _mfa_env_hook {
  builtin local how=''
  if [[ -o prompt_subst ]]; then how+=s; fi
  if [[ -o prompt_percent ]]; then how+=p; fi
  if [[ -o prompt_bang ]]; then how+=b; fi
  builtin emulate -L zsh -o no_xtrace -o no_verbose
  builtin local now=${EPOCHSECONDS-} from='' state='' own=''
  builtin local -a info
  if [[ -n ${AWS_ACCESS_KEY_ID-} ]]; then
    from=$AWS_ACCESS_KEY_ID/${MFA_ENV_KEY-}/${MFA_ENV_EXPIRES-}/${MFA_ENV_PROFILE-}
  elif [[ ${AWS_PROFILE:-default}/${AWS_DEFAULT_PROFILE:-default} == default/default ]]; then
    state=${XDG_STATE_HOME-}
    if [[ $state != /* ]]; then state=${HOME-}/.local/state; fi
    state+=/mfa-env/default
    own=${AWS_SHARED_CREDENTIALS_FILE:-${HOME-}/.aws/credentials}
    if [[ $own == '~/'* ]]; then own=${HOME-}/${own#??}; fi
    if [[ -e $state && -e $own ]]; then
      builtin $_mfa_env_stat -N -A info -- $state $own || info=()
      from=$own/$info[2]/$info[8]/$info[10]/$info[11]/$info[-13]/$info[-7]/$info[-5]/$info[-4]
    fi
  fi
  from+=/$how/${AWS_WEB_IDENTITY_TOKEN_FILE-}/${AWS_ROLE_ARN-}/${MFA_ENV_PROMPT_AUTO-}/${NO_COLOR-}/${TERM-}/${MFA_ENV_PROMPT_EXPORT-}/${MFA_ENV_DEFAULT-}
  if [[ "$psvar[61,64]" != "$_mfa_env_element" ]]; then _mfa_env_known=; fi
  if [[ $from != "$_mfa_env_known" ]] || (( now < _mfa_env_since || now >= _mfa_env_until )); then
    _mfa_env_known=$from
    _mfa_env_refresh
  fi
  if [[ -z $_mfa_env_placed || $PROMPT != *"$_mfa_env_placed"* ]]; then
    _mfa_env_place
  fi
}
function _mfa_env_refresh {
  builtin local profile='' expires='' key='' expiration='' write='' left text plain colour=green
  MFA_ENV_PROMPT=
  if (( $#psvar > 60 )); then psvar[61,64]=('' '' '' ''); fi
  _mfa_env_element="$psvar[61,64]"
  if [[ -z $now ]]; then
    text='%D{%s}'
    now=${(%)text}
  fi
  _mfa_env_since=$now
  _mfa_env_until=9999999999
  if [[ -n ${AWS_ACCESS_KEY_ID-} ]]; then
    if [[ $AWS_ACCESS_KEY_ID == "${MFA_ENV_KEY-}" ]]; then
      profile=${MFA_ENV_PROFILE-} expires=${MFA_ENV_EXPIRES-} key=$MFA_ENV_KEY
    fi
  elif [[ -n $state ]] && [[ -z ${AWS_WEB_IDENTITY_TOKEN_FILE-} || -z ${AWS_ROLE_ARN-} ]]; then
    _mfa_env_read_default
  fi
  _mfa_env_tell
  if [[ -n $_mfa_env_placed ]]; then _mfa_env_place; fi
  if [[ -z $profile ]]; then return 0; fi
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
  plain=${profile//[^[:print:]]/?}
  plain="(${plain//[$_mfa_env_unseen]/?} $text)"
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
function _mfa_env_read_default {
  builtin local content='' line='' section='' found=''
  builtin local -a fields
  if [[ ! -f $state || ! -r $state || ! -f $own || ! -r $own ]]; then return 0; fi
  if (( ! $#info || now <= info[10] || now <= info[11] || now <= info[-5] || now <= info[-4] )); then
    _mfa_env_known=
  fi
  builtin sysread content <$state || content=$(<$state)$'\n'
  if [[ $content != *$'\n'* ]]; then return 0; fi
  fields=("${(@ps:\t:)content%%$'\n'*}")
  if (( $#fields != 5 )); then return 0; fi
  if [[ $fields[5] != "$own" && ! $fields[5] -ef $own ]]; then return 0; fi
  for line in "${(@f)$(<$own)}"; do
    case $line in
      '['*)
        section=${${line#?}%%']'*}
        section=${section//[[:blank:]]/}
        ;;
      *=*)
        if [[ $section == default && ${${(L)line%%=*}//[[:blank:]]/} == aws_access_key_id ]]; then
          found=${${line#*=}//[[:space:]]/}
        fi
        ;;
    esac
  done
  if [[ $found == "$fields[3]" ]]; then
    profile=$fields[1] expires=$fields[2] key=$fields[3] expiration=$fields[4] write=' -w'
  fi
}
function _mfa_env_tell {
  builtin local told=${MFA_ENV_DEFAULT-} tell=''
  if [[ -n $write && ${MFA_ENV_PROMPT_EXPORT-} != 0 ]]; then
    if [[ ${MFA_ENV_PROMPT_EXPORT-} == 1 ]] || _mfa_env_drawn_by_others; then
      tell="$expiration $profile"
    fi
  fi
  if [[ $tell == "$told" ]]; then return 0; fi
  if [[ -n $told ]]; then
    if [[ ${AWS_VAULT-} == "${told#* }" ]]; then builtin unset AWS_VAULT; fi
    if [[ ${AWS_SESSION_EXPIRATION-} == "${told%% *}" ]]; then builtin unset AWS_SESSION_EXPIRATION; fi
    builtin unset MFA_ENV_DEFAULT
  fi
  if [[ -n $tell && -z ${AWS_VAULT-}${AWS_SESSION_EXPIRATION-} ]]; then
    builtin typeset -gx MFA_ENV_DEFAULT=$tell AWS_VAULT=$profile AWS_SESSION_EXPIRATION=$expiration
  fi
}
function _mfa_env_drawn_by_others {
  (( ${+functions[p10k]} || ${+functions[prompt_starship_precmd]} || ${+functions[starship_precmd]} || ${+functions[_omp_precmd]} ))
}
function _mfa_env_hint {
  builtin local name=$profile plain=${profile//[^[:print:]]/?}
  case $profile in
    list|status|init|unset|forget|doctor|setup|policy|help|[-=]*|*[^a-zA-Z0-9_./:@+,=-]*)
      if [[ $profile == *[[:cntrl:]]* ]]; then name=${(qqqq)profile}; else name=${(q-)profile}; fi
      name="--profile $name"
      ;;
  esac
  builtin print -ru2 -- "mfa-env: session of ${plain//[$_mfa_env_unseen]/?} expires in $text; renew: mfa-env ${name//[$_mfa_env_unseen]/?}$write -r"
}
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
      if _mfa_env_drawn_by_others; then want=; fi
      ;;
  esac
  if [[ -n $_mfa_env_placed && $_mfa_env_placed != "$want" ]]; then
    rest=${rest/"$_mfa_env_placed"/}
    PROMPT=$rest
    _mfa_env_placed=
  fi
  if [[ -z $want || $rest == *MFA_ENV_PROMPT* || $rest == *"$want"* ]]; then return 0; fi
  while [[ $rest == $'\n'* ]]; do head+=$'\n' rest=${rest#?}; done
  PROMPT=$head$want$rest
  _mfa_env_placed=$want
}
function _mfa_env_install {
  builtin emulate -L zsh
  builtin typeset -ga precmd_functions
  precmd_functions=(${precmd_functions:#_mfa_env_hook} _mfa_env_hook)
  if [[ ${MFA_ENV_PROMPT_AUTO-} != 1 ]] && (( ${precmd_functions[(I)_p9k_precmd|_omp_precmd]} )); then
    precmd_functions=(_mfa_env_hook ${precmd_functions:#_mfa_env_hook})
  fi
}
_mfa_env_install
function _mfa_env_register {
  builtin emulate -L zsh -o no_aliases -o no_xtrace
  precmd_functions=(${precmd_functions:#_mfa_env_register})
  if builtin whence compdef >/dev/null 2>&1; then
    builtin eval '#compdef mfa-env
function _clap_dynamic_completer_mfa_env() {
    local _CLAP_COMPLETE_INDEX=$(expr $CURRENT - 1)
    local _CLAP_IFS=$'"'"''"\\"'n'"'"'
    local completions=("${(@f)$( '"\\"'
        _CLAP_IFS="$_CLAP_IFS" '"\\"'
        _CLAP_COMPLETE_INDEX="$_CLAP_COMPLETE_INDEX" '"\\"'
        MFA_ENV_COMPLETE="zsh" '"\\"'
        mfa-env -- "${words[@]}" 2>/dev/null '"\\"'
    )}")
    if [[ -n $completions ]]; then
        local -a dirs=()
        local -a other=()
        local completion
        for completion in $completions; do
            local value="${completion%%:*}"
            if [[ "$value" == */ ]]; then
                local dir_no_slash="${value%/}"
                if [[ "$completion" == *:* ]]; then
                    local desc="${completion#*:}"
                    dirs+=("$dir_no_slash:$desc")
                else
                    dirs+=("$dir_no_slash")
                fi
            else
                other+=("$completion")
            fi
        done
        [[ -n $dirs ]] && _describe -V '"'"'values'"'"' dirs -S '"'"'/'"'"' -r '"'"'/'"'"'
        [[ -n $other ]] && _describe -V '"'"'values'"'"' other
    fi
}
compdef _clap_dynamic_completer_mfa_env mfa-env
if [[ ${funcstack[1]-} == _mfa-env ]]; then
  _clap_dynamic_completer_mfa_env "$@"
fi
'
  elif [[ -n ${1-} ]]; then
    precmd_functions+=(_mfa_env_register)
  fi
}
_mfa_env_register again
