#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# default: 6.1 6.12
# timeout: 120
# Link states: the driver's carrier follows the host's interface and "enabled",
# the host's carrier follows the driver.
# shellcheck source=tests/lib/vbus.sh
. "$(dirname "$0")/../../../tests/lib/vbus.sh"

carrier() { [ "$(cat "/sys/class/net/$1/carrier" 2>/dev/null)" = "$2" ]; }
becomes() { check "$1" wait_for 5 carrier "$2" "$3"; }
link_is() { [ "$(attr d link)" = "$1" ]; }

vbus_require venet-tap vbus-loopback vbus-enet
bus_create b
device_create d venet-tap
link d b
attach b
client=$REPLY
wait_netdev "$client"
nic=$REPLY
check "a driver finds a device that is not enabled" test -n "$nic"
ip link set "$nic" up
becomes "it has no link" "$nic" 0
enable d
host_netdev d
host=$REPLY
becomes "nor has it while the host's interface is down" "$nic" 0
ip link set "$host" up
becomes "it has one when that is up" "$nic" 1
becomes "and so has the host" "$host" 1
check "the device says so" wait_for 5 link_is up

ip link set "$host" down
becomes "host's interface down: driver's link down" "$nic" 0
check "the device says so, too" wait_for 5 link_is down
ip link set "$host" up
becomes "and up again" "$nic" 1

ip link set "$nic" down
becomes "driver's interface down: host's carrier off" "$host" 0
check "the device says so, three" wait_for 5 link_is down
ip link set "$nic" up
becomes "and on again" "$host" 1
becomes "at both ends" "$nic" 1

disable d
becomes "disabled: driver's link down" "$nic" 0
check_equal "no interface" "<disabled>" "$(attr d ifname)"
enable d
host_netdev d
host=$REPLY
ip link set "$host" up
becomes "enabled again: link up" "$nic" 1
becomes "for the host as well" "$host" 1

for ((i = 0; i < 12; i++)); do
	ip link set "$host" down
	ip link set "$host" up
done
becomes "after many changes the driver knows the last one" "$nic" 1
ip link set "$nic" down
for ((i = 0; i < 12; i++)); do
	ip link set "$host" down
	ip link set "$host" up
done
ip link set "$nic" up
becomes "also if it was down meanwhile" "$nic" 1

unlink_device d b
check "unplugged: the driver's interface goes" wait_for 5 test ! -e "/sys/class/net/$nic"
becomes "and the host's carrier" "$host" 0
link d b
wait_netdev "$client" 1
nic=$REPLY
check "plugged in again: it comes back" test -n "$nic"
ip link set "$nic" up
becomes "with a link" "$nic" 1
detach "$client"
becomes "the client leaves: carrier off" "$host" 0
