#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A device is taken off the bus under traffic and put back.

# shellcheck source=tests/lib/matrix.sh
. "$(dirname "$0")/../../lib/matrix.sh"

busy() { [ "$(client_count mbus packets)" -gt 10 ]; }

matrix_begin echo side_echo
check "it works" side_echo queue 10 100
for i in 1 2 3; do
	side_echo queue 100000 1000 >/dev/null 2>&1 &
	check "traffic" wait_for 10 busy
	check "rm of its link" rm "$CFG/instances/mbus/mdev"
	check_not "ends the traffic" wait $!
	ln -s "$CFG/devices/mdev" "$CFG/instances/mbus/mdev"
	check "it is back" side_echo queue 10 100
done
