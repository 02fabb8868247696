# mfa-env for fish 3.4 and later: the function that changes this shell, and the prompt's segment. Load it with
#   mfa-env init fish | source
# It writes no file and exports nothing. From fish 3.5 on it starts no process at a prompt, except the binary
# once after the credentials file has changed. fish 3.4 has no builtin for the time, so it also starts `date`.

# The function. The binary writes the lines to descriptor 3, and the terminal stays its stdout. The lines must see
# the caller's local variables, which would hide what they set.
function mfa-env --no-scope-shadowing --description 'AWS sessions with MFA, in this shell'
    # The command after `--` needs its own signals, terminal and descriptors. In (…) the caller evaluates the output.
    if contains -- -- $argv; or status is-command-substitution
        MFA_ENV_SHELL=fish command mfa-env $argv
        return
    end
    # Hides the user's fish_trace, which would print the secrets.
    set -l fish_trace
    # If Ctrl-C ends the binary during a call, fish leaves this function with the status of the command before, so that
    # must be a failure.
    __mfa_env_cancelled
    MFA_ENV_EVAL_FD=3 MFA_ENV_SHELL=fish command mfa-env $argv 3>| builtin source
    __mfa_env_status $pipestatus
end

# The binary's status, or 1 if its lines could not change this shell.
function __mfa_env_status
    test $argv[1] -eq 0 -a "$argv[2]" = 1; and return 1
    return $argv[1]
end

function __mfa_env_cancelled
    return 130
end

# The segment, the variables that it was made from, and the ages of / for which it is right. Then the state file, if
# `[default]` counts in this shell, and both files, while the credentials file has the session of the state file.
set -g MFA_ENV_PROMPT ''
set -g __mfa_env_inputs
set -g __mfa_env_since 0
set -g __mfa_env_until 0
set -g __mfa_env_state ''
set -g __mfa_env_watched / /
# A session about which the binary had no answer, and the key for which the hint was printed.
set -g __mfa_env_unsettled ''
set -g __mfa_env_hinted ''
# The command that prints the ages of files in seconds.
set -g __mfa_env_ages path mtime -R --
contains path (builtin -n); or set -g __mfa_env_ages __mfa_env_dates

# Runs at each prompt; fish itself keeps $status around an event. Only checks whether anything has changed. The two
# files have equal times if the binary has nothing to check. A pipe costs less than (…).
function __mfa_env_hook --on-event fish_prompt
    set -l fish_trace
    set -l inputs "$AWS_ACCESS_KEY_ID/$MFA_ENV_EXPIRES/$AWS_PROFILE/$AWS_DEFAULT_PROFILE/$AWS_WEB_IDENTITY_TOKEN_FILE/$AWS_ROLE_ARN/$AWS_SHARED_CREDENTIALS_FILE/$MFA_ENV_PROMPT_AUTO/$NO_COLOR/$PWD"
    if test -z "$MFA_ENV_PROMPT"
        test "$inputs" = "$__mfa_env_inputs" -a ! -f "$__mfa_env_state"
        or __mfa_env_segment
    else
        $__mfa_env_ages / $__mfa_env_watched | read -l -L age own state
        test "$inputs" = "$__mfa_env_inputs" -a "$own" = "$state" -a -n "$state" -a "$age" -ge $__mfa_env_since -a "$age" -lt $__mfa_env_until
        or __mfa_env_segment
    end
    # The right prompt sets this variable when it is drawn. If it wasn't, another program has replaced it.
    if set -q __mfa_env_drawn
        set -e __mfa_env_drawn
    else
        __mfa_env_place
    end
end

# For fish 3.4: prints the modification times of files instead of their ages, and the current time for /.
function __mfa_env_dates
    set -l now (command date +%s)
    for file in $argv
        test $file = /; and echo $now; or command date -r $file +%s 2>/dev/null
    end
end

# Sets MFA_ENV_PROMPT. Uses the caller's inputs.
function __mfa_env_segment --no-scope-shadowing
    set -l name ''
    set -l expires ''
    set -l key ''
    set -l mark ''
    set -l text '?'
    set -l colour 31
    set -l left 0
    set -l before $__mfa_env_until
    set -g MFA_ENV_PROMPT ''
    set -g __mfa_env_inputs $inputs
    set -g __mfa_env_until 9999999999
    set -g __mfa_env_state ''
    set -g __mfa_env_watched / /
    if test -n "$AWS_ACCESS_KEY_ID"
        # Other exported keys hide our session, even one in `[default]`.
        if test "$AWS_ACCESS_KEY_ID" = "$MFA_ENV_KEY"
            set name "$AWS_VAULT"
            set expires "$MFA_ENV_EXPIRES"
            set key $MFA_ENV_KEY
        end
    else if contains -- "$AWS_PROFILE" '' default; and contains -- "$AWS_DEFAULT_PROFILE" '' default
        test -z "$AWS_WEB_IDENTITY_TOKEN_FILE" -o -z "$AWS_ROLE_ARN"; and __mfa_env_default
    end
    test -z "$name"; and return
    # The binary cleans the name, but another program may have set it.
    string match -qr '\p{Cc}' -- $name; and set name '?'

    $__mfa_env_ages / | read -g __mfa_env_since
    if string match -qr '^[0-9]{1,10}\z' -- $expires
        set -l changed 0
        contains path (builtin -n); and set changed (path mtime /)
        set left (math "$expires - $__mfa_env_since - $changed")
        if test $left -le 0
            set text expired
        else if test $left -lt 60
            set text "$left"s
            set -g __mfa_env_until (math "$__mfa_env_since + 1")
        else
            set colour (test $left -le 900; and echo 33; or echo 32)
            set text (math -s0 "$left / 60")m
            if test $left -ge 3600
                set text (math -s0 "$left / 3600")h(string sub -s -2 -- 0(math "floor($left % 3600 / 60)"))m
            end
            set -g __mfa_env_until (math "$__mfa_env_since + max(1, $left % 60)")
        end
    end

    set -g __mfa_env_right "($name$mark $text)"
    if test -z "$NO_COLOR" -a -n "$TERM" -a "$TERM" != dumb
        set -g __mfa_env_right \e"[$colour""m($name$mark $text)"\e'[0m'
    end
    set -g MFA_ENV_PROMPT "$__mfa_env_right "

    # Prints the hint once for each session, and never at a shell's first prompt.
    if test $left -gt 0 -a $left -lt 600 -a "$key" != "$__mfa_env_hinted"
        set -g __mfa_env_hinted $key
        test $before -gt 0 -a "$MFA_ENV_HINT" != 0; and __mfa_env_hint
    end
end

# Reads the session in `[default]` from the first line of the state file, if the credentials file still has its key.
# Sets the caller's variables name, expires, key and mark.
function __mfa_env_default --no-scope-shadowing
    set -l own $HOME/.aws/credentials
    set -l folder $HOME/.local/state/mfa-env
    set -l content ''
    set -l expiration ''
    set -l file ''
    set -l answer 0
    # A relative path counts as unset (XDG Base Directory Specification).
    string match -q '/*' -- "$XDG_STATE_HOME"; and set folder $XDG_STATE_HOME/mfa-env
    set -l state $folder/default
    set -g __mfa_env_state $state
    # Ignores a file that another user could have written, or that ends within the line.
    if test -O "$folder" -a ! -L "$folder" -a -f "$state" -a -O "$state" -a ! -L "$state" -a -r "$state"
        read -z content <$state
        string match -qr '^(?<name>[^\t\n]+)\t(?<expires>[^\t\n]+)\t(?<key>\w+)\t(?<expiration>[\w:-]+)\t(?<file>/[^\t\n]+)\n' -- $content
    end
    switch "$AWS_SHARED_CREDENTIALS_FILE"
        case ''
        case '/*'
            set own $AWS_SHARED_CREDENTIALS_FILE
        case '~/*'
            set own $HOME(string sub -s 2 -- $AWS_SHARED_CREDENTIALS_FILE)
        case '*'
            set own $PWD/$AWS_SHARED_CREDENTIALS_FILE
    end
    if test -z "$file" -o "$expiration$key" = "$__mfa_env_unsettled"
        set answer 4
    else if test "$file" != "$own"; and test (builtin realpath -- $file) != (builtin realpath -- $own)
        set answer 4
    else
        $__mfa_env_ages $own $state | read -l -L one two
        if test "$one" != "$two" -o -z "$two"
            command mfa-env status --default-only </dev/null >/dev/null 2>&1
            set answer $status
        end
    end
    if test $answer -eq 0
        set -g __mfa_env_watched $own $state
        set mark '*'
    else
        # Doesn't ask again if the binary could not store its answer.
        test $answer -ne 4; and set -g __mfa_env_unsettled $expiration$key
        set name ''
    end
end

# Uses the caller's name, text, mark.
function __mfa_env_hint --no-scope-shadowing
    set -l renew mfa-env
    if test -n "$mark"
        set renew mfa-env -p $name -w
        string match -qr '^[\w./:@+,][\w./:@+,=-]*$' -- $name; or set renew mfa-env --pick -w
    end
    echo "mfa-env: session of $name expires in $text; renew: $renew" >&2
end

# Adds the segment after the user's right prompt. Runs at the first prompt, when config.fish has been read, and if
# the wrapper is lost.
function __mfa_env_place
    test "$MFA_ENV_PROMPT_AUTO" = 0; and return
    # starship and oh-my-posh show the session through AWS_VAULT.
    test "$MFA_ENV_PROMPT_AUTO" != 1 -a "$STARSHIP_SHELL" = fish -o "$POSH_SHELL" = fish; and return
    if functions -q fish_right_prompt
        functions fish_right_prompt | string match -q '*MFA_ENV_PROMPT*'; and return
        functions -e __mfa_env_right_prompt
        functions -c fish_right_prompt __mfa_env_right_prompt
    else
        function __mfa_env_right_prompt
        end
    end
    function fish_right_prompt
        # The user's prompt comes first, since it may show $status.
        __mfa_env_right_prompt $argv
        set -g __mfa_env_drawn
        if test -n "$MFA_ENV_PROMPT" -a "$MFA_ENV_PROMPT_AUTO" != 0
            # Without the trailing space.
            echo -n " $__mfa_env_right"
        end
    end
end
