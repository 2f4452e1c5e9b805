#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# default: 6.1 6.12
# The MTU: changed at run time by the admin, seen by the driver, big frames cross.
# shellcheck source=tests/lib/vbus.sh
. "$(dirname "$0")/../../../tests/lib/vbus.sh"

mtu_is() { [ "$(in_ns ns cat "/sys/class/net/$nic/mtu")" = "$1" ]; }
ping_size() { ping -q -c 3 -i 0.1 -W 1 -M "do" -s "$1" 10.90.1.2; }

vbus_require venet-tap vbus-loopback vbus-enet
bus_create b
device_create d venet-tap
attr d mtu 2000
link d b
enable d
host_netdev d
host=$REPLY
ip addr add 10.90.1.1/24 dev "$host"
ip link set "$host" up
attach b
wait_netdev "$REPLY"
nic=$REPLY
namespace ns
move_netdev "$nic" ns 10.90.1.2/24
check "the driver begins with the device's MTU" mtu_is 2000
check "packets cross" wait_for 5 ping -c 1 -W 1 10.90.1.2
check "as large as the MTU" ping_size 1972
check_not "but not larger" ping_size 1973

attr d mtu 9000
check "a new MTU reaches the driver" wait_for 5 mtu_is 9000
check "jumbo frames cross" ping_size 8972
ip link set "$host" mtu 1500
check "as does one set on the host's interface" wait_for 5 mtu_is 1500
check "packets of the new size cross" ping_size 1472
check_not "larger ones don't" ping_size 1473
attr d mtu 68
check "the smallest MTU" wait_for 5 mtu_is 68
attr d mtu 9000
check "and the largest again" wait_for 5 mtu_is 9000

in_ns ns ip link set "$nic" mtu 1200
check "the driver may use less" mtu_is 1200
check_errno "but not more than the device carries" EINVAL \
	in_ns ns bash -c "echo 9001 > /sys/class/net/$nic/mtu"
before=$(cat "/sys/class/net/$host/statistics/tx_dropped")
ping -q -c 3 -i 0.1 -W 1 -s 4000 10.90.1.2 >/dev/null
check "what is too long for the driver is dropped and counted" \
	test "$(cat "/sys/class/net/$host/statistics/tx_dropped")" -gt "$before"

for ((i = 0; i < 10; i++)); do
	attr d mtu $((1000 + i * 10))
	attr d mtu $((5200 + i * 10))
done
in_ns ns ip link set "$nic" mtu 5290
attr d mtu 3000
check "after many changes the driver knows the last one" wait_for 5 mtu_is 3000
