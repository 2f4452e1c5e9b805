#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# chassis
# A board that is killed, frozen, reset or taken off is noticed in time, leaves nothing behind, and
# is attached again by itself when it is back.
# shellcheck disable=SC2016 # for the board's shell

# shellcheck source=tests/lib/board.sh
. "$(dirname "$0")/../../../tests/lib/board.sh"

board_require 1
gone() { master "test -z \"\$(ls /sys/vbus/instances/bus0/clients)\""; }
up() { state_is 0 up && echo_there 0; }
load() { board 0 "(cd /sys/bus/vbus-proxy/drivers/vbus-echo/*/ping && echo 100000 >count && while echo queue >run; do :; done) >/dev/null 2>&1 &" >/dev/null; }
# The time until the master says so, in tenths of a second
noticed_within() { wait_for "$1" gone && state_is 0 down; }
bring_back() { chassis start 0 && board_load 0 && wait_for 30 up; }

did "a board is up" echo_board 0
load
chassis kill 0
check "a killed board is noticed" noticed_within 6
reads=$(link_get 0 reads) writes=$(link_get 0 writes)
sleep 1
check_equal "nothing is read from a dead board" "$reads" "$(link_get 0 reads)"
check_equal "nothing is written to it" "$writes" "$(link_get 0 writes)"
check "it is attached again when it is back" bring_back
check "and works" ping_board 0 queue 10 1000

if [ -z "${CHASSIS_NTB:-}" ]; then
	load
	chassis ones 0
	check "a board that is off and reads as all ones is noticed" noticed_within 6
	check "it is attached again when it is back" bring_back
fi

load
chassis stop 0
check "a frozen board is noticed" noticed_within 6
chassis cont 0
check "when it goes on it begins a new life" wait_for 30 up
check "and works" ping_board 0 queue 10 1000

# More than there is room for on the link
many() { master "cd /config/vbus && for i in \$(seq 24); do $1; done"; }
load
chassis stop 0
check "a frozen board's bus gets many devices" many "mkdir devices/m\$i && echo echo >devices/m\$i/type && ln -s /config/vbus/devices/m\$i instances/bus0/"
at_exit many "rm -f instances/bus0/m\$i; rmdir devices/m\$i"
check "it is noticed while it is told of them" noticed_within 6
chassis cont 0
check "it is told of all in its new life" wait_for 30 board 0 '[ "$(ls /sys/bus/vbus-proxy/devices | wc -l)" -ge 25 ]'
check "they can go" many "rm instances/bus0/m\$i && rmdir devices/m\$i"
check "which it is told" wait_for 10 board 0 '[ "$(ls /sys/bus/vbus-proxy/devices | wc -l)" = 1 ]'
check "it works" ping_board 0 queue 10 1000

chassis stop 0
sleep 1
chassis cont 0
check "a short pause is no death" ping_board 0 queue 10 1000

if [ -z "${CHASSIS_NTB:-}" ]; then
	load
	board 0 "reboot -f & sleep 1; true" 3 >/dev/null
	chassis wait 0
	board 0 "stty -echo; PS1=; PS2=" >/dev/null
	board_load 0
	check "a board that reboots comes back" wait_for 30 up
	check "and works" ping_board 0 queue 10 1000
fi

check "the board's module can go" board 0 "rmmod $link_module"
check "which the master is told" wait_for 1 gone
board_load 0
check "and come back" wait_for 30 up

check "the master can take the board off its bus" bus_for 0 ""
check "which is immediate" wait_for 1 gone
check "the board loses its devices" wait_for 5 board 0 "! ls /sys/bus/vbus-proxy/devices/agent* 2>/dev/null"
check_errno "there has to be such a bus" ENOENT bus_for 0 nowhere
check "and put it back" bus_for 0 bus0
check "it comes up again" wait_for 30 up
check "and works" ping_board 0 queue 10 1000
