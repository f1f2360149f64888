# Sourced by ./test and ./chaos: installs what tests need, builds, runs them and ends with one line "N passed, N failed, N skipped".
# shellcheck shell=bash

# shellcheck source=scripts/ensure-dotnet.sh
source "${BASH_SOURCE[0]%/*}/ensure-dotnet.sh"
# shellcheck source=scripts/ensure-postgres.sh
source "${BASH_SOURCE[0]%/*}/ensure-postgres.sh"
# shellcheck source=scripts/ensure-chromium.sh
source "${BASH_SOURCE[0]%/*}/ensure-chromium.sh"

passed=0 failed=0 skipped=0
broken=()
results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT

# The npm packages of the tests that lack them or have others than their lock file names.
install_node_packages() {
  local lock
  for lock in tests/*/package-lock.json tests/*/*/package-lock.json; do
    if [[ -f $lock && ! ${lock%/*}/node_modules/.package-lock.json -nt $lock ]]; then
      (cd "${lock%/*}" && npm ci --no-audit --no-fund --loglevel=error < /dev/null)
    fi
  done
}

# Installs and builds.
prepare_tests() {
  local node_packages
  ensure_dotnet
  if [[ -z ${POS_TEST_POSTGRES:-} ]]; then
    ensure_postgres
  fi
  ensure_chromium
  install_node_packages &
  node_packages=$!
  echo "Building ..."
  dotnet build -c Release --nologo -v quiet -tl:off "-clp:ErrorsOnly;NoSummary" PosModular.sln
  wait "$node_packages"
}

# counts FILE: "passed failed skipped" of a trx file; nothing where it is cut off. VSTest leaves notExecuted at 0 for
# skipped tests: they are those of the total that were not executed.
counts() {
  awk '
    function number(name) { return match($0, " " name "=\"[0-9]+\"") ? substr($0, RSTART + length(name) + 3, RLENGTH - length(name) - 4) + 0 : 0 }
    /<Counters / { found = 1; total = number("total"); executed = number("executed"); passed = number("passed") }
    END { if (found) print passed, executed - passed, total - executed }
  ' "$1"
}

# run_tests FILTER PROJECT...: adds to passed, failed, skipped and broken.
run_tests() {
  local filter=$1 project name exit_code p f s
  shift
  # A host for nearly every test: much code is made and little of it runs for long. Writing it into memory that is also
  # executable, and not measuring it first, takes a third off the processor's time.
  export DOTNET_EnableWriteXorExecute=0 DOTNET_TieredPGO=0
  for project in "$@"; do
    name=$(basename "$project" .csproj)
    echo
    echo "== $name"
    exit_code=0
    dotnet test "$project" -c Release --no-build --nologo --results-directory "$results" --filter "$filter" \
      --logger "trx;LogFileName=$name.trx" --logger "console;verbosity=minimal" \
      --blame-hang-timeout 15m --blame-hang-dump-type none < /dev/null || exit_code=$?

    p=0 f=0 s=0
    if [[ -f $results/$name.trx ]]; then
      read -r p f s _ <<< "$(counts "$results/$name.trx") 0 0 0"
    fi
    # The process died, or its results are missing: that is a failure even where every reported test passed, and where
    # dotnet test itself ended well (a test host that is killed from outside). Only a name may pick no test of a project.
    if [[ $f -eq 0 && ($exit_code -ne 0 || (! -f $results/$name.trx && $filter != *FullyQualifiedName*)) ]]; then
      f=1
      broken+=("$name ended with exit code $exit_code and no failed test: it crashed, hung, was killed or could not start")
    fi
    passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
  done
}

# Prints the sum; false when anything failed or nothing ran.
tell() {
  local reason
  echo
  for reason in ${broken[@]+"${broken[@]}"}; do
    echo "$reason"
  done
  if [[ $((passed + failed)) -eq 0 ]]; then
    echo "No test ran."
  fi
  echo "$passed passed, $failed failed, $skipped skipped"
  [[ $failed -eq 0 && $passed -gt 0 ]]
}
