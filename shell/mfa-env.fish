# mfa-env for fish 3.4 and later: the function that changes this shell, and the prompt's segment. Load it with
#   mfa-env init fish | source
# It writes no file and exports nothing. It starts no process at a prompt, except the binary once after the
# credentials file has changed; fish 3.4 also starts `date`.

# The function. The lines must see the caller's local variables, which would hide what they set.
function mfa-env --no-scope-shadowing --description 'AWS sessions with MFA, in this shell'
    # The command after `--` needs its own signals, terminal and descriptors. In (…) the caller evaluates the output.
    if contains -- -- $argv; or status is-command-substitution
        MFA_ENV_SHELL=fish command mfa-env $argv
        return
    end
    # Hides the user's fish_trace, which would print the secrets.
    set -l fish_trace
    # If Ctrl-C ends the binary during a call, fish leaves this function with the status of the command before.
    sh -c 'exit 130'
    # The binary writes the lines to descriptor 3, and the terminal stays its stdout.
    MFA_ENV_EVAL_FD=3 MFA_ENV_SHELL=fish command mfa-env $argv 3>| builtin source
    set -l mfa_env_statuses $pipestatus
    test $mfa_env_statuses[1] -eq 0; or return $mfa_env_statuses[1]
    # The lines fail with 1 if they could not change this shell.
    test "$mfa_env_statuses[2]" != 1
end

# What the segment, MFA_ENV_PROMPT, was made from.
set -g __mfa_env_inputs
# The state file. A relative path counts as unset (XDG Base Directory Specification).
set -g __mfa_env_state $HOME/.local/state/mfa-env/default
string match -q '/*' -- "$XDG_STATE_HOME"; and set __mfa_env_state $XDG_STATE_HOME/mfa-env/default
set -g __mfa_env_folder (string replace -r '/default$' '' -- $__mfa_env_state)
# The commands that print the ages of files in seconds, and the time of /. The segment is right for some ages of /.
# fish 3.4 has no builtin for them: there the first prints the current time for /, and the files' own times.
set -g __mfa_env_ages sh -c 'date +%s; shift; for file; do date -r "$file" +%s; done 2>/dev/null' sh
set -g __mfa_env_changed echo 0
contains path (builtin -n); and set __mfa_env_ages path mtime -R --; and set __mfa_env_changed path mtime /

# Runs at each prompt; fish itself keeps $status around an event. A pipe costs less than (…). The two files have
# equal times if the binary has nothing to check.
function __mfa_env_hook --on-event fish_prompt
    set -l session
    if test -n "$AWS_ACCESS_KEY_ID"
        # Other exported keys hide our session, even one in `[default]`.
        test "$AWS_ACCESS_KEY_ID" = "$MFA_ENV_KEY"; and set session "$AWS_VAULT/$MFA_ENV_EXPIRES"
        # Never reads a file that another user could have written.
    else if test -O "$__mfa_env_state" -a -f "$__mfa_env_state" -a ! -L "$__mfa_env_state" -a -r "$__mfa_env_state"
        and test -O "$__mfa_env_folder" -a ! -L "$__mfa_env_folder"
        and contains -- "$AWS_PROFILE/$AWS_DEFAULT_PROFILE" / default/ /default default/default
        and test -z "$AWS_WEB_IDENTITY_TOKEN_FILE" -o -z "$AWS_ROLE_ARN"
        read -z session <$__mfa_env_state
    end
    set -l inputs "$session/$AWS_SHARED_CREDENTIALS_FILE/$PWD/$MFA_ENV_PROMPT_AUTO/$NO_COLOR"
    if test "$inputs" != "$__mfa_env_inputs"
        __mfa_env_segment
    else if test -n "$session"
        $__mfa_env_ages / $__mfa_env_watched | read -l -L age own state
        test "$own" = "$state" -a "$age" -ge "$__mfa_env_since" -a "$age" -lt "$__mfa_env_until"; or __mfa_env_segment
    end
    # The right prompt sets this variable when it is drawn. If it wasn't, another program has replaced it.
    set -q __mfa_env_drawn; or __mfa_env_place
    set -e __mfa_env_drawn
end

# Sets MFA_ENV_PROMPT. Uses the caller's variables session and inputs.
function __mfa_env_segment --no-scope-shadowing
    set -l name
    set -l expires
    set -l mark
    set -l text '?'
    set -l colour 31
    set -g MFA_ENV_PROMPT ''
    set -g __mfa_env_inputs $inputs
    set -g __mfa_env_watched
    # Until the minute is over. In the last minute, and if nothing is known, until the next prompt.
    set -g __mfa_env_until 0
    test -n "$session"; or return
    $__mfa_env_ages / | read -g __mfa_env_since
    if test -n "$AWS_ACCESS_KEY_ID"
        set name "$AWS_VAULT"
        set expires "$MFA_ENV_EXPIRES"
    else
        __mfa_env_default; or return
    end
    # The binary cleans the name, but another program may have set it.
    # Cf: characters that change the direction of text or are invisible.
    string match -qr '^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+\z' -- $name; or set name '?'

    if string match -qr '^[0-9]{1,10}\z' -- $expires
        set -l left (math "$expires - $__mfa_env_since - "($__mfa_env_changed))
        if test $left -le 0
            set text expired
        else if test $left -lt 60
            set text "$left"s
        else
            set text (math -s0 "$left / 60")m
            set colour (test $left -le 900; and echo 33; or echo 32)
            set -g __mfa_env_until (math "$__mfa_env_since + $left % 60")
            test $left -lt 3600; or set text (printf '%dh%02dm' (math -s0 "$left / 3600") (math -s0 "$left % 3600 / 60"))
        end
    end

    set -g MFA_ENV_PROMPT "($name$mark $text) "
    test -z "$NO_COLOR" -a -n "$TERM" -a "$TERM" != dumb
    and set -g MFA_ENV_PROMPT \e"[$colour""m($name$mark $text)"\e'[0m '
end

# Takes the session in `[default]` from the state file. Sets the caller's variables name, expires and mark. Fails if
# the credentials file no longer has its key.
function __mfa_env_default --no-scope-shadowing
    set -l own $AWS_SHARED_CREDENTIALS_FILE
    test -n "$own"; or set own $HOME/.aws/credentials
    string match -q '~/*' -- $own; and set own $HOME(string sub -s 2 -- $own)
    string match -qr '^(?<name>[^\t\n]+)\t(?<expires>[^\t\n]+)\t(?<key>\w+)\t[^\t\n]+\t(?<file>/[^\n]+)\n' -- $session
    and test "$key" != "$__mfa_env_unsettled" -a "$(builtin realpath -- $file 2>/dev/null)" = "$(builtin realpath -- $own 2>/dev/null)"
    or return
    $__mfa_env_ages / $own $__mfa_env_state | read -l -L age one two
    test "$one" = "$two" -a -n "$two"; or command mfa-env status --default-only </dev/null >/dev/null 2>&1
    set -l answer $status
    # Doesn't ask again if the binary could not store its answer.
    contains $answer 0 4; or set -g __mfa_env_unsettled $key
    set mark '*'
    set -g __mfa_env_watched $own $__mfa_env_state
    return $answer
end

# Adds the segment after the user's right prompt, which may show $status.
function __mfa_env_place
    # starship and oh-my-posh show the session through AWS_VAULT.
    test "$MFA_ENV_PROMPT_AUTO" = 0; and return
    test "$MFA_ENV_PROMPT_AUTO" != 1 -a "$STARSHIP_SHELL" = fish -o "$POSH_SHELL" = fish; and return
    functions fish_right_prompt 2>/dev/null | string match -q '*MFA_ENV_PROMPT*'; and return
    functions -e __mfa_env_right_prompt
    functions -q fish_right_prompt
    or function fish_right_prompt
    end
    functions -c fish_right_prompt __mfa_env_right_prompt
    function fish_right_prompt
        __mfa_env_right_prompt $argv
        set -g __mfa_env_drawn
        test -n "$MFA_ENV_PROMPT" -a "$MFA_ENV_PROMPT_AUTO" != 0; and echo -n " $MFA_ENV_PROMPT"
    end
end
