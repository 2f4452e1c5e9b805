#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# default: 6.1 6.12
# Bytes cross in both directions, none is lost or out of order.

# shellcheck source=tests/lib/matrix.sh
. "$(dirname "$0")/../../lib/matrix.sh"

BYTES=300000

# A driver side that closes its line hangs up the host's: each direction opens anew.
host_open() { exec 5<>"$tty" && stty -F "$tty" raw -echo clocal; }

matrix_begin console side_console_send side_console_sum
tty=/dev/$(attr mdev tty | head -n 1)
at_exit rm -f /tmp/matrix.sum

host_open
timeout 60 head -c $BYTES <&5 | md5sum | cut -c1-32 >/tmp/matrix.sum &
reader=$!
check "the driver side sends" side_console_send $BYTES
wait $reader
check_equal "and all of it arrives" "$(pattern_sum $BYTES)" "$(cat /tmp/matrix.sum)"
exec 5>&-

side_console_sum $BYTES >/tmp/matrix.sum &
reader=$!
sleep 2
host_open
pattern $BYTES >&5
wait $reader
check_equal "and all of that arrives" "$(pattern_sum $BYTES)" "$(cat /tmp/matrix.sum)"
check_equal "no descriptor was bad" 0 "$(client_count mbus bad)"
exec 5>&-
