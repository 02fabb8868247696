# Installs with our formula into PREFIX, without Homebrew: in the folder of an unpacked archive. Prints the sums and
# names of the archives that the formula downloads, as in SHA256SUMS.
#   ruby formula.rb FORMULA PREFIX
require "fileutils"

class Formula
  # Where Homebrew puts them.
  {
    bin: "bin", man1: "share/man/man1", doc: "share/doc/mfa-env", bash_completion: "etc/bash_completion.d",
    zsh_completion: "share/zsh/site-functions", fish_completion: "share/fish/vendor_completions.d"
  }.each { |name, path| define_method(name) { Folder.new(File.join(ARGV.fetch(1), path)) } }

  class << self
    %i[desc homepage version license test].each { |name| define_method(name) { |*| nil } }
    %i[on_macos on_linux on_arm on_intel].each { |name| define_method(name) { |&block| block.call } }

    def url(url) = @name = File.basename(url)

    def sha256(sum) = puts("#{sum}  #{@name}")
  end
end

Folder = Struct.new(:path) do
  def install(*files)
    raise "nothing for #{path}" if files.flatten.empty?

    FileUtils.mkdir_p(path)
    FileUtils.cp_r(files.flatten, path)
  end
end

load ARGV.fetch(0)
MfaEnv.new.install
