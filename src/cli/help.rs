//! The text below the options in `--help` and in the man pages, examples first. Lines fit into 80 columns.

pub const INIT: &str = "\
Examples:
  eval \"$(mfa-env init bash)\"  at the end of ~/.bashrc
  eval \"$(mfa-env init zsh)\"   at the end of ~/.zshrc
  mfa-env init fish | source   at the end of ~/.config/fish/config.fish
  eval (mfa-env init elvish | slurp)
                               in ~/.config/elvish/rc.elv
  mfa-env setup                prints a command that adds the line

Variables:
  MFA_ENV_PROMPT         the segment; put ${MFA_ENV_PROMPT} where you like
  MFA_ENV_PROMPT_AUTO    0: leaves the prompt alone; 1: adds the segment to
                         the prompt that starship draws, too
  MFA_ENV_HINT=0         no line when a session is about to expire";

pub const SETUP: &str = "\
Examples:
  mfa-env setup               asks for keys if there are none, and for the
                              MFA device; tries it with a code
  mfa-env setup prod          the same for one profile, or for a new device
  mfa-env setup prod --yes -t 123456
                              asks nothing

Writes `mfa_serial` to ~/.aws/config, and keys to ~/.aws/credentials, once the
code is accepted. Ends with the command that makes your shell load mfa-env.";

pub const LIST: &str = "\
Examples:
  mfa-env list          a table, with the time that is left
  mfa-env list -v       with MFA device and the profile that signs
  mfa-env list --names  for a menu: mfa-env \"$(mfa-env list --names | fzf)\"
  mfa-env list --json   for a program";

pub const STATUS: &str = "\
Examples:
  mfa-env status                  which session, from where, how long
  mfa-env status --min-ttl 20m || mfa-env prod -r
                                  a new one before a long job
  mfa-env status --json           for a program

Exit status:
  0  there is a session, with so much left
  4  there is none, or less is left";

pub const CONSOLE: &str = "\
Examples:
  mfa-env console prod               opens the AWS console as prod's role
  mfa-env console prod --service s3  the same, at the page of S3
  mfa-env console prod --print       prints the link, to open it elsewhere

The link signs in whoever has it, for 15 minutes. Opened by a program, it is in
that program's arguments, which other users of this machine can see: use
--print there. AWS gives a link only for the session of a role.";

pub const UNSET: &str = "\
Examples:
  mfa-env unset            with the function of `mfa-env init`, else:
  eval \"$(mfa-env unset)\"  the same in bash, zsh and sh
  mfa-env unset | source   the same in fish
  mfa-env unset -w         what `mfa-env PROFILE -w` wrote";

pub const FORGET: &str = "\
Examples:
  mfa-env forget prod   the next `mfa-env prod` asks for a code
  mfa-env forget --all  for every profile

What a shell has exported and what is in [default] stays: see `mfa-env unset`.";

pub const DOCTOR: &str = "\
Examples:
  mfa-env doctor            when something does not work
  mfa-env doctor --offline  the same without a call to STS
  mfa-env doctor --json     for a program";

pub const POLICY: &str = "\
Examples:
  mfa-env policy >require-mfa.json
  aws iam create-policy --policy-name require-mfa \\
    --policy-document file://require-mfa.json

Without MFA it denies everything except registering one's own MFA device. It
grants nothing else: attach it to a group together with the policies that do.";

pub const MFA_ENV: &str = "\
Examples:
  mfa-env setup                   first: keys and MFA device, step by step
  mfa-env prod                    a session of prod in this shell, with the
                                  function of `mfa-env init`; else:
  eval \"$(mfa-env prod)\"          the same in bash, zsh and sh
  mfa-env prod | source           the same in fish
  eval \"$(mfa-env prod || echo false)\"
                                  in a script: fails without mfa-env, too
  mfa-env prod -w                 in [default], for every program
  mfa-env prod -- terraform plan  for one command
  mfa-env --pick                  of a profile that you choose from a list
  mfa-env unset                   out of this shell again
  mfa-env unset -w                out of [default] again

Files:
  ~/.aws/config, ~/.aws/credentials   read; or $AWS_CONFIG_FILE,
                                      $AWS_SHARED_CREDENTIALS_FILE
  [default] in the credentials file   written with -w, nothing else in it
  ~/.aws/config, ~/.aws/credentials   device and keys, by `mfa-env setup`
  ~/.cache/mfa-env/                   sessions that are used again
  ~/.local/state/mfa-env/default      what -w wrote, and how to undo it

Exit status:
  0  done              3  STS said no
  1  files, I/O, lock  4  no session, or no way to ask for a code
  2  usage             5  STS not reached
  130  cancelled; with -- CMD: the command's own";
