# mfa-env for elvish 0.19 and later: the function that sets this shell. In rc.elv:
#   eval (mfa-env init elvish | slurp)

use file

# The binary writes what to evaluate to descriptor 3; its stdout stays what it was,
# so a table, a help text or a question works as without a function. Where it
# fails, so does the function, and nothing was evaluated.
edit:add-var mfa-env~ {|@arguments|
  # After `--` a command follows that must own its signals and descriptors.
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

# By its name the external program, since `env` starts it.
set edit:completion:arg-completer[mfa-env] = {|@words|
  var index = (- (count $words) 1)
  env _CLAP_IFS="\n" _CLAP_COMPLETE_INDEX=(to-string $index) MFA_ENV_COMPLETE=elvish mfa-env -- $@words
}
