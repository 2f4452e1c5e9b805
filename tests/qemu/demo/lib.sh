# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# What the demos have in common.

title() { printf '\n== %s\n' "$*"; }
die() { echo "demo: $*" >&2; exit 1; }

# FILE VALUE of every number below the clients, and in the folders that are given
counters()
{
	find /sys/vbus/instances/*/clients/ "$@" -type f -exec grep -sH '' {} + |
		sed -n 's/^\([^ ]*\):\([0-9][0-9]*\)$/\1 \2/p'
}

# moved BEFORE AFTER
moved()
{
	awk 'NR == FNR { was[$1] = $2; next }
		$2 != was[$1] { name = $1; sub("/sys/(vbus/instances|bus/pci/devices)/", "", name)
				printf "  %-70s +%.0f\n", name, $2 - was[$1] }' "$1" "$2"
}
