#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# default: 6.1 6.12
# The kernel's log goes over a vbus interface (netconsole), also in bursts that are larger than a ring: the
# driver works without interrupts then, and goes on as before afterwards.

# shellcheck source=tests/lib/vbus.sh
. "$(dirname "$0")/../lib/vbus.sh"

vbus_require vbus-loopback
modinfo netconsole >/dev/null 2>&1 || skip_all "no module netconsole"
bus_create log && device_create nic venet-tap && link nic log && attr nic queues 1 && enable nic || exit 1
host_netdev nic
host=$REPLY mac=$(cat "/sys/class/net/$REPLY/address")
namespace far && move_netdev "$host" far 10.97.0.1/24
attach log && client=$REPLY && wait_netdev "$client" || exit 1
nic=$REPLY
ip addr add 10.97.0.2/24 dev "$nic" && ip link set "$nic" up
check "the host is there" wait_for 10 ping -c 1 -W 1 10.97.0.1
check "netconsole takes the interface" modprobe netconsole "netconsole=6665@10.97.0.2/$nic,6666@10.97.0.1/$mac"
at_exit rmmod netconsole

# Lines from programs are limited in number otherwise, and shown from a level on.
read -r level _ </proc/sys/kernel/printk
at_exit dmesg -n "$level"
limit=$(cat /proc/sys/kernel/printk_devkmsg)
at_exit put "$limit" /proc/sys/kernel/printk_devkmsg
put on /proc/sys/kernel/printk_devkmsg
dmesg -n 8

# Each line is a frame.
frames() { in_ns far cat "/sys/class/net/$host/statistics/rx_packets"; }
lines() { local i; for ((i = 0; i < $1; i++)); do echo "<4>netpoll line $i of $1" >/dev/kmsg; done; }
came() { [ $(($(frames) - before)) -ge "$1" ]; }
for n in 10 1500; do
	before=$(frames)
	lines $n
	check "$n lines of the log arrive" wait_for 20 came $n
	comment "$(($(frames) - before)) frames"
done
check "the interface works as before" ping -c 3 -i 0.2 -W 1 10.97.0.1
check_equal "nothing was bad" 0 "$(client_count log bad)"
