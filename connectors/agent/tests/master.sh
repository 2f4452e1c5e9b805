#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# chassis
# timeout: 200
# The master dies under living boards: they notice, lose their devices, and are attached again when
# it is back.

# shellcheck source=tests/lib/board.sh
. "$(dirname "$0")/../../../tests/lib/board.sh"

board_require 1
no_devices() { board 0 "! ls -d /sys/bus/vbus-proxy/devices/agent* 2>/dev/null"; }

did "a board is up" echo_board 0
board 0 "(cd /sys/bus/vbus-proxy/drivers/vbus-echo/*/ping && echo 100000 >count && while echo queue >run; do :; done) >/dev/null 2>&1 &" >/dev/null
chassis master-kill
check "the board notices within its time-out" wait_for 8 board_state_is 0 calling
check "and has lost its devices" wait_for 5 no_devices
# What the first master had died with it.
ktap_cleanup=()
check "the master starts again" chassis master-start
board_require 1
did "the board is attached to the new one" echo_board 0
check "and works" ping_board 0 queue 10 1000
