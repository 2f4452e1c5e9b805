#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# default: 6.1 6.12
# A network device is taken off the bus under traffic.

# shellcheck source=tests/lib/matrix.sh
. "$(dirname "$0")/../../lib/matrix.sh"

matrix_begin venet-tap side_net
matrix_host_net 10.96.0.1 && side_net 10.96.0.2 || exit 1
check "it works" wait_for 10 in_ns mhost ping -c 1 -W 1 10.96.0.2
in_ns mhost ping -q -f -w 20 10.96.0.2 >/dev/null 2>&1 &
flood=$!
sleep 0.5
check "rm of its link" rm "$CFG/instances/mbus/mdev"
check_not "nobody answers any more" in_ns mhost ping -c 2 -W 1 10.96.0.2
kill $flood
wait $flood
ln -s "$CFG/devices/mdev" "$CFG/instances/mbus/mdev"
check "it can be put back" test -e "$CFG/instances/mbus/mdev"
