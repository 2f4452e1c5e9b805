#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# default: 6.1 6.12
# timeout: 180
# venet-loop: two consumers, one wire, no host interface.
# shellcheck source=tests/lib/vbus.sh
. "$(dirname "$0")/../../../tests/lib/vbus.sh"

carrier() { [ "$(in_ns "$1" cat "/sys/class/net/$2/carrier")" = "$3" ]; }
flows() { in_ns a timeout 30 iperf3 -c 10.90.2.2 -t 1 "$@" >/dev/null; }

# Both ends of the device on two buses, each with its driver in a namespace.
plug_in()
{
	link d a && link d b || return
	wait_netdev "$client_a" "$1" || return
	first=$REPLY
	wait_netdev "$client_b" "$1" || return
	second=$REPLY
	move_netdev "$first" a 10.90.2.1/24
	move_netdev "$second" b 10.90.2.2/24
}

crosses() { in_ns a ping -c 1 -W 1 10.90.2.2; }

unplug()
{
	unlink_device d a
	unlink_device d b
	wait_for 5 in_ns a test ! -e "/sys/class/net/$first"
	wait_for 5 in_ns b test ! -e "/sys/class/net/$second"
}

vbus_require venet-loop vbus-loopback vbus-enet
for ns in a b; do
	bus_create $ns
	namespace $ns
done
bus_create c
device_create d venet-loop
check_not "it has no interface" test -e "$SYSV/devices/d/ifname"
check_not "its ends have different addresses" test "$(attr d client_mac)" = "$(attr d peer_mac)"
attach a
client_a=$REPLY
attach b
client_b=$REPLY
plug_in 0
check_not "nothing crosses a device that is not enabled" crosses
check "nor has it a link" carrier a "$first" 0
check_errno "there is no third end" EBUSY ln -s "$CFG/devices/d" "$CFG/instances/c"
enable d
check "enabled: a link" wait_for 5 carrier a "$first" 1
check "at the other end, too" wait_for 5 carrier b "$second" 1
check_equal "the device says so" up "$(attr d link)"
check "packets cross" wait_for 5 crosses
ip netns exec b iperf3 -s >/dev/null 2>&1 &
at_exit kill $!
wait_for 5 in_ns a iperf3 -c 10.90.2.2 -n 1K
check "TCP crosses" flows
check "both ways" flows -R
check "on several flows" flows -P 4

in_ns b ip link set "$second" down
check "one end down: no link at the other" wait_for 5 carrier a "$first" 0
in_ns b ip link set "$second" up
check "and back" wait_for 5 carrier a "$first" 1
attr d mtu 9000
check "a new MTU reaches one end" wait_for 5 in_ns a grep -qx 9000 "/sys/class/net/$first/mtu"
check "and the other" wait_for 5 in_ns b grep -qx 9000 "/sys/class/net/$second/mtu"
check "jumbo frames cross" in_ns a ping -q -c 2 -M "do" -s 8972 10.90.2.2
check_errno "features cannot change under a driver" EBUSY attr d features 0

unplug
disable d
attr d queues 4
attr d features 0x0f
enable d
plug_in 1
check "drivers that send large packets but take none" wait_for 5 crosses
check "get segments with checksums" flows
check "both ways without offloads" flows -R
check "on several queues" flows -P 8

in_ns a ping -f -w 3 10.90.2.2 >/dev/null 2>&1 &
sleep 0.5
check "one end can be unplugged under traffic" unlink_device d b
check "then there is no link" wait_for 5 carrier a "$first" 0
wait $! || :	# it has had no answers for a while
