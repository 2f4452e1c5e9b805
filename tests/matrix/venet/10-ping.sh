#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# default: 6.1 6.12
# Frames of every size cross in both directions.

# shellcheck source=tests/lib/matrix.sh
. "$(dirname "$0")/../../lib/matrix.sh"

matrix_begin venet-tap side_net side_ping
matrix_host_net 10.94.0.1 && side_net 10.94.0.2 || exit 1
check "the host reaches the driver side" wait_for 10 in_ns mhost ping -c 1 -W 1 10.94.0.2
for size in 0 1 56 500 1471 1472; do
	check "$size bytes" in_ns mhost ping -q -c 5 -i 0.05 -W 1 -s $size 10.94.0.2
done
check "the driver side reaches the host" side_ping 10.94.0.1 5
check_equal "no descriptor was bad" 0 "$(client_count mbus bad)"
