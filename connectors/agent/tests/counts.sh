#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# chassis
# What a packet costs on the link, counted on both machines: reads across it, control writes,
# doorbells. Time is no matter here, so what is written is what hardware would see as well. How often
# a side goes idle, and reads, is a matter of how fast the two machines are.

# shellcheck source=tests/lib/board.sh
. "$(dirname "$0")/../../../tests/lib/board.sh"
# shellcheck source=tests/lib/agent-counts.sh
. "$(dirname "$0")/../../../tests/lib/agent-counts.sh"

FLOOD=10240

# fits COUNTER... LIMIT: of them, together, at most so many for each packet
fits()
{
	local c sum=0 limit=${*: -1}
	for c in "${@:1:$#-1}"; do sum=$((sum + C[$c])); done
	a_packet=$(awk -v a=$sum -v b="$PACKETS" 'BEGIN { printf "%.3f", (b > 0 ? a / b : 0) }')
	awk -v a=$sum -v b="$PACKETS" -v l="$limit" 'BEGIN { exit !(b > 0 && a <= l * b) }'
}

# counted NAME LIMIT... -- WHAT...: count_packets WHAT, which must succeed, read nothing, and keep within
# the limits, each of which is what fits() takes. A machine that stands still for a moment, because its
# host does, has the other one run dry, or throw away what it has no buffers for: so there are three
# tries, but not often. Not in a shell of its own.
repeated=0
counted()
{
	local name=$1 limit try rc kept
	local -a limits=()
	shift
	while [ "$1" != -- ]; do limits+=("$1"); shift; done
	shift
	for try in 1 2 3; do
		rc=0 kept=yes
		count_packets "$@" || rc=$?
		counts_show "${*//_/ }"
		# shellcheck disable=SC2086 # words
		for limit in "${limits[@]}"; do fits $limit || kept=''; done
		[ "$1" != flood ] || enough || kept=''
		[ $rc = 0 ] && [ "${C[reads]}" = 0 ] && [ -z "$kept" ] && [ $try != 3 ] || break
		comment "not as it should be; once more"
		repeated=$((repeated + 1))
	done
	check "$name" test $rc = 0
	check_equal "no payload is read across" 0 "${C[reads]}"
	# shellcheck disable=SC2086 # words
	for limit in "${limits[@]}"; do
		fits $limit
		check "$a_packet ${limit% *} a packet, at most ${limit##* }" fits $limit
	done
	[ "$1" != flood ] || check "$PACKETS packets have arrived" enough
}

enough() { [ "$PACKETS" -ge $((FLOOD * 9 / 10)) ]; }

board_require 1
did "the board has a network interface" counts_nic || exit 1

# Control writes are those of rings, and a counter with each doorbell.
for way in board master; do
	# Who is given one at a time may be done with it before the next one comes.
	counted "the $way sends $FLOOD packets, one at a time" \
		"ring_reads 0.5" "rings 0.5" "ring_writes rings 4" -- flood $way 56 $FLOOD 1
	for burst in 8 32; do
		counted "the $way sends $FLOOD packets, $burst at a time" \
			"ring_reads 0.1" "rings 0.1" "ring_writes rings 2" -- flood $way 56 $FLOOD $burst
	done
done

# Frames that are mapped, and sent along nevertheless.
counted "the board sends large packets" \
	"ring_reads 0.3" "rings 0.1" "ring_writes rings 2" -- flood board 1400 $FLOOD 8

# One at a time: both sides go idle for each packet, and each is rung.
for bytes in 56 1000; do
	counted "500 pings of $bytes bytes" \
		"ring_reads 2" "rings 1.1" "ring_writes rings 8" -- ping_pong board $bytes 500
done
check "$repeated counts had to be repeated, at most 3" test $repeated -le 3
