#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# default: 6.1 6.12
# Sockets that poll (net.core.busy_read) need neither doorbells nor interrupts: those of the driver side
# poll the driver, those of the host the device model. When they stop, both come back.

# shellcheck source=tests/lib/vbus.sh
. "$(dirname "$0")/../lib/vbus.sh"

vbus_require vbus-loopback
[ "$(nproc)" -ge 2 ] || skip_all "needs two processors: each polls"
bus_create busy && device_create nic venet-tap && link nic busy && attr nic queues 1 && enable nic || exit 1
host_netdev nic
ip addr add 10.95.0.1/24 dev "$REPLY" && ip link set "$REPLY" up
attach busy && client=$REPLY && wait_netdev "$client" || exit 1
namespace drv && move_netdev "$REPLY" drv 10.95.0.2/24
check "the host is there" wait_for 10 in_ns drv ping -c 1 -W 1 10.95.0.1
for busy in 0 50000; do
	pingpong server $((5000 + busy % 7)) $busy &
	at_exit kill $!
done

# round_trips BUSY: doorbells and interrupts for a thousand of them, in $REPLY; microseconds in $took
rung() { echo $(($(client_count busy doorbells) + $(client_count busy interrupts))); }
round_trips()
{
	local before
	before=$(rung)
	took=$(in_ns drv pingpong 10.95.0.1 $((5000 + $1 % 7)) "$1" 1000) || return
	REPLY=$(($(rung) - before))
}

did "sockets that sleep" round_trips 0
slept=$REPLY slept_us=$took
did "sockets that poll" round_trips 50000
polled=$REPLY
comment "a thousand round trips rang $slept times in $slept_us us, and $polled times in $took us if sockets poll"
check "who sleeps is woken each time" test "$slept" -ge 1500
check "who polls seldom" test "$polled" -lt $((slept / 2))
did "sleeping goes on as before" round_trips 0
check "and is woken" test "$REPLY" -ge 1500
check_equal "nothing was missed" 0 "$(client_count busy missed)"
check_equal "nor bad" 0 "$(client_count busy bad)"

# One who would poll for 20 seconds is not waited for.
pingpong server 5100 20000000 &
at_exit kill $!
did "a socket polls on and on" in_ns drv pingpong 10.95.0.1 5100 0 3
began=${EPOCHREALTIME/./}
did "the device goes meanwhile" unlink_device nic busy
us=$((${EPOCHREALTIME/./} - began))
comment "in $us us"
check "soon" test "$us" -lt 10000000
