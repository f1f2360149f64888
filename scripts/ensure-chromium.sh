# Sourced. Installs Chromium if it is missing, for the tests that use the GraphQL IDE and the console in a browser.
# It looks where the tests look (tests/PosModular.IntegrationTests/Ide/HeadlessBrowser.cs).
# shellcheck shell=bash

# shellcheck source=scripts/apt.sh
source "${BASH_SOURCE[0]%/*}/apt.sh"

chromium_is_installed() {
  [[ -n ${POS_TEST_CHROMIUM:-} ]] || command -v chromium > /dev/null || command -v google-chrome > /dev/null ||
    [[ -x '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome' ]]
}

# It never fails: without Chromium the browser tests are skipped and say so.
ensure_chromium() {
  if chromium_is_installed; then
    return
  fi
  echo "Chromium is not on this machine; installing it." >&2
  if can_apt_install; then
    apt_install chromium >&2 || true
  fi
  if ! chromium_is_installed; then
    echo "Chromium could not be installed here; the tests that need it are skipped. Name one: POS_TEST_CHROMIUM." >&2
  fi
}
