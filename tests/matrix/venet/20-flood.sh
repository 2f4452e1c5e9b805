#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# default: 6.1 6.12
# A flood of frames is answered and the rings wrap around, many times.

# shellcheck source=tests/lib/matrix.sh
. "$(dirname "$0")/../../lib/matrix.sh"

flood() { in_ns mhost ping -q -f -c "$1" -w 60 -s "$2" 10.95.0.2 | grep -q ' 0% packet loss'; }

matrix_begin venet-tap side_net
matrix_host_net 10.95.0.1 && side_net 10.95.0.2 || exit 1
wait_for 10 in_ns mhost ping -c 1 -W 1 10.95.0.2
check "small ones" flood 600 10
check "large ones" flood 200 1400
check_equal "no doorbell was missed" 0 "$(client_count mbus missed)"
check_equal "no descriptor was bad" 0 "$(client_count mbus bad)"
