#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# chassis
# A big-endian board uses an echo device of the x86 master, over a link on which it reads nothing.

# shellcheck source=tests/lib/board.sh
. "$(dirname "$0")/../../../tests/lib/board.sh"

board_require 1
did "the board's driver is there" echo_board 0
check "the master says so" wait_for 5 state_is 0 up
timeout_for() { master "echo $1 >$(link_dir 0)/heartbeat_timeout"; }
check_errno "99 ms are no time-out" EINVAL timeout_for 99
check_errno "nor are 60001" EINVAL timeout_for 60001
check_equal "it is what it was" 3000 "$(link_get 0 heartbeat_timeout)"
for size in 1 7 64 4096; do
	check "calls of $size bytes" ping_board 0 call 20 $size
done
for size in 1 7 2048 4097 65536; do
	check "queue round trips of $size bytes" ping_board 0 queue 20 $size
done
check "shared memory is shared" ping_board 0 touch 20 1

# What the master may touch is not the board's kernel. Over an NTB it is one piece of memory.
symbol()
{
	local at
	at=$(awk -v s="$1" '$3 == s { print $1 }' "$map")
	[ -n "$at" ] && echo $((0x$at - 0xc0000000))
}
left_out()
{
	local line
	[ -n "$1" ] && [ -n "$2" ] && [ "$1" -lt "$2" ] && [ -n "$ranges" ] || return
	for line in $ranges; do
		[ $((${line#*-})) -lt "$1" ] || [ $((${line%-*})) -ge "$2" ] || return
	done
}
touched()
{
	local line
	for line in $ranges; do
		[ $((${line%-*})) -gt "$1" ] || [ $((${line#*-})) -lt $(($1 + 4095)) ] || return 0
	done
	return 1
}
ranges=$(board 0 "cat $board_dir/ranges")
comment "the master may touch ${ranges//$'\n'/ }"
check "the master may touch something" test -n "$ranges"
check_equal "on the master there is nothing to say" '' "$(link_get 0 ranges)"
if [ -z "$CHASSIS_NTB" ]; then
	map=$("$(dirname "$0")/../../../scripts/kernel" kdir "$CHASSIS_BOARD_KERNEL")/System.map
	zeroes=$(symbol empty_zero_page)
	check "not its kernel's text" left_out "$(symbol _stext)" "$(symbol _etext)"
	check "nor its constants" left_out "$(symbol _etext)" "$(symbol __end_rodata)"
	check "nor its data" left_out "$(symbol _sdata)" "$(symbol _edata)"
	check "nor data that began as zeroes" left_out "$(symbol __bss_start)" "$zeroes"
	check "nor the rest of it" left_out $((zeroes + 4096)) "$(symbol _end)"
	check "but the page of zeroes, which drivers map" touched "$zeroes"
fi
comment "board: $(board 0 "cd $board_dir; grep . *" | tr '\n' ' ')"
comment "master: $(master "cd $(link_dir 0); grep . *" | tr '\n' ' ')"
