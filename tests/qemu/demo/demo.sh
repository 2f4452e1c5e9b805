#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Runs in the test machine: the administrator's script as it is printed in the
# guide, then two consumers on the two buses, each in a network namespace, and
# traffic between them.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/qemu/demo/lib.sh
. "$here/lib.sh"
seconds=${DEMO_SECONDS:-5}

wait_for()
{
	local tries=100
	while ! "$@" >/dev/null 2>&1; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || return 1
		sleep 0.1
	done
}

netdev_of() { ls /sys/bus/vbus-proxy/devices/"$1":*/net; }

# consume BUS NAMESPACE ADDRESS: what a guest would do, on this very machine
consume()
{
	local client nic
	echo "$1" >/sys/vbus/connectors/loopback/attach
	client=$(ls "/sys/vbus/instances/$1/clients")
	wait_for netdev_of "$client" || die "no network interface for client $client of $1"
	nic=$(netdev_of "$client")
	ip netns add "$2"
	ip link set "$nic" netns "$2"
	ip -n "$2" addr add "$3" dev "$nic"
	ip -n "$2" link set lo up
	ip -n "$2" link set "$nic" up
	echo "$1: client $client, interface $nic in namespace $2, address $3"
}

traffic()
{
	title "latency"
	ip netns exec client ping -q -c 100 -i 0.02 10.0.0.2 | tail -n 2
	title "client to server, $seconds s of TCP"
	ip netns exec server iperf3 -s -D --pidfile /tmp/iperf3.pid
	sleep 1
	iperf 10.0.0.2
	title "server to client, $seconds s of TCP"
	iperf 10.0.0.2 -R
	kill "$(tr -d '\0' </tmp/iperf3.pid)"
}

iperf()
{
	ip netns exec client iperf3 -f m -t "$seconds" -c "$@" | grep -E 'sender|receiver' ||
		die "iperf3 failed"
}

title "the administrator's script"
sed 's/^/  /' "$here/admin.sh"
bash "$here/admin.sh"

title "two consumers over the loopback connector"
modprobe vbus-loopback
modprobe vbus-enet
consume client-bus client 10.0.0.1/24
consume server-bus server 10.0.0.2/24
wait_for ip netns exec client ping -c 1 -W 1 10.0.0.2 || die "the server does not answer"

title "topology"
vbusctl tree

counters >/tmp/before
traffic
counters >/tmp/after

title "counters that moved"
moved /tmp/before /tmp/after
[ -n "$(moved /tmp/before /tmp/after)" ] || die "no counter moved"
echo
echo "demo: ok"
