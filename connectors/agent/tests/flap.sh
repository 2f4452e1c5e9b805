#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# chassis
# timeout: 200
# A board that comes and goes all the time leaks nothing and does not fill the log.

# shellcheck source=tests/lib/board.sh
. "$(dirname "$0")/../../../tests/lib/board.sh"

board_require 1
gone() { master "test -z \"\$(ls /sys/vbus/instances/bus0/clients)\""; }
up() { state_is 0 up && echo_there 0; }

did "a board is up" echo_board 0
# shellcheck disable=SC2016 # for the master's shell
slab() { master 'awk "/^kmalloc-(8k|16k) /{n+=\$2} END{print n+0}" /proc/slabinfo'; }
lines() { master 'dmesg | wc -l'; }
before=$(slab) log=$(lines) began=$SECONDS
master "for i in \$(seq 100); do echo >$(link_dir 0)/bus; sleep 0.1; echo bus0 >$(link_dir 0)/bus; sleep 0.1; done" 120
check "it is up after 100 changes of mind" wait_for 30 up
check "and works" ping_board 0 queue 10 1000
after=$(slab) now=$(lines)
# 200 lines were they all printed; ten of a kind in five seconds are.
most=$(((SECONDS - began) * 5 + 40))
check "no memory was lost ($before, then $after objects)" test $((after - before)) -le 8
check "the log is readable ($((now - log)) lines)" test $((now - log)) -le $most
failed=0
for i in $(seq 10); do
	board 0 "rmmod $link_module && modprobe $link_module" >/dev/null || failed=1
done
check_equal "the board's driver can be loaded ten times" 0 "$failed"
check "it is up" wait_for 30 up
