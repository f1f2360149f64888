# Sourced. Puts PostgreSQL's binaries on the machine if they are not there; starts nothing and sets up no server.
# They are sought where the host seeks them (src/PosModular.Host/Development/Postgres/PostgresBinaries.cs).
# shellcheck shell=bash

# shellcheck source=scripts/apt.sh
source "${BASH_SOURCE[0]%/*}/apt.sh"

postgres_is_installed() {
  local bin
  IFS=: read -ra on_path <<< "$PATH"
  for bin in "${on_path[@]}" /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /opt/homebrew/opt/postgresql*/bin \
    /usr/local/opt/postgresql*/bin /Applications/Postgres.app/Contents/Versions/*/bin; do
    if [[ -x $bin/initdb && -x $bin/pg_ctl && -x $bin/postgres ]]; then
      return 0
    fi
  done
  return 1
}

# Debian's package makes a server and starts it on port 5432 as it is installed, unless createcluster.conf says no.
# The setting holds for this one installation only, and a server that is here already is not touched.
apt_install_postgres() {
  local as_root=()
  if [[ $EUID -ne 0 ]]; then
    as_root=(sudo)
  fi
  local setting=/etc/postgresql-common/createcluster.d/posmodular.conf installed=0
  ${as_root[@]+"${as_root[@]}"} mkdir -p "${setting%/*}"
  echo 'create_main_cluster = false' | ${as_root[@]+"${as_root[@]}"} tee "$setting" > /dev/null
  apt_install postgresql || installed=$?
  ${as_root[@]+"${as_root[@]}"} rm -f "$setting"
  return "$installed"
}

ensure_postgres() {
  if postgres_is_installed; then
    return
  fi
  echo "PostgreSQL is not on this machine; installing it." >&2
  if can_apt_install; then
    apt_install_postgres >&2
  elif command -v brew > /dev/null; then
    brew install postgresql@17 >&2
  fi
  if ! postgres_is_installed; then
    echo "PostgreSQL could not be installed here. Install version 15 or later, or name a server: ConnectionStrings__Pos for ./run, POS_TEST_POSTGRES for ./test." >&2
    return 1
  fi
}
