#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# default: 6.12
# timeout: 180
# The machine's devices sleep and wake up, and the interface is what it was.
# shellcheck source=tests/lib/enet.sh
. "$(dirname "$0")/../lib/enet.sh"

[ -e /sys/power/pm_test ] && grep -qw freeze /sys/power/state || skip_all "no test of sleeping here"
enet_require
enet_wire
in_ns a ip link set "$NIC_A" address 02:00:00:00:00:55
in_ns a ip link set "$NIC_A" mtu 4000
put devices /sys/power/pm_test
at_exit put none /sys/power/pm_test
for i in 1 2; do
	check "devices sleep and wake up ($i)" put freeze /sys/power/state
	check "packets cross ($i)" wait_for 20 in_ns b ping -c 1 -W 1 10.91.0.1
done
check_equal "the address stayed" 02:00:00:00:00:55 "$(in_ns a cat "/sys/class/net/$NIC_A/address")"
check_equal "the MTU stayed" 4000 "$(in_ns a cat "/sys/class/net/$NIC_A/mtu")"
in_ns a ip link set "$NIC_A" down
check "asleep while the interface is down" put freeze /sys/power/state
in_ns a ip link set "$NIC_A" up
check "it comes up" wait_for 20 in_ns b ping -c 1 -W 1 10.91.0.1
