#!/usr/bin/env bash
# Installs what the PKCS#11 tests need, and says what it does: SoftHSM2, the HSM in software of OpenDNSSEC.
#
# What must hold: a second run changes nothing; without root or without apt it says so and ends well, because the tests
# run without it, too, and then say themselves what they skipped. The tests keep their tokens in folders of their own.
set -euo pipefail

PACKAGES=(softhsm2)

missing=()
for package in "${PACKAGES[@]}"; do
  state=$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$state" = installed ] || missing+=("$package")
done

if [ ${#missing[@]} -eq 0 ]; then
  echo "PKCS#11: everything is there (${PACKAGES[*]})."
  exit 0
fi
if ! command -v apt-get >/dev/null; then
  echo "PKCS#11: skipped, there is no apt-get here. The tests over PKCS#11 need: ${missing[*]}"
  exit 0
fi
if [ "$(id -u)" -ne 0 ]; then
  echo "PKCS#11: skipped, only root may install. The tests over PKCS#11 need:"
  echo "  sudo apt-get install --no-install-recommends ${missing[*]}"
  exit 0
fi

echo "PKCS#11: installing ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
install() { apt-get install --yes --quiet --no-install-recommends "${missing[@]}" >"$log" 2>&1; }
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! install; then
  apt-get update --quiet >"$log" 2>&1 || true
  if ! install; then
    tail -n 5 "$log"
    echo "PKCS#11: skipped, apt-get could not install them (above)."
    exit 0
  fi
fi
echo "PKCS#11: installed."
