# For fisher. Does what this line in ~/.config/fish/config.fish does:
#   mfa-env init fish | source
# fish reads this file before config.fish. If it doesn't find the program, run
# `fish_add_path` with its folder once in a terminal.

if command -q mfa-env
    command mfa-env init fish | source
else if status is-interactive
    echo 'mfa-env: the program is not on the PATH: install it, or run fish_add_path with its folder' >&2
end
