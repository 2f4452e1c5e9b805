# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# What crosses the link of board 0 for each packet. After tests/lib/board.sh.
#
#   counts_nic                   the board gets a network interface, 10.93.0.2; the master has .1
#   count_packets flood WHO BYTES COUNT BURST    UDP from "board" or "master" to the other, BURST
#                                with each system call
#   count_packets ping_pong WHO BYTES COUNT      one at a time; a ping is two packets
#                                $PACKETS arrived, and $C[...] is what crossed meanwhile, of both
#                                machines: reads, writes, ring_reads, ring_writes, rings;
#                                $NS is how long it took
#   per_packet NAME              $C[NAME] for each packet, three digits
#   counts_show NAME             all of that as a comment

declare -A C
COUNTERS="reads writes ring_reads ring_writes rings"

counts_nic()
{
	make_bus net0 && make_device nic0 venet-tap && link_device nic0 net0 || return
	at_exit master 'echo 0 >/sys/vbus/devices/nic0/enabled'
	# shellcheck disable=SC2016 # for the master's shell
	master 'echo 1 >/sys/vbus/devices/nic0/enabled; i=$(cat /sys/vbus/devices/nic0/ifname)
		sysctl -q net.ipv6.conf.$i.disable_ipv6=1
		ip addr add 10.93.0.1/24 dev $i && ip link set $i up' || return
	at_exit bus_for 0 ""
	bus_for 0 net0
	wait_for 20 board 0 'ls /sys/bus/vbus-proxy/drivers/vbus-enet/*/net/vbus0' || return
	board 0 'ip addr add 10.93.0.2/24 dev vbus0; ip link set vbus0 up'
	wait_for 20 board 0 'ping -q -c 1 -W 2 10.93.0.1'
}

# What arrived at the machine that it is read on.
# shellcheck disable=SC2016 # for the machines' shells
ARRIVED_MASTER='cat /sys/class/net/$(cat /sys/vbus/devices/nic0/ifname)/statistics/rx_packets'
ARRIVED_BOARD='cat /sys/class/net/vbus0/statistics/rx_packets'

# All counters and what arrived, of the master and then of the board.
# shellcheck disable=SC2016 # for the machines' shells
counts_read()
{
	local files='for c in '$COUNTERS'; do cat $c; done'
	master "cd $(link_dir 0) && $files; $ARRIVED_MASTER"
	board 0 "cd $board_dir && $files; $ARRIVED_BOARD"
}

# Until nothing arrives any more.
counts_settle()
{
	local now last=
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		now=$(master "$ARRIVED_MASTER") now+=" $(board 0 "$ARRIVED_BOARD")"
		[ "$now" != "$last" ] || return 0
		last=$now
		sleep 0.3
	done
}

flood()
{
	local to=10.93.0.1
	[ "$1" = board ] || to=10.93.0.2
	local line="udpflood $to 9 $2 $3 $4"
	if [ "$1" = board ]; then NS=$(board 0 "$line" 120); else NS=$(master "$line" 120); fi
}

ping_pong()
{
	local to=10.93.0.1
	[ "$1" = board ] || to=10.93.0.2
	local line="ping -q -A -c $3 -s $2 -W 2 $to"
	NS=0
	if [ "$1" = board ]; then board 0 "$line" 120; else master "$line" 120; fi >/dev/null
}

count_packets()
{
	local kind=$1 i c rc=0
	local -a before after
	shift
	mapfile -t before < <(counts_read)
	"$kind" "$@" || rc=$?
	counts_settle
	mapfile -t after < <(counts_read)
	i=0
	for c in $COUNTERS; do
		C[$c]=$((after[i] - before[i] + after[i + 6] - before[i + 6]))
		i=$((i + 1))
	done
	PACKETS=$((after[5] - before[5] + after[11] - before[11]))
	return $rc
}

per_packet() { awk -v a="${C[$1]}" -v b="$PACKETS" 'BEGIN { if (b > 0) printf "%.3f", a / b; else printf "-" }'; }

counts_show()
{
	local c line="$1: $PACKETS packets, $NS ns;"
	for c in $COUNTERS; do line+=" $c $(per_packet "$c")"; done
	comment "$line"
}
