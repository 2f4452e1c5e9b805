# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2034 # answers are for who calls
# Helpers for the benchmarks that run in a virtual machine.
#
#   record KEY VALUE     a result, to $RESULTS
#   wire_up KIND         a wire with end "a" here and end "b" in namespace KIND:
#                        $KIND_a and $KIND_b are the interfaces, $HOST_a and $HOST_b the last
#                        numbers of their addresses 10.N.0.HOST
#     veth               the kernel's own
#     tap                a venet-tap: b is its driver
#     loop               a venet-loop: both ends are drivers
#     user               two taps and a process (tapfwd)
#     dummy              a, which swallows what is sent, and no b
#   pktgen KIND END COUNT BYTES   send from END; $SENT_NS is the time it took, $GOT what arrived
#   tcp KIND END SECONDS          iperf3 from END; $MBITS
#   vcount FILE          sum of a counter over all clients of the wires' buses

# shellcheck source=tests/lib/vbus.sh
. "$(dirname "${BASH_SOURCE[0]}")/../../lib/vbus.sh"

RESULTS=/out/$(basename "$0" .sh).tsv
declare -A NIC NET

record()
{
	printf '%s\t%s\n' "$1" "$2" >>"$RESULTS"
	comment "$1 $2"
}

# on KIND END COMMAND...: where that end is
on()
{
	local kind=$1 end=$2
	shift 2
	if [ "$end" = b ]; then in_ns "$kind" "$@"; else "$@"; fi
}

loopback_nic()
{
	bus_create "$1" && link "$2" "$1" && attach "$1" && wait_netdev "$REPLY" "${3:-0}"
}

wire_veth()
{
	ip link add veth_a type veth peer name veth_b && at_exit ip link del veth_a || return
	NIC[veth_a]=veth_a NIC[veth_b]=veth_b
}

wire_tap()
{
	[ -e "$SYSV/devices/tap-dev" ] || device_create tap-dev venet-tap || return
	enable tap-dev || return
	host_netdev tap-dev
	NIC[tap_a]=$REPLY
	loopback_nic tap-b tap-dev || return
	NIC[tap_b]=$REPLY
}

wire_loop()
{
	device_create loop-dev venet-loop && enable loop-dev || return
	loopback_nic loop-a loop-dev 0 || return
	NIC[loop_a]=$REPLY
	loopback_nic loop-b loop-dev 0 || return
	NIC[loop_b]=$REPLY
}

wire_user()
{
	tapfwd user_a user_b >/dev/null 2>&1 &
	at_exit kill $!
	wait_for 5 ip link show user_b || return
	NIC[user_a]=user_a NIC[user_b]=user_b
}

wire_dummy()
{
	ip link add dummy_a type dummy && at_exit ip link del dummy_a || return
	NIC[dummy_a]=dummy_a
}

# Frames from pktgen end right behind the driver, the same for all kinds.
sink()
{
	on "$1" "$2" tc qdisc add dev "${NIC[$1_$2]}" clsact &&
		on "$1" "$2" tc filter add dev "${NIC[$1_$2]}" ingress protocol ip matchall action drop
}

wire_end()
{
	local kind=$1 end=$2 nic=${NIC[$1_$2]}
	[ "$end" = a ] || ip link set "$nic" netns "$kind" || return
	on "$kind" "$end" sysctl -q "net.ipv6.conf.$nic.disable_ipv6=1"
	on "$kind" "$end" ip addr add "10.${NET[$kind]}.0.$([ "$end" = a ] && echo 1 || echo 2)/24" dev "$nic" &&
		on "$kind" "$end" ip link set "$nic" up
}

wire_up()
{
	NET[$1]=$((90 + ${#NET[@]}))
	"wire_$1" || return
	wire_end "$1" a || return
	[ -n "${NIC[$1_b]:-}" ] || return 0
	namespace "$1" && wire_end "$1" b || return
	wait_for 10 ping -c 1 -W 1 "10.${NET[$1]}.0.2"
}

other() { [ "$1" = a ] && echo b || echo a; }

mac_of() { on "$1" "$2" cat "/sys/class/net/${NIC[$1_$2]}/address"; }

received()
{
	[ -n "${NIC[$1_$2]:-}" ] || { echo 0; return; }
	on "$1" "$2" cat "/sys/class/net/${NIC[$1_$2]}/statistics/rx_packets"
}

pktgen_write()
{
	local kind=$1 end=$2 file=$3 line
	while read -r line; do
		on "$kind" "$end" sh -c "echo '$line' >/proc/net/pktgen/$file" ||
			{ comment "pktgen refuses $line for $file"; return 1; }
	done
}

pktgen()
{
	local kind=$1 end=$2 count=$3 bytes=$4 nic=${NIC[$1_$2]} peer before mac=02:00:00:00:00:01
	peer=$(other "$end")
	[ -z "${NIC[${kind}_$peer]:-}" ] || mac=$(mac_of "$kind" "$peer")
	pktgen_write "$kind" "$end" kpktgend_0 <<-LIST || return
		rem_device_all
		add_device $nic
	LIST
	# The checksum of the Ethernet frame is not counted.
	pktgen_write "$kind" "$end" "$nic" <<-LIST || return
		count $count
		clone_skb 0
		pkt_size $((bytes - 4))
		delay 0
		dst_mac $mac
		dst 10.${NET[$kind]}.0.99
	LIST
	before=$(received "$kind" "$peer")
	on "$kind" "$end" sh -c 'echo start >/proc/net/pktgen/pgctrl' || return
	SENT_NS=$(on "$kind" "$end" sed -n 's/^Result: OK: \([0-9]*\).*/\1/p' "/proc/net/pktgen/$nic")
	SENT_NS=$((SENT_NS * 1000))
	# What is still under way belongs to it, but not the time.
	sleep 0.2
	GOT=$(($(received "$kind" "$peer") - before))
}

tcp()
{
	local kind=$1 end=$2 peer host=1 server json
	peer=$(other "$end")
	[ "$peer" = a ] || host=2
	on "$kind" "$peer" iperf3 -s -1 >/dev/null 2>&1 &
	server=$!
	wait_for 5 on "$kind" "$peer" sh -c 'netstat -ltn | grep -q :5201' || return
	json=$(on "$kind" "$end" iperf3 -J -t "$3" -c "10.${NET[$kind]}.0.$host")
	wait $server
	MBITS=$(sed -n '/"sum_received"/,/}/ s/.*"bits_per_second":[[:space:]]*\([0-9]*\).*/\1/p' <<<"$json")
	MBITS=$((${MBITS:-0} / 1000000))
}

vcount()
{
	find $SYSV/instances/*/clients -name "$1" -type f -exec cat {} + 2>/dev/null |
		awk '{ sum += $1 } END { print sum + 0 }'
}
