#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# default: 6.1 6.12
# timeout: 180
# What the network driver shows: its place in sysfs, and each view of ethtool.
# shellcheck source=tests/lib/enet.sh
. "$(dirname "$0")/../lib/enet.sh"

nic() { in_ns a ethtool "$1" "$NIC_A"; }
has() { nic "$1" 2>/dev/null | tr -s ' \t' ' ' | grep -qE "$2"; }

enet_require
modprobe -r vbus-enet 2>/dev/null
if enet_wire 2; then pass "two drivers find each other"; else fail "two drivers find each other"; fi
case $NIC_A in vbus[0-9]*) pass "interfaces are called vbus<n>" ;; *) fail "named $NIC_A" ;; esac
check "the interface is a child of its proxy device" \
	in_ns a test -d "$PROXY/$PORT_A/net/$NIC_A"
check "which the driver is bound to" test "$(basename "$(readlink "$PROXY/$PORT_A/driver")")" = vbus-enet
check_equal "module alias" "vbus:virtual-ethernet" "$(cat "$PROXY/$PORT_A/modalias")"

check "ethtool -i: driver" has -i '^driver: vbus-enet$'
check "ethtool -i: bus" has -i "^bus-info: $PORT_A\$"
for f in tx-checksumming scatter-gather tcp-segmentation-offload generic-receive-offload; do
	check "ethtool -k: $f" has -k "^ ?$f: on"
done
check "ethtool -k: receive checksums" has -k '^rx-checksumming: on'
check "ethtool -k: TSO for IPv6" has -k '^ tx-tcp6-segmentation: on'
check "ethtool -k: large receive" has -k '^rx-gro-hw: on \[fixed\]'
check "ethtool -l: both queues offered" has -l '^Combined: 2$'
check "ethtool -g: 256 slots" has -g '^RX: 256$'
check "ethtool -g: at most 2048" has -g '^TX: 2048$'
check "ethtool -c" has -c '^rx-frames: 64$'
check "ethtool -S" has -S 'rx[01]_packets: [1-9]'
check "ethtool: link" bash -c "ip netns exec a ethtool $NIC_A | grep -q 'Link detected: yes'"

check_not "no rings below 64 slots" in_ns a ethtool -G "$NIC_A" rx 16
check_not "none above 2048" in_ns a ethtool -G "$NIC_A" tx 4096
check_not "no more pairs than there are" in_ns a ethtool -L "$NIC_A" combined 3
check_not "not none" in_ns a ethtool -L "$NIC_A" combined 0
check_not "no MTU above the device's" in_ns a ip link set "$NIC_A" mtu 9001
check_not "no multicast address" in_ns a ip link set "$NIC_A" address 01:00:00:00:00:01
check "ring sizes are rounded up" in_ns a ethtool -G "$NIC_A" rx 100
check "to a power of two" has -g '^RX: 128$'

check "another address, live" in_ns a ip link set "$NIC_A" address 02:00:00:00:00:77
check "packets cross with it" wait_for 5 in_ns b ping -c 1 -W 1 10.91.0.1
before=$(nic_stat a "$NIC_A" rx_packets)
in_ns a ip link set "$NIC_A" down
check "rings can be resized while down" in_ns a ethtool -G "$NIC_A" rx 256 tx 512
in_ns a ip link set "$NIC_A" up
check "packets cross after it" wait_for 5 in_ns b ping -c 1 -W 1 10.91.0.1
check "counters survive" test "$(nic_stat a "$NIC_A" rx_packets)" -gt "$before"
check_equal "nothing was bad" "0 0" "$(nic_stat a "$NIC_A" rx_bad) $(nic_stat b "$NIC_B" rx_bad)"
