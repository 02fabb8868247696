#!/bin/sh
# Installs a release of mfa-env for this user: the binary, man pages and completions, below ~/.local. It changes no
# start-up file, and installs nothing unless the archive has the SHA-256 sum that the release says.
#   sh install.sh [--prefix FOLDER] [--from URL]
set -eu

fail() {
  printf 'error: %s\n' "$1" >&2
  if [ $# -gt 1 ]; then printf 'hint: %s\n' "$2" >&2; fi
  exit 1
}

has() { command -v "$1" >/dev/null 2>&1; }

download() { # NAME
  if has curl; then
    curl --fail --silent --show-error --location --proto-redir =https --output "$work/$1" "$from/$1"
  else
    wget -q -O "$work/$1" "$from/$1"
  fi || fail "can't download $from/$1; nothing was installed"
}

install_file() { # PATH
  mkdir -p "$prefix/${1%/*}"
  # A program that runs can't be overwritten, but replaced.
  cp "$tree/$1" "$prefix/$1.new"
  mv -f "$prefix/$1.new" "$prefix/$1"
}

# The call is in the last line, so that half a script does nothing.
main() {
  from=https://REPOSITORY.invalid/releases/latest/download
  prefix=${HOME:-}/.local
  while [ $# -gt 0 ]; do
    case $1-$# in
    --prefix-1 | --from-1) fail "$1 needs a value" ;;
    --prefix-*) prefix=$2 ;;
    --from-*) from=$2 ;;
    *) fail "unknown option: $1" 'install.sh [--prefix FOLDER] [--from URL]' ;;
    esac
    shift 2
  done
  case $prefix in
  /?*) ;;
  *) fail "no absolute path: $prefix" 'name a folder: --prefix FOLDER' ;;
  esac
  case $from in
  https://* | http://127.0.0.1:*) ;;
  *) fail "not an https address: $from" ;;
  esac
  case $(uname -sm) in
  'Linux x86_64') target=x86_64-unknown-linux-musl ;;
  'Linux aarch64' | 'Linux arm64') target=aarch64-unknown-linux-musl ;;
  'Darwin x86_64') target=x86_64-apple-darwin ;;
  'Darwin arm64') target=aarch64-apple-darwin ;;
  *) fail "there is no release for $(uname -sm)" 'cargo install --locked builds it from the source' ;;
  esac
  has curl || has wget || fail 'neither curl nor wget is installed'
  if has sha256sum; then
    check='sha256sum'
  elif has shasum; then
    check='shasum -a 256'
  else
    fail 'neither sha256sum nor shasum is installed, so the archive could not be checked; nothing was installed'
  fi

  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  trap 'exit 1' HUP INT TERM
  download SHA256SUMS
  name=$(sed -n "s/^[0-9a-f]\{64\}  \(mfa-env-[0-9.]*-$target\.tar\.gz\)$/\1/p" "$work/SHA256SUMS")
  case $name in
  *.tar.gz*.tar.gz | '') fail "SHA256SUMS of $from names no archive, or several, for $target; nothing was installed" ;;
  esac
  download "$name"
  (cd "$work" && grep "  $name\$" SHA256SUMS | $check -c -) >/dev/null 2>&1 ||
    fail "$name doesn't have the sum that SHA256SUMS says; nothing was installed" 'the download was cut off or changed: try again'
  tar -xzf "$work/$name" -C "$work"
  tree=$work/${name%.tar.gz}
  version=$("$tree/bin/mfa-env" --version) || fail "$name doesn't run on this machine; nothing was installed"

  for file in $(cd "$tree" && find share bin -type f); do install_file "$file"; done
  echo "installed $version in $prefix/bin"
  case :${PATH:-}: in
  *":$prefix/bin:"*) ;;
  *) echo "your PATH lacks it: add $prefix/bin" ;;
  esac
  echo 'next: mfa-env setup'
}

main "$@"
