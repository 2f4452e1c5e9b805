#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# chassis
# timeout: 240
# A board that lies: hellos that are wrong are refused with a line that says why, garbage in the
# memory it may write ends its own session at most, and a good board is welcome afterwards.

# shellcheck source=tests/lib/board.sh
. "$(dirname "$0")/../../../tests/lib/board.sh"

board_require 1
gone() { master "test -z \"\$(ls /sys/vbus/instances/bus0/clients)\""; }
up() { state_is 0 up && echo_there 0; }
said() { master "dmesg | grep -q '$1'"; }
forget() { master 'dmesg -C' >/dev/null; }

# The board's window on the master's memory; what is shared is little-endian, the board is not.
# The functions stay in the board's shell.
# shellcheck disable=SC2016 # for the board's shell
load_pokes()
{
	board 0 'bar=0; for d in /sys/bus/pci/devices/*; do [ "$(cat $d/vendor)" = 0x1af4 ] && bar=$(sed -n 3p $d/resource | cut -d" " -f1); done
at() { echo $((bar + $1)); }
now() { cut -d. -f1 /proc/uptime; }
le() { v=$(($2)); devmem $(at $1) 32 $(( ((v & 255) << 24) | ((v >> 8 & 255) << 16) | ((v >> 16 & 255) << 8) | (v >> 24 & 255) )); }
hello() { # magic version gen nranges block addr len
	le 0 0; le 4 $2; le 8 $3; le 12 $4; le 16 $5; le 20 0; le 32 $6; le 36 0; le 40 $7; le 44 0; le 0 $1
	beat=0; until=$(($(now) + 3)); while [ $(now) -lt $until ]; do beat=$((beat + 1)); le 96 $((beat + $3 % 1000)); done; }
noise() { # from to count
	awk -v a=$1 -v b=$2 -v n=$3 "BEGIN{srand(); for(i=0;i<n;i++) print a+int(rand()*(b-a)/4)*4, int(rand()*2147483647)}" |
	while read o v; do devmem $(at $o) 32 $v; done; }' >/dev/null
}

refused()
{
	forget
	board 0 "hello $2" 30 >/dev/null
	check "$1" wait_for 3 said "$3"
	check "and not attached" gone
}

check "a board is up" echo_board 0
board 0 "rmmod vbus-link-ivshmem"
check "it has left" wait_for 5 gone
load_pokes
M=0x76426431 RAM=0x1000000
refused "a wrong magic" "0x12345678 1 11 1 $RAM $RAM 0x1000000" "its magic is 0x12345678, not 0x76426431"
refused "swapped bytes" "0x31644276 1 12 1 $RAM $RAM 0x1000000" "byte order: its magic is 0x31644276"
refused "a wrong version" "$M 77 13 1 $RAM $RAM 0x1000000" "its version is 77, not 1"
refused "no memory" "$M 1 14 0 $RAM $RAM 0x1000000" "0 ranges of memory"
refused "too many ranges" "$M 1 15 5 $RAM $RAM 0x1000000" "5 ranges of memory"
refused "memory outside the window" "$M 1 16 1 $RAM 0xf000000 0x2000000" "is not in the window of 0x10000000 bytes"
refused "a block outside its memory" "$M 1 17 1 0x100 $RAM 0x1000000" "its block at 0x100 is not in its memory"
refused "a block that is none" "$M 1 18 1 0x1800000 $RAM 0x1000000" "at its block, not 0x76426431"
refused "a life number of a dead link" "$M 1 0xffffffff 1 $RAM $RAM 0x1000000" "its life number is 0xffffffff"
board_load 0
check "the good board is welcome" wait_for 30 up

failed=0
for i in $(seq 8); do
	board 0 "(cd /sys/bus/vbus-proxy/drivers/vbus-echo/*/ping && echo 100000 >count && while echo queue >run; do :; done) >/dev/null 2>&1 &" >/dev/null
	case $((i % 4)) in
	0) range="0 256 100" ;;
	1) range="96 1280 400" ;;
	2) range="1280 5392 400" ;;
	3) range="8192 16384 600" ;;
	esac
	board 0 "noise $range" 60 >/dev/null
	master true || failed=1
	board 0 "rmmod vbus-link-ivshmem; modprobe vbus-link-ivshmem" 60 >/dev/null
	wait_for 30 up || failed=1
done
check_equal "the master survives garbage, and the board comes back" 0 "$failed"
check "and works" ping_board 0 queue 10 1000
