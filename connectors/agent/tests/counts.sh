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

# within COUNTER... LIMIT: of them, together, at most so many for each packet
within()
{
	local c sum=0 limit=${*: -1}
	for c in "${@:1:$#-1}"; do sum=$((sum + C[$c])); done
	check "$(awk -v a=$sum -v b="$PACKETS" 'BEGIN { printf "%.3f", a / b }') ${*:1:$#-1} a packet, at most $limit" \
		awk -v a=$sum -v b="$PACKETS" -v l="$limit" 'BEGIN { exit !(b > 0 && a <= l * b) }'
}

# counted NAME WHAT...: count_packets WHAT; not in a shell of its own, as check() would
counted()
{
	local name=$1 rc=0
	shift
	count_packets "$@" || rc=$?
	check "$name" test $rc = 0
	counts_show "${*//_/ }"
	check_equal "no payload is read across" 0 "${C[reads]}"
}

board_require 1
did "the board has a network interface" counts_nic || exit 1

# Control writes are those of rings, and a counter with each doorbell.
for way in board master; do
	for burst in 1 8 32; do
		counted "the $way sends $FLOOD packets, $burst at a time" flood $way 56 $FLOOD $burst
		check "of which $PACKETS are there" test "$PACKETS" -ge $((FLOOD * 9 / 10))
		if [ $burst = 1 ]; then
			# Who is given one at a time may be done with it before the next one comes.
			within ring_reads 0.5
			within rings 0.5
			within ring_writes rings 4
		else
			within ring_reads 0.1
			within rings 0.1
			within ring_writes rings 2
		fi
	done
done

# Frames that are mapped, and sent along nevertheless.
counted "the board sends large packets" flood board 1400 $FLOOD 8
check "of which $PACKETS are there" test "$PACKETS" -ge $((FLOOD * 9 / 10))
within ring_reads 0.3
within rings 0.1
within ring_writes rings 2

# One at a time: both sides go idle for each packet, and each is rung.
counted "500 pings" ping_pong board 56 500
within ring_reads 2
within rings 1.1
within ring_writes rings 8
counted "500 large pings" ping_pong board 1000 500
within ring_reads 2
within rings 1.1
within ring_writes rings 8
