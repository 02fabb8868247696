# Completion of mfa-env in fish 3.4 and later. The binary gets the half-typed line in the environment, since the line
# may contain a code. It prints a line for each candidate, with its description.
function __mfa_env_complete
    set -l words (commandline -opc)
    if set -l dashes (contains -i -- -- $words)
        # Uses the command's own completion. Skips the words that aren't options.
        set -l before (string match -rv '^-|=' -- $words[1..$dashes])
        __fish_complete_subcommand --fcs-skip=(count $before)
    else
        set -l line (commandline -pc | string collect)
        MFA_ENV_COMPLETE=fish MFA_ENV_LINE=$line command mfa-env 2>/dev/null
    end
end
complete -c mfa-env --keep-order --no-files --arguments '(__mfa_env_complete)'
