#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Runs on the host of a chassis with an NTB: ROUNDS rounds, in each of which both kinds have the bridge,
# one after the other; results to NTB_OUT.

# shellcheck source=tests/lib/board.sh
. "$(dirname "$0")/../../lib/board.sh"

seconds=${SECONDS_EACH:-4}
modules_of() { [ "$1" = ntb ] && echo ntb_transport ntb_netdev || echo vbus-link-ntb; }
# Sockets that poll for 200 us before they sleep; ntb_netdev has nothing that they could poll.
polls='echo 200 >/proc/sys/net/core/busy_read' sleeps='echo 0 >/proc/sys/net/core/busy_read'
polled_port=11112
die() { echo "pair: $*"; master 'dmesg | tail -n 20'; board 0 'dmesg | tail -n 20'; exit 1; }
record() { printf '%s\t%s\n' "$1" "$2" | tee -a "$NTB_OUT"; }

# What both have in common, and the vbus device, which stays.
prepare()
{
	board_require 1
	{ make_bus net0 && make_device nic0 venet-tap && link_device nic0 net0; } || die "no device"
	master "echo 1 >/sys/vbus/devices/nic0/enabled" || die "the device cannot be switched on"
	tap=$(master "cat /sys/vbus/devices/nic0/ifname")
	master "ip addr add 10.93.1.1/24 dev $tap && ip link set $tap up" || die "no interface '$tap'"
	for m in master "board 0"; do $m "rmmod vbus-link-ntb"; done
	master '(iperf3 -s >/dev/null 2>&1 &); (sockperf server >/dev/null 2>&1 &)'
}

# Each kind has a net of its own.
up()
{
	local nic m
	for m in master "board 0"; do $m "modprobe -a $(modules_of "$1")" || die "$1: no modules"; done
	if [ "$1" = vbus ]; then
		net=1 nic=vbus0
		wait_for 10 bus_for 0 net0
	else
		net=2 nic=eth0
		master 'ip addr add 10.93.2.1/24 dev eth0; ip link set eth0 up'
	fi
	wait_for 20 board 0 "ls -d /sys/class/net/$nic" || die "$1: no interface"
	board 0 "ip addr add 10.93.$net.2/24 dev $nic; ip link set $nic up"
	wait_for 20 board 0 "ping -c 1 -W 1 10.93.$net.1" || die "$1: no ping"
}

down()
{
	local m
	[ "$1" = ntb ] || bus_for 0 ""
	for m in "board 0" master; do
		$m "$([ "$1" = ntb ] && echo 'ip link set eth0 down; ')rmmod $(modules_of "$1" | tr ' ' '\n' | tac | tr '\n' ' ')" ||
			die "$1 does not go"
	done
}

# What both machines together take: processor time of the emulators in microseconds, and interrupts of the
# bridge. These do not depend on what else the host has to do, as times do.
taken()
{
	local pid ticks=0 n=0 m
	for pid in $emulators; do
		ticks=$((ticks + $(awk '{ sub(/.*\) /, ""); print $12 + $13 }' "/proc/$pid/stat")))
	done
	for m in master "board 0"; do
		n=$((n + $($m "awk '/vbus-testntb/ { for (i = 2; i <= NF && \$i ~ /^[0-9]+\$/; i++) n += \$i }
			END { print n + 0 }' /proc/interrupts")))
	done
	echo $((ticks * 1000000 / $(getconf CLK_TCK))) $n
}

# metered NAME UNITS-PATTERN LINE: on the board, with what it takes for each of the units that it says it did
metered()
{
	local before after units
	before=$(taken)
	text=$(board 0 "$3" $((seconds + 40))) || die "$1: $text"
	after=$(taken)
	units=$(sed -nE "s/.*$2.*/\\1/p" <<<"$text" | tail -n 1)
	# shellcheck disable=SC2086 # numbers
	set -- "$1" $before $after
	record "$1 cpu" $((($4 - $2) * 1000 / ${units:-1}))
	record "$1 irqs" $((($5 - $3) * 1000 / ${units:-1}))
}

# Each unit is a KiB.
tcp()
{
	local json
	metered "$1" 'KIBS ([0-9]+)' "iperf3 -J -t $seconds $2 -c 10.93.$net.1 >/tmp/tcp || cat /tmp/tcp
		sed -n '/\"sum_received\"/,/}/p' /tmp/tcp; awk '/\"sum_received\"/ { s = 1 }
			s && /\"bytes\"/ { sub(/.*:/, \"\"); printf \"KIBS %d\\n\", \$0 / 1024; exit }' /tmp/tcp"
	json=$(sed -n 's/.*"bits_per_second":[[:space:]]*\([0-9]*\).*/\1/p' <<<"$text")
	record "$1" $((${json:-0} / 1000000))
}

# udp NAME LINE: the line is sockperf's
udp()
{
	metered "$1" 'Total Run\].*ReceivedMessages=([0-9]+)' "$2 -i 10.93.$net.1 -m 14 -t $seconds; $sleeps"
	record "$1 least" "$(sed -n 's/.*<MIN> observation *= *\([0-9]*\)\.\([0-9]*\).*/\1\2/p' <<<"$text")"
	record "$1 median" "$(sed -n 's/.*percentile 50\.000 *= *\([0-9]*\)\.\([0-9]*\).*/\1\2/p' <<<"$text")"
	record "$1 p99" "$(sed -n 's/.*percentile 99\.000 *= *\([0-9]*\)\.\([0-9]*\).*/\1\2/p' <<<"$text")"
}

measure()
{
	tcp "$1 tcp up" ''
	tcp "$1 tcp down" -R
	udp "$1 udp" "sockperf ping-pong"
	# A socket keeps what was said when it was made, and polls what its first packet came from.
	master "$polls; sockperf server -p $polled_port >/dev/null 2>&1 & echo \$! >/tmp/polled; sleep 1; $sleeps"
	udp "$1 polled" "$polls; sockperf ping-pong -p $polled_port"
	# shellcheck disable=SC2016 # for the master's shell
	master 'kill $(cat /tmp/polled)'
}

# Those of the two emulators.
emulators=$(for pid in $(pgrep -f "^qemu-system.*$(dirname "$CHASSIS")/link0"); do echo "$pid"; done)
[ "$(wc -w <<<"$emulators")" = 2 ] || die "not two emulators: $emulators"
prepare
for round in $(seq "${ROUNDS:-5}"); do
	for kind in $([ $((round % 2)) = 0 ] && echo ntb vbus || echo vbus ntb); do
		up "$kind"
		measure "$kind"
		down "$kind"
	done
done
check "all rounds were measured" true
