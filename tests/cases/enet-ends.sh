#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# default: 6.1 6.12
# timeout: 240
# The driver's ends: unbind, module removal and the end of a namespace, each under
# traffic.
# shellcheck source=tests/lib/enet.sh
. "$(dirname "$0")/../lib/enet.sh"

flood() { while :; do in_ns b ping -q -f -w 1 -s "$1" 10.91.0.1; sleep 0.05; done; }
gone() { [ ! -e "$PROXY/$PORT_A/net" ]; }

again()
{
	port_netdev "$PORT_A" || return
	NIC_A=$REPLY
	move_netdev "$NIC_A" a 10.91.0.1/24
	wait_for 10 in_ns b ping -c 1 -W 1 10.91.0.1
}

unbind() { put "$PORT_A" /sys/bus/vbus-proxy/drivers/vbus-enet/unbind; }
bind() { put "$PORT_A" /sys/bus/vbus-proxy/drivers/vbus-enet/bind; }

enet_require
enet_wire
background flood 60
background flood 1400
for i in 1 2 3; do
	check "unbind under traffic ($i)" unbind
	check "the interface goes" gone
	check "bind" bind
	check "packets cross again" again
done

ip netns del a
check "its namespace dies: the interface comes home" wait_for 10 ip link show "$NIC_A"
ip netns add a
check "and works in another" again

check "the module goes under traffic" rmmod vbus-enet
check "and comes back" modprobe vbus-enet
port_netdev "$PORT_B"
NIC_B=$REPLY
move_netdev "$NIC_B" b 10.91.0.2/24
check "packets cross again" again
