# To be sourced: `installPackages WHAT PACKAGE...` installs Debian packages for the tests over WHAT, and says what it does.
#
# What must hold: a second run changes nothing; without root or without apt it says so and ends well, because the tests
# run without them, too, and then say themselves what they skipped.

installPackages() {
  local what=$1
  shift
  local missing=() package state
  for package in "$@"; do
    state=$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$state" = installed ] || missing+=("$package")
  done
  if [ ${#missing[@]} -eq 0 ]; then
    echo "$what: everything is there ($*)."
    return
  fi
  if ! command -v apt-get >/dev/null; then
    echo "$what: skipped, there is no apt-get here. The tests over $what need: ${missing[*]}"
    return
  fi
  if [ "$(id -u)" -ne 0 ]; then
    echo "$what: skipped, only root may install. The tests over $what need:"
    echo "  sudo apt-get install --no-install-recommends ${missing[*]}"
    return
  fi
  echo "$what: installing ${missing[*]}"
  local log
  log=$(mktemp)
  if aptInstall "$log" "${missing[@]}" || { apt-get update --quiet >"$log" 2>&1; aptInstall "$log" "${missing[@]}"; }; then
    echo "$what: installed."
  else
    tail -n 5 "$log"
    echo "$what: skipped, apt-get could not install them (above)."
  fi
  rm -f "$log"
}

aptInstall() {
  local log=$1
  shift
  DEBIAN_FRONTEND=noninteractive apt-get install --yes --quiet --no-install-recommends "$@" >"$log" 2>&1
}
