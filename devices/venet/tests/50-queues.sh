#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# default: 6.1
# timeout: 180
# Several queue pairs: the driver uses as many as it likes, up to what the device offers.
# shellcheck source=tests/lib/vbus.sh
. "$(dirname "$0")/../../../tests/lib/vbus.sh"

stat_of() { ethtool -S "$host" | awk -v n="$1:" '$1 == n { print $2 }'; }
flows() { in_ns ns timeout 20 iperf3 -c 10.90.1.1 -t 2 -P 8 "$@" >/dev/null; }

vbus_require venet-tap vbus-loopback vbus-enet
bus_create b
device_create d venet-tap
attr d queues 4
link d b
enable d
host_netdev d
host=$REPLY
ip addr add 10.90.1.1/24 dev "$host"
ip link set "$host" up
attach b
wait_netdev "$REPLY"
nic=$REPLY
check_errno "queues cannot change while enabled" EBUSY attr d queues 2
namespace ns
move_netdev "$nic" ns 10.90.1.2/24
check "the driver is offered all" bash -c "ip netns exec ns ethtool -l $nic | grep -q 'Combined:.*4'"
in_ns ns ethtool -L "$nic" combined 4
check "packets cross" wait_for 5 ping -c 1 -W 1 10.90.1.2
iperf3 -s >/dev/null 2>&1 &
at_exit kill $!
wait_for 5 in_ns ns iperf3 -c 10.90.1.1 -n 1K
check "flows to the host" flows
check "flows from the host" flows -R
used=0
for q in 0 1 2 3; do
	[ "$(stat_of tx_queue_${q}_packets)" -gt 10 ] && used=$((used + 1))
done
check "more than one queue carries them" test "$used" -gt 1

for n in 1 3 2 4; do
	check "the driver goes on with $n" in_ns ns ethtool -L "$nic" combined "$n"
	check "packets cross with $n" wait_for 5 ping -c 1 -W 1 10.90.1.2
	check "flows cross with $n" flows -R
done
check "rings can be resized" in_ns ns ethtool -G "$nic" rx 64 tx 64
check "flows cross small rings" flows -R
check "flows cross small rings, the other way" flows
check_equal "the host's interface still has all its queues" 4 \
	"$(find "/sys/class/net/$host/queues" -name 'tx-*' | wc -l)"
