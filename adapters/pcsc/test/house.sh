#!/bin/sh
# Runs pcscd with a virtual reader where nobody else sees it: $1 is a folder with conf/ and run/.
# Called inside fresh network and mount namespaces; becomes pcscd, so its pid is pcscd's.
set -eu
# pcscd 1.9.9 has one place for its socket. Here it is ours; the caller reaches it as $1/run/pcscd.comm.
mount -t tmpfs tmpfs /run
mkdir /run/pcscd
mount --bind "$1/run" /run/pcscd
# The readers of the machine belong to its own pcscd.
if [ -d /dev/bus/usb ]; then mount -t tmpfs tmpfs /dev/bus/usb; fi
ip link set lo up
# vpcd writes length and bytes apart: without quick acknowledgements each exchange waits 40 ms for a delayed one.
for net in 127.0.0.0/8 127.0.0.1; do
  ip route replace table local local "$net" dev lo proto kernel scope host src 127.0.0.1 quickack 1
done
exec /usr/sbin/pcscd --foreground --info --config "$1/conf"
