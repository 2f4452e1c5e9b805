#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# default: 6.1 6.12
# timeout: 240
# The driver's ends: unbind, module removal, detach and the end of a namespace,
# each under traffic, and with received data still in a socket.
# shellcheck source=tests/lib/enet.sh
. "$(dirname "$0")/../lib/enet.sh"

flood() { while :; do in_ns b ping -q -f -w 1 -s "$1" 10.91.0.1; sleep 0.05; done; }
gone() { [ ! -e "$PROXY/$CLIENT_A:0/net" ]; }

# queued BYTES: at least as much waits in the server's sockets
queued()
{
	in_ns a netstat -tn | awk -v n="$1" '$4 ~ /:5201$/ { sum += $2 } END { exit sum < n }'
}

without() { [ ! -d "/sys/module/$1" ] || rmmod "$1"; }

again()
{
	wait_netdev "$CLIENT_A" 0 || return
	NIC_A=$REPLY
	move_netdev "$NIC_A" a 10.91.0.1/24
	wait_for 10 in_ns b ping -c 1 -W 1 10.91.0.1
}

unbind() { put "$CLIENT_A:0" /sys/bus/vbus-proxy/drivers/vbus-enet/unbind; }
bind() { put "$CLIENT_A:0" /sys/bus/vbus-proxy/drivers/vbus-enet/bind; }

vbus_require venet-loop vbus-loopback
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
wait_netdev "$CLIENT_B" 0
NIC_B=$REPLY
move_netdev "$NIC_B" b 10.91.0.2/24
check "packets cross again" again

# A socket that is not read keeps the pages its data came in.
background ip netns exec a iperf3 -s
server=$!
wait_for 5 in_ns a sh -c 'netstat -ltn | grep -q :5201'
background ip netns exec b iperf3 -c 10.91.0.1 -t 60
wait_for 5 queued 1
kill -STOP $server
check "data wait in a socket" wait_for 30 queued 50000
check "detach while they do" detach "$CLIENT_A"
check "and the other one" detach "$CLIENT_B"
# Kernels differ in whether the pages stay mapped; as long as they do, the connector must not go.
rmmod vbus-loopback 2>/dev/null && comment "their memory is not mapped any more"
kill -KILL $server
check "the connector can go" wait_for 60 without vbus_loopback
modprobe vbus-loopback
