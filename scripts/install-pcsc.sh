#!/usr/bin/env bash
# Installs what the PC/SC tests need: pcscd, the virtual reader, and Debian's card tools. On a machine with systemd,
# Debian lets pcscd start when a program asks for it; the tests start their own, apart from that one.
set -euo pipefail
source "$(dirname "$0")/install-packages.sh"

installPackages PC/SC libpcsclite1 pcscd vsmartcard-vpcd pcsc-tools opensc cardpeek iproute2 util-linux
