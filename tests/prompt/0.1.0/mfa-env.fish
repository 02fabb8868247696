function mfa-env --description 'AWS sessions with MFA, in this shell'
    if contains -- -- $argv; or status is-command-substitution; or set -q MFA_ENV_COMPLETE
        command mfa-env $argv
        return
    end
    set -l fish_trace
    __mfa_env_cancelled
    MFA_ENV_EVAL_FD=3 MFA_ENV_SHELL=fish command mfa-env $argv 3>| builtin source
    return $pipestatus[1]
end
function __mfa_env_cancelled
    return 130
end
set -g MFA_ENV_PROMPT ''
set -g __mfa_env_known
set -g __mfa_env_since 0
set -g __mfa_env_until 0
contains path (builtin -n); or set -g __mfa_env_pathless
set -q __mfa_env_hinted; or set -g __mfa_env_hinted ''
function __mfa_env_hook --on-event fish_prompt
    set -l fish_trace
    set -l content ''
    set -l own
    set -l from
    if test -n "$AWS_ACCESS_KEY_ID"
        if test "$AWS_ACCESS_KEY_ID" = "$MFA_ENV_KEY"
            set from "$MFA_ENV_KEY/$MFA_ENV_EXPIRES/$MFA_ENV_PROFILE"
        end
    else if test -z "$AWS_PROFILE$AWS_DEFAULT_PROFILE$AWS_WEB_IDENTITY_TOKEN_FILE"
        or __mfa_env_is_default
        set -l state $HOME/.local/state/mfa-env/default
        test -n "$XDG_STATE_HOME"; and string match -q '/*' -- $XDG_STATE_HOME
        and set state $XDG_STATE_HOME/mfa-env/default
        if test -f "$state" -a -r "$state"
            read -z content <$state
            set own $HOME/.aws/credentials
            test -n "$AWS_SHARED_CREDENTIALS_FILE"; and __mfa_env_own
            set from $own
        end
    end
    if test -z "$from"
        set -g MFA_ENV_PROMPT ''
        set -g __mfa_env_known
        if set -q MFA_ENV_DEFAULT
            set -l write ''
            __mfa_env_tell
        end
    else
        set -l times
        if set -q __mfa_env_pathless
            set times (__mfa_env_times $own)
        else
            set times (path mtime -R /; path mtime / $own)
        end
        set from "$from/$content/$times[2..]/$NO_COLOR/$TERM/$MFA_ENV_PROMPT_EXPORT/$MFA_ENV_DEFAULT"
        if test "$from" != "$__mfa_env_known" -o $times[1] -lt $__mfa_env_since -o $times[1] -ge $__mfa_env_until
            set -g __mfa_env_known $from
            __mfa_env_refresh
        end
    end
    if set -q __mfa_env_drawn
        set -e __mfa_env_drawn
    else
        __mfa_env_place
    end
end
function __mfa_env_is_default
    contains -- "$AWS_PROFILE" '' default
    and contains -- "$AWS_DEFAULT_PROFILE" '' default
    and test -z "$AWS_WEB_IDENTITY_TOKEN_FILE" -o -z "$AWS_ROLE_ARN"
end
function __mfa_env_times
    set -l now (command date +%s)
    echo $now
    echo 0
    set -q argv[1]; and random
end
function __mfa_env_own --no-scope-shadowing
    switch $AWS_SHARED_CREDENTIALS_FILE
        case '~/*'
            set own $HOME(string sub -s 2 -- $AWS_SHARED_CREDENTIALS_FILE)
        case '/*'
            set own $AWS_SHARED_CREDENTIALS_FILE
        case '*'
            set own $PWD/$AWS_SHARED_CREDENTIALS_FILE
    end
end
function __mfa_env_refresh --no-scope-shadowing
    set -l profile ''
    set -l expires ''
    set -l key ''
    set -l expiration ''
    set -l write ''
    set -l text '?'
    set -l colour 31
    set -g MFA_ENV_PROMPT ''
    set -g __mfa_env_since $times[1]
    set -g __mfa_env_until 9999999999
    if test -n "$own"
        __mfa_env_read_default
    else
        set profile "$MFA_ENV_PROFILE"
        set expires "$MFA_ENV_EXPIRES"
        set key "$MFA_ENV_KEY"
    end
    __mfa_env_tell
    test -z "$profile"; and return
    if string match -qr '^[0-9]{1,10}\z' -- $expires
        set -l left (math "$expires - $times[1] - $times[2]")
        if test $left -le 0
            set text expired
        else if test $left -lt 60
            set text "$left"s
            set -g __mfa_env_until (math "$times[1] + 1")
        else
            if test $left -lt 3600
                set text (math -s0 "$left / 60")m
            else
                set text (math "floor($left / 3600)")h(string sub -s -2 -- 0(math "floor($left % 3600 / 60)"))m
            end
            set -g __mfa_env_until (math "$times[1] + $left % 60 + 1")
            if test $left -le 900
                set colour 33
            else
                set colour 32
                test $left -lt 960; and set -g __mfa_env_until (math "$times[1] + $left - 900")
            end
        end
        if test $left -gt 0 -a $left -lt 600 -a "$MFA_ENV_HINT" != 0 -a "$key" != "$__mfa_env_hinted"
            set -g __mfa_env_hinted $key
            __mfa_env_hint
        end
    end
    set -l plain "("(string replace -ra '[\p{C}\p{Zl}\p{Zp}]' '?' -- $profile)" $text)"
    set -g __mfa_env_right $plain
    if test -z "$NO_COLOR" -a -n "$TERM" -a "$TERM" != dumb
        set __mfa_env_right \e"[$colour""m$plain"\e'[0m'
    end
    set -g MFA_ENV_PROMPT "$__mfa_env_right "
end
function __mfa_env_read_default --no-scope-shadowing
    set -l fields (string match -r '^([^\t\n]+)\t([0-9]{1,10})\t(\w+)\t([\w:-]+)\t([^\t\n]+)(?=\n)' -- $content)
    test (count $fields) -eq 6 -a -f "$own" -a -r "$own"; or return
    if test "$fields[6]" != "$own"
        set -l real (builtin realpath -- $fields[6] 2>/dev/null)
        test "$real" = (builtin realpath -- $own); or return
    end
    read -z content <$own
    if string match -qr '(?m)^\[[ \t]*default[ \t]*\].*\n(?:(?!\[).*\n)*?(?i:aws_access_key_id)[ \t]*=[ \t]*'$fields[4]'[ \t\r]*$' -- $content
        set profile $fields[2]
        set expires $fields[3]
        set key $fields[4]
        set expiration $fields[5]
        set write ' -w'
    end
    test "$times[3]" -lt (math "$times[1] + $times[2]"); or set -g __mfa_env_known
end
function __mfa_env_tell --no-scope-shadowing
    set -l tell ''
    if test -n "$write" -a "$MFA_ENV_PROMPT_EXPORT" != 0
        if test "$MFA_ENV_PROMPT_EXPORT" = 1; or __mfa_env_drawn_by_others
            set tell "$expiration $profile"
        end
    end
    test "$tell" = "$MFA_ENV_DEFAULT"; and return
    if set -q MFA_ENV_DEFAULT
        set -l told (string split -m 1 ' ' -- $MFA_ENV_DEFAULT)
        test "$AWS_SESSION_EXPIRATION" = "$told[1]"; and set -eg AWS_SESSION_EXPIRATION
        test "$AWS_VAULT" = "$told[2]"; and set -eg AWS_VAULT
        set -eg MFA_ENV_DEFAULT
    end
    if test -n "$tell" -a -z "$AWS_VAULT$AWS_SESSION_EXPIRATION"
        set -gx MFA_ENV_DEFAULT $tell
        set -gx AWS_VAULT $profile
        set -gx AWS_SESSION_EXPIRATION $expiration
    end
end
function __mfa_env_drawn_by_others
    test "$STARSHIP_SHELL" = fish -o "$POSH_SHELL" = fish
end
function __mfa_env_hint --no-scope-shadowing
    set -l name $profile
    if contains -- $profile list status init unset forget doctor setup policy help
        or string match -qr '^-|[^\w./:@+,=-]' -- $profile
        set name "--profile "(string escape -- $profile | string replace -ra '[\p{C}\p{Zl}\p{Zp}]' '?')
    end
    printf 'mfa-env: session of %s expires in %s; renew: mfa-env %s%s -r\n' \
        (string replace -ra '[\p{C}\p{Zl}\p{Zp}]' '?' -- $profile) $text $name $write >&2
end
function __mfa_env_place
    test "$MFA_ENV_PROMPT_AUTO" = 0; and return
    test "$MFA_ENV_PROMPT_AUTO" != 1; and __mfa_env_drawn_by_others; and return
    if functions -q fish_right_prompt
        functions fish_right_prompt | string match -q '*MFA_ENV_PROMPT*'; and return
        functions -e __mfa_env_right_prompt
        functions -c fish_right_prompt __mfa_env_right_prompt
    else
        function __mfa_env_right_prompt
        end
    end
    function fish_right_prompt
        __mfa_env_right_prompt $argv
        set -g __mfa_env_drawn
        if test -n "$MFA_ENV_PROMPT" -a "$MFA_ENV_PROMPT_AUTO" != 0
            echo -n " $__mfa_env_right"
        end
    end
end
complete --keep-order --exclusive --command mfa-env --arguments "(MFA_ENV_COMPLETE=fish mfa-env -- (commandline --current-process --tokenize --cut-at-cursor) (commandline --current-token))"
