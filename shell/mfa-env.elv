# mfa-env for elvish 0.19 and later: the function that changes this shell. In rc.elv:
#   eval (mfa-env init elvish | slurp)

use file

# The binary writes the lines to descriptor 3. Its stdout stays the same, so tables and
# help work as without the function. If the binary fails, the function fails, too, and
# evaluates nothing.
edit:add-var mfa-env~ {|@arguments|
  # The command after `--` needs its own signals and descriptors.
  if (has-value $arguments --) {
    e:mfa-env $@arguments
  } else {
    var lines = (file:pipe)
    try {
      try {
        tmp E:MFA_ENV_EVAL_FD = 3
        tmp E:MFA_ENV_SHELL = elvish
        e:mfa-env $@arguments 3>$lines
      } finally {
        file:close $lines[w]
      }
      eval (slurp < $lines)
    } finally {
      file:close $lines[r]
    }
  }
}

# `env` starts the external program, not the function with its name.
set edit:completion:arg-completer[mfa-env] = {|@words|
  var index = (- (count $words) 1)
  env _CLAP_IFS="\n" _CLAP_COMPLETE_INDEX=(to-string $index) MFA_ENV_COMPLETE=elvish mfa-env -- $@words
}
