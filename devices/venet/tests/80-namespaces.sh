#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# default: 6.12
# The host's interface lives in any network namespace.
# shellcheck source=tests/lib/vbus.sh
. "$(dirname "$0")/../../../tests/lib/vbus.sh"

vbus_require venet-tap vbus-loopback vbus-enet
namespace left
namespace right
bus_create b
device_create d venet-tap
link d b
enable d
host_netdev d
host=$REPLY
check "it can be moved" move_netdev "$host" left 10.90.3.1/24
check_equal "its name is still known" "$host" "$(attr d ifname)"
attach b
wait_netdev "$REPLY"
nic=$REPLY
move_netdev "$nic" right 10.90.3.2/24
check "packets cross" wait_for 5 in_ns left ping -c 1 -W 1 10.90.3.2
attr d mtu 4000
check_equal "the MTU reaches it" 4000 "$(in_ns left cat "/sys/class/net/$host/mtu")"
check "it can be disabled from here" disable d
check_not "and is gone" in_ns left test -e "/sys/class/net/$host"

check "it appears where it is enabled" in_ns left bash -c "echo 1 > $SYSV/devices/d/enabled"
host_netdev d
host=$REPLY
check "there" in_ns left test -e "/sys/class/net/$host"
move_netdev "$host" left 10.90.3.1/24 2>/dev/null
in_ns left ip link set "$host" up
in_ns left ip addr add 10.90.3.1/24 dev "$host" 2>/dev/null
check "packets cross again" wait_for 5 in_ns left ping -c 1 -W 1 10.90.3.2

in_ns left ip link set "$host" name elsewhere0 2>/dev/null ||
	{ in_ns left ip link set "$host" down; in_ns left ip link set "$host" name elsewhere0; }
ip netns del left
check "it comes back when its namespace dies" wait_for 10 test -e "/sys/class/net/$(attr d ifname)"
host_netdev d
ip link set "$REPLY" up
ip addr add 10.90.3.1/24 dev "$REPLY"
check "and works" wait_for 5 ping -c 1 -W 1 10.90.3.2
check "it can be disabled" disable d
