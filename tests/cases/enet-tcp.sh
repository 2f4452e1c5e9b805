#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# default: 6.12
# timeout: 300
# TCP carries files both ways unchanged, with offloads and with each of them off;
# checksums are right whoever computes them.
# shellcheck source=tests/lib/enet.sh
. "$(dirname "$0")/../lib/enet.sh"

both_ways()
{
	check "$1: a to b" transfer a b 10.91.0.2
	check "$1: b to a" transfer b a 10.91.0.1
}

csum_errors()
{
	in_ns "$1" awk '/^Tcp:|^Udp:/ { for (i = 1; i <= NF; i++) if ($i == "InCsumErrors") n = i;
		else if (i == n && $i ~ /^[0-9]+$/) sum += $i } END { print sum + 0 }' /proc/net/snmp
}

enet_require
enet_wire 2
before=$(nic_stat a "$NIC_A" tx_packets)
both_ways "all offloads"
sent=$(($(nic_stat a "$NIC_A" tx_packets) - before))
comment "a 4 MB file took $sent packets"
check "segments cross as one packet" test $sent -lt 2000
check "all offloads, IPv6" transfer a b fd91::2
for off in "tso off" "tx off" "sg off" "gso off gro off"; do
	# shellcheck disable=SC2086 # a list
	in_ns a ethtool -K "$NIC_A" $off >/dev/null
	both_ways "with $off"
done
in_ns a ethtool -K "$NIC_A" tx on sg on gso on gro on tso on >/dev/null
in_ns a ip link set "$NIC_A" mtu 9000
in_ns b ip link set "$NIC_B" mtu 9000
both_ways "MTU 9000"
in_ns a sysctl -qw net.ipv4.tcp_ecn=1
in_ns b sysctl -qw net.ipv4.tcp_ecn=1
both_ways "with ECN"
serve b
check "UDP of 8 KiB" in_ns a timeout 20 iperf3 -c 10.91.0.2 -u -b 20M -l 8000 -t 1
check "UDP in fragments" in_ns a timeout 20 iperf3 -c 10.91.0.2 -u -b 20M -l 30000 -t 1
check_equal "no checksum was wrong at a" 0 "$(csum_errors a)"
check_equal "none at b" 0 "$(csum_errors b)"
check_equal "no packet was bad" "0 0" "$(nic_stat a "$NIC_A" rx_bad) $(nic_stat b "$NIC_B" rx_bad)"
