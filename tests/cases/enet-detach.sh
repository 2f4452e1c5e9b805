#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# default: 6.1 6.12
# timeout: 240
# Clients are detached while received data still wait in a socket.
# shellcheck source=tests/lib/enet.sh
. "$(dirname "$0")/../lib/enet.sh"

# queued BYTES: at least as much waits in the server's sockets
queued()
{
	in_ns a netstat -tn | awk -v n="$1" '$4 ~ /:5201$/ { sum += $2 } END { exit sum < n }'
}

# A packet that was read on another processor than it came in on is freed there when that one next receives
# something, which without traffic can take for ever (skb_attempt_defer_free() in Linux).
all_receive()
{
	local cpu
	for cpu in $(seq 0 $(($(nproc) - 1))); do taskset -c "$cpu" ping -q -c 1 -W 1 127.0.0.1; done
}

without() { [ ! -d "/sys/module/$1" ] || { all_receive; rmmod "$1"; }; }

enet_require
enet_wire
ip link set lo up

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
