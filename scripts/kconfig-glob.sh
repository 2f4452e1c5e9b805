#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# usage: kconfig-glob.sh OUT
# Writes to OUT a Kconfig fragment that sources the Kconfig of every folder of
# vbus (and of $VBUS_VENDOR, a folder elsewhere), and prints OUT.  Kconfig's
# own "source" knows no wildcards.
set -eu
case $#:${1:-} in
1:[!-]*) out=$1 ;;
*) echo "usage: scripts/kconfig-glob.sh OUT" >&2; exit 2 ;;
esac
top=$(cd "$(dirname "$0")/.." && pwd)
cd "$top"
for f in drivers/*/Kconfig drivers/*/*/Kconfig connectors/*/Kconfig connectors/*/*/Kconfig \
	 devices/*/Kconfig tests/*/Kconfig tests/*/*/Kconfig; do
	if [ -e "$f" ]; then
		echo "source \"$top/$f\""
	fi
done >"$out"
if [ -n "${VBUS_VENDOR:-}" ] && [ -e "$VBUS_VENDOR/Kconfig" ]; then
	echo "source \"$VBUS_VENDOR/Kconfig\"" >>"$out"
fi
echo "$out"
