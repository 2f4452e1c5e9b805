# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Two drivers of virtual-ethernet ports joined by a wire, for tests of the driver.
#
#   enet_wire [QUEUES]      namespaces a and b, 10.91.0.1 and .2, fd91::1 and ::2;
#                           interfaces in $NIC_A and $NIC_B, clients in $CLIENT_A, $CLIENT_B
#   nic_stat NS NIC NAME    a counter of ethtool -S, summed over the queues
#   serve NS [ARG]...       iperf3 server until the script ends
#   transfer FROM TO IP     a file through TCP, compared at the other end
#   background COMMAND...   until the script ends

# shellcheck source=tests/lib/vbus.sh
. "$(dirname "${BASH_SOURCE[0]}")/vbus.sh"

enet_end()
{
	local ns=$1 port=$2 host=$3
	attach "wire-$ns" || return
	declare -g "CLIENT_${ns^^}=$REPLY"
	wait_netdev "$REPLY" "$port" || return
	declare -g "NIC_${ns^^}=$REPLY"
	namespace "$ns" && move_netdev "$REPLY" "$ns" "10.91.0.$host/24" &&
		in_ns "$ns" ip addr add "fd91::$host/64" dev "$REPLY" nodad
}

enet_wire()
{
	bus_create wire-a && bus_create wire-b && device_create wire venet-loop || return
	[ -z "${1:-}" ] || attr wire queues "$1" || return
	link wire wire-a && link wire wire-b && enable wire || return
	enet_end a 0 1 && enet_end b 0 2 || return
	wait_for 10 in_ns a ping -c 1 -W 1 10.91.0.2
}

nic_stat()
{
	in_ns "$1" ethtool -S "$2" |
		awk -v n="$3" '$1 ~ "^[rt]x[0-9]+_" { split($1, p, ":"); sub("[0-9]+", "", p[1])
			if (p[1] == n) sum += $2 } END { print sum + 0 }'
}

background()
{
	"$@" >/dev/null 2>&1 &
	at_exit kill $!
}

serve()
{
	local ns=$1
	shift
	background ip netns exec "$ns" iperf3 -s "$@"
	wait_for 5 in_ns "$ns" sh -c 'netstat -ltn | grep -q :5201'
}

# The sender's shell ends the connection with the file, the receiver's ends with it.
transfer()
{
	local server data=/tmp/enet-data got=/tmp/enet-got
	if [ ! -e $data ]; then
		head -c "${BYTES:-4000000}" /dev/urandom >$data
		at_exit rm -f $data $got
	fi
	rm -f $got
	in_ns "$2" nc -l -p 5202 -e sh -c "cat >$got; mv $got $got.all" >/dev/null 2>&1 &
	server=$!
	wait_for 5 in_ns "$2" sh -c 'netstat -ltn | grep -q :5202'
	in_ns "$1" timeout 100 bash -c "cat $data >/dev/tcp/$3/5202"
	wait_for 20 mv $got.all $got
	kill $server 2>/dev/null
	cmp $data $got
}
