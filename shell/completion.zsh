# After clap's registration: compinit runs a package's file at the first TAB, which must complete, too.
if [[ ${funcstack[1]-} == _mfa-env ]]; then
  _clap_dynamic_completer_mfa_env "$@"
fi
