# For a tap. Not run here: docs/releasing.md says what to replace at a release.
class MfaEnv < Formula
  desc "AWS MFA sessions in the current shell or in [default], safely"
  homepage "https://REPOSITORY.invalid"
  url "https://REPOSITORY.invalid/archive/refs/tags/v0.2.0.tar.gz"
  sha256 "0000000000000000000000000000000000000000000000000000000000000000"
  license any_of: ["MIT", "Apache-2.0"]

  depends_on "rust" => :build

  def install
    system "cargo", "install", *std_cargo_args
    system "cargo", "run", "--release", "--locked", "--package", "man-pages", "--", "man"
    man1.install Dir["man/*.1"]
    bash_completion.install "completions/mfa-env.bash" => "mfa-env"
    zsh_completion.install "completions/_mfa-env"
    fish_completion.install "completions/mfa-env.fish"
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
