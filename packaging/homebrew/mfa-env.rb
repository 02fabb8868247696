# For a tap. packaging/release fills in the version and the sums. Not run with Homebrew yet: tests/packages checks
# that the archives have what it installs.
class MfaEnv < Formula
  desc "AWS MFA sessions in the current shell or in [default], safely"
  homepage "https://REPOSITORY.invalid"
  version "VERSION"
  license any_of: ["MIT", "Apache-2.0"]

  archive = "https://REPOSITORY.invalid/releases/download/vVERSION/mfa-env-VERSION"
  on_macos do
    on_arm do
      url "#{archive}-aarch64-apple-darwin.tar.gz"
      sha256 "SUM-aarch64-apple-darwin"
    end
    on_intel do
      url "#{archive}-x86_64-apple-darwin.tar.gz"
      sha256 "SUM-x86_64-apple-darwin"
    end
  end
  on_linux do
    on_arm do
      url "#{archive}-aarch64-unknown-linux-musl.tar.gz"
      sha256 "SUM-aarch64-unknown-linux-musl"
    end
    on_intel do
      url "#{archive}-x86_64-unknown-linux-musl.tar.gz"
      sha256 "SUM-x86_64-unknown-linux-musl"
    end
  end

  def install
    bin.install "bin/mfa-env"
    man1.install Dir["share/man/man1/*.1"]
    bash_completion.install "share/bash-completion/completions/mfa-env"
    zsh_completion.install "share/zsh/site-functions/_mfa-env"
    fish_completion.install "share/fish/vendor_completions.d/mfa-env.fish"
    doc.install Dir["share/doc/mfa-env/*"]
  end

  def caveats
    <<~TEXT
      Add one line to the end of your shell's file:
        ~/.bashrc                   eval "$(mfa-env init bash)"
        ~/.zshrc                    eval "$(mfa-env init zsh)"
        ~/.config/fish/config.fish  mfa-env init fish | source
    TEXT
  end

  test do
    assert_equal "mfa-env #{version}\n", shell_output("#{bin}/mfa-env --version")
    assert_match "no profiles yet", shell_output("#{bin}/mfa-env list 2>&1")
  end
end
