# For zsh's plugin managers: what this line at the end of ~/.zshrc does.
#   eval "$(mfa-env init zsh)"
# Load it after whatever puts the program on the PATH.

if (( ${+commands[mfa-env]} )); then
  builtin eval "$(command mfa-env init zsh)"
else
  builtin print -ru2 -- 'mfa-env: the program is not on the PATH: install it, or set the PATH before this plugin'
fi
