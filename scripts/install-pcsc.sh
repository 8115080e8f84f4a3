#!/usr/bin/env bash
# Installs what the PC/SC tests need, and says what it does: pcscd, the virtual reader, and Debian's card tools.
#
# What must hold: a second run changes nothing; without root or without apt it says so and ends well, because the
# tests run without it, too, and then say themselves what they skipped. On a machine with systemd, Debian lets pcscd
# start when a program asks for it; the tests start their own, apart from that one.
set -euo pipefail

PACKAGES=(libpcsclite1 pcscd vsmartcard-vpcd pcsc-tools opensc cardpeek iproute2 util-linux)

missing=()
for package in "${PACKAGES[@]}"; do
  state=$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$state" = installed ] || missing+=("$package")
done

if [ ${#missing[@]} -eq 0 ]; then
  echo "PC/SC: everything is there (${PACKAGES[*]})."
  exit 0
fi
if ! command -v apt-get >/dev/null; then
  echo "PC/SC: skipped, there is no apt-get here. The tests over PC/SC need: ${missing[*]}"
  exit 0
fi
if [ "$(id -u)" -ne 0 ]; then
  echo "PC/SC: skipped, only root may install. The tests over PC/SC need:"
  echo "  sudo apt-get install --no-install-recommends ${missing[*]}"
  exit 0
fi

echo "PC/SC: installing ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
install() { apt-get install --yes --quiet --no-install-recommends "${missing[@]}" >"$log" 2>&1; }
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! install; then
  apt-get update --quiet >"$log" 2>&1 || true
  if ! install; then
    tail -n 5 "$log"
    echo "PC/SC: skipped, apt-get could not install them (above)."
    exit 0
  fi
fi
echo "PC/SC: installed."
