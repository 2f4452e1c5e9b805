#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# default: 6.1
# timeout: 240
# Frames of every length that matters arrive as they were: around the copied and
# the mapped, one receive buffer and several, headers with and without payload.
# shellcheck source=tests/lib/enet.sh
. "$(dirname "$0")/../lib/enet.sh"

# sizes ADDRESS OVERHEAD MTU: frame lengths; ping compares what comes back
sizes()
{
	local n first bad='' seen=0
	for n in 60 61 64 128 255 256 257 258 300 512 1513 1514 2048 3711 3712 3713 4096 \
		 7423 7424 7425 9000 9013 9014; do
		first=$((n - $2))
		[ "$first" -ge 0 ] && [ "$n" -le $(($3 + 14)) ] || continue
		seen=$((seen + 1))
		in_ns a ping -q -c 3 -i 0.02 -W 2 -M "do" -s "$first" "$1" >/tmp/enet-ping 2>&1 &&
			! grep -q 'wrong data' /tmp/enet-ping || bad="$bad $n"
	done
	[ -z "$bad" ] || echo "lengths that did not:$bad"
	[ -z "$bad" ] && [ $seen -gt 5 ]
}

set_mtu() { in_ns a ip link set "$NIC_A" mtu "$1" && in_ns b ip link set "$NIC_B" mtu "$1"; }

enet_require
enet_wire
check "MTU 1500" sizes 10.91.0.2 42 1500
check "MTU 1500, IPv6" sizes fd91::2 62 1500
check "MTU 9000 while running" set_mtu 9000
check "MTU 9000 holds" sizes 10.91.0.2 42 9000
check "MTU 9000, IPv6" sizes fd91::2 62 9000
for ns in a b; do
	nic=NIC_${ns^^}
	in_ns $ns ethtool -K "${!nic}" tx off sg off tso off >/dev/null
done
check "linear frames" sizes 10.91.0.2 42 9000
check "MTU 1280 while running" set_mtu 1280
check "it holds" sizes 10.91.0.2 42 1280
check_not "and not more" in_ns a ping -q -c 1 -W 1 -M "do" -s 1300 10.91.0.2
check "copied frames were seen" test "$(nic_stat a "$NIC_A" tx_copied)" -gt 20
check "and mapped ones" test "$(nic_stat a "$NIC_A" tx_mapped)" -gt 20
check "and short ones copied on receive" test "$(nic_stat b "$NIC_B" rx_copybreak)" -gt 20
for ns in a b; do
	nic=NIC_${ns^^}
	for c in rx_bad rx_dropped tx_bad tx_dropped; do
		check_equal "$ns: $c" 0 "$(nic_stat $ns "${!nic}" $c)"
	done
done
