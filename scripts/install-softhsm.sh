#!/usr/bin/env bash
# Installs what the PKCS#11 tests need: SoftHSM2, the HSM in software of OpenDNSSEC. The tests keep their tokens in
# folders of their own.
set -euo pipefail
source "$(dirname "$0")/install-packages.sh"

installPackages 'PKCS#11' softhsm2
