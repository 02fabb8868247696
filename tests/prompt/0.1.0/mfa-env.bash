unalias mfa-env 2>/dev/null || :
_mfa_env_run() {
  local code='' rc=0 flags='' aside='' arg
  case $- in
  *[xvT]*)
    flags=${-//[!xvT]/}
    { set +xvT; } 2>/dev/null
    ;;
  esac
  for arg in "$@"; do
    if [[ $arg == -- ]]; then aside=1; fi
  done
  if [[ -n ${COMP_LINE-}${MFA_ENV_COMPLETE-} ]] || { ((BASH_SUBSHELL)) && [[ ! -t 1 ]]; }; then
    aside=1
  fi
  if [[ -n $aside ]]; then
    command mfa-env "$@" || rc=$?
  else
    {
      code=$(MFA_ENV_EVAL_FD=3 MFA_ENV_SHELL=bash command mfa-env "$@" 3>&1 1>&4 4>&-) || rc=$?
    } 4>&1
    if ((rc == 0)) && [[ -n $code ]]; then
      _mfa_env_eval "$code" || rc=$?
    fi
  fi
  if [[ -n $flags ]]; then set "-$flags"; fi
  return "$rc"
}
_mfa_env_eval() {
  eval "$1"
}
if [[ ! -o posix ]] || ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] >= 503)); then
  mfa-env() { _mfa_env_run "$@"; }
fi
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
_mfa_env_last() {
  case ${PROMPT_COMMAND-} in
  *_mfa_env_hook[!_]*) _mfa_env_move ;;
  esac
}
_mfa_env_unseen=$'\xc2\xad\xd8\x9c\xe1\xa0\x8e\xe2\x80\x8b\xe2\x80\x8c\xe2\x80\x8d\xe2\x80\x8e\xe2\x80\x8f\xe2\x80\xaa\xe2\x80\xab\xe2\x80\xac\xe2\x80\xad\xe2\x80\xae\xe2\x81\xa0\xe2\x81\xa1\xe2\x81\xa2\xe2\x81\xa3\xe2\x81\xa4\xe2\x81\xa6\xe2\x81\xa7\xe2\x81\xa8\xe2\x81\xa9\xe2\x81\xaa\xe2\x81\xab\xe2\x81\xac\xe2\x81\xad\xe2\x81\xae\xe2\x81\xaf\xef\xbb\xbf'
MFA_ENV_PROMPT=
_mfa_env_known=
_mfa_env_since=0
_mfa_env_until=0
_mfa_env_state=
_mfa_env_own=
_mfa_env_hinted=${_mfa_env_hinted-}
_mfa_env_placed=${_mfa_env_placed-}
_mfa_env_hook() {
  local rc=$? IFS='' now=${EPOCHSECONDS-} line='' state=''
  case $- in
  *[ex]*)
    _mfa_env_calm
    return
    ;;
  esac
  $_mfa_env_older
  if [[ -n ${AWS_ACCESS_KEY_ID-} ]]; then
    line=$AWS_ACCESS_KEY_ID/${MFA_ENV_KEY-}/${MFA_ENV_EXPIRES-}/${MFA_ENV_PROFILE-}
  elif [[ ${AWS_PROFILE:-default}/${AWS_DEFAULT_PROFILE:-default} == default/default ]]; then
    state=${XDG_STATE_HOME-}
    if [[ $state != /* ]]; then state=${HOME-}/.local/state; fi
    state+=/mfa-env/default
    if [[ $state == "$_mfa_env_state" ]]; then
      if [[ ! -f $_mfa_env_own || $_mfa_env_own -nt $state ]]; then
        _mfa_env_recall
      else
        read -r line <"$state" || line=''
      fi
    elif [[ -f $state && -r $state ]]; then
      _mfa_env_known='' line=new
    fi
  fi
  line+=/${AWS_WEB_IDENTITY_TOKEN_FILE-}/${AWS_ROLE_ARN-}/${AWS_SHARED_CREDENTIALS_FILE-}/${MFA_ENV_PROMPT_AUTO-}/${NO_COLOR-}/${TERM-}/${MFA_ENV_PROMPT_EXPORT-}/${MFA_ENV_DEFAULT-}
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
_mfa_env_refresh() {
  local profile='' expires='' key='' expiration='' write='' left text colour=32 plain
  MFA_ENV_PROMPT=
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
  if [[ ${MFA_ENV_PROMPT_AUTO-} == 0 && -n $_mfa_env_placed ]]; then _mfa_env_displace; fi
  if [[ -z $profile ]]; then return 0; fi
  case $expires in
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
  plain=${profile//[![:print:]]/?}
  plain="(${plain//[$_mfa_env_unseen]/?} $text)"
  if [[ -n ${NO_COLOR-} || ${TERM-dumb} == dumb ]]; then
    MFA_ENV_PROMPT="$plain "
  elif [[ -o emacs || -o vi ]]; then
    MFA_ENV_PROMPT=$'\001\e['${colour}$'m\002'$plain$'\001\e[0m\002 '
  else
    MFA_ENV_PROMPT=$'\e['${colour}m$plain$'\e[0m '
  fi
}
_mfa_env_read_default() {
  local file='' ours=no
  _mfa_env_state=
  if [[ ! -f $state || ! -r $state ]]; then return 0; fi
  IFS=$'\t' read -r profile expires key expiration file 2>/dev/null <"$state" || file=''
  if [[ -z $file ]]; then profile=; fi
  _mfa_env_state=$state
  _mfa_env_own=${AWS_SHARED_CREDENTIALS_FILE:-${HOME-}/.aws/credentials}
  case $_mfa_env_own in
  /*) ;;
  '~/'*) _mfa_env_own=${HOME-}/${_mfa_env_own#??} ;;
  *)
    _mfa_env_own=$PWD/$_mfa_env_own
    _mfa_env_state=
    ;;
  esac
  if [[ -n $profile && -f $_mfa_env_own ]] && [[ $file == "$_mfa_env_own" || $file -ef $_mfa_env_own ]]; then
    if [[ $state -nt $_mfa_env_own ]]; then
      ours=yes
    else
      _mfa_env_check_default
    fi
  fi
  if [[ $ours == yes ]]; then
    write=' -w'
  else
    profile=
  fi
}
_mfa_env_tell() {
  local told=${MFA_ENV_DEFAULT-} tell=''
  if [[ -n $write && ${MFA_ENV_PROMPT_EXPORT-} != 0 ]]; then
    if [[ ${MFA_ENV_PROMPT_EXPORT-} == 1 ]] || _mfa_env_drawn_by_others; then
      tell="$expiration $profile"
    fi
  fi
  if [[ $tell == "$told" ]]; then return 0; fi
  if [[ -n $told ]]; then
    if [[ ${AWS_VAULT-} == "${told#* }" ]]; then unset -v AWS_VAULT; fi
    if [[ ${AWS_SESSION_EXPIRATION-} == "${told%% *}" ]]; then unset -v AWS_SESSION_EXPIRATION; fi
    unset -v MFA_ENV_DEFAULT
  fi
  if [[ -n $tell && -z ${AWS_VAULT-}${AWS_SESSION_EXPIRATION-} ]]; then
    export MFA_ENV_DEFAULT=$tell AWS_VAULT=$profile AWS_SESSION_EXPIRATION=$expiration
  fi
}
_mfa_env_drawn_by_others() {
  declare -F starship_precmd >/dev/null || declare -F _omp_hook >/dev/null
}
_mfa_env_recall() {
  local seen=''
  if [[ -f $state && -r $state ]]; then
    read -r line <"$state" || line=''
  fi
  if [[ $state.seen -nt $_mfa_env_own ]] && read -r seen 2>/dev/null <"$state.seen"; then
    line+=/$seen
  else
    _mfa_env_known=
  fi
}
_mfa_env_check_default() {
  local line='' text='' name='' section='' found=''
  _mfa_env_recall
  case $line in
  *"/$key yes" | *"/$key no")
    ours=${line##* }
    return 0
    ;;
  esac
  while read -r text || [[ -n $text ]]; do
    case $text in
    '['*)
      section=${text#[}
      section=${section%%]*}
      section=${section//[[:blank:]]/}
      ;;
    [Aa][Ww][Ss]_[Aa][Cc][Cc][Ee][Ss][Ss]_[Kk][Ee][Yy]_[Ii][Dd]*=*)
      name=${text%%=*}
      name=${name//[[:blank:]]/}
      if [[ $section == default && ${#name} -eq 17 ]]; then
        found=${text#*=}
        found=${found//[[:space:]]/}
      fi
      ;;
    esac
  done 2>/dev/null <"$_mfa_env_own" || :
  if [[ $found == "$key" ]]; then ours=yes; fi
  { printf '%s %s\n' "$key" "$ours" >|"$state.seen"; } 2>/dev/null || :
}
_mfa_env_hint() {
  local name plain=${profile//[![:print:]]/?}
  case $profile in
  list | status | init | unset | forget | doctor | setup | policy | help | -* | *[!abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:@+,-]*)
    printf -v name '%q' "$profile"
    name="--profile $name"
    ;;
  *) name=$profile ;;
  esac
  printf 'mfa-env: session of %s expires in %s; renew: mfa-env %s%s -r\n' \
    "${plain//[$_mfa_env_unseen]/?}" "$text" "${name//[$_mfa_env_unseen]/?}" "$write" >&2
}
_mfa_env_place() {
  local head='' rest=${PS1-}
  case ${MFA_ENV_PROMPT_AUTO-} in
  0) return 0 ;;
  1) ;;
  *)
    if _mfa_env_drawn_by_others; then return 0; fi
    ;;
  esac
  if ! shopt -q promptvars || ! _mfa_env_writable PS1; then return 0; fi
  while [[ $rest == '\n'* || $rest == $'\n'* ]]; do
    case $rest in
    $'\n'*) head=$head$'\n' rest=${rest#?} ;;
    *) head=$head'\n' rest=${rest#??} ;;
    esac
  done
  PS1=$head'${MFA_ENV_PROMPT-}'$rest
  _mfa_env_placed=1
}
_mfa_env_displace() {
  PS1=${PS1/'${MFA_ENV_PROMPT-}'/}
  _mfa_env_placed=
}
_mfa_env_writable() {
  local "$1" 2>/dev/null
}
_mfa_env_install() {
  local before_preexec=$'_mfa_env_hook\n__bp_install'
  starship_precmd_user_func=${starship_precmd_user_func:-_mfa_env_hook}
  case "${PROMPT_COMMAND[*]-}" in
  *_mfa_env_hook*) return 0 ;;
  esac
  if ! _mfa_env_writable PROMPT_COMMAND; then return 0; fi
  case "${PROMPT_COMMAND[*]-}" in
  *__bp_install*)
    PROMPT_COMMAND=("${PROMPT_COMMAND[@]/__bp_install/$before_preexec}")
    return 0
    ;;
  esac
  if ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] >= 501)); then
    PROMPT_COMMAND=("${PROMPT_COMMAND[@]-}" _mfa_env_hook)
  else
    PROMPT_COMMAND=${PROMPT_COMMAND-}${PROMPT_COMMAND:+$'\n'}_mfa_env_hook
  fi
}
_mfa_env_move() {
  local before=${PROMPT_COMMAND%%_mfa_env_hook*} after=${PROMPT_COMMAND#*_mfa_env_hook}
  case $after in
  *__bp_*) return 0 ;;
  [\;$'\n']*) ;;
  *) return 0 ;;
  esac
  while [[ $after == [\;[:space:]]* ]]; do after=${after#?}; done
  if [[ -n $after ]]; then PROMPT_COMMAND=$before$after$'\n'_mfa_env_hook; fi
}
_mfa_env_install
_mfa_env_complete() {
  local IFS=$' \t\n' line=${COMP_LINE:0:COMP_POINT}
  local i char quote='' word='' inside='' keep=0 kind='' prefix=''
  local -a words
  words=()
  for ((i = 0; i < ${#line}; i++)); do
    char=${line:i:1}
    case $quote$char in
    "''" | '""')
      quote=
      continue
      ;;
    "'"?) ;;
    \\ | '"\')
      ((i++, 1))
      char=${line:i:1}
      if [[ -n $quote && $char != [\\\"\$\`] ]]; then char=\\$char; fi
      ;;
    '"'?) ;;
    "'" | '"')
      quote=$char inside=1 keep=${#word}
      continue
      ;;
    [[:space:]])
      if [[ -n $inside ]]; then words+=("$word"); fi
      word='' inside='' keep=0
      continue
      ;;
    *)
      if [[ $COMP_WORDBREAKS == *"$char"* ]]; then
        keep=${#word}
        if [[ $char != [@\$] ]]; then ((keep++, 1)); fi
      fi
      ;;
    esac
    word+=$char inside=1
  done
  _mfa_env_complete_kind ${words[@]+"${words[@]}"}
  case $kind in
  profile | first) _mfa_env_complete_names ;;
  command) _mfa_env_complete_command "$@" ;;
  *) _mfa_env_complete_clap "$1" ;;
  esac
}
_mfa_env_complete_clap() {
  local i COMP_CWORD=${#words[@]}
  local -a COMP_WORDS
  COMP_WORDS=(${words[@]+"${words[@]}"} "$word")
  _clap_complete_mfa_env "$1" "$word"
  for i in ${COMPREPLY[@]+"${!COMPREPLY[@]}"}; do
    COMPREPLY[i]=${COMPREPLY[i]:keep}
    if ((BASH_VERSINFO[0] < 4)); then COMPREPLY[i]=${COMPREPLY[i]% }; fi
  done
}
_mfa_env_complete_kind() {
  local before='' seen='' expects='' dashes=''
  while (($#)) && [[ ${1##*/} != mfa-env ]]; do shift; done
  if (($#)); then shift; fi
  for before; do
    if [[ -n $dashes ]]; then
      seen=1
    elif [[ -n $expects ]]; then
      expects=
    else
      case $before in
      --) dashes=1 seen= ;;
      -p | --profile) expects=profile ;;
      -t | --token-code | --serial-number | -d | --duration | --min-ttl | --region | --shell | --format) expects=clap ;;
      -*) ;;
      *) seen=${seen:-$before} ;;
      esac
    fi
  done
  if [[ -n $dashes ]]; then
    kind=command prefix=$seen
  elif [[ -n $expects ]]; then
    kind=$expects
  else
    case $word in
    --profile=*) kind=profile prefix=--profile= ;;
    -*) kind=clap ;;
    *)
      case $seen in
      '') kind=first ;;
      forget | setup) kind=profile ;;
      *) kind=clap ;;
      esac
      ;;
    esac
  fi
}
_mfa_env_complete_names() {
  local name rest one="'" many="'\\''" bang="\"'!'\""
  COMPREPLY=()
  while IFS= read -r name; do
    if [[ -z $name || $prefix$name != "$word"* ]]; then continue; fi
    rest=$prefix$name
    rest=${rest:keep}
    case $quote in
    "'") rest=${rest//"$one"/"$many"} ;;
    '"')
      rest=${rest//\\/\\\\}
      rest=${rest//\"/\\\"}
      rest=${rest//\$/\\\$}
      rest=${rest//\`/\\\`}
      if [[ -o histexpand ]]; then rest=${rest//!/"$bang"}; fi
      ;;
    *) if [[ -n $rest ]]; then printf -v rest '%q' "$rest"; fi ;;
    esac
    COMPREPLY+=("$rest")
  done <<<"$(
    command mfa-env list --names 2>/dev/null
    if [[ $kind == first ]]; then printf '%s\n' list status init unset forget doctor setup help; fi
  )"
}
_mfa_env_complete_command() {
  local name
  COMPREPLY=()
  if declare -F _command_offset >/dev/null; then
    for ((i = 0; i < COMP_CWORD; i++)); do
      if [[ ${COMP_WORDS[i]} == -- ]]; then break; fi
    done
    _command_offset $((i + 1))
  elif [[ -z $prefix ]]; then
    while IFS= read -r name; do COMPREPLY+=("$name"); done <<<"$(compgen -c -- "$word")"
  elif ! compopt -o default 2>/dev/null; then
    while IFS= read -r name; do COMPREPLY+=("$name"); done <<<"$(compgen -f -- "$word")"
  fi
}
_clap_complete_mfa_env() {
    local IFS=$'\013'
    local _CLAP_COMPLETE_INDEX=${COMP_CWORD}
    local _CLAP_COMPLETE_COMP_TYPE=${COMP_TYPE}
    if compopt +o nospace 2> /dev/null; then
        local _CLAP_COMPLETE_SPACE=false
    else
        local _CLAP_COMPLETE_SPACE=true
    fi
    local words=("${COMP_WORDS[@]}")
    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
        words[COMP_CWORD]="$2"
    fi
    COMPREPLY=( $( \
        _CLAP_IFS="$IFS" \
        _CLAP_COMPLETE_INDEX="$_CLAP_COMPLETE_INDEX" \
        _CLAP_COMPLETE_COMP_TYPE="$_CLAP_COMPLETE_COMP_TYPE" \
        _CLAP_COMPLETE_SPACE="$_CLAP_COMPLETE_SPACE" \
        MFA_ENV_COMPLETE="bash" \
        "mfa-env" -- "${words[@]}" \
    ) )
    if [[ $? != 0 ]]; then
        unset COMPREPLY
    elif [[ $_CLAP_COMPLETE_SPACE == false ]] && [[ "${COMPREPLY-}" =~ [=/:]$ ]]; then
        compopt -o nospace
    fi
}
if [[ "${BASH_VERSINFO[0]}" -eq 4 && "${BASH_VERSINFO[1]}" -ge 4 || "${BASH_VERSINFO[0]}" -gt 4 ]]; then
    complete -o nospace -o bashdefault -o nosort -F _clap_complete_mfa_env mfa-env
else
    complete -o nospace -o bashdefault -F _clap_complete_mfa_env mfa-env
fi
if declare -F _mfa_env_complete >/dev/null; then
  complete -F _mfa_env_complete mfa-env
fi
