# For fisher: what this line in ~/.config/fish/config.fish does.
#   mfa-env init fish | source
# fish reads this file before config.fish: `fish_add_path` in a terminal, once,
# makes the PATH known here, too.

if command -q mfa-env
    command mfa-env init fish | source
else if status is-interactive
    echo 'mfa-env: the program is not on the PATH: install it, or run fish_add_path with its folder' >&2
end
