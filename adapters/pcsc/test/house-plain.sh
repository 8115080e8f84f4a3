#!/bin/sh
# Runs pcscd with a virtual reader at its usual place, where namespaces are not allowed: $1 is a folder with conf/.
# Called with the lock of all test files held; becomes pcscd, so its pid is pcscd's, and the lock is its own.
set -eu
if [ -d /run/systemd/system ]; then echo "systemd keeps the machine's own pcscd, which is left alone"; exit 1; fi
pid=$(cat /run/pcscd/pcscd.pid 2>/dev/null || true)
if [ -n "$pid" ] && [ -d "/proc/$pid" ]; then echo "the machine runs a pcscd of its own, which is left alone"; exit 1; fi
# What an abort left behind would keep it from starting.
rm -f /run/pcscd/pcscd.pid /run/pcscd/pcscd.comm
exec /usr/sbin/pcscd --foreground --info --config "$1/conf"
