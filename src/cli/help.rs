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
  MFA_ENV_PROMPT         the segment: put ${MFA_ENV_PROMPT} anywhere
  MFA_ENV_PROMPT_AUTO    0: don't change the prompt; 1: also add the
                         segment to starship's prompt";

pub const SETUP: &str = "\
Examples:
  mfa-env setup               asks for keys if there are none, and for
                              the MFA device; tries it with a code
  mfa-env setup prod          the same for prod, or for its new device
  mfa-env setup prod --yes -t 123456
                              asks nothing
  mfa-env setup prod --store pass
                              keeps the keys in pass: see `protect`

Writes `mfa_serial` to ~/.aws/config, and keys to ~/.aws/credentials or the
store, once the code is accepted. Ends with the command that makes your shell
load mfa-env.";

pub const LIST: &str = "\
Examples:
  mfa-env list          a table, with the time left
  mfa-env list -v       also the MFA device, and where the keys are
  mfa-env list --names  for a menu:
                        mfa-env \"$(mfa-env list --names | fzf)\"
  mfa-env list --json   for a program";

pub const STATUS: &str = "\
Examples:
  mfa-env status                  which session this shell uses
  mfa-env status --min-ttl 20m || mfa-env prod -r
                                  gets a new session before a long job
  mfa-env status --json           for a program

Exit status:
  0  there is a session with enough time left
  4  there is none, or less time is left";

pub const CONSOLE: &str = "\
Examples:
  mfa-env console prod               opens the AWS console as prod's role
  mfa-env console prod --service s3  the same, at the page of S3
  mfa-env console prod --print       prints the link instead

For 15 minutes, the link signs in whoever has it. mfa-env gives it to a program
as an argument, which other users of this machine can see. If there are other
users, take --print. AWS gives a link only for the session of a role.";

pub const UNSET: &str = "\
Examples:
  mfa-env unset            with the function of `mfa-env init`; else:
  eval \"$(mfa-env unset)\"  the same in bash, zsh and sh
  mfa-env unset | source   the same in fish
  mfa-env unset -w         removes what `mfa-env PROFILE -w` wrote";

pub const FORGET: &str = "\
Examples:
  mfa-env forget prod   the next `mfa-env prod` asks for a code
  mfa-env forget --all  the same for every profile

Sessions in shells and in [default] stay: `mfa-env unset` removes those.";

pub const PROTECT: &str = "\
Examples:
  mfa-env protect prod               keys of prod: into the system's store
  mfa-env protect prod --store pass  into pass
  mfa-env protect prod --store-command \"age -r age1... -o ~/prod.age\" \\
    --fetch-command \"age -d -i ~/.age-key ~/prod.age\"
                                     into a file that age encrypts
  mfa-env protect --undo prod        back, as they were

Writes a `credential_process` to ~/.aws/config, so every AWS tool that uses this
profile gets a session from mfa-env, which asks for a code when it needs one.";

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

Without MFA, it denies everything except what users need to register an MFA
device. It allows no other work: attach it to a group with policies that do.";

pub const MFA_ENV: &str = "\
Examples:
  mfa-env setup                   sets up keys and MFA device
  mfa-env prod                    starts a session of prod in this shell,
                                  with the function of `init`; else:
  eval \"$(mfa-env prod)\"          the same in bash, zsh and sh
  mfa-env prod | source           the same in fish
  eval \"$(mfa-env prod || echo false)\"
                                  for scripts: also fails without mfa-env
  mfa-env prod -w                 writes it to [default] for all programs
  mfa-env prod -- terraform plan  runs one command with it
  mfa-env --pick                  lets you choose the profile from a list
  mfa-env unset                   ends the session in this shell
  mfa-env unset -w                removes it from [default]

Files:
  ~/.aws/config, ~/.aws/credentials   read; or $AWS_CONFIG_FILE,
                                      $AWS_SHARED_CREDENTIALS_FILE
  [default] in the credentials file   written by -w
  ~/.aws/config, ~/.aws/credentials   written by `mfa-env setup` and
                                      `mfa-env protect`
  ~/.cache/mfa-env/                   cached sessions
  ~/.local/state/mfa-env/default      what -w wrote, and how to undo it
  ~/.local/state/mfa-env/devices      MFA devices that the files don't name

Exit status:
  0  success           3  STS refused
  1  files, I/O, lock  4  no session, or no way to ask for a code
  2  wrong usage       5  STS can't be reached
  130  cancelled       with -- CMD: the command's own status";
