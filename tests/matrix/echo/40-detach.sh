#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# default: 6.1 6.12
# Root takes the bus away from a driver side under traffic.

# shellcheck source=tests/lib/matrix.sh
. "$(dirname "$0")/../../lib/matrix.sh"

busy() { [ "$(client_count mbus packets)" -gt 10 ]; }

matrix_begin echo side_echo
for i in 1 2 3; do
	side_echo queue 100000 60000 >/dev/null 2>&1 &
	check "traffic" wait_for 10 busy
	check "it is detached" side_detach
	check_not "which ends the traffic" wait $!
	check "and nothing is left" wait_for 2 side_gone
	side_attach mbus
	check "the next one works" side_echo queue 10 100
done
