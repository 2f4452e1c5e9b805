#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# chassis
# timeout: 550
# A board that lies: hellos that are wrong are refused with a line that says why, garbage in the
# memory it may write ends its own session at most, and a good board is welcome afterwards. The same
# for what it offers the master to use.

# shellcheck source=tests/lib/board.sh
. "$(dirname "$0")/../../../tests/lib/board.sh"

[ -z "${CHASSIS_NTB:-}" ] || skip_all "knows QEMU's shared memory only"

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
	beat=0; until=$(($(now) + 3)); while [ $(now) -lt $until ]; do beat=$((beat + 1)); le 160 $((beat + $3 % 1000)); done; }
last() { # addr len: of the eighth range; those after the first are good
	for i in 1 2 3 4 5 6 7; do o=$((32 + 16 * i)); le $o 0x1000000; le $((o + 4)) 0; le $((o + 8)) 0x1000000; le $((o + 12)) 0; done
	le 144 $1; le 152 $2; }
noise() { # from to count
	awk -v a=$1 -v b=$2 -v n=$3 "BEGIN{srand(); for(i=0;i<n;i++) print a+int(rand()*(b-a)/4)*4, int(rand()*2147483647)}" |
	while read o v; do devmem $(at $o) 32 $v; done; }
offer() { # magic id addr len: of a device side on the board, for three seconds
	le 5392 0; le 5396 $2; le 5400 $3; le 5404 0; le 5408 $4; le 5412 0; le 5392 $1
	beat=0; until=$(($(now) + 3)); while [ $(now) -lt $until ]; do beat=$((beat + 1)); le 5416 $((beat + $2 % 1000)); done; }' >/dev/null
}

refused()
{
	forget
	board 0 "hello $2" 30 >/dev/null
	check "$1" wait_for 3 said "$3"
	check "and not attached" gone
}

did "a board is up" echo_board 0
board 0 "rmmod vbus-link-ivshmem"
check "it has left" wait_for 5 gone
load_pokes
M=0x76426431 RAM=0x1000000
refused "a wrong magic" "0x12345678 1 11 1 $RAM $RAM 0x1000000" "its magic is 0x12345678, not 0x76426431"
refused "swapped bytes" "0x31644276 1 12 1 $RAM $RAM 0x1000000" "byte order: its magic is 0x31644276"
refused "a wrong version" "$M 77 13 1 $RAM $RAM 0x1000000" "its version is 77, not 1"
refused "no memory" "$M 1 14 0 $RAM $RAM 0x1000000" "0 ranges of memory"
refused "too many ranges" "$M 1 15 9 $RAM $RAM 0x1000000" "9 ranges of memory"
refused "memory outside the window" "$M 1 16 1 $RAM 0xf000000 0x2000000" "is not in the window of 0x10000000 bytes"
board 0 "last 0xf000000 0x3000000" 30 >/dev/null
refused "the last of eight ranges outside the window" "$M 1 19 8 $RAM $RAM 0x1000000" "of 0x3000000 bytes at 0xf000000 is not in the window"
refused "a block outside its memory" "$M 1 17 1 0x100 $RAM 0x1000000" "its block at 0x100 is not in its memory"
refused "a block that is none" "$M 1 18 1 0x1800000 $RAM 0x1000000" "at its block, not 0x76426431"
refused "a life number of a dead link" "$M 1 0xffffffff 1 $RAM $RAM 0x1000000" "its life number is 0xffffffff"

# What a board offers the master to use; errors have names or numbers, as the kernel was made
O=0x76426f31
offer_refused()
{
	forget
	board 0 "offer $2" 30 >/dev/null
	check "$1" wait_for 3 said "devices of the board cannot be used: \(-EFAULT\|-14\); it offers $3"
	check_not "and not used" master "ls -d $(link_dir 0)-reverse"
}
offer_refused "an offer outside the window" "$O 21 0xfffff000 0x2000" "0x2000 bytes at 0xfffff000"
offer_refused "an offer that reaches out of it" "$O 22 0xf000000 0x2000000" "0x2000000 bytes at 0xf000000"
offer_refused "one without room for a call" "$O 23 $RAM 0x1000" "0x1000 bytes at 0x1000000"
board 0 "offer 0x12345678 24 $RAM 0x100000" 30 >/dev/null
check_not "what is no offer is not used" master "ls -d $(link_dir 0)-reverse"
board 0 "(offer $O 25 $RAM 0x100000) >/dev/null 2>&1 &" >/dev/null
check "one that could be good is" wait_for 3 master "ls -d $(link_dir 0)-reverse"
check "until it is silent" wait_for 10 master "! ls -d $(link_dir 0)-reverse"
board_load 0
check "the good board is welcome" wait_for 30 up

failed=0
for i in $(seq 8); do
	board 0 "(cd /sys/bus/vbus-proxy/drivers/vbus-echo/*/ping && echo 100000 >count && while echo queue >run; do :; done) >/dev/null 2>&1 &" >/dev/null
	case $((i % 4)) in
	0) range="0 256 100" ;;
	1) range="160 1280 400" ;;
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

# A board that has a device for the master, and writes garbage where the master works with it
busy_back() { master "(cd $BACK/ping && echo 100000 >count && while echo queue >run; do :; done) >/dev/null 2>&1 &" >/dev/null; }
back_up() { master "cd $BACK/ping && echo 10 >count && echo 1000 >size && echo queue >run"; }
BACK='/sys/bus/vbus-proxy/devices/agent.*:*'
POOL=$((16 << 20))
master 'modprobe -a vbus-board vbus-echo'
at_exit back_clean 0
check "a board has a bus for the master" back_bus 0
check "with a device" back_device 0 echo echo
check "and puts it there" back_for 0 back
check "the master uses it" wait_for 30 back_up
failed=0
for i in $(seq 6); do
	busy_back
	case $((i % 3)) in
	0) range="5392 5456 100" ;;
	1) range="$POOL $((POOL + 8192)) 400" ;;
	2) range="$POOL $((POOL + 262144)) 600" ;;
	esac
	board 0 "noise $range" 60 >/dev/null
	master true || failed=1
	board 0 "rmmod vbus-link-ivshmem; modprobe vbus-link-ivshmem" 60 >/dev/null
	back_for 0 back
	wait_for 30 back_up || failed=1
done
check_equal "the master survives garbage, and uses the board again" 0 "$failed"
check "the board uses the master as well" wait_for 30 up
