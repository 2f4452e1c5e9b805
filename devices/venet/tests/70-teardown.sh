#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# default: 6.1
# timeout: 180
# Ends of all kinds under full traffic: none hangs, nothing is left, all comes back.
# shellcheck source=tests/lib/vbus.sh
. "$(dirname "$0")/../../../tests/lib/vbus.sh"

# flood: packets both ways until the end of the script
flood()
{
	while sleep 0.1; do ping -q -f -w 1 -s 1000 10.90.1.2; done >/dev/null 2>&1 &
	at_exit kill $!
	while sleep 0.1; do in_ns ns ping -q -f -w 1 10.90.1.1; done >/dev/null 2>&1 &
	at_exit kill $!
}

plug_in()
{
	wait_netdev "$client" "$1" || return
	nic=$REPLY
	move_netdev "$nic" ns 10.90.1.2/24
}

host_up()
{
	host_netdev d
	host=$REPLY
	ip addr add 10.90.1.1/24 dev "$host" 2>/dev/null
	ip link set "$host" up
}

alive() { wait_for 10 ping -c 1 -W 1 10.90.1.2; }

quick()
{
	local began took
	began=${EPOCHREALTIME/./}
	"$@" || return
	took=$(((${EPOCHREALTIME/./} - began) / 1000))
	comment "$* took $took ms"
	[ $took -lt "${limit:-1000}" ]
}

vbus_require venet-tap vbus-loopback vbus-enet
# Emulation with debugging is slow, and so are its grace periods.
[ "${VBUS_KERNEL:-}" != debug ] || limit=5000
namespace ns
bus_create b
device_create d venet-tap
attr d queues 2
link d b
enable d
host_up
attach b
client=$REPLY
plug_in 0
check "packets cross" alive
flood
sleep 1

for i in 1 2 3; do
	check "unplug under traffic ($i)" quick unlink_device d b
	check "the driver's interface goes" wait_for 10 in_ns ns test ! -e "/sys/class/net/$nic"
	check "plug in again ($i)" link d b
	plug_in "$i"
	check "packets cross again" alive
done
for i in 1 2 3; do
	check "disable under traffic ($i)" quick disable d
	check "enable again ($i)" quick enable d
	host_up
	check "packets cross again" alive
done
for i in 1 2 3 4 5; do
	in_ns ns ip link set "$nic" down
	in_ns ns ip link set "$nic" up
	ip link set "$host" down
	ip link set "$host" up
done
ip addr add 10.90.1.1/24 dev "$host" 2>/dev/null
check "interfaces can go down and up" alive
check "detach under traffic" detach "$client"
check "the host's carrier goes" wait_for 5 grep -qx 0 "/sys/class/net/$host/carrier"
ping -q -c 2 -W 1 10.90.1.2 >/dev/null
attach b
client=$REPLY
wait_netdev "$client" "$(ls "$SYSV/instances/b/devices")"
nic=$REPLY
move_netdev "$nic" ns 10.90.1.2/24
check "attach again" alive
check "and the link can be removed while all runs" quick unlink_device d b
check "the device, too, although enabled" device_remove d
check "its interface goes" wait_for 10 test ! -e "/sys/class/net/$host"
