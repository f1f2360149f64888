# Sourced by the others.
# shellcheck shell=bash

can_apt_install() {
  command -v apt-get > /dev/null && { [[ $EUID -eq 0 ]] || command -v sudo > /dev/null; }
}

# apt_install PACKAGE...: the package lists are fetched only if apt does not know the packages without them.
apt_install() {
  local as_root=(env DEBIAN_FRONTEND=noninteractive)
  if [[ $EUID -ne 0 ]]; then
    as_root=(sudo "${as_root[@]}")
  fi
  "${as_root[@]}" apt-get install -y --no-install-recommends "$@" < /dev/null && return
  "${as_root[@]}" apt-get update < /dev/null
  "${as_root[@]}" apt-get install -y --no-install-recommends "$@" < /dev/null
}
