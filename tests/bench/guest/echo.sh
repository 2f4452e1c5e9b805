#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Round trips of a call and of a queue, measured by the echo driver; and how they, the attach of one
# more device and the way of a packet change with the number of devices on the bus.
# usage: echo.sh NUMBER...

# shellcheck source=tests/bench/guest/lib.sh
. "$(dirname "$0")/lib.sh"

ROUNDS=5

now() { echo "${EPOCHREALTIME/./}"; }

# round_trips PING-FOLDER KIND COUNT: $MEDIAN and $P99
round_trips()
{
	put "$3" "$1/count" && put 64 "$1/size" && put "$2" "$1/run" || return
	MEDIAN=$(cat "$1/median_ns") P99=$(cat "$1/p99_ns")
}

echo_device()
{
	device_create "echo$1" echo && link "echo$1" tap-b
}

# Until the driver of the new device can be used; $EPOCHREALTIME and [ are part of the shell.
attach_time()
{
	local from n=$1 dir=$PROXY/$CLIENT:$1/ping
	device_create "echo$n" echo || return
	from=${EPOCHREALTIME/./}
	ln -s "$CFG/devices/echo$n" "$CFG/instances/tap-b"
	until [ -e "$dir/p99_ns" ]; do
		[ $((${EPOCHREALTIME/./} - from)) -lt 5000000 ] || return
	done
	TOOK=$((${EPOCHREALTIME/./} - from))
	at_exit unlink_device "echo$n" tap-b
}

# Ports are numbered in the order of their links: 0 is the venet-tap.
with_devices()
{
	local n=$1 round ping=$PROXY/$CLIENT:1/ping
	while [ "$made" -lt $((n - 1)) ]; do
		made=$((made + 1))
		echo_device $made || return
	done
	wait_for 20 test -e "$PROXY/$CLIENT:$made/ping/p99_ns" || return
	for ((round = 0; round < ROUNDS; round++)); do
		made=$((made + 1))
		attach_time $made || return
		record "attach $n us" "$TOOK"
		round_trips "$ping" call 2000 || return
		record "call $n ns" "$MEDIAN"
		record "call-p99 $n ns" "$P99"
		round_trips "$ping" queue 2000 || return
		record "queue $n ns" "$MEDIAN"
		record "queue-p99 $n ns" "$P99"
		pktgen tap b 20000 64 || return
		record "packet $n ns" $((GOT ? SENT_NS / GOT : 0))
	done
}

vbus_require venet-tap vbus-enet vbus-loopback vbus-dev-echo vbus-echo pktgen
wire_up tap || { fail "the wire works"; exit 1; }
sink tap a || fail "the sink"
CLIENT=$(clients tap-b)
made=0
for n; do
	# One device besides the echo there has to be for a call.
	[ "$made" -gt 0 ] || { made=1; echo_device 1; }
	with_devices "$n" || fail "$n devices"
done
pass "all numbers were tried"
