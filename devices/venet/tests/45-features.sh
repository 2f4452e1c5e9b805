#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# default: 6.12
# timeout: 180
# The offloads a driver is offered: the host's interface does for a driver what
# it cannot, packet by packet.
# shellcheck source=tests/lib/vbus.sh
. "$(dirname "$0")/../../../tests/lib/vbus.sh"

flows() { in_ns ns timeout 30 iperf3 -c 10.90.1.1 -t 1 "$@" >/dev/null; }

# with FEATURES: plug the device in again, with these offered
with()
{
	number=$((number + 1))
	attr d features "$1" || return
	link d b || return
	wait_netdev "$client" "$number" || return
	nic=$REPLY
	move_netdev "$nic" ns 10.90.1.2/24
	in_ns ns ip addr add fd91::2/64 dev "$nic" nodad
	wait_for 5 ping -c 1 -W 1 10.90.1.2
}

without()
{
	unlink_device d b
	wait_for 5 in_ns ns test ! -e "/sys/class/net/$nic"
}

vbus_require venet-tap vbus-loopback vbus-enet
bus_create b
device_create d venet-tap
enable d
host_netdev d
host=$REPLY
ip addr add 10.90.1.1/24 dev "$host"
ip addr add fd91::1/64 dev "$host" nodad
ip link set "$host" up
iperf3 -s >/dev/null 2>&1 &
at_exit kill $!
namespace ns
attach b
client=$REPLY
number=-1

# TX_CSUM 1, TX_TSO4 2, TX_TSO6 4, TX_ECN 8; RX_* the same times 16
for features in 0xff 0x00 0x0f 0xf0 0x11 0x33 0x1f; do
	if ! with $features; then
		fail "a driver can be offered $features"
		continue
	fi
	check_errno "features $features cannot change under a driver" EBUSY attr d features 0
	check "to the host with $features" flows
	check "from the host with $features" flows -R
	if [ $features = 0x00 ]; then
		check "the driver does not offer what was not agreed" \
			in_ns ns bash -c "ethtool -k $nic | grep -q 'tcp-segmentation-offload: off'"
		check "the host's interface keeps its features" \
			bash -c "ethtool -k $host | grep -q 'tcp-segmentation-offload: on'"
	fi
	without
done
check_equal "no frame was bad" 0 "$(cat "/sys/class/net/$host/statistics/rx_frame_errors")"
