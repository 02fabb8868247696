alias mfa-env 'eval "`env MFA_ENV_SHELL=csh mfa-env \!*`"';
if ($?tcsh) complete mfa-env 'p/1/`env mfa-env list --names`/' 'n/{-p,--profile}/`env mfa-env list --names`/';
