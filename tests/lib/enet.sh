# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Two drivers of virtual-ethernet ports joined by a wire, for tests of the driver.
#
#   enet_require            root and modules; skips without them
#   enet_wire [QUEUES]      namespaces a and b, 10.91.0.1 and .2, fd91::1 and ::2;
#                           interfaces in $NIC_A and $NIC_B, their proxies in $PORT_A and
#                           $PORT_B, over loopback also clients in $CLIENT_A and $CLIENT_B
#   port_netdev PROXY       -> its interface, when it is there
#   nic_stat NS NIC NAME    a counter of ethtool -S, summed over the queues
#   serve NS [ARG]...       iperf3 server until the script ends
#   transfer FROM TO IP     a file through TCP, compared at the other end
#   background COMMAND...   until the script ends
#
# With VBUS_WIRED=1 the wire is there already, and is somebody else's: two ports in a virtual machine, say.
# Who made it read how many queues a case wants from its line "enet_wire QUEUES".

# shellcheck source=tests/lib/vbus.sh
. "$(dirname "${BASH_SOURCE[0]}")/vbus.sh"

enet_require()
{
	if [ -n "${VBUS_WIRED:-}" ]; then
		modprobe -q vbus-enet || skip_all "module vbus-enet is not there"
	else
		vbus_require venet-loop vbus-loopback
	fi
}

port_netdev() { wait_netdev "${1%:*}" "${1##*:}"; }

# enet_end NAMESPACE PROXY HOST
enet_end()
{
	local ns=$1 port=$2 host=$3
	port_netdev "$port" || return
	declare -g "PORT_${ns^^}=$port" "NIC_${ns^^}=$REPLY"
	namespace "$ns" && move_netdev "$REPLY" "$ns" "10.91.0.$host/24" &&
		in_ns "$ns" ip addr add "fd91::$host/64" dev "$REPLY" nodad
}

# The two ends of a wire of this machine's own, on a bus each.
wire_make()
{
	bus_create wire-a && bus_create wire-b && device_create wire venet-loop || return
	[ -z "${1:-}" ] || attr wire queues "$1" || return
	link wire wire-a && link wire wire-b && enable wire || return
	attach wire-a && CLIENT_A=$REPLY && attach wire-b && CLIENT_B=$REPLY || return
	wire_ends=("$CLIENT_A:0" "$CLIENT_B:0")
}

# Those of somebody else's: all ports there are.
wire_find()
{
	mapfile -t wire_ends < <(grep -lx vbus:virtual-ethernet "$PROXY"/*/modalias | sed 's,/modalias$,,; s,.*/,,' | sort -V)
	[ ${#wire_ends[@]} = 2 ] || { echo "ports: ${wire_ends[*]}"; return 1; }
}

enet_wire()
{
	local wire_ends=()
	if [ -n "${VBUS_WIRED:-}" ]; then wire_find; else wire_make "${1:-}"; fi || return
	enet_end a "${wire_ends[0]}" 1 && enet_end b "${wire_ends[1]}" 2 || return
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
