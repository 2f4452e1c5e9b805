#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# default: 6.1
# timeout: 240
# Data arrive whole with every offload on, and with each of them off on either side.
# shellcheck source=tests/lib/vbus.sh
. "$(dirname "$0")/../../../tests/lib/vbus.sh"

BYTES=6000000

# transfer FROM TO ADDRESS: a file through TCP, which must arrive as it was
transfer()
{
	local address=$3
	case $address in *:*) address="[$address]" ;; esac
	in_ns "$1" timeout 60 busybox wget -q -O /tmp/venet-got "http://$address:8080/data"
	cmp /tmp/venet-www/data /tmp/venet-got
}

serve()
{
	exec ip netns exec "$1" busybox httpd -f -p "[::]:8080" -h /tmp/venet-www >/dev/null 2>&1 &
	at_exit kill $!
}

both_ways()
{
	check "$1: b to a" transfer a b "$2"
	check "$1: a to b" transfer b a "${2/%2/1}"
}

counter() { cat "/sys/class/net/$1/statistics/$2"; }

vbus_require venet-tap vbus-loopback vbus-enet
mkdir -p /tmp/venet-www
head -c $BYTES /dev/urandom >/tmp/venet-www/data
at_exit rm -rf /tmp/venet-www /tmp/venet-got
venet_pair a b
nic=$(in_ns a ls /sys/class/net | grep vbus)
peer=$(in_ns b ls /sys/class/net | grep vbus)
in_ns a ip addr add fd90::1/64 dev "$nic" nodad
in_ns b ip addr add fd90::2/64 dev "$peer" nodad
serve a
serve b
host_netdev a-dev
host=$REPLY

before=$(counter "$host" rx_packets)
both_ways "all offloads" 10.90.0.2
both_ways "all offloads, IPv6" fd90::2
after=$(counter "$host" rx_packets)
check "segments cross as one packet" test $((after - before)) -lt $((BYTES * 2 / 1448))

in_ns a ethtool -K "$nic" tso off >/dev/null
both_ways "driver without TSO" 10.90.0.2
in_ns a ethtool -K "$nic" tso off tx off sg off >/dev/null
both_ways "driver without checksums" 10.90.0.2
in_ns a ethtool -K "$nic" tx on sg on tso on >/dev/null
ethtool -K "$host" tso off tx off sg off >/dev/null
both_ways "host without offloads" 10.90.0.2
ethtool -K "$host" tx on sg on tso on gro off >/dev/null
both_ways "host without GRO" 10.90.0.2
ethtool -K "$host" gro on >/dev/null
in_ns a ethtool -K "$nic" tso off gso off >/dev/null
before=$(counter "$host" rx_packets)
both_ways "single segments" 10.90.0.2
attr a-dev mtu 9000
attr b-dev mtu 9000
ip link set vbr0 mtu 9000
wait_for 5 in_ns a grep -qx 9000 "/sys/class/net/$nic/mtu"
wait_for 5 in_ns b grep -qx 9000 "/sys/class/net/$peer/mtu"
both_ways "jumbo frames, single" 10.90.0.2
both_ways "jumbo frames, single, IPv6" fd90::2
in_ns a ethtool -K "$nic" gso on tso on >/dev/null
both_ways "jumbo frames" 10.90.0.2
check_equal "no frame was bad" 0 "$(counter "$host" rx_frame_errors)"
