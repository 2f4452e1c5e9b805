#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What crosses a link for each packet: beside a chassis, for tests/bench/agent/run.
set -u

# shellcheck source=tests/lib/board.sh
. "$(dirname "$0")/../../lib/board.sh"
# shellcheck source=tests/lib/agent-counts.sh
. "$(dirname "$0")/../../lib/agent-counts.sh"

FLOOD=32000

record() { printf '%s\t%s\n' "$1" "$2" | tee -a "$RESULTS"; }

# keep KEY: of the last count
keep()
{
	C[control]=$((C[ring_writes] + C[rings])) C[bells]=${C[rings]} C[idle]=${C[ring_reads]}
	record "$1 packets" "$PACKETS"
	local c
	for c in writes reads control idle bells; do record "$1 $c" "$(per_packet $c)"; done
}

board_require 1
counts_nic >/dev/null || { echo "no network interface"; exit 1; }
for way in board master; do
	for burst in 1 8 32; do
		count_packets flood $way 56 $FLOOD $burst || exit 1
		keep "flood $way 56 $burst"
	done
	count_packets flood $way 1400 $FLOOD 1 || exit 1
	keep "flood $way 1400 1"
done
for size in 56 1400; do
	count_packets ping_pong board $size 1000 || exit 1
	keep "ping board $size"
done
check "all was counted" true
