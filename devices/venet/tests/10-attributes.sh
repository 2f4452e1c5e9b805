#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# default: 6.1 6.12
# timeout: 120
# A venet-tap's attributes: what they say, what they take and what they refuse.
# shellcheck source=tests/lib/vbus.sh
. "$(dirname "$0")/../../../tests/lib/vbus.sh"

refused() { check_errno "$1 refuses '$3'" "$2" attr d "$1" "$3"; }

# The log says why: the attribute's name and the wanted text, since the mark.
logged() { dmesg | tail -n 20 | grep -q "$1"; }

rename_netdev() { ip link set "$1" down && ip link set "$1" name "$2"; }

vbus_require venet-tap
device_create d venet-tap
device_create e venet-tap

check_equal "a new device is disabled" 0 "$(attr d enabled)"
check_equal "and has no interface" "<disabled>" "$(attr d ifname)"
check_equal "nor a link" down "$(attr d link)"
check_equal "MTU of Ethernet" 1500 "$(attr d mtu)"
check_equal "every offload" 0xff "$(attr d features)"
check_equal "no driver" "<none>" "$(attr d driver_mac)"
check_equal "one queue" 1 "$(attr d queues)"
check_equal "largest MTU" 9000 "$(attr d max_mtu)"

host=$(attr d host_mac) client=$(attr d client_mac)
check_not "the two ends have different addresses" test "$host" = "$client"
check_not "as have two devices" test "$client" = "$(attr e client_mac)"
check "addresses are local and unicast" grep -qE '^.[26ae]:' <<<"$host"$'\n'
device_remove e
device_create e venet-tap
saved=$(attr e client_mac)
device_remove e
device_create e venet-tap
check_equal "an address depends on the name alone" "$saved" "$(attr e client_mac)"

# Before the rest, since the log is rate-limited.
refused client_mac EINVAL 0
check "the log says what an address looks like" logged "client_mac: not a unicast address"
refused queues EINVAL 20
check "the log has the range of queues" logged "queues: write a number from 1 to 16"
refused mtu EINVAL 20
check "the log has the range of MTUs" logged "mtu: write a number from 68 to 9000"
for bad in '' nonsense 02:00:00:00:00 02:00:00:00:00:01:02 02:00:00:00:00:0g 02-00-00-00-00-01x \
	00:00:00:00:00:00 ff:ff:ff:ff:ff:ff 03:00:00:00:00:01; do
	refused client_mac EINVAL "$bad"
	refused host_mac EINVAL "$bad"
done
refused client_mac EINVAL "$host"
for bad in '' x 0 -1 17 4294967297; do
	refused queues EINVAL "$bad"
done
for bad in '' x 256 -1; do
	refused features EINVAL "$bad"
done
for bad in '' x 0 67 9001 65536 -1500 99999999999; do
	refused mtu EINVAL "$bad"
done
for bad in '' 2 x -1; do
	refused enabled EINVAL "$bad"
done
check_not "ifname cannot be written" bash -c "echo x > $SYSV/devices/d/ifname"
check_equal "nothing of it had an effect" "$host $client 1 1500" \
	"$(attr d host_mac) $(attr d client_mac) $(attr d queues) $(attr d mtu)"

check "addresses can be set" attr d host_mac 02:00:00:00:00:01
check "both" attr d client_mac 02:00:00:00:00:02
check "queues can be set" attr d queues 4
check "the MTU can be set" attr d mtu 4000
check "the device can be enabled" enable d
check "twice" enable d
host_netdev d
nic=$REPLY
check "it has an interface then" test -d "/sys/class/net/$nic"
check_equal "with its address" 02:00:00:00:00:01 "$(cat "/sys/class/net/$nic/address")"
check_equal "its MTU" 4000 "$(cat "/sys/class/net/$nic/mtu")"
check_equal "its queues" 4 "$(find "/sys/class/net/$nic/queues" -name 'tx-*' | wc -l)"
check_equal "and no carrier, since no driver is there" 0 \
	"$(ip link set "$nic" up && cat "/sys/class/net/$nic/carrier")"
refused host_mac EBUSY 02:00:00:00:00:03
refused client_mac EBUSY 02:00:00:00:00:04
refused queues EBUSY 2
check "the MTU can be changed" attr d mtu 9000
check_equal "the interface follows" 9000 "$(cat "/sys/class/net/$nic/mtu")"
ip link set "$nic" mtu 1400
check_equal "and the device follows the interface" 1400 "$(attr d mtu)"
check_errno "an interface's MTU has the same bounds" EINVAL \
	bash -c "echo 9001 > /sys/class/net/$nic/mtu"
rename_netdev "$nic" renamed0
check_equal "ifname follows a new name" renamed0 "$(attr d ifname)"
check "ethtool knows the driver" bash -c "ethtool -i renamed0 | grep -qx 'driver: venet-tap'"
check "and the device" bash -c "ethtool -i renamed0 | grep -qx 'bus-info: d'"
check "there is a counter for each queue" bash -c "ethtool -S renamed0 | grep -q tx_queue_3_packets"

check "the device can be disabled" disable d
check "twice" disable d
check_equal "the interface is gone" "<disabled>" "$(attr d ifname)"
check_not "really" test -e /sys/class/net/renamed0
check "addresses are free again" attr d host_mac 02:00:00:00:00:05
check "and queues" attr d queues 1
check "and again" enable d
check "a device can be removed while it is enabled" device_remove d
wait_for 5 test ! -e "/sys/class/net/$nic"
check_not "its interface goes with it" test -e "/sys/class/net/$nic"
