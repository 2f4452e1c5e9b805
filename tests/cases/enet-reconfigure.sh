#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# default: 6.1
# timeout: 300
# Queues, rings and MTU change while connections go on; none breaks.
# shellcheck source=tests/lib/enet.sh
. "$(dirname "$0")/../lib/enet.sh"

# Changes as long as the file is on its way.
change_while()
{
	local n=0
	while kill -0 "$1" 2>/dev/null; do
		"change_$2" $n || return
		n=$((n + 1))
		sleep 0.05
	done
	[ $n -gt 1 ]
}

change_pairs() { in_ns a ethtool -L "$NIC_A" combined $(($1 % 4 == $(pairs) - 1 ? ($1 + 1) % 4 + 1 : $1 % 4 + 1)); }
change_rings() { in_ns a ethtool -G "$NIC_A" rx $((64 << $1 % 4)) tx $((64 << ($1 + 1) % 4)); }
change_mtu() { in_ns b ip link set "$NIC_B" mtu $((1500 + $1 % 2 * 7500)); }
pairs() { in_ns a ethtool -l "$NIC_A" | awk '/^Combined/ { n = $2 } END { print n }'; }

# during WHAT FROM TO ADDRESS
during()
{
	local copy
	transfer "$2" "$3" "$4" &
	copy=$!
	sleep 0.3
	change_while $copy "$1" || { kill $copy; return 1; }
	wait $copy
}

enet_require
export BYTES=30000000
enet_wire 4
for what in pairs rings mtu; do
	check "$what change while sending" during $what a b 10.91.0.2
	check "$what change while receiving" during $what b a 10.91.0.1
done
in_ns a ethtool -L "$NIC_A" combined 4
serve b
check "eight flows over four pairs" in_ns a timeout 60 iperf3 -c 10.91.0.2 -P 8 -t 2
used=0
for q in 0 1 2 3; do
	[ "$(in_ns b ethtool -S "$NIC_B" | awk -v n="rx${q}_packets:" '$1 == n { print $2 }')" -lt 10 ] ||
		used=$((used + 1))
done
check "more than one pair is used" test $used -gt 1
for i in 1 2 3 4 5 6; do
	in_ns a ip link set "$NIC_A" down
	in_ns a ip link set "$NIC_A" up
done
check "down and up, often" wait_for 10 in_ns a ping -c 1 -W 1 10.91.0.2
check_equal "no packet was bad" "0 0" "$(nic_stat a "$NIC_A" rx_bad) $(nic_stat b "$NIC_B" rx_bad)"
