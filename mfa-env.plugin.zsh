# For zsh's plugin managers. Does what this line at the end of ~/.zshrc does:
#   eval "$(mfa-env init zsh)"
# Load it after the lines that set the PATH.

if (( ${+commands[mfa-env]} )); then
  builtin eval "$(command mfa-env init zsh)"
else
  builtin print -ru2 -- 'mfa-env: the program is not on the PATH: install it, or set the PATH before this plugin'
fi
